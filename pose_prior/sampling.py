"""Sampling poses from the denoiser with the schedulers of `diffusers` and classifier-free guidance (Ho & Salimans)."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable

import torch

from .denoiser import ROOT_DIM, Denoiser, PrefixCache

TRAIN_STEPS = 1000
BETA_SCHEDULE = "squaredcos_cap_v2"
SAMPLERS = ("dpm++", "ddim")
FEW_SAMPLES = 16  # up to which one larger pass on a CPU is faster than two (measured: 5 samples 0.68, 40 samples 1.07)
GUIDANCE_SCALE = 1.5  # the default
CLEAN_RANGE = 4.0  # standard deviations; predictions of the clean pose are kept within, or strong guidance overshoots


def alphas_cumprod() -> torch.Tensor:
    """(1000,) signal variance of the training noise schedule: the cosine of Nichol & Dhariwal 2021, as in diffusers."""
    from diffusers.schedulers.scheduling_ddim import DDIMScheduler

    return DDIMScheduler(TRAIN_STEPS, beta_schedule=BETA_SCHEDULE).alphas_cumprod


def make_scheduler(sampler: str, steps: int):
    """A diffusers scheduler that predicts the clean sample, with its `steps` timesteps set.

    Raises ValueError for an unknown sampler or a number of steps outside 1..1000.
    """
    if sampler not in SAMPLERS:
        raise ValueError(f"sampler {sampler!r} is unknown; choose one of {', '.join(SAMPLERS)}")
    if not 1 <= steps <= TRAIN_STEPS:
        raise ValueError(f"steps is {steps}; choose 1 to {TRAIN_STEPS}")
    options = {"num_train_timesteps": TRAIN_STEPS, "beta_schedule": BETA_SCHEDULE, "prediction_type": "sample"}
    if sampler == "ddim":
        from diffusers.schedulers.scheduling_ddim import DDIMScheduler

        scheduler = DDIMScheduler(**options, clip_sample=False, timestep_spacing="trailing")
    else:
        from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler

        # The clip is the one its authors advise for cosine schedules, whose last step has no signal at all.
        scheduler = DPMSolverMultistepScheduler(**options, lambda_min_clipped=-5.1, timestep_spacing="trailing")
    scheduler.set_timesteps(steps)
    return scheduler


def initial_noise(size: int, seed: int, indices: list[int]) -> torch.Tensor:
    """(len(indices), size) standard normal noise; row k depends on the seed and indices[k] alone, not on the batch."""
    rows = []
    for index in indices:
        digest = hashlib.blake2b(f"{seed},{index}".encode(), digest_size=7).digest()
        generator = torch.Generator().manual_seed(int.from_bytes(digest, "little"))
        rows.append(torch.randn(size, generator=generator))
    return torch.stack(rows)


@torch.no_grad()
def sample(
    model: Denoiser,
    prefix: PrefixCache,  # of B rows: the text of every sample
    null_prefix: PrefixCache,  # of one row: no text
    noise: torch.Tensor,  # (B, body_dim + 6)
    *,
    steps: int = 25,
    guidance_scale: float = GUIDANCE_SCALE,
    sampler: str = "dpm++",
    callback: Callable[[int, int], None] | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Denoise to body codes (B, body_dim) and roots (B, 6), in the units of the training data.

    guidance_scale 1 follows the text as trained, 0 ignores it, more exaggerates it. `callback(step, steps)` is called
    after every step and may raise to stop. Raises ValueError if guidance_scale or the result is not finite.
    """
    if not math.isfinite(guidance_scale):
        raise ValueError(f"guidance_scale is {guidance_scale}, it must be a finite number")
    scheduler = make_scheduler(sampler, steps)
    body_dim = model.config.body_dim
    unconditional = null_prefix.repeat(len(noise)) if guidance_scale != 1 else None
    # Few samples, or a GPU: what counts is how often the network is called, so both passes become one.
    together = unconditional is not None and (model.positions.device.type != "cpu" or len(noise) <= FEW_SAMPLES)
    both = prefix.stack(unconditional) if together else None
    x = noise.to(model.positions) * scheduler.init_noise_sigma
    for step, time in enumerate(scheduler.timesteps):
        rows = torch.cat([x, x]) if together else x
        times = time.to(x.device).expand(len(rows))
        body, root = rows[:, :body_dim], rows[:, body_dim:]
        clean = torch.cat(model.denoise(body, root, times, both or prefix), 1)
        if unconditional is not None:
            if together:
                clean, free = clean.chunk(2)
            else:
                free = torch.cat(model.denoise(body, root, times, unconditional), 1)
            clean = free + guidance_scale * (clean - free)
        x = scheduler.step(clean.clamp(-CLEAN_RANGE, CLEAN_RANGE), time, x).prev_sample
        if callback is not None:
            callback(step + 1, steps)
    if not torch.isfinite(x).all():
        raise ValueError("the sampler produced values that are not finite; the checkpoint is damaged, install it again")
    body, root = x.split([body_dim, ROOT_DIM], 1)
    return body * model.body_std + model.body_mean, root * model.root_std + model.root_mean
