"""Promises of the ground shadow: it lies under the figure, is darkest at contact, and stays on the ground."""

import sys
from pathlib import Path

import torch
from torch.nn.functional import grid_sample

sys.path.insert(0, str(Path(__file__).parent))
from dataclasses import replace

from avatar_scene.rendering.camera import fit_camera
from avatar_scene.rendering.ground import ground_shadow
from raster_scenes import sphere


def test_shadow_lies_under_the_figure_and_fades_with_height():
    ball = sphere(24, radius=0.3)
    camera = fit_camera(ball.vertices, 128, 128, pitch=30, fill=0.5)
    standing = ground_shadow(ball, camera)
    row, column = divmod(int(standing.argmax()), 128)
    pixel, _ = camera.project(torch.tensor([0.0, -0.3, 0.0], dtype=torch.float64))
    assert abs(column - float(pixel[0])) < 3 and abs(row - float(pixel[1])) < 3
    assert float(standing.max()) > 0.6
    hovering = ground_shadow(replace(ball, vertices=ball.vertices + torch.tensor([0.0, 0.25, 0.0])), camera, floor=-0.3)
    assert 0.02 < float(hovering.max()) < 0.5 * float(standing.max())


def test_nothing_is_shaded_above_the_horizon_or_far_away():
    ball = sphere(12)
    shadow = ground_shadow(ball, fit_camera(ball.vertices, 100, 100, pitch=5, fill=0.2))
    assert float(shadow[:45].max()) == 0
    assert float(shadow[-1].max()) == 0
    from_below = ground_shadow(ball, fit_camera(ball.vertices, 100, 100, pitch=-60))
    assert float(from_below.max()) == 0


def test_every_camera_sees_the_shadow_at_the_same_places_of_the_ground():
    """Also one that stands in the shadow itself, with part of the ground behind it, and one without perspective."""
    ball = sphere(24, radius=0.3)
    spots = torch.tensor([[0.1, -0.3, 0.05], [-0.15, -0.3, 0.1], [0.2, -0.3, -0.2], [-0.05, -0.3, 0.15]]).double()
    cameras = [
        fit_camera(ball.vertices, 200, 160, pitch=60, fill=0.4),
        fit_camera(ball.vertices, 160, 200, pitch=35, yaw=140, roll=20, fill=0.4),
        fit_camera(ball.vertices, 200, 200, pitch=40, yaw=-70, fill=0.4, orthographic=True),
        fit_camera(ball.vertices, 800, 800, pitch=10, distance=0.45, focal_mm=12),
    ]
    seen = []
    for camera in cameras:
        pixels, _ = camera.project(spots)
        grid = pixels / torch.tensor([camera.width, camera.height]) * 2 - 1
        shadow = ground_shadow(ball, camera)[None, None]
        seen.append(grid_sample(shadow, grid[None, None].float(), align_corners=False)[0, 0, 0])
    assert float(seen[0].min()) > 0.03 and float(seen[0].max() - seen[0].min()) > 0.1
    for other in seen[1:]:
        assert torch.allclose(other, seen[0], atol=0.02)
