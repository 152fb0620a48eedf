"""The house's one-way arrows: nodes -> libraries -> weights; training -> all; nobody imports nodes or training."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LIBRARIES = {"pose_prior", "rendering", "outpainting"}
BASE = {"weights", "smpl"}
# What the files of each part may import from this package; `front` is the pack's entry point for ComfyUI.
MAY_IMPORT = {
    "weights": {"weights", "smpl"},
    "smpl": set(),
    "headless": set(),
    "clients": set(),
    "pose_prior": {"pose_prior", *BASE},
    "rendering": {"rendering", *BASE},
    "outpainting": {"outpainting", *BASE},
    "nodes": {"nodes", *LIBRARIES, *BASE},
    "training": {"training", *LIBRARIES, *BASE, "headless"},
    "__init__": {"nodes"},
    "__main__": {"pose_prior", "rendering", *BASE},
}
COMFY = {"comfy", "comfy_api", "comfy_execution", "comfy_extras", "folder_paths", "execution", "server", "node_helpers"}
HEAVY = {"diffusers", "cv2", "transformers", "tokenizers", "comfy", "matplotlib", "scipy", "open_clip"}


def source_files() -> list[Path]:
    tracked = [path for path in ROOT.rglob("*.py") if not {"tests", "build", ".host"} & set(path.parts)]
    return sorted(path for path in tracked if not any(part.startswith(".") for part in path.relative_to(ROOT).parts))


def part_of(path: Path) -> str:
    relative = path.relative_to(ROOT)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def imports_of(path: Path) -> Iterator[tuple[str, bool, int]]:
    """(dotted name, whether it is of this package, line) of every import in a file, wherever it stands."""
    package = list(path.relative_to(ROOT).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, False, node.lineno
        elif isinstance(node, ast.ImportFrom):
            if node.level == 0:
                yield node.module, False, node.lineno
                continue
            assert node.level - 1 <= len(package), f"{path}:{node.lineno} imports from above the package"
            base = package[: len(package) - (node.level - 1)] + (node.module.split(".") if node.module else [])
            for alias in node.names:
                yield ".".join([*base, alias.name]), True, node.lineno


@pytest.mark.parametrize("path", source_files(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_arrows_point_one_way(path: Path):
    part = part_of(path)
    assert part in MAY_IMPORT, f"{path.name}: a part that DESIGN does not know"
    for name, own, line in imports_of(path):
        where = f"{path.relative_to(ROOT)}:{line} imports {name}"
        if own:
            assert name.split(".")[0] in MAY_IMPORT[part] or part == name, where
        else:
            assert name.split(".")[0] != "avatar_scene", f"{where}; inside the pack imports are relative"
            if part not in ("nodes", "outpainting", "__init__"):
                assert name.split(".")[0] not in COMFY, f"{where}; only nodes and outpainting may"


def test_the_front_door_imports_nothing_when_it_is_opened():
    tree = ast.parse((ROOT / "__init__.py").read_text(encoding="utf-8"))
    assert not [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]


def in_a_bare_process(code: str) -> str:
    """Run code in a fresh interpreter without ComfyUI on its path; returns what it printed."""
    environment = {**os.environ, "PYTHONSAFEPATH": "1"}  # no folder beside the clone stands in for a standard module
    line = [sys.executable, "-c", code]
    done = subprocess.run(line, capture_output=True, text=True, cwd=ROOT.parent, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("part", ["rendering", "pose_prior"])
def test_libraries_import_without_comfyui_and_without_heavy_packages(part: str):
    modules = [f"avatar_scene.{part}"]
    modules += [f"avatar_scene.{part}.{path.stem}" for path in (ROOT / part).glob("*.py") if path.stem != "__init__"]
    code = f"import importlib, sys\nfor name in {modules!r}: importlib.import_module(name)\nprint(*sys.modules)"
    loaded = {name.split(".")[0] for name in in_a_bare_process(code).split()}
    assert not loaded & (HEAVY | COMFY)


RENDER = """
import torch
from avatar_scene.rendering.avatar import load_avatar
from avatar_scene.rendering.stage import CameraSettings, aim, avatar_figure, gray_figure, take_pictures
from avatar_scene.smpl import SMPLPose
from avatar_scene.weights import bundled
pose = SMPLPose.create(torch.zeros(1, 21, 3))
for gray in (False, True):
    figure = gray_figure(pose) if gray else avatar_figure(load_avatar(bundled("default_avatar.glb")), pose)
    picture = take_pictures(figure, aim(CameraSettings(), figure, 64, 64), gray=gray)[0]
    assert picture.rgba[..., 3].max() == 1
print(open("/proc/self/maps").read())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_rendering_touches_no_graphics_library():
    files = {Path(line[line.index("/") :]) for line in in_a_bare_process(RENDER).splitlines() if "/" in line}
    mapped = {file.name for file in files if file.parent.name != "pillow.libs"}  # its own libxcb, for screenshots
    names = ("libGL", "libEGL", "libOSMesa", "libX11", "libxcb", "libvulkan", "libwayland", "libOpenGL", "libglfw")
    assert mapped and not [name for name in mapped if name.startswith(names)]
