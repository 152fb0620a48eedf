"""Avatars of other proportions: hands stay out of large heads, nothing sinks into the ground, hulls are as they say."""

import json

import pytest
import roma
import torch
from avatar_scene.rendering.avatar import load_avatar
from avatar_scene.rendering.retarget import pose_avatar, retarget
from avatar_scene.rendering.solids import hulls
from avatar_scene.smpl import JOINT_NAMES, SMPLPose
from avatar_scene.training.benchmarks.retarget import poses
from avatar_scene.weights import bundled

HANDS = tuple(JOINT_NAMES.index(f"{side}_{part}") for side in ("left", "right") for part in ("wrist", "hand"))


def scaled(tmp_path, **scales):
    """The default avatar with single bones, and all below them, made larger or smaller."""
    data = bundled("default_avatar.glb").read_bytes()
    length = int.from_bytes(data[12:16], "little")
    document = json.loads(data[20 : 20 + length])
    for node in document["nodes"]:
        name = node.get("name", "").removeprefix("mixamorig:")
        if name in scales:
            node["scale"] = [scales[name]] * 3
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    head = b"glTF" + (2).to_bytes(4, "little") + (len(data) - length + len(text)).to_bytes(4, "little")
    path = tmp_path / "scaled.glb"
    path.write_bytes(head + len(text).to_bytes(4, "little") + b"JSON" + text + data[20 + length :])
    return load_avatar(path)


def depth_in_head(mesh):
    """How deep in the head the hands' deepest point lies, metres."""
    hands, head = (mesh.vertices[torch.isin(mesh.vertex_part, torch.tensor(joints))] for joints in (HANDS, (15,)))
    middle = (head.amin(0) + head.amax(0)).double()[None] / 2
    return float(hulls([head], middle).depth((hands.double() - middle)[:, None])[0].max())


@pytest.mark.parametrize("name", ["hand on the ear", "both hands on the head", "salute"])
def test_hands_come_out_of_a_large_head_and_stay_near_it(tmp_path, name):
    avatar = scaled(tmp_path, Head=2.0)
    pose = poses()
    pose = pose.select([pose.texts.index(name)])
    before, after = (pose_avatar(avatar, pose, matrices=retarget(avatar, pose, refined=r))[0] for r in (False, True))
    assert depth_in_head(before) > 0.07
    assert -0.03 < depth_in_head(after) < 0.65 * depth_in_head(before)


def test_no_part_sinks_into_the_ground(tmp_path):
    """Arms so long that the hands would hang below the soles."""
    avatar = scaled(tmp_path, LeftArm=2.4, RightArm=2.4)
    pose = SMPLPose.create(torch.zeros(1, 21, 3))
    pose.body_pose[0, JOINT_NAMES.index("left_shoulder") - 1, 2] = -1.3
    pose.body_pose[0, JOINT_NAMES.index("right_shoulder") - 1, 2] = 1.3
    sunk = []
    for refined in (False, True):
        mesh = pose_avatar(avatar, pose, matrices=retarget(avatar, pose, refined=refined))[0]
        feet = mesh.vertices[torch.isin(mesh.vertex_part, torch.tensor([7, 8, 10, 11])), 1]
        sunk.append(float(feet.min() - mesh.vertices[:, 1].min()))
    assert sunk[0] > 0.05 and sunk[1] < 0.3 * sunk[0]


def test_a_hull_is_the_surface_and_its_slope_the_derivative():
    generator = torch.Generator().manual_seed(3)
    points = torch.nn.functional.normalize(torch.randn(20000, 3, generator=generator, dtype=torch.float64), dim=1)
    half = torch.tensor([0.3, 0.2, 0.25], dtype=torch.float64)
    middle = torch.tensor([[0.5, -0.1, 0.2]], dtype=torch.float64)
    hull = hulls([points * half + middle], middle)
    inside, outside = points[:200] * half * 0.85, points[:200] * half * 1.15
    assert (hull.depth(inside[:, None])[0] > 0).all() and (hull.depth(outside[:, None])[0] < 0).all()
    depth, outward = hull.depth(points[:50, None] * half * 0.8)
    assert torch.allclose(outward.norm(dim=-1), torch.ones(50, 1, dtype=torch.float64))
    moved, _ = hull.depth(points[:50, None] * half * 0.8 + 1e-3 * outward)
    assert torch.allclose(depth - moved, torch.full_like(depth, 1e-3), atol=2e-4)


def turned_away(avatar, matrices):
    """(B, K, 3, 3) rotations of the rig's bones away from the T-pose."""
    nodes = list(avatar.rig.nodes)
    rest = avatar.rest[nodes, :3, :3]
    return matrices[:, nodes, :3, :3] @ torch.linalg.inv(rest) @ avatar.rig.correction.transpose(-1, -2)


@pytest.mark.parametrize("scales", [{}, {"Head": 2.0}, {"LeftArm": 0.7, "RightArm": 0.7}], ids=str)
def test_refined_knees_and_elbows_bend_as_hinges_do(tmp_path, scales):
    avatar = scaled(tmp_path, **scales)
    turns = turned_away(avatar, retarget(avatar, poses()))
    index = avatar.rig.roles.index
    for side, way in (("left", -1.0), ("right", 1.0)):
        for upper, lower, axis, sign in (("hip", "knee", 0, 1.0), ("shoulder", "elbow", 1, way)):
            above, own = turns[:, index(f"{side}_{upper}")], turns[:, index(f"{side}_{lower}")]
            bend = roma.rotmat_to_rotvec(above.transpose(-1, -2) @ own)[:, axis] * sign
            assert float(bend.min()) > -0.3 and float(bend.max()) < 2.9


def test_retargeting_gives_the_same_numbers_every_time_and_in_any_batch(tmp_path):
    avatar, pose = scaled(tmp_path, Head=2.0), poses()
    matrices = retarget(avatar, pose)
    assert torch.equal(matrices, retarget(avatar, pose))
    assert torch.equal(matrices, retarget(load_avatar(avatar.source), pose))
    for row in (0, 3, 11):
        assert torch.allclose(retarget(avatar, pose.select([row]))[0], matrices[row], atol=1e-5)


def test_hands_that_a_pose_does_not_give_are_relaxed(tmp_path):
    """Fingers bent towards the palm, the outer ones more, alike on both sides; thumbs nearly straight."""
    avatar = scaled(tmp_path)
    matrices = retarget(avatar, SMPLPose.create(torch.zeros(1, 21, 3)))
    turns = turned_away(avatar, matrices)[0]
    index, bends = avatar.rig.roles.index, {}
    for side, sign in (("left", -1.0), ("right", 1.0)):
        wrist = turns[index(f"{side}_wrist")]
        for finger in ("index", "middle", "ring", "pinky", "thumb"):
            last = roma.rotmat_to_rotvec(wrist.T @ turns[index(f"{side}_{finger}3")])
            bends[side, finger] = float(sign * last[2])
    assert all(0.6 < bends[side, finger] < 1.4 for side, finger in bends if finger != "thumb")
    assert all(
        abs(bends[side, "thumb"]) < 0.5 < bends[side, "index"] < bends[side, "pinky"] for side in ("left", "right")
    )
    for finger in ("index", "ring"):
        assert bends["left", finger] == pytest.approx(bends["right", finger], abs=0.02)
