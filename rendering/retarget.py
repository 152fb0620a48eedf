"""SMPL poses on an avatar's skeleton.

World rotations are transferred: a bone's rotation away from its rest pose, once that rest pose is brought to SMPL's
T-pose, is the SMPL joint's rotation in the world. The avatar keeps its own proportions; it stands on SMPL's floor and
its root moves in proportion to its leg length. Then what touches in the source is made to touch (`retarget_refine`).
"""

from __future__ import annotations

import functools

import roma
import torch

from ..smpl import JOINT_NAMES, NUM_HAND_JOINTS, SMPLPose
from .avatar import Avatar
from .body import Body, load_body
from .contacts import find_contacts
from .mesh import Mesh
from .retarget_refine import refine
from .rig import Rig

_HIPS = (JOINT_NAMES.index("left_hip"), JOINT_NAMES.index("right_hip"))
_WRISTS = (JOINT_NAMES.index("left_wrist"), JOINT_NAMES.index("right_wrist"))
# How far the three joints of each finger (MANO order) bend in a relaxed hand, degrees.
_RELAXED = ((12, 20, 12), (16, 24, 14), (24, 26, 16), (20, 26, 16), (0, 8, 12))


def pose_avatar(
    avatar: Avatar, pose: SMPLPose, body: Body | None = None, *, matrices: torch.Tensor | None = None
) -> list[Mesh]:
    """The avatar in each of B poses, as B meshes in SMPL's world; `matrices` spares a second `retarget`."""
    return skin_avatar(avatar, retarget(avatar, pose, body) if matrices is None else matrices)


def retarget(avatar: Avatar, pose: SMPLPose, body: Body | None = None, *, refined: bool = True) -> torch.Tensor:
    """(B, N, 4, 4) world matrices of the avatar's nodes for B poses of `body` (the bundled body if not given).

    refined: whether contacts and ground are restored by optimisation after the rotations are transferred.
    """
    body = body or load_body()
    rig = avatar.rig
    frames = body.transforms(pose).float()
    turns = bone_rotations(rig, source_rotations(pose, frames))
    scale, floor = floor_scale(avatar, body)
    hips = (frames[:, _HIPS[0], :3, 3] + frames[:, _HIPS[1], :3, 3]) / 2
    middle = floor + scale * (hips - floor)
    pelvis = middle + turns[:, 0] @ (rig.rest[0] - hip_middle(rig))
    if refined:
        contacts, places = find_contacts(body, frames)
        ground = floor[1] + scale * (contacts.ground - floor[1])
        turns, pelvis = refine(avatar, body, contacts, places, frames, turns, pelvis, ground)
    return bone_motion(rig, turns, pelvis)[:, rig.driver] @ avatar.rest


def source_rotations(pose: SMPLPose, frames: torch.Tensor) -> torch.Tensor:
    """(B, 54, 3, 3) world rotations of SMPL's 24 joints and 30 finger joints; fingers not given are relaxed."""
    body = frames[..., :3, :3]
    sides = []
    for wrist, given, mirror in zip(_WRISTS, (pose.left_hand_pose, pose.right_hand_pose), (1.0, -1.0)):
        bends = _relaxed_hand() * mirror if given is None else given
        local = roma.rotvec_to_rotmat(bends.to(body).expand(len(body), NUM_HAND_JOINTS, 3)).unflatten(1, (5, 3))
        world = body[:, wrist, None]
        for k in range(3):
            world = world @ local[:, :, k]
            sides.append(world)
    left, right = torch.stack(sides[:3], 2).flatten(1, 2), torch.stack(sides[3:], 2).flatten(1, 2)
    return torch.cat([body, left, right], 1)


def bone_rotations(rig: Rig, source: torch.Tensor) -> torch.Tensor:
    """(B, K, 3, 3) rotations of the rig's bones away from its rest pose."""
    first, second = source[:, rig.source[:, 0]], source[:, rig.source[:, 1]]
    way = roma.rotmat_to_rotvec(first.transpose(-1, -2) @ second) * rig.blend[:, None]
    return first @ roma.rotvec_to_rotmat(way) @ rig.correction


def floor_scale(avatar: Avatar, body: Body) -> tuple[float, torch.Tensor]:
    """The avatar's leg length over the body's, and the point (3,) on the floor about which the world is scaled."""
    rest = body.rest_joints[list(body.smpl_joints)]
    floor = torch.tensor([0.0, float(body.v_template[:, 1].min()), 0.0])
    return avatar.hip_height / float(rest[list(_HIPS), 1].mean() - floor[1]), floor


def bone_motion(rig: Rig, turns: torch.Tensor, pelvis: torch.Tensor) -> torch.Tensor:
    """(B, K, 4, 4) rigid motions away from the rest pose; `pelvis` (B, 3) is where the first bone goes."""
    places = [pelvis]
    for bone, parent in enumerate(rig.parents[1:], 1):
        places.append(places[parent] + turns[:, parent] @ (rig.rest[bone] - rig.rest[parent]))
    motion = torch.zeros(*turns.shape[:2], 4, 4, dtype=turns.dtype, device=turns.device)
    motion[..., :3, :3] = turns
    motion[..., :3, 3] = torch.stack(places, 1) - (turns @ rig.rest[..., None])[..., 0]
    motion[..., 3, 3] = 1.0
    return motion


def hip_middle(rig: Rig) -> torch.Tensor:
    """(3,) the middle of the two upper-leg joints in the rest pose."""
    return (rig.rest[rig.roles.index("left_hip")] + rig.rest[rig.roles.index("right_hip")]) / 2


def avatar_joints(avatar: Avatar, matrices: torch.Tensor) -> torch.Tensor:
    """(B, 24, 3) where the avatar's SMPL joints are, from node matrices (B, N, 4, 4).

    A joint the rig lacks takes the place of the nearest joint above it.
    """
    return matrices[:, list(avatar.joint_nodes), :3, 3]


def skin_avatar(avatar: Avatar, matrices: torch.Tensor) -> list[Mesh]:
    """Meshes of the avatar for node matrices (B, N, 4, 4): linear blend skinning (glTF 2.0, 3.7.3.3)."""
    slots = (matrices[:, avatar.slot_nodes] @ avatar.inverse_bind)[:, :, :3]  # (B, S, 3, 4)
    meshes = []
    for matrix in slots.flatten(2):  # (S, 12)
        blended = sum(avatar.weights[:, k, None] * matrix[avatar.slots[:, k]] for k in range(avatar.slots.shape[1]))
        blended = blended.view(-1, 3, 4)
        turn = blended[:, :, :3]
        vertices = (turn @ avatar.positions[..., None])[..., 0] + blended[..., 3]
        meshes.append(
            Mesh(
                vertices=vertices,
                faces=avatar.faces,
                normals=_turned_normals(turn, avatar.normals),
                uv=avatar.uv,
                colors=avatar.colors,
                face_material=avatar.face_material,
                vertex_part=avatar.vertex_part,
                materials=avatar.materials,
            )
        )
    return meshes


def _turned_normals(turn: torch.Tensor, normals: torch.Tensor) -> torch.Tensor:
    """Normals under linear maps (V, 3, 3), by the cofactor matrix: the inverse transpose times the determinant."""
    a, b, c = turn.unbind(-1)
    cofactor = torch.stack([torch.linalg.cross(b, c), torch.linalg.cross(c, a), torch.linalg.cross(a, b)], -1)
    sign = torch.linalg.vecdot(a, torch.linalg.cross(b, c)).sign()[:, None]
    return torch.nn.functional.normalize((cofactor @ normals[..., None])[..., 0] * sign, dim=-1)


@functools.cache
def _relaxed_hand() -> torch.Tensor:
    """(15, 3) axis-angle of a relaxed left hand, palm down and fingers along x; the right hand's is its negative."""
    bend = -torch.deg2rad(torch.tensor(_RELAXED, dtype=torch.float32)).flatten()
    return torch.stack([torch.zeros(15), torch.zeros(15), bend], -1)
