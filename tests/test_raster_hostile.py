"""Promise: whatever the geometry, a picture or a one-line refusal comes out, soon and within bounded memory."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))
from avatar_scene.rendering.camera import fit_camera
from avatar_scene.rendering.mesh import Material, MToon, Texture
from avatar_scene.rendering.render import render, render_gray
from raster_scenes import front_camera, make_mesh, quads, sphere

EVERYTHING = Material(
    base_color=(0.8, 0.8, 0.8, 0.7),
    base_color_texture=Texture(torch.randint(0, 256, (3, 5, 4), dtype=torch.uint8)),
    normal_texture=Texture(torch.randint(0, 256, (1, 1, 4), dtype=torch.uint8), "mirror", "clamp"),
    metallic_roughness_texture=Texture(torch.zeros(2, 2, 4, dtype=torch.uint8), nearest=True),
    metallic=1.0,
    roughness=0.0,
    emissive=(1e6, 0.0, 1e-9),
    double_sided=True,
)
MODES = ("OPAQUE", "MASK", "BLEND")


def assert_a_picture(passes) -> None:
    for name in ("rgba", "depth", "normal"):
        assert torch.isfinite(getattr(passes, name)).all(), name
    assert float(passes.rgba.min()) >= 0 and float(passes.rgba.max()) <= 1


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", range(4))
def test_triangle_soup_with_broken_attributes(seed, mode):
    generator = torch.Generator().manual_seed(seed)
    count = 400
    scale = 10.0 ** torch.randint(-6, 6, (count, 1), generator=generator).float()
    vertices = torch.randn(count, 3, generator=generator) * scale
    faces = torch.randint(0, count, (150, 3), generator=generator)  # many are degenerate or pierce the camera
    mesh = make_mesh(vertices, faces, materials=(replace(EVERYTHING, alpha_mode=mode),))
    broken = torch.tensor([float("nan"), float("inf"), -float("inf"), 1e30, 0.0])
    pick = lambda *shape: broken[torch.randint(0, 5, shape, generator=generator)]  # noqa: E731
    mesh = replace(mesh, normals=pick(count, 3), uv=pick(count, 2), colors=pick(count, 4))
    for orthographic in (False, True):
        camera = front_camera(48, 40, back=0.5, orthographic=orthographic)
        assert_a_picture(render(mesh, camera))
        assert_a_picture(render_gray(mesh, camera))


@pytest.mark.parametrize(
    "vertices",
    [
        torch.zeros(3, 3),
        torch.tensor([[0.0, 0.0, -1.0]] * 3),
        torch.tensor([[-1.0, 0.0, -2.0], [0.0, 0.0, -2.0], [1.0, 0.0, -2.0]]),
        torch.tensor([[-1e6, -1e6, 1e6], [1e6, -1e6, -1e6], [0.0, 1e6, -1e6]]),
        torch.tensor([[1e-30, 0.0, -1e-30], [0.0, 1e-30, -1e-30], [0.0, 0.0, -1e-30]]),
    ],
)
def test_degenerate_triangles(vertices):
    mesh = make_mesh(vertices, [[0, 1, 2], [2, 1, 0], [0, 0, 0]], materials=(EVERYTHING,))
    assert_a_picture(render(mesh, front_camera(20, 20)))


def test_outlined_and_toon_materials_survive_zero_normals():
    ball = sphere(8, materials=(Material(mtoon=MToon(outline_width=0.05, rim_color=(1.0, 1.0, 1.0), rim_power=0.0)),))
    assert_a_picture(render(replace(ball, normals=torch.zeros_like(ball.normals)), fit_camera(ball.vertices, 32, 32)))


def test_a_closed_camera_on_the_surface_sees_something_sane():
    ball = sphere(16, materials=(Material(double_sided=True),))
    assert_a_picture(render(ball, front_camera(40, 40, back=1.0)))


def test_absurd_overdraw_is_refused_in_one_line():
    many = quads([3.0] * 3000, materials=(Material(),) * 3000)
    many = replace(many, materials=(Material(),), face_material=torch.zeros_like(many.face_material))
    with pytest.raises(ValueError, match=r"cover the picture \d+ times over") as error:
        render_gray(many, front_camera(1024, 1024))
    assert "\n" not in str(error.value)


def test_many_triangles_in_a_few_pixels_are_not_called_overdraw():
    ball = sphere(120)
    assert float(render(ball, front_camera(64, 64, back=60.0)).rgba[..., 3].max()) > 0
