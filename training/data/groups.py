"""Captions and the poses they describe, as groups that are drawn from."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import torch

from .captions import CaptionBank
from .poses import PoseSet


@dataclass(frozen=True)
class CaptionGroup:
    """Captions that mean the same and the poses that show it.

    rows index a pose set; share is how often the group is drawn, relative to the others of its source.
    """

    name: str
    captions: tuple[str, ...]
    rows: np.ndarray
    share: float


def action_groups(poses: PoseSet) -> list[CaptionGroup]:
    """One group for every caption of an action, drawn as often as its poses (split among its captions)."""
    members, share = defaultdict(list), defaultdict(float)
    for row, (name, captions) in enumerate(zip(poses.action, poses.captions)):
        for caption in captions:
            members[name, caption].append(row)
            share[name, caption] += poses.weight[row] / len(captions)
    return [
        CaptionGroup(name, (caption,), np.array(rows), share[name, caption])
        for (name, caption), rows in members.items()
    ]


class PairSampler:
    """Draws C captions and, for each, K poses it describes.

    `sources` are lists of groups with the source's share of the draws. A caption is drawn by source, group, then
    evenly within the group; its poses by their weight within the group.
    """

    def __init__(self, sources: list[tuple[list[CaptionGroup], float]], weight: np.ndarray, bank: CaptionBank):
        groups = [(group, share) for source, share in sources for group in source if share > 0]
        totals = [sum(group.share for group in source) for source, share in sources for _ in source if share > 0]
        self.share = torch.tensor([share * group.share / total for (group, share), total in zip(groups, totals)])
        self.captions = [torch.tensor([bank.index[text] for text in group.captions]) for group, _ in groups]
        self.rows = [torch.from_numpy(group.rows) for group, _ in groups]
        self.weights = [torch.from_numpy(weight[group.rows]) for group, _ in groups]

    def draw(self, captions: int, poses: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """(C,) caption numbers, (C, K) pose rows and (C,) group numbers, from torch's global generator."""
        group = torch.multinomial(self.share, captions, replacement=True)
        pick = torch.rand(captions)
        caption = torch.stack([self.captions[g][int(u * len(self.captions[g]))] for g, u in zip(group, pick)])
        rows = [self.rows[g][torch.multinomial(self.weights[g], poses, replacement=True)] for g in group]
        return caption, torch.stack(rows), group


class Paraphrases:
    """How the embeddings of captions of one action differ: where a text may move without another meaning."""

    def __init__(self, groups: list[CaptionGroup], bank: CaptionBank):
        """groups: of actions, several with one name; captions of an action that has no other do not differ."""
        captions: dict[str, set[int]] = defaultdict(set)
        for group in groups:
            captions[group.name].update(bank.index[text] for text in group.captions)
        self.numbers = torch.tensor([number for numbers in captions.values() for number in sorted(numbers)])
        self.counts = torch.tensor([len(numbers) for numbers in captions.values()])
        self.starts = self.counts.cumsum(0) - self.counts
        self.pooled = bank.pooled

    def draw(self, count: int) -> torch.Tensor:
        """(count, E) differences of two captions' pooled embeddings, one action each, from torch's global generator."""
        action = torch.randint(len(self.counts), (count,))
        place = self.starts[action] + (torch.rand(2, count) * self.counts[action]).long()
        first, second = self.pooled[self.numbers[place]].float()
        return first - second

    def blur(self, pooled: torch.Tensor, noise: float, paraphrase: float) -> torch.Tensor:
        """(C, E) embeddings moved at random: by `noise` of their length and by `paraphrase` such differences."""
        anywhere = torch.randn_like(pooled) * pooled.norm(dim=1, keepdim=True) / pooled.shape[1] ** 0.5
        return pooled + noise * anywhere + paraphrase * torch.randn(len(pooled), 1) * self.draw(len(pooled))
