"""Eq. (1) of the paper: the noise that was added, predicted from text, avatar, gray body and w."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from .latents import FORMAT
from .unet import pad_context


def noise_scheduler(prediction: str):
    """SD1.5's noise levels; with "v_prediction" rescaled to end in pure noise, as ComfyUI's `zsnr` does."""
    from diffusers import DDPMScheduler

    return DDPMScheduler(
        beta_schedule="scaled_linear",
        beta_start=0.00085,
        beta_end=0.012,
        prediction_type=prediction,
        rescale_betas_zero_snr=prediction == "v_prediction",
        clip_sample=False,
    )


@dataclass(frozen=True)
class Batch:
    """What one step sees. Latents (B, 4, h, w), masks (B, 1, h, w), rate (B,), context (B, 77 k, D)."""

    target: torch.Tensor
    avatar: torch.Tensor
    alpha: torch.Tensor
    gray: torch.Tensor
    gray_mask: torch.Tensor
    rate: torch.Tensor
    context: torch.Tensor


class LatentSet:
    """All latents of a folder that `training.outpaint.latents` wrote; held in memory in half precision.

    Raises ValueError if the folder has none, or files of different encoders.
    """

    def __init__(self, folder: str | Path, limit: int = 0) -> None:
        from safetensors import safe_open

        folder = Path(folder)
        paths = sorted(folder.glob("*.latents.safetensors"))
        if not paths:
            raise ValueError(f"--latents: '{folder}' holds no latents; run training.outpaint.latents first")
        parts, self.info, self.starts = [], None, [torch.zeros(1, dtype=torch.long)]
        for path in [folder / "empty_text.safetensors", *paths]:
            with safe_open(str(path), "pt") as file:
                metadata = file.metadata() or {}
                if metadata.get("format") != FORMAT:
                    raise ValueError(f"--latents: '{path.name}' is no file of training.outpaint.latents")
                if self.info is not None and metadata != self.info:
                    raise ValueError(f"--latents: '{path.name}' was made with other encoders than its neighbours")
                self.info = metadata
                parts.append({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
        self.empty = parts.pop(0)["tokens"]
        offset = 0
        for part in parts:
            self.starts.append(part.pop("starts")[1:] + offset)
            offset = int(self.starts[-1][-1])
        self.tensors = {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
        self.tokens = self.tensors.pop("tokens")
        self.starts = torch.cat(self.starts)

    def __len__(self) -> int:
        return len(self.tensors["rate"])

    @property
    def gray_latent(self) -> tuple[float, ...]:
        """The mean latent of mid gray: tells the autoencoder apart."""
        return tuple(json.loads(self.info["gray_latent"]))

    def batch(self, indices: list[int], empty_text: list[bool], device: torch.device) -> Batch:
        """The samples `indices`; those marked in `empty_text` lose their caption."""
        tokens = [
            self.empty if empty else self.tokens[self.starts[index] : self.starts[index + 1]]
            for index, empty in zip(indices, empty_text)
        ]
        values = {name: tensor[indices].float().to(device) for name, tensor in self.tensors.items()}
        return Batch(**values, context=pad_context(tokens).to(device))


class OutpaintLoss:
    """Mean squared error of the prediction over the whole picture; text and, apart from it, the body are dropped."""

    def __init__(self, data: LatentSet, config, device: torch.device) -> None:
        self.data, self.config, self.device = data, config, device
        self.scheduler = noise_scheduler(config.prediction)

    def __call__(self, model: nn.Module, step: int) -> dict[str, torch.Tensor]:
        config = self.config
        indices = torch.randint(len(self.data), (config.batch,)).tolist()
        empty_text = (torch.rand(config.batch) < config.text_dropout).tolist()
        with_gray = (torch.rand(config.batch) >= config.gray_dropout).float().view(-1, 1, 1, 1).to(self.device)
        batch = self.data.batch(indices, empty_text, self.device)
        noise = torch.randn(batch.target.shape).to(self.device)
        # One timestep in each of `batch` equal intervals: the same distribution with less noise in the gradient.
        positions = (torch.arange(config.batch) + torch.rand(config.batch)) / config.batch
        timesteps = (positions * self.scheduler.config.num_train_timesteps).long().to(self.device)
        noisy = self.scheduler.add_noise(batch.target, noise, timesteps)
        if config.prediction == "v_prediction":
            wanted = self.scheduler.get_velocity(batch.target, noise, timesteps)
        else:
            wanted = noise
        predicted = model(
            noisy, timesteps, batch.context, 1 - batch.alpha, batch.avatar, batch.gray * with_gray,
            batch.gray_mask * with_gray, batch.rate,
        )  # fmt: skip
        return {"loss": F.mse_loss(predicted.float(), wanted)}
