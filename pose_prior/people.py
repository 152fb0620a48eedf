"""People as OpenPose's keypoints: what pose estimators, ComfyUI's POSE_KEYPOINT sockets and their JSON files hold.

A document is a frame, or a list of frames:

    {"canvas_width": 512, "canvas_height": 768,                 optional
     "people": [{"pose_keypoints_2d": [x, y, c, ...],           BODY_25 (25 points) or COCO-18
                 "foot_keypoints_2d": [...],                    6 points, SDPose's addition to COCO-18
                 "hand_left_keypoints_2d": [...], "hand_right_keypoints_2d": [...]}]}      21 points each

x to the right and y down, in pixels or as shares of the canvas; c is the confidence. A point with c = 0 or x = y = 0 is
unknown. Faces are not read.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import torch

from ..smpl import BODY_25

_COCO_18 = (0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18)
_FEET = (19, 20, 21, 22, 23, 24)
_TRUNK = (2, 5, 9, 12)
HAND_POINTS = 21
MAX_BYTES = 32 * 2**20
MAX_PEOPLE = 256  # as many as can be rendered at once
_MAX_SHARE = 2.0  # no point lies farther right or down than this: the numbers are shares of the canvas
_NEEDED, _NEEDED_OF_TRUNK = 6, 2
_MAX_PIXEL = 1e6


@dataclass(frozen=True, eq=False)
class Person:
    """One person's keypoints.

    body: (25, 3) x, y in pixels and confidence 0..1, 0 for unknown points. left_hand, right_hand: (21, 3) or None.
    width, height: of the canvas in pixels. Where the document does not say, as far as the points reach.
    """

    body: torch.Tensor
    left_hand: torch.Tensor | None
    right_hand: torch.Tensor | None
    width: float
    height: float

    @property
    def shortfall(self) -> str:
        """What is missing to tell a pose, as the end of a sentence; empty where the points are enough."""
        known = (self.body[:, 2] > 0).tolist()
        if sum(known) >= _NEEDED and sum(known[k] for k in _TRUNK) >= _NEEDED_OF_TRUNK:
            return ""
        have = ", ".join(point.replace("_", " ") for point, seen in zip(BODY_25, known) if seen) or "none"
        return (
            f"has too few points to tell a pose: at least {_NEEDED} are needed, two of them shoulders or hips "
            f"(known: {have})"
        )


def load_people(path: Path) -> list[Person]:
    """The people of an OpenPose JSON file, as `read_people`.

    Raises FileNotFoundError, or ValueError in one line that names the file.
    """
    name = f"Pose file {path.name!r}"
    if not path.is_file():
        raise FileNotFoundError(f"{name}: there is no such file")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"it has more than {MAX_BYTES // 2**20} MB")
        document = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError, OSError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else error
        raise ValueError(f"{name}: not a readable JSON file ({reason})") from None
    try:
        return read_people(document)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def read_people(document: object) -> list[Person]:
    """The people of a document in its order, frame by frame, those with a `shortfall` among them.

    Raises ValueError in one line for another structure, no or too many people, lists of another length, values that
    are no finite numbers, and where nobody has enough points to tell a pose.
    """
    frames = document if isinstance(document, list) else [document]
    if not all(isinstance(frame, dict) and isinstance(frame.get("people"), list) for frame in frames):
        raise ValueError("it is no OpenPose document (each frame is an object with a list 'people')")
    if sum(len(frame["people"]) for frame in frames) > MAX_PEOPLE:
        raise ValueError(f"it has more than {MAX_PEOPLE} people")
    people = []
    for frame in frames:
        found = [_person(person, f"person {len(people) + k}") for k, person in enumerate(frame["people"])]
        width, height, scale = _canvas(frame, found)
        people += [Person(*(_scaled(points, scale) for points in person), width, height) for person in found]
    if not people:
        raise ValueError("nobody is in it (every list 'people' is empty)")
    if all(person.shortfall for person in people):
        raise ValueError(f"person 0 {people[0].shortfall}")
    return people


def _person(person: object, name: str) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None]:
    if not isinstance(person, dict):
        raise ValueError(f"{name} is no object")
    if not person.get("pose_keypoints_2d"):
        raise ValueError(f"{name} has no 'pose_keypoints_2d'")
    given = _points(person, "pose_keypoints_2d", name, (25, 18))
    body = torch.zeros(len(BODY_25), 3)
    if given is not None:  # estimators also report hands without a body
        body[list(range(25) if len(given) == 25 else _COCO_18)] = given
    feet = _points(person, "foot_keypoints_2d", name, (6,))
    if feet is not None:
        body[list(_FEET)] = feet
    hands = (_points(person, f"hand_{side}_keypoints_2d", name, (HAND_POINTS,)) for side in ("left", "right"))
    return body, *hands


def _points(person: dict, key: str, name: str, counts: tuple[int, ...]) -> torch.Tensor | None:
    """(n, 3) of a flat list, unknown points all zero; None where it is missing, empty or knows no point."""
    flat = person.get(key)
    if flat is None or flat == []:
        return None
    if not isinstance(flat, list) or len(flat) not in [3 * count for count in counts]:
        size = f"{len(flat)} numbers" if isinstance(flat, list) else type(flat).__name__
        wanted = " or ".join(str(3 * count) for count in counts)
        raise ValueError(f"{name}: '{key}' has {size}, expected a list of {wanted} (x, y and confidence of each point)")
    if not all(_is_coordinate(value) for value in flat):
        raise ValueError(f"{name}: '{key}' holds values that are no numbers, or not within a million pixels")
    points = torch.tensor(flat, dtype=torch.float32).view(-1, 3)
    known = (points[:, 2] > 0) & (points[:, :2] != 0).any(1)
    points = torch.where(known[:, None], points, torch.zeros_like(points))
    points[:, 2].clamp_(max=1)
    return points if bool(known.any()) else None


def _is_coordinate(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= _MAX_PIXEL


def _canvas(frame: dict, people: list[tuple]) -> tuple[float, float, torch.Tensor]:
    """Width and height in pixels, and what the coordinates (x, y, confidence) are to be multiplied by."""
    sides = []
    for key in ("canvas_width", "canvas_height"):
        side = frame.get(key)
        if side is not None and not (_is_coordinate(side) and math.isfinite(side) and side >= 1):
            raise ValueError(f"'{key}' is no number of pixels")
        sides.append(None if side is None else float(side))
    known = [points for person in people for points in person if points is not None]
    reach = torch.cat(known)[:, :2].amax(0).tolist() if known else [1.0, 1.0]
    if max(reach) <= _MAX_SHARE:
        width, height = sides[0] or sides[1] or 512.0, sides[1] or sides[0] or 512.0
        return width, height, torch.tensor([width, height, 1.0])
    width, height = (side or max(1.0, far) for side, far in zip(sides, reach))
    return width, height, torch.ones(3)


def _scaled(points: torch.Tensor | None, scale: torch.Tensor) -> torch.Tensor | None:
    return None if points is None else points * scale
