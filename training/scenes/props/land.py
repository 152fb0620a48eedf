"""Mountains, hills and rocks."""

from __future__ import annotations

import math

import numpy as np

from ..canvas import S, mix


def ridge(s, y, h, c, rough=0.5, haze=0.5, snow=None, n=24):
    """A mountain range: jagged outline with a lit and a dark side on each peak"""
    x = np.linspace(-10, S + 10, n)
    hh = np.abs(np.convolve(s.rng.normal(0, 1, n + 2), [0.3, 0.5, 0.3], "valid"))
    hh = h * (0.35 + 0.65 * hh / (hh.max() + 1e-6))
    hh = hh * (1 - rough) + rough * h * s.rng.uniform(0.3, 1, n)
    top = y - hh
    s.poly([(-10, y), *zip(x, top), (S + 10, y)], c, haze=haze)
    for k in range(1, n - 1):
        if top[k] < top[k - 1] and top[k] < top[k + 1]:
            q = k + (1 if s.light < 0 else -1)
            b = min(top[q] + (y - top[q]) * 0.6, y)
            s.poly(
                [
                    (x[k], top[k]),
                    (x[q], top[q]),
                    (x[q] - s.light * 2, b),
                    (x[k] + s.light * 2, min(top[k] + (y - top[k]) * 0.75, y)),
                ],
                mix(c, "#101030", 0.3),
                haze=haze,
            )
            if snow:
                d = (y - top[k]) * snow
                L = [(x[k], top[k] - 0.5)]
                for dx, f in ((1, 0.8), (0.6, 0.55), (0.2, 1.0), (-0.2, 0.6), (-0.6, 0.95), (-1, 0.75)):
                    L.append((x[k] + dx * d * 0.7, top[k] + d * f))
                s.poly(L, "#f4f8ff", haze=haze * 0.4)
                s.poly(
                    [L[0], (x[k], top[k] + d * 0.7), *([L[1], L[2]] if s.light < 0 else [L[5], L[6]])],
                    "#c4d4ee",
                    haze=haze * 0.4,
                )


def hills(s, y, h, c, haze=0.3, f=1.0):
    """Rolling hills of height h pixels on the horizon row y."""
    x = np.linspace(0, S, 40)
    ph = s.rng.uniform(0, 6.3, 3)
    v = np.sin(x / 40 * f + ph[0]) + 0.6 * np.sin(x / 23 * f + ph[1]) + 0.3 * np.sin(x / 11 * f + ph[2])
    v = (v - v.min()) / (np.ptp(v) + 1e-6)
    s.poly([(0, y + 2), *zip(x, y - h * (0.25 + 0.75 * v)), (S, y + 2)], c, haze=haze)


def rock(s, x, y, w, c="#8a8580", haze=0.0, h=0.6):
    """A boulder 2w pixels wide."""
    n = 9
    t = np.linspace(math.pi, 0, n)
    r = s.rng.uniform(0.8, 1.1, n)
    P = np.stack([x + w * np.cos(t) * r, y - w * h * np.sin(t) * r], 1)
    s.ground_shadow(x, y, w, 0.3)
    s.poly([*P, (x + w, y + w * 0.08), (x - w, y + w * 0.08)], c, haze=haze)
    k = slice(0, n // 2 + 1) if s.light > 0 else slice(n // 2, n)
    s.poly([*P[k], (x + s.u(-0.2, 0.2) * w, y)], mix(c, "#080818", 0.35), haze=haze)
