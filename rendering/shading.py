"""From a material and a lit surface point to colour."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from .camera import Camera
from .geometry import Surface
from .light import Lighting
from .mesh import Material
from .textures import sample

SHOULDER = 0.8  # display value above which bright colours are compressed instead of clipped
_TOON_SHADE = 0.62  # brightness of a toon surface's shaded side when its material names no shade colour


def base_color(material: Material, surface: Surface) -> tuple[torch.Tensor, torch.Tensor]:
    """Straight linear colour (n, 3) and alpha (n,), 0..1, of the material before any light; alpha 1 where OPAQUE."""
    n, device = surface.normal.shape[0], surface.normal.device
    factor = torch.tensor(material.base_color, dtype=torch.float32, device=device)
    opaque = material.alpha_mode == "OPAQUE"
    rgb = factor[:3].clamp(min=0).expand(n, 3)
    alpha = None if opaque else factor[3].clamp(0, 1).expand(n)
    if material.base_color_texture is not None:
        content = "color" if opaque else "coverage"
        texel = sample(material.base_color_texture, surface.uv, content, surface.footprint)
        if not opaque:
            alpha = alpha * texel[:, 3]
            texel = texel[:, :3] / texel[:, 3:].clamp(min=1e-4)
        rgb = rgb * texel[:, :3]
    if surface.color is not None:
        rgb = rgb * surface.color[:, :3]
        alpha = None if opaque else alpha * surface.color[:, 3]
    return rgb, torch.ones(n, device=device) if alpha is None else alpha


@dataclass(frozen=True)
class Shader:
    """Lights surfaces for one picture.

    key, sky, ground:  (3,) linear colour of the light.
    towards_key:       (3,) unit vector in the world.
    """

    towards_key: torch.Tensor
    key: torch.Tensor
    sky: torch.Tensor
    ground: torch.Tensor

    @classmethod
    def make(cls, lighting: Lighting, camera: Camera, device: torch.device) -> Shader:
        def vector(value) -> torch.Tensor:
            return torch.as_tensor(value, dtype=torch.float32, device=device)

        towards_key = lighting.towards_key(camera).to(torch.float32)
        return cls(towards_key.to(device), vector(lighting.key), vector(lighting.sky), vector(lighting.ground))

    def __call__(self, material: Material, surface: Surface) -> torch.Tensor:
        """Linear, premultiplied RGBA (n, 4) of surface points."""
        rgb, alpha = base_color(material, surface)
        if material.alpha_mode == "MASK":
            alpha = torch.ones_like(alpha)
        if not material.unlit:
            rgb = compress(self._toon(rgb, surface) if material.toon else self._lambert(rgb, surface))
        if material.alpha_mode == "BLEND":
            rgb = rgb * alpha[:, None]
        return torch.cat((rgb, alpha[:, None]), 1)

    def _lambert(self, rgb: torch.Tensor, surface: Surface) -> torch.Tensor:
        facing = (surface.normal @ self.towards_key).clamp_(min=0)
        return rgb * torch.addcmul(self._ambient(surface), facing[:, None], self.key)

    def _toon(self, rgb: torch.Tensor, surface: Surface) -> torch.Tensor:
        lit = torch.sigmoid((surface.normal @ self.towards_key) * 25)
        light = self.key + (self.sky + self.ground) / 2
        return rgb * light * torch.lerp(torch.full_like(lit, _TOON_SHADE), torch.ones_like(lit), lit)[:, None]

    def _ambient(self, surface: Surface) -> torch.Tensor:
        up = (surface.normal[:, 1:2] + 1) / 2
        ambient = torch.lerp(self.ground, self.sky, up)
        return ambient if surface.occlusion is None else ambient * surface.occlusion[:, None]


def compress(rgb: torch.Tensor) -> torch.Tensor:
    """Roll off linear colour above SHOULDER towards 1, keeping hue and paling slightly (n, 3).

    The highlight half of Khronos' PBR Neutral tone mapper (Khronos 2024); below the shoulder colours pass unchanged.
    """
    peak = rgb.amax(1, keepdim=True)
    if not bool((peak > SHOULDER).any()):
        return rgb
    room = 1 - SHOULDER
    target = torch.where(peak > SHOULDER, 1 - room * room / (peak - SHOULDER + room).clamp(min=room), peak)
    pale = 1 - 1 / (0.15 * (peak - target) + 1)
    return torch.lerp(rgb * (target / peak.clamp(min=1e-6)), target, pale)
