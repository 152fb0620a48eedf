"""A tiny random CLIP text model in a folder as `transformers` writes it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch


def write_clip_folder(folder: Path, words: list[str]) -> Path:
    """Model and tokenizer of a CLIP of width 16 that knows `words`; skips the test without `transformers`."""
    transformers = pytest.importorskip("transformers")
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    vocabulary = {word: index for index, word in enumerate(["<unk>", "<start>", *dict.fromkeys(words), "<end>"])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    ends = [("<start>", vocabulary["<start>"]), ("<end>", vocabulary["<end>"])]
    tokenizer.post_processor = processors.TemplateProcessing("<start> $A <end>", special_tokens=ends)
    transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>").save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.CLIPTextConfig(
        vocab_size=len(vocabulary), hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        bos_token_id=vocabulary["<start>"], eos_token_id=vocabulary["<end>"], max_position_embeddings=77,
    )  # fmt: skip
    transformers.CLIPTextModel(config).save_pretrained(folder)
    return folder
