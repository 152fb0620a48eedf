"""Write a bundled file's line in `manifest.json`: `python -m avatar_scene.weights.register NAME LICENCE "ABOUT"`."""

from __future__ import annotations

import json
import sys

from . import _MANIFEST, FOLDER, sha256


def register(name: str, licence: str, about: str) -> None:
    """Record the file `files/NAME` as it is now, replacing its earlier line."""
    entries = json.loads(_MANIFEST.read_text(encoding="utf-8")) if _MANIFEST.is_file() else {}
    path = FOLDER / name
    entries[name] = {"sha256": sha256(path), "bytes": path.stat().st_size, "licence": licence, "about": about}
    _MANIFEST.write_text(json.dumps(dict(sorted(entries.items())), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    register(*sys.argv[1:])
