"""A small gouache painter: anti-aliased shapes on a 256 px canvas with a ground camera, a light and a haze.

Everything is placed in metres through one camera (horizon row `y0`, eye height `hc`), so that props and avatar share a
scale: an object that stands on row y has `ppm(y)` pixels a metre. Colours are given as in daylight; `tint` and `haze`
turn them into the scene's light. Coordinates are pixels, x to the right, y down.
"""

from __future__ import annotations

import functools
import math

import cv2
import numpy as np

from .ground import Ground
from .noise import disc, fractal, vignette, wrap

__all__ = ["Canvas", "H", "S", "fractal", "mix", "wrap"]

S = 256  # pixels a side
SHIFT = 4  # OpenCV's sub-pixel bits


@functools.lru_cache(4096)
def _hex(colour: str) -> tuple[float, float, float]:
    return tuple(float(int(colour[i : i + 2], 16)) for i in (1, 3, 5))


def H(colour) -> np.ndarray:
    """(3,) float RGB in 0..255 of "#rrggbb" or of three numbers."""
    return np.array(_hex(colour) if isinstance(colour, str) else colour, float)


def mix(a, b, t: float) -> np.ndarray:
    """The colour a fraction t of the way from a to b."""
    return H(a) * (1 - t) + H(b) * t


@functools.lru_cache(None)
def _circle(n: int) -> tuple[np.ndarray, np.ndarray]:
    """(2, n) points of the unit circle, and (6, n) the sines and cosines of 2, 3 and 5 times their angle."""
    t = np.linspace(0, 2 * math.pi, n, endpoint=False)
    return np.stack([np.cos(t), np.sin(t)]), np.stack([f(k * t) for k in (2, 3, 5) for f in (np.sin, np.cos)])


def _fixed(points) -> np.ndarray:
    points = np.array(points, float)
    points *= 1 << SHIFT
    return np.rint(points, out=points).astype(np.int32)


class Canvas(Ground):
    """One picture in the making, with its own randomness, camera and light.

    im:    (S, S, 3) uint8, what is painted so far.
    mask:  None, or (S, S) uint8: shapes drawn from now on are recorded there too (the occluder in front of the avatar).
    y0, hc, f: horizon row; eye height, metres; focal length, pixels.
    tint, haze_col, light, key, cast, dark, when: the light: what it multiplies colours with, what far things fade to,
           the side it comes from (-1 left, 1 right), what shades the avatar, how strong cast shadows are, whether lamps
           are on, and the kind of sky (None indoors).
    floating: nothing stands on the ground here (space, under water).
    pan:   None, or (x, y) pixels by which shapes, glows and soft shapes are moved.
    words: what a caption may mention.
    """

    def __init__(self, rng: np.random.Generator, y0: float = 110.0, hc: float = 1.4, f: float = 300.0):
        self.rng, self.y0, self.hc, self.f = rng, y0, hc, f
        self.im = np.zeros((S, S, 3), np.uint8)
        self.mask = None
        self.tint = np.ones(3)
        self.haze_col = H("#c8d8e8")
        self.light = -1.0
        self.words = []
        self.dark = False
        self.floating = False
        self.pan = None
        self.when = self.sun = None
        self.key = dict(
            dir=(-0.5, 0.6, 0.6), col=(1.0, 0.97, 0.9), power=1.0, amb=(0.45, 0.5, 0.58), gnd=(0.2, 0.19, 0.17)
        )
        self.cast = 0.35

    # --- randomness and colour

    def u(self, a: float, b: float) -> float:
        """A uniform number."""
        return float(self.rng.uniform(a, b))

    def i(self, a: int, b: int) -> int:
        """A whole number, both ends included."""
        return int(self.rng.integers(a, b + 1))

    def p(self, q: float) -> bool:
        """True with probability q."""
        return self.rng.random() < q

    def one(self, *choices):
        """One of the choices."""
        return choices[int(self.rng.integers(len(choices)))]

    def j(self, colour, d: float = 12) -> np.ndarray:
        """The colour, jittered: mostly in value, a little in hue."""
        return np.clip(H(colour) * (1 + self.rng.uniform(-d, d) / 100) + self.rng.uniform(-d, d, 3) * 0.6, 0, 255)

    def lit(self, colour, haze: float = 0.0, raw: bool = False) -> tuple[float, float, float]:
        """The colour in the scene's light, faded by haze 0..1; raw: it is a light itself and takes no tint."""
        # Called for every shape: three plain floats are far quicker here than arrays of three.
        red, green, blue = _hex(colour) if isinstance(colour, str) else map(float, colour)
        if not raw:
            tint = self.tint
            red, green, blue = red * float(tint[0]), green * float(tint[1]), blue * float(tint[2])
        if haze:
            far, keep = H(self.haze_col) * haze, 1 - haze
            red, green, blue = red * keep + far[0], green * keep + far[1], blue * keep + far[2]
        return min(max(red, 0.0), 255.0), min(max(green, 0.0), 255.0), min(max(blue, 0.0), 255.0)

    def say(self, *words: str) -> None:
        """Note one of these wordings for the caption."""
        self.words.append(self.one(*words))

    # --- shapes

    def _at(self, points) -> np.ndarray:
        """Points (..., 2) as OpenCV takes them, moved by `pan`."""
        return _fixed(points) if self.pan is None else _fixed(np.asarray(points, float) + self.pan)

    def _moved(self, x, y):
        return (x, y) if self.pan is None else (x + self.pan[0], y + self.pan[1])

    def poly(self, points, colour, haze: float = 0.0, raw: bool = False) -> None:
        """Fill a polygon (n, 2), or many of the same length (m, n, 2)."""
        points = self._at(points)
        points = list(points if points.ndim == 3 else points[None])
        cv2.fillPoly(self.im, points, self.lit(colour, haze, raw), cv2.LINE_AA, SHIFT)
        if self.mask is not None:
            cv2.fillPoly(self.mask, points, 255.0, cv2.LINE_AA, SHIFT)

    def rect(self, x0, y0, x1, y1, colour, **light) -> None:
        """Fill a rectangle."""
        self.poly([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], colour, **light)

    def line(self, points, colour, w: float = 1.0, haze: float = 0.0, raw: bool = False) -> None:
        """Draw a polyline about w pixels wide."""
        points, w = [self._at(points)], max(1, round(w))
        cv2.polylines(self.im, points, False, self.lit(colour, haze, raw), w, cv2.LINE_AA, SHIFT)
        if self.mask is not None:
            cv2.polylines(self.mask, points, False, 255.0, w, cv2.LINE_AA, SHIFT)

    def ell(self, x, y, rx, ry, colour, a=0.0, a0=0, a1=360, haze=0.0, raw=False) -> None:
        """Fill an ellipse turned by a degrees, or its sector from a0 to a1."""
        centre, axes = self._at((x, y)), np.maximum(_fixed((rx, ry)), 4)
        centre, axes = (int(centre[0]), int(centre[1])), (int(axes[0]), int(axes[1]))
        cv2.ellipse(self.im, centre, axes, a, a0, a1, self.lit(colour, haze, raw), -1, cv2.LINE_AA, SHIFT)
        if self.mask is not None:
            cv2.ellipse(self.mask, centre, axes, a, a0, a1, 255.0, -1, cv2.LINE_AA, SHIFT)

    def dot(self, x, y, r, colour, haze=0.0, raw=False) -> None:
        """Fill a circle."""
        x, y = self._moved(x, y)
        centre, r = (round(x * 16), round(y * 16)), max(round(r * 16), 6)
        cv2.circle(self.im, centre, r, self.lit(colour, haze, raw), -1, cv2.LINE_AA, SHIFT)
        if self.mask is not None:
            cv2.circle(self.mask, centre, r, 255.0, -1, cv2.LINE_AA, SHIFT)

    def taper(self, x0, y0, x1, y1, w0, w1, colour, **light) -> None:
        """Fill a limb from one point to another whose width goes from w0 to w1."""
        along = np.array([x1 - x0, y1 - y0], float)
        across = np.array([-along[1], along[0]]) / (np.hypot(*along) + 1e-6)
        a, b = np.array([x0, y0]), np.array([x1, y1])
        outline = [a + across * w0 / 2, b + across * w1 / 2, b - across * w1 / 2, a - across * w0 / 2]
        self.poly(outline, colour, **light)

    def blob(self, x, y, rx, ry, colour, n=10, wob=0.15, **light) -> None:
        """Fill an ellipse with a wobbly outline."""
        circle, waves = _circle(n * 3)
        a, b, c = self.rng.uniform(0, 6.3, 3).tolist()
        phases = (0.5 * math.cos(a), 0.5 * math.sin(a), 0.5 * math.cos(b), 0.5 * math.sin(b))
        r = 1 + wob * (np.array([*phases, 0.35 * math.cos(c), 0.35 * math.sin(c)]) @ waves)
        self.poly((circle * r).T * (rx, ry) + (x, y), colour, **light)

    def round_shade(self, x, y, r, colour, k=0.75, **light) -> None:
        """A ball with a lit side; the lower k, the darker its other side."""
        self.dot(x, y, r, mix(colour, "#000020", 1 - k), **light)
        self.dot(x + self.light * r * 0.18, y - r * 0.15, r * 0.8, colour, **light)
        self.dot(x + self.light * r * 0.32, y - r * 0.3, r * 0.35, mix(colour, "#ffffff", 0.25), **light)

    def box(self, x0, y0, x1, y1, colour, d=6.0, up=4.0, **light) -> None:
        """A front face, its top and the side that is turned to the middle, in lighter and darker paint."""
        turn = -1 if (x0 + x1) / 2 > S / 2 else 1
        edge = x1 if turn > 0 else x0
        top = [(x0, y0), (x1, y0), (x1 + turn * d, y0 - up), (x0 + turn * d, y0 - up)]
        flank = [(edge, y0), (edge + turn * d, y0 - up), (edge + turn * d, y1 - up), (edge, y1)]
        self.poly(top, mix(colour, "#ffffff", 0.22), **light)
        self.poly(flank, mix(colour, "#000018", 0.28), **light)
        self.rect(x0, y0, x1, y1, colour, **light)

    # --- soft things: these are never recorded in the mask

    def glow(self, x, y, r, colour, k=1.0) -> None:
        """Blend in a spot of light of radius r that falls off to nothing; k is its strength."""
        x, y = self._moved(x, y)
        x0, y0, x1, y1 = (int(v) for v in (max(x - r, 0), max(y - r, 0), min(x + r, S), min(y + r, S)))
        if x1 - x0 < 2 or y1 - y0 < 2:
            return
        spot = disc()
        scale = r * 2 / spot.shape[0]
        to_canvas = np.float32([[scale, 0, x - r - x0], [0, scale, y - r - y0]])
        alpha = np.minimum(cv2.warpAffine(spot, to_canvas, (x1 - x0, y1 - y0))[..., None] * k, 1)
        under = self.im[y0:y1, x0:x1]
        self.im[y0:y1, x0:x1] = (under + (np.float32(H(colour)) - under) * alpha).astype(np.uint8)

    def soft(self, points, colour, k=0.4, blur=3.0) -> None:
        """Blend a colour inside a blurred polygon."""
        inside = np.zeros((S, S), np.uint8)
        cv2.fillPoly(inside, [self._at(points)], 255, cv2.LINE_AA, SHIFT)
        self.blend(cv2.GaussianBlur(inside, (0, 0), blur) if blur else inside, colour, k)

    def blend(self, mask: np.ndarray, colour, k: float) -> None:
        """Blend a colour where mask (S, S) uint8 says, at most k of it."""
        rows = np.flatnonzero(mask.any(1))
        if len(rows) == 0:
            return
        a, b = rows[0], rows[-1] + 1
        alpha = mask[a:b, :, None].astype(np.float32) * (k / 255)
        under = self.im[a:b].astype(np.float32)
        self.im[a:b] = (under + (np.float32(H(colour)) - under) * alpha).astype(np.uint8)

    def vgrad(self, ya, yb, stops, x0=0, x1=S) -> None:
        """Fill rows ya..yb with a vertical gradient through the colours of `stops`."""
        ya, yb = int(max(ya, 0)), int(min(math.ceil(yb), S))
        if yb <= ya:
            return
        t, knots = np.linspace(0, 1, yb - ya), np.linspace(0, 1, len(stops))
        stops = np.array([H(c) for c in stops])
        rows = np.stack([np.interp(t, knots, stops[:, k]) for k in range(3)], 1)
        self.im[ya:yb, int(max(x0, 0)) : int(min(x1, S))] = rows[:, None].clip(0, 255)

    def blur(self, sigma: float) -> None:
        """Blur all that is painted so far: what is far away."""
        if sigma > 0.3:
            self.im = cv2.GaussianBlur(self.im, (0, 0), sigma)

    def ground_shadow(self, x, y, rx, k=0.3, flat=0.22) -> None:
        """The shadow of something rx wide that stands at (x, y)."""
        self.soft_ell(x - self.light * rx * 0.35, y, rx * 1.1, max(rx * flat, 1.5), k * (0.4 + self.cast))

    def soft_ell(self, x, y, rx, ry, k) -> None:
        """Darken a soft ellipse by k."""
        x, y = self._moved(x, y)
        far = (max(x - rx * 1.3, 0), max(y - ry * 1.3, 0), min(x + rx * 1.3, S), min(y + ry * 1.3, S))
        x0, y0, x1, y1 = (int(v) for v in far)
        if x1 - x0 < 2 or y1 - y0 < 2:
            return
        yy, xx = np.ogrid[y0:y1, x0:x1]
        distance = np.hypot((xx - x) / rx, (yy - y) / ry).astype(np.float32)
        alpha = np.clip((1.25 - distance) * 2.2, 0, 1)[..., None] * k
        under = self.im[y0:y1, x0:x1].astype(np.float32)
        self.im[y0:y1, x0:x1] = (under * (1 - alpha) + np.float32([8, 8, 24]) * alpha).astype(np.uint8)

    def finish(self, tex: float = 1.0) -> None:
        """Brush texture, contrast, saturation, warmth, vignette: once a picture, before the avatar goes in."""
        o = self.rng.integers(0, 256, 4)
        stroke = fractal(512, 0.9, 5, *self.one((1.0, 2.5), (2.5, 1.0), (1.0, 1.0)))[o[0] : o[0] + S, o[1] : o[1] + S]
        paper = fractal(512, 1.5, 6)[o[2] : o[2] + S, o[3] : o[3] + S]
        contrast, saturation = self.u(0.94, 1.1), self.u(0.9, 1.15)
        brush = (1 + (stroke * 0.6 + paper * 0.5) * (0.015 * tex)) * vignette(S, self.one(0.0, 0.06, 0.12))
        warmth = 1 + self.rng.uniform(-0.03, 0.03, 3)
        # About the mean: (gray + (v - gray) saturation - mean) contrast + mean, as one matrix with an offset.
        mean = np.full(3, self.im.mean())
        grade = contrast * (saturation * np.eye(3) + (1 - saturation) * np.array([0.299, 0.587, 0.114]))
        matrix = np.column_stack([grade, mean * (1 - contrast)]) * warmth[:, None]
        picture = cv2.transform(self.im.astype(np.float32), matrix.astype(np.float32))
        picture *= brush[..., None]
        self.im = np.clip(picture, 0, 255, out=picture).astype(np.uint8)
