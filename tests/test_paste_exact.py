"""PasteAvatar's promise: where the mask is 1, the result is the render, bit for bit."""

from __future__ import annotations

import pytest
import torch
from avatar_scene.outpainting.color import linear_to_srgb, srgb_to_linear
from avatar_scene.outpainting.paste import paste_avatar


def levels(bits: int, *shape: int, seed: int = 0) -> torch.Tensor:
    """Random float32 pictures on the levels of an 8- or 16-bit file, or any float if bits is 0."""
    generator = torch.Generator().manual_seed(seed)
    if bits == 0:
        return torch.rand(*shape, generator=generator)
    return torch.randint(0, 2**bits, shape, generator=generator).float() / (2**bits - 1)


def disc(batch: int, height: int, width: int) -> torch.Tensor:
    y, x = torch.linspace(-1, 1, height)[:, None], torch.linspace(-1, 1, width)[None]
    edge = ((0.7 - (x**2 + y**2).sqrt()) * min(height, width) / 4).clamp(0, 1)
    return ((edge * 255).round() / 255).expand(batch, -1, -1)


@pytest.mark.parametrize("bits", [8, 16, 0])
@pytest.mark.parametrize("batch", [1, 3])
def test_inside_the_mask_every_bit_is_the_renders(bits, batch):
    avatar, scene = levels(bits, batch, 96, 64, 3), levels(8, batch, 96, 64, 3, seed=1)
    mask = disc(batch, 96, 64)
    result = paste_avatar(scene, avatar, mask)
    assert torch.equal(result[mask == 1], avatar[mask == 1])
    assert torch.equal(result[mask == 0], scene[mask == 0])
    if bits:
        scale = 2**bits - 1
        stored = (result[mask == 1].double() * scale).round().long()
        assert torch.equal(stored, (avatar[mask == 1].double() * scale).round().long())


@pytest.mark.parametrize("bits", [8, 16, 0])
@pytest.mark.parametrize(("scene_side", "avatar_side"), [(512, 2048), (2048, 512), (768, 1024), (512, 520)])
def test_scenes_of_other_sizes_are_brought_to_the_avatars(scene_side, avatar_side, bits):
    batch = 2 if avatar_side <= 1024 else 1
    avatar = levels(bits, batch, avatar_side, avatar_side, 3)
    scene = levels(8, batch, scene_side, scene_side, 3, seed=1)
    mask = disc(batch, avatar_side, avatar_side)
    result = paste_avatar(scene, avatar, mask)
    assert result.shape == avatar.shape
    assert torch.equal(result[mask == 1], avatar[mask == 1])
    assert result.min() >= 0 and result.max() <= 1


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_float_types_lose_nothing(dtype):
    avatar, mask = levels(0, 1, 32, 32, 3).to(dtype), disc(1, 32, 32)
    result = paste_avatar(levels(0, 1, 32, 32, 3, seed=1), avatar, mask)
    assert torch.equal(result[mask == 1].to(dtype), avatar[mask == 1])


def test_one_scene_serves_many_avatars_and_one_avatar_many_scenes():
    avatars, scenes, mask = levels(8, 4, 24, 24, 3), levels(8, 4, 24, 24, 3, seed=1), disc(1, 24, 24)
    many = paste_avatar(scenes[:1], avatars, mask)
    # Soft edge pixels are computed in other vector lanes: equal to the last bits only.
    assert (many[2] - paste_avatar(scenes[:1], avatars[2:3], mask)[0]).abs().max() < 1e-6
    many = paste_avatar(scenes, avatars[:1], mask)
    assert (many[2] - paste_avatar(scenes[2:3], avatars[:1], mask)[0]).abs().max() < 1e-6


def test_soft_edges_blend_in_linear_light():
    white, black = torch.ones(1, 4, 4, 3), torch.zeros(1, 4, 4, 3)
    half = paste_avatar(black, white, torch.full((1, 4, 4), 0.5))
    assert torch.allclose(half, linear_to_srgb(torch.full((1, 4, 4, 3), 0.5)), atol=1e-6)
    assert 0.73 < half.mean() < 0.74


def test_srgb_transfer_functions_are_inverse():
    values = torch.linspace(0, 1, 4096, dtype=torch.float64)
    assert (linear_to_srgb(srgb_to_linear(values)) - values).abs().max() < 1e-7
    assert srgb_to_linear(torch.tensor(0.5)).item() == pytest.approx(0.214041, abs=1e-6)


def test_an_alpha_channel_on_the_pictures_is_ignored():
    avatar, scene, mask = levels(8, 1, 16, 16, 4), levels(8, 1, 16, 16, 4, seed=1), disc(1, 16, 16)
    assert torch.equal(paste_avatar(scene, avatar, mask), paste_avatar(scene[..., :3], avatar[..., :3], mask))


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ({"scene": (1, 32, 48)}, r"^scene: 48x32 px has another shape than avatar, which is 32x32 px"),
        ({"mask": (1, 16, 16)}, r"^mask: 16x16 px does not fit avatar, which is 32x32 px"),
        ({"scene": (2, 32, 32), "avatar": (3, 32, 32)}, r"^scene: a batch of 2 does not fit avatar, a batch of 3"),
        ({"mask": (2, 32, 32)}, r"^mask: a batch of 2 does not fit avatar, a batch of 1"),
        (
            {"scene": (3, 32, 32), "avatar": (2, 32, 32), "occluder": (1, 32, 32)},
            r"^avatar: a batch of 2 does not fit scene, a batch of 3",
        ),
        ({"occluder": (1, 8, 8)}, r"^occluder_mask: 8x8 px does not fit avatar, which is 32x32 px"),
    ],
)
def test_sizes_that_do_not_fit_are_one_clear_line(arguments, line):
    sizes = {"scene": (1, 32, 32), "avatar": (1, 32, 32), "mask": (1, 32, 32), **arguments}
    values = {
        name: torch.rand(*size, 3) if name in ("scene", "avatar") else torch.rand(size) for name, size in sizes.items()
    }
    with pytest.raises(ValueError, match=line) as error:
        paste_avatar(**values)
    assert "\n" not in str(error.value)


def test_nan_and_non_pictures_are_one_clear_line():
    good, mask = torch.rand(1, 8, 8, 3), torch.rand(1, 8, 8)
    with pytest.raises(ValueError, match=r"^scene: the picture contains NaN"):
        paste_avatar(good * float("nan"), good, mask)
    with pytest.raises(ValueError, match=r"^avatar: shape \(8, 8, 3\), expected pictures"):
        paste_avatar(good, good[0], mask)
    with pytest.raises(ValueError, match=r"^mask: the mask contains NaN"):
        paste_avatar(good, good, mask * float("inf"))
