"""Tiny random checkpoints of the SD1.5 family that a real ComfyUI loads. `diffusers` builds them, so it is the oracle.

    python tests/tiny_checkpoints.py MODELS_DIR

ComfyUI recognises an SD1.5 UNet by its width (320) and context (768), so the stock ones have those and one level only;
PAS files may have any width and are smaller.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from avatar_scene.outpainting.checkpoint import PASInfo, write_checkpoint
from avatar_scene.outpainting.unet_keys import to_ldm_layout

PAS_CONTEXT = 384
W_EMBEDDING = 32
PAS_HEADS = 4


def tiny_unet(in_channels: int, *, widths=(320,), context=768, heads=8, seed=0):
    """A random `diffusers` UNet: latents of 4 channels out, weights scaled so that activations stay near 1."""
    from diffusers import UNet2DConditionModel

    torch.manual_seed(seed)
    unet = UNet2DConditionModel(
        in_channels=in_channels,
        out_channels=4,
        block_out_channels=widths,
        down_block_types=("CrossAttnDownBlock2D",) * len(widths),
        up_block_types=("CrossAttnUpBlock2D",) * len(widths),
        layers_per_block=1,
        cross_attention_dim=context,
        attention_head_dim=heads,
        norm_num_groups=32,
    )
    return unet.eval().requires_grad_(False)


def stock_unet_weights(in_channels: int, seed: int = 0) -> dict[str, torch.Tensor]:
    """An SD1.5-type UNet under latent-diffusion names: 4 channels (text) or 9 (inpainting)."""
    return to_ldm_layout(tiny_unet(in_channels, seed=seed).state_dict())


def tiny_pas_unet(seed: int = 0):
    """The 14-channel `diffusers` UNet of the tiny PAS file: two levels, 32 and 64 channels, MiniLM's context."""
    return tiny_unet(14, widths=(32, 64), context=PAS_CONTEXT, heads=PAS_HEADS, seed=seed)


def write_tiny_pas(path: Path, *, seed: int = 0, gray_latent=None) -> None:
    """A PAS file of `tiny_pas_unet(seed)` and a random w-projection."""
    unet = tiny_pas_unet(seed)
    generator = torch.Generator().manual_seed(seed)
    weight = torch.randn(PAS_CONTEXT, W_EMBEDDING, generator=generator) / W_EMBEDDING**0.5
    bias = torch.randn(PAS_CONTEXT, generator=generator)
    info = PASInfo(PAS_CONTEXT, "minilm", PAS_HEADS, gray_latent=gray_latent, about="random weights for tests")
    write_checkpoint(path, unet.state_dict(), weight, bias, info)


def tiny_vae_weights(latent_channels: int = 4, seed: int = 0) -> dict[str, torch.Tensor]:
    """A random TAESD-shaped autoencoder under the names ComfyUI reads."""
    from diffusers import AutoencoderTiny

    torch.manual_seed(seed)
    weights = {"vae_scale": torch.ones(()), "vae_shift": torch.zeros(())}
    for key, value in AutoencoderTiny(latent_channels=latent_channels).state_dict().items():
        side, _, index, rest = key.split(".", 3)  # encoder.layers.3.conv.0.weight
        slot = int(index) + (side == "decoder")  # ComfyUI's decoder starts with a clamp
        weights[f"taesd_{side}.{slot}.{rest}"] = value
    return weights


def tiny_lora(context: int, width: int, seed: int = 3) -> dict[str, torch.Tensor]:
    """A LoRA on the first cross-attention's keys, in kohya's naming."""
    generator = torch.Generator().manual_seed(seed)
    name = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"
    return {
        f"{name}.lora_down.weight": torch.randn(4, context, generator=generator) * 0.3,
        f"{name}.lora_up.weight": torch.randn(width, 4, generator=generator) * 0.3,
        f"{name}.alpha": torch.tensor(4.0),
    }


def write_all(models: Path) -> None:
    """Every tiny file in the folders of a ComfyUI `models` directory; those that exist are kept."""
    from safetensors.torch import save_file

    files = {
        "diffusion_models/tiny_text_4ch.safetensors": lambda: stock_unet_weights(4),
        "diffusion_models/tiny_inpaint_9ch.safetensors": lambda: stock_unet_weights(9),
        "vae/tiny_vae.safetensors": tiny_vae_weights,
        "vae/tiny_vae_16ch.safetensors": lambda: tiny_vae_weights(16),
        "loras/tiny_pas_lora.safetensors": lambda: tiny_lora(PAS_CONTEXT, 32),
    }
    for name, make in files.items():
        path = models / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            save_file({key: value.contiguous() for key, value in make().items()}, path)
    pas = models / "pas" / "tiny_pas.safetensors"
    pas.parent.mkdir(parents=True, exist_ok=True)
    if not pas.exists():
        write_tiny_pas(pas)


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))
