"""What stands in a street."""

from __future__ import annotations

import numpy as np

from ..canvas import S, mix
from .sky import GLOW


def skyline(s, y, hmin, hmax, cols, haze=0.4, wlit=0.3):
    """A row of towers on row y, hmin to hmax pixels high, in colours `cols`."""
    x = -5.0
    while x < S:
        w = s.u(10, 28)
        h = s.u(hmin, hmax)
        c = s.j(s.one(*cols), 8)
        s.rect(x, y - h, x + w, y + 2, c, haze=haze)
        s.rect(
            x + (0 if s.light > 0 else w * 0.7),
            y - h,
            x + (w * 0.3 if s.light > 0 else w),
            y + 2,
            mix(c, "#000018", 0.18),
            haze=haze,
        )
        windows(
            s,
            x + 2,
            y - h + 3,
            x + w - 2,
            y - 2,
            4,
            5,
            "#ffe9a0" if s.dark else mix(c, "#1c2a40", 0.45),
            wlit if s.dark else 0.75,
            haze,
        )
        x += w + s.u(0, 3)


def windows(s, x0, y0, x1, y1, dx, dy, c, q=0.8, haze=0.0, fx=0.55, fy=0.6):
    """A grid of windows every (dx, dy) pixels in a wall; q is the share of them that is drawn."""
    L = []
    for yy in np.arange(y0, y1 - dy * 0.5, dy):
        for xx in np.arange(x0, x1 - dx * 0.5, dx):
            if s.rng.random() < q:
                L.append([(xx, yy), (xx + dx * fx, yy), (xx + dx * fx, yy + dy * fy), (xx, yy + dy * fy)])
    if L:
        s.poly(np.array(L), c, haze=haze, raw=s.dark)


def building(s, x0, x1, ytop, ybase, c, haze=0.0, shop=True):
    """A house front between two columns, with a shop in its ground floor."""
    s.rect(x0, ytop, x1, ybase, c, haze=haze)
    w = x1 - x0
    s.rect(x0, ytop, x1, ytop + 3, mix(c, "#ffffff", 0.25), haze=haze)
    dx = max(w / max(2, round(w / 13)), 6)
    windows(
        s,
        x0 + dx * 0.22,
        ytop + 7,
        x1,
        ybase - (26 if shop else 4),
        dx,
        15,
        ("#ffe39a" if s.dark else "#33475e"),
        0.6 if s.dark else 1.0,
        haze,
        0.56,
        0.62,
    )
    if not s.dark:
        windows(s, x0 + dx * 0.22, ytop + 7, x1, ybase - (26 if shop else 4), dx, 15, "#86a8c0", 1.0, haze, 0.28, 0.3)
    if shop:
        a = s.j(s.one("#c8413a", "#2f7a5a", "#d08a2c", "#345f9a"))
        s.rect(x0 + 3, ybase - 15, x1 - 3, ybase, "#ffdf9a" if s.dark else "#4a5c6c", haze=haze, raw=s.dark)
        n = max(4, int(w // 6))
        xs = np.linspace(x0 + 1, x1 - 1, n + 1)
        for k in range(n):
            s.poly(
                [(xs[k], ybase - 22), (xs[k + 1], ybase - 22), (xs[k + 1], ybase - 14), (xs[k], ybase - 14)],
                a if k % 2 else "#f4ecdc",
                haze=haze,
            )
        s.rect((x0 + x1) / 2 - 3, ybase - 13, (x0 + x1) / 2 + 3, ybase, "#3a2c22", haze=haze)


def car(s, x, y, p, haze=0.0):
    """A car seen from its side."""
    c = s.j(s.one("#c8322c", "#2a62b0", "#f0b62c", "#e8e8e4", "#2f8f86", "#f0b62c"))
    L, h = 4.1 * p, 1.4 * p
    d = s.one(-1, 1)

    def q(a, b):
        return (x + d * a * L, y - b * h)

    s.soft_ell(x, y, L * 0.53, 0.2 * p, 0.5)
    s.poly(
        [
            q(-0.5, 0.18),
            q(-0.5, 0.5),
            q(-0.44, 0.6),
            q(-0.3, 0.64),
            q(-0.18, 0.98),
            q(0.14, 1.0),
            q(0.28, 0.66),
            q(0.46, 0.56),
            q(0.5, 0.4),
            q(0.5, 0.18),
        ],
        c,
        haze=haze,
    )
    s.poly(
        [q(-0.25, 0.66), q(-0.15, 0.92), q(-0.02, 0.93), q(-0.02, 0.66)],
        "#a8cbdc" if not s.dark else "#3b4a66",
        haze=haze,
    )
    s.poly(
        [q(0.02, 0.66), q(0.02, 0.93), q(0.12, 0.93), q(0.22, 0.66)], "#a8cbdc" if not s.dark else "#3b4a66", haze=haze
    )
    s.poly([q(-0.5, 0.18), q(-0.5, 0.34), q(0.5, 0.34), q(0.5, 0.18)], mix(c, "#000010", 0.35), haze=haze)
    s.dot(*q(0.48, 0.45), 0.08 * p, "#fff4b8", raw=True)
    s.dot(*q(-0.49, 0.45), 0.07 * p, "#e03a2a", raw=True)
    for a in (-0.3, 0.31):
        s.dot(*q(a, 0.2), 0.33 * p, "#1c1c22", haze=haze)
        s.dot(*q(a, 0.2), 0.17 * p, "#a8adb4", haze=haze)


def lamp(s, x, y, p, h=4.2):
    """A street lamp of h metres, lit when the scene is dark."""
    d = -1 if x > S / 2 else 1
    s.line([(x, y), (x, y - h * p), (x + d * 0.5 * p, y - h * p - 0.2 * p)], "#33383f", max(1.5, 0.09 * p))
    s.rect(x - 0.12 * p, y - 0.5 * p, x + 0.12 * p, y, "#2b3036")
    gx, gy = x + d * 0.55 * p, y - h * p - 0.12 * p
    s.ell(gx, gy, 0.24 * p, 0.14 * p, GLOW if s.dark else "#e8ecd8", raw=s.dark)
    if s.dark:
        s.glow(gx, gy, 1.6 * p, "#ffd98a", 0.75)


def traffic_light(s, x, y, p):
    """A traffic light on its pole."""
    s.line([(x, y), (x, y - 3.0 * p)], "#2c3036", max(2, 0.12 * p))
    s.rect(x - 0.2 * p, y - 3.8 * p, x + 0.2 * p, y - 2.7 * p, "#23262b")
    for k, c in enumerate(("#e8402f", "#6a5a20", "#2f5a3a") if s.p(0.5) else ("#5a2420", "#6a5a20", "#3fd06a")):
        s.dot(x, y - (3.6 - 0.34 * k) * p, 0.13 * p, c, raw=True)
