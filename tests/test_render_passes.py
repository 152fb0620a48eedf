"""Promises of the pictures: exact alpha, right compositing, mirror symmetry, batches, one-line refusals."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))
from avatar_scene.rendering.camera import fit_camera
from avatar_scene.rendering.light import Lighting
from avatar_scene.rendering.mesh import Material, Texture
from avatar_scene.rendering.render import render, render_batch, render_gray
from avatar_scene.rendering.textures import linear_to_srgb
from raster_scenes import front_camera, make_mesh, quads, sphere


def flat(color, mode="OPAQUE", **options) -> Material:
    return Material(base_color=color, alpha_mode=mode, unlit=True, **options)


@pytest.mark.parametrize("supersampling", [1, 2, 3, 4])
def test_alpha_is_exactly_one_inside_and_soft_at_the_edge(supersampling):
    ball = sphere(40)
    camera = fit_camera(ball.vertices, 120, 120)
    passes = render(ball, camera, supersampling=supersampling)
    alpha = passes.rgba[..., 3]
    inner = torch.nn.functional.max_pool2d(-(passes.depth > 0).float()[None], 5, 1, 2)[0] == -1
    assert torch.all(alpha[inner] == 1)
    assert ((alpha > 0) & (alpha < 1)).any() == (supersampling > 1)
    assert float(alpha.sum()) == pytest.approx(torch.pi * (0.85 * 60) ** 2, rel=5e-3)


def test_unlit_colours_reach_the_picture_unchanged():
    pixels = torch.randint(0, 256, (16, 16, 4), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    texture = Texture(pixels, nearest=True)
    mesh = quads([1.0], size=0.5, materials=(Material(base_color_texture=texture, unlit=True),))
    rgba = render(mesh, front_camera(16, 16, focal_px=16.0), supersampling=2).rgba
    assert torch.equal((rgba[..., :3] * 255).round().to(torch.uint8), pixels[..., :3])
    assert torch.all(rgba[..., 3] == 1)


def test_blended_layers_composite_as_the_formula_says_in_any_order():
    colors = [(0.9, 0.1, 0.2, 0.5), (0.1, 0.8, 0.3, 0.25), (0.2, 0.3, 0.9, 0.7)]
    back = (0.6, 0.6, 0.1, 1.0)
    expected = torch.tensor(back[:3])
    for color in (colors[2], colors[1], colors[0]):  # far to near, in linear light
        expected = expected * (1 - color[3]) + torch.tensor(color[:3]) * color[3]
    materials = [flat(c, "BLEND") for c in colors]
    for order in ((0, 1, 2), (2, 0, 1), (1, 2, 0)):
        depths = [9.0] + [2.0 + k for k in order]
        mesh = quads(depths, materials=(flat(back), *(materials[k] for k in order)))
        rgba = render(mesh, front_camera()).rgba[20, 20]
        assert torch.allclose(rgba[:3], linear_to_srgb(expected), atol=1e-5)
        assert float(rgba[3]) == 1


def test_blend_over_nothing_is_straight_alpha():
    mesh = quads([3.0, 2.0], materials=(flat((0.2, 0.4, 0.8, 0.5), "BLEND"), flat((0.8, 0.1, 0.1, 0.5), "BLEND")))
    rgba = render(mesh, front_camera()).rgba[10, 30]
    linear = torch.tensor([0.8, 0.1, 0.1]) * 0.5 + torch.tensor([0.2, 0.4, 0.8]) * 0.25
    assert float(rgba[3]) == pytest.approx(0.75)
    assert torch.allclose(rgba[:3], linear_to_srgb(linear / 0.75), atol=1e-5)


def test_solid_surfaces_hide_blended_ones_behind_them():
    mesh = quads([2.0, 3.0], materials=(flat((0.5, 0.5, 0.5, 1.0)), flat((1.0, 0.0, 0.0, 0.5), "BLEND")))
    rgba = render(mesh, front_camera()).rgba
    assert torch.allclose(rgba[32, 32, :3], linear_to_srgb(torch.full((3,), 0.5)), atol=1e-5)


def test_cutoff_keeps_what_reaches_it():
    for alpha, kept in ((0.49, False), (0.5, True), (0.9, True)):
        mesh = quads([2.0], materials=(flat((0.5, 0.5, 0.5, alpha), "MASK"),))
        picture = render(mesh, front_camera())
        assert float(picture.rgba[..., 3].min()) == float(kept)
        assert bool((picture.depth > 0).all()) == kept


def test_data_passes_count_blended_surfaces_from_half_alpha():
    for alpha, depth in ((0.4, 5.0), (0.6, 2.0)):
        materials = (flat((0.5, 0.5, 0.5, 1.0)), flat((0.5, 0.5, 0.5, alpha), "BLEND"))
        picture = render(quads([5.0, 2.0], materials=materials), front_camera())
        assert torch.allclose(picture.depth, torch.full((64, 64), depth), rtol=1e-5)


def test_overdraw_is_capped_and_keeps_the_nearest_layers():
    count = 60
    near_red = [flat((1.0, 0.0, 0.0, 0.3), "BLEND")] * 20 + [flat((0.0, 0.0, 1.0, 0.3), "BLEND")] * (count - 20)
    mesh = quads([1.0 + 0.01 * k for k in range(count)], materials=near_red)
    rgba = render(mesh, front_camera(32, 32)).rgba[16, 16]
    assert float(rgba[3]) == pytest.approx(1 - 0.7**16, abs=1e-4)
    assert float(rgba[2]) == 0


def test_hidden_texels_do_not_bleed_into_edges():
    pixels = torch.zeros(8, 8, 4, dtype=torch.uint8)
    pixels[..., 1] = 255  # green wherever alpha is 0
    pixels[:, :4] = torch.tensor([255, 0, 0, 255], dtype=torch.uint8)
    material = Material(base_color_texture=Texture(pixels, "clamp", "clamp"), alpha_mode="BLEND", unlit=True)
    rgba = render(quads([1.0], size=0.5, materials=(material,)), front_camera(64, 64)).rgba
    assert ((rgba[..., 3] > 0.1) & (rgba[..., 3] < 0.9)).any()
    assert float(rgba[..., 1].max()) < 1e-3
    assert float(rgba[rgba[..., 3] > 0.05][:, 0].min()) > 0.999


def test_mirrored_mesh_gives_the_mirrored_picture():
    ball = sphere(18)
    bump = ball.vertices * (1 + 0.3 * (3 * ball.vertices[:, :1] + ball.vertices[:, 1:2]).sin())
    mesh = make_mesh(bump, ball.faces)
    flip = torch.tensor([-1.0, 1.0, 1.0])
    mirrored = make_mesh(bump * flip, ball.faces.flip(1))
    camera = front_camera(121, 90, back=4.0)
    light = Lighting(key_direction=(0.0, 0.5, 1.0))
    for supersampling in (1, 3):  # an odd grid has a sample in the middle of a pixel, so data passes mirror as well
        a = render(mesh, camera, supersampling=supersampling, lighting=light)
        b = render(mirrored, camera, supersampling=supersampling, lighting=light)
        assert ((a.rgba - b.rgba.flip(1)).abs().amax(-1) > 1e-3).float().mean() < 1e-3
        assert ((a.depth.flip(1) - b.depth).abs() > 1e-3).float().mean() < 1e-3
        assert (((a.normal * flip).flip(1) - b.normal).abs().amax(-1) > 1e-2).float().mean() < 2e-3


def test_batch_equals_loop():
    meshes = [sphere(8, radius=r) for r in (0.5, 0.8, 1.0)]
    cameras = [fit_camera(m.vertices, 60, 40, yaw=20 * k) for k, m in enumerate(meshes)]
    for draw in (render, render_gray):
        batch = render_batch(meshes, cameras, draw=draw)
        for k, (mesh, camera) in enumerate(zip(meshes, cameras)):
            alone = draw(mesh, camera)
            for name in ("rgba", "depth", "normal", "part"):
                assert torch.equal(getattr(batch, name)[k], getattr(alone, name))
    assert render_batch(meshes, cameras[0], passes=("depth",)).rgba is None


def test_gray_render_is_neutral_and_shares_the_avatars_silhouette():
    ball = sphere(16, materials=(Material(base_color=(1.0, 0.2, 0.1, 1.0)),))
    camera = fit_camera(ball.vertices, 80, 80)
    gray, color = render_gray(ball, camera).rgba, render(ball, camera).rgba
    assert torch.equal(gray[..., 3], color[..., 3])
    inside = gray[gray[..., 3] == 1][:, :3]
    assert torch.allclose(inside.amax(1), inside.amin(1), atol=1e-6)
    assert float(inside.min()) > 0.15 and float(inside.max()) < 0.95


def test_the_light_follows_the_viewer_and_stays_above():
    ball = sphere(24)
    pictures = [render(ball, fit_camera(ball.vertices, 64, 64, yaw=yaw)).rgba for yaw in (0, 90, 217)]
    for picture in pictures[1:]:
        assert float((picture - pictures[0]).abs().mean()) < 2e-3
    front = pictures[0]
    assert float(front[12:24].sum()) > float(front[-24:-12].sum())  # brighter above


def test_an_empty_or_invisible_mesh_gives_an_empty_picture():
    nothing = make_mesh(torch.zeros(3, 3), torch.zeros(0, 3, dtype=torch.int64))
    behind = quads([-5.0])
    beside = make_mesh([[500.0, 0, -1], [501, 0, -1], [500, 1, -1]], [[0, 1, 2]])
    for mesh in (nothing, behind, beside):
        passes = render(mesh, front_camera())
        assert float(passes.rgba.abs().max()) == 0
        assert int(passes.part.max()) == -1


def test_bad_meshes_are_refused_in_one_line():
    good = sphere(4)
    broken = good.vertices.clone()
    broken[7, 1] = float("nan")
    cases = {
        "NaN.*vertex 7": replace(good, vertices=broken),
        "faces name vertices": replace(good, faces=good.faces + 1000),
        "face_material names materials": replace(good, face_material=good.face_material + 3),
    }
    for message, mesh in cases.items():
        with pytest.raises(ValueError, match=message) as error:
            render(mesh, front_camera())
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "options", [{"supersampling": 0}, {"supersampling": 5}, {"passes": ("colour",)}, {"passes": ()}]
)
def test_bad_options_are_refused(options):
    with pytest.raises(ValueError, match="render: " + next(iter(options))):
        render(sphere(4), front_camera(), **options)


def test_materials_of_one_mesh_keep_apart():
    materials = tuple(flat((k / 10, 0.0, 1 - k / 10, 1.0)) for k in range(10))
    mesh = quads([2.0] * 10, size=0.05, materials=materials)
    shift = (torch.arange(10) * 0.18 - 0.81).repeat_interleave(4)
    mesh = replace(mesh, vertices=mesh.vertices + torch.stack((shift, 0 * shift, 0 * shift), 1))
    rgba = render(mesh, front_camera(200, 40, focal_px=200.0), supersampling=1).rgba
    for k in range(10):
        column = int(100 + (k * 0.18 - 0.81) * 100)
        assert float(rgba[20, column, 0]) == pytest.approx(float(linear_to_srgb(torch.tensor(k / 10))), abs=1e-4)
