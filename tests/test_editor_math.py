"""The pose editor's own mathematics, in JavaScript, against the library's: same skinning, limits, framing, mirror."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import roma
import torch
from avatar_scene.pose_prior.limits import JointLimits, swing_twist
from avatar_scene.pose_prior.pose_edit import edit_of, parse_pose_edit
from avatar_scene.rendering.body import load_body
from avatar_scene.rendering.body_asset import pack_body
from avatar_scene.rendering.camera import fit_camera
from avatar_scene.smpl import SMPLPose, mirror_pose
from test_pose_edit import BAD

HERE = Path(__file__).resolve().parent
CAMERA = {"yaw": 35, "pitch": 20, "roll": -10, "focal_mm": 40, "fill": 0.7, "center_x": 0.4, "center_y": 0.6}
EDIT = '{"version":1,"joints":{"left_elbow":[0,-1.2,0],"head":[0.2,0.1,0]},"hands":{"left":"fist"}}'
TEXTS = [EDIT, "", "{}", '{"camera": {"yaw": 0, "pitch": 5}}', '{"root": [0.5, 0, 0]}']
# Not in the browser's reach: it neither limits sizes and ranges nor takes part in how Python prints things.
REFUSED_BY_PYTHON_ALONE = {
    "nested too deeply", "characters are too many", "camera.pitch holds 90, expected -89 to 89", "root is None",
}  # fmt: skip


def start() -> SMPLPose:
    generator = torch.Generator().manual_seed(3)
    return SMPLPose.create(
        torch.randn(1, 21, 3, generator=generator, dtype=torch.float64) * 0.6,
        torch.randn(1, 3, generator=generator, dtype=torch.float64) * 0.6,
    )


def limit_arrays(limits: JointLimits) -> dict[str, np.ndarray]:
    return {
        "range": limits.range.numpy(),
        "axis": limits.axis.argmax(1).numpy(),
        "components": limits.component.numpy(),
    }


@pytest.fixture(scope="module")
def rotvecs() -> torch.Tensor:
    """Small, ordinary and nearly half turns."""
    axes = torch.nn.functional.normalize(
        torch.randn(60, 3, generator=torch.Generator().manual_seed(5), dtype=torch.float64), dim=1
    )
    angles = torch.tensor([0.0, 1e-12, 1e-6, 0.3, 2.0, math.pi - 1e-7], dtype=torch.float64).repeat(10)
    return axes * angles[:, None]


@pytest.fixture(scope="module")
def js(tmp_path_factory: pytest.TempPathFactory, rotvecs: torch.Tensor) -> dict:
    """What the browser's modules compute for `start()`."""
    if not shutil.which("node"):
        pytest.skip("needs node")
    folder = tmp_path_factory.mktemp("js")
    (folder / "body").write_bytes(pack_body(load_body(), limit_arrays(JointLimits())))
    given = {
        "pose": start().full_pose()[0, :22].tolist(),
        "camera": CAMERA,
        "rotvecs": rotvecs.tolist(),
        "start": edit_of(start()).to_json(),
        "edit": EDIT,
        "texts": [*TEXTS, *BAD.values()],
    }
    (folder / "input.json").write_text(json.dumps(given), "utf-8")
    done = subprocess.run(
        ["node", str(HERE / "browser" / "pose_math.mjs"), str(folder / "body"), str(folder / "input.json")],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_browser_skins_as_the_library_does(js: dict):
    vertices, joints = load_body().to(torch.float64).posed(start())
    assert np.abs(np.array(js["vertices"]).reshape(-1, 3) - vertices[0].numpy()).max() < 1e-4  # u16 weights
    assert np.abs(np.array(js["joints"]) - joints[0].numpy()).max() < 1e-6


def test_the_browser_frames_as_the_camera_does(js: dict):
    vertices, joints = load_body().to(torch.float64).posed(start())
    centre = (CAMERA["center_x"], CAMERA["center_y"])
    options = {key: CAMERA[key] for key in ("yaw", "pitch", "roll", "focal_mm", "fill")}
    pixels, depth = fit_camera(vertices, 1000, 1000, center=centre, **options).project(joints[0])
    seen = np.array(js["pixels"])
    assert np.abs(seen[:, :2] * 1000 - pixels.numpy()).max() < 0.3
    assert np.abs(seen[:, 2] - depth.numpy()).max() < 1e-3


def test_the_browser_measures_and_enforces_the_same_limits(js: dict):
    limits = JointLimits()
    rotations = roma.rotvec_to_rotmat(start().body_pose)
    swing, twist = swing_twist(rotations, limits.axis.double())
    assert np.abs(np.array([row["swing"] for row in js["swingTwist"]]) - swing[0].numpy()).max() < 1e-5
    assert np.abs(np.array([row["twist"] for row in js["swingTwist"]]) - twist[0].numpy()).max() < 1e-5
    clamped = torch.tensor(js["clamped"], dtype=torch.float64).reshape(1, 21, 3, 3)
    before = limits.excess(rotations)[0].amax(1)
    assert (before > 0.05).sum() >= 5, "the pose tries the limits"
    assert limits.excess(clamped).max() < 1e-4
    unmoved = before == 0
    assert unmoved.any() and torch.allclose(clamped[0, unmoved], rotations[0, unmoved], atol=1e-9)


def test_axis_angles_round_trip(js: dict, rotvecs: torch.Tensor):
    assert np.abs(np.array(js["roundTrip"]) - rotvecs.numpy()).max() < 1e-6


def test_mirroring_is_the_librarys_and_twice_is_the_identity(js: dict):
    edited = parse_pose_edit(EDIT).apply(start())
    mirrored = mirror_pose(edited)
    expected = torch.cat([mirrored.global_orient[0][None], mirrored.body_pose[0]])
    assert np.abs(np.array(js["mirrored"]) - expected.numpy()).max() < 1e-4
    again = torch.cat([edited.global_orient[0][None], edited.body_pose[0]])
    assert np.abs(np.array(js["twice"]) - again.numpy()).max() < 1e-4
    assert set(js["alone"]["joints"]) == {"right_elbow", "head"} and js["alone"]["hands"] == {"right": "fist"}


def test_browser_and_node_read_the_same_edits(js: dict):
    parsed = dict(zip([*TEXTS, *BAD.values()], js["parsed"]))
    assert parsed[EDIT] == EDIT, "what the browser writes is what it read"
    for text in TEXTS:
        assert parse_pose_edit(parsed[text]) == parse_pose_edit(text)
    for message, text in BAD.items():
        if message not in REFUSED_BY_PYTHON_ALONE:
            assert isinstance(parsed[text], dict), f"the browser takes {text[:60]}"


def test_undo_and_redo_walk_through_distinct_edits(js: dict):
    assert js["history"] == ["b", "a", None, "b", 3]
