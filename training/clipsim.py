"""CLIPSIM (paper section 4): how well CLIP thinks that a picture of a pose fits its text."""

from __future__ import annotations

from pathlib import Path

import torch

from ..smpl import SMPLPose

_MEAN, _STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)  # of CLIP's training pictures


class ClipSimilarity:
    """A CLIP model with both towers, from a local folder."""

    def __init__(self, model, tokenizer):
        self.model = model.eval().requires_grad_(False)
        self.tokenizer = tokenizer
        self.size = model.config.vision_config.image_size

    @staticmethod
    def load(folder: str | Path) -> ClipSimilarity:
        """A folder that `transformers` wrote. Raises FileNotFoundError if it holds no model."""
        from transformers import AutoTokenizer, CLIPModel

        if not (Path(folder) / "config.json").is_file():
            raise FileNotFoundError(f"--clip '{folder}': no config.json; give the folder of a CLIP model")
        model = CLIPModel.from_pretrained(folder, local_files_only=True)
        return ClipSimilarity(model, AutoTokenizer.from_pretrained(folder, local_files_only=True))

    def poses(self, pose: SMPLPose, texts: list[str]):
        """(B,) numpy cosines between the gray bodies of B poses, before white, and their B texts."""
        from ..rendering import gray_figure, take_pictures
        from ..rendering.stage import CameraSettings, aim

        scores = []
        for row, text in enumerate(texts):
            figure = gray_figure(pose.select([row]))
            cameras = aim(CameraSettings(), figure, self.size, self.size)
            picture = take_pictures(figure, cameras, gray=True)[0]
            scores.append(self.pictures(over_white(picture.rgba)[None], [text]))
        return torch.cat(scores).numpy()

    @torch.no_grad()
    def pictures(self, image: torch.Tensor, texts: list[str]) -> torch.Tensor:
        """(B,) cosines between pictures (B, H, W, 3), sRGB 0..1, and texts, one each."""
        pixels = torch.nn.functional.interpolate(image.movedim(-1, 1), (self.size, self.size), mode="bicubic")
        pixels = (pixels.clamp(0, 1) - torch.tensor(_MEAN)[:, None, None]) / torch.tensor(_STD)[:, None, None]
        limit = self.model.config.text_config.max_position_embeddings
        tokens = self.tokenizer(texts, padding=True, truncation=True, max_length=limit, return_tensors="pt")
        output = self.model(input_ids=tokens.input_ids, attention_mask=tokens.attention_mask, pixel_values=pixels)
        return torch.nn.functional.cosine_similarity(output.image_embeds, output.text_embeds)


def over_white(rgba: torch.Tensor) -> torch.Tensor:
    """(H, W, 4) straight sRGB -> (H, W, 3) before white."""
    return rgba[..., :3] * rgba[..., 3:] + 1 - rgba[..., 3:]
