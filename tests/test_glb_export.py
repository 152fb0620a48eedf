"""Posed GLB files: the written file shows what the renderer shows, keeps the avatar, and is sound glTF."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from avatar_scene.rendering import load_avatar, load_body, retarget
from avatar_scene.rendering.avatar_export import save_avatar_glb
from avatar_scene.rendering.body_export import save_body_glb
from avatar_scene.rendering.gltf import Gltf
from avatar_scene.rendering.retarget import skin_avatar
from avatar_scene.smpl import JOINT_NAMES, SMPLPose
from avatar_scene.weights import bundled
from glb_checks import check_structure, document_of, vertices_in

SHARED = Path(__file__).resolve().parents[2] / "shared" / "avatars"
shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared avatars are not here")
AVATARS = [
    pytest.param(name, marks=shared)
    for name in (
        "CesiumMan.glb", "Godette_v4.vrm", "Godette_v4_as_vrm1.vrm", "KayKit_Knight.glb", "Quaternius_AdventurerF.glb",
        "RobotExpressive_raylib.glb", "cool_loops.vrm",
    )
]  # fmt: skip


def make_pose(count: int = 1) -> SMPLPose:
    torch.manual_seed(count)
    body = 0.4 * torch.randn(count, 21, 3)
    return SMPLPose.create(body, 0.5 * torch.randn(count, 3), transl=torch.randn(count, 3))


def edited(source: Path, target: Path, edit) -> Path:
    """A GLB file with its document changed in place by edit(document)."""
    document = document_of(source)
    edit(document)
    data = source.read_bytes()
    binary = data[20 + int.from_bytes(data[12:16], "little") :]
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    size = (20 + len(text) + len(binary)).to_bytes(4, "little")
    head = b"glTF" + (2).to_bytes(4, "little") + size + len(text).to_bytes(4, "little") + b"JSON"
    target.write_bytes(head + text + binary)
    return target


def file_of(name: str) -> Path:
    return bundled(name) if name == "default_avatar.glb" else SHARED / name


@pytest.mark.parametrize("name", ["default_avatar.glb", *AVATARS])
def test_the_file_holds_the_vertices_that_are_rendered(tmp_path, name):
    avatar = load_avatar(file_of(name))
    matrices = retarget(avatar, make_pose())
    save_avatar_glb(tmp_path / "a.glb", avatar, matrices)
    document = check_structure(tmp_path / "a.glb")
    assert "animations" not in document
    rendered = skin_avatar(avatar, matrices)[0].vertices
    assert (vertices_in(tmp_path / "a.glb") - rendered).abs().max() < 1e-6


@pytest.mark.parametrize("name", ["default_avatar.glb", *AVATARS])
def test_meshes_materials_textures_and_bones_are_the_avatars_own(tmp_path, name):
    source, avatar = Gltf(file_of(name)), load_avatar(file_of(name))
    save_avatar_glb(tmp_path / "a.glb", avatar, retarget(avatar, make_pose(), refined=False))
    written = Gltf(tmp_path / "a.glb")
    assert [node.get("name") for node in written.all("nodes")] == [node.get("name") for node in source.all("nodes")]
    assert [node.get("children") for node in written.all("nodes")] == [n.get("children") for n in source.all("nodes")]
    assert [skin["joints"] for skin in written.all("skins")] == [skin["joints"] for skin in source.all("skins")]
    for old, new in zip(source.all("materials"), written.all("materials")):
        assert old.get("pbrMetallicRoughness") == new.get("pbrMetallicRoughness")
    for index in range(len(source.all("images"))):
        assert source.image_bytes(index) == written.image_bytes(index)
    for old, new in zip(source.all("meshes"), written.all("meshes")):
        for before, after in zip(old["primitives"], new["primitives"], strict=True):
            for key in ("POSITION", "TEXCOORD_0"):
                if key in before["attributes"]:
                    first, second = (
                        source.accessor(before["attributes"][key]),
                        written.accessor(after["attributes"][key]),
                    )
                    assert np.array_equal(first, second)


def test_what_stands_above_the_pelvis_stays_upright_and_the_scene_faces_us(tmp_path):
    avatar = load_avatar(bundled("default_avatar.glb"))
    save_avatar_glb(tmp_path / "a.glb", avatar, retarget(avatar, make_pose()))
    nodes = document_of(tmp_path / "a.glb")["nodes"]
    above = [node for node in nodes if avatar.rig.nodes[0] in node.get("children", ())]
    assert above and not any("rotation" in node for node in above)


@pytest.mark.parametrize("name", ["default_avatar.glb", *AVATARS])
def test_a_grounded_figure_has_its_lowest_point_at_height_zero(tmp_path, name):
    avatar, pose = load_avatar(file_of(name)), make_pose()
    save_avatar_glb(tmp_path / "a.glb", avatar, retarget(avatar, pose), grounded=True)
    save_body_glb(tmp_path / "b.glb", pose, grounded=True)
    for file in ("a.glb", "b.glb"):
        check_structure(tmp_path / file)
        assert abs(float(vertices_in(tmp_path / file)[:, 1].min())) < 1e-5, file


def test_several_poses_are_an_animation_that_starts_with_the_first(tmp_path):
    avatar = load_avatar(bundled("default_avatar.glb"))
    pose = make_pose(4)
    matrices = retarget(avatar, pose)
    save_avatar_glb(tmp_path / "a.glb", avatar, matrices)
    document = check_structure(tmp_path / "a.glb")
    assert (vertices_in(tmp_path / "a.glb") - skin_avatar(avatar, matrices[:1])[0].vertices).abs().max() < 1e-6
    (animation,) = document["animations"]
    moved = {channel["target"]["node"] for channel in animation["channels"]}
    assert set(avatar.rig.nodes[:10]) <= moved
    gltf = Gltf(tmp_path / "a.glb")
    for frame in range(4):  # every key, put into the nodes, is that pose
        keyed = show_frame(tmp_path, document, gltf, frame)
        assert (vertices_in(keyed) - skin_avatar(avatar, matrices[frame : frame + 1])[0].vertices).abs().max() < 1e-5


def show_frame(tmp_path: Path, document: dict, gltf: Gltf, frame: int) -> Path:
    (animation,) = document["animations"]

    def edit(copy: dict) -> None:
        for channel in animation["channels"]:
            keys = gltf.accessor(animation["samplers"][channel["sampler"]]["output"])
            copy["nodes"][channel["target"]["node"]][channel["target"]["path"]] = keys[frame].tolist()

    return edited(tmp_path / "a.glb", tmp_path / f"{frame}.glb", edit)


@shared
def test_the_credits_of_a_vrm_stay_and_its_extensions_go(tmp_path):
    for name in ("Godette_v4.vrm", "Godette_v4_as_vrm1.vrm", "cool_loops.vrm"):
        avatar = load_avatar(SHARED / name)
        extras = {"prompt": "{}"}
        save_avatar_glb(tmp_path / "a.glb", avatar, retarget(avatar, make_pose(), refined=False), extras=extras)
        document = check_structure(tmp_path / "a.glb")
        assert "extensions" not in document and document["asset"]["extras"]["prompt"] == "{}"
        assert "icen" in document["asset"]["copyright"], document["asset"]


@shared
def test_expressions_are_in_the_file(tmp_path):
    avatar = load_avatar(SHARED / "Godette_v4.vrm")
    name = avatar.expressions.names[0]
    matrices = retarget(avatar, make_pose(), refined=False)
    save_avatar_glb(tmp_path / "a.glb", avatar, matrices, expressions={name: 0.7})
    rendered = skin_avatar(avatar.with_expression({name: 0.7}), matrices)[0].vertices
    assert (vertices_in(tmp_path / "a.glb") - rendered).abs().max() < 1e-6
    assert (rendered - skin_avatar(avatar, matrices)[0].vertices).abs().max() > 1e-3


def stretched(document: dict) -> None:
    """The upper arm stretched along itself, a rigid box on the forearm below it and one squeezed on the head."""
    names = [node["name"] for node in document["nodes"]]
    document["nodes"][names.index("mixamorig:LeftArm")]["scale"] = [1.3, 1.0, 0.8]
    parent = names.index("mixamorig:LeftForeArm")
    box = {"name": "box", "mesh": 0, "rotation": [0.0, 0.0, 0.38268343, 0.92387953], "scale": [0.1, 0.2, 0.05]}
    document["nodes"] += [{**box, "name": "hat", "rotation": [0.0, 0.0, 0.0, 1.0]}, box]
    document["nodes"][names.index("mixamorig:Head")].setdefault("children", []).append(len(names))
    document["nodes"][parent].setdefault("children", []).append(len(names) + 1)


def test_bones_that_stretch_what_hangs_on_them_keep_their_shape(tmp_path):
    """A turned bone below a stretched one would need shear, which glTF nodes cannot hold."""
    path = edited(bundled("default_avatar.glb"), tmp_path / "stretched.glb", stretched)
    avatar = load_avatar(path)
    matrices = retarget(avatar, make_pose())
    save_avatar_glb(tmp_path / "a.glb", avatar, matrices)
    check_structure(tmp_path / "a.glb")
    assert (vertices_in(tmp_path / "a.glb") - skin_avatar(avatar, matrices)[0].vertices).abs().max() < 2e-6


def test_the_body_file_has_smpl_bones_and_the_bodys_vertices(tmp_path):
    pose = make_pose(3)
    save_body_glb(tmp_path / "one.glb", pose.select(1))
    document = check_structure(tmp_path / "one.glb")
    bones = [document["nodes"][joint]["name"] for joint in document["skins"][0]["joints"]]
    assert bones == list(JOINT_NAMES)
    expected, _ = load_body().posed(pose)
    assert (vertices_in(tmp_path / "one.glb") - expected[1]).abs().max() < 1e-6
    save_body_glb(tmp_path / "all.glb", pose)
    assert len(check_structure(tmp_path / "all.glb")["animations"]) == 1
    assert (vertices_in(tmp_path / "all.glb") - expected[0]).abs().max() < 1e-6


def test_a_file_that_is_gone_or_changed_is_said_in_one_line_and_nothing_is_written(tmp_path):
    path = tmp_path / "mine.glb"
    path.write_bytes(bundled("default_avatar.glb").read_bytes())
    avatar = load_avatar(path)
    matrices = retarget(avatar, make_pose(), refined=False)
    edited(path, path, lambda document: document["nodes"][3].update(name="other"))
    with pytest.raises(ValueError, match=r"^Avatar 'mine.glb': its file has changed.*load it again$"):
        save_avatar_glb(tmp_path / "a.glb", avatar, matrices)
    edited(path, path, lambda document: document["nodes"][3].update(name=avatar.node_names[3]))
    edited(path, path, lambda document: document["images"][0].update(bufferView=999))
    with pytest.raises(ValueError, match=r"^Avatar 'mine.glb': bufferViews\[999\] does not exist"):
        save_avatar_glb(tmp_path / "a.glb", avatar, matrices)
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"^Avatar 'mine.glb': its file is gone"):
        save_avatar_glb(tmp_path / "a.glb", avatar, matrices)
    assert list(tmp_path.iterdir()) == []


def test_a_pose_that_is_not_finite_leaves_no_file(tmp_path):
    avatar = load_avatar(bundled("default_avatar.glb"))
    matrices = torch.full_like(retarget(avatar, make_pose(), refined=False), float("nan"))
    with pytest.raises(ValueError, match=r"^Avatar 'default_avatar.glb': its posed bones are not finite"):
        save_avatar_glb(tmp_path / "a.glb", avatar, matrices)
    assert list(tmp_path.iterdir()) == []
