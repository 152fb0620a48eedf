"""Geometric facts that a pose must show to count as what its prompt says, and the score of a generator by them.

The prompts in `prompt_facts.json` were written apart from the action book and are never trained on. A generator that
ignores the text gains nothing: every prompt's samples are also scored under the other prompts' facts.

    python -m avatar_scene.training.facts [--prompts FILE] [--poses DIR] [-n 5] [--seed 0] [--csv OUT.csv]

`prompt_facts_2.json` is a second set, written later by someone else who had not written the book either.

DIR holds 0.npz, 1.npz, ... as `./pas pose --texts` writes them for the prompts in order (`--list` prints them).
Without --poses the bundled model is sampled.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch

from ..smpl import JOINT_NAMES

PROMPTS = Path(__file__).with_name("prompt_facts.json")
JOINT = {name: index for index, name in enumerate(JOINT_NAMES)}


@dataclass(frozen=True)
class Figure:
    """Measures of n posed bodies; joints (n, 24, 3) metres of the bundled body, y up."""

    joints: torch.Tensor

    def at(self, name: str) -> torch.Tensor:
        """(n, 3) position of a joint."""
        return self.joints[:, JOINT[name]]

    @cached_property
    def up(self) -> torch.Tensor:
        """(n, 3) unit, along the trunk from pelvis to neck."""
        return torch.nn.functional.normalize(self.at("neck") - self.at("pelvis"), dim=-1)

    @cached_property
    def left(self) -> torch.Tensor:
        """(n, 3) unit, to the person's left, square to the trunk."""
        hips = self.at("left_hip") - self.at("right_hip") + self.at("left_shoulder") - self.at("right_shoulder")
        return torch.nn.functional.normalize(hips - (hips * self.up).sum(-1, keepdim=True) * self.up, dim=-1)

    @cached_property
    def front(self) -> torch.Tensor:
        """(n, 3) unit, where the chest faces."""
        return torch.linalg.cross(self.left, self.up)

    @cached_property
    def facing(self) -> torch.Tensor:
        """(n, 3) unit, the heading on the ground: where the hips face."""
        hips = self.at("left_hip") - self.at("right_hip")
        heading = torch.stack([-hips[:, 2], torch.zeros_like(hips[:, 0]), hips[:, 0]], -1)
        return torch.nn.functional.normalize(heading, dim=-1)

    @cached_property
    def floor(self) -> torch.Tensor:
        """(n,) height of the lowest joint."""
        return self.joints[..., 1].amin(1)

    def height(self, name: str) -> torch.Tensor:
        """(n,) height of a joint over the lowest one."""
        return self.at(name)[:, 1] - self.floor

    def bend(self, side: str, joint: str) -> torch.Tensor:
        """(n,) degrees away from straight: `elbow`, `knee`, or `hip` (thigh against trunk)."""
        if joint == "hip":
            return angle(self.at(f"{side}_knee") - self.at(f"{side}_hip"), -self.up)
        above, below = {"elbow": ("shoulder", "wrist"), "knee": ("hip", "ankle")}[joint]
        middle = self.at(f"{side}_{joint}")
        return angle(middle - self.at(f"{side}_{above}"), self.at(f"{side}_{below}") - middle)

    def limb(self, side: str, start: str, end: str) -> torch.Tensor:
        """(n, 3) unit, from one joint of a side to another."""
        return torch.nn.functional.normalize(self.at(f"{side}_{end}") - self.at(f"{side}_{start}"), dim=-1)

    @cached_property
    def tilt(self) -> torch.Tensor:
        """(n,) degrees of the trunk against the vertical."""
        return angle(self.up, self.up.new_tensor([0.0, 1.0, 0.0]).expand_as(self.up))


def angle(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Degrees between vectors (..., 3)."""
    cosine = torch.nn.functional.cosine_similarity(a, b, dim=-1)
    return torch.rad2deg(torch.arccos(cosine.clamp(-1, 1)))


def _both(fact: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    """Lets a one-sided fact be asked of `left`, `right`, `both` or `either` side."""

    def asked(figure: Figure, side: str, *args) -> torch.Tensor:
        if side == "both":
            return fact(figure, "left", *args) & fact(figure, "right", *args)
        if side == "either":
            return fact(figure, "left", *args) | fact(figure, "right", *args)
        return fact(figure, side, *args)

    return asked


def sitting(f: Figure) -> torch.Tensor:
    """Hips bent, trunk fairly upright, pelvis clearly lower than in standing."""
    bent = (f.bend("left", "hip") + f.bend("right", "hip")) / 2 > 50
    return bent & (f.tilt < 60) & (f.height("pelvis") < 0.72)


def standing(f: Figure) -> torch.Tensor:
    """Pelvis high over the feet, trunk not lying."""
    return (f.height("pelvis") > 0.74) & (f.tilt < 75)


def lying(f: Figure) -> torch.Tensor:
    """Trunk near the horizontal and near the floor."""
    return (f.tilt > 60) & (f.height("pelvis") < 0.45) & (f.height("neck") < 0.6)


def prone(f: Figure) -> torch.Tensor:
    """The chest faces down."""
    return f.front[:, 1] < -0.5


def supine(f: Figure) -> torch.Tensor:
    """The chest faces up."""
    return f.front[:, 1] > 0.5


def squatting(f: Figure) -> torch.Tensor:
    """Both knees deeply bent, on the feet."""
    deep = torch.minimum(f.bend("left", "knee"), f.bend("right", "knee")) > 70
    on_feet = torch.maximum(f.height("left_ankle"), f.height("right_ankle")) < 0.25
    knees_up = torch.minimum(f.height("left_knee"), f.height("right_knee")) > 0.2
    return deep & on_feet & knees_up & (f.height("pelvis") < 0.75)


def kneeling(f: Figure) -> torch.Tensor:
    """At least one knee at the floor."""
    return torch.minimum(f.height("left_knee"), f.height("right_knee")) < 0.15


def all_fours(f: Figure) -> torch.Tensor:
    """Hands and knees or feet low, trunk near the horizontal, chest down."""
    hands_low = torch.maximum(f.height("left_wrist"), f.height("right_wrist")) < 0.3
    return hands_low & (f.tilt > 45) & (f.front[:, 1] < -0.3)


def upright(f: Figure) -> torch.Tensor:
    return f.tilt < 35


def leaning_forward(f: Figure) -> torch.Tensor:
    """The trunk tilts by 25 degrees or more to where the hips face."""
    return (f.tilt > 25) & ((f.up * f.facing).sum(-1) > 0.3)


def leaning_back(f: Figure) -> torch.Tensor:
    return (f.up * f.facing).sum(-1) < -0.15


def upside_down(f: Figure) -> torch.Tensor:
    return f.at("head")[:, 1] < f.at("pelvis")[:, 1] - 0.2


def leaning_to(f: Figure, side: str) -> torch.Tensor:
    """The trunk tilts to the person's left or right."""
    hips = torch.nn.functional.normalize(f.at("left_hip") - f.at("right_hip"), dim=-1)
    sideways = (f.up * hips).sum(-1)
    return sideways > 0.17 if side == "left" else sideways < -0.17


def feet_apart(f: Figure, metres: float) -> torch.Tensor:
    return (f.at("left_ankle") - f.at("right_ankle")).norm(dim=-1) > metres


def legs_crossed_seat(f: Figure) -> torch.Tensor:
    """Knees wide and deeply bent, ankles between them: the tailor's seat."""
    knees = (f.at("left_knee") - f.at("right_knee")).norm(dim=-1)
    ankles = (f.at("left_ankle") - f.at("right_ankle")).norm(dim=-1)
    bent = torch.minimum(f.bend("left", "knee"), f.bend("right", "knee")) > 70
    return (knees > ankles + 0.1) & bent


def hands_together(f: Figure) -> torch.Tensor:
    return (f.at("left_hand") - f.at("right_hand")).norm(dim=-1) < 0.25


def wrists_crossed(f: Figure) -> torch.Tensor:
    """Each wrist on the other side of the body's middle, at chest height: folded arms."""
    middle = f.at("spine3")
    left = ((f.at("left_wrist") - middle) * f.left).sum(-1)
    right = ((f.at("right_wrist") - middle) * f.left).sum(-1)
    return (left < right) & ((f.at("left_wrist") - f.at("right_wrist")).norm(dim=-1) < 0.45)


def looking(f: Figure, where: str) -> torch.Tensor:
    """The head is turned up or down against the trunk (measured by head over neck)."""
    lift = (torch.nn.functional.normalize(f.at("head") - f.at("neck"), dim=-1) * f.front).sum(-1)
    return lift < 0.12 if where == "up" else lift > 0.35


def _hand_above_head(f: Figure, side: str) -> torch.Tensor:
    return f.at(f"{side}_wrist")[:, 1] > f.at("head")[:, 1]


def _hand_above_shoulder(f: Figure, side: str) -> torch.Tensor:
    return f.at(f"{side}_wrist")[:, 1] > f.at(f"{side}_shoulder")[:, 1]


def _hand_below_pelvis(f: Figure, side: str) -> torch.Tensor:
    return f.at(f"{side}_wrist")[:, 1] < f.at("pelvis")[:, 1]


def _hand_near_floor(f: Figure, side: str) -> torch.Tensor:
    return f.height(f"{side}_hand") < 0.4


def _hand_down(f: Figure, side: str) -> torch.Tensor:
    """The arm hangs beside the trunk."""
    return (f.limb(side, "shoulder", "wrist") * f.up).sum(-1) < -0.6


def _arm_forward(f: Figure, side: str) -> torch.Tensor:
    return (f.limb(side, "shoulder", "wrist") * f.front).sum(-1) > 0.6


def _arm_sideways(f: Figure, side: str) -> torch.Tensor:
    out = 1.0 if side == "left" else -1.0
    return (f.limb(side, "shoulder", "wrist") * f.left).sum(-1) * out > 0.65


def _arm_straight(f: Figure, side: str) -> torch.Tensor:
    return f.bend(side, "elbow") < 45


def _arm_bent(f: Figure, side: str) -> torch.Tensor:
    return f.bend(side, "elbow") > 45


def _hand_forward(f: Figure, side: str) -> torch.Tensor:
    """The hand is clearly in front of the chest."""
    return ((f.at(f"{side}_wrist") - f.at("spine3")) * f.front).sum(-1) > 0.18


def _hand_behind(f: Figure, side: str) -> torch.Tensor:
    return ((f.at(f"{side}_wrist") - f.at("pelvis")) * f.front).sum(-1) < -0.02


def _hand_near(f: Figure, side: str, place: str, metres: float) -> torch.Tensor:
    """The hand is within a distance of a joint; `own_...` and `other_...` name the side's own or other joint."""
    other = {"left": "right", "right": "left"}[side]
    name = place.replace("own", side).replace("other", other)
    hand = (f.at(f"{side}_wrist") + f.at(f"{side}_hand")) / 2
    return (hand - f.at(name)).norm(dim=-1) < metres


def _knee_bent(f: Figure, side: str, degrees: float) -> torch.Tensor:
    return f.bend(side, "knee") > degrees


def _leg_straight(f: Figure, side: str) -> torch.Tensor:
    return f.bend(side, "knee") < 40


def _foot_raised(f: Figure, side: str, metres: float) -> torch.Tensor:
    """The foot is above the other one by a height."""
    other = {"left": "right", "right": "left"}[side]
    return f.at(f"{side}_ankle")[:, 1] - f.at(f"{other}_ankle")[:, 1] > metres


def _knee_raised(f: Figure, side: str) -> torch.Tensor:
    """The thigh is lifted: bent at the hip by more than 45 degrees, and higher than the other knee."""
    other = {"left": "right", "right": "left"}[side]
    return (f.bend(side, "hip") > 45) & (f.at(f"{side}_knee")[:, 1] > f.at(f"{other}_knee")[:, 1] + 0.1)


FACTS: dict[str, Callable[..., torch.Tensor]] = {
    fact.__name__: fact
    for fact in (
        sitting, standing, lying, prone, supine, squatting, kneeling, all_fours, upright, leaning_forward,
        leaning_back, upside_down, leaning_to, feet_apart, legs_crossed_seat, hands_together, wrists_crossed, looking,
    )
} | {
    fact.__name__.lstrip("_"): _both(fact)
    for fact in (
        _hand_above_head, _hand_above_shoulder, _hand_below_pelvis, _hand_near_floor, _hand_down, _arm_forward,
        _arm_sideways, _arm_straight, _arm_bent, _hand_forward, _hand_behind, _hand_near, _knee_bent, _leg_straight,
        _foot_raised, _knee_raised,
    )
}  # fmt: skip


def satisfied(joints: torch.Tensor, facts: list[list]) -> torch.Tensor:
    """(n,) whether each pose, joints (n, 24, 3), shows every fact; a fact is [name, *arguments], "!name" negates."""
    figure = Figure(joints)
    result = torch.ones(len(joints), dtype=torch.bool)
    for name, *arguments in facts:
        holds = FACTS[name.lstrip("!")](figure, *arguments)
        result &= ~holds if name.startswith("!") else holds
    return result


def load_prompts(path: Path = PROMPTS) -> list[dict]:
    """[{"prompt": str, "kind": "action" | "context" | "body", "facts": [[name, *arguments], ...]}, ...]"""
    entries = json.loads(path.read_text(encoding="utf-8"))
    for entry in entries:
        unknown = [fact[0] for fact in entry["facts"] if fact[0].lstrip("!") not in FACTS]
        if unknown:
            raise ValueError(f"{path.name}: {entry['prompt']!r} uses unknown facts: {', '.join(unknown)}")
    return entries


def score(entries: list[dict], joints: list[torch.Tensor]) -> list[dict]:
    """Per prompt: share of its samples that show its facts, whether any does, and the share under others' facts.

    joints: one (n, 24, 3) tensor a prompt.
    """
    rows = []
    for index, (entry, own) in enumerate(zip(entries, joints)):
        hits = satisfied(own, entry["facts"])
        others = torch.cat([joint for other, joint in enumerate(joints) if other != index])
        rows.append(
            {
                "prompt": entry["prompt"],
                "kind": entry["kind"],
                "share": hits.float().mean().item(),
                "any": float(hits.any()),
                "chance": satisfied(others, entry["facts"]).float().mean().item(),
            }
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=Path, default=PROMPTS, help="JSON file of prompts and their facts")
    parser.add_argument("--poses", type=Path, help="folder with 0.npz, 1.npz, ... in the order of the prompts")
    parser.add_argument("--list", action="store_true", help="print the prompts, one a line, and stop")
    parser.add_argument("-n", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--csv", type=Path, help="write one row a prompt")
    options = parser.parse_args()
    entries = load_prompts(options.prompts)
    if options.list:
        print("\n".join(entry["prompt"] for entry in entries))
        return
    joints = _sampled(entries, options) if options.poses is None else _read(entries, options.poses)
    rows = score(entries, joints)
    if options.csv:
        with open(options.csv, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
    for row in sorted(rows, key=lambda row: (row["kind"], row["share"])):
        print(f"{row['kind']:8} {row['share']:5.2f} {row['chance']:5.2f}  {row['prompt']}")
    for kind in ("action", "context", "body", None):
        part = [row for row in rows if kind in (None, row["kind"])]
        share, any_, chance = (sum(row[key] for row in part) / len(part) for key in ("share", "any", "chance"))
        print(f"{kind or 'all':8} samples {share:.2f}  one of n {any_:.2f}  under other prompts' facts {chance:.2f}")


def _read(entries: list[dict], folder: Path) -> list[torch.Tensor]:
    from ..pose_prior import load_pose
    from ..rendering import load_body

    return [load_body().posed(load_pose(folder / f"{index}.npz"))[1] for index in range(len(entries))]


def _sampled(entries: list[dict], options: argparse.Namespace) -> list[torch.Tensor]:
    from ..pose_prior import PosePrior
    from ..rendering import load_body

    prior, body = PosePrior.load(), load_body()
    return [body.posed(prior.generate([entry["prompt"]], n=options.n, seed=options.seed)[0])[1] for entry in entries]


if __name__ == "__main__":
    main()
