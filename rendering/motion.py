"""How a skeleton of any humanoid file turns, as SMPL poses: what reading BVH and VRM Animation files share.

A joint's rotation is how its bone turns in the world away from the file's rest pose, once that rest pose is brought to
SMPL's T-pose (`rig`).
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
import roma
import torch

from ..smpl import JOINT_NAMES, NUM_BODY_JOINTS, NUM_HAND_JOINTS, PARENTS, SMPLPose
from .body import load_body
from .gltf import NodeGraph
from .humanoid import FINGERS, HumanoidMap
from .rig import build_rig

MAX_FRAMES = 2_000  # read at once; any single frame of a longer file can be chosen
_COUNT = 1 + NUM_BODY_JOINTS
_LEGS = ("left_hip", "left_knee", "left_ankle")
_STILL = 1e-3  # radians; fingers that bend less in every frame were not captured


def frame_numbers(count: int, frame: int) -> range:
    """Which of `count` frames to read: one, counted from 0, or all (-1). Raises ValueError if there is none, or too
    many."""
    if frame >= count:
        raise ValueError(f"it has {count} frames, numbered from 0; {frame} is not one of them")
    if frame < 0 and count > MAX_FRAMES:
        raise ValueError(f"it has {count} frames and at most {MAX_FRAMES} are read at once; choose one frame by index")
    return range(count) if frame < 0 else range(frame, frame + 1)


def smpl_rest() -> tuple[np.ndarray, np.ndarray]:
    """(24, 3) joints of the bundled body in the T-pose, float64 metres, and the point (3,) below it on its floor."""
    body = load_body()
    floor = np.array([0.0, float(body.v_template[:, 1].min()), 0.0])
    return body.rest_joints[list(body.smpl_joints)].double().cpu().numpy(), floor


def smpl_motion(
    graph: NodeGraph,
    humanoid: HumanoidMap,
    turns: Mapping[int, np.ndarray],  # node -> (F, 3, 3)
    pelvis: np.ndarray,  # (F, 3)
) -> SMPLPose:
    """F poses, float32, from how the bones turn in the world away from their rest and where the pelvis is.

    Lengths are scaled so that the file's legs are as long as the bundled body's; the file's floor is at 0. Hands are
    posed if the file bends their fingers. Raises ValueError if the rest pose has no legs, height or width.
    """
    rest_joints, floor = smpl_rest()
    places = graph.world[:, :3, 3]
    scale, axes = _scale(humanoid, places, rest_joints), _axes(humanoid, places)
    rest = np.tile(np.eye(4), (len(places), 1, 1))
    rest[:, :3, 3] = scale * places @ axes.T
    rig = build_rig(graph, humanoid, rest, rest_joints)
    corrections = rig.correction.double().numpy().transpose(0, 2, 1)
    by_node = {node: axes @ turns[node] @ axes.T @ corrections[bone] for bone, node in enumerate(rig.nodes)}
    world = _smpl_world(humanoid, by_node)
    local = world.copy()
    local[:, 1:] = world[:, list(PARENTS[1:_COUNT])].swapaxes(-1, -2) @ world[:, 1:]
    rotvec = _rotvec(local)
    left, right = (_hand(side, humanoid, by_node, world) for side in ("left", "right"))
    transl = torch.from_numpy(scale * pelvis @ axes.T - (rest_joints[0] - floor)).float()
    return SMPLPose.create(rotvec[:, 1:], rotvec[:, 0], transl=transl, left_hand_pose=left, right_hand_pose=right)


def _rotvec(rotation: np.ndarray) -> torch.Tensor:
    return roma.rotmat_to_rotvec(torch.from_numpy(rotation)).float()


def _scale(humanoid: HumanoidMap, places: np.ndarray, rest_joints: np.ndarray) -> float:
    """The bundled body's leg length over the file's."""
    roles = [role for role in _LEGS if role in humanoid.bones]
    legs = [places[humanoid.bones[role]] for role in roles], [rest_joints[JOINT_NAMES.index(role)] for role in roles]
    length, wanted = (sum(np.linalg.norm(b - a) for a, b in itertools.pairwise(leg)) for leg in legs)
    if length < 1e-6:
        raise ValueError("its legs have no length")
    return wanted / length


def _axes(humanoid: HumanoidMap, places: np.ndarray) -> np.ndarray:
    """(3, 3) rotation from the file's axes to SMPL's (left x, up y, front z), by quarter turns."""
    bones = humanoid.bones
    up = _nearest_axis(places[bones["head"]] - places[bones["pelvis"]])
    across = places[bones["left_hip"]] - places[bones["right_hip"]]
    left = _nearest_axis(np.where(up != 0, 0.0, across))
    return np.stack([left, up, np.cross(left, up)])


def _nearest_axis(direction: np.ndarray) -> np.ndarray:
    axis = np.zeros(3)
    largest = np.abs(direction).argmax()
    if abs(direction[largest]) < 1e-9:
        raise ValueError("its rest pose has no height or no width")
    axis[largest] = np.sign(direction[largest])
    return axis


def _smpl_world(humanoid: HumanoidMap, by_node: dict[int, np.ndarray]) -> np.ndarray:
    """(F, 22, 3, 3) world rotations of SMPL's joints; a joint the file lacks follows the one above it."""
    column = [by_node[node] for node in (humanoid.bones["pelvis"], *humanoid.spine)]
    world: list[np.ndarray] = []
    for joint, name in enumerate(JOINT_NAMES[:_COUNT]):
        node = humanoid.node_of(name)
        if name.startswith("spine"):
            along = int(name[-1]) * len(humanoid.spine) / 3
            lower = min(int(along), len(column) - 2)
            world.append(_between(column[lower], column[lower + 1], along - lower))
        elif node in by_node:
            world.append(by_node[node])
        else:
            world.append(world[PARENTS[joint]])
    return np.stack(world, 1)


def _between(first: np.ndarray, second: np.ndarray, share: float) -> np.ndarray:
    way = roma.rotmat_to_rotvec(torch.from_numpy(first.transpose(0, 2, 1) @ second)) * share
    return first @ roma.rotvec_to_rotmat(way).numpy()


def _hand(side: str, humanoid: HumanoidMap, by_node: dict[int, np.ndarray], world: np.ndarray) -> torch.Tensor | None:
    """(F, 15, 3) axis-angle of a hand's fingers in MANO order, None where nothing bends them."""
    bends = []
    for finger in FINGERS:
        above = world[:, JOINT_NAMES.index(f"{side}_wrist")]
        for k in (1, 2, 3):
            turn = by_node.get(humanoid.bones.get(f"{side}_{finger}{k}", -1), above)
            bends.append(above.transpose(0, 2, 1) @ turn)
            above = turn
    rotvec = _rotvec(np.stack(bends, 1)).view(-1, NUM_HAND_JOINTS, 3)
    return rotvec if rotvec.norm(dim=-1).max() > _STILL else None
