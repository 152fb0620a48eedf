"""Texture lookup: wrap modes, mip levels, bilinear filtering, colour spaces.

Texels stay 8-bit; a mip level is decoded to linear floats when a picture first reads it. A texture of 8192 texels
seen at 512 pixels is thus decoded at 1024 texels or so, not at its full size.
"""

from __future__ import annotations

import math
import weakref

import torch
from torch.nn.functional import grid_sample, pad

from .mesh import Texture

_ROWS_AT_ONCE = 256  # of a level while it is made: bounds temporary memory
_DECODED_SIDE = 2048  # levels with more texels than this squared are decoded texel by texel as they are read


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
    footprint: (n,) log2 of the uv distance between neighbouring samples; chooses the mip level of what is minified.
               None reads the finest level.
    """
    u, v = uv.unbind(1)
    scale = 1.0
    if texture.transform is not None:
        (a, b, c), (d, e, f) = texture.transform
        u, v = a * u + b * v + c, d * u + e * v + f
        scale = abs(a * e - b * d)
    pyramid = _pyramid(texture, uv.device, content)
    u, v = _wrap(u, texture.wrap_s), _wrap(v, texture.wrap_t)
    if texture.nearest:
        return pyramid.nearest(u, v)
    if footprint is None or not u.numel():
        return pyramid.bilinear(0, u, v)
    height, width = texture.pixels.shape[:2]
    lod = footprint + 0.5 * math.log2(max(width * height * scale, 1e-12))
    return pyramid.trilinear(u, v, lod)


def _wrap(u: torch.Tensor, mode: str) -> torch.Tensor:
    """Any coordinate -> 0..1 inside the picture."""
    if mode == "clamp":
        return u.clamp(0, 1)
    if mode == "mirror":
        return 1 - (u - 2 * torch.floor(u / 2) - 1).abs()
    return u - torch.floor(u)


class _Pyramid:
    """The mip levels of a texture on one device, made as they are needed.

    Each level is kept twice at most: as uint8 (h, w, 4), from which the next is made, and, once it is read, as float
    texels with a border of one texel that continues the picture as the wrap modes say.
    """

    def __init__(self, texture: Texture, device: torch.device, content: str):
        self.content, self.wrap = content, (texture.wrap_t, texture.wrap_s)
        self.stored = [texture.pixels.to(device).contiguous()]
        self.decoded: dict[int, torch.Tensor] = {}
        self.count = max(texture.pixels.shape[:2]).bit_length()

    def nearest(self, u: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        pixels = self.stored[0]
        height, width = pixels.shape[:2]
        column = (u * width).long().clamp_(0, width - 1)
        row = (v * height).long().clamp_(0, height - 1)
        return _decode(pixels.view(-1, 4)[row * width + column], self.content)

    def bilinear(self, level: int, u: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        height, width = self._store(level).shape[:2]
        if height * width > _DECODED_SIDE**2:
            return self._bilinear_stored(self.stored[level], u, v)
        # grid_sample puts -1 and 1 at the bordered picture's edges.
        x = (u * (2 * width) + 2) / (width + 2) - 1
        y = (v * (2 * height) + 2) / (height + 2) - 1
        grid = torch.stack((x, y), 1)[None, None]
        return grid_sample(self._read(level), grid, "bilinear", "zeros", align_corners=False)[0, :, 0].T

    def _bilinear_stored(self, pixels: torch.Tensor, u: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        height, width = pixels.shape[:2]
        x, y = u * width - 0.5, v * height - 0.5
        left, top = x.floor(), y.floor()
        columns = [self._neighbour(left + k, width, self.wrap[1]) for k in (0, 1)]
        rows = [self._neighbour(top + k, height, self.wrap[0]) * width for k in (0, 1)]
        texels = [
            _decode(pixels.view(-1, 4).index_select(0, row + column), self.content)
            for row in rows
            for column in columns
        ]
        across = (x - left)[:, None]
        return torch.lerp(
            torch.lerp(texels[0], texels[1], across), torch.lerp(texels[2], texels[3], across), (y - top)[:, None]
        )

    @staticmethod
    def _neighbour(index: torch.Tensor, size: int, mode: str) -> torch.Tensor:
        """Texel -1..size -> the texel that continues the picture there."""
        return (index % size if mode == "repeat" else index.clamp(0, size - 1)).long()

    def trilinear(self, u: torch.Tensor, v: torch.Tensor, lod: torch.Tensor) -> torch.Tensor:
        lod = lod.clamp(0, self.count - 1)
        low = lod.floor()
        # Two levels are mixed over the middle half of the way from one to the other: half of the second lookups are
        # saved and no step shows.
        share = ((lod - low) * 2 - 0.5).clamp_(0, 1)
        low = low.long()
        first, last = int(low.min()), int(low.max())
        if first == last and not bool((share > 0).any()):
            return self.bilinear(first, u, v)
        result = u.new_zeros(u.shape[0], 4)
        for level in range(first, min(last + 1, self.count - 1) + 1):
            weight = torch.where(low == level, 1 - share, torch.where(low == level - 1, share, 0.0))
            rows = torch.nonzero(weight)[:, 0]
            if rows.numel():
                near = (value.index_select(0, rows) for value in (u, v))
                result.index_add_(0, rows, self.bilinear(level, *near).mul_(weight.index_select(0, rows)[:, None]))
        return result

    def _store(self, level: int) -> torch.Tensor:
        """(h, w, 4) uint8."""
        while len(self.stored) <= level:
            self.stored.append(_halve(self.stored[-1], self.content))
        return self.stored[level]

    def _read(self, level: int) -> torch.Tensor:
        """(1, 4, h + 2, w + 2) float32, channels last."""
        if level not in self.decoded:
            pixels = self._store(level)
            height, width = pixels.shape[:2]
            texels = torch.empty(height + 2, width + 2, 4, device=pixels.device)
            for row in range(0, height, _ROWS_AT_ONCE):
                rows = pixels[row : row + _ROWS_AT_ONCE]
                texels[1 + row : 1 + row + len(rows), 1:-1] = _decode(rows, self.content)
            vertical, horizontal = (mode == "repeat" for mode in self.wrap)
            texels[0], texels[-1] = (texels[-2], texels[1]) if vertical else (texels[1], texels[-2])
            left, right = (texels[:, -2], texels[:, 1]) if horizontal else (texels[:, 1], texels[:, -2])
            texels[:, 0], texels[:, -1] = left, right
            self.decoded[level] = texels.permute(2, 0, 1)[None]
        return self.decoded[level]


_PYRAMIDS: weakref.WeakKeyDictionary[Texture, dict[tuple[str, str], _Pyramid]] = weakref.WeakKeyDictionary()


def _pyramid(texture: Texture, device: torch.device, content: str) -> _Pyramid:
    kept = _PYRAMIDS.setdefault(texture, {})
    key = (str(device), content)
    if key not in kept:
        kept[key] = _Pyramid(texture, device, content)
    return kept[key]


def _decode(texels: torch.Tensor, content: str) -> torch.Tensor:
    """uint8 (..., 4) -> float (..., 4), see `sample`."""
    if content == "data":
        return texels.float() / 255
    codes = texels[..., :3].reshape(-1).int()
    color = _decode_table(texels.device).index_select(0, codes).view(*texels.shape[:-1], 3)
    if content == "color":
        return pad(color, (0, 1), value=1.0)
    alpha = texels[..., 3:].float() / 255
    return torch.cat((color * alpha, alpha), -1)


_TABLES: dict[torch.device, torch.Tensor] = {}


def _decode_table(device: torch.device) -> torch.Tensor:
    if device not in _TABLES:
        _TABLES[device] = srgb_to_linear(torch.arange(256, dtype=torch.float64) / 255).float().to(device)
    return _TABLES[device]


def _halve(level: torch.Tensor, content: str) -> torch.Tensor:
    """Box-filtered half of a level: averaged in premultiplied linear light, stored straight in sRGB."""
    height, width = level.shape[:2]
    half = torch.empty(max(1, height // 2), max(1, width // 2), 4, dtype=torch.uint8, device=level.device)
    tall, wide = min(2, height), min(2, width)
    for start in range(0, half.shape[0], _ROWS_AT_ONCE):
        rows = min(_ROWS_AT_ONCE, half.shape[0] - start)
        block = level[start * tall : (start + rows) * tall, : half.shape[1] * wide]
        values = _decode(block, content)
        values = sum(values[i::tall, j::wide] for i in range(tall) for j in range(wide)) / (tall * wide)
        if content != "data":
            alpha = values[..., 3:]
            color = linear_to_srgb((values[..., :3] / alpha.clamp(min=1e-4)).clamp(0, 1))
            values = torch.cat((color, alpha), -1)
        half[start : start + rows] = (values * 255).round_().clamp_(0, 255).to(torch.uint8)
    return half
