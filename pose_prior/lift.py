"""2D keypoints to a 3D pose: the body that VPoser finds likeliest among those whose points project onto the keypoints.

One picture fits many poses (a limb may come forward or go back). So thousands of poses drawn from the prior are seen
from every side and compared with the keypoints first; the best of them are refined by Levenberg and Marquardt's method.
The cost is robust reprojection + |code|^2 + joint limits, as in SMPLify (Bogo et al. 2016; Pavlakos et al. 2019). For
most starts far points pull too at first, and become outliers only where they stay far (graduated non-convexity, Blake
and Zisserman 1987): else a leg that a start has elsewhere would be given up as an outlier.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import roma
import torch

from ..smpl import KNUCKLES, SMPLPose, canonical_axis_angle
from .finger_states import finger_state
from .hands import hand_pose
from .kinematics import sixd_to_rotmat, sixd_to_rotvec
from .lift_problem import CODE, CODE_WEIGHT, PLACE, ROBUST, SCALES, TURN, VALUES, Landmarks, LiftProblem, small_turn
from .people import Person
from .vposer import LATENT_DIM, VPoser

_SENSOR_MM = 36.0  # focal lengths are given as for 35 mm film, along the picture's longer side
_DRAWN, _CHUNK = 6000, 1000  # poses of the prior
_HEADINGS = 16
_TILTS = (0.0, 75.0, -75.0)  # degrees: upright, face down, face up
_SEARCH_NOISE = 3.0  # times the keypoints' own: what drawn poses may miss by
_STARTS = 20
_REACHES, _FIRST_STEPS = (4 * ROBUST, 2 * ROBUST), 3  # how far off points still pull in the first steps
_WARY = 4  # of each so many starts one has the usual reach from the beginning, for people with wrong points
_KEPT, _STEPS = 4, 12
_SIZES = (0, 4)  # the proportions that make a person tall: trunk and legs
_HAND_CONFIDENCE = 0.5  # knuckles count less than joints


@dataclass(frozen=True, eq=False)
class Lifted:
    """B people in 3D.

    pose:  with `transl` zero; the camera that saw them is level and looks along -z.
    place: (B, 3) metres, where each pelvis is from the camera, for a body of the landmarks' size.
    focal: (B,) focal length in pixels. size (B, 2): width and height of the pictures. The axis meets their middles.
    error: (B,) pixels, how far the points are off in the mean.
    """

    pose: SMPLPose
    place: torch.Tensor
    focal: torch.Tensor
    size: torch.Tensor
    error: torch.Tensor


def lift_people(
    people: Sequence[Person],
    landmarks: Landmarks,
    vposer: VPoser,
    *,
    focal_mm: float = 50.0,
    callback: Callable[[int], None] | None = None,
) -> Lifted:
    """The 3D pose of every person, float32, on the CPU; the same keypoints give the same pose.

    landmarks: the 25 body points of `Person`, then the five knuckles of the left and of the right hand.
    focal_mm:  35 mm-equivalent focal length of the pictures. `callback(done)` may raise to stop.

    Raises ValueError for a VPoser of another size than the published one.
    """
    if vposer.latent_dim != LATENT_DIM:
        raise ValueError(f"VPoser: its codes have {vposer.latent_dim} numbers, lifting needs {LATENT_DIM} (V02_05)")
    values, roots, focal, errors = [], [], [], []
    drawn = _Drawn(landmarks, vposer)
    for index, person in enumerate(people):
        focal.append(focal_mm / _SENSOR_MM * max(person.width, person.height))
        problem = LiftProblem(_keypoints(person), focal[-1], landmarks, vposer)
        # Forward derivatives do not work in inference mode, which ComfyUI runs nodes in.
        with torch.inference_mode(False), torch.no_grad():
            value, root = _solve(problem, drawn)
            errors.append(problem.errors(value, root).mean() * problem.unit * focal[-1])
        values.append(value[0])
        roots.append(root[0])
        if callback is not None:
            callback(index + 1)
    found, root = torch.stack(values), torch.stack(roots)
    size = found[:, SCALES][:, _SIZES].mean(1)  # a larger person farther away looks the same; the pose has no size
    distance = (found[:, PLACE.stop - 1] - size).exp()
    hands = {
        f"{side}_hand_pose": torch.stack(
            [hand_pose(finger_state(getattr(person, f"{side}_hand")), side) for person in people]
        )
        for side in ("left", "right")
    }
    with torch.no_grad():
        body = canonical_axis_angle(sixd_to_rotvec(vposer.decode_6d(found[:, CODE])))
    return Lifted(
        SMPLPose.create(body, canonical_axis_angle(roma.rotmat_to_rotvec(root)), **hands),
        torch.stack([found[:, PLACE.start], -found[:, PLACE.start + 1], -torch.ones_like(distance)], 1)
        * distance[:, None],
        torch.tensor(focal),
        torch.tensor([[person.width, person.height] for person in people]),
        torch.stack(errors),
    )


def _keypoints(person: Person) -> torch.Tensor:
    """(35, 3) from the picture's middle, in the landmarks' order."""
    parts = [person.body]
    for hand in (person.left_hand, person.right_hand):
        knuckles = torch.zeros(len(KNUCKLES), 3) if hand is None else hand[list(KNUCKLES)]
        parts.append(knuckles * torch.tensor([1.0, 1.0, _HAND_CONFIDENCE]))
    points = torch.cat(parts)
    return points - torch.tensor([person.width / 2, person.height / 2, 0.0])


class _Drawn:
    """Poses of the prior, always the same: codes (P, 32), the mean first, and their landmarks (P, N, 3)."""

    def __init__(self, landmarks: Landmarks, vposer: VPoser):
        generator = torch.Generator().manual_seed(0)
        self.codes = torch.cat([torch.zeros(1, LATENT_DIM), torch.randn(_DRAWN - 1, LATENT_DIM, generator=generator)])
        everything = LiftProblem(torch.ones(len(landmarks.joints), 3), 1.0, landmarks, vposer)
        level, usual = torch.eye(3).expand(_DRAWN, 3, 3), torch.zeros(_DRAWN, SCALES.stop - SCALES.start)
        with torch.no_grad():
            rotmats = sixd_to_rotmat(vposer.decode_6d(self.codes))
            parts = zip(rotmats.split(_CHUNK), level.split(_CHUNK), usual.split(_CHUNK))
            self.points = torch.cat([everything.posed(*part).points for part in parts])


def _solve(problem: LiftProblem, drawn: _Drawn) -> tuple[torch.Tensor, torch.Tensor]:
    """The best values (1, VALUES) and root (1, 3, 3)."""
    values, root = _search(problem, drawn)
    wary = (torch.arange(len(values)) % _WARY == _WARY - 1)[:, None]
    for reach in _REACHES:
        reach = torch.where(wary, ROBUST, reach)
        values, root, _ = _refine(problem, values, root, _FIRST_STEPS, reach)
    kept = problem.cost(values, root).argsort()[:_KEPT]
    values, root, cost = _refine(problem, values[kept], root[kept], _STEPS)
    best = cost.argmin()[None]
    return values[best], root[best]


def _refine(problem: LiftProblem, values: torch.Tensor, root: torch.Tensor, steps: int, reach=ROBUST) -> tuple:
    """Levenberg-Marquardt on every candidate; values, roots and costs (S,), none worse than before."""
    damping = torch.ones(len(values))
    cost = problem.cost(values, root, reach)
    for _ in range(steps):
        residuals, slopes = problem.linearized(values, root, problem.robust_weights(values, root, reach))
        normal = slopes.transpose(1, 2) @ slopes + damping[:, None, None] * torch.eye(VALUES)
        step = -torch.linalg.solve(normal, slopes.transpose(1, 2) @ residuals[..., None])[..., 0]
        moved, turned = values + step, small_turn(step[:, TURN]) @ root
        moved[:, TURN] = 0
        after = problem.cost(moved, turned, reach)
        better = after < cost
        values = torch.where(better[:, None], moved, values)
        root = torch.where(better[:, None, None], turned, root)
        cost = torch.where(better, after, cost)
        damping = torch.where(better, damping * 0.3, damping * 5).clamp(1e-4, 1e5)
    return values, root, cost


def _search(problem: LiftProblem, drawn: _Drawn) -> tuple[torch.Tensor, torch.Tensor]:
    """Starts (S, VALUES) and roots (S, 3, 3): the drawn poses that fit best in parallel projection.

    Scale, shift and the turn in the picture's plane have a closed form, with points as complex numbers. Seen from a
    side, a pose's points enter only by their covariance with the keypoints and with each other.
    """
    weight = problem.weight**2 / (problem.weight**2).sum()
    target = torch.complex(problem.target[:, 0], -problem.target[:, 1])
    middle = (target * weight).sum()
    target = target - middle
    points = drawn.points[:, problem.known]
    centre = (points * weight[:, None]).sum(1)
    points = points - centre[:, None]
    weighted = (points * weight[:, None]).transpose(1, 2)
    covariance = (weighted @ points).flatten(1).T  # (9, P)
    along_x, along_y = (weighted @ torch.view_as_real(target)).permute(2, 1, 0)  # (3, P) each
    views = _views()
    right, up, near = views.unbind(1)
    real, imaginary = right @ along_x + up @ along_y, right @ along_y - up @ along_x  # (V, P)
    depth = (near[:, :, None] * near[:, None]).flatten(1) @ covariance
    power = (covariance[::4].sum(0) - depth).clamp(min=1e-9)
    squared = (real**2 + imaginary**2).clamp(min=1e-20)
    misfit = (target.abs() ** 2 * weight).sum() - squared / power
    upright = views[:, 1, 1, None] * real * squared.rsqrt()
    cost = len(target) * misfit / (_SEARCH_NOISE * problem.unit) ** 2 - upright
    pose, view = _choose(cost.T + CODE_WEIGHT**2 * (drawn.codes**2).sum(1)[:, None], _STARTS)
    match = torch.complex(real[view, pose], imaginary[view, pose])
    scale = match / power[view, pose]  # its angle is the turn in the plane
    seen = (views[view, :2] @ centre[pose, :, None])[..., 0]
    offset = middle - scale * torch.view_as_complex(seen)
    spin = scale.angle()
    spin = roma.rotvec_to_rotmat(torch.stack([torch.zeros_like(spin), torch.zeros_like(spin), spin], 1))
    values = torch.zeros(len(pose), VALUES)
    values[:, CODE] = drawn.codes[pose]
    values[:, PLACE] = torch.stack([offset.real, -offset.imag, -scale.abs().log()], 1)
    return values, spin @ views[view]


def _choose(cost: torch.Tensor, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows and columns of the lowest costs (P, V): no row twice, no column more than a quarter of the times."""
    taken: list[tuple[int, int]] = []
    lowest, column = cost.min(1)
    for row in lowest.argsort(stable=True).tolist():
        view = int(column[row])
        if sum(view == other for _, other in taken) < count // 4:
            taken.append((row, view))
        if len(taken) == count:
            break
    rows, columns = zip(*taken)
    return torch.tensor(rows), torch.tensor(columns)


@functools.cache
def _views() -> torch.Tensor:
    """(V, 3, 3) roots: every heading, upright, face down and face up."""
    turns = []
    for tilt in _TILTS:
        bent = roma.rotvec_to_rotmat(torch.tensor([math.radians(tilt), 0.0, 0.0]))
        for k in range(_HEADINGS):
            turns.append(roma.rotvec_to_rotmat(torch.tensor([0.0, 2 * math.pi * k / _HEADINGS, 0.0])) @ bent)
    return torch.stack(turns)
