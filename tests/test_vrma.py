"""VRM Animation files: poses come back whatever the rest pose's axes, keys are interpolated, hostile files refused."""

from __future__ import annotations

import math
import random
from pathlib import Path

import numpy as np
import pytest
import roma
import torch
from avatar_scene.rendering import load_vrma
from avatar_scene.rendering.humanoid import FINGER_ROLES
from avatar_scene.rendering.motion import smpl_rest
from avatar_scene.smpl import JOINT_NAMES, PARENTS, SMPLPose
from avatar_scene.weights.glb_writer import GlbWriter

NAMES = [*JOINT_NAMES[:22], *FINGER_ROLES]
CENTRE = {"pelvis": "hips", "spine1": "spine", "spine2": "chest", "spine3": "upperChest"}
LIMBS = {"collar": "Shoulder", "shoulder": "UpperArm", "elbow": "LowerArm", "wrist": "Hand", "hip": "UpperLeg"}
LIMBS |= {"knee": "LowerLeg", "ankle": "Foot", "foot": "Toes"}
ACROSS = {"index": 0.03, "middle": 0.01, "ring": -0.01, "pinky": -0.03, "thumb": 0.03}  # metres towards the front


def vrm_name(name: str) -> str:
    side, _, part = name.partition("_")
    if name in FINGER_ROLES:
        finger, number = part[:-1], int(part[-1]) - 1
        parts = ("Metacarpal", "Proximal", "Distal") if finger == "thumb" else ("Proximal", "Intermediate", "Distal")
        return side + finger.replace("pinky", "little").capitalize() + parts[number]
    return side + LIMBS[part] if part else CENTRE.get(name, name)


def parent_of(index: int) -> int:
    if index < 22:
        return PARENTS[index]
    name = NAMES[index]
    return index - 1 if name[-1] != "1" else NAMES.index(name.split("_")[0] + "_wrist")


def rest_places() -> np.ndarray:
    """(52, 3) SMPL's joints on the floor, and fingers beyond the hands."""
    joints, floor = smpl_rest()
    joints = joints - floor
    fingers = []
    for name in FINGER_ROLES:
        side, _, finger = name.partition("_")
        wrist, hand = (joints[JOINT_NAMES.index(f"{side}_{part}")] for part in ("wrist", "hand"))
        fingers.append(wrist + (hand - wrist) * (0.7 + 0.3 * int(finger[-1])) + [0, 0, ACROSS[finger[:-1]]])
    return np.concatenate([joints[:22], fingers])


def local_rotations(pose: SMPLPose) -> np.ndarray:
    """(F, 52, 3, 3)"""
    hands = [pose.left_hand_pose, pose.right_hand_pose]
    hands = [torch.zeros(len(pose), 15, 3) if hand is None else hand for hand in hands]
    return roma.rotvec_to_rotmat(torch.cat([pose.full_pose()[:, :22], *hands], 1).double()).numpy()


def quaternions(rotation: np.ndarray) -> np.ndarray:
    return roma.rotmat_to_unitquat(torch.from_numpy(np.ascontiguousarray(rotation))).numpy()


def write_vrma(path: Path, pose: SMPLPose, rest_turns: np.ndarray | None = None, edit=lambda document: None) -> None:
    """Poses as keys at 30 a second on SMPL's skeleton, whose nodes have the world rotations `rest_turns` at rest."""
    count = len(NAMES)
    rest_turns = np.tile(np.eye(3), (count, 1, 1)) if rest_turns is None else rest_turns
    places, local = rest_places(), local_rotations(pose)
    world = local.copy()
    for index in range(1, count):
        world[:, index] = world[:, parent_of(index)] @ local[:, index]
    animated = world @ rest_turns
    nodes: list[dict] = []
    writer = GlbWriter()
    times = writer.array((np.arange(len(pose)) / 30).astype(np.float32), bounds=True)
    channels, samplers = [], []

    def key(node: int, path_name: str, values: np.ndarray) -> None:
        channels.append({"sampler": len(samplers), "target": {"node": node, "path": path_name}})
        samplers.append({"input": times, "output": writer.array(values.astype(np.float32))})

    for index in range(count):
        parent = parent_of(index)
        above = np.eye(3) if parent < 0 else rest_turns[parent]
        offset = places[index] - (0 if parent < 0 else places[parent])
        rotation = quaternions(above.T @ rest_turns[index]).tolist()
        nodes.append({"name": f"n{index}", "rotation": rotation, "translation": (above.T @ offset).tolist()})
        if parent >= 0:
            nodes[parent].setdefault("children", []).append(index)
        above = np.eye(3)[None] if parent < 0 else animated[:, parent]
        key(index, "rotation", quaternions(above.transpose(0, 2, 1) @ animated[:, index]))
    key(0, "translation", places[0] + pose.transl.numpy())
    bones = {vrm_name(name): {"node": index} for index, name in enumerate(NAMES)}
    writer.document |= {"nodes": nodes, "animations": [{"channels": channels, "samplers": samplers}]}
    writer.document["extensionsUsed"] = ["VRMC_vrm_animation"]
    extension = {"specVersion": "1.0", "humanoid": {"humanBones": bones}}
    writer.document["extensions"] = {"VRMC_vrm_animation": extension}
    edit(writer.document)
    path.write_bytes(writer.encode())


def make_pose(count: int) -> SMPLPose:
    torch.manual_seed(1)
    body, root, place = torch.randn(count, 21, 3), torch.randn(count, 3), torch.randn(count, 3)
    left, right = 0.6 * torch.randn(2, count, 15, 3)
    return SMPLPose.create(body, root, transl=place, left_hand_pose=left, right_hand_pose=right)


def angles_between(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    first, second = roma.rotvec_to_rotmat(a.double()), roma.rotvec_to_rotmat(b.double())
    return roma.rotmat_to_rotvec(first.transpose(-1, -2) @ second).norm(dim=-1)


@pytest.mark.parametrize("turned", [False, True])
def test_poses_come_back_from_a_plain_and_from_a_turned_rest_pose(tmp_path, turned):
    pose = make_pose(4)
    turns = roma.random_rotmat(len(NAMES), dtype=torch.float64).numpy() if turned else None
    write_vrma(tmp_path / "a.vrma", pose, turns)
    loaded = load_vrma(tmp_path / "a.vrma")
    assert len(loaded) == 4
    for name in ("body_pose", "global_orient", "left_hand_pose", "right_hand_pose"):
        assert angles_between(getattr(pose, name), getattr(loaded, name)).max() < 1e-5, name
    torch.testing.assert_close(loaded.transl, pose.transl, atol=1e-5, rtol=0)
    one = load_vrma(tmp_path / "a.vrma", 2)
    assert len(one) == 1 and torch.equal(one.body_pose[0], loaded.body_pose[2])
    with pytest.raises(ValueError, match=r"^Pose file 'a.vrma': it has 4 frames, numbered from 0; 4 is not"):
        load_vrma(tmp_path / "a.vrma", 4)


def test_bones_that_a_file_lacks_follow_those_above_and_still_fingers_stay_relaxed(tmp_path):
    def only_required(document: dict) -> None:
        bones = document["extensions"]["VRMC_vrm_animation"]["humanoid"]["humanBones"]
        optional = (
            "chest",
            "upperChest",
            "neck",
            "Shoulder",
            "Toes",
            "Proximal",
            "Intermediate",
            "Distal",
            "Metacarpal",
        )
        for name in [name for name in bones if name.endswith(optional)]:
            del bones[name]

    pose = make_pose(1)
    write_vrma(tmp_path / "a.vrma", pose, edit=only_required)
    loaded = load_vrma(tmp_path / "a.vrma")
    assert loaded.left_hand_pose is None and loaded.right_hand_pose is None
    knees = [JOINT_NAMES.index(name) - 1 for name in ("left_knee", "right_knee", "left_elbow", "right_elbow")]
    assert angles_between(pose.body_pose[:, knees], loaded.body_pose[:, knees]).max() < 1e-5
    assert loaded.body_pose[:, JOINT_NAMES.index("left_collar") - 1].norm() < 1e-5


@pytest.mark.parametrize(("kind", "half"), [("LINEAR", 0.5), ("STEP", 0.0), ("CUBICSPLINE", 0.5)])
def test_keys_are_interpolated_as_the_file_says(tmp_path, kind, half):
    """A turn of 1 rad between two keys, two frames apart; flat tangents pass the middle as straight lines do."""
    elbow = JOINT_NAMES.index("left_elbow")
    turns = np.array([[0, 0, 0, 1], [0, math.sin(0.5), 0, math.cos(0.5)]], np.float32)
    if kind == "CUBICSPLINE":
        turns = np.stack([0 * turns, turns, 0 * turns], 1).reshape(6, 4)
    writer = GlbWriter()
    sampler = {"input": writer.array(np.array([0, 2 / 30], np.float32)), "output": writer.array(turns)}
    channel = {"sampler": 0, "target": {"node": elbow, "path": "rotation"}}
    animation = {"channels": [channel], "samplers": [{**sampler, "interpolation": kind}]}

    def skeleton(document: dict) -> None:
        writer.document |= {key: document[key] for key in ("nodes", "extensions")}

    write_vrma(tmp_path / "rest.vrma", SMPLPose.create(torch.zeros(1, 21, 3)), edit=skeleton)
    writer.document["animations"] = [animation]
    (tmp_path / "a.vrma").write_bytes(writer.encode())
    bend = load_vrma(tmp_path / "a.vrma").body_pose[:, elbow - 1]
    expected = torch.tensor([[0.0, 0.0, 0.0], [0.0, half, 0.0], [0.0, 1.0, 0.0]])
    torch.testing.assert_close(bend, expected, atol=1e-5, rtol=0)


def no_elbows(document: dict) -> None:
    bones = document["extensions"]["VRMC_vrm_animation"]["humanoid"]["humanBones"]
    del bones["leftLowerArm"], bones["rightLowerArm"]


def sampler_of(document: dict) -> dict:
    return document["animations"][0]["samplers"][3]


HOSTILE = {
    "no_extension": (lambda d: d.pop("extensions"), "no VRM Animation"),
    "no_animation": (lambda d: d.pop("animations"), "no animation"),
    "no_elbows": (no_elbows, "missing: left_elbow, right_elbow"),
    "cycle": (lambda d: d["nodes"][4].update(children=[0]), "cycle"),
    "two_parents": (lambda d: d["nodes"][9]["children"].append(1), "two parents"),
    "no_node": (lambda d: d["nodes"][0].update(children=[9999]), "does not exist"),
    "strange_bones": (lambda d: d["extensions"].update(VRMC_vrm_animation=[]), "malformed glTF"),
    "kind": (lambda d: sampler_of(d).update(interpolation="WAVY"), "unknown interpolation 'WAVY'"),
    "cubic": (lambda d: sampler_of(d).update(interpolation="CUBICSPLINE"), "2 times and values of shape"),
    "no_accessor": (lambda d: sampler_of(d).update(output=10**6), "does not exist"),
    "long": (lambda d: d["accessors"][0].update(count=10**9), "geometry needs more|reads past"),
    "flat": (lambda d: [node.pop("translation") for node in d["nodes"]], "legs have no length"),
    "mirrored": (lambda d: d["nodes"][0].update(scale=[-1, 1, 1]), "mirrored or has no size"),
    "huge": (lambda d: d["nodes"][0].update(translation=[1e300, 0, 0]), "not finite"),
}


@pytest.mark.parametrize("case", sorted(HOSTILE))
def test_hostile_documents_are_refused_in_one_line(tmp_path, case):
    edit, words = HOSTILE[case]
    write_vrma(tmp_path / "a.vrma", make_pose(2), edit=edit)
    refused(tmp_path / "a.vrma", words)


@pytest.mark.parametrize(
    ("turn", "words"),
    [([math.nan, 0, 0, 1], "not finite"), ([math.inf, 0, 0, 1], "not finite"), ([0, 0, 0, 0], "no rotation")],
)
def test_keys_that_are_no_rotations_are_refused(tmp_path, turn, words):
    write_vrma(tmp_path / "good.vrma", make_pose(2))
    data = (tmp_path / "good.vrma").read_bytes()
    key = quaternions(local_rotations(make_pose(2))[:, 0]).astype(np.float32)[1].tobytes()
    assert data.count(key) == 1
    (tmp_path / "a.vrma").write_bytes(data.replace(key, np.array(turn, np.float32).tobytes()))
    refused(tmp_path / "a.vrma", words)


def test_times_that_do_not_grow_and_endless_motions_are_refused(tmp_path):
    write_vrma(tmp_path / "good.vrma", make_pose(3))
    data = (tmp_path / "good.vrma").read_bytes()
    times = (np.arange(3) / 30).astype(np.float32).tobytes()
    for keys, words in (([0, 1, 1], "do not grow"), ([0, 1, 1e30], "at most 2000 are read at once")):
        (tmp_path / "a.vrma").write_bytes(data.replace(times, np.array(keys, np.float32).tobytes()))
        refused(tmp_path / "a.vrma", words)
    assert len(load_vrma(tmp_path / "a.vrma", 45)) == 1  # one frame of it can still be read


def refused(path: Path, words: str) -> None:
    with pytest.raises(ValueError, match=f"^Pose file '{path.name}': .*({words})") as error:
        load_vrma(path)
    assert "\n" not in str(error.value) and len(str(error.value)) < 300


def test_truncated_files_are_refused_and_missing_ones_named(tmp_path):
    write_vrma(tmp_path / "good.vrma", make_pose(2))
    data = (tmp_path / "good.vrma").read_bytes()
    for length in (0, 3, 12, 19, 60, len(data) // 2, len(data) - 1):
        (tmp_path / "a.vrma").write_bytes(data[:length])
        refused(tmp_path / "a.vrma", ".")
    with pytest.raises(FileNotFoundError, match="no such file"):
        load_vrma(tmp_path / "none.vrma")


def test_mutated_files_load_or_say_why(tmp_path):
    write_vrma(tmp_path / "good.vrma", make_pose(2))
    good = (tmp_path / "good.vrma").read_bytes()
    random.seed(0)
    path = tmp_path / "mutant.vrma"
    for _ in range(150):
        data = bytearray(good)
        for _ in range(random.randint(1, 6)):
            data[random.randrange(20, len(data))] = random.choice(b'{}[]":,0-9e \x00\x7f\xff')
        path.write_bytes(data)
        try:
            assert torch.isfinite(load_vrma(path).body_pose).all()
        except ValueError as error:
            assert str(error).startswith("Pose file 'mutant.vrma': ") and "\n" not in str(error)
