"""Everything the text-conditioned models are trained on: poses of all sources and the groups of captions about them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..held_out import HeldOut, load_held_out
from .book import BOOK, load_book
from .captions import CaptionBank
from .describe import geometry_groups, situation_groups
from .geometry import Measures, facts
from .groups import CaptionGroup, PairSampler, Paraphrases, action_groups
from .mocap import load_mocap
from .poses import PoseSet, concatenate
from .skeleton import rest_joints
from .unseen import PROMPTS, without_unseen


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

    def paraphrases(self, bank: CaptionBank) -> Paraphrases:
        """Draws differences between captions of an action; see `Paraphrases`."""
        return Paraphrases(self.sources[0][0], bank)


def load_corpus(config) -> Corpus:
    """The training corpus as a `PoseConfig` or `RankerConfig` mixes it.

    Action captions of mocap and book, and automatic captions (geometry and situations) about the poses of both, without
    the prompts of `unseen`; with `hold_out`, without what `training/held_out.py` keeps for evaluation.
    """
    held = load_held_out() if config.hold_out else None
    poses = load_poses(config.data, config.book, config.book_share, held)
    seen = facts(Measures(poses.body, poses.root, rest_joints(config.body or None)))
    seen.update(action_facts(poses))
    excluded = set(PROMPTS.read_text(encoding="utf-8").lower().splitlines())
    automatic = config.geometry_share
    sources = [
        (action_groups(poses), 1 - automatic - config.situation_share),
        (geometry_groups(seen, config.caption_seed), automatic),
        (situation_groups(seen, excluded, config.caption_seed), config.situation_share),
    ]
    if held is not None:
        sources = [(held.leave_out_groups(groups), share) for groups, share in sources]
    return Corpus(poses, [(without_unseen(groups), share) for groups, share in sources])


def load_poses(data: str, book: str, book_share: float, held: HeldOut | None = None) -> PoseSet:
    """Mocap and book, mirrored, with their shares of the draws; `book` "none" leaves the mocap alone."""
    sets, shares = [load_mocap(data or None, "train").with_mirrored()], [1.0]
    if book != "none":
        sets.append(load_book(book or BOOK))
        shares = [1 - book_share, book_share]
    if held is not None:
        sets = [held.leave_out(poses) for poses in sets]
    return concatenate(sets, shares)


def action_facts(poses: PoseSet) -> dict[str, np.ndarray]:
    """ "action_NAME" -> (N,) bool: the poses of an action and their mirror images."""
    names = np.array([name.removeprefix("mocap: ").removesuffix(" (mirrored)") for name in poses.action])
    return {f"action_{name}": names == name for name in set(names)}


def describe(corpus: Corpus) -> str:
    """One line about the size of the corpus."""
    groups = [len(groups) for groups, _ in corpus.sources]
    return f"{len(corpus.poses)} poses, {len(corpus.captions())} captions in {groups} groups"
