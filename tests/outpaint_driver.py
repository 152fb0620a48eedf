"""Boots a real ComfyUI, runs the cases of `outpaint_cases` in it, and writes what they measured as JSON.

    python tests/outpaint_driver.py COMFYUI_DIR MODELS_DIR RESULT.json [CASE ...]

One process for all cases, because booting ComfyUI takes seconds. `test_outpaint_host.py` starts it and asserts.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
import traceback
from pathlib import Path

THEMES = ("sampling", "parity", "loading", "refusals")


def boot(comfy: Path, models: Path) -> None:
    """ComfyUI's modules, on the CPU, with a throw-away base directory whose model folder is `models`."""
    base = Path(tempfile.mkdtemp(prefix="pas-outpaint-"))
    (base / "custom_nodes").mkdir()
    (base / "models").symlink_to(models, target_is_directory=True)
    sys.path.insert(0, str(comfy))
    os.chdir(comfy)
    sys.argv = ["main.py", "--cpu", "--base-directory", str(base), "--disable-api-nodes"]
    import comfy.options

    comfy.options.enable_args_parsing()
    # First: `nodes` puts ComfyUI's comfy folder on the path, where a utils.py would shadow the package.
    importlib.import_module("utils.extra_config")
    importlib.import_module("nodes")


def main() -> None:
    comfy, models, result_path, *names = sys.argv[1:]
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    result_path = Path(result_path).resolve()
    boot(Path(comfy).resolve(), Path(models).resolve())
    import torch
    from outpaint_cases import CASES

    for theme in THEMES:
        importlib.import_module(f"outpaint_cases.{theme}")

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    results = {}
    for name in names or CASES:
        try:
            with torch.inference_mode():
                results[name] = CASES[name]()
        except Exception:
            results[name] = {"error": traceback.format_exc()}
    result_path.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
