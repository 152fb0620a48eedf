"""What tests ask of a written GLB file: its vertices, and that it keeps the rules of the glTF 2.0 specification."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import torch
from avatar_scene.rendering.avatar import bound_vertices
from avatar_scene.rendering.avatar_geometry import read_geometry
from avatar_scene.rendering.gltf import Gltf, NodeGraph

SIZES = {5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}
ROTATING = {"rotation": 4, "translation": 3}


def vertices_in(path: Path) -> torch.Tensor:
    """(V, 3) vertices as the file poses them, float64, in the file's own axes."""
    gltf = Gltf(path)
    graph = NodeGraph(gltf)
    return torch.from_numpy(bound_vertices(read_geometry(gltf, graph), graph.world))


def document_of(path: Path) -> dict:
    """The JSON document of a GLB file."""
    data = path.read_bytes()
    return json.loads(data[20 : 20 + struct.unpack_from("<I", data, 12)[0]])


def check_structure(path: Path) -> dict:
    """Assert that a GLB file is sound by the specification (sections 3.6, 3.7, 4.4); returns its document."""
    data = path.read_bytes()
    magic, version, total = struct.unpack_from("<4sII", data)
    assert (magic, version, total) == (b"glTF", 2, len(data)) and len(data) % 4 == 0
    text_length, kind = struct.unpack_from("<I4s", data, 12)
    assert kind == b"JSON" and text_length % 4 == 0
    document = json.loads(data[20 : 20 + text_length])
    binary_length, kind = struct.unpack_from("<I4s", data, 20 + text_length)
    assert kind == b"BIN\0" and 28 + text_length + binary_length == len(data)
    assert [buffer["byteLength"] for buffer in document["buffers"]] == [binary_length]
    views = document["bufferViews"]
    for view in views:
        assert view["buffer"] == 0 and view["byteOffset"] % 4 == 0
        assert 0 < view["byteLength"] <= binary_length - view["byteOffset"]
    for accessor in document["accessors"]:
        _check_accessor(accessor, views)
    _check_nodes(document)
    gltf = Gltf(path)
    for mesh in document["meshes"]:
        for primitive in mesh["primitives"]:
            _check_primitive(primitive, document, gltf)
    for animation in document.get("animations", ()):
        _check_animation(animation, document, gltf)
    used = set(document.get("extensionsUsed", ()))
    assert set(document.get("extensionsRequired", ())) <= used
    assert not [name for name in used if name.startswith("VRM")]
    return document


def _check_accessor(accessor: dict, views: list[dict]) -> None:
    size = SIZES[accessor["componentType"]]
    width = size * WIDTHS[accessor["type"]]
    offset = accessor.get("byteOffset", 0)
    view = views[accessor["bufferView"]]
    assert (offset + view["byteOffset"]) % size == 0
    stride = view.get("byteStride", width)
    assert stride % size == 0 and offset + stride * (accessor["count"] - 1) + width <= view["byteLength"]


def _check_nodes(document: dict) -> None:
    nodes = document["nodes"]
    children = [child for node in nodes for child in node.get("children", ())]
    assert len(children) == len(set(children)), "a node has two parents"
    assert set(document["scenes"][document["scene"]]["nodes"]) == set(range(len(nodes))) - set(children)
    for node in nodes:
        assert "matrix" not in node and node.get("children") != []
        assert abs(np.linalg.norm(node.get("rotation", (0, 0, 0, 1))) - 1) < 1e-6
        assert np.isfinite([*node.get("translation", ()), *node.get("scale", ())]).all()
    for skin in document.get("skins", ()):
        assert len(skin["joints"]) == len(set(skin["joints"])) <= len(nodes)
        assert document["accessors"][skin["inverseBindMatrices"]]["count"] == len(skin["joints"])


def _check_primitive(primitive: dict, document: dict, gltf: Gltf) -> None:
    attributes = primitive["attributes"]
    position = document["accessors"][attributes["POSITION"]]
    values = gltf.accessor(attributes["POSITION"])
    assert position["min"] == values.min(0).tolist() and position["max"] == values.max(0).tolist()
    assert {document["accessors"][index]["count"] for index in attributes.values()} == {len(values)}
    for name in attributes:
        if name.startswith("WEIGHTS_"):
            assert np.isfinite(gltf.accessor(attributes[name])).all()
    if "indices" in primitive:
        assert gltf.accessor(primitive["indices"]).max() < len(values)


def _check_animation(animation: dict, document: dict, gltf: Gltf) -> None:
    targets = [(channel["target"]["node"], channel["target"]["path"]) for channel in animation["channels"]]
    assert len(targets) == len(set(targets))
    for channel in animation["channels"]:
        sampler = animation["samplers"][channel["sampler"]]
        times, values = gltf.accessor(sampler["input"])[:, 0], gltf.accessor(sampler["output"])
        entry = document["accessors"][sampler["input"]]
        assert (entry["min"], entry["max"]) == ([times[0]], [times[-1]]) and (np.diff(times) > 0).all()
        assert values.shape == (len(times), ROTATING[channel["target"]["path"]])
