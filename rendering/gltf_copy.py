"""A glTF file's meshes, materials, textures, skins and nodes in a new document that carries everything inside.

Left out: animations, the extensions that are not about looks (VRM among them) and the bytes that nothing refers to.
Who made a VRM avatar and under which licence stays in `asset`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..weights.glb_writer import GlbWriter
from .gltf import Gltf

_KEPT = (
    "nodes", "meshes", "materials", "textures", "samplers", "images", "skins", "cameras", "extras", "extensionsUsed",
    "extensionsRequired", "extensions",
)  # fmt: skip
_KEPT_EXTENSIONS = (
    "KHR_materials_", "KHR_texture_transform", "KHR_mesh_quantization", "KHR_lights_punctual", "KHR_node_visibility",
    "EXT_texture_webp",
)  # fmt: skip
_IMAGE_TYPES = ((b"\x89PNG", "image/png"), (b"\xff\xd8", "image/jpeg"), (b"RIFF", "image/webp"))
_FLOAT = 5126
_LONGEST_TEXT = 1000  # of a VRM file's credits


def copied(gltf: Gltf) -> GlbWriter:
    """The file in a writer. The document shares its parts with `gltf.json`, which is not to be used afterwards.

    Raises ValueError if something it refers to is not there.
    """
    document = {key: gltf.json[key] for key in _KEPT if key in gltf.json}
    writer = GlbWriter(**{**document, "asset": _asset(gltf)})
    _strip_extensions(writer.document)
    views = _Views(gltf, writer)
    _copy_accessors(gltf, writer, views)
    for index, image in enumerate(gltf.all("images")):
        data = gltf.image_bytes(index)
        kind = next((kind for magic, kind in _IMAGE_TYPES if data.startswith(magic)), None)
        if kind is None:
            raise ValueError(f"image {index} is neither PNG, JPEG nor WebP")
        place = views.take(image["bufferView"]) if "bufferView" in image else writer.data(data)
        image.pop("uri", None)
        image |= {"bufferView": place, "mimeType": kind}
    return writer


class _Views:
    """Buffer views of the file, each copied once."""

    def __init__(self, gltf: Gltf, writer: GlbWriter):
        self.gltf, self.writer = gltf, writer
        self.new: dict[int, int] = {}

    def take(self, index: int) -> int:
        """The copy's index of the file's buffer view `index`."""
        if index not in self.new:
            entry = self.gltf.item("bufferViews", index)
            kept = {key: entry[key] for key in ("byteStride", "target") if key in entry}
            self.new[index] = self.writer.data(self.gltf.view_bytes(index), **kept)
        return self.new[index]


def _copy_accessors(gltf: Gltf, writer: GlbWriter, views: _Views) -> None:
    new: dict[int, int] = {}
    entries: list[dict] = []
    for holder, key in list(_accessor_uses(gltf)):
        index = holder[key]
        if index not in new:
            entry = dict(gltf.item("accessors", index))
            if key == "POSITION" and entry.get("componentType") == _FLOAT and entry.get("count"):
                positions = np.nan_to_num(gltf.accessor(index), posinf=0.0, neginf=0.0)
                entry |= {"min": positions.min(0).tolist(), "max": positions.max(0).tolist()}
            if "bufferView" in entry:
                entry["bufferView"] = views.take(entry["bufferView"])
            if "sparse" in entry:
                sparse = dict(entry["sparse"])
                for part in ("indices", "values"):
                    sparse[part] = {**sparse[part], "bufferView": views.take(sparse[part]["bufferView"])}
                entry["sparse"] = sparse
            new[index] = len(entries)
            entries.append(entry)
        holder[key] = new[index]
    writer.document["accessors"] += entries


def _accessor_uses(gltf: Gltf) -> Iterator[tuple[dict, str]]:
    """Where meshes and skins name an accessor: (object, key)."""
    for mesh in gltf.all("meshes"):
        for primitive in mesh["primitives"]:
            for holder in (primitive["attributes"], *primitive.get("targets", ())):
                yield from ((holder, key) for key in holder)
            if "indices" in primitive:
                yield primitive, "indices"
    for skin in gltf.all("skins"):
        if "inverseBindMatrices" in skin:
            yield skin, "inverseBindMatrices"


def _strip_extensions(document: dict) -> None:
    """Drop extensions that are not kept, wherever they stand, and list those that are left."""
    used: set[str] = {"KHR_mesh_quantization"}  # the one that no object carries
    stack: list = [document]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            if isinstance(value.get("extensions"), dict):
                kept = {name: v for name, v in value["extensions"].items() if name.startswith(_KEPT_EXTENSIONS)}
                value["extensions"] = kept
                used.update(kept)
                if not kept:
                    del value["extensions"]
            stack.extend(child for key, child in value.items() if key != "extras")
        elif isinstance(value, list):
            stack.extend(value)
    for key in ("extensionsUsed", "extensionsRequired"):
        names = [name for name in document.pop(key, []) if name in used]
        if names:
            document[key] = names


def _asset(gltf: Gltf) -> dict:
    """The new file's `asset`: copyright and extras stay, a VRM's own credits are added."""
    old = gltf.json["asset"]
    asset: dict = {"version": "2.0", "generator": "avatar-scene"}
    credits = _vrm_credits(gltf.json.get("extensions", {}))
    copyright = old.get("copyright") or "; ".join(f"{key}: {value}" for key, value in credits.items())
    if copyright:
        asset["copyright"] = str(copyright)
    asset["extras"] = dict(old["extras"]) if isinstance(old.get("extras"), dict) else {}
    return asset


def _vrm_credits(extensions: dict) -> dict[str, str]:
    """What a VRM 1.0 or 0.x file says of its maker and licence: texts and lists of texts of its meta data."""
    for name in ("VRMC_vrm", "VRM"):
        meta = extensions.get(name, {}).get("meta")
        if isinstance(meta, dict):
            texts = {key: ", ".join(map(str, v)) if isinstance(v, list) else v for key, v in meta.items()}
            return {key: text[:_LONGEST_TEXT] for key, text in texts.items() if isinstance(text, str) and text}
    return {}
