"""The chain without the scene model, timed in one run: prompt -> poses -> posed avatar -> pictures -> paste.

    python -m avatar_scene.training.benchmarks.chain [--avatar FILE] [--repeat 5] [--threads 2]

Prints seconds a stage after loading, the total, and the process' peak memory. Budget on two cores: total under 5 s,
peak under 1.5 GB.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import torch

from ... import rendering
from ...outpainting.paste import paste_avatar
from ...pose_prior import PosePrior
from ...weights import bundled

PROMPT = "a person is doing yoga on the beach"


class Stopwatch:
    """Collects the seconds of named stages over several runs."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.seconds.setdefault(name, []).append(time.perf_counter() - started)


def run_chain(prior: PosePrior, avatar: rendering.Avatar, watch: Stopwatch, seed: int, size: int = 512) -> torch.Tensor:
    """One picture (1, H, W, 3) of the avatar before a gray backdrop."""
    with watch.stage("text -> best of 40 poses"):
        pose, _ = prior.generate([PROMPT], n=40, seed=seed, oversampling=1)
    with watch.stage("retarget"):
        figure = rendering.avatar_figure(avatar, pose.select(0))
    with watch.stage("avatar picture, 512 px"):
        cameras = rendering.aim(rendering.CameraSettings(), figure, size, size)
        picture = rendering.take_pictures(figure, cameras)[0]
    with watch.stage("gray body fitted and drawn"):
        rendering.take_pictures(rendering.gray_figure(pose.select(0), avatar), cameras, gray=True)
    with watch.stage("paste"):
        scene = torch.full((1, size, size, 3), 0.8)
        return paste_avatar(scene, picture.rgba[None, ..., :3], picture.rgba[None, ..., 3])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--avatar", type=Path, help="default: the bundled one")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    watch = Stopwatch()
    with watch.stage("load models"):
        prior = PosePrior.load()
    with watch.stage("load avatar"):
        avatar = rendering.load_avatar(options.avatar or bundled("default_avatar.glb"))
    run_chain(prior, avatar, Stopwatch(), seed=0)  # first calls fill caches
    with torch.inference_mode():
        for seed in range(options.repeat):
            run_chain(prior, avatar, watch, seed)
    for name, seconds in watch.seconds.items():
        print(f"{name:28} {median(seconds):6.2f} s")
    total = sum(median(seconds) for name, seconds in watch.seconds.items() if not name.startswith("load"))
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30
    print(f"{'text to pasted avatar':28} {total:6.2f} s; peak memory of the whole process {peak:.2f} GB")


if __name__ == "__main__":
    main()
