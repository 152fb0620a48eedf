"""The real canvas in headless Chromium: workflows open, the blueprint can be placed, the queue button makes a picture.

Needs Chromium (on the path, or CHROMIUM=file), node, and `npm install` in tests/browser (or NODE_PATH=folder that holds
playwright-core). Screenshots go to PAS_SCREENSHOTS, if set, so that CI can keep them.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from host import ROOT, ComfyHost
from PIL import Image

WORKFLOWS = ROOT / "workflows"
BLUEPRINT = "Avatar in scene"
CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
MODULES = Path(os.environ.get("NODE_PATH") or ROOT / "tests" / "browser" / "node_modules")
MISSING = [
    what
    for what, there in {
        "Chromium": CHROMIUM,
        "node": shutil.which("node"),
        "playwright-core (npm install in tests/browser)": (MODULES / "playwright-core").is_dir(),
    }.items()
    if not there
]
pytestmark = [
    pytest.mark.host,
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}"),
]


@pytest.fixture(scope="module")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(os.environ.get("PAS_SCREENSHOTS") or tmp_path_factory.mktemp("screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def browse(comfy: ComfyHost, command: str, *arguments: object) -> list[dict]:
    """What `canvas.mjs` saw, one entry a line."""
    script = ROOT / "tests" / "browser" / "canvas.mjs"
    line = ["node", str(script), comfy.server.url, command, *map(str, arguments)]
    environment = {**os.environ, "NODE_PATH": str(MODULES), "CHROMIUM": str(CHROMIUM)}
    done = subprocess.run(line, capture_output=True, text=True, env=environment, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(row) for row in done.stdout.splitlines()]


def overlapping(boxes: list[dict]) -> list[tuple[str, str]]:
    """Titles of nodes that lie over each other: nodes grow to what they hold, whatever size the file says."""

    def apart(a: dict, b: dict) -> bool:
        return any(
            a["pos"][axis] + a["size"][axis] <= b["pos"][axis] or b["pos"][axis] + b["size"][axis] <= a["pos"][axis]
            for axis in (0, 1)
        )

    return [(a["title"], b["title"]) for a, b in itertools.combinations(boxes, 2) if not apart(a, b)]


def test_every_workflow_opens_whole_and_sends_what_its_api_form_says(comfy: ComfyHost, screenshots: Path):
    files = sorted(WORKFLOWS.glob("*.json"))
    seen = browse(comfy, "check", screenshots, *files)
    assert [Path(row["file"]) for row in seen] == files
    for row in seen:
        assert not row["missing"] and not row["errors"], row
        expected = json.loads((WORKFLOWS / "api" / Path(row["file"]).name).read_text("utf-8"))
        inputs = {key: node["inputs"] for key, node in row["api"].items()}
        assert inputs == {key: node["inputs"] for key, node in expected.items()}, row["file"]
        assert overlapping(row["boxes"]) == [], row["file"]


def test_the_queue_button_of_the_canvas_makes_the_picture(comfy: ComfyHost, screenshots: Path):
    (seen,) = browse(comfy, "queue", WORKFLOWS / "avatar_on_backdrop.json", screenshots / "queued.png")
    assert seen["outcome"] == "success" and not seen["errors"], seen
    with Image.open(BytesIO(comfy.server.view(seen["images"][-1]))) as picture:
        assert picture.size == (512, 512)


def test_the_blueprint_is_found_by_its_name_placed_and_queued_with_the_bundled_weights(
    comfy: ComfyHost, screenshots: Path
):
    (seen,) = browse(comfy, "blueprint", BLUEPRINT, screenshots / "blueprint.png")
    assert BLUEPRINT in seen["titles"] and not seen["errors"], seen
    assert seen["widgets"] == ["prompt", "avatar", "pose_seed", "scene_seed", "width", "height", "view", "yaw"]
    assert seen["outcome"] == "success", seen
    with Image.open(BytesIO(comfy.server.view(seen["images"][-1]))) as picture:
        assert picture.size == (512, 512) and np.asarray(picture.convert("RGB")).std() > 5
