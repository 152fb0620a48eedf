"""PASExportPose, PASSavePose's BVH, and PASLoadPose's VRM Animations and keypoint files on the real host."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from avatar_scene.headless import HeadlessError
from avatar_scene.pose_prior import load_pose, save_pose
from avatar_scene.rendering import (
    CameraSettings,
    aim,
    gray_figure,
    load_avatar,
    load_body,
    load_bvh,
    pose_keypoints,
    retarget,
)  # fmt: skip
from avatar_scene.rendering.retarget import skin_avatar
from avatar_scene.smpl import SMPLPose
from avatar_scene.weights import bundled
from glb_checks import check_structure, vertices_in
from host import ComfyHost
from test_vrma import angles_between, make_pose, write_vrma

pytestmark = pytest.mark.host


def put_pose(comfy: ComfyHost, name: str, count: int = 2) -> SMPLPose:
    torch.manual_seed(3)
    pose = SMPLPose.create(0.3 * torch.randn(count, 21, 3), 0.3 * torch.randn(count, 3))
    save_pose(comfy.input_dir / name, pose)
    return pose


def export(file: str, avatar: bool, **inputs) -> dict:
    """Load a pose, export it, and preview the file with core's node."""
    graph = {
        "pose": {"class_type": "PASLoadPose", "inputs": {"file": f"input/{file}", "index": -1}},
        "export": {
            "class_type": "PASExportPose",
            "inputs": {"pose": ["pose", 0], "filename_prefix": "t3d/a", "poses": "one file each", **inputs},
        },
        "show": {"class_type": "Preview3D", "inputs": {"model_file": ["export", 0]}},
    }
    if avatar:
        graph["avatar"] = {"class_type": "PASLoadAvatar", "inputs": {"avatar": "bundled/default_avatar.glb"}}
        graph["export"]["inputs"]["avatar"] = ["avatar", 0]
    return graph


def saved(comfy: ComfyHost, run, folder: Path) -> list[Path]:
    """The files that the export node saved, fetched from the server."""
    paths = []
    for file in run.outputs["export"]["files"]:
        assert file["type"] == "output" and file["filename"].startswith("a_")
        paths.append(folder / file["filename"])
        paths[-1].write_bytes(comfy.server.view(file))
    return paths


def on_the_ground(vertices: torch.Tensor) -> torch.Tensor:
    """(..., 3) vertices, their lowest point at height 0."""
    return vertices - vertices.new_tensor([0, 1, 0]) * vertices[..., 1].min()


def test_each_pose_becomes_a_file_that_core_previews(comfy: ComfyHost, tmp_path: Path):
    pose = put_pose(comfy, "export_two.npz")
    run = comfy.run(export("export_two.npz", True))
    paths = saved(comfy, run, tmp_path)
    assert len(paths) == 2
    avatar = load_avatar(bundled("default_avatar.glb"))
    for index, path in enumerate(paths):
        document = check_structure(path)
        graph = json.loads(document["asset"]["extras"]["prompt"])
        assert graph["export"]["class_type"] == "PASExportPose"
        rendered = skin_avatar(avatar, retarget(avatar, pose.select(index)))[0].vertices
        # Two processes of a float32 optimisation.
        assert (vertices_in(path) - on_the_ground(rendered)).abs().max() < 1e-4
    shown = run.outputs["show"]["result"]
    assert [value for value in shown if value] == [f"t3d/{path.name}" for path in paths]


def test_poses_become_one_animation_and_the_body_needs_no_avatar(comfy: ComfyHost, tmp_path: Path):
    pose = put_pose(comfy, "export_three.npz", 3)
    run = comfy.run(export("export_three.npz", False, poses="one animation"))
    (path,) = saved(comfy, run, tmp_path)
    assert len(check_structure(path)["animations"]) == 1
    posed = load_body().posed(pose)[0]
    assert (vertices_in(path) - on_the_ground(posed)[0]).abs().max() < 1e-5


def test_a_face_without_an_avatar_is_refused_in_one_line(comfy: ComfyHost):
    put_pose(comfy, "export_one.npz", 1)
    with pytest.raises(HeadlessError, match="expressions: the gray body has no face"):
        comfy.run(export("export_one.npz", False, expressions="happy"))
    with pytest.raises(HeadlessError, match="expressions: this avatar has no 'happy'"):
        comfy.run(export("export_one.npz", True, expressions="happy"))


def test_bvh_files_are_saved_and_old_graphs_still_save_npz(comfy: ComfyHost, tmp_path: Path):
    pose = put_pose(comfy, "save_two.npz")
    graph = {
        "pose": {"class_type": "PASLoadPose", "inputs": {"file": "input/save_two.npz", "index": -1}},
        "bvh": {
            "class_type": "PASSavePose",
            "inputs": {"pose": ["pose", 0], "filename_prefix": "tp/m", "format": "bvh"},
        },
        "npz": {"class_type": "PASSavePose", "inputs": {"pose": ["pose", 0], "filename_prefix": "tp/n"}},
    }
    run = comfy.run(graph)
    (npz,) = run.outputs["npz"]["files"]
    assert npz["filename"].endswith(".npz")
    (bvh,) = run.outputs["bvh"]["files"]
    assert bvh["filename"].endswith(".bvh") and bvh["subfolder"] == "tp"
    (tmp_path / "m.bvh").write_bytes(comfy.server.view(bvh))
    loaded = load_bvh(tmp_path / "m.bvh")
    assert angles_between(loaded.body_pose, pose.body_pose).max() < 1e-4


def test_vrm_animations_are_loaded_by_frame(comfy: ComfyHost, tmp_path: Path):
    pose = make_pose(3)
    write_vrma(comfy.input_dir / "dance.vrma", pose)
    graph = {
        "pose": {"class_type": "PASLoadPose", "inputs": {"file": "input/dance.vrma", "index": 1}},
        "bvh": {
            "class_type": "PASSavePose",
            "inputs": {"pose": ["pose", 0], "filename_prefix": "tp/v", "format": "bvh"},
        },
    }
    (file,) = comfy.run(graph).outputs["bvh"]["files"]
    (tmp_path / "v.bvh").write_bytes(comfy.server.view(file))
    assert angles_between(load_bvh(tmp_path / "v.bvh").body_pose, pose.body_pose[1:2]).max() < 1e-4
    graph["pose"]["inputs"]["index"] = 7
    with pytest.raises(HeadlessError, match=r"'dance.vrma': it has 3 frames, numbered from 0; 7 is not"):
        comfy.run(graph)


def test_people_of_a_crowd_are_lifted_one_by_one_or_all_who_are_seen_well_enough(comfy: ComfyHost, tmp_path: Path):
    figure = gray_figure(make_pose(2))
    cameras = aim(CameraSettings(), figure, 300, 300)
    one, two = (pose_keypoints(points, camera)["people"][0] for points, camera in zip(figure.keypoints, cameras))
    edge = {"pose_keypoints_2d": [0.0] * 54, "face_keypoints_2d": [10.0] * 210, "hand_left_keypoints_2d": None}
    seen = [{"people": [one, edge, two], "animals": [], "canvas_width": 300, "canvas_height": 300}]
    (comfy.input_dir / "crowd.json").write_text(json.dumps(seen), "utf-8")
    graph = {
        "pose": {"class_type": "PASLoadPose", "inputs": {"file": "input/crowd.json", "index": -1}},
        "save": {"class_type": "PASSavePose", "inputs": {"pose": ["pose", 0], "filename_prefix": "tp/crowd"}},
    }
    (file,) = comfy.run(graph).outputs["save"]["files"]
    (tmp_path / "crowd.npz").write_bytes(comfy.server.view(file))
    assert len(load_pose(tmp_path / "crowd.npz")) == len(seen[0]["people"]) - 1
    graph["pose"]["inputs"]["index"] = 1
    with pytest.raises(HeadlessError, match=r"index: person 1 of 'input/crowd.json' has too few points to tell a pose"):
        comfy.run(graph)
