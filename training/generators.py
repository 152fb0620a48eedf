"""What the rows of the table are made by: a function from texts to poses, for models, references and other programs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from ..pose_prior.code import PoseCode
from ..pose_prior.prompts import normalise
from ..pose_prior.sampling import initial_noise, sample
from ..pose_prior.text_encoder import TOKEN_SLOTS, TextEncoder, TextFeatures
from ..pose_prior.text_to_pose import TextToPose, decode
from ..pose_prior.vposer import VPoser
from ..smpl import SMPLPose
from .data.captions import CaptionBank
from .data.poses import PoseSet
from .data.skeleton import face_forward

Generator = Callable[[list[str], int, int], SMPLPose]  # (texts, samples a text, seed) -> poses, text by text
BATCH = 16  # texts sampled at once


def encode_prompts(encoder: TextEncoder, texts: list[str]) -> TextFeatures:
    """Features of texts after the normalisation that training captions went through."""
    return encoder.encode([normalise(text, encoder.count_tokens, TOKEN_SLOTS).text for text in texts])


def from_model(
    model: TextToPose, vposer: VPoser, strength: float, with_text: bool = True, steps: int = 25
) -> Generator:
    """Samples of a checkpoint, with or without telling it the text; every text and sample has noise of its own."""

    def draw(texts: list[str], samples: int, seed: int) -> SMPLPose:
        asked = [prompt.text for prompt in model.prompts(texts if with_text else [""] * len(texts))]
        features = model.encoder.encode(asked).to(model.model.positions.device)
        size = model.model.config.body_dim + 6
        noise = torch.cat([initial_noise(size, seed + row, list(range(samples))) for row in range(len(texts))])
        nothing = model.model.encode_prefix(features.select(slice(0, 1)), torch.tensor([True]))
        prefix = model.model.encode_prefix(features).repeat(samples)
        body, root = sample(model.model, prefix, nothing, noise, steps=steps)
        names = tuple(text for text in asked for _ in range(samples))
        return decode(PoseCode(model.representation, body, root, names, model.encoder.name), vposer, strength)

    def generate(texts: list[str], samples: int, seed: int) -> SMPLPose:
        starts = range(0, len(texts), BATCH)
        return join([draw(texts[first : first + BATCH], samples, seed + first) for first in starts])

    return generate


def from_retrieval(poses: PoseSet, encoder: TextEncoder, cache: Path) -> Generator:
    """Poses of the training caption nearest to the text, then of the next nearest, as many as asked for."""
    bank = CaptionBank([caption for texts in poses.captions for caption in texts], encoder, cache)
    known = bank.pooled.float()
    rows_of: list[list[int]] = [[] for _ in bank.texts]
    for row, texts in enumerate(poses.captions):
        for number in {bank.index[caption] for caption in texts}:
            rows_of[number].append(row)

    def generate(texts: list[str], samples: int, seed: int) -> SMPLPose:
        draw = np.random.default_rng(seed)
        chosen: list[int] = []
        for near in (encode_prompts(encoder, texts).pooled @ known.T).argsort(dim=1, descending=True):
            rows: list[int] = []
            for index in near.tolist():
                members = rows_of[index]
                weight = poses.weight[members] / poses.weight[members].sum()
                possible = min(len(members), samples - len(rows), int((weight > 0).sum()))
                rows += draw.choice(members, possible, replace=False, p=weight).tolist()
                if len(rows) == samples:
                    break
            chosen += rows
        return pose_of(poses, np.array(chosen))

    return generate


def from_set(poses: PoseSet, of_text: bool) -> Generator:
    """Poses of a set: those with the very caption (any, for a text that the set does not know), or any."""

    def generate(texts: list[str], samples: int, seed: int) -> SMPLPose:
        draw = np.random.default_rng(seed)
        chosen = []
        for text in texts:
            fits = [row for row, captions in enumerate(poses.captions) if text in captions] if of_text else []
            weight = poses.weight[fits] / poses.weight[fits].sum() if fits else poses.weight
            chosen.append(draw.choice(fits or len(poses), samples, p=weight))
        return pose_of(poses, np.concatenate(chosen))

    return generate


def mean_pose(poses: PoseSet, vposer: VPoser) -> Generator:
    """The average code of the training poses, decoded, for every text."""
    code = vposer.encode(torch.from_numpy(poses.body))
    body = vposer.decode((torch.from_numpy(poses.weight).float()[:, None] * code).sum(0, keepdim=True))
    return lambda texts, samples, seed: SMPLPose.create(body.expand(len(texts) * samples, -1, -1))


def from_motions(motions: Callable[[str], list[SMPLPose]], score: Callable[[SMPLPose, str], torch.Tensor]) -> Generator:
    """The best frame of each motion that another program made for a text ("sample a motion, keep its best frame").

    motions: text -> at least as many motions as samples are asked for, each a batch of frames; score: how well each
    frame fits, higher is better. Raises ValueError if there are too few motions for a text.
    """

    def generate(texts: list[str], samples: int, seed: int) -> SMPLPose:
        chosen = []
        for text in texts:
            made = motions(text)
            if len(made) < samples:
                raise ValueError(f"outputs: {len(made)} motions for {text!r}, {samples} are needed (-n x oversampling)")
            level = [face_forward(motion) for motion in made[:samples]]
            chosen += [motion.select([int(score(motion, text).argmax())]) for motion in level]
        return join(chosen)

    return generate


def pose_of(poses: PoseSet, rows: np.ndarray) -> SMPLPose:
    """Rows of a set as poses."""
    return SMPLPose.create(torch.from_numpy(poses.body[rows]), torch.from_numpy(poses.root[rows]))


def join(poses: list[SMPLPose]) -> SMPLPose:
    """Bodies and roots of several batches, in order."""
    return SMPLPose.create(
        torch.cat([pose.body_pose for pose in poses]), torch.cat([pose.global_orient for pose in poses])
    )
