"""How well the gray body lies under an avatar.

    python -m avatar_scene.training.benchmarks.gray_body [--avatars FOLDER] [--sheet PICTURE]

For the twelve poses of the retargeting benchmark and three sides, prints the mean intersection over union of two
silhouettes: the avatar's body without hair, clothes on bones of their own and props (vertices that belong to no SMPL
joint), and the gray body, once with its own build and once fitted to the avatar. Both through the avatar's camera.
`worst` is the fitted body's worst picture, `all` its mean against everything the avatar wears and holds. The sheet
shows where they differ: green is the avatar's body alone, red the gray body alone, yellow both, blue hair and props.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import torch

from ...rendering import CameraSettings, aim, avatar_figure, gray_figure, load_avatar, render
from ...rendering.avatar import Avatar
from ...rendering.camera import Camera
from ...rendering.mesh import Mesh
from ...weights import bundled
from .retarget import poses

_SIDES = (0.0, 45.0, 90.0)
_SIZE = 192


def bodily(mesh: Mesh) -> Mesh:
    """The mesh without hair, props and other things that belong to no SMPL joint."""
    kept = (mesh.vertex_part[mesh.faces] >= 0).all(1)
    return replace(mesh, faces=mesh.faces[kept], face_material=mesh.face_material[kept])


def silhouette(mesh: Mesh, camera: Camera) -> torch.Tensor:
    """(H, W) bool."""
    return render(mesh, camera, supersampling=1, passes=("depth",)).depth > 0


def overlap(first: torch.Tensor, second: torch.Tensor) -> float:
    """Intersection over union of two silhouettes."""
    return float((first & second).sum() / (first | second).sum().clamp(min=1))


def silhouettes(avatar: Avatar) -> list[tuple[torch.Tensor, ...]]:
    """(avatar, its body, gray body as it is, gray body fitted), (H, W) bool each, for every pose and side."""
    pose = poses()
    figures = avatar_figure(avatar, pose), gray_figure(pose), gray_figure(pose, avatar)
    found = []
    for side in _SIDES:
        cameras = aim(CameraSettings(yaw=side, fill=0.7), figures[0], _SIZE, _SIZE)
        for whole, plain, fitted, camera in zip(*(figure.meshes for figure in figures), cameras):
            found.append(tuple(silhouette(mesh, camera) for mesh in (whole, bodily(whole), plain, fitted)))
    return found


def picture(row: tuple[torch.Tensor, ...]) -> torch.Tensor:
    """(H, W, 3) uint8 of a row of `silhouettes`."""
    whole, body, _, gray = row
    return torch.stack((gray, body, whole & ~body), -1).byte() * 200 + 30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--avatars", type=Path, nargs="*", default=[], help="folders or files of more avatars")
    parser.add_argument("--sheet", type=Path, help="also draw the silhouettes, one avatar a line, into this picture")
    options = parser.parse_args()
    files = [bundled("default_avatar.glb")]
    for path in options.avatars:
        files += sorted(path.iterdir()) if path.is_dir() else [path]
    lines = []
    print(f"{'avatar':28s}{'unfitted':>10s}{'fitted':>10s}{'worst':>10s}{'all':>10s}")
    for file in files:
        if file.suffix.lower() not in (".glb", ".vrm", ".gltf"):
            continue
        try:
            rows = silhouettes(load_avatar(file))
        except ValueError as error:
            print(f"left out: {error}")
            continue
        plain, fitted = ([overlap(row[1], row[k]) for row in rows] for k in (2, 3))
        everything = [overlap(row[0], row[3]) for row in rows]
        mean = [sum(values) / len(values) for values in (plain, fitted, everything)]
        print(f"{file.name[:27]:28s}{mean[0]:10.3f}{mean[1]:10.3f}{min(fitted):10.3f}{mean[2]:10.3f}", flush=True)
        lines.append(torch.cat([picture(row) for row in rows[::3]], 1))
    if options.sheet:
        from PIL import Image

        Image.fromarray(torch.cat(lines).numpy()).save(options.sheet)


if __name__ == "__main__":
    main()
