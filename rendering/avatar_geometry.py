"""The triangles of a glTF file and what they are bound to, gathered from all its meshes and cleaned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from .avatar_expressions import Morph, sparse_morph
from .avatar_materials import texture_set
from .gltf import Gltf, NodeGraph

_TRIANGLES, _STRIP, _FAN = 4, 5, 6
MAX_VERTICES = 4_000_000
MAX_MORPH_VERTICES = 10_000_000  # vertices times targets; more are left out


@dataclass(frozen=True)
class Geometry:
    """V vertices, F triangles, S binding slots; see `Avatar` for the fields. float32 and int64 arrays."""

    positions: np.ndarray
    normals: np.ndarray
    uv: np.ndarray
    colors: np.ndarray
    faces: np.ndarray
    face_material: np.ndarray
    slots: np.ndarray
    weights: np.ndarray
    slot_nodes: np.ndarray
    inverse_bind: np.ndarray
    morphs: list[Morph]
    notes: tuple[str, ...]


def read_geometry(gltf: Gltf, graph: NodeGraph) -> Geometry:
    """All triangles of the file's nodes. Raises ValueError if there are none or they are out of bounds."""
    reader = _Reader(gltf, graph)
    for node, entry in enumerate(gltf.all("nodes")):
        if "mesh" in entry:
            reader.add_mesh(node, entry)
    return reader.geometry()


class _Reader:
    def __init__(self, gltf: Gltf, graph: NodeGraph):
        self.gltf, self.graph = gltf, graph
        self.parts: list[dict[str, np.ndarray]] = []
        self.slot_nodes: list[np.ndarray] = []
        self.inverse_bind: list[np.ndarray] = []
        self.slot_count = self.vertex_count = 0
        self.skin_start: dict[int, tuple[int, int]] = {}
        self.morphs: list[Morph] = []
        self.damaged = self.skipped = self.morph_vertices = self.skipped_morphs = 0

    def add_mesh(self, node: int, entry: dict) -> None:
        mesh = self.gltf.item("meshes", entry["mesh"])
        for primitive in mesh["primitives"]:
            if primitive.get("mode", _TRIANGLES) not in (_TRIANGLES, _STRIP, _FAN):
                self.skipped += 1
                continue
            if "KHR_draco_mesh_compression" in primitive.get("extensions", {}):
                raise ValueError("Draco-compressed; export it without compression")
            weights = entry.get("weights", mesh.get("weights", ()))
            self._add_primitive(node, entry, primitive, weights)

    def _add_primitive(self, node: int, entry: dict, primitive: dict, morph_weights) -> None:
        attributes = primitive["attributes"]
        positions = self._vectors(attributes["POSITION"], 3)
        count = len(positions)
        self.vertex_count += count
        if self.vertex_count > MAX_VERTICES:
            raise ValueError(f"more than {MAX_VERTICES:,} vertices")
        faces = self._faces(primitive, count)
        normals = self._vectors(attributes["NORMAL"], 3, count) if "NORMAL" in attributes else None
        for weight, target in zip(morph_weights, primitive.get("targets", ())):
            if weight and "POSITION" in target:
                positions = positions + np.float32(weight) * self._vectors(target["POSITION"], 3, count)
        slots, weights = self._binding(node, entry, attributes, positions)
        if normals is not None:
            self._add_morphs(entry["mesh"], primitive, self.vertex_count - count, count)
        part = {
            "positions": positions,
            "uv": self._uv(primitive, count),
            "colors": self._colors(attributes, count),
            "slots": slots,
            "weights": weights,
        }
        if normals is None:  # specification 3.7.2.1: without normals the surface is flat
            corners = faces.reshape(-1)
            part = {key: value[corners] for key, value in part.items()}
            faces = np.arange(len(corners)).reshape(-1, 3)
            normals = _flat_normals(part["positions"])
        if slots.shape[1] == 1 and np.linalg.det(self.graph.world[node, :3, :3]) < 0:
            faces = faces[:, ::-1]  # specification 3.7.4: a mirrored node turns its triangles over
        part |= {"normals": normals, "faces": faces}
        part["face_material"] = np.full(len(faces), self._material(primitive))
        self.parts.append(part)

    def _add_morphs(self, mesh: int, primitive: dict, start: int, count: int) -> None:
        for index, target in enumerate(primitive.get("targets", ())):
            if "POSITION" not in target:
                continue
            self.morph_vertices += count
            if self.morph_vertices > MAX_MORPH_VERTICES:
                self.skipped_morphs += 1
                continue
            offsets = self._vectors(target["POSITION"], 3, count)
            normals = self._vectors(target["NORMAL"], 3, count) if "NORMAL" in target else None
            morph = sparse_morph(mesh, index, start, offsets, normals)
            if morph is not None:
                self.morphs.append(morph)

    def _faces(self, primitive: dict, count: int) -> np.ndarray:
        if "indices" in primitive:
            indices = self.gltf.accessor(primitive["indices"]).reshape(-1).astype(np.int64)
        else:
            indices = np.arange(count)
        if len(indices) and (indices.min() < 0 or indices.max() >= count):
            raise ValueError(f"a triangle refers to vertex {indices.max()} of {count}")
        mode = primitive.get("mode", _TRIANGLES)
        if mode == _TRIANGLES:
            return indices[: len(indices) // 3 * 3].reshape(-1, 3)
        if len(indices) < 3:
            return np.zeros((0, 3), np.int64)
        if mode == _FAN:
            return np.stack([np.full(len(indices) - 2, indices[0]), indices[1:-1], indices[2:]], 1)
        strip = np.stack([indices[:-2], indices[1:-1], indices[2:]], 1)
        strip[1::2] = strip[1::2][:, [1, 0, 2]]
        return strip

    def _binding(
        self, node: int, entry: dict, attributes: dict, positions: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """(V, K) slots and weights of a primitive's vertices."""
        count = len(positions)
        if "skin" not in entry or "JOINTS_0" not in attributes or "WEIGHTS_0" not in attributes:
            slot = self._new_slots(np.array([node]), np.eye(4)[None])
            return np.full((count, 1), slot), np.ones((count, 1), np.float32)
        start, joints = self._skin_slots(entry["skin"])
        sets = [k for k in range(2) if f"JOINTS_{k}" in attributes and f"WEIGHTS_{k}" in attributes]
        index = np.concatenate([self._vectors(attributes[f"JOINTS_{k}"], 4, count, np.int64) for k in sets], 1)
        weight = np.concatenate([self._vectors(attributes[f"WEIGHTS_{k}"], 4, count, clean=False) for k in sets], 1)
        index, weight, damaged = sound_binding(index, weight, joints, positions)
        self.damaged += damaged
        return index + start, weight

    def _skin_slots(self, skin: object) -> tuple[int, int]:
        """(first slot, number of slots) of a skin."""
        if skin not in self.skin_start:
            entry = self.gltf.item("skins", skin)
            joints = np.array(entry["joints"], dtype=np.int64).reshape(-1)
            if not len(joints) or joints.min() < 0 or joints.max() >= len(self.graph.names):
                raise ValueError(f"skin {skin} refers to joints that do not exist")
            bind = np.tile(np.eye(4), (len(joints), 1, 1))
            if "inverseBindMatrices" in entry:
                given = self.gltf.accessor(entry["inverseBindMatrices"])
                if given.shape[1:] != (4, 4) or len(given) < len(joints):
                    raise ValueError(f"skin {skin} has {len(joints)} joints and {len(given)} inverse bind matrices")
                bind = given[: len(joints)].astype(np.float64)
                if not np.isfinite(bind).all():
                    raise ValueError(f"skin {skin} has inverse bind matrices that are not finite")
            self.skin_start[skin] = (self._new_slots(joints, bind), len(joints))
        return self.skin_start[skin]

    def _new_slots(self, nodes: np.ndarray, inverse_bind: np.ndarray) -> int:
        start = self.slot_count
        self.slot_nodes.append(nodes)
        self.inverse_bind.append(inverse_bind)
        self.slot_count += len(nodes)
        return start

    def _uv(self, primitive: dict, count: int) -> np.ndarray:
        """(V, 2) texture coordinates: the set that the base colour texture uses."""
        info = {}
        if "material" in primitive:
            material = self.gltf.item("materials", primitive["material"])
            info = material.get("pbrMetallicRoughness", {}).get("baseColorTexture", {})
        for key in (f"TEXCOORD_{texture_set(info)}", "TEXCOORD_0"):
            if key in primitive["attributes"]:
                return self._vectors(primitive["attributes"][key], 2, count)
        return np.zeros((count, 2), np.float32)

    def _colors(self, attributes: dict, count: int) -> np.ndarray:
        colors = np.ones((count, 4), np.float32)
        if "COLOR_0" in attributes:
            given = self.gltf.accessor(attributes["COLOR_0"])
            if given.shape[0] == count and given.shape[1] in (3, 4):
                colors[:, : given.shape[1]] = np.nan_to_num(given).clip(0, 1)
        return colors

    def _material(self, primitive: dict) -> int:
        if "material" not in primitive:
            return len(self.gltf.all("materials"))  # the default material comes last
        self.gltf.item("materials", primitive["material"])
        return primitive["material"]

    def _vectors(self, accessor, width: int, count: int | None = None, dtype=np.float32, clean=True) -> np.ndarray:
        values = self.gltf.accessor(accessor)
        if values.ndim != 2 or values.shape[1] != width or count not in (None, len(values)):
            raise ValueError(f"accessor {accessor} has shape {values.shape}, expected {count or 'n'} x {width}")
        values = values.astype(dtype)
        return np.nan_to_num(values, posinf=0.0, neginf=0.0) if clean and values.dtype.kind == "f" else values

    def geometry(self) -> Geometry:
        if not sum(len(part["faces"]) for part in self.parts):
            raise ValueError("it has no triangles")
        width = max(part["slots"].shape[1] for part in self.parts)
        start = 0
        for part in self.parts:
            extra = width - part["slots"].shape[1]
            part["slots"] = np.pad(part["slots"], ((0, 0), (0, extra)))
            part["weights"] = np.pad(part["weights"], ((0, 0), (0, extra)))
            part["faces"] = part["faces"] + start
            start += len(part["positions"])
        joined = {key: np.concatenate([part[key] for part in self.parts]) for key in self.parts[0]}
        notes = []
        if self.damaged:
            notes.append(f"{self.damaged:,} vertices had no usable skin weights: taken from their nearest neighbours")
        if self.skipped:
            notes.append(f"{self.skipped} primitives are points or lines: left out")
        if self.skipped_morphs:
            notes.append(f"{self.skipped_morphs} morph targets were too many to keep: left out")
        return Geometry(
            **joined,
            slot_nodes=np.concatenate(self.slot_nodes),
            inverse_bind=np.concatenate(self.inverse_bind),
            morphs=self.morphs,
            notes=tuple(notes),
        )


def sound_binding(
    index: np.ndarray, weight: np.ndarray, joints: int, positions: np.ndarray
) -> tuple[np.ndarray, np.ndarray, int]:
    """Joints and weights (V, K) that can be used: weights sum to 1, vertices without any take their neighbour's.

    Also how many of those there were. joints: how many the skin has.
    """
    weight, damaged = _clean_weights(weight, (index >= 0) & (index < joints))
    index = np.where(weight > 0, index, 0)
    if damaged.any():
        index, weight = _repaired(index, weight, damaged, positions)
    return index, weight, int(damaged.sum())


def _clean_weights(weight: np.ndarray, valid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights that sum to 1, and (V,) which vertices have none left: NaN, zero, or of joints that do not exist."""
    weight = np.where(valid & np.isfinite(weight) & (weight > 0), weight, 0.0)
    total = weight.sum(1, keepdims=True)
    return (weight / np.where(total > 1e-6, total, 1.0)).astype(np.float32), total[:, 0] <= 1e-6


def _repaired(index, weight, damaged, positions) -> tuple[np.ndarray, np.ndarray]:
    """Give damaged vertices the binding of the nearest sound vertex of the primitive, or the skin's first joint."""
    index, weight = index.copy(), weight.copy()
    sound = np.flatnonzero(~damaged)
    broken = np.flatnonzero(damaged)
    if not len(sound):
        index[broken], weight[broken] = 0, np.eye(1, weight.shape[1], dtype=np.float32)
        return index, weight
    points = torch.from_numpy(positions)
    for rows in np.array_split(broken, max(1, len(broken) * len(sound) // 8_000_000)):
        nearest = sound[torch.cdist(points[rows], points[sound]).argmin(1).numpy()]
        index[rows], weight[rows] = index[nearest], weight[nearest]
    return index, weight


def _flat_normals(corners: np.ndarray) -> np.ndarray:
    """(3 F, 3) unit normals of a triangle soup (3 F, 3)."""
    a, b, c = corners.reshape(-1, 3, 3).transpose(1, 0, 2)
    normal = np.cross(b - a, c - a)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-20)
    return np.repeat(normal, 3, 0).astype(np.float32)
