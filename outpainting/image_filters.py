"""Filters on batches of maps (B, C, H, W): Lanczos resizing, Gaussian blur, distance to a region. Plain torch."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

LANCZOS_LOBES = 3


def lanczos_resize(maps: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """(B, C, H, W) -> (B, C, height, width) with a Lanczos-3 kernel, widened when shrinking. May overshoot 0..1."""
    rows = _lanczos_weights(maps.shape[2], height).to(maps)  # (height, H)
    columns = _lanczos_weights(maps.shape[3], width).to(maps)  # (width, W)
    return rows @ maps @ columns.T


def _lanczos_weights(source: int, target: int) -> torch.Tensor:
    """(target, source) resampling weights, rows sum to 1; pixel centres are at half-integers."""
    scale = max(source / target, 1.0)
    centers = (torch.arange(target, dtype=torch.float64) + 0.5) * source / target - 0.5
    offset = (torch.arange(source, dtype=torch.float64)[None] - centers[:, None]) / scale
    weights = torch.sinc(offset) * torch.sinc(offset / LANCZOS_LOBES) * (offset.abs() < LANCZOS_LOBES)
    return weights / weights.sum(1, keepdim=True)


def gaussian_blur(maps: torch.Tensor, sigma: float | tuple[float, float]) -> torch.Tensor:
    """(B, C, H, W) blurred by a Gaussian of `sigma` pixels, or (vertical, horizontal); zeros outside the picture."""
    vertical, horizontal = sigma if isinstance(sigma, tuple) else (sigma, sigma)
    batch, channels, height, width = maps.shape
    flat = maps.reshape(batch * channels, 1, height, width)
    for axis, deviation in ((2, vertical), (3, horizontal)):
        if deviation <= 0:
            continue
        radius = max(1, math.ceil(3 * deviation))
        steps = torch.arange(-radius, radius + 1, dtype=maps.dtype, device=maps.device)
        kernel = torch.exp(-0.5 * (steps / deviation) ** 2)
        shape, padding = ((1, 1, -1, 1), (radius, 0)) if axis == 2 else ((1, 1, 1, -1), (0, radius))
        flat = F.conv2d(flat, (kernel / kernel.sum()).reshape(shape), padding=padding)
    return flat.reshape(batch, channels, height, width)


def distance_to(region: torch.Tensor, limit: int) -> torch.Tensor:
    """(B, H, W) Euclidean distance in pixels to the nearest pixel of a (B, H, W) bool region, at most `limit`.

    Exact up to the limit: vertical distances first, then their lower envelope along each row.
    """
    far = float(limit)
    vertical = torch.where(region, 0.0, far)
    for _ in range(limit):
        up = F.pad(vertical[:, 1:], (0, 0, 0, 1), value=far)
        down = F.pad(vertical[:, :-1], (0, 0, 1, 0), value=far)
        vertical = torch.minimum(vertical, torch.minimum(up, down) + 1).clamp(max=far)
    squared = vertical**2
    best = squared.clone()
    for step in range(1, min(limit, region.shape[2] - 1) + 1):
        best[:, :, step:] = torch.minimum(best[:, :, step:], squared[:, :, :-step] + step**2)
        best[:, :, :-step] = torch.minimum(best[:, :, :-step], squared[:, :, step:] + step**2)
    return best.sqrt().clamp(max=far)


def label_regions(region: torch.Tensor) -> torch.Tensor:
    """(H, W) bool -> (H, W) long: a positive number for each 8-connected region, 0 elsewhere."""
    height, width = region.shape
    pixels = torch.arange(1, height * width + 1, device=region.device, dtype=torch.float64).reshape(height, width)
    labels = pixels * region
    while True:
        spread = F.max_pool2d(labels[None, None], 3, 1, 1)[0, 0] * region
        # A label is the number of a pixel of the same region: following it to that pixel's label skips many steps.
        followed = F.pad(spread.flatten(), (1, 0))[spread.long()]
        if torch.equal(followed, labels):
            return labels.long()
        labels = followed
