"""The training loop that all trainers share: configuration, resuming, moving average, progress, several devices.

All randomness of a step is drawn after seeding with (seed, step, process). A run that was killed therefore continues
exactly as if it had not been, and a checkpoint needs no generator states.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import hashlib
import math
import os
import typing
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel


@dataclass
class TrainConfig:
    """What every trainer takes. Field comments are the command line's help."""

    out: Path = Path("runs/run")  # folder of this run: checkpoint, log, result
    steps: int = 10000  # optimiser steps in all
    batch: int = 512  # samples a step
    learning_rate: float = 1e-3  # peak, after the warm-up and before the cosine decay
    warmup: int = 200  # steps of linear warm-up
    weight_decay: float = 0.01
    optimizer: str = "adamw"  # or "adafactor": no first moments, for models that hardly fit the GPU
    ema: float = 0.999  # decay of the moving average of the weights; the average is what is saved
    ema_on_cpu: bool = False  # keep the average in main memory: slower steps, less GPU memory
    seed: int = 0  # two CPU runs with one seed agree
    save_every: int = 500  # steps between checkpoints
    log_every: int = 100  # steps between log lines
    threads: int = 0  # CPU threads, 0 for torch's default
    precision: str = "auto"  # "bf16", "no" (float32), or "auto": bf16 on a GPU only


def parse_config(config_type: type, description: str):
    """Command line -> an instance of the dataclass `config_type`: one `--flag` a field."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    kinds = typing.get_type_hints(config_type)
    for field in dataclasses.fields(config_type):
        default = field.default if field.default is not dataclasses.MISSING else field.default_factory()
        flag = "--" + field.name.replace("_", "-")
        if kinds[field.name] is bool:
            parser.add_argument(flag, action=argparse.BooleanOptionalAction, default=default)
        else:
            parser.add_argument(flag, type=kinds[field.name], default=default)
    return config_type(**vars(parser.parse_args()))


def is_main_process() -> bool:
    """Whether this is the process that writes the results (of several that `accelerate launch` or torchrun started)."""
    return int(os.environ.get("RANK", "0")) == 0


def seed_step(*numbers: int) -> None:
    """Seed torch's generators with a hash of the numbers (nearby seeds give unrelated streams)."""
    digest = hashlib.blake2b(",".join(map(str, numbers)).encode(), digest_size=7).digest()
    torch.manual_seed(int.from_bytes(digest, "little"))


def learning_rate(step: int, config: TrainConfig) -> float:
    """Linear warm-up, then a cosine to 1 % of the peak."""
    if step < config.warmup:
        return config.learning_rate * (step + 1) / config.warmup
    progress = (step - config.warmup) / max(1, config.steps - config.warmup)
    return config.learning_rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))


def train(
    model: nn.Module,
    losses: Callable[[nn.Module, int], dict[str, torch.Tensor]],
    config: TrainConfig,
    on_save: Callable[[dict, int], None] | None = None,
) -> dict:
    """Minimise `losses(model, step)["loss"]` and return the moving average of the model's state.

    `losses` draws its own batch from torch's global generators and may report further values for the log. A folder
    with an unfinished run of the same configuration is continued. `on_save(average, step)` is called in the main
    process after every checkpoint: to draw samples, to export.
    """
    from accelerate import Accelerator
    from tqdm import tqdm

    if config.threads:
        torch.set_num_threads(config.threads)
    accelerator = Accelerator(mixed_precision=_precision(config))
    optimizer = _optimizer(model, config)
    model, optimizer = accelerator.prepare(model, optimizer)
    bare = accelerator.unwrap_model(model)
    home = torch.device("cpu") if config.ema_on_cpu else accelerator.device
    average = {key: value.detach().to(home, copy=True) for key, value in bare.state_dict().items()}
    config.out.mkdir(parents=True, exist_ok=True)
    checkpoint = config.out / "checkpoint.pt"
    identity = {key: str(value) for key, value in dataclasses.asdict(config).items() if key not in _FREE_FIELDS}
    start = 0
    if checkpoint.is_file():
        saved = torch.load(checkpoint, map_location=accelerator.device, weights_only=True)
        changed = sorted(key for key in identity if saved["config"].get(key) != identity[key])
        if changed:
            raise ValueError(f"--out '{config.out}' holds a run with another --{changed[0]}; choose another folder")
        bare.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        average, start = {key: value.to(home) for key, value in saved["average"].items()}, saved["step"]
    writer = _summary_writer(config.out) if accelerator.is_main_process else None
    bar = tqdm(range(start, config.steps), initial=start, total=config.steps, disable=not accelerator.is_main_process)
    for step in bar:
        seed_step(config.seed, step, accelerator.process_index)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, config)
        model.train()
        with _attention(accelerator.device):
            with accelerator.autocast():
                values = losses(model, step)
            optimizer.zero_grad(set_to_none=True)
            accelerator.backward(values["loss"])
        accelerator.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        _update_average(average, bare, min(config.ema, (step + 1) / (step + 10)))
        done = step + 1
        if done % config.log_every == 0 and writer is not None:
            shown = {name: float(value.detach()) for name, value in values.items()}
            bar.set_postfix({name: f"{value:.4g}" for name, value in shown.items()})
            for name, value in shown.items():
                writer.add_scalar(name, value, done)
        if (done % config.save_every == 0 or done == config.steps) and accelerator.is_main_process:
            state = {"model": bare.state_dict(), "optimizer": optimizer.state_dict(), "average": average}
            save_atomically({**state, "step": done, "config": identity}, checkpoint)
            if on_save is not None:
                on_save(average, done)
    return average


def _attention(device: torch.device):
    """On a CPU the fused attention runs backwards in bf16 several times slower than plain matrix products."""
    return sdpa_kernel(SDPBackend.MATH) if device.type == "cpu" else contextlib.nullcontext()


def _optimizer(model: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    kinds = {"adamw": torch.optim.AdamW, "adafactor": torch.optim.Adafactor}
    if config.optimizer not in kinds:
        raise ValueError(f"--optimizer: {config.optimizer!r} is none of {', '.join(kinds)}")
    return kinds[config.optimizer](model.parameters(), config.learning_rate, weight_decay=config.weight_decay)


def _precision(config: TrainConfig) -> str:
    if config.precision not in ("auto", "bf16", "no"):
        raise ValueError(f"--precision: {config.precision!r} is none of auto, bf16, no")
    return config.precision if config.precision != "auto" else ("bf16" if torch.cuda.is_available() else "no")


_FREE_FIELDS = ("out", "save_every", "log_every", "threads")  # may differ when a run is continued


def save_atomically(content: dict, path: Path) -> None:
    """torch.save that leaves either the old file or the whole new one, whatever happens meanwhile."""
    part = path.with_name(path.name + ".part")
    try:
        with open(part, "wb") as file:
            torch.save(content, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:  # a full disk: the last good checkpoint stays, and room is made for the next try
        part.unlink(missing_ok=True)
        raise


@torch.no_grad()
def _update_average(average: dict, model: nn.Module, decay: float) -> None:
    for key, value in model.state_dict().items():
        value = value.to(average[key].device)
        if value.is_floating_point():
            average[key].lerp_(value, 1 - decay)
        else:
            average[key].copy_(value)


def _summary_writer(folder: Path):
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return _Silent()
    return SummaryWriter(folder)


class _Silent:
    """Takes the place of the TensorBoard writer where TensorBoard is not installed."""

    def add_scalar(self, *args) -> None:
        pass
