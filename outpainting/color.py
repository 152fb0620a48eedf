"""sRGB transfer functions (IEC 61966-2-1). Pictures are filtered and blended in linear light."""

from __future__ import annotations

import torch


def srgb_to_linear(srgb: torch.Tensor) -> torch.Tensor:
    """Linear light of sRGB values, any shape, 0..1."""
    return torch.where(srgb <= 0.04045, srgb / 12.92, ((srgb.clamp(min=0.04045) + 0.055) / 1.055) ** 2.4)


def linear_to_srgb(linear: torch.Tensor) -> torch.Tensor:
    """sRGB values of linear light, any shape, 0..1."""
    low = linear * 12.92
    return torch.where(linear <= 0.0031308, low, 1.055 * linear.clamp(min=0.0031308) ** (1 / 2.4) - 0.055)
