"""Cutting and shaping clothes out of a skinned mesh: the tailoring of `bake_avatar`."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial import cKDTree


@dataclass(frozen=True)
class Cloth:
    """A skinned surface. vertices (V, 3) metres, weights (V, B), faces (F, 3)."""

    vertices: np.ndarray
    weights: np.ndarray
    faces: np.ndarray

    @staticmethod
    def of(vertices: np.ndarray, weights: np.ndarray, faces: np.ndarray) -> Cloth:
        """The part of a mesh that `faces` use."""
        used, inverse = np.unique(faces, return_inverse=True)
        return Cloth(vertices[used].copy(), weights[used].copy(), inverse.reshape(-1, 3))

    @property
    def normals(self) -> np.ndarray:
        """(V, 3) area-weighted unit normals."""
        return vertex_normals(self.vertices, self.faces)

    @property
    def border(self) -> np.ndarray:
        """(V,) whether a vertex lies on an open edge."""
        edges, counts = np.unique(_edges(self.faces), axis=0, return_counts=True)
        mask = np.zeros(len(self.vertices), bool)
        mask[edges[counts == 1].ravel()] = True
        return mask

    def moved(self, offsets: np.ndarray) -> Cloth:
        return replace(self, vertices=self.vertices + offsets)


def vertex_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(V, 3) area-weighted unit normals of a mesh."""
    corners = vertices[faces]
    face_normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(vertices)
    for k in range(3):
        np.add.at(normals, faces[:, k], face_normals)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)


def smooth(cloth: Cloth, rounds: int, strength: float = 0.5) -> Cloth:
    """Laplacian smoothing that leaves open edges where they are."""
    edges = np.unique(_edges(cloth.faces), axis=0)
    degree = np.bincount(edges.ravel(), minlength=len(cloth.vertices))[:, None]
    free = ~cloth.border & (degree[:, 0] > 0)
    vertices = cloth.vertices.copy()
    for _ in range(rounds):
        total = np.zeros_like(vertices)
        np.add.at(total, edges[:, 0], vertices[edges[:, 1]])
        np.add.at(total, edges[:, 1], vertices[edges[:, 0]])
        vertices[free] += strength * (total[free] / degree[free] - vertices[free])
    return replace(cloth, vertices=vertices)


def cut(cloth: Cloth, field: np.ndarray) -> Cloth:
    """Keep where the per-vertex field is positive; triangles are split on its zero line, so hems run smooth."""
    vertices, weights, values = list(cloth.vertices), list(cloth.weights), list(field)
    crossings: dict[tuple[int, int], int] = {}

    def crossing(a: int, b: int) -> int:
        key = (min(a, b), max(a, b))
        if key not in crossings:
            share = values[a] / (values[a] - values[b])
            crossings[key] = len(vertices)
            vertices.append(vertices[a] + share * (vertices[b] - vertices[a]))
            weights.append(weights[a] + share * (weights[b] - weights[a]))
            values.append(0.0)
        return crossings[key]

    faces = []
    for face in cloth.faces:
        inside = [field[corner] > 0 for corner in face]
        if all(inside):
            faces.append(tuple(face))
        elif sum(inside) == 1:
            a, b, c = np.roll(face, -inside.index(True))
            faces.append((a, crossing(a, b), crossing(a, c)))
        elif sum(inside) == 2:
            a, b, c = np.roll(face, -inside.index(False))
            first, second = crossing(a, b), crossing(a, c)
            faces += [(first, b, c), (first, c, second)]
    return Cloth.of(np.array(vertices), np.array(weights), np.array(faces))


def fold_hems(cloth: Cloth, depth: float = 0.012) -> Cloth:
    """Fold open edges inwards by `depth` metres, so that the cloth looks thick."""
    directed = np.vstack([cloth.faces[:, [0, 1]], cloth.faces[:, [1, 2]], cloth.faces[:, [2, 0]]])
    _, inverse, counts = np.unique(np.sort(directed, 1), axis=0, return_inverse=True, return_counts=True)
    open_edges = directed[counts[inverse.ravel()] == 1]
    rim = np.unique(open_edges)
    inner = np.full(len(cloth.vertices), -1)
    inner[rim] = len(cloth.vertices) + np.arange(len(rim))
    a, b = open_edges.T
    faces = np.vstack([cloth.faces, np.stack([b, a, inner[a]], 1), np.stack([b, inner[a], inner[b]], 1)])
    return Cloth(
        np.vstack([cloth.vertices, cloth.vertices[rim] - depth * cloth.normals[rim]]),
        np.vstack([cloth.weights, cloth.weights[rim]]),
        faces,
    )


def keep_outside(cloth: Cloth, points: np.ndarray, normals: np.ndarray, gap: np.ndarray | float) -> Cloth:
    """Push a cloth out until it is `gap` metres above the nearest of the points, where that is within 4 cm."""
    distance, nearest = cKDTree(points).query(cloth.vertices)
    height = ((cloth.vertices - points[nearest]) * normals[nearest]).sum(1)
    lift = np.clip(gap - height, 0.0, 0.03) * (distance < 0.04)
    return cloth.moved(lift[:, None] * normals[nearest])


def _edges(faces: np.ndarray) -> np.ndarray:
    return np.sort(np.vstack([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), 1)
