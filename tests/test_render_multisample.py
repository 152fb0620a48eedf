"""Colour is shaded once for each triangle of a pixel: every sample is in one group, and the group's middle is right."""

import pytest
import torch
from avatar_scene.rendering import Material, fit_camera, render
from avatar_scene.rendering.multisample import pixel_groups, samples_of
from raster_scenes import sphere


@pytest.mark.parametrize("ss", [1, 2, 3, 4])
def test_groups_share_out_the_samples_of_every_pixel(ss: int):
    rows, columns = 3, 4
    ids = torch.randint(-1, 3, (rows * ss * columns * ss,), generator=torch.Generator().manual_seed(ss)).float()
    pixels = torch.tensor([0, 1, 5, 7, 11])
    groups = pixel_groups(ids, samples_of(pixels, columns, ss), ss)
    grid = ids.view(rows, ss, columns, ss)
    found = 0
    for place, pixel in enumerate(pixels.tolist()):
        block = grid[pixel // columns, :, pixel % columns]
        for triangle in block[block >= 0].unique().tolist():
            (group,) = torch.nonzero((groups.pixel == place) & (groups.ids == triangle)).tolist()
            y, x = torch.nonzero(block == triangle).double().mean(0).tolist()
            first = int(groups.sample[group])
            corner = (pixel % columns * ss, pixel // columns * ss)
            sample = (first % (columns * ss) - corner[0], first // (columns * ss) - corner[1])
            middle = [float(a + b) for a, b in zip(sample, groups.shift[group][0])]
            assert middle == pytest.approx([x, y], abs=1e-5)
            assert float(groups.count[group]) == (block == triangle).sum()
            found += 1
    assert found == len(groups.ids)


@pytest.mark.parametrize("ss", [2, 3, 4])
def test_full_pixels_are_exactly_solid_and_partly_covered_ones_mix(ss: int):
    ball = sphere(24, materials=(Material(base_color=(0.2, 0.4, 0.8, 1.0), unlit=True),))
    rgba = render(ball, fit_camera(ball.vertices, 64, 64), supersampling=ss, passes=("rgba",)).rgba
    alpha = rgba[..., 3]
    assert float(alpha.max()) == 1.0 and float(alpha[28:36, 28:36].min()) == 1.0
    assert torch.allclose(alpha * ss * ss, (alpha * ss * ss).round(), atol=1e-4)
    color = rgba[alpha > 0][:, :3]
    assert torch.allclose(color, color[:1].expand_as(color), atol=1e-3)
