"""Sampling with `diffusers`: pictures for the training log and for the evaluation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from .objective import Batch, LatentSet, noise_scheduler
from .unet import ConditionedUNet, pad_context


@torch.no_grad()
def sample_latents(
    model: ConditionedUNet,
    batch: Batch,
    empty: torch.Tensor,  # (T, D) token states of the empty text
    *,
    prediction: str,
    guidance_scale: float = 4.0,
    num_inference_steps: int = 25,
    seed: int = 0,
) -> torch.Tensor:
    """(B, 4, h, w) latents by DDIM with classifier-free guidance on the text only (the paper's w stays)."""
    from diffusers import DDIMScheduler

    scheduler = DDIMScheduler.from_config(
        noise_scheduler(prediction).config, timestep_spacing="trailing", clip_sample=False
    )
    scheduler.set_timesteps(num_inference_steps)
    generator = torch.Generator().manual_seed(seed)
    latents = torch.randn(batch.target.shape, generator=generator).to(batch.target.device)
    unconditional = pad_context([empty]).to(batch.context).expand(len(latents), -1, -1)
    if unconditional.shape[1] < batch.context.shape[1]:  # captions of several chunks
        unconditional = unconditional.repeat(1, batch.context.shape[1] // unconditional.shape[1], 1)
    values = (1 - batch.alpha, batch.avatar, batch.gray, batch.gray_mask, batch.rate)
    for timestep in scheduler.timesteps:
        steps = timestep.expand(len(latents)).to(latents.device)
        conditional = model(latents, steps, batch.context, *values).float()
        plain = model(latents, steps, unconditional, *values).float()
        latents = scheduler.step(plain + guidance_scale * (conditional - plain), timestep, latents).prev_sample
    return latents


def to_pictures(decoded: torch.Tensor) -> np.ndarray:
    """(B, 3, H, W) in -1..1 -> (B, H, W, 3) uint8."""
    return ((decoded.float() * 0.5 + 0.5).clamp(0, 1) * 255 + 0.5).byte().permute(0, 2, 3, 1).cpu().numpy()


@torch.no_grad()
def draw_previews(model: ConditionedUNet, data: LatentSet, config, path: Path) -> None:
    """Two rows: the training pictures of a few samples, and what the model paints for them now."""
    import cv2

    from .autoencoder import load_autoencoder

    device = next(model.parameters()).device
    indices = np.linspace(0, len(data) - 1, config.previews).astype(int).tolist()
    batch = data.batch(indices, [False] * len(indices), device)
    was_training = model.training
    model.eval()
    latents = sample_latents(model, batch, data.empty, prediction=config.prediction)
    model.train(was_training)
    decoder = load_autoencoder(config.preview_vae).to(device).decoder
    rows = [np.concatenate(list(to_pictures(decoder(value))), 1) for value in (batch.target, latents)]
    cv2.imwrite(str(path), np.concatenate(rows)[..., ::-1])
