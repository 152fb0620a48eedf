"""Cuts triangles that reach behind the camera, or far outside the picture, before they are projected.

Sutherland-Hodgman against one plane at a time, on all affected triangles at once (Sutherland & Hodgman 1974).
"""

from __future__ import annotations

import torch


def clip_to_plane(
    corners: torch.Tensor, owner: torch.Tensor, plane: tuple[float, float, float, float]
) -> tuple[torch.Tensor, torch.Tensor]:
    """The part of each triangle where a x + b y + c z + d >= 0.

    corners: (K, 3, 3 + C) camera-space position, then C values that vary linearly over the triangle.
    owner:   (K, ...) values carried along unchanged.
    plane:   (a, b, c, d) in camera space.

    Returns corners and owners of the triangles that remain; a triangle cut to a quadrilateral becomes two.
    """
    a, b, c, d = plane
    distance = corners[..., 0] * a + corners[..., 1] * b + corners[..., 2] * c + d
    inside = distance >= 0
    count = inside.sum(1)
    whole = count == 3
    pieces, owners = [corners[whole]], [owner[whole]]
    for wanted in (1, 2):
        rows = torch.nonzero(count == wanted)[:, 0]
        if rows.numel() == 0:
            continue
        # Rotate so that corner 0 is the one that is alone on its side; winding is kept.
        alone = inside[rows] if wanted == 1 else ~inside[rows]
        first = alone.to(torch.int32).argmax(1, keepdim=True)
        turn = (first + torch.arange(3, device=corners.device)) % 3
        tri = corners[rows[:, None], turn]
        side = distance[rows].gather(1, turn)
        # Crossings run from the inner to the outer end: both triangles at an edge get the same point.
        if wanted == 1:
            p, q = _cross(tri, side, 0, 1), _cross(tri, side, 0, 2)
            pieces.append(torch.stack((tri[:, 0], p, q), 1))
            owners.append(owner[rows])
        else:
            p, q = _cross(tri, side, 1, 0), _cross(tri, side, 2, 0)
            pieces.append(torch.stack((p, tri[:, 1], tri[:, 2]), 1))
            pieces.append(torch.stack((p, tri[:, 2], q), 1))
            owners += [owner[rows], owner[rows]]
    return torch.cat(pieces), torch.cat(owners)


def _cross(tri: torch.Tensor, side: torch.Tensor, inner: int, outer: int) -> torch.Tensor:
    share = side[:, inner] / (side[:, inner] - side[:, outer])
    return tri[:, inner] + (tri[:, outer] - tri[:, inner]) * share[:, None]
