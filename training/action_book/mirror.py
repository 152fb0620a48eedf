"""Left and right exchanged in facts, props, words and hands."""

from __future__ import annotations

import re
from dataclasses import replace

from .schema import Fact, Range

_OTHER = {"left": "right", "right": "left", "l": "r", "r": "l", "l_": "r_", "r_": "l_"}
# Unsided vectors that point to the person's left: a mirror turns them round.
LEFTWARD = ("pelvis_left", "chest_left", "head_left", "shoulders", "hips")


def mirror_name(text: str) -> str:
    """Anchor, segment or direction with its side exchanged: "l_palm" -> "r_palm", "fwd+left" -> "fwd+right"."""
    text = re.sub(r"\b[lr]_", lambda match: _OTHER[match[0]], text)
    return re.sub(r"\b(?<!_)(left|right)\b", lambda match: _OTHER[match[0]], text)


def mirror_words(text: str) -> str:
    """A caption with the words left and right exchanged, also in left-handed; capitals are kept."""

    def other(match: re.Match) -> str:
        word = _OTHER[match[0].lower()]
        return word.capitalize() if match[0][0].isupper() else word

    return re.sub(r"\b(left|right)(?=\b|_)", other, text, flags=re.IGNORECASE)


def mirror_fact(fact: Fact) -> Fact:
    """The fact that holds for the mirrored pose when `fact` holds for the pose."""
    subjects = tuple(_mirror_subject(subject) for subject in fact.subjects)
    if fact.kind == "grip":
        subjects = (_OTHER[fact.subjects[0]], fact.subjects[1])
    if fact.kind == "dir" and fact.subjects[0] in LEFTWARD:
        subjects = (subjects[0], negated(subjects[1]))
    if fact.kind == "dir" and isinstance(subjects[1], str) and subjects[1].lstrip("-") in LEFTWARD:
        subjects = (subjects[0], negated(subjects[1]))
    ranges = tuple((name, _negated_range(r) if _reverses(fact, name) else r) for name, r in fact.ranges)
    if fact.kind == "between" and sum(subject in LEFTWARD for subject in subjects) == 1:
        ranges = tuple((name, (180.0 - high, 180.0 - low)) for name, (low, high) in ranges)
    return replace(fact, subjects=subjects, ranges=ranges, source=fact.source + " mirrored")


def negated(direction: object) -> object:
    """The opposite of a direction expression."""
    if isinstance(direction, tuple):
        return tuple(-part for part in direction)
    return direction[1:] if direction.startswith("-") else "-" + direction


def mirror_props(props: dict[str, dict]) -> dict[str, dict]:
    """Props with their start direction and place mirrored."""
    mirrored = {}
    for name, prop in props.items():
        prop = dict(prop)
        if "dir" in prop:
            direction = prop["dir"]
            prop["dir"] = mirror_name(direction) if isinstance(direction, str) else [-direction[0], *direction[1:]]
        if "near" in prop:
            prop["near"] = mirror_name(prop["near"])
        mirrored[name] = prop
    return mirrored


def mirror_root(root: dict) -> dict:
    """Start orientation: yaw and roll change sign, pitch stays."""
    flip = lambda value: [-value[1], -value[0]] if isinstance(value, list) else -value  # noqa: E731
    return {name: flip(value) if name in ("yaw", "roll") else value for name, value in root.items()}


def mirror_hands(hands: dict[str, str]) -> dict[str, str]:
    """{"left": "fist"} -> {"right": "fist"}."""
    return {_OTHER.get(side, side): state for side, state in hands.items()}


def _mirror_subject(subject: object) -> object:
    if isinstance(subject, tuple):
        return (-subject[0], *subject[1:])
    return subject if subject.lstrip("-") in LEFTWARD else mirror_name(subject)


def _reverses(fact: Fact, name: str) -> bool:
    """Whether the range is signed towards the left."""
    subject = fact.subjects[0]
    if fact.kind == "at":  # out of an unsided point is left
        return name == "left" or (name == "out" and not subject.startswith(("l_", "r_")))
    if fact.kind == "lean":
        return subject in ("side", "twist")
    if fact.kind == "turn":
        return True
    if fact.kind == "elev":
        return subject in LEFTWARD
    return fact.kind == "azim" and not subject.startswith(("l_", "r_"))


def _negated_range(value: Range) -> Range:
    return -value[1], -value[0]
