"""Rotations and joint positions of SMPL's skeleton, batched and differentiable.

6D rotations (Zhou et al. 2019) follow VPoser's layout: the six numbers are a row-major (3, 2) matrix, so the first two
*columns* of the rotation are `x[0, 2, 4]` and `x[1, 3, 5]`.
"""

from __future__ import annotations

import roma
import torch

from ..smpl import PARENTS, canonical_axis_angle


def rotvec_to_6d(rotvec: torch.Tensor) -> torch.Tensor:
    """(..., 3) axis-angle -> (..., 6)."""
    return roma.rotvec_to_rotmat(rotvec)[..., :2].flatten(-2)


def sixd_to_rotmat(sixd: torch.Tensor) -> torch.Tensor:
    """(..., 6) -> (..., 3, 3), orthonormalised by Gram-Schmidt."""
    return roma.special_gramschmidt(sixd.unflatten(-1, (3, 2)))


def sixd_to_rotvec(sixd: torch.Tensor) -> torch.Tensor:
    """(..., 6) -> (..., 3) axis-angle of at most pi."""
    return canonical_axis_angle(roma.rotmat_to_rotvec(sixd_to_rotmat(sixd)))


def joint_positions(rotmats: torch.Tensor, rest_joints: torch.Tensor) -> torch.Tensor:
    """Forward kinematics: local rotations of joints 0..21, rest positions -> (B, 24, 3) metres, pelvis at the origin.

    rotmats: (B, 22, 3, 3); rest_joints: (24, 3). Joints 22 and 23 (the hands) follow the wrists.
    """
    positions = [rest_joints.new_zeros(rotmats.shape[0], 3)]
    world = [rotmats[:, 0]]
    for joint in range(1, 24):
        parent = PARENTS[joint]
        offset = rest_joints[joint] - rest_joints[parent]
        positions.append(positions[parent] + world[parent] @ offset)
        world.append(world[parent] @ rotmats[:, joint] if joint < 22 else world[parent])
    return torch.stack(positions, 1)
