"""Reading glTF 2.0 files (.glb, .vrm, .gltf) that may be damaged or hostile: container, accessors, images, node graph.

Every count is checked against the bytes that are really there before anything is allocated, and nothing outside the
file's own folder is ever opened. The JSON is parsed with the standard library: pygltflib spends 20 s on the
animation accessors of a 4 MB file, which a still picture does not need.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import struct
from pathlib import Path
from urllib.parse import unquote

import numpy as np
from PIL import Image

MAX_FILE_BYTES = 512 << 20
MAX_JSON_BYTES = 64 << 20
MAX_DECODED_BYTES = 512 << 20  # all accessors of one file together
MAX_IMAGE_PIXELS = 8192 * 8192  # one image
MAX_TOTAL_PIXELS = 8 * MAX_IMAGE_PIXELS  # all images of one file, as stored
KEPT_PIXELS = 100_000_000  # beyond this, images are reduced to REDUCED_SIDE
REDUCED_SIDE = 2048
MAX_NODES = 20_000

_COMPONENTS = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_SHAPES = {"SCALAR": (1, 1), "VEC2": (2, 1), "VEC3": (3, 1), "VEC4": (4, 1)}
_SHAPES |= {"MAT2": (2, 2), "MAT3": (3, 3), "MAT4": (4, 4)}
_IMAGE_FORMATS = ("PNG", "JPEG", "WEBP")
# What a still picture can do without, or what this reader understands; any other required extension is refused.
_HARMLESS = ("KHR_materials_", "VRM", "KHR_lights", "KHR_animation", "KHR_xmp", "KHR_node_visibility", "EXT_lights")
_UNDERSTOOD = {"KHR_texture_transform", "KHR_mesh_quantization", "EXT_texture_webp", "EXT_mesh_gpu_instancing"}
_ADVICE = {
    "KHR_draco_mesh_compression": "Draco-compressed; export it without compression",
    "EXT_meshopt_compression": "meshopt-compressed; export it without compression",
    "KHR_texture_basisu": "its textures are KTX2/Basis; export them as PNG, JPEG or WebP",
}


class Gltf:
    """One parsed file. `json` is the document; collections are reached through `item`, which checks the index."""

    def __init__(self, path: Path):
        self.path = path
        self.json, self._binary = _read_container(path)
        self._buffers: dict[int, bytes] = {}
        self._decoded_bytes = 0
        self._stored_pixels = self._kept_pixels = 0
        self.notes: list[str] = []
        self._refuse_unknown_extensions()

    def all(self, collection: str) -> list[dict]:
        """A top-level array of objects, empty if absent."""
        items = self.json.get(collection, [])
        if not isinstance(items, list) or not all(isinstance(entry, dict) for entry in items):
            raise ValueError(f"{collection} is not a list of objects")
        return items

    def item(self, collection: str, index: object) -> dict:
        """Element `index` of a top-level array; ValueError if there is none."""
        items = self.all(collection)
        if not _is_index(index, len(items)):
            raise ValueError(f"{collection}[{index}] does not exist; the file has {len(items)}")
        return items[index]

    def accessor(self, index: object) -> np.ndarray:
        """The numbers of accessor `index`: (count, components), or (count, rows, columns) of matrices.

        Normalized integers become float32 in [-1, 1] (specification 3.6.2.2); other types are kept.
        """
        entry = self.item("accessors", index)
        label = f"accessor {index}"
        dtype, (rows, columns) = _element_type(entry, label)
        count = _natural(entry.get("count"), f"{label}: count")
        self._spend(count * rows * columns * dtype.itemsize, label)
        if "bufferView" in entry:
            values = self._elements(entry["bufferView"], entry.get("byteOffset", 0), count, dtype, rows, columns, label)
        else:
            values = np.zeros((count, columns, rows), dtype)
        if "sparse" in entry:
            values = self._with_sparse(values, entry["sparse"], dtype, rows, columns, label)
        if entry.get("normalized") and dtype.kind != "f":
            values = np.maximum(values.astype(np.float32) / np.iinfo(dtype).max, -1.0)
        return values.reshape(count, rows) if columns == 1 else values.transpose(0, 2, 1)

    def image(self, index: object) -> np.ndarray:
        """(H, W, 4) uint8 pixels of image `index`, straight alpha."""
        data = self.image_bytes(index)
        try:
            with Image.open(io.BytesIO(data), formats=_IMAGE_FORMATS) as image:
                pixels = image.width * image.height
                self._stored_pixels += pixels
                if pixels > MAX_IMAGE_PIXELS or self._stored_pixels > MAX_TOTAL_PIXELS:
                    size = f"{image.width}x{image.height}"
                    raise ValueError(f"image {index} is {size}; at most 8192x8192 each and eight such in all")
                return self._kept(_rgba(image))
        except (OSError, SyntaxError, struct.error, EOFError, IndexError, Image.DecompressionBombError) as error:
            raise ValueError(f"image {index} cannot be decoded ({_one_line(error)})") from None

    def _kept(self, pixels: np.ndarray) -> np.ndarray:
        """The image, made smaller if the file has more of them than fit in memory."""
        height, width = pixels.shape[:2]
        if self._kept_pixels + height * width > KEPT_PIXELS and max(height, width) > REDUCED_SIDE:
            image = Image.fromarray(pixels)
            image.thumbnail((REDUCED_SIDE, REDUCED_SIDE), Image.Resampling.BOX)
            pixels = np.array(image)
            note = f"it has very many texture pixels: some textures were reduced to {REDUCED_SIDE}"
            if note not in self.notes:
                self.notes.append(note)
        self._kept_pixels += pixels.shape[0] * pixels.shape[1]
        return pixels

    def image_bytes(self, index: object) -> bytes:
        """The encoded bytes of image `index`, wherever they are kept."""
        entry = self.item("images", index)
        if "bufferView" in entry:
            return self.view_bytes(entry["bufferView"])
        return self._uri_bytes(entry.get("uri"), f"image {index}")

    def view_bytes(self, index: object) -> bytes:
        """The bytes of buffer view `index`."""
        start, length, data = self._view(index)
        return data[start : start + length]

    def _elements(self, view, offset, count, dtype, rows, columns, label) -> np.ndarray:
        """(count, columns, rows) elements out of a buffer view; columns of matrices are padded to 4 bytes."""
        start, length, data = self._view(view)
        offset = _natural(offset, f"{label}: byteOffset")
        column_bytes = rows * dtype.itemsize
        if columns > 1:
            column_bytes = -(-column_bytes // 4) * 4
        size = columns * column_bytes
        stride = _natural(self.item("bufferViews", view).get("byteStride", 0) or size, f"{label}: byteStride")
        if count and (stride < size or offset + stride * (count - 1) + size > length):
            raise ValueError(f"{label} reads past its buffer view ({count} elements of {size} bytes in {length} bytes)")
        return np.ndarray(
            (count, columns, rows), dtype, data, start + offset if count else 0, (stride, column_bytes, dtype.itemsize)
        ).copy()

    def _with_sparse(self, values, sparse, dtype, rows, columns, label) -> np.ndarray:
        count = _natural(sparse.get("count"), f"{label}: sparse count")
        if count > len(values):
            raise ValueError(f"{label}: {count} sparse entries for {len(values)} elements")
        where, what = sparse["indices"], sparse["values"]
        index_type = np.dtype(_COMPONENTS[where["componentType"]])
        rows_at = self._elements(where["bufferView"], where.get("byteOffset", 0), count, index_type, 1, 1, label)
        rows_at = rows_at.reshape(-1).astype(np.int64)
        if count and (rows_at.min() < 0 or rows_at.max() >= len(values)):
            raise ValueError(f"{label}: a sparse index is out of range")
        values[rows_at] = self._elements(
            what["bufferView"], what.get("byteOffset", 0), count, dtype, rows, columns, label
        )
        return values

    def _view(self, index: object) -> tuple[int, int, bytes]:
        """(start, length, buffer) of a buffer view, checked to lie in its buffer."""
        entry = self.item("bufferViews", index)
        if "EXT_meshopt_compression" in entry.get("extensions", {}):
            raise ValueError(_ADVICE["EXT_meshopt_compression"])
        data = self._buffer(entry.get("buffer"))
        start = _natural(entry.get("byteOffset", 0), f"bufferView {index}: byteOffset")
        length = _natural(entry.get("byteLength"), f"bufferView {index}: byteLength")
        if start + length > len(data):
            raise ValueError(f"bufferView {index} ends at byte {start + length} of a buffer of {len(data)} bytes")
        return start, length, data

    def _buffer(self, index: object) -> bytes:
        entry = self.item("buffers", index)
        if index not in self._buffers:
            if "uri" in entry:
                self._buffers[index] = self._uri_bytes(entry["uri"], f"buffer {index}")
            elif index == 0 and self._binary is not None:
                self._buffers[index] = self._binary
            else:
                raise ValueError(f"buffer {index} has no data")
        return self._buffers[index]

    def _uri_bytes(self, uri: object, label: str) -> bytes:
        if not isinstance(uri, str) or not uri:
            raise ValueError(f"{label} has neither a buffer view nor a URI")
        if uri.startswith("data:"):
            return _data_uri_bytes(uri, label)
        shown = uri if len(uri) <= 60 else uri[:57] + "..."
        if self._binary is not None or self.path.suffix.lower() != ".gltf":
            raise ValueError(f"{label} refers to {shown!r}; a GLB or VRM file must carry its data inside")
        folder = self.path.resolve().parent
        try:
            target = (folder / unquote(uri)).resolve()
            inside = target.is_relative_to(folder) and target.is_file()
        except (OSError, ValueError):
            inside = False
        if not inside:
            raise ValueError(f"{label} refers to {shown!r}, which is not a file in the avatar's own folder")
        if target.stat().st_size > MAX_FILE_BYTES:
            raise ValueError(f"{label}: {shown!r} is larger than {MAX_FILE_BYTES >> 20} MB")
        return target.read_bytes()

    def _spend(self, size: int, label: str) -> None:
        self._decoded_bytes += size
        if self._decoded_bytes > MAX_DECODED_BYTES:
            raise ValueError(f"{label}: the geometry needs more than {MAX_DECODED_BYTES >> 20} MB")

    def _refuse_unknown_extensions(self) -> None:
        required = self.json.get("extensionsRequired", [])
        for name in required if isinstance(required, list) else []:
            if name in _ADVICE:
                raise ValueError(_ADVICE[name])
            if name not in _UNDERSTOOD and not str(name).startswith(_HARMLESS):
                raise ValueError(f"it requires the glTF extension {str(name)[:60]!r}, which is not supported")


class NodeGraph:
    """The node hierarchy: names, parents (-1 at roots), parents-first order, and rest matrices in the file's axes."""

    def __init__(self, gltf: Gltf):
        nodes = gltf.all("nodes")
        if len(nodes) > MAX_NODES:
            raise ValueError(f"{len(nodes)} nodes; at most {MAX_NODES}")
        self.names = [str(node.get("name", f"node {i}"))[:200] for i, node in enumerate(nodes)]
        self.carries_skin = ["skin" in node for node in nodes]
        self.carries_mesh = ["mesh" in node for node in nodes]
        self.parents = self._parents(nodes)
        self.order = self._order()
        self.local = np.array([_local_matrix(node, i) for i, node in enumerate(nodes)]).reshape(-1, 4, 4)
        self.world = self.local.copy()  # (N, 4, 4) float64
        for i in self.order:
            if self.parents[i] >= 0:
                self.world[i] = self.world[self.parents[i]] @ self.local[i]
        if not np.isfinite(self.world).all():
            raise ValueError("the node transforms overflow")

    @staticmethod
    def _parents(nodes: list[dict]) -> list[int]:
        parents = [-1] * len(nodes)
        for i, node in enumerate(nodes):
            children = node.get("children", [])
            for child in children if isinstance(children, list) else []:
                if not _is_index(child, len(nodes)):
                    raise ValueError(f"node {i} has a child {child!r} that does not exist")
                if parents[child] >= 0:
                    raise ValueError(f"node {child} has two parents ({parents[child]} and {i})")
                parents[child] = i
        return parents

    def _order(self) -> list[int]:
        children: list[list[int]] = [[] for _ in self.parents]
        for i, parent in enumerate(self.parents):
            if parent >= 0:
                children[parent].append(i)
        order = [i for i, parent in enumerate(self.parents) if parent < 0]
        for i in order:  # grows while it is read
            order.extend(children[i])
        if len(order) != len(self.parents):
            raise ValueError("the node graph has a cycle")
        return order


def _read_container(path: Path) -> tuple[dict, bytes | None]:
    """The JSON document and the binary chunk (None outside GLB)."""
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ValueError(f"the file is larger than {MAX_FILE_BYTES >> 20} MB")
    data = path.read_bytes()
    if data[:4] == b"glTF":
        text, binary = _glb_chunks(data)
    elif data[:1].isspace() or data[:1] == b"{" or data[:4] == b"\xef\xbb\xbf{":
        text, binary = data, None
    else:
        raise ValueError("not a glTF file (.glb, .vrm or .gltf)")
    if len(text) > MAX_JSON_BYTES:
        raise ValueError(f"its JSON is larger than {MAX_JSON_BYTES >> 20} MB")
    try:
        document = json.loads(text.decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"its JSON is damaged ({_one_line(error)})") from None
    if not isinstance(document, dict) or not isinstance(document.get("asset"), dict):
        raise ValueError("not a glTF file: its JSON has no 'asset'")
    version = str(document["asset"].get("version", ""))
    if not version.startswith("2"):
        raise ValueError(f"glTF version {version[:20]!r}; only 2.x is read")
    return document, binary


def _glb_chunks(data: bytes) -> tuple[bytes, bytes | None]:
    if len(data) < 20:
        raise ValueError(f"the file is truncated: {len(data)} bytes")
    _, version, total = struct.unpack_from("<4sII", data)
    if version != 2:
        raise ValueError(f"GLB container version {version}; only 2 is read")
    if total > len(data):
        raise ValueError(f"the file is truncated: {len(data)} of {total} bytes")
    chunks: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= total:
        length, kind = struct.unpack_from("<I4s", data, at)
        if at + 8 + length > total:
            raise ValueError(f"the file is truncated: a chunk of {length} bytes at byte {at} does not fit")
        chunks.setdefault(kind, data[at + 8 : at + 8 + length])
        at += 8 + length + (-length % 4)
    if b"JSON" not in chunks:
        raise ValueError("the GLB container has no JSON chunk")
    return chunks[b"JSON"], chunks.get(b"BIN\0", b"")


def _local_matrix(node: dict, index: int) -> np.ndarray:
    """(4, 4) float64 matrix of a node's transform (specification 5.25)."""
    if "matrix" in node:
        matrix = _numbers(node["matrix"], 16, f"node {index}: matrix").reshape(4, 4).T.copy()
    else:
        x, y, z, w = _numbers(node.get("rotation", (0, 0, 0, 1)), 4, f"node {index}: rotation")
        scale = 2.0 / max(x * x + y * y + z * z + w * w, 1e-30)
        matrix = np.eye(4)
        matrix[:3, :3] = [
            [1 - scale * (y * y + z * z), scale * (x * y - z * w), scale * (x * z + y * w)],
            [scale * (x * y + z * w), 1 - scale * (x * x + z * z), scale * (y * z - x * w)],
            [scale * (x * z - y * w), scale * (y * z + x * w), 1 - scale * (x * x + y * y)],
        ]
        matrix[:3, :3] *= _numbers(node.get("scale", (1, 1, 1)), 3, f"node {index}: scale")
        matrix[:3, 3] = _numbers(node.get("translation", (0, 0, 0)), 3, f"node {index}: translation")
    if not np.isfinite(matrix).all() or abs(matrix).max() > 1e12:
        raise ValueError(f"node {index}: its transform is not finite")
    return matrix


def _data_uri_bytes(uri: str, label: str) -> bytes:
    head, _, body = uri.partition(",")
    try:
        return base64.b64decode(body, validate=True) if head.endswith(";base64") else unquote(body).encode("latin-1")
    except (binascii.Error, ValueError):
        raise ValueError(f"{label}: its data URI is damaged") from None


def _rgba(image: Image.Image) -> np.ndarray:
    if image.mode in ("I;16", "I;16B", "I;16L", "I"):  # 16-bit gray: Pillow's own conversion clips to 255
        gray = (np.asarray(image).astype(np.int64).clip(0, 65535) >> 8).astype(np.uint8)
        return np.dstack([gray, gray, gray, np.full_like(gray, 255)])
    return np.array(image.convert("RGBA"))


def _element_type(entry: dict, label: str) -> tuple[np.dtype, tuple[int, int]]:
    component, kind = entry.get("componentType"), entry.get("type")
    if component not in _COMPONENTS or kind not in _SHAPES:
        raise ValueError(f"{label}: unknown component type {str(component)[:20]} or type {str(kind)[:20]!r}")
    return np.dtype(_COMPONENTS[component]), _SHAPES[kind]


def _numbers(values: object, count: int, label: str) -> np.ndarray:
    if not isinstance(values, (list, tuple)) or len(values) != count:
        raise ValueError(f"{label} needs {count} numbers")
    if not all(isinstance(value, (int, float)) for value in values):
        raise ValueError(f"{label} holds something that is not a number")
    try:
        return np.array([float(value) for value in values])
    except OverflowError:
        raise ValueError(f"{label} is not finite") from None


def _natural(value: object, label: str) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # some exporters write 12.0
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 40:
        raise ValueError(f"{label} is {str(value)[:40]}, not a sensible number")
    return value


def _is_index(index: object, length: int) -> bool:
    return isinstance(index, int) and not isinstance(index, bool) and 0 <= index < length


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:120]
