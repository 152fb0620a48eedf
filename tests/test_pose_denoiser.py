"""The denoiser is the causal decoder of the paper, and its cached prefix changes nothing."""

from __future__ import annotations

import pytest
import torch
from avatar_scene.pose_prior.denoiser import Denoiser, DenoiserConfig
from avatar_scene.pose_prior.text_encoder import TOKEN_SLOTS, TextFeatures

BATCH = 4


@pytest.fixture
def model() -> Denoiser:
    torch.manual_seed(0)
    model = Denoiser(DenoiserConfig(body_dim=8, text_dim=12, width=32, layers=3, heads=4, hidden=48))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return model.double().eval()


def make_features(lengths: list[int], seed: int = 1) -> TextFeatures:
    generator = torch.Generator().manual_seed(seed)
    mask = torch.arange(TOKEN_SLOTS) < torch.tensor(lengths)[:, None]
    tokens = torch.randn(len(lengths), TOKEN_SLOTS, 12, generator=generator, dtype=torch.float64) * mask[..., None]
    pooled = torch.randn(len(lengths), 12, generator=generator, dtype=torch.float64)
    return TextFeatures(tokens, mask, pooled)


def make_noised(batch: int = BATCH) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(2)
    body = torch.randn(batch, 8, generator=generator, dtype=torch.float64)
    root = torch.randn(batch, 6, generator=generator, dtype=torch.float64)
    return body, root, torch.tensor([0, 10, 500, 999])[:batch]


@pytest.mark.parametrize("lengths", [[5, 9, 2, 63], [3, 3, 3, 3], [0, 4, 0, 7], [0, 0, 0, 0]])
def test_cached_prefix_equals_plain_forward(model, lengths):
    features, noised = make_features(lengths), make_noised()
    plain = model(*noised, features)
    cached = model.denoise(*noised, model.encode_prefix(features))
    for a, b in zip(plain, cached):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-10)


def test_cached_prefix_equals_plain_forward_where_text_is_dropped(model):
    features, noised = make_features([5, 9, 2, 11]), make_noised()
    drop = torch.tensor([True, False, False, True])
    plain = model(*noised, features, drop)
    cached = model.denoise(*noised, model.encode_prefix(features, drop))
    for a, b in zip(plain, cached):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-10)


def test_trimming_a_plain_forward_changes_nothing(model):
    features, noised = make_features([5, 9, 2, 0]), make_noised()
    for a, b in zip(model(*noised, features), model(*noised, features, trim=True)):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-10)


def test_one_prefix_serves_many_samples(model):
    features, noised = make_features([6]), make_noised()
    shared = model.denoise(*noised, model.encode_prefix(features).repeat(BATCH))
    each = model(*noised, features.select(torch.zeros(BATCH, dtype=torch.long)))
    torch.testing.assert_close(shared[0], each[0], rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("trim", [False, True])
def test_poses_in_one_sequence_equal_poses_apart(model, trim):
    features, noised = make_features([5, 0]), make_noised()
    drop = torch.tensor([False, False])
    together = model(*noised, features, drop, trim)
    apart = model.denoise(*noised, model.encode_prefix(features).repeat(2))
    for a, b in zip(together, apart):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-10)


def test_padding_has_no_influence(model):
    features, noised = make_features([5, 9, 2, 11]), make_noised()
    dirty = TextFeatures(features.tokens + 100 * ~features.mask[..., None], features.mask, features.pooled)
    torch.testing.assert_close(model(*noised, dirty)[0], model(*noised, features)[0])


def test_dropped_text_has_no_influence_and_text_has(model):
    noised, drop = make_noised(), torch.ones(BATCH, dtype=torch.bool)
    one, other = make_features([5, 9, 2, 11]), make_features([8, 8, 8, 8], seed=3)
    torch.testing.assert_close(model(*noised, one, drop)[0], model(*noised, other, drop)[0])
    assert (model(*noised, one)[0] - model(*noised, other)[0]).abs().min() > 1e-6


def test_attention_is_causal(model):
    """The pooled slot and everything before it must not see the pose, or the prefix could not be cached."""
    body, _, _ = make_noised(1)
    x = torch.randn(1, 69, 32, dtype=torch.float64, requires_grad=True)
    from avatar_scene.pose_prior.denoiser import _causal_mask

    mask = _causal_mask(torch.ones(1, 69, dtype=torch.bool), 69)
    y = x
    for block in model.blocks:
        y, _ = block(y, mask)
    (gradient,) = torch.autograd.grad(y[0, 63].sum(), x)
    assert gradient[0, 64:].abs().max() == 0 and gradient[0, :64].abs().min(0).values.max() > 0
    assert body.shape == (1, 8)
