"""Facial expressions: morph targets and the names VRM gives to combinations of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from .gltf import Gltf

# VRM 0.x preset -> VRM 1.0 preset.
_VRM0_PRESETS = {
    "joy": "happy", "sorrow": "sad", "fun": "relaxed", "a": "aa", "i": "ih", "u": "ou", "e": "ee", "o": "oh",
    "blink_l": "blinkleft", "blink_r": "blinkright", "lookup": "lookup", "lookdown": "lookdown",
}  # fmt: skip

_WEIGHT = re.compile(r"(.*?)(?:[\s:=]+([+-]?(?:\d+\.?\d*|\.\d+)))?", re.DOTALL)
_LONGEST_TEXT = 2000
_NAMES_SHOWN, _LETTERS_SHOWN = 60, 1000  # of what an avatar has, in an error


@dataclass(frozen=True, eq=False)
class Morph:
    """One morph target of one mesh: the n vertices it moves and how far. Indices are the avatar's."""

    mesh: int
    index: int
    vertices: torch.Tensor  # (n,) int64
    offsets: torch.Tensor  # (n, 3)
    normals: torch.Tensor  # (n, 3), zeros where the file gives none


@dataclass(frozen=True)
class Expressions:
    """What a face can do. `names` are as written in the file; look-ups ignore case.

    table: lower-case name -> ((mesh, target index, weight), ...).
    """

    morphs: tuple[Morph, ...] = ()
    names: tuple[str, ...] = ()
    table: Mapping[str, tuple[tuple[int, int, float], ...]] | None = None

    def parse(self, text: str) -> dict[str, float]:
        """ "happy 0.8, blink" -> {"happy": 0.8, "blink": 1.0}; commas, semicolons or line ends between them.

        A name may hold spaces and end in a number; what follows it is the weight, 0..1, after a space, ":" or "=".
        Raises ValueError, in one line, on an unknown name (with those the avatar has) and on a weight outside 0..1.
        """
        if len(text) > _LONGEST_TEXT:
            raise ValueError(f"expressions: {len(text)} characters are too many, at most {_LONGEST_TEXT}")
        wanted = {}
        for entry in re.split(r"[,;\n]", text):
            entry = entry.strip()
            if not entry:
                continue
            name, weight = entry, 1.0
            if entry.lower() not in (self.table or {}):
                name, number = _WEIGHT.fullmatch(entry).groups()
                weight = 1.0 if number is None else float(number)
            self._binds(name)
            if not 0 <= weight <= 1:
                raise ValueError(f"expressions: {name!r} has the weight {weight:g}, expected 0 to 1")
            wanted[name] = weight
        return wanted

    def _binds(self, name: str) -> tuple[tuple[int, int, float], ...]:
        if name.lower() not in (self.table or {}):
            known = ", ".join(self.names[:_NAMES_SHOWN]) + (", ..." if len(self.names) > _NAMES_SHOWN else "")
            has = f"it has: {known[:_LETTERS_SHOWN]}" if known else "its file has no morph targets"
            raise ValueError(f"expressions: this avatar has no {name[:60]!r}; {has}")
        return self.table[name.lower()]

    def target_weights(self, wanted: Mapping[str, float]) -> dict[tuple[int, int], float]:
        """(mesh, morph target) -> weight for expression name -> strength 0..1. Raises ValueError on an unknown name."""
        weights: dict[tuple[int, int], float] = {}
        for name, strength in wanted.items():
            for mesh, index, weight in self._binds(name):
                weights[mesh, index] = weights.get((mesh, index), 0.0) + weight * float(strength)
        return weights

    def offsets(self, wanted: Mapping[str, float], count: int) -> tuple[torch.Tensor, torch.Tensor]:
        """(V, 3) position and normal offsets for expression name -> strength 0..1, over V = count vertices.

        Raises ValueError on an unknown name.
        """
        weights = self.target_weights(wanted)
        positions, normals = torch.zeros(count, 3), torch.zeros(count, 3)
        for morph in self.morphs:
            weight = weights.get((morph.mesh, morph.index), 0.0)
            if weight:
                positions.index_add_(0, morph.vertices, weight * morph.offsets)
                normals.index_add_(0, morph.vertices, weight * morph.normals)
        return positions, normals


def read_expressions(gltf: Gltf, morphs: list[Morph]) -> Expressions:
    """Expressions by VRM 0.x or 1.0 name, and single targets by the names their mesh gives them."""
    present = {(morph.mesh, morph.index) for morph in morphs}
    table: dict[str, tuple] = {}
    names: dict[str, str] = {}
    for name, binds in [*_vrm_1(gltf), *_vrm_0(gltf), *_target_names(gltf)]:
        binds = tuple(bind for bind in binds if bind[:2] in present)
        if binds and name.lower() not in table:
            table[name.lower()] = binds
            names[name.lower()] = name
    return Expressions(tuple(morphs), tuple(names.values()), table)


def _vrm_1(gltf: Gltf) -> list[tuple[str, list]]:
    expressions = gltf.json.get("extensions", {}).get("VRMC_vrm", {}).get("expressions", {})
    nodes = gltf.all("nodes")
    return [
        (
            name,
            [
                (nodes[bind["node"]].get("mesh", -1), bind["index"], float(bind.get("weight", 1.0)))
                for bind in entry.get("morphTargetBinds", [])
            ],
        )
        for group in ("preset", "custom")
        for name, entry in expressions.get(group, {}).items()
    ]


def _vrm_0(gltf: Gltf) -> list[tuple[str, list]]:
    groups = gltf.json.get("extensions", {}).get("VRM", {}).get("blendShapeMaster", {}).get("blendShapeGroups", [])
    found = []
    for entry in groups:
        binds = [(bind["mesh"], bind["index"], float(bind["weight"]) / 100.0) for bind in entry.get("binds", [])]
        preset = str(entry.get("presetName", "")).lower()
        for name in (_VRM0_PRESETS.get(preset, preset), str(entry.get("name", ""))):
            if name and name != "unknown":
                found.append((name, binds))
    return found


def _target_names(gltf: Gltf) -> list[tuple[str, list]]:
    """Morph targets by name (mesh.extras.targetNames, as Blender and Ready Player Me write them), in all meshes."""
    found: dict[str, list] = {}
    for mesh, entry in enumerate(gltf.all("meshes")):
        extras = entry.get("extras")
        for index, name in enumerate(extras.get("targetNames", []) if isinstance(extras, dict) else []):
            found.setdefault(str(name), []).append((mesh, index, 1.0))
    return list(found.items())


def sparse_morph(mesh: int, index: int, start: int, offsets: np.ndarray, normals: np.ndarray | None) -> Morph | None:
    """A morph target of the vertices from `start` on, None if it moves nothing."""
    normals = np.zeros_like(offsets) if normals is None else normals
    moved = np.flatnonzero(np.abs(offsets).max(1) > 1e-7)
    if not len(moved):
        return None
    pick = lambda values: torch.from_numpy(np.ascontiguousarray(values[moved], dtype=np.float32))  # noqa: E731
    return Morph(mesh, index, torch.from_numpy(moved + start), pick(offsets), pick(normals))
