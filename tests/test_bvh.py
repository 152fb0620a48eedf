"""BVH files: SMPL poses survive them, other skeletons and rotation orders come in, and hostile files are refused."""

from __future__ import annotations

import math
import random

import pytest
import roma
import torch
from avatar_scene.rendering.bvh import load_bvh, save_bvh
from avatar_scene.smpl import JOINT_NAMES, SMPLPose

# (name, parent, offset): a Mixamo skeleton in its T-pose, facing +z, in inches.
MIXAMO = [
    ("Hips", -1, (0, 40, 0)), ("Spine", 0, (0, 4, 0)), ("Spine1", 1, (0, 4, 0)), ("Spine2", 2, (0, 4, 0)),
    ("Neck", 3, (0, 6, 0)), ("Head", 4, (0, 4, 0)),
    ("LeftShoulder", 3, (2, 4, 0)), ("LeftArm", 6, (5, 0, 0)), ("LeftForeArm", 7, (11, 0, 0)),
    ("LeftHand", 8, (10, 0, 0)),
    ("RightShoulder", 3, (-2, 4, 0)), ("RightArm", 10, (-5, 0, 0)), ("RightForeArm", 11, (-11, 0, 0)),
    ("RightHand", 12, (-10, 0, 0)),
    ("LeftUpLeg", 0, (4, -2, 0)), ("LeftLeg", 14, (0, -17, 0)), ("LeftFoot", 15, (0, -17, 0)),
    ("RightUpLeg", 0, (-4, -2, 0)), ("RightLeg", 17, (0, -17, 0)), ("RightFoot", 18, (0, -17, 0)),
]  # fmt: skip


def make_pose(count: int) -> SMPLPose:
    torch.manual_seed(1)
    return SMPLPose.create(torch.randn(count, 21, 3), torch.randn(count, 3), transl=torch.randn(count, 3))


def angles_between(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    first, second = roma.rotvec_to_rotmat(a.double()), roma.rotvec_to_rotmat(b.double())
    return roma.rotmat_to_rotvec(first.transpose(-1, -2) @ second).norm(dim=-1)


def mixamo_text(order: str, turned: str, degrees: dict[str, float], *, z_up: bool = False) -> str:
    """One frame in which joint `turned` has the given angles about the file's axes."""
    turn = lambda v: (v[0], -v[2], v[1]) if z_up else v  # noqa: E731
    values: list[float] = []

    def block(index: int) -> str:
        name, _, offset = MIXAMO[index]
        place = "Xposition Yposition Zposition " if index == 0 else ""
        rotations = " ".join(f"{axis}rotation" for axis in order)
        values.extend(turn(offset) if index == 0 else ())
        values.extend(degrees.get(axis, 0.0) if name == turned else 0.0 for axis in order)
        below = "".join(block(child) for child in range(len(MIXAMO)) if MIXAMO[child][1] == index)
        below = below or "End Site { OFFSET 0 1 0 }\n"
        offset_text = " ".join(map(str, turn(offset)))
        kind = "JOINT" if index else "ROOT"
        channels = f"CHANNELS {6 if index == 0 else 3} {place}{rotations}"
        return f"{kind} mixamorig:{name}\n{{\nOFFSET {offset_text}\n{channels}\n{below}}}\n"

    body = block(0)
    return f"HIERARCHY\n{body}MOTION\nFrames: 1\nFrame Time: 0.04\n{' '.join(map(str, values))}\n"


def test_poses_survive_the_round_trip(tmp_path):
    pose = make_pose(8)
    pose.body_pose[0, 3] = torch.tensor([math.pi / 2, 0.0, 0.0])  # gimbal lock of ZXY
    save_bvh(tmp_path / "a.bvh", pose)
    loaded = load_bvh(tmp_path / "a.bvh")
    assert angles_between(pose.body_pose, loaded.body_pose).max() < 1e-4
    assert angles_between(pose.global_orient, loaded.global_orient).max() < 1e-4
    torch.testing.assert_close(loaded.transl, pose.transl, atol=1e-5, rtol=0)
    one = load_bvh(tmp_path / "a.bvh", 5)
    assert len(one) == 1 and torch.equal(one.body_pose[0], loaded.body_pose[5])
    with pytest.raises(ValueError, match="8 frames, numbered from 0; 8 is not"):
        load_bvh(tmp_path / "a.bvh", 8)


@pytest.mark.parametrize("order", ["XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX"])
def test_every_rotation_order_is_read(tmp_path, order):
    degrees = {"X": 20.0, "Y": 50.0, "Z": -35.0}
    (tmp_path / "m.bvh").write_text(mixamo_text(order, "Head", degrees))
    wanted = roma.euler_to_rotvec(order, [math.radians(degrees[axis]) for axis in order])
    pose = load_bvh(tmp_path / "m.bvh")
    assert angles_between(pose.body_pose[0, JOINT_NAMES.index("head") - 1], wanted) < 1e-4


@pytest.mark.parametrize("z_up", [False, True])
def test_mixamo_elbows_bend_in_either_up_axis(tmp_path, z_up):
    axis = {"Z" if z_up else "Y": -90.0}
    (tmp_path / "m.bvh").write_text(mixamo_text("ZXY", "LeftForeArm", axis, z_up=z_up))
    bend = load_bvh(tmp_path / "m.bvh").body_pose[0]
    angles = bend.norm(dim=-1)
    elbow = JOINT_NAMES.index("left_elbow") - 1
    assert abs(angles[elbow] - math.pi / 2) < 0.25  # the rest arms of SMPL's body are not quite straight
    assert bend[elbow, 1] < -1.3  # forwards, about the vertical
    assert angles[[JOINT_NAMES.index(name) - 1 for name in ("right_knee", "spine2", "head")]].max() < 0.2


def test_hostile_files_are_refused_in_one_line(tmp_path):
    good = mixamo_text("ZXY", "Head", {})
    deep = "".join(f"JOINT a{k} {{ OFFSET 0 1 0 CHANNELS 0 " for k in range(5000))
    cases = {
        "empty": b"", "binary": bytes(range(256)), "cut": good[:400].encode(),
        "no_motion": good.split("MOTION")[0].encode(),
        "count": good.replace("Frames: 1", "Frames: 99999999").encode(),
        "nan": good.replace(" 0.0 0.0", " nan 0.0", 1).encode(),
        "inf": good.replace("OFFSET 0 4", "OFFSET 0 inf").encode(),
        "channels": good.replace("CHANNELS 3", "CHANNELS 999999").encode(),
        "deep": f"HIERARCHY ROOT r {{ {deep}".encode() + b" MOTION\nFrames: 1\nFrame Time: 1\n0\n",
    }  # fmt: skip
    for name, content in cases.items():
        path = tmp_path / f"{name}.bvh"
        path.write_bytes(content)
        with pytest.raises(ValueError, match=f"^Pose file '{name}.bvh': .") as error:
            load_bvh(path)
        assert "\n" not in str(error.value), name


def test_mutated_files_load_or_say_why(tmp_path):
    save_bvh(tmp_path / "a.bvh", make_pose(2))
    good = (tmp_path / "a.bvh").read_bytes()
    random.seed(0)
    path = tmp_path / "mutant.bvh"
    for _ in range(200):
        data = bytearray(good)
        for _ in range(random.randint(1, 6)):
            at = random.randrange(len(data))
            kind = random.randrange(3)
            if kind == 0:
                data[at] = random.choice(b"{}-9eN \n\x00\xff")
            elif kind == 1:
                del data[at : at + random.randint(1, 60)]
            else:
                data[at:at] = data[at : at + random.randint(1, 60)]
        path.write_bytes(data)
        try:
            assert torch.isfinite(load_bvh(path).body_pose).all()
        except ValueError as error:
            assert str(error).startswith("Pose file 'mutant.bvh': ") and "\n" not in str(error)


def test_a_skeleton_that_is_no_human_is_refused(tmp_path):
    joint = "ROOT door { OFFSET 0 0 0 CHANNELS 3 Zrotation Xrotation Yrotation End Site { OFFSET 0 1 0 } }"
    (tmp_path / "m.bvh").write_text(f"HIERARCHY {joint}\nMOTION\nFrames: 1\nFrame Time: 1\n0 0 0\n")
    with pytest.raises(ValueError, match=r"^Pose file 'm.bvh': its skeleton has 1 joints and no .*missing: pelvis"):
        load_bvh(tmp_path / "m.bvh")
