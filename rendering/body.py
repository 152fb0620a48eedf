"""The posed body: SMPL's forward model (Loper et al. 2015) as plain functions, and the bundled body.

A rest vertex is moved by its shape (`betas`), by the pose blend shapes if the body has them, and by linear blend
skinning. Everything is batched, differentiable, and works in the dtype and on the device of its inputs.
"""

from __future__ import annotations

import functools
import itertools
import logging
from dataclasses import dataclass, field, replace
from pathlib import Path

import roma
import torch

from ..smpl import NUM_BETAS, PARENTS, SMPLPose
from .mesh import Material, Mesh, vertex_normals

GRAY = Material(name="body", base_color=(0.45, 0.45, 0.45, 1.0))
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Body:
    """A skinned body in SMPL's form; J joints of which 24 are SMPL's, V vertices.

    v_template:   (V, 3) metres, T-pose.
    faces:        (F, 3) int64.
    weights:      (V, J) skinning weights, rows sum to 1.
    shapedirs:    (V, 3, 10) metres per unit of beta.
    J_regressor:  (J, V) rest joints from rest vertices.
    parents:      J parent indices, -1 at the root; a parent comes before its children.
    posedirs:     (V, 3, 9 (J - 1)) pose blend shapes, or None.
    smpl_joints:  which of the J joints is SMPL's joint 0..23.
    hand_joints:  indices of the 15 left and the 15 right finger joints in MANO order, empty where hands are rigid.
    hand_mean:    (30, 3) axis-angle of relaxed fingers, or None.
    betas_space:  which betas this body understands ("bundled", "smpl", "smplx").
    vertex_ids:   names of key points on the surface -> vertex.
    """

    v_template: torch.Tensor
    faces: torch.Tensor
    weights: torch.Tensor
    shapedirs: torch.Tensor
    J_regressor: torch.Tensor
    parents: tuple[int, ...] = PARENTS
    posedirs: torch.Tensor | None = None
    smpl_joints: tuple[int, ...] = tuple(range(len(PARENTS)))
    hand_joints: tuple[int, ...] = ()
    hand_mean: torch.Tensor | None = None
    betas_space: str = "bundled"
    vertex_ids: dict[str, int] = field(default_factory=dict)

    @functools.cached_property
    def rest_joints(self) -> torch.Tensor:
        """(J, 3) joints of the mean shape in the T-pose."""
        return self.J_regressor @ self.v_template

    @functools.cached_property
    def carriers(self) -> tuple[int, ...]:
        """For each of the J joints the SMPL joint it is, or the nearest one above it."""
        return tuple(_carrier(self.parents, self.smpl_joints))

    @functools.cached_property
    def vertex_part(self) -> torch.Tensor:
        """(V,) SMPL joint that moves each vertex most; a finger counts as the joint that carries it."""
        return torch.tensor(self.carriers)[self.weights.argmax(1).cpu()].to(self.faces.device)

    def to(self, *args, **kwargs) -> Body:
        """The same body with its float tensors moved or cast; faces follow the device only."""
        move = lambda value: None if value is None else value.to(*args, **kwargs)  # noqa: E731
        v_template = self.v_template.to(*args, **kwargs)
        return replace(
            self,
            v_template=v_template,
            faces=self.faces.to(v_template.device),
            weights=move(self.weights),
            shapedirs=move(self.shapedirs),
            J_regressor=move(self.J_regressor),
            posedirs=move(self.posedirs),
            hand_mean=move(self.hand_mean),
        )

    def shaped(self, betas: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Rest vertices (B, V, 3) and rest joints (B, J, 3) of bodies with shape betas (B, 10)."""
        vertices = self.v_template + torch.einsum("vcs,bs->bvc", self.shapedirs, betas)
        return vertices, self.J_regressor @ vertices

    def rotations(self, pose: SMPLPose) -> torch.Tensor:
        """(B, J, 3, 3) local joint rotations of a pose; fingers not given are relaxed."""
        batch = len(pose)
        rotvec = self.v_template.new_zeros(batch, len(self.parents), 3)
        rotvec[:, list(self.smpl_joints[:22])] = pose.full_pose()[:, :22].to(rotvec)
        if self.hand_joints:
            relaxed = rotvec.new_zeros(30, 3) if self.hand_mean is None else self.hand_mean
            for side, given in enumerate((pose.left_hand_pose, pose.right_hand_pose)):
                part = slice(15 * side, 15 * side + 15)
                rotvec[:, list(self.hand_joints[part])] = relaxed[part] if given is None else given.to(rotvec)
        return roma.rotvec_to_rotmat(rotvec)

    def betas_of(self, pose: SMPLPose) -> torch.Tensor:
        """(B, 10) the betas of a pose if they are of this body's shape space, else zeros."""
        if pose.betas_space != self.betas_space:
            if pose.betas.any():
                _note_foreign_betas(pose.betas_space, self.betas_space)
            return self.v_template.new_zeros(len(pose), NUM_BETAS)
        return pose.betas.to(self.v_template)

    def transforms(self, pose: SMPLPose) -> torch.Tensor:
        """(B, 24, 4, 4) SMPL joint frames in the world, `transl` included; in the T-pose every rotation is identity."""
        vertices_joints = self.shaped(self.betas_of(pose))
        frames = forward_kinematics(self.rotations(pose), vertices_joints[1], self.parents)
        return _translated(frames, pose.transl.to(frames))[:, list(self.smpl_joints)]

    def posed(self, pose: SMPLPose) -> tuple[torch.Tensor, torch.Tensor]:
        """Vertices (B, V, 3) and SMPL joints (B, 24, 3) in metres, in the world."""
        rest_vertices, rest_joints = self.shaped(self.betas_of(pose))
        vertices, frames = lbs(
            rest_vertices, rest_joints, self.rotations(pose), self.parents, self.weights, posedirs=self.posedirs
        )
        transl = pose.transl.to(vertices)[:, None]
        return vertices + transl, frames[:, list(self.smpl_joints), :3, 3] + transl


def forward_kinematics(
    rotations: torch.Tensor,  # (B, J, 3, 3) local
    rest_joints: torch.Tensor,  # (J, 3) or (B, J, 3)
    parents: tuple[int, ...] = PARENTS,
) -> torch.Tensor:  # (B, J, 4, 4)
    """World frame of every joint; the root turns about its rest position, as in SMPL."""
    rest = rest_joints.expand(len(rotations), -1, -1)
    offsets = torch.cat([rest[:, :1], rest[:, 1:] - rest[:, list(parents[1:])]], 1)
    local = torch.cat([rotations, offsets[..., None]], -1)
    bottom = local.new_tensor([0.0, 0.0, 0.0, 1.0]).expand(*local.shape[:2], 1, 4)
    local = torch.cat([local, bottom], -2)
    levels, order = _levels(tuple(parents))
    done = [local[:, list(levels[0][0])]]
    for joints, parent_slots in levels[1:]:
        done.append(done[-1][:, list(parent_slots)] @ local[:, list(joints)])
    return torch.cat(done, 1)[:, list(order)]


def lbs(
    rest_vertices: torch.Tensor,  # (B, V, 3)
    rest_joints: torch.Tensor,  # (B, J, 3)
    rotations: torch.Tensor,  # (B, J, 3, 3) local
    parents: tuple[int, ...],
    weights: torch.Tensor,  # (V, J)
    *,
    posedirs: torch.Tensor | None = None,  # (V, 3, 9 (J - 1))
) -> tuple[torch.Tensor, torch.Tensor]:
    """Linear blend skinning, SMPL equations 2-4: posed vertices (B, V, 3) and joint frames (B, J, 4, 4)."""
    frames = forward_kinematics(rotations, rest_joints, parents)
    if posedirs is not None:
        identity = torch.eye(3, dtype=rotations.dtype, device=rotations.device)
        feature = (rotations[:, 1:] - identity).flatten(1)
        rest_vertices = rest_vertices + torch.einsum("vcp,bp->bvc", posedirs, feature)
    return skin(rest_vertices, skinning_matrices(frames, rest_joints), weights), frames


def skinning_matrices(frames: torch.Tensor, rest_joints: torch.Tensor) -> torch.Tensor:
    """(B, J, 3, 4): what moves a rest vertex bound to a joint, from joint frames (B, J, 4, 4)."""
    turn = frames[..., :3, :3]
    shift = frames[..., :3, 3] - (turn @ rest_joints.expand(len(frames), -1, -1)[..., None])[..., 0]
    return torch.cat([turn, shift[..., None]], -1)


def skin(vertices: torch.Tensor, matrices: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Blend (B, J, 3, 4) matrices by weights (V, J) and apply them to vertices (B, V, 3)."""
    blended = (weights @ matrices.flatten(2)).unflatten(-1, (3, 4))
    return (blended[..., :3] @ vertices[..., None])[..., 0] + blended[..., 3]


def body_joints(
    body_pose: torch.Tensor,  # (B, 21, 3) axis-angle
    global_orient: torch.Tensor | None = None,  # (B, 3)
    body: Body | None = None,
) -> torch.Tensor:  # (B, 24, 3)
    """SMPL joint positions of the mean shape, metres: forward kinematics only, for training and measures."""
    body = body or load_body()
    rest = body.rest_joints[list(body.smpl_joints)].to(body_pose)
    root = body_pose.new_zeros(len(body_pose), 1, 3) if global_orient is None else global_orient[:, None]
    hands = body_pose.new_zeros(len(body_pose), 2, 3)
    rotations = roma.rotvec_to_rotmat(torch.cat([root, body_pose, hands], 1))
    return forward_kinematics(rotations, rest, PARENTS)[..., :3, 3]


def body_mesh(body: Body, vertices: torch.Tensor) -> Mesh:
    """A gray mesh of one posed body, vertices (V, 3); each vertex belongs to the joint that moves it most."""
    count = len(vertices)
    return Mesh(
        vertices=vertices,
        faces=body.faces,
        normals=vertex_normals(vertices, body.faces),
        uv=vertices.new_zeros(count, 2),
        colors=vertices.new_ones(count, 4),
        face_material=torch.zeros_like(body.faces[:, 0]),
        vertex_part=body.vertex_part,
        materials=(GRAY,),
    )


def load_body(path: str | Path | None = None) -> Body:
    """The bundled CC0 body, or an SMPL, SMPL-H or SMPL-X file of the user's (`.npz` or `.pkl`); float32, cached.

    Raises FileNotFoundError or ValueError naming the file and what is wrong with it.
    """
    if path is None:
        return _bundled_body()
    from .body_files import read_body

    return read_body(Path(path))


@functools.cache
def _bundled_body() -> Body:
    from ..weights import bundled
    from .body_files import read_body

    return replace(read_body(bundled("body.npz")), betas_space="bundled")


@functools.cache
def _levels(parents: tuple[int, ...]) -> tuple[list[tuple[tuple[int, ...], tuple[int, ...]]], tuple[int, ...]]:
    """Joints grouped by depth, each with its parents' places in the group before, and the way back to joint order."""
    depth = [0] * len(parents)
    for joint, parent in enumerate(parents[1:], 1):
        depth[joint] = depth[parent] + 1
    groups = [[j for j in range(len(parents)) if depth[j] == d] for d in range(max(depth) + 1)]
    levels = [(tuple(groups[0]), ())]
    for above, group in itertools.pairwise(groups):
        levels.append((tuple(group), tuple(above.index(parents[j]) for j in group)))
    flat = [j for group in groups for j in group]
    return levels, tuple(flat.index(j) for j in range(len(parents)))


def _carrier(parents: tuple[int, ...], smpl_joints: tuple[int, ...]) -> list[int]:
    """For every joint the SMPL joint it is, or the nearest one above it."""
    known = {joint: index for index, joint in enumerate(smpl_joints)}
    carrier: list[int] = []
    for joint, parent in enumerate(parents):
        carrier.append(known.get(joint, carrier[parent] if parent >= 0 else 0))
    return carrier


def _translated(frames: torch.Tensor, transl: torch.Tensor) -> torch.Tensor:
    shift = torch.zeros_like(frames)
    shift[..., :3, 3] = transl[:, None]
    return frames + shift


@functools.cache
def _note_foreign_betas(given: str, known: str) -> None:
    _log.warning("pose: its betas are of the %r shape space and this body knows %r: ignored", given, known)
