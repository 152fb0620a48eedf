"""Avatar picture, gray body and w -> the conditioning of whatever outpainting model is loaded.

Three ways, chosen by what the model's first layer takes:

- a PAS model (14 channels): avatar, matte, gray body and w, as in paper 3.5.4;
- an inpainting model (SD1.5 and SDXL 9 channels, Flux Fill): the paper's baseline, exactly ComfyUI's own
  InpaintModelConditioning;
- any other model: a noise mask keeps the avatar's latent cells while the rest is painted.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from .checkpoint import INPUT_CHANNELS
from .downsample import check_rate, downsample_avatar
from .latent_masks import GRAY, opaque_cells, over_gray, soft_cells
from .native_size import native_shape, shrink
from .pictures import broadcast, check_mask, check_picture, size_text

NOISE_MASK_MODES = ("auto", "on", "off")
PROMPT_TEXT = "pas_prompt"  # key of a conditioning's dict: the text, where the node that encoded it told us
SAME_TEXT_NOTE = "; positive and negative say the same, so cfg changes nothing: is the prompt empty?"
# The mean latent of mid gray differs by about 1 between VAE families and by under 0.05 between dtypes of one VAE.
GRAY_LATENT_TOLERANCE = 0.25
_TEXT_NODES = {"minilm": "PASTextEncode", "clip-l": "ComfyUI's CLIP Text Encode"}


@dataclass(frozen=True)
class Outpainting:
    """What a sampler needs: ComfyUI conditionings, the latent dict, and one line that says which way was taken."""

    positive: list
    negative: list
    latent: dict
    mode: str


def outpaint_conditioning(
    model,  # ComfyUI ModelPatcher
    positive: list,  # ComfyUI conditioning; ControlNets and areas on it are kept
    negative: list,
    vae,  # ComfyUI VAE
    avatar: torch.Tensor,  # (B, H, W, 3) straight sRGB render
    mask: torch.Tensor,  # (B or 1, H, W), 1 = avatar
    *,
    gray: torch.Tensor | None = None,  # (B or 1, H, W, 3) the gray body in the same camera
    gray_mask: torch.Tensor | None = None,  # (B or 1, H, W), 1 = body
    downsample_rate: float = 1.0,
    noise_mask: str = "auto",
) -> Outpainting:
    """Conditioning for outpainting around the avatar.

    downsample_rate: w in [0, 1]; 1 leaves the avatar picture untouched. Every model sees the picture that coarse, only
        PAS models are told w too.
    noise_mask: "on" keeps the avatar's latent cells while sampling, "off" lets the model redraw them (the paste
        restores the avatar), "auto" is on only for models that take neither mask nor picture.

    Raises ValueError with one line that names the input: sizes that differ or are no multiple of the latent cell, an
    empty or full mask, an empty prompt, w outside [0, 1], a VAE of another family, an unknown kind of model.
    """
    check_rate(downsample_rate)
    if noise_mask not in NOISE_MASK_MODES:
        raise ValueError(f"noise_mask: {noise_mask!r} is none of {', '.join(NOISE_MASK_MODES)}")
    _check_prompts(positive, negative)
    kind = _model_kind(model)
    _check_vae(model, vae)
    avatar = check_picture("avatar", avatar)
    cell = vae.spacial_compression_encode()
    if avatar.shape[1] % cell or avatar.shape[2] % cell:
        raise ValueError(f"avatar: {size_text(avatar.shape[1:3])}; width and height must be multiples of {cell}")
    alpha = _check_coverage(check_mask("mask", mask, "avatar", avatar))
    gray, gray_alpha = _check_gray(gray, gray_mask, avatar)
    seen = f", w {downsample_rate:g}"
    same = SAME_TEXT_NOTE if _same_text(positive, negative) else ""
    native = model.model.pas_info.native_size if kind == "pas" else None
    if native is not None:
        shape = native_shape(avatar.shape[1], avatar.shape[2], native, cell)
        if shape != tuple(avatar.shape[1:3]):
            seen += f", painted at its native {size_text(shape)}"
        avatar, alpha = shrink(avatar, alpha, shape)
        if gray is not None:
            gray, gray_alpha = shrink(gray, gray_alpha, shape)
    picture = downsample_avatar(avatar, alpha, downsample_rate)

    if kind == "pas":
        _check_context(model, positive, negative)
        _check_gray_latent(model, vae)
        values, latent = _pas_values(vae, picture, alpha, gray, gray_alpha, downsample_rate, cell)
        if noise_mask == "on":
            latent["noise_mask"] = 1 - opaque_cells(alpha, cell)
        body = "gray body" if gray is not None else "no gray body"
        mode = f"PAS model: avatar, matte, {body}{seen}{same}"
        return Outpainting(_with_values(positive, values), _with_values(negative, values), latent, mode)
    unused = "; the gray body is not used: this model has no input for it" if gray is not None else ""
    if kind == "inpainting":
        positive, negative, latent = _stock_inpainting(positive, negative, vae, picture, alpha, noise_mask == "on")
        return Outpainting(positive, negative, latent, f"inpainting model (the paper's baseline){seen}{unused}{same}")
    latent = {"samples": vae.encode(over_gray(picture, alpha))}
    if noise_mask != "off":
        latent["noise_mask"] = 1 - opaque_cells(alpha, cell)
    how = "noise mask" if noise_mask != "off" else "no mask, the avatar only starts the picture"
    return Outpainting(positive, negative, latent, f"text-to-image model: {how}{seen}{unused}{same}")


def _pas_values(vae, picture, alpha, gray, gray_alpha, rate, cell) -> tuple[dict, dict]:
    from . import model as keys

    avatar_latent = vae.encode(over_gray(picture, alpha))
    values = {
        keys.AVATAR_LATENT: avatar_latent,
        keys.PAINT_MASK: 1 - soft_cells(alpha, cell),
        keys.DOWNSAMPLE_RATE: float(rate),
    }
    if gray is not None:
        values[keys.GRAY_LATENT] = vae.encode(over_gray(gray, gray_alpha))
        values[keys.GRAY_MASK] = soft_cells(gray_alpha, cell)
    return values, {"samples": avatar_latent}


def _stock_inpainting(positive, negative, vae, picture, alpha, noise_mask) -> tuple[list, list, dict]:
    import nodes  # ComfyUI's, not this pack's

    return nodes.InpaintModelConditioning().encode(positive, negative, picture, vae, 1 - alpha, noise_mask)


def _with_values(conditioning: list, values: dict) -> list:
    import node_helpers

    return node_helpers.conditioning_set_values(conditioning, values)


def _model_kind(model) -> str:
    """ "pas", "inpainting" or "text". Raises ValueError if the first layer takes anything else."""
    from .model import PASModel

    if isinstance(model.model, PASModel):
        return "pas"
    latent = model.model.latent_format.latent_channels
    taken = (model.model.model_config.unet_config or {}).get("in_channels", latent)
    # UNets concatenate one mask channel; Flux Fill concatenates an 8x8 block of mask pixels a latent cell.
    if taken in (2 * latent + 1, 2 * latent + 64):
        return "inpainting"
    if taken == latent:
        return "text"
    if taken == INPUT_CHANNELS:
        raise ValueError("model: a PAS model was opened by another loader; open it with PASLoadModel")
    raise ValueError(
        f"model: its first layer takes {taken} channels; supported are text-to-image models ({latent} for this latent "
        f"family), inpainting models ({2 * latent + 1}) and PAS models ({INPUT_CHANNELS})"
    )


def _check_prompts(positive: list, negative: list) -> None:
    for name, conditioning in (("positive", positive), ("negative", negative)):
        if not conditioning:
            raise ValueError(f"{name}: the conditioning is empty; connect a text encode node")
    if all(values.get(PROMPT_TEXT) == "" for _, values in positive):
        raise ValueError("positive: the prompt is empty; describe the scene")


def _same_text(positive: list, negative: list) -> bool:
    """Whether both carry equal tokens, as two empty prompts do: only PASTextEncode tells us the text itself."""
    return len(positive) == len(negative) and all(
        torch.equal(wanted, unwanted) for (wanted, _), (unwanted, _) in zip(positive, negative)
    )


def _check_context(model, positive: list, negative: list) -> None:
    info = model.model.pas_info
    for name, conditioning in (("positive", positive), ("negative", negative)):
        for tokens, _ in conditioning:
            if tokens.shape[-1] != info.context_dim:
                raise ValueError(
                    f"{name}: its tokens are {tokens.shape[-1]} wide, the model takes {info.context_dim} "
                    f"({info.text_encoder}); encode the text with {_TEXT_NODES.get(info.text_encoder, 'its encoder')}"
                )


def _check_vae(model, vae) -> None:
    if vae is None:
        raise ValueError("vae: there is none; connect the VAE the model was trained with")
    wanted = model.model.latent_format.latent_channels
    if vae.latent_channels != wanted:
        raise ValueError(
            f"vae: its latents have {vae.latent_channels} channels, the model's have {wanted}; connect a VAE of the "
            "model's family"
        )


def _check_gray_latent(model, vae) -> None:
    """A VAE of equal shape but another family (SDXL's, another mini model's) encodes mid gray elsewhere."""
    expected = model.model.pas_info.gray_latent
    if expected is None:
        return
    side = 8 * vae.spacial_compression_encode()
    latent = model.model.process_latent_in(vae.encode(torch.full((1, side, side, 3), GRAY)))
    off = (latent.float().mean((0, 2, 3)) - latent.new_tensor(expected).float()).abs().max().item()
    if off > GRAY_LATENT_TOLERANCE:
        raise ValueError(
            f"vae: it encodes mid gray {off:.2f} away from the VAE this model was trained with; connect that VAE"
        )


def _check_coverage(alpha: torch.Tensor) -> torch.Tensor:
    for index, matte in enumerate(alpha):
        which = f" in picture {index} of the batch" if len(alpha) > 1 else ""
        if not (matte > 0).any():
            raise ValueError(f"mask: it is empty{which}; it must be 1 where the avatar is")
        if (matte == 1).all():
            raise ValueError(f"mask: it covers the whole picture{which}; nothing is left to paint")
    return alpha


def _check_gray(gray, gray_mask, avatar) -> tuple[torch.Tensor | None, torch.Tensor | None]:
    if gray is None and gray_mask is None:
        return None, None
    if gray is None or gray_mask is None:
        given, wanted = ("gray_mask", "gray") if gray is None else ("gray", "gray_mask")
        raise ValueError(f"{wanted}: it is missing while {given} is connected; connect both outputs of the gray render")
    gray = check_picture("gray", gray)
    if gray.shape[1:3] != avatar.shape[1:3]:
        raise ValueError(
            f"gray: {size_text(gray.shape[1:3])} does not fit avatar, which is {size_text(avatar.shape[1:3])}; render "
            "both with one camera and size"
        )
    gray = broadcast("gray", gray, "avatar", avatar.shape[0])
    return gray, check_mask("gray_mask", gray_mask, "gray", gray)
