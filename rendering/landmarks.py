"""Where OpenPose's points lie on the body: what a 2D skeleton is compared with when it is lifted to a 3D pose."""

from __future__ import annotations

import torch

from ..smpl import BODY_25, JOINT_NAMES, KNUCKLES
from .body import Body
from .keypoints import body_keypoints

_MIDDLES = {"neck": ("left_shoulder", "right_shoulder"), "middle_hip": ("left_hip", "right_hip")}
_FACE = ("nose", "right_eye", "left_eye", "right_ear", "left_ear")


def body_landmarks(body: Body) -> tuple[torch.Tensor, torch.Tensor]:
    """The 25 body points, then the knuckles of the left and of the right hand, as points that ride on SMPL joints.

    Returns joints (35, 2) and places (35, 2, 3) in the T-pose, metres: a landmark is the middle of two such points.
    """
    rest = body.rest_joints[list(body.smpl_joints)]
    points = body_keypoints(body, body.v_template, rest)
    head = JOINT_NAMES.index("head")
    ridden: list[tuple[tuple[int, torch.Tensor], ...]] = []
    for name in BODY_25:
        if name in _MIDDLES:
            joints = [JOINT_NAMES.index(part) for part in _MIDDLES[name]]
            ridden.append(tuple((joint, rest[joint]) for joint in joints))
        elif name in _FACE:
            ridden.append(((head, points.head[_FACE.index(name)]),) * 2)
        elif name in JOINT_NAMES:
            ridden.append(((JOINT_NAMES.index(name), rest[JOINT_NAMES.index(name)]),) * 2)
        else:
            ridden.append((_foot_point(body, rest, name),) * 2)
    for side in ("left", "right"):
        wrist, hand = JOINT_NAMES.index(f"{side}_wrist"), getattr(points, f"{side}_hand")
        for knuckle in KNUCKLES:
            # A body file without finger tips has no knuckles either: there they lie on the wrist.
            ridden.append(((wrist, rest[wrist] if hand is None else hand[knuckle]),) * 2)
    joints = torch.tensor([[joint for joint, _ in pair] for pair in ridden])
    return joints, torch.stack([torch.stack([place for _, place in pair]) for pair in ridden])


def _foot_point(body: Body, rest: torch.Tensor, name: str) -> tuple[int, torch.Tensor]:
    """A toe or the heel: (joint, place), from the extreme vertices of the foot."""
    side, what = name.split("_", 1)
    ankle, ball = (JOINT_NAMES.index(f"{side}_{joint}") for joint in ("ankle", "foot"))
    foot = body.v_template[(body.vertex_part == ankle) | (body.vertex_part == ball)]
    if what == "heel":
        return ankle, foot[foot[:, 2].argmin()]
    inward = -1.0 if side == "left" else 1.0
    front = foot[foot[:, 2] > foot[:, 2].max() - 0.25 * (foot[:, 2].max() - foot[:, 2].min())]
    across = inward * (front[:, 0] - rest[ball, 0]) if what == "big_toe" else -inward * (front[:, 0] - rest[ball, 0])
    return ball, front[(across + front[:, 2]).argmax()]
