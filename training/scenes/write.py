"""Write shards of scenes with a pool of processes. Whoever is interrupted goes on: finished shards are kept."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

import cv2

from ..shards import Sample, write_shard
from .people import People
from .sample import sample


def write_shards(
    people: str | Path, out: str | Path, count: int, per_shard: int = 500, *, seed: int = 0, workers: int = 1
) -> int:
    """Write samples seed .. seed + count - 1 into `out`/scenes-*.tar and return how many were written now.

    A shard that is already there is left alone, so the same call after an interruption writes the rest.
    Raises ValueError if a number is not positive or the cache of people cannot be read.
    """
    for name, value in (("count", count), ("per-shard", per_shard), ("workers", workers)):
        if value < 1:
            raise ValueError(f"{name} is {value}; choose 1 or more")
    People(people)  # a bad file is told here, once, and not by every worker
    starts = range(seed, seed + count, per_shard)
    runs = [(start, min(start + per_shard, seed + count)) for start in starts]
    todo = [run for run in runs if not _path(out, run).exists()]
    if workers == 1:
        return sum(_write(people, out, run) for run in todo)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return sum(pool.map(partial(_write, people, out), todo))


def _path(out: str | Path, run: tuple[int, int]) -> Path:
    return Path(out) / f"scenes-{run[0]:08d}-{run[1]:08d}.tar"


@cache
def _people(path: str | Path) -> People:
    cv2.setNumThreads(1)
    return People(path)


def _write(people: str | Path, out: str | Path, run: tuple[int, int]) -> int:
    return write_shard(_path(out, run), _samples(_people(people), range(*run)))


def _samples(people: People, seeds: range) -> Iterator[Sample]:
    for number in seeds:
        scene = sample(number, people)
        about = {"place": scene.place, "action": scene.action, "seed": number, "covered": round(scene.covered, 3)}
        yield Sample(scene.image, scene.person, scene.gray, scene.caption, about)
