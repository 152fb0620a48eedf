"""CLIP encoders give the same features as the models they wrap, and a pose checkpoint is tied to the one it knows."""

from __future__ import annotations

import pytest
import torch
from avatar_scene.pose_prior.clip_encoder import ComfyClipEncoder, TransformersClipEncoder, load_encoder, pack
from avatar_scene.pose_prior.denoiser import DenoiserConfig
from avatar_scene.pose_prior.text_encoder import TOKEN_SLOTS
from avatar_scene.pose_prior.text_to_pose import TextToPose, pose_bundle
from tiny_clip import write_clip_folder

WORDS = ["a", "person", "is", "waving", "sitting", "on", "the", "floor"]


class FakeComfyClip:
    """Two chunks of 77 as ComfyUI gives them: start 1, words, end 2, padding 2; states are the token ids."""

    def tokenize(self, text):
        ids = [1, *(3 + WORDS.index(word) for word in text.split()), 2]
        return {"l": [[(token, 1.0) for token in ids + [2] * (77 - len(ids))]]}

    def encode_from_tokens(self, tokens, return_pooled):
        ids = torch.tensor([[float(token) for token, _ in tokens["l"][0]]])
        return ids[..., None].expand(1, 77, 6), torch.full((1, 4), ids.sum())


def test_comfyui_socket_gives_used_tokens_and_padded_pooled():
    encoder = ComfyClipEncoder(FakeComfyClip())
    features = encoder.encode(["a person is waving", ""])
    assert encoder.name == "comfy-l-6" and encoder.count_tokens("a person") == 4
    assert features.tokens.shape == (2, TOKEN_SLOTS, 6) and features.pooled.shape == (2, 6)
    assert features.mask.sum(1).tolist() == [6, 0]
    assert features.tokens[0, :6, 0].tolist() == [1, 3, 4, 5, 6, 2]
    assert not features.pooled[0, 4:].any() and features.pooled[0].norm() == pytest.approx(1)


@pytest.fixture(scope="module")
def clip_folder(tmp_path_factory):
    return write_clip_folder(tmp_path_factory.mktemp("clip"), WORDS)


def test_transformers_clip_equals_its_model(clip_folder):
    encoder = TransformersClipEncoder(clip_folder)
    text = "a person is sitting on the floor"
    features = encoder.encode([text, "waving"])
    ids = encoder.tokenizer(text, return_tensors="pt").input_ids
    with torch.no_grad():
        output = encoder.model(ids)
    count = ids.shape[1]
    assert features.mask[0].sum() == count == encoder.count_tokens(text)
    torch.testing.assert_close(features.tokens[0, :count], output.last_hidden_state[0])
    torch.testing.assert_close(features.pooled[0], torch.nn.functional.normalize(output.pooler_output[0], dim=0))


def test_a_pose_model_runs_on_clip_and_names_it(clip_folder):
    encoder = load_encoder(f"clip:{clip_folder}")
    bundle = pose_bundle(DenoiserConfig(text_dim=encoder.dim, width=32, layers=1, heads=2, hidden=32))
    model = TextToPose(bundle["denoiser"], bundle["hand_head"], encoder, "vposer32")
    code = model.sample(["a person is waving"], 2, steps=2)
    assert code.encoder == encoder.name and code.encoder.startswith("clip-16-")


def test_encoders_are_chosen_by_name(tmp_path):
    with pytest.raises(ValueError, match="'bert'"):
        load_encoder("bert")
    with pytest.raises(FileNotFoundError, match=r"config\.json"):
        load_encoder(f"clip:{tmp_path}")


def test_longer_states_are_cut_to_the_slots():
    features = pack([torch.ones(100, 3)], [None], 3)
    assert features.mask.all() and features.pooled[0].norm() == pytest.approx(1)
