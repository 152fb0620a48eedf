"""The downsample rate w (paper 3.5.4): coarser avatar pictures, so that the model does not cling to their texture."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from .color import linear_to_srgb, srgb_to_linear

MIN_SIDE = 8  # pixels that are left of the avatar's box at w = 0
EMBEDDING_SCALE = 1000.0  # w in [0, 1] spans the same angles as timesteps 0..1000 do


def downsample_avatar(
    image: torch.Tensor,  # (B, H, W, 3) straight sRGB
    alpha: torch.Tensor,  # (B, H, W)
    rate: float | torch.Tensor,  # w in [0, 1], or (B,)
) -> torch.Tensor:
    """The avatar's colours with each side of its box cut to max(8, round(w side)) pixels and brought back.

    Area filter down, bilinear up, on premultiplied linear RGBA inside the box of alpha > 0. Alpha itself is never
    touched, nor are pixels outside the avatar. A picture with w = 1 comes back as it was, bit for bit.

    Raises ValueError if w is outside [0, 1].
    """
    rates = torch.as_tensor(rate, dtype=torch.float64).expand(image.shape[0]).tolist()
    check_rate(min(rates))
    check_rate(max(rates))
    if min(rates) == 1:
        return image
    pictures = [
        picture if w == 1 else _downsample_one(picture, matte, w) for picture, matte, w in zip(image, alpha, rates)
    ]
    return torch.stack(pictures)


def check_rate(rate: float) -> None:
    """Raises ValueError if w is not in [0, 1] (NaN included)."""
    if not 0 <= rate <= 1:
        raise ValueError(f"downsample_rate: w is {rate:g}, expected 0 (coarsest) to 1 (untouched)")


def _downsample_one(picture: torch.Tensor, alpha: torch.Tensor, rate: float) -> torch.Tensor:
    box = alpha_box(alpha)
    if box is None:
        return picture
    rows, columns = box
    matte = alpha[rows, columns]
    color = srgb_to_linear(picture[rows, columns])
    rgba = torch.cat([color * matte[..., None], matte[..., None]], -1).permute(2, 0, 1)[None]  # 14HW
    height, width = matte.shape
    small = F.interpolate(rgba, size=(_coarse_side(height, rate), _coarse_side(width, rate)), mode="area")
    coarse = F.interpolate(small, size=(height, width), mode="bilinear", align_corners=False)[0].permute(1, 2, 0)
    straight = linear_to_srgb((coarse[..., :3] / coarse[..., 3:].clamp(min=1e-4)).clamp(0, 1))
    result = picture.clone()
    result[rows, columns] = torch.where(matte[..., None] > 0, straight, picture[rows, columns])
    return result


def _coarse_side(side: int, rate: float) -> int:
    return min(side, max(MIN_SIDE, math.floor(rate * side + 0.5)))


def alpha_box(alpha: torch.Tensor) -> tuple[slice, slice] | None:
    """Rows and columns of the smallest box around alpha > 0 in an (H, W) matte; None if there is nothing."""
    rows = torch.nonzero((alpha > 0).any(1)).flatten()
    columns = torch.nonzero((alpha > 0).any(0)).flatten()
    if len(rows) == 0:
        return None
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def sinusoidal_embedding(rate: torch.Tensor, dim: int) -> torch.Tensor:
    """(B, dim) embedding of w (B,): the diffusion timestep embedding (cosines, then sines) of 1000 w; `dim` is even."""
    half = dim // 2
    frequencies = torch.exp(-math.log(10000.0) * torch.arange(half, dtype=torch.float32, device=rate.device) / half)
    angles = EMBEDDING_SCALE * rate.float()[:, None] * frequencies
    return torch.cat([angles.cos(), angles.sin()], -1)
