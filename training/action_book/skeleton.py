"""Forward kinematics of the book's body, and headings."""

from __future__ import annotations

import itertools
import math

import roma
import torch

from ...smpl import PARENTS
from .anchors import RestBody
from .capsules import rotate


class Skeleton:
    """SMPL's joint tree with a body's bone lengths; the pelvis is placed freely."""

    def __init__(self, rest: RestBody):
        self.offsets = rest.bone_offsets  # (24, 3)
        self.rest_pelvis = torch.tensor(rest.joints[0], dtype=torch.float32)
        depth = [0] * 24
        for joint, parent in enumerate(PARENTS[1:], 1):
            depth[joint] = depth[parent] + 1
        levels = [[j for j in range(24) if depth[j] == level] for level in range(max(depth) + 1)]
        order = [joint for level in levels for joint in level]
        self.steps = []  # per level below the root: parents' places in the level above, offsets, rows of body_pose
        for above, level in itertools.pairwise(levels):
            parents = torch.tensor([above.index(PARENTS[joint]) for joint in level])
            turned = torch.tensor(level) - 1 if max(level) < 22 else None  # the hands follow the wrists
            self.steps.append((parents, self.offsets[level], turned))
        self.order = torch.tensor([order.index(joint) for joint in range(24)])

    def frames(
        self,
        body: torch.Tensor,  # (P, 21, 3, 3) local rotations of joints 1..21
        root: torch.Tensor,  # (P, 3, 3)
        pelvis: torch.Tensor,  # (P, 3) metres
    ) -> tuple[torch.Tensor, torch.Tensor]:  # (P, 24, 3, 3) and (P, 24, 3)
        """World frame and position of every joint."""
        above_turn, above_place = root[:, None], pelvis[:, None]
        turns, places = [above_turn], [above_place]
        for parents, offsets, turned in self.steps:
            turn, place = above_turn.index_select(1, parents), above_place.index_select(1, parents)
            place = place + rotate(turn, offsets)
            if turned is not None:
                turn = turn @ body.index_select(1, turned)
            turns.append(turn)
            places.append(place)
            above_turn, above_place = turn, place
        return torch.cat(turns, 1).index_select(1, self.order), torch.cat(places, 1).index_select(1, self.order)


def heading(root: torch.Tensor) -> torch.Tensor:
    """(P, 3, 3) -> (P,) radians about the vertical: where the person faces.

    The pelvis' left axis tells it, which is stable while bending, lying on the back or front and standing on the hands;
    where that axis is near vertical (lying on the side) the forward axis does. The rule is the motion capture's.
    """
    left, forward = root[..., 0], root[..., 2]
    level = torch.hypot(left[..., 0], left[..., 2]) > 0.5
    by_left = torch.atan2(-left[..., 2], left[..., 0])
    by_forward = torch.atan2(forward[..., 0], forward[..., 2])
    return torch.where(level, by_left, by_forward)


def turn_about_vertical(angle: torch.Tensor) -> torch.Tensor:
    """(P,) radians -> (P, 3, 3)."""
    zero = torch.zeros_like(angle)
    return roma.rotvec_to_rotmat(torch.stack([zero, angle, zero], -1))


def start_orientation(root: dict, count: int, generator: torch.Generator) -> torch.Tensor:
    """(count, 3, 3) drawn from an action's `root: {pitch, roll, yaw}` ranges in degrees; yaw is applied last."""

    def draw(name: str) -> torch.Tensor:
        value = root.get(name, 0.0)
        low, high = value if isinstance(value, (list, tuple)) else (value, value)
        return (low + (high - low) * torch.rand(count, generator=generator)) * (math.pi / 180)

    zero = torch.zeros(count)
    pitch = roma.rotvec_to_rotmat(torch.stack([draw("pitch"), zero, zero], -1))
    roll = roma.rotvec_to_rotmat(torch.stack([zero, zero, draw("roll")], -1))
    return turn_about_vertical(draw("yaw")) @ roll @ pitch
