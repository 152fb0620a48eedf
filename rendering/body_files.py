"""Reading body files: the bundled npz and official SMPL, SMPL-H and SMPL-X files into a `Body`."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import torch

from ..smpl import NUM_BETAS, PARENTS
from .body import Body

REQUIRED = ("v_template", "shapedirs", "J_regressor", "weights", "kintree_table", "f")


def read_body(path: Path) -> Body:
    """A body from an SMPL-format `.npz` file.

    Raises FileNotFoundError if there is no such file, ValueError if it is not a body.
    """
    if not path.is_file():
        raise FileNotFoundError(f"Body {path.name!r}: there is no such file")
    return _body_of(_read_npz(path), path.name)


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}
    except (OSError, ValueError, zipfile.BadZipFile, EOFError, KeyError) as error:
        raise ValueError(f"Body {path.name!r}: cannot be read as an npz file ({error})") from None


def _body_of(data: dict[str, np.ndarray], name: str) -> Body:
    missing = [key for key in REQUIRED if key not in data]
    if missing:
        raise ValueError(f"Body {name!r}: not an SMPL-format body file (missing: {', '.join(missing)})")
    parents = tuple(int(parent) for parent in data["kintree_table"][0].astype(np.uint32).view(np.int32))
    if parents != PARENTS:
        raise ValueError(f"Body {name!r}: its {len(parents)} joints are not SMPL's 24")
    real = lambda key: torch.from_numpy(np.ascontiguousarray(data[key], dtype=np.float32))  # noqa: E731
    return Body(
        v_template=real("v_template"),
        faces=torch.from_numpy(data["f"].astype(np.int64)),
        weights=real("weights"),
        shapedirs=real("shapedirs")[..., :NUM_BETAS].contiguous(),
        J_regressor=real("J_regressor"),
        betas_space="smpl",
        vertex_ids=json.loads(str(data["vertex_ids"])) if "vertex_ids" in data else {},
    )
