"""The downsample rate w: what it does to the avatar picture, and how the model is told."""

from __future__ import annotations

import math

import pytest
import torch
from avatar_scene.outpainting.downsample import MIN_SIDE, alpha_box, downsample_avatar, sinusoidal_embedding


def render(height=96, width=80, batch=1):
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(batch, height, width, 3, generator=generator)
    alpha = torch.zeros(batch, height, width)
    alpha[:, 10:74, 8:72] = 1
    alpha[:, 9, 8:72] = 0.4
    return image, alpha


def test_w_of_1_leaves_the_picture_bit_for_bit():
    image, alpha = render()
    assert downsample_avatar(image, alpha, 1.0) is image


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.97])
def test_pixels_outside_the_avatar_never_change(rate):
    image, alpha = render()
    result = downsample_avatar(image, alpha, rate)
    assert torch.equal(result[alpha == 0], image[alpha == 0])
    assert not torch.equal(result, image)
    assert result.min() >= 0 and result.max() <= 1


def test_a_one_coloured_avatar_keeps_its_colour_up_to_the_edge():
    _, alpha = render()
    color = torch.tensor([0.8, 0.3, 0.1])
    image = torch.where(alpha[..., None] > 0, color, torch.zeros(3))  # black behind it must not bleed in
    for rate in (0.0, 0.25, 0.6):
        result = downsample_avatar(image, alpha, rate)
        assert (result[alpha > 0] - color).abs().max() < 1e-5


def test_w_of_0_leaves_eight_pixels_a_side():
    image, alpha = render()
    alpha = (alpha == 1).float()
    result = downsample_avatar(image, alpha, 0.0)[0, 10:74, 8:72]
    # 64 / 8: area-averaged cells of 8x8, then bilinear. At the corner pixel bilinear repeats the corner cell.
    cell = image[0, 10:18, 8:16]
    linear = torch.where(cell <= 0.04045, cell / 12.92, ((cell + 0.055) / 1.055) ** 2.4).mean((0, 1))
    expected = 1.055 * linear ** (1 / 2.4) - 0.055
    assert (result[0, 0] - expected).abs().max() < 1e-5


@pytest.mark.parametrize(("side", "rate", "left"), [(64, 0.5, 32), (64, 0.1, 8), (65, 0.5, 33), (5, 0.2, 5)])
def test_each_side_becomes_w_times_its_length_but_at_least_eight(side, rate, left):
    from avatar_scene.outpainting.downsample import _coarse_side

    assert _coarse_side(side, rate) == left
    assert left == min(side, max(MIN_SIDE, math.floor(side * rate + 0.5)))


def test_lower_w_keeps_less_texture():
    image, alpha = render()
    variation = [downsample_avatar(image, alpha, rate)[alpha == 1].std().item() for rate in (0.1, 0.3, 0.6, 1.0)]
    assert variation == sorted(variation)


def test_pictures_of_a_batch_take_rates_of_their_own():
    image, alpha = render(batch=3)
    result = downsample_avatar(image, alpha, torch.tensor([1.0, 0.5, 0.1]))
    assert torch.equal(result[0], image[0])
    assert torch.equal(result[1], downsample_avatar(image[1:2], alpha[1:2], 0.5)[0])
    assert torch.equal(result[2], downsample_avatar(image[2:], alpha[2:], 0.1)[0])


def test_an_empty_matte_changes_nothing():
    image, alpha = render()
    assert torch.equal(downsample_avatar(image, alpha * 0, 0.3), image)
    assert alpha_box(alpha[0] * 0) is None


@pytest.mark.parametrize("rate", [-0.01, 1.01, float("nan")])
def test_w_outside_0_to_1_is_one_line(rate):
    image, alpha = render()
    with pytest.raises(ValueError, match=r"^downsample_rate: w is .*expected 0 .* to 1") as error:
        downsample_avatar(image, alpha, rate)
    assert "\n" not in str(error.value)


def test_w_is_embedded_as_diffusion_timesteps_are():
    embeddings = pytest.importorskip("diffusers.models.embeddings")
    rates = torch.tensor([0.0, 0.013, 0.5, 1.0])
    expected = embeddings.get_timestep_embedding(
        rates * 1000, 320, flip_sin_to_cos=True, downscale_freq_shift=0, max_period=10000
    )
    assert (sinusoidal_embedding(rates, 320) - expected).abs().max() < 1e-4
