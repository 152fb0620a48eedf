"""How fast the rasterizer draws and how much memory it takes.

    python -m avatar_scene.training.benchmarks.rasterizer [--prototype PATH]

Prints a table. Timings on a shared machine mean little by themselves; with --prototype every case is timed in turns
with the prototype's function, and the ratio of the medians is shown.
"""

from __future__ import annotations

import argparse
import functools
import importlib.util
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from ...rendering.body import body_mesh, load_body
from ...rendering.camera import Camera, fit_camera
from ...rendering.light import Lighting
from ...rendering.mesh import Material, Mesh, Texture
from ...rendering.render import render, render_gray
from ...smpl import SMPLPose

SIZES = (512, 1024)


def gray_body() -> Mesh:
    """The bundled body, stepping forward."""
    body = load_body()
    pose = torch.zeros(1, 21, 3)
    pose[0, 15, 2], pose[0, 16, 2], pose[0, 0, 0], pose[0, 3, 0] = -1.0, 0.9, -0.9, 1.2
    zeros = torch.zeros(1, 3)
    vertices, _ = body.posed(SMPLPose(pose, zeros, torch.zeros(1, 10), zeros))
    return body_mesh(body, vertices[0])


def textured(mesh: Mesh, alpha_mode: str) -> Mesh:
    """The mesh with a checkered texture whose alpha, where the mode reads it, is ragged as hair is."""
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(60, 255, (1024, 1024, 4), generator=generator, dtype=torch.uint8)
    skin = Material("skin", base_color_texture=Texture(pixels))
    hair = replace(skin, name="hair", alpha_mode=alpha_mode, double_sided=True)
    uv = mesh.vertices[:, :2] * 2
    head = mesh.vertices[mesh.faces].mean(1)[:, 1] > mesh.vertices[:, 1].quantile(0.8)
    return replace(mesh, uv=uv, materials=(skin, hair), face_material=head.long())


def prototype_draw(path: Path, mesh: Mesh, camera: Camera) -> Callable[[], object]:
    """The same picture through the prototype's `render` (it takes world-to-camera matrices as they are)."""
    spec = importlib.util.spec_from_file_location("rasterizer_prototype", path)
    prototype = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(prototype)
    textures = {
        m.base_color_texture: m.base_color_texture.pixels.permute(2, 0, 1)[None].float() / 255
        for m in mesh.materials
        if m.base_color_texture is not None
    }
    materials = [
        prototype.Material(
            m.base_color, textures.get(m.base_color_texture), m.alpha_mode, m.alpha_cutoff, m.double_sided
        )
        for m in mesh.materials
    ]
    rotation, translation = camera.rotation.float(), camera.translation.float()
    part = mesh.vertex_part[mesh.faces[:, 0]]
    return lambda: prototype.render(
        mesh.vertices,
        mesh.faces,
        mesh.normals,
        mesh.uv,
        mesh.face_material,
        materials,
        rotation,
        translation,
        camera.focal_px,
        camera.width,
        camera.height,
        part=part,
    )


def interleaved(calls: list[Callable[[], object]], repeats: int) -> list[float]:
    """Median seconds of each call, taken in turns so that a busy machine slows all of them alike."""
    times: list[list[float]] = [[] for _ in calls]
    for turn in range(repeats + 2):
        for call, record in zip(calls, times):
            start = time.perf_counter()
            call()
            if turn >= 2:  # the first two warm caches
                record.append(time.perf_counter() - start)
    return [statistics.median(record) for record in times]


def cases(mesh: Mesh) -> dict[str, tuple[Mesh, Callable]]:
    """Name -> what is drawn, and how. The prototype always draws plain light: no shadow, no ambient occlusion."""
    plain = functools.partial(render, lighting=Lighting(shadow=0.0, occlusion=0.0))
    return {
        "gray body, all passes": (mesh, render_gray),
        "masked hair, plain light": (textured(mesh, "MASK"), plain),
        "blended hair, plain light": (textured(mesh, "BLEND"), plain),
        "masked hair, full light": (textured(mesh, "MASK"), render),
        "blended hair, full light": (textured(mesh, "BLEND"), render),
    }


def peak_memory(size: int, case: str) -> float:
    """MiB that drawing one picture adds to a fresh process that holds the mesh (Linux only)."""
    code = (
        "import re, torch\n"
        "torch.set_num_threads(2)\n"
        f"from {__spec__.name} import cases, fit_camera, gray_body\n"
        "peak = lambda: int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]) / 1024\n"
        f"mesh, draw = cases(gray_body())[{case!r}]\n"
        "draw(mesh, fit_camera(mesh.vertices, 32, 32))\n"
        f"camera = fit_camera(mesh.vertices, {size}, {size})\n"
        "open('/proc/self/clear_refs', 'w').write('5')\n"  # start the high-water mark anew
        "before = peak()\n"
        "draw(mesh, camera)\n"
        "print(peak() - before)\n"
    )
    return float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--prototype", type=Path, help="the prototype's rasterizer.py, to compare with")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)

    mesh = gray_body()
    print(f"{len(mesh.faces)} triangles, 2x2 supersampling, {options.threads} threads, {options.device}")
    print(f"{'case':<27}{'size':>6}{'ms':>9}{'prototype ms':>14}{'ratio':>8}{'memory MiB':>12}")
    for name, (subject, draw) in cases(mesh).items():
        subject = to_device(subject, options.device)
        for size in SIZES:
            camera = fit_camera(subject.vertices, size, size, yaw=20.0, center=(0.5, 0.5))
            camera = replace(camera, center=None)  # the prototype knows no shifted principal point
            calls = [lambda d=draw, s=subject, c=camera: d(s, c)]
            if options.prototype is not None:
                calls.append(prototype_draw(options.prototype, subject, camera))
            seconds = interleaved(calls, options.repeats)
            row = f"{name:<27}{size:>6}{1000 * seconds[0]:>9.1f}"
            row += f"{1000 * seconds[1]:>14.1f}{seconds[0] / seconds[1]:>8.2f}" if len(seconds) > 1 else f"{'':>22}"
            print(
                row + f"{peak_memory(size, name):>12.0f}"
                if sys.platform == "linux" and options.device == "cpu"
                else row,
                flush=True,
            )


def to_device(mesh: Mesh, device: str) -> Mesh:
    names = ("vertices", "faces", "normals", "uv", "colors", "face_material", "vertex_part")
    return replace(mesh, **{name: getattr(mesh, name).to(device) for name in names})


if __name__ == "__main__":
    main()
