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
from avatar_scene.weights import bundled
from avatar_scene.weights.glb_writer import GlbWriter
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


def browse(comfy: ComfyHost, command: str, *arguments: object, renderer: str = "canvas") -> list[dict]:
    """What `canvas.mjs` saw, one entry a line. renderer: canvas or vue."""
    script = ROOT / "tests" / "browser" / "canvas.mjs"
    line = ["node", str(script), comfy.server.url, command, *map(str, arguments)]
    environment = {**os.environ, "NODE_PATH": str(MODULES), "CHROMIUM": str(CHROMIUM), "RENDERER": renderer}
    done = subprocess.run(line, capture_output=True, text=True, env=environment, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(row) for row in done.stdout.splitlines()]


TITLE_BAR = 30  # above a node's position


def extent(box: dict) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of a node with its title bar."""
    (x, y), (width, height) = box["pos"], box["size"]
    return x, y - TITLE_BAR, x + width, y + height


def overlapping(boxes: list[dict]) -> list[tuple[str, str]]:
    """Titles of nodes that lie over each other: nodes grow to what they hold, whatever size the file says."""

    def apart(a: dict, b: dict) -> bool:
        a, b = extent(a), extent(b)
        return any(a[axis + 2] <= b[axis] or b[axis + 2] <= a[axis] for axis in (0, 1))

    return [(a["title"], b["title"]) for a, b in itertools.combinations(boxes, 2) if not apart(a, b)]


def crossing(boxes: list[dict], groups: list[dict]) -> list[tuple[str, str]]:
    """Titles of nodes and of the groups whose frame they cross."""
    found = []
    for box, group in itertools.product(boxes, groups):
        left, top, right, bottom = extent(box)
        x, y, width, height = group["bounding"]
        meets = left < x + width and right > x and top < y + height and bottom > y
        inside = left >= x and right <= x + width and top >= y and bottom <= y + height
        if meets and not inside:
            found.append((box["title"], group["title"]))
    return found


@pytest.mark.parametrize("renderer", ["canvas", "vue"])
def test_every_workflow_opens_whole_and_sends_what_its_api_form_says(
    comfy: ComfyHost, screenshots: Path, renderer: str
):
    files = sorted(WORKFLOWS.glob("*.json"))
    folder = screenshots / renderer
    folder.mkdir(exist_ok=True)
    seen = browse(comfy, "check", folder, *files, renderer=renderer)
    assert [Path(row["file"]) for row in seen] == files
    for row in seen:
        assert not row["missing"] and not row["errors"], row
        expected = json.loads((WORKFLOWS / "api" / Path(row["file"]).name).read_text("utf-8"))
        inputs = {key: node["inputs"] for key, node in row["api"].items()}
        for key, node in row["api"].items():
            if node["class_type"] == "PreviewAny":  # ComfyUI's own; older versions send what it shows, too
                inputs[key].pop("preview", None)
        assert inputs == {key: node["inputs"] for key, node in expected.items()}, row["file"]
        assert overlapping(row["boxes"]) == [], row["file"]
        assert crossing(row["boxes"], row["groups"]) == [], row["file"]


def test_the_queue_button_of_the_canvas_makes_the_picture(comfy: ComfyHost, screenshots: Path):
    (seen,) = browse(comfy, "queue", screenshots, WORKFLOWS / "avatar_on_backdrop.json")
    assert seen["outcome"] == "success" and not seen["errors"], seen
    with Image.open(BytesIO(comfy.server.view(seen["images"][-1]))) as picture:
        assert picture.size == (512, 512)


@pytest.mark.parametrize("renderer", ["canvas", "vue"])
def test_an_avatar_dropped_on_the_canvas_gets_a_node_and_a_saved_model_opens_its_workflow(
    comfy: ComfyHost, screenshots: Path, tmp_path: Path, renderer: str
):
    shutil.copy(bundled("default_avatar.glb"), tmp_path / "dropped.glb")
    prompt = {"1": {"class_type": "PASCamera", "inputs": {"view": "side"}}}
    GlbWriter(asset={"version": "2.0", "extras": {"prompt": json.dumps(prompt)}}).write(tmp_path / "saved.glb")
    files = (tmp_path / "dropped.glb", tmp_path / "saved.glb")
    avatar, saved = browse(comfy, "drop", screenshots / f"dropped_{renderer}.png", *files, renderer=renderer)
    assert avatar["nodes"] == [["PASLoadAvatar", "input/dropped.glb"]] and not avatar["errors"]
    assert [node for node, _ in saved["nodes"]] == ["PASCamera"] and not saved["errors"]


def with_value(name: str, node_type: str, at: int, value: object) -> dict:
    """A shipped workflow in which one widget holds something else."""
    flow = json.loads((WORKFLOWS / f"{name}.json").read_text("utf-8"))
    node = next(node for node in flow["nodes"] if node["type"] == node_type)
    node["widgets_values"][at] = value
    return flow


def of_an_older_version() -> dict:
    """A workflow as an earlier version would have saved it: no inputs that came last, no sockets for widgets."""
    later = {"PASLoadAvatar": 1, "RetargetAndRender": 2, "PASCamera": 2, "PasteAvatar": 1}  # how many widgets
    flow = json.loads((WORKFLOWS / "avatar_on_backdrop.json").read_text("utf-8"))
    for node in flow["nodes"]:
        node["inputs"] = [entry for entry in node.get("inputs", []) if "widget" not in entry]
        if node["type"] in later:
            del node["widgets_values"][-later[node["type"]] :]
    return flow


def edit_of_the_head(rotvec: str) -> dict:
    return with_value("edited_pose", "PASPoseEditor", 0, f'{{"joints": {{"head": {rotvec}}}}}')


BAD = {  # a workflow, and what its node says
    "deleted_avatar": (
        with_value("avatar_on_backdrop", "PASLoadAvatar", 0, "input/gone.vrm"),
        "there is no file 'gone.vrm'",
    ),
    "unknown_choice": (with_value("avatar_on_backdrop", "PASCamera", 0, "sideways"), "view: 'sideways' not in"),
    "word_for_number": (with_value("avatar_on_backdrop", "RetargetAndRender", 0, "wide"), "width, wide"),
    "edit_too_short": (edit_of_the_head("[0, 0]"), "joints.head is a list of 2, expected 3 numbers"),
    "edit_with_nan": (edit_of_the_head("[0, NaN, 0]"), "joints.head holds nan"),
    "edit_with_words": (edit_of_the_head('["bent", 0, 0]'), "joints.head holds 'bent', expected a number"),
}


def test_a_damaged_workflow_says_what_is_wrong_on_the_node_in_one_line_and_an_old_one_runs(
    comfy: ComfyHost, screenshots: Path, tmp_path: Path
):
    flows = {**{name: flow for name, (flow, _) in BAD.items()}, "older": of_an_older_version()}
    for name, flow in flows.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(flow), "utf-8")
    seen = browse(comfy, "queue", screenshots, *(tmp_path / f"{name}.json" for name in flows))
    *refused, older = seen
    checks_choices = not comfy.server.get("/system_stats")["system"]["comfyui_version"].startswith("0.3.")
    for row, (name, (_, message)) in zip(refused, BAD.items(), strict=True):
        if name == "unknown_choice" and not checks_choices:  # the node refuses it when it runs
            (line,) = row["outcome"].strip().splitlines()
            assert "view: 'sideways' is not a choice" in line, row
            continue
        assert row["outcome"] == "refused" and not row["missing"] and not row["errors"], row
        (node,) = row["refused"]
        (line,) = node["lines"]
        assert node["marked"] and "\n" not in line and message in line, row
    assert older["outcome"] == "success" and not older["refused"] and not older["errors"], older


def test_the_blueprint_is_found_by_its_name_placed_and_queued_with_the_bundled_weights(
    comfy: ComfyHost, screenshots: Path
):
    (seen,) = browse(comfy, "blueprint", BLUEPRINT, screenshots / "blueprint.png")
    assert BLUEPRINT in seen["titles"] and not seen["errors"], seen
    assert seen["widgets"] == ["prompt", "avatar", "pose_seed", "scene_seed", "width", "height", "view", "yaw"]
    assert seen["outcome"] == "success", seen
    with Image.open(BytesIO(comfy.server.view(seen["images"][-1]))) as picture:
        assert picture.size == (512, 512) and np.asarray(picture.convert("RGB")).std() > 5
