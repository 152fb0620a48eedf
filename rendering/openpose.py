"""A person's keypoints as an OpenPose ControlNet expects them: the coloured picture, and the POSE_KEYPOINT record.

Layouts: body COCO-18, hands 21 points, face 70 points (the 68 of iBUG 300-W and two pupils). Colours and line widths
are those that ControlNet's training pictures were drawn with, at 512 pixels; larger pictures get wider lines.
"""

from __future__ import annotations

import colorsys
import math

import torch
from torch.nn.functional import normalize

from ..smpl import JOINT_NAMES
from .camera import Camera
from .keypoints import Keypoints

# COCO-18: nose, neck, right arm, left arm, right leg, left leg, right eye, left eye, right ear, left ear.
LIMBS = tuple(
    JOINT_NAMES.index(f"{side}_{joint}")
    for side, joint in (
        ("right", "shoulder"), ("right", "elbow"), ("right", "wrist"),
        ("left", "shoulder"), ("left", "elbow"), ("left", "wrist"),
        ("right", "hip"), ("right", "knee"), ("right", "ankle"),
        ("left", "hip"), ("left", "knee"), ("left", "ankle"),
    )
)  # fmt: skip
BODY_BONES = (
    (1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10), (1, 11), (11, 12), (12, 13), (1, 0),
    (0, 14), (14, 16), (0, 15), (15, 17),
)  # fmt: skip
BODY_COLORS = tuple(
    tuple(round(255 * channel) for channel in colorsys.hsv_to_rgb(k / 18, 1, 1)) for k in range(18)
)  # 18 steps round the hue circle, red first
HAND_BONES = tuple((0 if k % 4 == 1 else k - 1, k) for k in range(1, 21))
_REFERENCE_SIDE = 512


def body_points(keypoints: Keypoints) -> torch.Tensor:
    """(18, 3) world points in COCO-18 order; the neck is the middle of the shoulders."""
    limbs = keypoints.joints[list(LIMBS)]
    neck = (limbs[0] + limbs[3]) / 2
    return torch.cat((keypoints.head[:1], neck[None], limbs, keypoints.head[1:]))


def face_points(keypoints: Keypoints) -> torch.Tensor:
    """(70, 3) world points: an average face laid through the person's eyes, nose and ears."""
    nose, right, left, right_ear, left_ear = keypoints.head
    left_axis, up, forward = _face_axes(keypoints)
    middle = (right + left) / 2
    wide = (left - right).norm()
    # Below the eyes the average face is as tall as this nose says; the jaw is as wide as the ears say.
    tall = ((middle - nose) @ up).clamp(min=0.3 * wide) / 0.72
    deep = ((nose - middle) @ forward).clamp(min=0.2 * wide, max=0.8 * wide) / 0.5
    template = _average_face().to(nose)
    scale = torch.stack((wide, tall, deep)).expand(70, 3).clone()
    scale[:17, 0] = (left_ear - right_ear).norm().clamp(min=wide) / 2.1
    return middle + (template * scale) @ torch.stack((left_axis, up, forward))


def pose_keypoints(keypoints: Keypoints, camera: Camera) -> dict:
    """One frame of the POSE_KEYPOINT socket type: OpenPose's JSON with the canvas size.

    Coordinates are pixels; a point that cannot be seen (behind the camera, outside the picture, or on the far side of
    the head) is 0, 0 with confidence 0.
    """
    person = {"pose_keypoints_2d": _flat(*_seen_body(keypoints, camera))}
    points, seen = _seen_face(keypoints, camera)
    person["face_keypoints_2d"] = _flat(points, seen) if bool(seen.any()) else []
    for name in ("left_hand", "right_hand"):
        hand = getattr(keypoints, name)
        key = f"hand_{name.split('_')[0]}_keypoints_2d"
        person[key] = [] if hand is None else _flat(*_in_picture(hand, camera))
    return {"people": [person], "canvas_width": camera.width, "canvas_height": camera.height}


def openpose_picture(
    keypoints: Keypoints, camera: Camera, *, body: bool = True, hands: bool = True, face: bool = True
) -> torch.Tensor:
    """(H, W, 3) float 0..1: the skeleton on black, as pose ControlNets were trained on. Needs OpenCV."""
    import cv2
    import numpy as np

    canvas = np.zeros((camera.height, camera.width, 3), np.uint8)
    scale = max(1.0, min(camera.width, camera.height) / _REFERENCE_SIDE)
    size = lambda pixels: max(1, round(pixels * scale))  # noqa: E731
    if body:
        points, seen = _seen_body(keypoints, camera)
        points = points.tolist()
        for k, (a, b) in enumerate(BODY_BONES):
            if seen[a] and seen[b]:
                color = [int(0.6 * channel) for channel in BODY_COLORS[k]]
                cv2.fillConvexPoly(canvas, _spindle(points[a], points[b], size(4)), color)
        for k, (x, y) in enumerate(points):
            if seen[k]:
                cv2.circle(canvas, (round(x), round(y)), size(4), BODY_COLORS[k], -1)
    for hand in (keypoints.left_hand, keypoints.right_hand) if hands else ():
        if hand is None:
            continue
        points, seen = _in_picture(hand, camera)
        points = [(round(x), round(y)) for x, y in points.tolist()]
        for k, (a, b) in enumerate(HAND_BONES):
            if seen[a] and seen[b]:
                color = [round(255 * channel) for channel in colorsys.hsv_to_rgb(k / len(HAND_BONES), 1, 1)]
                cv2.line(canvas, points[a], points[b], color, size(2))
        for point, visible in zip(points, seen):
            if visible:
                cv2.circle(canvas, point, size(4), (0, 0, 255), -1)
    if face:
        points, seen = _seen_face(keypoints, camera)
        for (x, y), visible in zip(points.tolist(), seen):
            if visible:
                cv2.circle(canvas, (round(x), round(y)), size(3), (255, 255, 255), -1)
    return torch.from_numpy(canvas).float().div_(255)


def _spindle(a: list[float], b: list[float], half_width: int):
    """Outline of the ellipse that stands for a bone, as OpenCV polygon points."""
    import cv2

    middle = (round((a[0] + b[0]) / 2), round((a[1] + b[1]) / 2))
    length, angle = math.dist(a, b), math.degrees(math.atan2(b[1] - a[1], b[0] - a[0]))
    return cv2.ellipse2Poly(middle, (max(1, round(length / 2)), half_width), round(angle), 0, 360, 1)


def _in_picture(points: torch.Tensor, camera: Camera) -> tuple[torch.Tensor, torch.Tensor]:
    """(n, 2) pixels and (n,) bool: in front of the camera and inside the frame."""
    pixels, depth = camera.project(points.detach().cpu().double())
    x, y = pixels.unbind(1)
    return pixels, (depth > camera.near) & (x >= 0) & (x < camera.width) & (y >= 0) & (y < camera.height)


def _seen_body(keypoints: Keypoints, camera: Camera) -> tuple[torch.Tensor, torch.Tensor]:
    """Limbs count even where the body hides them, as estimators see through; face points only from their own side."""
    pixels, seen = _in_picture(body_points(keypoints), camera)
    left, _, forward = _face_axes(keypoints)
    ahead, aside = (float(axis @ _to_camera(keypoints, camera)) for axis in (forward, left))
    seen[0] &= ahead > -0.25
    seen[14] &= ahead - 0.5 * aside > -0.1
    seen[15] &= ahead + 0.5 * aside > -0.1
    seen[16] &= aside < 0.45
    seen[17] &= aside > -0.45
    return pixels, seen


def _seen_face(keypoints: Keypoints, camera: Camera) -> tuple[torch.Tensor, torch.Tensor]:
    pixels, seen = _in_picture(face_points(keypoints), camera)
    _, _, forward = _face_axes(keypoints)
    return pixels, seen & (float(forward @ _to_camera(keypoints, camera)) > 0.1)


def _face_axes(keypoints: Keypoints) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Unit vectors in the world: the head's left, up and forward."""
    _, right, left, right_ear, left_ear = keypoints.head
    to_left = normalize((left - right) + (left_ear - right_ear), dim=0)
    level = (left + right - left_ear - right_ear) / 2  # eyes and ears lie level in an upright head
    forward = normalize(level - to_left * (level @ to_left), dim=0)
    return to_left, torch.linalg.cross(forward, to_left), forward


def _to_camera(keypoints: Keypoints, camera: Camera) -> torch.Tensor:
    """(3,) unit vector from the head to the camera."""
    if camera.orthographic:
        return camera.rotation[2].to(keypoints.head)
    return normalize(camera.position.to(keypoints.head) - keypoints.head.mean(0), dim=0)


def _flat(points: torch.Tensor, seen: torch.Tensor) -> list[float]:
    return [v for (x, y), s in zip(points.tolist(), seen.tolist()) for v in ((x, y, 1.0) if s else (0.0, 0.0, 0.0))]


def _average_face() -> torch.Tensor:
    """(70, 3) points of an average face in iBUG 300-W order, then right and left pupil.

    x to the person's left in eye distances, y up in units of 1/0.72 of eyes to nose tip, z forward; 0 is between the
    pupils. The order runs from the person's right to their left.
    """
    turn = torch.linspace(-math.pi / 2, math.pi / 2, 17)
    jaw = torch.stack(
        (turn.sin() * 1.0, -0.1 - 1.6 * turn.cos().clamp(min=0) ** 0.8, -1.3 + 1.35 * turn.cos().clamp(min=0) ** 0.7), 1
    )
    step = torch.linspace(0, 1, 5)
    brow = torch.stack((-0.88 + 0.66 * step, 0.3 + 0.14 * (math.pi * (0.2 + 0.7 * step)).sin(), -0.2 + 0.3 * step), 1)
    bridge = torch.stack((torch.zeros(4), torch.linspace(0.0, -0.72, 4), torch.linspace(0.12, 0.5, 4)), 1)
    wings = torch.stack((torch.linspace(-0.26, 0.26, 5), -0.86 - 0.06 * torch.tensor([0, 0.7, 1, 0.7, 0]),
                         0.22 + 0.12 * torch.tensor([0, 0.7, 1, 0.7, 0])), 1)  # fmt: skip
    around = torch.tensor([180.0, 120.0, 60.0, 0.0, -60.0, -120.0]).deg2rad()  # from the right corner, over the top
    eye = torch.stack((0.22 * around.cos(), 0.1 * around.sin(), -0.05 - 0.1 * around.cos().abs()), 1)
    right_eye, left_eye = eye - torch.tensor([0.5, 0, 0]), eye + torch.tensor([0.5, 0, 0])
    lips = torch.linspace(180, -150, 12).deg2rad()
    outer = torch.stack((0.42 * lips.cos(), -1.25 + 0.17 * lips.sin(), 0.25 - 0.2 * lips.cos() ** 2), 1)
    lips = torch.linspace(180, -135, 8).deg2rad()
    inner = torch.stack((0.34 * lips.cos(), -1.25 + 0.05 * lips.sin(), 0.23 - 0.15 * lips.cos() ** 2), 1)
    mirrored = (brow * torch.tensor([-1.0, 1.0, 1.0])).flip(0)
    pupils = torch.tensor([[-0.5, 0.0, 0.0], [0.5, 0.0, 0.0]])
    return torch.cat((jaw, brow, mirrored, bridge, wings, right_eye, left_eye, outer, inner, pupils))
