"""A sprite on the canvas: scaled, mirrored, turned, dressed and lit; and the shadows it throws."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

from .canvas import Canvas, S
from .people import Sprite
from .regions import LABEL

# How the pack lights an avatar when no scene is known: rendering.light.Lighting's defaults.
NEUTRAL = dict(
    dir=(-0.45, 0.60, 0.66), col=(0.68, 0.66, 0.63), power=1.0, amb=(0.42, 0.44, 0.47), gnd=(0.25, 0.23, 0.21)
)
_SHOULDER = 0.8  # linear value above which bright colours are compressed, as in rendering.shading
_THIGHS = [LABEL[name] for name in ("hip", "thigh0", "thigh1", "skirt0")]


@dataclass(frozen=True)
class Stance:
    """Where a sprite stands on the canvas.

    x, y: the column of its middle and the row of its lowest pixel. ppm: pixels a metre.
    squash: width over height. flip: mirrored. turn: degrees counter-clockwise.
    """

    x: float
    y: float
    ppm: float
    squash: float = 1.0
    flip: bool = False
    turn: float = 0.0

    def zoomed(self, zoom: float, left: float, top: float) -> Stance:
        """The same stance in a picture that shows the part from (left, top) on, `zoom` times larger."""
        return replace(self, x=(self.x - left) * zoom, y=(self.y - top) * zoom, ppm=self.ppm * zoom)


@dataclass(frozen=True)
class Figure:
    """A person on the canvas.

    alpha: (S, S) float 0..1; colour (S, S, 3) and gray (S, S) float 0..255; gray_alpha and thighs (S, S) 0..255.
    part:  the rows and columns of the canvas outside which all these are 0.
    box:   x, y, width, height of the whole person, which may reach beyond the canvas.
    joints: (24, 2) canvas pixels in SMPL order (left and right exchanged if mirrored).
    """

    alpha: np.ndarray
    colour: np.ndarray
    gray: np.ndarray
    gray_alpha: np.ndarray
    thighs: np.ndarray
    part: tuple[slice, slice]
    box: tuple[int, int, int, int]
    joints: np.ndarray


def draw_figure(sprite: Sprite, ppm: float, stance: Stance, palette: np.ndarray, light: dict, toon: float) -> Figure:
    """Dress, light and place a sprite that was baked at `ppm` pixels a metre.

    palette: see `wardrobe.dress`. light: as `Canvas.key`. toon: 0 smooth shading, 1 two flat tones.
    """
    h0, w0 = sprite.gray.shape[:2]
    scale = stance.ppm / ppm
    w, h = max(8, round(w0 * scale * stance.squash)), max(8, round(h0 * scale))
    paint = _resized(palette[sprite.label], w, h)
    surface = _resized(sprite.surface, w, h).astype(np.float32) / 255
    gray = _resized(sprite.gray, w, h).astype(np.float32)
    thighs = _resized(np.isin(sprite.label, _THIGHS).astype(np.uint8) * 255, w, h)
    normal = surface[..., :2] * 2 - 1
    joints = sprite.joints * np.float32([w / w0, h / h0])
    shade = 0
    if stance.flip:
        paint, surface, gray, thighs = (picture[:, ::-1] for picture in (paint, surface, gray, thighs))
        normal = normal[:, ::-1] * np.float32([-1, 1])
        joints = np.stack([w - joints[:, 0], joints[:, 1]], 1)[_MIRROR]
        shade = 1
    layers = np.dstack([paint, normal, surface[..., 2:], gray[..., [shade, 2]], thighs])
    if stance.turn:
        layers, joints, normal_turn = _turned(layers, joints, stance.turn)
        layers[..., 4:6] = layers[..., 4:6] @ normal_turn
        h, w = layers.shape[:2]
    left, top = round(stance.x - w / 2), round(stance.y - h)
    a, b = max(left, 0), max(top, 0)
    layers = layers[b - top : max(S - top, b - top), a - left : max(S - left, a - left)]
    part = np.s_[b : b + layers.shape[0], a : a + layers.shape[1]]
    alpha = layers[..., 3].clip(0, 1)
    rows, columns = np.nonzero(alpha > 0.002)
    seen = layers[rows, columns]
    albedo = seen[:, :3] / np.maximum(seen[:, 3:4], 1e-3)
    colour = np.zeros((*alpha.shape, 3), np.float32)
    colour[rows, columns] = _shaded(albedo, seen[:, 4:6], seen[:, 6], light, toon)
    layers = (alpha, colour, layers[..., 7], layers[..., 8], layers[..., 9])
    return Figure(
        *(_on_canvas(layer, part) for layer in layers), part, (left, top, w, h), joints + np.float32([left, top])
    )


def _on_canvas(layer: np.ndarray, part: tuple[slice, slice]) -> np.ndarray:
    canvas = np.zeros((S, S, *layer.shape[2:]), np.float32)
    canvas[part] = layer
    return canvas


_MIRROR = [0, 2, 1, 3, 5, 4, 6, 8, 7, 9, 11, 10, 12, 14, 13, 15, 17, 16, 19, 18, 21, 20, 23, 22]


def _resized(picture: np.ndarray, w: int, h: int) -> np.ndarray:
    shrinking = w < picture.shape[1]
    return cv2.resize(picture, (w, h), interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR)


def _turned(layers: np.ndarray, joints: np.ndarray, degrees: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Layers and joints turned about the middle; and the (2, 2) matrix that turns rows of normals (y up) along."""
    h, w = layers.shape[:2]
    matrix = cv2.getRotationMatrix2D((w / 2, h / 2), degrees, 1.0)
    c, s = abs(matrix[0, 0]), abs(matrix[0, 1])
    width, height = int(h * s + w * c) + 1, int(h * c + w * s) + 1
    matrix[:, 2] += (width / 2 - w / 2, height / 2 - h / 2)
    groups = [cv2.warpAffine(np.ascontiguousarray(layers[..., k : k + 4]), matrix, (width, height)) for k in (0, 4, 8)]
    groups = [group.reshape(height, width, -1) for group in groups]
    t = math.radians(degrees)
    normals = np.float32([[math.cos(t), math.sin(t)], [-math.sin(t), math.cos(t)]])
    return np.dstack(groups), joints @ matrix[:, :2].T.astype(np.float32) + np.float32(matrix[:, 2]), normals


def _shaded(albedo: np.ndarray, normal: np.ndarray, occlusion: np.ndarray, light: dict, toon: float) -> np.ndarray:
    """sRGB 0..255 (n, 3) of linear albedo (n, 3) under a key light and a hemisphere of sky and ground."""
    direction = np.float32(light["dir"])
    direction /= np.linalg.norm(direction)
    z = np.sqrt(np.clip(1 - (normal**2).sum(1), 0, 1))
    facing = normal[:, 0] * direction[0] + normal[:, 1] * direction[1] + z * direction[2]
    open_to_key = np.clip((occlusion - 0.15) * 2.2, 0.25, 1)  # stands in for the shadow map
    key = np.clip(facing, 0, 1) * open_to_key
    if toon:
        key = key * (1 - toon) + toon * 0.85 * np.clip((key - 0.28) * 9, 0, 1)
        occlusion = occlusion * (1 - toon) + toon * 0.95
    up = normal[:, 1:2] * 0.5 + 0.5
    ambient = (np.float32(light["amb"]) * up + np.float32(light["gnd"]) * (1 - up)) * (0.2 + 0.8 * occlusion[:, None])
    colour = albedo * (ambient + key[:, None] * light["power"] * np.float32(light["col"]))
    over = np.clip(colour - _SHOULDER, 0, None)
    colour = np.minimum(colour, _SHOULDER) + (1 - _SHOULDER) * (1 - np.exp(-over / (1 - _SHOULDER)))
    return colour.clip(0, 1) ** (1 / 2.2) * 255


def draw_shadows(s: Canvas, figure: Figure, base: str, y: float, lift: float) -> None:
    """The contact shadow under the feet, and the silhouette laid down on the ground away from the light.

    y: ground row. lift: pixels between the ground and the lowest pixel of the figure.
    """
    alpha = (figure.alpha * 255).astype(np.uint8)
    light = s.key["dir"]
    if s.cast > 0.05:
        lean = -light[0] / max(light[1], 0.25) * 0.55
        flat = 0.16 + 0.12 * (1 - min(light[1], 1))
        sign = 1 if light[2] > -0.1 else -1  # a light from behind throws the shadow towards the viewer
        matrix = np.float32([[1, -lean, lean * (y - lift)], [0, sign * flat, y - sign * flat * (y - lift)]])
        laid = cv2.warpAffine(alpha, matrix, (S, S))
        s.blend(cv2.GaussianBlur(laid, (0, 0), 1.6 + lift * 0.05), "#0a0a1e", s.cast * 1.15)
    if lift:
        columns = np.flatnonzero(figure.alpha.max(0) > 0.3)
        if len(columns):
            s.soft_ell(columns.mean(), y, max(np.ptp(columns) * 0.35, 8), 3.5, 0.3 * math.exp(-lift / 70))
        return
    _, top, _, height = figure.box
    if base in ("floor", "lie"):  # the whole body touches: darken the ground under its lower outline
        below = max(3, int((0.045 if base == "floor" else 0.09) * height))
        touched = cv2.warpAffine(alpha, np.float32([[1, 0, 0], [0, 1, below]]), (S, S))
        if base == "floor":
            touched[: max(0, int(top + height * 0.5))] = 0
        s.blend(cv2.GaussianBlur(touched, (0, 0), 2.2), "#06060f", 0.5)
    feet = alpha.copy()
    feet[: max(0, int(top + height - max(5, 0.07 * height)))] = 0
    feet = cv2.warpAffine(feet, np.float32([[1, 0, 0], [0, 0.45, (y + 1.5) * 0.55]]), (S, S))
    feet = cv2.GaussianBlur(cv2.dilate(feet, np.ones((2, 5), np.uint8)), (0, 0), 2.0)
    s.blend(feet, "#06060f", 0.62)
