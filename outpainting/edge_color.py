"""Colour match in the edge band: the avatar's rim takes on a little of the light around it, its inside stays."""

from __future__ import annotations

import torch

from .image_filters import distance_to, gaussian_blur

MAX_GAIN = 1.6  # no channel is made more than 1.6 times brighter, or darker
FLOOR = 0.02  # linear light added to both sides of a ratio: black keeps its colour


def match_edge_color(
    scene: torch.Tensor,  # (B, H, W, 3) linear light
    avatar: torch.Tensor,  # (B, H, W, 3) linear light
    alpha: torch.Tensor,  # (B, H, W)
    strength: float,
    band: int,
) -> tuple[torch.Tensor, torch.Tensor]:
    """The avatar's colours moved towards the scene near its edge, and where (B, H, W) they were moved at all.

    Local means of the scene just outside and of the avatar just inside the edge give a gain per channel; it is full at
    the edge, scaled by `strength` in 0..1, and gone `band` pixels inside. Pixels deeper than that are not changed.
    """
    inside = distance_to(alpha < 0.5, band + 1)  # 0 outside, band + 1 deep inside
    outside = distance_to(alpha >= 0.5, band + 1)
    weight = strength * (1 - (inside - 1).clamp(min=0) / band).clamp(0, 1) * (inside > 0)
    rim = ((inside > 0) & (inside <= band)).to(alpha.dtype)
    surroundings = ((alpha <= 0) & (outside <= band)).to(alpha.dtype)
    gain = (_local_mean(scene, surroundings, band) + FLOOR) / (_local_mean(avatar, rim, band) + FLOOR)
    gain = gain.clamp(1 / MAX_GAIN, MAX_GAIN)
    matched = (avatar * gain ** weight[..., None]).clamp(0, 1)
    return matched, weight > 0


def _local_mean(color: torch.Tensor, weight: torch.Tensor, radius: int) -> torch.Tensor:
    """(B, H, W, 3) mean colour where weight > 0, through a Gaussian; the mean of all of it where none is near."""
    weighted = torch.cat([color * weight[..., None], weight[..., None]], -1).permute(0, 3, 1, 2)
    near = gaussian_blur(weighted, 2.0 * radius)
    total = weighted.sum((2, 3), keepdim=True)
    prior = 1e-4
    mean = (near[:, :3] + prior * total[:, :3] / total[:, 3:].clamp(min=1)) / (near[:, 3:] + prior)
    return mean.permute(0, 2, 3, 1)
