"""Joint positions, as other programs write them, to rotations of SMPL's skeleton."""

from __future__ import annotations

import roma
import torch

from ...smpl import PARENTS, SMPLPose, canonical_axis_angle
from .skeleton import rest_joints

_BODY = 22  # pelvis to wrists
_CHILDREN = [[child for child in range(1, _BODY) if PARENTS[child] == joint] for joint in range(_BODY)]
# The Master Motor Map's 21 joints (KIT, TEMOS) as SMPL's; spine2 and the collars are put between their neighbours.
_MMM = {
    0: 0, 1: 3, 2: 9, 3: 12, 4: 15, 5: 16, 6: 18, 7: 20, 8: 17, 9: 19, 10: 21,
    11: 1, 12: 4, 13: 7, 15: 10, 16: 2, 17: 5, 18: 8, 20: 11,
}  # fmt: skip


def pose_from_joints(joints: torch.Tensor) -> SMPLPose:
    """(F, 22, 3) or (F, 24, 3) positions in SMPL's order, or (F, 21, 3) in the Master Motor Map's; y up, any unit.

    Joints with several bones (pelvis, chest) are turned by least squares, the others by the shortest turn that brings
    their bone into line: twists about a bone are not in the data and stay the parent's. Raises ValueError on other
    numbers of joints.
    """
    if joints.ndim != 3 or joints.shape[1] not in (21, 22, 24) or joints.shape[2] != 3:
        raise ValueError(f"joints have shape {tuple(joints.shape)}, expected (F, 21, 3), (F, 22, 3) or (F, 24, 3)")
    joints = _from_mmm(joints.float()) if joints.shape[1] == 21 else joints.float()
    rest = rest_joints()
    world: list[torch.Tensor] = []
    for joint, children in enumerate(_CHILDREN):
        parent = world[PARENTS[joint]] if joint else torch.eye(3).expand(len(joints), 3, 3)
        bones = torch.stack([_unit(rest[child] - rest[joint]) for child in children]) if children else None
        if bones is None:
            world.append(parent)
            continue
        seen = torch.stack([_unit(joints[:, child] - joints[:, joint]) for child in children], 1)  # (F, C, 3)
        if len(children) > 1:
            world.append(roma.special_procrustes(torch.einsum("fci,cj->fij", seen, bones)))
        else:
            world.append(_shortest_turn(parent @ bones[0], seen[:, 0]) @ parent)
    local = [world[0]] + [world[PARENTS[joint]].mT @ world[joint] for joint in range(1, _BODY)]
    rotvec = canonical_axis_angle(roma.rotmat_to_rotvec(torch.stack(local, 1)))
    return SMPLPose.create(rotvec[:, 1:], rotvec[:, 0])


def _from_mmm(joints: torch.Tensor) -> torch.Tensor:
    """(F, 21, 3) -> (F, 22, 3)."""
    result = joints.new_zeros(len(joints), _BODY, 3)
    for source, target in _MMM.items():
        result[:, target] = joints[:, source]
    result[:, 6] = (result[:, 3] + result[:, 9]) / 2
    base = (result[:, 9] + result[:, 12]) / 2
    for collar, shoulder in ((13, 16), (14, 17)):
        result[:, collar] = base + 0.4 * (result[:, shoulder] - base)
    return result


def _unit(vector: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.normalize(vector, dim=-1)


def _shortest_turn(start: torch.Tensor, end: torch.Tensor) -> torch.Tensor:
    """(F, 3) unit vectors -> (F, 3, 3): the least rotation from one to the other."""
    axis = torch.linalg.cross(start, end)
    sine, cosine = axis.norm(dim=-1, keepdim=True), (start * end).sum(-1, keepdim=True)
    helper = torch.nn.functional.one_hot(start.abs().argmin(-1), 3).to(start)  # any axis will do for half a turn
    axis = torch.where(sine > 1e-6, axis, torch.linalg.cross(start, helper))
    return roma.rotvec_to_rotmat(_unit(axis) * torch.atan2(sine, cosine))
