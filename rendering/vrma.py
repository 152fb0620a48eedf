"""VRM Animation files (.vrma): glTF with the extension VRMC_vrm_animation 1.0, read as SMPL poses.

The extension names the nodes of a humanoid skeleton at rest in the T-pose, its nodes turned in any way, and the file's
first animation moves them. Turns become SMPL's by `motion`. Facial expressions and gaze are not poses and left out.
Keys stand at any time; frames are taken at 30 a second, the rate the specification proposes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import roma
import torch

from ..smpl import SMPLPose
from .glb_pose import FRAMES_PER_SECOND
from .gltf import Gltf, NodeGraph
from .humanoid import REPLACEABLE, HumanoidMap, ancestors, missing_roles, vrm_humanoid
from .motion import frame_numbers, smpl_motion

MAX_BYTES = 64 * 2**20
MAX_BONES = 256  # of the skeleton, with everything above it
_SLACK = 1e-4  # seconds by which float32 times of keys miss the frame they are meant for
_WIDTHS = {"rotation": 4, "translation": 3}  # of the paths that move bones


def load_vrma(path: Path, frame: int = -1) -> SMPLPose:
    """Read one frame, counted from 0 at 30 a second, or all (-1) of a VRM Animation, float32.

    Lengths are scaled so that the file's legs are as long as the bundled body's. Raises FileNotFoundError, or
    ValueError in one line for a file that is no VRM Animation, lacks a humanoid bone, has too many frames or bones,
    keys that are damaged or not finite, or no such frame.
    """
    name = f"Pose file {path.name!r}"
    if not path.is_file():
        raise FileNotFoundError(f"{name}: there is no such file")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"it has more than {MAX_BYTES // 2**20} MB; cut the motion shorter")
        return _read(Gltf(path), frame)
    except (ValueError, OSError) as error:
        raise ValueError(f"{name}: {' '.join(str(error).split())}") from None
    except (TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
        raise ValueError(f"{name}: malformed glTF ({type(error).__name__}: {error})") from None


def _read(gltf: Gltf, frame: int) -> SMPLPose:
    if "VRMC_vrm_animation" not in gltf.json.get("extensions", {}):
        raise ValueError("it is no VRM Animation (it has no extension VRMC_vrm_animation)")
    graph = NodeGraph(gltf)
    humanoid = vrm_humanoid(gltf, graph)
    missing = [role for role in missing_roles(humanoid) if role not in REPLACEABLE]
    if missing:
        raise ValueError(f"its humanoid lacks bones (missing: {', '.join(missing)})")
    bones = {*humanoid.bones.values(), *humanoid.spine, *humanoid.neck}
    needed = {above for bone in bones for above in ancestors(graph, bone)}
    if len(needed) > MAX_BONES:
        raise ValueError(f"its skeleton has {len(needed)} bones; at most {MAX_BONES} are read")
    tracks = _tracks(gltf, needed)
    turns, pelvis = _motion(graph, humanoid, needed, tracks, _times(tracks, frame))
    return smpl_motion(graph, humanoid, turns, pelvis)


class _Track:
    """The keys of one node's rotation or translation: times (K,), values (K, 3 or 4), tangents in and out if cubic."""

    def __init__(self, gltf: Gltf, sampler: dict, node: int, path: str):
        label = f"the {path} of node {node}"
        self.rotates = path == "rotation"
        self.kind = sampler.get("interpolation", "LINEAR")
        if self.kind not in ("LINEAR", "STEP", "CUBICSPLINE"):
            raise ValueError(f"{label} has the unknown interpolation {str(self.kind)[:40]!r}")
        times = gltf.accessor(sampler["input"])
        values = gltf.accessor(sampler["output"]).astype(np.float64)
        each = 3 if self.kind == "CUBICSPLINE" else 1
        if times.ndim != 2 or times.shape[1] != 1 or not len(times):
            raise ValueError(f"{label} has no times")
        if values.shape != (each * len(times), _WIDTHS[path]):
            raise ValueError(f"{label} has {len(times)} times and values of shape {values.shape}")
        self.times = times[:, 0].astype(np.float64)
        if not (np.isfinite(self.times).all() and np.isfinite(values).all() and np.abs(values).max() < 1e7):
            raise ValueError(f"{label} holds values that are not finite or not below 10 million")
        if (np.diff(self.times) <= 0).any() or self.times[0] < 0:
            raise ValueError(f"{label} has times that do not grow")
        self.into, self.values, self.out = values.reshape(-1, each, _WIDTHS[path]).transpose(1, 0, 2)[
            [0, each // 2, -1]
        ]
        if self.rotates:
            length = np.linalg.norm(self.values, axis=1, keepdims=True)
            if length.min() < 1e-3:
                raise ValueError(f"{label} holds a quaternion that is no rotation")
            if self.kind != "CUBICSPLINE":
                self.values = self.values / length

    def at(self, moments: np.ndarray) -> np.ndarray:
        """(F, 3 or 4) values at these times (F,) (specification, appendix C); before and after the keys they stay."""
        place = np.clip(np.searchsorted(self.times, moments + _SLACK, "right") - 1, 0, len(self.times) - 1)
        following = np.minimum(place + 1, len(self.times) - 1)
        if self.kind == "STEP":
            return self.values[place]
        length = self.times[following] - self.times[place]
        share = np.clip((moments - self.times[place]) / np.where(length > 0, length, 1.0), 0.0, 1.0)[:, None]
        first, second = self.values[place], self.values[following]
        if self.kind == "CUBICSPLINE":
            out, into = length[:, None] * self.out[place], length[:, None] * self.into[following]
            return _normal(_hermite(first, out, second, into, share), self.rotates)
        return _slerp(first, second, share) if self.rotates else first + share * (second - first)


def _hermite(first, out, second, into, t: np.ndarray) -> np.ndarray:
    square, cube = t * t, t * t * t
    ends = (2 * cube - 3 * square + 1) * first + (3 * square - 2 * cube) * second
    return ends + (cube - 2 * square + t) * out + (cube - square) * into


def _normal(values: np.ndarray, rotates: bool) -> np.ndarray:
    return values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-9) if rotates else values


def _slerp(first: np.ndarray, second: np.ndarray, share: np.ndarray) -> np.ndarray:
    cosine = (first * second).sum(1, keepdims=True)
    second = np.where(cosine < 0, -second, second)
    angle = np.arctan2(np.linalg.norm(second - first * np.abs(cosine), axis=1, keepdims=True), np.abs(cosine))
    sine = np.sin(angle)
    near = sine < 1e-6
    safe = np.where(near, 1.0, sine)
    before = np.where(near, 1.0 - share, np.sin((1.0 - share) * angle) / safe)
    after = np.where(near, share, np.sin(share * angle) / safe)
    return _normal(before * first + after * second, True)


def _tracks(gltf: Gltf, needed: set[int]) -> dict[tuple[int, str], _Track]:
    """The keys of the first animation that move the skeleton, by (node, path)."""
    if not gltf.all("animations"):
        raise ValueError("it has no animation")
    animation = gltf.item("animations", 0)
    tracks = {}
    for channel in animation["channels"]:
        node, path = channel["target"].get("node"), channel["target"].get("path")
        if node in needed and path in _WIDTHS:
            tracks[node, path] = _Track(gltf, animation["samplers"][channel["sampler"]], node, path)
    return tracks


def _times(tracks: dict[tuple[int, str], _Track], frame: int) -> np.ndarray:
    """(F,) the moments of the chosen frames."""
    start = min((track.times[0] for track in tracks.values()), default=0.0)
    end = max((track.times[-1] for track in tracks.values()), default=0.0)
    count = int(min((end - start) * FRAMES_PER_SECOND + 1e-3, 1e9)) + 1
    return start + np.array(frame_numbers(count, frame)) / FRAMES_PER_SECOND


def _motion(
    graph: NodeGraph,
    humanoid: HumanoidMap,
    needed: set[int],
    tracks: dict[tuple[int, str], _Track],
    moments: np.ndarray,
) -> tuple[dict[int, np.ndarray], np.ndarray]:
    """World rotations (F, 3, 3) of the needed nodes away from their rest, and where the pelvis is (F, 3)."""
    rest: dict[int, np.ndarray] = {-1: np.eye(3)}
    turned: dict[int, np.ndarray] = {-1: np.broadcast_to(np.eye(3), (len(moments), 3, 3))}
    world: dict[int, np.ndarray] = {-1: np.broadcast_to(np.eye(4), (len(moments), 4, 4))}
    for node in graph.order:
        if node not in needed:
            continue
        own, scale = _turn_and_scale(graph.local[node], node)
        local = np.tile(graph.local[node], (len(moments), 1, 1))
        turn = np.broadcast_to(own, (len(moments), 3, 3))
        if (node, "rotation") in tracks:
            turn = _matrices(tracks[node, "rotation"].at(moments))
            local[:, :3, :3] = turn * scale
        if (node, "translation") in tracks:
            local[:, :3, 3] = tracks[node, "translation"].at(moments)
        parent = graph.parents[node]
        rest[node] = rest[parent] @ own
        turned[node] = turned[parent] @ turn
        world[node] = world[parent] @ local
    turns = {node: turned[node] @ rest[node].T for node in needed}
    return turns, world[humanoid.bones["pelvis"]][:, :3, 3]


def _turn_and_scale(local: np.ndarray, node: int) -> tuple[np.ndarray, np.ndarray]:
    """Rotation (3, 3) and scale (3,) of a node's transform (4, 4)."""
    scale = np.linalg.norm(local[:3, :3], axis=0)
    if scale.min() < 1e-9 or np.linalg.det(local[:3, :3]) < 0:
        raise ValueError(f"node {node} of its skeleton is mirrored or has no size")
    return local[:3, :3] / scale, scale


def _matrices(quaternion: np.ndarray) -> np.ndarray:
    """(F, 3, 3) rotations of unit quaternions (F, 4), xyzw."""
    return roma.unitquat_to_rotmat(torch.from_numpy(quaternion)).numpy()
