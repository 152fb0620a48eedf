"""What a prompt costs: loading the pose models, sampling, and what the prefix cache saves.

    python -m avatar_scene.training.benchmarks.text_to_pose [--repeat 9] [--threads 1] [--device cpu]

Loading is measured in this process, so run it in a fresh one. The first row imports what a running ComfyUI (0.3.75 and
0.30.0) has imported already and the pack's libraries need; a user of ComfyUI does not wait for it. The parts of the
second table take turns in every repeat; medians are shown, by the clock and in processor time, which a busy machine
changes less.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import time
from collections.abc import Callable

PROMPT = "a person is doing yoga on the beach"
SAMPLES, STEPS = 5, 25
HOST_MODULES = ("torch._dynamo", "scipy.stats")  # roma imports the first, diffusers the second


class Stopwatch:
    """Seconds since the last `lap`: (by the clock, of the processor)."""

    def __init__(self) -> None:
        self.start = time.perf_counter(), time.process_time()

    def lap(self) -> tuple[float, float]:
        now = time.perf_counter(), time.process_time()
        passed = now[0] - self.start[0], now[1] - self.start[1]
        self.start = now
        return passed


def measure_load(threads: int, device: str):
    """The loaded models, and (what, clock seconds, processor seconds) of every step up to the first ranked poses."""
    watch, rows = Stopwatch(), []
    import torch

    for module in HOST_MODULES:
        importlib.import_module(module)
    torch.set_num_threads(threads)
    rows.append(("import " + ", ".join(("torch", *HOST_MODULES)), *watch.lap()))
    from ...pose_prior import PosePrior

    rows.append(("import the pose models' code", *watch.lap()))
    prior = PosePrior.load(device)
    rows.append(("load text encoder, transformer, VPoser, ranker", *watch.lap()))
    prior.generate([PROMPT], n=1, oversampling=SAMPLES, steps=STEPS)
    rows.append(("first prompt, with the scheduler's import", *watch.lap()))
    return prior, rows


def candidates(prior) -> dict[str, Callable[[], object]]:
    """What is timed after load: name -> one run."""
    import torch

    from ...pose_prior.sampling import GUIDANCE_SCALE, initial_noise, make_scheduler, sample

    model, encoder = prior.text_to_pose.model, prior.text_to_pose.encoder
    with torch.no_grad():
        features = encoder.encode([PROMPT]).to(model.positions.device)
    noise = initial_noise(model.config.body_dim + 6, 0, list(range(SAMPLES))).to(model.positions)
    every = features.select(torch.zeros(SAMPLES, dtype=torch.long))

    def cached() -> None:
        none = torch.tensor([True], device=features.mask.device)
        text = model.encode_prefix(features).repeat(SAMPLES)
        sample(model, text, model.encode_prefix(features, none), noise, steps=STEPS)

    @torch.no_grad()
    def plain(trim: bool) -> None:
        scheduler, x = make_scheduler("dpm++", STEPS), noise
        none = torch.ones(SAMPLES, dtype=torch.bool, device=noise.device)
        for time_ in scheduler.timesteps:
            state = x[:, : model.config.body_dim], x[:, model.config.body_dim :], time_.to(x.device).expand(SAMPLES)
            text = torch.cat(model(*state, every, trim=trim), 1)
            free = torch.cat(model(*state, every, none, trim=trim), 1)
            x = scheduler.step(free + GUIDANCE_SCALE * (text - free), time_, x).prev_sample

    def best_of(drawn: int, kept: int) -> Callable[[], object]:
        return lambda: prior.generate([PROMPT], n=kept, oversampling=drawn // kept, steps=STEPS)

    return {
        f"best of {SAMPLES}, {STEPS} steps": best_of(SAMPLES, 1),
        f"{SAMPLES} poses, {STEPS} steps, of 5": best_of(5, SAMPLES),
        f"{SAMPLES} poses, {STEPS} steps, of 20": best_of(20, SAMPLES),
        f"{SAMPLES} poses, {STEPS} steps, of 40 (the default)": best_of(40, SAMPLES),
        "sampling alone, prefix cached": cached,
        "sampling alone, plain, trimmed caption": lambda: plain(True),
        "sampling alone, plain, all 69 positions": lambda: plain(False),
    }


def measure(runs: dict[str, Callable[[], object]], repeat: int, wait: Callable[[], None]) -> dict[str, list]:
    """name -> [(clock seconds, processor seconds)] of every repeat; wait: until the device has finished."""
    times: dict[str, list] = {name: [] for name in runs}
    for turn in range(repeat + 1):
        for name, run in runs.items():
            wait()
            watch = Stopwatch()
            run()
            wait()
            if turn:  # the first turn warms up
                times[name].append(watch.lap())
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=9)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    prior, rows = measure_load(options.threads, options.device)
    print("| step | clock, s | processor, s |\n| --- | --- | --- |")
    for name, clock, processor in rows:
        print(f"| {name} | {clock:.2f} | {processor:.2f} |")
    import torch

    wait = torch.cuda.synchronize if options.device.startswith("cuda") else lambda: None
    times = measure(candidates(prior), options.repeat, wait)
    median = {name: [statistics.median(column) for column in zip(*laps)] for name, laps in times.items()}
    *_, cached, trimmed, whole = median
    print("\n| after load | clock, s | processor, s |\n| --- | --- | --- |")
    for name, (clock, processor) in median.items():
        print(f"| {name} | {clock:.3f} | {processor:.3f} |")
    for name in (trimmed, whole):
        ratio = [slow[1] / max(fast[1], 1e-9) for slow, fast in zip(times[name], times[cached])]
        print(f"\n{name}: {statistics.median(ratio):.2f} times the cached prefix's processor time", end="")
    print()


if __name__ == "__main__":
    main()
