"""What can be seen of a pose: measurements on its joints, and yes/no facts made of them.

Facts are the vocabulary of the automatic captions (`describe.py`) and of the queries that pick poses for situations
(`situations.yaml`). Lengths are metres of the bundled body (1.7 m tall), angles degrees. Facts with a side come twice:
`left_arm_raised`, `right_arm_raised`; `both_arms_raised` is their conjunction.
"""

from __future__ import annotations

import numpy as np
import roma
import torch

from ...pose_prior.kinematics import joint_positions
from ...smpl import JOINT_NAMES, PARENTS

_J = {name: index for index, name in enumerate(JOINT_NAMES)}
_SIDES = ("left", "right")


class Measures:
    """Joint positions, frames and angles of N poses."""

    def __init__(self, body: np.ndarray, root: np.ndarray, rest: torch.Tensor):
        rotvec = torch.cat([torch.from_numpy(root)[:, None], torch.from_numpy(body)], 1).float()
        local = roma.rotvec_to_rotmat(rotvec)
        self.joints = joint_positions(local, rest).numpy()
        world = [local[:, 0]]
        for joint in range(1, 22):
            world.append(world[PARENTS[joint]] @ local[:, joint])
        self.frames = torch.stack(world, 1).numpy()  # (N, 22, 3, 3); columns are the joint's left, up, front
        self.floor = self.joints[..., 1].min(1)

    def at(self, name: str) -> np.ndarray:
        """(N, 3) position of a joint."""
        return self.joints[:, _J[name]]

    def height(self, name: str) -> np.ndarray:
        """(N,) height of a joint over the lowest one."""
        return self.at(name)[:, 1] - self.floor

    def axis(self, name: str, column: int) -> np.ndarray:
        """(N, 3) a joint's left (0), up (1) or front (2) in the world."""
        return self.frames[:, _J[name], :, column]

    def bend(self, a: str, b: str, c: str) -> np.ndarray:
        """(N,) angle at joint b between a and c: 180 is straight."""
        return _angle(self.at(a) - self.at(b), self.at(c) - self.at(b))

    def in_frame(self, name: str, point: np.ndarray, origin: np.ndarray) -> np.ndarray:
        """(N, 3) a world point relative to `origin`, along a joint's left, up and front."""
        return np.einsum("nij,ni->nj", self.frames[:, _J[name]], point - origin)


def facts(measures: Measures) -> dict[str, np.ndarray]:
    """name -> (N,) bool."""
    known = _posture(measures)
    known.update(_legs(measures, known))
    known.update(_arms(measures, known))
    known.update(_trunk_and_head(measures, known))
    for name in [name for name in known if name.startswith("left_")]:
        stem = name.removeprefix("left_")
        known[f"both_{stem}"] = known[name] & known[f"right_{stem}"]
        known[f"any_{stem}"] = known[name] | known[f"right_{stem}"]
    return known


def _posture(m: Measures) -> dict[str, np.ndarray]:
    spine = _unit(m.at("neck") - m.at("pelvis"))
    tilt = np.degrees(np.arccos(np.clip(spine[:, 1], -1, 1)))
    chest = m.axis("spine3", 2)
    hip, hands = m.height("pelvis"), np.minimum(m.height("left_wrist"), m.height("right_wrist"))
    knee = {side: m.bend(f"{side}_hip", f"{side}_knee", f"{side}_ankle") for side in _SIDES}
    thigh = {side: _angle(m.at(f"{side}_knee") - m.at(f"{side}_hip"), [0, -1, 0]) for side in _SIDES}
    # A kneeling knee is near the floor, below the hips, with the shin folded back rather than standing on its foot.
    rests = {
        side: (m.height(f"{side}_knee") < 0.16)
        & (thigh[side] < 60)
        & (knee[side] < 140)
        & (m.height(f"{side}_ankle") < 0.28)
        for side in _SIDES
    }
    both_rest, one_rests = rests["left"] & rests["right"], rests["left"] ^ rests["right"]
    upright = tilt < 45
    folded = np.minimum(thigh["left"], thigh["right"]) > 55
    lying = (tilt > 60) & (hip < 0.32)
    out = {
        "lying": lying & (np.maximum(m.height("left_shoulder"), m.height("right_shoulder")) < 0.75),
        "upside_down": (spine[:, 1] < -0.6) & (hip > 0.5),
        "all_fours": (tilt > 50) & (tilt < 115) & both_rest & (hands < 0.2) & (hip > 0.3),
        "plank": (tilt > 55) & (chest[:, 1] < -0.5) & (hands < 0.2) & (hip < 0.6) & ~both_rest
        & (np.minimum(knee["left"], knee["right"]) > 145) & (m.height("left_shoulder") > 0.22),
        "kneeling_both": both_rest & (tilt < 60),
        "kneeling_one": one_rests & (tilt < 60) & (hip > 0.3) & (hip < 0.8),
    }  # fmt: skip
    for side, other in (("left", "right"), ("right", "left")):
        out[f"{side}_knee_down"] = rests[side] & ~rests[other] & out["kneeling_one"]
    low = out["kneeling_both"] | out["kneeling_one"] | lying
    feet = np.maximum(m.height("left_foot"), m.height("right_foot"))
    # A squat keeps its feet under the hips; on a chair of the same height they stand ahead.
    reach = np.linalg.norm(((m.at("left_ankle") + m.at("right_ankle")) / 2 - m.at("pelvis"))[:, [0, 2]], axis=-1)
    knees_up = np.minimum(m.height("left_knee"), m.height("right_knee")) > 0.33
    bent = np.maximum(knee["left"], knee["right"]) < 95
    out["squatting"] = (
        ~low & upright & folded & bent & knees_up & (hip < 0.5) & (hip > 0.14) & (feet < 0.16) & (reach < 0.31)
    )
    ahead = sum(m.in_frame("pelvis", m.at(f"{side}_knee"), m.at(f"{side}_hip"))[:, 2] for side in _SIDES) / 2
    out["sitting_floor"] = ~low & (tilt < 60) & (hip < 0.27) & (ahead > 0.12) & ~out["squatting"]
    seat = (ahead > 0.2) & (thigh["left"] > 55) & (thigh["left"] < 115) & (thigh["right"] > 55) & (thigh["right"] < 115)
    out["sitting_chair"] = ~low & upright & seat & (hip > 0.3) & ~out["squatting"] & (
        np.maximum(knee["left"], knee["right"]) < 150
    )  # fmt: skip
    out["sitting"] = out["sitting_chair"] | out["sitting_floor"]
    ankles = np.linalg.norm(m.at("left_ankle") - m.at("right_ankle"), axis=-1)
    wide = np.linalg.norm(m.at("left_knee") - m.at("right_knee"), axis=-1)
    out["cross_legged"] = out["sitting_floor"] & (ankles < 0.35) & (wide > 0.45) & (np.minimum(*knee.values()) < 90)
    straight = (knee["left"] > 145) & (knee["right"] > 145)
    out["legs_out"] = out["sitting_floor"] & straight
    out["standing"] = (tilt < 30) & (hip > 0.78) & (np.maximum(knee["left"], knee["right"]) > 155)
    out["standing_still"] = (tilt < 18) & straight & (hip > 0.82) & (ankles < 0.4)
    out["crouching"] = ~low & ~out["sitting"] & ~out["squatting"] & (hip < 0.74) & (hip > 0.3) & (tilt < 75) & (
        np.maximum(knee["left"], knee["right"]) < 140
    )  # fmt: skip
    out["bent_over"] = (tilt > 45) & (tilt < 130) & (chest[:, 1] < -0.4) & (hip > 0.55)
    out["face_up"] = out["lying"] & (chest[:, 1] > 0.6)
    out["face_down"] = out["lying"] & (chest[:, 1] < -0.6)
    out["on_side"] = out["lying"] & (np.abs(chest[:, 1]) < 0.5)
    out["curled_up"] = out["on_side"] & (np.minimum(*knee.values()) < 95)
    return out


def _legs(m: Measures, known: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    out = {}
    on_feet = ~known["lying"] & ~known["sitting"] & ~known["kneeling_both"] & ~known["kneeling_one"]
    on_feet &= ~known["all_fours"] & ~known["plank"] & ~known["upside_down"] & (m.height("pelvis") > 0.35)
    out["on_feet"] = on_feet
    knee = {side: m.bend(f"{side}_hip", f"{side}_knee", f"{side}_ankle") for side in _SIDES}
    relative = {side: m.in_frame("pelvis", m.at(f"{side}_ankle"), m.at(f"{side}_hip")) for side in _SIDES}
    for side, other, sign in (("left", "right", 1), ("right", "left", -1)):
        lift = m.height(f"{side}_ankle") - m.height(f"{other}_ankle")
        x, z = relative[side][:, 0] * sign, relative[side][:, 2]
        stands = on_feet & (knee[other] > 140) & (m.height("pelvis") > 0.7)
        raised = m.height(f"{side}_knee") > m.height("pelvis") - 0.22
        out[f"{side}_foot_lifted"] = stands & (lift > 0.2)
        out[f"{side}_knee_raised"] = stands & raised & (knee[side] < 120) & (lift > 0.15)
        out[f"{side}_leg_forward"] = stands & (lift > 0.25) & (z > 0.4) & (knee[side] > 135)
        out[f"{side}_leg_back"] = stands & (lift > 0.2) & (z < -0.35)
        out[f"{side}_leg_sideways"] = stands & (lift > 0.25) & (x > 0.4) & (knee[side] > 135)
        out[f"{side}_leg_high"] = stands & (lift > 0.65) & (knee[side] > 135)
        ahead = (m.in_frame("pelvis", m.at(f"{side}_ankle"), m.at(f"{other}_ankle")))[:, 2]
        out[f"{side}_lunge"] = on_feet & (ahead > 0.6) & (knee[side] < 135) & (knee[other] > 120) & (np.abs(lift) < 0.3)
        out[f"{side}_step"] = on_feet & (ahead > 0.32) & (knee[side] > 135) & (np.abs(lift) < 0.25)
        out[f"{side}_heel_seat"] = stands & (knee[side] < 75) & (z < 0.05)
    apart = np.abs(m.at("left_ankle")[:, 0] - m.at("right_ankle")[:, 0])
    out["feet_apart"] = known["standing"] & (apart > 0.45)
    out["feet_together"] = known["standing_still"] & (apart < 0.16)
    sideways = m.in_frame("pelvis", m.at("left_ankle"), m.at("right_ankle"))[:, 0]
    out["legs_crossed"] = (known["standing"] | known["sitting_chair"]) & (sideways < -0.02)
    out["ankle_on_knee"] = known["sitting_chair"] & (
        np.minimum(
            np.linalg.norm(m.at("left_ankle") - m.at("right_knee"), axis=-1),
            np.linalg.norm(m.at("right_ankle") - m.at("left_knee"), axis=-1),
        )
        < 0.28
    )
    out["knees_bent"] = on_feet & (knee["left"] < 140) & (knee["right"] < 140) & (m.height("pelvis") > 0.5)
    return out


def _arms(m: Measures, known: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    out = {}
    head = m.at("head") + 0.09 * m.axis("head", 1) + 0.02 * m.axis("head", 2)
    chin = m.at("head") + 0.02 * m.axis("head", 1) + 0.09 * m.axis("head", 2)
    mouth = m.at("head") + 0.05 * m.axis("head", 1) + 0.11 * m.axis("head", 2)
    nape = m.at("head") + 0.08 * m.axis("head", 1) - 0.09 * m.axis("head", 2)
    sternum = m.at("spine3") + 0.10 * m.axis("spine3", 1) + 0.13 * m.axis("spine3", 2)
    belly = m.at("spine1") + 0.14 * m.axis("spine1", 2)
    distance = lambda a, b: np.linalg.norm(a - b, axis=-1)  # noqa: E731
    elbow = {side: m.bend(f"{side}_shoulder", f"{side}_elbow", f"{side}_wrist") for side in _SIDES}
    hand = {side: m.at(f"{side}_hand") for side in _SIDES}
    local = {side: m.in_frame("spine3", hand[side], m.at(f"{side}_shoulder")) for side in _SIDES}
    from_pelvis = {side: m.in_frame("pelvis", hand[side], m.at("pelvis")) for side in _SIDES}
    not_lying = ~known["lying"] & ~known["upside_down"]
    for side, other, sign in (("left", "right", 1), ("right", "left", -1)):
        x, y, z = local[side][:, 0] * sign, local[side][:, 1], local[side][:, 2]
        above = hand[side][:, 1] - m.at("head")[:, 1]
        straight = elbow[side] > 140
        level = np.abs(hand[side][:, 1] - m.at(f"{side}_shoulder")[:, 1]) < 0.2
        waist = m.at(f"{side}_hip") + 0.13 * m.axis("pelvis", 1) + sign * 0.06 * m.axis("pelvis", 0)
        out[f"{side}_arm_raised"] = not_lying & (above > 0.14)
        out[f"{side}_arm_straight_up"] = not_lying & (above > 0.38) & straight
        out[f"{side}_arm_sideways"] = (x > 0.42) & level & straight & (np.abs(z) < 0.35)
        out[f"{side}_arm_forward"] = (z > 0.42) & level & straight
        out[f"{side}_arm_back"] = (z < -0.3) & (y < 0.05) & not_lying
        out[f"{side}_arm_hanging"] = not_lying & (elbow[side] > 140) & (y < -0.45) & (np.abs(x) < 0.22) & (z < 0.25)
        out[f"{side}_hand_hip"] = (distance(m.at(f"{side}_wrist"), waist) < 0.17) & (elbow[side] < 125) & (
            np.abs(m.in_frame("pelvis", m.at(f"{side}_elbow"), m.at("pelvis"))[:, 0]) > 0.3
        )  # fmt: skip
        out[f"{side}_hand_head"] = distance(hand[side], head) < 0.2
        out[f"{side}_hand_nape"] = (distance(hand[side], nape) < 0.16) & (elbow[side] < 90)
        out[f"{side}_hand_chin"] = (distance(hand[side], chin) < 0.13) & (elbow[side] < 100)
        out[f"{side}_hand_mouth"] = (distance(hand[side], mouth) < 0.16) & (elbow[side] < 100)
        out[f"{side}_hand_brow"] = (distance(hand[side], mouth + 0.1 * m.axis("head", 1)) < 0.15) & (elbow[side] < 110)
        out[f"{side}_hand_chest"] = (distance(hand[side], sternum) < 0.15) & (elbow[side] < 110)
        out[f"{side}_hand_belly"] = (distance(hand[side], belly) < 0.16) & (elbow[side] < 130)
        inner = distance(hand[side], m.at(f"{other}_knee")) < 0.2
        out[f"{side}_hand_knee"] = (distance(hand[side], m.at(f"{side}_knee")) < 0.2) | inner
        feet = [m.at(f"{name}_{part}") for name in _SIDES for part in ("ankle", "foot")]
        out[f"{side}_hand_foot"] = np.minimum.reduce([distance(hand[side], foot) for foot in feet]) < 0.17
        out[f"{side}_hand_ground"] = m.height(f"{side}_hand") < 0.16
        out[f"{side}_hand_low"] = (m.height(f"{side}_hand") < 0.5) & (z > 0.05) & (y < -0.1)
        out[f"{side}_elbow_bent"] = elbow[side] < 100
        out[f"{side}_hand_front"] = (z > 0.22) & (y < -0.05) & (y > -0.5) & (np.abs(x) < 0.35)
        out[f"{side}_hand_other_shoulder"] = distance(hand[side], m.at(f"{other}_shoulder")) < 0.2
        out[f"{side}_hand_back"] = (from_pelvis[side][:, 2] < -0.08) & (np.abs(from_pelvis[side][:, 0]) < 0.25) & (
            from_pelvis[side][:, 1] < 0.35) & (elbow[side] < 150) & not_lying  # fmt: skip
        out[f"{side}_hand_wave"] = not_lying & (elbow[side] < 130) & (above > -0.12) & (x > 0.05) & (
            distance(hand[side], head) > 0.24) & (above < 0.55)  # fmt: skip
    apart = distance(hand["left"], hand["right"])
    middle = m.in_frame("spine3", (hand["left"] + hand["right"]) / 2, m.at("spine3"))
    bent = (elbow["left"] < 115) & (elbow["right"] < 115)
    across = (local["left"][:, 0] < -0.22) & (local["right"][:, 0] > 0.22)
    out["arms_crossed"] = across & bent & (np.abs(middle[:, 1]) < 0.25) & (middle[:, 2] < 0.35)
    out["palms_together"] = (
        (apart < 0.13) & (middle[:, 2] > 0.15) & (middle[:, 1] > -0.12) & (middle[:, 1] < 0.3) & bent
    )
    out["hands_together"] = apart < 0.14
    out["hands_clasped_low"] = (apart < 0.16) & (middle[:, 1] < -0.15) & (middle[:, 2] > 0) & not_lying
    out["guard"] = bent & (local["left"][:, 1] > -0.2) & (local["right"][:, 1] > -0.2) & (middle[:, 2] > 0.2) & (
        middle[:, 1] < 0.4) & (apart < 0.5) & ~out["palms_together"] & not_lying  # fmt: skip
    out["carrying"] = (apart > 0.15) & (apart < 0.6) & out["left_hand_front"] & out["right_hand_front"] & bent
    out["hugging_self"] = (out["left_hand_other_shoulder"] & (local["right"][:, 0] > 0.2)) | (
        out["right_hand_other_shoulder"] & (local["left"][:, 0] < -0.2)
    )
    return out


def _trunk_and_head(m: Measures, known: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    out = {}
    on = ~known["lying"] & ~known["upside_down"]
    spine = m.in_frame("pelvis", m.at("neck"), m.at("pelvis"))
    world = _unit(m.at("neck") - m.at("pelvis"))
    heading = np.arctan2(m.axis("pelvis", 2)[:, 0], m.axis("pelvis", 2)[:, 2])
    forward = world[:, 2] * np.cos(heading) + world[:, 0] * np.sin(heading)
    aside = world[:, 0] * np.cos(heading) - world[:, 2] * np.sin(heading)
    lean, side = (np.degrees(np.arcsin(np.clip(value, -1, 1))) for value in (forward, aside))
    out["leaning_forward"] = on & (lean > 18) & (world[:, 1] > 0.3)
    out["leaning_back"] = on & (lean < -12) & (world[:, 1] > 0.3)
    out["left_lean"], out["right_lean"] = on & (side > 13), on & (side < -13)
    out["upright"] = on & (np.abs(lean) < 10) & (np.abs(side) < 8)
    front = m.in_frame("pelvis", m.axis("spine3", 2), 0)
    twist = np.degrees(np.arctan2(front[:, 0], front[:, 2]))
    out["left_twist"], out["right_twist"] = on & (twist > 22), on & (twist < -22)
    gaze = m.in_frame("spine3", m.axis("head", 2), 0)
    turn = np.degrees(np.arctan2(gaze[:, 0], gaze[:, 2]))
    out["left_look"], out["right_look"] = turn > 25, turn < -25
    pitch = np.degrees(np.arcsin(np.clip(m.axis("head", 2)[:, 1], -1, 1)))
    out["looking_up"], out["looking_down"] = on & (pitch > 22), on & (pitch < -28)
    ear = m.in_frame("spine3", m.axis("head", 0), 0)
    roll = np.degrees(np.arcsin(np.clip(ear[:, 1], -1, 1)))
    out["left_head_tilt"], out["right_head_tilt"] = on & (roll < -14), on & (roll > 14)
    out["hunched"] = on & (spine[:, 2] > 0.14) & (pitch < -15) & (lean < 60)
    return out


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.maximum(np.linalg.norm(vector, axis=-1, keepdims=True), 1e-9)


def _angle(a: np.ndarray, b) -> np.ndarray:
    """(N,) degrees between vectors."""
    cosine = (_unit(a) * _unit(np.asarray(b, np.float64))).sum(-1)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))
