"""What a very large avatar costs: 8192-texel textures and 300,000 triangles, drawn at 1024 pixels.

    python -m avatar_scene.training.benchmarks.large_avatar [--texels 8192] [--size 1024]

Makes such a file of the bundled avatar (every triangle split into sixteen, its picture enlarged), then reads, poses and
draws it in a fresh process as RetargetAndRender does, and prints triangles, seconds of processor time and the peak of
resident memory of the whole process, with Python and torch (Linux). Asked for: within 4 GB.
"""

from __future__ import annotations

import argparse
import io
import json
import resource
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from ...rendering.gltf import Gltf
from ...weights import bundled

_COMPONENT = {"f4": 5126, "u4": 5125, "u2": 5123, "u1": 5121}


def split(faces: np.ndarray, attributes: dict[str, np.ndarray]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Every triangle (F, 3) as four; new vertices lie in the middle of edges and follow the bones of one end."""
    edges = np.sort(faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    edges, index = np.unique(edges, axis=0, return_inverse=True)
    middle = index.reshape(-1, 3) + len(attributes["POSITION"])
    a, b, c = faces.T
    ab, bc, ca = middle.T
    smaller = np.concatenate(
        [np.stack(corners, 1) for corners in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))]
    )
    first, second = edges.T
    added = {
        name: values[first] if name.startswith(("JOINTS", "WEIGHTS")) else (values[first] + values[second]) / 2
        for name, values in attributes.items()
    }
    return smaller, {name: np.concatenate((values, added[name])) for name, values in attributes.items()}


def enlarged(pixels: np.ndarray, texels: int) -> bytes:
    """A picture as a square JPEG file of so many texels."""
    file = io.BytesIO()
    Image.fromarray(pixels[..., :3]).resize((texels, texels), Image.Resampling.BICUBIC).save(file, "JPEG", quality=85)
    return file.getvalue()


def make_file(path: Path, texels: int) -> None:
    """The bundled avatar with sixteen times its triangles and larger pictures, as a GLB file."""
    gltf = Gltf(bundled("default_avatar.glb"))
    document = gltf.json
    views, accessors, binary = [], [], bytearray()

    def store(data: bytes) -> int:
        views.append({"buffer": 0, "byteOffset": len(binary), "byteLength": len(data)})
        binary.extend(data + b"\0" * (-len(data) % 4))
        return len(views) - 1

    def accessor(values: np.ndarray, kind: str) -> int:
        entry = {"componentType": _COMPONENT[values.dtype.str[1:]], "count": len(values), "type": kind}
        accessors.append(entry | {"bufferView": store(np.ascontiguousarray(values).tobytes())})
        return len(accessors) - 1

    for mesh in document["meshes"]:
        for primitive in mesh["primitives"]:
            attributes = {name: gltf.accessor(index) for name, index in primitive["attributes"].items()}
            faces = gltf.accessor(primitive["indices"]).reshape(-1, 3).astype(np.int64)
            for _ in range(2):
                faces, attributes = split(faces, attributes)
            primitive["indices"] = accessor(faces.reshape(-1).astype("<u4"), "SCALAR")
            for name, values in attributes.items():
                values = values.astype("<u2" if name.startswith("JOINTS") else "<f4")
                primitive["attributes"][name] = accessor(values, f"VEC{values.shape[1]}")
    for skin in document["skins"]:
        matrices = gltf.accessor(skin["inverseBindMatrices"]).reshape(-1, 4, 4)
        skin["inverseBindMatrices"] = accessor(matrices.transpose(0, 2, 1).reshape(-1, 16).astype("<f4"), "MAT4")
    for index, image in enumerate(document["images"]):
        image["bufferView"] = store(enlarged(gltf.image(index), texels))
    document |= {"bufferViews": views, "accessors": accessors, "buffers": [{"byteLength": len(binary)}]}
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    head = struct.pack("<4sIIII", b"glTF", 2, 28 + len(text) + len(binary), len(text), 0x4E4F534A)
    path.write_bytes(head + text + struct.pack("<II", len(binary), 0x004E4942) + binary)


def measure(path: Path, size: int) -> None:
    """Read, pose and draw the file in this process; print what it took."""
    import torch

    from ...rendering import CameraSettings, aim, avatar_figure, ground_shadow, load_avatar, take_pictures
    from .avatars import POSE
    from .retarget import poses

    start = time.process_time()
    avatar = load_avatar(path)
    figure = avatar_figure(avatar, poses().select([POSE]))
    cameras = aim(CameraSettings(), figure, size, size)
    pictures = take_pictures(figure, cameras)
    ground_shadow(figure.meshes[0], cameras[0])
    seconds = time.process_time() - start
    covered = float((pictures[0].rgba[..., 3] > 0).float().mean())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    texels = max(max(m.base_color_texture.pixels.shape[:2]) for m in avatar.materials if m.base_color_texture)
    print(
        f"{len(avatar.faces):,} triangles, {texels} texels, {size} px ({covered:.0%} covered), "
        f"{torch.get_num_threads()} threads: {seconds:.1f} s, peak {peak:.2f} GiB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texels", type=int, default=8192, help="side of its pictures")
    parser.add_argument("--size", type=int, default=1024, help="side of the drawing, pixels")
    parser.add_argument("--measure", type=Path, help="only draw this file, in this process")
    options = parser.parse_args()
    if options.measure:
        measure(options.measure, options.size)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.glb"
        make_file(path, options.texels)
        command = [sys.executable, "-m", __spec__.name, "--measure", str(path), "--size", str(options.size)]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
