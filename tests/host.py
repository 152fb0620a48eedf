"""What tests use to talk to a real ComfyUI, and to `./pas` as a module."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import io
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import numpy as np
from avatar_scene import headless
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
COMFYUI = os.environ.get("PAS_COMFYUI")  # the source folder of the ComfyUI under test; `./pas test` sets it


def load_pas() -> ModuleType:
    """`./pas` as a module."""
    sys.modules.setdefault("headless", headless)
    loader = importlib.machinery.SourceFileLoader("pas", str(ROOT / "pas"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("pas", loader))
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # no `pasc` beside the program
    try:
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = writes
    return module


@dataclass
class Run:
    """What one workflow did.

    outputs: node id -> what the node showed, as in /history.  files: the saved and previewed files, saved ones last.
    executed: ids of the nodes that ran, in order; nodes that came from the cache are not among them.
    events:  every websocket message, (type, data).
    """

    outputs: dict = field(default_factory=dict)
    files: list[dict] = field(default_factory=list)
    executed: list[str] = field(default_factory=list)
    events: list[tuple[str, dict]] = field(default_factory=list)


class ComfyHost:
    """A ComfyUI server whose only custom node is this repository; it lives as long as the test session."""

    def __init__(self, server: headless.Server, base: Path):
        self.server, self.base = server, base

    @property
    def input_dir(self) -> Path:
        """The server's input folder."""
        return self.base / "input"

    @property
    def models_dir(self) -> Path:
        """The server's models folder."""
        return self.base / "models"

    def run(self, workflow: dict) -> Run:
        """Run an API workflow. Raises `headless.HeadlessError` naming the node that refuses its input or fails."""
        run = Run()
        entry = self.server.run(workflow, lambda kind, data: run.events.append((kind, data)))
        run.outputs, run.files = entry["outputs"], headless.files_of(entry)
        run.executed = [data["node"] for kind, data in run.events if kind == "executing" and data.get("node")]
        return run

    def images(self, run: Run) -> list[np.ndarray]:
        """The pictures a run saved or previewed, each (H, W, C) uint8."""
        return [np.asarray(Image.open(io.BytesIO(self.server.view(file)))) for file in run.files]

    def node_info(self, node: str) -> dict:
        """What ComfyUI tells the canvas about a node class."""
        return self.server.get(f"/object_info/{node}")[node]


def start_host(base: Path, cpu: bool) -> headless.Server:
    """A server over the ComfyUI under test; its cache keeps every node until its inputs change."""
    load_pas().make_base(base)
    return headless.Server(Path(sys.executable), Path(COMFYUI), base, cpu=cpu, options=["--cache-classic"])
