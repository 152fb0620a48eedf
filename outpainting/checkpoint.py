"""The PAS model file: a 14-channel UNet and its w-projection in one safetensors file that says what it is.

Tensors: the UNet under latent-diffusion names (`input_blocks.0.0.weight` ...; `diffusers` names are read too), and
`w_projection.weight (context_dim, E)`, `w_projection.bias (context_dim)`. The metadata holds `PASInfo`.

UNet input channels, in this order: noisy latent 4 | paint mask 1 (1 = paint) | avatar latent 4 | gray latent 4 |
gray mask 1.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import torch

FORMAT = "avatar-scene-outpainter"
FORMAT_VERSION = 1
INPUT_CHANNELS = 14
INPAINT_CHANNELS = 9
W_PREFIX = "w_projection."
LATENT_FAMILIES = ("sd15",)
PREDICTIONS = ("epsilon", "v_prediction")
TOKENS_PER_CHUNK = 77  # CLIP's chunk; MiniLM tokens are padded to it


@dataclass(frozen=True)
class PASInfo:
    """What a PAS file says about itself.

    context_dim:   width of the text tokens (768 for CLIP-L, 384 for MiniLM).
    text_encoder:  "clip-l" or "minilm": which text node the model was trained with.
    num_heads:     attention heads of every layer.
    latent_family: the latent space; "sd15" means four channels scaled by 0.18215.
    gray_latent:   the scaled latent (4 means) of a flat mid-gray picture in the VAE it was trained with, or None if
                   unknown. It tells a wrong VAE apart.
    prediction:    what the UNet's output is: "epsilon" (eq. 1, SD1.5), or "v_prediction" with a noise schedule that
                   ends in pure noise (Lin et al. 2023): skies as bright and nights as dark as they should be.
    native_size:   pixels a side it was trained at; larger avatar pictures are shown to it at that size.
    about:         one line for people: what it was trained on, its licence.
    """

    context_dim: int
    text_encoder: str = "clip-l"
    num_heads: int = 8
    latent_family: str = "sd15"
    gray_latent: tuple[float, float, float, float] | None = None
    prediction: str = "epsilon"
    native_size: int | None = None
    about: str = ""

    def to_metadata(self) -> dict[str, str]:
        """The safetensors header's string map."""
        return {
            "format": FORMAT,
            "format_version": str(FORMAT_VERSION),
            "latent_family": self.latent_family,
            "context_dim": str(self.context_dim),
            "text_encoder": self.text_encoder,
            "num_heads": str(self.num_heads),
            "gray_latent": json.dumps(self.gray_latent),
            "prediction": self.prediction,
            "native_size": json.dumps(self.native_size),
            "about": self.about,
        }

    @staticmethod
    def from_metadata(metadata: dict[str, str], name: str) -> PASInfo:
        """Raises ValueError, naming the file, if the metadata is not a PAS file's or of a newer format."""
        if metadata.get("format") != FORMAT:
            raise ValueError(
                f"model: {name!r} is not a PAS model file; open other models with ComfyUI's own loaders, "
                "PASOutpaint takes those too"
            )
        if metadata.get("format_version") != str(FORMAT_VERSION):
            version = metadata.get("format_version")
            raise ValueError(f"model: {name!r} has PAS format version {version}; this pack reads {FORMAT_VERSION}")
        family = metadata.get("latent_family")
        if family not in LATENT_FAMILIES:
            raise ValueError(f"model: {name!r} is of latent family {family!r}; known: {', '.join(LATENT_FAMILIES)}")
        prediction = metadata.get("prediction", "epsilon")
        if prediction not in PREDICTIONS:
            raise ValueError(f"model: {name!r} predicts {prediction!r}; known: {', '.join(PREDICTIONS)}")
        try:
            gray = json.loads(metadata.get("gray_latent", "null"))
            native = json.loads(metadata.get("native_size", "null"))
            return PASInfo(
                context_dim=_positive(metadata["context_dim"]),
                text_encoder=metadata["text_encoder"],
                num_heads=_positive(metadata["num_heads"]),
                latent_family=family,
                gray_latent=None if gray is None else _four_numbers(gray),
                prediction=prediction,
                native_size=None if native is None else _positive(native),
                about=metadata.get("about", ""),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"model: {name!r} has damaged PAS metadata ({error})") from error


def _positive(value: str | int) -> int:
    number = int(value)
    if number < 1:
        raise ValueError(f"{number} is no positive number")
    return number


def _four_numbers(values: list) -> tuple[float, float, float, float]:
    if len(values) != 4:
        raise ValueError(f"gray_latent has {len(values)} values, not 4")
    return tuple(float(value) for value in values)


def read_info(path: str | Path) -> PASInfo:
    """What a PAS file says about itself, from its header alone.

    Raises FileNotFoundError, or ValueError if the file is truncated, no safetensors file, or no PAS file.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"model: there is no file {str(path)!r}")
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="pt") as file:
            metadata = file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise ValueError(f"model: {path.name!r} is truncated or no safetensors file ({error})") from error
    return PASInfo.from_metadata(metadata, path.name)


def write_checkpoint(
    path: str | Path,
    unet: dict[str, torch.Tensor],
    w_weight: torch.Tensor,  # (context_dim, E)
    w_bias: torch.Tensor,  # (context_dim,)
    info: PASInfo,
) -> None:
    """Write a PAS file whole or not at all; `unet` may have latent-diffusion or `diffusers` names.

    Raises ValueError if the UNet does not take 14 channels or the w-projection does not fit its context.
    """
    from safetensors.torch import save_file

    from .unet_keys import is_diffusers_unet, to_ldm_layout

    weights = to_ldm_layout(unet) if is_diffusers_unet(unet) else dict(unet)
    check_weights({**weights, f"{W_PREFIX}weight": w_weight, f"{W_PREFIX}bias": w_bias}, info, Path(path).name)
    weights[f"{W_PREFIX}weight"], weights[f"{W_PREFIX}bias"] = w_weight, w_bias
    weights = {key: value.detach().cpu().contiguous() for key, value in weights.items()}
    path = Path(path)
    part = path.with_name(f"{path.name}.part")
    try:
        save_file(weights, str(part), metadata=info.to_metadata())
        with open(part, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def check_weights(weights: dict[str, torch.Tensor], info: PASInfo, name: str) -> None:
    """Raises ValueError if these weights (latent-diffusion names) are not what `info` says."""
    first = weights.get("input_blocks.0.0.weight")
    if first is None or first.ndim != 4:
        raise ValueError(f"model: {name!r} holds no UNet (input_blocks.0.0.weight is missing or no convolution)")
    if first.shape[1] != INPUT_CHANNELS:
        raise ValueError(f"model: {name!r} takes {first.shape[1]} input channels; a PAS model takes {INPUT_CHANNELS}")
    context = next((value.shape[-1] for key, value in weights.items() if key.endswith("attn2.to_k.weight")), None)
    if context != info.context_dim:
        raise ValueError(f"model: {name!r} says context_dim {info.context_dim}, its attention takes {context}")
    weight, bias = weights.get(f"{W_PREFIX}weight"), weights.get(f"{W_PREFIX}bias")
    if weight is None or bias is None or weight.ndim != 2 or weight.shape[1] % 2:
        raise ValueError(f"model: {name!r} has no w-projection ({W_PREFIX}weight, {W_PREFIX}bias)")
    if weight.shape[0] != context or tuple(bias.shape) != (context,):
        raise ValueError(f"model: {name!r} projects w to {weight.shape[0]} values, its attention takes {context}")


def widen_input(weight: torch.Tensor) -> torch.Tensor:
    """First convolution of an inpainting UNet (C, 9, k, k) -> (C, 14, k, k): keep nine, add five of zeros.

    At step 0 the widened UNet gives what the inpainting UNet gives (fine-tuning starts from it, paper 3.5.4).
    """
    if weight.ndim != 4 or weight.shape[1] != INPAINT_CHANNELS:
        raise ValueError(f"base model: its first layer has shape {tuple(weight.shape)}, expected (C, 9, k, k)")
    extra = INPUT_CHANNELS - INPAINT_CHANNELS
    return torch.cat([weight, weight.new_zeros(weight.shape[0], extra, *weight.shape[2:])], 1)
