"""The VAE and the text encoder of a whole Stable Diffusion 1.5 checkpoint, through ComfyUI's own loaders.

Training encodes its pictures and captions with these, so that what the UNet learns from is what it will be shown.
"""

from __future__ import annotations

from pathlib import Path

import torch

CONTEXT = 768  # CLIP-L


class BaseCheckpoint:
    """Encoders of a checkpoint file.

    Raises FileNotFoundError, or ValueError if the file lacks a VAE or a text encoder or is of another family.
    """

    text_encoder = "clip-l"  # as `PASInfo.text_encoder`

    def __init__(self, path: str | Path) -> None:
        import comfy.cli_args

        comfy.cli_args.args.cpu |= not torch.cuda.is_available()  # read when ComfyUI's next module is imported
        import comfy.latent_formats
        import comfy.sd

        path = Path(path)
        if not path.is_file():
            raise FileNotFoundError(f"--checkpoint: there is no file '{path}'")
        try:
            _, self.clip, self.vae, *_ = comfy.sd.load_checkpoint_guess_config(
                str(path), output_vae=True, output_clip=True, output_model=False
            )
        except Exception as error:  # ComfyUI raises what its loaders meet: damaged files, unknown families
            reason = str(error).split("\n")[0]
            raise ValueError(
                f"--checkpoint: '{path.name}' is no checkpoint that ComfyUI can load ({reason})"
            ) from error
        if self.clip is None or self.vae is None or self.vae.latent_channels != 4:
            raise ValueError(f"--checkpoint: '{path.name}' has no Stable Diffusion 1.5 VAE and text encoder")
        if self.texts(["a person"])[0].shape[-1] != CONTEXT:
            raise ValueError(f"--checkpoint: '{path.name}' is of another family; Stable Diffusion 1.5 is needed")
        self.latent_format = comfy.latent_formats.SD15()

    @torch.no_grad()
    def pictures(self, pictures: torch.Tensor) -> torch.Tensor:
        """(B, H, W, 3) sRGB in 0..1 -> (B, 4, H/8, W/8) latents as the UNet sees them."""
        return self.latent_format.process_in(self.vae.encode(pictures)).float().cpu()

    @torch.no_grad()
    def texts(self, texts: list[str]) -> list[torch.Tensor]:
        """Captions -> (77 k, 768) token states each, as CLIP Text Encode gives them."""
        states = [self.clip.encode_from_tokens(self.clip.tokenize(text)) for text in texts]
        return [value[0].float().cpu() for value in states]
