"""glTF materials and textures as the rasterizer's `Material`s."""

from __future__ import annotations

import torch

from .gltf import Gltf
from .mesh import Material, Texture

_WRAPS = {33071: "clamp", 33648: "mirror", 10497: "repeat"}
_NEAREST = 9728


def read_materials(gltf: Gltf) -> tuple[tuple[Material, ...], list[str]]:
    """The file's materials, then glTF's default material; and notes on what was left out."""
    textures: dict[object, Texture] = {}
    toon = _mtoon_names(gltf)
    materials = [_material(gltf, entry, index in toon, textures) for index, entry in enumerate(gltf.all("materials"))]
    return (*materials, Material(name="default", base_color=(1.0, 1.0, 1.0, 1.0))), []


def _material(gltf: Gltf, entry: dict, toon: bool, textures: dict) -> Material:
    surface = entry.get("pbrMetallicRoughness", {})
    extensions = entry.get("extensions", {})
    info = surface.get("baseColorTexture")
    mode = entry.get("alphaMode", "OPAQUE")
    return Material(
        name=str(entry.get("name", ""))[:100],
        base_color=_color(surface.get("baseColorFactor", (1, 1, 1, 1))),
        base_color_texture=None if info is None else _texture(gltf, info.get("index"), textures),
        alpha_mode=mode if mode in ("OPAQUE", "MASK", "BLEND") else "OPAQUE",
        alpha_cutoff=float(entry.get("alphaCutoff", 0.5)),
        double_sided=bool(entry.get("doubleSided", False)),
        unlit="KHR_materials_unlit" in extensions and not toon,
        toon=toon or "VRMC_materials_mtoon" in extensions,
    )


def _texture(gltf: Gltf, index: object, textures: dict) -> Texture:
    if index not in textures:
        entry = gltf.item("textures", index)
        extensions = entry.get("extensions", {})
        source = entry.get("source", extensions.get("EXT_texture_webp", {}).get("source"))
        if source is None:
            raise ValueError(f"texture {index} has no PNG, JPEG or WebP image ({', '.join(extensions) or 'no source'})")
        sampler = gltf.item("samplers", entry["sampler"]) if "sampler" in entry else {}
        textures[index] = Texture(
            pixels=torch.from_numpy(gltf.image(source)),
            wrap_s=_WRAPS.get(sampler.get("wrapS"), "repeat"),
            wrap_t=_WRAPS.get(sampler.get("wrapT"), "repeat"),
            nearest=sampler.get("magFilter") == _NEAREST,
        )
    return textures[index]


def _mtoon_names(gltf: Gltf) -> set[int]:
    """Indices of the materials that VRM 0.x gives its toon shader."""
    properties = gltf.json.get("extensions", {}).get("VRM", {}).get("materialProperties", [])
    return {index for index, entry in enumerate(properties) if entry.get("shader") == "VRM/MToon"}


def _color(values) -> tuple[float, float, float, float]:
    color = tuple(min(max(float(value), 0.0), 1.0) if value == value else 1.0 for value in values)
    if len(color) != 4:
        raise ValueError(f"a base colour has {len(color)} numbers, expected 4")
    return color
