"""A pose edited by hand, as text: what the pose editor keeps in a workflow file and the node replays without a browser.

    {"version": 1,
     "joints": {"left_elbow": [0, -1.2, 0]},        axis-angle of edited joints, radians, local to the parent
     "root":   [0, 0.5, 0],                         axis-angle of the pelvis in the world
     "hands":  {"right": "fist"},                   finger states by side, see `hands.FINGER_STATES`
     "camera": {"yaw": 30, "pitch": 5, ...}}        PASCamera's values; without yaw the best view is found

Everything is optional. What an edit does not name stays as the start pose has it, so that one edit ("raise the arm")
also serves other poses.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field, fields, replace

import torch

from ..smpl import JOINT_NAMES, NUM_BODY_JOINTS, SMPLPose, canonical_axis_angle
from .hands import FINGER_STATES, hand_pose

VERSION = 1
MAX_CHARACTERS = 16_384  # a full pose takes 2,000
MAX_RADIANS = 100.0
BODY_JOINTS = JOINT_NAMES[1 : NUM_BODY_JOINTS + 1]
_RANGES = {  # PASCamera's
    "yaw": (-180.0, 180.0), "pitch": (-89.0, 89.0), "roll": (-180.0, 180.0), "focal_mm": (10.0, 400.0),
    "fill": (0.05, 4.0), "center_x": (-1.0, 2.0), "center_y": (-1.0, 2.0),
}  # fmt: skip


@dataclass(frozen=True)
class EditCamera:
    """PASCamera's values and defaults: degrees, millimetres, shares of the frame. yaw None: the best view."""

    yaw: float | None = None
    pitch: float = 5.0
    roll: float = 0.0
    focal_mm: float = 50.0
    fill: float = 0.8
    center_x: float = 0.5
    center_y: float = 0.52


@dataclass(frozen=True)
class PoseEdit:
    """joints: name -> axis-angle, radians. root: axis-angle or None. hands: side -> finger state."""

    joints: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    root: tuple[float, float, float] | None = None
    hands: dict[str, str] = field(default_factory=dict)
    camera: EditCamera = EditCamera()

    def apply(self, start: SMPLPose | None = None) -> SMPLPose:
        """Every pose of `start` (one T-pose if None) with the edited joints, root and hands put in."""
        start = start or SMPLPose.create(torch.zeros(1, NUM_BODY_JOINTS, 3))
        body, root = start.body_pose.clone(), start.global_orient.clone()
        for name, rotvec in self.joints.items():
            body[:, JOINT_NAMES.index(name) - 1] = canonical_axis_angle(body.new_tensor(rotvec))
        if self.root is not None:
            root[:] = canonical_axis_angle(root.new_tensor(self.root))
        fingers = {
            f"{side}_hand_pose": hand_pose(state, side).to(body).expand(len(start), -1, -1)
            for side, state in self.hands.items()
        }
        return replace(start, body_pose=body, global_orient=root, **fingers)

    def to_json(self) -> str:
        """The text that `parse_pose_edit` reads back."""
        camera = {key: value for key, value in asdict(self.camera).items() if value is not None}
        return json.dumps(
            {
                "version": VERSION,
                "joints": {name: _rounded(rotvec) for name, rotvec in self.joints.items()},
                **({} if self.root is None else {"root": _rounded(self.root)}),
                "hands": self.hands,
                "camera": camera,
            }
        )


def edit_of(pose: SMPLPose, index: int = 0) -> PoseEdit:
    """The edit that turns any start pose into pose `index` of a batch: all body joints and the root."""
    joints = dict(zip(BODY_JOINTS, map(tuple, pose.body_pose[index].tolist())))
    return PoseEdit(joints, tuple(pose.global_orient[index].tolist()))


def parse_pose_edit(text: str) -> PoseEdit:
    """Read an edit; empty text changes nothing.

    Raises ValueError in one line for text that is too long or no JSON, a newer version, unknown names, wrong lengths,
    values that are no numbers, not finite or out of range.
    """
    if not isinstance(text, str):
        raise ValueError(f"pose edit: expected text, got {type(text).__name__}")
    if not text.strip():
        return PoseEdit()
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"pose edit: {len(text)} characters are too many, at most {MAX_CHARACTERS}")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else error
        raise ValueError(f"pose edit: not JSON ({reason}); press Reset in the editor, or clear the text") from None
    document = _table("the text", document, ("version", "joints", "root", "hands", "camera"))
    version = document.get("version", VERSION)
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise ValueError(f"pose edit: version is {_show(version)}, expected {VERSION}")
    if version > VERSION:
        raise ValueError(f"pose edit: version {version} is newer than this pack reads ({VERSION}); update avatar-scene")
    hands = _table("hands", document.get("hands", {}), ("left", "right"))
    for side, state in hands.items():
        if state not in FINGER_STATES:
            raise ValueError(f"pose edit: hands.{side} is {_show(state)}, expected one of {', '.join(FINGER_STATES)}")
    joints = _table("joints", document.get("joints", {}), BODY_JOINTS)
    camera = _table("camera", document.get("camera", {}), tuple(entry.name for entry in fields(EditCamera)))
    return PoseEdit(
        joints={name: _rotvec(f"joints.{name}", value) for name, value in joints.items()},
        root=_rotvec("root", document["root"]) if "root" in document else None,
        hands=hands,
        camera=EditCamera(**{name: _number(f"camera.{name}", value, *_RANGES[name]) for name, value in camera.items()}),
    )


def _table(name: str, value: object, known: tuple[str, ...]) -> dict:
    if not isinstance(value, dict):
        raise ValueError(f"pose edit: {name} is {_show(value)}, expected an object in braces")
    for key in value:
        if key not in known:
            raise ValueError(f"pose edit: {name} has an unknown entry {_show(key)}; known: {', '.join(known)}")
    return value


def _rotvec(name: str, value: object) -> tuple[float, float, float]:
    if not isinstance(value, list) or len(value) != 3:
        given = f"a list of {len(value)}" if isinstance(value, list) else _show(value)
        raise ValueError(f"pose edit: {name} is {given}, expected 3 numbers (axis-angle in radians)")
    x, y, z = (_number(name, number, -MAX_RADIANS, MAX_RADIANS) for number in value)
    return x, y, z


def _number(name: str, value: object, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"pose edit: {name} holds {_show(value)}, expected a number")
    if not (math.isfinite(value) if isinstance(value, float) else True) or not low <= value <= high:
        raise ValueError(f"pose edit: {name} holds {_show(value)}, expected {low:g} to {high:g}")
    return float(value)


def _show(value: object) -> str:
    text = repr(value) if not isinstance(value, int) or abs(value) < 10**9 else "a huge number"
    return text if len(text) <= 40 else text[:37] + "..."


def _rounded(rotvec: tuple[float, float, float]) -> list[float]:
    return [round(value, 5) for value in rotvec]
