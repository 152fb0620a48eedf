"""How long drawing an avatar takes, phase by phase, and how much memory.

    python -m avatar_scene.training.benchmarks.avatars [--avatars FOLDER] [--threads 1] [--sizes 512 1024]

What RetargetAndRender does with one pose, for the bundled avatar and those of FOLDER, at 2x2 supersampling. `picture`
is the drawing itself: all phases from `light` to `maps` and what lies between them.

- retarget, skin: the pose put on the rig and refined; the vertices moved.
- light:    ambient occlusion and shadow map.
- set-up:   outlines, projection, triangles prepared for the rasterizer.
- raster:   visibility, with the alpha tests of hair and the like.
- shade:    materials and light.
- maps:     depth, normals and body parts.
- extras:   control pictures, OpenPose points and the ground's shadow, which the node makes as well.

Times are milliseconds of processor time, added over all threads: medians, or minima with --minimum. `wall` is the
drawing by the clock, which means little on a busy machine. `MiB` is what drawing adds to a fresh process that holds the
posed avatar (Linux).
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from ...rendering import (
    CameraSettings,
    Figure,
    aim,
    avatar_figure,
    depth_picture,
    ground_shadow,
    load_avatar,
    normal_picture,
    openpose_picture,
    pose_keypoints,
    retarget,
    shading,
    take_pictures,
)
from ...rendering.avatar import Avatar
from ...rendering.camera import Camera
from ...rendering.rasterizer import ZBuffer
from ...rendering.retarget import skin_avatar
from ...weights import bundled
from .retarget import poses

drawing = importlib.import_module("...rendering.render", __package__)  # the package has a function of that name

POSE = 3
PHASES = ("retarget", "skin", "light", "set-up", "raster", "shade", "maps", "extras")
_PARTS = (
    (drawing, "vertex_occlusion", "light"),
    (shading, "ShadowMap", "light"),
    (drawing, "with_outlines", "set-up"),
    (drawing, "Geometry", "set-up"),
    (ZBuffer, "draw", "raster"),
    (drawing._Picture, "_shade", "shade"),
    (drawing._Picture, "_data", "maps"),
)


class Clock:
    """Milliseconds of processor time by phase; what runs inside another phase counts to the outer one."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self._inside = False

    def __call__(self, phase: str, call: Callable) -> Callable:
        def timed(*args, **options):
            if self._inside:
                return call(*args, **options)
            self._inside, start = True, time.process_time()
            try:
                return call(*args, **options)
            finally:
                self._inside = False
                self.spent[phase] += 1000 * (time.process_time() - start)

        return timed

    @contextmanager
    def on_drawing(self) -> Iterator[None]:
        """Watch the renderer's own steps for as long as it lasts."""
        kept = [(owner, name, getattr(owner, name)) for owner, name, _ in _PARTS]
        for owner, name, phase in _PARTS:
            setattr(owner, name, self(phase, getattr(owner, name)))
        try:
            yield
        finally:
            for owner, name, original in kept:
                setattr(owner, name, original)


def extras(figure: Figure, camera: Camera, pictures: list) -> None:
    """The node's other outputs."""
    depth_picture(pictures[0])
    normal_picture(pictures[0])
    openpose_picture(figure.keypoints[0], camera)
    pose_keypoints(figure.keypoints[0], camera)
    ground_shadow(figure.meshes[0], camera)


def once(avatar: Avatar, size: int) -> dict[str, float]:
    """Milliseconds of every phase of one run, of the whole drawing ("picture"), and of the drawing by the clock."""
    clock, pose = Clock(), poses().select([POSE])
    matrices = clock("retarget", retarget)(avatar, pose)
    clock("skin", skin_avatar)(avatar, matrices)
    figure = avatar_figure(avatar, pose)
    cameras = aim(CameraSettings(), figure, size, size)
    with clock.on_drawing():
        wall, start = time.perf_counter(), time.process_time()
        pictures = take_pictures(figure, cameras)
        clock.spent["picture"] = 1000 * (time.process_time() - start)
        clock.spent["wall"] = 1000 * (time.perf_counter() - wall)
    clock("extras", extras)(figure, cameras[0], pictures)
    return clock.spent


def peak_memory(file: Path, size: int) -> float:
    """MiB that drawing one picture adds to a fresh process that holds the posed avatar (Linux only)."""
    code = (
        "import re, torch\n"
        f"from {__spec__.name} import *\n"
        "peak = lambda: int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]) / 1024\n"
        f"figure = avatar_figure(load_avatar({str(file)!r}), poses().select([POSE]))\n"
        f"cameras = aim(CameraSettings(), figure, {size}, {size})\n"
        "open('/proc/self/clear_refs', 'w').write('5')\n"  # start the high-water mark anew
        "before = peak()\n"
        "take_pictures(figure, cameras)\n"
        "print(peak() - before)\n"
    )
    return float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--avatars", type=Path, nargs="*", default=[], help="folders or files of more avatars")
    parser.add_argument("--sizes", type=int, nargs="+", default=[512, 1024])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--minimum", action="store_true", help="print minima instead of medians")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    middle = min if options.minimum else statistics.median

    files = [bundled("default_avatar.glb")]
    for path in options.avatars:
        files += sorted(path.iterdir()) if path.is_dir() else [path]
    columns = (*PHASES, "picture", "wall")
    print(f"{options.threads} threads, {'minima' if options.minimum else 'medians'} of {options.repeats}")
    print(f"{'avatar':25s}{'size':>6s}" + "".join(f"{column:>9s}" for column in (*columns, "MiB")))
    for file in files:
        if file.suffix.lower() not in (".glb", ".vrm", ".gltf"):
            continue
        try:
            avatar = load_avatar(file)
        except ValueError as error:
            print(f"left out: {error}")
            continue
        for size in options.sizes:
            runs = [once(avatar, size) for _ in range(options.repeats + 2)][2:]  # the first two warm caches
            line = "".join(f"{middle([run[column] for run in runs]):9.1f}" for column in columns)
            line += f"{peak_memory(file, size):9.0f}" if sys.platform == "linux" else ""
            print(f"{file.name[:24]:25s}{size:6d}{line}", flush=True)


if __name__ == "__main__":
    main()
