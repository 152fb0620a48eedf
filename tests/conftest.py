"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))  # so that tests may import `host`

from host import COMFYUI, ComfyHost, start_host


@pytest.fixture(scope="session")
def comfy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComfyHost]:
    """A running ComfyUI with this pack, one for the whole session: `comfy.run(workflow)`."""
    if not COMFYUI:
        pytest.skip("needs a real ComfyUI: run ./pas test, or set PAS_COMFYUI to a ComfyUI source folder")
    base = tmp_path_factory.mktemp("comfyui")
    with start_host(base, cpu=os.environ.get("PAS_CPU", "1") == "1") as server:
        yield ComfyHost(server, base)
