"""Prompt in, ranked poses out, with the bundled models; checkpoints of another kind are refused by name."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from avatar_scene.pose_prior import PoseCode, PosePrior, TextToPose, choice, decode, regularize
from avatar_scene.pose_prior.checkpoint import load_checkpoint, save_checkpoint
from avatar_scene.pose_prior.text_encoder import MiniLMEncoder
from avatar_scene.pose_prior.text_to_pose import KIND
from avatar_scene.rendering import load_body
from avatar_scene.smpl import SMPLPose
from avatar_scene.weights import bundled

FAST = {"steps": 4}


@pytest.fixture(scope="module")
def prior() -> PosePrior:
    return PosePrior.load()


def test_generated_poses_are_ranked_best_first(prior, monkeypatch):
    monkeypatch.setattr(choice, "TYPICAL_TILT", 0.0)  # what the ranker says, without the cost of leaning
    monkeypatch.setattr(choice, "VARIETY", 0.0)  # ... and of likeness
    texts = ["a person is sitting on a chair", "raising the right hand"]
    pose, code = prior.generate(texts, 3, **FAST)
    assert len(pose) == len(code) == 6
    assert pose.texts == ("a person is sitting on a chair",) * 3 + ("a person is raising the right hand",) * 3
    scores = prior.rank(pose, texts).view(2, 3)
    assert (scores.diff(dim=1) <= 1e-6).all()


def test_several_poses_begin_with_the_best_and_differ(prior, monkeypatch):
    texts = ["kicking a ball", "dancing", "waving", "doing yoga"]  # the best of these differ by themselves
    texts += ["reading a book", "running", "jumping for joy", "playing the guitar", "sweeping the floor"]

    def spread(pose):  # of every text: mean distance of joints between two of its poses
        joints = load_body().posed(pose)[1].unflatten(0, (len(texts), 5))
        return (joints[:, :, None] - joints[:, None]).norm(dim=-1).mean((1, 2, 3))

    varied, _ = prior.generate(texts, 5, **FAST)
    monkeypatch.setattr(choice, "VARIETY", 0.0)
    best, _ = prior.generate(texts, 5, **FAST)
    assert torch.equal(varied.body_pose[::5], best.body_pose[::5])
    assert (spread(varied) > spread(best))[:4].all() and spread(varied).mean() > 1.2 * spread(best).mean()


def test_the_choice_takes_no_candidate_twice_and_all_if_asked():
    scores = torch.tensor([[0.5, 0.5, 0.49, 0.0]])
    joints = torch.tensor([0.0, 0.0, 1.0, 9.0]).view(1, 4, 1, 1).expand(1, 4, 2, 3)
    assert choice._best_and_varied(scores, joints, 4).tolist() == [[0, 2, 1, 3]]
    alike = torch.zeros(1, 4, 2, 3)
    assert sorted(choice._best_and_varied(scores, alike, 4)[0].tolist()) == [0, 1, 2, 3]


def test_the_same_seed_gives_the_same_poses_whatever_else_is_asked(prior):
    together, _ = prior.generate(["waving", "sitting on the floor"], 2, seed=3, **FAST)
    alone, _ = prior.generate(["sitting on the floor"], 2, seed=3, **FAST)
    other, _ = prior.generate(["sitting on the floor"], 2, seed=4, **FAST)
    torch.testing.assert_close(together.select([2, 3]).body_pose, alone.body_pose, rtol=1e-3, atol=1e-3)
    assert not torch.allclose(alone.body_pose, other.body_pose, atol=1e-3)


def test_more_samples_extend_fewer(prior):
    few = prior.text_to_pose.sample(["waving"], 2, seed=1, **FAST)
    more = prior.text_to_pose.sample(["waving"], 4, seed=1, **FAST)
    torch.testing.assert_close(more.body[:2], few.body, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("text", ["", "😀", "一个人在跳舞", "dance " * 2000, "\x00"])
def test_any_text_gives_finite_poses(prior, text):
    pose, _ = prior.generate([text], 1, **FAST)
    assert torch.isfinite(pose.body_pose).all() and pose.body_pose.norm(dim=-1).max() <= torch.pi + 1e-4


def test_empty_text_is_unconditional_whatever_the_guidance(prior):
    weak = prior.text_to_pose.sample([""], 1, guidance_scale=1.0, **FAST)
    strong = prior.text_to_pose.sample([""], 1, guidance_scale=6.0, **FAST)
    torch.testing.assert_close(weak.body, strong.body, rtol=1e-3, atol=1e-3)
    assert prior.text_to_pose.prompts([""])[0].note


def test_wrong_numbers_are_named(prior):
    with pytest.raises(ValueError, match="number of poses is 0"):
        prior.generate(["x"], 0)
    with pytest.raises(ValueError, match="no prompt"):
        prior.generate([], 1)
    with pytest.raises(ValueError, match="strength is 2"):
        regularize(SMPLPose.create(torch.zeros(1, 21, 3)), prior.vposer, 2)


def test_sixd_codes_decode_exactly_and_are_drawn_to_the_prior_by_strength(prior):
    from avatar_scene.pose_prior.kinematics import rotvec_to_6d

    body = torch.randn(4, 21, 3) * 0.3
    root = rotvec_to_6d(torch.zeros(4, 3))
    code = PoseCode("6d", rotvec_to_6d(body).flatten(1), root, ("",) * 4)
    torch.testing.assert_close(decode(code, prior.vposer, 0.0).body_pose, body, atol=1e-4, rtol=0)
    half, full = (decode(code, prior.vposer, strength).body_pose for strength in (0.5, 1.0))
    torch.testing.assert_close(full, prior.vposer.decode(prior.vposer.encode(body)), atol=1e-4, rtol=0)
    assert (half - body).norm() < (full - body).norm()


def test_pose_codes_refuse_wrong_shapes_and_nan():
    with pytest.raises(ValueError, match="body has shape"):
        PoseCode("vposer32", torch.zeros(2, 31), torch.zeros(2, 6), ("", ""))
    with pytest.raises(ValueError, match="NaN"):
        PoseCode("vposer32", torch.full((1, 32), torch.nan), torch.zeros(1, 6), ("",))
    with pytest.raises(ValueError, match="'quaternion'"):
        PoseCode("quaternion", torch.zeros(1, 32), torch.zeros(1, 6), ("",))


class _OtherEncoder(MiniLMEncoder):
    name = "another"


def test_another_text_encoder_is_refused_by_name():
    with pytest.raises(ValueError, match=r"all-MiniLM-L6-v2.*another"):
        TextToPose.load(encoder=_OtherEncoder())


def test_damaged_and_foreign_checkpoints_are_refused_by_name(tmp_path):
    original = bundled("text_to_pose.safetensors")
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(original.read_bytes()[:100_000])
    with pytest.raises(ValueError, match=r"cut\.safetensors.*damaged"):
        TextToPose.load(cut)
    with pytest.raises(ValueError, match="'vposer'"):
        TextToPose.load(bundled("vposer.safetensors"))
    with pytest.raises(FileNotFoundError, match="nothing"):
        TextToPose.load(tmp_path / "nothing.safetensors")
    tensors, config = load_checkpoint(original, KIND)
    tensors["denoiser.body_out.weight"] = torch.zeros(3, 3)
    wrong = tmp_path / "wrong.safetensors"
    save_checkpoint(wrong, tensors, KIND, config)
    with pytest.raises(ValueError, match=r"denoiser\.body_out\.weight.*shape"):
        TextToPose.load(wrong)
    assert json.dumps(config)


def test_bundled_weights_keep_to_their_budget():
    limits = {"text_to_pose.safetensors": 8, "pose_ranker.safetensors": 2, "vposer.safetensors": 4}
    for name, mebibytes in limits.items():
        assert bundled(name).stat().st_size <= mebibytes * 2**20


def test_nan_in_weights_is_refused(tmp_path):
    tensors, config = load_checkpoint(bundled("text_to_pose.safetensors"), KIND)
    tensors["denoiser.null"] = torch.full_like(tensors["denoiser.null"], torch.nan)
    save_checkpoint(tmp_path / "nan.safetensors", tensors, KIND, config)
    with pytest.raises(ValueError, match="NaN"):
        TextToPose.load(tmp_path / "nan.safetensors")


def test_hands_follow_the_text_and_poses_keep_them(prior):
    pose, code = prior.generate(["a person is standing"], 1, **FAST)
    assert pose.left_hand_pose.shape == (1, 15, 3) and len(code.left_hand) == 1
    assert replace(pose, texts=("x",)).texts == ("x",)


def test_the_pose_says_which_hand_does_what_the_text_says(prior):
    """A cup is held by the hand that is at the mouth, whichever that is in a sample; no text leaves hands relaxed."""
    code = prior.text_to_pose.sample(["a person drinks from a cup"], 40, steps=10)
    joints = load_body().posed(decode(code, prior.vposer))[1]
    reach = (joints[:, [20, 21]] - joints[:, [15]]).norm(dim=-1)  # wrists from the head
    near = reach.argmin(1)
    clear = (reach[:, 0] - reach[:, 1]).abs() > 0.2
    states = np.array([code.left_hand, code.right_hand]).T
    grips = states[torch.arange(40), near] != "relaxed"
    assert clear.sum() >= 10 and grips[clear.numpy()].mean() > 0.8
    idle = prior.text_to_pose.sample([""], 3, steps=2)
    assert set(idle.left_hand + idle.right_hand) == {"relaxed"}
