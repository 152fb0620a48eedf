"""From a material and a surface in the light to colour: glTF's metallic-roughness model and VRM's MToon.

Light is in units where a white matt surface facing a light of 1 shows as 1; the factor pi is inside the light.
"""

from __future__ import annotations

import torch
from torch.nn.functional import normalize

from .camera import Camera
from .geometry import Surface
from .light import Lighting, viewer_frame
from .mesh import Material, Mesh, MToon
from .shadow import ShadowMap
from .textures import sample

SHOULDER = 0.8  # linear value above which bright colours are compressed instead of clipped
_DIELECTRIC = 0.04  # reflectance of non-metals at normal incidence (glTF 2.0, appendix B)
_MATT = 0.95  # roughness from which a non-metal's faint gloss is not worth computing
_TOON_SHADE = (0.50, 0.42, 0.48)  # shade colour, relative to the lit one, of toon materials that name none


def base_color(material: Material, surface: Surface) -> tuple[torch.Tensor, torch.Tensor]:
    """Straight linear colour (n, 3) and alpha (n,), 0..1, of the material before any light; alpha 1 where OPAQUE."""
    n, device = len(surface), surface.device
    factor = torch.tensor(material.base_color, dtype=torch.float32, device=device)
    opaque = material.alpha_mode == "OPAQUE"
    rgb = factor[:3].clamp(min=0).expand(n, 3)
    alpha = torch.ones(n, device=device) if opaque else factor[3].clamp(0, 1).expand(n)
    if material.base_color_texture is not None:
        content = "color" if opaque else "coverage"
        texel = sample(material.base_color_texture, surface.uv, content, surface.footprint)
        if not opaque:
            alpha = alpha * texel[:, 3]
            texel = texel[:, :3] / texel[:, 3:].clamp(min=1e-4)
        rgb = rgb * texel[:, :3]
    if surface.color is not None:
        rgb = rgb * surface.color[:, :3]
        alpha = alpha if opaque else alpha * surface.color[:, 3]
    return rgb, alpha


class Shader:
    """Lights the surfaces of one mesh for one picture."""

    def __init__(self, lighting: Lighting, camera: Camera, mesh: Mesh):
        device = mesh.vertices.device
        self.lighting = lighting
        towards_key = lighting.towards_key(camera).float().to(device)
        self.towards_key = towards_key
        self.key, self.sky, self.ground = (
            torch.tensor(value, dtype=torch.float32, device=device)
            for value in (lighting.key, lighting.sky, lighting.ground)
        )
        self.frame = viewer_frame(camera).float().to(device)
        self.rotation = camera.rotation.float().to(device)
        self.eye = None if camera.orthographic else camera.position.float().to(device)
        lit = [m for m in mesh.materials if not (m.unlit or m.toon or m.mtoon)]
        self.shadow_map = None
        if lighting.shadow > 0 and any(lighting.key) and lit and len(mesh.faces):
            self.shadow_map = ShadowMap(mesh, towards_key)

    def __call__(self, material: Material, surface: Surface) -> torch.Tensor:
        """Linear, premultiplied RGBA (n, 4) of surface points."""
        rgb, alpha = base_color(material, surface)
        if material.alpha_mode == "MASK":
            alpha = torch.ones_like(alpha)
        if not material.unlit:
            normal = _bumped(material, surface)
            lit = self._toon if material.toon or material.mtoon else self._physical
            rgb = lit(material, surface, rgb, normal)
            if any(material.emissive):
                rgb = rgb + _emitted(material, surface)
            rgb = compress(rgb)
        if material.alpha_mode == "BLEND":
            rgb = rgb * alpha[:, None]
        return torch.cat((rgb, alpha[:, None]), 1)

    def _physical(self, material: Material, surface: Surface, rgb: torch.Tensor, normal: torch.Tensor) -> torch.Tensor:
        """glTF 2.0 metallic-roughness (appendix B): Lambert, GGX, and the ambient light's mirror image."""
        facing = (normal @ self.towards_key).clamp(min=0)
        arriving = facing
        if self.shadow_map is not None:
            open_share = self.shadow_map.arriving(surface.position, surface.normal)
            arriving = facing * (1 - self.lighting.shadow * (1 - open_share))
        occlusion = self._occlusion(material, surface)
        ambient = self._ambient(normal)
        if occlusion is not None:
            ambient = ambient * occlusion[:, None]
        light = torch.addcmul(ambient, arriving[:, None], self.key)
        if material.metallic <= 0 and material.roughness >= _MATT:
            return rgb * light

        roughness = torch.full_like(facing, material.roughness)
        metallic = torch.full_like(facing, material.metallic)
        if material.metallic_roughness_texture is not None:
            texel = sample(material.metallic_roughness_texture, surface.uv, "data", surface.footprint)
            roughness, metallic = roughness * texel[:, 1], metallic * texel[:, 2]
        roughness = roughness.clamp(0.05, 1)
        reflectance = torch.lerp(torch.full_like(rgb, _DIELECTRIC), rgb, metallic[:, None])
        to_eye = self._to_eye(surface)
        mirrored_share, boost = _mirrored_share(normal, to_eye, roughness, reflectance)
        mirrored = mirrored_share * self._mirrored(normal, to_eye, roughness)
        if occlusion is not None:
            mirrored = mirrored * occlusion[:, None]
        gloss = _ggx(normal, to_eye, self.towards_key, roughness, reflectance) * boost
        diffuse = rgb * (1 - metallic[:, None]) * (1 - mirrored_share) * light
        return diffuse + gloss * (arriving[:, None] * self.key) + mirrored

    def _toon(self, material: Material, surface: Surface, rgb: torch.Tensor, normal: torch.Tensor) -> torch.Tensor:
        """VRMC_materials_mtoon 1.0: a ramp from shade to lit colour under the key light, rim and matcap on top.

        Ambient light falls on the lit colour, the same from all sides, so that drawn colours keep their value.
        """
        toon = material.mtoon or MToon()
        shade = rgb * rgb.new_tensor(_TOON_SHADE)
        if material.mtoon is not None:
            shade = rgb.new_tensor(toon.shade_color).expand_as(rgb)
            if toon.shade_texture is not None:
                shade = shade * sample(toon.shade_texture, surface.uv, "color", surface.footprint)[:, :3]
        edge = 1 - min(max(toon.shading_toony, 0.0), 0.999)
        ramp = (((normal @ self.towards_key) + toon.shading_shift + edge) / (2 * edge)).clamp(0, 1)
        panorama = self.lighting.environment
        even = (self.sky + self.ground) / 2 if panorama is None else panorama.mean.clamp(min=0).to(rgb)
        color = torch.lerp(shade, rgb, ramp[:, None]) * self.key + rgb * even
        if any(toon.rim_color):
            glancing = 1 - (normal * self._to_eye(surface)).sum(1).clamp(0, 1)
            rim = (glancing + toon.rim_lift).clamp(0, 1) ** max(toon.rim_power, 1e-3)
            color = color + rim[:, None] * rgb.new_tensor(toon.rim_color)
        if toon.matcap_texture is not None:
            view = normal @ self.rotation.T
            uv = torch.stack((view[:, 0], -view[:, 1]), 1) * 0.495 + 0.5
            matcap = sample(toon.matcap_texture, uv, "color")[:, :3]
            color = color + matcap * rgb.new_tensor(toon.matcap_color)
        return color

    def _ambient(self, normal: torch.Tensor) -> torch.Tensor:
        """Ambient light (n, 3) or (1, 3) on matt surfaces with these normals."""
        if self.lighting.environment is not None:
            return self.lighting.environment.diffuse(normal @ self.frame.T)
        return torch.lerp(self.ground, self.sky, (normal[:, 1:2] + 1) / 2)

    def _occlusion(self, material: Material, surface: Surface) -> torch.Tensor | None:
        """(n,) share of the ambient light that arrives, or None where all does."""
        share = surface.occlusion
        if share is not None:
            share = 1 - self.lighting.occlusion * (1 - share)
        if material.occlusion_texture is not None:
            texel = sample(material.occlusion_texture, surface.uv, "data", surface.footprint)[:, 0]
            texel = 1 - material.occlusion_strength * (1 - texel)
            share = texel if share is None else share * texel
        return share

    def _to_eye(self, surface: Surface) -> torch.Tensor:
        if self.eye is None:
            return self.rotation[2].expand(len(surface), 3)
        return normalize(self.eye - surface.position, dim=1)

    def _mirrored(self, normal: torch.Tensor, to_eye: torch.Tensor, roughness: torch.Tensor) -> torch.Tensor:
        """Ambient light (n, 3) that comes to the eye from the mirrored direction."""
        direction = 2 * (normal * to_eye).sum(1, keepdim=True).clamp(min=0) * normal - to_eye
        if self.lighting.environment is not None:
            return self.lighting.environment.reflection(direction @ self.frame.T, roughness)
        blur = 0.1 + 0.9 * roughness[:, None]  # a smooth surface mirrors the horizon, a rough one blurs it
        return torch.lerp(self.ground, self.sky, (direction[:, 1:2] / blur * 0.5 + 0.5).clamp(0, 1))


def _mirrored_share(
    normal: torch.Tensor, to_eye: torch.Tensor, roughness: torch.Tensor, reflectance: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Share (n, 3) of even surroundings that a surface mirrors, and the factor (n, 3) that light gains by bouncing
    between a rough surface's facets more than once.

    The split-sum fit of Karis (2014); the factor is Turquin's (2019), which lets a white metal give back all light.
    """
    cosine = (normal * to_eye).sum(1).clamp(1e-3, 1)
    falloff = torch.minimum((1 - roughness) ** 2, torch.exp2(-9.28 * cosine)) * (1 - roughness)
    falloff = falloff + 0.0425 - 0.0275 * roughness
    scale = (1.04 - 0.572 * roughness - 1.04 * falloff)[:, None]
    bias = (0.022 * roughness - 0.04 + 1.04 * falloff)[:, None]
    boost = 1 + reflectance * (1 / (scale + bias).clamp(min=0.1) - 1)
    return ((reflectance * scale + bias) * boost).clamp(0, 1), boost


def _bumped(material: Material, surface: Surface) -> torch.Tensor:
    if material.normal_texture is None or material.normal_scale == 0:
        return surface.normal
    texel = sample(material.normal_texture, surface.uv, "data", surface.footprint)
    x, y = (texel[:, :2] * 2 - 1).mul(material.normal_scale).unbind(1)
    return surface.bent_normal(x, y)


def _emitted(material: Material, surface: Surface) -> torch.Tensor:
    glow = torch.tensor(material.emissive, dtype=torch.float32, device=surface.device).expand(len(surface), 3)
    if material.emissive_texture is None:
        return glow
    return glow * sample(material.emissive_texture, surface.uv, "color", surface.footprint)[:, :3]


def _ggx(
    normal: torch.Tensor,
    to_eye: torch.Tensor,
    to_light: torch.Tensor,
    roughness: torch.Tensor,
    reflectance: torch.Tensor,
) -> torch.Tensor:
    """pi x the specular BRDF (n, 3): GGX distribution, height-correlated Smith visibility, Schlick's Fresnel."""
    half = normalize(to_eye + to_light, dim=1)
    n_l = (normal @ to_light).clamp(1e-3, 1)
    n_v = (normal * to_eye).sum(1).clamp(1e-3, 1)
    n_h = (normal * half).sum(1).clamp(0, 1)
    v_h = (to_eye * half).sum(1).clamp(0, 1)
    a2 = roughness**4
    distribution = a2 / ((n_h * n_h) * (a2 - 1) + 1) ** 2  # times 1 / pi, which the light's unit takes up
    visibility = 0.5 / (n_l * (n_v * n_v * (1 - a2) + a2).sqrt() + n_v * (n_l * n_l * (1 - a2) + a2).sqrt())
    fresnel = reflectance + (1 - reflectance) * ((1 - v_h) ** 5)[:, None]
    return fresnel * (distribution * visibility)[:, None]


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
