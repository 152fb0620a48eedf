"""Poses that other text-to-motion programs wrote, for rows of the table.

Run the program on the texts that `evaluate_poses --list` prints and put what it writes into one folder:

    results.npy           MDM's own file: a dict with `motion` (N, 22, 3, F) joints, `text`, and maybe `lengths`
    3.npy, 3_0.npy, ...   motions of text number 3 (counted from 0), one or several a file:
                          joints      (F, 22, 3), (F, 24, 3), or (F, 21, 3) of the Master Motor Map (TEMOS)
                          axis-angle  (F, 63) body, (F, 66) or (F, 72) with the root first (AvatarCLIP)
                          6D          (F, 24, 6), (F, 25, 6) or (25, 6, F) with the root first; a 25th row is the
                                      translation (MotionCLIP, MDM); the six numbers are the first two *rows*
                          a further axis in front counts motions
                          MDM's `..._smpl_params.npy`: a dict with `thetas` (24, 6, F)
    3.npz                 this pack's or AMASS's arrays

y is up (AMASS files turn by themselves). Dicts in `.npy` files are pickles: they are read by an unpickler that can
build numpy arrays and plain containers and nothing else.
"""

from __future__ import annotations

import io
import pickle
import re
from collections import defaultdict
from pathlib import Path

import numpy as np
import roma
import torch

from ..pose_prior.pose_file import load_pose
from ..smpl import SMPLPose, canonical_axis_angle
from .data.joints import pose_from_joints

MAX_BYTES = 4 << 30


class OutputFolder:
    """The motions of a folder, by text.

    Raises FileNotFoundError if there is no such folder and ValueError, naming the file, if one cannot be read.
    """

    def __init__(self, folder: Path, texts: list[str]):
        if not folder.is_dir():
            raise FileNotFoundError(f"outputs '{folder}': there is no such folder")
        self.name = f"outputs '{folder.name}'"
        self.of_text: dict[str, list[SMPLPose]] = defaultdict(list)
        for path in sorted(folder.iterdir()):
            if path.name == "results.npy":
                for text, motion in read_mdm_results(path):
                    self.of_text[text].append(motion)
            elif found := re.match(r"(\d+)(?:_.*)?\.np[yz]$", path.name):
                number = int(found[1])
                if number >= len(texts):
                    raise ValueError(f"{self.name}: {path.name} is of text {number}, there are {len(texts)}")
                self.of_text[texts[number]] += read_motions(path)
        if not self.of_text:
            raise ValueError(f"{self.name}: holds neither results.npy nor files such as 0.npy and 1_0.npy")

    def motions(self, text: str) -> list[SMPLPose]:
        """Every motion of a text, each a batch of frames."""
        return self.of_text.get(text, [])


def read_motions(path: Path) -> list[SMPLPose]:
    """The motions of one file in the layouts of this module's docstring."""
    if path.suffix == ".npz":
        return [load_pose(path)]
    content = read_npy(path)
    try:
        if isinstance(content, dict):
            if "thetas" not in content:
                raise ValueError(f"a dict without 'thetas' (it has {', '.join(map(str, list(content)[:8]))})")
            content = np.moveaxis(np.asarray(content["thetas"], np.float32), -1, 0)
        return _motions(np.asarray(content))
    except (ValueError, TypeError) as error:
        raise ValueError(f"output file '{path.name}': {error}") from None


def read_mdm_results(path: Path) -> list[tuple[str, SMPLPose]]:
    """(text, motion) of every sample of MDM's results.npy."""
    content = read_npy(path)
    name = f"output file '{path.name}'"
    if not (isinstance(content, dict) and {"motion", "text"} <= content.keys()):
        raise ValueError(f"{name}: is not MDM's (a dict with 'motion' and 'text')")
    motion, texts = np.asarray(content["motion"]), [str(text) for text in content["text"]]
    if motion.ndim != 4 or motion.shape[1:3] not in ((22, 3), (24, 3)) or len(motion) != len(texts):
        raise ValueError(f"{name}: 'motion' has shape {motion.shape} for {len(texts)} texts, expected (N, 22, 3, F)")
    lengths = np.asarray(content.get("lengths", [motion.shape[-1]] * len(texts))).reshape(-1)
    if len(lengths) != len(texts):
        raise ValueError(f"{name}: {len(lengths)} 'lengths' for {len(texts)} texts")
    frames = np.moveaxis(motion, -1, 1)  # (N, F, J, 3)
    try:
        return [(text, _motion(frames[row, : max(1, int(lengths[row]))])) for row, text in enumerate(texts)]
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _motions(array: np.ndarray) -> list[SMPLPose]:
    """One motion, or several along the first axis."""
    if array.ndim >= 2 and array.shape[-3:-1] == (25, 6) and array.shape[-2:] != (25, 6):
        array = np.moveaxis(array, -1, -3)  # MotionCLIP's (25, 6, F)
    plain = 2 if array.shape[-1:] and array.shape[-1] in (63, 66, 72) else 3
    if array.ndim == plain + 1:
        return [_motion(part) for part in array]
    return [_motion(array)]


def _motion(array: np.ndarray) -> SMPLPose:
    """(F, ...) of any of the layouts -> F poses."""
    if array.dtype.kind not in "fiu" or not array.size or not np.isfinite(array).all():
        raise ValueError("its values are not finite numbers")
    frames, shape = torch.from_numpy(np.array(array, np.float32)), array.shape[1:]
    if shape in ((21, 3), (22, 3), (24, 3)):
        return pose_from_joints(frames)
    if shape in ((24, 6), (25, 6)):
        rows = roma.special_gramschmidt(frames[:, :22].unflatten(-1, (2, 3)).mT)  # the two rows as columns
        rotvec = canonical_axis_angle(roma.rotmat_to_rotvec(rows.mT))
        return SMPLPose.create(rotvec[:, 1:], rotvec[:, 0])
    if shape == (63,):
        return SMPLPose.create(canonical_axis_angle(frames.unflatten(1, (-1, 3))))
    if shape in ((66,), (72,)):
        rotvec = canonical_axis_angle(frames.unflatten(1, (-1, 3)))
        return SMPLPose.create(rotvec[:, 1:22], rotvec[:, 0])
    raise ValueError(f"frames of shape {shape} are in none of the known layouts (see training/outputs.py)")


def read_npy(path: Path) -> object:
    """An array, or what a pickled `.npy` holds if that is arrays, numbers, texts and plain containers."""
    name = f"output file '{path.name}'"
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(f"{name}: has more than {MAX_BYTES >> 30} GiB")
    content = path.read_bytes()
    try:
        return np.load(io.BytesIO(content), allow_pickle=False)
    except ValueError as error:
        if "allow_pickle" not in str(error):
            raise ValueError(f"{name}: not a readable npy file ({error})") from None
    stream = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        read(stream)
        value = _ArrayUnpickler(stream).load()
    except Exception as error:  # whatever a hostile stream can make of the unpickler
        line = " ".join(str(error).split())[:160]
        raise ValueError(f"{name}: {line}; save its arrays as plain .npy files instead") from None
    return value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value


def _empty_array(kind: type, shape: tuple, code: bytes) -> np.ndarray:
    """numpy's `_reconstruct` for ndarrays; the real shape and data follow in the state."""
    if kind is not np.ndarray or shape != (0,):
        raise pickle.UnpicklingError("it builds an array in an unusual way")
    return np.ndarray.__new__(np.ndarray, shape, "b")


def _scalar(dtype: np.dtype, data: bytes) -> np.generic:
    if dtype.kind not in "biuf":
        raise pickle.UnpicklingError(f"it holds a numpy scalar of type {dtype}")
    return np.frombuffer(data, dtype)[0]


_KNOWN: dict[tuple[str, str], object] = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _empty_array for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "scalar"): _scalar for core in ("core", "_core")},
}


class _ArrayUnpickler(pickle.Unpickler):
    """Builds numpy arrays and plain containers; any other name is refused."""

    def find_class(self, module: str, name: str) -> object:
        if (module, name) not in _KNOWN:
            raise pickle.UnpicklingError(f"it refers to {module[:60]}.{name[:60]}, which no output needs")
        return _KNOWN[module, name]

    def persistent_load(self, pid: object) -> object:
        raise pickle.UnpicklingError("it refers to data outside the file")
