"""glTF and VRM materials as the rasterizer's `Material`s.

Read: glTF 2.0's metallic-roughness model, KHR_materials_unlit, _emissive_strength and _pbrSpecularGlossiness,
KHR_texture_transform, VRM 1.0's VRMC_materials_mtoon and VRM 0.x's MToon properties.
"""

from __future__ import annotations

import math

import torch

from .gltf import Gltf
from .mesh import Material, MToon, Texture

_WRAPS = {33071: "clamp", 33648: "mirror", 10497: "repeat"}
_NEAREST = 9728
# VRM may give an outline's width as a share of the picture's height; a person who fills the picture is about this tall.
_SCREEN_METRES = 1.8


def read_materials(gltf: Gltf) -> tuple[Material, ...]:
    """The file's materials, then glTF's default material for primitives that name none."""
    reader = _Reader(gltf)
    materials = [reader.material(index, entry) for index, entry in enumerate(gltf.all("materials"))]
    return (*materials, Material(name="default", double_sided=False))


def texture_set(info: dict) -> int:
    """Which TEXCOORD_n a texture reference uses."""
    return info.get("extensions", {}).get("KHR_texture_transform", {}).get("texCoord", info.get("texCoord", 0))


class _Reader:
    def __init__(self, gltf: Gltf):
        self.gltf = gltf
        self.textures: dict[tuple, Texture] = {}
        properties = gltf.json.get("extensions", {}).get("VRM", {}).get("materialProperties", [])
        self.vrm0 = {k: entry for k, entry in enumerate(properties) if entry.get("shader") == "VRM/MToon"}

    def material(self, index: int, entry: dict) -> Material:
        extensions = entry.get("extensions", {})
        surface = entry.get("pbrMetallicRoughness", {})
        gloss = extensions.get("KHR_materials_pbrSpecularGlossiness")
        if gloss is not None:
            surface = {
                "baseColorFactor": gloss.get("diffuseFactor", (1, 1, 1, 1)),
                "baseColorTexture": gloss.get("diffuseTexture"),
                "metallicFactor": 0.0,
                "roughnessFactor": 1.0 - _number(gloss.get("glossinessFactor", 1.0)),
            }
        mtoon = None
        if "VRMC_materials_mtoon" in extensions:
            mtoon = self._mtoon(extensions["VRMC_materials_mtoon"])
        elif index in self.vrm0:
            mtoon = self._mtoon_0(self.vrm0[index])
        strength = _number(extensions.get("KHR_materials_emissive_strength", {}).get("emissiveStrength", 1.0))
        emissive = tuple(strength * channel for channel in _color(entry.get("emissiveFactor", (0, 0, 0)), 3))
        normal, occlusion = entry.get("normalTexture") or {}, entry.get("occlusionTexture") or {}
        mode = entry.get("alphaMode", "OPAQUE")
        culls = self.vrm0[index].get("floatProperties", {}).get("_CullMode", 2) if index in self.vrm0 else 2
        return Material(
            name=str(entry.get("name", ""))[:100],
            base_color=_color(surface.get("baseColorFactor", (1, 1, 1, 1)), 4),
            base_color_texture=self._texture(surface.get("baseColorTexture")),
            alpha_mode=mode if mode in ("OPAQUE", "MASK", "BLEND") else "OPAQUE",
            alpha_cutoff=_number(entry.get("alphaCutoff", 0.5)),
            double_sided=bool(entry.get("doubleSided", False)) or culls == 0,
            unlit="KHR_materials_unlit" in extensions and mtoon is None,
            toon=mtoon is not None,
            mtoon=mtoon,
            metallic=_clamped(surface.get("metallicFactor", 1.0)),
            roughness=_clamped(surface.get("roughnessFactor", 1.0)),
            metallic_roughness_texture=self._texture(surface.get("metallicRoughnessTexture")),
            normal_texture=self._texture(normal or None),
            normal_scale=_number(normal.get("scale", 1.0)),
            occlusion_texture=self._texture(occlusion or None),
            occlusion_strength=_clamped(occlusion.get("strength", 1.0)),
            emissive=emissive,
            emissive_texture=self._texture(entry.get("emissiveTexture")),
        )

    def _mtoon(self, entry: dict) -> MToon:
        """VRMC_materials_mtoon 1.0."""
        mode, width = entry.get("outlineWidthMode", "none"), _number(entry.get("outlineWidthFactor", 0.0))
        scale = {"worldCoordinates": 1.0, "screenCoordinates": _SCREEN_METRES}.get(mode, 0.0)
        return MToon(
            shade_color=_color(entry.get("shadeColorFactor", (1, 1, 1)), 3),
            shade_texture=self._texture(entry.get("shadeMultiplyTexture")),
            shading_shift=_number(entry.get("shadingShiftFactor", 0.0)),
            shading_toony=_clamped(entry.get("shadingToonyFactor", 0.9)),
            rim_color=_color(entry.get("parametricRimColorFactor", (0, 0, 0)), 3),
            rim_lift=_number(entry.get("parametricRimLiftFactor", 0.0)),
            rim_power=_number(entry.get("parametricRimFresnelPowerFactor", 5.0)),
            matcap_color=_color(entry.get("matcapFactor", (1, 1, 1)), 3),
            matcap_texture=self._texture(entry.get("matcapTexture")),
            outline_width=min(max(scale * width, 0.0), 0.05),
            outline_color=_color(entry.get("outlineColorFactor", (0, 0, 0)), 3),
        )

    def _mtoon_0(self, entry: dict) -> MToon:
        """VRM 0.x MToon properties, brought to 1.0's parameters as the specification's migration guide does."""
        numbers, colors = entry.get("floatProperties", {}), entry.get("vectorProperties", {})
        pictures = entry.get("textureProperties", {})
        number = lambda key, default: _number(numbers.get(key, default))  # noqa: E731
        picture = lambda key: self._texture({"index": pictures[key]} if key in pictures else None)  # noqa: E731
        toony, shift = number("_ShadeToony", 0.9), number("_ShadeShift", 0.0)
        sharp = toony + (1.0 - toony) * (0.5 + 0.5 * shift)
        width = {1: 0.01, 2: 0.005 * _SCREEN_METRES}.get(int(number("_OutlineWidthMode", 0)), 0.0)
        return MToon(
            shade_color=_linear(colors.get("_ShadeColor", (1, 1, 1))),
            shade_texture=picture("_ShadeTexture"),
            shading_shift=-shift - (1.0 - sharp),
            shading_toony=min(max(sharp, 0.0), 1.0),
            rim_color=_linear(colors.get("_RimColor", (0, 0, 0))),
            rim_lift=number("_RimLift", 0.0),
            rim_power=number("_RimFresnelPower", 1.0),
            matcap_texture=picture("_SphereAdd"),
            outline_width=min(max(width * number("_OutlineWidth", 0.0), 0.0), 0.05),
            outline_color=_linear(colors.get("_OutlineColor", (0, 0, 0))),
        )

    def _texture(self, info: dict | None) -> Texture | None:
        if info is None:
            return None
        transform = _transform(info.get("extensions", {}).get("KHR_texture_transform"))
        key = (info.get("index"), transform)
        if key not in self.textures:
            plain = self.textures.get((info.get("index"), None))
            self.textures[key] = self._load(info.get("index"), transform, plain)
        return self.textures[key]

    def _load(self, index: object, transform: tuple | None, plain: Texture | None) -> Texture:
        entry = self.gltf.item("textures", index)
        extensions = entry.get("extensions", {})
        source = extensions.get("EXT_texture_webp", {}).get("source", entry.get("source"))
        if source is None:
            raise ValueError(f"texture {index} has no PNG, JPEG or WebP image ({', '.join(extensions) or 'no source'})")
        sampler = self.gltf.item("samplers", entry["sampler"]) if "sampler" in entry else {}
        return Texture(
            pixels=torch.from_numpy(self.gltf.image(source)) if plain is None else plain.pixels,
            wrap_s=_WRAPS.get(sampler.get("wrapS"), "repeat"),
            wrap_t=_WRAPS.get(sampler.get("wrapT"), "repeat"),
            nearest=sampler.get("magFilter") == _NEAREST,
            transform=transform,
        )


def _transform(entry: dict | None) -> tuple[tuple[float, float, float], tuple[float, float, float]] | None:
    """KHR_texture_transform as rows of a 2x3 matrix: scale, turn counter-clockwise (v points down), shift."""
    if not entry:
        return None
    angle = _number(entry.get("rotation", 0.0))
    (sx, sy), (tx, ty) = (
        map(_number, entry.get(key, default)) for key, default in (("scale", (1, 1)), ("offset", (0, 0)))
    )
    cosine, sine = math.cos(angle), math.sin(angle)
    rows = ((cosine * sx, sine * sy, tx), (-sine * sx, cosine * sy, ty))
    return None if rows == ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)) else rows


def _number(value: object) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("a material holds a number that is not finite")
    return number


def _clamped(value: object) -> float:
    return min(max(_number(value), 0.0), 1.0)


def _color(values, channels: int) -> tuple[float, ...]:
    color = tuple(max(_number(value), 0.0) for value in values)[:channels]
    if len(color) != channels:
        raise ValueError(f"a material's colour has {len(color)} numbers, expected {channels}")
    return color


def _linear(values) -> tuple[float, ...]:
    """An sRGB colour, as VRM 0.x writes them, in linear light."""
    return tuple(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _color(values, 3))
