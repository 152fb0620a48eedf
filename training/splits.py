"""What the table is measured on: new people, actions never trained on, unseen wordings of trained actions."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from .data.poses import PoseSet, swap_sides
from .held_out import HeldOut, book_entries


@dataclass(frozen=True)
class Split:
    """Texts, the action each belongs to, and the poses that show them (`captions` are these very texts)."""

    name: str
    texts: list[str]
    actions: list[str]
    real: PoseSet


def make_split(name: str, real: PoseSet, most: int) -> Split:
    """At most `most` of the captions of a set, from as many actions as there are: the first of each, the second, ..."""
    of_action: dict[str, set[str]] = defaultdict(set)
    for action, captions in zip(real.action, real.captions):
        of_action[action].update(captions)
    ordered = {action: sorted(texts, key=_order) for action, texts in of_action.items()}
    rounds = max((len(texts) for texts in ordered.values()), default=0)
    pairs = [(ordered[a][k], a) for k in range(rounds) for a in sorted(ordered, key=_order) if k < len(ordered[a])]
    chosen = dict(pairs[:most])  # a text that two actions share belongs to the last
    return Split(name, list(chosen), list(chosen.values()), real)


def held_out_splits(book: PoseSet, held: HeldOut, most: int) -> list[Split]:
    """The two splits of the action book; `book` is the whole of it."""
    said = {
        entry.name: [text.lower() for caption in entry.captions for text in {caption, swap_sides(caption)}]
        for entry in book_entries()
        if entry.name in held.actions
    }
    unseen = _with_wordings(book, lambda action: said.get(action.removesuffix(" (mirrored)"), ()))
    wordings = _with_wordings(book, lambda action: () if held.holds_action(action) else held.wordings)
    return [
        make_split("actions never trained on", unseen, most),
        make_split("unseen wordings of trained actions", wordings, most),
    ]


def _with_wordings(book: PoseSet, wordings: Callable[[str], Iterable[str]]) -> PoseSet:
    """The rows whose captions contain one of the wordings of their action, which take the captions' place."""
    found: dict[tuple[str, str], list[str]] = {}
    captions = []
    for action, texts in zip(book.action, book.captions):
        for text in texts:
            if (action, text) not in found:
                found[action, text] = [wording for wording in wordings(action) if wording in text.lower()]
        captions.append(sorted({wording for text in texts for wording in found[action, text]}))
    rows = np.array([bool(texts) for texts in captions])
    return replace(book, captions=captions).select(rows)


def _order(text: str) -> bytes:
    """A fixed order that has nothing to do with the alphabet."""
    return hashlib.sha256(text.encode()).digest()
