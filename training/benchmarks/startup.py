"""What this pack adds to a start of ComfyUI: seconds and memory.

    python -m avatar_scene.training.benchmarks.startup path/to/ComfyUI [--repeat 5]

Each repeat is a fresh process that imports what ComfyUI has imported when it comes to custom nodes, then loads the pack
as ComfyUI does: import, `comfy_entrypoint`, `get_node_list`, every schema. The smallest of the repeats is reported;
processor seconds are what a busy machine does not change. Exit status 1 if a limit is passed.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PACK = Path(__file__).resolve().parents[2]
MAX_SECONDS = 0.3
MAX_MEGABYTES = 60.0


def resident_megabytes() -> float:
    """Memory this process holds now (Linux), or its peak so far (elsewhere), in MB."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3


async def load_pack() -> int:
    """Load the pack as ComfyUI does; returns how many nodes it has."""
    spec = importlib.util.spec_from_file_location("avatar_scene_pack", PACK / "__init__.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["avatar_scene_pack"] = module
    spec.loader.exec_module(module)
    extension = await module.comfy_entrypoint()
    nodes = await extension.get_node_list()
    for node in nodes:
        node.GET_SCHEMA()
    return len(nodes)


def measure(comfyui: Path) -> dict:
    """Load ComfyUI's part and then the pack in this process; what the second step cost."""
    with tempfile.TemporaryDirectory() as base:
        sys.path.insert(0, str(comfyui))
        os.chdir(comfyui)
        sys.argv = ["main.py", "--cpu", "--base-directory", base]
        importlib.import_module("comfy.options").enable_args_parsing()
        for name in ("utils.extra_config", "nodes", "comfy_api.latest", "server"):
            importlib.import_module(name)
        modules, memory = set(sys.modules), resident_megabytes()
        wall, processor = time.perf_counter(), time.process_time()
        nodes = asyncio.run(load_pack())
        return {
            "nodes": nodes,
            "seconds": time.perf_counter() - wall,
            "processor_seconds": time.process_time() - processor,
            "megabytes": resident_megabytes() - memory,
            "others": sorted(name for name in set(sys.modules) - modules if "." not in name),
        }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("comfyui", type=Path, help="a ComfyUI source folder")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measure(options.comfyui.resolve())))
        return 0
    command = [sys.executable, __file__, str(options.comfyui), "--child"]
    runs = []
    for _ in range(options.repeat):
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        runs.append(json.loads(done.stdout.splitlines()[-1]))
    best = {key: min(run[key] for run in runs) for key in ("seconds", "processor_seconds", "megabytes")}
    print(f"{runs[0]['nodes']} nodes add {best['seconds']:.3f} s ({best['processor_seconds']:.3f} s of processor time)")
    print(f"and {best['megabytes']:.1f} MB; imported with them: {', '.join(runs[0]['others'])}")
    return int(best["processor_seconds"] > MAX_SECONDS or best["megabytes"] > MAX_MEGABYTES)


if __name__ == "__main__":
    raise SystemExit(main())
