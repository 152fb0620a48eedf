"""How well CLIP thinks that a picture of a pose fits a text: the paper's CLIPSIM, by the halves a user connects."""

from __future__ import annotations

import torch

from .progress import reporter

CHUNK = 16  # pictures encoded at once


def clip_scores(pose, texts: list[str], clip, clip_vision, avatar=None) -> torch.Tensor:
    """(B,) cosines between pictures of the poses and their texts; the avatar is drawn, or the gray body without one.

    Raises ValueError if the two models do not belong together or the text encoder has no projection to pictures.
    """
    from ..pose_prior.prompts import normalise
    from ..rendering import CameraSettings, aim, avatar_figure, gray_figure, take_pictures

    sentences = [normalise(text, lambda words: len(words.split()), 60).text for text in texts]
    text = {sentence: _embed(clip, sentence) for sentence in dict.fromkeys(sentences)}  # before the slow part
    size = clip_vision.image_size
    figure = gray_figure(pose) if avatar is None else avatar_figure(avatar, pose)
    cameras = aim(CameraSettings(), figure, size, size)
    passes = take_pictures(figure, cameras, gray=avatar is None, callback=reporter(len(pose)))
    rgba = torch.stack([picture.rgba for picture in passes]).float().cpu()
    pictures = rgba[..., :3] * rgba[..., 3:] + 1 - rgba[..., 3:]  # before white
    embeds = [clip_vision.encode_image(part)["image_embeds"] for part in pictures.split(CHUNK)]
    shown, said = torch.cat(embeds).float().cpu(), torch.stack([text[sentence] for sentence in sentences])
    if shown.ndim != 2 or shown.shape[-1] != said.shape[-1]:
        raise ValueError(
            f"PASRankPoses: clip gives {said.shape[-1]} numbers a text and clip_vision {shown.shape[-1]} a picture; "
            "load the two halves of one CLIP"
        )
    return torch.nn.functional.cosine_similarity(shown, said)


def _embed(clip, text: str) -> torch.Tensor:
    """A text in the space that CLIP shares with pictures.

    ComfyUI leaves the text projection out for some models and not for others, so it is asked to and we project.
    """
    if not text:
        raise ValueError("PASRankPoses: ranking by CLIP needs a text; fill in prompt, or use poses that know theirs")
    _, pooled = clip.encode_from_tokens(clip.tokenize(text), return_pooled="unprojected")
    projection = None if pooled is None else _projection(clip, pooled.shape[-1])
    if projection is None:
        raise ValueError(
            "PASRankPoses: this clip's file has no text projection (clip_l and SD 1.5 checkpoints lack it); load the "
            "whole CLIP-ViT-L file with CLIPLoader, or connect an SDXL checkpoint's CLIP and CLIP-ViT-bigG's pictures"
        )
    return projection.float().cpu() @ pooled[0].float().cpu()


def _projection(clip, width: int) -> torch.Tensor | None:
    """(E, width) the text projection, or None.

    ComfyUI keeps a placeholder where the file has none: the identity, or memory as it was found. A trained one has no
    empty row and entries around 1 / sqrt(width).
    """
    for name, weight in clip.cond_stage_model.named_parameters():
        if name.endswith("text_projection.weight") and weight.shape[-1] == width:
            value = weight.detach().float().cpu()
            spread, rows = value.std() * width**0.5, value.norm(dim=-1)
            trained = value.isfinite().all() and 0.1 < spread < 10 and rows.min() > 0.01 * rows.max()
            return value if trained and not torch.equal(value, torch.eye(*value.shape)) else None
    return None
