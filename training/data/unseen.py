"""The prompts that poses are judged by, kept out of every training."""

from __future__ import annotations

import functools
import json
import re
from dataclasses import replace
from pathlib import Path

from ...pose_prior.prompts import normalise
from .groups import CaptionGroup

_FOLDER = Path(__file__).resolve().parents[1]
PROMPTS = _FOLDER / "prompts.txt"
FACT_PROMPTS = (_FOLDER / "prompt_facts.json", _FOLDER / "prompt_facts_2.json")
_SUBJECT = re.compile(r"^(?:an?|the|my) (?:person|man|woman|avatar) (?:is )?|^(?:someone|somebody) (?:is )?")


@functools.cache
def unseen_prompts() -> frozenset[str]:
    """What the 390 prompts and the prompts scored by facts say, as `said` gives it."""
    texts = PROMPTS.read_text(encoding="utf-8").splitlines()
    for file in FACT_PROMPTS:
        texts += [entry["prompt"] for entry in json.loads(file.read_text(encoding="utf-8"))]
    return frozenset(said(text) for text in texts if text.strip())


def said(text: str) -> str:
    """The text in lower case without a subject that says nothing: "A person is brushing teeth" -> "brushing teeth"."""
    return _SUBJECT.sub("", normalise(text).text)


def without_unseen(groups: list[CaptionGroup]) -> list[CaptionGroup]:
    """The groups without captions that say what a judging prompt says; a group without captions is left out."""
    kept = []
    for group in groups:
        captions = tuple(caption for caption in group.captions if said(caption) not in unseen_prompts())
        if captions:
            share = group.share * len(captions) / len(group.captions)
            kept.append(replace(group, captions=captions, share=share))
    return kept
