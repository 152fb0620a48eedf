"""Image-based light: a panorama as the light of every direction, blurred as surfaces see it."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, field

import torch
from torch.nn.functional import avg_pool2d, grid_sample, interpolate, pad

from .textures import srgb_to_linear

_WIDTHS = (128, 64, 32, 16, 8)  # of the reflection levels, from mirror to rough
_MAX_LIGHT = 16.0


@dataclass(frozen=True, eq=False)
class Environment:
    """Light from an equirectangular picture.

    picture: (H, W, 3) sRGB 0..1, or above 1 where the picture has more range; W = 2 H is expected, any size is read.
             Its middle column is what the viewer sees straight ahead, behind the subject.
    strength: factor on the picture; None scales it so that the light on an upright white surface averages 1.

    Raises ValueError if the picture has another shape, holds NaN, or is black.
    """

    picture: torch.Tensor
    strength: float | None = None
    harmonics: torch.Tensor = field(init=False, repr=False)  # (9, 3) irradiance / pi
    levels: tuple[torch.Tensor, ...] = field(init=False, repr=False)  # each (1, 3, h, w + 2)

    def __post_init__(self) -> None:
        picture = torch.as_tensor(self.picture).detach().float()
        if picture.ndim != 3 or picture.shape[2] != 3 or min(picture.shape[:2]) < 2:
            raise ValueError(f"environment: the picture has shape {tuple(picture.shape)}, expected (H, W, 3)")
        if not torch.isfinite(picture).all():
            raise ValueError("environment: the picture contains NaN or infinite values")
        light = srgb_to_linear(picture.clamp(min=0)).clamp(max=_MAX_LIGHT).permute(2, 0, 1)[None]
        light = interpolate(light, size=(_WIDTHS[0] // 2, _WIDTHS[0]), mode="area")
        harmonics = _project(light[0].permute(1, 2, 0))
        around = harmonics[0] * _BASIS[0]
        if float(around.max()) < 1e-6:
            raise ValueError("environment: the picture is black, it gives no light")
        scale = self.strength if self.strength is not None else 1.0 / float(around.mean())
        levels = [light * scale]
        for _ in _WIDTHS[1:]:
            levels.append(avg_pool2d(levels[-1], 2))
        object.__setattr__(self, "harmonics", harmonics * scale)
        object.__setattr__(self, "levels", tuple(pad(level, (1, 1, 0, 0), mode="circular") for level in levels))

    @property
    def mean(self) -> torch.Tensor:
        """(3,) light on a matt white surface, averaged over all the directions it may face."""
        return self.harmonics[0] * _BASIS[0]

    def scaled(self, factor: float) -> Environment:
        """The same light, `factor` times as strong."""
        other = copy.copy(self)
        object.__setattr__(other, "harmonics", self.harmonics * factor)
        object.__setattr__(other, "levels", tuple(level * factor for level in self.levels))
        return other

    def parted(self) -> tuple[torch.Tensor, torch.Tensor, Environment]:
        """The panorama as a key light, which casts shadows, and the rest, which does not.

        Returns the direction towards the key light (3,), unit, in the viewer's frame; its linear RGB (3,); and the rest
        as an environment with the same reflections. How far the light comes from one side, which the degree-1 harmonics
        tell, decides: a lone lamp becomes the key light whole, a sky over dark ground by a quarter, even surroundings
        not at all (the key is then 0).
        """
        toward = self.harmonics[[3, 1, 2]] * _BASIS[1]  # (x y z, RGB): half of a lone lamp's light, times its direction
        strongest = toward.sum(1)
        if float(strongest.norm()) < 1e-6:
            return strongest.new_tensor([0.0, 0.0, 1.0]), torch.zeros(3), self
        direction = strongest / strongest.norm()
        half = (direction @ toward).clamp(min=0)
        share = (half.sum() / (2 * self.mean.sum())).clamp(0, 1)
        key = torch.minimum(2 * half * share, 4 * self.mean.clamp(min=0))
        lamp = _evaluate(direction)[:, None] * (_LOBE_OF_LAMP[:, None] * key)
        rest = copy.copy(self)
        object.__setattr__(rest, "harmonics", self.harmonics - lamp)
        return direction, key, rest

    def diffuse(self, direction: torch.Tensor) -> torch.Tensor:
        """Light (n, 3) on a white matt surface whose unit normal (n, 3) is given in the viewer's frame."""
        return (_evaluate(direction) @ self.harmonics.to(direction)).clamp_(min=0)

    def reflection(self, direction: torch.Tensor, roughness: torch.Tensor) -> torch.Tensor:
        """Light (n, 3) seen along unit directions (n, 3) of the viewer's frame, blurred by roughness (n,) 0..1."""
        u = torch.atan2(direction[:, 0], -direction[:, 2]) / (2 * math.pi) + 0.5
        v = torch.acos(direction[:, 1].clamp(-1, 1)) / math.pi
        depth = roughness.clamp(0, 1).sqrt() * (len(self.levels) - 1)
        result = torch.zeros_like(direction)
        for k, level in enumerate(self.levels):
            width = level.shape[3] - 2
            x = (u * width + 1) / (width + 2) * 2 - 1
            grid = torch.stack((x, v * 2 - 1), 1)[None, None]
            seen = grid_sample(level.to(direction), grid, "bilinear", "border", align_corners=False)[0, :, 0].T
            result += seen * (1 - (depth - k).abs()).clamp(min=0)[:, None]
        return result


# Real spherical harmonics up to degree 2 and the cosine lobe's weight of each degree over pi
# (Ramamoorthi & Hanrahan 2001).
_BASIS = (0.282095, 0.488603, 1.092548, 0.315392, 0.546274)
_LOBE = (1.0, 2 / 3, 2 / 3, 2 / 3, 1 / 4, 1 / 4, 1 / 4, 1 / 4, 1 / 4)
_LOBE_OF_LAMP = math.pi * torch.tensor(_LOBE)  # a lamp that lights a surface facing it with 1


def _evaluate(direction: torch.Tensor) -> torch.Tensor:
    x, y, z = direction.unbind(-1)
    c0, c1, c2, c3, c4 = _BASIS
    terms = (
        torch.full_like(x, c0), c1 * y, c1 * z, c1 * x, c2 * x * y, c2 * y * z, c3 * (3 * z * z - 1), c2 * x * z,
        c4 * (x * x - y * y),
    )  # fmt: skip
    return torch.stack(terms, -1)


def _project(light: torch.Tensor) -> torch.Tensor:
    """(H, W, 3) radiance -> (9, 3) coefficients whose sum over the basis is the light on a matt white surface."""
    height, width = light.shape[:2]
    theta = (torch.arange(height) + 0.5) * (math.pi / height)
    phi = ((torch.arange(width) + 0.5) / width - 0.5) * (2 * math.pi)
    sin = theta.sin()[:, None]
    direction = torch.stack(
        (sin * phi.sin(), theta.cos()[:, None].expand(height, width), -sin * phi.cos()), -1
    )  # (H, W, 3), viewer's frame: the middle column looks along -z
    solid_angle = sin.expand(height, width) * (math.pi / height) * (2 * math.pi / width)
    coefficients = torch.einsum("hwk,hwc,hw->kc", _evaluate(direction), light.cpu(), solid_angle)
    return coefficients * torch.tensor(_LOBE)[:, None]
