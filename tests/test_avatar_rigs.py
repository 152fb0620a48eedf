"""Rigs of other conventions: one skeleton under the bone names and hierarchies of many tools."""

import json

import numpy as np
import pytest
import torch
from avatar_scene.rendering.avatar import load_avatar
from avatar_scene.rendering.humanoid import REQUIRED, read_name
from avatar_scene.rendering.retarget import avatar_joints, retarget
from avatar_scene.smpl import JOINT_NAMES, SMPLPose
from avatar_scene.weights import bundled

SIDES = {"left": ("left", "Left", "l", "L"), "right": ("right", "Right", "r", "R")}
CENTRE = ("pelvis", "spine1", "spine2", "spine3", "neck", "head")
LIMBS = ("collar", "shoulder", "elbow", "wrist", "hip", "knee", "ankle", "foot")
MIXAMO = {
    "pelvis": "Hips", "spine1": "Spine", "spine2": "Spine1", "spine3": "Spine2", "neck": "Neck", "head": "Head",
    "collar": "Shoulder", "shoulder": "Arm", "elbow": "ForeArm", "wrist": "Hand", "hip": "UpLeg", "knee": "Leg",
    "ankle": "Foot", "foot": "ToeBase",
}  # fmt: skip
# Per convention: names of CENTRE and of LIMBS, {0}..{3} being the spellings of the side in SIDES, and finger names.
CONVENTIONS = {
    "mixamo": (
        "mixamorig:Hips mixamorig:Spine mixamorig:Spine1 mixamorig:Spine2 mixamorig:Neck mixamorig:Head",
        "mixamorig:{1}Shoulder mixamorig:{1}Arm mixamorig:{1}ForeArm mixamorig:{1}Hand mixamorig:{1}UpLeg "
        "mixamorig:{1}Leg mixamorig:{1}Foot mixamorig:{1}ToeBase",
        "mixamorig:{side}Hand{Finger}{n}",
    ),
    "ready player me": (
        "Hips Spine Spine1 Spine2 Neck Head",
        "{1}Shoulder {1}Arm {1}ForeArm {1}Hand {1}UpLeg {1}Leg {1}Foot {1}ToeBase",
        "{side}Hand{Finger}{n}",
    ),
    "rigify meta": (
        "spine spine.001 spine.002 spine.003 spine.004 spine.006",
        "shoulder.{3} upper_arm.{3} forearm.{3} hand.{3} thigh.{3} shin.{3} foot.{3} toe.{3}",
        "f_{finger}.0{n}.{S}",
    ),
    "rigify deform": (
        "DEF-spine DEF-spine.001 DEF-spine.002 DEF-spine.003 DEF-spine.004 DEF-spine.006",
        "DEF-shoulder.{3} DEF-upper_arm.{3} DEF-forearm.{3} DEF-hand.{3} DEF-thigh.{3} DEF-shin.{3} DEF-foot.{3} "
        "DEF-toe.{3}",
        "DEF-f_{finger}.0{n}.{S}",
    ),
    "unreal": (
        "pelvis spine_01 spine_02 spine_03 neck_01 head",
        "clavicle_{2} upperarm_{2} lowerarm_{2} hand_{2} thigh_{2} calf_{2} foot_{2} ball_{2}",
        "{finger}_0{n}_{s}",
    ),
    "biped": (
        "Bip01 Pelvis|Bip01 Spine|Bip01 Spine1|Bip01 Spine2|Bip01 Neck|Bip01 Head",
        "Bip01 {3} Clavicle|Bip01 {3} UpperArm|Bip01 {3} Forearm|Bip01 {3} Hand|Bip01 {3} Thigh|Bip01 {3} Calf"
        "|Bip01 {3} Foot|Bip01 {3} Toe0",
        "Bip01 {S} Finger{k}{m}",
    ),
    "cmu": (
        "hip lowerback upperback thorax lowerneck head",
        "{2}clavicle {2}humerus {2}radius {2}wrist {2}femur {2}tibia {2}foot {2}toes",
        None,
    ),
    "kaykit": (
        "hips spine chest upperchest neck head",
        "shoulder.{2} upperarm.{2} lowerarm.{2} wrist.{2} upperleg.{2} lowerleg.{2} foot.{2} toes.{2}",
        None,
    ),
    "quaternius": (
        "Hips Abdomen Torso Chest Neck Head",
        "Shoulder.{3} UpperArm.{3} LowerArm.{3} Hand.{3} UpperLeg.{3} LowerLeg.{3} Foot.{3} Toe.{3}",
        "{Finger}{n}.{S}",
    ),
    "vroid": (
        "J_Bip_C_Hips J_Bip_C_Spine J_Bip_C_Chest J_Bip_C_UpperChest J_Bip_C_Neck J_Bip_C_Head",
        "J_Bip_{3}_Shoulder J_Bip_{3}_UpperArm J_Bip_{3}_LowerArm J_Bip_{3}_Hand J_Bip_{3}_UpperLeg "
        "J_Bip_{3}_LowerLeg J_Bip_{3}_Foot J_Bip_{3}_ToeBase",
        "J_Bip_{S}_{Finger}{n}",
    ),
    "character creator": (
        "CC_Base_Hip CC_Base_Waist CC_Base_Spine01 CC_Base_Spine02 CC_Base_NeckTwist01 CC_Base_Head",
        "CC_Base_{3}_Clavicle CC_Base_{3}_Upperarm CC_Base_{3}_Forearm CC_Base_{3}_Hand CC_Base_{3}_Thigh "
        "CC_Base_{3}_Calf CC_Base_{3}_Foot CC_Base_{3}_ToeBase",
        "CC_Base_{S}_{Finger}{n}",
    ),
    "smpl": (
        "Pelvis Spine1 Spine2 Spine3 Neck Head",
        "{3}_Collar {3}_Shoulder {3}_Elbow {3}_Wrist {3}_Hip {3}_Knee {3}_Ankle {3}_Foot",
        None,
    ),
    "bvh": (
        "Hips Spine Spine1 Spine2 Neck Head",
        "{1}Collar {1}Shoulder {1}Elbow {1}Wrist {1}Hip {1}Knee {1}Ankle {1}Toe",
        None,
    ),
    "nonsense": (" ".join(f"bone{k}" for k in range(6)), " ".join(f"part{k}.{{3}}" for k in range(8)), None),
    "nonsense without sides": (" ".join(f"bone{k}" for k in range(6)), " ".join(f"b{k}{{4}}" for k in range(8)), None),
}  # fmt: skip


def words(text):
    return text.split("|") if "|" in text else text.split()


def renamed(document, convention):
    """The default avatar's nodes under another convention's names; fingers lose theirs if it has none."""
    centre, limbs, fingers = CONVENTIONS[convention]
    table = {"mixamorig:" + MIXAMO[joint]: name for joint, name in zip(CENTRE, words(centre))}
    for side, spellings in SIDES.items():
        code = {"left": "x", "right": "y"}[side]
        for joint, name in zip(LIMBS, words(limbs)):
            table[f"mixamorig:{spellings[1]}{MIXAMO[joint]}"] = name.format(*spellings, code)
        for k, finger in enumerate(("Thumb", "Index", "Middle", "Ring", "Pinky")):
            for n in (1, 2, 3):
                name = f"f{k}{n}{code}"
                if fingers:
                    name = fingers.format(
                        side=spellings[1], s=spellings[2], S=spellings[3], Finger=finger, finger=finger.lower(),
                        n=n, k=k, m="" if n == 1 else n - 1,
                    )  # fmt: skip
                table[f"mixamorig:{spellings[1]}Hand{finger}{n}"] = name
    for node in document["nodes"]:
        node["name"] = table.get(node.get("name"), node.get("name"))
    return document


def edited(tmp_path, edit):
    data = bundled("default_avatar.glb").read_bytes()
    length = int.from_bytes(data[12:16], "little")
    text = json.dumps(edit(json.loads(data[20 : 20 + length]))).encode()
    text += b" " * (-len(text) % 4)
    rest = data[20 + length :]
    head = b"glTF" + (2).to_bytes(4, "little") + (20 + len(text) + len(rest)).to_bytes(4, "little")
    path = tmp_path / "rig.glb"
    path.write_bytes(head + len(text).to_bytes(4, "little") + b"JSON" + text + rest)
    return path


@pytest.fixture(scope="module")
def pose():
    generator = torch.Generator().manual_seed(5)
    flat = torch.zeros(1, 15, 3)
    return SMPLPose.create(0.3 * torch.randn(1, 21, 3, generator=generator), left_hand_pose=flat, right_hand_pose=flat)


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_every_convention_gives_the_same_pose(tmp_path, pose, convention):
    original = load_avatar(bundled("default_avatar.glb"))
    avatar = load_avatar(edited(tmp_path, lambda document: renamed(document, convention)))
    assert avatar.joint_nodes[:22] == original.joint_nodes[:22]
    expected = avatar_joints(original, retarget(original, pose, refined=False))[:, :22]
    joints = avatar_joints(avatar, retarget(avatar, pose, refined=False))[:, :22]
    assert torch.allclose(joints, expected, atol=1e-2)  # hands point a little elsewhere where fingers are not known
    if CONVENTIONS[convention][2]:
        assert len(avatar.rig.roles) == 52
    assert avatar.humanoid.convention == ("structure" if "nonsense" in convention else "bone names")


def test_legs_and_feet_hung_on_the_root_follow_the_body(tmp_path, pose):
    """Some rigs parent the legs beside the pelvis and the feet to the root, for inverse kinematics."""

    def rehang(document):
        nodes = document["nodes"]
        index = {node.get("name"): k for k, node in enumerate(nodes)}
        world = {}

        def place(k, origin):
            world[k] = origin + np.array(nodes[k].get("translation", (0, 0, 0)))
            for child in nodes[k].get("children", []):
                place(child, world[k])

        root = index["Armature"]
        place(root, np.zeros(3))
        for name in ("LeftFoot", "RightFoot", "LeftUpLeg", "RightUpLeg"):
            k = index["mixamorig:" + name]
            for node in nodes:
                if k in node.get("children", []):
                    node["children"].remove(k)
            nodes[root]["children"].append(k)
            nodes[k]["translation"] = (world[k] - world[root]).tolist()
        return document

    original = load_avatar(bundled("default_avatar.glb"))
    avatar = load_avatar(edited(tmp_path, rehang))
    expected = avatar_joints(original, retarget(original, pose))
    assert torch.allclose(avatar_joints(avatar, retarget(avatar, pose)), expected, atol=1e-3)


def test_an_override_corrects_single_bones(tmp_path):
    path = edited(tmp_path, lambda document: document)
    avatar = load_avatar(path, {"left_wrist": "mixamorig:LeftForeArm"})
    assert avatar.node_names[avatar.humanoid.bones["left_wrist"]] == "mixamorig:LeftForeArm"
    assert "1 given by hand" in avatar.report()
    with pytest.raises(ValueError, match=r"bone override: there is no bone 'LeftHnd'"):
        load_avatar(path, {"left_wrist": "LeftHnd"})
    with pytest.raises(ValueError, match=r"'tail' is no SMPL joint"):
        load_avatar(path, {"tail": "mixamorig:LeftHand"})


def test_a_rig_that_lacks_limbs_is_refused(tmp_path):
    def armless(document):
        for node in document["nodes"]:
            if "Arm" in node.get("name", "") or "Hand" in node.get("name", ""):
                node["name"] = "x"
        document["skins"][0]["joints"] = document["skins"][0]["joints"][:8] * 6 + [0] * 4
        return document

    with pytest.raises(ValueError, match=r"no elbows; a humanoid rig needs 15 \(missing: .*left_elbow, right_elbow"):
        load_avatar(edited(tmp_path, armless))


@pytest.mark.parametrize(
    ("name", "side", "stem", "number"),
    [
        ("mixamorig:LeftForeArm", "left", "forearm", None),
        ("DEF-upper_arm.R.001", "right", "upperarm", 1),
        ("Bip01 L Thigh", "left", "thigh", None),
        ("CC_Base_R_Calf", "right", "calf", None),
        ("J_Bip_L_LowerLeg", "left", "lowerleg", None),
        ("lfemur", "left", "femur", None),
        ("ValveBiped.Bip01_L_UpperArm", "left", "upperarm", None),
        ("spine_03", "", "spine", 3),
    ],
)
def test_names_are_taken_apart(name, side, stem, number):
    read = read_name(name)
    assert (read.side, read.stem, read.number) == (side, stem, number)


def test_required_roles_are_fifteen():
    assert len(REQUIRED) == 15 and set(REQUIRED) - {"spine"} <= set(JOINT_NAMES)
