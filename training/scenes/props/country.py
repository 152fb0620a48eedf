"""What stands in a field or at a camp."""

from __future__ import annotations

from ..canvas import mix
from .sky import GLOW


def tent(s, x, y, p):
    """A ridge tent, lit from inside when the scene is dark."""
    c = s.j(s.one("#e0832c", "#c8402f", "#2f8a9a", "#e0b02c"))
    w, h = 1.7 * p, 1.7 * p
    d = s.one(-1, 1)
    s.soft_ell(x, y, w * 1.15, 0.25 * p, 0.4)
    s.poly(
        [(x - d * w * 0.55, y), (x - d * w * 0.1, y - h), (x + d * w * 0.75, y - h * 0.92), (x + d * w * 1.1, y)],
        mix(c, "#100818", 0.28),
    )
    s.poly([(x - d * w, y), (x - d * w * 0.1, y - h), (x + d * w * 0.55, y)], c)
    s.poly(
        [(x - d * w * 0.42, y), (x - d * w * 0.1, y - h * 0.78), (x + d * w * 0.12, y)],
        GLOW if s.dark else "#4a2c1c",
        raw=s.dark,
    )
    if s.dark:
        s.glow(x, y - h * 0.4, w * 1.6, "#ffb050", 0.45)


def fire(s, x, y, p):
    """A camp fire."""
    for a in (-0.35, 0.35, 0.1):
        s.taper(x - 0.4 * p, y + a * 0.15 * p, x + 0.4 * p, y - a * 0.2 * p, 0.13 * p, 0.13 * p, "#4a3020")
    for r, c in ((0.34, "#e8501f"), (0.24, "#ff9a2c"), (0.13, "#ffe27a")):
        s.poly(
            [
                (x - r * p, y - 0.05 * p),
                (x - r * 0.7 * p, y - r * 1.4 * p),
                (x - r * 0.2 * p, y - r * 1.1 * p),
                (x + s.u(-0.1, 0.1) * p, y - r * 3.0 * p),
                (x + r * 0.4 * p, y - r * 1.2 * p),
                (x + r * 0.8 * p, y - r * 1.7 * p),
                (x + r * p, y - 0.05 * p),
            ],
            c,
            raw=True,
        )
    s.glow(x, y - 0.3 * p, 2.6 * p, "#ff9a3c", 0.55)


def barn(s, x, y, p):
    """A red barn."""
    w, h = 2.4 * p, 3.0 * p
    c = s.j("#b8342c", 6)
    s.rect(x - w, y - h, x + w, y, c)
    s.poly(
        [(x - w, y - h), (x - w * 0.65, y - h * 1.4), (x, y - h * 1.62), (x + w * 0.65, y - h * 1.4), (x + w, y - h)], c
    )
    s.line(
        [
            (x - w * 1.06, y - h * 0.98),
            (x - w * 0.67, y - h * 1.42),
            (x, y - h * 1.65),
            (x + w * 0.67, y - h * 1.42),
            (x + w * 1.06, y - h * 0.98),
        ],
        "#6a5a58",
        max(2, 0.16 * p),
    )
    s.rect(x - w * 0.4, y - h * 0.62, x + w * 0.4, y, "#f4f0e6")
    s.rect(x - w * 0.34, y - h * 0.56, x + w * 0.34, y, mix(c, "#000000", 0.2))
    s.line([(x - w * 0.36, y - h * 0.58), (x + w * 0.36, y)], "#f4f0e6", max(1, 0.1 * p))
    s.line([(x + w * 0.36, y - h * 0.58), (x - w * 0.36, y)], "#f4f0e6", max(1, 0.1 * p))
    s.rect(x - w * 0.14, y - h * 1.2, x + w * 0.14, y - h * 0.95, "#f4f0e6")
    s.rect(x - w * 0.1, y - h * 1.17, x + w * 0.1, y - h * 0.97, "#4a2420")
    s.poly(
        [
            (x + s.light * -1 * w, y - h),
            (x - s.light * w * 0.55, y - h),
            (x - s.light * w * 0.55, y),
            (x - s.light * w, y),
        ],
        mix(c, "#200818", 0.35),
    )


def cow(s, x, y, p):
    """A spotted cow."""
    d = s.one(-1, 1)

    def q(a, b):
        return (x + d * a * p, y - b * p)

    s.soft_ell(x, y, 0.9 * p, 0.12 * p, 0.4)
    for a in (-0.5, -0.35, 0.4, 0.52):
        s.rect(
            *sorted((x + d * a * p - 0.05 * p, x + d * a * p + 0.05 * p))[:1],
            y - 0.6 * p,
            x + d * a * p + 0.06 * p,
            y,
            "#e8e4da",
        )
    s.poly([q(-0.65, 1.2), q(-0.68, 0.6), q(-0.3, 0.48), q(0.4, 0.5), q(0.62, 0.7), q(0.66, 1.2)], "#f4f1e8")
    for _ in range(4):
        s.blob(*q(s.u(-0.5, 0.5), s.u(0.7, 1.1)), 0.17 * p, 0.13 * p, "#26242a", n=5)
    s.poly([q(0.55, 1.2), q(0.72, 1.42), q(0.98, 1.3), q(1.05, 1.05), q(0.9, 0.98), q(0.6, 0.9)], "#f4f1e8")
    s.ell(*q(1.0, 1.08), 0.1 * p, 0.08 * p, "#f0b0a8")
    s.dot(*q(0.82, 1.28), 1.2, "#16141a")


def rocket(s, x, y, p):
    """A rocket on its three fins."""
    s.soft_ell(x, y, 0.9 * p, 0.2 * p, 0.6)
    w, h = 0.55 * p, 3.4 * p
    for d in (-1, 1):
        s.poly([(x + d * w * 0.8, y - 0.9 * p), (x + d * w * 2.0, y), (x + d * w * 0.7, y - 0.3 * p)], "#d03a34")
    s.poly(
        [
            (x - w * 0.7, y - 0.25 * p),
            (x - w, y - h * 0.45),
            (x - w * 0.6, y - h * 0.78),
            (x, y - h),
            (x + w * 0.6, y - h * 0.78),
            (x + w, y - h * 0.45),
            (x + w * 0.7, y - 0.25 * p),
        ],
        "#e6e8ee",
    )
    k = -s.light
    s.poly(
        [
            (x, y - 0.25 * p),
            (x + k * w * 0.7, y - 0.25 * p),
            (x + k * w, y - h * 0.45),
            (x + k * w * 0.6, y - h * 0.78),
            (x, y - h),
        ],
        "#a6acbc",
    )
    s.poly([(x - w * 0.6, y - h * 0.78), (x, y - h), (x + w * 0.6, y - h * 0.78)], "#d03a34")
    s.dot(x, y - h * 0.58, 0.27 * p, "#5a6070")
    s.dot(x, y - h * 0.58, 0.19 * p, "#7ad0f0", raw=True)
