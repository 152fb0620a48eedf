"""An edited pose as text: it does what it says, it is refused in one line when it is not right, and it round-trips."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from avatar_scene.headless import HeadlessError
from avatar_scene.pose_prior.pose_edit import BODY_JOINTS, MAX_CHARACTERS, PoseEdit, edit_of, parse_pose_edit
from avatar_scene.smpl import JOINT_NAMES, SMPLPose
from host import ComfyHost

ELBOW = JOINT_NAMES.index("left_elbow") - 1


def start(batch: int = 3) -> SMPLPose:
    generator = torch.Generator().manual_seed(0)
    return SMPLPose.create(
        torch.randn(batch, 21, 3, generator=generator, dtype=torch.float64) * 0.3,
        torch.randn(batch, 3, generator=generator, dtype=torch.float64) * 0.3,
        texts=["a"] * batch,
    )


def test_only_what_the_edit_names_changes_and_every_pose_of_a_batch_gets_it():
    before = start()
    after = parse_pose_edit('{"joints": {"left_elbow": [0, -1.2, 0]}, "root": [0, 0.5, 0]}').apply(before)
    assert torch.allclose(after.body_pose[:, ELBOW], torch.tensor([0, -1.2, 0], dtype=torch.float64))
    assert torch.allclose(after.global_orient, torch.tensor([0, 0.5, 0], dtype=torch.float64))
    rest = [joint for joint in range(21) if joint != ELBOW]
    assert torch.equal(after.body_pose[:, rest], before.body_pose[:, rest])
    assert after.texts == before.texts and before.global_orient.abs().max() > 0
    assert not torch.equal(before.body_pose[:, ELBOW], after.body_pose[:, ELBOW]), "the start itself is left alone"


@pytest.mark.parametrize("text", ["", "  \n", "{}"])
def test_an_empty_edit_changes_nothing_and_without_a_start_gives_a_t_pose(text: str):
    before = start()
    assert torch.equal(parse_pose_edit(text).apply(before).body_pose, before.body_pose)
    assert parse_pose_edit(text).apply().body_pose.shape == (1, 21, 3)
    assert not parse_pose_edit(text).apply().body_pose.any()


def test_an_edit_of_a_pose_gives_that_pose_whatever_it_starts_from():
    wanted = start(2)
    edit = parse_pose_edit(edit_of(wanted, 1).to_json())
    assert torch.allclose(edit.apply().body_pose.double(), wanted.body_pose[1:], atol=1e-5)
    assert torch.allclose(edit.apply(start(4)).global_orient, wanted.global_orient[1].expand(4, 3), atol=1e-5)


def test_text_and_edit_round_trip():
    text = '{"joints": {"head": [0.1, 0, 0]}, "hands": {"left": "fist"}, "camera": {"yaw": 30, "fill": 0.5}}'
    edit = parse_pose_edit(text)
    assert parse_pose_edit(edit.to_json()) == edit
    assert parse_pose_edit(PoseEdit().to_json()) == PoseEdit()
    assert edit.camera.yaw == 30 and parse_pose_edit("").camera.yaw is None


def test_finger_states_pose_the_named_hand_only():
    pose = parse_pose_edit('{"hands": {"right": "fist"}}').apply(start())
    assert pose.right_hand_pose.shape == (3, 15, 3) and pose.right_hand_pose.abs().max() > 1
    assert pose.left_hand_pose is None


def test_turns_beyond_a_half_are_the_same_rotation_the_short_way():
    pose = parse_pose_edit('{"joints": {"head": [0, 6.0, 0]}}').apply()
    assert torch.allclose(pose.body_pose[0, 14], torch.tensor([0, 6.0 - 2 * np.pi, 0], dtype=torch.float32), atol=1e-5)


BAD = {
    "not JSON": "{joints",
    "expected an object in braces": "[1, 2]",
    "nested too deeply": "[" * 10_000,
    "characters are too many": " " * MAX_CHARACTERS + "{}",
    "version 2 is newer": '{"version": 2}',
    "version is 'one'": '{"version": "one"}',
    "version is 0": '{"version": 0}',
    "the text has an unknown entry 'jionts'": '{"jionts": {}}',
    "joints has an unknown entry 'tail'": '{"joints": {"tail": [0, 0, 0]}}',
    "joints is [[0, 0, 0]], expected an object": '{"joints": [[0, 0, 0]]}',
    "joints.head is a list of 2, expected 3 numbers": '{"joints": {"head": [0, 0]}}',
    "joints.head is 'x', expected 3 numbers": '{"joints": {"head": "x"}}',
    "joints.head holds 'x', expected a number": '{"joints": {"head": [0, "x", 0]}}',
    "joints.head holds nan": '{"joints": {"head": [0, NaN, 0]}}',
    "root holds inf": '{"root": [1e999, 0, 0]}',
    "root holds True": '{"root": [true, 0, 0]}',
    "root holds a huge number": '{"root": [1' + "0" * 400 + ", 0, 0]}",
    "root is None": '{"root": null}',
    "hands.left is 'claw', expected one of relaxed": '{"hands": {"left": "claw"}}',
    "hands.left is ['fist']": '{"hands": {"left": ["fist"]}}',
    "camera.pitch holds 90, expected -89 to 89": '{"camera": {"pitch": 90}}',
    "camera has an unknown entry 'zoom'": '{"camera": {"zoom": 1}}',
    "camera.yaw holds None": '{"camera": {"yaw": null}}',
}


@pytest.mark.parametrize("message", BAD)
def test_a_bad_edit_is_refused_in_one_line_that_names_the_place(message: str):
    with pytest.raises(ValueError, match=r"^pose edit: ") as caught:
        parse_pose_edit(BAD[message])
    assert message in str(caught.value)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400


def graph(edit: str, size: int = 96) -> dict:
    """Editor -> gray picture, with the editor's camera."""
    return {
        "1": {"class_type": "PASPoseEditor", "inputs": {"edit": edit}},
        "2": {
            "class_type": "GrayBodyRender",
            "inputs": {
                "pose": ["1", 0], "camera": ["1", 1], "width": size, "height": size, "supersampling": 1,
                "body": "bundled/body.npz",
            },
        },
        "3": {"class_type": "PreviewImage", "inputs": {"images": ["2", 0]}},
    }  # fmt: skip


@pytest.mark.host
def test_the_node_gives_the_edited_pose_and_camera_without_a_browser(comfy: ComfyHost):
    lowered = {"joints": {"left_shoulder": [0, 0, -1.3], "right_shoulder": [0, 0, 1.3]}, "camera": {"yaw": 0}}
    turned = {**lowered, "camera": {"yaw": 90}}
    widths = []
    for edit in ({"camera": {"yaw": 0}}, lowered, turned):
        (picture,) = comfy.images(comfy.run(graph(json.dumps(edit))))
        columns = np.flatnonzero((picture != picture[0, 0]).any((0, 2)))
        widths.append(int(np.ptp(columns)))
    t_pose, arms_down, from_the_side = widths
    assert t_pose > arms_down + 10 > from_the_side + 10


@pytest.mark.host
def test_the_node_tells_the_canvas_what_it_started_from(comfy: ComfyHost):
    flow = graph('{"joints": {"head": [0.3, 0, 0]}}')
    flow["4"] = {"class_type": "PASPoseEditor", "inputs": {"edit": "", "pose": ["1", 0]}}
    flow["2"]["inputs"]["pose"] = ["4", 0]
    run = comfy.run(flow)
    assert run.outputs["1"]["pas_start"] == []
    (text,) = run.outputs["4"]["pas_start"]
    assert json.loads(text)["joints"]["head"] == [0.3, 0.0, 0.0] and set(json.loads(text)["joints"]) == set(BODY_JOINTS)


@pytest.mark.host
@pytest.mark.parametrize("message", ["version 2 is newer", "joints.head holds nan", "not JSON"])
def test_a_bad_edit_is_one_line_on_the_node_and_the_server_lives_on(comfy: ComfyHost, message: str):
    with pytest.raises(HeadlessError, match=r"node 1 \(PASPoseEditor\): pose edit: ") as caught:
        comfy.run(graph(BAD[message]))
    assert message in str(caught.value) and len(str(caught.value).splitlines()) == 1
    assert comfy.run(graph("")).files


@pytest.mark.host
def test_make_human_answers_edits_and_refuses_everything_else(comfy: ComfyHost):
    broken = {"joints": {"left_knee": [-1.5, 0, 0]}, "hands": {"left": "fist"}, "root": [0, 1, 0]}
    answer = json.loads(comfy.server.fetch("/avatar_scene/make_human", broken))
    assert set(answer["joints"]) == set(BODY_JOINTS)
    assert answer["joints"]["left_knee"][0] > -0.8, "a knee that bends forwards is at least half mended"
    assert answer["hands"] == broken["hands"] and answer["root"] == [0, 1, 0]
    for wrong in ({"joints": {"head": ["x"]}}, {"joints": {"head": [0] * 20_000}}, {"path": "/etc/passwd"}):
        with pytest.raises(OSError, match="400"):
            comfy.server.fetch("/avatar_scene/make_human", wrong)


@pytest.mark.host
def test_the_body_route_serves_the_bundled_body(comfy: ComfyHost):
    content = comfy.server.fetch("/avatar_scene/body")
    length = int.from_bytes(content[:4], "little")
    header = json.loads(content[4 : 4 + length])
    assert header["names"] == list(JOINT_NAMES) and len(content) < 600_000
    vertices = np.frombuffer(content, "<f4", header["arrays"][0]["length"], 4 + length).reshape(-1, 3)
    assert 1.5 < np.ptp(vertices[:, 1]) < 1.9
