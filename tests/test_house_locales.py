"""Node texts in every language: ComfyUI reads them, they cover every node, and they name what the nodes have."""

from __future__ import annotations

import json

import pytest
from host import ROOT, ComfyHost

LOCALES = ROOT / "locales"
LANGUAGES = ["en", "zh", "ja", "fr", "es"]
SYNTAX = set("{}@|")  # has a meaning in the canvas' message format


def read(language: str, name: str) -> dict:
    return json.loads((LOCALES / language / f"{name}.json").read_text("utf-8"))


def golden() -> dict:
    return json.loads((ROOT / "tests" / "golden_schema.json").read_text("utf-8"))


def texts(value) -> list[str]:
    return [text for item in value.values() for text in (texts(item) if isinstance(item, dict) else [item])]


def test_these_are_the_languages():
    assert sorted(path.name for path in LOCALES.iterdir()) == sorted(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_node_and_input_has_its_text(language: str):
    nodes = read(language, "nodeDefs")
    assert set(nodes) >= set(golden())
    for name, node in golden().items():
        assert nodes[name]["display_name"] and nodes[name]["description"]
        assert set(nodes[name]["inputs"]) >= {pair[0] for pair in node["inputs"]}, f"{language}: {name}"
        assert all(text["tooltip"].strip() for text in nodes[name]["inputs"].values())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["main", "nodeDefs"])
def test_texts_are_plain(language: str, name: str):
    assert not [text for text in texts(read(language, name)) if SYNTAX & set(text)]
    assert set(read(language, "main")["dataTypes"]) == {"SMPL_POSE", "POSE_CODE", "AVATAR", "PAS_CAMERA"}


@pytest.mark.host
def test_the_english_file_says_what_the_nodes_say(comfy: ComfyHost):
    info = comfy.server.get("/object_info")
    nodes = {name: node for name, node in info.items() if node["category"].startswith("avatar-scene")}
    english = read("en", "nodeDefs")
    assert set(english) == set(nodes)
    for name, node in nodes.items():
        given = {**node["input"].get("required", {}), **node["input"].get("optional", {})}
        assert english[name]["display_name"] == node["display_name"]
        assert set(english[name]["inputs"]) == set(given), name
        assert [english[name]["outputs"][str(i)]["name"] for i in range(len(node["output_name"]))] == list(
            node["output_name"]
        )


@pytest.mark.host
def test_comfyui_serves_every_language(comfy: ComfyHost):
    served = comfy.server.get("/i18n")
    for language in LANGUAGES:
        assert served[language]["nodeDefs"]["PASOutpaint"] == read(language, "nodeDefs")["PASOutpaint"]
