"""Avatars as Unreal, 3ds Max, Blender's Rigify and tools without names for bones write them: the same picture."""

from pathlib import Path

import numpy as np
import pytest
import torch
from avatar_scene.rendering.avatar import load_avatar
from avatar_scene.rendering.camera import fit_camera
from avatar_scene.rendering.humanoid import FINGER_ROLES, REQUIRED
from avatar_scene.rendering.render import render
from avatar_scene.rendering.retarget import pose_avatar
from avatar_scene.smpl import SMPLPose
from avatar_scene.weights import bundled
from rig_files import RigFile, fingers, sides

SHARED = Path(__file__).resolve().parents[2] / "shared" / "avatars"
AVATARS = [bundled("default_avatar.glb")]
AVATARS += [SHARED / name for name in ("Quaternius_AdventurerF.glb", "CesiumMan.glb") if (SHARED / name).exists()]
LIMBS = (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
Z_UP = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]])  # z of the tool becomes the file's y


def chain(rig, name, pattern, first=1):
    """Names of the spine or the neck, from the lowest bone up."""
    count = sum(role.startswith(name + ".") for role in rig.node_of)
    return {f"{name}.{k}": pattern.format(k + first - 1) for k in range(1, count + 1)}


def add_twists(rig, names):
    """names: per limb of `LIMBS` a pattern, "" for none."""
    added = {}
    for (start, end), (side, pattern) in ((limb, s) for limb, n in zip(LIMBS, names) for s in sides({"": n}).items()):
        start, end = (rig.node_of.get(side + part) for part in (start, end))
        if pattern and start is not None and end is not None:
            added[start] = rig.add_twist(pattern, start, end)
    return added


def add_leaves(rig, leaves):
    """leaves: (role, name) of bones at a humanoid bone that move nothing."""
    for role, name in leaves.items():
        if role in rig.node_of:
            rig.add_bone(name, rig.node_of[role])


def add_beside(rig, top, names):
    """Bones below a node of their own, each where the bone of a role is: what inverse kinematics aims at."""
    for role, name in names.items():
        if role in rig.node_of:
            top = rig.add_bone(name, top, rig.world(rig.node_of[role]))


def above_the_pelvis(rig, name):
    """A node between the pelvis and what it hung on."""
    pelvis = rig.node_of["pelvis"]
    node = rig.add_bone(name, rig.parent(pelvis))
    rig.hang(pelvis, node)
    return node


def unreal(rig):
    root = above_the_pelvis(rig, "root")
    limbs = {
        "collar": "clavicle_{s}", "shoulder": "upperarm_{s}", "elbow": "lowerarm_{s}", "wrist": "hand_{s}",
        "hip": "thigh_{s}", "knee": "calf_{s}", "ankle": "foot_{s}", "foot": "ball_{s}",
    }  # fmt: skip
    torso = {"pelvis": "pelvis", "head": "head"}
    torso |= chain(rig, "spine", "spine_0{}") | chain(rig, "neck", "neck_0{}")
    rig.rename(torso | sides(limbs) | fingers("{finger}_0{n}_{s}"))
    add_twists(rig, [f"{bone}_twist_01_{{s}}" for bone in ("upperarm", "lowerarm", "thigh", "calf")])
    add_leaves(rig, sides({"knee": "calf_knee_{s}", "hip": "thigh_fwd_{s}", "wrist": "wrist_inner_{s}"}))
    add_leaves(rig, sides({"collar": "clavicle_pec_{s}", "shoulder": "upperarm_bicep_{s}", "ankle": "ankle_bck_{s}"}))
    for side in ("left", "right"):
        for finger in ("index", "middle", "ring", "pinky"):
            first = rig.node_of.get(f"{side}_{finger}1")
            if first is not None:
                palm = rig.add_bone(f"{finger}_metacarpal_{side[0]}", rig.node_of[f"{side}_wrist"])
                rig.hang(first, palm)
    add_beside(rig, rig.add_bone("ik_foot_root", root), {"left_ankle": "ik_foot_l", "right_ankle": "ik_foot_r"})
    gun = {"right_wrist": "ik_hand_gun", "left_wrist": "ik_hand_l"}
    add_beside(rig, rig.add_bone("ik_hand_root", root), gun)
    rig.add_bone("interaction", root)
    rig.add_bone("center_of_mass", root)


def biped(rig):
    centre = above_the_pelvis(rig, "Bip01")
    limbs = {
        "collar": "Bip01 {S} Clavicle", "shoulder": "Bip01 {S} UpperArm", "elbow": "Bip01 {S} Forearm",
        "wrist": "Bip01 {S} Hand", "hip": "Bip01 {S} Thigh", "knee": "Bip01 {S} Calf", "ankle": "Bip01 {S} Foot",
        "foot": "Bip01 {S} Toe0",
    }  # fmt: skip
    torso = {"pelvis": "Bip01 Pelvis", "head": "Bip01 Head", "spine.1": "Bip01 Spine", "neck.1": "Bip01 Neck"}
    torso |= {f"spine.{k}": f"Bip01 Spine{k - 1}" for k in (2, 3, 4)}
    rig.rename(torso | sides(limbs) | fingers("Bip01 {S} Finger{k}{n}", ("", "1", "2")))
    add_twists(rig, ("Bip01 {S}UpArmTwist", "Bip01 {S} ForeTwist", "Bip01 {S}ThighTwist", "Bip01 {S}CalfTwist"))
    add_leaves(rig, {"head": "Bip01 HeadNub"} | sides({"foot": "Bip01 {S} Toe0Nub"}))
    add_leaves(rig, fingers("Bip01 {S} Finger{k}Nub"))
    rig.add_bone("Bip01 Footsteps", centre)
    rig.add_bone("Bip01 Ponytail1", rig.node_of["head"])
    for side in ("left", "right"):  # a Biped's clavicles hang on its neck
        if f"{side}_collar" in rig.node_of and "neck.1" in rig.node_of:
            rig.hang(rig.node_of[f"{side}_collar"], rig.node_of["neck.1"])


def rigify(rig):
    """The whole rig with its controls; every limb's bone in two pieces, fingers on palms."""
    root = above_the_pelvis(rig, "root")
    limbs = {
        "collar": "DEF-shoulder.{S}", "shoulder": "DEF-upper_arm.{S}", "elbow": "DEF-forearm.{S}",
        "wrist": "DEF-hand.{S}", "hip": "DEF-thigh.{S}", "knee": "DEF-shin.{S}", "ankle": "DEF-foot.{S}",
        "foot": "DEF-toe.{S}",
    }  # fmt: skip
    trunk = sum(role.startswith("spine.") for role in rig.node_of)
    torso = {"pelvis": "DEF-spine", "head": "DEF-spine.006"} | chain(rig, "spine", "DEF-spine.00{}")
    torso |= chain(rig, "neck", "DEF-spine.00{}", first=trunk + 1)
    rig.rename(torso | sides(limbs) | fingers("DEF-f_{finger}.0{n}.{S}"))
    names = [f"DEF-{bone}.{{S}}.001" for bone in ("upper_arm", "forearm", "thigh", "shin")]
    twists = add_twists(rig, names)
    for side in ("left", "right"):
        for start, end in LIMBS:
            start, end = (rig.node_of.get(f"{side}_{part}") for part in (start, end))
            if start in twists and rig.parent(end) == start:
                rig.hang(end, twists[start])
        for k, finger in enumerate(("index", "middle", "ring", "pinky"), 1):
            first = rig.node_of.get(f"{side}_{finger}1")
            if first is not None:
                palm = rig.add_bone(f"DEF-palm.0{k}.{side[0].upper()}", rig.node_of[f"{side}_wrist"])
                rig.hang(first, palm)
    add_leaves(rig, sides({"hip": "ORG-thigh.{S}", "wrist": "ORG-hand.{S}", "elbow": "MCH-forearm_tweak.{S}"}))
    for side in "LR":
        rig.add_bone(f"DEF-pelvis.{side}", rig.node_of["pelvis"])
        rig.add_bone(f"DEF-breast.{side}", rig.node_of["spine.1"])
    controls = {"pelvis": "hips", "spine.1": "chest", "neck.1": "neck", "head": "head"}
    controls |= sides({"collar": "shoulder.{S}", "shoulder": "upper_arm_fk.{S}", "elbow": "forearm_fk.{S}"})
    controls |= sides({"wrist": "hand_ik.{S}", "ankle": "foot_ik.{S}", "hip": "thigh_parent.{S}", "foot": "toe.{S}"})
    for role, name in controls.items():
        add_beside(rig, rig.add_bone("MCH-" + name, root), {role: name})
    add_beside(rig, root, {"pelvis": "torso"})


def numbered(rig):
    """Names that say nothing, not even left or right; extra ends at all limbs."""
    add_twists(rig, ("twist",) * 4)
    for role in ("left_index3", "right_index3", "left_foot", "right_foot", "head"):
        if role in rig.node_of:
            node = rig.node_of[role]
            end = rig.world(node)
            end[:3, 3] += 0.3 * (end[:3, 3] - rig.world(rig.parent(node))[:3, 3])
            rig.add_bone("end", node, end)
    joints = sorted({joint for skin in rig.document["skins"] for joint in skin["joints"]})
    for k, node in enumerate(joints):
        rig.nodes[node]["name"] = f"bone_{k:03d}"
    beside = {role: f"helper_{k}" for k, role in enumerate(("left_wrist", "right_wrist", "left_ankle"))}
    add_beside(rig, rig.parent(rig.node_of["pelvis"]), beside)


TOOLS = {"unreal": unreal, "biped": biped, "rigify": rigify, "numbered": numbered}


@pytest.fixture(scope="module")
def pose():
    generator = torch.Generator().manual_seed(5)
    flat = torch.zeros(1, 15, 3)
    return SMPLPose.create(0.3 * torch.randn(1, 21, 3, generator=generator), left_hand_pose=flat, right_hand_pose=flat)


def picture(mesh, camera):
    return render(mesh, camera, passes=("rgba",)).rgba


def check_same(avatar, original, pose, *, roles, atol=2e-3, hands=True):
    """Same bones, same vertices, same picture; hands point a little elsewhere where fingers are not known."""
    for role in roles:
        assert avatar.humanoid.bones.get(role) == original.humanoid.bones.get(role), role
    ours, theirs = (pose_avatar(a, pose)[0] for a in (avatar, original))
    compared = torch.ones_like(ours.vertex_part, dtype=torch.bool)
    if not hands:
        compared = ~torch.isin(theirs.vertex_part, torch.tensor([20, 21, 22, 23]))
    assert torch.allclose(ours.vertices[compared], theirs.vertices[compared], atol=atol)
    camera = fit_camera(theirs.vertices, 96, 128, yaw=20)
    apart = (picture(ours, camera) - picture(theirs, camera)).abs().amax(-1)
    assert float((apart > 0.1).float().mean()) < 0.01


@pytest.mark.parametrize("path", AVATARS, ids=lambda path: path.stem)
@pytest.mark.parametrize("tool", TOOLS)
def test_a_tools_whole_skeleton_gives_the_same_picture(tmp_path, pose, tool, path):
    original = load_avatar(path)
    rig = RigFile(original)
    TOOLS[tool](rig)
    rig.turn_bones()
    avatar = load_avatar(rig.save(tmp_path / "rig.glb"))
    assert avatar.humanoid.convention == ("structure" if tool == "numbered" else "bone names")
    assert avatar.humanoid.spine == original.humanoid.spine and avatar.humanoid.neck == original.humanoid.neck
    limbs = [role for role in original.humanoid.bones if role not in FINGER_ROLES or tool != "numbered"]
    check_same(avatar, original, pose, roles=limbs, hands=tool != "numbered")


@pytest.mark.parametrize("path", AVATARS, ids=lambda path: path.stem)
def test_centimetres_below_a_small_z_up_node_change_nothing(tmp_path, pose, path):
    original = load_avatar(path)
    rig = RigFile(original)
    rig.wrap("Armature", Z_UP, unit=0.01)
    avatar = load_avatar(rig.save(tmp_path / "cm.glb"))
    assert avatar.height == pytest.approx(original.height, rel=1e-4)
    check_same(avatar, original, pose, roles=REQUIRED)


def test_a_rest_pose_with_hanging_arms_changes_nothing(tmp_path, pose):
    """The default avatar standing in an A-pose: arms 45 degrees down, feet apart and flat."""
    original = load_avatar(bundled("default_avatar.glb"))
    rig = RigFile(original)
    for role, degrees in (("shoulder", -45), ("hip", 8), ("ankle", -8)):
        for side, angle in (("left", np.deg2rad(degrees)), ("right", -np.deg2rad(degrees))):
            node, turn = rig.node_of[f"{side}_{role}"], np.eye(4)
            turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
            rig.set_local(node, rig.local(node) @ turn)
    avatar = load_avatar(rig.save(tmp_path / "a.glb"))
    check_same(avatar, original, pose, roles=REQUIRED, atol=2e-2)
