"""The BERT encoder of all-MiniLM-L6-v2 (Devlin et al. 2019; Wang et al. 2020) for inference.

Written out because importing a model library takes several seconds and building this network takes none; a test
compares it with `transformers`.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional


class BertLayer(nn.Module):
    """Self-attention and feed-forward block, normalised after each residual."""

    def __init__(self, width: int, heads: int, hidden: int, eps: float):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.out = nn.Linear(width, width)
        self.norm1 = nn.LayerNorm(width, eps)
        self.up, self.down = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.norm2 = nn.LayerNorm(width, eps)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """x: (B, L, width); mask: (B, 1, 1, L), True at tokens that may be attended to."""
        split = lambda y: y.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # noqa: E731
        attended = functional.scaled_dot_product_attention(
            split(self.query(x)), split(self.key(x)), split(self.value(x)), attn_mask=mask
        )
        x = self.norm1(x + self.out(attended.transpose(1, 2).flatten(-2)))
        return self.norm2(x + self.down(functional.gelu(self.up(x))))


class Bert(nn.Module):
    """Token ids -> contextual token states."""

    def __init__(self, vocabulary: int, width: int, layers: int, heads: int, hidden: int, positions: int, eps: float):
        super().__init__()
        self.words = nn.Embedding(vocabulary, width)
        self.positions = nn.Embedding(positions, width)
        self.segments = nn.Embedding(2, width)
        self.norm = nn.LayerNorm(width, eps)
        self.layers = nn.ModuleList(BertLayer(width, heads, hidden, eps) for _ in range(layers))

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """ids: (B, L) int64; mask: (B, L) bool, True at tokens -> (B, L, width)."""
        x = self.words(ids) + self.positions.weight[: ids.shape[1]] + self.segments.weight[0]
        x = self.norm(x)
        for layer in self.layers:
            x = layer(x, mask[:, None, None])
        return x


# Our names -> the names in published BERT checkpoints.
_LAYER_NAMES = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "out": "attention.output.dense",
    "norm1": "attention.output.LayerNorm",
    "up": "intermediate.dense",
    "down": "output.dense",
    "norm2": "output.LayerNorm",
}
_TOP_NAMES = {
    "words": "embeddings.word_embeddings",
    "positions": "embeddings.position_embeddings",
    "segments": "embeddings.token_type_embeddings",
    "norm": "embeddings.LayerNorm",
}


def load_bert(folder: Path) -> Bert:
    """A published BERT-shaped checkpoint folder (config.json, model.safetensors) -> the encoder, in evaluation mode."""
    from safetensors.torch import load_file

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    with torch.device("meta"):
        model = Bert(
            config["vocab_size"],
            config["hidden_size"],
            config["num_hidden_layers"],
            config["num_attention_heads"],
            config["intermediate_size"],
            config["max_position_embeddings"],
            config["layer_norm_eps"],
        )
    published = load_file(folder / "model.safetensors")
    state = {key: published[_published_name(key)].float() for key in model.state_dict()}
    model.load_state_dict(state, assign=True)
    return model.eval().requires_grad_(False)


def _published_name(key: str) -> str:
    module, _, parameter = key.rpartition(".")
    if module.startswith("layers."):
        _, index, part = module.split(".")
        return f"encoder.layer.{index}.{_LAYER_NAMES[part]}.{parameter}"
    return f"{_TOP_NAMES[module]}.{parameter}"
