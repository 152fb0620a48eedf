"""PasteAvatar's `auto` occluders: right where it is certain, silent where it is not."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from avatar_scene.outpainting.image_filters import gaussian_blur
from avatar_scene.outpainting.occluders import find_occluders
from avatar_scene.outpainting.paste import paste_avatar

SIDE = 192


def figure(generator):
    """A dressed figure of ellipses: picture (1, S, S, 3) and matte (1, S, S)."""
    y, x = torch.arange(SIDE)[:, None] / SIDE, torch.arange(SIDE)[None] / SIDE
    picture, matte = torch.full((SIDE, SIDE, 3), 0.5), torch.zeros(SIDE, SIDE, dtype=torch.bool)
    for cx, cy, rx, ry in (
        (0.5, 0.2, 0.07, 0.09),
        (0.5, 0.43, 0.13, 0.2),
        (0.45, 0.74, 0.06, 0.2),
        (0.56, 0.74, 0.06, 0.2),
    ):
        part = ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 < 1
        shade = 0.8 + 0.2 * ((x - cx) / rx).clamp(-1, 1)
        picture = torch.where(part[..., None], torch.rand(3, generator=generator) * shade[..., None], picture)
        matte |= part
    return picture[None], matte[None].float()


def background(generator, cells=5):
    coarse = torch.rand(1, 3, cells, cells, generator=generator)
    return F.interpolate(coarse, size=(SIDE, SIDE), mode="bicubic", align_corners=False).clamp(0, 1).permute(0, 2, 3, 1)


def unlike(color, generator):
    """A colour far from `color` (..., 3)."""
    while True:
        candidate = torch.rand(3, generator=generator)
        if (color.reshape(-1, 3) - candidate).norm(dim=-1).min() > 0.25:
            return candidate


def sampled(picture, generator):
    """What a sampler and its VAE make of a picture: a little soft, a little noisy, in other light."""
    soft = gaussian_blur(picture.permute(0, 3, 1, 2), 0.7).permute(0, 2, 3, 1)
    soft = soft * (1 + 0.08 * (2 * torch.rand(3, generator=generator) - 1))
    return (soft + 0.015 * torch.randn(soft.shape, generator=generator)).clamp(0, 1)


def scene(seed, *, occluded=True):
    """(scene as sampled, avatar, matte, where the occluder really is)."""
    generator = torch.Generator().manual_seed(seed)
    avatar, matte = figure(generator)
    picture = torch.where(matte[..., None] > 0, avatar, background(generator))
    front = torch.zeros(1, SIDE, SIDE)
    if occluded:
        top = int(torch.randint(90, 140, (), generator=generator))
        left = int(torch.randint(20, 90, (), generator=generator))
        front[:, top : top + 30, left : left + 80] = 1
        color = unlike(avatar[(matte * front) > 0], generator)
        picture = torch.where(front[..., None] > 0, color, picture)
    return sampled(picture, generator), avatar, matte, front * matte


def test_what_is_kept_in_front_is_really_in_front():
    kept = right = there = 0.0
    for seed in range(8):
        picture, avatar, matte, front = scene(seed)
        found = find_occluders(picture, avatar, matte)
        kept, right, there = kept + found.sum(), right + (found * front).sum(), there + front.sum()
    assert right / kept >= 0.9
    assert right / there >= 0.5, "and it finds them"


def test_a_faithful_avatar_is_left_alone():
    assert all(find_occluders(*scene(seed, occluded=False)[:3]).sum() == 0 for seed in range(4))


def test_an_avatar_that_was_redrawn_as_a_whole_gives_no_certainty():
    picture, _, matte, _ = scene(0)
    _, other, _, _ = scene(1)
    assert find_occluders(picture, (other + 0.4) % 1, matte).sum() == 0


def test_a_lost_outline_is_no_occluder():
    generator = torch.Generator().manual_seed(3)
    avatar, matte = figure(generator)
    thinner = 1 - F.max_pool2d(1 - matte[:, None], 5, 1, 2)[:, 0]
    picture = torch.where(thinner[..., None] > 0, avatar, background(generator))
    assert find_occluders(sampled(picture, generator), avatar, matte).sum() == 0


def test_a_change_inside_the_avatar_is_no_occluder():
    picture, avatar, matte, _ = scene(5, occluded=False)
    picture[:, 75:95, 90:105] = torch.tensor([0.9, 0.9, 0.1])  # a new print on the shirt
    assert find_occluders(picture, avatar, matte).sum() == 0


def test_even_background_where_a_foot_was_lost_is_no_occluder():
    for seed in range(4):
        generator = torch.Generator().manual_seed(seed)
        avatar, matte = figure(generator)
        kept = matte.clone()
        kept[:, 162:, : SIDE // 2] = 0
        picture = torch.where(kept[..., None] > 0, avatar, background(generator, cells=1))
        assert find_occluders(sampled(picture, generator), avatar, matte).sum() == 0


def test_a_shadow_across_the_avatar_is_no_occluder():
    for seed in range(4):
        generator = torch.Generator().manual_seed(seed)
        avatar, matte = figure(generator)
        picture = torch.where(matte[..., None] > 0, avatar, background(generator))
        picture[:, 80:120] *= 0.75
        assert find_occluders(sampled(picture, generator), avatar, matte).sum() == 0


def test_what_hides_half_of_the_avatar_is_found():
    generator = torch.Generator().manual_seed(7)
    avatar, matte = figure(generator)
    picture = torch.where(matte[..., None] > 0, avatar, background(generator))
    front = torch.zeros(1, SIDE, SIDE)
    front[:, 95:, 20:170] = 1
    picture = torch.where(front[..., None] > 0, unlike(avatar[(matte * front) > 0], generator), picture)
    found = find_occluders(sampled(picture, generator), avatar, matte)
    assert (found * front).sum() > 0.8 * (matte * front).sum() > 0.3 * matte.sum()
    assert (found * front).sum() > 0.9 * found.sum()


def test_what_is_found_stays_in_front_in_the_paste():
    picture, avatar, matte, _ = scene(2)
    found = find_occluders(picture, avatar, matte)
    assert found.sum() > 100
    result = paste_avatar(picture, avatar, matte, occluder=found)
    assert torch.equal(result[found == 1], picture[found == 1])
    clear = (found == 0) & (matte == 1)
    assert torch.equal(result[clear], avatar[clear])


def test_batches_and_other_scene_sizes_are_brought_together():
    picture, avatar, matte, _ = scene(2)
    larger = F.interpolate(picture.permute(0, 3, 1, 2), scale_factor=2, mode="bilinear").permute(0, 2, 3, 1)
    found = find_occluders(torch.cat([larger, larger]), avatar, matte)
    assert found.shape == (2, SIDE, SIDE)
    assert torch.equal(found[0], found[1]) and found.min() >= 0 and found.max() <= 1


def test_scenes_that_do_not_fit_are_one_line():
    picture, avatar, matte, _ = scene(0)
    with pytest.raises(ValueError, match=r"^scene: 96x192 px has another shape than avatar"):
        find_occluders(picture[:, :, :96], avatar, matte)
