"""Sampling is reproducible, independent of its batch, interruptible, and never returns NaN."""

from __future__ import annotations

import pytest
import torch
from avatar_scene.pose_prior import sampling
from avatar_scene.pose_prior.denoiser import Denoiser, DenoiserConfig
from avatar_scene.pose_prior.sampling import SAMPLERS, initial_noise, sample
from avatar_scene.pose_prior.text_encoder import TOKEN_SLOTS, TextFeatures

SIZE = 8 + 6


@pytest.fixture(scope="module")
def model() -> Denoiser:
    torch.manual_seed(0)
    model = Denoiser(DenoiserConfig(body_dim=8, text_dim=12, width=32, layers=2, heads=4, hidden=48)).eval()
    return model.requires_grad_(False)


def prefixes(model: Denoiser, count: int, length: int = 6):
    generator = torch.Generator().manual_seed(3)
    mask = (torch.arange(TOKEN_SLOTS) < length).expand(count, -1)
    tokens = torch.randn(1, TOKEN_SLOTS, 12, generator=generator).expand(count, -1, -1)
    features = TextFeatures(tokens, mask, torch.randn(1, 12, generator=generator).expand(count, -1))
    null = model.encode_prefix(features.select(slice(0, 1)), torch.tensor([True]))
    return model.encode_prefix(features), null


def test_noise_of_a_sample_depends_on_seed_and_index_alone():
    together = initial_noise(SIZE, 7, [0, 1, 2, 3])
    assert torch.equal(initial_noise(SIZE, 7, [2])[0], together[2])
    assert not torch.equal(initial_noise(SIZE, 8, [2])[0], together[2])


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("steps", [1, 2, 25])
@pytest.mark.parametrize("guidance", [0.0, 1.0, 7.5])
def test_every_setting_gives_finite_poses(model, sampler, steps, guidance):
    prefix, null = prefixes(model, 3)
    noise = initial_noise(SIZE, 0, [0, 1, 2])
    body, root = sample(model, prefix, null, noise, steps=steps, guidance_scale=guidance, sampler=sampler)
    assert body.shape == (3, 8) and root.shape == (3, 6)
    assert torch.isfinite(body).all() and torch.isfinite(root).all()


def test_a_sample_does_not_depend_on_the_batch(model):
    prefix, null = prefixes(model, 4)
    together, _ = sample(model, prefix, null, initial_noise(SIZE, 5, [0, 1, 2, 3]))
    prefix, null = prefixes(model, 1)
    alone, _ = sample(model, prefix, null, initial_noise(SIZE, 5, [2]))
    torch.testing.assert_close(alone[0], together[2], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("length", [6, 0])
def test_guidance_in_one_pass_equals_two(model, length, monkeypatch):
    prefix, null = prefixes(model, 3, length)
    noise = initial_noise(SIZE, 2, [0, 1, 2])
    one = sample(model, prefix, null, noise, guidance_scale=4.0)
    monkeypatch.setattr(sampling, "FEW_SAMPLES", 0)
    two = sample(model, prefix, null, noise, guidance_scale=4.0)
    for a, b in zip(one, two):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-4)


def test_guidance_zero_ignores_the_text(model):
    prefix, null = prefixes(model, 2)
    noise = initial_noise(SIZE, 1, [0, 1])
    guided, _ = sample(model, prefix, null, noise, guidance_scale=0.0)
    free, _ = sample(model, null.repeat(2), null, noise, guidance_scale=1.0)
    torch.testing.assert_close(guided, free, rtol=1e-4, atol=1e-4)


def test_callback_reports_every_step_and_may_interrupt(model):
    prefix, null = prefixes(model, 1)
    seen = []

    def callback(step, total):
        seen.append((step, total))
        if step == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        sample(model, prefix, null, initial_noise(SIZE, 0, [0]), steps=10, callback=callback)
    assert seen == [(1, 10), (2, 10), (3, 10)]


def test_nan_never_leaves_the_sampler(model):
    broken = Denoiser(model.config).eval().requires_grad_(False)
    broken.body_out.bias.fill_(torch.nan)
    prefix, null = prefixes(broken, 1)
    with pytest.raises(ValueError, match="not finite"):
        sample(broken, prefix, null, initial_noise(SIZE, 0, [0]), steps=2)


@pytest.mark.parametrize(("options", "message"), [({"sampler": "euler"}, "sampler"), ({"steps": 0}, "steps is 0")])
def test_wrong_settings_are_named(model, options, message):
    prefix, null = prefixes(model, 1)
    with pytest.raises(ValueError, match=message):
        sample(model, prefix, null, initial_noise(SIZE, 0, [0]), **options)
