"""Poses on disk: `.npz` with SMPL's names, readable by numpy alone (no pickles).

    body_pose (n,21,3)  global_orient (n,3)  betas (n,10)  transl (n,3)  joints (n,24,3)  texts (n)  betas_space ()
    left_hand_pose (n,15,3), right_hand_pose (n,15,3)  if the hands are posed

Only `body_pose` must be there when a file is read. Radians, metres, y up; `joints` are the bundled body's. Files of
AMASS and SMPL tools, which hold `poses (n,72)`, `(n,156)` or `(n,165)` with z up, are read too and turned to y up.
"""

from __future__ import annotations

import io
import math
import os
import zipfile
from pathlib import Path

import numpy as np
import roma
import torch

from ..smpl import NUM_BETAS, NUM_BODY_JOINTS, SMPLPose, canonical_axis_angle

MAX_POSES = 100_000  # 180 MB of float32; a file that says more is refused before it is unpacked
_TENSORS = ("body_pose", "global_orient", "betas", "transl", "left_hand_pose", "right_hand_pose")
_AMASS = ("poses", "trans", "betas")
_AMASS_BODIES = {72: "smpl", 156: "smpl", 165: "smplx"}  # numbers a frame -> whose betas they are
_AMASS_HANDS = {156: 22, 165: 25}  # where the left hand's joints begin; the right hand's follow


def save_pose(path: Path, pose: SMPLPose, joints: torch.Tensor | None = None) -> None:
    """Write poses to an npz file, whole or not at all. joints: (n, 24, 3) metres, of the bundled body."""
    arrays = {name: value.cpu().numpy() for name in _TENSORS if (value := getattr(pose, name)) is not None}
    if joints is not None:
        arrays["joints"] = joints.cpu().numpy()
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays, texts=np.array(pose.texts), betas_space=np.array(pose.betas_space))
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    partial.write_bytes(buffer.getvalue())
    os.replace(partial, path)


def load_pose(path: Path) -> SMPLPose:
    """Read poses from an npz file.

    Raises FileNotFoundError, or ValueError in one line for a file that is no npz, holds pickles, has neither
    `body_pose` nor `poses`, wrong shapes, too many poses or values that are not finite.
    """
    name = f"Pose file {path.name!r}"
    if not path.is_file():
        raise FileNotFoundError(f"{name}: there is no such file")
    try:
        with np.load(path, allow_pickle=False) as archive:
            _check_sizes(archive)
            arrays = {key: archive[key] for key in (*_TENSORS, *_AMASS, "texts", "betas_space") if key in archive.files}
    except (OSError, EOFError, zipfile.BadZipFile, KeyError) as error:
        raise ValueError(f"{name}: not a readable npz file ({error})") from None
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    if "body_pose" not in arrays and "poses" not in arrays:
        raise ValueError(f"{name}: it has no array 'body_pose'; save poses with PASSavePose or `./pas pose`")
    try:
        tensors = {
            key: torch.from_numpy(arrays[key].astype(np.float32)) for key in (*_TENSORS, *_AMASS) if key in arrays
        }
    except (TypeError, ValueError):
        raise ValueError(f"{name}: its arrays are not numbers") from None
    if "body_pose" not in tensors:
        try:
            return _from_amass(**{key: tensors[key] for key in _AMASS if key in tensors})
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    body_pose, _, _ = tensors.pop("body_pose"), tensors.pop("poses", None), tensors.pop("trans", None)
    if body_pose.ndim == 2 and body_pose.shape[1] == NUM_BODY_JOINTS * 3:
        body_pose = body_pose.reshape(-1, NUM_BODY_JOINTS, 3)
    texts = [str(text) for text in arrays.get("texts", np.array([])).reshape(-1)]
    try:
        return SMPLPose.create(body_pose, **tensors, texts=texts, betas_space=str(arrays.get("betas_space", "bundled")))
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _from_amass(poses: torch.Tensor, trans: torch.Tensor | None = None, betas: torch.Tensor | None = None) -> SMPLPose:
    """Frames (n, 72, 156 or 165), translations (n, 3) and one shape (16,), all z up, as poses with y up."""
    if poses.ndim != 2 or poses.shape[1] not in _AMASS_BODIES:
        raise ValueError(f"poses has shape {tuple(poses.shape)}, expected (n, 72), (n, 156) or (n, 165)")
    count, width = poses.shape
    joints = canonical_axis_angle(poses.unflatten(1, (-1, 3)))
    quarter_turn = torch.tensor([-math.pi / 2, 0.0, 0.0]).expand(count, 3)  # about x: z up becomes y up
    start = _AMASS_HANDS.get(width)
    shape = torch.zeros(count, NUM_BETAS)
    if betas is not None:
        known = betas.flatten()[:NUM_BETAS]
        shape[:, : len(known)] = known
    return SMPLPose.create(
        joints[:, 1 : 1 + NUM_BODY_JOINTS],
        canonical_axis_angle(roma.rotvec_composition([quarter_turn, joints[:, 0]])),
        betas=shape,
        transl=None if trans is None else torch.stack([trans[:, 0], trans[:, 2], -trans[:, 1]], 1),
        left_hand_pose=None if start is None else joints[:, start : start + 15],
        right_hand_pose=None if start is None else joints[:, start + 15 : start + 30],
        betas_space=_AMASS_BODIES[width],
    )


def _check_sizes(archive: np.lib.npyio.NpzFile) -> None:
    """Refuse a file whose unpacked size could not be MAX_POSES poses, before anything is unpacked."""
    limit = MAX_POSES * NUM_BODY_JOINTS * 3 * 8
    for entry in archive.zip.infolist():
        if entry.file_size > limit:
            raise ValueError(
                f"array {entry.filename!r} has {entry.file_size} bytes; at most {MAX_POSES} poses are read"
            )
