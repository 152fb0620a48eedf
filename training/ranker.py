"""Train the pose ranker: `python -m avatar_scene.training.ranker --data POSES --out RUN`.

A symmetric contrastive loss (Radford et al. 2021) over captions and poses of different groups; pairs whose pose also
shows what another caption of the batch says are not counted as wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import roma
import torch
from torch import nn
from torch.nn import functional

from ..pose_prior.checkpoint import save_checkpoint
from ..pose_prior.clip_encoder import load_encoder
from ..pose_prior.kinematics import joint_positions, rotvec_to_6d
from ..pose_prior.ranker import KIND, PoseRanker, RankerConfig
from .common import TrainConfig, is_main_process, parse_config, seed_step, train
from .data.captions import CaptionBank
from .data.corpus import Corpus, describe, load_corpus
from .data.groups import PairSampler
from .data.skeleton import rest_joints


@dataclass
class RankerTrainConfig(TrainConfig):
    out: Path = Path("runs/ranker")
    data: str = ""  # folder of the mocap poses; empty: AVATAR_SCENE_POSES
    book: str = ""  # solved action book; empty: the product's own, "none": mocap alone
    body: str = ""  # SMPL-format body npz; empty: the bundled one
    book_share: float = 0.75  # share of the action draws from the action book
    geometry_share: float = 0.25  # share of captions that speak of visible geometry
    situation_share: float = 0.2  # share of captions that speak of situations found by geometry
    caption_seed: int = 0  # of the automatic captions' wording, apart from `seed` so that runs share encoded captions
    hold_out: bool = False  # train without the actions and wordings of held_out.json
    encoder: str = "minilm"  # or clip:FOLDER, open_clip:ARCHITECTURE:WEIGHTS
    half: int = -1  # 0 or 1: train on the even or odd poses only (for an independent judge); -1: on all
    text_noise: float = 0.6  # length of the noise on the pooled text embedding, whose own is 1: wordings matter less
    pose_noise: float = 0.05  # radians, on every rotation
    steps: int = 6000
    batch: int = 256
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    cache: Path = Path("runs/captions")  # encoded captions are kept here


class Membership:
    """Which poses show what which group says, as sorted keys (group, pose)."""

    def __init__(self, sampler: PairSampler, poses: int):
        self.poses = poses
        self.keys = torch.cat([group * poses + rows.sort().values for group, rows in enumerate(sampler.rows)])

    def __call__(self, groups: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        """(A,) groups, (B,) pose rows -> (A, B) bool."""
        wanted = groups[:, None] * self.poses + rows
        place = torch.searchsorted(self.keys, wanted).clamp(max=len(self.keys) - 1)
        return self.keys[place] == wanted


class ContrastiveLoss:
    """Callable for `train`: draws captions with one pose each and contrasts them."""

    def __init__(self, corpus: Corpus, bank: CaptionBank, config: RankerTrainConfig, device: torch.device):
        self.body = torch.from_numpy(corpus.poses.body).to(device)
        self.root = torch.from_numpy(corpus.poses.root).to(device)
        self.pairs = corpus.sampler(bank)
        self.shows = Membership(self.pairs, len(corpus.poses))
        self.bank, self.config, self.device = bank, config, device

    def __call__(self, model: nn.Module, step: int) -> dict[str, torch.Tensor]:
        config = self.config
        caption, rows, group = self.pairs.draw(config.batch, 1)
        rows = rows[:, 0]
        features = self.bank.features(caption).to(self.device)
        noise = config.text_noise * torch.randn(features.pooled.shape).to(self.device) / features.pooled.shape[1] ** 0.5
        features = type(features)(features.tokens, features.mask, features.pooled + noise)
        body, root = self.body[rows.to(self.device)], self.root[rows.to(self.device)]
        body = body + config.pose_noise * torch.randn(body.shape).to(self.device)
        text, pose, scale = model(features, body, root)
        logits = scale.exp().clamp(max=100) * text @ pose.T
        also_right = self.shows(group, rows) & ~torch.eye(len(rows), dtype=torch.bool)
        logits = logits.masked_fill(also_right.to(self.device), -1e4)
        target = torch.arange(len(rows), device=self.device)
        loss = (functional.cross_entropy(logits, target) + functional.cross_entropy(logits.T, target)) / 2
        right = (logits.argmax(1) == target).float().mean()
        return {"loss": loss, "top1": right}


class Pairwise(nn.Module):
    """The ranker as it is trained: embeddings of texts and poses, and the logit scale."""

    def __init__(self, ranker: PoseRanker):
        super().__init__()
        self.ranker = ranker

    def forward(self, features, body, root):
        return self.ranker.embed_text(features), self.ranker.embed_pose(body, root), self.ranker.log_scale


def set_statistics(ranker: PoseRanker, body: np.ndarray, root: np.ndarray, rest: torch.Tensor) -> None:
    """Rest joints, mean and standard deviation of the pose features."""
    rotvec = torch.cat([torch.from_numpy(root)[:, None], torch.from_numpy(body)], 1)
    joints = joint_positions(roma.rotvec_to_rotmat(rotvec), rest)
    x = torch.cat([rotvec_to_6d(rotvec).flatten(1), joints.flatten(1)], 1)
    ranker.rest_joints.copy_(rest)
    ranker.pose_mean.copy_(x.mean(0))
    ranker.pose_std.copy_(x.std(0).clamp(min=0.02))


def main() -> None:
    config = parse_config(RankerTrainConfig, __doc__.splitlines()[0])
    seed_step(config.seed, -1)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    corpus = load_corpus(config)
    encoder = load_encoder(config.encoder, device)
    bank = CaptionBank(corpus.captions(), encoder, config.cache)
    if config.half >= 0:
        corpus = corpus.half(config.half)
    ranker = PoseRanker(RankerConfig(encoder.dim, encoder=encoder.name))
    chosen = corpus.poses.weight > 0
    set_statistics(ranker, corpus.poses.body[chosen], corpus.poses.root[chosen], rest_joints(config.body or None))
    print(f"{describe(corpus)}; {sum(p.numel() for p in ranker.parameters()):,} parameters")
    state = train(Pairwise(ranker), ContrastiveLoss(corpus, bank, config, device), config)
    halves = {key.removeprefix("ranker."): value.half() for key, value in state.items()}
    if is_main_process():
        save_checkpoint(config.out / f"{KIND}.safetensors", halves, KIND, ranker.config.to_dict())


if __name__ == "__main__":
    main()
