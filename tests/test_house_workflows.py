"""Every bundled workflow runs on a real ComfyUI, with tiny models where people have big ones; its two forms agree."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest
from avatar_scene.headless import HeadlessError
from host import ROOT, ComfyHost
from PIL import Image
from tiny_checkpoints import put_in, write_stand_ins

WORKFLOWS = ROOT / "workflows"
NAMES = sorted(path.stem for path in (WORKFLOWS / "api").glob("*.json"))
NEED_MODELS = {"avatar_in_scene", "sd15_controlnets", "sdxl_depth_controlnet"}
LOADERS = {"CheckpointLoaderSimple", "ControlNetLoader", "VAELoader", "PASLoadModel"}


def api(name: str) -> dict:
    return json.loads((WORKFLOWS / "api" / f"{name}.json").read_text("utf-8"))


def canvas(name: str) -> dict:
    return json.loads((WORKFLOWS / f"{name}.json").read_text("utf-8"))


def small(graph: dict) -> dict:
    """The same graph with quick pictures."""
    graph = copy.deepcopy(graph)
    for node in graph.values():
        for side in ("width", "height"):
            if side in node["inputs"]:
                node["inputs"][side] = 128
        if node["class_type"] in ("KSampler", "PASOutpaint"):
            node["inputs"]["steps"] = 2
    return graph


def find(graph: dict, kind: str) -> dict:
    return next(node for node in graph.values() if node["class_type"] == kind)


def test_every_workflow_has_a_canvas_form_an_api_form_and_a_thumbnail():
    assert NAMES
    assert sorted(path.stem for path in WORKFLOWS.glob("*.json")) == NAMES
    assert sorted(path.stem for path in WORKFLOWS.glob("*.jpg")) == NAMES
    for name in NAMES:
        with Image.open(WORKFLOWS / f"{name}.jpg") as picture:
            assert max(picture.size) <= 800
        assert (WORKFLOWS / f"{name}.jpg").stat().st_size < 120_000


@pytest.mark.parametrize("name", NAMES)
def test_canvas_and_api_forms_have_the_same_nodes_titles_and_links(name: str):
    """The browser test compares the values too; this one needs no browser."""
    drawn = {str(node["id"]): node for node in canvas(name)["nodes"] if node["type"] != "MarkdownNote"}
    graph = api(name)
    assert {key: (node["type"], node.get("title")) for key, node in drawn.items()} == {
        key: (node["class_type"], node["_meta"]["title"]) for key, node in graph.items()
    }
    sockets = {
        (str(target), drawn[str(target)]["inputs"][slot]["name"]): [str(source), output]
        for _, source, output, target, slot, _ in canvas(name)["links"]
    }
    assert sockets == {
        (key, socket): value
        for key, node in graph.items()
        for socket, value in node["inputs"].items()
        if isinstance(value, list)
    }


@pytest.mark.parametrize("name", NAMES)
def test_nodes_lie_in_titled_groups_with_a_note_and_do_not_overlap(name: str):
    flow = canvas(name)
    boxes = [(*node["pos"], *node["size"]) for node in flow["nodes"]]
    for index, (x, y, width, height) in enumerate(boxes):
        for x2, y2, width2, height2 in boxes[:index]:
            apart = x + width <= x2 or x2 + width2 <= x or y + height <= y2 or y2 + height2 <= y
            assert apart, f"{name}: {flow['nodes'][index]['title']} overlaps another node"
    for group in flow["groups"]:
        left, top, width, height = group["bounding"]
        inside = [
            node["type"]
            for node in flow["nodes"]
            if left <= node["pos"][0] <= left + width and top <= node["pos"][1] <= top + height
        ]
        assert group["title"] and "MarkdownNote" in inside and len(inside) > 1


def test_the_blueprint_is_the_bundled_scene_workflow_in_one_node():
    """Same nodes, values and links; `test_canvas_browser` places it on a real canvas and runs it."""
    (blueprint,) = (ROOT / "subgraphs").glob("*.json")
    (definition,) = json.loads(blueprint.read_text("utf-8"))["definitions"]["subgraphs"]
    assert definition["name"] == blueprint.stem

    def values(nodes: list[dict]) -> dict:
        return {node["id"]: (node["type"], node["widgets_values"]) for node in nodes if node["type"] not in outside}

    outside = {"MarkdownNote", "SaveImage"}

    def joints(links: list) -> set:
        inner = set(values(definition["nodes"]))
        return {ends for ends in links if {ends[0], ends[2]} <= inner}

    workflow = canvas("avatar_in_pas_scene")
    assert values(definition["nodes"]) == values(workflow["nodes"])
    ends = ("origin_id", "origin_slot", "target_id", "target_slot")
    linked = joints([tuple(link[end] for end in ends) for link in definition["links"]])
    assert linked == joints([tuple(link[1:5]) for link in workflow["links"]])
    assert [(entry["name"], entry["type"]) for entry in definition["outputs"]] == [("image", "IMAGE"), ("mask", "MASK")]


def test_the_canvas_can_say_where_a_missing_checkpoint_is_found():
    """The frontend reads `models` of a loader's properties when the file is not there."""
    for name in NAMES:
        for node in canvas(name)["nodes"]:
            if node["type"] in ("CheckpointLoaderSimple", "ControlNetLoader"):
                (model,) = node["properties"]["models"]
                assert model["name"] == node["widgets_values"][0] and model["url"].endswith("/" + model["name"])


def test_seeds_stay_as_they_are_when_a_shipped_workflow_is_queued():
    for name in NAMES:
        assert '"randomize"' not in (WORKFLOWS / f"{name}.json").read_text("utf-8"), name


@pytest.mark.host
def test_the_template_gallery_has_every_workflow_with_its_picture(comfy: ComfyHost):
    """ComfyUI serves the first of a pack's folders example_workflows, example, examples, workflow and workflows."""
    assert sorted(comfy.server.get("/api/workflow_templates")["avatar-scene"]) == NAMES
    for file in (WORKFLOWS / f"{name}.{suffix}" for name in NAMES for suffix in ("json", "jpg")):
        assert comfy.server.fetch(f"/api/workflow_templates/avatar-scene/{file.name}") == file.read_bytes(), file.name


@pytest.mark.host
def test_every_node_of_the_pack_is_in_a_workflow(comfy: ComfyHost):
    info = comfy.server.get("/object_info")
    nodes = {name for name, node in info.items() if node["category"].startswith("avatar-scene")}
    assert nodes == nodes & {node["class_type"] for name in NAMES for node in api(name).values()}


@pytest.mark.host
@pytest.mark.parametrize("name", sorted(set(NAMES) - NEED_MODELS - {"pose_from_file"}))
def test_workflows_that_need_only_the_bundle_run(comfy: ComfyHost, name: str):
    run = comfy.run(small(api(name)))
    pictures = [file for file in run.files if file["filename"].endswith(".png")]
    assert pictures
    for file in pictures:
        picture = np.asarray(Image.open(_bytes(comfy, file)))
        assert picture.std() > 5


def _bytes(comfy: ComfyHost, file: dict):
    from io import BytesIO

    return BytesIO(comfy.server.view(file))


@pytest.mark.host
def test_a_saved_pose_is_the_start_of_another_workflow(comfy: ComfyHost):
    """`save_pose`, then the copy that the note on the canvas of `pose_from_file` asks for, then that workflow."""
    saving = small(api("save_pose"))
    find(saving, "TextToSMPLPose")["inputs"].update(candidates=1, keep=1, seed=1)  # not run before: it writes a file
    run = comfy.run(saving)
    (pose,) = (file for file in run.files if file["filename"].endswith(".npz"))
    (comfy.input_dir / "pose_00001_.npz").write_bytes(comfy.server.view(pose))
    (picture,) = comfy.images(comfy.run(small(api("pose_from_file"))))
    assert picture.std() > 5


@pytest.fixture(scope="module")
def stand_ins(comfy: ComfyHost) -> dict[str, str]:
    """Tiny random models in the server's folders: input name -> the file to put in."""
    return write_stand_ins(comfy.models_dir)


@pytest.mark.host
@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(NEED_MODELS))
def test_workflows_that_need_models_run_with_tiny_ones(comfy: ComfyHost, stand_ins: dict[str, str], name: str):
    graph = small(api(name))
    put_in(graph, stand_ins)
    picture = comfy.images(comfy.run(graph))[-1]
    assert picture.shape == (128, 128, 3) and picture.std() > 5


@pytest.mark.host
@pytest.mark.parametrize("name", sorted(NEED_MODELS))
def test_every_missing_model_is_said_in_one_line_with_its_node(comfy: ComfyHost, name: str):
    with pytest.raises(HeadlessError) as error:
        comfy.run(small(api(name)))
    lines = str(error.value).strip().splitlines()
    wanted = [
        (node["_meta"]["title"], node["inputs"][key])
        for node in api(name).values()
        for key in ("ckpt_name", "control_net_name", "vae_name", "model")
        if key in node["inputs"] and node["class_type"] in LOADERS
    ]
    assert len(lines) == len(wanted) > 0
    for title, file in wanted:
        assert any(
            f"{title!r}" in line and file.removeprefix("models/") in line and len(line) < 250 for line in lines
        ), file
