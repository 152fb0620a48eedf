"""What the nodes refuse and how; their schemas and texts."""

from __future__ import annotations

import tempfile
from pathlib import Path

from . import case
from .stage import load_pas, load_stock, load_vae, model_path, picture, prepare, text


@case
def bad_input_is_one_line():
    import torch
    from avatar_scene.nodes.outpaint import PASTextEncode
    from avatar_scene.nodes.paste import PasteAvatar
    from avatar_scene.outpainting.loader import load_pas_model
    from safetensors.torch import save_file

    pas, vae = load_pas(), load_vae()
    stock = load_stock("tiny_inpaint_9ch")
    avatar, mask = picture()
    gray, gray_mask = picture(seed=5)
    odd = avatar[:, :60], mask[:, :60]
    negative = text(seed=2)
    weird = load_stock("tiny_text_4ch")
    weird.model.model_config.unet_config["in_channels"] = 7
    other_vae = load_pas()
    other_vae.model.pas_info = pas.model.pas_info.__class__(384, "minilm", 4, gray_latent=(5.0, 5.0, 5.0, 5.0))
    (empty,) = PASTextEncode.execute("  ").args
    folder = Path(tempfile.mkdtemp())
    (folder / "truncated.safetensors").write_bytes(model_path("pas/tiny_pas.safetensors").read_bytes()[:5000])
    save_file({"x": torch.zeros(1)}, folder / "other.safetensors")

    attempts = {
        "mask_size": lambda: prepare(pas, text(), negative, vae, avatar, mask[:, :32]),
        "gray_size": lambda: prepare(pas, text(), negative, vae, avatar, mask, gray=gray[:, :32], gray_mask=mask),
        "gray_mask_size": lambda: prepare(
            pas, text(), negative, vae, avatar, mask, gray=gray, gray_mask=gray_mask[:, :32]
        ),
        "gray_mask_missing": lambda: prepare(pas, text(), negative, vae, avatar, mask, gray=gray),
        "mask_batch": lambda: prepare(pas, text(), negative, vae, avatar, mask.expand(3, -1, -1)),
        "odd_size": lambda: prepare(pas, text(), negative, vae, *odd),
        "nan": lambda: prepare(pas, text(), negative, vae, avatar * float("nan"), mask),
        "empty_mask": lambda: prepare(pas, text(), negative, vae, avatar, mask * 0),
        "full_mask": lambda: prepare(pas, text(), negative, vae, avatar, torch.ones_like(mask)),
        "w_above": lambda: prepare(pas, text(), negative, vae, avatar, mask, downsample_rate=1.5),
        "w_below": lambda: prepare(stock, text(), negative, vae, avatar, mask, downsample_rate=-0.1),
        "w_nan": lambda: prepare(pas, text(), negative, vae, avatar, mask, downsample_rate=float("nan")),
        "vae_channels": lambda: prepare(pas, text(), negative, load_vae("tiny_vae_16ch"), avatar, mask),
        "vae_family": lambda: prepare(other_vae, text(), negative, vae, avatar, mask),
        "channels": lambda: prepare(weird, text(width=768), negative, vae, avatar, mask),
        "empty_prompt": lambda: prepare(pas, empty, negative, vae, avatar, mask),
        "no_conditioning": lambda: prepare(pas, [], negative, vae, avatar, mask),
        "wrong_text": lambda: prepare(pas, text(width=768), negative, vae, avatar, mask),
        "truncated_file": lambda: load_pas_model(folder / "truncated.safetensors"),
        "other_file": lambda: load_pas_model(folder / "other.safetensors"),
        "missing_file": lambda: load_pas_model(folder / "nothing.safetensors"),
        "occluder_size": lambda: PasteAvatar.execute(
            avatar, avatar, mask, 0, 0.0, 8, 0.0, "auto", occluder_mask=mask[:, :32]
        ),
    }
    result = {}
    for name, attempt in attempts.items():
        try:
            attempt()
            result[name] = "no error"
        except (ValueError, FileNotFoundError) as error:
            result[name] = str(error)
    return result


@case
def nodes_have_schemas():
    from avatar_scene.nodes import outpaint as outpaint_nodes
    from avatar_scene.nodes import paste as paste_nodes

    result = {}
    for node in [*outpaint_nodes.NODES, *paste_nodes.NODES]:
        schema = node.GET_SCHEMA()
        result[schema.node_id] = {
            "inputs": [entry.id for entry in schema.inputs],
            "without_tooltip": [entry.id for entry in [*schema.inputs, *schema.outputs] if not entry.tooltip],
        }
    return result


@case
def text_encode_pads_to_one_chunk():
    from avatar_scene.nodes.outpaint import PASTextEncode

    (short,) = PASTextEncode.execute("doing yoga on the beach").args
    (none,) = PASTextEncode.execute("").args
    return {
        "shapes": [list(short[0][0].shape), list(none[0][0].shape)],
        "empty_is_zero": none[0][0].abs().max().item(),
        "tokens": int((short[0][0].abs().sum(-1) > 0).sum()),
    }
