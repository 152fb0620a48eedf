"""Retargeting, as properties: on SMPL's own shape it changes nothing, and it commutes with mirroring and batching."""

import json

import numpy as np
import pytest
import torch
from avatar_scene.rendering.avatar import load_avatar
from avatar_scene.rendering.body import load_body
from avatar_scene.rendering.retarget import avatar_joints, pose_avatar, retarget
from avatar_scene.smpl import JOINT_NAMES, MIRROR, PARENTS, SMPLPose, mirror_pose
from avatar_scene.weights import bundled
from avatar_scene.weights.glb_writer import GlbWriter

BONES = {
    "pelvis": "Hips", "spine1": "Spine", "spine2": "Spine1", "spine3": "Spine2", "neck": "Neck", "head": "Head",
    "collar": "Shoulder", "shoulder": "Arm", "elbow": "ForeArm", "wrist": "Hand", "hip": "UpLeg", "knee": "Leg",
    "ankle": "Foot", "foot": "ToeBase", "hand": "HandMiddle1",
}  # fmt: skip


def bone_name(joint):
    side, _, part = joint.partition("_")
    return "mixamorig:" + (side.capitalize() + BONES[part] if part else BONES[joint])


def write_rig(path, joints, vertices, faces, weights, turn=((1, 0, 0), (0, 1, 0), (0, 0, 1)), scale=1.0):
    """A GLB of SMPL's topology: joints (24, 3), turned and scaled as a whole."""
    joints, vertices = (scale * points @ np.array(turn, float).T for points in (joints, vertices))
    nodes = []
    for joint, parent in enumerate(PARENTS):
        offset = joints[joint] - (joints[parent] if parent >= 0 else 0)
        children = [child for child in range(24) if PARENTS[child] == joint]
        nodes.append({"name": bone_name(JOINT_NAMES[joint]), "translation": offset.tolist()})
        if children:
            nodes[-1]["children"] = children
    nodes.append({"mesh": 0, "skin": 0, "name": "Body"})
    writer = GlbWriter(nodes=nodes)
    order = np.argsort(-weights, 1)[:, :8]
    top = np.take_along_axis(weights, order, 1).astype(np.float32)
    attributes = {"POSITION": writer.array(vertices.astype(np.float32))}
    attributes["NORMAL"] = attributes["POSITION"]
    for k in range(2):
        attributes[f"JOINTS_{k}"] = writer.array(order[:, 4 * k : 4 * k + 4].astype(np.uint8))
        attributes[f"WEIGHTS_{k}"] = writer.array(top[:, 4 * k : 4 * k + 4])
    bind = np.tile(np.eye(4, dtype=np.float32), (24, 1, 1))
    bind[:, :3, 3] = -joints
    indices = writer.array(faces.astype(np.uint32).reshape(-1))
    writer.document["meshes"] = [{"primitives": [{"attributes": attributes, "indices": indices}]}]
    writer.document["skins"] = [{"joints": list(range(24)), "inverseBindMatrices": writer.array(bind)}]
    path.write_bytes(writer.encode())
    return load_avatar(path)


@pytest.fixture(scope="module")
def body():
    return load_body()


@pytest.fixture(scope="module")
def default():
    return load_avatar(bundled("default_avatar.glb"))


def poses(batch=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    noise = lambda *shape: torch.randn(*shape, generator=generator)  # noqa: E731
    flat = torch.zeros(batch, 15, 3)
    return SMPLPose.create(
        0.5 * noise(batch, 21, 3), noise(batch, 3), transl=noise(batch, 3), left_hand_pose=flat, right_hand_pose=flat
    )


@pytest.mark.parametrize("facing", ["+z", "-z", "z up"])
def test_an_smpl_shaped_rig_is_posed_as_smpl_itself(tmp_path, body, facing):
    turn = {
        "+z": np.eye(3),
        "-z": np.diag([-1.0, 1.0, -1.0]),
        "z up": np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]),
    }[facing]
    arrays = (body.rest_joints, body.v_template, body.faces, body.weights)
    avatar = write_rig(tmp_path / "smpl.glb", *(value.numpy() for value in arrays), turn=turn)
    pose = poses()
    expected, joints = body.posed(pose)
    matrices = retarget(avatar, pose)
    for mesh, vertices in zip(pose_avatar(avatar, pose, matrices=matrices), expected):
        assert torch.allclose(mesh.vertices, vertices, atol=2e-4)
    assert torch.allclose(avatar_joints(avatar, matrices)[:, :22], joints[:, :22], atol=2e-4)


def test_a_rig_in_centimetres_is_posed_alike(tmp_path, body):
    arrays = [value.numpy() for value in (body.rest_joints, body.v_template, body.faces, body.weights)]
    avatar = write_rig(tmp_path / "cm.glb", *arrays, scale=100.0)
    assert any("centimetres" in note for note in avatar.notes)
    pose = poses(1)
    assert torch.allclose(pose_avatar(avatar, pose)[0].vertices, body.posed(pose)[0][0], atol=5e-4)


def test_an_a_pose_rig_reaches_the_same_pose(tmp_path, body):
    """A rig whose arms hang at rest is brought to the T-pose before rotations are transferred."""
    rest = torch.zeros(1, 21, 3)
    rest[0, JOINT_NAMES.index("left_shoulder") - 1, 2] = -0.9
    rest[0, JOINT_NAMES.index("right_shoulder") - 1, 2] = 0.9
    vertices, joints = body.posed(SMPLPose.create(rest))
    avatar = write_rig(
        tmp_path / "a.glb", joints[0].numpy(), vertices[0].numpy(), body.faces.numpy(), body.weights.numpy()
    )
    pose = poses()
    expected = body.posed(pose)[1]
    transferred = avatar_joints(avatar, retarget(avatar, pose, refined=False))
    assert torch.allclose(transferred[:, :22], expected[:, :22], atol=2e-3)
    refined = avatar_joints(avatar, retarget(avatar, pose))
    assert torch.allclose(refined[:, :22], expected[:, :22], atol=2e-2)


def test_a_batch_equals_a_loop(default):
    pose = poses(3)
    together = pose_avatar(default, pose)
    for k in range(3):
        assert torch.allclose(together[k].vertices, pose_avatar(default, pose.select(k))[0].vertices, atol=1e-5)


def test_a_mirrored_pose_gives_the_mirrored_avatar(default):
    """The default avatar's body is symmetric: mirrored joints lie within millimetres of the mirrored pose's."""
    pose = poses(3)
    flip = torch.tensor([-1.0, 1.0, 1.0])
    joints = avatar_joints(default, retarget(default, pose))
    mirrored = avatar_joints(default, retarget(default, mirror_pose(pose)))
    assert torch.allclose(mirrored, joints[:, list(MIRROR)] * flip, atol=6e-3)


def test_bones_keep_their_length_in_every_pose(default):
    joints = avatar_joints(default, retarget(default, poses(4)))
    rest = avatar_joints(default, default.rest[None])[0]
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            length = (joints[:, joint] - joints[:, parent]).norm(dim=-1)
            assert torch.allclose(length, (rest[joint] - rest[parent]).norm().expand(4), atol=1e-4)


def test_the_root_follows_the_pose(default):
    moved = SMPLPose.create(torch.zeros(1, 21, 3), transl=torch.tensor([[1.0, 0.0, 2.0]]))
    rest = SMPLPose.create(torch.zeros(1, 21, 3))
    shift = (avatar_joints(default, retarget(default, moved)) - avatar_joints(default, retarget(default, rest)))[0]
    assert torch.allclose(shift, shift[0].expand(24, 3), atol=1e-5)
    assert shift[0, 1].abs() < 1e-5 and torch.allclose(
        shift[0, [0, 2]] / shift[0, 0], torch.tensor([1.0, 2.0]), atol=1e-4
    )


def test_normals_stay_unit_and_turn_with_the_body(default):
    pose = SMPLPose.create(torch.zeros(2, 21, 3), torch.tensor([[0.0, 0, 0], [-np.pi / 2, 0, 0]]).float())
    upright, lying = pose_avatar(default, pose, matrices=retarget(default, pose, refined=False))
    assert torch.allclose(lying.normals.norm(dim=-1), torch.ones(len(lying.normals)), atol=1e-4)
    turned = torch.stack([upright.normals[:, 0], upright.normals[:, 2], -upright.normals[:, 1]], -1)
    assert torch.allclose(lying.normals, turned, atol=1e-4)


def test_hand_poses_drive_fingers(default):
    still = SMPLPose.create(
        torch.zeros(1, 21, 3), left_hand_pose=torch.zeros(1, 15, 3), right_hand_pose=torch.zeros(1, 15, 3)
    )
    fist = torch.zeros(1, 15, 3)
    fist[..., 2] = -0.5
    curled = SMPLPose.create(torch.zeros(1, 21, 3), left_hand_pose=fist, right_hand_pose=torch.zeros(1, 15, 3))
    before, after = (pose_avatar(default, pose)[0].vertices for pose in (still, curled))
    moved = (before - after).norm(dim=-1) > 1e-3
    left_hand = default.vertex_part == JOINT_NAMES.index("left_hand")
    assert moved[left_hand].float().mean() > 0.5
    assert not moved[default.vertex_part == JOINT_NAMES.index("right_hand")].any()
    tip = torch.where(left_hand, before[:, 0], -1.0).argmax()
    assert after[tip, 0] < before[tip, 0] - 0.03 and after[tip, 1] < before[tip, 1]  # fingers curl to the palm


def test_palms_that_face_forwards_at_rest_are_turned_down(tmp_path):
    """A T-pose with the thumbs up is brought to SMPL's, palms down, half of the roll in the forearm."""
    data = bundled("default_avatar.glb").read_bytes()
    length = int.from_bytes(data[12:16], "little")
    document = json.loads(data[20 : 20 + length])
    for side in ("Left", "Right"):
        node = next(n for n in document["nodes"] if n.get("name") == f"mixamorig:{side}Hand")
        node["rotation"] = [-np.sqrt(0.5), 0, 0, np.sqrt(0.5)]  # a quarter turn about the arm
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    head = b"glTF" + (2).to_bytes(4, "little") + (len(data) - length + len(text)).to_bytes(4, "little")
    path = tmp_path / "thumbs_up.glb"
    path.write_bytes(head + len(text).to_bytes(4, "little") + b"JSON" + text + data[20 + length :])
    turned, original = load_avatar(path), load_avatar(bundled("default_avatar.glb"))
    pose = poses(1)
    for part in ("left_index1", "left_pinky1", "right_index1", "right_pinky1"):
        places = [
            retarget(avatar, pose, refined=False)[0, avatar.humanoid.bones[part], :3, 3]
            for avatar in (turned, original)
        ]
        assert torch.allclose(places[0], places[1], atol=6e-3)
