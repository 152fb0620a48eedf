"""Text to 3D pose: prompts, text encoders, VPoser, the diffusion transformer, sampling and ranking.

prior = PosePrior.load()
pose, code = prior.generate(["a person is doing yoga"], n=5, seed=0)   # SMPLPose, best first, and PoseCode
"""

from __future__ import annotations

from .code import PoseCode
from .pose_file import load_pose, save_pose
from .prompts import normalise
from .ranker import PoseRanker, load_ranker
from .text_to_pose import PosePrior, TextToPose, decode, regularize
from .vposer import VPoser, load_vposer

__all__ = [
    "PoseCode", "PosePrior", "PoseRanker", "TextToPose", "VPoser",
    "decode", "load_pose", "load_ranker", "load_vposer", "normalise", "regularize", "save_pose",
]  # fmt: skip
