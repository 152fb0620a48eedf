"""What saved workflows rely on stays: node ids, input names, order and types, output names and order.

Widget values in canvas files are positional, so a rename, a reorder or a removal breaks the files people have. New
inputs and outputs go to the end. After such an addition, and before every release, write the golden file anew:

    PAS_COMFYUI=path/to/ComfyUI python tests/test_house_schema.py
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from host import COMFYUI, ROOT, ComfyHost, start_host

GOLDEN = ROOT / "tests" / "golden_schema.json"


def schema(object_info: dict) -> dict:
    """Node id -> its inputs as [name, type] (required ones first, as ComfyUI orders them) and outputs likewise."""
    nodes = {}
    for node, info in sorted(object_info.items()):
        if info["category"].startswith("avatar-scene"):
            given = {**info["input"].get("required", {}), **info["input"].get("optional", {})}
            order = [name for group in ("required", "optional") for name in info["input_order"].get(group, [])]
            nodes[node] = {
                "inputs": [[name, _type(given[name])] for name in order],
                "required": list(info["input"].get("required", {})),
                "outputs": [list(pair) for pair in zip(info["output_name"], info["output"])],
                "output_is_list": info["output_is_list"],
            }
    return nodes


def _type(spec: list) -> str:
    return spec[0] if isinstance(spec[0], str) else "COMBO"  # older hosts send a combo's options in its place


def breaks(old: dict, new: dict) -> list[str]:
    """What in `new` breaks workflows that were saved with `old`, one line each."""
    lines = [f"{node} is gone" for node in sorted(set(old) - set(new))]
    for node in sorted(set(old) & set(new)):
        for part in ("inputs", "outputs", "output_is_list"):
            kept = new[node][part][: len(old[node][part])]
            if kept != old[node][part]:
                lines.append(f"{node}: {part} were {old[node][part]}, now begin {kept}")
        added = [name for name in new[node]["required"] if name not in [pair[0] for pair in old[node]["inputs"]]]
        lines += [f"{node}: new input {name} is required, which old API workflows lack" for name in added]
    return lines


@pytest.mark.host
def test_saved_workflows_keep_their_meaning(comfy: ComfyHost):
    assert not breaks(json.loads(GOLDEN.read_text("utf-8")), schema(comfy.server.get("/object_info")))


@pytest.fixture
def saved() -> dict:
    return json.loads(GOLDEN.read_text("utf-8"))


def changed(saved: dict, change) -> list[str]:
    new = json.loads(json.dumps(saved))
    change(new["PASCamera"])
    return breaks(saved, new)


def test_what_is_appended_as_optional_is_allowed(saved: dict):
    assert not changed(saved, lambda node: node["inputs"].append(["new", "FLOAT"]))
    assert not changed(saved, lambda node: node["outputs"].append(["new", "IMAGE"]))


@pytest.mark.parametrize(
    "change",
    [
        lambda node: node["inputs"].reverse(),
        lambda node: node["inputs"].pop(0),
        lambda node: node["inputs"].insert(0, ["new", "FLOAT"]),
        lambda node: node["inputs"][0].__setitem__(0, "renamed"),
        lambda node: node["inputs"][0].__setitem__(1, "STRING"),
        lambda node: node["outputs"].pop(0),
        lambda node: node["required"].append("new"),
    ],
)
def test_what_would_break_saved_workflows_is_seen(saved: dict, change):
    assert changed(saved, change)


def test_a_removed_node_is_seen(saved: dict):
    assert breaks(saved, {node: value for node, value in saved.items() if node != "PasteAvatar"})


if __name__ == "__main__":
    if not COMFYUI:
        raise SystemExit("set PAS_COMFYUI to a ComfyUI source folder")
    with tempfile.TemporaryDirectory() as base, start_host(Path(base), cpu=True) as server:
        rows = json.dumps(schema(server.get("/object_info")), indent=1)
    GOLDEN.write_text(rows + "\n", encoding="utf-8")
