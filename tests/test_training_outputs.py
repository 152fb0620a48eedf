"""What other text-to-motion programs write is read in their published layouts, and nothing harmful with it."""

from __future__ import annotations

import os
import pickle

import numpy as np
import pytest
import roma
import torch
from avatar_scene.pose_prior.kinematics import joint_positions
from avatar_scene.smpl import SMPLPose
from avatar_scene.training.data.joints import pose_from_joints
from avatar_scene.training.data.skeleton import rest_joints
from avatar_scene.training.generators import from_motions
from avatar_scene.training.outputs import OutputFolder, read_mdm_results, read_motions, read_npy


def make_pose(frames: int, seed: int = 0) -> SMPLPose:
    torch.manual_seed(seed)
    return SMPLPose.create(0.3 * torch.randn(frames, 21, 3), 0.3 * torch.randn(frames, 3))


def joints_of(pose: SMPLPose) -> torch.Tensor:
    rotvec = torch.cat([pose.global_orient[:, None], pose.body_pose], 1)
    return joint_positions(roma.rotvec_to_rotmat(rotvec), rest_joints())


def rotvecs(pose: SMPLPose) -> torch.Tensor:
    return torch.cat([pose.global_orient[:, None], pose.body_pose], 1)


def by_rows(pose: SMPLPose, rows: int) -> np.ndarray:
    """(F, rows, 6): the first two rows of every rotation; rows beyond the 22nd are zero turns."""
    turns = torch.eye(3).repeat(len(pose), rows, 1, 1)
    turns[:, :22] = roma.rotvec_to_rotmat(rotvecs(pose))
    return turns[..., :2, :].flatten(-2).numpy()


def save_pickled(path, content) -> None:
    np.save(path, np.array(content, dtype=object), allow_pickle=True)


def assert_same(a: SMPLPose, b: SMPLPose, tolerance: float = 1e-4) -> None:
    np.testing.assert_allclose(joints_of(a), joints_of(b), atol=tolerance)


def test_joints_become_rotations_that_stand_where_the_joints_are():
    pose = make_pose(40)
    joints = joints_of(pose)
    found = joints_of(pose_from_joints(joints[:, :22] * 3 + 5))  # any unit, any place
    # A collar's bone says nothing of a twist, so that two bones of a chain lie exactly and the spread ones by fit.
    assert (found - joints)[:, :22].norm(dim=-1).max() < 0.02
    assert torch.isfinite(pose_from_joints(torch.zeros(2, 22, 3)).body_pose).all()


def test_the_motor_map_becomes_nearly_the_same_pose():
    from avatar_scene.training.data.joints import _MMM

    joints = joints_of(make_pose(20))
    sent = torch.zeros(20, 21, 3)
    for source, target in _MMM.items():
        sent[:, source] = joints[:, target]
    found = joints_of(pose_from_joints(sent))
    for wrist, elbow in ((20, 18), (21, 19), (7, 4), (8, 5)):
        bone = torch.nn.functional.cosine_similarity(
            found[:, wrist] - found[:, elbow], joints[:, wrist] - joints[:, elbow], dim=-1
        )
        assert bone.min() > 0.99


def test_half_a_turn_of_a_bone_is_found():
    down = torch.zeros(1, 21, 3)
    down[0, 3, 0] = np.pi  # the left knee folded back on itself
    pose = SMPLPose.create(down)
    np.testing.assert_allclose(joints_of(pose_from_joints(joints_of(pose)))[:, 7], joints_of(pose)[:, 7], atol=1e-3)


def test_mdm_results_are_read_by_text_and_cut_to_length(tmp_path):
    motion = np.stack([joints_of(make_pose(8, k))[:, :22].permute(1, 2, 0).numpy() for k in range(3)])
    content = {"motion": motion, "text": ["a", "b", "a"], "lengths": np.array([8, 5, 3]), "num_samples": 3}
    save_pickled(tmp_path / "results.npy", content)
    found = read_mdm_results(tmp_path / "results.npy")
    assert [(text, len(poses)) for text, poses in found] == [("a", 8), ("b", 5), ("a", 3)]
    assert (joints_of(found[1][1])[:, :22] - joints_of(make_pose(8, 1))[:5, :22]).norm(dim=-1).max() < 0.02
    assert len(OutputFolder(tmp_path, ["a", "b"]).motions("a")) == 2


@pytest.mark.parametrize(
    "layout",
    [
        lambda pose: rotvecs(pose).flatten(1).numpy(),  # 66 numbers
        lambda pose: np.concatenate([rotvecs(pose).flatten(1).numpy(), np.zeros((len(pose), 6))], 1),  # 72
        lambda pose: by_rows(pose, 24),
        lambda pose: by_rows(pose, 25),
        lambda pose: np.moveaxis(by_rows(pose, 25), 0, -1),  # MotionCLIP's (25, 6, F)
    ],
)
def test_rotations_are_read_exactly_in_every_layout(tmp_path, layout):
    pose = make_pose(7)
    np.save(tmp_path / "0.npy", layout(pose))
    (found,) = read_motions(tmp_path / "0.npy")
    assert_same(found, pose)


def test_a_body_without_root_and_several_motions_a_file(tmp_path):
    poses = [make_pose(6, k) for k in range(3)]
    np.save(tmp_path / "0.npy", np.stack([pose.body_pose.flatten(1).numpy() for pose in poses]))
    found = read_motions(tmp_path / "0.npy")
    assert len(found) == 3
    np.testing.assert_allclose(found[2].body_pose, poses[2].body_pose, atol=1e-5)


def test_mdms_smpl_parameters_are_read(tmp_path):
    pose = make_pose(9)
    save_pickled(tmp_path / "4_rep0_smpl_params.npy", {"thetas": np.moveaxis(by_rows(pose, 24), 0, -1), "text": "x"})
    assert_same(OutputFolder(tmp_path, list("abcde")).motions("e")[0], pose)


class _Evil:
    def __reduce__(self):
        return os.system, ("touch evil",)


def test_a_pickle_that_calls_something_is_refused_in_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_pickled(tmp_path / "results.npy", {"motion": _Evil(), "text": []})
    with pytest.raises(ValueError, match=r"'results.npy'.*system") as error:
        read_mdm_results(tmp_path / "results.npy")
    assert "\n" not in str(error.value) and not (tmp_path / "evil").exists()
    (tmp_path / "plain.npy").write_bytes(pickle.dumps({"motion": 1}))
    with pytest.raises(ValueError, match=r"'plain\.npy'"):
        read_npy(tmp_path / "plain.npy")


@pytest.mark.parametrize(
    ("array", "message"),
    [(np.zeros((5, 7, 3)), "known layouts"), (np.full((5, 22, 3), np.nan), "finite"), (np.array(["x"]), "finite")],
)
def test_other_arrays_are_refused_by_name(tmp_path, array, message):
    np.save(tmp_path / "0.npy", array)
    with pytest.raises(ValueError, match=rf"'0\.npy'.*{message}"):
        read_motions(tmp_path / "0.npy")


def test_the_best_frame_of_each_motion_is_kept():
    motions = [SMPLPose.create(make_pose(6, k).body_pose, torch.tensor([[0.0, 2.0, 0.0]] * 6)) for k in range(3)]
    generate = from_motions(lambda text: motions, lambda pose, text: pose.body_pose[:, 0, 0])
    kept = generate(["a", "b"], 2, 0)
    assert kept.global_orient[:, 1].abs().max() < 0.5  # they face forward, the motions did not
    assert kept.body_pose[:2, 0, 0].tolist() == [float(m.body_pose[:, 0, 0].max()) for m in motions[:2]]
    with pytest.raises(ValueError, match="3 motions for 'a', 4 are needed"):
        generate(["a"], 4, 0)
