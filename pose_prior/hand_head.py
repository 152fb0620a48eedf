"""Finger states from the caption and the sampled pose: the text says what a hand does, the pose which hand does it."""

from __future__ import annotations

import torch
from torch import nn

from .hands import FINGER_STATES


class HandHead(nn.Module):
    """Logits of the finger states of both hands.

    pooled: (B, text_dim) pooled caption; code: (B, code_dim) body code and root as the denoiser predicts them,
    standardised. Returns (B, 2, states), left hand first.
    """

    def __init__(self, text_dim: int, code_dim: int, width: int = 128):
        super().__init__()
        self.text = nn.Linear(text_dim, width)
        self.code = nn.Linear(code_dim, width)
        self.hidden = nn.Linear(width, width)
        self.out = nn.Linear(width, 2 * len(FINGER_STATES))

    def forward(self, pooled: torch.Tensor, code: torch.Tensor) -> torch.Tensor:
        x = torch.nn.functional.gelu(self.text(pooled) + self.code(code))
        x = torch.nn.functional.gelu(self.hidden(x))
        return self.out(x).unflatten(-1, (2, len(FINGER_STATES)))
