"""Text to 3D pose: prompts, text encoders, VPoser, the diffusion transformer, sampling and ranking.

prior = PosePrior.load()
pose, code = prior.generate(["a person is doing yoga"], n=5, seed=0)   # SMPLPose, best first, and PoseCode
"""

from __future__ import annotations

from .code import PoseCode
from .lift import Lifted, lift_people
from .lift_problem import Landmarks
from .people import Person, load_people, read_people
from .pose_file import load_pose, save_pose
from .prompts import normalise
from .ranker import PoseRanker, load_ranker
from .text_to_pose import PosePrior, TextToPose, decode, regularize
from .vposer import VPoser, load_vposer

__all__ = [
    "Landmarks", "Lifted", "Person", "PoseCode", "PosePrior", "PoseRanker", "TextToPose", "VPoser",
    "decode", "lift_people", "load_people", "load_pose", "load_ranker", "load_vposer", "normalise", "read_people",
    "regularize", "save_pose",
]  # fmt: skip
