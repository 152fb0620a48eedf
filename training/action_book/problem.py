"""A batch of actions laid out as one optimisation problem: candidates, drawn branches, targets and starting poses."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import roma
import torch

from ...rendering.body import Body
from .anchors import RestBody, body_anchors
from .book import Action, Spec, overlay
from .capsules import body_capsules
from .contact import Contacts
from .facts import compile_fact, support_points
from .program import Figures, Measurements, Program, Props
from .schema import Fact
from .seeds import SeedPoses
from .skeleton import Skeleton
from .vocabulary import AXES, OnProp, PropAxis, Vocabulary

# Wider than a fact's tolerance, narrower than its range: how closely a drawn target is followed.
_TARGET_SHARE = 0.25
_PROP_AXIS_NOISE = {"wall": 0.02, "box": 0.0}
_TIPS = ("l_toes", "r_toes", "l_fingertips", "r_fingertips", "l_heel", "r_heel")


class BookBody:
    """A body prepared for the book: anchors, capsules, skeleton."""

    def __init__(self, body: Body):
        rest = RestBody(body)
        self.anchors = body_anchors(rest)
        self.rest_joints = rest.joints
        self.capsules = body_capsules(rest)
        self.skeleton = Skeleton(rest)
        self.centimetre = rest.centimetre

    def vocabulary(self, spec: Spec | None = None) -> Vocabulary:
        """The words a specification may use."""
        return Vocabulary(self.anchors, self.rest_joints, self.centimetre, spec.props if spec else None)

    def program(self, facts: list[Fact], spec: Spec) -> Program:
        """The facts as measurements. Raises ValueError naming the action and the fact."""
        words, rows = self.vocabulary(spec), []
        for fact in facts:
            try:
                rows += compile_fact(fact, words, shared_targets=bool(spec.sym))
            except ValueError as error:
                raise ValueError(f"{spec.name}: fact '{fact.label}': {error}") from None
        return Program(rows)


@dataclass
class Candidates:
    """The candidates of one specification: their numbers in the batch and the branches each has drawn."""

    spec: Spec
    poses: torch.Tensor  # (n,)
    picks: torch.Tensor  # (n, groups)
    programs: list[tuple[Program, torch.Tensor]]  # with the poses that drew its facts
    supports: list[tuple[torch.Tensor, list]]
    generator: torch.Generator


@dataclass
class Problem:
    """Everything the optimiser needs for the P candidates of a batch."""

    count: int
    members: dict[str, list[Candidates]]  # by action
    measure: Measurements
    contacts: Contacts
    target: torch.Tensor  # (rows,)
    target_sigma: torch.Tensor  # (rows,)
    body_pose: torch.Tensor  # (P, 21, 3) starting poses
    root: torch.Tensor  # (P, 3, 3)
    pelvis: torch.Tensor  # (P, 3)
    props: Props
    face_forward: torch.Tensor  # (P,) 1 where the pelvis should face +z
    symmetric: torch.Tensor  # (n, 3): pose and the two joints that mirror each other

    @cached_property
    def labels(self) -> list[str]:
        """What every row measures, by `limits.source`."""
        everyone = [candidates for group in self.members.values() for candidates in group]
        return [row.label for candidates in everyone for program, _ in candidates.programs for row in program.rows]


def build_problem(actions: list[Action], body: BookBody, seeds: SeedPoses, candidates: int) -> Problem:
    """Draw `candidates` candidates for every action, divided among its bases.

    All draws are seeded by action and base, so that they do not depend on what else is in the batch.
    """
    members: dict[str, list[Candidates]] = {}
    starts, at = [], 0
    for action in actions:
        members[action.name] = []
        for index, spec in enumerate(action.specs):
            share = candidates // len(action.specs) + (index < candidates % len(action.specs))
            made = _draw(spec, body, torch.arange(at, at + share))
            members[action.name].append(made)
            starts.append(_start(made, body, seeds))
            at += share
    everyone = [candidates for group in members.values() for candidates in group]
    uses = [use for made in everyone for use in made.programs]
    measure = Measurements(uses, body.capsules, body.centimetre)
    owners = [(made.spec, made.poses) for made in everyone]
    supports = [support for made in everyone for support in made.supports]
    tips = [body.vocabulary().point(name) for name in _TIPS]
    target, sigma = _targets(everyone, measure)
    slots = max(start[3].centre.shape[1] for start in starts)
    return Problem(
        at,
        members,
        measure,
        Contacts(body.capsules, body.centimetre, owners, supports, tips, at),
        target,
        sigma,
        torch.cat([start[0] for start in starts]),
        torch.cat([start[1] for start in starts]),
        torch.cat([start[2] for start in starts]),
        _stacked([start[3] for start in starts], slots),
        torch.cat([torch.full((len(made.poses),), float(_faces_forward(made.spec))) for made in everyone]),
        torch.cat([_symmetric_joints(made) for made in everyone]),
    )


def spec_generator(spec: Spec) -> torch.Generator:
    """Random numbers of one specification, the same in every run."""
    digest = hashlib.sha256(f"{spec.name}/{spec.base}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:6], "big"))


def _draw(spec: Spec, body: BookBody, poses: torch.Tensor) -> Candidates:
    """Draw the branches evenly and compile each combination once."""
    generator, count = spec_generator(spec), len(poses)
    columns = []
    for group in spec.groups:
        even = torch.arange(count) % len(group)
        columns.append(even[torch.randperm(count, generator=generator)])
    picks = torch.stack(columns, 1) if columns else torch.zeros(count, 0, dtype=torch.long)
    combinations: dict[tuple[int, ...], list[int]] = {}
    for row, pick in enumerate(picks.tolist()):
        combinations.setdefault(tuple(pick), []).append(row)
    programs, supports = [], []
    for pick, rows in combinations.items():
        facts = spec.drawn_facts(pick)
        programs.append((body.program(facts, spec), poses[rows]))
        supports.append((poses[rows], support_points(facts, spec.rests, body.vocabulary(spec))))
    return Candidates(spec, poses, picks, programs, supports, generator)


def _start(
    made: Candidates, body: BookBody, seeds: SeedPoses
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, Props]:
    """Seed poses for one specification's candidates and its props beside them."""
    spec, generator, count = made.spec, made.generator, len(made.poses)
    fixed: list[Fact] = []
    for layer in spec.layers:
        if isinstance(layer[0], Fact):
            fixed = overlay(fixed, layer)
    rows = [row for row in body.program(fixed, spec).rows if not _speaks_of_prop(row)]
    program = Program(rows) if rows else None
    body_pose, root, pelvis = seeds.choose(program, spec.root, count, body.centimetre, generator)
    turns = roma.rotvec_to_rotmat(body_pose)
    frames = body.skeleton.frames(turns, root, pelvis)
    slots = max(len(spec.props), 1)
    nothing = Props(torch.zeros(count, slots, 3), torch.zeros(count, slots, 3), torch.zeros(count, slots))
    figures, words = Figures(*frames, nothing), body.vocabulary(spec)
    for slot, prop in enumerate(spec.props.values()):
        nothing.centre[:, slot] = _place(figures, words.point(prop.get("near", "hands")))
        nothing.axis[:, slot] = _prop_axis(prop, count, generator)
        radius = prop.get("r", 0.0)
        low, high = radius if isinstance(radius, (list, tuple)) else (radius, radius)
        nothing.radius[:, slot] = (low + (high - low) * torch.rand(count, generator=generator)) * body.centimetre
    return body_pose, root, pelvis, nothing


def _prop_axis(prop: dict, count: int, generator: torch.Generator) -> torch.Tensor:
    direction = prop.get("dir", "left")
    if isinstance(direction, str):
        vector = torch.tensor([AXES[word] for word in direction.split("+")]).sum(0)
    else:
        vector = torch.tensor(direction, dtype=torch.float32)
    noise = _PROP_AXIS_NOISE.get(prop.get("kind", "bar"), 0.15) * torch.randn(count, 3, generator=generator)
    return torch.nn.functional.normalize(torch.nn.functional.normalize(vector, dim=0) + noise, dim=1)


def _place(figures: Figures, point) -> torch.Tensor:
    """(P, 3) world position of a point of the body."""
    if hasattr(point, "first"):
        return figures.points([point.first, point.second]).mean(1)
    return figures.points([point])[:, 0]


def _speaks_of_prop(row) -> bool:
    parts = [*row.points, *row.vectors]
    parts += [end for vector in row.vectors if hasattr(vector, "start") for end in (vector.start, vector.end)]
    return any(isinstance(part, (OnProp, PropAxis)) for part in parts)


def _targets(everyone: list[Candidates], measure: Measurements) -> tuple[torch.Tensor, torch.Tensor]:
    """A target inside every range for every candidate, and how closely it is followed."""
    drawn = []
    for made in everyone:
        for program, poses in made.programs:
            keys = list(dict.fromkeys(row.key for row in program.rows))
            share = torch.rand(len(poses), len(keys), generator=made.generator)
            drawn.append(share[:, [keys.index(row.key) for row in program.rows]])
    limits = measure.limits
    width = limits.high - limits.low
    target = limits.low + width * measure.flat(drawn)
    return target, torch.sqrt(limits.sigma**2 + (_TARGET_SHARE * width) ** 2)


def _stacked(props: list[Props], slots: int) -> Props:
    """One batch of props; absent slots are unit axes at the origin."""

    def padded(part: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.pad(part, (0, 0, 0, slots - part.shape[1]))

    axis = torch.cat([padded(p.axis) for p in props])
    axis[..., 1] += (axis.norm(dim=-1) == 0).float()
    radius = torch.cat([torch.nn.functional.pad(p.radius, (0, slots - p.radius.shape[1])) for p in props])
    return Props(torch.cat([padded(p.centre) for p in props]), axis, radius)


def _faces_forward(spec: Spec) -> bool:
    """Whether the pelvis is held to face +z: not for lying, and not where the action says so."""
    pitch = spec.root.get("pitch", 0.0)
    steep = max(abs(value) for value in (pitch if isinstance(pitch, (list, tuple)) else (pitch,))) >= 60
    return not steep and not spec.free_yaw


_PAIRS = ((1, 2), (4, 5), (7, 8), (10, 11), (13, 14), (16, 17), (18, 19), (20, 21))


def _symmetric_joints(made: Candidates) -> torch.Tensor:
    """(n, 3) pose, left joint, right joint of what `sym` couples."""
    wanted = {"": (), "arms": _PAIRS[4:], "legs": _PAIRS[:4], "all": _PAIRS}[made.spec.sym]
    rows = [(int(pose), left, right) for pose in made.poses for left, right in wanted]
    return torch.tensor(rows, dtype=torch.long).view(-1, 3)
