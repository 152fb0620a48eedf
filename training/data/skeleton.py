"""The bundled body's rest joints, on which losses and facts are measured, and poses without their heading."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import roma
import torch

from ...smpl import SMPLPose
from ...weights import bundled
from ..action_book.skeleton import heading, turn_about_vertical


def rest_joints(body: str | Path | None = None) -> torch.Tensor:
    """(24, 3) metres, from an SMPL-format npz (the bundled body if none is given)."""
    with np.load(body or bundled("body.npz"), allow_pickle=False) as arrays:
        joints = arrays["J_regressor"].astype(np.float64) @ arrays["v_template"].astype(np.float64)
    return torch.from_numpy(joints).float()


def face_forward(pose: SMPLPose) -> SMPLPose:
    """Bodies and roots turned about the vertical until the person faces +z, as all poses that we train on do."""
    root = roma.rotvec_to_rotmat(pose.global_orient)
    level = roma.rotmat_to_rotvec(turn_about_vertical(-heading(root)) @ root)
    return SMPLPose.create(pose.body_pose, level)
