"""Weights in safetensors files whose header says what they are, and the errors when they are something else."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch import nn


def save_checkpoint(path: str | Path, tensors: dict[str, torch.Tensor], kind: str, config: dict) -> None:
    """Write `tensors` with a header that names the `kind` of model and its `config` (any JSON value).

    The file appears whole or not at all (temporary file, then rename).
    """
    from safetensors.torch import save_file

    path = Path(path)
    part = path.with_name(path.name + ".part")
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    save_file(tensors, part, {"kind": kind, "config": json.dumps(config, sort_keys=True)})
    part.replace(path)


def load_checkpoint(path: str | Path, kind: str) -> tuple[dict[str, torch.Tensor], dict]:
    """Read what `save_checkpoint` wrote: (tensors as float32, config).

    Raises FileNotFoundError if there is no such file, ValueError if it is not a whole safetensors file of that kind.
    """
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{kind}: no checkpoint at '{path}'")
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(f"{kind}: '{path.name}' is damaged or no safetensors file ({error}); copy it again") from None
    if header.get("kind") != kind:
        raise ValueError(f"{kind}: '{path.name}' holds {header.get('kind', 'unlabelled weights')!r}, not {kind!r}")
    return {name: as_float32(tensor) for name, tensor in tensors.items()}, json.loads(header["config"])


def load_weights(model: nn.Module, tensors: dict[str, torch.Tensor], name: str) -> None:
    """Fill `model` from `tensors`, exactly. Raises ValueError naming the first key or shape that does not fit."""
    expected = model.state_dict()
    for key, value in expected.items():
        if key not in tensors:
            raise ValueError(f"{name}: the weight '{key}' is missing; the file belongs to another model")
        if tensors[key].shape != value.shape:
            shapes = f"{tuple(tensors[key].shape)}, expected {tuple(value.shape)}"
            raise ValueError(f"{name}: the weight '{key}' has shape {shapes}; the file belongs to another model")
    extra = sorted(set(tensors) - set(expected))
    if extra:
        raise ValueError(f"{name}: unknown weight '{extra[0]}'; the file belongs to another model")
    if not all(torch.isfinite(tensor).all() for tensor in tensors.values() if tensor.is_floating_point()):
        raise ValueError(f"{name}: the weights contain NaN or infinite values")
    model.load_state_dict(tensors)


def as_float32(tensor: torch.Tensor) -> torch.Tensor:
    """Floating-point tensors as float32, others as they are."""
    return tensor.float() if tensor.is_floating_point() else tensor
