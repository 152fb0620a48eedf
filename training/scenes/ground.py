"""The ground half of the painter: its camera, and what lies flat on the ground in perspective."""

from __future__ import annotations

import numpy as np

from .noise import fractal, wrap


class Ground:
    """Planes, lines and tiles on the ground, for a canvas with `im`, `rng`, `lit` and the camera `y0`, `hc`, `f`.

    After `plane`: ya is its first row; X, Z (rows, S) metres to the right and away, Y the picture row of its pixels.
    """

    def ppm(self, y: float) -> float:
        """Pixels of a metre on ground row y."""
        return max(y - self.y0, 1.0) / self.hc

    def row(self, z: float) -> float:
        """The ground row z metres away."""
        return self.y0 + self.f * self.hc / z

    def rows(self, z0: float, z1: float, n: int) -> np.ndarray:
        """n ground rows from far to near, evenly spread on the picture."""
        return np.sort(self.rng.uniform(self.row(z0), self.row(z1), n))

    def plane(self, ytop, c0, c1, amp=0.06, scale=30.0, kind=(1.0, 1.0, 1.0), haze=0.25):
        """Paint the ground from row ytop down, far colour c0 to near colour c1, and return X and Z of its pixels.

        amp, scale: strength and fineness of its noise; kind: (beta, ax, ay) of `fractal`.
        """
        size = self.im.shape[0]
        ya = int(max(ytop, self.y0 + 2))
        y, x = np.mgrid[ya:size, 0:size].astype(np.float32)
        Z = self.f * self.hc / (y + 0.5 - self.y0)
        X = (x - size / 2) * Z / self.f
        t = ((y - ya) / max(size - ya, 1)) ** 0.7
        colour = np.float32(self.lit(c0, haze)) * (1 - t[..., None]) + np.float32(self.lit(c1)) * t[..., None]
        noise = fractal(512, kind[0], 3, kind[1], kind[2])
        o = self.rng.uniform(0, 512, 2)
        grain = wrap(noise, X * scale + o[0], Z * scale + o[1])
        grain = grain + 0.7 * wrap(noise, X * scale / 7 + o[1], Z * scale / 7 + o[0])
        fade = np.minimum(1, (y - self.y0) / 25)
        self.im[ya:] = np.clip(colour * (1 + amp * grain * fade)[..., None], 0, 255)
        self.ya, self.X, self.Z, self.Y = ya, X, Z, y
        return X, Z

    def ground_blend(self, mask: np.ndarray, colour, k: float = 1.0) -> None:
        """Blend a colour into the plane where mask (0..1, of the plane's shape) says."""
        under = self.im[self.ya :].astype(np.float32)
        alpha = np.clip(mask, 0, 1)[..., None] * k
        self.im[self.ya :] = (under + (np.float32(self.lit(colour)) - under) * alpha).astype(np.uint8)

    # Anti-aliasing: a distance on the ground over the pixel's footprint there, X: Z / f, Z: Z^2 / (f hc).

    def lines_x(self, t, w, colour, k=1.0, off=0.0) -> None:
        """Lines w metres wide that run away from the camera every t metres."""
        footprint = self.Z / self.f
        distance = np.abs((self.X + off) / t - np.round((self.X + off) / t)) * t
        visible = np.clip(1.2 - footprint / t * 2, 0, 1)
        self.ground_blend(np.clip((w / 2 - distance) / footprint + 0.5, 0, 1) * visible, colour, k)

    def lines_z(self, t, w, colour, k=1.0, off=0.0) -> None:
        """Lines w metres wide across the picture every t metres."""
        footprint = self.Z**2 / (self.f * self.hc)
        distance = np.abs((self.Z + off) / t - np.round((self.Z + off) / t)) * t
        visible = np.clip(1.2 - footprint / t * 2, 0, 1)
        self.ground_blend(np.clip((w / 2 - distance) / footprint + 0.5, 0, 1) * visible, colour, k)

    def stripe_z(self, z, w, colour, k=1.0, x0=-99.0, x1=99.0) -> None:
        """One line across the picture, z metres away, between x0 and x1."""
        footprint = self.Z**2 / (self.f * self.hc)
        mask = np.clip((w / 2 - np.abs(self.Z - z)) / footprint + 0.5, 0, 1)
        self.ground_blend(mask * (x0 < self.X) * (x1 > self.X), colour, k)

    def stripe_x(self, x, w, colour, k=1.0, z0=0.0, z1=999.0) -> None:
        """One line that runs away from the camera at x metres to the side, between z0 and z1."""
        mask = np.clip((w / 2 - np.abs(self.X - x)) / (self.Z / self.f) + 0.5, 0, 1)
        self.ground_blend(mask * (z0 < self.Z) * (z1 > self.Z), colour, k)

    def checker(self, t, colour, k=1.0) -> None:
        """Every other tile of t metres."""
        mask = (np.floor(self.X / t) + np.floor(self.Z / t)) % 2
        self.ground_blend(mask * np.clip(1.3 - self.Z**2 / (self.f * self.hc) / t * 2, 0, 1), colour, k)
