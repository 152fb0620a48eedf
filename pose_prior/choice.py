"""Which of a text's candidates are kept: the best by the ranker, then poses that fit as well and differ."""

from __future__ import annotations

import roma
import torch

from ..smpl import SMPLPose
from .ranker import PoseRanker
from .text_encoder import TextFeatures

# The ranker judges the action and hardly the balance: of equally fitting poses the one that stands as most others do is
# preferred. A lean of 45 degrees from the mean costs as much as 0.09 of the ranker's cosine.
TYPICAL_TILT = 0.3
# Whoever keeps several poses wants to choose among them: the same pose again costs this much of the ranker's cosine,
# one whose joints are ALIKE metres away on average costs 1/e of it.
VARIETY = 0.4
ALIKE = 0.15


def choose(pose: SMPLPose, features: TextFeatures, ranker: PoseRanker, n: int) -> list[int]:
    """The rows of the `n` poses to keep of every text's candidates: the best, then those that fit and differ.

    pose: (texts * drawn) candidates, text by text; drawn >= n. Candidates that lean unlike the others count less.
    """
    texts = len(features.pooled)
    scores = ranker.score(pose, features).view(texts, -1)
    scores = scores - TYPICAL_TILT * _tilt_from_the_rest(pose, texts).to(scores)
    joints = ranker.joints(pose.body_pose, pose.global_orient).unflatten(0, scores.shape)
    order = _best_and_varied(scores, joints, n).cpu() + torch.arange(texts)[:, None] * scores.shape[1]
    return order.flatten().tolist()


def _tilt_from_the_rest(pose: SMPLPose, texts: int) -> torch.Tensor:
    """(texts, n) how far each pose's pelvis leans from the mean of its text's candidates: 1 - cosine, 0 to 2."""
    up = roma.rotvec_to_rotmat(pose.global_orient)[..., 1].unflatten(0, (texts, -1))  # the pelvis' y axis in the world
    return 1 - torch.nn.functional.cosine_similarity(up, up.mean(1, keepdim=True), dim=-1)


def _best_and_varied(scores: torch.Tensor, joints: torch.Tensor, n: int) -> torch.Tensor:
    """(texts, n) the best of each text's candidates, then again and again one that fits and differs from those before.

    scores: (texts, drawn); joints: (texts, drawn, J, 3) metres. Maximal marginal relevance (Carbonell, Goldstein 1998).
    """
    texts = torch.arange(len(scores), device=scores.device)
    worth, likeness, chosen = scores.clone(), torch.zeros_like(scores), []
    for _ in range(n):
        chosen.append((worth - VARIETY * likeness).argmax(1))
        worth[texts, chosen[-1]] = -torch.inf
        distance = (joints - joints[texts, chosen[-1]][:, None]).norm(dim=-1).mean(-1)
        likeness = likeness.maximum((-distance / ALIKE).exp())
    return torch.stack(chosen, 1)
