"""The points of a person that pose estimators look for, in 3D: limbs, face and fingers, of the body or of an avatar."""

from __future__ import annotations

import re
from dataclasses import dataclass

import torch
from torch.nn.functional import normalize

from ..smpl import JOINT_NAMES
from .avatar import Avatar
from .body import Body
from .mesh import Mesh

FINGERS = ("thumb", "index", "middle", "ring", "pinky")  # OpenPose's order
_HEAD, _NECK = JOINT_NAMES.index("head"), JOINT_NAMES.index("neck")
_WRISTS = (JOINT_NAMES.index("left_wrist"), JOINT_NAMES.index("right_wrist"))
_HEAD_VERTICES = ("nose", "reye", "leye", "rear", "lear")  # SMPL's usual names of these vertices
# Where a straight finger's joints lie between wrist and tip: thumb, other fingers.
_FINGER_SHARES = ((0.25, 0.55, 0.8, 1.0), (0.52, 0.74, 0.88, 1.0))
_LAST_BONE = 0.8  # length of a finger's last bone, relative to the one before
_EYE_NAME = re.compile(r"eye(?!brow|lid|lash|line|light|_?end)", re.IGNORECASE)


@dataclass(frozen=True)
class Keypoints:
    """Points of one person in the world, metres.

    joints: (24, 3) in SMPL order.
    head:   (5, 3) nose, right eye, left eye, right ear, left ear, on the surface.
    left_hand, right_hand: (21, 3) wrist, then thumb to pinky from knuckle to tip; None where a rig has no fingers.
    """

    joints: torch.Tensor
    head: torch.Tensor
    left_hand: torch.Tensor | None = None
    right_hand: torch.Tensor | None = None


def body_keypoints(body: Body, vertices: torch.Tensor, joints: torch.Tensor) -> Keypoints:
    """Keypoints of the posed body: vertices (V, 3) and joints (24, 3) of one pose.

    Face and finger tips are vertices; a finger's joints are put on the line from the wrist to its tip.
    """
    ids = body.vertex_ids
    if all(name in ids for name in _HEAD_VERTICES):
        head = torch.stack([vertices[ids[name]] for name in _HEAD_VERTICES])
    else:
        head = _head_from_joints(joints)
    hands = []
    for side, wrist in zip("lr", _WRISTS):
        names = [side + finger for finger in FINGERS]
        if not all(name in ids for name in names):
            hands.append(None)
            continue
        start, points = joints[wrist], [joints[wrist][None]]
        for k, name in enumerate(names):
            share = torch.tensor(_FINGER_SHARES[k > 0]).to(start)[:, None]
            points.append(start + (vertices[ids[name]] - start) * share)
        hands.append(torch.cat(points))
    return Keypoints(joints, head, *hands)


def avatar_keypoints(avatar: Avatar, matrices: torch.Tensor, mesh: Mesh) -> Keypoints:
    """Keypoints of an avatar in one pose: node matrices (N, 4, 4) and the mesh skinned with them.

    Eyes come from the rig's eye bones where it has them; nose and ears, and eyes otherwise, from the head's shape.
    """
    joints = matrices[list(avatar.joint_nodes), :3, 3]
    hands = [_avatar_hand(avatar, matrices, side) for side in ("left", "right")]
    return Keypoints(joints, _avatar_head(avatar, matrices, mesh, joints), *hands)


def _avatar_hand(avatar: Avatar, matrices: torch.Tensor, side: str) -> torch.Tensor | None:
    bones = avatar.humanoid.bones
    if f"{side}_index1" not in bones or f"{side}_wrist" not in bones:
        return None
    wrist = matrices[bones[f"{side}_wrist"], :3, 3]
    points, longest = [wrist], None
    for finger in FINGERS:
        chain = [bones[f"{side}_{finger}{k}"] for k in (1, 2, 3) if f"{side}_{finger}{k}" in bones]
        if not chain:  # mittens and cartoon hands: a missing finger lies on its neighbour
            points += longest if longest is not None else [wrist] * 4
            continue
        found = [matrices[node, :3, 3] for node in chain]
        while len(found) < 4:
            before = found[-2] if len(found) > 1 else wrist
            found.append(found[-1] + (found[-1] - before) * _LAST_BONE)
        points += found
        longest = found
    return torch.stack(points)


def _avatar_head(avatar: Avatar, matrices: torch.Tensor, mesh: Mesh, joints: torch.Tensor) -> torch.Tensor:
    node = avatar.joint_nodes[_HEAD]
    back, flat = torch.linalg.inv_ex(avatar.rest[node])
    turn = (matrices[node] @ back)[:3, :3]  # at rest the avatar faces +z
    turn = turn / turn.norm(dim=0, keepdim=True)
    if int(flat) or not bool(torch.isfinite(turn).all()):  # a head bone scaled to nothing has no axes
        return _head_from_joints(joints)
    place = joints[_HEAD]
    local = (mesh.vertices[mesh.vertex_part == _HEAD] - place) @ turn  # x to their left, y up, z forward
    if len(local) < 20:
        return _head_from_joints(joints)
    face = local[local[:, 2] > local[:, 2].median()]
    if not len(face):  # a head without depth: all of it in one place
        return _head_from_joints(joints)
    chin, top = float(face[:, 1].min()), float(local[:, 1].max())
    size = top - chin
    width = float(torch.quantile(local[:, 0].abs(), 0.95)) * 2
    ridge = face[
        (face[:, 0].abs() < 0.12 * width) & (face[:, 1] > chin + 0.2 * size) & (face[:, 1] < chin + 0.5 * size)
    ]
    nose = (
        ridge[ridge[:, 2].argmax()]
        if len(ridge)
        else torch.stack((face.new_zeros(()), face.new_tensor(chin + 0.35 * size), face[:, 2].max()))
    )
    eyes = _eye_bones(avatar, matrices)
    if eyes is not None:
        eyes = (eyes - place) @ turn
        eyes[:, 2] = torch.maximum(eyes[:, 2], nose[2] - 0.12 * size)
        nose = torch.stack((eyes[:, 0].mean(), torch.minimum(nose[1], eyes[:, 1].min() - 0.1 * size), nose[2]))
    else:
        y, z = nose[1] + 0.14 * size, nose[2] - 0.1 * size
        eyes = torch.stack([torch.stack((nose[0] - side * 0.2 * width, y, z)) for side in (1, -1)])
    ears = eyes.clone()
    ears[:, 0] = nose[0] + torch.tensor([-0.5, 0.5]).to(nose) * width
    ears[:, 2] = torch.minimum(eyes[:, 2] - 0.4 * size, local[:, 2].median())
    return torch.cat((nose[None], eyes, ears)) @ turn.T + place


def _eye_bones(avatar: Avatar, matrices: torch.Tensor) -> torch.Tensor | None:
    """(2, 3) right and left eye, if exactly two bones are named so and lie on the two sides of the head."""
    nodes = [k for k, name in enumerate(avatar.node_names) if _EYE_NAME.search(name)]
    if len(nodes) != 2:
        return None
    across = avatar.rest[nodes, 0, 3]
    if float((across[0] - across[1]).abs()) < 0.005 * avatar.height:
        return None
    right, left = sorted(nodes, key=lambda node: float(avatar.rest[node, 0, 3]))  # at rest their left is +x
    return matrices[[right, left], :3, 3]


def _head_from_joints(joints: torch.Tensor) -> torch.Tensor:
    """Head points of an average adult, placed by neck, head and shoulders."""
    up = normalize(joints[_HEAD] - joints[_NECK], dim=0)
    across = joints[JOINT_NAMES.index("left_shoulder")] - joints[JOINT_NAMES.index("right_shoulder")]
    left = normalize(across - up * (across @ up), dim=0)
    forward = torch.linalg.cross(left, up)
    size = (joints[_HEAD] - joints[_NECK]).norm() / 0.11  # about 11 cm in an adult
    offsets = joints.new_tensor(
        [[0, 0.04, 0.13], [-0.032, 0.08, 0.1], [0.032, 0.08, 0.1], [-0.075, 0.06, 0.01], [0.075, 0.06, 0.01]]
    )
    return joints[_HEAD] + size * (offsets @ torch.stack((left, up, forward)))
