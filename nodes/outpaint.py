"""The scene around the avatar: PASLoadModel, PASTextEncode, PASConditioning, PASOutpaint."""

from __future__ import annotations

import functools
import logging
from pathlib import Path

import comfy.samplers
import folder_paths
import torch
from comfy_api.latest import io

from ..weights import FOLDER as WEIGHTS_FOLDER
from .compat import check_values, expert, node_schema
from .files import FileKind, check_file, file_fingerprint, find_file, list_files
from .progress import say

CATEGORY = "avatar-scene/scene"
PAS_MODEL_FILE = FileKind("PAS model", "pas", (".safetensors",), in_input=False, bundled=("outpainter.safetensors",))


def register_pas_folders() -> None:
    """Make `models/pas` known, and let PASLoadModel list the files of `models/diffusion_models` too."""
    default = str(Path(folder_paths.models_dir) / PAS_MODEL_FILE.model_folder)
    folder_paths.add_model_folder_path(PAS_MODEL_FILE.model_folder, default, is_default=True)
    for folder in folder_paths.get_folder_paths("diffusion_models"):
        folder_paths.add_model_folder_path(PAS_MODEL_FILE.model_folder, folder)
    folder_paths.folder_names_and_paths[PAS_MODEL_FILE.model_folder][1].update(PAS_MODEL_FILE.suffixes)
    # ComfyUI's own VAE loader offers the VAE of the bundled scene model too.
    folder_paths.add_model_folder_path("vae", str(WEIGHTS_FOLDER / "vae"))


register_pas_folders()


class PASLoadModel(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id="PASLoadModel",
            display_name="Load PAS Model",
            category=CATEGORY,
            description="Opens a scene model that sees the avatar, the gray body and the downsample rate.",
            search_aliases=["UNet loader", "outpainting model", "scene model", "load diffusion model"],
            inputs=[
                io.Combo.Input(
                    "model",
                    options=list_files(PAS_MODEL_FILE),
                    tooltip="A PAS file of models/pas or models/diffusion_models. Any other inpainting or "
                    "text-to-image model: open it with ComfyUI's own loader, PASOutpaint takes it too.",
                )
            ],
            outputs=[io.Model.Output(display_name="model", tooltip="For LoRA loaders, PASOutpaint, PASConditioning.")],
        )

    @classmethod
    def validate_inputs(cls, model) -> bool | str:
        return check_file(PAS_MODEL_FILE, model)

    @classmethod
    def fingerprint_inputs(cls, model) -> tuple[str, int, int] | str:
        return file_fingerprint(PAS_MODEL_FILE, model)

    @classmethod
    def execute(cls, model) -> io.NodeOutput:
        from ..outpainting.loader import load_pas_model

        return io.NodeOutput(load_pas_model(find_file(PAS_MODEL_FILE, model)))


@functools.lru_cache(maxsize=1)
def _minilm():
    from ..pose_prior.text_encoder import MiniLMEncoder

    return MiniLMEncoder()


class PASTextEncode(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id="PASTextEncode",
            display_name="PAS Text Encode",
            category=CATEGORY,
            description="Text for PAS models that read MiniLM (the bundled small one). Models that read CLIP take "
            "ComfyUI's own CLIP Text Encode.",
            search_aliases=["prompt", "MiniLM", "text encode", "conditioning"],
            inputs=[
                io.String.Input(
                    "text",
                    multiline=True,
                    default="",
                    tooltip="What the picture shows, e.g. 'doing yoga on the beach'. Leave it empty for the negative.",
                )
            ],
            outputs=[io.Conditioning.Output(display_name="conditioning", tooltip="For positive or negative.")],
        )

    @classmethod
    def execute(cls, text) -> io.NodeOutput:
        from ..outpainting.conditioning import PROMPT_TEXT
        from ..outpainting.text_context import text_context
        from ..pose_prior.prompts import normalise
        from ..pose_prior.text_encoder import TOKEN_SLOTS

        encoder = _minilm()
        prompt = normalise(text, encoder.count_tokens, TOKEN_SLOTS)
        if prompt.text and prompt.note:
            logging.warning("PASTextEncode: %s", prompt.note)
        context = text_context(encoder.encode([prompt.text]).tokens)
        return io.NodeOutput([[context, {"pooled_output": None, PROMPT_TEXT: prompt.text}]])


def _conditioning_inputs() -> list[io.Input]:
    return [
        io.Model.Input(
            "model",
            tooltip="A PAS model, an inpainting model (SD1.5, SDXL, Flux Fill) or any text-to-image model; the node "
            "says which way it took.",
        ),
        io.Conditioning.Input("positive", tooltip="What the picture shows. ControlNets on it are kept."),
        io.Conditioning.Input("negative", tooltip="What the picture must not show."),
        io.Vae.Input("vae", tooltip="The VAE the model was trained with."),
        io.Image.Input("avatar", tooltip="The avatar render; width and height are multiples of 8."),
        io.Mask.Input("mask", tooltip="1 on the avatar: the render's `mask` output (not `inpaint_mask`)."),
    ]


def _detail_inputs() -> list[io.Input]:
    return [
        expert(
            io.Float.Input(
                "downsample_rate",
                default=1.0,
                min=0.0,
                max=1.0,
                step=0.01,
                tooltip="w of the paper: 1 shows the model the avatar as it is, less hides its texture so that the "
                "scene takes more freedom in style. The pasted avatar is always the sharp one.",
            )
        ),
        expert(
            io.Combo.Input(
                "noise_mask",
                options=["auto", "on", "off"],
                default="auto",
                tooltip="Keep the avatar's latent cells while sampling? auto: only for models that take no mask. Off "
                "lets the model draw over the avatar, which PasteAvatar's occluders need.",
            )
        ),
        io.Image.Input(
            "gray",
            optional=True,
            tooltip="The gray body render in the avatar's camera: keeps PAS models from inventing limbs.",
        ),
        io.Mask.Input("gray_mask", optional=True, tooltip="1 on the gray body: the gray render's `mask` output."),
    ]


class PASConditioning(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id="PASConditioning",
            display_name="PAS Conditioning",
            category=CATEGORY,
            description="Tells a scene model where the avatar is and how it looks, for any sampler node.",
            search_aliases=["inpaint conditioning", "outpaint", "avatar conditioning", "inpaint model conditioning"],
            inputs=[*_conditioning_inputs(), *_detail_inputs()],
            outputs=[
                io.Model.Output(display_name="model", tooltip="The same model, for the sampler."),
                io.Conditioning.Output(display_name="positive", tooltip="For the sampler."),
                io.Conditioning.Output(display_name="negative", tooltip="For the sampler."),
                io.Latent.Output(display_name="latent", tooltip="For the sampler: the avatar over gray, encoded."),
                io.String.Output(display_name="mode", tooltip="Which way was taken for this kind of model."),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(
        cls, model, positive, negative, vae, avatar, mask, downsample_rate, noise_mask, gray=None, gray_mask=None
    ) -> io.NodeOutput:
        from ..outpainting.conditioning import outpaint_conditioning

        check_values(cls, downsample_rate=downsample_rate)
        prepared = outpaint_conditioning(
            model, positive, negative, vae, avatar, mask, gray=gray, gray_mask=gray_mask,
            downsample_rate=downsample_rate, noise_mask=noise_mask,
        )  # fmt: skip
        say(cls, prepared.mode)
        return io.NodeOutput(model, prepared.positive, prepared.negative, prepared.latent, prepared.mode)


class PASOutpaint(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id="PASOutpaint",
            display_name="PAS Outpaint",
            category=CATEGORY,
            description="Paints the scene around the avatar: PAS Conditioning, KSampler and VAE Decode in one.",
            search_aliases=["outpaint", "inpaint", "scene", "background", "sampler", "generate"],
            inputs=[
                *_conditioning_inputs(),
                io.Int.Input(
                    "seed",
                    default=0,
                    min=0,
                    max=0xFFFFFFFFFFFFFFFF,
                    control_after_generate=True,
                    tooltip="The same seed paints the same scene.",
                ),
                io.Int.Input(
                    "steps", default=20, min=1, max=10000, tooltip="Sampling steps: more is slower and finer."
                ),
                io.Float.Input(
                    "cfg",
                    default=7.0,
                    min=0.0,
                    max=100.0,
                    step=0.1,
                    round=0.01,
                    tooltip="How strictly the text is followed; too much burns the colours.",
                ),
                io.Combo.Input(
                    "sampler_name", options=comfy.samplers.KSampler.SAMPLERS, tooltip="The sampling algorithm."
                ),
                io.Combo.Input(
                    "scheduler", options=comfy.samplers.KSampler.SCHEDULERS, tooltip="How noise falls over the steps."
                ),
                io.Float.Input(
                    "denoise",
                    default=1.0,
                    min=0.0,
                    max=1.0,
                    step=0.01,
                    tooltip="Below 1 starts from the avatar picture instead of pure noise: what is behind it shows.",
                ),
                *_detail_inputs(),
            ],
            outputs=[
                io.Image.Output(
                    display_name="image", tooltip="The painted scene; PasteAvatar lays the avatar over it."
                ),
                io.Latent.Output(display_name="latent", tooltip="The same, before decoding."),
                io.String.Output(display_name="mode", tooltip="Which way was taken for this kind of model."),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(
        cls, model, positive, negative, vae, avatar, mask, seed, steps, cfg, sampler_name, scheduler, denoise,
        downsample_rate, noise_mask, gray=None, gray_mask=None,
    ) -> io.NodeOutput:  # fmt: skip
        import nodes

        from ..outpainting.conditioning import outpaint_conditioning

        check_values(
            cls,
            sampler_name=sampler_name,
            scheduler=scheduler,
            cfg=cfg,
            denoise=denoise,
            downsample_rate=downsample_rate,
        )
        prepared = outpaint_conditioning(
            model, positive, negative, vae, avatar, mask, gray=gray, gray_mask=gray_mask,
            downsample_rate=downsample_rate, noise_mask=noise_mask,
        )  # fmt: skip
        say(cls, prepared.mode)
        (latent,) = nodes.common_ksampler(
            model, seed, steps, cfg, sampler_name, scheduler, prepared.positive, prepared.negative, prepared.latent,
            denoise=denoise,
        )  # fmt: skip
        image = vae.decode(latent["samples"])
        if image.ndim == 5:  # video VAEs give (batch, frames, H, W, 3)
            image = image.reshape(-1, *image.shape[-3:])
        return io.NodeOutput(torch.as_tensor(image), latent, prepared.mode)


NODES = [PASLoadModel, PASTextEncode, PASConditioning, PASOutpaint]
