"""Ambient occlusion at the vertices of a mesh: how much of an even sky and ground each of them sees."""

from __future__ import annotations

import torch
from torch.nn.functional import normalize

from .mesh import Mesh
from .shadow import casting

# Towards the faces and corners of a cube: 14 even directions that mirroring maps onto themselves.
_AXES = ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1), (-1, 1, 1), (1, 1, -1), (-1, 1, -1))
_SIZE = 96  # side of a depth map, texels
_MOST_POINTS = 1 << 18  # beyond one for every triangle; more would be finer than the maps
_R2 = (0.7548776662466927, 0.5698402909980532)  # steps of an even sequence in the unit square (Roberts 2018)


def vertex_occlusion(mesh: Mesh) -> torch.Tensor:
    """(V,) share 0..1 of an even sky and ground that each vertex sees; free of noise and the same from every camera.

    The opaque surfaces become points, about one a texel, and these depth maps along seven axes, each seen from both
    ends. All axes are treated at once, which is several times as fast as rasterizing the triangles for each.
    """
    vertices = mesh.vertices.float()
    normals = torch.nan_to_num(mesh.normals.float(), nan=0.0, posinf=1.0, neginf=-1.0).clamp(-1, 1)
    faces = casting(mesh, ("OPAQUE",))
    if len(faces) == 0:
        return torch.ones(len(vertices), device=vertices.device)
    directions = normalize(vertices.new_tensor(_AXES, dtype=torch.float32), dim=1)  # (7, 3)
    helper = torch.eye(3).to(vertices)[torch.where(directions[:, 1].abs() < 0.9, 1, 0)]
    right = normalize(torch.linalg.cross(helper, directions), dim=1)
    frames = torch.cat((right, torch.linalg.cross(directions, right), directions))  # (21, 3): x, y, height of each axis

    solid = torch.zeros(len(vertices), dtype=torch.bool, device=vertices.device)
    solid[faces.flatten()] = True
    used = frames @ vertices[solid].T
    low, high = used.amin(1).view(3, -1), used.amax(1).view(3, -1)
    texel = (high - low)[:2].amax(0).clamp(min=1e-6) / (_SIZE - 2)  # (7,) metres
    middle = ((low + high)[:2] / 2).view(2, -1, 1)  # mirrored meshes have mirrored maps
    first = torch.arange(len(_AXES), device=vertices.device)[:, None] * _SIZE * _SIZE

    def cell(places: torch.Tensor) -> torch.Tensor:
        """x and y over each axis (2, 7, n) -> (7, n) index of the texel below, in all maps laid end to end."""
        column, row = ((places - middle) / texel[:, None]).add_(_SIZE / 2).clamp_(0, _SIZE - 1).floor_()
        return row.mul_(_SIZE).add_(column).add_(first).long()  # exact: far below 2^24

    places = (frames @ _surface_points(vertices, faces, float(texel.amin())).T).view(3, len(_AXES), -1)
    at, height = cell(places[:2]).flatten(), places[2].flatten()
    top = torch.full((len(_AXES) * _SIZE * _SIZE,), -torch.inf, device=vertices.device)
    bottom = -top
    top.scatter_reduce_(0, at, height, "amax")
    bottom.scatter_reduce_(0, at, height, "amin")

    leaning = (frames @ normals.T).view(3, len(_AXES), -1)
    places = (frames @ vertices.T).view(3, len(_AXES), -1) + leaning * (1.5 * texel)[:, None]  # else it hides itself
    at, facing, height, texel = cell(places[:2]), leaning[2], places[2], texel[:, None]
    seen = facing.clamp(min=0) * (height >= top[at] - texel) + (-facing).clamp(min=0) * (height <= bottom[at] + texel)
    return (seen.sum(0) + 1e-6) / (facing.abs().sum(0) + 1e-6)


def _surface_points(vertices: torch.Tensor, faces: torch.Tensor, spacing: float) -> torch.Tensor:
    """(n, 3) points spread evenly over the triangles, one or more on each, about `spacing` metres apart."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    area = torch.linalg.cross(b - a, c - a).norm(dim=1) / 2
    spacing = max(spacing, float(area.sum() / _MOST_POINTS) ** 0.5)
    count = (area / spacing**2).ceil().clamp(min=1).long()
    face = torch.repeat_interleave(count)
    step = torch.arange(len(face), device=face.device) - (count.cumsum(0) - count)[face]
    most = int(count.max())  # the sequence is computed once, in double precision, and looked up
    steps = torch.arange(most, device=face.device, dtype=torch.float64)
    u, v = ((1 / 3 + steps * way).frac().float()[step][:, None] for way in _R2)
    folded = u + v > 1
    u, v = torch.where(folded, 1 - u, u), torch.where(folded, 1 - v, v)
    return torch.lerp(a[face], b[face], u) + (c - a)[face] * v
