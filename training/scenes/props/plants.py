"""Trees, bushes, flowers and potted plants."""

from __future__ import annotations

import math

import numpy as np

from ..canvas import mix


def palm(s, x, y, p, h=None, haze=0.0):
    """A palm of h metres on ground row y; p is the pixels of a metre there, as in every prop."""
    h = h or s.u(3.5, 5.5)
    lean = s.u(-0.9, 0.9) * p
    pts = [(x + lean * t * t, y - h * p * t) for t in np.linspace(0, 1, 9)]
    w = 0.3 * p
    s.ground_shadow(x, y, p * 0.9, 0.25)
    for (a, b), (c, d), t in zip(pts[:-1], pts[1:], np.linspace(1, 0.55, 8)):
        s.taper(a, b, c, d, w * t, w * t * 0.85, mix("#8a6238", "#5d3f22", (t * 8 % 2) * 0.5), haze=haze)
    tx, ty = pts[-1]
    g = s.j(s.one("#2f8f4a", "#3f9a3c", "#237a4a"))
    for k, a in enumerate(np.linspace(-0.35, math.pi + 0.35, 9) + s.u(-0.1, 0.1)):
        L = p * s.u(1.3, 1.9)
        q = np.linspace(0, 1, 6)
        fx = tx + np.cos(a) * L * q
        fy = ty - np.sin(a) * L * 0.55 * q + L * 0.55 * q**2
        wd = 0.22 * p * np.sin(np.pi * np.clip(q, 0.06, 0.97)) + 0.5
        s.poly(
            np.vstack([np.stack([fx, fy - wd * 0.5], 1), np.stack([fx, fy + wd], 1)[::-1]]),
            mix(g, "#0a2a20", 0.28 * (k % 2)) if np.cos(a) * s.light < 0.2 else mix(g, "#e8f0a0", 0.22),
            haze=haze,
        )
    for _ in range(3):
        s.dot(tx + s.u(-0.15, 0.15) * p, ty + 0.12 * p, 0.13 * p, "#5a3a1e", haze=haze)


def conifer(s, x, y, p, h, c="#2c6a45", haze=0.0, snow=0.0):
    """A fir of h metres; snow > 0 puts snow on its branches."""
    s.rect(x - 0.1 * p, y - 0.25 * h * p, x + 0.1 * p, y, "#4c3524", haze=haze)
    n = 4
    c = s.j(c, 8)
    for k in range(n):
        yb = y - h * p * (0.12 + 0.2 * k)
        yt = yb - h * p * 0.38
        w = h * p * (0.26 - 0.05 * k)
        s.poly(
            [(x - w, yb), (x - w * 0.5, yb + h * p * 0.02), (x + w * 0.4, yb + h * p * 0.01), (x + w, yb), (x, yt)],
            mix(c, "#061820", 0.1 + 0.1 * (n - k) / n),
            haze=haze,
        )
        s.poly([(x, yb), (x + s.light * w, yb), (x, yt)], mix(c, "#e0f0a0", 0.12), haze=haze)
        if snow:
            s.poly(
                [
                    (x - w * 0.62, yb - h * p * 0.14),
                    (x - w * 0.2, yb - h * p * 0.1),
                    (x + w * 0.15, yb - h * p * 0.15),
                    (x + w * 0.62, yb - h * p * 0.14),
                    (x, yt),
                ],
                mix("#f2f7ff", "#b8cbe8", 0.25 * (k % 2)),
                haze=haze * 0.5,
            )


def tree(s, x, y, p, h, c="#4f8f3a", haze=0.0, trunk="#6a4a2e"):
    """A broad-leaved tree of h metres."""
    tw = 0.09 * h * p
    s.taper(x, y, x + s.u(-0.05, 0.05) * h * p, y - h * p * 0.6, tw, tw * 0.6, trunk, haze=haze)
    s.taper(x + s.light * tw * 0.2, y, x, y - h * p * 0.5, tw * 0.3, tw * 0.2, mix(trunk, "#ffffff", 0.2), haze=haze)
    c = s.j(c, 10)
    pts = [(x + s.u(-0.27, 0.27) * h * p, y - h * p * s.u(0.5, 0.92), h * p * s.u(0.11, 0.19)) for _ in range(9)]
    for d, cc, f in ((0, mix(c, "#06201c", 0.38), 1.0), (0.12, c, 0.86), (0.3, mix(c, "#fff2a0", 0.22), 0.5)):
        for a, b, r in pts:
            s.blob(a + s.light * d * r, b - d * r, r * f, r * f * 0.9, cc, n=5, haze=haze)


def bush(s, x, y, p, w, c="#3f8a3c", flowers=None, haze=0.0):
    """A bush w metres wide, with flowers in the given colours."""
    c = s.j(c, 10)
    pts = [(x + s.u(-0.5, 0.5) * w * p, y - s.u(0.1, 0.45) * w * p, s.u(0.16, 0.28) * w * p) for _ in range(7)]
    for d, cc, f in ((0, mix(c, "#06201c", 0.35), 1.0), (0.2, c, 0.8), (0.4, mix(c, "#fff2a0", 0.2), 0.4)):
        for a, b, r in pts:
            s.blob(a + s.light * d * r, min(b - d * r, y - r * f * 0.6), r * f, r * f * 0.85, cc, n=5, haze=haze)
    if flowers:
        for _ in range(s.i(8, 18)):
            s.dot(
                x + s.u(-0.6, 0.6) * w * p, y - s.u(0.05, 0.6) * w * p, max(1.2, 0.045 * p), s.one(*flowers), haze=haze
            )


def flower(s, x, y, p, c, h=None):
    """One flower of h metres with petals of colour c."""
    h = h or s.u(0.35, 0.7)
    q = x + s.u(-0.05, 0.05) * p
    s.line([(x, y), (q, y - h * p)], "#3a7a34", max(1, 0.03 * p))
    r = s.u(0.06, 0.1) * p
    s.poly([(x, y - h * p * 0.3), (x + 0.12 * p, y - h * p * 0.5), (x + 0.03 * p, y - h * p * 0.35)], "#4a9440")
    for a in np.arange(0, 6.28, 1.256) + s.u(0, 1):
        s.dot(q + math.cos(a) * r, y - h * p + math.sin(a) * r, r * 0.75, c)
    s.dot(q, y - h * p, r * 0.6, "#ffd84a")


def cactus(s, x, y, p, h, haze=0.0):
    """A saguaro of h metres with one or two arms."""
    c = s.j("#3f8550", 8)
    w = 0.16 * h * p
    s.ground_shadow(x, y, 0.35 * h * p, 0.35)

    def arm(pts, w):
        s.line(pts, c, w, haze=haze)
        for q in (pts[0], pts[-1]):
            s.dot(*q, w / 2, c, haze=haze)
        s.line([(a - s.light * w * 0.25, b) for a, b in pts], mix(c, "#041a1a", 0.4), max(1, w * 0.25), haze=haze)
        s.line([(a + s.light * w * 0.25, b) for a, b in pts], mix(c, "#e8f0a0", 0.3), max(1, w * 0.15), haze=haze)

    for sg in s.one((-1, 1), (1,), (-1,), (-1, 1)):
        yy = y - h * p * s.u(0.35, 0.55)
        xx = x + sg * h * p * 0.22
        arm([(x, yy), (xx, yy), (xx, yy - h * p * s.u(0.2, 0.35))], w * 0.7)
    arm([(x, y), (x, y - h * p)], w)


def plant(s, x, y, p, h=1.1):
    """A potted plant of h metres."""
    s.poly(
        [(x - 0.2 * p, y - 0.4 * p), (x + 0.2 * p, y - 0.4 * p), (x + 0.14 * p, y), (x - 0.14 * p, y)],
        s.one("#b8643c", "#e8e4da", "#5a6a72"),
    )
    g = s.j("#3a8a4a")
    for a in np.linspace(0.3, 2.84, 7):
        s.poly(
            [
                (x, y - 0.38 * p),
                (x + math.cos(a) * 0.3 * p - 2, y - 0.4 * p - math.sin(a) * h * 0.5 * p),
                (x + math.cos(a) * 0.5 * p, y - 0.4 * p - math.sin(a) * h * 0.75 * p),
                (x + math.cos(a) * 0.3 * p + 2, y - 0.4 * p - math.sin(a) * h * 0.4 * p),
            ],
            mix(g, "#0a2a1a" if math.cos(a) * s.light < 0 else "#e0f0a0", 0.2),
        )
