"""What the rasterizer draws: triangles, what they are made of, and which body part they belong to."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch


@dataclass(frozen=True)
class Texture:
    """An image and how it is sampled. pixels: (H, W, 4) uint8, straight alpha; colour textures hold sRGB values."""

    pixels: torch.Tensor
    wrap_s: str = "repeat"  # "repeat", "mirror" or "clamp"
    wrap_t: str = "repeat"
    nearest: bool = False


@dataclass(frozen=True)
class Material:
    """Surface of a set of triangles, after glTF 2.0's material model. Factors are linear."""

    name: str = ""
    base_color: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    base_color_texture: Texture | None = None
    alpha_mode: str = "OPAQUE"  # "OPAQUE", "MASK" or "BLEND"
    alpha_cutoff: float = 0.5
    double_sided: bool = False
    unlit: bool = False
    toon: bool = False  # MToon-like two-tone shading


@dataclass(frozen=True)
class Mesh:
    """Triangles in world space.

    vertices:       (V, 3) metres.
    faces:          (F, 3) int64; counter-clockwise seen from the front.
    normals:        (V, 3) unit length.
    uv:             (V, 2) glTF convention (v down); zeros where there is no texture.
    colors:         (V, 4) linear RGBA vertex colours; ones where there are none.
    face_material:  (F,) int64 into `materials`.
    vertex_part:    (V,) int64 SMPL joint (0..23) that owns the vertex, -1 for hair, clothes hung on nothing, props.
    """

    vertices: torch.Tensor
    faces: torch.Tensor
    normals: torch.Tensor
    uv: torch.Tensor
    colors: torch.Tensor
    face_material: torch.Tensor
    vertex_part: torch.Tensor
    materials: tuple[Material, ...] = field(default_factory=lambda: (Material(),))


def vertex_normals(vertices: torch.Tensor, faces: torch.Tensor) -> torch.Tensor:
    """Area-weighted unit vertex normals: vertices (..., V, 3), faces (F, 3) -> (..., V, 3)."""
    a, b, c = (vertices[..., faces[:, k], :] for k in range(3))
    face_normal = torch.linalg.cross(b - a, c - a)
    total = torch.zeros_like(vertices)
    for k in range(3):
        total.index_add_(-2, faces[:, k], face_normal)
    return torch.nn.functional.normalize(total, dim=-1)
