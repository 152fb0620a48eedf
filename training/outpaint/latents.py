"""Encode shards once, so that training reads latents: pictures by the autoencoder, captions by the text encoder.

    ./pas python -m avatar_scene.training.outpaint.latents --shards SHARDS --vae VAE.safetensors --out LATENTS

Each shard becomes one safetensors file of what `outpainting` shows the UNet (DESIGN "Outpainting input"), by the very
functions that run in ComfyUI:

    target (N, 4, h, w)   the finished picture
    avatar (N, 4, h, w)   the person, downsampled by w, over mid gray
    alpha (N, 1, h, w)    how much of each latent cell the person covers
    gray (N, 4, h, w)     the gray body over mid gray
    gray_mask (N, 1, h, w)
    rate (N,)             the w that was drawn, uniform in [0, 1], or --rate
    tokens (T, D)         token states of all captions, one after the other; caption i is starts[i] : starts[i + 1]
    starts (N + 1,)

Latents are scaled as the UNet sees them. With `--masks random` the person is replaced by random shapes and there is no
gray body: what an inpainting base is trained on. With `--rate 1` the person stays as sharp as it is when a model that
knows no w is used: what the base is fine-tuned on.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import torch

from ...outpainting.downsample import downsample_avatar
from ...outpainting.latent_masks import over_gray, soft_cells
from ..common import parse_config
from ..shards import Sample, list_shards, read_shard
from .encoders import Encoders, open_encoders
from .random_masks import random_mask

FORMAT = "avatar-scene-latents-1"


@dataclass
class LatentsConfig:
    """What is encoded with what."""

    shards: Path = Path("shards")  # folder of shards
    out: Path = Path("latents")  # folder of the results; what is there already is not encoded again
    vae: str = ""  # a file of training.outpaint.autoencoder; its texts are read by MiniLM
    checkpoint: str = ""  # instead of --vae: a whole Stable Diffusion 1.5 checkpoint; its own VAE and CLIP are used
    size: int = 256  # pixels a side the samples are resized to, a multiple of 8
    masks: str = "person"  # "person", or "random" for an inpainting base
    rate: float = -1.0  # w of every sample, 0..1; negative: drawn anew for each, which models with a w token need
    batch: int = 16  # pictures encoded at once
    seed: int = 0  # of w and of random masks
    threads: int = 0  # CPU threads, 0 for torch's default


def resized(sample: Sample, side: int) -> Sample:
    """The sample at `side` x `side`; its transparent pictures are filtered premultiplied."""
    if sample.image.shape[:2] == (side, side):
        return sample
    image = cv2.resize(sample.image, (side, side), interpolation=cv2.INTER_AREA)
    return Sample(image, _resize_rgba(sample.person, side), _resize_rgba(sample.gray, side), sample.caption)


def _resize_rgba(picture: np.ndarray, side: int) -> np.ndarray:
    alpha = picture[..., 3:].astype(np.float32) / 255
    packed = np.concatenate([picture[..., :3] * alpha, picture[..., 3:]], -1).astype(np.float32)
    small = cv2.resize(packed, (side, side), interpolation=cv2.INTER_AREA)
    small[..., :3] /= np.maximum(small[..., 3:] / 255, 1e-3)
    return (small + 0.5).clip(0, 255).astype(np.uint8)


@torch.no_grad()
def encode_samples(samples: list[Sample], encoders: Encoders, rates: torch.Tensor, masks: str) -> dict:
    """The tensors of one batch, tokens as a list; see the module's description."""
    image = _stack(sample.image for sample in samples)  # B, H, W, 3
    if masks == "random":
        alpha = torch.stack([1 - random_mask(*image.shape[1:3]) for _ in samples])
        person, rates = image, torch.ones_like(rates)
        gray_alpha = torch.zeros_like(alpha)
    else:
        person, alpha = _split(_stack(sample.person for sample in samples))
        gray, gray_alpha = _split(_stack(sample.gray for sample in samples))
    coarse = downsample_avatar(person, alpha, rates)
    pictures = [image, over_gray(coarse, alpha)]
    if masks != "random":
        pictures.append(over_gray(gray, gray_alpha))
    target, avatar, *body = encoders.pictures(torch.cat(pictures)).split(len(samples))
    return {
        "target": target,
        "avatar": avatar,
        "alpha": soft_cells(alpha),
        "gray": body[0] if body else torch.zeros_like(avatar),
        "gray_mask": soft_cells(gray_alpha),
        "rate": rates,
        "tokens": encoders.texts([sample.caption for sample in samples]),
    }


def _stack(pictures) -> torch.Tensor:
    return torch.from_numpy(np.stack(list(pictures))).float() / 255


def _split(rgba: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return rgba[..., :3], rgba[..., 3]


def _batches(path: Path, config: LatentsConfig) -> Iterator[list[Sample]]:
    samples = (resized(sample, config.size) for sample in read_shard(path))
    while batch := list(islice(samples, config.batch)):
        yield batch


def encode_shard(path: Path, encoders: Encoders, config: LatentsConfig) -> dict[str, torch.Tensor]:
    """One shard's tensors, half precision. The same seed and shard name draw the same w and masks."""
    digest = hashlib.blake2b(f"{config.seed},{path.name}".encode(), digest_size=7).digest()
    torch.manual_seed(int.from_bytes(digest, "little"))
    parts: dict[str, list] = {}
    for batch in _batches(path, config):
        rates = torch.rand(len(batch)) if config.rate < 0 else torch.full((len(batch),), config.rate)
        for name, value in encode_samples(batch, encoders, rates, config.masks).items():
            parts.setdefault(name, []).append(value)
    if not parts:
        raise ValueError(f"shard '{path.name}': it is empty")
    tokens = [states for batch in parts.pop("tokens") for states in batch]
    tensors = {name: torch.cat(values) for name, values in parts.items()}
    tensors["tokens"] = torch.cat(tokens)
    halves = {name: value.half().contiguous() for name, value in tensors.items()}
    halves["rate"] = tensors["rate"].float()  # half precision would round w
    halves["starts"] = torch.tensor([0, *np.cumsum([len(states) for states in tokens])])
    return halves


def encode_folder(config: LatentsConfig) -> None:
    """Encode every shard that has no latents yet. Raises ValueError or FileNotFoundError with one line."""
    from safetensors.torch import save_file
    from tqdm import tqdm

    encoders = open_encoders(config.vae, config.checkpoint)
    gray = encoders.pictures(torch.full((1, config.size, config.size, 3), 0.5)).float().mean((0, 2, 3)).tolist()
    metadata = {
        "format": FORMAT,
        "text_encoder": encoders.text_encoder,
        "gray_latent": json.dumps(gray),
        "masks": config.masks,
        "size": str(config.size),
    }
    config.out.mkdir(parents=True, exist_ok=True)
    save_file({"tokens": encoders.texts([""])[0].half()}, str(config.out / "empty_text.safetensors"), metadata)
    for path in tqdm(list_shards(config.shards)):
        result = config.out / f"{path.stem}.latents.safetensors"
        if not result.exists():
            part = result.with_name(result.name + ".part")
            save_file(encode_shard(path, encoders, config), str(part), metadata)
            os.replace(part, result)


def main() -> None:
    config = parse_config(LatentsConfig, __doc__.splitlines()[0])
    if config.masks not in ("person", "random"):
        raise SystemExit(f"--masks: {config.masks!r} is none of person, random")
    if config.size % 8 or config.size <= 0:
        raise SystemExit(f"--size: {config.size} is no multiple of 8")
    if config.rate > 1:
        raise SystemExit(f"--rate: w is {config.rate:g}, expected 0 to 1, or negative for a random one")
    if config.threads:
        torch.set_num_threads(config.threads)
    try:
        encode_folder(config)
    except (ValueError, FileNotFoundError) as error:  # a damaged shard, a checkpoint of another family
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
