"""A set of captioned poses in memory, how they are mirrored and how they are drawn."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from ...smpl import MIRROR

_BODY_MIRROR = [joint - 1 for joint in MIRROR[1:22]]
_SIDES = re.compile(r"\b(left|right)(?=\b|-|_)", re.IGNORECASE)


@dataclass
class PoseSet:
    """N poses and what they are called.

    body:     (N, 21, 3) float32 axis-angle; root: (N, 3) float32, the tilt (heading removed).
    weight:   (N,) probability of drawing the pose, summing to 1.
    action:   N names; poses of one action differ only in how it is done.
    captions: N lists of captions of the pose's action.
    hands:    (N, 2) finger states of left and right hand, indices into `pose_prior.hands.FINGER_STATES`; -1 unknown.
    """

    body: np.ndarray
    root: np.ndarray
    weight: np.ndarray
    action: list[str]
    captions: list[list[str]]
    hands: np.ndarray | None = None

    def __post_init__(self) -> None:
        count = len(self.body)
        if self.hands is None:
            self.hands = np.full((count, 2), -1)
        for name in ("root", "weight", "action", "captions", "hands"):
            if len(getattr(self, name)) != count:
                raise ValueError(f"pose set: {len(getattr(self, name))} entries of '{name}' for {count} poses")
        self.weight = np.asarray(self.weight, np.float64) / max(np.sum(self.weight), 1e-12)

    def __len__(self) -> int:
        return len(self.body)

    def select(self, rows: np.ndarray) -> PoseSet:
        """The poses at `rows` (indices or a mask), with their weights in the same proportion."""
        rows = np.arange(len(self))[rows]
        pick = lambda values: [values[row] for row in rows]  # noqa: E731
        return PoseSet(
            self.body[rows],
            self.root[rows],
            self.weight[rows],
            pick(self.action),
            pick(self.captions),
            self.hands[rows],
        )

    def with_mirrored(self) -> PoseSet:
        """Twice the set: every pose followed, N rows later, by its mirror image with left/right words exchanged."""
        mirrored = PoseSet(
            mirror_body(self.body),
            mirror_root(self.root),
            self.weight,
            [swap_sides(name) for name in self.action],
            [[swap_sides(text) for text in texts] for texts in self.captions],
            self.hands[:, ::-1],
        )
        return concatenate([self, mirrored], [1.0, 1.0])


def concatenate(sets: list[PoseSet], shares: list[float]) -> PoseSet:
    """One set of several; a pose of set i is drawn `shares[i]` / sum(shares) of the time."""
    return PoseSet(
        np.concatenate([poses.body for poses in sets]),
        np.concatenate([poses.root for poses in sets]),
        np.concatenate([share * poses.weight for share, poses in zip(shares, sets)]),
        [name for poses in sets for name in poses.action],
        [texts for poses in sets for texts in poses.captions],
        np.concatenate([poses.hands for poses in sets]),
    )


def mirror_body(body: np.ndarray) -> np.ndarray:
    """(N, 21, 3) axis-angle, left and right exchanged."""
    return body[:, _BODY_MIRROR] * np.array([1, -1, -1], body.dtype)


def mirror_root(root: np.ndarray) -> np.ndarray:
    """(N, 3) axis-angle of the pelvis, reflected in the sagittal plane."""
    return root * np.array([1, -1, -1], root.dtype)


def swap_sides(text: str) -> str:
    """The text with the words left and right (also in left-handed, left_knee) exchanged, case kept."""

    def other(match: re.Match) -> str:
        word = "right" if match[0].lower() == "left" else "left"
        return word.capitalize() if match[0][0].isupper() else word

    return _SIDES.sub(other, text)


def group_weights(groups: list) -> np.ndarray:
    """(N,) weights that give every distinct group the same share, and its members equal parts of it."""
    _, member, size = np.unique(groups, return_inverse=True, return_counts=True)
    return 1.0 / (len(size) * size[member])
