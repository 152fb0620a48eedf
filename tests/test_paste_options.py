"""PasteAvatar's options reach only as far as they say."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from avatar_scene.outpainting.contact_shadow import contact_shadow
from avatar_scene.outpainting.image_filters import distance_to, label_regions, lanczos_resize
from avatar_scene.outpainting.paste import paste_avatar

SIDE = 96


def stage():
    """A red box standing on a blue floor: scene, avatar, mask."""
    scene = torch.tensor([0.2, 0.4, 0.7]).expand(1, SIDE, SIDE, 3).clone()
    avatar = torch.tensor([0.8, 0.2, 0.1]).expand(1, SIDE, SIDE, 3).clone()
    mask = torch.zeros(1, SIDE, SIDE)
    mask[:, 16:80, 32:64] = 1
    return scene, avatar, mask


def test_feather_fades_inside_the_edge_and_leaves_the_rest_exact():
    scene, avatar, mask = stage()
    result = paste_avatar(scene, avatar, mask, feather=6)
    depth = distance_to(mask < 1, 20)
    assert torch.equal(result[depth >= 6], avatar[depth >= 6])
    assert torch.equal(result[mask == 0], scene[mask == 0])
    row = result[0, 48, 32:40, 0]
    assert (row.diff()[:5] > 0).all() and row[0] < avatar[0, 0, 0, 0]


def test_colour_match_changes_only_the_edge_band():
    scene, avatar, mask = stage()
    result = paste_avatar(scene, avatar, mask, color_match=1.0, color_match_band=5)
    depth = distance_to(mask < 0.5, 20)
    assert torch.equal(result[depth > 6], avatar[depth > 6])
    rim = depth == 1
    assert (result[rim][:, 2] > avatar[rim][:, 2]).all(), "more blue at the rim"
    assert (result[rim][:, 0] < avatar[rim][:, 0]).all(), "less red at the rim"
    before = (scene[0, 48, 31] - avatar[0, 48, 32]).abs().sum()
    assert (scene[0, 48, 31] - result[0, 48, 32]).abs().sum() < before


def test_the_shadow_lies_under_the_avatar_where_it_stands():
    scene, avatar, mask = stage()
    result = paste_avatar(scene, avatar, mask, shadow=1.0)
    assert torch.equal(result[mask == 1], avatar[mask == 1])
    below, beside = result[0, 81, 48], result[0, 40, 68]
    assert below.sum() < 0.8 * scene[0, 81, 48].sum()
    assert torch.equal(beside, scene[0, 40, 68])


def test_a_foot_in_the_air_casts_no_contact_shadow():
    mask = torch.zeros(1, SIDE, SIDE)
    mask[:, 16:60, 32:64] = 1  # body
    mask[:, 60:80, 32:40] = 1  # one leg down
    mask[:, 60:66, 56:64] = 1  # the other one lifted
    shade = contact_shadow(mask)[0]
    assert shade[80, 36] > 0.5
    assert shade[60:75, 58:64].max() < 0.05


def test_an_avatar_cut_off_by_the_frame_casts_none():
    mask = torch.zeros(2, SIDE, SIDE)
    mask[0, 16:, 32:64] = 1
    assert contact_shadow(mask).max() == 0


def test_an_occluder_mask_keeps_the_scene_in_front():
    scene, avatar, mask = stage()
    occluder = torch.zeros(1, SIDE, SIDE)
    occluder[:, 60:70] = 1
    result = paste_avatar(scene, avatar, mask, occluder=occluder)
    assert torch.equal(result[:, 60:70], scene[:, 60:70])
    assert torch.equal(result[:, 40, 40], avatar[:, 40, 40])


def test_distances_are_euclidean_up_to_the_limit():
    region = torch.zeros(1, 40, 50, dtype=torch.bool)
    region[0, 5, 7] = region[0, 30, 45] = True
    y, x = torch.arange(40)[:, None], torch.arange(50)[None]
    first, second = ((y - 5) ** 2 + (x - 7) ** 2).float().sqrt(), ((y - 30) ** 2 + (x - 45) ** 2).float().sqrt()
    expected = torch.minimum(first, second).clamp(max=12)
    assert (distance_to(region, 12)[0] - expected).abs().max() < 1e-5


def test_lanczos_keeps_size_flat_colours_and_ramps():
    maps = torch.rand(1, 2, 20, 30, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert (lanczos_resize(maps, 20, 30) - maps).abs().max() < 1e-12
    flat = torch.full((1, 1, 20, 30), 0.3, dtype=torch.float64)
    assert (lanczos_resize(flat, 47, 11) - 0.3).abs().max() < 1e-12
    ramp = torch.arange(40, dtype=torch.float64).expand(1, 1, 8, 40)
    enlarged = lanczos_resize(ramp, 8, 80)[0, 0, 0]
    expected = torch.arange(80) / 2 - 0.25
    assert (enlarged - expected)[10:-10].abs().max() < 0.02


def test_lanczos_equals_pillow():
    image = pytest.importorskip("PIL.Image")
    maps = torch.rand(24, 36, generator=torch.Generator().manual_seed(0))
    for height, width in ((50, 61), (11, 17)):
        pillow = image.fromarray(maps.numpy(), mode="F").resize((width, height), image.LANCZOS)
        expected = torch.from_numpy(np.array(pillow))
        inside = (slice(4, -4), slice(4, -4))
        assert (lanczos_resize(maps[None, None], height, width)[0, 0] - expected)[inside].abs().max() < 1e-4


def test_regions_are_told_apart():
    region = torch.zeros(12, 12, dtype=torch.bool)
    region[1:3, 1:3] = region[3, 3] = True  # one, joined at a corner
    region[6:9, 6:9] = True
    labels = label_regions(region)
    assert len(labels.unique()) == 3
    assert labels[1, 1] == labels[3, 3] != labels[7, 7] and labels[0, 0] == 0


def test_the_renders_own_shadow_takes_the_place_of_the_guess():
    scene, avatar, mask = stage()
    cast = torch.zeros(1, SIDE, SIDE)
    cast[:, 60:, 60:90] = 1
    result = paste_avatar(scene, avatar, mask, shadow=0.8, ground_shadow=cast)
    outside = mask == 0
    assert torch.equal(result[outside & (cast == 0)], scene[outside & (cast == 0)])
    assert (result[outside & (cast == 1)] < scene[outside & (cast == 1)]).all()
    assert torch.equal(result[mask == 1], avatar[mask == 1])
    assert torch.equal(paste_avatar(scene, avatar, mask, ground_shadow=cast), paste_avatar(scene, avatar, mask))
    with pytest.raises(ValueError, match=r"^ground_shadow: 8x8 px does not fit avatar"):
        paste_avatar(scene, avatar, mask, shadow=0.8, ground_shadow=cast[:, :8, :8])
