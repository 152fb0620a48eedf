"""Damaged, hand-edited and older workflows over the API: one line on the node, and nothing else breaks.

The same through the canvas is in `test_canvas_browser.py`.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator

import numpy as np
import pytest
from avatar_scene.headless import HeadlessError
from host import ROOT, ComfyHost

pytestmark = pytest.mark.host

API = ROOT / "workflows" / "api"
NEED_FILES = {"avatar_in_scene", "sd15_controlnets", "sdxl_depth_controlnet", "pose_from_file"}


def api(name: str = "avatar_on_backdrop") -> dict:
    return json.loads((API / f"{name}.json").read_text("utf-8"))


def quick(graph: dict) -> dict:
    """The same graph with small pictures of the first poses tried."""
    for inputs in (node["inputs"] for node in graph.values()):
        small = {"width": 96, "height": 96, "supersampling": 1, "candidates": inputs.get("keep"), "steps": 2}
        inputs.update({name: value for name, value in small.items() if name in inputs})
    return graph


def inputs_of(graph: dict, kind: str) -> dict:
    return next(node["inputs"] for node in graph.values() if node["class_type"] == kind)


def refused(comfy: ComfyHost, graph: dict) -> str:
    """The one line that the graph's run ends in, when it is queued or on a node."""
    with pytest.raises(HeadlessError) as error:
        comfy.run(graph)
    (line,) = str(error.value).splitlines()
    assert len(line) < 500
    return line


def widgets(comfy: ComfyHost) -> Iterator[tuple[dict, str, str, str, list]]:
    """(graph, node id, node class, input, its specification) of every widget of the pack that a workflow sets."""
    seen = set()
    for path in sorted(API.glob("*.json")):
        graph = api(path.stem) if path.stem not in NEED_FILES else {}
        for key, node in graph.items():
            info = comfy.node_info(node["class_type"])
            given = {**info["input"].get("required", {}), **info["input"].get("optional", {})}
            for name, value in node["inputs"].items():
                own = info["category"].startswith("avatar-scene") and not isinstance(value, list)
                if own and (node["class_type"], name) not in seen:
                    seen.add((node["class_type"], name))
                    yield graph, key, node["class_type"], name, given[name]


def wrong_values(spec: list) -> list:
    """Values that an input of this specification must refuse."""
    kind, options = spec[0], spec[1] if len(spec) > 1 else {}
    if isinstance(kind, list) or kind == "COMBO":
        return ["of another version", 7, None]
    if kind in ("INT", "FLOAT"):
        return ["many", None, options["min"] - 1, options["max"] * 2 + 1]
    return []


def test_every_widget_refuses_what_it_does_not_know_in_one_line_that_names_node_and_input(comfy: ComfyHost):
    tried = 0
    for graph, key, kind, name, spec in widgets(comfy):
        for value in wrong_values(spec):
            changed = quick(copy.deepcopy(graph))
            changed[key]["inputs"][name] = value
            try:
                line = refused(comfy, changed)
            except pytest.fail.Exception:
                pytest.fail(f"{kind}: {name} took {value!r}")
            assert f"node {key} " in line and f"({kind})" in line and name in line.casefold(), (name, value, line)
            tried += 1
    assert tried > 100
    assert comfy.run(quick(api())).files


def test_an_api_workflow_of_an_older_version_gives_the_same_picture(comfy: ComfyHost):
    """Inputs that were added later are optional: what a file does not say has the value it had."""
    older = quick(api())
    for node in older.values():
        optional = comfy.node_info(node["class_type"])["input"].get("optional", {})
        for name in [
            name for name, value in node["inputs"].items() if name in optional and not isinstance(value, list)
        ]:
            del node["inputs"][name]
    assert older != quick(api())
    first, second = (comfy.images(comfy.run(graph))[-1] for graph in (quick(api()), older))
    assert (first == second).all()


def test_a_node_or_an_input_of_a_newer_version_is_named(comfy: ComfyHost):
    graph = quick(api())
    graph["20"] = {"class_type": "PASOfTomorrow", "inputs": {"image": ["6", 0]}}
    graph["21"] = {"class_type": "PreviewImage", "inputs": {"images": ["20", 0]}}
    assert "PASOfTomorrow" in refused(comfy, graph)
    graph = quick(api())
    inputs_of(graph, "RetargetAndRender")["tomorrow"] = 1
    assert comfy.run(graph).files, "an input that this version does not have is left out"


def test_a_deleted_avatar_is_named_and_comes_back_when_it_is_put_there_again(comfy: ComfyHost):
    graph, path = quick(api()), comfy.input_dir / "hero.glb"
    inputs_of(graph, "PASLoadAvatar")["avatar"] = "input/hero.glb"
    path.write_bytes((ROOT / "weights" / "files" / "default_avatar.glb").read_bytes())
    before = comfy.images(comfy.run(graph))[-1]
    path.unlink()
    assert "there is no file 'hero.glb' in ComfyUI's input folder" in refused(comfy, graph)
    path.write_bytes((ROOT / "weights" / "files" / "default_avatar.glb").read_bytes())
    assert (comfy.images(comfy.run(graph))[-1] == before).all()


KEYPOINTS = [coordinate for index in range(18) for coordinate in (200.0 + index, 100.0 + 20 * index, 1.0)]


def openpose(points: object) -> str:
    return json.dumps({"people": [{"pose_keypoints_2d": points}], "canvas_width": 512, "canvas_height": 512})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (openpose(KEYPOINTS[:-1]), "53 numbers, expected a list of 75 or 54"),
        (openpose([float("nan")] + KEYPOINTS[1:]), "no numbers"),
        (openpose(["left", *KEYPOINTS[1:]]), "no numbers"),
        (openpose(KEYPOINTS)[:-20], "JSON"),
        ("", "JSON"),
        ('{"body_pose": [1, 2]}', "no OpenPose document"),
    ],
)
def test_a_pose_json_that_was_edited_by_hand_says_what_is_wrong(comfy: ComfyHost, text: str, reason: str):
    (comfy.input_dir / "edited.json").write_text(text, "utf-8")
    graph = {
        "1": {"class_type": "PASLoadPose", "inputs": {"file": "input/edited.json", "index": -1}},
        "2": {"class_type": "PASSavePose", "inputs": {"pose": ["1", 0], "filename_prefix": "bad"}},
    }
    line = refused(comfy, graph)
    assert line.startswith("node 1 (PASLoadPose): ") and "edited.json" in line and reason in line


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"body_pose": np.zeros((2, 20, 3), np.float32)}, "body_pose"),
        ({"body_pose": np.full((1, 21, 3), "bent")}, "its arrays are not numbers"),
        ({"body_pose": np.zeros((2, 21, 3), np.float32), "betas": np.zeros((3, 10), np.float32)}, "betas"),
        ({"joints": np.zeros((1, 24, 3), np.float32)}, "no array 'body_pose'"),
    ],
)
def test_a_pose_file_of_the_wrong_shape_says_which_array(comfy: ComfyHost, arrays: dict, reason: str):
    np.savez(comfy.input_dir / "edited.npz", **arrays)
    graph = {
        "1": {"class_type": "PASLoadPose", "inputs": {"file": "input/edited.npz", "index": -1}},
        "2": {"class_type": "PASSavePose", "inputs": {"pose": ["1", 0], "filename_prefix": "bad"}},
    }
    line = refused(comfy, graph)
    assert line.startswith("node 1 (PASLoadPose): ") and "edited.npz" in line and reason in line


@pytest.mark.parametrize("edit", ['{"joints": {"head": [0, 0]}}', '{"joints": {"head": [0, "x", 0]}}', "{joints", "[]"])
def test_an_edit_that_was_changed_by_hand_stops_its_node_only_when_it_is_queued(comfy: ComfyHost, edit: str):
    graph = quick(api("edited_pose"))
    inputs_of(graph, "PASPoseEditor")["edit"] = edit
    assert "(PASPoseEditor): pose edit: " in refused(comfy, graph)
    assert comfy.run(quick(api("edited_pose"))).files


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("TextToSMPLPose", "guidance_scale"),
        ("PASCamera", "pitch"),
        ("PASCamera", "focal_mm"),
        ("PASCamera", "fill"),
        ("PASCamera", "distance"),
        ("PASCamera", "yaw"),
        ("PASOutpaint", "denoise"),
        ("PASOutpaint", "cfg"),
        ("PasteAvatar", "shadow"),
    ],
)
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_none_are_refused_by_name(comfy: ComfyHost, kind: str, name: str, value: float):
    """JSON has no NaN, but Python writes and reads it, and ComfyUI's limits let it pass."""
    flow = "avatar_in_pas_scene" if kind == "PASOutpaint" else "avatar_on_backdrop"
    graph = quick(api(flow))
    inputs_of(graph, kind)[name] = value
    assert name in refused(comfy, graph)
    assert comfy.run(quick(api(flow))).files
