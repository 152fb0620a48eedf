"""Reader for the poses solved from the action book (`poses.npz` and `captions.json` beside it)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from ...pose_prior.hands import FINGER_STATES
from .poses import PoseSet, group_weights

BOOK = Path(__file__).resolve().parents[1] / "action_book" / "poses.npz"


def load_book(path: str | Path | None = None) -> PoseSet:
    """All poses of the book, mirrored ones included; actions of little variety are drawn less often.

    Reads `body`, `root`, `action`, `mirrored`, `weight`, `left_hand` and `right_hand` (one row a pose), and captions:
    one entry a row in `captions.json`, or one entry an action in `<name>.json` (`name`, `captions`, `mirrored`).
    """
    path = BOOK if path is None else Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"action book: no poses at '{path}'; solve the book first")
    arrays = np.load(path, allow_pickle=False)
    action, mirrored = arrays["action"], arrays["mirrored"].astype(bool)
    names, captions = _captions(path, action, mirrored)
    hands = np.full((len(action), 2), -1)
    for side, key in enumerate(("left_hand", "right_hand")):
        if key in arrays:
            hands[:, side] = [FINGER_STATES.index(str(state)) for state in arrays[key]]
    return PoseSet(
        arrays["body"].astype(np.float32),
        arrays["root"].astype(np.float32),
        arrays["weight"] if "weight" in arrays else group_weights(names),
        names,
        captions,
        hands=hands,
    )


def _captions(path: Path, action: np.ndarray, mirrored: np.ndarray) -> tuple[list[str], list[list[str]]]:
    """Names and captions of every row."""
    by_row = path.with_name("captions.json")
    if by_row.is_file():
        table = json.loads(by_row.read_text(encoding="utf-8"))
        return [row["action"] for row in table], [row["captions"] for row in table]
    table = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    entries = [table[str(index)] for index in action]
    names = [entry["name"] + (" (mirrored)" if flip else "") for entry, flip in zip(entries, mirrored)]
    return names, [entry["mirrored" if flip else "captions"] for entry, flip in zip(entries, mirrored)]
