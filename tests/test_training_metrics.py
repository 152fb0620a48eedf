"""The figures in the results table are what their names say."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from avatar_scene.pose_prior.denoiser import DenoiserConfig
from avatar_scene.pose_prior.sampling import initial_noise, sample
from avatar_scene.pose_prior.text_encoder import TOKEN_SLOTS, TextFeatures
from avatar_scene.training.mdm import EncoderDenoiser
from avatar_scene.training.metrics import (
    angle_limits,
    bootstrap,
    diversity,
    frechet_distance,
    impossible_share,
    retrieval_ranks,
)

RNG = np.random.default_rng(0)


def test_frechet_distance_of_gaussians():
    a = RNG.normal(size=(4000, 3))
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(a, a + [2, 0, 0]) == pytest.approx(4, abs=1e-6)
    assert frechet_distance(a, 3 * (a - a.mean(0)) + a.mean(0)) == pytest.approx(4 * 3, rel=0.1)


def test_retrieval_ranks_of_perfect_and_random_embeddings():
    actions = [f"action {index % 40}" for index in range(400)]
    vectors = np.eye(40)[[index % 40 for index in range(400)]]
    assert (retrieval_ranks(vectors, vectors, actions) == 0).all()
    noise = RNG.normal(size=(400, 16))
    assert retrieval_ranks(noise, RNG.normal(size=(400, 16)), actions).mean() == pytest.approx(15.5, abs=2)


def test_diversity_is_the_mean_distance_within_a_text():
    joints = np.zeros((6, 24, 3))
    joints[3:, :, 0] = [[0], [1], [2]]  # the second text's samples lie 1, 1 and 2 m apart
    assert diversity(joints, 3) == pytest.approx((0 + 4 / 3) / 2)


def test_only_angles_beyond_the_seen_range_are_impossible():
    body = RNG.uniform(-0.5, 0.5, size=(2000, 21, 3))
    limits = angle_limits(body)
    assert impossible_share(body, limits) == 0
    body[:10, 3, 1] = 2.0
    assert impossible_share(body, limits) == pytest.approx(10 / (2000 * 21))


def test_bootstrap_interval_holds_the_mean_and_shrinks():
    values = RNG.normal(size=2000)
    low, high = bootstrap(values)
    assert low < values.mean() < high
    few_low, few_high = bootstrap(values[:50])
    assert high - low < few_high - few_low


def test_the_encoder_baseline_is_driven_like_the_denoiser():
    torch.manual_seed(0)
    model = EncoderDenoiser(DenoiserConfig(body_dim=8, text_dim=12, width=32, layers=2, heads=4, hidden=48)).eval()
    model.requires_grad_(False)
    mask = (torch.arange(TOKEN_SLOTS) < 4).expand(3, -1)
    features = TextFeatures(torch.randn(3, TOKEN_SLOTS, 12), mask, torch.randn(3, 12))
    null = model.encode_prefix(features.select(slice(0, 1)), torch.tensor([True]))
    body, root = sample(model, model.encode_prefix(features), null, initial_noise(14, 0, [0, 1, 2]), steps=3)
    assert torch.isfinite(body).all() and root.shape == (3, 6)
    dropped = model.encode_prefix(features, torch.ones(3, dtype=torch.bool))
    assert torch.equal(dropped.layers[0][0], null.layers[0][0].expand(3, -1))
