"""Instruments and stage gear."""

from __future__ import annotations

import numpy as np

from ..canvas import S, mix


def piano(s, x, y, p):
    """A grand piano."""
    d = s.one(-1, 1)
    c = "#17171c"

    def q(a, b):
        return (x + d * a * p, y - b * p)

    s.soft_ell(x, y, 1.2 * p, 0.18 * p, 0.5)
    for a in (-0.8, 0.7, 0):
        s.taper(*q(a, 0.7), *q(a, 0), 0.12 * p, 0.07 * p, c)
    s.poly([q(-1.0, 0.98), q(-0.95, 1.0), q(-0.7, 1.9), q(0.1, 2.05), q(0.7, 1.75), q(1.0, 1.05)], "#2a2a33")
    s.poly([q(-0.7, 1.85), q(0.1, 2.0), q(0.65, 1.7), q(0.6, 1.66), q(0.1, 1.93), q(-0.66, 1.79)], "#4a4a58")
    s.poly([q(-1.05, 0.65), q(-1.05, 0.98), q(1.02, 1.05), q(1.02, 0.7)], c)
    s.line([q(-1.05, 0.97), q(1.02, 1.05)], "#5a5a68", 1)
    s.poly([q(-1.35, 0.72), q(-1.35, 0.8), q(-0.95, 0.84), q(-0.95, 0.72)], "#f4f1e8")
    s.line([q(-1.35, 0.8), q(-0.95, 0.84)], "#111111", 1)


def drums(s, x, y, p):
    """A drum kit."""
    c = s.j(s.one("#b02a34", "#24509a", "#d8a02c", "#2c8a6a"))
    s.soft_ell(x, y, 1.1 * p, 0.15 * p, 0.5)
    for a, b in ((-0.85, 1.25), (0.85, 1.3)):
        s.line([(x + a * p * 0.8, y), (x + a * p, y - b * p)], "#8a8f98", 1.5)
        s.ell(x + a * p, y - b * p, 0.34 * p, 0.09 * p, "#e0b84a", a=-12 * np.sign(a))
    for a in (-0.6, 0.6):
        s.rect(x + (a - 0.22) * p, y - 0.75 * p, x + (a + 0.22) * p, y - 0.2 * p, c)
        s.ell(x + a * p, y - 0.75 * p, 0.22 * p, 0.07 * p, "#f4f0e4")
    for a in (-0.25, 0.25):
        s.rect(x + (a - 0.18) * p, y - 1.2 * p, x + (a + 0.18) * p, y - 0.9 * p, mix(c, "#000000", 0.15))
        s.ell(x + a * p, y - 1.2 * p, 0.18 * p, 0.06 * p, "#f4f0e4")
    s.dot(x, y - 0.45 * p, 0.45 * p, c)
    s.dot(x, y - 0.45 * p, 0.38 * p, "#f0ece0")
    s.dot(x, y - 0.45 * p, 0.15 * p, mix(c, "#f0ece0", 0.3))


def mic(s, x, y, p):
    """A microphone on its stand."""
    s.ell(x, y, 0.22 * p, 0.05 * p, "#24242c")
    s.line([(x, y), (x, y - 1.45 * p)], "#9aa0aa", max(1.2, 0.04 * p))
    s.line([(x, y - 1.45 * p), (x + 0.2 * p, y - 1.55 * p)], "#34343c", max(2, 0.08 * p))
    s.dot(x + 0.22 * p, y - 1.56 * p, 0.07 * p, "#55555f")


def speaker(s, x, y, p, h=2.2):
    """A loudspeaker tower of h metres."""
    s.box(x - 0.45 * p, y - h * p, x + 0.45 * p, y, "#22222a", 5, 3)
    for b, r in ((0.28, 0.32), (0.62, 0.32), (0.87, 0.16)):
        s.dot(x, y - h * b * p, r * p, "#4b4b57")
        s.dot(x, y - h * b * p, r * 0.8 * p, "#15151b")
        s.dot(x, y - h * b * p, r * 0.25 * p, "#5c5c68")


def crowd(s, y, n, c="#0a0a12", r=9, arms=0.4):
    """n heads seen from behind along row y, some with their arms up."""
    for x in np.linspace(-8, S + 8, n) + s.rng.uniform(-5, 5, n):
        yy = y + s.u(-4, 5)
        s.dot(x, yy, r * 0.8, c, raw=True)
        s.ell(x, yy + r * 2.0, r * 1.5, r * 1.5, c, raw=True)
        if s.p(arms):
            for a in s.one((-1,), (1,), (-1, 1)):
                s.line([(x + a * r, yy + r), (x + a * r * 1.2, yy - r * s.u(1.2, 2.4))], c, r * 0.45, raw=True)
