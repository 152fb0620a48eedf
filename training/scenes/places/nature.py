"""Wild places: forest, snowy mountains, desert."""

import numpy as np

from .. import props as P
from ..canvas import S, fractal, mix, wrap
from .registry import place
from .setting import open_air, side


@place(
    "forest",
    "in a forest",
    "in the woods",
    "on a forest path",
    "among tall trees",
    "on a trail through the forest",
    "in a pine forest",
    acts=(
        ("hiking", ("walk",)),
        ("camping", ("sit", "floor")),
        ("gathering mushrooms", ("floor",)),
        ("trail running", ("run",)),
    ),
    seat="log",
)
def forest(s):
    open_air(s, when=s.one("day", "day", "overcast", "sunset"), clouds=False)
    g = s.j(s.one("#4f7f3a", "#5f7a3a", "#6a6a36"))
    pine = s.p(0.45)
    s.haze_col = mix("#cfe4b8", s.haze_col, 0.4)
    s.vgrad(0, s.y0 + 10, [s.lit("#6a9a6a"), s.lit("#d8ecb8")])
    y = s.y0 + 6
    for k, hz in enumerate((0.7, 0.5, 0.3)):
        for x in np.arange(-10, 270, s.u(15, 21)) + s.u(0, 9):
            xx = x + s.u(-5, 5)
            w = s.u(2, 4) * (1 + k * 0.7)
            s.rect(xx, -5, xx + w, y + 6 + k * 6, s.j("#4a3a2c"), haze=hz)
        for x in np.arange(-10, 270, 16):
            s.blob(x + s.u(-8, 8), s.u(-12, 24) - k * 8, s.u(16, 28), s.u(12, 22), s.j("#3f7a3c"), haze=hz * 0.8)
        for x in np.arange(-10, 270, 22):
            s.blob(x + s.u(-8, 8), y + 2 + k * 5, s.u(12, 20), s.u(5, 10), s.j("#4a8040"), haze=hz * 0.8)
    for _ in range(s.i(0, 4)):
        x = s.u(30, 220)
        s.soft([(x, -5), (x + 18, -5), (x + 18 - s.light * 70, 200), (x - 30 - s.light * 70, 200)], "#fff6c0", 0.16, 5)
    s.blur(s.u(0.3, 1.0))
    s.plane(y + 8, mix(g, "#9ab85a", 0.3), mix(g, "#2a2a14", 0.3), 0.13, 30, haze=0.1)
    a = s.u(-0.5, 0.5)
    m = np.clip(1.6 - np.abs(s.X - a - 0.25 * np.sin(s.Z * 0.7)) * 1.4, 0, 1)
    if s.p(0.8):
        s.ground_blend(m, s.j("#b08a5a"), 0.85)
    for yy in np.sort(s.rng.uniform(y + 14, 205, s.i(5, 8))):
        x = s.u(-10, 75) if s.p(0.5) else s.u(180, 266)
        p = s.ppm(yy)
        hz = max(0, 0.3 - (yy - y) / 200)
        if pine:
            P.conifer(s, x, yy, p, s.u(3.5, 6), haze=hz)
        else:
            w = s.u(0.16, 0.28) * p
            c = s.j("#5c432e")
            s.taper(x, yy, x + s.u(-6, 6), -10, w * 2.2, w * 1.5, c, haze=hz)
            s.taper(
                x + s.light * w * 0.6, yy, x + s.light * w * 0.4, -10, w * 0.6, w * 0.4, mix(c, "#e8d8a0", 0.3), haze=hz
            )
            s.ground_shadow(x, yy, w * 2, 0.4)
            for d in (-1, 1):
                s.poly([(x + d * w, yy - 0.3 * p), (x + d * w * 2.4, yy + 2), (x, yy + 1)], c, haze=hz)
            for _ in range(5):
                s.blob(
                    x + s.u(-22, 22),
                    s.u(-10, 22),
                    s.u(14, 26),
                    s.u(10, 18),
                    mix(s.j("#4a8a3a"), "#06201c", s.u(0, 0.3)),
                )
    for _ in range(s.i(3, 8)):
        yy = s.u(y + 20, 250)
        x = side(s, -5)
        P.bush(s, x, yy, s.ppm(yy), s.u(0.5, 0.9), "#4a7f36")
    for _ in range(s.i(0, 4)):
        yy = s.u(200, 250)
        x = side(s, 0)
        q = s.u(3, 5)
        s.rect(x - q * 0.3, yy - q, x + q * 0.3, yy, "#f0e8d8")
        s.ell(x, yy - q, q, q * 0.8, "#c83a2c", a0=180, a1=360)
    s.say("pine trees" if pine else "tall trees", "trees all around")

    def front():
        x = s.one(-2, 256)
        P.bush(s, x, 264, 80, 0.9, "#3f6f30")

    return dict(front=front)


@place(
    "snow",
    "on a snowy mountain",
    "in the snow",
    "in the mountains in winter",
    "on a ski slope",
    "in a snowy landscape",
    acts=(
        ("skiing", ("stand",)),
        ("skiing", ("stand",)),
        ("snowboarding", ("stand",)),
        ("building a snowman", ("stand", "floor")),
        ("climbing a mountain", ("walk",)),
    ),
    dress="warm",
    seat="rock",
)
def snow(s):
    open_air(s, when=s.one("day", "day", "overcast", "sunset", "night"))
    P.ridge(s, s.y0 + 6, s.u(58, 92), s.j("#6a7f9c"), 0.5, 0.35, 0.5, n=s.i(13, 19))
    P.ridge(s, s.y0 + 8, s.u(22, 48), s.j("#4f6580"), 0.5, 0.25, 0.45, n=18)
    x = -4
    while x < S:
        h = s.u(8, 17)
        P.conifer(s, x, s.y0 + 12, 1, h, "#2f5a52", 0.3, 1)
        x += s.u(3, 12)
    sn = s.j("#f2f7ff", 2)
    s.rect(0, s.y0 + 9, S, s.y0 + 24, mix(sn, "#a8c0e0", 0.4), haze=0.2)
    s.blur(s.u(0, 0.7))
    P.hills(s, s.y0 + 22, 16, mix(sn, "#a8c0e0", 0.3), 0.1)
    s.plane(s.y0 + 16, mix(sn, "#b8cce8", 0.35), sn, 0.025, 18, haze=0.05)
    v = wrap(fractal(512, 1.6, 6), s.X * 8 + 100, s.Z * 14 + 50)
    s.ground_blend(np.clip(v * 0.6, 0, 1), "#a8c2ea", 0.45)
    for _ in range(s.i(0, 2)):
        a = s.u(-2, 2)
        for q in (0, 0.3):
            s.ground_blend(
                np.clip((0.05 - np.abs(s.X - a - q - np.sin(s.Z * 0.5) * 0.6)) * s.f / s.Z * 0.8 + 0.5, 0, 1),
                "#9ab4dc",
                0.7,
            )
    for yy in np.sort(s.rng.uniform(s.y0 + 18, 215, s.i(2, 6))):
        P.conifer(s, side(s, -5), yy, s.ppm(yy), s.u(2.2, 4.2), "#2f6050", 0.1, 1)
    s.say("snow-capped peaks", "snowy pine trees", "high mountains")
    if s.p(0.2):
        x, yy = (side(s, 30), s.u(200, 225))
        p = s.ppm(yy) * 0.8
        s.ground_shadow(x, yy, 0.5 * p, 0.3)
        s.round_shade(x, yy - 0.4 * p, 0.45 * p, "#f6faff", 0.85)
        s.round_shade(x, yy - 1.0 * p, 0.32 * p, "#f6faff", 0.85)
        s.round_shade(x, yy - 1.42 * p, 0.22 * p, "#f6faff", 0.85)
        s.poly([(x, yy - 1.45 * p), (x + 0.3 * p, yy - 1.38 * p), (x, yy - 1.36 * p)], "#f0822c")
        for q in (-0.08, 0.08):
            s.dot(x + q * p, yy - 1.5 * p, 1.4, "#14141c")
        s.line([(x - 0.3 * p, yy - 1.2 * p), (x + 0.3 * p, yy - 1.2 * p)], "#d03a3a", 3)
        s.say("a snowman")

    def flakes():
        for _ in range(s.i(60, 160)):
            s.dot(s.u(0, S), s.u(0, S), s.u(0.6, 1.7), "#ffffff")

    if s.p(0.45):
        m, s.mask = (s.mask, None)
        flakes()
        s.mask = m
        s.say("snow is falling", "snowflakes in the air")

    def front():
        if s.p(0.6):
            P.hills(s, 262, 26, sn, 0.0, 0.5)
        else:
            P.conifer(s, s.one(8, 248), 262, 60, 2.2, "#2f6050", 0, 1)

    return dict(front=front)


@place(
    "desert",
    "in the desert",
    "on a sand dune",
    "in a hot desert",
    "among the dunes",
    "in the sahara",
    acts=(
        ("crossing the desert", ("walk",)),
        ("looking for water", ("walk", "floor")),
        ("racing over the dunes", ("run",)),
    ),
    seat="rock",
)
def desert(s):
    open_air(s, when=s.one("day", "day", "day", "sunset", "night"), clouds=s.p(0.25))
    sd = s.j(s.one("#e0a050", "#e8b468", "#d8843c"), 6)
    y = s.y0
    mesa = s.p(0.45)
    if mesa:
        for _ in range(s.i(2, 4)):
            x, w, h = (s.u(0, S), s.u(18, 40), s.u(20, 55))
            c = s.j("#b8583a")
            s.poly(
                [
                    (x - w * 1.3, y + 3),
                    (x - w, y - h * 0.55),
                    (x - w * 0.85, y - h),
                    (x + w * 0.85, y - h),
                    (x + w, y - h * 0.55),
                    (x + w * 1.3, y + 3),
                ],
                c,
                haze=0.25,
            )
            s.poly(
                [
                    (x - s.light * w * 0.2, y - h),
                    (x - s.light * w * 0.85, y - h),
                    (x - s.light * w, y - h * 0.55),
                    (x - s.light * w * 1.3, y + 3),
                    (x - s.light * w * 0.3, y + 3),
                ],
                mix(c, "#200830", 0.3),
                haze=0.25,
            )
            for q in (0.4, 0.7):
                s.line([(x - w, y - h * q), (x + w, y - h * q)], mix(c, "#f0c090", 0.3), 1, haze=0.25)
        s.say("red rock mesas", "rocky mesas")
    for k in range(3 if not mesa else 1):
        yb = y + 6 + 10 * k
        h = s.u(18, 48) - 6 * k
        x0 = s.u(10, 246)
        xs = np.linspace(-20, S + 20, 60)
        pk = np.exp(-np.abs(xs - x0) / s.u(50, 90)) * h + 4 * np.sin(xs / 37 + k)
        s.poly([(-20, yb + 12), *zip(xs, yb - pk), (S + 20, yb + 12)], mix(sd, "#ffe0a0", 0.15), haze=0.3 - 0.1 * k)
        m = xs > x0 if s.light < 0 else xs < x0
        q = xs[m]
        tp = (yb - pk)[m]
        s.poly(
            [*zip(q, tp), (q[-1] if s.light < 0 else x0 + 8, yb + 12), (x0 + 8 if s.light < 0 else q[0], yb + 12)],
            mix(sd, "#5a2030", 0.42),
            haze=0.25 - 0.08 * k,
        )
    s.blur(s.u(0, 0.6))
    s.plane(y + (24 if not mesa else 4), mix(sd, "#ffe0a0", 0.1), sd, 0.03, 30, haze=0.12)
    r = 0.5 + 0.5 * np.sin(s.Z * 11 + 3 * np.sin(s.X * 1.3) + 1.2 * np.sin(s.X * 3.1))
    s.ground_blend(r * np.clip((s.Y - y - 18) / 50, 0, 1), mix(sd, "#7a3018", 0.5), 0.35)
    for yy in np.sort(s.rng.uniform(y + 22, 218, s.i(1, 4) if not mesa else s.i(2, 5))):
        P.cactus(s, side(s, 0), yy, s.ppm(yy), s.u(1.6, 3.0), max(0, 0.2 - (yy - y) / 300))
    s.say("cacti", "a tall cactus", "sand dunes")
    for _ in range(s.i(1, 5)):
        yy = s.u(y + 30, 250)
        P.rock(s, side(s, 0), yy, s.ppm(yy) * s.u(0.1, 0.25), "#a8784a")

    def front():
        if s.p(0.5):
            P.cactus(s, s.one(14, 242), 262, 60, 1.3)
        else:
            P.rock(s, s.one(10, 246), 260, s.u(20, 34), "#a8744a")

    return dict(front=front)
