"""A baseline after the Motion Diffusion Model (Tevet et al. 2022), for single poses: an encoder transformer.

One condition token, the sum of the projected text embedding and the timestep, stands before the noised pose; attention
is bidirectional and the clean pose is read off the pose tokens. It offers the denoiser's interface, so that the same
trainer and sampler drive it.
"""

from __future__ import annotations

import torch
from torch import nn

from ..pose_prior.denoiser import Denoiser, DenoiserConfig, PrefixCache, sinusoid
from ..pose_prior.text_encoder import TextFeatures


class EncoderDenoiser(Denoiser):
    """MDM's architecture in the place of the causal decoder."""

    def __init__(self, config: DenoiserConfig | None = None):
        super().__init__(config)
        del self.tokens_in, self.queries
        self.positions = nn.Parameter(torch.randn(3, self.config.width) * 0.02)

    @torch.no_grad()
    def set_text_scale(self, tokens: float, pooled: float) -> None:
        """As `Denoiser.set_text_scale`; it reads no tokens."""
        self._scale_pooled(pooled)

    def encode_prefix(self, features: TextFeatures, drop: torch.Tensor | None = None) -> PrefixCache:
        """The condition without the timestep; it takes the place of the cached keys and values."""
        without = ~features.mask.any(1) if drop is None else drop | ~features.mask.any(1)
        condition = torch.where(without[:, None], self.null, self.pooled_in(features.pooled))
        return PrefixCache([(condition, condition)], features.mask.any(1, keepdim=True))

    def denoise(self, body, root, time, prefix):
        """As `Denoiser.denoise`."""
        condition = prefix.layers[0][0] + self.time_in(sinusoid(time, self.config.width).to(body))
        x = torch.stack([condition, self.body_in(body), self.root_in(root)], 1) + self.positions
        everything = torch.ones(1, 1, 3, 3, dtype=torch.bool, device=x.device)
        for block in self.blocks:
            x, _ = block(x, everything)
        return self._predict(x)

    def forward(self, body, root, time, features, drop=None, trim=False):
        """As `Denoiser.forward`; there is nothing to trim."""
        prefix = self.encode_prefix(features, drop)
        return self.denoise(body, root, time, prefix.repeat(len(body) // len(prefix.mask)))
