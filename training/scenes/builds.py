"""Many people out of one avatar: other girths, larger heads, hair of several cuts, skirts.

Everything is done in the rest pose, where the bundled avatar's bind space is the world, and skinned like the rest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch

from ...rendering.avatar import Avatar
from ...rendering.mesh import Material, vertex_normals

HAIR = ("shaved", "short", "crop", "bob", "long", "ponytail", "bun", "afro")
SKIRTS = (None, "short", "long")
_SKULL = np.array([0.0, 1.722, 0.022]), np.array([0.089, 0.106, 0.119])  # centre and half axes of scalp and hair, m


@dataclass(frozen=True)
class Build:
    """How one person differs from the avatar.

    girth: -1 (thin) .. 2 (heavy); curves: 0..1, hips and bust; shoulders: -1..1; head: scale of the head;
    hair: one of HAIR; skirt: one of SKIRTS.
    """

    girth: float = 0.0
    curves: float = 0.0
    shoulders: float = 0.0
    head: float = 1.0
    hair: str = "short"
    skirt: str | None = None

    @staticmethod
    def draw(rng: np.random.Generator, may_skirt: bool = True) -> Build:
        """A random build; most are ordinary."""
        curves = float(rng.choice([0.0, 0.0, rng.uniform(0.4, 1.0)]))
        weights = (
            (0.08, 0.3, 0.16, 0.1, 0.12, 0.08, 0.06, 0.1)
            if not curves
            else (0.02, 0.1, 0.1, 0.2, 0.28, 0.16, 0.09, 0.05)
        )
        skirt = SKIRTS[int(rng.choice(3, p=(0.5, 0.3, 0.2) if curves else (0.95, 0.03, 0.02)))]
        return Build(
            girth=float(np.clip(rng.normal(0, 0.7), -1, 2)),
            curves=curves,
            shoulders=float(rng.uniform(-1, 1)) - 0.4 * curves,
            head=float(rng.choice([rng.uniform(0.96, 1.1), rng.uniform(1.15, 1.5)], p=[0.8, 0.2])),
            hair=str(rng.choice(HAIR, p=weights)),
            skirt=skirt if may_skirt else None,
        )


def build_avatar(base: Avatar, build: Build) -> Avatar:
    """The bundled default avatar in another build."""
    rest = base.rest_vertices.double().numpy()
    moved = rest + _girth(rest, build)[:, None] * base.normals.double().numpy() + _frame(rest, build)
    faces, material = base.faces, base.face_material
    names = [m.name for m in base.materials]
    if build.hair != "short":
        keep = material != names.index("hair")
        faces, material = faces[keep], material[keep]
    parts = [part for part in (_hair(build.hair), _skirt(build.skirt)) if part is not None]
    materials = [replace(m, double_sided=True, base_color_texture=None) for m in base.materials]
    materials.append(Material(name="skirt", double_sided=True))
    names.append("skirt")
    columns = {
        "positions": [torch.tensor(moved, dtype=torch.float32)],
        "slots": [base.slots], "weights": [base.weights], "vertex_part": [base.vertex_part],
        "faces": [faces], "face_material": [material],
    }  # fmt: skip
    count = len(rest)
    for name, points, triangles, bones in parts:
        slots, weights = _bind(base, bones)
        width = base.weights.shape[1]
        columns["positions"].append(torch.tensor(points, dtype=torch.float32))
        columns["slots"].append(torch.nn.functional.pad(slots, (0, width - slots.shape[1])))
        columns["weights"].append(torch.nn.functional.pad(weights, (0, width - weights.shape[1])))
        columns["vertex_part"].append(torch.full((len(points),), -1))
        columns["faces"].append(torch.tensor(triangles) + count)
        columns["face_material"].append(torch.full((len(triangles),), names.index(name)))
        count += len(points)
    joined = {name: torch.cat(values) for name, values in columns.items()}
    head = joined["weights"] * torch.isin(joined["slots"], torch.tensor(_slots(base, "Head")))
    centre = torch.tensor([0.0, 1.575, 0.0])
    grown = head.sum(1, keepdim=True) * (build.head - 1) * (joined["positions"] - centre)
    extra = count - len(rest)
    added = vertex_normals(joined["positions"], joined["faces"])[len(rest) :]
    return replace(
        base,
        **{**joined, "positions": joined["positions"] + grown},
        normals=torch.cat([base.normals, added]),
        uv=torch.cat([base.uv, base.uv.new_zeros(extra, 2)]),
        # The colour of a vertex says where it was in the rest pose: labels are told from that.
        colors=_encode_rest(torch.cat([torch.tensor(rest, dtype=torch.float32), joined["positions"][len(rest) :]])),
        materials=tuple(materials),
    )


def _encode_rest(rest: torch.Tensor) -> torch.Tensor:
    return torch.cat([rest / 4 + torch.tensor([0.5, 0.0, 0.5]), torch.ones(len(rest), 1)], 1)


def decode_rest(color: np.ndarray) -> np.ndarray:
    """(n, 3) rest positions, metres, from the vertex colours that `build_avatar` wrote."""
    return (color[:, :3] - np.array([0.5, 0.0, 0.5])) * 4


# --- flesh


def _bump(value: np.ndarray, middle: float, width: float) -> np.ndarray:
    return np.exp(-(((value - middle) / width) ** 2))


def _girth(rest: np.ndarray, build: Build) -> np.ndarray:
    """(V,) metres to move along the normals."""
    x, y, z = np.abs(rest[:, 0]), rest[:, 1], rest[:, 2]
    trunk = (x < 0.22) & (y > 0.85) & (y < 1.52)
    out = np.zeros(len(rest))
    out += trunk * build.girth * (0.012 * _bump(y, 1.3, 0.22) + 0.022 * _bump(y, 1.08, 0.14))
    out += trunk * np.clip(z, 0, None) / 0.14 * max(build.girth, 0) * 0.035 * _bump(y, 1.1, 0.13)  # belly
    out += (y < 0.95) * (y > 0.12) * build.girth * (0.004 + 0.010 * np.clip((y - 0.4) / 0.5, 0, 1))  # legs
    out += (x > 0.22) * (x < 0.68) * build.girth * 0.007
    bust = _bump(x, 0.085, 0.055) * _bump(y, 1.335, 0.06) * (z > 0.02)
    out += trunk * build.curves * (0.035 * bust - 0.012 * _bump(y, 1.13, 0.08))
    out += (x < 0.24) * build.curves * 0.022 * _bump(y, 0.95, 0.1)
    return out


def _frame(rest: np.ndarray, build: Build) -> np.ndarray:
    """(V, 3) metres: narrower or broader shoulders."""
    out = np.zeros_like(rest)
    shoulder = np.clip(np.abs(rest[:, 0]) / 0.2, 0, 1) * _bump(rest[:, 1], 1.44, 0.1) * (np.abs(rest[:, 0]) < 0.22)
    out[:, 0] = np.sign(rest[:, 0]) * 0.014 * build.shoulders * shoulder
    return out


# --- hair and skirts: name of the material, points (n, 3), triangles (m, 3), bones {bone: weight (n,)}


def _grid(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A (rows, columns, 3) sheet as points and triangles."""
    rows, columns = points.shape[:2]
    a = np.arange(rows * columns).reshape(rows, columns)
    quads = np.stack([a[:-1, :-1], a[1:, :-1], a[1:, 1:], a[:-1, 1:]], -1).reshape(-1, 4)
    return points.reshape(-1, 3), np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def _join(sheets: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    points, triangles, count = [], [], 0
    for sheet in sheets:
        p, t = _grid(sheet)
        points.append(p)
        triangles.append(t + count)
        count += len(p)
    return np.concatenate(points), np.concatenate(triangles)


def _cap(thick: float, low_back: float = 1.62) -> np.ndarray:
    """A sheet over crown, sides and back of the head; the face stays free."""
    centre, axes = _SKULL
    theta = np.linspace(-math.pi, math.pi, 41)  # 0 is the back
    front = np.clip((np.abs(theta) - 1.75) / 0.45, 0, 1)
    side = np.clip((np.abs(theta) - 0.9) / 0.6, 0, 1)
    edge = low_back + side * (1.695 - low_back) + front * (1.795 - 1.695)
    lowest = np.arccos(np.clip((edge - centre[1]) / (axes[1] + thick), -1, 1))
    polar = np.linspace(0.02, 1, 15)[:, None] * lowest
    r = axes + thick
    wave = 1 + 0.012 * np.cos(9 * theta) * np.sin(polar)
    return np.stack(
        [
            centre[0] + r[0] * np.sin(polar) * np.sin(theta) * wave,
            centre[1] + r[1] * np.cos(polar),
            centre[2] - r[2] * np.sin(polar) * np.cos(theta) * wave,
        ],
        -1,
    )


def _curtain(end: float, thick: float, flare: float) -> np.ndarray:
    """Hair that hangs from the sides and the back of the head down to y = end."""
    centre, axes = _SKULL
    theta = np.linspace(-1.65, 1.65, 33)
    t = np.linspace(0, 1, 14)[:, None]
    y = 1.76 + (end - 1.76) * t + 0.02 * t * np.cos(7 * theta) * (end < 1.55)
    spread = np.sqrt(np.clip(1 - (np.clip(1.76 - centre[1], -1, 1) / axes[1]) ** 2, 0, 1)) + 0.08 * np.minimum(t * 3, 1)
    r = (axes + thick) * spread[..., None] + np.array([flare * 0.6, 0, flare * 0.3]) * t[..., None]
    return np.stack([r[..., 0] * np.sin(theta), y + 0 * theta, centre[2] - r[..., 2] * np.cos(theta)], -1)


def _tube(path: np.ndarray, radius: np.ndarray, n: int = 10) -> np.ndarray:
    """A round tube along a path (k, 3) in the y-z plane."""
    along = np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True) + 1e-9
    across = np.array([1.0, 0.0, 0.0])
    up = np.cross(along, across)
    t = np.linspace(0, 2 * math.pi, n)
    ring = np.cos(t)[:, None] * across + np.sin(t)[:, None] * up[:, None]
    return path[:, None] + radius[:, None, None] * ring


def _ball(centre, radii) -> np.ndarray:
    t, p = np.meshgrid(np.linspace(0, 2 * math.pi, 22), np.linspace(0.02, math.pi - 0.02, 12))
    unit = np.stack([np.sin(p) * np.sin(t), np.cos(p), np.sin(p) * np.cos(t)], -1)
    return np.asarray(centre) + np.asarray(radii) * unit


def _hair(style: str):
    if style in ("shaved", "short"):
        return None
    thick = {"crop": 0.012, "bob": 0.02, "long": 0.018, "ponytail": 0.012, "bun": 0.012, "afro": 0.055}[style]
    sheets = [_cap(thick, 1.60 if style == "afro" else 1.63)]
    if style == "bob":
        sheets.append(_curtain(1.585, thick - 0.004, 0.03))
    elif style == "long":
        sheets.append(_curtain(1.36, thick - 0.004, 0.035))
    elif style == "ponytail":
        t = np.linspace(0, 1, 12)
        path = np.stack([0 * t, 1.79 + 0.04 * np.sin(t * 3) - 0.40 * t**1.3, -0.105 - 0.075 * np.sin(t * 2.4)], 1)
        sheets.append(_tube(path, 0.012 + 0.026 * np.sin(np.clip(t * 2.9 + 0.25, 0, math.pi))))
    elif style == "bun":
        sheets.append(_ball((0.0, 1.835, -0.05), (0.05, 0.047, 0.05)))
    points, triangles = _join(sheets)
    loose = np.clip((1.56 - points[:, 1]) / 0.12, 0, 0.75)  # what lies on the back follows the back
    return "hair", points, triangles, {"Head": 1 - loose, "Spine2": loose}


def _skirt(length: str | None):
    if length is None:
        return None
    end, flare = (0.62, 0.10) if length == "short" else (0.30, 0.14)
    theta = np.linspace(-math.pi, math.pi, 41)
    t = np.linspace(0, 1, 16)[:, None]
    y = 1.05 + (end - 1.05) * t
    pleats = 1 + 0.025 * t * np.cos(11 * theta)
    rx = 0.158 + 0.062 * np.sqrt(np.minimum(t * 3, 1)) + flare * t
    rz = 0.128 + 0.040 * np.sqrt(np.minimum(t * 3, 1)) + flare * t
    points = np.stack([rx * np.sin(theta) * pleats, y + 0 * theta, 0.01 + rz * np.cos(theta) * pleats], -1)
    points, triangles = _grid(points)
    leg = np.clip((0.99 - points[:, 1]) / 0.22, 0, 1) * 0.92
    left = np.clip(points[:, 0] / 0.24 + 0.5, 0, 1)
    shin = np.clip((0.56 - points[:, 1]) / 0.2, 0, 0.8)
    bones = {"Hips": 1 - leg}
    for side, share in (("Left", left), ("Right", 1 - left)):
        bones[f"{side}UpLeg"] = leg * share * (1 - shin)
        bones[f"{side}Leg"] = leg * share * shin
    # At most four bones a vertex: the far shin is dropped, its weight goes to the near one.
    near = left > 0.5
    bones["LeftLeg"], bones["RightLeg"] = (
        np.where(near, leg * shin, 0),
        np.where(near, 0, leg * shin),
    )
    return "skirt", points, triangles, bones


def _slots(avatar: Avatar, bone: str) -> int:
    nodes = [avatar.node_names[node].split(":")[-1] for node in avatar.slot_nodes.tolist()]
    return nodes.index(bone)


def _bind(avatar: Avatar, bones: dict[str, np.ndarray]) -> tuple[torch.Tensor, torch.Tensor]:
    """Slots and weights (n, 4): of every vertex the four strongest bones, weights summing to 1."""
    weights = torch.tensor(np.stack(list(bones.values()), 1), dtype=torch.float32)
    slots = torch.tensor([_slots(avatar, bone) for bone in bones])
    strongest, order = weights.topk(min(4, weights.shape[1]), dim=1)
    return slots[order], strongest / strongest.sum(1, keepdim=True)
