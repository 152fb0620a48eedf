"""A mesh as one camera sees it: clipped, projected, set up for the rasterizer, its attributes ready to interpolate."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch.nn.functional import normalize

from .camera import Camera
from .clipping import clip_to_plane
from .mesh import Mesh
from .rasterizer import MAX_TRIANGLES, SNAP, barycentric, set_up

MAX_COORDINATE = 1e6  # metres; float32 holds 6 cm there, and no person is that far away
_GUARD = 2.0  # pictures beyond the frame's edge that triangles may reach before they are cut there


@dataclass(frozen=True)
class Surface:
    """Interpolated attributes of n samples: what a material needs to know about a point.

    normal:    (n, 3) world, unit, turned towards the viewer on back faces.
    position:  (n, 3) world.
    uv:        (n, 2), or None if no material has a texture.
    color:     (n, 4) linear vertex colour, or None if all are white.
    footprint: (n,) log2 of the uv distance between neighbouring samples, or None as uv.
    occlusion: (n,) share of ambient light that arrives, or None if it was not asked for.
    """

    normal: torch.Tensor
    position: torch.Tensor | None
    uv: torch.Tensor | None
    color: torch.Tensor | None
    footprint: torch.Tensor | None
    occlusion: torch.Tensor | None


class Geometry:
    """The visible triangles of a mesh in the part of the picture that they touch.

    box:       (left, top, right, bottom) pixels of the touched part; empty if left == right.
    triangles: set up on the box's supersampled grid, `width` samples wide and `height` high.
    material:  (N,) int64 material of each triangle.
    """

    def __init__(
        self,
        mesh: Mesh,
        camera: Camera,
        supersampling: int,
        *,
        occlusion: torch.Tensor | None = None,
        positions: bool = False,
    ):
        self.supersampling = supersampling
        self.orthographic = camera.orthographic
        view = camera.to_camera(mesh.vertices.float())
        attributes = self._pack(mesh, occlusion, positions)
        faces, source = mesh.faces, None
        inside = torch.stack([view @ view.new_tensor(p[:3]) + p[3] >= 0 for p in _planes(camera)]).all(0)
        cut = ~inside[faces].all(1) if not bool(inside.all()) else None
        corner_view, corner_attributes = view, attributes
        if cut is not None:
            whole, split = torch.nonzero(~cut)[:, 0], torch.nonzero(cut)[:, 0]
            # Crossings lie close to the camera while their ends may be far away: float64 where the device has it.
            precise = torch.float32 if view.device.type == "mps" else torch.float64
            corners = torch.cat((view, attributes), 1)[faces[split]].to(precise)
            for plane in _planes(camera):
                corners, split = clip_to_plane(corners, split, plane)
            # Cut triangles become rows of their own behind the mesh's vertices.
            fresh = corners.flatten(0, 1).float()
            corner_view, corner_attributes = torch.cat((view, fresh[:, :3])), torch.cat((attributes, fresh[:, 3:]))
            added = torch.arange(len(view), len(corner_view), device=view.device).view(-1, 3)
            faces, source = torch.cat((faces[whole], added)), torch.cat((whole, split))

        x, y, nearness, weight = self._project(corner_view, camera)
        if cut is not None:
            used = torch.zeros(len(x), dtype=torch.bool, device=x.device)
            used[faces.flatten()] = True
            seen = torch.nonzero(used)[:, 0]
        else:
            seen = slice(None)
        self.box = _touched(x[seen], y[seen], camera, supersampling)
        left, top, right, bottom = self.box
        self.width, self.height = (right - left) * supersampling, (bottom - top) * supersampling
        x, y = x - left * supersampling, y - top * supersampling
        face_material = mesh.face_material if source is None else mesh.face_material[source]
        double_sided = torch.tensor([m.double_sided for m in mesh.materials], device=x.device)[face_material]
        self.triangles = set_up(
            x[faces], y[faces], nearness[faces], weight[faces], double_sided, self.width, self.height
        )
        self.material = face_material[self.triangles.source]
        self.source = self.triangles.source if source is None else source[self.triangles.source]
        self.mesh = mesh
        self._corners = faces[self.triangles.source]
        self._attributes = corner_attributes[self._corners].flatten(1)
        self._density = self._uv_density(x, y, weight) if self.has_uv else None
        self._view_depth = None

    def _pack(self, mesh: Mesh, occlusion: torch.Tensor | None, positions: bool) -> torch.Tensor:
        self.has_uv = any(_textured(m) for m in mesh.materials)
        self.has_color = bool((mesh.colors != 1).any())
        self.has_occlusion, self.has_position = occlusion is not None, positions
        columns = [torch.nan_to_num(mesh.normals.float())]
        if positions:
            columns.append(mesh.vertices.float())
        if self.has_uv:
            columns.append(torch.nan_to_num(mesh.uv.float(), nan=0.0, posinf=0.0, neginf=0.0).clamp(-1e4, 1e4))
        if self.has_color:
            columns.append(torch.nan_to_num(mesh.colors.float()).clamp(0, 1))
        if occlusion is not None:
            columns.append(occlusion.float()[:, None])
        return torch.cat(columns, 1) if len(columns) > 1 else columns[0]

    def _project(self, view: torch.Tensor, camera: Camera) -> tuple[torch.Tensor, ...]:
        depth = -view[:, 2]
        ss = self.supersampling
        if camera.orthographic:
            far = float(depth.amax()) + 1.0 if len(depth) else 1.0
            nearness, weight, scale = far - depth, torch.ones_like(depth), camera.focal_px * ss
            self._far = far
        else:
            nearness = weight = 1.0 / depth.clamp(min=camera.near)
            scale = camera.focal_px * ss * weight
        x = torch.round((camera.center[0] * ss + view[:, 0] * scale) * SNAP) / SNAP
        y = torch.round((camera.center[1] * ss - view[:, 1] * scale) * SNAP) / SNAP
        return x, y, nearness, weight

    def _uv_density(self, x: torch.Tensor, y: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """(N,) half the log2 of |d(u,v)/d(x,y)| x (1/depth)^3, which is constant over a triangle in perspective."""
        first = 3 + 3 * self.has_position
        uv = self._attributes.view(len(self._attributes), 3, -1)[:, :, first : first + 2]
        a, b = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
        x, y, w = x[self._corners], y[self._corners], weight[self._corners]
        texels = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
        pixels = (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0])
        return 0.5 * torch.log2((texels.abs() * w.prod(1) / pixels.abs()).clamp(min=1e-30))

    def weights(self, ids: torch.Tensor, sample: torch.Tensor, first_row: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Barycentric weights (n, 3) of triangles `ids` at the samples, and their corner weight (n,)."""
        return barycentric(self.triangles, ids, sample, self.width, first_row)

    def surface(self, ids: torch.Tensor, weights: torch.Tensor, corner_weight: torch.Tensor) -> Surface:
        """The attributes of triangles `ids` (n,) at barycentric `weights` (n, 3)."""
        values = self._interpolate(ids, weights)
        normal = normalize(values[:, :3], dim=1)
        facing = self.triangles.front[ids]
        normal = torch.where(facing[:, None], normal, -normal)
        at = 3
        position = uv = color = occlusion = footprint = None
        if self.has_position:
            position, at = values[:, at : at + 3], at + 3
        if self.has_uv:
            uv, at = values[:, at : at + 2], at + 2
            footprint = self._density[ids] - 1.5 * torch.log2(corner_weight)
        if self.has_color:
            color, at = values[:, at : at + 4], at + 4
        if self.has_occlusion:
            occlusion = values[:, at]
        return Surface(normal, position, uv, color, footprint, occlusion)

    def _interpolate(self, ids: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        corners = self._attributes.index_select(0, ids)
        width = corners.shape[1] // 3
        result = corners[:, :width] * weights[:, :1]
        result.addcmul_(corners[:, width : 2 * width], weights[:, 1:2])
        return result.addcmul_(corners[:, 2 * width :], weights[:, 2:])

    def depth(self, nearness: torch.Tensor) -> torch.Tensor:
        """Nearness -> metres along the view axis, 0 where there is nothing."""
        metres = self._far - nearness if self.orthographic else 1.0 / nearness.clamp(min=1e-12)
        return torch.where(nearness > 0, metres, 0.0)

    def part(self, ids: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """(n,) body part of the nearest corner of the triangle."""
        corner = weights.argmax(1, keepdim=True)
        vertex = self.mesh.faces[self.source[ids]].gather(1, corner)[:, 0]
        return self.mesh.vertex_part[vertex]


def check_mesh(mesh: Mesh) -> None:
    """Raise ValueError, in one line, on a mesh that cannot be drawn."""
    count = mesh.vertices.shape[0]
    if mesh.vertices.ndim != 2 or mesh.vertices.shape[1] != 3:
        raise ValueError(f"mesh: vertices have shape {tuple(mesh.vertices.shape)}, expected (V, 3)")
    bad = ~(mesh.vertices.abs() <= MAX_COORDINATE).all(1)
    if bool(bad.any()):
        first = int(torch.nonzero(bad)[0, 0])
        raise ValueError(
            f"mesh: {int(bad.sum())} of {count} vertices are NaN, infinite or over {MAX_COORDINATE:g} m out"
            f" (first: vertex {first})"
        )
    if mesh.faces.shape[0] > MAX_TRIANGLES:
        raise ValueError(f"mesh: {mesh.faces.shape[0]} triangles, at most {MAX_TRIANGLES} can be drawn")
    if mesh.faces.numel() and not 0 <= int(mesh.faces.min()) <= int(mesh.faces.max()) < count:
        raise ValueError(f"mesh: faces name vertices outside 0..{count - 1}")
    if mesh.faces.numel() and not 0 <= int(mesh.face_material.min()) <= int(mesh.face_material.max()) < len(
        mesh.materials
    ):
        raise ValueError(f"mesh: face_material names materials outside 0..{len(mesh.materials) - 1}")


def _textured(material) -> bool:
    toon = material.mtoon
    return any(
        texture is not None
        for texture in (
            material.base_color_texture,
            material.metallic_roughness_texture,
            material.normal_texture,
            material.occlusion_texture,
            material.emissive_texture,
            toon.shade_texture if toon else None,
        )
    )


def _planes(camera: Camera) -> list[tuple[float, float, float, float]]:
    """Near plane, then left, right, top and bottom of the guard band, as (a, b, c, d) in camera space."""
    f, (cx, cy) = camera.focal_px, camera.center
    margin = _GUARD * max(camera.width, camera.height)
    bounds = (cx + margin, camera.width + margin - cx, cy + margin, camera.height + margin - cy)
    signs = ((f, 0.0), (-f, 0.0), (0.0, -f), (0.0, f))
    sides = [(a, b, 0.0, k) if camera.orthographic else (a, b, -k, 0.0) for (a, b), k in zip(signs, bounds)]
    return [(0.0, 0.0, -1.0, -camera.near), *sides]


def _touched(x: torch.Tensor, y: torch.Tensor, camera: Camera, supersampling: int) -> tuple[int, int, int, int]:
    if x.numel() == 0:
        return 0, 0, 0, 0
    x0, x1, y0, y1 = (v / supersampling for v in torch.stack((x.amin(), x.amax(), y.amin(), y.amax())).tolist())
    left, right = (min(max(v, 0), camera.width) for v in (math.floor(x0), math.ceil(x1)))
    top, bottom = (min(max(v, 0), camera.height) for v in (math.floor(y0), math.ceil(y1)))
    return (left, top, right, bottom) if left < right and top < bottom else (0, 0, 0, 0)
