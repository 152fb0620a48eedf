"""What lifting minimises: how far a body's points lie from a person's keypoints, and how unlikely the body is.

The values of a candidate, VALUES numbers: VPoser's code (32); a turn of the root as a rotation vector in the picture's
axes, always zero except as a step; the pelvis' place (x / d, y / d, log d) with d its distance from the camera; five
proportions as logarithms. The root's rotation is kept beside them as a matrix.

Axes: the camera is at 0 and looks along -z, x is right, y is up. Pictures are on the plane one metre before it, y down.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ..smpl import JOINT_NAMES, NUM_BODY_JOINTS, PARENTS
from .kinematics import sixd_to_rotmat
from .limits import JointLimits
from .vposer import LATENT_DIM, VPoser

POINT_NOISE = 0.012  # of the person's size: how far a keypoint may be off
CODE_WEIGHT = 0.35
ROBUST = 3.0  # in units of the noise: from there on a point counts as an outlier more and more
_LIMIT_WEIGHT = 6.0  # per radian beyond a joint's limit
_UPRIGHT_WEIGHT = 0.3
_PROPORTION_DEVIATION = 0.08
_NEAREST = 0.1  # metres before the camera
# The joints whose bones, from their parents, are scaled together: trunk, width, head, arms, legs.
_PROPORTIONS = (
    ("spine1", "spine2", "spine3", "neck"),
    ("left_collar", "right_collar", "left_shoulder", "right_shoulder", "left_hip", "right_hip"),
    ("head",),
    ("left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hand", "right_hand"),
    ("left_knee", "right_knee", "left_ankle", "right_ankle", "left_foot", "right_foot"),
)
_SCALED = len(_PROPORTIONS)
_GROUP = tuple(next((k for k, names in enumerate(_PROPORTIONS) if name in names), 0) for name in JOINT_NAMES)
_POSED = NUM_BODY_JOINTS + 1  # joints that turn: the root and 1..21
CODE, TURN = slice(0, LATENT_DIM), slice(LATENT_DIM, LATENT_DIM + 3)
PLACE, SCALES = slice(TURN.stop, TURN.stop + 3), slice(TURN.stop + 3, TURN.stop + 3 + _SCALED)
VALUES = SCALES.stop


@dataclass(frozen=True, eq=False)
class Landmarks:
    """What keypoints are compared with: N points that ride on the body, each the middle of two (mostly the same two).

    joints: (N, 2) SMPL joints they ride on. places: (N, 2, 3) where they are in the T-pose. rest_joints: (24, 3).
    Metres. See `rendering.landmarks`.
    """

    joints: torch.Tensor
    places: torch.Tensor
    rest_joints: torch.Tensor


@dataclass(frozen=True)
class _Posed:
    """S bodies from the pelvis: joints (S, 24, 3), their frames (S, 24, 3, 3), bones from the parents (S, 24, 3),
    arms (S, N, 2, 3) from joints to landmarks, points (S, N, 3)."""

    joints: torch.Tensor
    frames: torch.Tensor
    bones: torch.Tensor
    arms: torch.Tensor
    points: torch.Tensor


class LiftProblem:
    """One person's keypoints (N, 3): x, y in pixels from the optical axis, y down, confidence; focal in pixels.

    Everything is batched over S candidates: values (S, VALUES) and roots (S, 3, 3).
    """

    def __init__(self, keypoints: torch.Tensor, focal: float, landmarks: Landmarks, vposer: VPoser):
        self.known = known = keypoints[:, 2] > 0
        self.target = keypoints[known, :2] / focal
        self.weight = keypoints[known, 2].sqrt()
        spread = (self.target - self.target.median(0).values).norm(dim=1)  # medians: a wrong point makes nobody larger
        self.unit = POINT_NOISE * max(2 * float(spread.median()), 1e-6)
        self.vposer, self._limits = vposer, JointLimits()
        rest, self._ridden = landmarks.rest_joints, landmarks.joints[known]
        self._offset = rest - rest[[max(parent, 0) for parent in PARENTS]]
        self._arm = landmarks.places[known] - rest[self._ridden]
        self._group = torch.tensor(_GROUP)
        self._one_hot = torch.nn.functional.one_hot(self._group, _SCALED).to(rest)
        # Which joints carry each of the 2 N points that the landmarks are the middles of.
        self._carries = _ancestry().to(rest)[self._ridden.flatten(), :_POSED]

    def posed(self, rotmats: torch.Tensor, root: torch.Tensor, scales: torch.Tensor) -> _Posed:
        """rotmats (S, 21, 3, 3) local, root (S, 3, 3), scales (S, 5) logarithms."""
        factors = scales.exp()
        offset = factors[:, self._group, None] * self._offset
        joints, bones, frames = [torch.zeros_like(offset[:, 0])], [torch.zeros_like(offset[:, 0])], [root]
        for joint in range(1, len(PARENTS)):
            parent = PARENTS[joint]
            bones.append((frames[parent] @ offset[:, joint, :, None])[..., 0])
            joints.append(joints[parent] + bones[-1])
            frames.append(frames[parent] @ rotmats[:, joint - 1] if joint < _POSED else frames[parent])
        place, frame = torch.stack(joints, 1), torch.stack(frames, 1)
        arms = factors[:, self._group[self._ridden], None] * self._arm
        arms = (frame[:, self._ridden] @ arms[..., None])[..., 0]
        return _Posed(place, frame, torch.stack(bones, 1), arms, (place[:, self._ridden] + arms).mean(2))

    def errors(self, values: torch.Tensor, root: torch.Tensor) -> torch.Tensor:
        """(S, N) distances of the landmarks from their keypoints, in units of the expected noise."""
        rotmats = sixd_to_rotmat(self.vposer.decode_6d(values[:, CODE]))
        points = self.posed(rotmats, root, values[:, SCALES]).points
        return (self._project(points, values[:, PLACE]) - self.target).norm(dim=-1) / self.unit

    def robust_weights(self, values: torch.Tensor, root: torch.Tensor, reach: torch.Tensor | float = ROBUST):
        """(S, N) square roots of Geman and McClure's weights; reach: a number or (S, 1), how far points still pull."""
        return 1 / (1 + (self.errors(values, root) / reach) ** 2)

    def cost(self, values: torch.Tensor, root: torch.Tensor, reach: torch.Tensor | float = ROBUST) -> torch.Tensor:
        """(S,) robust reprojection + |code|^2 + joint limits + upright + usual proportions."""
        squared = (self.errors(values, root) / reach) ** 2
        fit = ((self.weight * reach) ** 2 * squared / (1 + squared)).sum(1)
        residuals = self.residuals(values, root, torch.ones_like(squared))
        return fit + (residuals[:, 2 * len(self.target) :] ** 2).sum(1)

    def residuals(self, values: torch.Tensor, root: torch.Tensor, robust: torch.Tensor) -> torch.Tensor:
        """(S, R), for `robust` weights (S, N)."""
        rotmats = sixd_to_rotmat(self.vposer.decode_6d(values[:, CODE]))
        points = self.posed(rotmats, root, values[:, SCALES]).points
        return self._residuals(points, self._limits.excess(rotmats), values, root, robust)

    def linearized(self, values: torch.Tensor, root: torch.Tensor, robust: torch.Tensor) -> tuple:
        """Residuals (S, R) and their derivatives (S, R, VALUES); the root turns from where it is."""
        rotmats, excess, by_code, by_limit = self._decoded(values[:, CODE])
        posed = self.posed(rotmats, root, values[:, SCALES])
        moved = torch.cat(
            [self._moved_by_code(posed, rotmats, by_code), _turned(posed.points), self._moved_by_scales(posed)], 1
        )
        pixels = self._pixel_slopes(posed.points, values, moved) * (self.weight * robust)[:, None, :, None] / self.unit
        identity = torch.eye(VALUES).to(values).expand(len(values), -1, -1)
        limits = values.new_zeros(*excess.flatten(1).shape, VALUES)
        limits[..., CODE] = _LIMIT_WEIGHT * by_limit.flatten(1, 2)
        upright = values.new_zeros(len(values), 2, VALUES)
        upright[..., TURN] = _UPRIGHT_WEIGHT * _turned(root[:, None, :, 1])[:, :, 0, [0, 2]].transpose(1, 2)
        slopes = [
            pixels.flatten(2).transpose(1, 2),
            CODE_WEIGHT * identity[:, CODE],
            limits,
            upright,
            identity[:, SCALES] / _PROPORTION_DEVIATION,
        ]
        return self._residuals(posed.points, excess, values, root, robust), torch.cat(slopes, 1)

    def _decoded(self, codes: torch.Tensor) -> tuple:
        """Local rotations (S, 21, 3, 3), limit excess (S, 21, 3), and their derivatives by the code (..., 32).

        Every joint depends on its own six numbers alone, so that six tangents, not 32, go through the rotations.
        """

        def decode(code: torch.Tensor) -> tuple:
            sixd = self.vposer.decode_6d(code[None])[0]
            return sixd, sixd

        def turn(shift: torch.Tensor, sixd: torch.Tensor) -> tuple:
            rotmats = sixd_to_rotmat((sixd + shift)[None])
            result = rotmats[0], self._limits.excess(rotmats)[0]
            return result, result

        by_code, sixd = torch.func.vmap(torch.func.jacfwd(decode, has_aux=True))(codes)  # (S, 21, 6, 32)
        turned = torch.func.vmap(torch.func.jacfwd(turn, has_aux=True), in_dims=(None, 0))
        (by_turn, by_limit), (rotmats, excess) = turned(codes.new_zeros(6), sixd)
        return rotmats, excess, (by_turn.flatten(2, 3) @ by_code).unflatten(2, (3, 3)), by_limit @ by_code

    def _residuals(self, points, excess, values, root, robust) -> torch.Tensor:
        offset = (self._project(points, values[:, PLACE]) - self.target) / self.unit
        parts = [
            (offset * (self.weight * robust)[..., None]).flatten(1),
            CODE_WEIGHT * values[:, CODE],
            _LIMIT_WEIGHT * excess.flatten(1),
            _UPRIGHT_WEIGHT * root[:, [0, 2], 1],
            values[:, SCALES] / _PROPORTION_DEVIATION,
        ]
        return torch.cat(parts, 1)

    def _project(self, points: torch.Tensor, place: torch.Tensor) -> torch.Tensor:
        """(S, N, 3) from the pelvis at `place` (S, 3) -> (S, N, 2)."""
        distance = place[:, 2].exp()
        flat = points[..., :2] * points.new_tensor([1.0, -1.0]) + (place[:, :2] * distance[:, None])[:, None]
        return flat / (distance[:, None] - points[..., 2]).clamp(min=_NEAREST)[..., None]

    def _pixel_slopes(self, points: torch.Tensor, values: torch.Tensor, moved: torch.Tensor) -> torch.Tensor:
        """(S, VALUES, N, 2) from how code, turn and scales move the points, (S, VALUES - 3, N, 3)."""
        place = values[:, PLACE]
        distance = place[:, 2].exp()[:, None]
        away = (distance - points[..., 2]).clamp(min=_NEAREST)
        seen = self._project(points, place)
        flat = moved[..., :2] * moved.new_tensor([1.0, -1.0]) + seen[:, None] * moved[..., 2:]
        flat = flat / away[:, None, :, None]
        nearness = distance / away
        none = torch.zeros_like(nearness)
        by_place = [
            torch.stack([nearness, none], -1),
            torch.stack([none, nearness], -1),
            nearness[..., None] * (place[:, None, :2] - seen),
        ]
        return torch.cat([flat[:, : TURN.stop], torch.stack(by_place, 1), flat[:, TURN.stop :]], 1)

    def _moved_by_code(self, posed: _Posed, rotmats: torch.Tensor, by_code: torch.Tensor) -> torch.Tensor:
        """(S, 32, N, 3) from the derivatives (S, 21, 3, 3, 32) of the local rotations.

        A joint turns everything below it about itself: a point p moves by the sum of spin x (p - joint) on its way up.
        """
        skew = torch.einsum("sjabk,sjcb->sjack", by_code, rotmats)  # dR R^T
        spin = torch.stack([skew[:, :, 2, 1], skew[:, :, 0, 2], skew[:, :, 1, 0]], 2)
        spin = (posed.frames[:, list(PARENTS[1:_POSED])] @ spin).transpose(2, 3)  # (S, 21, 32, 3)
        below = self._carries[:, 1:]
        pivot = torch.linalg.cross(spin, posed.joints[:, 1:_POSED, None].expand_as(spin), dim=-1)
        points = (posed.joints[:, self._ridden] + posed.arms).flatten(1, 2)
        total = torch.einsum("nj,sjkc->sknc", below, spin)
        moved = torch.linalg.cross(total, points[:, None].expand_as(total), dim=-1)
        return (moved - torch.einsum("nj,sjkc->sknc", below, pivot)).unflatten(2, (-1, 2)).mean(3)

    def _moved_by_scales(self, posed: _Posed) -> torch.Tensor:
        """(S, 5, N, 3)"""
        bones = posed.bones[:, :, None] * self._one_hot[:, :, None]  # (S, 24, 5, 3)
        moved = torch.einsum("nj,sjgc->sgnc", self._carries, bones[:, :_POSED]).unflatten(2, (-1, 2))
        arms = posed.arms[:, None] * self._one_hot[self._ridden].movedim(2, 0)[..., None]
        return (moved + arms).mean(3)


def small_turn(rotvec: torch.Tensor) -> torch.Tensor:
    """(S, 3) rotation vectors of a step -> (S, 3, 3), by Cayley's formula: smooth at zero, near enough elsewhere."""
    x, y, z = (rotvec / 2).unbind(-1)
    none = torch.zeros_like(x)
    cross = torch.stack([none, -z, y, z, none, -x, -y, x, none], -1).unflatten(-1, (3, 3))
    return torch.eye(3).to(rotvec) + 2 / (1 + (rotvec**2).sum(-1) / 4)[:, None, None] * (cross + cross @ cross)


def _turned(points: torch.Tensor) -> torch.Tensor:
    """(S, N, 3) -> (S, 3, N, 3): how points move with turns about x, y and z."""
    axes = torch.eye(3).to(points)[:, None].expand(len(points), 3, points.shape[1], 3)
    return torch.linalg.cross(axes, points[:, None].expand_as(axes), dim=-1)


def _ancestry() -> torch.Tensor:
    """(24, 24): 1 where the second joint is the first or above it."""
    above = torch.zeros(len(PARENTS), len(PARENTS))
    for joint, parent in enumerate(PARENTS):
        above[joint, joint] = 1
        if parent >= 0:
            above[joint] += above[parent]
    return above
