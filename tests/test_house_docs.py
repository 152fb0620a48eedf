"""Every node has a help page that names every input, and every page has a node."""

from __future__ import annotations

import re

import pytest
from host import ROOT, ComfyHost

DOCS = ROOT / "web" / "docs"


@pytest.mark.host
def test_every_input_of_every_node_is_on_its_help_page(comfy: ComfyHost):
    nodes = {
        name: info for name, info in comfy.server.get("/object_info").items() if "avatar-scene" in info["category"]
    }
    assert {path.stem for path in DOCS.glob("*.md")} == set(nodes)
    for name, info in nodes.items():
        page = (DOCS / f"{name}.md").read_text("utf-8")
        for group in ("required", "optional"):
            missing = [key for key in info["input"].get(group, {}) if f"`{key}`" not in page]
            assert not missing, f"web/docs/{name}.md does not explain {', '.join(missing)}"


def test_every_picture_of_the_help_pages_is_there_and_used():
    shown = {
        name for page in DOCS.glob("*.md") for name in re.findall(r"!\[[^\]]+\]\(\./(.+?)\)", page.read_text("utf-8"))
    }
    assert shown == {path.name for path in DOCS.iterdir() if path.suffix != ".md"}
