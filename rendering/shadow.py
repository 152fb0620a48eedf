"""How much of the key light arrives: soft shadows from a depth map of the mesh along the light's direction."""

from __future__ import annotations

import torch
from torch.nn.functional import grid_sample, normalize, pad

from .mesh import Mesh
from .rasterizer import ScreenTriangles, check_overdraw, chunks, fragments, set_up

_MARGIN = 4.0  # texels between the mesh and the map's edge
_FRAGMENTS_AT_ONCE = 1 << 20


class _Slab:
    """A mesh's extent along a direction, as a map looks down on it: `width` by `height` texels."""

    def __init__(self, vertices: torch.Tensor, direction: torch.Tensor, size: int):
        """direction: (3,) unit, towards the light. size: the map's longer side in texels."""
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
        across = ((high - low)[:2] * self.scale + 2 * _MARGIN).clamp(max=size).ceil()
        self.width, self.height = (int(side) for side in across)
        self.middle = across / 2

    def place(self, points: torch.Tensor) -> torch.Tensor:
        """World points (n, 3) -> x and y in texels, height 0..1 towards the light."""
        local = points @ self.axes - self.origin
        return torch.cat((local[:, :2] * self.scale + self.middle, local[:, 2:] / self.tall), 1)

    def triangles(self, vertices: torch.Tensor, faces: torch.Tensor) -> ScreenTriangles:
        x, y, z = self.place(vertices).T.contiguous()
        triangles = set_up(x, y, z, torch.ones_like(z), faces, None, self.width, self.height)
        check_overdraw(triangles, self.width, self.height)
        return triangles


def casting(mesh: Mesh, modes: tuple[str, ...]) -> torch.Tensor:
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
        faces = casting(mesh, ("OPAQUE", "MASK"))
        vertices = mesh.vertices.float()
        used = vertices[faces.flatten()] if len(faces) else vertices
        self.slab = _Slab(used, direction.to(vertices), size)
        width, rows = self.slab.width, self.slab.height
        height = torch.zeros(rows * width, device=vertices.device)
        triangles = self.slab.triangles(vertices, faces)
        everything = torch.arange(len(triangles), device=vertices.device)
        for run in chunks(triangles, everything, width, 0, rows, _FRAGMENTS_AT_ONCE):
            _, texel, z = fragments(triangles, run, width, 0, rows)
            height.scatter_reduce_(0, texel, z, "amax")
        warped = torch.exp(self.WARP * (height.view(1, 1, rows, width).clamp(0, 1) - 1))
        moments = torch.cat((warped, warped * warped), 1)
        radius = min(max(round(softness * self.slab.scale / 4), 1), 6)
        moments = blur(moments, radius)
        self.moments = moments
        self.offset = 1.5 * (radius + 1) / self.slab.scale

    def arriving(self, position: torch.Tensor, normal: torch.Tensor) -> torch.Tensor:
        """(n,) share 0..1 of the light that reaches world points (n, 3) with unit normals (n, 3)."""
        place = self.slab.place(position + normal * self.offset)
        grid = place[None, None, :, :2] / self.slab.middle - 1
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
            maps = padded.narrow(axis, 0, size) + padded.narrow(axis, 1, size)
            for k in range(2, 2 * radius + 1):
                maps += padded.narrow(axis, k, size)
    return maps / (2 * radius + 1) ** 4
