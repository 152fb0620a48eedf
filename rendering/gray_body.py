"""The gray body in an avatar's proportions (paper 3.5.4): same pose, same place, same limb lengths and girths.

The outpainting model is told by it where a human body is, so it has to lie under the avatar, whatever the avatar's
build. Each of the 24 SMPL parts of the body is stretched along its bone until it reaches from joint to joint of the
avatar, scaled across it to the avatar's girth, and skinned as usual.
"""

from __future__ import annotations

import torch

from ..smpl import MIRROR, PARENTS, SMPLPose
from .body import Body, _carrier, forward_kinematics, skin
from .mesh import Mesh

# The joint that a part's bone leads to; parts without one (head, toes, fingers) keep their parent's stretch.
CHILD = {
    0: 3,
    1: 4,
    2: 5,
    3: 6,
    4: 7,
    5: 8,
    6: 9,
    7: 10,
    8: 11,
    9: 12,
    12: 15,
    13: 16,
    14: 17,
    16: 18,
    17: 19,
    18: 20,
    19: 21,
}
SPINE = (0, 3, 6, 9, 12)  # pelvis to neck
TRUNK = [0, 3, 6, 9, 13, 14]  # collars have hardly a length of their own
MIN_PART_VERTICES = 12  # fewer say nothing about a limb's girth
GIRTH_LIMITS = (0.4, 3.0)  # a cape or a skirt hung on a leg bone must not blow the leg up
MIN_BONE = 1e-3  # metres; shorter: two joints in one place
_EPSILON = 1e-8


def fit_body(body: Body, pose: SMPLPose, joints: torch.Tensor, girth: torch.Tensor) -> torch.Tensor:
    """Vertices (B, V, 3) of the body in a pose, fitted to an avatar's joints.

    joints: (B, 24, 3) metres, the posed avatar's joints in SMPL order.
    girth:  (24,) the avatar's limb girths over the body's, from `girth_ratio`.
    """
    rest = body.rest_joints[list(body.smpl_joints)]
    joints = _with_whole_spine(joints.to(rest), rest)
    rest_vertices, _ = body.shaped(body.betas_of(pose))
    turn = forward_kinematics(body.rotations(pose)[:, list(body.smpl_joints)], rest, PARENTS)[..., :3, :3]  # B 24 3 3
    identity = torch.eye(3).to(rest)
    matrices = []
    for joint in range(len(PARENTS)):
        across = girth[joint].to(rest)
        child = CHILD.get(joint)
        if (
            child is None
        ):  # heads, toes and fingers have no length of their own to reach: scaled alike in all directions
            matrices.append(turn[:, joint] * across)
            continue
        bone = rest[child] - rest[joint]
        length = bone.norm()
        axis = bone / length
        along = torch.outer(axis, axis)
        target = joints[:, child] - joints[:, joint]  # B3
        reach = target.norm(dim=-1) / length  # B
        shape = across * (identity - along) + reach[:, None, None] * along
        matrices.append(_shortest_turn(turn[:, joint] @ axis, target) @ turn[:, joint] @ shape)
    matrix = torch.stack(matrices, 1)  # B 24 3 3
    shift = joints - (matrix @ rest[..., None])[..., 0]
    by_part = torch.cat([matrix, shift[..., None]], -1)  # B 24 3 4
    carrier = body.weights.new_zeros(body.weights.shape[1], len(PARENTS))
    carrier[torch.arange(len(carrier)), list(_carrier(body.parents, body.smpl_joints))] = 1
    return skin(rest_vertices, by_part, body.weights @ carrier)


def girth_ratio(body: Body, mesh: Mesh, joints: torch.Tensor) -> torch.Tensor:
    """(24,) how much thicker each part of an avatar is than the body's; 1 where it cannot be told.

    mesh, joints (24, 3): the avatar in any pose.
    """
    rest = body.rest_joints[list(body.smpl_joints)]
    own = _girths(body.v_template, body.vertex_part, rest)
    joints = _with_whole_spine(joints.to(rest)[None], rest)[0]
    avatar = _girths(mesh.vertices.to(rest), mesh.vertex_part.to(body.faces), joints)
    height = (joints[15] - joints[[7, 8]].mean(0)).norm() / (rest[15] - rest[[7, 8]].mean(0)).norm()
    ratio = torch.where(avatar > 0, avatar / own.clamp(min=_EPSILON), height).clamp(*GIRTH_LIMITS)
    known = [joint for joint in TRUNK[:4] if avatar[joint] > 0]
    ratio[TRUNK] = (
        ratio[known].mean() if known else height
    )  # one girth for all of the trunk: steps between its parts would tear the skin
    for tip, before in ((10, 7), (11, 8), (22, 20), (23, 21)):  # toes and fingers are as thick as foot and hand
        ratio[tip] = ratio[before]
    return (ratio + ratio[list(MIRROR)]) / 2


def _with_whole_spine(joints: torch.Tensor, rest: torch.Tensor) -> torch.Tensor:
    """Joints (B, 24, 3) with spine joints that a rig lacks (two in one place) set between their neighbours."""
    place = lambda chain: torch.cumsum(torch.cat([rest.new_zeros(1), chain.diff(dim=0).norm(dim=-1)]), 0)  # noqa: E731
    share = place(rest[list(SPINE)])
    whole = joints.clone()
    for spine in range(len(joints)):
        length = joints[spine, list(SPINE)].diff(dim=0).norm(dim=-1)
        kept = [0] + [k for k in range(1, 4) if length[k - 1] > MIN_BONE and length[k:].sum() > MIN_BONE] + [4]
        for k in range(1, 4):
            if k not in kept:
                below = max(j for j in kept if j < k)
                above = min(j for j in kept if j > k)
                part = (share[k] - share[below]) / (share[above] - share[below])
                whole[spine, SPINE[k]] = torch.lerp(joints[spine, SPINE[below]], joints[spine, SPINE[above]], part)
    return whole


def _girths(vertices: torch.Tensor, part: torch.Tensor, joints: torch.Tensor) -> torch.Tensor:
    """(24,) median distance of a part's vertices (V, 3) from the line of its bone; 0 for parts with few vertices."""
    girth = joints.new_zeros(len(PARENTS))
    for joint in range(len(PARENTS)):
        points = vertices[part == joint] - joints[joint]
        if len(points) < MIN_PART_VERTICES:
            continue
        child = CHILD.get(joint)
        bone = joints[child] - joints[joint] if child is not None else joints[joint] - joints[PARENTS[joint]]
        axis = bone / bone.norm().clamp(min=_EPSILON)
        girth[joint] = (points - (points @ axis)[:, None] * axis).norm(dim=-1).median()
    return girth


def _shortest_turn(start: torch.Tensor, end: torch.Tensor) -> torch.Tensor:
    """(B, 3, 3) the smallest rotations that take directions start (B, 3) to end (B, 3)."""
    start = torch.nn.functional.normalize(start, dim=-1)
    end = torch.nn.functional.normalize(end, dim=-1)
    axis = torch.linalg.cross(start, end)
    cosine = (start * end).sum(-1)[:, None, None]
    zero = torch.zeros_like(axis[:, 0])
    cross = torch.stack(
        [zero, -axis[:, 2], axis[:, 1], axis[:, 2], zero, -axis[:, 0], -axis[:, 1], axis[:, 0], zero], -1
    ).unflatten(-1, (3, 3))
    # Rodrigues' formula without angles; opposite directions do not occur between a bone and its retargeted self.
    return torch.eye(3).to(start) + cross + cross @ cross / (1 + cosine).clamp(min=1e-3)
