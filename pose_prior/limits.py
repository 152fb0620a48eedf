"""How far joints turn: limits on swing and twist, checked against the 0.2 and 99.8 % quantiles of motion capture."""

from __future__ import annotations

import math

import torch

from ..smpl import JOINT_NAMES, MIRROR

# Left-side joints, degrees: bone axis, twist about it, then two components (0 = x, 1 = y, 2 = z) of the swing vector.
_LIMITS = {
    "left_hip": ("y", (-45, 75), (0, -135, 35), (2, -40, 80)),
    "left_knee": ("y", (-25, 38), (0, -3, 150), (2, -14, 14)),
    "left_ankle": ("z", (-28, 28), (0, -40, 52), (1, -30, 35)),
    "left_foot": ("z", (-5, 5), (0, -20, 5), (1, -5, 5)),
    "spine1": ("y", (-28, 28), (0, -25, 55), (2, -22, 22)),
    "spine2": ("y", (-20, 20), (0, -20, 28), (2, -18, 18)),
    "spine3": ("y", (-22, 22), (0, -20, 28), (2, -15, 15)),
    "neck": ("y", (-40, 40), (0, -34, 28), (2, -25, 25)),
    "head": ("y", (-45, 45), (0, -38, 45), (2, -32, 32)),
    "left_collar": ("x", (-20, 20), (1, -28, 20), (2, -18, 32)),
    "left_shoulder": ("x", (-95, 90), (1, -125, 50), (2, -98, 85)),
    "left_elbow": ("x", (-55, 60), (1, -150, 6), (2, -20, 58)),
    "left_wrist": ("x", (-70, 60), (1, -28, 28), (2, -62, 68)),
}


class JointLimits:
    """The limits of joints 1..21 as tensors."""

    def __init__(self):
        rows = []
        for joint in range(1, 22):
            name = JOINT_NAMES[joint]
            mirrored = name not in _LIMITS
            axis, twist, first, second = _LIMITS[JOINT_NAMES[MIRROR[joint]] if mirrored else name]
            # A mirror in x keeps rotations about x and reverses those about y and z.
            side = lambda component, low, high: (-high, -low) if mirrored and component else (low, high)  # noqa: B023, E731
            number = "xyz".index(axis)
            ranges = [side(number, *twist), side(*first), side(*second)]
            rows.append((number, first[0], second[0], ranges))
        self.axis = torch.eye(3)[[row[0] for row in rows]]  # (21, 3)
        self.component = torch.tensor([[row[1], row[2]] for row in rows])  # (21, 2)
        self.range = torch.tensor([row[3] for row in rows], dtype=torch.float32) * (math.pi / 180)  # (21, 3, 2)

    def excess(self, rotations: torch.Tensor) -> torch.Tensor:
        """(P, 21, 3, 3) -> (P, 21, 3) radians beyond the limits: twist and the two swing components."""
        swing, twist = swing_twist(rotations, self.axis.to(rotations))
        parts = swing.gather(2, self.component.expand(len(rotations), -1, -1))
        values = torch.cat([twist[..., None], parts], -1)
        low, high = self.range.to(rotations).unbind(-1)
        return (low - values).clamp(min=0) + (values - high).clamp(min=0)


def _quaternion(rotations: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Vector (..., 3) and real part (...) >= 0 of unit quaternions, by the branch that is exact below 173 degrees.

    No joint turns farther, and the branch needs none of the selection that makes the general formula slow.
    """
    m = rotations
    real = (1 + m[..., 0, 0] + m[..., 1, 1] + m[..., 2, 2]).clamp(min=4e-3).sqrt() / 2
    skew = torch.stack([m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]], -1)
    return skew / (4 * real[..., None]), real


def swing_twist(rotations: torch.Tensor, axis: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """R = swing * twist about a unit axis (..., 3) -> swing rotation vector (..., 3) and twist angle (...), radians."""
    vector, real = _quaternion(rotations)
    along = (vector * axis).sum(-1)
    norm = (real**2 + along**2 + 1e-10).sqrt()
    twist_real, twist_vector = real / norm, (along / norm)[..., None] * axis
    swing_real = real * twist_real + (vector * twist_vector).sum(-1)  # swing = rotation * conjugate(twist)
    swing_vector = (
        twist_real[..., None] * vector - real[..., None] * twist_vector - torch.linalg.cross(vector, twist_vector)
    )
    sine = (swing_vector**2).sum(-1).add(1e-14).sqrt()
    angle = 2 * torch.atan2(sine, swing_real)
    scale = torch.where(sine < 1e-5, torch.full_like(sine, 2.0), angle / sine)
    return swing_vector * scale[..., None], 2 * torch.atan2(along, real)
