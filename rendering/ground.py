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
    lowest, highest = torch.aminmax(used, dim=0)
    floor = float(lowest[1]) if floor is None else float(floor)
    low, high = lowest[::2], highest[::2]
    margin = 4 * _LAYERS[-1][2]
    extent = float((high - low).amax()) + 2 * margin
    corner = (low + high) / 2 - extent / 2  # of the square map, in x and z
    shade = _map(vertices, mesh.faces, corner, extent, floor)

    corner = corner.double().cpu()
    shadow = torch.zeros(height, width, device=device)
    left, top, right, bottom = box = _box(camera, corner, extent, floor)
    if left < right and top < bottom:
        grid = _places(camera, box, corner, extent, floor).to(device)
        shadow[top:bottom, left:right] = grid_sample(shade, grid[None], "bilinear", "zeros", align_corners=False)[0, 0]
    return shadow


def _box(camera: Camera, corner: torch.Tensor, extent: float, floor: float) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) pixels among which the whole map is seen; the picture where it reaches behind it."""
    x, z = (corner[:, None] + extent * torch.tensor([[0.0, 1.0, 0.0, 1.0], [0.0, 0.0, 1.0, 1.0]])).unbind()
    pixels, depth = camera.project(torch.stack((x, torch.full_like(x, floor), z), 1))
    size = torch.tensor([camera.width, camera.height])
    if not bool((depth > camera.near).all()):
        return 0, 0, camera.width, camera.height
    low, high = (pixels.amin(0).floor() - 1).clamp(min=0), (pixels.amax(0).ceil() + 1).minimum(size)
    return tuple(int(side) for side in (*low, *high))


def _places(
    camera: Camera, box: tuple[int, int, int, int], corner: torch.Tensor, extent: float, floor: float
) -> torch.Tensor:
    """(h, w, 2) where on the map, -1..1, each pixel of the box sees the ground; -9 where it sees none.

    A plane and its picture are related by a homography: each place is the ratio of two sums of something of the pixel's
    row and something of its column. Found in double precision for rows and columns, only added up for pixels.
    """
    left, top, right, bottom = box
    middle = torch.tensor([(left + right) / 2, (top + bottom) / 2], dtype=torch.float64)
    pixels = middle + torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    near = camera.unproject(pixels, torch.full((3,), camera.near, dtype=torch.float64))
    ray = camera.unproject(pixels, torch.full((3,), camera.near + 1.0, dtype=torch.float64)) - near
    eye = near - camera.near * ray
    fall, above = -ray[:, 1:2], eye[:, 1:2] - floor  # the ray meets the ground after above / fall
    place = ((eye[:, ::2] - corner) * fall + ray[:, ::2] * above) * (2 / extent) - fall  # times fall
    if not camera.orthographic:
        above = above[:1].expand(3, 1)  # the same for all
    sums = torch.cat((place, fall, above - camera.near * fall), 1)
    columns = torch.arange(left, right, dtype=torch.float64) + 0.5 - middle[0]
    rows = torch.arange(top, bottom, dtype=torch.float64) + 0.5 - middle[1]
    across = ((sums[1] - sums[0])[:, None] * columns).float()
    down = (sums[0][:, None] + (sums[2] - sums[0])[:, None] * rows).float()
    x, z, falling, ahead = (down[k][:, None] + across[k] for k in range(4))
    seen = (falling > 1e-9) & (ahead > 0)
    return torch.where(seen[..., None], (torch.stack((x, z), -1) / falling[..., None]).clamp(-9, 9), -9.0)


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
