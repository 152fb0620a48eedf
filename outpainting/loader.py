"""A PAS file -> ComfyUI's model patcher."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import comfy.sd
import comfy.supported_models
import comfy.utils

from .checkpoint import W_PREFIX, check_weights, read_info
from .model import WProjection, pas_model_config
from .unet_keys import is_diffusers_unet, to_ldm_layout

_REGISTRY_LOCK = threading.Lock()


def load_pas_model(path: str | Path, model_options: dict | None = None, **patcher_options):
    """A PAS model as ComfyUI's ModelPatcher, so that samplers, LoRA, previews and memory management work as usual.

    `model_options` are those of `comfy.sd.load_diffusion_model`; `patcher_options` (`disable_dynamic`) are what
    ComfyUI's own re-creation of a patcher passes. Raises ValueError or FileNotFoundError with one line.
    """
    path, model_options = Path(path), model_options or {}
    info = read_info(path)
    weights = comfy.utils.load_torch_file(str(path))
    if is_diffusers_unet(weights):
        projection = {key: weights.pop(key) for key in list(weights) if key.startswith(W_PREFIX)}
        weights = {**to_ldm_layout(weights), **projection}
    check_weights(weights, info, path.name)
    w_projection = WProjection(weights.pop(f"{W_PREFIX}weight"), weights.pop(f"{W_PREFIX}bias"))
    given = set(weights)
    with _registered(pas_model_config(info, w_projection)):
        patcher = comfy.sd.load_diffusion_model_state_dict(weights, model_options=model_options, **patcher_options)
    if patcher is None:
        raise ValueError(f"model: {path.name!r} is no UNet that ComfyUI can build")
    missing = sorted(set(patcher.model.diffusion_model.state_dict()) - given)
    if missing:
        raise ValueError(f"model: {path.name!r} lacks {len(missing)} UNet tensors (first: {missing[0]!r})")
    # ComfyUI re-creates a patcher from this for multi-GPU and CPU clones; its own factory does not know our class.
    patcher.cached_patcher_init = (load_pas_model, (str(path), model_options))
    return patcher


@contextmanager
def _registered(config: type[comfy.supported_models.SD15]) -> Iterator[None]:
    """`config` is the first entry of ComfyUI's model table, for this thread and for as long as the block runs."""
    thread = threading.get_ident()

    class ThisThread(config):
        @classmethod
        def matches(cls, *args, **kwargs) -> bool:
            return threading.get_ident() == thread

    with _REGISTRY_LOCK:
        comfy.supported_models.models.insert(0, ThisThread)
        try:
            yield
        finally:
            comfy.supported_models.models.remove(ThisThread)
