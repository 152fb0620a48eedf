"""What the cases share: pictures, texts, tiny models, and short ways to sample. Imported inside a booted ComfyUI."""

from __future__ import annotations

import dataclasses
from pathlib import Path


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
