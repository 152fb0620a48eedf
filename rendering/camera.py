"""The camera: where it stands, how it projects, how it is fitted to a subject.

World: metres, y up. Camera: x right, y up, looking along -z. Pixels: x right, y down, (0, 0) is the picture's top left
corner, so the centre of the first pixel is (0.5, 0.5).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

MAX_SIDE = 8192
SENSOR_MM = 36.0  # the 35 mm film frame's longer side, laid along the picture's longer side

# Limb and trunk segments in SMPL joint order that a viewer reads an action from, with their weight.
_SEGMENTS = (
    (16, 18, 1.0), (18, 20, 1.5), (17, 19, 1.0), (19, 21, 1.5), (1, 4, 1.0), (4, 7, 1.5), (2, 5, 1.0), (5, 8, 1.5),
    (0, 12, 2.0), (7, 10, 0.5), (8, 11, 0.5),
)  # fmt: skip
_EXTREMITIES = (20, 21, 18, 19, 4, 5, 7, 8, 15)
_BODY_AXIS = (0, 3, 6, 9, 12)
_LIMIT_OF_LYING = 100.0  # degrees


@dataclass(frozen=True, eq=False)
class Camera:
    """A pinhole or orthographic camera.

    rotation:      (3, 3) world to camera, orthonormal, float64.
    translation:   (3,) metres, float64: camera point = rotation @ world point + translation.
    focal_px:      focal length in pixels; pixels per metre when `orthographic`.
    width, height: picture size in pixels, 1..8192.
    center:        principal point in pixels, where the optical axis meets the picture; the picture's middle by default.
    near:          metres; what lies nearer to the camera is cut away.

    Raises ValueError on sizes outside 1..8192 and on values that are not finite or not positive where they must be.
    """

    rotation: torch.Tensor
    translation: torch.Tensor
    focal_px: float
    width: int
    height: int
    center: tuple[float, float] | None = None
    orthographic: bool = False
    near: float = 0.02

    def __post_init__(self) -> None:
        _check_size(self.width, self.height)
        for name, shape in (("rotation", (3, 3)), ("translation", (3,))):
            value = torch.as_tensor(getattr(self, name)).detach().to("cpu", torch.float64)
            if tuple(value.shape) != shape:
                raise ValueError(f"camera: {name} has shape {tuple(value.shape)}, expected {shape}")
            if not torch.isfinite(value).all():
                raise ValueError(f"camera: {name} contains NaN or infinite values")
            object.__setattr__(self, name, value)
        if not torch.allclose(self.rotation @ self.rotation.T, torch.eye(3, dtype=torch.float64), atol=1e-4):
            raise ValueError("camera: rotation is not a rotation matrix (rows must be unit length and perpendicular)")
        for name in ("focal_px", "near"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"camera: {name} is {value}, it must be positive")
        center = self.center if self.center is not None else (self.width / 2, self.height / 2)
        if not all(math.isfinite(c) for c in center):
            raise ValueError(f"camera: center is {center}, it must be finite")
        object.__setattr__(self, "center", (float(center[0]), float(center[1])))

    @property
    def position(self) -> torch.Tensor:
        """(3,) the camera's place in the world, float64."""
        return -self.rotation.T @ self.translation

    def to_camera(self, points: torch.Tensor) -> torch.Tensor:
        """World points (..., 3) -> camera points (..., 3).

        Computed coordinate by coordinate rather than as a matrix product, whose rounding depends on a point's place in
        the batch: points that coincide in the world must coincide in the picture.
        """
        rotation, translation = self.rotation.tolist(), self.translation.tolist()
        x, y, z = points.unbind(-1)
        rows = (x * r[0] + y * r[1] + z * r[2] + t for r, t in zip(rotation, translation))
        return torch.stack(tuple(rows), -1)

    def to_world(self, points: torch.Tensor) -> torch.Tensor:
        """Camera points (..., 3) -> world points (..., 3)."""
        return (points - self.translation.to(points)) @ self.rotation.to(points)

    def project(self, points: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """World points (..., 3) -> pixels (..., 2) and depth (...) in metres along the view axis.

        Pixels of points nearer than `near` are meaningless; check the depth.
        """
        camera_points = self.to_camera(points)
        depth = -camera_points[..., 2]
        scale = self.focal_px if self.orthographic else self.focal_px / depth.clamp(min=self.near)
        x = self.center[0] + camera_points[..., 0] * scale
        y = self.center[1] - camera_points[..., 1] * scale
        return torch.stack((x, y), -1), depth

    def unproject(self, pixels: torch.Tensor, depth: torch.Tensor) -> torch.Tensor:
        """The inverse of `project`: pixels (..., 2), depth (...) -> world points (..., 3)."""
        scale = 1.0 / self.focal_px if self.orthographic else depth / self.focal_px
        x = (pixels[..., 0] - self.center[0]) * scale
        y = (self.center[1] - pixels[..., 1]) * scale
        return self.to_world(torch.stack((x, y, -depth), -1))


def camera_rotation(yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> torch.Tensor:
    """World-to-camera rotation (3, 3), float64, of a camera that circles a subject facing +z. Angles in degrees.

    yaw > 0 walks the camera round to the subject's left, so the picture shows their left side; pitch > 0 raises it to
    look down; roll > 0 turns the picture counter-clockwise.
    """
    for name, angle in (("yaw", yaw), ("pitch", pitch), ("roll", roll)):
        if not math.isfinite(angle):
            raise ValueError(f"camera: {name} is {angle}, it must be a finite angle in degrees")
    (sy, cy), (sp, cp), (sr, cr) = ((math.sin(math.radians(a)), math.cos(math.radians(a))) for a in (yaw, pitch, roll))
    turn = torch.tensor([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]], dtype=torch.float64)
    tilt = torch.tensor([[1, 0, 0], [0, cp, -sp], [0, sp, cp]], dtype=torch.float64)
    lean = torch.tensor([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]], dtype=torch.float64)
    return lean @ tilt @ turn


def fit_camera(
    points: torch.Tensor,
    width: int,
    height: int,
    *,
    yaw: float = 0.0,
    pitch: float = 0.0,
    roll: float = 0.0,
    focal_mm: float = 50.0,
    distance: float | None = None,
    fill: float = 0.85,
    center: tuple[float, float] = (0.5, 0.5),
    orthographic: bool = False,
) -> Camera:
    """A camera in which the subject fills a wanted share of the frame at a wanted place.

    points:           (N, 3) or (B, N, 3) world points of the subject; a batch is framed as one, for a shared camera.
    yaw, pitch, roll: degrees, see `camera_rotation`.
    focal_mm:         35 mm-equivalent focal length: 36 mm along the picture's longer side.
    distance:         metres from the camera to the middle of the subject. None: solved so that the subject's bounding
                      box fills exactly `fill` of the frame's width or height, whichever is reached first.
    fill:             share of the frame, above 0 up to 4 (above 1 crops the subject); unused when `distance` is given
                      and the camera is perspective.
    center:           where the middle of the subject's bounding box stands, as a share of width and height from the top
                      left. The subject is moved by shifting the principal point, which leaves its perspective alone.
    orthographic:     parallel projection; `focal_mm` is unused and the scale comes from `fill`.

    Raises ValueError on an impossible size, angle, fill, focal length or distance, and on points that are not finite.
    """
    _check_size(width, height)
    for name, value, low, high in (("focal_mm", focal_mm, 1.0, 10_000.0), ("fill", fill, 0.01, 4.0)):
        if not low <= value <= high:
            raise ValueError(f"camera: {name} is {value}, expected {low:g} to {high:g}")
    if distance is not None and not 0.01 <= distance <= 1e5:
        raise ValueError(f"camera: distance is {distance} m, expected 0.01 to 100000")
    if not all(-10.0 <= c <= 10.0 for c in center):
        raise ValueError(f"camera: center is {center}, expected two shares of the frame such as (0.5, 0.5)")
    points = points.detach().to("cpu", torch.float64).reshape(-1, 3)
    if points.shape[0] == 0 or not torch.isfinite(points).all():
        raise ValueError("camera: the points to frame are empty, NaN or infinite")

    rotation = camera_rotation(yaw, pitch, roll)
    turned = points @ rotation.T
    low, high = turned.amin(0), turned.amax(0)
    pivot = (low + high) / 2
    x, y, z = (turned - pivot).unbind(1)
    span = (float(high[0] - low[0]), float(high[1] - low[1]), float(high[2] - low[2]))
    if max(span[:2]) < 1e-9 and (distance is None or orthographic):
        raise ValueError("camera: the points to frame have no extent; give a distance or more points")

    if orthographic:
        focal_px = fill * min(width / max(span[0], 1e-12), height / max(span[1], 1e-12))
        distance = distance if distance is not None else span[2] / 2 + max(span) + 1.0
        near = max(1e-3, distance - span[2] / 2 - max(span) - 1.0)
    else:
        focal_px = focal_mm / SENSOR_MM * max(width, height)
        if distance is None:
            distance = max(
                _fit_distance(x, z, fill * width / focal_px),
                _fit_distance(y, z, fill * height / focal_px),
            )
        near = min(0.02, 0.01 * distance)
    translation = -pivot - torch.tensor([0.0, 0.0, distance], dtype=torch.float64)
    camera = Camera(rotation, translation, focal_px, width, height, None, orthographic, near)
    pixels, depth = camera.project(points)
    visible = pixels[depth > near] if bool((depth > near).any()) else pixels
    middle = (visible.amin(0) + visible.amax(0)) / 2
    shifted = [
        c + share * side - m for c, share, side, m in zip(camera.center, center, (width, height), middle.tolist())
    ]
    return Camera(rotation, translation, focal_px, width, height, tuple(shifted), orthographic, near)


def _fit_distance(x: torch.Tensor, z: torch.Tensor, extent: float) -> float:
    """Distance d at which points (x, z) span `extent` on the plane at depth 1: max x/(d-z) - min x/(d-z) = extent.

    For one pair of points that is a quadratic in d. The span of all points is the largest over pairs and falls with d,
    so solving for the pair that is widest at the current d climbs to the answer in a few steps.
    """
    distance = float(z.max()) + 1e-6 + 1e-3 * float(z.max() - z.min())
    for _ in range(64):
        ratio = x / (distance - z)
        i, j = int(ratio.argmax()), int(ratio.argmin())
        xi, zi, xj, zj = float(x[i]), float(z[i]), float(x[j]), float(z[j])
        if float(ratio[i] - ratio[j]) <= extent:
            break
        b = extent * (zi + zj) + xi - xj
        c = extent * zi * zj + xi * zj - xj * zi
        solved = (b + math.sqrt(max(b * b - 4 * extent * c, 0.0))) / (2 * extent)
        if solved <= distance * (1 + 1e-14):
            break
        distance = solved
    return distance


def auto_yaw(joints: torch.Tensor, *, limit: float = 60.0, step: float = 5.0) -> float:
    """The yaw in degrees, for `fit_camera`, that shows a pose's action best while staying on the person's front.

    joints: (24, 3) world positions in SMPL order. Yaws within `limit` of the person's own facing are scored by how long
    limbs and trunk appear (nothing points at the camera), how far hands, elbows, knees, feet and head stand from the
    body's axis and from each other (nothing hides), minus a price for leaving the front and for looking at the soles of
    someone who lies. People who lie or bend over may be seen up to 100 degrees from the front. Turning the whole person
    about the vertical turns the answer along. Raises ValueError on a wrong shape or values that are not finite.
    """
    if tuple(joints.shape) != (24, 3) or not torch.isfinite(joints).all():
        raise ValueError(f"camera: auto_yaw needs finite joints of shape (24, 3), got {tuple(joints.shape)}")
    joints = joints.detach().to("cpu", torch.float64)
    left = (joints[1] - joints[2]) + (joints[16] - joints[17])  # the person's left is +x when they face +z
    heading = math.degrees(math.atan2(-float(left[2]), float(left[0]))) if float(left[[0, 2]].norm()) > 0.05 else 0.0
    a, b, weight = (torch.tensor(column) for column in zip(*_SEGMENTS))
    size = (joints[a] - joints[b]).norm(dim=1).clamp(min=1e-6)
    body = float((joints.amax(0) - joints.amin(0)).norm()) + 1e-6
    trunk = joints[12] - joints[0]
    if float(trunk[1]) < 0.6 * float(trunk.norm()):  # lying or bent over: often only the side shows what is done
        limit = max(limit, _LIMIT_OF_LYING)
    offsets = sorted((k * step for k in range(-int(limit / step), int(limit / step) + 1)), key=lambda o: (abs(o), -o))
    best, best_score = heading, -math.inf
    for offset in offsets:
        turned = joints @ camera_rotation(heading + offset).T
        view = turned[:, :2]
        shown = float((weight * (view[a] - view[b]).norm(dim=1) / size).sum() / weight.sum())
        tips = view[list(_EXTREMITIES)]
        apart = torch.cdist(tips, tips) + torch.eye(len(tips), dtype=tips.dtype) * body
        clear = torch.minimum(apart.amin(1), torch.cdist(tips, view[list(_BODY_AXIS)]).amin(1))
        clear = float((clear / (0.1 * body)).clamp(max=1.0).mean())
        soles_first = max(0.0, float(turned[0, 2] - turned[12, 2])) / float(trunk.norm().clamp(min=1e-6))
        score = shown + 0.5 * clear + 0.35 * math.cos(math.radians(offset)) - 0.5 * soles_first
        if score > best_score + 1e-9:
            best, best_score = heading + offset, score
    return (best + 180.0) % 360.0 - 180.0


def _check_size(width: int, height: int) -> None:
    for name, value in (("width", width), ("height", height)):
        if isinstance(value, bool) or int(value) != value or not 1 <= value <= MAX_SIDE:
            raise ValueError(f"camera: {name} is {value}, expected a whole number from 1 to {MAX_SIDE}")
