"""Rest joints of the bundled body: what joint losses and geometric facts are measured on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from ...weights import bundled


def rest_joints(body: str | Path | None = None) -> torch.Tensor:
    """(24, 3) metres, from an SMPL-format npz (the bundled body if none is given)."""
    with np.load(body or bundled("body.npz"), allow_pickle=False) as arrays:
        joints = arrays["J_regressor"].astype(np.float64) @ arrays["v_template"].astype(np.float64)
    return torch.from_numpy(joints).float()
