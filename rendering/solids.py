"""What hands must not enter: head, trunk and thighs, each as a hull that is star-shaped about its middle.

A hull holds the distance from its middle to the surface in directions spread evenly over the sphere. Between them the
distance is their mean, weighted by nearness, so that depth is smooth everywhere and has a simple slope.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

_HALF = 80  # directions on either side of the plane of symmetry
_SHARPNESS = 30.0  # weights fall to 1/e over 15 degrees, about the distance of neighbouring directions
_GRID = 12  # large faces are sampled at up to this many steps along an edge
_SPACING = 0.08  # of the part's size, between samples of a face
_AT_ONCE = 32768
_FLATTEST = 0.3  # nearer to the middle than this share of the radius the slope is taken as at that share


def _directions() -> torch.Tensor:
    """(K, 3) unit vectors, a Fibonacci lattice on the half sphere x > 0 and its mirror image."""
    k = torch.arange(_HALF, dtype=torch.float64)
    x = (k + 0.5) / _HALF
    turn = math.pi * (3 - math.sqrt(5)) * k
    across = (1 - x * x).sqrt()
    half = torch.stack((x, across * turn.cos(), across * turn.sin()), 1)
    return torch.cat((half, half * half.new_tensor([-1.0, 1.0, 1.0])))


DIRECTIONS = _directions()


@dataclass(frozen=True, eq=False)
class Hulls:
    """M hulls. middle: (M, 3) metres in the axes of the bone that carries each; radius: (M, K) metres."""

    middle: torch.Tensor
    radius: torch.Tensor

    def depth(self, local: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """How deep points (..., M, 3), from the middles, lie in the hulls: metres (..., M), negative outside; and the
        unit direction (..., M, 3) in which depth shrinks."""
        distance = local.norm(dim=-1)
        depth = (self.radius.amax(1) - distance).flatten()
        outward = local.new_zeros(len(depth), 3)
        near = torch.nonzero(depth > 0)[:, 0]
        points, length = local.reshape(-1, 3)[near], distance.flatten()[near].clamp(min=1e-6)
        towards = points / length[:, None]
        radius, slope = _radius(self.radius[near % len(self.radius)], towards)
        along = slope - towards * (slope * towards).sum(1, keepdim=True)
        outside = towards - along / torch.maximum(length, _FLATTEST * radius)[:, None]
        steep = outside.norm(dim=1)
        depth[near] = (radius - length) / steep
        outward[near] = outside / steep[:, None]
        return depth.view(distance.shape), outward.view(local.shape)


def hulls(parts: list[torch.Tensor], middles: torch.Tensor) -> Hulls:
    """Hulls of M parts, each given by points (S, 3) of its surface."""
    rows = []
    for points, middle in zip(parts, middles):
        apart = points.double() - middle
        distance = apart.norm(dim=1).clamp(min=1e-6)
        nearest = torch.cat([(chunk @ DIRECTIONS.T).argmax(1) for chunk in apart.split(_AT_ONCE)])
        empty = torch.zeros(len(DIRECTIONS), dtype=torch.float64)
        farthest, mean = (
            empty.scatter_reduce(0, nearest, distance, kind, include_self=False) for kind in ("amax", "mean")
        )
        radius = (farthest + mean) / 2  # ears and spikes are no wall
        known = radius > 0
        if known.any():  # where the part is open, as a head is at the neck, the nearest known directions decide
            weight = torch.exp(_SHARPNESS * (DIRECTIONS @ DIRECTIONS[known].T))
            radius = torch.where(known, radius, (weight @ radius[known]) / weight.sum(1))
        rows.append(radius)
    return Hulls(middles.double(), torch.stack(rows))


def surface_points(vertices: torch.Tensor, corners: torch.Tensor) -> torch.Tensor:
    """(S, 3) the vertices (V, 3) of a part, and points between them where its faces (F, 3, 3) are large."""
    if not len(corners):
        return vertices
    size = float((vertices.amax(0) - vertices.amin(0)).norm())
    longest = (corners - corners.roll(1, 1)).norm(dim=-1).amax(1)
    steps = (longest / max(_SPACING * size, 1e-9)).ceil().clamp(max=_GRID).long()
    points = [vertices]
    for count in steps.unique().tolist():
        if count > 1:
            grid = [(i, j, count - i - j) for i in range(count + 1) for j in range(count + 1 - i)]
            shares = vertices.new_tensor(grid) / count
            points.append((shares @ corners[steps == count]).flatten(0, 1))
    return torch.cat(points)


def _radius(radii: torch.Tensor, towards: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Radius (n,) in unit directions (n, 3), from radii (n, K); and its slope (n, 3) by the direction."""
    weight = torch.exp(_SHARPNESS * (towards @ DIRECTIONS.T - 1.0))
    weight = weight / weight.sum(1, keepdim=True)
    share = weight * radii
    radius = share.sum(1)
    return radius, _SHARPNESS * ((share - weight * radius[:, None]) @ DIRECTIONS)
