"""Reading body files: the bundled body, and the user's SMPL, SMPL-H and SMPL-X files (`.npz` or `.pkl`).

The official pickles are read by an unpickler that knows the few classes they contain, by exact name, and builds
nothing else: numpy arrays, and inert stand-ins for scipy's sparse matrices and chumpy's arrays.
"""

from __future__ import annotations

import json
import pickle
import zipfile
from pathlib import Path

import numpy as np
import torch

from ..smpl import NUM_BETAS, PARENTS
from .body import Body

REQUIRED = ("v_template", "shapedirs", "J_regressor", "weights", "kintree_table", "f")
OPTIONAL = ("posedirs", "hands_meanl", "hands_meanr", "vertex_ids")
MAX_FILE_BYTES = 2 << 30
_HANDS = 30
# Joints -> (family, index of the first left finger joint).
_FAMILIES = {24: ("SMPL", None), 52: ("SMPL-H", 22), 55: ("SMPL-X", 25)}
_MIDDLE = 3  # the middle finger's first joint, in MANO order: the place SMPL calls the hand


def read_body(path: Path) -> Body:
    """A body from an SMPL, SMPL-H or SMPL-X file.

    Raises FileNotFoundError if there is no such file, ValueError if it is not a body.
    """
    if not path.is_file():
        raise FileNotFoundError(f"Body {path.name!r}: there is no such file")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ValueError(f"Body {path.name!r}: larger than {MAX_FILE_BYTES >> 30} GB")
    try:
        return _body_of(_read_pickle(path) if path.suffix.lower() == ".pkl" else _read_npz(path))
    except ValueError as error:
        raise ValueError(f"Body {path.name!r}: {error}") from None


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    """The arrays we use; SMPL-X files also hold pickled tables, which are not touched."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {key: archive[key] for key in (*REQUIRED, *OPTIONAL) if key in archive.files}
    except (OSError, ValueError, zipfile.BadZipFile, EOFError, KeyError, AttributeError, MemoryError) as error:
        raise ValueError(f"cannot be read as an npz file ({_one_line(error)})") from None


def _read_pickle(path: Path) -> dict[str, np.ndarray]:
    try:
        with open(path, "rb") as file:
            data = _SMPLUnpickler(file, encoding="latin1").load()
    except pickle.UnpicklingError as error:
        raise ValueError(f"not an SMPL pickle ({_one_line(error)})") from None
    except (EOFError, TypeError, AttributeError, KeyError, IndexError, OverflowError, MemoryError) as error:
        raise ValueError(f"the pickle is damaged ({_one_line(error)})") from None
    if not isinstance(data, dict):
        raise ValueError("not an SMPL pickle (it holds no dictionary)")
    return {key: _dense(data[key]) for key in (*REQUIRED, *OPTIONAL) if key in data}


def _body_of(data: dict[str, np.ndarray]) -> Body:
    missing = [key for key in REQUIRED if key not in data]
    if missing:
        raise ValueError(f"not an SMPL-format body file (missing: {', '.join(missing)})")
    table = np.asarray(data["kintree_table"])
    if table.ndim != 2 or table.shape[0] != 2 or table.shape[1] not in _FAMILIES:
        raise ValueError(f"its kinematic tree has shape {table.shape}; SMPL has 24 joints, SMPL-H 52, SMPL-X 55")
    parents = (-1, *(int(parent) for parent in table[0, 1:]))
    joints = len(parents)
    family, fingers = _FAMILIES[joints]
    if parents[:22] != PARENTS[:22] or any(not 0 <= p < k for k, p in enumerate(parents) if k):
        raise ValueError(f"its {joints} joints are not those of {family}")
    vertices = np.asarray(data["v_template"]).shape[0]
    real = {
        key: _real(data[key], key, shape)
        for key, shape in {
            "v_template": (vertices, 3),
            "shapedirs": (vertices, 3, None),
            "J_regressor": (joints, vertices),
            "weights": (vertices, joints),
            "posedirs": (vertices, 3, 9 * (joints - 1)),
            "hands_meanl": (_HANDS // 2 * 3,),
            "hands_meanr": (_HANDS // 2 * 3,),
        }.items()
        if key in data
    }
    faces = np.asarray(data["f"])
    if faces.ndim != 2 or faces.shape[1] != 3 or faces.dtype.kind not in "iu" or faces.max(initial=0) >= vertices:
        raise ValueError("its faces are not triangles of its vertices")
    shapedirs = real["shapedirs"][..., :NUM_BETAS]
    if shapedirs.shape[2] < NUM_BETAS:
        raise ValueError(f"it has {shapedirs.shape[2]} shape directions, expected at least {NUM_BETAS}")
    means = [real[key].view(-1, 3) for key in ("hands_meanl", "hands_meanr") if key in real]
    hands = () if fingers is None else tuple(range(fingers, fingers + _HANDS))
    tips = (22, 23) if fingers is None else (fingers + _MIDDLE, fingers + _HANDS // 2 + _MIDDLE)
    return Body(
        v_template=real["v_template"],
        faces=torch.from_numpy(faces.astype(np.int64)),
        weights=real["weights"],
        shapedirs=shapedirs.contiguous(),
        J_regressor=real["J_regressor"],
        parents=parents,
        posedirs=real.get("posedirs"),
        smpl_joints=(*range(22), *tips),
        hand_joints=hands,
        hand_mean=torch.cat(means) if hands and len(means) == 2 else None,
        betas_space="smplx" if family == "SMPL-X" else "smpl",
        vertex_ids=json.loads(str(data["vertex_ids"])) if "vertex_ids" in data else {},
    )


def _real(values: object, name: str, shape: tuple[int | None, ...]) -> torch.Tensor:
    """A float32 tensor of the wanted shape (None: any size); ValueError on other shapes and on NaN."""
    array = np.asarray(values)
    if array.dtype.kind not in "fiu" or array.ndim != len(shape):
        raise ValueError(f"{name} has shape {array.shape} and type {array.dtype}")
    if any(wanted not in (None, size) for wanted, size in zip(shape, array.shape)):
        raise ValueError(f"{name} has shape {array.shape}, expected {shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} contains NaN or infinite values")
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))


class _Chumpy:
    """Stands in for chumpy's array classes; keeps what was pickled and computes nothing."""

    def __setstate__(self, state: object) -> None:
        self.state = state if isinstance(state, dict) else {"x": state}

    def array(self) -> np.ndarray:
        state = self.state
        if "x" in state:
            return _dense(state["x"])
        if "a" in state and "idxs" in state:  # chumpy.reordering.Select: elements of another array
            picked = _dense(state["a"]).ravel()[np.asarray(state["idxs"])]
            return picked.reshape(tuple(int(size) for size in state["preferred_shape"]))
        raise ValueError("it holds a chumpy expression that is not an array")


class _Sparse:
    """Stands in for scipy's compressed sparse matrices; `by_rows` tells csr from csc."""

    by_rows = False

    def __setstate__(self, state: dict) -> None:
        self.state = state

    def array(self) -> np.ndarray:
        shape = tuple(int(size) for size in self.state.get("_shape", self.state.get("shape", ())))
        if len(shape) != 2 or max(shape) > 1_000_000 or shape[0] * shape[1] > 50_000_000:
            raise ValueError(f"a sparse matrix has shape {shape}")
        values, minor, starts = (np.asarray(self.state[key]) for key in ("data", "indices", "indptr"))
        major = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        dense = np.zeros(shape, values.dtype)
        np.add.at(dense, (major, minor) if self.by_rows else (minor, major), values)
        return dense


class _SparseRows(_Sparse):
    by_rows = True


def _empty_array(kind: object, shape: object, code: object) -> np.ndarray:
    """numpy's `_reconstruct`, for the empty arrays that pickles fill afterwards."""
    if kind is not np.ndarray or tuple(shape) != (0,):
        raise pickle.UnpicklingError("an unusual numpy array")
    return np.ndarray.__new__(np.ndarray, (0,), code)


def _array_from_buffer(buffer: object, dtype: np.dtype, shape: tuple, order: str) -> np.ndarray:
    return np.frombuffer(buffer, dtype).reshape(shape, order=order)


def _scalar(dtype: np.dtype, data: bytes) -> np.generic:
    if dtype.kind not in "biuf":
        raise pickle.UnpicklingError(f"a numpy scalar of type {dtype}")
    return np.frombuffer(data if isinstance(data, bytes) else data.encode("latin1"), dtype)[0]


def _latin1(text: str, encoding: str = "latin1") -> bytes:
    """Python 2 strings in Python 3 pickles: `_codecs.encode(text, "latin1")`."""
    if encoding not in ("latin1", "latin-1"):
        raise pickle.UnpicklingError(f"text in encoding {encoding[:20]!r}")
    return text.encode("latin1")


def _plain_object(kind: type, _base: object, _state: object) -> object:
    """`copyreg._reconstructor`, for our stand-ins only."""
    if kind not in (_Chumpy, _Sparse, _SparseRows):
        raise pickle.UnpicklingError("an object of an unexpected class")
    return kind()


# All that official files contain, by exact module and name, old and new spellings.
_KNOWN: dict[tuple[str, str], object] = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("_codecs", "encode"): _latin1,
    ("copy_reg", "_reconstructor"): _plain_object,
    ("copyreg", "_reconstructor"): _plain_object,
    ("__builtin__", "object"): object,
    ("builtins", "object"): object,
    ("chumpy", "Ch"): _Chumpy,
    ("chumpy.ch", "Ch"): _Chumpy,
    ("chumpy.reordering", "Select"): _Chumpy,
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _empty_array for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "scalar"): _scalar for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _array_from_buffer for core in ("core", "_core")},
    **{(f"scipy.sparse.{module}", "csc_matrix"): _Sparse for module in ("csc", "_csc")},
    **{(f"scipy.sparse.{module}", "csr_matrix"): _SparseRows for module in ("csr", "_csr")},
}


class _SMPLUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> object:
        if (module, name) not in _KNOWN:
            raise pickle.UnpicklingError(f"it refers to {module[:60]}.{name[:60]}, which no body file needs")
        return _KNOWN[module, name]

    def persistent_load(self, pid: object) -> object:
        raise pickle.UnpicklingError("it refers to data outside the file")


def _dense(value: object) -> np.ndarray:
    return value.array() if isinstance(value, (_Chumpy, _Sparse)) else np.asarray(value)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:160]
