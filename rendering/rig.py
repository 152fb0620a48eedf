"""The humanoid part of an avatar's skeleton, ready to be driven by SMPL rotations.

K bones carry everything: every other node follows its nearest humanoid bone rigidly. For each bone the rig keeps how
its rest pose differs from SMPL's T-pose (`correction`) and which SMPL joints it takes its rotation from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from ..smpl import JOINT_NAMES
from .gltf import NodeGraph
from .humanoid import FINGER_ROLES, HumanoidMap, ancestors, smpl_parent

# The limb segments whose rest direction is brought to SMPL's: role -> the role at the segment's other end.
_ARM_ENDS = {"shoulder": "elbow", "elbow": "wrist", "wrist": "hand"}
_LEG_ENDS = {"hip": "knee", "knee": "ankle"}
_ROLL_DEAD_ZONE = (np.deg2rad(12.0), np.deg2rad(25.0))  # palms of T-poses vary that much


@dataclass(frozen=True, eq=False)
class Rig:
    """K humanoid bones, parents first; bone 0 is the pelvis.

    roles:       K names: SMPL joint names, "spine" and "neck" chains numbered, fingers as "left_index1".
    nodes:       K node indices.
    parents:     K indices into the bones, -1 for the pelvis.
    joints:      K SMPL joints (0..23) that the bones count as; fingers count as 22 and 23.
    rest:        (K, 3) rest positions, metres.
    correction:  (K, 3, 3) rotation from the avatar's rest pose to SMPL's T-pose.
    source:      (K, 2) rotations to take: 0..23 are SMPL joints, 24..53 the fingers in `FINGER_ROLES` order.
    blend:       (K,) how far from the first to the second source.
    driver:      (N,) the bone that carries each node.
    """

    roles: tuple[str, ...]
    nodes: tuple[int, ...]
    parents: tuple[int, ...]
    joints: tuple[int, ...]
    rest: torch.Tensor
    correction: torch.Tensor
    source: torch.Tensor
    blend: torch.Tensor
    driver: torch.Tensor


def build_rig(
    graph: NodeGraph,
    humanoid: HumanoidMap,
    rest: np.ndarray,  # (N, 4, 4) rest matrices, metres, facing +z
    smpl_rest: np.ndarray,  # (24, 3) SMPL's T-pose joints
) -> Rig:
    """The rig of a mapped avatar."""
    bones = _ordered_bones(humanoid)
    index = {role: i for i, (role, _, _) in enumerate(bones)}
    nodes = [node for _, node, _ in bones]
    parents = [-1 if parent is None else index[parent] for _, _, parent in bones]
    positions = rest[nodes, :3, 3]
    source, blend = zip(*(_source(role, humanoid) for role, _, _ in bones))
    return Rig(
        roles=tuple(index),
        nodes=tuple(nodes),
        parents=tuple(parents),
        joints=tuple(_joint_of(role, humanoid) for role in index),
        rest=torch.from_numpy(positions).float(),
        correction=torch.from_numpy(_corrections(index, parents, positions, smpl_rest)).float(),
        source=torch.tensor(source),
        blend=torch.tensor(blend),
        driver=torch.tensor(_drivers(graph, nodes)),
    )


def _ordered_bones(humanoid: HumanoidMap) -> list[tuple[str, int, str | None]]:
    """(role, node, parent role), parents first; parents are SMPL's wherever the rig has that bone."""
    bones: list[tuple[str, int, str | None]] = [("pelvis", humanoid.bones["pelvis"], None)]
    taken = {humanoid.bones["pelvis"]}
    above = "pelvis"
    for chain, name in ((humanoid.spine, "spine"), (humanoid.neck, "neck")):
        for k, node in enumerate(chain):
            if node in taken:
                continue
            bones.append((f"{name}.{k + 1}", node, above))
            above = f"{name}.{k + 1}"
            taken.add(node)
    chest = next((role for role, _, _ in reversed(bones) if role.startswith("spine")), "pelvis")
    limbs: dict[str, int] = {}
    for role in (*JOINT_NAMES, *FINGER_ROLES):
        node = humanoid.bones.get(role)
        if node is not None and node not in taken:
            limbs[role] = node
            taken.add(node)
    for role, node in limbs.items():
        parent = smpl_parent(role)
        while parent is not None and parent not in limbs and not parent.startswith(("spine", "neck", "pelvis")):
            parent = smpl_parent(parent)
        if role == "head":
            parent = above
        elif parent != "pelvis" and parent not in limbs:
            parent = chest
        bones.append((role, node, parent))
    return bones


def _source(role: str, humanoid: HumanoidMap) -> tuple[tuple[int, int], float]:
    """Which rotations a bone blends; spine and neck bones of any number are spread over SMPL's three and one."""
    if role in FINGER_ROLES:
        finger = len(JOINT_NAMES) + FINGER_ROLES.index(role)
        return (finger, finger), 0.0
    if role.startswith("spine."):
        along = 3.0 * int(role[6:]) / len(humanoid.spine)  # 0 pelvis, 1..3 spine1..spine3
        lower = min(int(along), 2)
        column = [JOINT_NAMES.index(name) for name in ("pelvis", "spine1", "spine2", "spine3")]
        return (column[lower], column[lower + 1]), along - lower
    if role.startswith("neck."):
        return (JOINT_NAMES.index("spine3"), JOINT_NAMES.index("neck")), int(role[5:]) / len(humanoid.neck)
    joint = JOINT_NAMES.index(role)
    return (joint, joint), 0.0


def _joint_of(role: str, humanoid: HumanoidMap) -> int:
    if role in FINGER_ROLES:
        return JOINT_NAMES.index(role.split("_")[0] + "_hand")
    if role.startswith("spine."):
        return JOINT_NAMES.index(f"spine{max(1, round(3 * int(role[6:]) / len(humanoid.spine)))}")
    return JOINT_NAMES.index(role.split(".")[0])


def _corrections(index: dict[str, int], parents: list[int], rest: np.ndarray, smpl_rest: np.ndarray) -> np.ndarray:
    """(K, 3, 3) rotations that bring the avatar's rest pose to the T-pose: arms, hands and legs point as SMPL's do."""
    result = np.tile(np.eye(3), (len(rest), 1, 1))
    target = {name: smpl_rest[i] for i, name in enumerate(JOINT_NAMES)}
    for role, bone in index.items():
        side, _, part = role.partition("_")
        parent = parents[bone]
        if part in _ARM_ENDS:
            above = result[parent] if part != "shoulder" else np.eye(3)
            end = _arm_end(index, rest, side, part)
            goal = target[f"{side}_{_ARM_ENDS[part]}"] - target[role]
            result[bone] = above if end is None else _turn(above @ (end - rest[bone]), goal) @ above
            if part == "wrist":
                roll = _palm_roll(index, rest, side, result[bone])
                result[bone] = _about_x(roll) @ result[bone]
                result[parent] = _about_x(roll / 2) @ result[parent]  # the forearm takes half, as flesh does
        elif part in _LEG_ENDS and f"{side}_{_LEG_ENDS[part]}" in index:
            above = result[parent] if part != "hip" else np.eye(3)
            direction = above @ (rest[index[f"{side}_{_LEG_ENDS[part]}"]] - rest[bone])
            goal = target[f"{side}_{_LEG_ENDS[part]}"] - target[role]
            result[bone] = _turn(direction, goal) @ above
        elif role in FINGER_ROLES:
            result[bone] = result[parent]
    return result


def _arm_end(index: dict[str, int], rest: np.ndarray, side: str, part: str) -> np.ndarray | None:
    """Where an arm segment ends: the next joint, or the middle of the first knuckles for a hand."""
    if part != "wrist":
        end = index.get(f"{side}_{_ARM_ENDS[part]}")
        return None if end is None else rest[end]
    knuckles = [
        index[f"{side}_{finger}1"] for finger in ("index", "middle", "ring", "pinky") if f"{side}_{finger}1" in index
    ]
    return rest[knuckles].mean(0) if knuckles else None


def _palm_roll(index: dict[str, int], rest: np.ndarray, side: str, correction: np.ndarray) -> float:
    """How far a hand must be rolled about the arm for its palm to face down, radians; 0 where it nearly does."""
    knuckles = [index[f"{side}_{name}1"] for name in ("index", "middle", "ring", "pinky") if f"{side}_{name}1" in index]
    if len(knuckles) < 2:
        return 0.0
    across = correction @ (rest[knuckles[0]] - rest[knuckles[-1]])  # to the thumb's side: forwards in the T-pose
    roll = float(np.arctan2(across[1], across[2]))
    return roll * _fade(abs(roll), _ROLL_DEAD_ZONE)


def _about_x(angle: float) -> np.ndarray:
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]])


def _fade(angle: float, zone: tuple[float, float]) -> float:
    """0 below the zone, 1 above it, smooth between."""
    share = float(np.clip((angle - zone[0]) / (zone[1] - zone[0]), 0.0, 1.0))
    return share * share * (3.0 - 2.0 * share)


def _turn(direction: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """The smallest rotation that turns one direction into another."""
    a, b = (v / max(np.linalg.norm(v), 1e-9) for v in (direction, goal))
    axis = np.cross(a, b)
    sine, cosine = np.linalg.norm(axis), float(a @ b)
    angle = float(np.arctan2(sine, cosine))
    if sine < 1e-9:
        if cosine >= 0:
            return np.eye(3)
        axis, sine = np.cross(a, np.eye(3)[np.abs(a).argmin()]), 1.0  # opposite: any axis across will do
        axis = axis / np.linalg.norm(axis)
    x, y, z = axis / sine
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * cross @ cross


def _drivers(graph: NodeGraph, nodes: list[int]) -> list[int]:
    """For every node the bone that carries it: itself, its nearest ancestor among the bones, else the pelvis."""
    bone_of = {node: bone for bone, node in enumerate(nodes)}
    drivers = []
    for node in range(len(graph.names)):
        drivers.append(next((bone_of[up] for up in ancestors(graph, node) if up in bone_of), 0))
    return drivers
