"""What the pack asks of a user's installation: little, the same in every file, and no pins of what ComfyUI brings."""

from __future__ import annotations

import ast
import re
import runpy
import sys
from pathlib import Path

import pytest
from host import load_pas

ROOT = Path(__file__).resolve().parents[1]
COMFYUI_BRINGS = {"torch", "torchvision", "torchaudio", "numpy", "pillow", "safetensors", "transformers", "scipy", "av"}


def name_of(requirement: str) -> str:
    return re.split(r"[\s<>=!~;\[]", requirement)[0].lower()


def requirements() -> list[str]:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_requirements_txt_is_what_pyproject_says():
    assert requirements() == load_pas().pack_requirements()


def test_a_missing_package_is_named_at_the_start_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch):
    dependencies = runpy.run_path(str(ROOT / "nodes" / "dependencies.py"))
    check, packages = dependencies["check_dependencies"], dependencies["PACKAGES"]
    assert {name_of(line) for line in requirements()} == set(packages.values())
    check()
    monkeypatch.setitem(packages, "no_such_module", "no-such-package")
    with pytest.raises(ImportError, match=r"lacks no-such-package\..*-m pip install -r .*requirements\.txt") as error:
        check()
    assert "\n" not in str(error.value)


def test_nothing_that_comfyui_brings_is_asked_for():
    assert not {name_of(line) for line in requirements()} & COMFYUI_BRINGS


@pytest.mark.skipif(sys.version_info < (3, 11), reason="tomllib is in Python 3.11")
@pytest.mark.parametrize("group", ["test", "train", "clip"])
def test_pas_reads_pyproject_as_toml_does(group: str):
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pas = load_pas()
    assert pas.pack_requirements() == project["dependencies"]
    assert pas.pack_requirements(group) == project["optional-dependencies"][group]


NOT_AT_RUN_TIME = {"requests", "http", "urllib.request", "subprocess", "pip", "socket", "huggingface_hub"}
NOT_FREE = {"smplx", "human_body_prior", "pytorch3d"}  # licences that exclude users, or no wheels


@pytest.mark.parametrize("part", ["nodes", "pose_prior", "rendering", "outpainting", "weights"])
def test_nothing_is_downloaded_installed_or_evaluated_at_run_time(part: str):
    """ComfyUI's registry refuses packs that do."""
    for path in (ROOT / part).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            where = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("eval", "exec", "__import__"), where
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert not {name, name.split(".")[0]} & (NOT_AT_RUN_TIME | NOT_FREE), where


def test_every_package_folder_is_declared():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for init in ROOT.glob("*/**/__init__.py"):
        folder = init.parent.relative_to(ROOT)
        if "tests" not in folder.parts and not any(part.startswith((".", "build")) for part in folder.parts):
            assert f'"avatar_scene.{".".join(folder.parts)}"' in text, f"pyproject.toml: packages lacks {folder}"
