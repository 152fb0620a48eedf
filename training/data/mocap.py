"""Reader for the shared motion-capture poses (`poses.npz` and `poses_clips.json`)."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from pathlib import Path

import numpy as np

from .poses import PoseSet, concatenate

KEY_FLOOR = 0.1  # a frame's weight within its clip is KEY_FLOOR + key**2: neutral frames are rare, never absent
AMBIGUOUS_CLIP = 0.3  # weight of a clip whose caption fits only some of its frames


def data_folder(folder: str | Path | None = None) -> Path:
    """The folder given, else the one named by the environment variable AVATAR_SCENE_POSES."""
    chosen = folder or os.environ.get("AVATAR_SCENE_POSES")
    if not chosen or not (Path(chosen) / "poses.npz").is_file():
        raise FileNotFoundError(
            f"pose data: no poses.npz in {str(chosen or '')!r}; give its folder with --data or AVATAR_SCENE_POSES"
        )
    return Path(chosen)


def load_mocap(folder: str | Path | None = None, split: str = "train") -> PoseSet:
    """The poses of one split ("train", "val" or "test": new people), without clips of unclear origin.

    Weights draw an action, then a clip, then a frame by how much of a key pose it is. Several folders, separated as in
    PATH, are one set; each is drawn by its number of actions.
    """
    chosen = str(folder or os.environ.get("AVATAR_SCENE_POSES") or "")
    if os.pathsep in chosen:
        sets = [load_mocap(part, split) for part in chosen.split(os.pathsep) if part]
        return concatenate(sets, [float(len(set(poses.action))) for poses in sets])
    folder = data_folder(chosen)
    arrays = np.load(folder / "poses.npz", allow_pickle=False)
    clips = json.loads((folder / "poses_clips.json").read_text(encoding="utf-8"))
    usable = np.array([clip["split"] == split and is_clean(clip) for clip in clips])
    rows = np.flatnonzero(usable[arrays["clip"]])
    clip = arrays["clip"][rows]
    weight = _clip_weights(clips, usable)[clip] * _frame_weights(clip, arrays["key"][rows].astype(np.float64))
    return PoseSet(
        arrays["body"][rows].astype(np.float32),
        arrays["root"][rows].astype(np.float32),
        weight,
        ["mocap: " + " ".join(clips[index]["actions"][:1]) for index in clip],
        [clips[index]["captions"] for index in clip],
    )


def is_clean(clip: dict) -> bool:
    """Whether the clip's own origin is stated (the deepmimic captures' is not)."""
    return clip["source"] != "deepmimic" and "not stated" not in clip["licence"]


def _clip_weights(clips: list[dict], usable: np.ndarray) -> np.ndarray:
    """Every action the same share, divided among its clips; a clip of several actions belongs to each in part."""
    of_action = defaultdict(list)
    for index in np.flatnonzero(usable):
        for action in clips[index]["actions"]:
            of_action[action].append(index)
    weight = np.zeros(len(clips))
    for members in of_action.values():
        for index in members:
            fit = AMBIGUOUS_CLIP if clips[index]["multi_action"] else 1.0
            weight[index] += fit / (len(members) * len(clips[index]["actions"]))
    return weight


def _frame_weights(clip: np.ndarray, key: np.ndarray) -> np.ndarray:
    """Each frame's share of its clip."""
    weight = KEY_FLOOR + key**2
    return weight / np.bincount(clip, weight)[clip]
