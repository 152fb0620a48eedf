"""Which finger state a hand's 21 keypoints show."""

from __future__ import annotations

import torch

from ..smpl import KNUCKLES

_FINGERS = KNUCKLES[1:]  # without the thumb; a finger's four points follow each other
_CLOSED = 1.0  # distance of tip and wrist over that of knuckle and wrist; below it the finger is bent into the palm
_STRAIGHT = 0.97  # distance of a finger's ends over its length along the joints
_SPREAD = 0.35  # radians between index and little finger
_SHORT_PALM = 0.6  # palm's length over its width: seen along the fingers, nothing can be told
_MIN_CONFIDENCE = 0.2
_ON_A_LINE = 0.005


def finger_state(hand: torch.Tensor | None) -> str:
    """The finger state (see `hands.FINGER_STATES`) that keypoints (21, 3) show: x, y, confidence.

    Told apart are fist, point, victory, flat and open; all else is relaxed: hands in between, hands that are unknown or
    seen along the fingers, and hands drawn with straight lines from the wrist to the finger tips, as some renderers do.
    """
    if hand is None or bool((hand[:, 2] < _MIN_CONFIDENCE).any()):
        return "relaxed"
    points = hand[:, :2].double()
    width, length = (points[5] - points[17]).norm(), (points[9] - points[0]).norm()
    if float(length) <= _SHORT_PALM * float(width) or _drawn_as_rays(points):
        return "relaxed"
    fingers = [points[knuckle : knuckle + 4] for knuckle in _FINGERS]
    closed = [float((f[3] - points[0]).norm() / (f[0] - points[0]).norm().clamp(min=1e-6)) < _CLOSED for f in fingers]
    straight = [_straightness(f) > _STRAIGHT and not bent for f, bent in zip(fingers, closed)]
    if all(closed):
        return "fist"
    if straight[0] and all(closed[1:]):
        return "point"
    if straight[0] and straight[1] and all(closed[2:]):
        return "victory"
    if all(straight):
        ways = [torch.nn.functional.normalize(f[3] - f[0], dim=0) for f in (fingers[0], fingers[3])]
        return "open" if float((ways[0] @ ways[1]).clamp(-1, 1).acos()) > _SPREAD else "flat"
    return "relaxed"


def _straightness(finger: torch.Tensor) -> float:
    return float((finger[3] - finger[0]).norm() / finger.diff(dim=0).norm(dim=1).sum().clamp(min=1e-6))


def _drawn_as_rays(points: torch.Tensor) -> bool:
    """Whether every finger lies on one line with the wrist, which no hand does."""
    for knuckle in _FINGERS:
        way = points[knuckle + 3] - points[0]
        across = torch.stack([-way[1], way[0]]) / way.norm().clamp(min=1e-6)
        if float(((points[knuckle : knuckle + 3] - points[0]) @ across).abs().max()) > _ON_A_LINE * float(way.norm()):
            return False
    return True
