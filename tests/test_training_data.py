"""Training data: mirroring swaps words and sides together, draws follow the weights, facts see what is there."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from avatar_scene.smpl import SMPLPose, mirror_pose
from avatar_scene.training.data.captions import CaptionBank
from avatar_scene.training.data.describe import geometry_groups, rows_of, situation_groups
from avatar_scene.training.data.geometry import Measures, facts
from avatar_scene.training.data.groups import CaptionGroup, PairSampler, Paraphrases, action_groups
from avatar_scene.training.data.mocap import load_mocap
from avatar_scene.training.data.poses import PoseSet, concatenate, group_weights, mirror_body, mirror_root, swap_sides
from avatar_scene.training.data.skeleton import rest_joints
from avatar_scene.training.data.unseen import said, unseen_prompts, without_unseen

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "poses"
needs_shared = pytest.mark.skipif(not (SHARED / "poses.npz").is_file(), reason="no shared pose data")


def make_set(count: int = 6, seed: int = 0) -> PoseSet:
    generator = np.random.default_rng(seed)
    body = generator.normal(size=(count, 21, 3)).astype(np.float32) * 0.3
    root = generator.normal(size=(count, 3)).astype(np.float32) * 0.1
    captions = [["a person raises the left hand"] for _ in range(count)]
    return PoseSet(body, root, np.arange(1, count + 1), ["raise"] * count, captions)


@pytest.mark.parametrize(
    ("text", "swapped"),
    [
        ("raises the left hand", "raises the right hand"),
        ("Left foot, right hand", "Right foot, left hand"),
        ("a left-handed thrower", "a right-handed thrower"),
        ("what is left over is bright", "what is right over is bright"),
        ("turns leftwards", "turns leftwards"),
    ],
)
def test_side_words_are_exchanged(text, swapped):
    assert swap_sides(text) == swapped
    assert swap_sides(swapped) == text


def test_mirroring_equals_the_library_and_is_its_own_inverse():
    poses = make_set()
    mirrored = mirror_pose(SMPLPose.create(torch.from_numpy(poses.body), torch.from_numpy(poses.root)))
    np.testing.assert_allclose(mirror_body(poses.body), mirrored.body_pose.numpy())
    np.testing.assert_allclose(mirror_root(poses.root), mirrored.global_orient.numpy())
    np.testing.assert_allclose(mirror_body(mirror_body(poses.body)), poses.body)


def test_mirrored_set_swaps_words_hands_and_keeps_weights():
    poses = make_set()
    poses.hands = np.tile([1, 2], (6, 1))
    both = poses.with_mirrored()
    assert len(both) == 12 and both.captions[6] == ["a person raises the right hand"]
    np.testing.assert_array_equal(both.hands[6], [2, 1])
    np.testing.assert_allclose(both.weight[:6], both.weight[6:])
    assert both.weight.sum() == pytest.approx(1)


def test_sources_get_the_share_they_were_given():
    both = concatenate([make_set(3), make_set(30)], [0.25, 0.75])
    assert both.weight[:3].sum() == pytest.approx(0.25)


def test_group_weights_give_every_group_the_same():
    weight = group_weights(["a", "a", "a", "b"])
    assert weight[:3].sum() == pytest.approx(weight[3]) == pytest.approx(0.5)


class _Letters:
    """A text encoder for tests: one token a word."""

    name, dim = "letters", 4

    def count_tokens(self, text):
        return len(text.split())

    def encode(self, texts):
        from avatar_scene.pose_prior.text_encoder import TOKEN_SLOTS, TextFeatures

        mask = torch.stack([torch.arange(TOKEN_SLOTS) < len(text.split()) for text in texts])
        values = torch.tensor([float(len(text)) for text in texts])
        tokens = values[:, None, None] * mask[..., None] * torch.ones(4)
        return TextFeatures(tokens, mask, values[:, None] * torch.ones(4))


def test_caption_bank_returns_what_was_encoded_and_reuses_its_cache(tmp_path):
    texts = ["a person waves", "a person is on one knee today", "Waving"]
    bank = CaptionBank(texts, _Letters(), tmp_path)
    again = CaptionBank([*texts, "a new one"], _Letters(), tmp_path)
    assert len(list(tmp_path.glob("*.npz"))) == 2
    for text, normal in zip(texts, ["a person waves", "a person is on one knee today", "a person is waving"]):
        for source in (bank, again):
            features = source.features(torch.tensor([source.index[text]]))
            assert int(features.mask.sum()) == len(normal.split())
            assert float(features.pooled[0, 0]) == len(normal)
            assert torch.equal(
                features.tokens[0][features.mask[0]], torch.full_like(features.tokens[0][features.mask[0]], len(normal))
            )


def test_pairs_are_drawn_by_source_share_and_describe_their_poses(tmp_path):
    groups = [
        CaptionGroup("a", ("one",), np.array([0, 1]), 1.0),
        CaptionGroup("b", ("two", "three"), np.array([2]), 3.0),
    ]
    other = [CaptionGroup("c", ("four",), np.array([3, 4, 5]), 5.0)]
    bank = CaptionBank(["one", "two", "three", "four"], _Letters())
    sampler = PairSampler([(groups, 0.5), (other, 0.5)], np.array([1, 0, 1, 1, 1, 1]) / 5, bank)
    torch.manual_seed(0)
    caption, rows, group = sampler.draw(4000, 2)
    assert [float((group == g).float().mean()) for g in range(3)] == pytest.approx([0.125, 0.375, 0.5], abs=0.03)
    assert (rows[caption == bank.index["one"]] == 0).all()
    assert (rows[caption == bank.index["two"]] == 2).all()
    assert set(rows[caption == bank.index["four"]].flatten().tolist()) == {3, 4, 5}


def test_paraphrases_differ_within_an_action_alone():
    said = {"a": ("one", "three", "eleven"), "b": ("four and five",)}
    bank = CaptionBank([text for texts in said.values() for text in texts], _Letters())
    rows = np.array([0])
    drawn = Paraphrases([CaptionGroup(n, (text,), rows, 1.0) for n, texts in said.items() for text in texts], bank)
    torch.manual_seed(0)
    moved = drawn.draw(2000)
    assert moved.shape == (2000, bank.pooled.shape[1])
    lengths = [float(bank.pooled[bank.index[text], 0]) for text in said["a"]]
    assert set(moved[:, 0].tolist()) == {a - b for a in lengths for b in lengths}


def test_every_caption_of_an_action_stands_for_all_its_poses():
    poses = make_set(4)
    poses.captions = [["x", "y"], ["x"], ["y"], ["x", "y"]]
    groups = {group.captions[0]: group for group in action_groups(poses)}
    np.testing.assert_array_equal(groups["x"].rows, [0, 1, 3])
    assert groups["x"].share + groups["y"].share == pytest.approx(1)


def pose_facts(**joints) -> dict[str, np.ndarray]:
    """Facts of one pose, given as joint=(x, y, z) degrees."""
    from avatar_scene.smpl import JOINT_NAMES

    body = np.zeros((1, 21, 3), np.float32)
    for name, degrees in joints.items():
        body[0, JOINT_NAMES.index(name) - 1] = np.radians(degrees)
    return facts(Measures(body, np.zeros((1, 3), np.float32), rest_joints()))


def test_facts_of_plain_poses():
    rest = pose_facts()
    assert rest["standing_still"] and rest["both_arm_sideways"] and not rest["sitting"]
    hanging = pose_facts(left_shoulder=(0, 0, -80), right_shoulder=(0, 0, 80))
    assert hanging["both_arm_hanging"] and not hanging["any_arm_raised"]
    raised = pose_facts(left_shoulder=(0, 0, -80), right_shoulder=(0, 0, -80))
    assert raised["right_arm_raised"] and not raised["left_arm_raised"] and raised["right_arm_straight_up"]
    seat = {"left_hip": (-90, 0, 0), "right_hip": (-90, 0, 0), "left_knee": (90, 0, 0), "right_knee": (90, 0, 0)}
    assert pose_facts(**seat)["sitting_chair"]
    bent = pose_facts(left_hip=(-95, 0, 0), right_hip=(-95, 0, 0))
    assert not bent["standing"]


def test_facts_change_sides_in_the_mirror():
    poses = make_set(40, seed=3)
    rest = rest_joints()
    symmetric = (rest + rest[torch.tensor(mirror_order())] * torch.tensor([-1.0, 1.0, 1.0])) / 2
    seen = facts(Measures(poses.body, poses.root, symmetric))
    mirrored = facts(Measures(mirror_body(poses.body), mirror_root(poses.root), symmetric))
    for name in seen:
        if name.startswith("left_"):
            np.testing.assert_array_equal(seen[name], mirrored["right_" + name.removeprefix("left_")], err_msg=name)


def mirror_order() -> list[int]:
    from avatar_scene.smpl import MIRROR

    return list(MIRROR)


def test_queries_combine_facts_and_refuse_unknown_ones():
    table = {"a": np.array([1, 1, 0], bool), "b": np.array([1, 0, 0], bool)}
    np.testing.assert_array_equal(rows_of("a & !b", table), [0, 1, 0])
    np.testing.assert_array_equal(rows_of("b | !a", table), [1, 0, 1])
    np.testing.assert_array_equal(rows_of("action_unseen", table), [0, 0, 0])
    with pytest.raises(ValueError, match="'c'"):
        rows_of("a & c", table)


def test_automatic_captions_know_every_fact_and_leave_out_held_prompts():
    body = np.random.default_rng(0).normal(size=(400, 21, 3)).astype(np.float32) * 0.5
    seen = facts(Measures(body, np.zeros((400, 3), np.float32), rest_joints()))
    seen = {name: np.ones_like(value) for name, value in seen.items()}
    assert geometry_groups(seen)
    groups = situation_groups(seen, {"boxing"})
    texts = {text for group in groups for text in group.captions}
    assert len(texts) > 100 and not any(text.endswith(" is boxing") for text in texts)


@needs_shared
def test_prompts_that_judge_are_kept_out_in_other_persons_and_forms():
    assert said("A man is brushing teeth") == said("brushing teeth") == "brushing teeth"
    assert "brushing teeth" in unseen_prompts() and len(unseen_prompts()) > 500
    rows = np.arange(3)
    groups = [
        CaptionGroup("a", ("someone is brushing teeth",), rows, 1.0),
        CaptionGroup("b", ("brushing teeth", "a vampire brushes his fangs"), rows, 1.0),
    ]
    (kept,) = without_unseen(groups)
    assert kept.captions == ("a vampire brushes his fangs",) and kept.share == 0.5


@needs_shared
def test_mocap_reader_leaves_out_unclear_origins_and_splits_by_person():
    sets = {split: load_mocap(SHARED, split) for split in ("train", "val", "test")}
    assert all(len(poses) > 100 for poses in sets.values())
    assert sum(len(poses) for poses in sets.values()) < 32_193
    assert all(poses.weight.sum() == pytest.approx(1) for poses in sets.values())


def test_missing_data_folder_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.delenv("AVATAR_SCENE_POSES", raising=False)
    with pytest.raises(FileNotFoundError, match="AVATAR_SCENE_POSES"):
        load_mocap(tmp_path)
    assert "AVATAR_SCENE_POSES" not in os.environ
