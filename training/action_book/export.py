"""Training data from solved actions: `poses.npz` and `captions.json`, mirrored copies included."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...pose_prior.hands import FINGER_STATES
from ...smpl import MIRROR
from .book import Action, Spec
from .captions import names_a_side, pose_captions
from .mirror import mirror_hands
from .solver import SolvedAction

CAPTIONS_PER_POSE = 3
POSES, CAPTIONS = "poses.npz", "captions.json"
MIN_POSES = 8  # an action of which fewer poses were found is left out
_STEP = 1 / 256  # radians; rounding to 0.2 degrees lets the file shrink by a third
_VARIED_CM = 10.0  # spread from which an action counts fully
_LEAST_WEIGHT = 0.25
_FLIP = np.array([1.0, -1.0, -1.0], np.float32)
_BODY_MIRROR = [joint - 1 for joint in MIRROR[1:22]]


@dataclass(frozen=True)
class ShownPoses:
    """What a picture of an action needs: body (n, 21, 3), root (n, 3) axis-angle float32; base (n,); finger states."""

    body: np.ndarray
    root: np.ndarray
    base: np.ndarray
    hands: list[dict[str, str]]


def shown_poses(action: Action, poses: SolvedAction) -> ShownPoses:
    """Solved poses with the finger states of their branches."""
    hands = [pose_hands(action.specs[base], picks) for base, picks in zip(poses.base, poses.picks.tolist())]
    return ShownPoses(poses.body, poses.root, poses.base, hands)


def exported_poses(path: str | Path) -> dict[str, ShownPoses]:
    """Action -> its poses in an exported `poses.npz`, without the mirror images."""
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    found = {}
    for number, name in enumerate(arrays["names"].tolist()):
        rows = np.flatnonzero((arrays["action"] == number) & (arrays["mirrored"] == 0))
        states = zip(arrays["left_hand"][rows].tolist(), arrays["right_hand"][rows].tolist())
        found[name] = ShownPoses(
            arrays["body"][rows].astype(np.float32),
            arrays["root"][rows].astype(np.float32),
            arrays["base"][rows],
            [{"left": left, "right": right} for left, right in states],
        )
    return found


def export_book(solved: list[tuple[Action, SolvedAction]], folder: str | Path) -> str:
    """Write the poses of all actions and their mirror images; returns a line that says how many.

    poses.npz: body (N, 21, 3) and root (N, 3) float16 axis-angle, heading removed; action (N,) int32 index into
    `names`; mirrored (N,) uint8; base (N,) the specification's number; picks (N, G) int8 the branch every group drew,
    -1 for none; left_hand, right_hand (N,) finger states; weight (N,) float32, less for actions of little variety;
    names (A,).
    captions.json: as `write_captions` says.
    """
    solved = [(action, poses) for action, poses in solved if len(poses.body) >= MIN_POSES]
    if not solved:
        raise ValueError("action book: nothing is solved yet; run solve first")
    columns: dict[str, list[np.ndarray]] = {}
    groups = max(poses.picks.shape[1] for _, poses in solved)
    for number, (action, poses) in enumerate(solved):
        for mirrored in (False, True):
            for name, values in _rows(action, poses, number, mirrored, groups).items():
                columns.setdefault(name, []).append(values)
    arrays = {name: np.concatenate(parts) for name, parts in columns.items()}
    arrays["names"] = np.array([action.name for action, _ in solved])
    _write(Path(folder) / POSES, lambda file: np.savez_compressed(file, **arrays))
    actions = [action for action, _ in solved]
    captions = write_captions(actions, folder)
    return f"{len(actions)} actions, {len(arrays['body'])} poses with their mirror images, {captions}"


def write_captions(actions: list[Action], folder: str | Path) -> str:
    """Write `captions.json` for the poses beside it, from the wordings as they are now; returns how many there are.

    One {"action", "captions"} a row. A mirrored row of an action that names a side is called "<name> (mirrored)", since
    it is another action to a reader. Raises ValueError if a pose was solved from a base or branch that is gone.
    """
    with np.load(Path(folder) / POSES, allow_pickle=False) as file:
        arrays = {name: file[name] for name in ("names", "action", "mirrored", "base", "picks")}
    known = {action.name: action for action in actions}
    sided = {action.name for action in actions if names_a_side(action)}
    table: list[dict] = []
    counted: Counter[tuple[str, bool]] = Counter()
    for number, mirrored, base, picks in zip(*(arrays[name] for name in ("action", "mirrored", "base", "picks"))):
        name, mirrored = str(arrays["names"][number]), bool(mirrored)
        if name not in known:
            raise ValueError(f"action '{name}': there are poses of it, but the book has it no more; solve and export")
        action = known[name]
        _check_branches(action, base, picks)
        seed = f"{counted[name, mirrored]} {'mirrored' if mirrored else ''}"
        counted[name, mirrored] += 1
        captions = pose_captions(action, int(base), picks.tolist(), mirrored, CAPTIONS_PER_POSE, seed)
        table.append({"action": f"{name} (mirrored)" if mirrored and name in sided else name, "captions": captions})
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in table)
    _write(Path(folder) / CAPTIONS, lambda file: file.write(f"[\n{lines}\n]\n".encode()))
    return f"{len({caption for row in table for caption in row['captions']})} distinct captions"


def _check_branches(action: Action, base: int, picks: np.ndarray) -> None:
    groups = action.specs[base].groups if base < len(action.specs) else None
    if groups is None or any(pick >= len(group) for group, pick in zip(groups, picks)):
        raise ValueError(f"action '{action.name}': its poses come from other bases or branches; solve and export")


def variety_weight(action: Action, poses: SolvedAction) -> float:
    """The author's weight, less where the poses of an action are nearly one pose."""
    return action.weight * float(np.clip(poses.report["spread_cm"] / _VARIED_CM, _LEAST_WEIGHT, 1.0))


def pose_hands(spec: Spec, picks: list[int]) -> dict[str, str]:
    """Finger states of both hands: relaxed, unless the action or a drawn branch says otherwise."""
    hands = {"left": FINGER_STATES[0], "right": FINGER_STATES[0], **spec.hands}
    for group, pick in zip(spec.groups, picks):
        if pick >= 0:
            hands |= group[pick].hands
    return hands


def _rows(action: Action, poses: SolvedAction, number: int, mirrored: bool, groups: int) -> dict[str, np.ndarray]:
    """The arrays of one action, as solved or as seen in the mirror. groups: columns of `picks`."""
    count = len(poses.body)
    body, root = poses.body, poses.root
    if mirrored:
        body, root = body[:, _BODY_MIRROR] * _FLIP, root * _FLIP
    hands = [pose_hands(action.specs[b], list(p)) for b, p in zip(poses.base, poses.picks)]
    hands = [mirror_hands(states) for states in hands] if mirrored else hands
    rounded = lambda values: (np.round(values / _STEP) * _STEP).astype(np.float16)  # noqa: E731
    return {
        "body": rounded(body),
        "root": rounded(root),
        "action": np.full(count, number, np.int32),
        "mirrored": np.full(count, mirrored, np.uint8),
        "base": poses.base.astype(np.int8),
        "picks": np.pad(poses.picks, ((0, 0), (0, groups - poses.picks.shape[1])), constant_values=-1).astype(np.int8),
        "left_hand": np.array([states["left"] for states in hands]),
        "right_hand": np.array([states["right"] for states in hands]),
        "weight": np.full(count, variety_weight(action, poses) / count, np.float32),
    }


def _write(path: Path, write) -> None:
    """Write beside the file and replace it: a reader never sees half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    with open(temporary, "wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
