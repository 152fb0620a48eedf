"""The unique captions of a corpus, encoded once by the frozen text encoder and kept on disk."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from ...pose_prior.prompts import normalise
from ...pose_prior.text_encoder import TOKEN_SLOTS, TextEncoder, TextFeatures

CHUNK = 256  # texts encoded at once
SHARD = 16  # chunks a file of the cache: what a kill can cost


class CaptionBank:
    """Normalised captions and their features, addressed by number.

    `texts` is what was encoded; `index` maps a caption as written to its number. Features are kept as half floats,
    token states end to end (`starts` says where each caption begins). With a `cache` folder, texts encoded in earlier
    runs are read from there and new ones are added.
    """

    def __init__(self, captions: list[str], encoder: TextEncoder, cache: Path | None = None):
        normalised = {caption: normalise(caption, encoder.count_tokens, TOKEN_SLOTS).text for caption in captions}
        self.texts = sorted(set(normalised.values()))
        number = {text: row for row, text in enumerate(self.texts)}
        self.index = {caption: number[text] for caption, text in normalised.items()}
        known = _read_shards(cache, encoder.name) if cache is not None else {}
        missing = [text for text in self.texts if text not in known]
        for encoded in _encode(missing, encoder):
            known.update(encoded)
            if cache is not None:
                _write_shard(cache, encoder.name, encoded)
        tokens = [known[text][0] for text in self.texts]
        self.tokens = torch.from_numpy(np.concatenate(tokens))
        self.lengths = torch.tensor([len(piece) for piece in tokens])
        self.starts = self.lengths.cumsum(0) - self.lengths
        self.pooled = torch.from_numpy(np.stack([known[text][1] for text in self.texts]))

    def __len__(self) -> int:
        return len(self.texts)

    def scale(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Root mean squares of the token states and of the pooled embeddings, over a part of the captions."""
        return tuple(x[:: max(1, len(x) // 20000)].float().square().mean().sqrt() for x in (self.tokens, self.pooled))

    def features(self, rows: torch.Tensor, limit: int = TOKEN_SLOTS) -> TextFeatures:
        """The features of C captions, float32, with their first `limit` tokens."""
        lengths = self.lengths[rows].clamp(max=limit)
        mask = torch.arange(TOKEN_SLOTS) < lengths[:, None]
        source = (self.starts[rows][:, None] + torch.arange(TOKEN_SLOTS))[mask]
        tokens = torch.zeros(len(rows), TOKEN_SLOTS, self.tokens.shape[1])
        tokens[mask] = self.tokens[source].float()
        return TextFeatures(tokens, mask, self.pooled[rows].float())


Encoded = dict[str, tuple[np.ndarray, np.ndarray]]  # text -> token states (L, D), pooled (D,), both float16


def _encode(texts: list[str], encoder: TextEncoder) -> Iterator[Encoded]:
    """The texts in shards of SHARD chunks, short ones first."""
    from tqdm import tqdm

    ordered = sorted(texts, key=len)  # similar lengths together: less padding
    shard: Encoded = {}
    for first in tqdm(range(0, len(ordered), CHUNK), desc="encoding captions", disable=not texts):
        chunk = ordered[first : first + CHUNK]
        features = encoder.encode(chunk)
        states, pooled = features.tokens.cpu().half(), features.pooled.cpu().half().numpy()
        for row, (text, mask) in enumerate(zip(chunk, features.mask.cpu())):
            shard[text] = states[row][mask].numpy(), pooled[row]
        if len(shard) >= SHARD * CHUNK or first + CHUNK >= len(ordered):
            yield shard
            shard = {}


def _read_shards(folder: Path, encoder: str) -> Encoded:
    result: Encoded = {}
    for path in sorted(folder.glob(f"{encoder}-*.npz")):
        with np.load(path, allow_pickle=False) as arrays:
            pieces = np.split(arrays["tokens"], np.cumsum(arrays["lengths"])[:-1])
            result.update(zip(arrays["texts"].tolist(), zip(pieces, arrays["pooled"])))
    return result


def _write_shard(folder: Path, encoder: str, encoded: Encoded) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256("\n".join(encoded).encode()).hexdigest()[:16]
    part = folder / f"{digest}.part.npz"
    tokens, pooled = zip(*encoded.values())
    lengths = np.array([len(piece) for piece in tokens])
    np.savez(
        part, texts=np.array(list(encoded)), tokens=np.concatenate(tokens), lengths=lengths, pooled=np.stack(pooled)
    )
    os.replace(part, folder / f"{encoder}-{digest}.npz")
