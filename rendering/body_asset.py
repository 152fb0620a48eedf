"""The bundled body as bytes for a browser that skins it itself; `web/pose_editor/body.mjs` reads them.

Layout, little endian: a JSON header padded with spaces, its length as uint32 before it, then the arrays that the header
lists as {"name", "type", "length"}, each starting at a multiple of 4 bytes:

    vertices f32 (V, 3)       metres, T-pose
    joints   f32 (24, 3)      rest positions
    bones    u8  (V, 4)       joints that move a vertex, the strongest first
    weights  u16 (V, 4)       how much, 65535 is 1
    faces    u16 (F, 3)
    limits   f32 (21, 3, 2)   radians: twist about the bone axis, then two components of the swing

The header also has `names`, `parents` and `mirror` of the 24 joints, and `axis` and `components` of the limits.
"""

from __future__ import annotations

import json
import struct

import numpy as np
import torch

from ..smpl import JOINT_NAMES, MIRROR, PARENTS
from .body import Body

INFLUENCES = 4


def pack_body(body: Body, limits: dict[str, np.ndarray]) -> bytes:
    """A 24-joint body of at most 65,536 vertices and 4 joints a vertex as bytes.

    limits: "range" (21, 3, 2), "axis" (21,) and "components" (21, 2) of joints 1..21, see `pose_prior.limits`.
    Raises ValueError for a body that does not fit the layout.
    """
    weights = body.weights.double().cpu().numpy()
    if weights.shape[1] != len(JOINT_NAMES) or len(weights) > 1 << 16 or ((weights > 0).sum(1) > INFLUENCES).any():
        raise ValueError(f"body: the editor's body has 24 joints, 65536 vertices, {INFLUENCES} joints a vertex at most")
    bones = np.argsort(-weights, 1, kind="stable")[:, :INFLUENCES]
    arrays = {
        "vertices": body.v_template.cpu().numpy().astype("<f4"),
        "joints": body.to(torch.float64).rest_joints.cpu().numpy().astype("<f4"),  # a sum over all vertices
        "bones": bones.astype("u1"),
        "weights": np.rint(np.take_along_axis(weights, bones, 1) * 65535).astype("<u2"),
        "faces": body.faces.cpu().numpy().astype("<u2"),
        "limits": limits["range"].astype("<f4"),
    }
    header = {
        "names": JOINT_NAMES,
        "parents": PARENTS,
        "mirror": MIRROR,
        "axis": limits["axis"].tolist(),
        "components": limits["components"].tolist(),
        "arrays": [{"name": name, "type": array.dtype.str[1:], "length": array.size} for name, array in arrays.items()],
    }
    text = json.dumps(header).encode()
    parts = [struct.pack("<I", len(text) + -len(text) % 4), text.ljust(len(text) + -len(text) % 4)]
    for array in arrays.values():
        content = array.tobytes()
        parts.append(content + b"\0" * (-len(content) % 4))
    return b"".join(parts)
