"""Lifting finds the poses that keypoints were made from, withstands bad points, and says how fingers are held."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
import torch
from avatar_scene.pose_prior import Landmarks, Person, lift_people, load_vposer, read_people
from avatar_scene.pose_prior.finger_states import finger_state
from avatar_scene.pose_prior.hands import hand_pose
from avatar_scene.pose_prior.lift_problem import TURN, VALUES, LiftProblem, small_turn
from avatar_scene.rendering import (
    CameraSettings,
    aim,
    avatar_figure,
    body_joints,
    body_landmarks,
    gray_figure,
    load_avatar,
    load_body,
    pose_keypoints,
)
from avatar_scene.smpl import SMPLPose
from avatar_scene.weights import bundled
from host import ROOT

POSES = ROOT / "tests" / "lift_poses.json"  # of the action book: drawing a sword, pouring tea, a curtsy, a golf finish
MIRRORED = [0, 1, 5, 6, 7, 2, 3, 4, 8, 12, 13, 14, 9, 10, 11, 16, 15, 18, 17, 22, 23, 24, 19, 20, 21]  # BODY_25


def landmarks() -> Landmarks:
    body = load_body()
    return Landmarks(*body_landmarks(body), body.rest_joints)


@pytest.fixture(scope="module")
def seen() -> tuple[torch.Tensor, list[Person]]:
    """Joints (B, 22, 3) of some poses in their camera's axes, and what the camera sees."""
    poses = json.loads(POSES.read_text(encoding="utf-8"))
    body, root = (torch.tensor([pose[key] for pose in poses]) for key in ("body", "root"))
    figure = gray_figure(SMPLPose.create(body, root))
    cameras = aim(CameraSettings(pitch=5.0), figure, 400, 400)
    turn = torch.stack([camera.rotation for camera in cameras]).float()
    joints = (figure.joints[:, :22] - figure.joints[:, :1]) @ turn.transpose(1, 2)
    return joints, [read_people(pose_keypoints(k, c))[0] for k, c in zip(figure.keypoints, cameras)]


def error(lifted, joints: torch.Tensor, which: slice | list[int] = slice(None)) -> torch.Tensor:
    """(B,) mean distance of the joints in metres, pelvises laid on each other."""
    found = body_joints(lifted.pose.body_pose, lifted.pose.global_orient)[:, :22]
    return (found - found[:, :1] - joints)[:, which].norm(dim=-1).mean(1)


def test_poses_are_found_again_from_their_own_keypoints(seen):
    joints, people = seen
    lifted = lift_people(people, landmarks(), load_vposer())
    assert float(error(lifted, joints).mean()) < 0.075
    assert float(error(lifted, joints).max()) < 0.15
    assert float(lifted.error.max()) < 4
    assert float(lifted.pose.transl.abs().max()) == 0 and (lifted.place[:, 2] < -1).all()


def test_it_is_deterministic_and_withstands_wrong_and_missing_points(seen):
    joints, people = seen
    person, truth, prior = people[0], joints[:1], load_vposer()
    plain = lift_people([person], landmarks(), prior)
    again = lift_people([person], landmarks(), prior)
    torch.testing.assert_close(plain.pose.body_pose, again.pose.body_pose, rtol=0, atol=0)
    wrong = person.body.clone()
    wrong[4, :2] = torch.tensor([5.0, 5.0])  # the right wrist is taken for something in the corner
    others = [joint for joint in range(22) if joint not in (19, 21)]
    spoilt = lift_people([replace(person, body=wrong, right_hand=None)], landmarks(), prior)
    assert float(error(plain, truth, others)) < 0.06
    assert float(error(spoilt, truth, others)) < 0.12
    half = person.body.clone()
    half[[8, 9, 10, 11, 12, 13, 14, 19, 20, 21, 22, 23, 24]] = 0  # cut off at the waist
    cut = lift_people([replace(person, body=half)], landmarks(), prior)
    assert float(error(cut, truth, [12, 15, 16, 17, 18, 19, 20, 21])) < 0.3
    assert torch.isfinite(cut.pose.body_pose).all()


def test_one_leg_taken_for_the_other_leaves_the_rest_as_it_was(seen):
    joints, people = seen
    prior, above = load_vposer(), [12, 15, 16, 17, 18, 19, 20, 21]
    legs, other = [10, 11, 13, 14, 19, 20, 21, 22, 23, 24], [13, 14, 10, 11, 22, 23, 24, 19, 20, 21]
    swapped = []
    for person in people:
        body = person.body.clone()
        body[legs] = person.body[other]
        swapped.append(replace(person, body=body))
    plain, spoilt = (lift_people(each, landmarks(), prior) for each in (people, swapped))
    assert float(error(spoilt, joints, above).mean()) < float(error(plain, joints, above).mean()) + 0.05
    turned = replace(people[0], body=people[0].body[MIRRORED])  # seen from behind, taken for seen from in front
    found = lift_people([turned], landmarks(), prior)
    assert torch.isfinite(found.pose.body_pose).all() and float(found.error) < 10


def test_progress_may_stop_it(seen):
    class Stop(Exception):
        pass

    def callback(done: int) -> None:
        raise Stop(done)

    with pytest.raises(Stop, match="1"):
        lift_people(seen[1], landmarks(), load_vposer(), callback=callback)


def test_derivatives_are_those_of_the_residuals():
    marks = landmarks()
    marks = Landmarks(marks.joints, marks.places.double(), marks.rest_joints.double())
    generator = torch.Generator().manual_seed(1)
    points = torch.rand(35, 3, generator=generator, dtype=torch.float64) * 200 + torch.tensor([-100.0, -100.0, 0.0])
    points[[3, 21], 2] = 0
    problem = LiftProblem(points.clamp(max=200), 500.0, marks, load_vposer().double())
    values = 0.3 * torch.randn(2, VALUES, generator=generator, dtype=torch.float64)
    values[:, TURN], values[:, 37] = 0, 1.4
    root = small_turn(torch.randn(2, 3, generator=generator, dtype=torch.float64))
    robust = torch.rand(2, 33, generator=generator, dtype=torch.float64)

    def residuals(step: torch.Tensor) -> torch.Tensor:
        moved = values + step
        turn = small_turn(step[:, TURN]) @ root
        return problem.residuals(torch.cat([moved[:, :32], moved[:, 32:35] * 0, moved[:, 35:]], 1), turn, robust)

    expected = torch.autograd.functional.jacobian(residuals, torch.zeros_like(values))
    found, slopes = problem.linearized(values, root, robust)
    torch.testing.assert_close(found, residuals(torch.zeros_like(values)))
    torch.testing.assert_close(slopes, torch.stack([expected[k, :, k] for k in range(2)]), atol=1e-9, rtol=1e-9)


def test_finger_states_are_read_off_an_avatars_hands():
    avatar = load_avatar(bundled("default_avatar.glb"))
    names = ("fist", "point", "victory", "flat", "open")
    hands = {f"{side}_hand_pose": torch.stack([hand_pose(name, side) for name in names]) for side in ("left", "right")}
    figure = avatar_figure(avatar, SMPLPose.create(torch.zeros(len(names), 21, 3), **hands))
    for name, keypoints in zip(names, figure.keypoints):
        for hand in (keypoints.left_hand, keypoints.right_hand):
            above = torch.cat([hand[:, [0, 2]], torch.ones(21, 1)], 1)  # in the T-pose the palms are down
            assert finger_state(above) in ((name, "open") if name == "flat" else (name,))  # this avatar's are spread
            along = torch.cat([hand[:, [2, 1]], torch.ones(21, 1)], 1)
            assert finger_state(along) in (name, "relaxed")


def test_fingers_that_are_unknown_or_drawn_as_rays_are_relaxed():
    rays = torch.zeros(21, 3)
    for k in range(20):
        angle = math.radians(20 * (k // 4))
        rays[k + 1, :2] = (k % 4 + 2) * torch.tensor([math.cos(angle), math.sin(angle)])
    rays[:, 2] = 1
    assert finger_state(None) == finger_state(rays) == finger_state(torch.zeros(21, 3)) == "relaxed"
