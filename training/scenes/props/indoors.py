"""Furniture and pictures."""

from __future__ import annotations

import itertools

import numpy as np

from ..canvas import mix


def books(s, x0, y0, x1, y1, full=0.93):
    """one shelf of books standing on y1"""
    x = x0
    h = y1 - y0
    cols = ("#8a2f2a", "#2f4f7a", "#2f6a4a", "#b08a3a", "#5a3a5f", "#c8b890", "#7a4a2a", "#33606a", "#a8503a")
    while x < x1 - 2:
        w = s.u(2, 4.2) * max(1, h / 22)
        if s.rng.random() < full:
            s.rect(x, y0 + h * s.u(0.08, 0.35), min(x + w - 0.4, x1), y1, s.j(cols[s.i(0, 8)], 12))
        else:
            w *= 1.3
        x += w


def bookcase(s, x0, y0, x1, y1, n=5, c="#6a452a", haze=0.0):
    """A bookcase of n shelves."""
    s.rect(x0, y0, x1, y1, mix(c, "#0c0608", 0.5))
    ys = np.linspace(y0 + 2, y1, n + 1)
    for a, b in itertools.pairwise(ys):
        books(s, x0 + 2, a + 1, x1 - 2, b - 1.5)
        s.rect(x0, b - 2, x1, b, mix(c, "#ffffff", 0.06))
    for a in (x0, x1 - 2.5):
        s.rect(a, y0, a + 2.5, y1, c)
    s.rect(x0 - 1, y0 - 2, x1 + 1, y0 + 1.5, mix(c, "#ffffff", 0.15))


def desk(s, x, y, p, monitors=1):
    """A desk with monitors, keyboard and mug."""
    c = s.j(s.one("#c89a62", "#e6e2da", "#8a5f3c"))
    w, h = 0.95 * p, 0.74 * p
    s.soft_ell(x, y, w, 0.14 * p, 0.35)
    for a in (-0.9, 0.85):
        s.rect(x + a * w, y - h, x + a * w + 0.06 * p, y, "#4a4e55")
    s.rect(x + w * 0.35, y - h, x + w * 0.82, y - 0.1 * p, mix(c, "#000010", 0.2))
    for k in (0.35, 0.65):
        s.line([(x + w * 0.4, y - h * k), (x + w * 0.77, y - h * k)], "#3a3c42", 1)
    s.poly(
        [(x - w, y - h), (x + w, y - h), (x + w * 0.93, y - h - 0.14 * p), (x - w * 0.93, y - h - 0.14 * p)],
        mix(c, "#ffffff", 0.15),
    )
    s.rect(x - w, y - h, x + w, y - h + 0.06 * p, c)
    for k in range(monitors):
        mx = x + (k - (monitors - 1) / 2) * 0.75 * p - 0.1 * p
        yb = y - h - 0.08 * p
        s.rect(mx - 0.04 * p, yb - 0.2 * p, mx + 0.04 * p, yb, "#3a3d44")
        s.rect(mx - 0.34 * p, yb - 0.62 * p, mx + 0.34 * p, yb - 0.16 * p, "#1f2228")
        sc = s.one("#5aa8e0", "#8fd0e8", "#e8f0f4")
        s.rect(mx - 0.31 * p, yb - 0.59 * p, mx + 0.31 * p, yb - 0.19 * p, sc, raw=True)
        for q in (0.5, 0.42, 0.34, 0.27):
            s.line(
                [(mx - 0.26 * p, yb - q * p), (mx + s.u(-0.1, 0.25) * p, yb - q * p)],
                mix(sc, "#20406a", 0.55),
                1,
                raw=True,
            )
    s.rect(x - 0.25 * p, y - h - 0.07 * p, x + 0.2 * p, y - h - 0.03 * p, "#34373d")
    s.rect(x + 0.5 * p, y - h - 0.2 * p, x + 0.6 * p, y - h - 0.06 * p, s.one("#d8483c", "#f4f4f0"))


def office_chair(s, x, y, p):
    """An office chair."""
    c = s.one("#2a2d34", "#34506e", "#6a2f34")
    s.line([(x - 0.28 * p, y), (x, y - 0.12 * p), (x + 0.28 * p, y)], "#2a2c31", 2)
    s.line([(x, y - 0.12 * p), (x, y - 0.45 * p)], "#55585f", 2)
    s.rect(x - 0.27 * p, y - 0.52 * p, x + 0.27 * p, y - 0.43 * p, c)
    s.poly(
        [
            (x - 0.24 * p, y - 0.6 * p),
            (x + 0.24 * p, y - 0.6 * p),
            (x + 0.22 * p, y - 1.1 * p),
            (x - 0.22 * p, y - 1.1 * p),
        ],
        mix(c, "#ffffff", 0.08),
    )


def sofa(s, x, y, p, w=1.1):
    """A sofa w metres to each side."""
    c = s.j(s.one("#c8583c", "#3f7a8a", "#8a8f5a", "#c8a050", "#6a5a8a", "#9aa0a8"))
    dk = mix(c, "#100818", 0.22)
    s.soft_ell(x, y, w * 1.15 * p, 0.16 * p, 0.45)
    s.rect(x - w * p, y - 0.95 * p, x + w * p, y - 0.3 * p, dk)
    for k in (-1, 1):
        s.rect(x + min(0, k * w) * p + 1, y - 0.98 * p, x + max(0, k * w) * p - 1, y - 0.5 * p, c)
        s.rect(x + min(0, k * w) * p + 1, y - 0.5 * p, x + max(0, k * w) * p - 1, y - 0.28 * p, mix(c, "#ffffff", 0.14))
        s.rect(x + k * w * p - 0.13 * p, y - 0.7 * p, x + k * w * p + 0.13 * p, y - 0.05 * p, mix(c, "#100818", 0.1))
    s.rect(x - w * p, y - 0.28 * p, x + w * p, y - 0.08 * p, dk)
    q = s.u(-0.6, 0.6) * w * p
    cc = s.j(s.one("#f0c84a", "#f4efe4", "#4a90a8"))
    s.poly(
        [
            (x + q - 0.2 * p, y - 0.5 * p),
            (x + q - 0.14 * p, y - 0.86 * p),
            (x + q + 0.2 * p, y - 0.8 * p),
            (x + q + 0.16 * p, y - 0.48 * p),
        ],
        cc,
    )


def easel(s, x, y, p):
    """A painter's easel with a picture on it."""
    for a in (-0.4, 0.4, 0.05):
        s.taper(x, y - 1.9 * p, x + a * p, y, 0.05 * p, 0.06 * p, "#9a6a3c")
    s.rect(x - 0.48 * p, y - 1.6 * p, x + 0.48 * p, y - 0.75 * p, "#f6f2e8")
    picture(s, x - 0.43 * p, y - 1.55 * p, x + 0.43 * p, y - 0.8 * p)
    s.rect(x - 0.5 * p, y - 0.76 * p, x + 0.5 * p, y - 0.7 * p, "#84582f")


def picture(s, x0, y0, x1, y1):
    """A small painting: a landscape, an abstract or a portrait."""
    k = s.i(0, 2)
    h = y1 - y0
    if k == 0:
        s.rect(x0, y0, x1, y1, "#8cc4e8")
        s.poly(
            [(x0, y1), (x0, y0 + h * 0.7), ((x0 * 2 + x1) / 3, y0 + h * 0.35), (x1, y0 + h * 0.7), (x1, y1)],
            s.j("#5a9a5a"),
        )
        s.dot(x1 - h * 0.25, y0 + h * 0.22, h * 0.12, "#ffdf5a")
    elif k == 1:
        s.rect(x0, y0, x1, y1, s.j("#f0d8b0"))
        for _ in range(5):
            s.ell(
                s.u(x0 + h * 0.2, x1 - h * 0.2),
                s.u(y0 + h * 0.2, y1 - h * 0.2),
                h * s.u(0.08, 0.18),
                h * s.u(0.08, 0.18),
                s.j(s.one("#e0483c", "#2f6fc0", "#f0b02c", "#3a9a6a")),
            )
    else:
        s.rect(x0, y0, x1, y1, s.j("#30406a"))
        s.ell((x0 + x1) / 2, y1, h * 0.35, h * 0.35, "#c86a4a", a0=180, a1=360)
        s.dot((x0 + x1) / 2, y0 + h * 0.42, h * 0.18, "#e8b890")
