"""The pose trainer from end to end on a handful of poses, with MiniLM and with a tiny random CLIP."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from avatar_scene.pose_prior.clip_encoder import load_encoder
from avatar_scene.pose_prior.text_encoder import TOKEN_SLOTS, MiniLMEncoder, TextFeatures
from avatar_scene.pose_prior.text_to_pose import TextToPose
from avatar_scene.training import pose
from avatar_scene.training.data.captions import CaptionBank
from avatar_scene.training.data.corpus import Corpus
from avatar_scene.training.data.groups import action_groups
from avatar_scene.training.data.poses import PoseSet
from safetensors.torch import load_file
from tiny_clip import write_clip_folder

pytest.importorskip("accelerate")

CLIPS = {"wave": "a person is waving", "sit": "a person sits on the floor"}


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """A folder of motion capture: two clips of ten poses."""
    folder = tmp_path_factory.mktemp("poses")
    dice = np.random.default_rng(0)
    np.savez(
        folder / "poses.npz",
        body=(0.3 * dice.normal(size=(20, 21, 3))).astype(np.float32),
        root=(0.1 * dice.normal(size=(20, 3))).astype(np.float32),
        clip=np.repeat([0, 1], 10),
        key=dice.uniform(size=20).astype(np.float32),
    )
    common = {"split": "train", "source": "test", "licence": "public domain", "multi_action": False}
    clips = [{"actions": [name], "captions": [text], **common} for name, text in CLIPS.items()]
    (folder / "poses_clips.json").write_text(json.dumps(clips), encoding="utf-8")
    return folder


def train(monkeypatch, data: Path, out: Path, encoder: str, *flags: str) -> Path:
    """`python -m avatar_scene.training.pose`, three short steps; the result's path."""
    words = {"data": data, "out": out, "cache": out / "captions", "encoder": encoder, "book": "none"}
    words |= {"steps": 3, "warmup": 1, "batch": 16, "save-every": 2, "log-every": 1, "precision": "no"}
    options = [piece for name, value in words.items() for piece in (f"--{name}", str(value))]
    monkeypatch.setattr(sys, "argv", ["pose", *options, *flags])
    pose.main()
    return out / "text_to_pose.safetensors"


def test_training_with_a_clip_is_one_flag(monkeypatch, data, tmp_path):
    name = f"clip:{write_clip_folder(tmp_path / 'clip', ' '.join(CLIPS.values()).split())}"
    result = train(monkeypatch, data, tmp_path / "run", name)
    encoder = load_encoder(name)
    code = TextToPose.load(result, encoder=encoder).sample(["a person is waving"], 2, steps=2)
    assert code.encoder == encoder.name and torch.isfinite(code.body).all()
    with pytest.raises(ValueError, match="trained with the text encoder 'clip-16-"):
        TextToPose.load(result)


def test_two_trainings_with_one_seed_agree(monkeypatch, data, tmp_path):
    def weights(name: str, *flags: str) -> dict[str, torch.Tensor]:
        return load_file(train(monkeypatch, data, tmp_path / name, "minilm", *flags))

    first, second, other = weights("a"), weights("b"), weights("c", "--seed", "1")
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert not all(torch.equal(first[key], other[key]) for key in first)


def test_the_comparison_model_and_6d_train_too(monkeypatch, data, tmp_path):
    flags = ("--architecture", "mdm", "--representation", "6d", "--read-captions", "0")
    model = pose.load_sampler(train(monkeypatch, data, tmp_path, "minilm", *flags))
    assert torch.isfinite(model.sample(["a person is waving"], 1, steps=2).body).all()


def test_hidden_tokens_never_leave_a_text_without_any_and_texts_move_by_paraphrases():
    bank = CaptionBank(list(CLIPS.values()), MiniLMEncoder())
    poses = PoseSet(
        np.zeros((2, 21, 3)), np.zeros((2, 3)), np.ones(2), ["an action"] * 2, [[x] for x in CLIPS.values()]
    )
    corpus = Corpus(poses, [(action_groups(poses), 1.0)])
    mask = torch.arange(TOKEN_SLOTS) < torch.tensor([1, 5, 20, 63] * 50)[:, None]
    pooled = torch.nn.functional.normalize(torch.randn(200, 384))
    features = TextFeatures(torch.randn(200, TOKEN_SLOTS, 8), mask, pooled)
    difference = (bank.pooled[0] - bank.pooled[1]).float().norm()
    for text_noise, paraphrase_noise, least, most in ((0.1, 0.0, 0.09, 0.11), (0.0, 1.0, 0.3, 0.5)):
        config = pose.PoseConfig(hide_tokens=1.0, text_noise=text_noise, paraphrase_noise=paraphrase_noise)
        torch.manual_seed(0)
        blurred = pose.DenoisingLoss(torch.zeros(2, 38), corpus, bank, config, "cpu").blur(features)
        assert blurred.mask[:, 0].all() and not (blurred.mask & ~mask).any()
        assert 0.4 < blurred.mask.sum() / mask.sum() < 0.6
        moved = (blurred.pooled - pooled).norm(dim=1).mean()
        assert least < moved / (difference if paraphrase_noise else 1) < most
