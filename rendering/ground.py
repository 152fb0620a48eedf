"""The shadow a figure lays on the ground it stands on, as a picture through the figure's camera."""

from __future__ import annotations

import torch
from torch.nn.functional import grid_sample

from .camera import Camera
from .geometry import check_mesh
from .mesh import Mesh
from .rasterizer import check_overdraw, chunks, fragments, set_up
from .shadow import blur

_SIZE = 256  # side of the map of the ground, texels
# What hangs over a place darkens it by its height: a tight dark layer at the contact, a wide faint one around it.
# (strength, height in metres at which it ends, blur radius in metres)
_LAYERS = ((0.7, 0.06, 0.012), (0.5, 0.5, 0.07))


@torch.inference_mode()
def ground_shadow(mesh: Mesh, camera: Camera, *, floor: float | None = None) -> torch.Tensor:
    """(H, W) how much of the light from above the figure keeps from the ground seen at each pixel, 0..1.

    floor: height of the ground in the world, metres; the figure's lowest point if None. The ground is an endless level
    plane; pixels that look past its horizon, or at it from below, are 0. The figure itself is not cut out.
    """
    check_mesh(mesh)
    height, width = camera.height, camera.width
    device = mesh.vertices.device
    if len(mesh.faces) == 0:
        return torch.zeros(height, width, device=device)
    vertices = mesh.vertices.float()
    used = vertices[mesh.faces.flatten()]
    floor = float(used[:, 1].amin()) if floor is None else float(floor)
    low, high = used[:, ::2].amin(0), used[:, ::2].amax(0)
    margin = 4 * _LAYERS[-1][2]
    extent = float((high - low).amax()) + 2 * margin
    corner = (low + high) / 2 - extent / 2  # of the square map, in x and z
    shade = _map(vertices, mesh.faces, corner, extent, floor)

    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    pixels = torch.stack((columns, rows), -1).double() + 0.5
    near = camera.unproject(pixels, torch.full((height, width), camera.near, dtype=torch.float64))
    ray = camera.unproject(pixels, torch.full((height, width), camera.near + 1.0, dtype=torch.float64)) - near
    travel = (floor - near[..., 1]) / ray[..., 1]
    hit = (near + ray * travel[..., None])[..., ::2].float().to(device)
    meets = ((ray[..., 1] < -1e-9) & (travel > 0)).to(device)
    grid = torch.nan_to_num((hit - corner) / extent * 2 - 1, nan=-9.0).clamp(-9, 9)
    seen = grid_sample(shade, grid[None], "bilinear", "zeros", align_corners=False)[0, 0]
    return torch.where(meets, seen, 0.0)


def _map(
    vertices: torch.Tensor, faces: torch.Tensor, corner: torch.Tensor, extent: float, floor: float
) -> torch.Tensor:
    """(1, 1, S, S) shade of the ground seen from above, x to the right and z down."""
    texel = extent / _SIZE
    place = (vertices[:, ::2] - corner) / texel
    x, y, rise = place[:, 0].contiguous(), place[:, 1].contiguous(), vertices[:, 1] - floor
    triangles = set_up(x, y, rise, torch.ones_like(rise), faces, None, _SIZE, _SIZE)
    check_overdraw(triangles, _SIZE, _SIZE)
    above = torch.full((_SIZE * _SIZE,), torch.inf, device=vertices.device)
    everything = torch.arange(len(triangles), device=vertices.device)
    for run in chunks(triangles, everything, _SIZE, 0, _SIZE, 1 << 20):
        _, at, lowest = fragments(triangles, run, _SIZE, 0, _SIZE)
        above.scatter_reduce_(0, at, lowest, "amin")
    above = above.view(1, 1, _SIZE, _SIZE)
    light = torch.ones_like(above)
    for strength, reach, radius in _LAYERS:
        layer = (1 - above.clamp(min=0) / reach).clamp(min=0) ** 2
        light = light * (1 - strength * blur(layer, max(1, round(radius / texel))))
    return 1 - light
