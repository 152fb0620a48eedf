"""PAS files as ComfyUI models: LoRA, low VRAM, clones, and a model table left as it was."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path

from . import case
from .stage import difference, load_pas, load_vae, model_path, outpaint, picture, text


@case
def lora_changes_the_model():
    import comfy.sd
    import comfy.utils

    model, vae = load_pas(), load_vae()
    avatar, mask = picture()
    lora = comfy.utils.load_torch_file(str(model_path("loras/tiny_pas_lora.safetensors")))
    patched, _ = comfy.sd.load_lora_for_models(model, None, lora, 1.0, 0.0)
    arguments = (text(), text(seed=2), vae, avatar, mask)
    plain = outpaint(model, *arguments)
    return {
        "patches": len(patched.patches),
        "changed": difference(plain, outpaint(patched, *arguments)),
        "still_ours": type(patched.model).__name__,
        "undone": difference(plain, outpaint(model, *arguments)),
    }


@case
def low_vram_gives_the_same():
    import torch

    model = load_pas()
    inputs = torch.randn(1, 14, 8, 8, generator=torch.Generator().manual_seed(0))
    context = text(78)[0][0]
    cpu = torch.device("cpu")

    def forward(patcher):
        with torch.no_grad():
            return patcher.model.diffusion_model(inputs, torch.tensor([500.0]), context=context)

    model.patch_model(cpu)
    whole = forward(model)
    model.unpatch_model(cpu)
    small = load_pas()
    small.patch_model(cpu, lowvram_model_memory=200_000)
    patched = sum(getattr(module, "comfy_cast_weights", False) for module in small.model.modules())
    return {"difference": difference(whole, forward(small)), "lowvram": small.model.model_lowvram, "cast": patched}


@case
def clones_keep_our_class():
    import torch

    model, vae = load_pas(), load_vae()
    if not hasattr(model, "deepclone_multigpu"):
        return {"supported": False}
    avatar, mask = picture()
    arguments = (text(), text(seed=2), vae, avatar, mask)
    plain = outpaint(model, *arguments)
    clone = model.deepclone_multigpu(new_load_device=torch.device("cpu"))
    static = model.clone(force_deepcopy=True)
    return {
        "supported": True,
        "own_weights": clone.model is not model.model and static.model is not model.model,
        "classes": [type(clone.model).__name__, type(static.model).__name__],
        "difference": max(difference(plain, outpaint(copy, *arguments)) for copy in (clone, static)),
    }


@case
def nothing_stays_patched():
    import comfy.model_detection
    import comfy.supported_models

    before = list(comfy.supported_models.models)
    seen_elsewhere = []

    def other_thread():
        config = {"context_dim": 768, "model_channels": 320, "use_linear_in_transformer": False}
        config |= {"adm_in_channels": None, "use_temporal_attention": False, "in_channels": 4}
        seen_elsewhere.append(type(comfy.model_detection.model_config_from_unet_config(config)).__name__)

    from avatar_scene.outpainting import loader
    from avatar_scene.outpainting.checkpoint import read_info

    info = read_info(model_path("pas/tiny_pas.safetensors"))
    with loader._registered(loader.pas_model_config(info, None)):
        thread = threading.Thread(target=other_thread)
        thread.start()
        thread.join()
    load_pas()
    return {"unchanged": comfy.supported_models.models == before, "other_thread": seen_elsewhere}


@case
def diffusers_files_load():
    import torch
    from avatar_scene.outpainting.checkpoint import read_info
    from avatar_scene.outpainting.loader import load_pas_model
    from safetensors.torch import load_file, save_file
    from tiny_checkpoints import tiny_pas_unet

    path = model_path("pas/tiny_pas.safetensors")
    weights = {key: value for key, value in load_file(path).items() if key.startswith("w_projection.")}
    weights |= tiny_pas_unet().state_dict()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "as_diffusers.safetensors"
        save_file(weights, copy, metadata=read_info(path).to_metadata())
        model = load_pas_model(copy)
    ours, theirs = load_pas().model.diffusion_model.state_dict(), model.model.diffusion_model.state_dict()
    return {"equal": ours.keys() == theirs.keys() and all(torch.equal(ours[key], theirs[key]) for key in ours)}
