"""Promises of the OpenPose output: standard layout and colours, points where the person is, hidden ones left out."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from avatar_scene.rendering.avatar import load_avatar
from avatar_scene.rendering.body import load_body
from avatar_scene.rendering.camera import fit_camera
from avatar_scene.rendering.keypoints import Keypoints, avatar_keypoints, body_keypoints
from avatar_scene.rendering.openpose import BODY_COLORS, face_points, openpose_picture, pose_keypoints
from avatar_scene.rendering.retarget import pose_avatar, retarget
from avatar_scene.smpl import JOINT_NAMES, SMPLPose
from avatar_scene.weights import bundled

SHARED = Path(__file__).resolve().parents[2] / "shared" / "avatars"


def t_pose() -> SMPLPose:
    return SMPLPose(torch.zeros(1, 21, 3), torch.zeros(1, 3), torch.zeros(1, 10), torch.zeros(1, 3))


def person() -> tuple[Keypoints, torch.Tensor]:
    body = load_body()
    vertices, joints = body.posed(t_pose())
    return body_keypoints(body, vertices[0], joints[0]), vertices[0]


def points(frame: dict, name: str) -> torch.Tensor:
    return torch.tensor(frame["people"][0][name]).view(-1, 3)


def test_record_has_the_standard_layout_in_pixels():
    keypoints, vertices = person()
    camera = fit_camera(vertices, 300, 200)
    frame = pose_keypoints(keypoints, camera)
    assert (frame["canvas_width"], frame["canvas_height"]) == (300, 200)
    counts = {"pose": 18, "face": 70, "hand_left": 21, "hand_right": 21}
    for name, count in counts.items():
        assert points(frame, f"{name}_keypoints_2d").shape == (count, 3)
    body = points(frame, "pose_keypoints_2d")
    assert torch.all(body[:, 2] == 1)
    for index, joint in ((2, "right_shoulder"), (7, "left_wrist"), (10, "right_ankle"), (12, "left_knee")):
        pixel, _ = camera.project(keypoints.joints[JOINT_NAMES.index(joint)].double())
        assert torch.allclose(body[index, :2], pixel.float(), atol=1e-3)
    # Seen from the front, the person's right is on the left of the picture; eyes lie above the nose.
    assert body[4, 0] < body[1, 0] < body[7, 0]
    assert body[16, 0] < body[14, 0] < body[0, 0] < body[15, 0] < body[17, 0]
    assert body[14, 1] < body[0, 1]


def test_hands_run_from_the_wrist_to_the_finger_tips():
    keypoints, _ = person()
    body = load_body()
    vertices, _ = body.posed(t_pose())
    for side, hand in (("l", keypoints.left_hand), ("r", keypoints.right_hand)):
        for k, finger in enumerate(("thumb", "index", "middle", "ring", "pinky")):
            assert torch.allclose(hand[4 * k + 4], vertices[0, body.vertex_ids[side + finger]], atol=1e-6)
        steps = (hand[5:9] - hand[0]).norm(dim=1)
        assert torch.all(steps[1:] > steps[:-1])


def test_face_points_lie_where_the_face_is():
    keypoints, vertices = person()
    face = face_points(keypoints)
    nearest = torch.cdist(face, vertices).amin(1)
    assert float(nearest.median()) < 0.015
    assert float(nearest.max()) < 0.045
    nose, right_eye, left_eye = keypoints.head[:3]
    assert torch.allclose(face[68], right_eye, atol=0.01)
    assert torch.allclose(face[69], left_eye, atol=0.01)
    assert float((face[30] - nose).norm()) < 0.02
    mirrored = face[16] - nose
    assert float((face[0] - nose)[0]) == pytest.approx(-float(mirrored[0]), abs=0.01)


def test_face_is_left_out_from_behind_and_one_ear_from_the_side():
    keypoints, vertices = person()
    behind = pose_keypoints(keypoints, fit_camera(vertices, 200, 200, yaw=180))
    assert behind["people"][0]["face_keypoints_2d"] == []
    assert points(behind, "pose_keypoints_2d")[[0, 14, 15], 2].tolist() == [0, 0, 0]
    assert points(behind, "pose_keypoints_2d")[[16, 17], 2].tolist() == [1, 1]
    left_side = points(pose_keypoints(keypoints, fit_camera(vertices, 200, 200, yaw=80)), "pose_keypoints_2d")
    assert left_side[[16, 17], 2].tolist() == [0, 1]
    assert float(left_side[15, 2]) == 1


def test_points_outside_the_picture_are_marked_unseen():
    keypoints, vertices = person()
    frame = pose_keypoints(keypoints, fit_camera(vertices, 200, 200, fill=2.5))
    body = points(frame, "pose_keypoints_2d")
    assert (body[:, 2] == 0).any() and (body[:, 2] == 1).any()
    assert torch.all(body[body[:, 2] == 0] == 0)


def test_picture_shows_each_joint_in_its_own_colour():
    pytest.importorskip("cv2")
    keypoints, vertices = person()
    camera = fit_camera(vertices, 512, 512)
    picture = openpose_picture(keypoints, camera, hands=False, face=False)
    assert picture.shape == (512, 512, 3)
    body = points(pose_keypoints(keypoints, camera), "pose_keypoints_2d")
    for k in (2, 3, 5, 8, 9, 12, 13):
        x, y = (round(float(v)) for v in body[k, :2])
        assert torch.allclose(picture[y, x], torch.tensor(BODY_COLORS[k]) / 255)
    assert BODY_COLORS[:4] == ((255, 0, 0), (255, 85, 0), (255, 170, 0), (255, 255, 0))
    with_all = openpose_picture(keypoints, camera)
    assert (with_all == 1).all(-1).any()  # face points are white
    assert ((with_all - torch.tensor([0.0, 0.0, 1.0])).abs().amax(-1) == 0).any()  # hand points are blue


AVATARS = [bundled("default_avatar.glb"), *sorted(SHARED.glob("Godette*.vrm")), *sorted(SHARED.glob("Quaternius*.glb"))]


@pytest.mark.parametrize("path", AVATARS, ids=lambda p: p.stem)
def test_an_avatars_face_points_lie_on_its_head(path):
    avatar = load_avatar(path)
    matrices = retarget(avatar, t_pose())
    mesh = pose_avatar(avatar, t_pose(), matrices=matrices)[0]
    keypoints = avatar_keypoints(avatar, matrices[0], mesh)
    nose, right_eye, left_eye, right_ear, left_ear = keypoints.head
    assert right_ear[0] < right_eye[0] < nose[0] < left_eye[0] < left_ear[0]
    assert nose[1] < right_eye[1]
    assert nose[2] > right_ear[2]
    distance = torch.cdist(keypoints.head, mesh.vertices).amin(1)
    assert float(distance.max()) < 0.06 * avatar.height


def test_a_head_bone_scaled_to_nothing_still_has_a_face():
    avatar = load_avatar(bundled("default_avatar.glb"))
    rest = avatar.rest.clone()
    rest[avatar.joint_nodes[JOINT_NAMES.index("head")], :3, :3] = 0
    squashed = replace(avatar, rest=rest)
    matrices = retarget(squashed, t_pose())
    keypoints = avatar_keypoints(squashed, matrices[0], pose_avatar(squashed, t_pose(), matrices=matrices)[0])
    assert torch.isfinite(keypoints.head).all()


def test_a_head_whose_vertices_all_lie_in_one_place_still_has_a_face():
    avatar = load_avatar(bundled("default_avatar.glb"))
    matrices = retarget(avatar, t_pose())
    mesh = pose_avatar(avatar, t_pose(), matrices=matrices)[0]
    head = (mesh.vertex_part == JOINT_NAMES.index("head"))[:, None]
    flat = replace(mesh, vertices=torch.where(head, torch.zeros(3), mesh.vertices))
    keypoints = avatar_keypoints(avatar, matrices[0], flat)
    assert torch.isfinite(keypoints.head).all() and len(keypoints.head.unique(dim=0)) == 5
