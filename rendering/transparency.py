"""Partly transparent surfaces: an A-buffer of the nearest layers per sample (Carpenter 1984)."""

from __future__ import annotations

from collections.abc import Callable

import torch

MAX_LAYERS = 16  # per sample; sixteen layers of hair at alpha 0.5 let 0.002 % of what is behind them through
_PENDING = 4_000_000  # fragments held before far layers are dropped: bounds memory at about 100 MB
_SOLID = 254.5 / 255  # rounds to alpha 255 of an 8-bit texture
_VISIBLE = 0.5 / 255

Shade = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


class Layers:
    """Collects transparent fragments of one band of samples, then composites them over what is behind.

    At most MAX_LAYERS nearest fragments count per sample, so pathological overdraw costs neither memory nor time.
    """

    def __init__(self) -> None:
        self._kept: list[tuple[torch.Tensor, ...]] = []
        self._pending = 0

    def collect(
        self, ids: torch.Tensor, sample: torch.Tensor, nearness: torch.Tensor, alpha: torch.Tensor
    ) -> torch.Tensor:
        """Take in the partly transparent fragments; returns (n,) bool, which ones are solid and hide what is behind."""
        partial = torch.nonzero((alpha > _VISIBLE) & (alpha < _SOLID))[:, 0]
        if partial.numel():
            self._kept.append(tuple(column.index_select(0, partial) for column in (ids, sample, nearness, alpha)))
            self._pending += partial.numel()
            if self._pending > _PENDING:
                self._kept = [self._nearest()]
                self._pending = self._kept[0][0].numel()
        return alpha >= _SOLID

    def _nearest(self) -> tuple[torch.Tensor, ...]:
        """All fragments by sample, far to near and in drawing order where equally far; MAX_LAYERS a sample."""
        ids, sample, nearness, alpha = (torch.cat(column) for column in zip(*self._kept))
        order = torch.argsort(ids, stable=True)
        order = order[torch.argsort(nearness[order], stable=True)]
        order = order[torch.argsort(sample[order], stable=True)]
        sample = sample[order]
        _, counts = torch.unique_consecutive(sample, return_counts=True)
        from_end = counts.cumsum(0).repeat_interleave(counts) - torch.arange(len(sample), device=sample.device)
        keep = torch.nonzero(from_end <= MAX_LAYERS)[:, 0]
        order = order[keep]
        return ids[order], sample[keep], nearness[order], alpha[order]

    def visible(self, nearness: torch.Tensor) -> torch.Tensor:
        """(samples,) bool: where layers lie before the solid surface of given nearness (samples,). Drops others."""
        some = torch.zeros(nearness.shape, dtype=torch.bool, device=nearness.device)
        self._kept = [tuple(column.index_select(0, rows) for column in kept) for kept, rows in self._ahead_of(nearness)]
        for _, sample, _, _ in self._kept:
            some[sample] = True
        return some

    def composite(self, color: torch.Tensor, shade: Shade, front: tuple[torch.Tensor, torch.Tensor]) -> None:
        """Blend the layers, those that `visible` left, into `color` (samples, 4), premultiplied linear, in place.

        shade: (ids, sample) -> premultiplied linear RGBA.
        front: (ids, nearness) of the data passes, both (samples,); layers of alpha >= 0.5 are written into them.
        """
        if not sum(kept[0].numel() for kept in self._kept):
            return
        ids, sample, depth, alpha = self._nearest()
        _, counts = torch.unique_consecutive(sample, return_counts=True)
        rank = torch.arange(len(sample), device=sample.device)
        rank = rank - (counts.cumsum(0) - counts).repeat_interleave(counts)
        front_ids, front_nearness = front
        for k in range(int(counts.max())):
            rows = torch.nonzero(rank == k)[:, 0]
            at, layer = sample[rows], shade(ids[rows], sample[rows])
            color[at] = layer + color[at] * (1 - layer[:, 3:])
            dense = rows[alpha[rows] >= 0.5]
            front_ids[sample[dense]] = ids[dense].to(front_ids.dtype)
            front_nearness[sample[dense]] = depth[dense]

    def _ahead_of(self, nearness: torch.Tensor):
        for kept in self._kept:
            yield kept, torch.nonzero(kept[2] >= nearness.index_select(0, kept[1]))[:, 0]
