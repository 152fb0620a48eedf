"""A posed avatar as a .glb file: its own meshes, materials, textures, skins and bones, with the pose in the bones.

The pose is in the node transforms and the bind pose stays in the skins, as in files of three.js and Blender: every
viewer shows the pose without playing anything, and Blender, which finds the rest pose from the skins, opens a rig that
can be posed further. The file is in metres and faces +z. What would contradict the pose is left out: the avatar's own
animations, which viewers start by themselves, and the VRM extensions, which demand a T-pose.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import roma
import torch

from ..weights.glb_writer import VERTICES, GlbWriter
from .avatar import Avatar
from .avatar_geometry import sound_binding
from .glb_pose import rounded, set_transforms
from .gltf import Gltf, NodeGraph
from .gltf_copy import copied
from .retarget import skin_avatar

MAX_MATRICES = 2_000_000  # poses times nodes: 256 MB
_EVEN = 2e-6  # a node's scale may differ along its axes by this share before it counts as a stretch


def save_avatar_glb(
    path: Path,
    avatar: Avatar,
    matrices: torch.Tensor,  # (F, N, 4, 4)
    *,
    grounded: bool = False,
    expressions: Mapping[str, float] | None = None,
    extras: Mapping[str, str] | None = None,
) -> None:
    """Write an avatar with the node matrices of `retarget`: one pose, or F > 1 of them as an animation.

    grounded: the lowest point of all poses is at height 0.  expressions: facial expressions by name, strengths 0..1.
    extras: texts to keep in the file's `asset.extras`.  Written whole or not at all. Raises FileNotFoundError if the
    avatar's file is gone, and ValueError in one line if it is no longer the same file, cannot be copied, or has no such
    expression.
    """
    if avatar.source is None or not avatar.source.is_file():
        raise FileNotFoundError(f"Avatar {avatar.name!r}: its file is gone; meshes and textures are copied from it")
    if matrices.shape[0] * matrices.shape[1] > MAX_MATRICES:
        nodes = matrices.shape[1]
        raise ValueError(f"Avatar {avatar.name!r}: at most {MAX_MATRICES // nodes} poses fit one file of {nodes} nodes")
    weights = avatar.expressions.target_weights(expressions or {})
    if grounded:
        matrices = _grounded(avatar, matrices)
    try:
        gltf = Gltf(avatar.source)
        graph = NodeGraph(gltf)
        if tuple(graph.names) != avatar.node_names:
            raise ValueError("its file has changed since it was loaded; load it again")
        binds = [_inverse_binds(gltf, skin) for skin in gltf.all("skins")]
        mended = list(_mended(gltf))
        writer = copied(gltf)
        for attributes, arrays in mended:
            attributes |= {name: writer.array(values, target=VERTICES) for name, values in arrays.items()}
        _express(writer.document, weights)
        _pose(writer, binds, graph, avatar, matrices.double().cpu().numpy())
        writer.document["asset"]["extras"].update(extras or {})
        writer.write(path)
    except ValueError as error:
        raise ValueError(f"Avatar {avatar.name!r}: {error}") from None
    except (TypeError, KeyError, IndexError, AttributeError) as error:
        raise ValueError(f"Avatar {avatar.name!r}: malformed glTF ({type(error).__name__}: {error})") from None


def _grounded(avatar: Avatar, matrices: torch.Tensor) -> torch.Tensor:
    """The same node matrices with the lowest point of all poses at height 0."""
    used = avatar.faces.flatten().unique()
    lowest = min(float(skin_avatar(avatar, frame[None])[0].vertices[used, 1].min()) for frame in matrices)
    moved = matrices.clone()
    moved[:, :, 1, 3] -= lowest
    return moved


def _mended(gltf: Gltf) -> Iterator[tuple[dict, dict[str, np.ndarray]]]:
    """Skin bindings that cannot be used as they are: a primitive's attributes, without them, and the mended ones."""
    for node in gltf.all("nodes"):
        if "skin" not in node or "mesh" not in node:
            continue
        joints = len(gltf.item("skins", node["skin"])["joints"])
        for primitive in gltf.item("meshes", node["mesh"])["primitives"]:
            attributes = primitive["attributes"]
            sets = [k for k in range(2) if f"JOINTS_{k}" in attributes and f"WEIGHTS_{k}" in attributes]
            if not sets:
                continue
            index = np.concatenate([gltf.accessor(attributes[f"JOINTS_{k}"]) for k in sets], 1).astype(np.int64)
            given = np.concatenate([gltf.accessor(attributes[f"WEIGHTS_{k}"]) for k in sets], 1)
            positions = np.nan_to_num(gltf.accessor(attributes["POSITION"])).astype(np.float32)
            index, weight, damaged = sound_binding(index, given, joints, positions)
            if damaged or not np.isfinite(given).all():
                for name in [name for name in attributes if name.startswith(("JOINTS_", "WEIGHTS_"))]:
                    del attributes[name]
                columns = [slice(4 * k, 4 * k + 4) for k in range(len(sets))]
                yield (
                    attributes,
                    {f"JOINTS_{k}": index[:, part].astype("<u2") for k, part in enumerate(columns)}
                    | {f"WEIGHTS_{k}": weight[:, part].astype("<f4") for k, part in enumerate(columns)},
                )


def _express(document: dict, weights: Mapping[tuple[int, int], float]) -> None:
    """Add morph target weights, (mesh, target) -> weight, to the nodes that show these meshes."""
    for node in document["nodes"]:
        added = {target: weight for (mesh, target), weight in weights.items() if mesh == node.get("mesh")}
        if added:
            mesh = document["meshes"][node["mesh"]]
            total = np.zeros(len(mesh["primitives"][0]["targets"]))
            given = node.get("weights", mesh.get("weights", ()))
            total[: len(given)] = given
            for target, weight in added.items():
                total[target] += weight
            node["weights"] = rounded(total)


def _inverse_binds(gltf: Gltf, skin: dict) -> np.ndarray:
    """(J, 4, 4) of a skin's joints."""
    count = len(skin["joints"])
    given = skin.get("inverseBindMatrices")
    return np.tile(np.eye(4), (count, 1, 1)) if given is None else gltf.accessor(given)[:count]


def _pose(writer: GlbWriter, binds: list[np.ndarray], graph: NodeGraph, avatar: Avatar, matrices: np.ndarray) -> None:
    even, stretch = _even(avatar.rest.double().numpy())
    world = np.where(_moved(graph, avatar)[:, None, None], _motion(avatar, matrices) @ even, even)
    local = world.copy()
    for node, parent in enumerate(graph.parents):
        if parent >= 0:
            local[:, node] = np.linalg.inv(world[:, parent]) @ world[:, node]
    if not np.isfinite(local).all():
        raise ValueError("its posed bones are not finite; the pose is too far away")
    nodes = writer.document["nodes"]
    local[:, [n for n, node in enumerate(nodes) if "skin" in node and not node.get("children")]] = np.eye(4)  # unused
    set_transforms(writer, local)
    stretched = np.abs(stretch - np.eye(4)).max((1, 2)) > _EVEN
    for skin, bind in zip(writer.document.get("skins", ()), binds):
        if stretched[skin["joints"]].any():  # what these joints did to their vertices, the bind matrices do now
            skin["inverseBindMatrices"] = writer.array((stretch[skin["joints"]] @ bind).astype("<f4"))
    for node in np.flatnonzero(stretched):
        _stretch_mesh(nodes, node, stretch[node, :3, :3])
    roots = [node for node, parent in enumerate(graph.parents) if parent < 0]
    writer.document |= {"scene": 0, "scenes": [{"nodes": roots}]}


def _even(rest: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """World matrices (N, 4, 4) parted into turn, even scale and place, and the stretch (N, 4, 4) before it.

    glTF nodes hold no shear, which a turned bone would have against a stretched one above it.
    """
    left, scales, right = np.linalg.svd(rest[:, :3, :3])
    scale = scales.mean(1)
    scale = np.where(scale > 1e-9, scale, 1.0)[:, None, None]
    turn = left @ right
    even, stretch = rest.copy(), np.tile(np.eye(4), (len(rest), 1, 1))
    even[:, :3, :3] = turn * scale
    stretch[:, :3, :3] = turn.transpose(0, 2, 1) @ rest[:, :3, :3] / scale
    return even, stretch


def _motion(avatar: Avatar, matrices: np.ndarray) -> np.ndarray:
    """(F, N, 4, 4) how each node moves away from its rest place: as the bone that carries it."""
    bones = list(avatar.rig.nodes)
    moves = matrices[:, bones] @ np.linalg.inv(avatar.rest.double().numpy()[bones])
    return moves[:, avatar.rig.driver.numpy()]


def _moved(graph: NodeGraph, avatar: Avatar) -> np.ndarray:
    """(N,) which nodes take part: bones, what they or the skin carry, and all below. The rest, such as the armature
    above the pelvis, stays upright."""
    moved = np.zeros(len(graph.names), bool)
    moved[list(avatar.rig.nodes)] = True
    moved[avatar.slot_nodes.numpy()[np.unique(avatar.slots.numpy()[avatar.weights.numpy() > 0])]] = True
    for node in graph.order:
        moved[node] |= graph.parents[node] >= 0 and moved[graph.parents[node]]
    return moved


def _stretch_mesh(nodes: list[dict], index: int, stretch: np.ndarray) -> None:
    """Stretch (3, 3), symmetric, the rigid mesh that a node shows, but not what hangs below the node."""
    node = nodes[index]
    if "mesh" not in node or "skin" in node:
        return
    axes, scales, _ = np.linalg.svd(stretch)
    if not node.get("children") and np.abs(stretch - np.diag(np.diag(stretch))).max() < _EVEN:
        node["scale"] = rounded(np.diag(stretch) * node.get("scale", (1.0, 1.0, 1.0)))
        return
    axes *= np.linalg.det(axes)  # a rotation; the axes' signs do not matter
    turn = roma.rotmat_to_unitquat(torch.from_numpy(axes)).numpy()
    shown = {key: node.pop(key) for key in ("mesh", "weights") if key in node}
    back = {"rotation": rounded(turn * (-1, -1, -1, 1)), **shown}
    node.setdefault("children", []).append(len(nodes))
    nodes.append({"rotation": rounded(turn), "scale": rounded(scales), "children": [len(nodes) + 1]})
    nodes.append(back)
