"""The avatar's matte on the latent grid, and the pictures that are encoded under it."""

from __future__ import annotations

import torch
import torch.nn.functional as F

GRAY = 0.5  # sRGB value behind the avatar before encoding: stock inpainting's "nothing here"


def over_gray(image: torch.Tensor, alpha: torch.Tensor) -> torch.Tensor:
    """(B, H, W, 3) straight sRGB laid over mid gray by alpha (B, H, W), in sRGB as stock inpainting does."""
    return (image - GRAY) * alpha[..., None] + GRAY


def soft_cells(alpha: torch.Tensor, cell: int = 8) -> torch.Tensor:
    """(B, H, W) alpha as (B, 1, H/cell, W/cell): how much of each latent cell is covered (paper 3.5.4)."""
    return F.avg_pool2d(alpha[:, None].float(), cell)


def opaque_cells(alpha: torch.Tensor, cell: int = 8) -> torch.Tensor:
    """(B, H, W) alpha as (B, 1, H/cell, W/cell): 1 where every pixel of the latent cell is opaque, else 0.

    A cell that is only partly avatar is encoded with the gray behind it: keeping it would leave a gray halo.
    """
    return 1.0 - F.max_pool2d((alpha[:, None] < 1).float(), cell)
