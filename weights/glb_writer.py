"""Writing a GLB file (glTF 2.0 binary) from arrays: one JSON document, one buffer, everything inside the file."""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path

import numpy as np

MAX_BYTES = 512 << 20  # of the buffer; what the reader of avatars accepts
VERTICES, TRIANGLES = 34962, 34963  # what a buffer view is for: ARRAY_BUFFER and ELEMENT_ARRAY_BUFFER
_COMPONENTS = {"float32": 5126, "uint8": 5121, "uint16": 5123, "uint32": 5125, "int8": 5120, "int16": 5122}
_TYPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4"}


class GlbWriter:
    """Collects the binary chunk and its buffer views; `document` is the JSON, completed by `encode`."""

    def __init__(self, **document):
        self.document = {"asset": {"version": "2.0"}, **document}
        self.document.setdefault("accessors", [])
        self.document.setdefault("bufferViews", [])
        self._binary = bytearray()

    def array(self, values: np.ndarray, *, bounds: bool = False, target: int | None = None, **extra) -> int:
        """Append an array (n,), (n, 1..4) or (n, 4, 4) matrices; returns its accessor's index.

        bounds: whether to state min and max, which vertex positions and times of keyframes need.
        target: what its buffer view is for, if vertices or triangles.  extra: more of the accessor's properties.
        """
        values = np.ascontiguousarray(values)
        if values.ndim == 3:
            kind, data = "MAT4", np.ascontiguousarray(values.transpose(0, 2, 1))  # column-major
        else:
            kind, data = _TYPES[1 if values.ndim == 1 else values.shape[1]], values
        view = self.data(data.tobytes(), **({} if target is None else {"target": target}))
        entry = {"bufferView": view, "componentType": _COMPONENTS[values.dtype.name]}
        entry |= {"count": len(values), "type": kind, **extra}
        if bounds:
            rows = values.reshape(len(values), -1)
            entry |= {"min": rows.min(0).tolist(), "max": rows.max(0).tolist()}
        self.document["accessors"].append(entry)
        return len(self.document["accessors"]) - 1

    def data(self, data: bytes, **fields) -> int:
        """Append raw bytes (an encoded image, say); returns the buffer view's index. `fields`: more of its properties.

        Raises ValueError when the buffer would exceed 512 MB.
        """
        self._binary += b"\0" * (-len(self._binary) % 4)
        if len(self._binary) + len(data) > MAX_BYTES:
            raise ValueError(f"the file to write has more than {MAX_BYTES >> 20} MB")
        place = {"buffer": 0, "byteOffset": len(self._binary), "byteLength": len(data)}
        self.document["bufferViews"].append({**place, **fields})
        self._binary += data
        return len(self.document["bufferViews"]) - 1

    def encode(self) -> bytes:
        """The finished file. Raises ValueError if the document holds NaN or infinite numbers."""
        binary = bytes(self._binary) + b"\0" * (-len(self._binary) % 4)
        document = {**self.document, "buffers": [{"byteLength": len(binary)}]}
        text = json.dumps(document, allow_nan=False, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        head = struct.pack("<4sII", b"glTF", 2, 12 + 8 + len(text) + 8 + len(binary))
        return (
            head + struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(binary), b"BIN\0") + binary
        )

    def write(self, path: Path) -> None:
        """The finished file on disk, whole or not at all."""
        data = self.encode()
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
        try:
            partial.write_bytes(data)
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)
