"""Runs the outpainting cases inside a real ComfyUI and writes what was measured as JSON.

    python tests/outpaint_driver.py COMFYUI_DIR MODELS_DIR RESULT.json [CASE ...]

One process for all cases, because booting ComfyUI takes seconds. `test_outpaint_host.py` starts it and asserts.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
import sys
import tempfile
import threading
import traceback
from pathlib import Path

CASES = {}


def case(function):
    """Register a case: a function () -> dict of numbers and strings."""
    CASES[function.__name__] = function
    return function


def boot(comfy: Path, models: Path) -> None:
    """ComfyUI's modules, on the CPU, with a throw-away base directory whose model folder is `models`."""
    base = Path(tempfile.mkdtemp(prefix="pas-outpaint-"))
    (base / "custom_nodes").mkdir()
    (base / "models").symlink_to(models, target_is_directory=True)
    sys.path.insert(0, str(comfy))
    os.chdir(comfy)
    sys.argv = ["main.py", "--cpu", "--base-directory", str(base), "--disable-api-nodes"]
    import comfy.options

    comfy.options.enable_args_parsing()
    # First: `nodes` puts ComfyUI's comfy folder on the path, where a utils.py would shadow the package.
    importlib.import_module("utils.extra_config")
    importlib.import_module("nodes")


# What the cases share -------------------------------------------------------------------------------------------------


def picture(height=64, width=64, batch=1, seed=0):
    """A noisy render: (B, H, W, 3) and a soft disc as its mask (B, H, W)."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    image = torch.rand(batch, height, width, 3, generator=generator)
    y = torch.linspace(-1, 1, height)[:, None]
    x = torch.linspace(-1, 1, width)[None]
    radius = (x**2 + y**2).sqrt().expand(batch, -1, -1)
    return image, ((0.75 - radius) * 8).clamp(0, 1)


def text(tokens=77, width=384, seed=1):
    """A conditioning of random tokens, as a text encoder gives it."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    pooled = torch.randn(1, 1280 if width == 2048 else 768, generator=generator)
    return [[torch.randn(1, tokens, width, generator=generator), {"pooled_output": pooled}]]


def model_path(name: str) -> Path:
    import folder_paths

    return Path(folder_paths.models_dir) / name


def load_pas(**options):
    from avatar_scene.outpainting.loader import load_pas_model

    return load_pas_model(model_path("pas/tiny_pas.safetensors"), **options)


def load_stock(name: str):
    import comfy.sd

    return comfy.sd.load_diffusion_model(str(model_path(f"diffusion_models/{name}.safetensors")))


def load_vae(name: str = "tiny_vae"):
    import comfy.sd
    import comfy.utils

    return comfy.sd.VAE(sd=comfy.utils.load_torch_file(str(model_path(f"vae/{name}.safetensors"))))


def random_model(config, seed=0):
    """A patcher of a `supported_models` config with random weights, for families whose files are too big for tests."""
    import comfy.model_patcher
    import torch

    config.set_inference_dtype(torch.float32, None)
    model = config.get_model({}, "")
    fill_randomly(model.diffusion_model, seed)
    cpu = torch.device("cpu")
    return comfy.model_patcher.ModelPatcher(model, load_device=cpu, offload_device=cpu)


def fill_randomly(module, seed=0):
    """ComfyUI's layers skip initialisation: every tensor gets a value that keeps activations near 1."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    for name, value in module.state_dict().items():
        if value.ndim > 1:
            value.copy_(torch.randn(value.shape, generator=generator) / value[0].numel() ** 0.5)
        else:
            value.fill_(1.0 if name.endswith(("weight", "scale")) else 0.0)


def sdxl_inpainting():
    import comfy.supported_models

    config = dict(
        image_size=32, use_spatial_transformer=True, legacy=False, num_classes="sequential", adm_in_channels=2816,
        in_channels=9, out_channels=4, model_channels=32, num_res_blocks=[1, 1], channel_mult=[1, 2],
        transformer_depth=[0, 1], transformer_depth_output=[0, 0, 1, 1], transformer_depth_middle=1,
        use_linear_in_transformer=True, context_dim=2048, use_temporal_resblock=False, use_temporal_attention=False,
    )  # fmt: skip

    class TinySDXL(comfy.supported_models.SDXL):
        unet_extra_config = {"num_heads": -1, "num_head_channels": 32}  # noqa: RUF012

    return random_model(TinySDXL(config))


def flux_fill():
    import comfy.ldm.flux.model
    import comfy.supported_models

    config = dict(
        image_model="flux", in_channels=96, out_channels=16, patch_size=2, vec_in_dim=768, context_in_dim=64,
        hidden_size=64, mlp_ratio=2.0, num_heads=2, depth=1, depth_single_blocks=1, axes_dim=[8, 12, 12], theta=10000,
        qkv_bias=True, guidance_embed=True, txt_ids_dims=[],
    )  # fmt: skip
    known = {field.name for field in dataclasses.fields(comfy.ldm.flux.model.FluxParams)} | {"image_model"}
    return random_model(comfy.supported_models.FluxInpaint({key: config[key] for key in config.keys() & known}))


def controlnet(model):
    """A random ControlNet of the model's own layout, as ComfyUI holds one."""
    import comfy.cldm.cldm
    import comfy.controlnet
    import comfy.ops
    import torch

    config = {**model.model.model_config.unet_config, "in_channels": 4, "hint_channels": 3, "dtype": torch.float32}
    for name in ("out_channels", "transformer_depth_output"):
        config.pop(name)
    network = comfy.cldm.cldm.ControlNet(**config, device="cpu", operations=comfy.ops.disable_weight_init)
    fill_randomly(network)
    return comfy.controlnet.ControlNet(network, load_device=torch.device("cpu"))


def sample(model, positive, negative, latent, *, seed=0, steps=2, cfg=4.0, sampler="euler", denoise=1.0):
    import nodes

    (result,) = nodes.common_ksampler(
        model, seed, steps, cfg, sampler, "normal", positive, negative, latent, denoise=denoise
    )
    return result["samples"]


def prepare(model, positive, negative, vae, avatar, mask, **options):
    from avatar_scene.outpainting.conditioning import outpaint_conditioning

    return outpaint_conditioning(model, positive, negative, vae, avatar, mask, **options)


def outpaint(model, positive, negative, vae, avatar, mask, *, steps=2, seed=0, **options):
    prepared = prepare(model, positive, negative, vae, avatar, mask, **options)
    return sample(model, prepared.positive, prepared.negative, prepared.latent, steps=steps, seed=seed)


class Spy:
    """Records the shapes that reach a UNet's forward."""

    def __init__(self, model):
        self.unet = model.model.diffusion_model
        self.inputs, self.contexts = [], []

    def __enter__(self):
        forward = self.unet.forward

        def spying(x, *args, **kwargs):
            self.inputs.append(tuple(x.shape))
            self.contexts.append(tuple(kwargs["context"].shape))
            return forward(x, *args, **kwargs)

        self.unet.forward = spying
        return self

    def __exit__(self, *_):
        del self.unet.forward


def difference(a, b) -> float:
    return (a.double() - b.double()).abs().max().item()


# The cases ------------------------------------------------------------------------------------------------------------


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
        result[name] = {
            "mode": prepared.mode,
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
def nine_channels_equal_stock():
    import torch

    import nodes

    model, vae = load_stock("tiny_inpaint_9ch"), load_vae()
    positive, negative = text(width=768), text(width=768, seed=2)
    result = {}
    for name, (height, width, batch, noise_mask) in {
        "plain": (64, 64, 1, False),
        "noise_mask": (64, 64, 1, True),
        "batch": (72, 104, 2, False),
    }.items():
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
def bad_input_is_one_line():
    import torch
    from avatar_scene.nodes.outpaint import PASTextEncode
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


def main() -> None:
    comfy, models, result_path, *names = sys.argv[1:]
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    result_path = Path(result_path).resolve()
    boot(Path(comfy).resolve(), Path(models).resolve())
    import torch

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    results = {}
    for name in names or CASES:
        try:
            with torch.inference_mode():
                results[name] = CASES[name]()
        except Exception:
            results[name] = {"error": traceback.format_exc()}
    result_path.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
