"""Avatar pictures brought to the size a scene model was trained at; PasteAvatar brings the scene back."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from .latent_masks import GRAY


def native_shape(height: int, width: int, native_size: int, cell: int = 8) -> tuple[int, int]:
    """Height and width of about native_size^2 pixels in the picture's shape, multiples of the latent cell.

    A picture that is not larger keeps its size.
    """
    scale = native_size / math.sqrt(height * width)
    if scale >= 1:
        return height, width
    return tuple(max(cell, cell * round(side * scale / cell)) for side in (height, width))


def shrink(
    image: torch.Tensor,  # (B, H, W, 3) straight sRGB
    alpha: torch.Tensor,  # (B, H, W)
    shape: tuple[int, int],
) -> tuple[torch.Tensor, torch.Tensor]:
    """Picture and matte at `shape` by area filter, premultiplied; mid gray where the matte is empty.

    Pictures of that shape come back as they are.
    """
    if tuple(image.shape[1:3]) == tuple(shape):
        return image, alpha
    packed = torch.cat([image * alpha[..., None], alpha[..., None]], -1).permute(0, 3, 1, 2)
    small = F.interpolate(packed.float(), size=shape, mode="area").permute(0, 2, 3, 1)
    matte = small[..., 3]
    color = small[..., :3] / matte[..., None].clamp(min=1e-3)
    return torch.where(matte[..., None] > 0, color, torch.full_like(color, GRAY)).clamp(0, 1), matte
