"""Automatic captions: phrasings for what `geometry.py` sees (`descriptions.yaml`, `situations.yaml`), in groups."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import yaml

from .groups import CaptionGroup
from .poses import swap_sides

_HERE = Path(__file__).resolve().parent
MIN_POSES = 6  # facts that fewer poses show are not spoken of
SUBJECTS = ("a person", "a person", "a person", "someone", "a man", "a woman")


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(" ".join(phrase.split()) for phrase in text.split(";"))


PLACES = _phrases("""
    in the park; on the beach; in the garden; in the street; at home; in the kitchen; in the forest; on a
    mountain; in the snow; in the rain; at sunset; at night; in the city; in the desert; on a rooftop; by the
    river; near a lake; at the office; in a cafe; in the living room; on a stage; in a castle; on the moon; in
    space; in a museum; at school; at the station; on a bridge; in a field; on a ship; under a tree; in front of
    a crowd; in front of a house; in a temple; on the roof; at a party; in a cave; in a library; at the gym; in
    a studio; in the fog; under the stars; with a dog nearby; beside a car; in a red jacket; wearing a hat; in
    an old village; at the market; in the jungle; on the street corner; beside the pool; in a spaceship; on a
    boat
""")


def rows_of(query: str, facts: dict[str, np.ndarray]) -> np.ndarray:
    """(N,) bool: where a query such as "sitting & !looking_up | lying" holds. Raises ValueError on unknown facts."""
    result = None
    nobody = np.zeros(len(next(iter(facts.values()))), bool)  # an action that is not in this corpus
    for alternative in query.split("|"):
        holds = None
        for term in alternative.split("&"):
            name = term.strip()
            negated, name = name.startswith("!"), name.lstrip("! ")
            if name not in facts and not name.startswith("action_"):
                raise ValueError(f"query {query!r}: there is no fact called {name!r}")
            value = facts.get(name, nobody)
            value = ~value if negated else value
            holds = value if holds is None else holds & value
        result = holds if result is None else result | holds
    return result


def geometry_groups(facts: dict[str, np.ndarray], seed: int = 0) -> list[CaptionGroup]:
    """What is seen: every posture, every detail, and details in a posture, each with several phrasings."""
    with open(_HERE / "descriptions.yaml", encoding="utf-8") as file:
        table = yaml.safe_load(file)
    speak = _Speaker(seed)
    postures = [(entry, rows_of(entry["if"], facts)) for entry in _with_twins(table["postures"])]
    details = [(entry, rows_of(entry["if"], facts)) for entry in _with_twins(table["details"])]
    groups = []
    for entry, holds in postures:
        if holds.sum() >= MIN_POSES:
            texts = [speak.sentence(phrase, place) for phrase in entry["say"] for place in (False, True)]
            groups.append(CaptionGroup(entry["if"], tuple(texts), np.flatnonzero(holds), 2.0))
    for entry, holds in details:
        if holds.sum() < MIN_POSES:
            continue
        texts = [speak.sentence(phrase, place) for phrase in entry["say"] for place in (False, True)]
        texts += [speak.sentence("standing with " + phrase, False) for phrase in entry["with"]]
        standing = np.flatnonzero(holds & facts["on_feet"])
        rows = standing if len(standing) >= MIN_POSES else np.flatnonzero(holds)
        groups.append(CaptionGroup(entry["if"], tuple(texts), rows, 2.0))
    for posture, in_posture in postures:
        for detail, holds in details:
            both = in_posture & holds
            if both.sum() < MIN_POSES or both.sum() > 0.9 * in_posture.sum():
                continue
            texts = [speak.combined(posture["say"], detail) for _ in range(4)]
            name = f"{posture['if']} + {detail['if']}"
            groups.append(CaptionGroup(name, tuple(dict.fromkeys(texts)), np.flatnonzero(both), 0.4))
    return groups


def situation_groups(facts: dict[str, np.ndarray], excluded: set[str], seed: int = 0) -> list[CaptionGroup]:
    """What people do in the poses that a query finds, one group a query of `situations.yaml`.

    Phrases in `excluded` (prompts kept for evaluation) are left out.
    """
    with open(_HERE / "situations.yaml", encoding="utf-8") as file:
        table = yaml.safe_load(file)
    speak = _Speaker(seed)
    groups = []
    for entry in _with_twins(table):
        rows = np.flatnonzero(rows_of(entry["if"], facts))
        phrases = [phrase for phrase in entry["say"] if phrase.lower() not in excluded]
        if len(rows) < MIN_POSES or not phrases:
            continue
        texts = [speak.sentence(phrase, False) for phrase in phrases]
        texts += [speak.sentence(phrase, True) for phrase in phrases[::3]]
        groups.append(CaptionGroup(entry["if"], tuple(texts), rows, len(phrases) ** 0.5))
    return groups


def _with_twins(entries: list[dict]) -> list[dict]:
    """The entries, each one-sided one followed by its mirror image."""
    result = []
    for entry in entries:
        result.append(entry)
        twin = {
            key: swap_sides(value) if isinstance(value, str) else [swap_sides(text) for text in value]
            for key, value in entry.items()
        }
        if twin["if"] != entry["if"]:
            result.append(twin)
    return result


class _Speaker:
    """Varies how a phrase is put, the same way for the same seed."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)

    def sentence(self, phrase: str, with_place: bool) -> str:
        """ "kneeling" -> "a woman is kneeling in the park"."""
        subject = self.random.choice(SUBJECTS)
        place = " " + self.random.choice(PLACES) if with_place else ""
        return f"{subject} is {phrase}{place}"

    def combined(self, postures: list[str], detail: dict) -> str:
        """A posture and a detail in one sentence."""
        posture, say, extra = (self.random.choice(values) for values in (postures, detail["say"], detail["with"]))
        form = self.random.random()
        if form < 0.4:
            phrase = f"{posture} with {extra}"
        elif form < 0.65:
            phrase = f"{posture} and {say}"
        elif form < 0.85:
            phrase = f"{say} while {posture}"
        else:
            phrase = f"{posture}, {extra}"
        return self.sentence(phrase, self.random.random() < 0.25)
