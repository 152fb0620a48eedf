"""What swims, floats and glitters."""

from __future__ import annotations

import math

import numpy as np

from ..canvas import mix


def glitter(s, x, y0, y1, c):
    """the light's path on water"""
    for yy in np.linspace(y0 + 1.5, y1, 34):
        w = 2.5 + (yy - y0) * 0.22
        for _ in range(2):
            q = x + s.u(-w, w)
            s.line([(q, yy), (q + s.u(2, w + 2), yy)], c, 1, raw=True)


def sailboat(s, x, y, h, haze=0.15):
    """A sailboat h pixels high on the water."""
    s.poly(
        [
            (x - h * 0.4, y - h * 0.12),
            (x + h * 0.42, y - h * 0.12),
            (x + h * 0.28, y + h * 0.06),
            (x - h * 0.28, y + h * 0.06),
        ],
        s.one("#f4f1e8", "#b03a34", "#24456e"),
        haze=haze,
    )
    s.line([(x, y - h * 0.1), (x, y - h)], "#5a4632", 1, haze=haze)
    s.poly([(x + 1, y - h), (x + 1, y - h * 0.18), (x + h * 0.4, y - h * 0.18)], "#fbf7ea", haze=haze)
    s.poly(
        [(x - 1, y - h * 0.92), (x - 1, y - h * 0.2), (x - h * 0.3, y - h * 0.2)],
        s.one("#e9e2d0", "#e07a4a"),
        haze=haze,
    )


def umbrella(s, x, y, p, haze=0.0):
    """A striped beach umbrella."""
    h = 2.3 * p
    r = 1.35 * p
    s.ground_shadow(x, y, r * 0.9, 0.35, 0.18)
    s.line([(x, y), (x + 0.15 * p, y - h)], "#efe6d2", max(1.5, 0.06 * p))
    a, b = s.j(s.one("#e4483d", "#2a7fc0", "#f2b134", "#3aa58a")), s.one("#fff6e0", "#fff6e0", "#ffd35c")
    cx, cy = x + 0.15 * p, y - h
    n = 6
    t = np.linspace(math.pi, 0, n * 4 + 1)
    top = np.stack([cx + r * np.cos(t), cy + 0.12 * p - r * 0.55 * np.sin(t)], 1)
    for k in range(n):
        s.poly([(cx, cy - r * 0.55 + 0.1 * p), *top[k * 4 : k * 4 + 5]], a if k % 2 else b)
    s.poly(
        [top[0 if s.light > 0 else -1], *(top[:7] if s.light > 0 else top[-7:]), (cx, cy - r * 0.45)],
        mix(a, "#201030", 0.3),
    )


def fish(s, x, y, L, haze=0.2):
    """A fish L pixels long."""
    c = s.j(s.one("#ff8a2c", "#ffd23a", "#f05a6a", "#4ad0c8", "#f4f0ff"))
    d = s.one(-1, 1)
    s.poly(
        [
            (x - d * L * 0.4, y),
            (x - d * L * 0.75, y - L * 0.28),
            (x - d * L * 0.65, y),
            (x - d * L * 0.75, y + L * 0.28),
        ],
        mix(c, "#000000", 0.15),
        haze=haze,
    )
    s.poly(
        [(x - d * L * 0.1, y - L * 0.2), (x + d * L * 0.1, y - L * 0.42), (x + d * L * 0.2, y - L * 0.18)],
        mix(c, "#000000", 0.1),
        haze=haze,
    )
    s.ell(x, y, L * 0.5, L * 0.27, c, haze=haze)
    s.ell(x, y + L * 0.08, L * 0.4, L * 0.13, mix(c, "#ffffff", 0.35), haze=haze)
    s.line(
        [(x + d * L * 0.05, y - L * 0.22), (x + d * L * 0.05, y + L * 0.22)],
        mix(c, "#ffffff", 0.7),
        max(1, L * 0.1),
        haze=haze,
    )
    s.dot(x + d * L * 0.3, y - L * 0.06, max(1, L * 0.06), "#101018")


def coral(s, x, y, h, haze=0.1):
    """One of three kinds of coral, h pixels high."""
    c = s.j(s.one("#ff6f7d", "#ff9a4a", "#c85ad0", "#ffd05a", "#f04a6a"))
    k = s.i(0, 2)
    if k == 0:

        def br(x, y, L, a, w, n):
            x1, y1 = x + math.cos(a) * L, y - math.sin(a) * L
            s.taper(x, y, x1, y1, w, w * 0.75, c, haze=haze)
            s.dot(x1, y1, w * 0.4, mix(c, "#ffffff", 0.2), haze=haze)
            if n:
                for da in (s.u(0.3, 0.6), -s.u(0.3, 0.6)):
                    br(x1, y1, L * 0.72, a + da, w * 0.72, n - 1)

        br(x, y + 3, h * 0.4, 1.57, h * 0.15, 3)
    elif k == 1:
        for a in np.linspace(0.5, 2.64, 7):
            s.taper(
                x,
                y + 2,
                x + math.cos(a) * h * 0.55,
                y - math.sin(a) * h,
                h * 0.16,
                h * 0.1,
                mix(c, "#300828", 0.25 * (s.rng.random() < 0.5)),
                haze=haze,
            )
            s.dot(x + math.cos(a) * h * 0.55, y - math.sin(a) * h, h * 0.07, mix(c, "#ffffff", 0.3), haze=haze)
    else:
        s.ell(x, y, h * 0.8, h * 0.6, mix(c, "#300828", 0.2), a0=180, a1=360, haze=haze)
        for _ in range(9):
            s.ell(x + s.u(-0.5, 0.5) * h, y - s.u(0.1, 0.4) * h, h * 0.1, h * 0.06, mix(c, "#ffffff", 0.3), haze=haze)


def seaweed(s, x, y, h, c="#2f9a6a", haze=0.1):
    """A ribbon of seaweed h pixels high."""
    ph = s.u(0, 6)
    t = np.linspace(0, 1, 12)
    q = x + np.sin(t * 7 + ph) * h * 0.07 * (t + 0.3)
    w = h * 0.05 * (1.05 - t)
    s.poly(np.vstack([np.stack([q - w, y - h * t], 1), np.stack([q + w, y - h * t], 1)[::-1]]), s.j(c), haze=haze)
