"""Tiny random checkpoints of the SD1.5 family that a real ComfyUI loads. `diffusers` builds them, so it is the oracle.

    python tests/tiny_checkpoints.py MODELS_DIR

ComfyUI recognises an SD1.5 UNet by its width (320) and context (768), so the stock ones have those and one level only;
PAS files may have any width and are smaller.
"""

from __future__ import annotations

import itertools
import json
import struct
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


def tiny_controlnet_weights(seed: int = 0) -> dict[str, torch.Tensor]:
    """A random ControlNet for `stock_unet_weights`, under the names of the first ones (ControlNet 1.1)."""
    unet = stock_unet_weights(4, seed)
    weights = {key: value for key, value in unet.items() if not key.startswith(("out.", "output_blocks."))}
    generator = torch.Generator().manual_seed(seed)

    def convolution(name: str, out: int, into: int, size: int) -> None:
        kernel = torch.randn(out, into, size, size, generator=generator)
        weights[f"{name}.weight"] = kernel / (into * size * size) ** 0.5
        weights[f"{name}.bias"] = torch.zeros(out)

    widths = (3, 16, 16, 32, 32, 96, 96, 256, 320)  # of the hint's encoder; every layer has its activation between
    for index, (into, out) in enumerate(itertools.pairwise(widths)):
        convolution(f"input_hint_block.{2 * index}", out, into, 3)
    for index in range(2):
        convolution(f"zero_convs.{index}.0", 320, 320, 1)
    convolution("middle_block_out.0", 320, 320, 1)
    return weights


def tiny_clip_l_weights(seed: int = 0) -> dict[str, torch.Tensor]:
    """CLIP-L with random embeddings and one random layer of twelve: zeros elsewhere let the first layer pass."""
    from transformers import CLIPTextConfig, CLIPTextModel

    config = CLIPTextConfig(vocab_size=49408, hidden_size=768, intermediate_size=3072, num_attention_heads=12)
    with torch.device("meta"):
        shapes = {key: value.shape for key, value in CLIPTextModel(config).state_dict().items()}
    generator = torch.Generator().manual_seed(seed)
    weights = {}
    for key, shape in shapes.items():
        key = key if key.startswith("text_model.") else f"text_model.{key}"
        later = ".layers." in key and ".layers.0." not in key
        if "norm" in key:
            weights[key] = torch.full(shape, float(key.endswith("weight")), dtype=torch.float16)
        elif len(shape) < 2 or later:
            weights[key] = torch.zeros(shape, dtype=torch.float16)
        else:
            weights[key] = (torch.randn(shape, generator=generator) / 768**0.5).half()
    return weights


def write_tiny_checkpoint(path: Path, in_channels: int = 9, seed: int = 0) -> None:
    """A whole SD1.5 checkpoint (UNet, CLIP-L, VAE) for CheckpointLoaderSimple: 250 MB, mostly holes."""
    parts = {
        "model.diffusion_model.": stock_unet_weights(in_channels, seed),
        "cond_stage_model.transformer.": tiny_clip_l_weights(seed),
        "first_stage_model.": tiny_vae_weights(seed=seed),
    }
    write_sparse({prefix + key: value for prefix, part in parts.items() for key, value in part.items()}, path)


def write_sparse(weights: dict[str, torch.Tensor], path: Path) -> None:
    """A safetensors file in which tensors of zeros are holes, so that they cost neither time nor disk."""
    names = {torch.float32: "F32", torch.float16: "F16"}
    header, end = {}, 0
    for key, value in weights.items():
        start, end = end, end + value.numel() * value.element_size()
        header[key] = {"dtype": names[value.dtype], "shape": list(value.shape), "data_offsets": [start, end]}
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(head)) + head)
        for key, value in weights.items():
            if value.any():
                file.seek(8 + len(head) + header[key]["data_offsets"][0])
                file.write(value.contiguous().numpy().tobytes())
        file.truncate(8 + len(head) + end)


def write_stand_ins(models: Path) -> dict[str, str]:
    """Checkpoints for graphs that ask for Stable Diffusion files; returns the names to put in by input name."""
    write_all(models)
    from safetensors.torch import save_file

    checkpoint, control = models / "checkpoints" / "tiny_sd15.safetensors", models / "controlnet" / "tiny.safetensors"
    for path in (checkpoint, control):
        path.parent.mkdir(parents=True, exist_ok=True)
    if not checkpoint.exists():
        write_tiny_checkpoint(checkpoint)
    if not control.exists():
        save_file(tiny_controlnet_weights(), control)
    return {"ckpt_name": checkpoint.name, "control_net_name": control.name, "vae_name": "tiny_vae.safetensors"}


def put_in(graph: dict, stand_ins: dict[str, str]) -> None:
    """Let an API graph open the tiny files instead of the ones it names."""
    for node in graph.values():
        node["inputs"].update({key: file for key, file in stand_ins.items() if key in node["inputs"]})
        if node["class_type"] == "PASLoadModel":
            node["inputs"]["model"] = "models/tiny_pas.safetensors"


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
