"""Render passes as the pictures that depth and normal ControlNets were trained on."""

from __future__ import annotations

import torch

from .render import RenderPasses

FAR_SHADE = 0.25  # the figure's farthest point: clearly brighter than the empty background


def depth_picture(picture: RenderPasses) -> torch.Tensor:
    """(H, W, 3) inverse depth, nearest point white, background black, as MiDaS-style maps have it."""
    depth = picture.depth.cpu()
    solid = depth > 0
    shade = torch.zeros_like(depth)
    if solid.any():
        inverse = 1 / depth[solid]
        near, far = inverse.max(), inverse.min()
        shade[solid] = FAR_SHADE + (1 - FAR_SHADE) * (inverse - far) / (near - far).clamp(min=1e-9)
    return shade[..., None].expand(-1, -1, 3).clone()


def normal_picture(picture: RenderPasses) -> torch.Tensor:
    """(H, W, 3) camera-space normals as colours: x right in red, y up in green, z to the viewer in blue.

    The background faces the viewer, (0.5, 0.5, 1), as in normal-bae maps.
    """
    normal = picture.normal.cpu()
    colors = torch.add(0.5, normal, alpha=0.5)
    colors[..., 2].masked_fill_(~normal.any(-1), 1.0)
    return colors
