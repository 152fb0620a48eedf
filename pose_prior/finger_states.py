"""Which finger state a hand's 21 keypoints show."""

from __future__ import annotations

import torch

_FINGERS = (5, 9, 13, 17)  # where index, middle, ring and little finger begin; four points each
_THUMB = 1
_STRAIGHT, _CLOSED = 0.9, 0.6  # distance of a finger's ends over its length along the joints
_SPREAD = 0.45  # of the finger's length: index tip to little finger tip, over their knuckles' distance
_THUMB_OUT = 0.9  # of the palm's length: thumb tip from the index knuckle
_MIN_CONFIDENCE = 0.2
_ON_A_LINE = 0.005


def finger_state(hand: torch.Tensor | None) -> str:
    """The name of the finger state in `hands.FINGER_STATES` that keypoints (21, 3) come nearest to.

    x, y, confidence; "relaxed" where fingers are unknown, and for hands drawn with straight lines from the wrist to the
    finger tips, as some renderers do: they say nothing about bending.
    """
    if hand is None or bool((hand[:, 2] < _MIN_CONFIDENCE).any()) or _drawn_straight(hand[:, :2]):
        return "relaxed"
    points = hand[:, :2].double()
    palm = (points[9] - points[0]).norm().clamp(min=1e-6)
    bends = [_reach(points[start : start + 4]) for start in _FINGERS]
    straight = [bend > _STRAIGHT for bend in bends]
    closed = [bend < _CLOSED for bend in bends]
    thumb_out = _reach(points[_THUMB : _THUMB + 4]) > _STRAIGHT and (points[4] - points[5]).norm() > _THUMB_OUT * palm
    if all(closed):
        return "thumbs_up" if thumb_out else "fist"
    if straight[0] and straight[1] and closed[2] and closed[3]:
        return "victory"
    if straight[0] and all(closed[1:]):
        return "point"
    if all(straight):
        length = (points[12] - points[9]).norm()
        apart = (points[8] - points[20]).norm() - (points[5] - points[17]).norm()
        return "open" if float(apart) > _SPREAD * float(length) else "flat"
    return "relaxed"


def _reach(finger: torch.Tensor) -> float:
    """How far a finger (4, 2) reaches, as a share of its length: 1 is straight."""
    length = finger.diff(dim=0).norm(dim=1).sum().clamp(min=1e-6)
    return float((finger[3] - finger[0]).norm() / length)


def _drawn_straight(points: torch.Tensor) -> bool:
    for start in _FINGERS:
        way = points[start + 3] - points[0]
        across = torch.stack([-way[1], way[0]]) / way.norm().clamp(min=1e-6)
        if float(((points[start : start + 3] - points[0]) @ across).abs().max()) > _ON_A_LINE * float(way.norm()):
            return False
    return True
