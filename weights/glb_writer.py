"""Writing a GLB file from arrays: what the bake scripts and the tests need, nothing more."""

from __future__ import annotations

import json
import struct

import numpy as np

_COMPONENTS = {"float32": 5126, "uint8": 5121, "uint16": 5123, "uint32": 5125, "int8": 5120, "int16": 5122}
_TYPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4"}


class GlbWriter:
    """Collects the binary chunk and its buffer views; `document` is the JSON, completed by `encode`."""

    def __init__(self, **document):
        self.document = {"asset": {"version": "2.0"}, **document}
        self.document.setdefault("accessors", [])
        self.document.setdefault("bufferViews", [])
        self._binary = bytearray()

    def array(self, values: np.ndarray, *, bounds: bool = False, **extra) -> int:
        """Append an array (n,), (n, 1..4) or (n, 4, 4) matrices; returns its accessor's index."""
        values = np.ascontiguousarray(values)
        if values.ndim == 3:
            kind, data = "MAT4", np.ascontiguousarray(values.transpose(0, 2, 1))  # column-major
        else:
            kind, data = _TYPES[1 if values.ndim == 1 else values.shape[1]], values
        entry = {"bufferView": self.data(data.tobytes()), "componentType": _COMPONENTS[values.dtype.name]}
        entry |= {"count": len(values), "type": kind, **extra}
        if bounds:
            entry |= {"min": values.min(0).tolist(), "max": values.max(0).tolist()}
        self.document["accessors"].append(entry)
        return len(self.document["accessors"]) - 1

    def data(self, data: bytes) -> int:
        """Append raw bytes (an encoded image, say); returns the buffer view's index."""
        self._binary += b"\0" * (-len(self._binary) % 4)
        self.document["bufferViews"].append({"buffer": 0, "byteOffset": len(self._binary), "byteLength": len(data)})
        self._binary += data
        return len(self.document["bufferViews"]) - 1

    def encode(self) -> bytes:
        """The finished file."""
        binary = bytes(self._binary) + b"\0" * (-len(self._binary) % 4)
        text = json.dumps({**self.document, "buffers": [{"byteLength": len(binary)}]}, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        head = struct.pack("<4sII", b"glTF", 2, 12 + 8 + len(text) + 8 + len(binary))
        return (
            head + struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(binary), b"BIN\0") + binary
        )
