"""The MiniLM encoder equals the published model and copes with any text."""

from __future__ import annotations

import pytest
import torch
from avatar_scene.pose_prior.text_encoder import TOKEN_SLOTS, MiniLMEncoder, minilm_folder

TEXTS = ["a person is waving", "someone sits on the floor with crossed legs, reading a long letter", "x"]


@pytest.fixture(scope="module")
def encoder() -> MiniLMEncoder:
    return MiniLMEncoder()


def test_token_states_and_sentence_embedding_equal_transformers(encoder):
    transformers = pytest.importorskip("transformers")
    reference = transformers.AutoModel.from_pretrained(minilm_folder(), local_files_only=True).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(minilm_folder(), local_files_only=True)
    batch = tokenizer(TEXTS, padding=True, return_tensors="pt")
    with torch.no_grad():
        states = reference(**batch).last_hidden_state
    mask = batch["attention_mask"].bool()
    mean = (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
    features = encoder.encode(TEXTS)
    assert torch.equal(features.mask[:, : mask.shape[1]], mask) and features.mask.sum() == mask.sum()
    torch.testing.assert_close(features.tokens[features.mask], states[mask], rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(features.pooled, torch.nn.functional.normalize(mean, dim=-1), rtol=1e-4, atol=1e-4)


def test_a_text_is_encoded_the_same_alone_and_in_a_batch(encoder):
    together = encoder.encode(TEXTS)
    for row, text in enumerate(TEXTS):
        alone = encoder.encode([text])
        torch.testing.assert_close(alone.tokens[0], together.tokens[row], rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(alone.pooled[0], together.pooled[row], rtol=1e-4, atol=1e-5)


def test_empty_text_has_no_tokens_and_a_zero_embedding(encoder):
    features = encoder.encode(["", "a person"])
    assert not features.mask[0].any() and not features.pooled[0].any() and not features.tokens[0].any()
    assert features.mask[1].any()


@pytest.mark.parametrize("text", ["😀🏄 surfing", "人が走っている", "человек бежит", "a\x00b", "word " * 5000])
def test_any_language_emoji_and_length_encode_to_finite_features(encoder, text):
    features = encoder.encode([text])
    assert features.tokens.shape == (1, TOKEN_SLOTS, encoder.dim)
    assert torch.isfinite(features.tokens).all() and torch.isfinite(features.pooled).all()
