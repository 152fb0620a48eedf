"""Named finger states as MANO-order hand poses, defined here on a standard hand (no MANO data is used).

Convention: SMPL-H's T-pose. The left hand's fingers point along +x and the palm faces down (-y); the right hand is its
mirror image. Bending a left finger towards the palm turns +x towards -y, a rotation about -z; a right finger turns -x
towards -y, about +z. Rotations are local to the parent joint. Joints are in MANO order: index, middle, pinky, ring,
thumb; three each, from the knuckle to the tip.
"""

from __future__ import annotations

import math

import torch

FINGER_STATES = ("relaxed", "open", "fist", "grip", "point", "flat", "thumbs_up", "victory")

_FINGERS = ("index", "middle", "pinky", "ring")
# Degrees of flexion at the three joints of a finger.
_STRAIGHT, _OPEN, _RELAXED, _GRIP, _CLOSED = (0, 0, 0), (2, 4, 2), (18, 24, 14), (58, 72, 38), (76, 88, 46)
# The thumb's joints turn about axes of their own: (flexion across the palm, opposition, tip), in degrees.
_THUMB_ALONG, _THUMB_RELAXED, _THUMB_AROUND, _THUMB_OVER = (0, 0, 0), (12, 12, 12), (38, 24, 28), (46, 34, 48)

_STATES: dict[str, tuple[dict[str, tuple], tuple, float]] = {
    # name: (flexion of each finger, thumb, spread of the fingers in degrees)
    "relaxed": (dict.fromkeys(_FINGERS, _RELAXED), _THUMB_RELAXED, 2.0),
    "open": (dict.fromkeys(_FINGERS, _OPEN), _THUMB_ALONG, 12.0),
    "fist": (dict.fromkeys(_FINGERS, _CLOSED), _THUMB_OVER, 0.0),
    "grip": (dict.fromkeys(_FINGERS, _GRIP), _THUMB_AROUND, 0.0),
    "point": ({**dict.fromkeys(_FINGERS, _CLOSED), "index": _STRAIGHT}, _THUMB_OVER, 0.0),
    "flat": (dict.fromkeys(_FINGERS, _STRAIGHT), _THUMB_ALONG, 0.0),
    "thumbs_up": (dict.fromkeys(_FINGERS, _CLOSED), (-18, -8, -6), 0.0),
    "victory": ({**dict.fromkeys(_FINGERS, _CLOSED), "index": _STRAIGHT, "middle": _STRAIGHT}, _THUMB_OVER, 10.0),
}
_SPREAD = {"index": 1.0, "middle": 0.25, "ring": -0.45, "pinky": -1.0}  # towards the thumb is positive


def hand_pose(state: str, side: str) -> torch.Tensor:
    """(15, 3) axis-angle of the named finger state for the "left" or "right" hand.

    Raises ValueError if the state is not one of FINGER_STATES.
    """
    if state not in _STATES:
        raise ValueError(f"hands: finger state {state!r} is unknown; choose one of {', '.join(FINGER_STATES)}")
    flexion, thumb, spread = _STATES[state]
    rows = []
    for finger in _FINGERS:
        for joint, degrees in enumerate(flexion[finger]):
            sideways = (
                -spread * _SPREAD[finger] if joint == 0 else 0.0
            )  # about y: +x turns towards +z, the thumb's side
            rows.append((0.0, sideways, -degrees))
    # The thumb points forward and outward (+x +z); it flexes across the palm about an axis between x and -z.
    across, oppose, tip = thumb
    rows += [
        (0.5 * across, 0.8 * oppose, -0.4 * across),
        (0.35 * oppose, 0.9 * oppose, 0.0),
        (0.0, 0.9 * tip, -0.2 * tip),
    ]
    left = torch.tensor(rows, dtype=torch.float32) * (math.pi / 180)
    return left if side == "left" else left * left.new_tensor([1.0, -1.0, -1.0])


def hand_poses(states: list[str], side: str) -> torch.Tensor:
    """B finger states -> (B, 15, 3)."""
    return torch.stack([hand_pose(state, side) for state in states])
