"""How much of a light arrives: depth maps of a mesh along parallel directions, soft shadows, ambient occlusion."""

from __future__ import annotations

import torch
from torch.nn.functional import grid_sample, normalize, pad

from .mesh import Mesh
from .rasterizer import ScreenTriangles, check_overdraw, chunks, fragments, set_up

_MARGIN = 4.0  # texels between the mesh and the map's edge
_FRAGMENTS_AT_ONCE = 1 << 20
# Towards the faces and corners of a cube: 14 even directions that mirroring maps onto themselves.
_AXES = ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1), (-1, 1, 1), (1, 1, -1), (-1, 1, -1))


class _Slab:
    """A mesh's extent along a direction, as a square map looks down on it."""

    def __init__(self, vertices: torch.Tensor, direction: torch.Tensor, size: int):
        """direction: (3,) unit, towards the light. size: side of the map in texels."""
        helper = direction.new_tensor([0.0, 1.0, 0.0] if abs(float(direction[1])) < 0.9 else [1.0, 0.0, 0.0])
        right = normalize(torch.linalg.cross(helper, direction), dim=0)
        self.axes = torch.stack((right, torch.linalg.cross(direction, right), direction), 1)
        local = vertices @ self.axes
        low, high = local.amin(0), local.amax(0)
        self.extent = float((high - low).amax().clamp(min=1e-6))
        # Measured from the middle, so that mirrored meshes have mirrored maps.
        self.origin = torch.cat(((low + high)[:2] / 2, low[2:]))
        self.tall = max(float(high[2] - low[2]), 0.05 * self.extent)
        self.scale = (size - 2 * _MARGIN) / self.extent
        self.size = size

    def place(self, points: torch.Tensor) -> torch.Tensor:
        """World points (n, 3) -> x and y in texels, height 0..1 towards the light."""
        local = points @ self.axes - self.origin
        return torch.cat((local[:, :2] * self.scale + self.size / 2, local[:, 2:] / self.tall), 1)

    def triangles(self, vertices: torch.Tensor, faces: torch.Tensor) -> ScreenTriangles:
        x, y, z = self.place(vertices).T.contiguous()
        triangles = set_up(x, y, z, torch.ones_like(z), faces, None, self.size, self.size)
        check_overdraw(triangles, self.size, self.size)
        return triangles


def _casting(mesh: Mesh, modes: tuple[str, ...]) -> torch.Tensor:
    """Faces whose material is of one of the alpha modes."""
    casts = torch.tensor([m.alpha_mode in modes for m in mesh.materials], device=mesh.faces.device)
    return mesh.faces if bool(casts.all()) else mesh.faces[casts[mesh.face_material]]


class ShadowMap:
    """Soft shadows of a mesh in its own light.

    An exponential variance shadow map (Lauritzen & McCool 2008): the map stores two moments of the warped height, is
    blurred once, and a single filtered lookup per sample answers how much of the light arrives. Surfaces that blend do
    not cast; others cast as if they were solid.

    softness: width of the shadow's edge in metres.
    """

    WARP = 18.0
    _BLEED = 0.15  # arriving light below this counts as none: removes what leaks between overlapping shadows

    _NOISE = 0.03  # relative spread of the warped height taken for rounding, not for an edge

    def __init__(self, mesh: Mesh, direction: torch.Tensor, *, size: int = 512, softness: float = 0.03):
        faces = _casting(mesh, ("OPAQUE", "MASK"))
        vertices = mesh.vertices.float()
        used = vertices[faces.flatten()] if len(faces) else vertices
        self.slab = _Slab(used, direction.to(vertices), size)
        height = torch.zeros(size * size, device=vertices.device)
        triangles = self.slab.triangles(vertices, faces)
        everything = torch.arange(len(triangles), device=vertices.device)
        for run in chunks(triangles, everything, size, 0, size, _FRAGMENTS_AT_ONCE):
            _, texel, z = fragments(triangles, run, size, 0, size)
            height.scatter_reduce_(0, texel, z, "amax")
        warped = torch.exp(self.WARP * (height.view(1, 1, size, size).clamp(0, 1) - 1))
        moments = torch.cat((warped, warped * warped), 1)
        radius = min(max(round(softness * self.slab.scale / 4), 1), 6)
        moments = blur(moments, radius)
        self.moments = moments
        self.offset = 1.5 * (radius + 1) / self.slab.scale

    def arriving(self, position: torch.Tensor, normal: torch.Tensor) -> torch.Tensor:
        """(n,) share 0..1 of the light that reaches world points (n, 3) with unit normals (n, 3)."""
        place = self.slab.place(position + normal * self.offset)
        grid = place[None, None, :, :2] * (2 / self.slab.size) - 1
        mean, square = grid_sample(self.moments, grid, "bilinear", "border", align_corners=False)[0, :, 0]
        own = torch.exp(self.WARP * (place[:, 2].clamp(0, 1) - 1))
        variance = torch.maximum(square - mean * mean, (self._NOISE * own) ** 2)
        ahead = mean - own
        share = variance / (variance + ahead * ahead)
        share = ((share - self._BLEED) / (1 - self._BLEED)).clamp(0, 1)
        return torch.where(ahead <= 0, 1.0, share)


def blur(maps: torch.Tensor, radius: int) -> torch.Tensor:
    """Maps (N, C, H, W) under a tent filter of 4 radius + 1 texels, edges repeated."""
    for _ in range(2):  # twice a box filter
        for axis in (2, 3):
            size = maps.shape[axis]
            sides = (0, 0, radius, radius) if axis == 2 else (radius, radius, 0, 0)
            padded = pad(maps, sides, mode="replicate")
            maps = sum(padded.narrow(axis, k, size) for k in range(2 * radius + 1)) / (2 * radius + 1)
    return maps


def vertex_occlusion(mesh: Mesh, *, size: int = 128) -> torch.Tensor:
    """(V,) share 0..1 of an even sky and ground that each vertex sees; free of noise and the same from every camera.

    Depth maps along seven axes, each seen from both ends. Only opaque surfaces occlude.
    """
    vertices = mesh.vertices.float()
    normals = torch.nan_to_num(mesh.normals.float(), nan=0.0, posinf=1.0, neginf=-1.0).clamp(-1, 1)
    faces = _casting(mesh, ("OPAQUE",))
    if len(faces) == 0:
        return torch.ones(len(vertices), device=vertices.device)
    seen = torch.zeros(len(vertices), device=vertices.device)
    total = torch.full_like(seen, 1e-6)
    for axis in _AXES:
        direction = normalize(vertices.new_tensor(axis, dtype=torch.float32), dim=0)
        slab = _Slab(vertices, direction, size)
        triangles = slab.triangles(vertices, faces)
        top = torch.full((size * size,), -1.0, device=vertices.device)
        bottom = torch.full_like(top, 2.0)
        everything = torch.arange(len(triangles), device=vertices.device)
        for run in chunks(triangles, everything, size, 0, size, _FRAGMENTS_AT_ONCE):
            _, texel, z = fragments(triangles, run, size, 0, size)
            top.scatter_reduce_(0, texel, z, "amax")
            bottom.scatter_reduce_(0, texel, z, "amin")
        place = slab.place(vertices + normals * (1.5 / slab.scale))
        column, row = (place[:, i].long().clamp_(0, size - 1) for i in (0, 1))
        texel, z = row * size + column, place[:, 2]
        slack = slab.extent / slab.tall / size  # a texel's width
        facing = normals @ direction
        for weight, clear in ((facing, z >= top[texel] - slack), (-facing, z <= bottom[texel] + slack)):
            weight = weight.clamp(min=0)
            seen += weight * clear
            total += weight
    return seen / total
