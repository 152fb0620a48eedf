"""KIMODO_POSE_DATA keeps core's contract: what core computes from it lies where our own pictures have it."""

from __future__ import annotations

import copy
import io

import numpy as np
import pytest
import torch
from avatar_scene.pose_prior import load_pose
from avatar_scene.rendering import (
    CameraSettings,
    aim,
    body_joints,
    fit_camera,
    kimodo_data,
    kimodo_pose,
    load_avatar,
    perform,
    pose_keypoints,
)
from avatar_scene.smpl import SMPLPose
from avatar_scene.weights import bundled
from host import ComfyHost
from PIL import Image


def poses(count: int = 3) -> SMPLPose:
    generator = torch.Generator().manual_seed(0)
    body = 0.3 * torch.randn(count, 21, 3, generator=generator)
    root = torch.tensor([[0.0, 0.4 * k, 0.1 * k] for k in range(count)])
    return SMPLPose.create(body, root, transl=torch.tensor([[0.2 * k, 0.0, 0.1 * k] for k in range(count)]))


@pytest.fixture(scope="module", params=["body", "avatar"])
def acted(request):
    return perform(poses(), None if request.param == "body" else load_avatar(bundled("default_avatar.glb")))


def drawn(person: dict, points: np.ndarray, image_size: tuple[int, int]) -> np.ndarray:
    """Pixels of points in the person's camera axes, as core projects them: the axis is in the picture's middle."""
    placed = points + person["pred_cam_t"]
    middle = np.array([image_size[1], image_size[0]]) / 2
    return placed[:, :2] / placed[:, 2:] * person["focal_length"] + middle


def resolved(places: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """OpenPose points of joints: row (a, b) is their middle, b = -1 is a alone."""
    return np.where(rows[:, 1:] < 0, places[rows[:, 0]], (places[rows[:, 0]] + places[rows[:, 1]]) / 2)


FLIP = np.array([1, -1, -1])


def test_core_draws_the_mesh_and_the_keypoints_where_we_do(acted):
    cameras = aim(CameraSettings(yaw=30.0, pitch=12.0, center=(0.4, 0.55)), acted.figure, 320, 240)
    data = kimodo_data(acted, cameras)
    assert data["image_size"] == (240, 320) and [len(frame) for frame in data["frames"]] == [1, 1, 1]
    rig = data["_skeleton_override"]
    for index, camera in enumerate(cameras):
        person, mesh = data["frames"][index][0], acted.figure.meshes[index]
        pixels, _ = camera.project(mesh.vertices.double())
        np.testing.assert_allclose(drawn(person, person["pred_vertices"], (240, 320)), pixels.numpy(), atol=0.02)
        np.testing.assert_allclose(person["bbox"], np.r_[pixels.amin(0), pixels.amax(0)], atol=0.02)
        record = pose_keypoints(acted.figure.keypoints[index], camera)["people"][0]
        for name, key in (
            ("openpose18", "pose"),
            ("openpose_hand21_l", "hand_left"),
            ("openpose_hand21_r", "hand_right"),
        ):
            wanted = np.array(record[f"{key}_keypoints_2d"]).reshape(-1, 3)
            points = resolved(person["pred_joint_coords"], rig[f"{name}_joint_indices"]) * FLIP
            seen = wanted[:, 2] > 0
            assert seen.sum() > 10
            np.testing.assert_allclose(drawn(person, points, (240, 320))[seen], wanted[seen, :2], atol=0.3)


def test_the_rig_skins_its_rest_vertices_to_the_posed_ones(acted):
    camera = fit_camera(acted.figure.meshes[0].vertices, 64, 64)
    camera = type(camera)(camera.rotation, camera.translation, camera.focal_px, 64, 64)  # nothing is sheared
    data = kimodo_data(acted, [camera])
    rig = data["_skeleton_override"]
    bind, parents = rig["bind_global_m"], rig["parents"]
    assert parents[0] == -1 and all(parent < joint for joint, parent in enumerate(parents))
    np.testing.assert_array_equal(bind[:, 3:], np.tile([0, 0, 0, 1, 1], (len(bind), 1)))
    assert rig["rest_verts_m"][:, 1].min() == 0 and rig["lbs_compact_max_inf"] <= 8
    np.testing.assert_allclose(rig["lbs_compact_weights"].sum(1), 1, atol=1e-5)
    for (person,) in data["frames"]:
        turn, place = person["pred_global_rots"], person["pred_joint_coords"]
        arm = rig["rest_verts_m"][:, None] - bind[rig["lbs_compact_joints"], :3]  # (V, 8, 3)
        moved = np.einsum("vkij,vkj->vki", turn[rig["lbs_compact_joints"]], arm) + place[rig["lbs_compact_joints"]]
        skinned = (moved * rig["lbs_compact_weights"][..., None]).sum(1)
        assert np.abs(skinned - person["pred_vertices"] * FLIP).max() < 2e-3


def level(acted):
    camera = fit_camera(acted.figure.meshes[0].vertices, 64, 64)
    return type(camera)(torch.eye(3), camera.translation, camera.focal_px, 64, 64)


def test_poses_come_back_as_they_were():
    pose = poses()
    acted = perform(pose)
    data = kimodo_data(acted, [level(acted)])
    found = kimodo_pose(data)
    wanted, joints = (body_joints(one.body_pose, one.global_orient) for one in (pose, found))
    torch.testing.assert_close(joints, wanted, atol=5e-3, rtol=0)
    torch.testing.assert_close(found.transl - found.transl[:1], pose.transl - pose.transl[:1], atol=5e-3, rtol=0)
    torch.testing.assert_close(kimodo_pose(data, 1).body_pose, found.body_pose[1:2])


def test_an_avatars_rig_gives_nearly_the_same_pose_with_and_without_an_openpose_map():
    pose = poses(2)
    acted = perform(pose, load_avatar(bundled("default_avatar.glb")))
    data = kimodo_data(acted, [level(acted)])
    found = kimodo_pose(data)
    wanted, joints = (body_joints(one.body_pose, one.global_orient)[:, :22] for one in (pose, found))
    assert float((joints - wanted).norm(dim=-1).mean()) < 0.06
    rows = data["_skeleton_override"].pop("openpose18_joint_indices")
    by_structure = kimodo_pose(data)
    blind = body_joints(by_structure.body_pose, by_structure.global_orient)[:, :22]
    assert len(rows) == 18 and float((blind - joints).norm(dim=-1).mean()) < 0.06


def test_a_rig_with_turned_bones_and_y_down_joints_is_read_alike():
    acted = perform(poses(2))
    data = kimodo_data(acted, [level(acted)])
    plain = kimodo_pose(data)
    rig = data["_skeleton_override"]
    quarter = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]], np.float32)  # every bone's own axes turned about z
    rig["bind_global_m"][:, 3:7] = np.array([0, 0, np.sqrt(0.5), np.sqrt(0.5)])
    rig["per_frame_y_down"] = True
    for (person,) in data["frames"]:
        person["pred_global_rots"] = torch.from_numpy(person["pred_global_rots"] @ quarter)
        person["pred_joint_coords"] = person["pred_joint_coords"] * FLIP
    turned = kimodo_pose(data)
    torch.testing.assert_close(turned.body_pose, plain.body_pose, atol=1e-4, rtol=0)
    torch.testing.assert_close(turned.transl, plain.transl, atol=1e-4, rtol=0)


def test_people_share_a_frame():
    acted = perform(poses())
    data = kimodo_data(acted, [level(acted)], together=True)
    assert [len(frame) for frame in data["frames"]] == [3]
    for person in range(3):
        expected = kimodo_pose(kimodo_data(acted, [level(acted)]), person)
        torch.testing.assert_close(kimodo_pose(data, person=person).body_pose, expected.body_pose)


def test_cameras_core_cannot_have_are_refused():
    acted = perform(poses(2))
    one, parallel = level(acted), fit_camera(acted.figure.meshes[0].vertices, 64, 64, orthographic=True)
    wide = fit_camera(acted.figure.meshes[0].vertices, 96, 64)
    for cameras, together, reason in (
        ([one] * 3, False, "3 cameras for 2 poses"),
        ([one] * 2, True, "one for all people"),
        ([parallel], False, "perspective"),
        ([one, wide], False, "one size"),
    ):
        with pytest.raises(ValueError, match=f"^camera: .*{reason}"):
            kimodo_data(acted, cameras, together=together)


def spoilt(change) -> object:
    acted = perform(poses(1))
    data = copy.deepcopy(kimodo_data(acted, [level(acted)]))
    return change(data) or data


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda data: "x", "no rig"),
        (lambda data: data.pop("_skeleton_override") and None, "no rig"),
        (lambda data: data.update(frames=None), "no frames"),
        (lambda data: data.update(frames=[]), "no frame of it has a person 0|person 0 is in no frame"),
        (lambda data: data["frames"][0][0].pop("pred_global_rots") is None, "'pred_global_rots' is missing"),
        (lambda data: data["frames"][0][0].update(pred_joint_coords=np.full((69, 3), np.nan)), "not finite"),
        (lambda data: data["frames"][0][0].update(pred_joint_coords=np.zeros((3, 3))), "fewer joints"),
        (lambda data: data["frames"][0][0].update(pred_cam_t="far"), "'pred_cam_t'"),
        (lambda data: data["_skeleton_override"].update(parents=np.arange(4)), "before their parents"),
        (lambda data: data["_skeleton_override"].update(parents=np.full(69, -1)), "humanoid|skeleton|joints"),
        (lambda data: data["_skeleton_override"].update(bind_global_m=np.zeros((69, 7))), "expected .69, 8."),
        (
            lambda data: data["_skeleton_override"].update(openpose18_joint_indices=np.full((18, 2), 900)),
            "joints that the rig does not have",
        ),
    ],
)
def test_other_data_is_refused_in_one_line(change, reason):
    with pytest.raises(ValueError, match=reason) as caught:
        kimodo_pose(spoilt(change))
    assert "\n" not in str(caught.value)


def editor_graph() -> dict:
    edit = '{"version": 1, "joints": {"left_shoulder": [0, 0, -0.9], "right_knee": [0.7, 0, 0]}}'
    return {
        "1": {"class_type": "PASPoseEditor", "inputs": {"edit": edit}},
        "2": {"class_type": "PASCamera", "inputs": {
            "view": "manual", "yaw": 20.0, "pitch": 5.0, "roll": 0.0, "focal_mm": 50.0, "fill": 0.8, "center_x": 0.5,
            "center_y": 0.52, "distance": 0.0, "projection": "perspective"}},
        "3": {"class_type": "PASPoseToKimodo", "inputs": {
            "pose": ["1", 0], "layout": "frames", "width": 256, "height": 320, "camera": ["2", 0]}},
    }  # fmt: skip


@pytest.mark.host
def test_nodes_pass_pose_data_on(comfy: ComfyHost, tmp_path):
    graph = editor_graph()
    graph["4"] = {"class_type": "PASKimodoToPose", "inputs": {"pose_data": ["3", 0], "frame": 0, "person": 0}}
    graph["5"] = {"class_type": "PASSavePose", "inputs": {"pose": ["4", 0], "filename_prefix": "poses/kimodo"}}
    (file,) = comfy.run(graph).outputs["5"]["files"]
    (tmp_path / "pose.npz").write_bytes(comfy.server.view(file))
    pose = load_pose(tmp_path / "pose.npz")
    bent = pose.body_pose[0, 4]  # the right knee
    assert float(bent.norm()) == pytest.approx(0.7, abs=0.02)


@pytest.mark.host
def test_core_draws_our_body(comfy: ComfyHost):
    if "SAM3DBody_Render" not in comfy.server.get("/object_info"):
        pytest.skip("this ComfyUI has no 3D body nodes (they came after 0.30)")
    graph = editor_graph()
    graph["4"] = {"class_type": "SAM3DBody_Render", "inputs": {
        "pose_data": ["3", 0], "width": 0, "height": 0, "render_style": "silhouette"}}  # fmt: skip
    graph["5"] = {"class_type": "SaveImage", "inputs": {"images": ["4", 0], "filename_prefix": "core"}}
    graph["6"] = {"class_type": "GrayBodyRender", "inputs": {
        "pose": ["1", 0], "width": 256, "height": 320, "supersampling": 1, "body": "bundled/body.npz",
        "camera": ["2", 0]}}  # fmt: skip
    graph["7"] = {"class_type": "MaskToImage", "inputs": {"mask": ["6", 1]}}
    graph["8"] = {"class_type": "SaveImage", "inputs": {"images": ["7", 0], "filename_prefix": "ours"}}
    run = comfy.run(graph)
    core, ours = (
        np.asarray(Image.open(io.BytesIO(comfy.server.view(run.outputs[key]["images"][0]))).convert("L")) > 127
        for key in ("5", "8")
    )
    assert core.shape == ours.shape and ours.mean() > 0.05
    assert (core & ours).sum() / (core | ours).sum() > 0.97
