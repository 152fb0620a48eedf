"""The pose editor in a real browser: mouse and keys change the edit, the edit changes picture and workflow file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from host import ROOT, ComfyHost

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
MODULES = os.environ.get("NODE_PATH") or str(ROOT / "tests" / "browser" / "node_modules")
SIZE = 160
pytestmark = [pytest.mark.host, pytest.mark.slow]


@pytest.fixture(scope="module", params=["canvas", "vue"])
def seen(comfy: ComfyHost, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> dict:
    """What one session in the browser saw, with either of the canvas' node renderers."""
    if not (CHROMIUM and shutil.which("node") and (Path(MODULES) / "playwright-core").is_dir()):
        pytest.skip("needs Chromium, node and `npm install playwright-core` in tests/browser (or NODE_PATH)")
    folder = tmp_path_factory.mktemp("browser")
    shots = Path(os.environ.get("PAS_SCREENSHOTS", folder))
    shots.mkdir(parents=True, exist_ok=True)
    flow = json.loads((ROOT / "workflows" / "edited_pose.json").read_text("utf-8"))
    render = next(node for node in flow["nodes"] if node["type"] == "RetargetAndRender")
    render["widgets_values"][:2] = [SIZE, SIZE]
    (folder / "flow.json").write_text(json.dumps(flow), "utf-8")
    command = [
        "node", str(ROOT / "tests" / "browser" / "pose_editor.mjs"), comfy.server.url, str(folder / "flow.json"),
        str(shots), request.param,
    ]  # fmt: skip
    environment = {**os.environ, "NODE_PATH": MODULES, "CHROMIUM": CHROMIUM}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=1500)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def joints(text: str) -> dict[str, np.ndarray]:
    return {name: np.array(rotvec) for name, rotvec in json.loads(text)["joints"].items()}


def test_a_joint_turns_by_its_ring_and_no_other_joint_moves(seen: dict):
    assert "left elbow" in seen["selected"]
    before, after = joints(seen["start"]), joints(seen["turned"])
    moved = {name for name in after if np.abs(after[name] - before[name]).max() > 0.02}
    assert moved == {"left_elbow"}
    assert json.loads(seen["turned"])["hands"] == json.loads(seen["start"])["hands"]


def test_the_camera_stands_still_while_a_ring_is_dragged_and_fits_the_body_when_it_is_let_go(seen: dict):
    before, during, after = (seen["ringDrag"][name] for name in ("before", "during", "after"))
    assert during["skinned"] > before["skinned"], "the body follows the pointer"
    assert during["fit"] == before["fit"] and after["fit"] != before["fit"]


def test_orbiting_does_not_skin_the_body_anew(seen: dict):
    before, during, after = (seen["orbitDrag"][name] for name in ("before", "during", "after"))
    assert during["fit"] != before["fit"] and after["skinned"] == before["skinned"]


def test_undo_and_redo_by_the_keys(seen: dict):
    assert seen["undone"] == seen["start"] and seen["redone"] == seen["turned"]


def test_orbiting_writes_the_camera_and_leaves_the_pose(seen: dict):
    before, after = json.loads(seen["redone"]), json.loads(seen["orbited"])
    assert abs(after["camera"]["yaw"] - before["camera"]["yaw"]) > 10
    assert after["joints"] == before["joints"]


def test_the_canvas_button_makes_the_picture_of_the_edit(comfy: ComfyHost, seen: dict):
    assert not seen["ran"].startswith("error"), seen["ran"]
    entry = comfy.server.history(seen["ran"])
    sent = next(node for node in entry["prompt"][2].values() if node["class_type"] == "PASPoseEditor")
    assert sent["inputs"]["edit"] == seen["orbited"], "the button sends what the view shows"
    assert set(sent["inputs"]) == {"edit"}, "the view itself is not sent"
    (before,) = comfy.images(comfy.run(seen["before"]))
    (after,) = comfy.images(comfy.run(seen["after"]))
    assert before.shape == after.shape == (SIZE, SIZE, 3)
    assert (np.abs(before.astype(int) - after).max(2) > 20).mean() > 0.02


def test_the_workflow_file_shows_the_edited_pose_again(seen: dict):
    assert seen["reopened"] == seen["orbited"] and seen["reopenedDraws"]
    assert seen["resetDiffers"] and "joints" not in json.loads(seen["reset"])


def test_library_mirror_and_make_human(seen: dict):
    assert seen["presets"] == 56
    sitting, mirrored = joints(seen["sitting"]), joints(seen["mirrored"])
    assert len(sitting) == 21 and sitting["left_knee"][0] > 0.8
    for name, rotvec in sitting.items():
        other = name.replace("left", "right") if "left" in name else name.replace("right", "left")
        assert np.allclose(mirrored[other], rotvec * [1, -1, -1], atol=1e-3)
    human = joints(seen["human"])
    assert len(human) == 21 and human["left_knee"][0] > 0.5, "VPoser keeps a sitting pose sitting"


def test_a_file_edited_by_hand_is_one_line_and_keeps_its_text(seen: dict):
    text, line = seen["broken"]
    assert text == '{"joints": {"head": [0, "x", 0]}}' and "joint 'head' needs 3 numbers" in line


def test_nothing_fails_on_the_page(seen: dict):
    assert not seen["errors"]
