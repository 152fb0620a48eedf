"""Small meshes for the rasterizer's tests."""

from __future__ import annotations

import torch
from avatar_scene.rendering.camera import Camera
from avatar_scene.rendering.mesh import Material, Mesh, vertex_normals

PLAIN = Material()


def make_mesh(vertices, faces, *, materials=(PLAIN,), face_material=None, uv=None, colors=None) -> Mesh:
    vertices, faces = torch.as_tensor(vertices, dtype=torch.float32), torch.as_tensor(faces)
    count = len(vertices)
    return Mesh(
        vertices,
        faces,
        vertex_normals(vertices, faces),
        torch.zeros(count, 2) if uv is None else torch.as_tensor(uv, dtype=torch.float32),
        torch.ones(count, 4) if colors is None else torch.as_tensor(colors, dtype=torch.float32),
        torch.zeros(len(faces), dtype=torch.int64) if face_material is None else torch.as_tensor(face_material),
        torch.zeros(count, dtype=torch.int64),
        tuple(materials),
    )


def sphere(rings: int = 24, radius: float = 1.0, **options) -> Mesh:
    theta = torch.linspace(0, torch.pi, rings + 1)[:, None]
    phi = torch.arange(2 * rings)[None] * torch.pi / rings
    x, y, z = theta.sin() * phi.sin(), theta.cos().expand(-1, 2 * rings), theta.sin() * phi.cos()
    vertices = torch.stack((x, y, z), -1).reshape(-1, 3) * radius
    row, column = torch.meshgrid(torch.arange(rings), torch.arange(2 * rings), indexing="ij")
    a = row * 2 * rings + column
    b = row * 2 * rings + (column + 1) % (2 * rings)
    faces = torch.stack((torch.stack((a, a + 2 * rings, b), -1), torch.stack((b, a + 2 * rings, b + 2 * rings), -1)))
    return make_mesh(vertices, faces.reshape(-1, 3), **options)


def quads(depths, *, size: float = 10.0, **options) -> Mesh:
    """Squares across the view, at z = -depth for a camera at the origin; quad k has material k."""
    corners = torch.tensor([[-1.0, -1.0, 0.0], [1.0, -1.0, 0.0], [1.0, 1.0, 0.0], [-1.0, 1.0, 0.0]]) * size
    vertices = torch.cat([corners - torch.tensor([0.0, 0.0, d]) for d in depths])
    faces = torch.cat([torch.tensor([[0, 1, 2], [0, 2, 3]]) + 4 * k for k in range(len(depths))])
    uv = torch.tensor([[0.0, 1.0], [1.0, 1.0], [1.0, 0.0], [0.0, 0.0]]).repeat(len(depths), 1)
    face_material = torch.arange(len(depths)).repeat_interleave(2)
    return make_mesh(vertices, faces, uv=uv, face_material=face_material, **options)


def front_camera(width: int = 64, height: int = 64, focal_px: float = 64.0, back: float = 0.0, **options) -> Camera:
    """A camera at (0, 0, back) looking along -z."""
    translation = torch.tensor([0.0, 0.0, -back], dtype=torch.float64)
    return Camera(torch.eye(3, dtype=torch.float64), translation, focal_px, width, height, **options)
