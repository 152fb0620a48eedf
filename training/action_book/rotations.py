"""Lean rotation formulas for the optimiser's inner loop (the general ones in roma cost several times as much)."""

from __future__ import annotations

import torch


def small_rotation(vector: torch.Tensor) -> torch.Tensor:
    """(..., 3) -> (..., 3, 3), the rotation of the quaternion (1, vector / 2) made unit.

    For small vectors this is the rotation by `vector` (its angle is 2 atan(|vector| / 2)), smooth and without a branch.
    """
    x, y, z = (vector / 2).unbind(-1)
    xx, yy, zz = x * x, y * y, z * z
    scale = 2 / (1 + xx + yy + zz)
    xy, xz, yz = x * y, x * z, y * z
    rows = (
        1 - scale * (yy + zz), scale * (xy - z), scale * (xz + y),
        scale * (xy + z), 1 - scale * (xx + zz), scale * (yz - x),
        scale * (xz - y), scale * (yz + x), 1 - scale * (xx + yy),
    )  # fmt: skip
    return torch.stack(rows, -1).unflatten(-1, (3, 3))


def gram_schmidt(sixd: torch.Tensor) -> torch.Tensor:
    """(..., 6) in VPoser's layout, columns x[0, 2, 4] and x[1, 3, 5] -> (..., 3, 3)."""
    first, second = sixd[..., 0::2], sixd[..., 1::2]
    first = first * (first * first).sum(-1, keepdim=True).add(1e-12).rsqrt()
    second = second - first * (first * second).sum(-1, keepdim=True)
    second = second * (second * second).sum(-1, keepdim=True).add(1e-12).rsqrt()
    ax, ay, az = first.unbind(-1)
    bx, by, bz = second.unbind(-1)
    cx, cy, cz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
    return torch.stack([ax, bx, cx, ay, by, cy, az, bz, cz], -1).unflatten(-1, (3, 3))
