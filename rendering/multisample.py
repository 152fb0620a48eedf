"""Multisample shading: a triangle is shaded once a pixel, at the middle of the samples it covers there.

Coverage, depth and alpha tests keep every sample; only colour, which varies little over a pixel, is shared. The middle
makes what is linear over the triangle exact, and lies inside the triangle.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class PixelGroups:
    """The samples of some pixels, grouped by pixel and triangle; L groups.

    ids:    (L,) int64 triangle. sample (L,) int64, the group's first sample in row-major order.
    shift:  (L, 2) from that sample to the middle of the group, in samples, x right and y down.
    pixel:  (L,) int64 place of its pixel in the list that was given. count (L,) float, how many samples it holds.
    """

    ids: torch.Tensor
    sample: torch.Tensor
    shift: torch.Tensor
    pixel: torch.Tensor
    count: torch.Tensor


def samples_of(pixels: torch.Tensor, columns: int, supersampling: int) -> torch.Tensor:
    """(ss * ss, P) sample indices, row by row, of pixels (P,) of a picture that is `columns` pixels wide."""
    ss = supersampling
    row = torch.div(pixels, columns, rounding_mode="floor")
    corner = row * (columns * ss * ss) + (pixels - row * columns) * ss
    place = torch.arange(ss * ss, device=pixels.device)
    return corner + (torch.div(place, ss, rounding_mode="floor") * (columns * ss) + place % ss)[:, None]


def pixel_groups(ids: torch.Tensor, samples: torch.Tensor, supersampling: int) -> PixelGroups:
    """Group the samples (ss * ss, P) of P pixels, see `samples_of`.

    ids: (S,) triangle at every sample of the picture, -1 where there is none.
    """
    ss = supersampling
    own = ids.index_select(0, samples.flatten()).view_as(samples)
    leads = own >= 0
    for k in range(1, ss * ss):
        for earlier in range(k):
            leads[k] &= own[k] != own[earlier]
    place, pixel = torch.nonzero(leads).unbind(1)
    leader = place * own.shape[1] + pixel
    triangle = own.flatten().index_select(0, leader)
    shared = (own.index_select(1, pixel) == triangle).float()  # (ss * ss, L)
    count = shared.sum(0)
    at = torch.arange(ss * ss, device=ids.device)
    offset = torch.stack((at % ss, torch.div(at, ss, rounding_mode="floor"))).float()  # x, y of every sample
    shift = ((offset @ shared) / count - offset.index_select(1, place)).T
    return PixelGroups(triangle.long(), samples.flatten().index_select(0, leader), shift, pixel, count)
