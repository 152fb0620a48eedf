"""How well a pose fits a text: a small contrastive model (Radford et al. 2021) over the frozen text encoder.

It stands in for the paper's "sample five, keep the best" (section 4) without rendering anything.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import roma
import torch
from torch import nn
from torch.nn import functional

from ..smpl import SMPLPose
from ..weights import bundled
from .checkpoint import load_checkpoint, load_weights
from .kinematics import joint_positions, rotvec_to_6d
from .text_encoder import TextFeatures

KIND = "pose_ranker"
POSE_FEATURES = 22 * 6 + 24 * 3


@dataclass(frozen=True)
class RankerConfig:
    """Shape of the network."""

    text_dim: int = 384
    hidden: int = 384
    embedding: int = 128
    encoder: str = "all-MiniLM-L6-v2"

    def to_dict(self) -> dict:
        """As written into a checkpoint's header."""
        return asdict(self)


class PoseRanker(nn.Module):
    """Embeds texts and poses on one unit sphere; their cosine says how well they fit."""

    def __init__(self, config: RankerConfig | None = None):
        super().__init__()
        self.config = config = config or RankerConfig()
        self.token_gate = nn.Linear(config.text_dim, 1)
        self.text_net = _mlp(2 * config.text_dim, config.hidden, config.embedding)
        self.pose_net = _mlp(POSE_FEATURES, config.hidden, config.embedding)
        self.log_scale = nn.Parameter(torch.tensor(2.7))
        self.register_buffer("rest_joints", torch.zeros(24, 3))
        self.register_buffer("pose_mean", torch.zeros(POSE_FEATURES))
        self.register_buffer("pose_std", torch.ones(POSE_FEATURES))

    def embed_text(self, features: TextFeatures) -> torch.Tensor:
        """B encoded texts -> (B, E), unit length. Reads the pooled embedding and a learned choice of tokens."""
        gate = self.token_gate(features.tokens)[..., 0].masked_fill(~features.mask, -1e4).softmax(-1)
        chosen = (gate[..., None] * features.tokens).sum(1)
        # MiniLM's pooled embedding has unit length, its token states are an order longer: bring both to one scale.
        chosen = functional.normalize(chosen, dim=-1)
        x = torch.cat([features.pooled, chosen], -1) * self.config.text_dim**0.5
        return functional.normalize(self.text_net(x), dim=-1)

    def joints(self, body_pose: torch.Tensor, global_orient: torch.Tensor) -> torch.Tensor:
        """(B, 21, 3) and (B, 3) axis-angle -> (B, 24, 3) metres, pelvis at the origin."""
        rotvec = torch.cat([global_orient[:, None], body_pose], 1).to(self.rest_joints)
        return joint_positions(roma.rotvec_to_rotmat(rotvec), self.rest_joints)

    def pose_features(self, body_pose: torch.Tensor, global_orient: torch.Tensor) -> torch.Tensor:
        """(B, 21, 3) and (B, 3) axis-angle -> (B, POSE_FEATURES): rotations and joint positions, standardised."""
        rotvec = torch.cat([global_orient[:, None], body_pose], 1)
        x = torch.cat([rotvec_to_6d(rotvec).flatten(1), self.joints(body_pose, global_orient).flatten(1)], 1)
        return (x - self.pose_mean) / self.pose_std

    def embed_pose(self, body_pose: torch.Tensor, global_orient: torch.Tensor) -> torch.Tensor:
        """(B, 21, 3) and (B, 3) axis-angle -> (B, E), unit length."""
        return functional.normalize(self.pose_net(self.pose_features(body_pose, global_orient)), dim=-1)

    @torch.no_grad()
    def score(self, pose: SMPLPose, features: TextFeatures) -> torch.Tensor:
        """(B,) cosine in -1..1 between poses and texts; higher fits better.

        B is a multiple n of the number of texts C: poses 0..n-1 are compared with text 0, the next n with text 1, ...
        """
        if len(pose) % len(features):
            raise ValueError(f"ranker: {len(pose)} poses cannot be shared among {len(features)} texts")
        text = self.embed_text(features.to(self.rest_joints.device)).repeat_interleave(len(pose) // len(features), 0)
        body, root = pose.body_pose.to(self.rest_joints), pose.global_orient.to(self.rest_joints)
        return (text * self.embed_pose(body, root)).sum(-1)


def load_ranker(path: str | Path | None = None) -> PoseRanker:
    """The bundled ranker, or one trained by `training/ranker.py`, in evaluation mode."""
    path = bundled("pose_ranker.safetensors") if path is None else Path(path)
    tensors, config = load_checkpoint(path, KIND)
    model = PoseRanker(RankerConfig(**config))
    load_weights(model, tensors, f"{KIND} '{path.name}'")
    return model.eval().requires_grad_(False)


def _mlp(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, hidden),
        nn.GELU(),
        nn.LayerNorm(hidden),
        nn.Linear(hidden, hidden),
        nn.GELU(),
        nn.LayerNorm(hidden),
        nn.Linear(hidden, outputs),
    )
