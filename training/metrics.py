"""Figures of merit for sets of poses and for how poses fit texts, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

LIMIT_MARGIN = np.radians(15)  # beyond the range seen in training before an angle counts as impossible


def frechet_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Frechet distance between Gaussians fitted to (N, D) and (M, D) features (Heusel et al. 2017).

    In VPoser's code space this is the paper's FPD. It is biased upwards for small sets: compare at equal N only.
    """
    mean_a, mean_b = a.mean(0), b.mean(0)
    cov_a, cov_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root_a = _symmetric_root(cov_a)
    cross = np.linalg.eigvalsh(root_a @ cov_b @ root_a)
    trace = np.trace(cov_a) + np.trace(cov_b) - 2 * np.sqrt(np.clip(cross, 0, None)).sum()
    return float(((mean_a - mean_b) ** 2).sum() + trace)


def _symmetric_root(matrix: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T


def retrieval_ranks(text: np.ndarray, pose: np.ndarray, action: list[str], pool: int = 32, seed: int = 0) -> np.ndarray:
    """(N,) rank (0 is best) of each pose's own text among `pool` texts of distinct actions, by cosine.

    text, pose: (N, E) unit embeddings; row i belongs together. R-precision top k is the share of ranks below k.
    """
    generator = np.random.default_rng(seed)
    names = np.array(action)
    by_action = {name: np.flatnonzero(names == name) for name in sorted(set(action))}
    ranks = np.empty(len(names), np.int64)
    for row, name in enumerate(names):
        others = [other for other in by_action if other != name]
        chosen = generator.choice(len(others), min(pool - 1, len(others)), replace=False)
        rivals = [generator.choice(by_action[others[index]]) for index in chosen]
        ranks[row] = (text[rivals] @ pose[row] > text[row] @ pose[row]).sum()
    return ranks


def diversity(joints: np.ndarray, samples: int) -> float:
    """Mean distance of joints, metres, between two samples of one text; joints: (T * samples, 24, 3)."""
    groups = joints.reshape(-1, samples, *joints.shape[1:])
    first, second = np.triu_indices(samples, 1)
    return float(np.linalg.norm(groups[:, first] - groups[:, second], axis=-1).mean())


def angle_limits(body: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(21, 3) lowest and highest rotation-vector components of (N, 21, 3) poses, 0.1 % tails cut, with a margin."""
    low, high = np.quantile(body, [0.001, 0.999], axis=0)
    return low - LIMIT_MARGIN, high + LIMIT_MARGIN


def impossible_share(body: np.ndarray, limits: tuple[np.ndarray, np.ndarray]) -> float:
    """Share of the joints of (N, 21, 3) poses that leave the limits in any component."""
    low, high = limits
    return float(((body < low) | (body > high)).any(-1).mean())


def bootstrap(
    values: np.ndarray, statistic: Callable = np.mean, draws: int = 500, seed: int = 0
) -> tuple[float, float]:
    """95 % interval of a statistic of independent values."""
    generator = np.random.default_rng(seed)
    drawn = [statistic(values[generator.integers(len(values), size=len(values))]) for _ in range(draws)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)
