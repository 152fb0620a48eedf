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
            vertices=mesh.vertices[used] + mesh.normals[used] * width,
            faces=local.view(-1, 3).flip(1),
            normals=mesh.normals[used],
            uv=mesh.uv[used],
            colors=torch.ones_like(mesh.colors[used]),
            face_material=torch.full((len(faces),), len(materials), dtype=torch.int64, device=faces.device),
            vertex_part=mesh.vertex_part[used],
        )
        pieces.append(shell)
        materials.append(_ink(mesh.materials[index]))
    return _joined(pieces, tuple(materials))


def _ink(material: Material) -> Material:
    """Plain ink; holes that the surface's texture cuts are cut from the outline as well."""
    masked = material.alpha_mode == "MASK"
    return Material(
        name=f"{material.name} outline",
        base_color=(*material.mtoon.outline_color, material.base_color[3]),
        base_color_texture=material.base_color_texture if masked else None,
        alpha_mode=material.alpha_mode,
        alpha_cutoff=material.alpha_cutoff,
        unlit=True,
    )


def _joined(pieces: list[Mesh], materials: tuple[Material, ...]) -> Mesh:
    offsets = torch.tensor([0] + [len(p.vertices) for p in pieces]).cumsum(0).tolist()
    values = {
        name: torch.cat([getattr(p, name) for p in pieces])
        for name in ("vertices", "normals", "uv", "colors", "face_material", "vertex_part")
    }
    return Mesh(faces=torch.cat([p.faces + k for p, k in zip(pieces, offsets)]), materials=materials, **values)
