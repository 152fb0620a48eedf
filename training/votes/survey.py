"""A survey: one self-contained HTML page for the raters, and a key that stays with whoever asks."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import random
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

PAGE = Path(__file__).with_name("page.html")
SIDE = 512  # pixels; larger pictures are made smaller
QUALITY = 90  # of the JPEGs in the page


@dataclass(frozen=True)
class Pair:
    """A text and the pictures that two systems made for it."""

    text: str
    pictures: dict[str, Image.Image]  # system -> picture; exactly two


def make_survey(pairs: list[Pair], seed: int = 0) -> tuple[str, dict]:
    """The page and its key. Pairs come in random order, each with its systems on random sides.

    Nothing in the page tells the systems apart: no names, and pictures of one format and size without metadata. The
    key says for every pair which system stands on which side. Raises ValueError without pairs, or if pairs do not
    compare the same two systems.
    """
    if not pairs:
        raise ValueError("survey: there are no pairs to vote on")
    systems = sorted(pairs[0].pictures)
    if len(systems) != 2 or any(sorted(pair.pictures) != systems for pair in pairs):
        raise ValueError("survey: every pair must hold one picture of each of the same two systems")
    draw = random.Random(seed)
    texts = json.dumps([[pair.text for pair in pairs], systems, seed])
    survey = {"id": hashlib.sha256(texts.encode()).hexdigest()[:8], "pairs": []}
    key: dict = {"survey": survey["id"], "systems": systems, "pairs": {}}
    for number, pair in enumerate(draw.sample(pairs, len(pairs))):
        sides = draw.sample(systems, 2)
        shown = {side: _data_uri(pair.pictures[system]) for side, system in zip(("left", "right"), sides)}
        name = str(number)
        survey["pairs"].append({"id": name, "text": pair.text, **shown})
        key["pairs"][name] = {"text": pair.text, "left": sides[0], "right": sides[1]}
    content = json.dumps(survey, ensure_ascii=True).replace("<", "\\u003c")  # a text cannot end the script
    return PAGE.read_text(encoding="utf-8").replace("/*SURVEY*/null", content), key


def write_survey(pairs: list[Pair], page: Path, seed: int = 0) -> Path:
    """Write the page, and beside it `<name>.key.json`, whose path is returned."""
    text, key = make_survey(pairs, seed)
    page.write_text(text, encoding="utf-8")
    place = page.with_suffix(".key.json")
    place.write_text(json.dumps(key, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return place


def _data_uri(picture: Image.Image) -> str:
    """A JPEG of at most SIDE x SIDE pixels, before white."""
    rgba = picture.convert("RGBA")
    flat = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    flat.thumbnail((SIDE, SIDE))
    buffer = io.BytesIO()
    flat.save(buffer, "JPEG", quality=QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
