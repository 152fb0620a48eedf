"""Pose files survive the round trip, AMASS files come in y up, and nothing else gets in."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
import torch
from avatar_scene.pose_prior import load_pose, save_pose
from avatar_scene.smpl import SMPLPose


def make_pose(count: int = 3) -> SMPLPose:
    torch.manual_seed(0)
    hands = {"left_hand_pose": torch.randn(count, 15, 3), "right_hand_pose": torch.randn(count, 15, 3)}
    body = torch.randn(count, 21, 3)
    return SMPLPose.create(body, torch.randn(count, 3), transl=torch.randn(count, 3), texts=["a", "é", ""], **hands)


def test_saved_poses_load_unchanged(tmp_path):
    pose = make_pose()
    save_pose(tmp_path / "deep" / "x.npz", pose, torch.zeros(3, 24, 3))
    loaded = load_pose(tmp_path / "deep" / "x.npz")
    for name in ("body_pose", "global_orient", "betas", "transl", "left_hand_pose", "right_hand_pose"):
        torch.testing.assert_close(getattr(loaded, name), getattr(pose, name))
    assert loaded.texts == pose.texts
    with np.load(tmp_path / "deep" / "x.npz", allow_pickle=False) as arrays:
        assert arrays["joints"].shape == (3, 24, 3)
    assert [file.name for file in (tmp_path / "deep").iterdir()] == ["x.npz"]


@pytest.mark.parametrize(("width", "space", "hands"), [(72, "smpl", False), (156, "smpl", True), (165, "smplx", True)])
def test_amass_files_are_turned_to_y_up(tmp_path, width, space, hands):
    poses = np.zeros((2, width), np.float32)
    poses[:, 0] = math.pi / 2  # a person standing upright where z is up
    np.savez(tmp_path / "x.npz", poses=poses, trans=np.array([[1, 2, 3], [0, 0, 0]], np.float32), betas=np.ones(16))
    pose = load_pose(tmp_path / "x.npz")
    torch.testing.assert_close(pose.global_orient, torch.zeros(2, 3), atol=1e-5, rtol=0)
    torch.testing.assert_close(pose.transl[0], torch.tensor([1.0, 3.0, -2.0]))
    assert pose.betas_space == space and (pose.left_hand_pose is not None) == hands and (pose.betas == 1).all()


def test_bad_files_are_refused_in_one_line(tmp_path):
    cases = {
        "text.npz": b"hello",
        "pickle.npz": pickle.dumps({"body_pose": 1}),
        "empty.npz": b"",
    }
    for name, content in cases.items():
        (tmp_path / name).write_bytes(content)
    save_pose(tmp_path / "whole.npz", make_pose())
    (tmp_path / "cut.npz").write_bytes((tmp_path / "whole.npz").read_bytes()[:200])
    np.savez(tmp_path / "object.npz", body_pose=np.array([{}], dtype=object))
    np.savez(tmp_path / "words.npz", body_pose=np.array(["a"]))
    np.savez(tmp_path / "shape.npz", body_pose=np.zeros((2, 20, 3)))
    np.savez(tmp_path / "nan.npz", body_pose=np.full((1, 21, 3), np.nan))
    np.savez(tmp_path / "other.npz", picture=np.zeros(3))
    np.savez(tmp_path / "wide.npz", poses=np.zeros((2, 99)))
    for name in [*cases, "cut.npz", "object.npz", "words.npz", "shape.npz", "nan.npz", "other.npz", "wide.npz"]:
        with pytest.raises(ValueError, match=name.replace(".", r"\.")) as error:
            load_pose(tmp_path / name)
        assert "\n" not in str(error.value)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load_pose(tmp_path / "nowhere.npz")
