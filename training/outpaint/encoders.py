"""Pictures -> latents and captions -> token states, exactly as they reach the UNet inside ComfyUI."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import torch


class Encoders(Protocol):
    """A scene model's two frozen encoders."""

    text_encoder: str  # as `PASInfo.text_encoder`

    def pictures(self, pictures: torch.Tensor) -> torch.Tensor:
        """(B, H, W, 3) sRGB in 0..1 -> (B, 4, H/8, W/8) latents as the UNet sees them (after `process_in`)."""

    def texts(self, texts: list[str]) -> list[torch.Tensor]:
        """Captions -> (T, D) token states each; the trainer pads them with zeros to chunks of 77."""


class MiniEncoders:
    """The bundled model's: our autoencoder, and MiniLM on normalised prompts, as `PASTextEncode` does."""

    text_encoder = "minilm"

    def __init__(self, vae: str | Path) -> None:
        from ...pose_prior.text_encoder import MiniLMEncoder
        from .autoencoder import load_autoencoder

        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.vae = load_autoencoder(vae).to(self.device)
        self.encoder = MiniLMEncoder(self.device)

    @torch.no_grad()
    def pictures(self, pictures: torch.Tensor) -> torch.Tensor:
        signed = (pictures * 2 - 1).permute(0, 3, 1, 2).to(self.device, memory_format=torch.channels_last)
        few = len(signed) if self.device.type != "cpu" else 8  # more leave the processor's cache: half as fast
        # Half precision rounds by less than what the latents' own 8-bit pictures do, and is several times as fast.
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            return torch.cat([self.vae.encoder(part).float().cpu() for part in signed.split(few)])

    def texts(self, texts: list[str]) -> list[torch.Tensor]:
        from ...pose_prior.prompts import normalise
        from ...pose_prior.text_encoder import TOKEN_SLOTS

        prompts = [normalise(text, self.encoder.count_tokens, TOKEN_SLOTS).text for text in texts]
        features = self.encoder.encode(prompts)
        return [tokens[mask].cpu() for tokens, mask in zip(features.tokens, features.mask)]


def open_encoders(vae: str, checkpoint: str) -> Encoders:
    """The encoders that the two flags name. Raises ValueError if not exactly one is given."""
    if bool(vae) == bool(checkpoint):
        raise ValueError("give either --vae (the small model) or --checkpoint (a Stable Diffusion 1.5 checkpoint)")
    if vae:
        return MiniEncoders(vae)
    _find_comfyui()
    from ...outpainting.base_checkpoint import BaseCheckpoint

    return BaseCheckpoint(checkpoint)


def _find_comfyui() -> None:
    """Put ComfyUI on the import path: where `./pas` says it is, or around this pack in `custom_nodes`."""
    import os
    import sys

    around = Path(__file__).resolve().parents[4]  # ComfyUI/custom_nodes/avatar-scene/training/outpaint
    comfyui = Path(os.environ.get("PAS_COMFYUI") or around)
    if not (comfyui / "comfy" / "sd.py").is_file():
        raise ValueError("--checkpoint: ComfyUI is not at hand; start this with ./pas python, or set PAS_COMFYUI")
    sys.path.insert(0, str(comfyui))
