"""Everything the text-conditioned models are trained on: poses of all sources and the groups of captions about them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from .book import BOOK, load_book
from .captions import CaptionBank
from .describe import geometry_groups, situation_groups
from .geometry import Measures, facts
from .groups import CaptionGroup, PairSampler, action_groups
from .mocap import load_mocap
from .poses import PoseSet, concatenate
from .skeleton import rest_joints

PROMPTS = Path(__file__).resolve().parents[1] / "prompts.txt"


@dataclass
class Corpus:
    """Poses, and the caption sources with their shares of the draws."""

    poses: PoseSet
    sources: list[tuple[list[CaptionGroup], float]]

    def captions(self) -> list[str]:
        """Every caption of every group, without repetition, in a fixed order."""
        return sorted({text for groups, _ in self.sources for group in groups for text in group.captions})

    def half(self, parity: int) -> Corpus:
        """The corpus restricted to every second pose; groups that lose all their poses are dropped."""
        keep = np.arange(len(self.poses)) // 7 % 2 == parity  # blocks of 7: neighbouring frames stay together
        sources = []
        for groups, share in self.sources:
            kept = [replace(group, rows=group.rows[keep[group.rows]]) for group in groups]
            sources.append(([group for group in kept if len(group.rows)], share))
        return Corpus(replace(self.poses, weight=self.poses.weight * keep), sources)

    def sampler(self, bank: CaptionBank) -> PairSampler:
        """Draws captions and poses; see `PairSampler`."""
        return PairSampler(self.sources, self.poses.weight, bank)


def load_corpus(config) -> Corpus:
    """The training corpus as a `PoseConfig` or `RankerConfig` mixes it.

    Action captions of mocap and book, and automatic captions (geometry and situations) about the poses of both.
    """
    mocap = load_mocap(config.data or None, "train").with_mirrored()
    sets, shares = [mocap], [1.0 if config.book == "none" else 1 - config.book_share]
    if config.book != "none":
        sets.append(load_book(config.book or BOOK))
        shares.append(config.book_share)
    poses = concatenate(sets, shares)
    seen = facts(Measures(poses.body, poses.root, rest_joints(config.body or None)))
    seen.update(action_facts(poses))
    excluded = set(PROMPTS.read_text(encoding="utf-8").lower().splitlines())
    automatic = config.geometry_share
    sources = [
        (action_groups(poses), 1 - automatic - config.situation_share),
        (geometry_groups(seen, config.seed), automatic),
        (situation_groups(seen, excluded, config.seed), config.situation_share),
    ]
    return Corpus(poses, sources)


def action_facts(poses: PoseSet) -> dict[str, np.ndarray]:
    """ "action_NAME" -> (N,) bool: the poses of an action and their mirror images."""
    names = np.array([name.removeprefix("mocap: ").removesuffix(" (mirrored)") for name in poses.action])
    return {f"action_{name}": names == name for name in set(names)}


def describe(corpus: Corpus) -> str:
    """One line about the size of the corpus."""
    groups = [len(groups) for groups, _ in corpus.sources]
    return f"{len(corpus.poses)} poses, {len(corpus.captions())} captions in {groups} groups"
