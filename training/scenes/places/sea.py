"""In the water: a breaking wave, the sea floor."""

import cv2
import numpy as np

from .. import props as P
from ..canvas import S, fractal, mix
from .registry import place
from .setting import open_air, side


@place(
    "surf",
    "on a big wave",
    "on a surfboard in the ocean",
    "on the waves",
    "in the surf",
    "on a surfboard",
    acts=(("surfing", ("stand",)),),
    bases=("stand",),
    dress="wet",
)
def surf(s):
    open_air(s, when=s.one("day", "day", "day", "sunset", "overcast"))
    s.y0 -= 22
    y = s.y0
    sea = s.j(s.one("#1f80b8", "#189aa8", "#1f68a8"))
    s.im[int(y) :] = s.lit(sea, 0.2)
    s.vgrad(y, S, [s.lit(sea, 0.3), s.lit(sea), s.lit(mix(sea, "#06304a", 0.3))])
    if s.p(0.4):
        P.hills(s, y + 1, s.u(8, 24), "#4f7f6a", 0.5, 0.6)
    d = s.one(-1, 1)

    def fx(q):
        return 128 + d * (np.asarray(q) - 128)

    top = y - s.u(5, 35)
    xs = np.linspace(-10, 266, 50)
    crest = top + 62 * np.clip((xs - 70) / 200, 0, 1) ** 1.2 + 3 * np.sin(xs / 13)
    s.poly([(fx(-12), S), *zip(fx(xs), crest), (fx(268), S)], mix(sea, "#5ae0d8", 0.45))
    s.poly([(fx(-12), S), *zip(fx(xs), crest + 40 + 10 * np.sin(xs / 40)), (fx(268), S)], sea)
    for _ in range(22):
        x = s.u(0, 250)
        q = np.linspace(0, 1, 9)
        c0 = float(np.interp(x, xs, crest))
        s.line(
            np.stack([fx(x + 34 * q**1.6), c0 + 6 + s.u(50, 120) * q], 1),
            s.one("#8ae8e4", "#d0fbf8", mix(sea, "#06304a", 0.4)),
            s.u(1, 2.4),
        )
    for x in np.arange(-6, 262, 7):
        c0 = float(np.interp(x, xs, crest))
        k = 1.6 - x / 260
        for _ in range(3):
            s.blob(
                fx(x + s.u(-6, 6)),
                c0 + s.u(-7, 5) * k,
                s.u(4, 11) * k,
                s.u(3, 8) * k,
                s.one("#ffffff", "#f2fdff", "#d4f2f8"),
                n=5,
            )
    for _ in range(60):
        x = s.u(0, 200)
        s.dot(fx(x), float(np.interp(x, xs, crest)) - s.u(2, 26), s.u(0.6, 1.8), "#ffffff")
    for _ in range(60):
        x, yy = (s.u(-20, 276), 256 - abs(s.rng.normal(0, 14)))
        s.blob(x, yy, s.u(5, 16), s.u(2, 5), s.one("#ffffff", "#e4fbff", "#c4eaf4"), n=5)
    s.key["gnd"] = (0.2, 0.3, 0.34)
    s.cast = 0.12
    s.say("a big wave", "white foam", "splashing water")

    def front():
        for q in s.rng.uniform(0, S, 16):
            s.blob(q, 258, s.u(10, 18), s.u(5, 9), s.one("#ffffff", "#e4fbff"), n=5)

    return dict(front=front, front_p=0.5, force="surfing")


@place(
    "underwater",
    "underwater",
    "under the sea",
    "at the bottom of the ocean",
    "in a coral reef",
    "deep in the ocean",
    acts=(
        ("scuba diving", ("swim", "jump")),
        ("swimming with fish", ("swim", "jump")),
        ("snorkeling", ("swim",)),
        ("exploring a coral reef", ("swim", "stand")),
    ),
    bases=("swim", "swim", "jump", "stand"),
    dress="wet",
)
def underwater(s):
    s.y0 = s.u(120, 150)
    s.hc = 1.0
    s.light = s.one(-1.0, 1.0)
    a, b = s.one(("#5ad8e8", "#0a4a7a"), ("#6ae0d0", "#0a5a6a"), ("#4ab8f0", "#0a2f6a"))
    s.vgrad(0, S, [s.j(a, 4), mix(a, b, 0.55), s.j(b, 4)])
    s.tint = np.array([0.62, 0.86, 0.95])
    s.haze_col = mix(a, b, 0.55)
    s.key = dict(
        dir=(s.light * 0.3, 0.9, 0.3), col=(0.62, 0.95, 1.0), power=0.8, amb=(0.28, 0.48, 0.56), gnd=(0.1, 0.2, 0.26)
    )
    s.cast = 0.12
    for _ in range(s.i(5, 9)):
        x = s.u(-20, 276)
        w = s.u(5, 14)
        d = s.u(-30, 30) - s.light * 30
        s.soft([(x, -6), (x + w, -6), (x + w * 2.2 + d, 215), (x - w + d, 215)], "#e8fffa", 0.2, 3)
    for k, hz in enumerate((0.75, 0.5)):
        P.hills(s, s.y0 + 30 + 18 * k, s.u(18, 46), "#3a5a6a", hz, 1.3)
    for _ in range(s.i(3, 7)):
        x = s.u(0, S)
        P.seaweed(s, x, s.y0 + s.u(30, 48), s.u(25, 60), haze=0.5)
    yb = s.y0 + s.u(34, 48)
    sand = s.j("#e8d8a8")
    s.plane(yb, sand, sand, 0.05, 30, haze=0.35)
    v = fractal(512, 1.3, 3)[s.i(0, 255) :, s.i(0, 255) :][:S, :S]
    m = np.zeros((S, S), "u1")
    m[int(yb) :] = (np.clip(1 - np.abs(v) * 5, 0, 1) * 255)[int(yb) :]
    s.blend(cv2.resize(m, (S, S)), "#f4fff0", 0.28)
    for yy in np.sort(s.rng.uniform(yb, 250, s.i(5, 9))):
        x = side(s, -8)
        k = s.i(0, 4)
        f = (yy - s.y0) / 100
        hz = max(0.0, 0.35 - f * 0.4)
        if k < 3:
            P.coral(s, x, yy, s.u(26, 44) * (0.5 + f * 0.7), hz)
        elif k == 3:
            for _ in range(3):
                P.seaweed(s, x + s.u(-12, 12), yy, s.u(40, 90) * (0.5 + f * 0.6), haze=hz)
        else:
            P.rock(s, x, yy, s.u(14, 30) * (0.5 + f), "#6a7a80", hz)
    for _ in range(s.i(3, 9)):
        P.fish(s, s.u(10, 246), s.u(30, 190), s.u(9, 22), s.u(0.1, 0.4))
    if s.p(0.4):
        x, y = s.u(30, 220), s.u(30, 110)
        for _ in range(9):
            P.fish(s, x + s.u(-34, 34), y + s.u(-20, 20), 7, 0.35)
        s.say("a school of fish")
    s.say("coral", "colorful coral and fish", "seaweed", "tropical fish")

    def bub():
        x, y = (s.u(30, 226), s.u(60, 230))
        for k in range(s.i(5, 10)):
            r = s.u(1.2, 3.6)
            xx, yy = (x + s.u(-8, 8), y - k * 13)
            s.dot(xx, yy, r, "#d8fbff", haze=0.2)
            s.dot(xx + 0.4, yy + 0.4, r * 0.65, mix(a, b, 0.4), raw=True)

    bub()
    bub()

    def front():
        P.coral(s, s.one(18, 238), 258, s.u(36, 60), 0.0)
        for _ in range(2):
            P.seaweed(s, s.one(8, 248) + s.u(-6, 6), 260, s.u(70, 120), haze=0)

    return dict(lift=True, front=front)
