"""Promises of the camera: exact framing, documented directions, lossless projection, one-line refusals."""

import math

import pytest
import torch
from avatar_scene.rendering.camera import Camera, auto_yaw, camera_rotation, fit_camera


def cloud(seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(500, 3, generator=generator, dtype=torch.float64) * torch.tensor([0.3, 0.9, 0.2]) + 1.0


def extent(camera: Camera, points: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    pixels, depth = camera.project(points)
    assert float(depth.min()) > 0
    return pixels.amin(0), pixels.amax(0)


@pytest.mark.parametrize("orthographic", [False, True])
@pytest.mark.parametrize("size", [(512, 512), (300, 900), (900, 300)])
@pytest.mark.parametrize("angles", [(0, 0, 0), (35, 20, 0), (-120, -60, 30), (180, 90, 0)])
def test_subject_fills_exactly_the_wanted_share_at_the_wanted_place(orthographic, size, angles):
    points = cloud()
    yaw, pitch, roll = angles
    camera = fit_camera(
        points,
        *size,
        yaw=yaw,
        pitch=pitch,
        roll=roll,
        fill=0.8,
        center=(0.4, 0.6),
        orthographic=orthographic,
    )
    low, high = extent(camera, points)
    frame = torch.tensor(size, dtype=torch.float64)
    assert float(((high - low) / frame).max()) == pytest.approx(0.8, abs=1e-9)
    assert torch.allclose((low + high) / 2 / frame, torch.tensor([0.4, 0.6], dtype=torch.float64), atol=1e-9)


def test_a_batch_is_framed_as_one():
    batch = torch.stack((cloud(1), cloud(2) + 2))
    low, high = extent(fit_camera(batch, 256, 256), batch.reshape(-1, 3))
    assert float((high - low).max()) == pytest.approx(0.85 * 256, abs=1e-6)


@pytest.mark.parametrize("orthographic", [False, True])
def test_unproject_inverts_project_in_float64(orthographic):
    points = cloud(3)
    camera = fit_camera(points, 640, 480, yaw=33, pitch=-12, roll=7, orthographic=orthographic, center=(0.3, 0.7))
    assert torch.allclose(camera.unproject(*camera.project(points)), points, atol=1e-12)
    assert torch.allclose(camera.to_world(camera.to_camera(points)), points, atol=1e-12)


def test_yaw_shows_the_left_side_and_pitch_looks_down():
    left_of_subject = torch.tensor([1.0, 0.0, 0.0], dtype=torch.float64)
    assert float((camera_rotation(yaw=90) @ left_of_subject)[2]) == pytest.approx(1)  # towards the viewer
    assert float((camera_rotation(pitch=90) @ torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64))[2]) == pytest.approx(
        1
    )
    turned = camera_rotation(roll=90) @ torch.tensor([1.0, 0.0, 0.0], dtype=torch.float64)
    assert float(turned[1]) == pytest.approx(1)  # picture's right turns up: counter-clockwise


def test_focal_length_is_measured_along_the_longer_side():
    for width, height in ((512, 256), (256, 512)):
        assert fit_camera(cloud(), width, height, focal_mm=36).focal_px == pytest.approx(512)


def test_given_distance_is_kept():
    points = cloud()
    camera = fit_camera(points, 256, 256, distance=7.0, yaw=20)
    depth = camera.project(points)[1]
    assert float(depth.min() + depth.max()) / 2 == pytest.approx(7.0)


def standing() -> torch.Tensor:
    """A rough T-pose in SMPL joint order: the person faces +z, their left is +x."""
    joints = torch.zeros(24, 3, dtype=torch.float64)
    heights = {0: 0, 3: 0.1, 6: 0.25, 9: 0.35, 12: 0.5, 15: 0.6}
    for joint, y in heights.items():
        joints[joint, 1] = y
    for side, chain in (
        (1, ((1, 0.1, -0.1), (4, 0.1, -0.5), (7, 0.1, -0.9), (10, 0.1, -0.95))),
        (1, ((13, 0.1, 0.45), (16, 0.2, 0.45), (18, 0.45, 0.45), (20, 0.7, 0.45), (22, 0.8, 0.45))),
        (-1, ((2, 0.1, -0.1), (5, 0.1, -0.5), (8, 0.1, -0.9), (11, 0.1, -0.95))),
        (-1, ((14, 0.1, 0.45), (17, 0.2, 0.45), (19, 0.45, 0.45), (21, 0.7, 0.45), (23, 0.8, 0.45))),
    ):
        for joint, x, y in chain:
            joints[joint, 0], joints[joint, 1] = side * x, y
    return joints


def test_auto_yaw_prefers_the_front_and_turns_with_the_person():
    joints = standing()
    assert auto_yaw(joints) == pytest.approx(0, abs=1e-6)
    turned = joints @ camera_rotation(yaw=70)  # the inverse rotation turns the person by +70 degrees
    assert auto_yaw(turned) == pytest.approx(70, abs=1e-6)


def test_auto_yaw_leaves_the_front_when_limbs_point_at_the_camera():
    joints = standing()
    for shoulder, elbow, wrist, hand in ((16, 18, 20, 22), (17, 19, 21, 23)):
        for joint, reach in ((elbow, 0.25), (wrist, 0.5), (hand, 0.6)):
            joints[joint] = joints[shoulder] + torch.tensor([0, 0, reach], dtype=torch.float64)
    joints[[4, 5], 2] += 0.4
    joints[[4, 5], 1] += 0.3
    joints[[7, 8, 10, 11], 2] += 0.4
    assert 20 <= abs(auto_yaw(joints)) <= 60


@pytest.mark.parametrize("name,value", [("width", 0), ("height", -5), ("width", 100_000), ("width", 10.5)])
def test_absurd_sizes_are_refused_by_name(name, value):
    size = {"width": 64, "height": 64} | {name: value}
    with pytest.raises(ValueError, match=f"camera: {name} is {value}.*1 to 8192") as error:
        fit_camera(cloud(), **size)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "options",
    [{"yaw": math.nan}, {"fill": 0}, {"fill": math.inf}, {"focal_mm": -1}, {"distance": 0}, {"center": (math.nan, 0)}],
)
def test_impossible_settings_are_refused_by_name(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        fit_camera(cloud(), 64, 64, **options)


def test_points_that_cannot_be_framed_are_refused():
    for points in (torch.zeros(0, 3), torch.full((3, 3), math.nan), torch.zeros(4, 3)):
        with pytest.raises(ValueError, match="the points to frame"):
            fit_camera(points, 64, 64)
