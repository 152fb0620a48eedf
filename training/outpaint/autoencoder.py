"""Train the small autoencoder of the bundled scene model, in TAESD's shape, which ComfyUI loads as a stock VAE.

./pas python -m avatar_scene.training.outpaint.autoencoder --shards SHARDS --out runs/vae
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from ..common import TrainConfig, is_main_process, parse_config, seed_step, train
from ..shards import Sample, list_shards, read_shard

LATENT_SCALE = 0.18215  # what ComfyUI multiplies SD1.5-type latents by before the UNet
PYRAMID_LEVELS = 3


@dataclass
class AutoencoderConfig(TrainConfig):
    """How the autoencoder is trained."""

    out: Path = Path("runs/vae")
    shards: Path = Path("shards")  # folder of shards
    pool: int = 3000  # samples held in memory
    crop: int = 96  # pixels a side, a multiple of 8
    steps: int = 4000
    batch: int = 8
    latent_noise: float = 0.05  # noise on the latents while training: what a sampler leaves over
    statistics_weight: float = 0.05  # keeps each latent channel at mean 0, deviation 1
    edge_weight: float = 1.0  # weight of the band-pass differences beside the plain one


def new_autoencoder() -> nn.Module:
    """An untrained `diffusers` AutoencoderTiny: (B, 3, H, W) in -1..1 <-> (B, 4, H/8, W/8)."""
    from diffusers import AutoencoderTiny

    return AutoencoderTiny(scaling_factor=1.0).to(memory_format=torch.channels_last)


class AutoencoderLoss:
    """Mean absolute difference of pixels and of their Laplacian bands, plus a pull of the latents to unit normal."""

    def __init__(self, pictures: list[Sample], config: AutoencoderConfig, device: torch.device) -> None:
        self.pictures, self.config, self.device = pictures, config, device

    def __call__(self, model: nn.Module, step: int) -> dict[str, torch.Tensor]:
        config = self.config
        target = self._batch().to(self.device, memory_format=torch.channels_last)
        latent = model.encoder(target)
        noisy = latent + config.latent_noise * torch.randn_like(latent)
        decoded = model.decoder(noisy).float()
        pixel = (decoded - target).abs().mean()
        edge = sum((a - b).abs().mean() for a, b in zip(_bands(decoded), _bands(target))) / PYRAMID_LEVELS
        flat = latent.float().transpose(0, 1).flatten(1)
        statistics = (flat.mean(1) ** 2 + (flat.std(1) - 1) ** 2).mean()
        loss = pixel + config.edge_weight * edge + config.statistics_weight * statistics
        return {"loss": loss, "pixel": pixel, "edge": edge, "latent_std": flat.std()}

    def _batch(self) -> torch.Tensor:
        """Crops of finished pictures, and some of what the UNet is shown: the person, or the body, over mid gray."""
        crops = []
        for index in torch.randint(len(self.pictures), (self.config.batch,)).tolist():
            sample = self.pictures[index]
            kind = torch.rand(()).item()
            picture = sample.image if kind < 0.7 else on_gray(sample.person if kind < 0.85 else sample.gray)
            crops.append(_random_crop(picture, self.config.crop))
        return torch.stack(crops)


def on_gray(rgba: np.ndarray) -> np.ndarray:
    """(H, W, 4) uint8 straight alpha over mid gray -> (H, W, 3) uint8."""
    alpha = rgba[..., 3:].astype(np.float32) / 255
    return (rgba[..., :3] * alpha + 127.5 * (1 - alpha) + 0.5).astype(np.uint8)


def to_signed(picture: np.ndarray) -> torch.Tensor:
    """(H, W, 3) uint8 -> (3, H, W) in -1..1."""
    return torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1).float() / 127.5 - 1


def _random_crop(picture: np.ndarray, side: int) -> torch.Tensor:
    height, width = picture.shape[:2]
    top = int(torch.randint(max(1, height - side + 1), ()))
    left = int(torch.randint(max(1, width - side + 1), ()))
    crop = to_signed(picture[top : top + side, left : left + side])
    return crop.flip(-1) if torch.rand(()) < 0.5 else crop


def _bands(picture: torch.Tensor) -> list[torch.Tensor]:
    """Laplacian bands: what each halving of the resolution loses."""
    bands = []
    for _ in range(PYRAMID_LEVELS):
        small = F.avg_pool2d(picture, 2)
        bands.append(picture - F.interpolate(small, scale_factor=2.0, mode="bilinear"))
        picture = small
    return bands


def comfy_weights(model: nn.Module) -> dict[str, torch.Tensor]:
    """The weights under the names ComfyUI reads; latents have deviation 1 after its `process_in`."""
    weights = {"vae_scale": torch.tensor(LATENT_SCALE), "vae_shift": torch.tensor(0.0)}
    for key, value in model.state_dict().items():
        side, _, index, rest = key.split(".", 3)  # encoder.layers.3.conv.0.weight
        slot = int(index) + (side == "decoder")  # ComfyUI's decoder starts with a clamp
        weights[f"taesd_{side}.{slot}.{rest}"] = value.detach().cpu().contiguous()
    return weights


def load_autoencoder(path: str | Path) -> nn.Module:
    """A file of `comfy_weights` as a frozen `diffusers` AutoencoderTiny.

    Raises ValueError if it is not one.
    """
    from safetensors.torch import load_file

    weights = {}
    for key, value in load_file(str(path)).items():
        if key.startswith("taesd_"):
            side, slot, rest = key.removeprefix("taesd_").split(".", 2)
            weights[f"{side}.layers.{int(slot) - (side == 'decoder')}.{rest}"] = value.float()
    model = new_autoencoder()
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        raise ValueError(f"autoencoder: '{Path(path).name}' is not of TAESD's shape") from error
    return model.eval().requires_grad_(False)


def save_autoencoder(model: nn.Module, path: str | Path, about: str) -> None:
    """Half precision, one safetensors file, whole or not at all."""
    import os

    from safetensors.torch import save_file

    halves = {key: value.half() for key, value in comfy_weights(model).items()}
    part = Path(path).with_name(Path(path).name + ".part")
    save_file(halves, str(part), metadata={"format": "pt", "about": about})
    os.replace(part, path)


def load_pictures(folder: Path, limit: int) -> list[Sample]:
    """Up to `limit` samples of a folder of shards."""
    pictures: list[Sample] = []
    for path in list_shards(folder):
        for sample in read_shard(path):
            if len(pictures) == limit:
                return pictures
            pictures.append(sample)
    return pictures


def main() -> None:
    config = parse_config(AutoencoderConfig, __doc__.splitlines()[0])
    seed_step(config.seed, -1)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = new_autoencoder()
    objective = AutoencoderLoss(load_pictures(config.shards, config.pool), config, device)

    def export(average: dict, step: int) -> None:
        trained = new_autoencoder()
        trained.load_state_dict(average)
        save_autoencoder(trained, config.out / "outpainter_vae.safetensors", f"trained for {step} steps")

    average = train(model, objective, config, export)
    if is_main_process():
        export(average, config.steps)


if __name__ == "__main__":
    main()
