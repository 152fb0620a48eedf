"""Rendered scenes with props before and behind a posed avatar, as a sampler might paint them, and the truth.

Every scene is one mesh, so what stands in front is decided by depth, and props shade and darken the avatar. The picture
is then made a little wrong, the way a diffusion model that redraws a given avatar is: soft, noisy, in other light, bent
by a pixel or two, tinted in patches; and in some scenes an outline, a hand or a print comes out differently.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from ...outpainting.color import linear_to_srgb, srgb_to_linear
from ...outpainting.image_filters import distance_to, gaussian_blur
from ...rendering.camera import Camera, auto_yaw, fit_camera
from ...rendering.light import Lighting, viewer_frame
from ...rendering.mesh import Material, Mesh, Texture, vertex_normals
from ...rendering.render import render
from ...rendering.stage import Figure

FRONT = ("table", "pole", "grass", "foliage", "ball", "blanket")
FAITHFUL = ("nothing in front", "lost outline", "new print", "lost hand")
KINDS = FRONT + FAITHFUL
HAND_PARTS = (20, 21, 22, 23)  # SMPL wrists and hands

Patch = tuple[torch.Tensor, torch.Tensor]  # (N, 3) vertices, (N, 2) uv of a grid of rows x columns


@dataclass(frozen=True)
class OccluderScene:
    """scene (H, W, 3) as sampled; avatar (H, W, 3) and mask (H, W) as rendered; front (H, W) bool, what really stands
    in front of the avatar; kind: one of `KINDS`."""

    scene: torch.Tensor
    avatar: torch.Tensor
    mask: torch.Tensor
    front: torch.Tensor
    kind: str


def make_scene(figure: Figure, index: int, kind: str, seed: int, side: int = 512) -> OccluderScene:
    """Pose `index` of a figure among props; the same seed gives the same scene. Raises ValueError on another kind."""
    if kind not in KINDS:
        raise ValueError(f"kind: {kind!r} is none of {', '.join(KINDS)}")
    dice = torch.Generator().manual_seed(seed)
    body, yaw = figure.meshes[index], auto_yaw(figure.joints[index]) + _between(dice, -25, 25)
    place = (_between(dice, 0.42, 0.58), _between(dice, 0.48, 0.56))
    camera = fit_camera(
        body.vertices, side, side, yaw=yaw, pitch=_between(dice, 0, 15), fill=_between(dice, 0.6, 0.85), center=place
    )
    own = render(body, camera, passes=("rgba", "depth", "part"))
    mask = own.rgba[..., 3]
    props = _Props(body, camera, dice)
    props.surroundings()
    if kind in FRONT:
        getattr(props, kind)()
    light = Lighting(
        key_direction=(_between(dice, -0.8, 0.8), _between(dice, 0.4, 0.8), 0.66), shadow=_between(dice, 0.1, 0.5)
    )
    both = render(_joined([body, *props.meshes]), camera, lighting=light, passes=("rgba",)).rgba[..., :3]
    around = render(_joined(props.meshes), camera, lighting=light, passes=("rgba", "depth"))
    front = (around.depth > 0) & (around.depth < own.depth) & (mask > 0.5)
    if kind in FAITHFUL[1:]:
        both = _redrawn(both, around.rgba[..., :3], mask, own.part, kind, dice)
    return OccluderScene(_as_sampled(both, dice), own.rgba[..., :3], mask, front, kind)


class _Props:
    """Random things in the viewer's frame of a figure: x right, y up, z to the viewer, from between its feet."""

    def __init__(self, body: Mesh, camera: Camera, dice: torch.Generator) -> None:
        self.frame = viewer_frame(camera).float()  # rows: right, up, back
        points = body.vertices.float() @ self.frame.T
        low, high = points.amin(0), points.amax(0)
        self.width, self.height, self.depth = (high - low).tolist()
        self.origin = torch.stack(((low[0] + high[0]) / 2, low[1], (low[2] + high[2]) / 2))
        self.dice, self.meshes = dice, []

    def surroundings(self) -> None:
        """Ground, backdrop, and a few boxes and balls behind the figure."""
        self._add(_quad(12, 12, normal="up"), (0, 0, 0), scale=6)
        self._add(_quad(14, 9, normal="viewer"), (0, 3, -4.5), scale=4)
        for _ in range(int(_between(self.dice, 1, 5))):
            behind = (_between(self.dice, -1.5, 1.5), _between(self.dice, 0.1, 1.2), _between(self.dice, -3.5, -1.2))
            self._add(self._solid(_between(self.dice, 0.2, 0.7)), behind)

    def table(self) -> None:
        size = (_between(self.dice, 0.5, 2.5), _between(self.dice, 0.04, 0.15), _between(self.dice, 0.2, 0.5))
        self._before(_box(*size), x=0.6, y=(0.2, 0.65))

    def pole(self) -> None:
        radius = _between(self.dice, 0.03, 0.09) * self.height
        self._before(_tube(radius, 3.0), x=0.35, y=(0.4, 0.6))

    def ball(self) -> None:
        self._before(_globe(_between(self.dice, 0.1, 0.25) * self.height), x=0.5, y=(0.1, 0.9))

    def blanket(self) -> None:
        top = _between(self.dice, 0.15, 0.5) * self.height
        self._before(_box(_between(self.dice, 0.8, 2.5), top, 0.1), x=0.4, y=(top / 2 / self.height,) * 2)

    def grass(self) -> None:
        reach, blades = _between(self.dice, 0.25, 0.6) * self.height, []
        for _ in range(int(_between(self.dice, 80, 300))):
            foot = torch.tensor([_between(self.dice, -0.9, 0.9), 0.0, _between(self.dice, -0.1, 0.2)])
            tip = foot + torch.tensor([_between(self.dice, -0.1, 0.1), reach * _between(self.dice, 0.5, 1), 0.0])
            half = torch.tensor([_between(self.dice, 0.008, 0.025), 0.0, 0.0])
            blades.append((torch.stack((foot - half, foot + half, tip, tip)), 2, 2))
        self._before(blades, x=0.1, y=(0, 0), gap=(0.05, 0.2))

    def foliage(self) -> None:
        radius, leaves = _between(self.dice, 0.15, 0.35) * self.height, []
        for _ in range(int(_between(self.dice, 40, 120))):
            centre = torch.randn(3, generator=self.dice) * radius * torch.tensor([0.5, 0.5, 0.15])
            turn = torch.linalg.qr(torch.randn(3, 3, generator=self.dice))[0] * _between(self.dice, 0.04, 0.1)
            corners = torch.tensor([[-1.0, 0, 0], [0, 0.5, 0], [0, -0.5, 0], [1, 0, 0]]) @ turn
            leaves.append((centre + corners, 2, 2))
        self._before(leaves, x=0.6, y=(0.1, 0.9))

    def _before(self, patches: list, x: float, y: tuple[float, float], gap: tuple[float, float] = (0.1, 0.4)) -> None:
        """In front of the figure: x in widths to either side, y a range of shares of its height, gap in metres."""
        at = _between(self.dice, -x, x) * self.width, _between(self.dice, *y) * self.height
        self._add(patches, (*at, self.depth / 2 + _between(self.dice, *gap)))

    def _solid(self, size: float) -> list:
        round_one = _between(self.dice, 0, 1) < 0.4
        return _globe(size / 2) if round_one else _box(*(size * _between(self.dice, 0.5, 1.5) for _ in range(3)))

    def _add(self, patches: list, at: tuple[float, float, float], scale: float = 1.0) -> None:
        vertices, faces, uv, start = [], [], [], 0
        for points, rows, columns in patches:
            index = torch.arange(rows * columns).reshape(rows, columns) + start
            a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]
            faces += [torch.stack((a, c, b), -1).reshape(-1, 3), torch.stack((b, c, d), -1).reshape(-1, 3)]
            grid = torch.cartesian_prod(torch.linspace(0, 1, rows), torch.linspace(0, 1, columns))
            uv.append(grid.flip(1) * scale)
            vertices.append(points)
            start += rows * columns
        place = (torch.cat(vertices) + torch.tensor(at) + self.origin) @ self.frame
        material = Material(base_color_texture=_texture(self.dice), double_sided=True, roughness=0.9)
        self.meshes.append(_mesh(place, torch.cat(faces), torch.cat(uv), material))


def _mesh(vertices: torch.Tensor, faces: torch.Tensor, uv: torch.Tensor, material: Material) -> Mesh:
    count = len(vertices)
    return Mesh(
        vertices, faces, vertex_normals(vertices, faces), uv, torch.ones(count, 4),
        torch.zeros(len(faces), dtype=torch.int64), torch.full((count,), -1), (material,),
    )  # fmt: skip


def _joined(meshes: list[Mesh]) -> Mesh:
    vertex, material, faces, face_material = 0, 0, [], []
    for mesh in meshes:
        faces.append(mesh.faces + vertex)
        face_material.append(mesh.face_material + material)
        vertex, material = vertex + len(mesh.vertices), material + len(mesh.materials)
    per_vertex = (torch.cat([getattr(mesh, name) for mesh in meshes]) for name in ("normals", "uv", "colors"))
    return Mesh(
        torch.cat([mesh.vertices.float() for mesh in meshes]), torch.cat(faces), *per_vertex, torch.cat(face_material),
        torch.cat([mesh.vertex_part for mesh in meshes]), tuple(m for mesh in meshes for m in mesh.materials),
    )  # fmt: skip


# Grids of points: (points (rows * columns, 3), rows, columns) -----------------------------------------------------


def _grid(rows: int, columns: int, place: Callable[[torch.Tensor, torch.Tensor], tuple]) -> tuple:
    v, u = torch.meshgrid(torch.linspace(0, 1, rows), torch.linspace(0, 1, columns), indexing="ij")
    return torch.stack(torch.broadcast_tensors(*place(u, v)), -1).reshape(-1, 3), rows, columns


def _quad(width: float, height: float, normal: str) -> list:
    zero = torch.zeros(())
    if normal == "up":
        return [_grid(8, 8, lambda u, v: ((u - 0.5) * width, zero, (v - 0.5) * height))]
    return [_grid(8, 8, lambda u, v: ((u - 0.5) * width, (0.5 - v) * height, zero))]


def _box(width: float, height: float, depth: float) -> list:
    half, sides = torch.tensor([width, height, depth]) / 2, []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            points, rows, columns = _grid(4, 4, lambda u, v, s=sign: (u * 2 - 1, v * 2 - 1, torch.tensor(s)))
            sides.append((points.roll(axis + 1, 1) * half, rows, columns))
    return sides


def _tube(radius: float, length: float) -> list:
    turn = 2 * math.pi
    return [
        _grid(4, 24, lambda u, v: (radius * (u * turn).cos(), (0.5 - v) * length, radius * (u * turn).sin())),
    ]


def _globe(radius: float) -> list:
    def place(u: torch.Tensor, v: torch.Tensor) -> tuple:
        ring = radius * (v * math.pi).sin()
        return ring * (u * 2 * math.pi).cos(), radius * (v * math.pi).cos(), ring * (u * 2 * math.pi).sin()

    return [_grid(16, 24, place)]


def _texture(dice: torch.Generator, side: int = 128) -> Texture:
    """Two colours mixed evenly, by clouds or by stripes."""
    first, second = torch.rand(3, generator=dice), torch.rand(3, generator=dice)
    kind, mix = _between(dice, 0, 3), torch.zeros(side, side)
    if kind > 2:
        mix = (torch.arange(side)[None] * int(_between(dice, 4, 12)) // side % 2).float().expand(side, side)
    elif kind > 1:
        for octave in (4, 8, 16, 32):
            mix = mix + _clouds(dice, octave, side, side)[0] * 2 / octave
        mix = (mix + 0.5).clamp(0, 1)
    rgb = first + (second - first) * mix[..., None]
    return Texture((torch.cat((rgb, torch.ones(side, side, 1)), -1) * 255).round().to(torch.uint8))


# What a sampler makes of a picture --------------------------------------------------------------------------------


def _redrawn(picture, around, mask, part, kind: str, dice: torch.Generator) -> torch.Tensor:
    """The picture with one thing of the avatar drawn differently, (H, W, 3)."""
    inside = mask > 0.5
    if kind == "lost outline":
        depth = distance_to(~inside[None], 8)[0]
        gone = inside & (depth < (_clouds(dice, 12, *mask.shape)[0] * 3 + 1.5).clamp(max=4))
    elif kind == "lost hand":
        gone = inside & torch.isin(part, torch.tensor(HAND_PARTS[int(_between(dice, 0, 2)) :: 2]))
    else:
        depth = distance_to(~inside[None], 24)[0]
        spots = torch.nonzero(depth > 10)
        y, x = spots[int(_between(dice, 0, len(spots)))].tolist()
        radius = min(float(depth[y, x]) - 4, 18)
        rows, columns = torch.arange(len(mask))[:, None] - y, torch.arange(mask.shape[1])[None] - x
        gone = rows**2 + columns**2 < radius**2
        around = torch.rand(3, generator=dice).expand_as(picture)
    share = gaussian_blur(gone.float()[None, None], 0.8)[0, 0][..., None]
    return picture + (around - picture) * share


def _as_sampled(picture: torch.Tensor, dice: torch.Generator) -> torch.Tensor:
    height, width = picture.shape[:2]
    maps = srgb_to_linear(picture).permute(2, 0, 1)[None]
    rows, columns = torch.meshgrid(torch.linspace(-1, 1, height), torch.linspace(-1, 1, width), indexing="ij")
    bend = _clouds(dice, 6, height, width, channels=2) * _between(dice, 0.5, 1.5) * 2 / width
    grid = torch.stack((columns, rows), -1) + bend.permute(1, 2, 0)
    maps = F.grid_sample(maps, grid[None], padding_mode="border", align_corners=True)
    maps = gaussian_blur(maps, _between(dice, 0.5, 1.0))
    srgb = linear_to_srgb(maps.clamp(0, 1))[0]
    srgb = srgb * (1 + 0.08 * (2 * torch.rand(3, 1, 1, generator=dice) - 1))
    srgb = srgb + 0.02 * _clouds(dice, 8, height, width, channels=3)
    srgb = srgb + _between(dice, 0.008, 0.02) * torch.randn(srgb.shape, generator=dice)
    return srgb.clamp(0, 1).permute(1, 2, 0)


def _clouds(dice: torch.Generator, cells: int, height: int, width: int, channels: int = 1) -> torch.Tensor:
    """(channels, height, width) smooth noise of standard deviation about 1 at `cells` cells a side."""
    coarse = torch.randn(1, channels, cells, cells, generator=dice)
    return F.interpolate(coarse, size=(height, width), mode="bicubic", align_corners=False)[0]


def _between(dice: torch.Generator, low: float, high: float) -> float:
    return low + (high - low) * float(torch.rand((), generator=dice))
