"""Poses in the nodes of a glTF document: the first one as their transforms, several as an animation."""

from __future__ import annotations

import numpy as np
import roma
import torch

from ..weights.glb_writer import GlbWriter

FRAMES_PER_SECOND = 30
_DIGITS = 9  # enough for every float32
_STEADY = 1e-6  # what varies less, as a share of its size, is rounding and gets no channel


def set_transforms(writer: GlbWriter, local: np.ndarray) -> None:
    """Give the document's first N nodes their local transforms (F, N, 4, 4): rotation, uniform scale, translation.

    The nodes hold the first of the F poses, so that every viewer shows it; more than one become an animation of
    `FRAMES_PER_SECOND`, linear between them.
    """
    scale = np.cbrt(np.linalg.det(local[0, :, :3, :3]))
    turns = torch.from_numpy(local[..., :3, :3] / scale[:, None, None])
    rotation = _continuous(roma.rotmat_to_unitquat(roma.special_procrustes(turns)).numpy())
    translation = local[..., :3, 3]
    for node, q, t, s in zip(writer.document["nodes"], rotation[0], translation[0], scale):
        for key in ("matrix", "rotation", "translation", "scale"):
            node.pop(key, None)
        if np.abs(t).max() > 0:
            node["translation"] = rounded(t)
        if abs(q[3]) < 1:
            node["rotation"] = rounded(q)
        if abs(s - 1) > 1e-7:
            node["scale"] = rounded(np.full(3, s))
    if len(local) > 1:
        _animate(writer, {"rotation": rotation, "translation": translation})


def _continuous(rotation: np.ndarray) -> np.ndarray:
    """Quaternions (F, N, 4) of the same rotations, each as near to its predecessor as can be, for linear keys."""
    turned = np.ones(rotation.shape[:2])
    turned[1:] = np.where((rotation[1:] * rotation[:-1]).sum(-1) < 0, -1.0, 1.0)
    return rotation * np.cumprod(turned, 0)[..., None]


def _animate(writer: GlbWriter, paths: dict[str, np.ndarray]) -> None:
    count, nodes = paths["rotation"].shape[:2]
    times = writer.array((np.arange(count) / FRAMES_PER_SECOND).astype("<f4"), bounds=True)
    channels, samplers = [], []
    for node in range(nodes):
        for path, values in paths.items():
            keys = values[:, node]
            if np.ptp(keys, 0).max() <= _STEADY * (1.0 + np.abs(keys).max()):
                continue
            channels.append({"sampler": len(samplers), "target": {"node": node, "path": path}})
            samplers.append({"input": times, "output": writer.array(keys.astype("<f4"))})
    if channels:
        writer.document["animations"] = [{"name": "poses", "channels": channels, "samplers": samplers}]


def rounded(values: np.ndarray) -> list[float]:
    """Numbers for a document, with the digits of a float32."""
    return [float(f"{value:.{_DIGITS}g}") for value in values]
