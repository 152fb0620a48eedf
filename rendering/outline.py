"""Toon outlines: an inverted hull around the surfaces that ask for one (VRMC_materials_mtoon 1.0, outline)."""

from __future__ import annotations

from dataclasses import replace

import torch

from .mesh import Material, Mesh


def with_outlines(mesh: Mesh) -> Mesh:
    """The mesh with, for each material whose MToon outline has a width, a shell of its faces turned inside out.

    The shell is pushed out along the normals, so that only its far inside shows: a line around the silhouette.
    """
    widths = [m.mtoon.outline_width if m.mtoon is not None and m.alpha_mode != "BLEND" else 0.0 for m in mesh.materials]
    if not any(width > 0 for width in widths):
        return mesh
    pieces, materials = [mesh], list(mesh.materials)
    for index, width in enumerate(widths):
        faces = mesh.faces[mesh.face_material == index]
        if width <= 0 or len(faces) == 0:
            continue
        used, local = faces.unique(return_inverse=True)
        shell = replace(
            mesh,
            vertices=mesh.vertices[used] + torch.nan_to_num(mesh.normals[used]).clamp(-1, 1) * width,
            faces=local.view(-1, 3).flip(1),
            normals=mesh.normals[used],
            uv=mesh.uv[used],
            colors=mesh.colors[used],
            face_material=torch.full((len(faces),), len(materials), dtype=torch.int64, device=faces.device),
            vertex_part=mesh.vertex_part[used],
        )
        pieces.append(shell)
        materials.append(_ink(mesh.materials[index]))
    return _joined(pieces, tuple(materials))


def _ink(material: Material) -> Material:
    """outline_color x mix(1, shaded surface, outline_lighting_mix), written as a toon material that glows."""
    toon = material.mtoon
    mix = min(max(toon.outline_lighting_mix, 0.0), 1.0)
    tint = tuple(mix * channel for channel in toon.outline_color)
    shade = replace(
        toon,
        shade_color=tuple(a * b for a, b in zip(toon.shade_color, tint)),
        rim_color=(0.0, 0.0, 0.0),
        matcap_texture=None,
        outline_width=0.0,
    )
    return replace(
        material,
        name=f"{material.name} outline",
        base_color=(*(a * b for a, b in zip(material.base_color, tint)), material.base_color[3]),
        mtoon=shade,
        emissive=tuple((1 - mix) * channel for channel in toon.outline_color),
        emissive_texture=None,
        double_sided=False,
    )


def _joined(pieces: list[Mesh], materials: tuple[Material, ...]) -> Mesh:
    offsets = torch.tensor([0] + [len(p.vertices) for p in pieces]).cumsum(0).tolist()
    values = {
        name: torch.cat([getattr(p, name) for p in pieces])
        for name in ("vertices", "normals", "uv", "colors", "face_material", "vertex_part")
    }
    return Mesh(faces=torch.cat([p.faces + k for p, k in zip(pieces, offsets)]), materials=materials, **values)
