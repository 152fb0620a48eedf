"""The body as 18 capsules: what may not pass through what, and where its mass is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from ...smpl import MIRROR
from .anchors import ANKLE, CHEST, ELBOW, FOOT, HEAD, HIP, KNEE, NECK, PELVIS, SHOULDER, SPINE1, WRIST, RestBody

# Share of the body's mass, after the segment tables of biomechanics (de Leva 1996), rounded.
_MASS = {
    "head": 0.07, "neck": 0.01, "chest": 0.17, "upchest": 0.06, "belly": 0.13, "pelvis": 0.14, "uarm": 0.027,
    "farm": 0.016, "hand": 0.006, "thigh": 0.105, "shin": 0.045, "foot": 0.0145,
}  # fmt: skip
PART_NAMES = tuple(_MASS)

# Neighbours overlap in every pose and are never tested against each other.
_TRUNK_NEIGHBOURS = (
    ("head", "neck"), ("neck", "chest"), ("neck", "upchest"), ("head", "upchest"), ("chest", "upchest"),
    ("chest", "belly"), ("belly", "pelvis"), ("belly", "upchest"), ("chest", "pelvis"),
)  # fmt: skip
_LIMB_NEIGHBOURS = (
    ("uarm", "farm"), ("farm", "hand"), ("uarm", "hand"), ("thigh", "shin"), ("shin", "foot"), ("pelvis", "thigh"),
    ("chest", "uarm"), ("upchest", "uarm"), ("neck", "uarm"),
)  # fmt: skip


@dataclass(frozen=True)
class Capsules:
    """K capsules, each rigid to one joint.

    names: "head", "l_uarm", ...; joint: (K,); start, end: (K, 3) metres from the joint in the rest pose;
    radius: (K,) metres; mass: (K,) shares that sum to 1; pairs: (N, 2) capsules that may not overlap.
    """

    names: tuple[str, ...]
    joint: torch.Tensor
    start: torch.Tensor
    end: torch.Tensor
    radius: torch.Tensor
    mass: torch.Tensor
    pairs: torch.Tensor

    def place(self, rotations: torch.Tensor, positions: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """World end points (P, K, 3) of poses with joint frames (P, 24, 3, 3) at (P, 24, 3)."""
        turn, origin = rotations.index_select(1, self.joint), positions.index_select(1, self.joint)
        return rotate(turn, self.start) + origin, rotate(turn, self.end) + origin

    def mask(self, words: str) -> torch.Tensor:
        """(K,) True where the capsule is named by one of the words: "hand" means both, "l_hand" one."""
        wanted = words.split()
        return torch.tensor([name in wanted or part_of(name) in wanted for name in self.names])

    def allowed_pairs(self, rules: list[str]) -> torch.Tensor:
        """(N,) True where a rule such as "hand+head" or "l_hand+r_hand" permits the two to touch."""
        allowed = torch.zeros(len(self.pairs), dtype=torch.bool)
        for rule in rules:
            first, second = (self.mask(word) for word in rule.split("+"))
            i, j = self.pairs.T
            allowed |= (first[i] & second[j]) | (first[j] & second[i])
        return allowed


def part_of(name: str) -> str:
    """ "l_uarm" -> "uarm"."""
    return name.split("_")[-1]


def rotate(rotations: torch.Tensor, vectors: torch.Tensor) -> torch.Tensor:
    """(..., 3, 3) and (..., 3) -> (..., 3)."""
    return (rotations @ vectors[..., None])[..., 0]


def body_capsules(rest: RestBody) -> Capsules:
    """Fit the capsules' radii to a body."""
    made = [_fitted(rest, "head", HEAD, (0, 0.09, 0.02), (0, 0.11, 0.01), (HEAD,), 0.6)]
    neck_to_head = rest.joints[HEAD] - rest.joints[NECK] + [0, 0.03, 0]
    made.append(_fitted(rest, "neck", NECK, (0, -0.03, -0.01), neck_to_head, (NECK,)))
    for name, joint, half_width, y, z, radius in (
        ("chest", CHEST, 0.075, 0.07, 0.025, 0.10),
        ("upchest", CHEST, 0.09, 0.15, 0.01, 0.075),
        ("belly", SPINE1, 0.05, -0.10, 0.03, 0.10),
        ("pelvis", PELVIS, 0.06, -0.24, 0.01, 0.105),
    ):
        end = np.array([half_width, y, z])
        made.append((name, joint, end * [-1, 1, 1] - rest.joints[joint], end - rest.joints[joint], radius))
    made += [_sided(rest, capsule, side) for side in "lr" for capsule in _left_limbs(rest)]
    names = tuple(capsule[0] for capsule in made)
    mass = torch.tensor([_MASS[part_of(name)] for name in names])
    return Capsules(
        names,
        torch.tensor([capsule[1] for capsule in made]),
        torch.tensor(np.stack([capsule[2] for capsule in made]), dtype=torch.float32),
        torch.tensor(np.stack([capsule[3] for capsule in made]), dtype=torch.float32),
        torch.tensor([capsule[4] for capsule in made], dtype=torch.float32),
        mass / mass.sum(),
        torch.tensor(
            [(i, j) for i in range(len(made)) for j in range(i + 1, len(made)) if _distinct(names[i], names[j])]
        ),
    )


def _left_limbs(rest: RestBody) -> list[tuple]:
    joints = rest.joints
    upper_arm, forearm = joints[ELBOW] - joints[SHOULDER], joints[WRIST] - joints[ELBOW]
    thigh, shin = joints[KNEE] - joints[HIP], joints[ANKLE] - joints[KNEE]
    toes = joints[FOOT] - joints[ANKLE] + [0, 0, 0.02]
    return [
        _fitted(rest, "uarm", SHOULDER, 0.15 * upper_arm, upper_arm, (SHOULDER,)),
        _fitted(rest, "farm", ELBOW, (0, 0, 0), forearm, (ELBOW,), 0.6),
        ("hand", WRIST, np.array([0.04, 0, 0.005]), np.array([0.13, -0.005, 0.01]), 0.026),
        _fitted(rest, "thigh", HIP, 0.2 * thigh, thigh, (HIP,)),
        _fitted(rest, "shin", KNEE, (0, 0, 0), shin, (KNEE,), 0.55),
        ("foot", ANKLE, np.array([0, -0.035, -0.02]), toes, 0.033),
    ]


def _fitted(rest: RestBody, name: str, joint: int, start, end, parts: tuple[int, ...], quantile: float = 0.5) -> tuple:
    """A capsule whose radius is the given quantile of the skin's distance from its axis."""
    start, end = np.asarray(start, float), np.asarray(end, float)
    relative, axis = rest.of_parts(parts) - rest.joints[joint] - start, end - start
    along = np.clip(relative @ axis / (axis @ axis), 0, 1)
    distance = np.linalg.norm(relative - along[:, None] * axis, axis=1)
    beside = (along > 0.05) & (along < 0.95) if axis @ axis > 0.01 else np.ones(len(along), bool)
    return name, joint, start, end, float(np.quantile(distance[beside], quantile))


def _sided(rest: RestBody, capsule: tuple, side: str) -> tuple:
    name, joint, start, end, radius = capsule
    if side == "l":
        return f"l_{name}", joint, start, end, radius
    flip = np.array([-1.0, 1.0, 1.0])
    return f"r_{name}", MIRROR[joint], start * flip, end * flip, radius


def _distinct(first: str, second: str) -> bool:
    """Whether two capsules may be tested against each other."""
    if {first, second} in [set(pair) for pair in _TRUNK_NEIGHBOURS]:
        return False
    same_side = "_" not in first or "_" not in second or first[0] == second[0]
    return not (same_side and {part_of(first), part_of(second)} in [set(pair) for pair in _LIMB_NEIGHBOURS])


def closest_parameters(
    start_a: torch.Tensor, axis_a: torch.Tensor, start_b: torch.Tensor, axis_b: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Where two segments come closest, as shares of their axes (Ericson, Real-Time Collision Detection, 5.1.9)."""
    gap = start_a - start_b
    aa = (axis_a * axis_a).sum(-1) + 1e-9
    bb = (axis_b * axis_b).sum(-1) + 1e-9
    ab, ag, bg = (axis_a * axis_b).sum(-1), (axis_a * gap).sum(-1), (axis_b * gap).sum(-1)
    s = ((ab * bg - ag * bb) / (aa * bb - ab * ab).clamp(min=1e-9)).clamp(0, 1)
    t = ((ab * s + bg) / bb).clamp(0, 1)
    return ((ab * t - ag) / aa).clamp(0, 1), t


def segment_distance(
    start_a: torch.Tensor, end_a: torch.Tensor, start_b: torch.Tensor, end_b: torch.Tensor
) -> torch.Tensor:
    """Distance of segments, (..., 3) each -> (...).

    The gradient holds the closest points' shares fixed, which is exact: at the minimum they do not matter.
    """
    axis_a, axis_b = end_a - start_a, end_b - start_b
    with torch.no_grad():
        s, t = closest_parameters(start_a, axis_a, start_b, axis_b)
    gap = start_a + axis_a * s[..., None] - start_b - axis_b * t[..., None]
    return (gap * gap).sum(-1).add(1e-9).sqrt()
