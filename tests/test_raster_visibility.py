"""Promises of the rasterizer: the right triangle at every sample, no holes, clean clipping, the same every time."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))
from avatar_scene.rendering.body import body_mesh, load_body
from avatar_scene.rendering.camera import camera_rotation, fit_camera
from avatar_scene.rendering.geometry import Geometry
from avatar_scene.rendering.mesh import Material
from avatar_scene.rendering.rasterizer import ZBuffer
from avatar_scene.rendering.render import render
from raster_scenes import front_camera, make_mesh, quads, sphere


def triangle_ids(mesh, camera) -> torch.Tensor:
    """(H, W) row of the mesh's face seen at each pixel's centre, -1 where there is none."""
    geometry = Geometry(mesh, camera, 1)
    buffer = ZBuffer(geometry.triangles, geometry.width, 0, geometry.height, 1 << 20)
    buffer.draw(torch.arange(len(geometry.triangles)))
    sample, ids = buffer.covered()
    seen = torch.full((geometry.height * geometry.width,), -1, dtype=torch.int64)
    seen[sample] = geometry.source[ids]
    left, top, right, bottom = geometry.box
    picture = torch.full((camera.height, camera.width), -1, dtype=torch.int64)
    picture[top:bottom, left:right] = seen.view(geometry.height, geometry.width)
    return picture


def body() -> object:
    model = load_body()
    mesh = body_mesh(model, model.v_template.float())
    return replace(mesh, materials=tuple(replace(m, double_sided=True) for m in mesh.materials))


@pytest.mark.parametrize("yaw", [0, 65, 200])
@pytest.mark.parametrize("orthographic", [False, True])
def test_triangle_ids_agree_with_embree(yaw, orthographic):
    pytest.importorskip("embreex")
    trimesh = pytest.importorskip("trimesh")
    mesh = body()
    camera = fit_camera(mesh.vertices, 400, 500, yaw=yaw, pitch=10, orthographic=orthographic)
    ours = triangle_ids(mesh, camera).flatten()

    rows, columns = torch.meshgrid(torch.arange(500), torch.arange(400), indexing="ij")
    pixels = torch.stack((columns, rows), -1).reshape(-1, 2).double() + 0.5
    near = camera.unproject(pixels, torch.full((len(pixels),), 0.1, dtype=torch.float64))
    far = camera.unproject(pixels, torch.full((len(pixels),), 20.0, dtype=torch.float64))
    scene = trimesh.Trimesh(mesh.vertices.double().numpy(), mesh.faces.numpy(), process=False)
    theirs = scene.ray.intersects_first(near.numpy(), (far - near).numpy())
    agree = ours.numpy() == theirs
    covered = (theirs >= 0) | (ours.numpy() >= 0)
    assert covered.sum() > 15_000
    assert np.mean(agree[covered]) >= 0.998
    assert np.sum((theirs >= 0) != (ours.numpy() >= 0)) <= 1e-4 * agree.size


@pytest.mark.parametrize("seed", range(6))
def test_a_closed_mesh_has_no_holes_and_no_seams(seed):
    generator = torch.Generator().manual_seed(seed)
    ball = sphere(20)
    yaw, pitch, roll = (torch.rand(3, generator=generator) * 360).tolist()
    camera = fit_camera(ball.vertices, 301, 299, yaw=yaw, pitch=pitch, roll=roll)
    covered = (triangle_ids(ball, camera) >= 0).numpy()
    for lines in (covered, covered.T):  # the picture of a convex body is convex: each line is one run
        edges = np.abs(np.diff(lines.astype(int), axis=1, prepend=0, append=0)).sum(1)
        assert edges.max() <= 2


def test_triangles_of_a_fan_share_every_sample_out_once():
    generator = torch.Generator().manual_seed(1)
    spokes = 2000  # slivers: most are thinner than a sample
    angle = torch.sort(torch.rand(spokes, generator=generator) * 2 * torch.pi)[0]
    rim = torch.stack((angle.cos() * 40, angle.sin() * 40, torch.full_like(angle, -8.0)), 1)
    vertices = torch.cat((torch.tensor([[0.013, 0.007, -8.0]]), rim))
    k = torch.arange(spokes)
    faces = torch.stack((torch.zeros_like(k), 1 + k, 1 + (k + 1) % spokes), 1)
    half = Material(base_color=(1.0, 1.0, 1.0, 0.5), alpha_mode="BLEND", unlit=True, double_sided=True)
    mesh = make_mesh(vertices, faces, materials=(half,))
    alpha = render(mesh, front_camera(96, 80), supersampling=2, passes=("rgba",)).rgba[..., 3]
    assert torch.all(alpha == 0.5)  # a sample taken twice would read 0.75, one missed 0


def test_near_plane_cuts_as_geometry_says():
    # A floor 1 m below the camera, from behind it to the horizon: visible where depth = f / (y - cy) >= near.
    floor = torch.tensor([[-1e4, -1, 1e3], [1e4, -1, 1e3], [1e4, -1, -1e5], [-1e4, -1, -1e5]], dtype=torch.float32)
    mesh = make_mesh(floor, [[0, 1, 2], [0, 2, 3]])
    camera = front_camera(64, 200, focal_px=50.0, near=1.25)
    passes = render(mesh, camera, supersampling=1)
    y = torch.arange(200) + 0.5 - 100
    expected = torch.where((y > 0) & (50 / y.clamp(min=1e-6) >= 1.25), 50 / y.clamp(min=1e-6), 0.0)
    # Vertices lie on 1/256 sample, and the depth of a floor moves by depth^2 / f per row.
    assert bool(((passes.depth - expected[:, None]).abs() <= expected[:, None] ** 2 / 50 / 256 + 1e-5).all())
    assert torch.all(passes.rgba[..., 3] == (expected > 0).float()[:, None])


def test_triangles_through_the_camera_leave_no_seam():
    generator = torch.Generator().manual_seed(5)
    ball = sphere(10, radius=2.0, materials=(Material(double_sided=True),))
    for _ in range(8):  # the camera stands inside a closed mesh: every sample must be covered
        yaw, pitch, roll = (torch.rand(3, generator=generator) * 360).tolist()
        rotation = camera_rotation(yaw, pitch, roll)
        place = (torch.rand(3, generator=generator, dtype=torch.float64) - 0.5) * 1.6
        camera = replace(front_camera(90, 70, focal_px=30.0), rotation=rotation, translation=-rotation @ place)
        assert bool((triangle_ids(ball, camera) >= 0).all())


def test_a_far_reaching_triangle_keeps_its_precision():
    mesh = make_mesh([[-3e4, -2e4, -10], [3e4, -2e4, -10], [0.0, 4e4, -10]], [[0, 1, 2]])
    passes = render(mesh, front_camera(64, 64), supersampling=1)
    assert torch.allclose(passes.depth, torch.full((64, 64), 10.0), rtol=1e-5)


def test_equal_depth_goes_to_the_later_triangle_whatever_the_chunking():
    mesh = quads([5.0, 5.0, 5.0], materials=(Material(),) * 3)
    geometry = Geometry(mesh, front_camera(), 1)
    for budget in (1, 100, 1 << 20):
        buffer = ZBuffer(geometry.triangles, geometry.width, 0, geometry.height, budget)
        buffer.draw(torch.arange(len(geometry.triangles)))
        assert set(buffer.ids.tolist()) <= {4.0, 5.0}


def test_the_same_picture_every_time_and_in_every_band_height(monkeypatch):
    ball = sphere(30)
    camera = fit_camera(ball.vertices, 200, 150, yaw=30)
    first, second = render(ball, camera), render(ball, camera)
    picture = sys.modules[render.__module__]._Picture
    whole = picture.__init__

    def narrow(self, *args):
        whole(self, *args)
        self.samples_per_band, self.fragments_at_once, self.shaded_at_once = 4000, 500, 300

    monkeypatch.setattr(picture, "__init__", narrow)
    banded = render(ball, camera)
    for name in ("rgba", "depth", "normal", "part"):
        assert torch.equal(getattr(first, name), getattr(second, name))
        assert torch.allclose(getattr(first, name), getattr(banded, name), atol=1e-6)


def test_depth_of_a_sphere_is_right_in_both_projections():
    ball = sphere(96)
    for orthographic in (False, True):
        camera = fit_camera(ball.vertices, 129, 129, orthographic=orthographic)
        middle = render(ball, camera, supersampling=1).depth[64, 64]
        assert float(middle) == pytest.approx(float(camera.position[2]) - 1.0, abs=2e-3)


def test_backs_are_culled_unless_double_sided():
    away = make_mesh([[-9, -9, -3], [0, 9, -3], [9, -9, -3]], [[0, 1, 2]])
    assert float(render(away, front_camera()).rgba[..., 3].max()) == 0
    both = replace(away, materials=(Material(double_sided=True),))
    passes = render(both, front_camera())
    assert float(passes.rgba[..., 3].max()) == 1
    assert torch.allclose(passes.normal[32, 32], torch.tensor([0.0, 0.0, 1.0]), atol=1e-6)  # turned to the viewer
