"""Places by the water: beach, pool, boat."""

import math

import cv2
import numpy as np

from .. import props as P
from ..canvas import S, fractal, mix, wrap
from .registry import place
from .setting import open_air, side


@place(
    "beach",
    "on the beach",
    "at the beach",
    "on a sandy beach by the sea",
    "by the ocean",
    "at the seaside",
    "on a tropical beach",
    "on the shore",
    acts=(
        ("sunbathing", ("lie", "floor")),
        ("playing beach volleyball", ("jump", "stand")),
        ("building a sandcastle", ("floor",)),
    ),
    bases=("stand", "walk", "run", "jump", "floor", "sit", "lie"),
    dress="beach",
    seat="rock",
)
def beach(s):
    open_air(s)
    y = s.y0
    ys = s.row(s.u(9, 16))
    sea = s.j(s.one("#1f86b8", "#2aa0b8", "#1f6fae"))
    s.vgrad(y, ys + 4, [s.lit(sea, 0.25), s.lit(mix(sea, "#5ad8d0", 0.55))])
    for _ in range(26):
        yy = s.u(y + 2, ys)
        s.line([((q := s.u(-20, S)), yy), (q + s.u(8, 40) * (yy - y + 4) / 25, yy)], "#e8fbff", 1, haze=0.15)
    if s.sun:
        P.glitter(s, s.sun[0], y, ys, "#ffe2a0" if s.when == "sunset" else "#9ab4e8")
    if s.p(0.5):
        P.hills(s, y + 1, s.u(8, 26), "#4f7f6a", 0.45, 0.6)
    if s.p(0.6):
        P.sailboat(s, s.u(20, 236), y + s.u(4, 10), s.u(14, 30))
        s.say("a sailboat on the horizon", "a distant sailboat")
    s.blur(s.u(0, 0.7))
    sand = s.j(s.one("#ecd3a0", "#e6c488", "#f2dfb8"), 5)
    s.plane(ys, sand, mix(sand, "#c89a5a", 0.25), 0.035, 60, haze=0.05)
    x = np.linspace(0, S, 30)
    w = ys + 4 + 3 * np.sin(x / s.u(18, 30) + s.u(0, 6)) + 2 * np.sin(x / 11)
    s.poly([(0, ys - 2), *zip(x, w + 5), (S, ys - 2)], mix(sand, "#8a6a40", 0.35))
    s.poly([(0, ys - 2), *zip(x, w + 1.5), (S, ys - 2)], "#f6fdff")
    s.poly([(0, ys - 3), *zip(x, w - 2.5), (S, ys - 3)], mix(sea, "#7ae8dc", 0.6))
    n = s.i(0, 2)
    if s.p(0.75):
        x = side(s, 10)
        yy = s.u(ys + 8, 214)
        P.palm(s, x, yy, s.ppm(yy), h=(yy - s.u(-5, 40)) / s.ppm(yy))
        s.say("palm trees", "a palm tree")
    else:
        n = max(n, 1)
    for _ in range(n):
        x, yy = (side(s, 15), s.u(ys + 20, 222))
        P.umbrella(s, x, yy, s.ppm(yy) * 0.8)
        c = s.one("#e0584a", "#3a90c8", "#f0c04a")
        p = s.ppm(yy)
        s.poly([(x - p, yy + 9), (x + 0.3 * p, yy + 9), (x + 0.6 * p, yy + 2), (x - 0.7 * p, yy + 2)], c)
        if _ == 0:
            s.say("a beach umbrella", "a parasol")
    for _ in range(s.i(2, 9)):
        yy = s.u(ys + 18, 252)
        s.ell(s.u(0, S), yy, s.u(1, 3), s.u(0.8, 1.6), s.one("#fff4e8", "#f0a08a", "#a88a60"))

    def front():
        if s.p(0.5):
            P.bush(s, s.one(6, 250), 262, 70, 0.9, "#5a9a4a")
        else:
            P.rock(s, s.one(10, 244), 258, s.u(18, 32))

    return dict(front=front)


@place(
    "pool",
    "by the swimming pool",
    "at the pool",
    "next to a swimming pool",
    "at the poolside",
    acts=(("about to swim", ("stand",)), ("sunbathing", ("lie", "floor")), ("diving into the water", ("jump",))),
    bases=("stand", "walk", "jump", "sit", "floor", "lie"),
    dress="beach",
    seat="crate",
)
def pool(s):
    open_air(s, when=s.one("day", "day", "day", "sunset", "night"))
    y = s.y0
    P.hills(s, y + 4, 22, "#4a8a4a", 0.2, 1.5)
    for x in np.arange(-5, 262, 22):
        s.blob(x + s.u(-8, 8), y + 4, s.u(14, 22), s.u(10, 24), s.j("#3f8a48"), haze=0.2)
    if s.p(0.5):
        x = side(s, 50)
        c = s.j("#f4f0e8")
        s.rect(x - 50, y - 34, x + 50, y + 8, c)
        s.rect(x - 54, y - 38, x + 54, y - 33, mix(c, "#000000", 0.25))
        for q in (-30, 0, 30):
            s.rect(x + q - 11, y - 25, x + q + 11, y + 6, "#8ab8cc" if not s.dark else "#ffe2a0", raw=s.dark)
        s.say("a villa", "a hotel")
    s.blur(s.u(0.1, 0.8))
    dk = s.j(s.one("#e8dcc8", "#d8d4cc", "#c8a47a"))
    s.plane(y + 6, dk, dk, 0.03, 40, haze=0.08)
    s.lines_x(0.6, 0.02, mix(dk, "#605040", 0.4), 0.8)
    s.lines_z(0.6, 0.02, mix(dk, "#605040", 0.4), 0.8)
    zn, zf, xw, xc = (s.u(3.9, 4.4), s.u(11, 16), s.u(2.6, 4.5), s.u(-1, 1))

    def q(e):
        return ((zn - e < s.Z) * (zf + e > s.Z) * (np.abs(s.X - xc) < xw + e)).astype("f4")

    s.ground_blend(q(0.25), "#f8f6f0")
    s.ground_blend(q(0), s.j("#2ab0d0"))
    m = q(0) > 0
    ca = np.clip(1 - np.abs(wrap(fractal(512, 1.3, 3), s.X * 26, s.Z * 20)) * 3.2, 0, 1)
    s.ground_blend(m * ca, "#c8f6ff", 0.6)
    if s.p(0.5):
        for k in np.arange(-int(xw), int(xw) + 1, 1.4):
            s.ground_blend(m * (np.abs(s.X - xc - k) < 0.07), "#e04a3c" if k else "#f4f4f4", 0.9)
    s.ground_blend(m * np.clip((zf - 0.4 - s.Z) * -3, 0, 1), "#1a7898", 0.5)
    if s.dark:
        s.soft([(40, s.row(zf)), (216, s.row(zf)), (256, s.row(zn)), (0, s.row(zn))], "#5ae8ff", 0.35, 6)
    yl = s.row(zn) - 6
    x = S / 2 + (xc + s.one(-1, 1) * xw * 0.75) * s.f / zn
    for k in (0, 16):
        s.line(
            [(x + k, yl + 14), (x + k, yl - 16), (x + k - 3, yl - 20), (x + k - 8, yl - 20), (x + k - 10, yl - 8)],
            "#d8dee4",
            2.5,
        )
    s.say("a pool ladder", "clear blue water")
    for _ in range(s.i(1, 3)):
        yy = s.u(y + 9, s.row(zf) - 1)
        x = side(s, 5)
        if s.p(0.5):
            P.umbrella(s, x, yy, s.ppm(yy) * 0.9)
        else:
            P.palm(s, x, yy, s.ppm(yy), 4.5)
    if s.p(0.75):
        x, yy = (side(s, 20), s.u(205, 236))
        c = s.j(s.one("#e0583c", "#3a8ac8", "#f4f0e8", "#f0c040"))
        s.soft_ell(x, yy, 42, 5, 0.35)
        s.poly(
            [
                (x - 40, yy - 10),
                (x + 16, yy - 10),
                (x + 40, yy - 34),
                (x + 43, yy - 31),
                (x + 20, yy - 5),
                (x - 40, yy - 5),
            ],
            c,
        )
        for k in (-34, 14):
            s.line([(x + k, yy - 5), (x + k, yy)], "#f4f4f0", 2.5)
        s.say("a deck chair", "sun loungers")
    if s.p(0.5):
        x, yy = (S / 2 + s.u(-60, 60), s.row(s.u(6, 9)))
        r = 13
        s.ell(x, yy, r, r * 0.45, s.one("#ff6a8a", "#ffd23a", "#ffffff"))
        s.ell(x, yy - 0.6, r * 0.5, r * 0.2, "#2ab0d0")
        s.say("a pool float")

    def front():
        P.bush(s, s.one(2, 254), 264, 75, 0.9, "#3f8a44")

    return dict(front=front)


@place(
    "boat",
    "on a boat at sea",
    "on the deck of a ship",
    "on a sailing boat",
    "aboard a yacht",
    "out on the ocean in a boat",
    "in the middle of the sea on a boat",
    acts=(("sailing", ("stand", "sit")), ("fishing", ("stand", "sit")), ("steering the ship", ("stand",))),
    bases=("stand", "walk", "sit", "jump", "floor"),
    seat="crate",
)
def boat(s):
    open_air(s)
    y = s.y0
    sea = s.j(s.one("#1f6fa8", "#2a86b0", "#1a5a94"))
    ye = s.u(168, 184)
    s.vgrad(y, S, [s.lit(sea, 0.3), s.lit(sea), s.lit(mix(sea, "#06203a", 0.35))])
    for yy in np.linspace(y + 2, ye + 30, 34):
        L = (yy - y) * 0.5 + 4
        x = s.u(-20, S)
        s.line(
            [(x, yy), (x + L * 0.5, yy - L * 0.08), (x + L, yy)],
            s.one("#d8f2fa", "#6ab8d8", "#0f3f6a"),
            1 + (yy - y) / 50,
            haze=0.1,
        )
    if s.sun:
        P.glitter(s, s.sun[0], y, ye, "#ffe0a0" if s.when == "sunset" else "#9ab4e8")
    if s.p(0.35):
        P.hills(s, y + 1, s.u(6, 18), "#5a7f7a", 0.55, 0.7)
    if s.p(0.4):
        P.sailboat(s, s.u(20, 236), y + 4, s.u(10, 20), 0.3)
    for _ in range(s.i(0, 5)):
        x, yy = (s.u(10, 246), s.u(12, y - 15))
        w = s.u(3, 6)
        s.line(
            [(x - w, yy - 1.5), (x - w * 0.4, yy - 2.5), (x, yy), (x + w * 0.4, yy - 2.5), (x + w, yy - 1.5)],
            "#fbfbf6" if not s.dark else "#8a94b0",
            1.4,
        )
    s.blur(s.u(0, 0.6))
    wd = s.j(s.one("#b8824a", "#c8985f", "#9a6a3c", "#d8b080"))
    xs = np.linspace(0, math.pi, 24)
    bx, by = (128 - np.cos(xs) * 190, ye + 40 - np.sin(xs) ** 0.8 * 46)
    m = s.im.copy()
    s.plane(y + 4, wd, wd, 0.05, 40, haze=0)
    s.lines_x(0.2, 0.014, mix(wd, "#2a1608", 0.7), 0.85)
    d = s.im.copy()
    s.im = m
    k = np.zeros((S, S), "u1")
    cv2.fillPoly(
        k,
        [np.round(np.array([(-10, S + 10), *zip(bx, by), (S + 10, S + 10)]) * 16).astype(np.int32)],
        255,
        cv2.LINE_AA,
        4,
    )
    s.im = np.where(k[..., None] > 127, d, m)
    hull = s.one("#f4f1e8", "#24406a", "#8a3a34", "#6a4428")
    s.line([*zip(bx, by)], hull, 6)
    s.line([*zip(bx, by - 2.5)], mix(hull, "#ffffff", 0.4), 1.5)
    r = s.one("#e8eaec", "#8a5a34", "#d8c8a0")
    for q in range(2, 22, 2):
        s.line([(bx[q], by[q]), (bx[q], by[q] - 24)], r, 2)
    for h in (24, 13):
        s.line([*zip(bx, by - h)], r, 2 if h == 24 else 1.2)
    if s.p(0.7):
        x = s.one(s.u(36, 66), s.u(190, 220))
        s.taper(x, 214, x, -10, 6, 4, "#8a5a34")
        s.ell(x, 214, 6, 3, "#5a3a22")
        d = 1 if x < 128 else -1
        s.poly([(x + d * 3, -12), (x + d * 3, 118), (x + d * s.u(80, 120), 112), (x + d * s.u(10, 30), -12)], "#f8f4e6")
        s.line([(x, 119), (x + d * 115, 114)], "#7a5030", 3.5)
        for k in (20, 52, 84):
            s.line([(x + d * 4, k), (x + d * (30 + k * 0.6), k + 2)], "#d8d0b8", 1)
        s.line([(x, 0), (x - d * 80, ye)], "#d8c8a0", 1.2)
        s.say("white sails", "a tall mast")
    if s.p(0.55):
        q = s.one(4, 18)
        x, yy = (bx[q], by[q] - 8)
        t = np.linspace(0, 6.4, 30)
        s.line(np.stack([x + 9 * np.cos(t), yy + 9 * np.sin(t)], 1), "#f4f0ea", 5)
        for a in (0, 1.57, 3.14, 4.71):
            s.line(np.stack([x + 9 * np.cos(u := np.linspace(a, a + 0.7, 5)), yy + 9 * np.sin(u)], 1), "#e04030", 5)
        s.say("a life ring", "a lifebuoy")
    if s.p(0.4):
        x = side(s, 24)
        s.box(x - 14, 196, x + 14, 222, s.j("#a8743f"), 5, 4)
        s.line([(x - 14, 204), (x + 14, 204)], "#6a4424", 1.5)
    s.say("the open sea", "waves around", "blue water to the horizon")

    def front():
        x = s.one(16, 240)
        s.taper(x, 262, x, 212, 16, 13, "#6a4a30")
        s.line([(x - 9, 226), (x + 9, 229)], "#e0d0a8", 4)
        s.line([(x - 9, 231), (x + 9, 234)], "#d0bc90", 4)

    return dict(front=front)
