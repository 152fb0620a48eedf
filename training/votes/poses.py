"""Pictures of the poses that a pose model makes for texts."""

from __future__ import annotations

from pathlib import Path

import torch
from PIL import Image

from ...pose_prior.ranker import load_ranker
from ...pose_prior.text_to_pose import TextToPose
from ...pose_prior.vposer import load_vposer
from ...rendering import CameraSettings, aim, avatar_figure, gray_figure, load_avatar, take_pictures
from ..generators import encode_prompts, from_model
from ..pose import load_sampler

SIZE = 384  # pixels


def draw_poses(model: str, texts: list[str], candidates: int, seed: int, avatar: Path | None) -> list[Image.Image]:
    """For each text the best of `candidates` poses by the bundled ranker, as the gray body or an avatar.

    model: "bundled", a checkpoint, or CHECKPOINT@STRENGTH to draw 6D samples towards VPoser.
    """
    file, _, strength = model.partition("@")
    sampler = TextToPose.load() if file == "bundled" else load_sampler(file)
    pose = from_model(sampler, load_vposer(), float(strength or 0))(texts, candidates, seed)
    features = encode_prompts(sampler.encoder, texts)
    scores = load_ranker().score(pose, features).view(len(texts), candidates)
    best = pose.select((scores.argmax(1) + torch.arange(len(texts)) * candidates).tolist())
    figure_of = load_avatar(avatar) if avatar is not None else None
    pictures = []
    for row in range(len(texts)):
        one = best.select([row])
        figure = gray_figure(one) if figure_of is None else avatar_figure(figure_of, one)
        cameras = aim(CameraSettings(), figure, SIZE, SIZE)
        rgba = take_pictures(figure, cameras, gray=figure_of is None)[0].rgba
        pictures.append(Image.fromarray((rgba * 255).round().byte().cpu().numpy(), "RGBA"))
    return pictures
