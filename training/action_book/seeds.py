"""Starting poses from motion capture that already come near an action's facts."""

from __future__ import annotations

import roma
import torch

from ...pose_prior.limits import JointLimits
from ..data.poses import PoseSet
from .capsules import Capsules
from .program import Figures, Measurements, Program, Props
from .selection import farthest_points, shape_features
from .skeleton import Skeleton, start_orientation

POOL = 6000  # frames kept in memory, drawn by their weights
TRIED = 600  # of them are measured for each specification
_FACT_SCALE, _FACT_CAP = 8.0, 3.0  # an excess of 24 tolerances is as bad as any


class SeedPoses:
    """A pool of captured poses with their joint frames, ready to be ranked by facts."""

    def __init__(self, poses: PoseSet, skeleton: Skeleton, capsules: Capsules, seed: int = 0):
        """Frames outside the joint limits rank lower."""
        generator = torch.Generator().manual_seed(seed)
        rows = torch.multinomial(torch.from_numpy(poses.weight), POOL, True, generator=generator)
        self.body_pose = torch.from_numpy(poses.body)[rows]
        self.root = roma.rotvec_to_rotmat(torch.from_numpy(poses.root)[rows])
        rotations = roma.rotvec_to_rotmat(self.body_pose)
        identity, origin = torch.eye(3).expand(POOL, 3, 3), torch.zeros(POOL, 3)
        self.turns, self.places = skeleton.frames(rotations, identity, origin)
        self.strain = (JointLimits().excess(rotations) ** 2).sum((1, 2))
        self.capsules = capsules

    def choose(
        self, program: Program | None, root: dict, count: int, centimetre: float, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Body pose (count, 21, 3), root rotation (count, 3, 3) and pelvis position (count, 3) of varied good starts.

        program: the facts that do not speak of props, or None if there are none.
        """
        tried = torch.randperm(POOL, generator=generator)[:TRIED]
        turn = start_orientation(root, TRIED, generator) if {"pitch", "roll"} & set(root) else self.root[tried]
        figures = self._standing(turn, tried)
        error = 0.3 * self.strain[tried] + 0.02 * torch.rand(TRIED, generator=generator)
        if program is not None:
            measure = Measurements([(program, torch.arange(TRIED))], self.capsules, centimetre)
            excess = (measure.limits.excess(measure(figures)) / _FACT_SCALE).clamp(max=_FACT_CAP) ** 2
            error = error.index_add(0, measure.limits.pose, excess / len(program.rows))
        best = error.argsort()[: max(2 * count, 60)]
        chosen = best[farthest_points(shape_features(figures.positions[best]), count)]
        return self.body_pose[tried[chosen]], turn[chosen], figures.positions[chosen, 0]

    def _standing(self, turn: torch.Tensor, rows: torch.Tensor) -> Figures:
        """The frames under new root orientations, their lowest capsule on the floor."""
        rotations = turn[:, None] @ self.turns[rows]
        positions = (turn[:, None] @ self.places[rows][..., None])[..., 0]
        ends = torch.stack(self.capsules.place(rotations, positions))[..., 1] - self.capsules.radius
        positions = positions - torch.tensor([0.0, 1.0, 0.0]) * ends.amin((0, 2))[:, None, None]
        nothing = torch.zeros(len(rows), 1, 3)
        return Figures(rotations, positions, Props(nothing, nothing, nothing[..., 0]))
