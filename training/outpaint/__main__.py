"""Train an outpainter (paper 3.5.4): the bundled small one from scratch, or your own inpainting checkpoint.

./pas python -m avatar_scene.training.outpaint --latents LATENTS --out runs/outpaint              the small model
./pas python -m avatar_scene.training.outpaint --latents LATENTS --base sd15-inpainting.safetensors --heads 8
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from ...outpainting.checkpoint import PREDICTIONS, PASInfo, write_checkpoint
from ..common import TrainConfig, is_main_process, parse_config, seed_step, train
from .objective import LatentSet, OutpaintLoss
from .unet import KINDS, ConditionedUNet, new_unet, open_base, stated_prediction

RESULT = {"pas": "outpainter.safetensors", "inpaint": "inpainter.safetensors"}


@dataclass
class OutpaintConfig(TrainConfig):
    """How an outpainter is trained."""

    out: Path = Path("runs/outpaint")
    latents: Path = Path("latents")  # folder of training.outpaint.latents
    kind: str = "pas"  # "pas": avatar, gray body and w; "inpaint": nine channels, the paper's baseline
    base: str = ""  # a checkpoint to fine-tune from; empty: the small model from scratch
    heads: int = 4  # attention heads (a base of Stable Diffusion 1.5 has 8)
    widths: str = "96,192,192"  # without a base: channels of each level
    layers: int = 1  # without a base: residual blocks a level
    prediction: str = "epsilon"  # eq. (1); or "v_prediction", which the small model uses; its base's
    text_dropout: float = 0.1
    gray_dropout: float = 0.1
    gradient_checkpointing: bool = False  # less memory for a third more time
    steps: int = 20000
    batch: int = 16
    learning_rate: float = 3e-4
    ema: float = 0.999
    previews: int = 8  # sample pictures drawn at every checkpoint, 0 for none
    preview_vae: str = ""  # autoencoder file that the previews are decoded with
    about: str = ""  # one line of the result file for people: data, licence


def build_model(config: OutpaintConfig, context: int) -> ConditionedUNet:
    """The model the configuration asks for. Raises ValueError if it does not fit the latents' text encoder."""
    if config.kind not in KINDS:
        raise ValueError(f"--kind: {config.kind!r} is none of {', '.join(KINDS)}")
    if config.prediction not in PREDICTIONS:
        raise ValueError(f"--prediction: {config.prediction!r} is none of {', '.join(PREDICTIONS)}")
    if config.base:
        stated = stated_prediction(config.base)
        if stated in PREDICTIONS and stated != config.prediction:
            raise ValueError(f"--prediction: '{Path(config.base).name}' predicts {stated}; add --prediction {stated}")
        model = open_base(config.base, config.kind, config.heads)
    else:
        widths = tuple(int(width) for width in config.widths.split(","))
        unet = new_unet(KINDS[config.kind], widths, config.layers, context, config.heads)
        model = ConditionedUNet(unet, config.kind)
    if model.unet.config.cross_attention_dim != context:
        raise ValueError(
            f"--latents: their captions are {context} wide, the UNet takes {model.unet.config.cross_attention_dim}; "
            "encode them with the base's own --checkpoint"
        )
    if config.gradient_checkpointing:
        model.unet.enable_gradient_checkpointing()
    if not torch.cuda.is_available():
        from diffusers.models.attention_processor import AttnProcessor

        # On a CPU the fused attention's backward pass is several times slower than plain matrix products.
        model.unet.set_attn_processor(AttnProcessor())
    return model


def export(model: ConditionedUNet, config: OutpaintConfig, data: LatentSet) -> Path:
    """Write what ComfyUI loads: a PAS file (PASLoadModel), or an inpainting UNet under its original names."""
    path = config.out / RESULT[config.kind]
    weights = {key: value.detach().half() for key, value in model.unet.state_dict().items()}
    if config.kind == "pas":
        info = PASInfo(
            context_dim=model.unet.config.cross_attention_dim,
            text_encoder=data.info["text_encoder"],
            num_heads=config.heads,
            gray_latent=data.gray_latent,
            prediction=config.prediction,
            native_size=int(data.info["size"]),
            about=config.about,
        )
        projection = model.w_projection
        write_checkpoint(path, weights, projection.weight.detach().half(), projection.bias.detach().half(), info)
    else:
        import os

        from safetensors.torch import save_file

        from ...outpainting.unet_keys import to_ldm_layout

        part = path.with_name(path.name + ".part")
        weights = {key: value.cpu().contiguous() for key, value in to_ldm_layout(weights).items()}
        save_file(weights, str(part), {"prediction": config.prediction, "num_heads": str(config.heads)})
        os.replace(part, path)
    return path


def main() -> None:
    config = parse_config(OutpaintConfig, __doc__.splitlines()[0])
    try:
        data = LatentSet(config.latents)
        seed_step(config.seed, -1)
        model = build_model(config, data.tokens.shape[1])
    except ValueError as error:
        raise SystemExit(str(error)) from error
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

    def on_save(average: dict, step: int) -> None:
        from .preview import draw_previews

        kept = {key: value.detach().clone() for key, value in model.state_dict().items()}
        model.load_state_dict(average)
        export(model, config, data)
        if config.previews and config.preview_vae:
            draw_previews(model, data, config, config.out / f"preview_{step:06d}.png")
        model.load_state_dict(kept)

    try:
        train(model, OutpaintLoss(data, config, device), config, on_save)
    except ValueError as error:  # another configuration than the run in this folder, an unknown option
        raise SystemExit(str(error)) from error
    if is_main_process():
        print(f"wrote {config.out / RESULT[config.kind]}")


if __name__ == "__main__":
    main()
