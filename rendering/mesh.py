"""What the rasterizer draws: triangles, what they are made of, and which body part they belong to."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch


@dataclass(frozen=True, eq=False)
class Texture:
    """An image and how it is sampled; compared by identity, so that its mip levels are made once.

    pixels:     (H, W, 4) uint8, straight alpha; colour textures hold sRGB values, data textures linear ones.
    wrap_s/t:   "repeat", "mirror" or "clamp", horizontally and vertically.
    nearest:    the nearest texel instead of linear filtering.
    transform:  rows of the 2x3 matrix that maps (u, v, 1) to the texture's coordinates (KHR_texture_transform).
    """

    pixels: torch.Tensor
    wrap_s: str = "repeat"
    wrap_t: str = "repeat"
    nearest: bool = False
    transform: tuple[tuple[float, float, float], tuple[float, float, float]] | None = None


@dataclass(frozen=True)
class MToon:
    """The toon part of a VRM material, named and scaled after VRMC_materials_mtoon 1.0. Colours are linear.

    shade_color / shade_texture:       colour in shadow; the texture multiplies it.
    shading_shift / shading_toony:     where the ramp between lit and shade lies (-1..1) and how sharp it is (0..1).
    rim_color / rim_lift / rim_power:  parametric rim light, added to the lit colour.
    matcap_color / matcap_texture:     picture looked up by the view-space normal, added to the lit colour.
    outline_width / outline_color:     metres by which the inverted hull is pushed out; 0 = no outline.
    outline_lighting_mix:              0: the outline shows its own colour; 1: multiplied by the shaded surface.
    """

    shade_color: tuple[float, float, float] = (1.0, 1.0, 1.0)
    shade_texture: Texture | None = None
    shading_shift: float = 0.0
    shading_toony: float = 0.9
    rim_color: tuple[float, float, float] = (0.0, 0.0, 0.0)
    rim_lift: float = 0.0
    rim_power: float = 5.0
    matcap_color: tuple[float, float, float] = (1.0, 1.0, 1.0)
    matcap_texture: Texture | None = None
    outline_width: float = 0.0
    outline_color: tuple[float, float, float] = (0.0, 0.0, 0.0)
    outline_lighting_mix: float = 1.0


@dataclass(frozen=True)
class Material:
    """Surface of a set of triangles, after glTF 2.0's material model. Factors are linear.

    `toon` without `mtoon` draws MToon's ramp with a shade colour derived from the base colour.
    """

    name: str = ""
    base_color: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    base_color_texture: Texture | None = None
    alpha_mode: str = "OPAQUE"  # "OPAQUE", "MASK" or "BLEND"
    alpha_cutoff: float = 0.5
    double_sided: bool = False
    unlit: bool = False
    toon: bool = False
    mtoon: MToon | None = None
    metallic: float = 0.0
    roughness: float = 1.0
    metallic_roughness_texture: Texture | None = None  # green: roughness, blue: metallic
    normal_texture: Texture | None = None
    normal_scale: float = 1.0
    occlusion_texture: Texture | None = None  # red: share of ambient light that arrives
    occlusion_strength: float = 1.0
    emissive: tuple[float, float, float] = (0.0, 0.0, 0.0)  # may exceed 1 (KHR_materials_emissive_strength)
    emissive_texture: Texture | None = None


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
