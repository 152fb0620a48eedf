"""Promises of texture lookup: wrap modes, seams, mip levels, colour spaces, transforms, bounded memory."""

import gc

import pytest
import torch
from avatar_scene.rendering import textures
from avatar_scene.rendering.mesh import Texture
from avatar_scene.rendering.textures import linear_to_srgb, sample, srgb_to_linear


def noise(height: int = 8, width: int = 8, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (height, width, 4), generator=generator, dtype=torch.uint8)


def centers(*pairs) -> torch.Tensor:
    return torch.tensor([[(x + 0.5) / 8, (y + 0.5) / 8] for x, y in pairs])


def test_srgb_round_trips_every_8_bit_value():
    values = torch.arange(256) / 255
    assert torch.equal((linear_to_srgb(srgb_to_linear(values)) * 255).round(), torch.arange(256.0))


@pytest.mark.parametrize("nearest", [False, True])
@pytest.mark.parametrize(
    "mode,expected", [("repeat", [7, 0, 1, 7, 0]), ("mirror", [0, 7, 6, 7, 0]), ("clamp", [0, 7, 7, 7, 0])]
)
def test_wrap_modes_at_texel_centres(mode, expected, nearest):
    pixels = noise()
    texture = Texture(pixels, mode, mode, nearest=nearest)
    across = sample(texture, centers((-1, 2), (8, 2), (9, 2), (7, 2), (0, 2)), "data")
    assert torch.allclose(across, pixels[2, expected].float() / 255, atol=1e-5)
    down = sample(texture, centers((2, -1), (2, 8), (2, 9), (2, 7), (2, 0)), "data")
    assert torch.allclose(down, pixels[expected, 2].float() / 255, atol=1e-5)


def test_bilinear_blends_across_the_seam_of_a_repeating_texture():
    pixels = noise()
    at_seam = sample(Texture(pixels), torch.tensor([[0.0, 2.5 / 8], [1.0, 2.5 / 8], [5.0, 2.5 / 8]]), "data")
    expected = (pixels[2, 0].float() + pixels[2, 7].float()) / 510
    assert torch.allclose(at_seam, expected.expand(3, 4), atol=1e-5)


def test_minified_detail_turns_into_its_mean_in_linear_light():
    pixels = torch.full((256, 256, 4), 255, dtype=torch.uint8)
    pixels[::2, ::2, :3] = 0
    pixels[1::2, 1::2, :3] = 0  # a one-texel checkerboard
    uv = torch.rand(500, 2, generator=torch.Generator().manual_seed(0))
    texels = sample(Texture(pixels), uv, "color", torch.full((500,), -4.0))
    assert torch.allclose(texels[:, :3], torch.full((500, 3), 0.5), atol=5e-3)


def test_levels_join_without_a_step():
    texture = Texture(noise(64, 64))
    footprint = torch.linspace(-7, 0, 4001)
    values = sample(texture, torch.tensor([[0.3, 0.7]]).expand(4001, 2), "color", footprint)
    assert float((values[1:] - values[:-1]).abs().max()) < 5e-3


def test_odd_and_tiny_textures_have_levels():
    for size in ((1, 1), (1, 7), (5, 3), (2, 31)):
        texels = sample(Texture(noise(*size)), torch.rand(10, 2), "coverage", torch.full((10,), 3.0))
        assert torch.isfinite(texels).all()


def test_colours_under_alpha_zero_never_reach_coarser_levels():
    pixels = torch.zeros(32, 32, 4, dtype=torch.uint8)
    pixels[..., 1] = 255
    pixels[:, ::2] = torch.tensor([255, 0, 0, 255], dtype=torch.uint8)
    texels = sample(Texture(pixels), torch.rand(50, 2), "coverage", torch.full((50,), -2.0))
    assert float(texels[:, 1].max()) < 1e-3
    assert torch.allclose(texels[:, 0], texels[:, 3], atol=1e-3)


def test_transform_moves_the_coordinates():
    texture = Texture(noise(), transform=((0.5, 0.0, 0.25), (0.0, -1.0, 1.0)))
    uv = torch.rand(20, 2)
    moved = torch.stack((uv[:, 0] * 0.5 + 0.25, 1 - uv[:, 1]), 1)
    assert torch.allclose(sample(texture, uv, "data"), sample(Texture(texture.pixels), moved, "data"), atol=1e-5)


def test_levels_are_made_once_and_die_with_the_texture():
    texture = Texture(noise(64, 64))
    uv = torch.rand(10, 2)
    sample(texture, uv, "color")
    pyramid = textures._PYRAMIDS[texture]["cpu", "color"]
    sample(texture, uv, "color", torch.zeros(10))
    assert textures._PYRAMIDS[texture]["cpu", "color"] is pyramid
    before = len(textures._PYRAMIDS)
    del texture, pyramid
    gc.collect()
    assert len(textures._PYRAMIDS) < before


def test_a_large_texture_seen_small_is_not_decoded_at_full_size():
    texture = Texture(torch.zeros(2048, 2048, 4, dtype=torch.uint8))
    sample(texture, torch.rand(100, 2), "color", torch.full((100,), -7.0))  # 16 texels a sample
    decoded = textures._PYRAMIDS[texture]["cpu", "color"].decoded
    assert max(level.shape[2] for level in decoded.values()) <= 258


@pytest.mark.parametrize("mode", ["repeat", "mirror", "clamp"])
def test_texels_read_one_by_one_equal_those_of_a_decoded_level(mode, monkeypatch):
    uv = torch.rand(300, 2, generator=torch.Generator().manual_seed(1)) * 4 - 2
    footprint = torch.linspace(-6, -1, 300)
    pixels = noise(33, 20)
    decoded = sample(Texture(pixels, mode, mode), uv, "coverage", footprint)
    monkeypatch.setattr(textures, "_DECODED_SIDE", 4)
    assert torch.allclose(sample(Texture(pixels, mode, mode), uv, "coverage", footprint), decoded, atol=1e-5)
