"""Every kind of model samples, and what the nodes say reaches it."""

from __future__ import annotations

import threading

from . import case
from .stage import (
    Spy,
    controlnet,
    difference,
    flux_fill,
    load_pas,
    load_stock,
    load_vae,
    outpaint,
    picture,
    prepare,
    sample,
    sdxl_inpainting,
    text,
)


@case
def every_mode_samples():
    import torch

    avatar, mask = picture()
    gray, gray_mask = picture(seed=5)
    result = {}
    models = {
        "pas": (load_pas, "tiny_vae", 384),
        "inpainting": (lambda: load_stock("tiny_inpaint_9ch"), "tiny_vae", 768),
        "text": (lambda: load_stock("tiny_text_4ch"), "tiny_vae", 768),
        "sdxl": (sdxl_inpainting, "tiny_vae", 2048),
        "flux_fill": (flux_fill, "tiny_vae_16ch", 64),
    }
    for name, (load, vae, width) in models.items():
        model = load()
        prepared = prepare(
            model, text(width=width), text(width=width, seed=2), load_vae(vae), avatar, mask, gray=gray,
            gray_mask=gray_mask, downsample_rate=0.5,
        )  # fmt: skip
        latent = sample(model, prepared.positive, prepared.negative, prepared.latent)
        same_text = prepare(model, text(width=width), text(width=width), load_vae(vae), avatar, mask)
        result[name] = {
            "mode": prepared.mode,
            "mode_of_same_text": same_text.mode,
            "shape": list(latent.shape),
            "finite": bool(torch.isfinite(latent).all()),
            "noise_mask": "noise_mask" in prepared.latent,
        }
    return result


@case
def gray_and_w_reach_the_model():
    model, vae = load_pas(), load_vae()
    avatar, mask = picture()
    gray, gray_mask = picture(seed=5)
    arguments = (model, text(), text(seed=2), vae, avatar, mask)
    plain = outpaint(*arguments)
    return {
        "same_again": difference(plain, outpaint(*arguments)),
        "with_gray": difference(plain, outpaint(*arguments, gray=gray, gray_mask=gray_mask)),
        "with_w": difference(plain, outpaint(*arguments, downsample_rate=0.3)),
    }


@case
def w_reaches_every_picture():
    """How far w moves the avatar's latent of each kind of model."""
    vae, (avatar, mask) = load_vae(), picture()
    result = {}
    for name, load, width in (
        ("pas", load_pas, 384),
        ("inpainting", lambda: load_stock("tiny_inpaint_9ch"), 768),
        ("text", lambda: load_stock("tiny_text_4ch"), 768),
    ):
        seen = []
        for rate in (1.0, 0.3):
            way = prepare(load(), text(width=width), text(width=width, seed=2), vae, avatar, mask, downsample_rate=rate)
            values = {**way.latent, **way.positive[0][1]}
            latent = next(key for key in ("pas_avatar_latent", "concat_latent_image", "samples") if key in values)
            seen.append(values[latent])
        result[name] = difference(*seen)
    return result


@case
def prompts_of_different_length_batch():
    model, vae = load_pas(), load_vae()
    avatar, mask = picture()
    result = {}
    for name, lengths in {"equal": (77, 77), "longer": (154, 77), "longest": (77, 231)}.items():
        prepared = prepare(model, text(lengths[0]), text(lengths[1], seed=2), vae, avatar, mask)
        with Spy(model) as spy:
            sample(model, prepared.positive, prepared.negative, prepared.latent, steps=3)
        result[name] = {"inputs": spy.inputs, "contexts": spy.contexts}
    return result


@case
def w_token_of_each_chunk():
    import torch
    from avatar_scene.outpainting.downsample import sinusoidal_embedding

    model = load_pas()
    noise = torch.zeros(1, 4, 8, 8)
    context = text(154)[0][0]
    conds = model.model.extra_conds(
        cross_attn=context, noise=noise, latent_image=noise, device=torch.device("cpu"), pas_downsample_rate=0.25
    )
    tokens = conds["c_crossattn"].cond
    projection = model.model.w_projection
    expected = sinusoidal_embedding(torch.tensor([0.25]), 32) @ projection.weight.T + projection.bias
    return {
        "length": tokens.shape[1],
        "text_kept": difference(tokens[:, :154], context),
        "w": difference(tokens[:, 154:], expected.expand(1, 2, -1)),
        "controlnet_length": conds["crossattn_controlnet"].cond.shape[1],
    }


@case
def batches_of_different_avatars():
    import torch

    model, vae = load_pas(), load_vae()
    avatar, mask = picture(batch=2)
    mask = torch.stack([mask[0], mask[1].roll(8, 1)])
    gray, gray_mask = picture(batch=1, seed=5)
    extra = {"gray": gray, "gray_mask": gray_mask}
    both = prepare(model, text(), text(seed=2), vae, avatar, mask, **extra)
    latents = sample(model, both.positive, both.negative, both.latent)
    alone = prepare(model, text(), text(seed=2), vae, avatar[1:], mask[1:], **extra)
    alone.latent["batch_index"] = [1]  # the noise of the second picture
    return {
        "shape": list(latents.shape),
        "second": difference(latents[1:], sample(model, alone.positive, alone.negative, alone.latent)),
        "first_differs": difference(latents[:1], latents[1:]),
    }


@case
def odd_sizes_and_areas():
    import nodes

    model, vae = load_pas(), load_vae()
    avatar, mask = picture(72, 136)
    prepared = prepare(model, text(), text(seed=2), vae, avatar, mask)
    (left,) = nodes.ConditioningSetArea().append(prepared.positive, 64, 72, 0, 0, 1.0)
    (both,) = nodes.ConditioningCombine().combine(prepared.positive, left)
    latents = sample(model, both, prepared.negative, prepared.latent)
    return {"shape": list(latents.shape), "finite": bool(latents.isfinite().all())}


@case
def stock_conditioning_works_without_body_prior():
    import nodes

    model, vae = load_pas(), load_vae()
    avatar, mask = picture()
    positive, negative, latent = nodes.InpaintModelConditioning().encode(
        text(), text(seed=2), avatar, vae, 1.0 - mask, False
    )
    return {"finite": bool(sample(model, positive, negative, latent).isfinite().all())}


@case
def controlnet_is_applied():
    import nodes

    model, vae = load_pas(), load_vae()
    avatar, mask = picture()
    network = controlnet(model)
    contexts = []
    forward = network.control_model.forward

    def spying(*args, **kwargs):
        contexts.append(list(kwargs["context"].shape))
        return forward(*args, **kwargs)

    network.control_model.forward = spying
    plain = outpaint(model, text(), text(seed=2), vae, avatar, mask, steps=1)
    positive, negative = nodes.ControlNetApplyAdvanced().apply_controlnet(
        text(), text(seed=2), network, avatar, 1.0, 0.0, 1.0
    )
    controlled = outpaint(model, positive, negative, vae, avatar, mask, steps=1)
    return {"contexts": contexts, "changed": difference(plain, controlled)}


@case
def interrupt_stops_sampling():
    import comfy.model_management as management

    model, vae = load_pas(), load_vae()
    avatar, mask = picture()
    prepared = prepare(model, text(), text(seed=2), vae, avatar, mask)
    timer = threading.Timer(0.5, management.interrupt_current_processing)
    timer.start()
    try:
        sample(model, prepared.positive, prepared.negative, prepared.latent, steps=2000)
    except management.InterruptProcessingException:
        return {"interrupted": True}
    finally:
        timer.cancel()
        management.interrupt_current_processing(False)
    return {"interrupted": False}


@case
def previews_show():
    import latent_preview
    import torch
    from comfy.cli_args import LatentPreviewMethod, args

    args.preview_method = LatentPreviewMethod.Latent2RGB
    model = load_pas()
    previewer = latent_preview.get_previewer(model.load_device, model.model.latent_format)
    shown = previewer.decode_latent_to_preview(torch.randn(1, 4, 8, 8))
    return {"size": list(shown.size)}
