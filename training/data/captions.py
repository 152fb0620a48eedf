"""The unique captions of a pose set, encoded once by the frozen text encoder and kept on disk."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import torch

from ...pose_prior.prompts import normalise
from ...pose_prior.text_encoder import TOKEN_SLOTS, TextEncoder, TextFeatures

CHUNK = 256  # texts encoded at once


class CaptionBank:
    """Normalised captions and their features, addressed by number.

    `texts` is what was encoded; `index` maps a caption as written to its number. Features are kept as half floats,
    token states end to end (`starts` says where each caption begins).
    """

    def __init__(self, captions: list[str], encoder: TextEncoder, cache: Path | None = None):
        normalised = {caption: normalise(caption, encoder.count_tokens, TOKEN_SLOTS).text for caption in captions}
        self.texts = sorted(set(normalised.values()))
        number = {text: row for row, text in enumerate(self.texts)}
        self.index = {caption: number[text] for caption, text in normalised.items()}
        path = None
        if cache is not None:
            digest = hashlib.sha256("\n".join([encoder.name, *self.texts]).encode()).hexdigest()[:16]
            path = cache / f"captions-{digest}.npz"
        if path is not None and path.is_file():
            with np.load(path, allow_pickle=False) as arrays:
                tokens, lengths, pooled = arrays["tokens"], arrays["lengths"], arrays["pooled"]
        else:
            tokens, lengths, pooled = self._encode(encoder)
            if path is not None:
                cache.mkdir(parents=True, exist_ok=True)
                part = path.with_suffix(".part.npz")
                np.savez(part, tokens=tokens, lengths=lengths, pooled=pooled)
                os.replace(part, path)
        self.tokens = torch.from_numpy(tokens)
        self.lengths = torch.from_numpy(lengths)
        self.starts = self.lengths.cumsum(0) - self.lengths
        self.pooled = torch.from_numpy(pooled)

    def __len__(self) -> int:
        return len(self.texts)

    def _encode(self, encoder: TextEncoder) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        from tqdm import tqdm

        order = sorted(range(len(self.texts)), key=lambda row: len(self.texts[row]))  # similar lengths together
        pieces: list = [None] * len(order)
        pooled = np.zeros((len(order), encoder.dim), np.float16)
        for first in tqdm(range(0, len(order), CHUNK), desc="encoding captions"):
            rows = order[first : first + CHUNK]
            features = encoder.encode([self.texts[row] for row in rows])
            pooled[rows] = features.pooled.cpu().half().numpy()
            for row, states, mask in zip(rows, features.tokens.cpu().half(), features.mask.cpu()):
                pieces[row] = states[mask].numpy()
        return np.concatenate(pieces), np.array([len(piece) for piece in pieces]), pooled

    def features(self, rows: torch.Tensor) -> TextFeatures:
        """The features of C captions, float32."""
        lengths = self.lengths[rows]
        mask = torch.arange(TOKEN_SLOTS) < lengths[:, None]
        source = (self.starts[rows][:, None] + torch.arange(TOKEN_SLOTS))[mask]
        tokens = torch.zeros(len(rows), TOKEN_SLOTS, self.tokens.shape[1])
        tokens[mask] = self.tokens[source].float()
        return TextFeatures(tokens, mask, self.pooled[rows].float())
