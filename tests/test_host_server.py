"""The real ComfyUI under the tests: it loads the pack, runs graphs, caches, and says what is wrong."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest
from avatar_scene.headless import HeadlessError
from host import ROOT, ComfyHost

pytestmark = pytest.mark.host


def picture(color: int = 0xFF0000, width: int = 16) -> dict:
    return {
        "1": {"class_type": "EmptyImage", "inputs": {"width": width, "height": 8, "batch_size": 1, "color": color}},
        "2": {"class_type": "ImageInvert", "inputs": {"image": ["1", 0]}, "_meta": {"title": "Upside down"}},
        "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "test"}},
    }


def test_a_workflow_posted_over_http_returns_its_picture_through_history_and_view(comfy: ComfyHost):
    prompt_id = comfy.server.post(picture())
    entry = comfy.server.history(prompt_id)
    assert entry["status"]["status_str"] == "success"
    (image,) = entry["outputs"]["3"]["images"]
    assert comfy.server.view(image).startswith(b"\x89PNG")


def test_the_picture_is_what_the_graph_says(comfy: ComfyHost):
    (image,) = comfy.images(comfy.run(picture(color=0x00FF00)))
    assert image.shape == (8, 16, 3)
    assert (image == (255, 0, 255)).all()


def test_only_what_changed_runs_again(comfy: ComfyHost):
    graph = picture(color=0x123456)
    assert comfy.run(graph).executed == ["1", "2", "3"]
    graph["3"]["inputs"]["filename_prefix"] = "other"
    assert comfy.run(graph).executed == ["3"]


def test_a_refused_input_is_named_with_its_node_and_the_server_lives_on(comfy: ComfyHost):
    with pytest.raises(HeadlessError, match=r"^node 1 \(EmptyImage\): .*width"):
        comfy.run(picture(width=-5))
    graph = picture()
    graph["2"]["inputs"] = {}
    with pytest.raises(
        HeadlessError, match=r"^node 2 'Upside down' \(ImageInvert\): Required input is missing: image$"
    ):
        comfy.run(graph)
    assert comfy.run(picture(color=1)).files


def test_a_failing_node_is_named(comfy: ComfyHost):
    graph = picture()
    graph["4"] = {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8, "batch_size": 1, "color": 0}}
    graph["5"] = {"class_type": "ImageBatch", "inputs": {"image1": ["4", 0], "image2": ["1", 0]}}
    graph["6"] = {
        "class_type": "ImageCrop",
        "inputs": {"image": ["5", 0], "width": 4, "height": 4, "x": 0, "y": 0},
    }
    graph["7"] = {"class_type": "VAELoader", "inputs": {"vae_name": "nothing.safetensors"}}
    graph["8"] = {"class_type": "VAEEncode", "inputs": {"pixels": ["6", 0], "vae": ["7", 0]}}
    graph["9"] = {"class_type": "SaveLatent", "inputs": {"samples": ["8", 0], "filename_prefix": "x"}}
    with pytest.raises(HeadlessError, match=r"node 7 \(VAELoader\)"):
        comfy.run({name: graph[name] for name in "1456789"})


def test_a_missing_node_is_named(comfy: ComfyHost):
    with pytest.raises(HeadlessError, match="has no node NoSuchNode"):
        comfy.server.check({"1": {"class_type": "NoSuchNode", "inputs": {}}})


def test_an_input_that_the_node_lacks_is_named(comfy: ComfyHost):
    with pytest.raises(HeadlessError, match=r"node 1 \(EmptyImage\) has no input 'wdth'; it has width, height"):
        comfy.server.check(picture(), [("1", "wdth")])


def test_the_pack_is_loaded_from_this_clone(comfy: ComfyHost):
    extensions = comfy.server.get("/extensions")
    own = [path for path in extensions if path.startswith("/extensions/avatar-scene/")]
    assert len(own) == len(list((ROOT / "web").rglob("*.js")))
    assert "TextToSMPLPose" in comfy.server.get("/object_info")


BY_THE_CANVAS = ("Preview3D", "image")  # its 3D widget's picture: sent by the canvas, no input of the node


def test_the_bundled_api_workflows_pass_comfyuis_validation(comfy: ComfyHost):
    """Every input of every bundled workflow is one that this ComfyUI's node has, and none is missing."""
    paths = [
        path for path in (ROOT / "workflows").rglob("*.json") if "nodes" not in json.loads(path.read_text("utf-8"))
    ]
    assert paths
    for path in paths:
        workflow = json.loads(path.read_text("utf-8"))
        given = [(key, name) for key, node in workflow.items() for name in node["inputs"]]
        own = [(key, name) for key, name in given if (workflow[key]["class_type"], name) != BY_THE_CANVAS]
        comfy.server.check(workflow, own)


def test_the_server_listens_on_the_loopback_only(comfy: ComfyHost):
    with urllib.request.urlopen(f"http://127.0.0.1:{comfy.server.port}/system_stats") as response:
        arguments = json.load(response)["system"]["argv"]
    assert "--listen" not in arguments
    with pytest.raises(urllib.error.HTTPError):
        comfy.server.fetch("/no/such/route")
