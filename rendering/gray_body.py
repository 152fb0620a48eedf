"""The gray body in an avatar's proportions (paper 3.5.4): same pose, same place, same limb lengths and girths.

The outpainting model is told by it where a human body is, so it has to lie under the avatar, whatever the avatar's
build. Each of the 24 SMPL parts of the body is stretched along its bone until it reaches from joint to joint of the
avatar, and fitted across it to the box of the avatar's part; heads, hands and feet are fitted to their boxes in all
directions. Then it is skinned as usual.
"""

from __future__ import annotations

from dataclasses import dataclass

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
# Parts measured together: one build for all of the trunk (steps between its parts would tear the skin), and ends of
# limbs, where rigs draw the line between hand and fingers, foot and toes, wherever they like.
GROUPS = ((0, 3, 6, 9), (7, 10), (8, 11), (20, 22), (21, 23))
ENDS = (7, 8, 10, 11, 15, 20, 21, 22, 23)  # fitted in all directions
LEADER = {10: 7, 11: 8, 22: 20, 23: 21}  # toes and fingers hang on foot and hand, not on joints of the avatar
COLLARS = (13, 14)  # hardly a length of their own: they take the trunk's build
MIN_PART_VERTICES = 12  # fewer say nothing about a limb's girth
LIMITS = (0.3, 4.0)  # of the scale: a cape or a skirt hung on a leg bone must not blow the leg up
# Quantiles of the vertices of a limb's part: pouches and packs shall not count. Ends are measured whole, because
# vertices crowd on faces and fingers.
_BOX = (0.05, 0.95)
MIN_BONE = 1e-3  # metres; shorter: two joints in one place
_EPSILON = 1e-8


@dataclass(frozen=True)
class Build:
    """How the parts of an avatar differ from the body's, in the axes of the T-pose.

    scale:  (24, 3) factors from the part's joint. offset (24, 3) metres. Along bones that lead to another joint neither
            counts: there the avatar's own joints decide.
    """

    scale: torch.Tensor
    offset: torch.Tensor

    @staticmethod
    def own(body: Body) -> Build:
        """The body's own build."""
        return Build(torch.ones(len(PARENTS), 3).to(body.v_template), torch.zeros(len(PARENTS), 3).to(body.v_template))


def fit_body(body: Body, pose: SMPLPose, joints: torch.Tensor, build: Build) -> torch.Tensor:
    """Vertices (B, V, 3) of the body in a pose, fitted to an avatar.

    joints: (B, 24, 3) metres, the posed avatar's joints in SMPL order. build: from `avatar_build`.
    """
    rest = body.rest_joints[list(body.smpl_joints)]
    joints = _with_whole_spine(joints.to(rest), rest)
    rest_vertices, _ = body.shaped(body.betas_of(pose))
    frames = _frames(body, pose, joints)
    identity = torch.eye(3).to(rest)
    matrices, shifts = [], []
    for joint in range(len(PARENTS)):
        shape, offset = torch.diag(build.scale[joint].to(rest)), build.offset[joint].to(rest)
        shape = shape.expand(len(joints), 3, 3)
        if joint not in ENDS:
            bone = rest[CHILD[joint]] - rest[joint]
            along = torch.outer(bone, bone) / (bone @ bone)
            reach = (joints[:, CHILD[joint]] - joints[:, joint]).norm(dim=-1) / bone.norm()  # B
            across = identity - along
            shape = across @ shape @ across + reach[:, None, None] * along
            offset = across @ offset
        matrix = frames[:, joint] @ shape
        place = joints[:, joint] + frames[:, joint] @ offset
        if joint in LEADER:
            place = shifts[LEADER[joint]] + matrices[LEADER[joint]] @ rest[joint]
        matrices.append(matrix)
        shifts.append(place - matrix @ rest[joint])
    by_part = torch.cat([torch.stack(matrices, 1), torch.stack(shifts, 1)[..., None]], -1)  # B 24 3 4
    carrier = body.weights.new_zeros(body.weights.shape[1], len(PARENTS))
    carrier[torch.arange(len(carrier)), list(_carrier(body.parents, body.smpl_joints))] = 1
    return skin(rest_vertices, by_part, body.weights @ carrier)


def avatar_build(body: Body, pose: SMPLPose, mesh: Mesh, joints: torch.Tensor) -> Build:
    """An avatar's build over the body's, where it can be told; elsewhere the avatar's height over the body's.

    pose:               one pose.
    mesh, joints (24, 3): the avatar in it.
    """
    rest = body.rest_joints[list(body.smpl_joints)]
    joints = _with_whole_spine(joints.to(rest)[None], rest)
    frames = _frames(body, pose, joints)[0]
    own = _boxes(body.v_template, body.vertex_part, rest, torch.eye(3).to(rest).expand(24, 3, 3))
    avatar = _boxes(mesh.vertices.to(rest), mesh.vertex_part.to(body.faces), joints[0], frames)
    height = (joints[0, 15] - joints[0, [7, 8]].mean(0)).norm() / (rest[15] - rest[[7, 8]].mean(0)).norm()
    scale = height.repeat(24, 3)
    offset = torch.zeros_like(scale)
    for joint, box in avatar.items():
        low, high = own[joint]
        scale[joint] = ((box[1] - box[0]) / (high - low).clamp(min=_EPSILON)).clamp(*LIMITS)
        offset[joint] = (box[0] + box[1]) / 2 - scale[joint] * (low + high) / 2
    for collar in COLLARS:
        scale[collar], offset[collar] = scale[0], offset[0]
    mirrored = list(MIRROR)
    flip = offset.new_tensor([-1.0, 1.0, 1.0])
    return Build((scale + scale[mirrored]) / 2, (offset + flip * offset[mirrored]) / 2)


def _frames(body: Body, pose: SMPLPose, joints: torch.Tensor) -> torch.Tensor:
    """(B, 24, 3, 3) rotations of the parts from the T-pose: the pose's own, turned on to the avatar's bones."""
    rest = body.rest_joints[list(body.smpl_joints)]
    turn = forward_kinematics(body.rotations(pose)[:, list(body.smpl_joints)], rest, PARENTS)[..., :3, :3]
    frames = []
    for joint in range(len(PARENTS)):
        own = turn[:, joint]
        if joint not in ENDS:
            target = joints[:, CHILD[joint]] - joints[:, joint]
            own = _shortest_turn(own @ (rest[CHILD[joint]] - rest[joint]), target) @ own
        frames.append(own)
    return torch.stack(frames, 1)


def _boxes(
    vertices: torch.Tensor, part: torch.Tensor, joints: torch.Tensor, frames: torch.Tensor
) -> dict[int, torch.Tensor]:
    """Joint -> (2, 3) lower and upper corner of its part's vertices (V, 3), from the joint and in T-pose axes.

    Parts with few vertices are left out. Parts of a group have the box of all of it; at ends, from its first joint.
    """
    boxes = {}
    grouped = {joint: group for group in GROUPS for joint in group}
    for joint in range(len(PARENTS)):
        group = grouped.get(joint, (joint,))
        first = group[0] if joint in ENDS else None
        points = []
        for member in group:
            origin = member if first is None else first
            points.append((vertices[part == member] - joints[origin]) @ frames[origin])
        points = torch.cat(points)
        if len(points) >= MIN_PART_VERTICES and joint not in COLLARS:
            boxes[joint] = torch.quantile(points, points.new_tensor((0.0, 1.0) if joint in ENDS else _BOX), dim=0)
    return boxes


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
