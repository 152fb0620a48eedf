"""Reading avatar files: what is understood, what is mended, what is refused and how."""

import base64
import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from avatar_scene.rendering.avatar import load_avatar
from avatar_scene.rendering.avatar_expressions import Expressions
from avatar_scene.rendering.avatar_geometry import read_geometry
from avatar_scene.rendering.avatar_materials import read_materials
from avatar_scene.rendering.gltf import Gltf, NodeGraph
from avatar_scene.rendering.retarget import pose_avatar
from avatar_scene.smpl import JOINT_NAMES, SMPLPose
from avatar_scene.weights import bundled
from avatar_scene.weights.glb_writer import GlbWriter
from PIL import Image

SHARED = Path(__file__).resolve().parents[2] / "shared" / "avatars"
shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared avatars are not here")
MAPPABLE = [
    "CesiumMan.glb", "Godette_v4.vrm", "Godette_v4_as_vrm1.vrm", "KayKit_Knight.glb", "Quaternius_AdventurerF.glb",
    "RobotExpressive_raylib.glb", "cool_loops.vrm",
]  # fmt: skip


def gltf_of(tmp_path, writer, name="file.glb"):
    (tmp_path / name).write_bytes(writer.encode())
    return Gltf(tmp_path / name)


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


def triangle(writer, node=None, **attributes):
    """A one-triangle mesh on node 0."""
    position = writer.array(np.eye(3, dtype=np.float32))
    primitive = {"attributes": {"POSITION": position, **attributes}}
    writer.document["meshes"] = [{"primitives": [primitive]}]
    writer.document["nodes"] = [{"mesh": 0, **(node or {})}]
    return primitive


# ---- accessors


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "uint32", "float32"])
@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_every_component_type_and_width_is_read(tmp_path, dtype, width):
    writer = GlbWriter()
    values = np.random.default_rng(0).integers(0, 100, (7, width)).astype(dtype)
    index = writer.array(values)
    read = gltf_of(tmp_path, writer).accessor(index)
    assert read.dtype == dtype and np.array_equal(read, values)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16"])
def test_normalized_integers_span_minus_one_to_one(tmp_path, dtype):
    writer = GlbWriter()
    limits = np.iinfo(dtype)
    index = writer.array(np.array([limits.min, 0, limits.max], dtype)[:, None], normalized=True)
    read = gltf_of(tmp_path, writer).accessor(index)[:, 0]
    assert read.tolist() == [max(limits.min / limits.max, -1.0), 0.0, 1.0]


def test_interleaved_data_is_read_by_its_stride(tmp_path):
    writer = GlbWriter()
    rows = np.arange(24, dtype=np.float32).reshape(4, 6)
    view = writer.data(rows.tobytes())
    writer.document["bufferViews"][view]["byteStride"] = 24
    entry = {"bufferView": view, "componentType": 5126, "count": 4, "type": "VEC3", "byteOffset": 12}
    writer.document["accessors"] = [entry]
    assert np.array_equal(gltf_of(tmp_path, writer).accessor(0), rows[:, 3:])


def test_sparse_accessors_replace_single_elements(tmp_path):
    writer = GlbWriter()
    base = writer.array(np.zeros((5, 3), np.float32))
    where = writer.data(np.array([1, 4], np.uint16).tobytes())
    what = writer.data(np.array([[1, 2, 3], [4, 5, 6]], np.float32).tobytes())
    sparse = {"count": 2, "indices": {"bufferView": where, "componentType": 5123}, "values": {"bufferView": what}}
    writer.document["accessors"][base]["sparse"] = sparse
    writer.document["accessors"].append({"componentType": 5126, "count": 5, "type": "VEC3", "sparse": sparse})
    read = gltf_of(tmp_path, writer)
    expected = np.zeros((5, 3))
    expected[[1, 4]] = [[1, 2, 3], [4, 5, 6]]
    assert np.array_equal(read.accessor(base), expected) and np.array_equal(read.accessor(base + 1), expected)


def test_matrices_are_column_major(tmp_path):
    writer = GlbWriter()
    matrices = np.arange(32, dtype=np.float32).reshape(2, 4, 4)
    index = writer.array(matrices)
    assert np.array_equal(gltf_of(tmp_path, writer).accessor(index), matrices)


@pytest.mark.parametrize(
    "change",
    [
        {"count": 10**9},
        {"count": -1},
        {"count": "many"},
        {"byteOffset": 10**6},
        {"byteOffset": -4},
        {"bufferView": 9},
        {"componentType": 1},
        {"type": "VEC9"},
        {"bufferView": None},
    ],
)
def test_an_accessor_beyond_its_data_is_refused(tmp_path, change):
    writer = GlbWriter()
    writer.document["accessors"][writer.array(np.zeros((4, 3), np.float32))].update(change)
    with pytest.raises(ValueError):
        gltf_of(tmp_path, writer).accessor(0)


def test_empty_accessors_of_absurd_size_allocate_nothing(tmp_path):
    writer = GlbWriter(accessors=[{"componentType": 5126, "count": 2**38, "type": "MAT4"}])
    with pytest.raises(ValueError, match="MB"):
        gltf_of(tmp_path, writer).accessor(0)


# ---- nodes


def test_node_cycles_and_double_parents_are_refused(tmp_path):
    cyclic = GlbWriter(nodes=[{"children": [1]}, {"children": [0]}])
    with pytest.raises(ValueError, match="cycle"):
        NodeGraph(gltf_of(tmp_path, cyclic))
    shared_child = GlbWriter(nodes=[{"children": [2]}, {"children": [2]}, {}])
    with pytest.raises(ValueError, match="two parents"):
        NodeGraph(gltf_of(tmp_path, shared_child))


def test_node_transforms_compose(tmp_path):
    half = np.sqrt(0.5)
    writer = GlbWriter(
        nodes=[
            {"children": [1], "translation": [1, 2, 3], "rotation": [0, 0, half, half]},
            {"matrix": [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 1, 0, 0, 1]},
        ]
    )
    world = NodeGraph(gltf_of(tmp_path, writer)).world[1]
    assert np.allclose(world @ [1, 0, 0, 1], [1, 5, 3, 1])


# ---- geometry


def test_strips_and_fans_become_triangles(tmp_path):
    for mode, expected in ((5, [[0, 1, 2], [2, 1, 3]]), (6, [[0, 1, 2], [0, 2, 3]])):
        writer = GlbWriter()
        primitive = triangle(writer)
        points = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]], np.float32)
        primitive["attributes"] = {"POSITION": writer.array(points), "NORMAL": writer.array(points)}
        primitive["mode"] = mode
        gltf = gltf_of(tmp_path, writer)
        assert read_geometry(gltf, NodeGraph(gltf)).faces.tolist() == expected


def test_a_mirrored_node_turns_its_triangles_over(tmp_path):
    writer = GlbWriter()
    triangle(writer, node={"scale": [-1, 1, 1]}, NORMAL=writer.array(np.eye(3, dtype=np.float32)))
    gltf = gltf_of(tmp_path, writer)
    assert read_geometry(gltf, NodeGraph(gltf)).faces.tolist() == [[2, 1, 0]]


def test_an_index_without_a_vertex_is_refused(tmp_path):
    writer = GlbWriter()
    triangle(writer)["indices"] = writer.array(np.array([0, 1, 7], np.uint16))
    gltf = gltf_of(tmp_path, writer)
    with pytest.raises(ValueError, match="vertex 7 of 3"):
        read_geometry(gltf, NodeGraph(gltf))


def test_texture_transforms_are_read(tmp_path):
    writer = GlbWriter()
    buffer = io.BytesIO()
    Image.new("RGB", (4, 2), (255, 0, 0)).save(buffer, "PNG")
    writer.document["images"] = [{"bufferView": writer.data(buffer.getvalue())}]
    writer.document["samplers"] = [{"wrapS": 33071, "wrapT": 33648, "magFilter": 9728}]
    writer.document["textures"] = [{"source": 0, "sampler": 0}]
    transform = {"offset": [0.5, 0.25], "scale": [2, 3], "rotation": np.pi / 2}
    texture = {"index": 0, "extensions": {"KHR_texture_transform": transform}}
    writer.document["materials"] = [
        {"pbrMetallicRoughness": {"baseColorTexture": texture}, "emissiveTexture": {"index": 0}}
    ]
    material = read_materials(gltf_of(tmp_path, writer))[0]
    rows = np.array(material.base_color_texture.transform)
    assert np.allclose(rows @ [1, 0, 1], [0.5, 0.25 - 2]) and np.allclose(rows @ [0, 1, 1], [3.5, 0.25])
    plain = material.emissive_texture
    assert plain.transform is None and plain.pixels.shape == (2, 4, 4)
    assert (plain.wrap_s, plain.wrap_t, plain.nearest) == ("clamp", "mirror", True)


def test_materials_follow_the_specification(tmp_path):
    strength = {"KHR_materials_emissive_strength": {"emissiveStrength": 4.0}}
    writer = GlbWriter(
        materials=[
            {},
            {
                "alphaMode": "MASK",
                "alphaCutoff": 0.3,
                "doubleSided": True,
                "emissiveFactor": [1, 0.5, 0],
                "extensions": strength,
            },
            {"extensions": {"KHR_materials_unlit": {}}, "pbrMetallicRoughness": {"metallicFactor": 0.25}},
            {"extensions": {"KHR_materials_unlit": {}, "VRMC_materials_mtoon": {"shadeColorFactor": [0.5, 0.4, 0.3]}}},
            {"extensions": {"KHR_materials_pbrSpecularGlossiness": {"diffuseFactor": [0.1, 0.2, 0.3, 1]}}},
        ]
    )
    plain, glowing, unlit, toon, glossy, default = read_materials(gltf_of(tmp_path, writer))
    assert (plain.metallic, plain.roughness, plain.alpha_mode, plain.double_sided) == (1.0, 1.0, "OPAQUE", False)
    assert glowing.emissive == (4.0, 2.0, 0.0) and glowing.alpha_cutoff == 0.3 and glowing.double_sided
    assert unlit.unlit and unlit.metallic == 0.25
    assert toon.toon and not toon.unlit and toon.mtoon.shade_color == (0.5, 0.4, 0.3)
    assert glossy.base_color == (0.1, 0.2, 0.3, 1.0) and glossy.metallic == 0.0
    assert default.name == "default"


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


def test_a_glb_may_not_refer_to_other_files(tmp_path):
    writer = GlbWriter(images=[{"uri": "picture.png"}])
    Image.new("RGB", (2, 2)).save(tmp_path / "picture.png")
    with pytest.raises(ValueError, match="carry its data inside"):
        gltf_of(tmp_path, writer).image(0)


def test_images_are_bounded_by_their_pixels(tmp_path):
    buffer = io.BytesIO()
    Image.new("1", (9000, 9000)).save(buffer, "PNG")
    writer = GlbWriter()
    writer.document["images"] = [{"bufferView": writer.data(buffer.getvalue()), "mimeType": "image/png"}]
    with pytest.raises(ValueError, match="9000x9000"):
        gltf_of(tmp_path, writer).image(0)
