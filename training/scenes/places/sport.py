"""Places for sport: stadium, basketball court, gym."""

import math

import numpy as np

from .. import props as P
from ..canvas import S, mix
from .registry import place
from .setting import open_air, room, side


@place(
    "stadium",
    "in a stadium",
    "on a soccer field",
    "on the football pitch",
    "in a football stadium",
    "on a sports field",
    acts=(
        ("playing soccer", ("run", "stand", "jump")),
        ("scoring a goal", ("run", "jump")),
        ("warming up before the match", ("stand", "run")),
    ),
    bases=("stand", "run", "jump", "walk", "floor"),
)
def stadium(s):
    s.y0 = s.u(92, 118)
    s.hc = s.u(1.4, 1.8)
    P.sky(s, s.one("day", "day", "night", "overcast", "sunset"))
    y = s.y0
    night = s.dark
    s.tint = np.array([0.8, 0.85, 0.95]) if night else s.tint
    s.cast = 0.25 if night else s.cast
    s.hc = s.u(1.3, 1.9)
    if night:
        s.key.update(power=0.95, col=(0.95, 0.97, 1.0), amb=(0.35, 0.38, 0.45))
    yt = y - s.u(48, 66)
    yb = y + 9
    base = s.j(s.one("#3a4a7a", "#7a3a42", "#4a5a62", "#3a6a5a"))
    sag = s.u(6, 16)
    xs = np.linspace(0, S, 30)
    bow = sag * (1 - ((xs - 128) / 128) ** 2)
    s.poly([(0, yb), *zip(xs, yt + bow), (S, yb)], base, haze=0.15)
    n = 1600
    px = s.rng.uniform(0, S, n)
    py = s.rng.uniform(0, 1, n)
    row = np.floor(py * 13) / 13
    tops = yt + 3 + np.interp(px, xs, bow)
    yy = tops + (yb - 8 - tops) * row
    ix = (px.astype(int).clip(0, S - 2), yy.astype(int).clip(0, S - 2))
    cols = np.array(
        [s.lit(c, 0.1) for c in ("#e8c8a8", "#d84a3c", "#f4f0e8", "#3a6fc0", "#f0c040", "#22242c", "#c89070")]
    )[s.rng.integers(0, 7, n)].astype("u1")
    for dx in (0, 1):
        s.im[ix[1], ix[0] + dx] = cols
    s.im[ix[1] + 1, ix[0]] = cols
    for q in (0.45,):
        s.line([*zip(xs, yt + bow + (yb - yt - bow) * q)], "#d8dce0", 2.5, haze=0.15)
    s.poly(
        [
            (0, yt - 9),
            *zip(xs, yt + bow - 5),
            (S, yt - 9),
            (S, yt - 15),
            *zip(xs[::-1], yt + bow[::-1] - 12),
            (0, yt - 15),
        ],
        "#c8ccd4",
        haze=0.1,
    )
    for sg in (18, 90, 166, 238):
        s.line([(sg, yt), (sg, yt - 26)], "#5a6068", 2)
        s.rect(sg - 11, yt - 36, sg + 11, yt - 25, "#3a3e46")
        for a in (-7, 0, 7):
            for b in (0, 5):
                s.dot(sg + a, yt - 33 + b, 2, "#ffffff", raw=True)
        if night:
            s.glow(sg, yt - 30, 30, "#ffffff", 0.8)
    x = 0
    while x < S:
        w = s.u(24, 48)
        s.rect(x, yb - 7, x + w, yb + 1, s.j(s.one("#2a5fc8", "#e8e8e8", "#d83a34", "#f0c02c", "#20242c")))
        s.rect(x + 5, yb - 5, x + w - 5, yb - 2, s.one("#ffffff", "#f0e040", "#22242c"))
        x += w
    s.blur(s.u(0.2, 0.8))
    g = s.j("#3fa04a", 6)
    s.plane(yb, mix(g, "#90c860", 0.15), g, 0.04, 60, haze=0.05)
    st = (s.X / 2.2 + 50) % 2 < 1 if s.p(0.5) else s.Z / 2.6 % 2 < 1
    s.ground_blend(st.astype("f4"), mix(g, "#0a4a20", 0.35), 0.6)
    zz = s.u(10.5, 13)
    s.stripe_z(zz, 0.3, "#f8fff4")
    s.stripe_z(s.u(3.2, 5.0), 0.12, "#f8fff4", 0.95)
    s.stripe_x(s.u(-3, 3), 0.12, "#f8fff4", 0.9)
    if s.p(0.65):
        yg = s.row(zz)
        P.goal(s, 128 + s.u(-110, 110), yg, s.ppm(yg) * s.u(1.1, 1.5))
        s.say("a goal", "goal posts")
    if s.p(0.75):
        x, yy = (s.one(s.u(20, 80), s.u(176, 236)), s.u(222, 246))
        r = s.u(5, 8)
        s.ground_shadow(x, yy, r, 0.4)
        s.dot(x, yy - r, r, "#f6f6f4")
        for a in np.arange(0, 6.2, 1.256):
            s.dot(x + r * 0.55 * math.cos(a), yy - r + r * 0.55 * math.sin(a), r * 0.2, "#1c1c22")
        s.dot(x, yy - r, r * 0.24, "#1c1c22")
        s.say("a soccer ball", "a football")
    s.say("a cheering crowd", "full stands", "floodlights")
    return dict(front=None)


@place(
    "court",
    "on a basketball court",
    "in a sports hall",
    "under the basketball hoop",
    acts=(
        ("playing basketball", ("stand", "run", "jump", "walk")),
        ("playing basketball", ("stand", "run", "jump", "walk")),
        ("shooting hoops", ("jump", "stand")),
    ),
    bases=("stand", "run", "jump", "walk"),
)
def court(s):
    inside = s.p(0.6)
    if inside:
        room(s, s.j(s.one("#e8dcc0", "#c8d4e0", "#d8d8d4")), s.j("#d89a55", 6))
        yb = s.yb
        st = s.one("#2a5fb0", "#b0342c", "#2f8a5a")
        s.rect(0, yb - 46, S, yb - 2, st)
        for k in range(4):
            s.rect(0, yb - 46 + 11 * k, S, yb - 44 + 11 * k, mix(st, "#ffffff", 0.4))
            for x in s.rng.uniform(0, S, 14):
                s.dot(x, yb - 38 + 11 * k, 3, s.j(s.one("#e8c8a8", "#d84a3c", "#f4f0e8", "#f0c040", "#22242c")))
        for x in (40, 128, 216):
            s.rect(x - 26, 8, x + 26, 40, "#cfe4f2")
            s.line([(x, 8), (x, 40)], "#ffffff", 2)
    else:
        open_air(s)
        y = s.y0
        P.skyline(s, y + 5, 26, 66, ("#8fa0b4", "#a8907a", "#7a8aa0"), 0.35)
        c = s.j(s.one("#b0583c", "#3a78a8", "#4a8a5a"))
        s.plane(y + 3, c, c, 0.05, 50)
        yb = y + 6
        for x in np.arange(0, S, 32):
            s.line([(x, yb + 8), (x, yb - 30)], "#8a9098", 1.5)
        for x in np.arange(-40, S, 9):
            s.line([(x, yb + 6), (x + 38, yb - 30)], "#a0a8b0", 1, haze=0.3)
        s.say("a fence and the city behind")
    s.blur(s.u(0, 0.6))
    c = s.u(-0.4, 0.4)
    w = "#f8f6f0"
    zb = s.u(4.9, 5.6) if inside else s.u(7, 9)
    s.ground_blend(
        ((np.abs(s.X - c) < 1.4) * (zb - 1.9 < s.Z) * (zb + 0.1 > s.Z)).astype("f4"),
        s.one("#2a5fb0", "#b0342c", "#2f8a5a"),
        0.8,
    )
    s.stripe_z(zb - 1.9, 0.09, w, 1, c - 1.4, c + 1.4)
    for k in (-1, 1):
        s.stripe_x(c + k * 1.4, 0.08, w, 1, zb - 1.9, zb)
    s.stripe_z(zb, 0.1, w)
    r = np.hypot(s.X - c, s.Z - zb)
    s.ground_blend(np.clip((0.06 - np.abs(r - 2.6)) * s.f / s.Z * 0.6 + 0.5, 0, 1), w)
    yy = s.row(zb)
    p = s.ppm(yy)
    x = S / 2 + c * s.f / zb + s.u(-60, 60)
    h = 3.05 * p * s.u(0.8, 0.95)
    s.line([(x, yy), (x, yy - h)], "#4a5058", max(3, 0.14 * p))
    s.rect(x - 0.95 * p, yy - h - 0.85 * p, x + 0.95 * p, yy - h + 0.25 * p, "#f8f8f4")
    s.line(
        [
            (x - 0.95 * p, yy - h - 0.85 * p),
            (x + 0.95 * p, yy - h - 0.85 * p),
            (x + 0.95 * p, yy - h + 0.25 * p),
            (x - 0.95 * p, yy - h + 0.25 * p),
            (x - 0.95 * p, yy - h - 0.85 * p),
        ],
        "#d03a34",
        2,
    )
    s.line(
        [
            (x - 0.3 * p, yy - h),
            (x - 0.3 * p, yy - h - 0.45 * p),
            (x + 0.3 * p, yy - h - 0.45 * p),
            (x + 0.3 * p, yy - h),
        ],
        "#d03a34",
        1.5,
    )
    for k in range(6):
        s.line(
            [(x - 0.3 * p + 0.12 * p * k, yy - h + 0.1 * p), (x - 0.18 * p + 0.072 * p * k, yy - h + 0.6 * p)],
            "#ffffff",
            1,
        )
    s.ell(x, yy - h + 0.1 * p, 0.33 * p, 0.09 * p, "#e0602c")
    s.ell(x, yy - h + 0.1 * p, 0.25 * p, 0.05 * p, "#d8d4cc")
    s.say("a basketball hoop", "a hoop")
    return dict(
        front=None,
        phrases=("in a sports hall", "on a basketball court", "in a gymnasium with a hoop")
        if inside
        else ("on a basketball court", "on an outdoor basketball court", "under the basketball hoop"),
    )


@place(
    "gym",
    "in a gym",
    "at the gym",
    "in the fitness center",
    "in the weight room",
    acts=(
        ("lifting weights", ("stand",)),
        ("working out", ("stand", "jump", "floor")),
        ("exercising", ("stand", "jump", "floor")),
        ("training", ("stand", "run")),
    ),
    bases=("stand", "jump", "run", "floor", "sit", "lie"),
    seat="dark",
)
def gym(s):
    w = s.j(s.one("#d8dade", "#3f454f", "#c8ccd0", "#e0a03c"))
    room(s, w, s.j(s.one("#3c4046", "#4a5058", "#5f6a74")), floor_kind="tiles", light="#f4f8ff")
    yb = s.yb
    a = s.one("#f0b020", "#e04a34", "#30a0e0", "#5ac04a")
    s.rect(0, 22, S, 29, a)
    if s.p(0.4):
        s.poly([(s.u(-20, 40), 22), (S * 0.7, 22), (S * 0.55, yb - 4), (-40, yb - 4)], mix(w, "#ffffff", 0.06))
    for x in (24, 104, 184):
        s.poly([(x, 2), (x + 46, 2), (x + 49, 7), (x - 3, 7)], "#ffffff", raw=True)
        s.glow(x + 23, 8, 34, "#ffffff", 0.35)
    if s.p(0.65):
        x0, x1 = (s.u(10, 40), s.u(200, 246))
        s.rect(x0, 38, x1, yb - 14, "#7a8088")
        s.vgrad(40, yb - 16, ["#c8d8e2", "#9ab0bc"], x0 + 2, x1 - 2)
        for q in (x0 + 70, x0 + 110):
            s.soft([(q, 40), (q + 14, 40), (q - 30, yb - 16), (q - 44, yb - 16)], "#ffffff", 0.3, 1)
        s.line([((x0 + x1) / 2, 40), ((x0 + x1) / 2, yb - 16)], "#7a8088", 1.5)
        s.say("a wall of mirrors", "big mirrors")
    s.blur(s.u(0, 0.5))
    sd = s.one(-1, 1)
    P.dumbbells(s, 128 - sd * s.u(54, 84), yb + 12, s.ppm(yb + 12) * 0.95)
    s.say("a rack of dumbbells", "dumbbells")
    if s.p(0.75):
        yy = yb + s.u(14, 26)
        P.barbell_rack(s, 128 + sd * s.u(52, 84), yy, s.ppm(yy) * 0.85)
        s.say("a barbell", "a squat rack with a barbell")
    else:
        yy = yb + 16
        P.treadmill(s, 128 + sd * s.u(52, 86), yy, s.ppm(yy))
        s.say("a treadmill")
    if s.p(0.45):
        yy = s.u(205, 228)
        P.treadmill(s, s.one(26, 230), yy, s.ppm(yy) * 0.8)
    if s.p(0.6):
        x, c = (128 + s.u(-30, 30), s.j(s.one("#3a7ac8", "#c84a8a", "#3aa06a")))
        s.poly([(x - 50, 216), (x + 50, 216), (x + 68, 250), (x - 68, 250)], c)
        s.say("an exercise mat")
    if s.p(0.5):
        x, yy = (side(s, 20), s.u(222, 242))
        for q in (-10, 10):
            s.dot(x + q, yy - 5, 6.5, "#1e2126")
        s.line([(x - 10, yy - 5), (x + 10, yy - 5)], "#8a9098", 3)
    if s.p(0.35):
        x, yy, r = (side(s, 20), s.u(205, 230), s.u(15, 21))
        s.ground_shadow(x, yy, r, 0.4)
        s.round_shade(x, yy - r, r, s.j(s.one("#e0503c", "#4a90d0", "#8a5ac0", "#60b060")))
        s.say("an exercise ball")

    def front():
        [
            s.line([(-4, 246), (S * 0.5, 246)], "#b0b6be", 4),
            [
                s.rect(q - 5, 246 - h, q + 5, 246 + h, c)
                for q, h, c in ((28, 32, "#22252a"), (40, 26, "#c83430"), (50, 18, "#2a5fb0"))
            ],
        ]

    return dict(front=front)
