"""Named points on the body's surface ("mouth", "l_palm", "r_knee_top"), each rigid to one joint.

They are found on the rest mesh: a ray is sent from a point inside the body and the outermost vertex near it gives the
anchor, so any body in SMPL's form gets its own. Left and right anchors are exact mirror images.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from ...rendering.body import Body
from ...smpl import JOINT_NAMES, MIRROR, PARENTS

BOOK_HEIGHT_CM = 170.0  # facts are written for a person this tall and scaled to the body

JOINT = {name: index for index, name in enumerate(JOINT_NAMES)}
HEAD, NECK, CHEST, SPINE2, SPINE1, PELVIS = (JOINT[n] for n in ("head", "neck", "spine3", "spine2", "spine1", "pelvis"))
COLLAR, SHOULDER, ELBOW, WRIST, HAND = (JOINT["left_" + n] for n in ("collar", "shoulder", "elbow", "wrist", "hand"))
HIP, KNEE, ANKLE, FOOT = (JOINT["left_" + n] for n in ("hip", "knee", "ankle", "foot"))

UP, DOWN, FORWARD, BACK, LEFT, RIGHT = (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1), (1, 0, 0), (-1, 0, 0)
_HEAD_PARTS = (HEAD, NECK)
_TORSO = (PELVIS, SPINE1, SPINE2, CHEST, NECK, COLLAR, MIRROR[COLLAR], HIP, MIRROR[HIP])
_HAND_PARTS = (WRIST, HAND)
_FOOT_PARTS = (ANKLE, FOOT)
_MIRROR_X = np.array([-1.0, 1.0, 1.0])


@dataclass(frozen=True)
class Anchor:
    """A point fixed to `joint` at `offset` metres from it in the rest pose; `normal` points out of the skin."""

    joint: int
    offset: tuple[float, float, float]
    normal: tuple[float, float, float]


class RestBody:
    """The rest mesh and joints as numpy arrays, and the search for outermost points."""

    def __init__(self, body: Body):
        joints = list(body.smpl_joints)
        self.vertices = body.v_template.double().numpy()
        self.part = body.vertex_part.numpy()
        self.joints = body.rest_joints[joints].double().numpy()
        self.height = float(np.ptp(self.vertices[:, 1]))

    @property
    def centimetre(self) -> float:
        """Metres of this body per centimetre of the book's."""
        return self.height / BOOK_HEIGHT_CM

    @property
    def bone_offsets(self) -> torch.Tensor:
        """(24, 3) rest offset of every joint from its parent; the root's is zero."""
        parents = np.array(PARENTS)
        parents[0] = 0
        return torch.tensor(self.joints - self.joints[parents], dtype=torch.float32)

    def of_parts(self, parts: tuple[int, ...]) -> np.ndarray:
        """Vertices that move with one of the joints."""
        return self.vertices[np.isin(self.part, parts)]

    def outermost(self, origin, direction, parts: tuple[int, ...], radius: float = 0.035) -> np.ndarray:
        """Where the ray leaves the surface of the given parts: the farthest vertex within `radius` of it."""
        origin, direction = np.asarray(origin, float), _unit(direction)
        relative = self.of_parts(parts) - origin
        along = relative @ direction
        aside = np.linalg.norm(relative - along[:, None] * direction, axis=1)
        near = (along > -0.02) & (aside < radius)
        if not near.any():
            near = aside < aside.min() + 0.02
        candidates = np.flatnonzero(near)
        best = candidates[np.argmax(along[candidates] - 2 * aside[candidates])]
        return origin + direction * along[best]


def body_anchors(rest: RestBody) -> dict[str, Anchor]:
    """All anchors of a body by name; sided ones as `l_name` and `r_name`."""
    anchors = _middle_anchors(rest)
    for name, anchor in _left_anchors(rest).items():
        anchors["l_" + name] = anchor
        flip = lambda v: tuple((np.asarray(v) * _MIRROR_X).tolist())  # noqa: E731
        anchors["r_" + name] = Anchor(MIRROR[anchor.joint], flip(anchor.offset), flip(anchor.normal))
    return anchors


class _Maker:
    """Collects anchors as rays (`ray`) or as given points (`point`)."""

    def __init__(self, rest: RestBody):
        self.rest = rest
        self.found: dict[str, Anchor] = {}

    def ray(self, name: str, joint: int, origin, direction, parts: tuple[int, ...]) -> None:
        self.point(name, joint, self.rest.outermost(origin, direction, parts), direction)

    def point(self, name: str, joint: int, position, normal) -> None:
        offset = np.asarray(position, float) - self.rest.joints[joint]
        self.found[name] = Anchor(joint, tuple(offset.tolist()), tuple(_unit(normal).tolist()))

    def position(self, name: str) -> np.ndarray:
        anchor = self.found[name]
        return self.rest.joints[anchor.joint] + anchor.offset


def _middle_anchors(rest: RestBody) -> dict[str, Anchor]:
    make, joints = _Maker(rest), rest.joints
    head_z = joints[HEAD][2]
    face = rest.of_parts((HEAD,))
    nose_y = float(face[np.argmax(face[:, 2])][1])
    make.ray("crown", HEAD, (0, 0.42, head_z), UP, _HEAD_PARTS)
    for name, above_nose in (("forehead", 0.075), ("nose", 0.0), ("mouth", -0.035), ("chin", -0.075)):
        make.ray(name, HEAD, (0, nose_y + above_nose, head_z), FORWARD, _HEAD_PARTS)
    make.ray("back_head", HEAD, (0, nose_y + 0.04, head_z), BACK, _HEAD_PARTS)
    make.point("throat", NECK, (0, joints[NECK][1] + 0.01, head_z + 0.06), FORWARD)
    make.ray("nape", NECK, (0, joints[NECK][1] + 0.03, head_z), BACK, (NECK, HEAD, CHEST))
    make.ray("sternum", CHEST, (0, 0.10, 0), FORWARD, _TORSO)
    make.ray("upper_chest", CHEST, (0, 0.17, 0), FORWARD, _TORSO)
    make.ray("upper_back", CHEST, (0, 0.12, 0), BACK, _TORSO)
    make.ray("mid_back", SPINE2, (0, 0.0, 0), BACK, _TORSO)
    make.ray("lower_back", SPINE1, (0, -0.14, 0), BACK, _TORSO)
    make.ray("belly", SPINE1, (0, -0.13, 0), FORWARD, _TORSO)
    make.ray("sacrum", PELVIS, (0, -0.22, 0), BACK, _TORSO)
    make.ray("pubis", PELVIS, (0, -0.31, 0), FORWARD, _TORSO)
    make.point("seat", PELVIS, (0, make.position("pubis")[1] - 0.055, -0.03), DOWN)
    return make.found


def _left_anchors(rest: RestBody) -> dict[str, Anchor]:
    make = _Maker(rest)
    _left_head_and_trunk(make, rest)
    _left_arm(make, rest)
    _left_leg(make, rest)
    return make.found


def _left_head_and_trunk(make: _Maker, rest: RestBody) -> None:
    joints = rest.joints
    head_z = joints[HEAD][2]
    face = rest.of_parts((HEAD,))
    nose_y = float(face[np.argmax(face[:, 2])][1])
    make.ray("eye", HEAD, (0.033, nose_y + 0.04, head_z), FORWARD, _HEAD_PARTS)
    make.ray("ear", HEAD, (0, nose_y + 0.02, head_z - 0.005), LEFT, _HEAD_PARTS)
    make.ray("cheek", HEAD, (0.045, nose_y - 0.02, head_z), FORWARD, _HEAD_PARTS)
    make.ray("temple", HEAD, (0, nose_y + 0.06, head_z + 0.02), LEFT, _HEAD_PARTS)
    make.ray("shoulder", COLLAR, joints[SHOULDER], UP, (COLLAR, SHOULDER, CHEST))
    make.ray("shoulder_back", CHEST, (0.10, 0.15, 0), BACK, _TORSO)
    make.ray("pec", CHEST, (0.09, 0.12, 0), FORWARD, _TORSO)
    make.ray("ribs", SPINE2, (0, 0.0, 0), LEFT, (PELVIS, SPINE1, SPINE2, CHEST))
    make.ray("waist", SPINE1, (0, -0.11, 0.02), LEFT, (PELVIS, SPINE1, SPINE2))
    make.ray("hip", PELVIS, (0, -0.23, 0.02), LEFT, (PELVIS, HIP, SPINE1))
    make.ray("hip_front", PELVIS, (0.10, -0.22, 0), FORWARD, (PELVIS, HIP, SPINE1))
    make.ray("buttock", PELVIS, (0.08, -0.30, -0.02), (0, -0.5, -0.86), (PELVIS, HIP))


def _left_arm(make: _Maker, rest: RestBody) -> None:
    joints = rest.joints
    wrist = joints[WRIST]
    palm = wrist + [0.085, 0, 0]
    forearm = (joints[ELBOW] + wrist) / 2
    make.ray("upper_arm", SHOULDER, (joints[SHOULDER] + joints[ELBOW]) / 2, UP, (SHOULDER,))
    make.ray("elbow", ELBOW, joints[ELBOW], BACK, (SHOULDER, ELBOW))
    make.ray("elbow_in", ELBOW, joints[ELBOW], FORWARD, (SHOULDER, ELBOW))
    make.ray("forearm", ELBOW, forearm, DOWN, (ELBOW,))
    make.ray("forearm_out", ELBOW, forearm, UP, (ELBOW,))
    make.point("wrist", WRIST, wrist, LEFT)
    make.ray("palm", WRIST, palm, DOWN, _HAND_PARTS)
    make.ray("hand_back", WRIST, palm, UP, _HAND_PARTS)
    hand = rest.of_parts(_HAND_PARTS)
    make.point("fingertips", WRIST, hand[np.argmax(hand[:, 0])], LEFT)
    make.point("grip", WRIST, make.position("palm") + [0, -0.022, 0], DOWN)  # the axis of a held bar
    make.point("thumb", WRIST, hand[np.argmax(hand[:, 2])], FORWARD)
    make.point("knuckles", WRIST, wrist + [0.10, 0.012, 0], LEFT)
    little_finger = hand[abs(hand[:, 0] - palm[0]) < 0.02][:, 2].min()
    make.point("pinky_edge", WRIST, (palm[0], palm[1], little_finger), BACK)


def _left_leg(make: _Maker, rest: RestBody) -> None:
    joints = rest.joints
    hip, knee, ankle, toe_base = joints[HIP], joints[KNEE], joints[ANKLE], joints[FOOT]
    thigh, shin = 0.45 * hip + 0.55 * knee, (knee + ankle) / 2
    make.ray("thigh", HIP, thigh, FORWARD, (HIP,))
    make.ray("thigh_out", HIP, thigh, LEFT, (HIP,))
    make.ray("thigh_back", HIP, thigh, BACK, (HIP,))
    make.ray("knee", KNEE, knee, FORWARD, (HIP, KNEE))
    make.ray("knee_top", HIP, knee + [0, 0.07, 0], FORWARD, (HIP, KNEE))
    make.ray("knee_in", KNEE, knee, RIGHT, (HIP, KNEE))
    make.ray("knee_out", KNEE, knee, LEFT, (HIP, KNEE))
    make.ray("shin", KNEE, shin, FORWARD, (KNEE,))
    make.ray("calf", KNEE, shin, BACK, (KNEE,))
    make.ray("ankle_out", ANKLE, ankle, LEFT, (KNEE, ANKLE))
    make.ray("ankle_in", ANKLE, ankle, RIGHT, (KNEE, ANKLE))
    make.ray("heel", ANKLE, ankle + [0, 0, -0.025], DOWN, _FOOT_PARTS)
    make.ray("sole", ANKLE, ankle + [0, -0.03, 0.05], DOWN, _FOOT_PARTS)
    make.ray("ball", ANKLE, toe_base + [0, 0, -0.01], DOWN, _FOOT_PARTS)
    make.ray("instep", ANKLE, ankle + [0, -0.05, 0.075], UP, _FOOT_PARTS)
    make.ray("heel_back", ANKLE, (ankle[0], ankle[1] - 0.035, ankle[2]), BACK, _FOOT_PARTS)
    foot = rest.of_parts(_FOOT_PARTS)
    make.point("toes", FOOT, foot[np.argmax(foot[:, 2])], FORWARD)


def _unit(vector) -> np.ndarray:
    vector = np.asarray(vector, float)
    return vector / np.linalg.norm(vector)
