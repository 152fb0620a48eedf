"""A mesh as one camera sees it: clipped, projected, set up for the rasterizer, its attributes ready to interpolate."""

from __future__ import annotations

import math
from functools import cached_property

import torch
from torch.nn.functional import normalize

from .camera import Camera
from .clipping import clip_to_plane
from .mesh import Mesh
from .rasterizer import MAX_TRIANGLES, SNAP, barycentric, check_overdraw, set_up

MAX_COORDINATE = 1e6  # metres; float32 holds 6 cm there, and no person is that far away
_SHARPER = 0.5  # mip levels by which textures of whole pixels are read finer: as crisp as the mean over samples
_GUARD = 2.0  # pictures beyond the frame's edge that triangles may reach before they are cut there


class Geometry:
    """The visible triangles of a mesh in the part of the picture that they touch.

    box:       (left, top, right, bottom) pixels of the touched part; empty if left == right.
    triangles: N of them, set up on the box's supersampled grid, `width` samples wide and `height` high.
    source:    (N,) int64 face of the mesh that each is, or was cut from; material: (N,) int64.

    `occlusion` (V,), the share of ambient light at each vertex, is carried along if given.
    """

    def __init__(self, mesh: Mesh, camera: Camera, supersampling: int, *, occlusion: torch.Tensor | None = None):
        self.mesh, self.supersampling, self.orthographic = mesh, supersampling, camera.orthographic
        view = camera.to_camera(mesh.vertices.float())
        attributes = _attributes(mesh, occlusion)
        faces, source, added = _clip(mesh.faces, view, attributes, _planes(camera))
        if added is not None:
            view = torch.cat((view, added[:, :3]))
            columns = added[:, 3:].split([value.shape[1] for value in attributes.values()], 1)
            attributes = {name: torch.cat((a, b)) for (name, a), b in zip(attributes.items(), columns)}

        x, y, nearness, weight = self._project(view, camera)
        drawn = slice(None)
        if added is not None:  # vertices behind the camera have no place in the picture
            drawn = torch.zeros(len(x), dtype=torch.bool, device=x.device)
            drawn[faces.flatten()] = True
        self.box = _touched(x[drawn], y[drawn], camera, supersampling)
        left, top, right, bottom = self.box
        self.width, self.height = (right - left) * supersampling, (bottom - top) * supersampling
        x, y = x - left * supersampling, y - top * supersampling
        material = mesh.face_material if source is None else mesh.face_material[source]
        double_sided = torch.tensor([m.double_sided for m in mesh.materials], device=x.device)[material]
        self.triangles = set_up(x, y, nearness, weight, faces, double_sided, self.width, self.height)
        check_overdraw(self.triangles, self.width, self.height)
        kept = self.triangles.source
        self.material = material[kept]
        self.source = kept if source is None else source[kept]
        self._faces, self._attributes, self._corners = faces[kept], attributes, {}
        self._screen = x, y, weight

    def _project(self, view: torch.Tensor, camera: Camera) -> tuple[torch.Tensor, ...]:
        """Camera-space points -> x and y in samples, nearness, interpolation weight: see `rasterizer.set_up`."""
        depth = -view[:, 2]
        ss = self.supersampling
        if camera.orthographic:
            self.far = float(depth.amax()) + 1.0 if len(depth) else 1.0
            nearness, weight, scale = self.far - depth, torch.ones_like(depth), camera.focal_px * ss
        else:
            nearness = weight = 1.0 / depth.clamp(min=camera.near)
            scale = camera.focal_px * ss * weight
        x = torch.round((camera.center[0] * ss + view[:, 0] * scale) * SNAP) / SNAP
        y = torch.round((camera.center[1] * ss - view[:, 1] * scale) * SNAP) / SNAP
        return x, y, nearness, weight

    def corners(self, name: str) -> torch.Tensor | None:
        """(N, 3 C) an attribute at the corners of every triangle, or None if the mesh has no such attribute."""
        if name not in self._corners:
            value = self._attributes.get(name)
            self._corners[name] = None if value is None else value[self._faces].flatten(1)
        return self._corners[name]

    @cached_property
    def uv_density(self) -> torch.Tensor:
        """(N,) half the log2 of |d(u,v)/d(x,y)| x weight^3, which is constant over a triangle seen in perspective."""
        u0, v0, u1, v1, u2, v2 = self.corners("uv").unbind(1)
        x, y, weight = (value[self._faces] for value in self._screen)
        texels = (u1 - u0) * (v2 - v0) - (v1 - v0) * (u2 - u0)
        samples = (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0])
        return 0.5 * torch.log2((texels.abs() * weight.prod(1) / samples.abs()).clamp(min=1e-30))

    def surface(
        self, ids: torch.Tensor, sample: torch.Tensor, first_row: int, shift: torch.Tensor | None = None
    ) -> Surface:
        """What triangles `ids` (n,) look like at samples counted from the band's first row.

        shift: (n, 2) samples to the right and down from there; textures are then filtered for whole pixels.
        """
        weights = barycentric(self.triangles, ids, sample, self.width, first_row, shift)
        return Surface(self, ids, *weights, spacing=1 if shift is None else self.supersampling)

    def depth(self, nearness: torch.Tensor) -> torch.Tensor:
        """Nearness -> metres along the view axis, 0 where there is nothing."""
        metres = self.far - nearness if self.orthographic else 1.0 / nearness.clamp(min=1e-12)
        return torch.where(nearness > 0, metres, 0.0)


class Surface:
    """Attributes of n samples, each interpolated when a material first asks for it."""

    def __init__(
        self,
        geometry: Geometry,
        ids: torch.Tensor,
        weights: torch.Tensor,
        corner_weight: torch.Tensor,
        spacing: int = 1,
    ):
        self._geometry, self._ids, self._weights, self._corner_weight = geometry, ids, weights, corner_weight
        self._coarser = max(0.0, math.log2(spacing) - _SHARPER)

    def __len__(self) -> int:
        return self._ids.shape[0]

    @property
    def device(self) -> torch.device:
        return self._weights.device

    @cached_property
    def normal(self) -> torch.Tensor:
        """(n, 3) world, unit, turned towards the viewer on back faces."""
        return normalize(self._interpolate("normal"), dim=1) * self._side

    @cached_property
    def _side(self) -> torch.Tensor:
        """(n, 1) 1 on front faces, -1 on back faces."""
        return (self._geometry.triangles.front.index_select(0, self._ids).float() * 2 - 1)[:, None]

    def bent_normal(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """(n, 3) the normal tilted by x along growing u and by y up the texture: what a normal map's texels say."""
        normal, tangent = self.normal * self._side, self._interpolate("tangent")
        along = tangent[:, :3] - normal * (normal * tangent[:, :3]).sum(1, keepdim=True)
        along = normalize(along, dim=1)
        across = torch.linalg.cross(normal, along) * tangent[:, 3:].sign()
        bent = normal * (1 - x * x - y * y).clamp(min=0.01).sqrt()[:, None] + along * x[:, None] + across * y[:, None]
        return normalize(bent, dim=1) * self._side

    @cached_property
    def position(self) -> torch.Tensor:
        """(n, 3) world."""
        return self._interpolate("position")

    @cached_property
    def uv(self) -> torch.Tensor:
        """(n, 2)."""
        return self._interpolate("uv")

    @cached_property
    def footprint(self) -> torch.Tensor:
        """(n,) log2 of the uv distance between neighbouring places that are shaded."""
        density = self._geometry.uv_density.index_select(0, self._ids)
        return density - 1.5 * torch.log2(self._corner_weight) + self._coarser

    @cached_property
    def color(self) -> torch.Tensor | None:
        """(n, 4) linear vertex colour, or None if all are white."""
        return self._interpolate("color") if self._geometry.corners("color") is not None else None

    @cached_property
    def occlusion(self) -> torch.Tensor | None:
        """(n,) share of the ambient light that arrives, or None if it was not asked for."""
        return self._interpolate("occlusion")[:, 0] if self._geometry.corners("occlusion") is not None else None

    @cached_property
    def part(self) -> torch.Tensor:
        """(n,) int64 body part at the triangle's nearest corner."""
        mesh = self._geometry.mesh
        vertices = mesh.faces.index_select(0, self._geometry.source.index_select(0, self._ids))
        return mesh.vertex_part.index_select(0, vertices.gather(1, self._weights.argmax(1, keepdim=True))[:, 0])

    def _interpolate(self, name: str) -> torch.Tensor:
        corners = self._geometry.corners(name).index_select(0, self._ids)
        width = corners.shape[1] // 3
        value = corners[:, :width] * self._weights[:, :1]
        value.addcmul_(corners[:, width : 2 * width], self._weights[:, 1:2])
        return value.addcmul_(corners[:, 2 * width :], self._weights[:, 2:])


def _attributes(mesh: Mesh, occlusion: torch.Tensor | None) -> dict[str, torch.Tensor]:
    """Per-vertex values (V, C) that this mesh's materials may ask for, made finite."""
    normal = torch.nan_to_num(mesh.normals.float(), nan=0.0, posinf=1.0, neginf=-1.0).clamp(-1, 1)
    values = {"normal": normal, "position": mesh.vertices.float()}
    if any(_textured(material) for material in mesh.materials):
        values["uv"] = torch.nan_to_num(mesh.uv.float(), nan=0.0, posinf=0.0, neginf=0.0).clamp(-1e4, 1e4)
    if any(material.normal_texture is not None for material in mesh.materials):
        values["tangent"] = torch.nan_to_num(_tangents(mesh))
    if bool((mesh.colors != 1).any()):
        values["color"] = torch.nan_to_num(mesh.colors.float()).clamp(0, 1)
    if occlusion is not None:
        values["occlusion"] = occlusion.float()[:, None]
    return values


def _clip(
    faces: torch.Tensor, view: torch.Tensor, attributes: dict[str, torch.Tensor], planes: list
) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None]:
    """Faces inside all planes. Returns them, the face each came from, and the vertices added by cutting, as rows of
    camera-space position and attributes; the last two are None if nothing had to be cut."""
    inside = torch.stack([view @ view.new_tensor(p[:3]) + p[3] >= 0 for p in planes]).all(0)
    if bool(inside.all()):
        return faces, None, None
    whole = inside[faces].all(1)
    kept, cut = torch.nonzero(whole)[:, 0], torch.nonzero(~whole)[:, 0]
    # Crossings lie close to the camera while their ends may be far away: float64 where the device has it.
    precise = torch.float32 if view.device.type == "mps" else torch.float64
    corners = torch.cat((view, *attributes.values()), 1)[faces[cut]].to(precise)
    for plane in planes:
        corners, cut = clip_to_plane(corners, cut, plane)
    added = torch.arange(len(view), len(view) + 3 * len(corners), device=view.device).view(-1, 3)
    return torch.cat((faces[kept], added)), torch.cat((kept, cut)), corners.flatten(0, 1).float()


def _tangents(mesh: Mesh) -> torch.Tensor:
    """(V, 4): direction of growing u along the surface, and the side of the bitangent, which points to falling v.

    Normal maps are stored with green up the picture (glTF 2.0, 3.9.3), and v runs down.
    """
    position, uv = mesh.vertices.float(), mesh.uv.float()
    a, b, c = mesh.faces.unbind(1)
    e1, e2 = position[b] - position[a], position[c] - position[a]
    (u1, v1), (u2, v2) = (uv[b] - uv[a]).unbind(1), (uv[c] - uv[a]).unbind(1)
    area = u1 * v2 - v1 * u2
    along_u = normalize(e1 * v2[:, None] - e2 * v1[:, None], dim=1) * area.sign()[:, None]
    total = torch.zeros(len(position), 4, device=position.device)
    for corner in (a, b, c):
        total.index_add_(0, corner, torch.cat((along_u, -area.sign()[:, None]), 1))
    return torch.cat((normalize(total[:, :3], dim=1), total[:, 3:].sign()), 1)


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
