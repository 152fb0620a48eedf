"""A user's avatar: geometry, skin, materials and skeleton of a glTF file, mapped to SMPL's joints.

All primitives of a file become one indexed triangle soup whose vertices are bound to *slots*: a skin's joint with its
inverse bind matrix, or, for a rigid part, the node that carries it. Posing is then a single blend.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch

from ..smpl import JOINT_NAMES, PARENTS
from .avatar_expressions import Expressions, read_expressions
from .avatar_geometry import Geometry, read_geometry
from .avatar_materials import read_materials
from .body import load_body
from .gltf import Gltf, NodeGraph
from .humanoid import FINGER_ROLES, HumanoidMap, map_humanoid
from .mesh import Material
from .rig import Rig, build_rig

SENSIBLE_HEIGHT = (0.25, 4.0)  # metres; a file outside is in centimetres or in no unit at all
FALLBACK_HEIGHT = 1.7
_ANY_UNIT = (1e-9, 1e9)  # what a height may be in some unit; beyond, single precision gives out


@dataclass(frozen=True, eq=False)
class Avatar:
    """A rigged avatar of V vertices, N nodes and S binding slots. Metres, y up; at rest it faces +z.

    positions, normals:  (V, 3) in the spaces of their bindings.
    uv, colors:          (V, 2) and (V, 4) linear.
    faces:               (F, 3); face_material (F,) into `materials`.
    slots, weights:      (V, K) binding slots of each vertex and their weights, which sum to 1.
    slot_nodes:          (S,) the node of each slot; inverse_bind (S, 4, 4) its inverse bind matrix.
    rest:                (N, 4, 4) world matrices of the nodes at rest; node_names N strings.
    humanoid, rig:       which node is which joint, and the skeleton that poses drive.
    joint_nodes:         24 nodes, for each SMPL joint the bone that carries it.
    vertex_part:         (V,) SMPL joint each vertex belongs to, -1 for hair, props and other things hung on the body.
    height, hip_height:  metres from the soles to the top at rest, and to the middle of the hips on straight legs.
    expressions:         what the face can do, by name.
    notes:               what was mended or left out on import, one sentence each.
    source:              the file it was read from; exporting needs it.
    """

    name: str
    positions: torch.Tensor
    normals: torch.Tensor
    uv: torch.Tensor
    colors: torch.Tensor
    faces: torch.Tensor
    face_material: torch.Tensor
    materials: tuple[Material, ...]
    slots: torch.Tensor
    weights: torch.Tensor
    slot_nodes: torch.Tensor
    inverse_bind: torch.Tensor
    rest: torch.Tensor
    node_names: tuple[str, ...]
    humanoid: HumanoidMap
    rig: Rig
    joint_nodes: tuple[int, ...]
    vertex_part: torch.Tensor
    height: float
    hip_height: float
    expressions: Expressions = field(default_factory=Expressions)
    notes: tuple[str, ...] = ()
    source: Path | None = None

    @functools.cached_property
    def rest_vertices(self) -> torch.Tensor:
        """(V, 3) vertices in the rest pose."""
        matrices = self.rest[self.slot_nodes] @ self.inverse_bind
        return sum(
            self.weights[:, k, None] * _transformed(matrices[self.slots[:, k]], self.positions)
            for k in range(self.slots.shape[1])
        )

    def with_expression(self, strengths: Mapping[str, float]) -> Avatar:
        """The same avatar with facial expressions by name (VRM presets, or morph targets), strengths 0..1.

        Raises ValueError on a name the avatar does not have.
        """
        positions, normals = self.expressions.offsets(strengths, len(self.positions))
        turned = torch.nn.functional.normalize(self.normals + normals, dim=-1)
        return replace(self, positions=self.positions + positions, normals=turned)

    def report(self) -> str:
        """What was understood of the rig: every SMPL joint's bone and the confidence, then the notes."""
        lines = [
            f"{self.name}: {len(self.faces):,} triangles, {len(self.materials)} materials, height {self.height:.2f} m",
            f"rig: {self.humanoid.convention}, {len(self.rig.nodes)} of {len(self.node_names)} nodes drive it",
        ]
        for joint in JOINT_NAMES[:22]:
            lines.append(f"  {joint:15s} {self._bone_line(joint)}")
        fingers = sum(role in FINGER_ROLES for role in self.rig.roles)
        lines.append(f"  fingers         {fingers} of {len(FINGER_ROLES)} bones")
        if self.expressions.names:
            lines.append(f"  expressions     {', '.join(self.expressions.names[:24])}")
        return "\n".join(lines + [f"note: {note}" for note in self.notes])

    def _bone_line(self, joint: str) -> str:
        node = self.humanoid.node_of(joint)
        if node is None:
            return f"none, follows {self._carrier(joint)}"
        key = "spine" if joint.startswith("spine") else joint
        return f"{self.node_names[node]}  ({self.humanoid.confidence.get(key, 1.0):.0%})"

    def _carrier(self, joint: str) -> str:
        return self.node_names[self.joint_nodes[JOINT_NAMES.index(joint)]]


def _transformed(matrices: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    """(V, 3) points under (V, 4, 4) matrices."""
    return (matrices[:, :3, :3] @ points[..., None])[..., 0] + matrices[:, :3, 3]


def load_avatar(path: str | Path, bone_override: Mapping[str, str] | None = None) -> Avatar:
    """Read a rigged avatar from a .glb, .vrm or .gltf file.

    bone_override: SMPL joint (or finger, "left_index1") -> bone name, where the mapping found is to be corrected.

    Raises FileNotFoundError or ValueError with one line that names the file and what is wrong with it.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"Avatar {path.name!r}: there is no such file")
    try:
        return _load(path, bone_override)
    except ValueError as error:
        raise ValueError(f"Avatar {path.name!r}: {_one_line(error)}") from None
    except (TypeError, KeyError, IndexError, AttributeError, OverflowError, FloatingPointError) as error:
        # The document's structure is not what the specification says: a list for a number, a missing key, ...
        raise ValueError(f"Avatar {path.name!r}: malformed glTF ({type(error).__name__}: {_one_line(error)})") from None


def _one_line(error: Exception, most: int = 400) -> str:
    """The message on one line; values from a hostile file can be of any length."""
    message = " ".join(str(error).split())
    return message if len(message) <= most else message[: most - 3] + "..."


def _load(path: Path, bone_override: Mapping[str, str] | None) -> Avatar:
    gltf = Gltf(path)
    graph = NodeGraph(gltf)
    skin_joints = {joint for skin in gltf.all("skins") for joint in skin["joints"] if 0 <= joint < len(graph.names)}
    humanoid = map_humanoid(gltf, graph, skin_joints, bone_override)
    geometry = read_geometry(gltf, graph)
    materials = read_materials(gltf)
    notes = [*geometry.notes, *gltf.notes]

    world = facing(graph, humanoid) @ graph.world
    scale, note = _metres(bound_vertices(geometry, world)[:, 1])
    if note:
        notes.append(note)
    world = np.diag([scale, scale, scale, 1.0]) @ world
    part = vertex_parts(geometry, graph, humanoid)
    vertices = bound_vertices(geometry, world)
    soles = vertices[np.isin(part, _FEET), 1] if np.isin(part, _FEET).any() else vertices[:, 1]
    body = vertices[part >= 0, 1] if (part >= 0).any() else vertices[:, 1]
    floor = float(soles.min())
    world[:, 1, 3] -= floor

    smpl_rest = load_body().rest_joints.double().numpy()
    rig = build_rig(graph, humanoid, world, smpl_rest)
    real = lambda values: torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))  # noqa: E731
    return Avatar(
        name=path.name,
        positions=real(geometry.positions),
        normals=real(geometry.normals),
        uv=real(geometry.uv),
        colors=real(geometry.colors),
        faces=torch.from_numpy(geometry.faces),
        face_material=torch.from_numpy(geometry.face_material),
        materials=materials,
        slots=torch.from_numpy(geometry.slots),
        weights=real(geometry.weights),
        slot_nodes=torch.from_numpy(geometry.slot_nodes),
        inverse_bind=real(geometry.inverse_bind),
        rest=real(world),
        node_names=tuple(graph.names),
        humanoid=humanoid,
        rig=rig,
        joint_nodes=_joint_nodes(humanoid),
        vertex_part=torch.from_numpy(part),
        height=float(body.max() - floor),
        hip_height=_hip_height(rig),
        expressions=read_expressions(gltf, geometry.morphs),
        notes=tuple(notes),
        source=path,
    )


_FEET = tuple(JOINT_NAMES.index(name) for name in ("left_ankle", "right_ankle", "left_foot", "right_foot"))


def facing(graph: NodeGraph, humanoid: HumanoidMap) -> np.ndarray:
    """(4, 4) rotation that brings the file's axes to ours: up is +y, the avatar's left is +x, so it faces +z.

    Read off the bones, because VRM 0.x faces -z, others +z, and some exporters leave z up. Snapped to right angles: a
    rest pose may lean or turn a little, the file's axes do not.
    """
    place = {role: graph.world[node, :3, 3] for role, node in humanoid.bones.items()}
    pairs = [("left_hip", "right_hip"), ("left_shoulder", "right_shoulder")]
    left = sum(place[a] - place[b] for a, b in pairs)
    up = place["head"] - (place["left_hip"] + place["right_hip"]) / 2
    y = _nearest_axis(up)
    x = _nearest_axis(left - y * (left @ y))
    rotation = np.eye(4)
    rotation[:3, :3] = np.stack([x, y, np.cross(x, y)])
    return rotation


def _hip_height(rig: Rig) -> float:
    """Height of the hips above the soles with the legs brought to the T-pose, whatever they do at rest."""
    heights = []
    for side in ("left", "right"):
        leg = [rig.roles.index(f"{side}_{part}") for part in ("hip", "knee", "ankle") if f"{side}_{part}" in rig.roles]
        drop = sum(float((rig.correction[a] @ (rig.rest[a] - rig.rest[b]))[1]) for a, b in itertools.pairwise(leg))
        heights.append(float(rig.rest[leg[-1], 1]) + drop)
    return sum(heights) / 2


def bound_vertices(geometry: Geometry, world: np.ndarray) -> np.ndarray:
    """(V, 3) vertices at rest, given the nodes' world matrices (N, 4, 4)."""
    matrices = world[geometry.slot_nodes] @ geometry.inverse_bind
    result = np.zeros_like(geometry.positions, dtype=np.float64)
    for k in range(geometry.slots.shape[1]):
        matrix = matrices[geometry.slots[:, k]]
        moved = np.einsum("vij,vj->vi", matrix[:, :3, :3], geometry.positions) + matrix[:, :3, 3]
        result += geometry.weights[:, k, None] * moved
    if not np.isfinite(result).all():
        raise ValueError("its vertices are not finite once bound to the skeleton")
    return result


def vertex_parts(geometry: Geometry, graph: NodeGraph, humanoid: HumanoidMap) -> np.ndarray:
    """(V,) SMPL joint of the bone that moves each vertex most, -1 where that is hair, cloth or a prop."""
    parts = np.array([_node_part(graph, humanoid, node) for node in range(len(graph.names))], dtype=np.int64)
    strongest = np.take_along_axis(geometry.slots, geometry.weights.argmax(1)[:, None], 1)[:, 0]
    return parts[geometry.slot_nodes[strongest]]


# Bones below a humanoid bone that still are flesh.
_FLESH = re.compile(
    r"twist|roll|eye|jaw|teeth|tongue|brow|lip|cheek|nose|face|breast|bust|toe|finger|thumb|palm|hand(?!slot|le)", re.I
)


# Places for props: what hangs there is no flesh whatever its name ("1H_Sword_Offhand").
_HOLDER = re.compile(r"slot|socket|weapon|prop|attach|holder|item", re.I)


def _node_part(graph: NodeGraph, humanoid: HumanoidMap, node: int) -> int:
    role_of = {bone: role for role, bone in humanoid.bones.items()}
    role_of |= {
        bone: f"spine{max(1, round(3 * (k + 1) / len(humanoid.spine)))}" for k, bone in enumerate(humanoid.spine)
    }
    role_of |= dict.fromkeys(humanoid.neck, "neck")
    own = graph.names[node]
    if node not in role_of and not _FLESH.search(own):
        parent = graph.parents[node]
        rigid_part = parent in role_of and not any(up == node for up in graph.parents) and graph.carries_mesh[node]
        namesake = parent in role_of and own.startswith(graph.names[parent])
        if not (rigid_part or namesake):
            return -1
    while node >= 0 and node not in role_of:
        if _HOLDER.search(graph.names[node]):
            return -1
        node = graph.parents[node]
    if node < 0:
        return -1
    role = role_of[node]
    return JOINT_NAMES.index(role.split("_")[0] + "_hand" if role in FINGER_ROLES else role)


def _joint_nodes(humanoid: HumanoidMap) -> tuple[int, ...]:
    nodes: list[int] = []
    for joint, parent in zip(JOINT_NAMES, PARENTS):
        name = joint.replace("hand", "middle1") if joint.endswith("hand") else joint
        node = humanoid.node_of(name)
        nodes.append(nodes[parent] if node is None else node)
    return tuple(nodes)


def _metres(heights: np.ndarray) -> tuple[float, str | None]:
    """The factor that brings a file to metres, and the note to give if it is not 1."""
    height = float(heights.max() - heights.min())
    low, high = SENSIBLE_HEIGHT
    if low <= height <= high:
        return 1.0, None
    if height <= 0:
        raise ValueError("it has no height: all vertices lie in one plane")
    if not _ANY_UNIT[0] <= height <= _ANY_UNIT[1]:
        raise ValueError(f"its height is {height:.3g} units: its transforms are damaged; export it again in metres")
    if low <= height / 100 <= high:
        return 0.01, f"its height is {height:.0f}: taken as centimetres"
    return FALLBACK_HEIGHT / height, f"its height is {height:.3g} units: scaled to {FALLBACK_HEIGHT} m"


def _nearest_axis(direction: np.ndarray) -> np.ndarray:
    axis = np.zeros(3)
    axis[np.abs(direction).argmax()] = np.sign(direction[np.abs(direction).argmax()]) or 1.0
    return axis
