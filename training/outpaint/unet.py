"""The UNet that is trained: `diffusers`' own, over 14 channels and a w token (or 9 and none, an inpainting base)."""

from __future__ import annotations

import logging
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from ...outpainting.checkpoint import INPAINT_CHANNELS, INPUT_CHANNELS, W_PREFIX, widen_input
from ...outpainting.downsample import sinusoidal_embedding
from ...outpainting.text_context import add_w_tokens
from ...outpainting.unet_keys import is_diffusers_unet, to_ldm_layout

KINDS = {"inpaint": INPAINT_CHANNELS, "pas": INPUT_CHANNELS}
W_EMBEDDING = 256
LDM_PREFIX = "model.diffusion_model."  # the UNet inside a whole checkpoint

logger = logging.getLogger(__name__)


class ConditionedUNet(nn.Module):
    """Noisy latent and conditioning -> the network's prediction.

    kind "pas":     14 channels, and w as one more token per 77 (paper 3.5.4).
    kind "inpaint": 9 channels (noise, mask, avatar latent), text only: the paper's baseline.
    """

    def __init__(self, unet: nn.Module, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.unet = unet
        if kind == "pas":
            self.w_projection = nn.Linear(W_EMBEDDING, unet.config.cross_attention_dim)

    def forward(
        self,
        noisy: torch.Tensor,  # (B, 4, h, w)
        timesteps: torch.Tensor,  # (B,)
        context: torch.Tensor,  # (B, 77 k, D)
        paint: torch.Tensor,  # (B, 1, h, w), 1 = paint
        avatar: torch.Tensor,  # (B, 4, h, w)
        gray: torch.Tensor,  # (B, 4, h, w), zeros without a gray render
        gray_mask: torch.Tensor,  # (B, 1, h, w)
        rate: torch.Tensor,  # (B,) w
    ) -> torch.Tensor:  # (B, 4, h, w)
        channels = [noisy, paint, avatar]
        if self.kind == "pas":
            channels += [gray, gray_mask]
            token = self.w_projection(sinusoidal_embedding(rate, W_EMBEDDING))[:, None]
            context = add_w_tokens(context, token)
        stacked = torch.cat(channels, 1).contiguous(memory_format=torch.channels_last)
        return self.unet(stacked, timesteps, context).sample


def new_unet(
    channels: int,
    widths: tuple[int, ...],
    layers: int,
    context: int,
    heads: int,
    attention: tuple[bool, ...] | None = None,
) -> nn.Module:
    """An untrained `diffusers` UNet; `attention` says for each level whether it has cross-attention (default: all)."""
    from diffusers import UNet2DConditionModel

    attention = attention or (True,) * len(widths)
    unet = UNet2DConditionModel(
        in_channels=channels,
        out_channels=4,
        block_out_channels=widths,
        down_block_types=tuple("CrossAttnDownBlock2D" if has else "DownBlock2D" for has in attention),
        up_block_types=tuple("CrossAttnUpBlock2D" if has else "UpBlock2D" for has in reversed(attention)),
        layers_per_block=layers,
        cross_attention_dim=context,
        attention_head_dim=heads,  # diffusers' name for the number of heads of this family
    )
    return unet.to(memory_format=torch.channels_last)


def stated_prediction(path: str | Path) -> str | None:
    """The prediction a file of this trainer says it was trained for; None of others."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), "pt") as file:
            return (file.metadata() or {}).get("prediction")
    except (SafetensorError, OSError):  # told by open_base, in full
        return None


def open_base(path: str | Path, kind: str, heads: int = 8) -> ConditionedUNet:
    """A UNet to fine-tune from: an inpainting checkpoint (whole or UNet only), or a PAS file to go on with.

    A nine-channel base becomes a 14-channel one by zero weights, so that without the w token it first gives what the
    base gives. A PAS file trained on as "inpaint" loses its gray body's channels and its w token, and a log line says
    so: it first gives what it gave without gray body and w token. Raises ValueError, naming the file, if it is of
    another family.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = Path(path)
    try:
        weights = load_file(str(path))
    except (SafetensorError, OSError) as error:
        raise ValueError(f"--base: '{path.name}' is missing, truncated or no safetensors file ({error})") from error
    projection = {key: weights.pop(key).float() for key in list(weights) if key.startswith(W_PREFIX)}
    if any(key.startswith(LDM_PREFIX) for key in weights):
        weights = {key.removeprefix(LDM_PREFIX): value for key, value in weights.items() if key.startswith(LDM_PREFIX)}
    if is_diffusers_unet(weights):
        weights = to_ldm_layout(weights)
    first = weights.get("input_blocks.0.0.weight")
    if first is None or "input_blocks.1.0.in_layers.2.weight" not in weights:
        raise ValueError(f"--base: '{path.name}' holds no UNet of the SD1.5 family")
    if first.shape[1] not in KINDS.values():
        raise ValueError(
            f"--base: '{path.name}' takes {first.shape[1]} input channels; training starts from an inpainting "
            f"checkpoint ({INPAINT_CHANNELS}) or a PAS model ({INPUT_CHANNELS})"
        )
    shape = _shape_of(weights, path.name)
    if first.shape[1] < KINDS[kind]:
        weights["input_blocks.0.0.weight"] = widen_input(first)
    elif first.shape[1] > KINDS[kind]:
        weights["input_blocks.0.0.weight"] = first[:, : KINDS[kind]]
        logger.warning(
            "--base: '%s' is a PAS model; its gray body's channels and its w token are dropped for --kind %s",
            path.name, kind,
        )  # fmt: skip
    unet = new_unet(KINDS[kind], heads=heads, **shape)
    names = to_ldm_layout({key: key for key in unet.state_dict()})  # the original name of each of diffusers' tensors
    try:
        unet.load_state_dict({name: weights[original].float() for original, name in names.items()})
    except (KeyError, RuntimeError) as error:
        raise ValueError(f"--base: '{path.name}' is no UNet of the SD1.5 family ({error})".split("\n")[0]) from error
    model = ConditionedUNet(unet, kind)
    if kind == "pas" and projection:
        model.w_projection.load_state_dict({key.removeprefix(W_PREFIX): value for key, value in projection.items()})
    return model


def _shape_of(weights: dict[str, torch.Tensor], name: str) -> dict:
    """Widths, layers, context and attention of an original-layout UNet, read off its tensors."""
    widths, attention, layers, index = [weights["input_blocks.1.0.in_layers.2.weight"].shape[0]], [False], [0], 1
    while True:
        convolution = weights.get(f"input_blocks.{index}.0.in_layers.2.weight")
        if convolution is not None:
            widths[-1] = convolution.shape[0]
            layers[-1] += 1
            attention[-1] = f"input_blocks.{index}.1.proj_in.weight" in weights
        elif f"input_blocks.{index}.0.op.weight" in weights:
            widths.append(widths[-1])
            attention.append(False)
            layers.append(0)
        else:
            break
        index += 1
    context = next((v.shape[1] for key, v in weights.items() if key.endswith("attn2.to_k.weight")), None)
    projection = next((v for key, v in weights.items() if key.endswith("proj_in.weight")), None)
    if context is None or len(set(layers)) != 1 or projection.ndim != 4:
        raise ValueError(f"--base: '{name}' is no UNet of the SD1.5 family")
    return {"widths": tuple(widths), "layers": layers[0], "context": context, "attention": tuple(attention)}


def pad_context(tokens: list[torch.Tensor]) -> torch.Tensor:
    """Captions' token states -> (B, 77 k, D), zeros at the end, as `text_context` and ComfyUI's chunks give them."""
    from ...outpainting.checkpoint import TOKENS_PER_CHUNK

    chunks = max(1, *(-(-len(states) // TOKENS_PER_CHUNK) for states in tokens))
    length = chunks * TOKENS_PER_CHUNK
    return torch.stack([F.pad(states.float(), (0, 0, 0, length - len(states))) for states in tokens])
