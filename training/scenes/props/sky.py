"""The sky and what hangs in it: it also sets the light of the whole scene."""

from __future__ import annotations

import math

import numpy as np

from ..canvas import S, mix

DAY = [("#3f8fd6", "#a9d4f2"), ("#2f7fd0", "#d6ecf8"), ("#58a6e0", "#e6f2f4")]
SUNSET = [("#3b3f86", "#d9687a", "#ffb45e"), ("#5a3f8c", "#f08a5d", "#ffd27a"), ("#2f4b8c", "#e87f8f", "#ffd9a0")]
NIGHT = [("#070b24", "#1c2f63"), ("#0a0f2c", "#27406f")]
GREY = [("#8c98a6", "#c9d0d6"), ("#7f8b99", "#b9c2c9")]
GLOW = "#ffe9a8"


def sky(s, when=None, clouds=True):
    """Paint the sky, set tint, haze and key light; when: day / sunset / night / overcast"""
    when = when or s.one("day", "day", "day", "sunset", "overcast", "night")
    s.when = when
    s.light = s.one(-1.0, 1.0)
    lx = s.light * s.u(0.35, 0.9)
    s.sun = None
    st = [s.j(c, 5) for c in s.one(*{"day": DAY, "sunset": SUNSET, "night": NIGHT, "overcast": GREY}[when])]
    s.vgrad(0, s.y0 + 4, st)
    sx, sy = S / 2 + s.light * s.u(30, 110), s.u(18, s.y0 * 0.5)
    if when == "day":
        s.tint = np.array([1.0, 0.99, 0.96])
        s.haze_col = mix(st[-1], "#ffffff", 0.1)
        s.key = dict(
            dir=(lx, 0.75, 0.5), col=(1.0, 0.96, 0.86), power=1.05, amb=(0.42, 0.5, 0.6), gnd=(0.24, 0.22, 0.2)
        )
        s.cast = 0.4
        if s.p(0.6):
            s.glow(sx, sy, 60, "#fffbe0", 0.8)
            s.dot(sx, sy, s.u(8, 13), "#fff7d0", raw=True)
    elif when == "sunset":
        s.tint = np.array([0.93, 0.72, 0.66])
        s.haze_col = st[-1]
        s.key = dict(dir=(lx, 0.3, 0.35), col=(1.0, 0.62, 0.33), power=1.0, amb=(0.36, 0.3, 0.4), gnd=(0.2, 0.14, 0.13))
        s.cast = 0.35
        sy = s.y0 - s.u(4, 30)
        s.glow(sx, sy, 110, "#ffd98a", 0.9)
        s.dot(sx, sy, s.u(11, 17), "#fff0b8", raw=True)
        s.sun = (sx, sy)
    elif when == "night":
        s.tint = np.array([0.42, 0.48, 0.68])
        s.haze_col = st[-1]
        s.dark = True
        s.key = dict(
            dir=(lx, 0.7, 0.4), col=(0.62, 0.72, 1.0), power=0.55, amb=(0.17, 0.2, 0.32), gnd=(0.08, 0.09, 0.14)
        )
        s.cast = 0.15
        stars(s, 60, s.y0)
        s.glow(sx, sy, 50, "#9fb4e8", 0.6)
        bgc = s.im[int(sy), int(np.clip(sx + 12, 0, S - 1))].astype(float)
        s.dot(sx, sy, 10, "#f4f2dc", raw=True)
        s.sun = (sx, sy)
        if s.p(0.4):
            s.dot(sx + 5, sy - 2, 9, bgc, raw=True)
    else:
        s.tint = np.array([0.84, 0.87, 0.9])
        s.haze_col = st[-1]
        s.key = dict(
            dir=(lx, 0.9, 0.5), col=(0.85, 0.9, 0.95), power=0.45, amb=(0.6, 0.63, 0.67), gnd=(0.26, 0.26, 0.26)
        )
        s.cast = 0.1
    if clouds and when != "night":
        cc = {"day": "#ffffff", "sunset": "#f7a98c", "overcast": "#dfe4e8"}[when]
        for _ in range(s.i(1, 5)):
            cloud(s, s.u(-10, 266), s.u(8, s.y0 * 0.7), s.u(10, 26), cc)
    return when


def stars(s, n, ymax):
    """Scatter n stars above row ymax."""
    xy = s.rng.uniform((0, 0), (S, ymax), (n, 2)).astype(int)
    s.im[xy[:, 1].clip(0, S - 1), xy[:, 0]] = s.rng.integers(150, 255, (n, 1))


def cloud(s, x, y, r, c):
    """A cloud of about 2r pixels to each side of (x, y)."""
    for _ in range(6):
        s.ell(
            x + s.u(-r, r) * 1.6,
            y + s.u(-0.2, 0.1) * r,
            r * s.u(0.5, 0.9),
            r * s.u(0.25, 0.4),
            mix(c, s.haze_col, s.u(0.05, 0.35)),
            raw=True,
        )
    s.ell(x, y + r * 0.12, r * 1.9, r * 0.22, mix(c, s.haze_col, 0.3), raw=True)


def planet(s, x, y, r, c, ring=False):
    """A banded planet of radius r pixels, with rings if asked."""

    def band(t):
        for q in (1.95, 1.75, 1.55):
            a = -0.25
            X, Y = r * q * np.cos(t), r * q * 0.28 * np.sin(t)
            s.line(
                np.stack([x + X * math.cos(a) - Y * math.sin(a), y + X * math.sin(a) + Y * math.cos(a)], 1),
                mix(c, "#fff0d0", 0.3 + 0.3 * (q < 1.9)),
                max(1, r * 0.07),
                raw=True,
            )

    if ring:
        band(np.linspace(math.pi, 2 * math.pi, 40))
    s.dot(x, y, r, mix(c, "#000010", 0.65), raw=True)
    n = 14
    for k in range(n):
        f = k / n
        if k % 2:
            s.ell(
                x + s.light * r * 0.5 * f * 0.55,
                y - r * 0.25 * f * 0.5,
                r * (1 - 0.2 * f),
                r * (1 - 0.2 * f),
                mix(mix(c, "#000010", 0.55), c, f),
                raw=True,
            )
    for _ in range(3):
        b = s.u(-0.5, 0.4)
        s.ell(
            x + s.light * r * 0.1,
            y + b * r,
            r * math.sqrt(1 - b * b) * 0.85,
            r * 0.07,
            mix(c, "#ffffff", s.u(0.1, 0.3)),
            a=-14,
            raw=True,
        )
    if ring:
        band(np.linspace(0, math.pi, 40))
