"""CLIP text encoders (the paper's) behind the `TextEncoder` interface: a ComfyUI CLIP socket, transformers, open_clip.

Nothing is downloaded: the user brings the weights. An encoder's name contains a digest of its token embedding, or for a
ComfyUI socket its parts, so a pose checkpoint trained with one CLIP is never driven by another.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from torch.nn import functional

from .text_encoder import TOKEN_SLOTS, MiniLMEncoder, TextEncoder, TextFeatures


class ComfyClipEncoder:
    """The text encoder of a ComfyUI CLIP object; works with whatever the socket carries (CLIP-L, SDXL's pair, T5)."""

    def __init__(self, clip):
        self.clip = clip
        parts = clip.tokenize("a person")
        tokens, _ = self._encode_one("a person")
        self.dim = tokens.shape[-1]
        self.name = f"comfy-{'+'.join(sorted(parts))}-{self.dim}"

    def count_tokens(self, text: str) -> int:
        """The longest part's tokens, end marks included, padding not."""
        parts = self.clip.tokenize(text)
        return max(sum(_used(chunk) for chunk in chunks) for chunks in parts.values())

    @torch.no_grad()
    def encode(self, texts: list[str]) -> TextFeatures:
        """See `TextEncoder.encode`."""
        rows = [self._encode_one(text) if text.strip() else (torch.zeros(0, self.dim), None) for text in texts]
        return pack([tokens for tokens, _ in rows], [pooled for _, pooled in rows], self.dim)

    def _encode_one(self, text: str) -> tuple[torch.Tensor, torch.Tensor | None]:
        parts = self.clip.tokenize(text)
        states, pooled = self.clip.encode_from_tokens(parts, return_pooled=True)
        used = max(_used(chunks[0]) for chunks in parts.values())
        return states[0, :used].float().cpu(), None if pooled is None else pooled[0].float().cpu()


class TransformersClipEncoder:
    """A CLIP text model in a folder that `transformers` wrote (config.json, model.safetensors, tokenizer files)."""

    def __init__(self, folder: str | Path, device: torch.device | str = "cpu"):
        from transformers import AutoTokenizer, CLIPTextModel

        if not (Path(folder) / "config.json").is_file():
            raise FileNotFoundError(f"text encoder: no config.json in '{folder}'; give the folder of a CLIP text model")
        self.model = CLIPTextModel.from_pretrained(folder, local_files_only=True).eval().to(device)
        self.model.requires_grad_(False)
        self.tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self.dim = self.model.config.hidden_size
        self.name = f"clip-{self.dim}-{digest(self.model.get_input_embeddings().weight)}"

    def count_tokens(self, text: str) -> int:
        """Word pieces and the two end marks."""
        return len(self.tokenizer(text).input_ids)

    @torch.no_grad()
    def encode(self, texts: list[str]) -> TextFeatures:
        """See `TextEncoder.encode`."""
        rows = [self._encode_one(text) if text.strip() else (torch.zeros(0, self.dim), None) for text in texts]
        return pack([tokens for tokens, _ in rows], [pooled for _, pooled in rows], self.dim)

    def _encode_one(self, text: str) -> tuple[torch.Tensor, torch.Tensor]:
        limit = min(TOKEN_SLOTS, self.model.config.max_position_embeddings)
        ids = self.tokenizer(text, truncation=True, max_length=limit, return_tensors="pt").input_ids
        output = self.model(ids.to(self.model.device))
        return output.last_hidden_state[0].cpu(), output.pooler_output[0].cpu()


class OpenClipEncoder:
    """An `open_clip` text tower with weights from a local file."""

    def __init__(self, architecture: str, weights: str | Path, device: torch.device | str = "cpu"):
        import open_clip

        if not Path(weights).is_file():
            raise FileNotFoundError(f"text encoder: no open_clip weights at '{weights}'")
        model = open_clip.create_model(architecture, pretrained=str(weights), device=device)
        self.model = model.eval().requires_grad_(False)
        self.tokenizer = open_clip.get_tokenizer(architecture)
        self.device = torch.device(device)
        self.dim = model.ln_final.normalized_shape[0]
        self.name = f"open_clip-{self.dim}-{digest(model.token_embedding.weight)}"

    def count_tokens(self, text: str) -> int:
        """Tokens before the padding."""
        return int(self.tokenizer([text])[0].argmax()) + 1  # the end mark has the highest number

    @torch.no_grad()
    def encode(self, texts: list[str]) -> TextFeatures:
        """See `TextEncoder.encode`."""
        states: list[torch.Tensor] = []
        hook = self.model.ln_final.register_forward_hook(lambda module, inputs, output: states.append(output))
        try:
            ids = self.tokenizer(texts).to(self.device)
            pooled = self.model.encode_text(ids).float().cpu()
        finally:
            hook.remove()
        used = [int(row.argmax()) + 1 if text.strip() else 0 for row, text in zip(ids, texts)]
        return pack([row[:count].float().cpu() for row, count in zip(states[0], used)], list(pooled), self.dim)


def load_encoder(name: str, device: torch.device | str = "cpu") -> TextEncoder:
    """ "minilm", "clip:FOLDER" or "open_clip:ARCHITECTURE:WEIGHTS" -> the encoder. Raises ValueError on other names."""
    kind, _, rest = name.partition(":")
    if kind == "minilm" and not rest:
        return MiniLMEncoder(device)
    if kind == "clip" and rest:
        return TransformersClipEncoder(rest, device)
    if kind == "open_clip" and ":" in rest:
        return OpenClipEncoder(*rest.split(":", 1), device)
    raise ValueError(f"text encoder {name!r}: choose minilm, clip:FOLDER or open_clip:ARCHITECTURE:WEIGHTS")


def pack(tokens: list[torch.Tensor], pooled: list[torch.Tensor | None], dim: int) -> TextFeatures:
    """B ragged token states (L, dim) and pooled embeddings -> features; without pooled, the tokens' mean.

    A pooled embedding of another size than the tokens (SDXL) is cut or padded with zeros; an empty text is all zeros.
    """
    states = torch.zeros(len(tokens), TOKEN_SLOTS, dim)
    mask = torch.zeros(len(tokens), TOKEN_SLOTS, dtype=torch.bool)
    summary = torch.zeros(len(tokens), dim)
    for row, (text, vector) in enumerate(zip(tokens, pooled)):
        count = min(len(text), TOKEN_SLOTS)
        if not count:
            continue
        states[row, :count], mask[row, :count] = text[:count], True
        vector = text.mean(0) if vector is None else vector[:dim]
        summary[row, : len(vector)] = vector
    return TextFeatures(states, mask, functional.normalize(summary, dim=-1))


def digest(weight: torch.Tensor) -> str:
    """Eight hexadecimal digits that tell one set of weights from another."""
    return hashlib.sha256(weight.detach().float().cpu().numpy().tobytes()).hexdigest()[:8]


def _used(chunk: list[tuple]) -> int:
    """Tokens of a padded ComfyUI chunk of (id, weight, ...) up to and including the end mark."""
    ids = [entry[0] for entry in chunk]
    last = len(ids) - 1
    while last > 0 and not torch.is_tensor(ids[last]) and ids[last - 1] == ids[last]:
        last -= 1
    return last + 1
