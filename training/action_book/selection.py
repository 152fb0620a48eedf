"""Choosing a varied few among many candidates."""

from __future__ import annotations

import torch

# Joints whose places tell poses apart: knees, ankles, head, elbows, wrists.
TELLING_JOINTS = (4, 5, 7, 8, 15, 18, 19, 20, 21)
_LLOYD_STEPS = 6


def shape_features(positions: torch.Tensor) -> torch.Tensor:
    """(P, 24, 3) joint positions -> (P, 27): the telling joints relative to the pelvis, metres."""
    return (positions[:, list(TELLING_JOINTS)] - positions[:, :1]).flatten(1)


def farthest_points(features: torch.Tensor, count: int, start: int = 0) -> torch.Tensor:
    """(n,) numbers of up to `count` rows, each the farthest from those before it."""
    if len(features) <= count:
        return torch.arange(len(features))
    chosen = [start]
    distance = (features - features[start]).norm(dim=1)
    while len(chosen) < count:
        chosen.append(int(distance.argmax()))
        distance = torch.minimum(distance, (features - features[chosen[-1]]).norm(dim=1))
        distance[chosen] = -1
    return torch.tensor(chosen)


def varied_best(features: torch.Tensor, score: torch.Tensor, count: int) -> torch.Tensor:
    """(n,) numbers of up to `count` rows: the best-scored (lowest) member of each of `count` clusters.

    Farthest-point selection alone hunts for outliers, which are the odd poses.
    """
    if len(features) <= count:
        return torch.arange(len(features))
    centres = features[farthest_points(features, count, start=int(score.argmin()))]
    for _ in range(_LLOYD_STEPS):
        cluster = torch.cdist(features, centres).argmin(1)
        members = [features[cluster == k] for k in range(count)]
        centres = torch.stack([m.mean(0) if len(m) else centres[k] for k, m in enumerate(members)])
    cluster = torch.cdist(features, centres).argmin(1)
    chosen = []
    for k in range(count):
        members = torch.nonzero(cluster == k)[:, 0]
        if len(members):
            chosen.append(int(members[score[members].argmin()]))
    spare = [int(row) for row in score.argsort() if int(row) not in chosen]
    return torch.tensor((chosen + spare)[:count])


def spread_cm(features: torch.Tensor) -> float:
    """Mean distance of two poses, centimetres a telling joint."""
    if len(features) < 2:
        return 0.0
    distance = torch.cdist(features, features).sum() / (len(features) * (len(features) - 1))
    return float(distance / len(TELLING_JOINTS) ** 0.5 * 100)
