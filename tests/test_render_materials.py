"""Promises of light and materials: energy, normal maps, glow, MToon, outlines, shadows, occlusion, panoramas."""

import math
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))
from avatar_scene.rendering.camera import fit_camera
from avatar_scene.rendering.environment import Environment, _evaluate
from avatar_scene.rendering.geometry import Geometry
from avatar_scene.rendering.light import Lighting
from avatar_scene.rendering.mesh import Material, MToon, Texture
from avatar_scene.rendering.occlusion import vertex_occlusion
from avatar_scene.rendering.render import render
from avatar_scene.rendering.shading import compress
from avatar_scene.rendering.shadow import ShadowMap
from avatar_scene.rendering.textures import linear_to_srgb, srgb_to_linear
from raster_scenes import front_camera, make_mesh, quads, sphere

DARK = Lighting(key=(0.0, 0.0, 0.0), sky=(0.0, 0.0, 0.0), ground=(0.0, 0.0, 0.0))
FRONT = Lighting(key_direction=(0.0, 0.0, 1.0), key=(0.5,) * 3, sky=(0.2,) * 3, ground=(0.2,) * 3)


def flat_texture(rgba) -> Texture:
    return Texture(torch.tensor(rgba, dtype=torch.uint8).expand(4, 4, 4).contiguous())


def middle(material: Material, lighting: Lighting) -> torch.Tensor:
    """Linear colour of a square that faces the viewer."""
    rgba = render(quads([2.0], materials=(material,)), front_camera(8, 8), lighting=lighting).rgba[4, 4]
    return srgb_to_linear(rgba[:3])


def test_light_of_one_shows_the_base_colour():
    color = (0.5, 0.3, 0.1)
    material = Material(base_color=(*color, 1.0))
    assert torch.allclose(middle(material, FRONT), 0.7 * torch.tensor(color), atol=1e-4)
    assert torch.allclose(middle(replace(material, unlit=True), DARK), torch.tensor(color), atol=1e-4)


@pytest.mark.parametrize("roughness", [0.1, 0.4, 0.7, 1.0])
@pytest.mark.parametrize("metallic", [0.0, 1.0])
def test_a_white_sphere_in_an_even_panorama_neither_gains_nor_swallows_light(roughness, metallic):
    even = Environment(torch.full((16, 32, 3), 0.5), strength=1.0)
    level = float(srgb_to_linear(torch.tensor(0.5)))
    material = Material(base_color=(1.0, 1.0, 1.0, 1.0), roughness=roughness, metallic=metallic)
    ball = sphere(24, materials=(material,))
    lighting = Lighting(key=(0.0, 0.0, 0.0), environment=even, occlusion=0.0)
    rgba = render(ball, fit_camera(ball.vertices, 64, 64), lighting=lighting).rgba
    light = srgb_to_linear(rgba[rgba[..., 3] == 1][:, :3]) / level
    assert float(light.max()) < 1.08  # single-scattering GGX may lose, never gain beyond the fit's error
    assert float(light.min()) > (0.6 if metallic else 0.95)


def test_a_smooth_surface_has_a_smaller_and_brighter_highlight():
    peaks, areas = [], []
    for roughness in (0.2, 0.4, 0.6):
        material = Material(base_color=(0.02, 0.02, 0.02, 1.0), roughness=roughness)
        ball = sphere(60, materials=(material,))
        rgba = render(ball, fit_camera(ball.vertices, 100, 100), lighting=FRONT).rgba[..., :3]
        light = srgb_to_linear(rgba[20:80, 20:80].mean(-1))
        peaks.append(float(light.max()))
        areas.append(float((light > (light.max() + light.median()) / 2).float().mean()))
    assert peaks[0] > peaks[1] > peaks[2]
    assert areas[0] < areas[1] < areas[2]


def test_metallic_roughness_texture_reads_green_and_blue():
    material = Material(base_color=(0.9, 0.5, 0.1, 1.0), metallic=1.0, roughness=0.5)
    textured = replace(
        material, metallic=1.0, roughness=1.0, metallic_roughness_texture=flat_texture([9, 128, 255, 255])
    )
    assert torch.allclose(middle(material, FRONT), middle(textured, FRONT), atol=5e-3)


def test_a_flat_normal_map_changes_nothing_and_green_tilts_up():
    plain = Material(base_color=(0.5, 0.5, 0.5, 1.0))
    level = replace(plain, normal_texture=flat_texture([128, 128, 255, 255]))
    assert torch.allclose(middle(plain, FRONT), middle(level, FRONT), atol=4e-3)
    above = Lighting(key_direction=(0.0, 1.0, 1.0), key=(0.5,) * 3, sky=(0.1,) * 3, ground=(0.1,) * 3, shadow=0.0)
    right = replace(above, key_direction=(1.0, 0.0, 1.0))
    for light, texel in ((above, [128, 200, 230, 255]), (right, [200, 128, 230, 255])):
        tilted = replace(plain, normal_texture=flat_texture(texel))
        assert float(middle(tilted, light)[0]) > 1.1 * float(middle(plain, light)[0])
        assert float(middle(replace(tilted, normal_scale=-1.0), light)[0]) < 0.8 * float(middle(plain, light)[0])


def test_bent_normals_follow_the_texture_even_where_it_is_mirrored():
    mesh = quads([2.0])
    for flip in (1.0, -1.0):  # u runs to the right, or to the left
        turned = replace(mesh, uv=torch.stack((0.5 + flip * (mesh.uv[:, 0] - 0.5), mesh.uv[:, 1]), 1))
        turned = replace(turned, materials=(Material(normal_texture=flat_texture([128, 128, 255, 255])),))
        geometry = Geometry(turned, front_camera(8, 8), 1)
        surface = geometry.surface(torch.tensor([0]), torch.tensor([50]), 0)
        along_u = surface.bent_normal(torch.tensor([0.5]), torch.tensor([0.0]))[0]
        upward = surface.bent_normal(torch.tensor([0.0]), torch.tensor([0.5]))[0]
        assert torch.allclose(along_u, torch.tensor([0.5 * flip, 0.0, math.sqrt(0.75)]), atol=1e-5)
        assert torch.allclose(upward, torch.tensor([0.0, 0.5, math.sqrt(0.75)]), atol=1e-5)


def test_glow_needs_no_light_and_occlusion_darkens_only_ambient():
    glowing = Material(
        base_color=(0.5, 0.5, 0.5, 1.0), emissive=(0.4, 0.0, 0.6), emissive_texture=flat_texture([255] * 4)
    )
    assert torch.allclose(middle(glowing, DARK), torch.tensor([0.4, 0.0, 0.6]), atol=1e-4)
    white = Material(occlusion_texture=flat_texture([128, 0, 0, 255]), occlusion_strength=0.5)
    share = 1 - 0.5 * (1 - 128 / 255)
    assert torch.allclose(middle(white, FRONT), torch.full((3,), 0.5 + 0.2 * share), atol=1e-4)


def test_mtoon_shows_two_tones_with_the_ramp_where_the_material_says():
    toon = MToon(shade_color=(0.1, 0.2, 0.3), shading_toony=0.95, shading_shift=0.0)
    ball = sphere(60, materials=(Material(base_color=(0.5, 0.4, 0.3, 1.0), mtoon=toon),))
    light = Lighting(key_direction=(1.0, 0.0, 0.0), key=(0.6,) * 3, sky=(0.4,) * 3, ground=(0.4,) * 3)
    rgba = render(ball, fit_camera(ball.vertices, 101, 101), lighting=light).rgba
    lit, shaded = srgb_to_linear(rgba[50, 70, :3]), srgb_to_linear(rgba[50, 30, :3])
    assert torch.allclose(lit, torch.tensor([0.5, 0.4, 0.3]), atol=1e-3)
    mixed = 0.6 * torch.tensor([0.1, 0.2, 0.3]) + 0.4 * torch.tensor([0.5, 0.4, 0.3])
    assert torch.allclose(shaded, mixed, atol=1e-3)
    shifted = replace(toon, shading_shift=-0.6)
    ball = replace(ball, materials=(replace(ball.materials[0], mtoon=shifted),))
    moved = render(ball, fit_camera(ball.vertices, 101, 101), lighting=light).rgba
    assert torch.allclose(srgb_to_linear(moved[50, 65, :3]), shaded, atol=1e-3)


def test_rim_light_sits_on_the_silhouette():
    toon = MToon(shade_color=(0.2, 0.2, 0.2), rim_color=(0.0, 0.5, 0.0), rim_power=3.0)
    ball = sphere(40, materials=(Material(base_color=(0.2, 0.2, 0.2, 1.0), mtoon=toon),))
    rgba = render(ball, fit_camera(ball.vertices, 100, 100), lighting=FRONT).rgba
    assert float(rgba[50, 50, 1]) == pytest.approx(float(rgba[50, 50, 0]), abs=1e-3)
    assert float(rgba[50, 10, 1]) > float(rgba[50, 10, 0]) + 0.1


def test_outlines_draw_a_line_of_their_width_around_the_silhouette():
    toon = MToon(
        shade_color=(1.0, 1.0, 1.0), outline_width=0.1, outline_color=(0.5, 0.0, 0.0), outline_lighting_mix=0.0
    )
    plain = sphere(40, materials=(Material(mtoon=replace(toon, outline_width=0.0)),))
    inked = replace(plain, materials=(Material(mtoon=toon),))
    camera = replace(front_camera(200, 200, focal_px=80.0, back=10.0), orthographic=True)
    radius = [float(render(m, camera).rgba[..., 3].sum() / math.pi) ** 0.5 for m in (plain, inked)]
    assert radius[0] == pytest.approx(80, abs=0.5)
    assert radius[1] == pytest.approx(88, abs=0.5)
    edge = render(inked, camera).rgba[100, 100 + 84]
    assert torch.allclose(edge, torch.tensor([*linear_to_srgb(torch.tensor([0.5, 0.0, 0.0])), 1.0]), atol=2e-3)


def test_shadows_fall_behind_what_casts_them_and_convex_bodies_have_none():
    ball = sphere(40)
    direction = torch.tensor([0.3, 0.8, 0.5], dtype=torch.float64)
    direction = direction / direction.norm()
    arriving = ShadowMap(ball, direction).arriving(ball.vertices, ball.normals)
    facing = ball.normals @ direction.float()
    assert float(arriving[facing > 0.25].min()) > 0.95
    assert float(arriving[facing < -0.3].max()) < 0.2

    floor = quads([0.0], size=3.0)
    roof = quads([-1.0], size=0.8)
    both = make_mesh(torch.cat((floor.vertices, roof.vertices)), torch.cat((floor.faces, roof.faces + 4)))
    shadow = ShadowMap(both, torch.tensor([0.0, 0.0, 1.0]))
    spots = torch.tensor([[0.0, 0.0, 0.0], [0.6, -0.6, 0.0], [1.2, 0.0, 0.0], [-2.0, 2.0, 0.0], [0.0, 0.0, 1.0]])
    share = shadow.arriving(spots, torch.tensor([[0.0, 0.0, 1.0]]).expand(5, 3))
    assert torch.all(share[:2] < 0.05)
    assert torch.all(share[2:] > 0.95)


def test_occlusion_is_one_in_the_open_and_less_in_a_corner():
    assert float(vertex_occlusion(sphere(20)).min()) > 0.97
    steps = torch.linspace(-1, 1, 21)
    x, z = (v.flatten() for v in torch.meshgrid(steps, steps, indexing="ij"))
    index = torch.arange(441).view(21, 21)
    a, b, c, d = index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]
    faces = torch.stack((torch.stack((a, d, c), -1), torch.stack((a, c, b), -1))).reshape(-1, 3)
    floor = torch.stack((x, torch.zeros(441), z), 1)
    wall = torch.stack((x, (z + 1) / 4, torch.full((441,), -1.0)), 1)
    room = make_mesh(torch.cat((floor, wall)), torch.cat((faces, faces.flip(1) + 441)))
    share = vertex_occlusion(room)[:441].view(21, 21)
    assert float(share[10, 1]) < 0.75 < float(share[10, 19])
    assert float((share - share.flip(0)).abs().mean()) < 0.02  # left and right are treated alike


def test_a_panorama_lights_from_where_it_is_bright():
    picture = torch.zeros(32, 64, 3)
    picture[:, 40:56] = 1.0  # to the right of what the viewer sees ahead
    ball = sphere(24)
    lighting = Lighting(key=(0.0,) * 3, environment=Environment(picture), occlusion=0.0)
    for yaw in (0, 130):  # the panorama belongs to the viewer
        rgba = render(ball, fit_camera(ball.vertices, 64, 64, yaw=yaw), lighting=lighting).rgba
        assert float(rgba[32, 54, 0]) > 2 * float(rgba[32, 10, 0])


def lit_sphere(facing: torch.Tensor, light: Lighting) -> torch.Tensor:
    """Light (n, 3) on a matt white surface in the viewer's frame: key and panorama."""
    key = (facing @ torch.tensor(light.key_direction)).clamp(min=0)[:, None] * torch.tensor(light.key)
    return key + light.environment.diffuse(facing)


def test_a_panoramas_key_light_and_its_rest_are_the_whole():
    """A lone lamp becomes the key light, even surroundings have none; the sum keeps the whole's light."""
    facing = torch.nn.functional.normalize(torch.randn(400, 3, generator=torch.Generator().manual_seed(1)), dim=1)
    lamp, sky = torch.zeros(64, 128, 3), torch.zeros(64, 128, 3)
    lamp[20:23, 30:33] = torch.tensor([1.0, 0.8, 0.5])
    sky[:32] = torch.tensor([0.3, 0.5, 1.0])
    for panorama, share in ((lamp, (0.95, 1.01)), (sky, (0.2, 0.3)), (torch.ones(64, 128, 3), (0.0, 0.02))):
        whole = Environment(panorama, strength=1.0)
        direction, key, rest = whole.parted()
        part = Lighting(key_direction=tuple(direction.tolist()), key=tuple(key.tolist()), environment=rest)
        brightest = float(whole.diffuse(facing).amax())
        error = (lit_sphere(facing, part) - whole.diffuse(facing)).abs().max() / brightest
        assert error < 0.2  # where the lamp's own edge is sharper than nine harmonics are
        assert share[0] <= float(key.sum() / (4 * whole.mean.sum())) <= share[1]


def test_a_panorama_shows_white_on_its_bright_side_whatever_its_exposure():
    panorama = torch.rand(32, 64, 3, generator=torch.Generator().manual_seed(2))
    panorama[4:10, 10:20] = 3.0
    facing = torch.nn.functional.normalize(torch.randn(400, 3, generator=torch.Generator().manual_seed(1)), dim=1)
    full = lit_sphere(facing, Lighting.under(panorama))
    assert 0.85 < float(full.mean(1).max()) < 1.3
    dim = Lighting.under(panorama, 0.5)
    assert torch.allclose(lit_sphere(facing, dim), full / 2, atol=1e-4)
    with pytest.raises(ValueError, match="environment: strength is -1"):
        Lighting.under(panorama, -1)


def test_diffuse_panorama_light_equals_the_integral():
    generator = torch.Generator().manual_seed(3)
    picture = torch.nn.functional.interpolate(torch.rand(1, 3, 4, 8, generator=generator), (64, 128), mode="bicubic")
    picture = picture[0].permute(1, 2, 0).clamp(0, 1)
    environment = Environment(picture, strength=1.0)
    theta = (torch.arange(64) + 0.5) * math.pi / 64
    phi = ((torch.arange(128) + 0.5) / 128 - 0.5) * 2 * math.pi
    sin = theta.sin()[:, None]
    light_from = torch.stack((sin * phi.sin(), theta.cos()[:, None].expand(64, 128), -sin * phi.cos()), -1).reshape(
        -1, 3
    )
    weight = (sin.expand(64, 128) * (math.pi / 64) * (2 * math.pi / 128)).reshape(-1)
    normals = torch.nn.functional.normalize(torch.randn(50, 3, generator=generator), dim=1)
    cosine = (normals @ light_from.T).clamp(min=0)
    exact = (cosine * weight) @ srgb_to_linear(picture).reshape(-1, 3) / math.pi
    assert torch.allclose(environment.diffuse(normals), exact, atol=0.03)


def test_spherical_harmonics_are_orthonormal():
    directions = torch.nn.functional.normalize(
        torch.randn(200_000, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64), dim=1
    )
    basis = _evaluate(directions)
    gram = basis.T @ basis * (4 * math.pi / len(directions))
    assert torch.allclose(gram, torch.eye(9, dtype=torch.float64), atol=0.02)


@pytest.mark.parametrize(
    "picture,message",
    [(torch.zeros(4, 8, 3), "black"), (torch.zeros(8, 3), "shape"), (torch.full((4, 8, 3), math.nan), "NaN")],
)
def test_bad_panoramas_are_refused(picture, message):
    with pytest.raises(ValueError, match=f"environment: .*{message}"):
        Environment(picture)


@pytest.mark.parametrize("options", [{"key": (1.0, math.nan, 0.0)}, {"key_direction": (0.0,) * 3}, {"shadow": 2.0}])
def test_bad_lighting_is_refused(options):
    with pytest.raises(ValueError, match=f"lighting: {next(iter(options))}"):
        Lighting(**options)


def test_bright_colours_are_compressed_smoothly_and_never_clip():
    ramp = torch.linspace(0, 5, 500)[:, None] * torch.tensor([[1.0, 0.5, 0.2]])
    out = compress(ramp)
    assert torch.equal(out[ramp.amax(1) <= 0.8], ramp[ramp.amax(1) <= 0.8])
    assert float(out.max()) < 1
    assert torch.all(out[1:, 0] > out[:-1, 0])
