"""The posed gray body as a .glb file: one skinned mesh whose bones carry SMPL's joint names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from ..smpl import JOINT_NAMES, SMPLPose
from ..weights.glb_writer import TRIANGLES, VERTICES, GlbWriter
from .body import GRAY, Body, load_body
from .glb_pose import set_transforms
from .mesh import vertex_normals

_JOINTS_A_SET = 4  # glTF's JOINTS_n and WEIGHTS_n are VEC4


def save_body_glb(
    path: Path,
    pose: SMPLPose,
    body: Body | None = None,
    *,
    grounded: bool = False,
    extras: Mapping[str, str] | None = None,
) -> None:
    """Write a body (the bundled one if not given) in one pose, or in F > 1 poses as an animation.

    Metres, y up, facing +z, at its `transl`. The shape is that of the first pose's betas; pose blend shapes, which
    only official SMPL bodies have, are not in the file.  grounded: the lowest point of all poses is at height 0.
    extras: texts to keep in the file's `asset.extras`. Written whole or not at all.
    """
    body = body or load_body()
    vertices, joints = (values[0].double().cpu().numpy() for values in body.shaped(body.betas_of(pose.select(0))))
    count = len(body.parents)
    writer = GlbWriter(asset={"version": "2.0", "generator": "avatar-scene", "extras": dict(extras or {})})
    nodes: list[dict] = [{"name": name} for name in _names(body)]
    for joint, parent in enumerate(body.parents):
        if parent >= 0:
            nodes[parent].setdefault("children", []).append(joint)
    nodes.append({"name": "mesh", "mesh": 0, "skin": 0})
    nodes.append({"name": "body", "children": [body.parents.index(-1), count]})
    if grounded:
        lowest = min(float(body.posed(pose.select(index))[0][..., 1].min()) for index in range(len(pose)))
        nodes[-1]["translation"] = [0.0, -lowest, 0.0]
    writer.document |= {"scene": 0, "scenes": [{"nodes": [count + 1]}], "nodes": nodes}
    set_transforms(writer, _local(body, pose, joints))
    writer.document["materials"] = [
        {"name": GRAY.name, "pbrMetallicRoughness": {"baseColorFactor": list(GRAY.base_color), "metallicFactor": 0.0}}
    ]
    writer.document["meshes"] = [{"name": "body", "primitives": [_primitive(writer, body, vertices)]}]
    binds = np.tile(np.eye(4, dtype="<f4"), (count, 1, 1))
    binds[:, :3, 3] = -joints
    writer.document["skins"] = [{"joints": list(range(count)), "inverseBindMatrices": writer.array(binds)}]
    writer.write(path)


def _names(body: Body) -> list[str]:
    smpl = dict(zip(body.smpl_joints, JOINT_NAMES))
    return [smpl.get(joint, f"joint {joint}") for joint in range(len(body.parents))]


def _local(body: Body, pose: SMPLPose, joints: np.ndarray) -> np.ndarray:
    """(F, J, 4, 4) local transforms of the joints."""
    offsets = joints.copy()
    for joint, parent in enumerate(body.parents):
        if parent >= 0:
            offsets[joint] -= joints[parent]
    local = np.tile(np.eye(4), (len(pose), len(joints), 1, 1))
    local[..., :3, :3] = body.to(torch.float64).rotations(pose).cpu().numpy()
    local[..., :3, 3] = offsets
    local[:, body.parents.index(-1), :3, 3] += pose.transl.double().cpu().numpy()
    return local


def _primitive(writer: GlbWriter, body: Body, vertices: np.ndarray) -> dict:
    points = torch.from_numpy(vertices)
    attributes = {
        "POSITION": writer.array(vertices.astype("<f4"), target=VERTICES, bounds=True),
        "NORMAL": writer.array(vertex_normals(points, body.faces.cpu()).numpy().astype("<f4"), target=VERTICES),
    }
    weights = body.weights.double().cpu().numpy()
    order = np.argsort(-weights, 1, kind="stable")
    for k in range(-(-int((weights > 0).sum(1).max()) // _JOINTS_A_SET)):
        bones = order[:, k * _JOINTS_A_SET : (k + 1) * _JOINTS_A_SET]
        shares = np.take_along_axis(weights, bones, 1)
        bones = np.where(shares > 0, bones, 0)  # specification 3.7.3.3: no weight, joint 0
        attributes[f"JOINTS_{k}"] = writer.array(bones.astype("u1"), target=VERTICES)
        attributes[f"WEIGHTS_{k}"] = writer.array(shares.astype("<f4"), target=VERTICES)
    faces = body.faces.cpu().numpy().reshape(-1)
    indices = writer.array(faces.astype("<u4"), target=TRIANGLES)
    return {"attributes": attributes, "indices": indices, "material": 0}
