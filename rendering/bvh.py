"""BVH motion files (Biovision hierarchy): SMPL poses out, any humanoid skeleton in.

Written: SMPL's 22 joints by their names on the bundled body, centimetres, y up, the floor at 0, channels
Zrotation Xrotation Yrotation, one frame for each pose. Hands and betas are not in it.
Read: any rotation orders and units, y or z up. Bones are found as in avatars (`humanoid`), turns become SMPL's by
`motion`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import roma
import torch

from ..smpl import JOINT_NAMES, NUM_BODY_JOINTS, PARENTS, SMPLPose
from .glb_pose import FRAMES_PER_SECOND
from .gltf import Gltf, NodeGraph
from .humanoid import map_humanoid
from .motion import frame_numbers, smpl_motion, smpl_rest

MAX_BYTES = 64 * 2**20
MAX_JOINTS = 512
_COUNT = 1 + NUM_BODY_JOINTS
_END_LENGTH = 8.0  # centimetres of a foot's or the head's end site
_CHANNELS = ("Xposition", "Yposition", "Zposition", "Xrotation", "Yrotation", "Zrotation")


@dataclass
class Joint:
    """A joint of a skeleton file: where it is from its parent at rest, and which columns move it."""

    name: str
    parent: int
    offset: np.ndarray = field(default_factory=lambda: np.zeros(3))
    channels: tuple[str, ...] = ()
    first: int = 0  # column of its first channel


class _NodeTree(Gltf):
    """Only the nodes of a glTF document, held in memory: what `NodeGraph` and `map_humanoid` ask for."""

    def __init__(self, nodes: list[dict]):
        self.json = {"nodes": nodes}


def save_bvh(path: Path, pose: SMPLPose) -> None:
    """Write poses as the frames of a BVH file, whole or not at all."""
    rest, floor = smpl_rest()
    euler = np.degrees(_zxy(roma.rotvec_to_rotmat(pose.full_pose()[:, :_COUNT].double().cpu()).numpy()))
    place = 100.0 * (rest[0] - floor + pose.transl.double().cpu().numpy())
    lines = ["HIERARCHY"]
    _write_joint(lines, 0, 100.0 * rest, 0)
    lines += ["MOTION", f"Frames: {len(pose)}", f"Frame Time: {1 / FRAMES_PER_SECOND:.6f}"]
    order = _depth_first(0)
    for row, angles in zip(place, euler):
        lines.append(" ".join(f"{value:.7f}" for value in (*row, *angles[order].reshape(-1))))
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    partial.write_text("\n".join(lines) + "\n", "ascii")
    os.replace(partial, path)


def load_bvh(path: Path, frame: int = -1) -> SMPLPose:
    """Read one frame, counted from 0, or all (-1) of a humanoid BVH file, float32.

    Lengths are scaled so that the file's legs are as long as the bundled body's, whatever its unit.
    Raises FileNotFoundError, or ValueError in one line for a file that is no BVH, has no humanoid skeleton, too many
    joints or frames, values that are not finite, or no such frame.
    """
    name = f"Pose file {path.name!r}"
    if not path.is_file():
        raise FileNotFoundError(f"{name}: there is no such file")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"it has more than {MAX_BYTES // 2**20} MB; cut the motion shorter")
        joints, rows = _parse(path.read_bytes(), frame)
        return _smpl_pose(joints, rows)
    except (ValueError, OSError) as error:
        raise ValueError(f"{name}: {error}") from None


def _children(joint: int) -> list[int]:
    return [child for child in range(_COUNT) if PARENTS[child] == joint]


def _depth_first(joint: int) -> list[int]:
    return [joint, *(below for child in _children(joint) for below in _depth_first(child))]


def _write_joint(lines: list[str], joint: int, rest: np.ndarray, depth: int) -> None:
    pad = "  " * depth
    offset = np.zeros(3) if joint == 0 else rest[joint] - rest[PARENTS[joint]]
    angles = "Zrotation Xrotation Yrotation"
    channels = f"6 Xposition Yposition Zposition {angles}" if joint == 0 else f"3 {angles}"
    lines += [f"{pad}{'JOINT' if depth else 'ROOT'} {JOINT_NAMES[joint]}", f"{pad}{{"]
    lines += [f"{pad}  OFFSET {_triple(offset)}", f"{pad}  CHANNELS {channels}"]
    for child in _children(joint):
        _write_joint(lines, child, rest, depth + 1)
    if not _children(joint):
        name = JOINT_NAMES[joint]
        if name.endswith("wrist"):
            end = rest[JOINT_NAMES.index(name.replace("wrist", "hand"))] - rest[joint]
        else:
            end = np.array([0.0, _END_LENGTH, 0.0] if name == "head" else [0.0, 0.0, _END_LENGTH])
        lines += [f"{pad}  End Site", f"{pad}  {{", f"{pad}    OFFSET {_triple(end)}", f"{pad}  }}"]
    lines.append(f"{pad}}}")


def _triple(values: np.ndarray) -> str:
    return " ".join(f"{value:.7f}" for value in values)


def _zxy(rotation: np.ndarray) -> np.ndarray:
    """(..., 3) angles z, x, y in radians of rotations (..., 3, 3) = Rz Rx Ry."""
    cosine = np.hypot(rotation[..., 2, 0], rotation[..., 2, 2])
    locked = cosine < 1e-9  # x is a right angle: only the sum or difference of z and y is known, so y is 0
    x = np.arctan2(rotation[..., 2, 1], cosine)
    z = np.arctan2(
        np.where(locked, rotation[..., 1, 0], -rotation[..., 0, 1]),
        np.where(locked, rotation[..., 0, 0], rotation[..., 1, 1]),
    )
    y = np.where(locked, 0.0, np.arctan2(-rotation[..., 2, 0], rotation[..., 2, 2]))
    return np.stack([z, x, y], -1)


def _parse(data: bytes, frame: int) -> tuple[list[Joint], np.ndarray]:
    """Joints, parents first, and the chosen frames (F, channels)."""
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n")[:9].upper() == b"HIERARCHY":
        raise ValueError("it is no BVH file (it does not begin with HIERARCHY)")
    head, found, motion = data.decode("utf-8-sig", "replace").partition("MOTION")
    if not found:
        raise ValueError("it ends before its MOTION part")
    joints, width = _parse_hierarchy(head)
    lines = [line for line in motion.splitlines() if line.strip()]
    if len(lines) < 3 or not lines[0].strip().startswith("Frames:") or "Frame Time:" not in lines[1]:
        raise ValueError("its MOTION part does not begin with 'Frames:' and 'Frame Time:'")
    count = _integer(lines[0].split(":")[1].strip(), "Frames")
    if count != len(lines) - 2:
        raise ValueError(f"it says {count} frames and has {len(lines) - 2}")
    rows = []
    for number in frame_numbers(count, frame):
        words = lines[2 + number].split()
        if len(words) != width:
            raise ValueError(f"frame {number} has {len(words)} values for {width} channels")
        rows.append(_numbers(words, f"frame {number}"))
    return joints, np.stack(rows)


def _parse_hierarchy(text: str) -> tuple[list[Joint], int]:
    """Joints, parents first, and how many channels they have; end sites are joints without channels."""
    words = text.split()[1:]
    joints: list[Joint] = []
    opened: list[int] = []
    width, at = 0, 0
    while at < len(words):
        word = words[at].upper()
        if word in ("ROOT", "JOINT", "END"):
            stop = words.index("{", at, at + 64) if "{" in words[at : at + 64] else at
            if stop < at + 2:
                raise ValueError(f"{words[at]} number {len(joints)} has no name or no brace")
            if len(joints) == MAX_JOINTS:
                raise ValueError(f"it has more than {MAX_JOINTS} joints")
            if bool(opened) == (word == "ROOT"):
                raise ValueError("it has more than one ROOT, or a JOINT outside it")
            label = " ".join(words[at + 1 : stop])[:200]
            name = f"{joints[opened[-1]].name} end" if word == "END" else label
            joints.append(Joint(name, opened[-1] if opened else -1, first=width))
            opened.append(len(joints) - 1)
            at = stop + 1
        elif not opened:
            raise ValueError(f"{words[at][:40]!r} stands outside the skeleton")
        elif word == "}":
            opened.pop()
            at += 1
        elif word == "OFFSET":
            joints[opened[-1]].offset = _numbers(words[at + 1 : at + 4], f"OFFSET of {joints[opened[-1]].name!r}", 3)
            at += 4
        elif word == "CHANNELS":
            joint = joints[opened[-1]]
            number = _integer(words[at + 1] if at + 1 < len(words) else "", f"CHANNELS of {joint.name!r}")
            channels = tuple(name.capitalize() for name in words[at + 2 : at + 2 + min(number, 7)])
            if joint.channels or len(channels) != number or len(set(channels)) != number:
                raise ValueError(f"CHANNELS of {joint.name!r} are not up to six different channels")
            if not set(channels) <= set(_CHANNELS):
                raise ValueError(f"CHANNELS of {joint.name!r} are {', '.join(channels)[:80]}, not {_CHANNELS[0]}, ...")
            joint.channels, joint.first = channels, width
            width += number
            at += 2 + number
        else:
            raise ValueError(f"{words[at][:40]!r} is no word of a BVH skeleton")
    if opened or not joints:
        raise ValueError("its skeleton is cut off (braces do not match)")
    return joints, width


def _integer(word: str, label: str) -> int:
    if not (word.isascii() and word.isdigit() and len(word) < 10):
        raise ValueError(f"{label}: {word[:40]!r} is not a count")
    return int(word)


def _numbers(words: list[str], label: str, count: int | None = None) -> np.ndarray:
    try:
        values = np.array([float(word) for word in words])
    except ValueError:
        raise ValueError(f"{label} holds something that is no number") from None
    if (count is not None and len(values) != count) or not (np.abs(values) < 1e7).all():
        raise ValueError(f"{label} is cut off or holds values that are not finite or not below 10 million")
    return values


def _smpl_pose(joints: list[Joint], rows: np.ndarray) -> SMPLPose:
    return skeleton_pose(joints, *_motion(joints, rows))


def skeleton_pose(joints: list[Joint], turns: np.ndarray, places: np.ndarray) -> SMPLPose:
    """SMPL poses of a humanoid skeleton, in any unit and with any axis up, as `load_bvh` gives them.

    joints: parents first; their offsets are the rest pose, those without channels carry no body. turns (F, J, 3, 3):
    world rotations away from the rest pose. places (F, J, 3). Raises ValueError where the skeleton is no humanoid.
    """
    tree = _node_tree(joints)
    graph = NodeGraph(tree)
    try:
        humanoid = map_humanoid(tree, graph, {i for i, joint in enumerate(joints) if joint.channels})
    except ValueError as error:
        raise ValueError(str(error).replace("its skin has", "its skeleton has")) from None
    by_node = {node: turns[:, node] for node in range(len(joints))}
    return smpl_motion(graph, humanoid, by_node, places[:, humanoid.bones["pelvis"]])


def _node_tree(joints: list[Joint]) -> _NodeTree:
    """The skeleton as a node hierarchy: BVH's rest pose has translations only."""
    nodes: list[dict] = [{"name": joint.name, "translation": joint.offset.tolist(), "children": []} for joint in joints]
    for index, joint in enumerate(joints):
        if joint.parent >= 0:
            nodes[joint.parent]["children"].append(index)
    return _NodeTree(nodes)


def _motion(joints: list[Joint], rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """World rotations (F, J, 3, 3) away from the rest pose and places (F, J, 3), in the file's axes."""
    turns = np.empty((len(rows), len(joints), 3, 3))
    places = np.empty((len(rows), len(joints), 3))
    for index, joint in enumerate(joints):
        local = np.broadcast_to(np.eye(3), (len(rows), 3, 3))
        place = np.tile(joint.offset, (len(rows), 1))
        for column, channel in enumerate(joint.channels, joint.first):
            axis = "XYZ".index(channel[0])
            if channel.endswith("position"):
                place[:, axis] = rows[:, column]  # in place of the offset, as exporters write it
            else:
                local = local @ _about(axis, np.radians(rows[:, column]))
        if joint.parent < 0:
            turns[:, index], places[:, index] = local, place
        else:
            above = turns[:, joint.parent]
            turns[:, index] = above @ local
            places[:, index] = places[:, joint.parent] + (above @ place[..., None])[..., 0]
    return turns, places


def _about(axis: int, angle: np.ndarray) -> np.ndarray:
    """(F, 3, 3) rotations about x, y or z (0, 1, 2)."""
    rotvec = torch.zeros(len(angle), 3, dtype=torch.float64)
    rotvec[:, axis] = torch.from_numpy(angle)
    return roma.rotvec_to_rotmat(rotvec).numpy()
