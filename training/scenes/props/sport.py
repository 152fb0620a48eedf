"""Gym machines and goals."""

from __future__ import annotations

import numpy as np


def barbell_rack(s, x, y, p):
    """A rack with a loaded barbell."""
    for a in (-0.75, 0.75):
        s.rect(x + a * p - 0.05 * p, y - 1.9 * p, x + a * p + 0.05 * p, y, "#3a3f48")
        s.rect(x + a * p - 0.25 * p, y - 0.06 * p, x + a * p + 0.25 * p, y, "#2a2e35")
    yb = y - 1.35 * p
    s.line([(x - 1.25 * p, yb), (x + 1.25 * p, yb)], "#b8bec8", max(1.5, 0.05 * p))
    for d in (-1, 1):
        for k, (r, c) in enumerate(((0.36, "#c83430"), (0.3, "#2a5fb0"), (0.22, "#e8b02c"))):
            q = x + d * (0.92 + 0.11 * k) * p
            s.rect(q - 0.045 * p, yb - r * p, q + 0.045 * p, yb + r * p, c)


def dumbbells(s, x, y, p, w=1.1):
    """A rack of dumbbells w metres to each side."""
    s.soft_ell(x, y, w * p, 0.14 * p, 0.4)
    for a in (-w, w):
        s.rect(x + a * p - 2, y - 0.9 * p, x + a * p + 2, y, "#2c3036")
    for k in (0.3, 0.62, 0.9):
        s.rect(x - w * p, y - k * p, x + w * p, y - k * p + 2.5, "#4a5058")
        for q in np.linspace(-w + 0.15, w - 0.15, 6):
            c = s.one("#22252a", "#c83430", "#2a5fb0", "#22252a")
            s.dot(x + q * p - 3, y - k * p - 3, 0.085 * p, c)
            s.dot(x + q * p + 3, y - k * p - 3, 0.085 * p, c)


def treadmill(s, x, y, p):
    """A treadmill."""
    d = s.one(-1, 1)
    s.soft_ell(x, y, 1.1 * p, 0.16 * p, 0.45)
    s.poly([(x - d * p, y), (x - d * p, y - 0.18 * p), (x + d * 0.8 * p, y - 0.3 * p), (x + d * 0.9 * p, y)], "#2a2d33")
    s.line([(x - d * 0.9 * p, y - 0.2 * p), (x + d * 0.7 * p, y - 0.31 * p)], "#5a6068", 2)
    s.taper(x + d * 0.7 * p, y - 0.2 * p, x + d * 0.95 * p, y - 1.35 * p, 0.1 * p, 0.08 * p, "#8a9098")
    s.poly(
        [(x + d * 0.75 * p, y - 1.4 * p), (x + d * 1.1 * p, y - 1.45 * p), (x + d * 1.08 * p, y - 1.2 * p)], "#2a2d33"
    )
    s.line([(x + d * 0.9 * p, y - 1.1 * p), (x + d * 0.35 * p, y - 1.05 * p)], "#8a9098", 2.5)
    s.dot(x + d * 0.92 * p, y - 1.34 * p, 2, "#4ae0a0", raw=True)


def goal(s, x, y, p, w=5.5):
    """A football goal w metres wide."""
    h = 2.3 * p
    w = w * p / 2
    for k in np.linspace(-w, w, 15):
        s.line([(x + k, y - h), (x + k * 0.9, y)], "#dfe8e4", 1, haze=0.35)
    for k in np.linspace(0, h, 7):
        s.line([(x - w, y - k), (x + w, y - k)], "#dfe8e4", 1, haze=0.35)
    s.line([(x - w, y), (x - w, y - h), (x + w, y - h), (x + w, y)], "#ffffff", max(1.8, 0.13 * p))
