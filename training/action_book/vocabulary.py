"""What the words of a fact mean: anchors and props become points, segments and directions become unit vectors.

Points and vectors are symbolic here (which joint, which offset); `program.py` evaluates them for batches of poses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from ...smpl import JOINT_NAMES, PARENTS
from .anchors import Anchor

WORLD = 24  # the "joint" whose frame is the world's
FRAMES = {"pelvis": 0, "chest": 9, "head": 15, "world": WORLD, None: WORLD}
AXES = {
    "left": (1.0, 0.0, 0.0), "right": (-1.0, 0.0, 0.0), "up": (0.0, 1.0, 0.0), "down": (0.0, -1.0, 0.0),
    "fwd": (0.0, 0.0, 1.0), "back": (0.0, 0.0, -1.0),
}  # fmt: skip
_JOINT_WORDS = {
    "sh": "shoulder", "elb": "elbow", "wr": "wrist", "ank": "ankle", "toe": "foot", "hip": "hip", "knee": "knee",
}  # fmt: skip
# Segments between two joints, named by the joint words above, and those between two anchors.
_BONES = {
    "upper_arm": ("sh", "elb"), "forearm": ("elb", "wr"), "arm": ("sh", "wr"),
    "thigh": ("hip", "knee"), "shin": ("knee", "ank"), "leg": ("hip", "ank"),
}  # fmt: skip
_ANCHORED = {"hand": ("wrist", "fingertips"), "foot": ("heel", "ball")}
_MEANS = {"hands": "palm", "feet": "sole", "eyes": "eye"}


@dataclass(frozen=True)
class Rigid:
    """A point fixed to a joint, `offset` metres from it in the rest pose."""

    joint: int
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Mean:
    """The middle of two rigid points."""

    first: Rigid
    second: Rigid


@dataclass(frozen=True)
class OnProp:
    """The centre of prop number `slot`, moved `along` metres along its axis."""

    slot: int
    along: float = 0.0


@dataclass(frozen=True)
class Origin:
    """The world's origin, on the floor."""


@dataclass(frozen=True)
class Axis:
    """A constant vector in the frame of a joint (or the world's)."""

    joint: int
    vector: tuple[float, float, float]


@dataclass(frozen=True)
class Between:
    """The unit vector from one point to another."""

    start: Point
    end: Point


@dataclass(frozen=True)
class PropAxis:
    """The axis of a prop: along a bar, out of a wall. sign: +1 or -1."""

    slot: int
    sign: float = 1.0


Point = Rigid | Mean | OnProp | Origin
Vector = Axis | Between | PropAxis


class Vocabulary:
    """Looks up words for one body and one action's props."""

    def __init__(
        self,
        anchors: dict[str, Anchor],
        rest_joints: np.ndarray,  # (24, 3) metres
        centimetre: float,
        props: dict[str, dict] | None = None,
    ):
        self.anchors = anchors
        self.rest_joints = rest_joints
        self.centimetre = centimetre
        self.props = props or {}
        self.slots = {name: slot for slot, name in enumerate(self.props)}

    def slot(self, name: str, *kinds: str) -> int:
        """The number of a prop. Raises ValueError if there is none of that name and kind."""
        if name not in self.slots:
            raise ValueError(f"no prop is called {name!r}")
        kind = self.props[name].get("kind", "bar")
        if kinds and kind not in kinds:
            raise ValueError(f"prop {name!r} is a {kind}, this fact needs a {' or '.join(kinds)}")
        return self.slots[name]

    def point(self, name: str) -> Point:
        """An anchor, joint, prop ("bar"), point on a bar ("bar@30") or middle of both sides ("hands")."""
        if "@" in name:
            prop, along = name.split("@")
            return OnProp(self.slot(prop), float(along) * self.centimetre)
        if name in self.slots:
            return OnProp(self.slots[name])
        if name in self.anchors:
            anchor = self.anchors[name]
            return Rigid(anchor.joint, anchor.offset)
        if name in _MEANS:
            return Mean(self.point("l_" + _MEANS[name]), self.point("r_" + _MEANS[name]))
        if name[:2] in ("l_", "r_") and name[2:] in _JOINT_WORDS:
            return self.joint(name[:2], name[2:])
        raise ValueError(f"unknown anchor {name!r}")

    @staticmethod
    def joint(side: str, word: str) -> Rigid:
        """The joint itself: side "l_" or "r_", word such as "knee"."""
        full = "left_" if side == "l_" else "right_"
        return Rigid(JOINT_NAMES.index(full + _JOINT_WORDS[word]))

    def straight(self, side: str, segment: str) -> Axis:
        """Where a shin or forearm would point if its joint were not bent: its rest direction in the frame above it."""
        start, end = (self.joint(side, word).joint for word in _BONES[segment])
        return Axis(PARENTS[start], _unit(self.rest_joints[end] - self.rest_joints[start]))

    def normal(self, anchor: str) -> Axis:
        """The direction out of the skin at an anchor."""
        if anchor not in self.anchors:
            raise ValueError(f"unknown anchor {anchor!r}")
        return Axis(self.anchors[anchor].joint, self.anchors[anchor].normal)

    def segment(self, name: str) -> Vector:
        """The unit vector a segment points along."""
        if name in self.slots:
            return PropAxis(self.slots[name])
        match = re.fullmatch(r"(pelvis|chest|head)_(up|fwd|left)", name)
        if match:
            return Axis(FRAMES[match[1]], AXES[match[2]])
        joint = lambda word: Rigid(JOINT_NAMES.index(word))  # noqa: E731
        if name in ("trunk", "spine"):
            return Between(joint("pelvis"), joint("neck"))
        if name == "shoulders":
            return Between(joint("right_shoulder"), joint("left_shoulder"))
        if name == "hips":
            return Between(joint("right_hip"), joint("left_hip"))
        side, word = name[:2], name[2:]
        if side in ("l_", "r_"):
            if word in _BONES:
                start, end = _BONES[word]
                return Between(self.joint(side, start), self.joint(side, end))
            if word in _ANCHORED:
                start, end = _ANCHORED[word]
                return Between(self.point(side + start), self.point(side + end))
            if word == "palm":
                return self.normal(name)
            if word == "thumb":
                return Axis(self.joint(side, "wr").joint, AXES["fwd"])
        raise ValueError(f"unknown segment {name!r}")

    def start_of(self, segment: str) -> Point:
        """Where a segment begins: what "to:" directions are seen from."""
        match = re.fullmatch(r"(pelvis|chest|head)_(up|fwd|left)", segment)
        if match:
            return self.point("eyes") if match[1] == "head" else Rigid(FRAMES[match[1]])
        side, word = segment[:2], segment[2:]
        if word in _BONES:
            return self.joint(side, _BONES[word][0])
        if word in ("palm",):
            return self.point(segment)
        if side in ("l_", "r_"):
            return self.point(side + "wrist")
        return Rigid(FRAMES["chest"])

    def direction(self, expression: object, segment: str, frame: str | None = None) -> Vector:
        """A direction: "fwd+0.4*up", numbers, "to:anchor", a segment's or prop's name; a leading "-" reverses it."""
        if frame not in FRAMES:
            raise ValueError(f"unknown frame {frame!r}; expected pelvis, chest or head")
        if isinstance(expression, tuple):
            return Axis(FRAMES[frame], _unit(expression))
        if expression.startswith("to:"):
            return Between(self.start_of(segment), self.point(expression[3:]))
        if expression.startswith("-"):
            return reversed_vector(self.direction(expression[1:], segment, frame))
        total = np.zeros(3)
        for term in expression.split("+"):
            match = re.fullmatch(r"(?:([\d.]+)\*)?([a-z_0-9]+)", term.strip())
            if match is None:
                raise ValueError(f"cannot read the direction {expression!r}")
            factor, word = float(match[1] or 1), match[2]
            if word in ("out", "in"):
                word = self._sideways(word, segment)
            if word in self.slots or word not in AXES:
                if "+" in expression:
                    raise ValueError(f"direction {expression!r} mixes {word!r} with axes; name it alone")
                return self.segment(word)
            total += factor * np.array(AXES[word])
        return Axis(FRAMES[frame], _unit(total))

    @staticmethod
    def _sideways(word: str, segment: str) -> str:
        if segment[:2] not in ("l_", "r_"):
            raise ValueError(f"{word!r} needs a left or right subject, {segment!r} has no side")
        return "left" if (segment[0] == "l") == (word == "out") else "right"


def reversed_vector(vector: Vector) -> Vector:
    """The opposite vector."""
    if isinstance(vector, Axis):
        return Axis(vector.joint, tuple(-part for part in vector.vector))
    if isinstance(vector, Between):
        return Between(vector.end, vector.start)
    return PropAxis(vector.slot, -vector.sign)


def _unit(vector) -> tuple[float, float, float]:
    vector = np.asarray(vector, float)
    length = np.linalg.norm(vector)
    if length < 1e-9:
        raise ValueError("a direction of length zero")
    return tuple((vector / length).tolist())
