"""CLIPSIM is the cosine that the user's CLIP gives, on pictures of the poses."""

from __future__ import annotations

import pytest
import torch
from avatar_scene.smpl import SMPLPose
from avatar_scene.training.clipsim import ClipSimilarity, over_white

WORDS = ["a", "person", "is", "waving", "sitting"]


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """A tiny random CLIP, saved and loaded as a user's folder would be."""
    transformers = pytest.importorskip("transformers")
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    folder = tmp_path_factory.mktemp("clip")
    vocabulary = {word: index for index, word in enumerate(["<unk>", "<start>", *WORDS, "<end>"])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    ends = [("<start>", vocabulary["<start>"]), ("<end>", vocabulary["<end>"])]
    tokenizer.post_processor = processors.TemplateProcessing("<start> $A <end>", special_tokens=ends)
    made = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", pad_token="<end>")
    made.save_pretrained(folder)
    shape = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    text = {**shape, "vocab_size": len(vocabulary), "eos_token_id": vocabulary["<end>"]}
    vision = {**shape, "image_size": 32, "patch_size": 8}
    torch.manual_seed(0)
    config = transformers.CLIPConfig(text_config=text, vision_config=vision, projection_dim=8)
    transformers.CLIPModel(config).save_pretrained(folder)
    return ClipSimilarity.load(folder)


def test_scores_do_not_depend_on_what_else_is_scored(clip):
    image, texts = torch.rand(2, 64, 64, 3), ["a person is waving", "sitting"]
    together = clip.pictures(image, texts)
    alone = torch.cat([clip.pictures(image[k : k + 1], texts[k : k + 1]) for k in range(2)])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)
    assert together.abs().max() <= 1 and not torch.isclose(together[0], together[1])


def test_poses_are_scored_by_their_pictures(clip):
    torch.manual_seed(0)
    pose = SMPLPose.create(0.5 * torch.randn(2, 21, 3))
    scores = clip.poses(pose, ["a person is waving"] * 2)
    assert scores.shape == (2,) and scores[0] != scores[1]


def test_what_is_not_drawn_is_white():
    rgba = torch.tensor([[[0.2, 0.4, 0.6, 0.0], [0.2, 0.4, 0.6, 1.0]]])
    torch.testing.assert_close(over_white(rgba), torch.tensor([[[1.0, 1.0, 1.0], [0.2, 0.4, 0.6]]]))


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"config\.json"):
        ClipSimilarity.load(tmp_path)
