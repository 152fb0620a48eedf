"""Text tokens as a UNet's cross-attention context."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from .checkpoint import TOKENS_PER_CHUNK


def text_context(tokens: torch.Tensor) -> torch.Tensor:
    """(B, T <= 77, D) token states, zero where there is no token -> (B, 77, D), zeros at the end.

    The length is always the same, so that prompts batch with each other and the w token is the 78th.
    Raises ValueError if there are more than 77 tokens.
    """
    missing = TOKENS_PER_CHUNK - tokens.shape[1]
    if missing < 0:
        raise ValueError(f"text: {tokens.shape[1]} tokens, at most {TOKENS_PER_CHUNK} fit")
    return F.pad(tokens.float().cpu(), (0, 0, 0, missing))


def add_w_tokens(context: torch.Tensor, token: torch.Tensor) -> torch.Tensor:
    """(B, T, C) text tokens and w tokens (B or 1, 1, C) -> the text with one w token for each started chunk of 77.

    One token a chunk keeps lengths commensurable (78, 156, ...), so ComfyUI can batch prompts of different lengths.
    Attention has no order among text tokens, so they all go to the end.
    """
    chunks = max(1, -(-context.shape[1] // TOKENS_PER_CHUNK))
    return torch.cat([context, token.to(context).expand(context.shape[0], chunks, -1)], 1)
