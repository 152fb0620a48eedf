"""The same numbers as diffusers, and the same bits as ComfyUI's own inpainting."""

from __future__ import annotations

from . import case
from .stage import difference, flux_fill, load_pas, load_stock, load_vae, picture, prepare, sdxl_inpainting, text


@case
def parity_with_diffusers():
    import comfy.samplers
    import torch
    from tiny_checkpoints import tiny_pas_unet

    oracle = tiny_pas_unet()
    model, vae = load_pas(model_options={"dtype": torch.float32}), load_vae()
    avatar, mask = picture()
    gray, gray_mask = picture(seed=5)
    prepared = prepare(
        model, text(), text(seed=2), vae, avatar, mask, gray=gray, gray_mask=gray_mask, downsample_rate=0.5
    )
    base = model.model
    generator = torch.Generator().manual_seed(7)
    noise = torch.randn(prepared.latent["samples"].shape, generator=generator)

    # What the oracle is fed is put together here, not taken from the code under test.
    from avatar_scene.outpainting.downsample import sinusoidal_embedding

    values = prepared.positive[0][1]
    extra = torch.cat(
        [values["pas_paint_mask"], values["pas_avatar_latent"] * 0.18215, values["pas_gray_latent"] * 0.18215,
         values["pas_gray_mask"]], 1,
    )  # fmt: skip
    token = sinusoidal_embedding(torch.tensor([0.5]), 32) @ base.w_projection.weight.T + base.w_projection.bias

    def oracle_eps(x, sigma, timestep, context):
        scaled = torch.cat([x / (sigma**2 + 1) ** 0.5, extra], 1)
        context = torch.cat([context, token[:, None]], 1)
        return oracle(scaled, torch.tensor([timestep]), context).sample

    timesteps = torch.linspace(999, 0, 20).round().long().tolist()
    sigmas = torch.cat([base.model_sampling.sigmas[timesteps].float(), torch.zeros(1)])
    positive = prepared.positive[0][0]

    with torch.no_grad():
        conds = base.extra_conds(cross_attn=positive, noise=noise, device=torch.device("cpu"), **values)
        sigma = sigmas[5:6]
        x = noise * sigma
        denoised = base.apply_model(x, sigma, c_concat=conds["c_concat"].cond, c_crossattn=conds["c_crossattn"].cond)
        epsilon = (x - denoised) / sigma
        expected = oracle_eps(x, sigma, timesteps[5], positive)

        sampler = comfy.samplers.sampler_object("euler")
        ours = comfy.samplers.sample(
            model, noise, prepared.positive, prepared.negative, 1.0, torch.device("cpu"), sampler, sigmas,
            latent_image=torch.zeros_like(noise), disable_pbar=True, seed=0,
        )  # fmt: skip
        x = noise * (1 + sigmas[0] ** 2) ** 0.5  # ComfyUI's start at full noise
        for step, timestep in enumerate(timesteps):
            x = x + oracle_eps(x, sigmas[step], timestep, positive) * (sigmas[step + 1] - sigmas[step])
    theirs = x / 0.18215
    return {
        "epsilon": difference(epsilon, expected),
        "epsilon_size": expected.std().item(),
        "steps": len(timesteps),
        "sampled": difference(ours, theirs) * 0.18215,
        "sampled_size": (theirs * 0.18215).std().item(),
    }


@case
def inpainting_models_equal_stock():
    import torch

    import nodes

    sd15 = load_stock("tiny_inpaint_9ch"), load_vae(), 768
    sdxl, flux = (sdxl_inpainting(), load_vae(), 2048), (flux_fill(), load_vae("tiny_vae_16ch"), 64)
    result = {}
    for name, ((model, vae, tokens), height, width, batch, noise_mask) in {
        "plain": (sd15, 64, 64, 1, False),
        "noise_mask": (sd15, 64, 64, 1, True),
        "batch": (sd15, 72, 104, 2, False),
        "sdxl": (sdxl, 64, 64, 1, False),
        "flux_fill": (flux, 64, 80, 1, False),
    }.items():
        positive, negative = text(width=tokens), text(width=tokens, seed=2)
        avatar, mask = picture(height, width, batch)
        stock = nodes.InpaintModelConditioning().encode(positive, negative, avatar, vae, 1.0 - mask, noise_mask)
        (expected,) = nodes.KSampler().sample(model, 3, 3, 5.0, "euler", "normal", stock[0], stock[1], stock[2])
        from avatar_scene.nodes.outpaint import PASOutpaint

        image, latent, _ = PASOutpaint.execute(
            model, positive, negative, vae, avatar, mask, 3, 3, 5.0, "euler", "normal", 1.0, 1.0,
            "on" if noise_mask else "auto",
        ).args  # fmt: skip
        (decoded,) = nodes.VAEDecode().decode(vae, expected)
        result[name] = {
            "latent": bool(torch.equal(latent["samples"], expected["samples"])),
            "image": bool(torch.equal(image, decoded)),
        }
    return result


@case
def trained_model_paints_as_it_was_trained():
    """A file of the trainer (v-prediction, native size) inside ComfyUI against the module that was trained."""
    import tempfile
    from pathlib import Path
    from types import SimpleNamespace

    import torch
    from avatar_scene.outpainting.loader import load_pas_model
    from avatar_scene.outpainting.native_size import shrink
    from avatar_scene.training.outpaint.__main__ import OutpaintConfig, export
    from avatar_scene.training.outpaint.objective import noise_scheduler
    from avatar_scene.training.outpaint.unet import ConditionedUNet, new_unet

    torch.manual_seed(4)
    trained = ConditionedUNet(new_unet(14, (32, 64), 1, 384, 4), "pas").eval().half().float()
    with tempfile.TemporaryDirectory() as folder:
        config = OutpaintConfig(out=Path(folder), prediction="v_prediction")
        data = SimpleNamespace(info={"text_encoder": "minilm", "size": "64"}, gray_latent=None)
        model = load_pas_model(export(trained, config, data), model_options={"dtype": torch.float32})
    base, vae = model.model, load_vae()
    avatar, mask = picture(128, 128)
    gray, gray_mask = picture(128, 128, seed=5)
    prepared = prepare(
        model, text(), text(seed=2), vae, avatar, mask, gray=gray, gray_mask=gray_mask, downsample_rate=0.5
    )
    values = prepared.positive[0][1]
    scale = 0.18215
    conditioning = (
        prepared.positive[0][0], values["pas_paint_mask"], values["pas_avatar_latent"] * scale,
        values["pas_gray_latent"] * scale, values["pas_gray_mask"], torch.tensor([0.5]),
    )  # fmt: skip
    noise = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(7))
    scheduler, timestep = noise_scheduler("v_prediction"), 700
    alpha = scheduler.alphas_cumprod[timestep]
    sigma = ((1 - alpha) / alpha).sqrt()[None]
    with torch.no_grad():
        conds = base.extra_conds(cross_attn=conditioning[0], noise=noise, device=torch.device("cpu"), **values)
        denoised = base.apply_model(
            noise * (sigma**2 + 1) ** 0.5, sigma, c_concat=conds["c_concat"].cond, c_crossattn=conds["c_crossattn"].cond
        )
        velocity = trained(noise, torch.tensor([timestep]), *conditioning)
        expected = alpha.sqrt() * noise - (1 - alpha).sqrt() * velocity
    sigmas = base.model_sampling.sigmas.float()
    wanted = ((1 - scheduler.alphas_cumprod) / scheduler.alphas_cumprod).sqrt()
    # The gray body was shrunk as a whole sample is for training.
    small, small_mask = shrink(gray, gray_mask, (64, 64))
    return {
        "denoised": difference(denoised, expected),
        "sigmas": ((sigmas - wanted) / wanted)[:-1].abs().max().item(),
        "last_sigma": sigmas[-1].item(),
        "latent": list(prepared.latent["samples"].shape),
        "mode": prepared.mode,
        "gray_mask": difference(values["pas_gray_mask"], torch.nn.functional.avg_pool2d(small_mask[:, None], 8)),
        "finite": bool(torch.isfinite(small).all()),
    }
