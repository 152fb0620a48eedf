"""The PAS UNet as a ComfyUI model: what it concatenates to the noise, and the w token in its context."""

from __future__ import annotations

import comfy.conds
import comfy.model_base
import comfy.supported_models
import comfy.utils
import torch
import torch.nn.functional as F

from .checkpoint import PASInfo
from .downsample import sinusoidal_embedding
from .text_context import add_w_tokens

# Keys in a conditioning's dict, written by `conditioning.py`.
AVATAR_LATENT = "pas_avatar_latent"  # (B, 4, h, w) as the VAE gave it
PAINT_MASK = "pas_paint_mask"  # (B, 1, h, w) 1 = paint
GRAY_LATENT = "pas_gray_latent"  # (B, 4, h, w) as the VAE gave it; absent without a gray render
GRAY_MASK = "pas_gray_mask"  # (B, 1, h, w)
DOWNSAMPLE_RATE = "pas_downsample_rate"  # w, float


class WProjection:
    """w -> one cross-attention token. Not in the module tree: it is tiny, stays on the CPU and is never patched."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor) -> None:
        self.weight = weight.float().cpu()  # (context_dim, E)
        self.bias = bias.float().cpu()  # (context_dim,)

    def __call__(self, rate: float) -> torch.Tensor:
        """(1, 1, context_dim)."""
        embedding = sinusoidal_embedding(torch.tensor([rate]), self.weight.shape[1])
        return F.linear(embedding, self.weight, self.bias)[:, None]


class PASModel(comfy.model_base.BaseModel):
    """A UNet over 14 channels: noise 4 | paint mask 1 | avatar 4 | gray 4 | gray mask 1."""

    def __init__(self, model_config, model_type, device, info: PASInfo, w_projection: WProjection) -> None:
        super().__init__(model_config, model_type=model_type, device=device)
        self.set_inpaint()
        self.pas_info = info
        self.w_projection = w_projection

    def concat_cond(self, **kwargs) -> torch.Tensor:
        noise, device = kwargs["noise"], kwargs["device"]
        if AVATAR_LATENT in kwargs:
            avatar = self.process_latent_in(kwargs[AVATAR_LATENT])
            inpaint = torch.cat([_fit(kwargs[PAINT_MASK], noise, device), _fit(avatar, noise, device)], 1)
        else:  # stock inpainting conditioning, or none: the model still works, without body prior
            inpaint = super().concat_cond(**kwargs).to(device)
        if GRAY_LATENT in kwargs:
            gray = self.process_latent_in(kwargs[GRAY_LATENT])
            body = torch.cat([_fit(gray, noise, device), _fit(kwargs[GRAY_MASK], noise, device)], 1)
        else:
            body = torch.zeros_like(inpaint)  # a latent and a mask, like `inpaint`
        return torch.cat([inpaint, body], 1)

    def extra_conds(self, **kwargs) -> dict:
        conds = super().extra_conds(**kwargs)
        text = conds.get("c_crossattn")
        if text is not None:
            token = self.w_projection(kwargs.get(DOWNSAMPLE_RATE, 1.0))
            conds["c_crossattn"] = comfy.conds.CONDCrossAttn(add_w_tokens(text.cond, token))
            conds.setdefault("crossattn_controlnet", text)  # a ControlNet has never seen a w token
        return conds


def _fit(value: torch.Tensor, noise: torch.Tensor, device: torch.device) -> torch.Tensor:
    """`value` on the noise's grid, repeated to its batch: a batch that is repeated as a whole keeps its order."""
    if value.shape[-2:] != noise.shape[-2:]:
        value = comfy.utils.common_upscale(value, noise.shape[-1], noise.shape[-2], "bilinear", "center")
    return comfy.utils.repeat_to_batch_size(value, noise.shape[0]).to(device)


def pas_model_config(info: PASInfo, w_projection: WProjection) -> type[comfy.supported_models.SD15]:
    """A `supported_models` entry for one file: any width, depth, head count and context."""

    class PASUNet(comfy.supported_models.SD15):
        unet_config = {}  # noqa: RUF012  (ComfyUI reads class attributes)
        unet_extra_config = {"num_heads": info.num_heads, "num_head_channels": -1}  # noqa: RUF012
        sampling_settings = {"zsnr": True} if info.prediction == "v_prediction" else {}

        def model_type(self, state_dict, prefix=""):
            types = comfy.model_base.ModelType
            return types.V_PREDICTION if info.prediction == "v_prediction" else types.EPS

        def get_model(self, state_dict, prefix="", device=None) -> PASModel:
            return PASModel(self, self.model_type(state_dict, prefix), device, info, w_projection)

    return PASUNet
