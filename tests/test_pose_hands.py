"""Finger states are hand poses whose fingers bend towards the palm, mirrored for the right hand."""

from __future__ import annotations

import pytest
import roma
import torch
from avatar_scene.pose_prior.hands import FINGER_STATES, hand_pose, hand_poses

INDEX, MIDDLE, PINKY, RING, THUMB = (slice(3 * finger, 3 * finger + 3) for finger in range(5))


def fingertip(state: str, side: str, finger: slice) -> torch.Tensor:
    """Where the tip of a flat finger of 4, 3 and 2 cm bones along +-x ends up; x is counted along the flat finger."""
    sign = 1.0 if side == "left" else -1.0
    rotation, position = torch.eye(3), torch.zeros(3)
    for matrix, length in zip(roma.rotvec_to_rotmat(hand_pose(state, side)[finger]), (0.04, 0.03, 0.02)):
        rotation = rotation @ matrix
        position = position + rotation @ torch.tensor([sign * length, 0.0, 0.0])
    return position * torch.tensor([sign, 1.0, 1.0])


@pytest.mark.parametrize("side", ["left", "right"])
def test_fist_brings_every_fingertip_to_the_palm(side):
    for finger in (INDEX, MIDDLE, RING, PINKY):
        tip = fingertip("fist", side, finger)
        assert tip[1] < -0.02 and tip[0] < 0.0
        assert fingertip("flat", side, finger)[1] > -0.005


@pytest.mark.parametrize("side", ["left", "right"])
def test_pointing_and_victory_keep_their_fingers_straight(side):
    assert fingertip("point", side, INDEX)[0] > 0.085 and fingertip("point", side, MIDDLE)[0] < 0.0
    for finger in (INDEX, MIDDLE):
        assert fingertip("victory", side, finger)[0] > 0.085
    assert fingertip("victory", side, RING)[0] < 0.0


@pytest.mark.parametrize("state", FINGER_STATES)
def test_right_hand_mirrors_the_left(state):
    torch.testing.assert_close(hand_pose(state, "right"), hand_pose(state, "left") * torch.tensor([1.0, -1.0, -1.0]))
    assert hand_pose(state, "left").shape == (15, 3)


def test_states_differ_and_batches_stack():
    poses = hand_poses(list(FINGER_STATES), "left")
    assert poses.shape == (len(FINGER_STATES), 15, 3)
    distance = torch.cdist(poses.flatten(1), poses.flatten(1)) + torch.eye(len(poses))
    assert distance.min() > 0.1


def test_unknown_state_is_named():
    with pytest.raises(ValueError, match="'claw'"):
        hand_pose("claw", "left")
