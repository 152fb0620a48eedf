"""Reading glTF as the specification says: accessors, nodes, triangles, materials, images."""

import io

import numpy as np
import pytest
from avatar_scene.rendering.avatar_geometry import read_geometry
from avatar_scene.rendering.avatar_materials import read_materials
from avatar_scene.rendering.gltf import Gltf, NodeGraph
from avatar_scene.weights.glb_writer import GlbWriter
from PIL import Image


def gltf_of(tmp_path, writer, name="file.glb"):
    (tmp_path / name).write_bytes(writer.encode())
    return Gltf(tmp_path / name)


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
