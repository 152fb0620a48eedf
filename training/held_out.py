"""What is kept out of training to measure generalisation: 40 whole actions, and single wordings of the others.

    python -m avatar_scene.training.held_out --data POSES     choose the actions anew and write held_out.json

*Actions.* Every category of the action book gives its share of the 40. Eligible are actions of which the motion capture
never speaks and whose words occur in few other actions, so that leaving them out in every wording leaves the rest of
the corpus whole; of these the ones with the smallest hash of their names are taken. The list is committed: it does not
move when the book grows.

*Wordings.* A wording of a trained action is held out if its hash is divisible by `WORDING_EVERY`, at most one an action
and never one of an action's last two; every caption that contains it goes, and its mirror image.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from .action_book.book import Book
from .data.groups import CaptionGroup
from .data.poses import PoseSet, swap_sides

FILE = Path(__file__).with_name("held_out.json")
ACTIONS = 40
WORDING_EVERY = 6
MOST_RELATIVES = 4  # other actions that may lose a caption to a held-out one
_SAID = 2 / 3  # share of a wording's words by which a caption says the same
_STOP_WORDS = """
    a an the is are of to with and in on at by for from into onto over under up down out off as while his her their its
    someone something person people man woman boy girl one two both it he she they who that this about back front very
"""
_STOP = frozenset(_STOP_WORDS.split())


def stems(text: str) -> frozenset[str]:
    """The words of a text that carry meaning, without endings: "boxers punching" -> {"boxer", "punch"}."""
    return frozenset(_stem(word) for word in re.findall(r"[a-z]+", text.lower()) if word not in _STOP)


@cache
def _stem(word: str) -> str:
    for ending in ("ing", "ies", "ed", "es", "s", "er"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    return word[:-1] if len(word) > 3 and (word[-1] == word[-2] or word[-1] in "ey") else word


class Speech:
    """Which of some wordings a caption says in other words."""

    def __init__(self, wordings: Iterable[tuple[str, str]]):
        """wordings: (owner, text) pairs."""
        self.wordings = [(owner, stems(text)) for owner, text in wordings]
        self.having: dict[str, list[int]] = defaultdict(list)
        for number, (_, words) in enumerate(self.wordings):
            for word in words:
                self.having[word].append(number)

    def owners(self, caption: str) -> set[str]:
        """Owners of the wordings of which the caption has two thirds of the words (and two, if there are as many)."""
        shared = Counter(number for word in stems(caption) for number in self.having.get(word, ()))
        found = set()
        for number, count in shared.items():
            owner, words = self.wordings[number]
            if count >= max(min(2, len(words)), _SAID * len(words)):
                found.add(owner)
        return found


@dataclass(frozen=True)
class HeldOut:
    """Actions (by name) and single wordings (lower case) that a model has not been trained on."""

    actions: frozenset[str]
    wordings: frozenset[str]
    speech: Speech

    def holds_action(self, name: str) -> bool:
        """Whether this action of a pose set is held out, in the mirror too."""
        return name.removesuffix(" (mirrored)") in self.actions

    def holds_caption(self, caption: str) -> bool:
        """Whether a caption is a held-out wording, contains one, or speaks of a held-out action."""
        return self.wording_in(caption) is not None or bool(self.speech.owners(caption))

    def wording_in(self, caption: str) -> str | None:
        """The held-out wording that a caption contains."""
        text = caption.lower()
        return next((wording for wording in self.wordings if wording in text), None)

    def leave_out(self, poses: PoseSet) -> PoseSet:
        """The poses of trained actions, with the captions that may be seen."""
        kept = poses.select(np.array([not self.holds_action(name) for name in poses.action]))
        seen = {text: not self.holds_caption(text) for texts in kept.captions for text in texts}
        return replace(kept, captions=[[text for text in texts if seen[text]] for texts in kept.captions])

    def leave_out_groups(self, groups: list[CaptionGroup]) -> list[CaptionGroup]:
        """Groups of captions without those that must not be seen."""
        rest = [
            replace(group, captions=tuple(text for text in group.captions if not self.holds_caption(text)))
            for group in groups
        ]
        return [group for group in rest if group.captions]


@dataclass(frozen=True)
class Entry:
    """What is said of an action of the book."""

    name: str
    group: str
    captions: tuple[str, ...]

    def spoken(self) -> list[str]:
        """The name and the wordings, and what they become in the mirror."""
        texts = [self.name.replace("_", " "), *self.captions]
        return texts + [swap_sides(text) for text in texts]


def book_entries() -> list[Entry]:
    """Every action of the authored book."""
    book = Book.load()
    pick = lambda name, key: book.entries[name].get(key, ())  # noqa: E731
    return [Entry(name, str(pick(name, "group")), tuple(pick(name, "captions"))) for name in book.action_names]


def load_held_out(path: Path = FILE, entries: list[Entry] | None = None) -> HeldOut:
    """The committed list of actions, and the wordings that the rule picks from the book."""
    entries = book_entries() if entries is None else entries
    listed = json.loads(path.read_text(encoding="utf-8"))["actions"]
    names = frozenset(name for members in listed.values() for name in members)
    said = [(entry.name, text) for entry in entries if entry.name in names for text in entry.spoken()]
    return HeldOut(names, held_wordings(entries, names), Speech(said))


def held_wordings(entries: list[Entry], actions: Iterable[str]) -> frozenset[str]:
    """One wording of about every `WORDING_EVERY`-th of the actions that are trained on, mirror images included."""
    result = set()
    for entry in entries:
        picked = [text.lower() for text in entry.captions if _hash(text) % WORDING_EVERY == 0]
        if entry.name not in actions and picked and len(entry.captions) > 2:
            text = min(picked, key=_hash)
            result |= {text, swap_sides(text)}
    return frozenset(result)


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.lower().encode()).digest()[:8], "big")


def choose(entries: list[Entry], mocap_captions: set[str]) -> dict[str, list[str]]:
    """Category -> names of the actions to hold out, by the rule in the module's docstring."""
    speech = Speech((entry.name, text) for entry in entries for text in entry.spoken())
    relatives: dict[str, set[str]] = {entry.name: set() for entry in entries}
    groups: dict[str, list[str]] = defaultdict(list)
    for entry in entries:
        groups[entry.group].append(entry.name)
        for text in entry.captions:
            for owner in speech.owners(text) - {entry.name}:
                relatives[owner].add(entry.name)
    in_mocap = {owner for text in mocap_captions for owner in speech.owners(text)}
    exact = {group: ACTIONS * len(members) / len(entries) for group, members in groups.items()}
    quota = {group: int(share) for group, share in exact.items()}
    by_remainder = sorted(exact, key=lambda group: (quota[group] - exact[group], group))
    for group in by_remainder[: ACTIONS - sum(quota.values())]:
        quota[group] += 1
    chosen = {}
    for group in sorted(groups):
        fit = [name for name in groups[group] if name not in in_mocap and len(relatives[name]) <= MOST_RELATIVES]
        chosen[group] = sorted(sorted(fit, key=_hash)[: quota[group]])
    return chosen


def main() -> None:
    from .data.mocap import load_mocap

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="folder of the mocap poses (or AVATAR_SCENE_POSES)")
    options = parser.parse_args()
    sets = [load_mocap(options.data, split) for split in ("train", "val", "test")]
    captions = {text for poses in sets for texts in poses.captions for text in texts}
    chosen = choose(book_entries(), captions)
    FILE.write_text(json.dumps({"actions": chosen}, indent=1) + "\n", encoding="utf-8")
    held = load_held_out()
    print(f"{len(held.actions)} actions, {len(held.wordings)} wordings with their mirror images")


if __name__ == "__main__":
    main()
