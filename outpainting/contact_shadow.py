"""A soft shadow where the avatar meets the ground, drawn from its matte alone."""

from __future__ import annotations

import torch

from .image_filters import gaussian_blur

# Shares of the avatar's height.
CONTACT_HEIGHT = 0.05  # how far above the lowest row a part still counts as standing on the ground
PATCH_THICKNESS = 0.012  # rows of the silhouette's underside that cast the shadow
SOFTNESS = (0.010, 0.035)  # vertical, horizontal: the ground is seen at a flat angle
FULL_COVERAGE = 0.45  # blurred underside that already counts as full shadow


def contact_shadow(alpha: torch.Tensor) -> torch.Tensor:
    """(B, H, W) matte -> (B, H, W) shadow in 0..1, darkest right under the parts that touch the ground.

    A part touches the ground where the underside of the silhouette is within 5 % of the avatar's height of its lowest
    row. An avatar cut off by the lower frame stands on nothing visible and gets no shadow.
    """
    return torch.stack([_shadow(matte) for matte in alpha])


def _shadow(alpha: torch.Tensor) -> torch.Tensor:
    solid = alpha > 0.5
    filled = torch.nonzero(solid.any(1)).flatten()
    if len(filled) == 0 or int(filled[-1]) == alpha.shape[0] - 1:
        return torch.zeros_like(alpha)
    top, bottom = int(filled[0]), int(filled[-1])
    height = bottom - top + 1
    rows = torch.arange(alpha.shape[0], device=alpha.device)[:, None]
    underside = torch.where(solid, rows, -1).amax(0)  # (W,) lowest solid row of each column
    touches = underside >= bottom - CONTACT_HEIGHT * height
    thickness = max(1.0, PATCH_THICKNESS * height)
    patch = touches & (rows > underside - thickness) & (rows <= underside + thickness)
    sigma = (max(1.0, SOFTNESS[0] * height), max(1.0, SOFTNESS[1] * height))
    shade = gaussian_blur(patch.to(alpha.dtype)[None, None], sigma)[0, 0] / FULL_COVERAGE
    return shade.clamp(0, 1)
