"""Reading avatar files: what is understood, what is mended, what is refused and how."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from avatar_scene.rendering.avatar import load_avatar
from avatar_scene.rendering.avatar_expressions import Expressions
from avatar_scene.rendering.gltf import Gltf
from avatar_scene.rendering.retarget import pose_avatar
from avatar_scene.smpl import JOINT_NAMES, SMPLPose
from avatar_scene.weights import bundled

SHARED = Path(__file__).resolve().parents[2] / "shared" / "avatars"
shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared avatars are not here")
MAPPABLE = [
    "CesiumMan.glb", "Godette_v4.vrm", "Godette_v4_as_vrm1.vrm", "KayKit_Knight.glb", "Quaternius_AdventurerF.glb",
    "RobotExpressive_raylib.glb", "cool_loops.vrm",
]  # fmt: skip


def edited_default(tmp_path, edit, name="edited.glb"):
    """The default avatar with its JSON replaced by edit(document)."""
    data = bundled("default_avatar.glb").read_bytes()
    length = int.from_bytes(data[12:16], "little")
    document = json.loads(data[20 : 20 + length])
    document = edit(document)
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    rest = data[20 + length :]
    head = b"glTF" + (2).to_bytes(4, "little") + (20 + len(text) + len(rest)).to_bytes(4, "little")
    path = tmp_path / name
    path.write_bytes(head + len(text).to_bytes(4, "little") + b"JSON" + text + rest)
    return path


def one_line(path, pattern, kind=ValueError):
    with pytest.raises(kind, match=pattern) as error:
        load_avatar(path)
    message = str(error.value)
    assert "\n" not in message and Path(path).name in message and len(message) < 500


def test_morph_targets_are_named_expressions(tmp_path):
    def smile(document):
        primitive = document["meshes"][0]["primitives"][0]
        primitive["targets"] = [{"POSITION": primitive["attributes"]["NORMAL"]}]
        document["meshes"][0]["extras"] = {"targetNames": ["Puff"]}
        return document

    avatar = load_avatar(edited_default(tmp_path, smile))
    assert avatar.expressions.names == ("Puff",)
    puffed = avatar.with_expression({"puff": 0.5})
    moved = (puffed.positions - avatar.positions).norm(dim=-1)
    skin = avatar.face_material == 0
    on_skin = torch.zeros(len(moved), dtype=torch.bool)
    on_skin[avatar.faces[skin].unique()] = True
    assert torch.allclose(moved[on_skin], torch.tensor(0.5), atol=1e-3) and not moved[~on_skin].any()
    with pytest.raises(ValueError, match="this avatar has no 'grin'; it has: Puff"):
        avatar.with_expression({"grin": 1.0})


def test_expressions_are_read_from_text():
    faces = Expressions((), ("Happy", "Blink 2"), {"happy": (), "blink 2": ()})
    assert faces.parse("") == {}
    assert faces.parse("happy 0.8, Blink 2") == {"happy": 0.8, "Blink 2": 1.0}
    assert faces.parse("HAPPY: .5;\n blink 2 = 1,") == {"HAPPY": 0.5, "blink 2": 1.0}
    for text, reason in (("happy -0.1", "weight -0.1"), ("happy nan", "no 'happy nan'"), ("0.5", "no '0.5'")):
        with pytest.raises(ValueError, match=reason):
            faces.parse(text)
    with pytest.raises(ValueError, match="too many"):
        faces.parse("happy " * 1000)
    with pytest.raises(ValueError, match="no morph targets"):
        Expressions().parse("happy")


@shared
def test_vrm_expressions_have_their_names():
    avatar = load_avatar(SHARED / "Godette_v4.vrm")
    assert {"happy", "blink", "aa"} <= {name.lower() for name in avatar.expressions.names}
    closed = avatar.with_expression({"blink": 1.0})
    moved = (closed.positions - avatar.positions).norm(dim=-1) > 1e-4
    assert 10 < int(moved.sum()) < len(moved) / 2


# ---- files


def test_the_default_avatar_is_whole():
    avatar = load_avatar(bundled("default_avatar.glb"))
    assert avatar.humanoid.convention == "bone names" and len(avatar.rig.roles) == 52
    assert 1.6 < avatar.height < 1.95
    assert avatar.vertex_part.max() == 23 and not avatar.notes
    report = avatar.report()
    assert all(name in report for name in JOINT_NAMES[:22])


@shared
@pytest.mark.parametrize("name", MAPPABLE)
def test_every_mappable_shared_avatar_stands_facing_us(name):
    avatar = load_avatar(SHARED / name)
    mesh = pose_avatar(avatar, SMPLPose.create(torch.zeros(1, 21, 3)))[0]
    assert torch.isfinite(mesh.vertices).all() and torch.isfinite(mesh.normals).all()
    place = {role: avatar.rig.rest[k] for k, role in enumerate(avatar.rig.roles)}
    assert place["left_hip"][0] > place["right_hip"][0] and place["head"][1] > place["left_hip"][1]
    assert abs(float(mesh.vertices[mesh.vertex_part >= 0, 1].min()) - -1.1612) < 0.25
    assert 0.25 < avatar.height < 4.0


@shared
def test_vrm_0_and_1_of_one_character_are_the_same():
    meshes = [
        pose_avatar(load_avatar(SHARED / name), SMPLPose.create(torch.full((1, 21, 3), 0.2)))[0]
        for name in ("Godette_v4.vrm", "Godette_v4_as_vrm1.vrm")
    ]
    assert torch.allclose(meshes[0].vertices, meshes[1].vertices, atol=1e-4)


@shared
def test_a_rig_without_elbows_is_refused_by_name():
    one_line(SHARED / "greenman.glb", r"12 joints and no elbows; a humanoid rig needs 15 \(missing: .*left_elbow")


@pytest.mark.parametrize("scale", [1e-12, 1e12])
def test_a_height_in_no_unit_is_refused(tmp_path, scale):
    def edit(document):
        root = len(document["nodes"])
        document["nodes"].append({"name": "huge", "scale": [scale] * 3, "children": document["scenes"][0]["nodes"]})
        document["scenes"][0]["nodes"] = [root]
        return document

    one_line(edited_default(tmp_path, edit), "its height is .* damaged")


def test_what_hangs_on_a_prop_slot_is_no_flesh_whatever_its_name(tmp_path):
    def edit(document):
        names = [node.get("name") for node in document["nodes"]]
        slot = len(names)
        hand = document["nodes"][next(k for k, name in enumerate(names) if name and name.endswith("LeftHand"))]
        hand.setdefault("children", []).append(slot)
        document["nodes"] += [{"name": "handslot.l", "children": [slot + 1]}, {"name": "1H_Sword_Offhand", "mesh": 0}]
        return document

    avatar = load_avatar(edited_default(tmp_path, edit))
    sword = avatar.slot_nodes[avatar.slots[:, 0]] == avatar.node_names.index("1H_Sword_Offhand")
    assert sword.any() and (avatar.vertex_part[sword] == -1).all()


@shared
def test_nan_weights_are_mended_and_said_once():
    avatar = load_avatar(SHARED / "Quaternius_AdventurerF.glb")
    assert torch.isfinite(avatar.weights).all()
    assert torch.allclose(avatar.weights.sum(1), torch.ones(len(avatar.weights)), atol=1e-5)
    assert sum("1,860 vertices" in note for note in avatar.notes) == 1


def test_missing_truncated_and_foreign_files_are_one_line(tmp_path):
    one_line(tmp_path / "nowhere.glb", "there is no such file", FileNotFoundError)
    data = bundled("default_avatar.glb").read_bytes()
    for size in (0, 3, 11, 30, 5000, len(data) // 2, len(data) - 1):
        (tmp_path / "cut.glb").write_bytes(data[:size])
        one_line(tmp_path / "cut.glb", "truncated|not a glTF")
    (tmp_path / "text.vrm").write_text("hello")
    one_line(tmp_path / "text.vrm", "not a glTF file")
    (tmp_path / "page.gltf").write_text("{}")
    one_line(tmp_path / "page.gltf", "no 'asset'")


def test_compressed_geometry_is_refused_by_name(tmp_path):
    for extension, word in (("KHR_draco_mesh_compression", "Draco"), ("EXT_meshopt_compression", "meshopt")):
        path = edited_default(tmp_path, lambda d, e=extension: {**d, "extensionsRequired": [e]})
        one_line(path, word)


@pytest.mark.parametrize(
    "edit",
    [
        lambda d: d.update(nodes=5),
        lambda d: d.update(skins=[{}]),
        lambda d: d.update(materials=[[]]),
        lambda d: d["skins"][0].update(joints=["a"]),
        lambda d: d["meshes"][0].update(primitives=None),
        lambda d: d["meshes"][0]["primitives"][0].update(attributes=[]),
        lambda d: d["nodes"][3].update(rotation=[1, 2]),
        lambda d: d["nodes"][3].update(translation=[1e300, 1e300, 1e300]),
        lambda d: d["accessors"][0].update(count=10**12),
        lambda d: d["images"][0].update(bufferView=0),
        lambda d: d["bufferViews"][0].update(byteLength=10**9),
        lambda d: d["asset"].update(version="1.0"),
        lambda d: d["nodes"][0].update(children=[[0] * 5000]),
        lambda d: [],
        lambda d: 7,
    ],
)
def test_a_damaged_document_is_one_line(tmp_path, edit):
    def apply(document):
        replacement = edit(document)
        return document if replacement is None else replacement

    data_path = edited_default(tmp_path, apply)
    with pytest.raises(ValueError) as error:
        load_avatar(data_path)
    message = str(error.value)
    assert "\n" not in message and "edited.glb" in message and len(message) < 500


def test_only_the_avatars_own_folder_is_read(tmp_path):
    outside = tmp_path / "secret.bin"
    outside.write_bytes(b"x" * 1000)
    folder = tmp_path / "avatar"
    folder.mkdir()
    (folder / "link.bin").symlink_to(outside)
    (folder / "own.bin").write_bytes(np.eye(3, dtype=np.float32).tobytes())
    accessors = [{"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"}]
    for uri in (
        "../secret.bin",
        str(outside),
        "link.bin",
        "%2e%2e/secret.bin",
        "file:///etc/passwd",
        "a\0b",
        "http://x/y",
    ):
        document = {
            "asset": {"version": "2.0"},
            "accessors": accessors,
            "bufferViews": [{"buffer": 0, "byteLength": 36}],
            "buffers": [{"uri": uri, "byteLength": 36}],
        }
        (folder / "a.gltf").write_text(json.dumps(document))
        with pytest.raises(ValueError, match="own folder"):
            Gltf(folder / "a.gltf").accessor(0)
    document["buffers"][0]["uri"] = "own.bin"
    (folder / "a.gltf").write_text(json.dumps(document))
    assert np.array_equal(Gltf(folder / "a.gltf").accessor(0), np.eye(3))
    document["buffers"][0]["uri"] = (
        "data:application/octet-stream;base64," + base64.b64encode(np.eye(3, dtype="f4")).decode()
    )
    (folder / "a.gltf").write_text(json.dumps(document))
    assert np.array_equal(Gltf(folder / "a.gltf").accessor(0), np.eye(3))
