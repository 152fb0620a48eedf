"""What is bundled, and how bundled files are found and checked.

Every file in `files/` has a line in `manifest.json` (SHA-256, size, licence) and a card in `cards/`. Nothing here
downloads anything.
"""

from __future__ import annotations

import functools
import hashlib
import json
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "files"
_MANIFEST = Path(__file__).resolve().parent / "manifest.json"


@functools.cache
def manifest() -> dict[str, dict]:
    """name -> {"sha256": str, "bytes": int, "licence": str, "about": str} of every bundled file."""
    return json.loads(_MANIFEST.read_text(encoding="utf-8"))


@functools.cache
def bundled(name: str) -> Path:
    """The path of a bundled file, checked once per process against the manifest.

    Raises FileNotFoundError if the file is not bundled or absent, ValueError if its content is not what was released
    (a truncated clone, an unresolved LFS pointer, a local edit).
    """
    entry = manifest().get(name)
    if entry is None:
        raise FileNotFoundError(f"weights: no bundled file is called {name!r}; known: {', '.join(sorted(manifest()))}")
    path = FOLDER / name
    if not path.is_file():
        raise FileNotFoundError(f"weights: bundled file {name!r} is missing; clone or install avatar-scene again")
    if sha256(path) != entry["sha256"]:
        raise ValueError(f"weights: bundled file {name!r} is damaged; clone or install avatar-scene again")
    return path


def sha256(path: Path) -> str:
    """Hex SHA-256 of a file's content."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
