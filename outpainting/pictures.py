"""Checks of the pictures and masks that people connect: one line that names the input and says what to do."""

from __future__ import annotations

import torch


def check_picture(name: str, image: torch.Tensor) -> torch.Tensor:
    """`image` as (B, H, W, 3), its alpha channel dropped if it has one.

    Raises ValueError if it is no picture, empty, or not finite.
    """
    if image.ndim != 4 or image.shape[-1] not in (3, 4) or 0 in image.shape:
        raise ValueError(f"{name}: shape {tuple(image.shape)}, expected pictures (batch, height, width, 3)")
    if not torch.isfinite(image).all():
        raise ValueError(f"{name}: the picture contains NaN or infinite values")
    return image[..., :3]


def check_mask(name: str, mask: torch.Tensor, image_name: str, image: torch.Tensor) -> torch.Tensor:
    """`mask` as (B, H, W) of the picture's size and batch; a single mask serves a whole batch.

    Raises ValueError on another size or batch, or values that are not finite.
    """
    if mask.ndim == 2:
        mask = mask[None]
    if mask.ndim != 3 or 0 in mask.shape:
        raise ValueError(f"{name}: shape {tuple(mask.shape)}, expected masks (batch, height, width)")
    if mask.shape[1:] != image.shape[1:3]:
        raise ValueError(
            f"{name}: {size_text(mask.shape[1:])} does not fit {image_name}, which is {size_text(image.shape[1:3])}; "
            "connect the mask of the same render"
        )
    if not torch.isfinite(mask).all():
        raise ValueError(f"{name}: the mask contains NaN or infinite values")
    return broadcast(name, mask, image_name, image.shape[0]).clamp(0, 1)


def broadcast(name: str, value: torch.Tensor, other: str, batch: int) -> torch.Tensor:
    """`value` (1 or batch, ...) as (batch, ...). Raises ValueError on any other batch."""
    if value.shape[0] not in (1, batch):
        raise ValueError(f"{name}: a batch of {value.shape[0]} does not fit {other}, a batch of {batch}")
    return value.expand(batch, *value.shape[1:])


def size_text(height_width: tuple[int, int] | torch.Size) -> str:
    """ "width x height px", as people say it."""
    height, width = height_width
    return f"{width}x{height} px"
