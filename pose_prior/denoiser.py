"""The text-to-pose diffusion transformer (paper section 3.3, figure 3).

A decoder-only transformer with a causal mask over 69 positions:

    0..62  caption tokens (padding is masked)      64  timestep         67  body query
    63     pooled text embedding                   65  noised body      68  root query
                                                   66  noised root

The last two positions predict the clean body and root. The timestep enters as a token only, so the keys and values of
the prefix (positions 0..63) depend on the text alone: `encode_prefix` computes them once, `denoise` uses them at every
step and for every sample of the text. `forward` is the plain pass over the whole sequence.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import torch
from torch import nn
from torch.nn import functional

from .text_encoder import TOKEN_SLOTS, TextFeatures

PREFIX = TOKEN_SLOTS + 1
SUFFIX = 5
ROOT_DIM = 6


@dataclass(frozen=True)
class DenoiserConfig:
    """Shape of the network. `body_dim` is 32 for VPoser codes, 126 for 6D rotations.

    pooled_hidden: width of the perceptron that reads the pooled text embedding; 0 for a linear map.
    """

    body_dim: int = 32
    text_dim: int = 384
    width: int = 256
    layers: int = 3
    heads: int = 4
    hidden: int = 768
    pooled_hidden: int = 0

    def to_dict(self) -> dict:
        """As written into a checkpoint's header."""
        return asdict(self)


class Block(nn.Module):
    """Causal self-attention and a feed-forward layer, each normalised before it is added."""

    def __init__(self, config: DenoiserConfig):
        super().__init__()
        self.heads = config.heads
        self.norm1 = nn.LayerNorm(config.width)
        self.qkv = nn.Linear(config.width, 3 * config.width)
        self.out = nn.Linear(config.width, config.width)
        self.norm2 = nn.LayerNorm(config.width)
        self.up = nn.Linear(config.width, config.hidden)
        self.down = nn.Linear(config.hidden, config.width)

    def forward(
        self, x: torch.Tensor, mask: torch.Tensor, past: tuple[torch.Tensor, torch.Tensor] | None = None
    ) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
        """x: (B, L, W); mask: (B or 1, 1, L, P + L); past: keys and values (B, heads, P, W / heads) of a prefix.

        Returns the new x and this call's own keys and values.
        """
        q, k, v = self.qkv(self.norm1(x)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        own = (k, v)
        if past is not None:
            k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
        attended = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = x + self.out(attended.transpose(1, 2).flatten(-2))
        return x + self.down(functional.gelu(self.up(self.norm2(x)))), own


@dataclass(frozen=True)
class PrefixCache:
    """Keys and values of C encoded texts: per layer two (C, heads, P, W / heads); mask (C, P) of valid positions."""

    layers: list[tuple[torch.Tensor, torch.Tensor]]
    mask: torch.Tensor

    def repeat(self, times: int) -> PrefixCache:
        """Every text `times` times in a row, for as many samples each."""
        spread = lambda value: value.repeat_interleave(times, 0)  # noqa: E731
        return PrefixCache([(spread(k), spread(v)) for k, v in self.layers], spread(self.mask))

    def stack(self, other: PrefixCache) -> PrefixCache:
        """The texts of both, these first; the shorter prefix is filled up with masked positions."""
        length = max(self.mask.shape[1], other.mask.shape[1])

        def filled(x: torch.Tensor, missing: int, dim: int) -> torch.Tensor:
            if not missing:
                return x
            return torch.cat([x.new_zeros(*x.shape[:dim], missing, *x.shape[dim + 1 :]), x], dim)

        def joined(one: torch.Tensor, two: torch.Tensor, dim: int) -> torch.Tensor:
            missing = (length - self.mask.shape[1], length - other.mask.shape[1])
            return torch.cat([filled(x, count, dim) for x, count in zip((one, two), missing)])

        layers = [(joined(k, k2, 2), joined(v, v2, 2)) for (k, v), (k2, v2) in zip(self.layers, other.layers)]
        return PrefixCache(layers, joined(self.mask, other.mask, 1))


class Denoiser(nn.Module):
    """Predicts the clean body code and root from noised ones, the timestep and the text."""

    def __init__(self, config: DenoiserConfig | None = None):
        super().__init__()
        self.config = config = config or DenoiserConfig()
        width = config.width
        self.tokens_in = nn.Linear(config.text_dim, width)
        self.pooled_in = _pooled_in(config)
        self.null = nn.Parameter(torch.randn(width) * 0.02)  # takes the pooled slot where there is no text
        self.time_in = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))
        self.body_in = nn.Linear(config.body_dim, width)
        self.root_in = nn.Linear(ROOT_DIM, width)
        self.queries = nn.Parameter(torch.randn(2, width) * 0.02)
        self.positions = nn.Parameter(torch.randn(PREFIX + SUFFIX, width) * 0.02)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(width)
        self.body_out = nn.Linear(width, config.body_dim)
        self.root_out = nn.Linear(width, ROOT_DIM)
        # Standardisation of the targets; the network works on (value - mean) / std.
        for name, size in (("body", config.body_dim), ("root", ROOT_DIM)):
            self.register_buffer(f"{name}_mean", torch.zeros(size))
            self.register_buffer(f"{name}_std", torch.ones(size))
        for block in self.blocks:  # residual branches start small (Radford et al. 2019)
            for layer in (block.out, block.down):
                nn.init.normal_(layer.weight, std=0.02 / math.sqrt(2 * config.layers))
                nn.init.zeros_(layer.bias)

    def encode_prefix(self, features: TextFeatures, drop: torch.Tensor | None = None) -> PrefixCache:
        """Keys and values of C texts; where `drop` (C,) is True, or a text has no tokens, those of no text.

        Positions that hold no token in any text are left out, which changes nothing: they are masked anyway.
        """
        x, valid = self._prefix(features, drop, trim=True)
        mask = _causal_mask(valid, x.shape[1])
        layers = []
        for block in self.blocks:
            x, own = block(x, mask)
            layers.append(own)
        return PrefixCache(layers, valid)

    def denoise(
        self, body: torch.Tensor, root: torch.Tensor, time: torch.Tensor, prefix: PrefixCache
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Noised body (B, body_dim) and root (B, 6), both standardised; time (B,) in 0..999; prefix of B texts.

        Returns the clean body and root, standardised.
        """
        x = self._suffix(body, root, time)
        valid = torch.cat([prefix.mask, prefix.mask.new_ones(len(x), SUFFIX)], 1)
        mask = _causal_mask(valid, SUFFIX)
        for block, past in zip(self.blocks, prefix.layers):
            x, _ = block(x, mask, past)
        return self._predict(x)

    def forward(
        self,
        body: torch.Tensor,
        root: torch.Tensor,
        time: torch.Tensor,
        features: TextFeatures,
        drop: torch.Tensor | None = None,
        trim: bool = False,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """`denoise(..., encode_prefix(features, drop).repeat(K))` without a cache: one pass over whole sequences.

        features of C texts, K = B / C poses each, those of one text in a row. The K times 5 positions of a text's poses
        follow its prefix in one sequence, where no pose sees another: how the model is trained.
        trim: without the positions that no text fills, which changes nothing but the time.
        """
        prefix, valid = self._prefix(features, drop, trim)
        texts, start = prefix.shape[:2]
        suffix = self._suffix(body, root, time).reshape(texts, -1, self.config.width)
        x = torch.cat([prefix, suffix], 1)
        valid = torch.cat([valid, valid.new_ones(suffix.shape[:2])], 1)
        mask = _causal_mask(valid, x.shape[1]) & _own_pose(start, suffix.shape[1], x.device)
        for block in self.blocks:
            x, _ = block(x, mask)
        return self._predict(x[:, start:].reshape(-1, SUFFIX, self.config.width))

    def statistics(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and standard deviation, (body_dim + 6,) each, of the targets."""
        return torch.cat([self.body_mean, self.root_mean]), torch.cat([self.body_std, self.root_std])

    def set_statistics(self, mean: torch.Tensor, std: torch.Tensor) -> None:
        """Set what `statistics` returns."""
        for kind, value in (("mean", mean), ("std", std)):
            body, root = value.split([self.config.body_dim, ROOT_DIM])
            getattr(self, f"body_{kind}").copy_(body)
            getattr(self, f"root_{kind}").copy_(root)

    @torch.no_grad()
    def set_text_scale(self, tokens: float, pooled: float) -> None:
        """Before training: let text features of these root mean squares enter as strongly as the poses do."""
        self.tokens_in.weight.div_(tokens)
        self._scale_pooled(pooled)

    def _scale_pooled(self, pooled: float) -> None:
        first = self.pooled_in[0] if self.config.pooled_hidden else self.pooled_in
        first.weight.div_(pooled)

    def _prefix(
        self, features: TextFeatures, drop: torch.Tensor | None, trim: bool
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """(C, 64, W) embedded prefix and (C, 64) valid positions; trimmed, without the slots that no text fills."""
        without = ~features.mask.any(1)
        if drop is not None:
            without = without | drop
        valid = features.mask & ~without[:, None]
        filled = _last(valid.any(0)) + 1 if trim else TOKEN_SLOTS
        tokens = self.tokens_in(features.tokens[:, :filled]) + self.positions[:filled]
        pooled = torch.where(without[:, None], self.null, self.pooled_in(features.pooled)) + self.positions[TOKEN_SLOTS]
        valid = torch.cat([valid[:, :filled], without.new_ones(len(without), 1)], 1)
        return torch.cat([tokens, pooled[:, None]], 1), valid

    def _suffix(self, body: torch.Tensor, root: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        tokens = [self.time_in(sinusoid(time, self.config.width).to(body)), self.body_in(body), self.root_in(root)]
        queries = self.queries.expand(len(body), 2, -1)
        return torch.cat([torch.stack(tokens, 1), queries], 1) + self.positions[PREFIX:]

    def _predict(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = self.norm(x[:, -2:])
        return self.body_out(x[:, 0]), self.root_out(x[:, 1])


def _pooled_in(config: DenoiserConfig) -> nn.Module:
    size = config.pooled_hidden
    if not size:
        return nn.Linear(config.text_dim, config.width)
    hidden = [nn.Linear(config.text_dim, size), nn.GELU(), nn.LayerNorm(size)]
    hidden += [nn.Linear(size, size), nn.GELU(), nn.LayerNorm(size)]
    return nn.Sequential(*hidden, nn.Linear(size, config.width))


def sinusoid(time: torch.Tensor, width: int) -> torch.Tensor:
    """(B,) timesteps -> (B, width) sines and cosines of geometric frequencies (Vaswani et al. 2017)."""
    frequency = torch.exp(-math.log(10000) * torch.arange(width // 2, device=time.device) / (width // 2))
    angle = time.float()[:, None] * frequency
    return torch.cat([angle.sin(), angle.cos()], -1)


def _causal_mask(valid: torch.Tensor, queries: int) -> torch.Tensor:
    """(B, K) valid keys -> (B, 1, queries, K): the last `queries` positions see valid earlier ones and themselves."""
    keys = valid.shape[1]
    position = torch.arange(keys, device=valid.device)
    query = position[keys - queries :, None]
    return ((position <= query) & (valid[:, None] | (position == query)))[:, None]


def _last(row: torch.Tensor) -> int:
    """The place of the last True of a (N,) row, -1 where there is none."""
    places = row.nonzero()
    return int(places[-1]) if len(places) else -1


def _own_pose(prefix: int, suffix: int, device: torch.device) -> torch.Tensor:
    """(L, L) bool for a prefix with several poses' positions behind it: a pose sees the prefix and itself."""
    pose = torch.arange(prefix + suffix, device=device).sub(prefix).div(SUFFIX, rounding_mode="floor").clamp(min=-1)
    return (pose == -1) | (pose == pose[:, None])
