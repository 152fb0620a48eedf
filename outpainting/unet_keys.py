"""Weight names: `diffusers` UNet2DConditionModel -> the original latent-diffusion layout that ComfyUI reads."""

from __future__ import annotations

import re
from collections.abc import Iterable

import torch

_TOP = {
    "conv_in": "input_blocks.0.0",
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
}
_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
_MIDDLE = {("resnets", 0): 0, ("attentions", 0): 1, ("resnets", 1): 2}
_BLOCK = re.compile(r"(down_blocks|up_blocks)\.(\d+)\.(resnets|attentions|downsamplers|upsamplers)\.(\d+)\.(.+)")
_MID = re.compile(r"mid_block\.(resnets|attentions)\.(\d+)\.(.+)")


def is_diffusers_unet(keys: Iterable[str]) -> bool:
    """Whether these are the names of a `diffusers` UNet."""
    return "conv_in.weight" in set(keys)


def to_ldm_layout(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The same tensors under latent-diffusion names; `weights` is a whole `diffusers` UNet without added embeddings.

    Raises ValueError on a name that has no counterpart (a UNet of another family).
    """
    down = _resnets_per_block(weights, "down_blocks")
    up = _resnets_per_block(weights, "up_blocks")
    # Every down block ends with a downsampler's slot, and slot 0 is conv_in.
    down_start = [1 + sum(down[:block]) + block for block in range(len(down))]
    up_start = [sum(up[:block]) for block in range(len(up))]
    up_attends = [f"up_blocks.{block}.attentions.0.proj_in.weight" in weights for block in range(len(up))]

    def rename(key: str) -> str | None:
        module, _, leaf = key.rpartition(".")
        if module in _TOP:
            return f"{_TOP[module]}.{leaf}"
        if match := _MID.fullmatch(key):
            kind, index, rest = match[1], int(match[2]), match[3]
            slot = _MIDDLE.get((kind, index))
            return None if slot is None else _inner(f"middle_block.{slot}", kind, rest)
        if not (match := _BLOCK.fullmatch(key)):
            return None
        side, block, kind, index, rest = match[1], int(match[2]), match[3], int(match[4]), match[5]
        if kind == "downsamplers":
            return f"input_blocks.{down_start[block] + down[block]}.0.op.{rest.removeprefix('conv.')}"
        if kind == "upsamplers":
            slot = 2 if up_attends[block] else 1
            return f"output_blocks.{up_start[block] + up[block] - 1}.{slot}.{rest}"
        at = f"input_blocks.{down_start[block] + index}"
        if side == "up_blocks":
            at = f"output_blocks.{up_start[block] + index}"
        return _inner(f"{at}.{0 if kind == 'resnets' else 1}", kind, rest)

    renamed = {key: rename(key) for key in weights}
    unknown = [key for key, name in renamed.items() if name is None]
    if unknown:
        raise ValueError(f"UNet: {len(unknown)} tensors are not of an SD1.5-type UNet (first: {unknown[0]!r})")
    return {name: weights[key] for key, name in renamed.items()}


def _inner(at: str, kind: str, rest: str) -> str | None:
    if kind == "attentions":
        return f"{at}.{rest}"  # norm, proj_in, transformer_blocks and proj_out are called the same
    part, _, leaf = rest.partition(".")
    return f"{at}.{_RESNET[part]}.{leaf}" if part in _RESNET else None


def _resnets_per_block(weights: dict[str, torch.Tensor], side: str) -> list[int]:
    """How many residual blocks each down or up block has."""
    pattern = re.compile(rf"{side}\.(\d+)\.resnets\.(\d+)\.conv1\.weight")
    counts: dict[int, int] = {}
    for key in weights:
        if match := pattern.fullmatch(key):
            counts[int(match[1])] = max(counts.get(int(match[1]), 0), int(match[2]) + 1)
    return [counts.get(block, 0) for block in range(max(counts, default=-1) + 1)]
