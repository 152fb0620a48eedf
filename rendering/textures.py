"""Texture lookup: wrap modes, bilinear and trilinear filtering, colour spaces.

Texels stay 8-bit in memory and are decoded when they are read, so that a picture of 8192 x 8192 costs what its file
holds unpacked (256 MiB, and a third more for its mip levels) rather than four times as much.
"""

from __future__ import annotations

import math
import weakref

import torch

from .mesh import Texture

_LEVELS: weakref.WeakKeyDictionary[Texture, dict[tuple[str, str], list[torch.Tensor]]] = weakref.WeakKeyDictionary()
_ROWS_AT_ONCE = 256  # of a mip level while it is made: bounds the float copy


def srgb_to_linear(value: torch.Tensor) -> torch.Tensor:
    """sRGB 0..1 -> linear 0..1 (IEC 61966-2-1)."""
    return torch.where(value <= 0.04045, value / 12.92, ((value.clamp(min=0) + 0.055) / 1.055) ** 2.4)


def linear_to_srgb(value: torch.Tensor) -> torch.Tensor:
    """Linear 0..1 -> sRGB 0..1 (IEC 61966-2-1)."""
    return torch.where(value <= 0.0031308, value * 12.92, 1.055 * value.clamp(min=1e-6) ** (1 / 2.4) - 0.055)


def sample(texture: Texture, uv: torch.Tensor, content: str, footprint: torch.Tensor | None = None) -> torch.Tensor:
    """Filtered texels (n, 4) at uv (n, 2), glTF convention (v down).

    content:   "color": sRGB, decoded to linear, alpha reads 1; "coverage": sRGB with alpha, decoded to linear and
               premultiplied, so that colours hidden under alpha 0 do not bleed in; "data": channels as they are, 0..1.
    footprint: (n,) log2 of the uv distance between neighbouring samples, for trilinear filtering of what is minified.
               None reads the finest level.
    """
    u, v = uv.unbind(1)
    scale = 1.0
    if texture.transform is not None:
        (a, b, c), (d, e, f) = texture.transform
        u, v = a * u + b * v + c, d * u + e * v + f
        scale = abs(a * e - b * d)
    if texture.nearest:
        return _nearest(_levels(texture, uv.device, content, 1)[0], texture, u, v, content)
    if footprint is not None:
        height, width = texture.pixels.shape[:2]
        lod = footprint + 0.5 * math.log2(max(width * height * scale, 1e-12))
        if lod.numel() and float(lod.max()) > 0:
            return _trilinear(_levels(texture, uv.device, content, 32), texture, u, v, content, lod)
    return _bilinear(_levels(texture, uv.device, content, 1)[0], texture, u, v, content)


def _trilinear(
    levels: list[torch.Tensor], texture: Texture, u: torch.Tensor, v: torch.Tensor, content: str, lod: torch.Tensor
) -> torch.Tensor:
    lod = torch.nan_to_num(lod).clamp(0, len(levels) - 1)
    low = lod.floor()
    share = lod - low
    low = low.long()
    result = u.new_zeros(u.shape[0], 4)
    for k, level in enumerate(levels):
        weight = torch.where(low == k, 1 - share, torch.where(low == k - 1, share, 0.0))
        rows = torch.nonzero(weight > 0)[:, 0]
        if rows.numel():
            result[rows] += _bilinear(level, texture, u[rows], v[rows], content) * weight[rows, None]
    return result


def _nearest(pixels: torch.Tensor, texture: Texture, u: torch.Tensor, v: torch.Tensor, content: str) -> torch.Tensor:
    height, width = pixels.shape[:2]
    column = _wrap((u * width).floor(), width, texture.wrap_s)
    row = _wrap((v * height).floor(), height, texture.wrap_t)
    return _decode(pixels.reshape(-1, 4)[row * width + column], content)


def _bilinear(pixels: torch.Tensor, texture: Texture, u: torch.Tensor, v: torch.Tensor, content: str) -> torch.Tensor:
    height, width = pixels.shape[:2]
    flat = pixels.reshape(-1, 4)
    # Taking out whole repeats first keeps the fraction exact for uv far from the unit square.
    x = _near_unit(u, texture.wrap_s) * width - 0.5
    y = _near_unit(v, texture.wrap_t) * height - 0.5
    x0, y0 = x.floor(), y.floor()
    fx, fy = (x - x0)[:, None], (y - y0)[:, None]
    left, right = _wrap(x0, width, texture.wrap_s), _wrap(x0 + 1, width, texture.wrap_s)
    upper, lower = _wrap(y0, height, texture.wrap_t) * width, _wrap(y0 + 1, height, texture.wrap_t) * width
    top = torch.lerp(_decode(flat[upper + left], content), _decode(flat[upper + right], content), fx)
    bottom = torch.lerp(_decode(flat[lower + left], content), _decode(flat[lower + right], content), fx)
    return torch.lerp(top, bottom, fy)


def _near_unit(u: torch.Tensor, mode: str) -> torch.Tensor:
    u = torch.nan_to_num(u, nan=0.0, posinf=0.0, neginf=0.0)
    if mode == "clamp":
        return u.clamp(-1, 2)
    return u - 2 * torch.floor(u / 2)


def _wrap(index: torch.Tensor, size: int, mode: str) -> torch.Tensor:
    """Whole numbers as floats -> texel index inside 0..size - 1."""
    if mode == "repeat":
        index = index - size * torch.floor(index / size)
    elif mode == "mirror":
        index = index - 2 * size * torch.floor(index / (2 * size))
        index = torch.minimum(index, 2 * size - 1 - index)
    return torch.nan_to_num(index).clamp(0, size - 1).long()


def _decode(texels: torch.Tensor, content: str) -> torch.Tensor:
    """uint8 (n, 4) -> float (n, 4), see `sample`."""
    if content == "data":
        return texels.float() / 255
    colour = _decode_table(texels.device)[texels[:, :3].int()]
    if content == "color":
        return torch.nn.functional.pad(colour, (0, 1), value=1.0)
    alpha = texels[:, 3:].float() / 255
    return torch.cat((colour * alpha, alpha), 1)


_TABLES: dict[torch.device, torch.Tensor] = {}


def _decode_table(device: torch.device) -> torch.Tensor:
    if device not in _TABLES:
        _TABLES[device] = srgb_to_linear(torch.arange(256, dtype=torch.float64) / 255).float().to(device)
    return _TABLES[device]


def _levels(texture: Texture, device: torch.device, content: str, count: int) -> list[torch.Tensor]:
    """The first `count` mip levels as uint8 (h, w, 4), finest first; made once per texture and kept while it lives."""
    cache = _LEVELS.setdefault(texture, {})
    levels = cache.setdefault((str(device), content), [texture.pixels.to(device).contiguous()])
    while len(levels) < count and max(levels[-1].shape[:2]) > 1:
        levels.append(_halve(levels[-1], content))
    return levels


def _halve(level: torch.Tensor, content: str) -> torch.Tensor:
    """Box-filtered half of a level: averaged in premultiplied linear light, stored straight in sRGB."""
    height, width = level.shape[:2]
    half = torch.empty(max(1, height // 2), max(1, width // 2), 4, dtype=torch.uint8, device=level.device)
    tall, wide = min(2, height), min(2, width)
    for start in range(0, half.shape[0], _ROWS_AT_ONCE):
        rows = min(_ROWS_AT_ONCE, half.shape[0] - start)
        block = level[start * tall : (start + rows) * tall, : half.shape[1] * wide]
        values = _decode(block.reshape(-1, 4), content).view(rows, tall, half.shape[1], wide, 4).mean((1, 3))
        if content != "data":
            alpha = values[..., 3:]
            colour = linear_to_srgb((values[..., :3] / alpha.clamp(min=1e-4)).clamp(0, 1))
            values = torch.cat((colour, alpha), -1)
        half[start : start + rows] = (values * 255).round_().clamp_(0, 255).to(torch.uint8)
    return half
