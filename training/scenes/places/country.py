"""Places in the country: garden, farm, camp site."""

import math

import numpy as np

from .. import props as P
from ..canvas import S, mix
from .registry import place
from .setting import open_air, side


@place(
    "garden",
    "in a garden",
    "in a flower garden",
    "in the backyard",
    "among the flowers",
    "in a park full of flowers",
    bases=("stand", "walk", "run", "jump", "floor", "sit", "lie"),
    acts=(
        ("gardening", ("stand", "floor")),
        ("watering the flowers", ("stand",)),
        ("smelling the roses", ("stand",)),
        ("having a picnic", ("floor", "lie")),
        ("doing yoga", ("stand", "floor")),
    ),
    seat="bench",
)
def garden(s):
    open_air(s, when=s.one("day", "day", "day", "overcast", "sunset"))
    y = s.y0
    for x in np.arange(-10, 270, 24):
        s.blob(x + s.u(-9, 9), y + 2, s.u(16, 26), s.u(14, 34), s.j("#5a9a54"), haze=0.35)
    if s.p(0.5):
        x = side(s, 40)
        c = s.j(s.one("#e8d8c0", "#c87a5a", "#b8d0d8"))
        w, h = (s.u(26, 38), s.u(26, 34))
        s.rect(x - w, y - h, x + w, y + 8, c)
        s.poly(
            [(x - w - 7, y - h), (x - w + 10, y - h - 26), (x + w - 10, y - h - 26), (x + w + 7, y - h)], s.j("#a04a3a")
        )
        for q in (-18, 18):
            s.rect(x + q - 6, y - h + 7, x + q + 6, y - h + 19, "#5a7a94")
            s.rect(x + q - 0.7, y - h + 7, x + q + 0.7, y - h + 19, "#ffffff")
        s.rect(x - 5, y - 16, x + 5, y + 8, "#6a4028")
        s.say("a cottage", "a small house")
    s.blur(s.u(0.2, 0.8))
    yf = y + 9
    g = s.j("#6ab04a")
    s.plane(yf - 2, mix(g, "#c8e080", 0.25), g, 0.08, 40, haze=0.08)
    m = np.clip(1.5 - np.abs(s.X - 0.3 * np.sin(s.Z * 0.6)) * 1.6, 0, 1)
    if s.p(0.6):
        s.ground_blend(m, s.j("#d8c4a0"), 0.95)
        s.say("a garden path")
    c = s.one("#ffffff", "#f4f0e8", "#a8744a")
    if s.p(0.75):
        for x in np.arange(0, S, 8.5):
            s.poly([(x, yf + 4), (x, yf - 15), (x + 3, yf - 19), (x + 6, yf - 15), (x + 6, yf + 4)], c)
        s.rect(0, yf - 11, S, yf - 8, c)
        s.rect(0, yf - 3, S, yf, c)
        s.say("a white fence" if c != "#a8744a" else "a wooden fence")
    if s.p(0.7):
        yy = s.u(yf + 4, yf + 22)
        P.tree(s, side(s, 10), yy, s.ppm(yy), s.u(3.2, 5), s.one("#5a9a44", "#e8a0b8", "#6aa84a"))
        s.say("a tree")
    fc = [
        ("#e8404a", "#f0c02c"),
        ("#f078a8", "#ffffff", "#c050b0"),
        ("#f09030", "#f8d840"),
        ("#8a5ad0", "#e8a0e0"),
        ("#e8404a", "#ffffff", "#f0c02c", "#8a5ad0"),
    ][s.i(0, 4)]
    for yy in np.sort(s.rng.uniform(yf + 6, 225, 5)):
        for sg in (-1, 1):
            P.bush(s, 128 + sg * s.u(66, 135), yy, s.ppm(yy), s.u(0.7, 1.1), "#4a8a3c", fc)
    for yy in np.sort(s.rng.uniform(205, 258, s.i(22, 34))):
        x = s.u(-4, 76) if s.p(0.5) else s.u(180, 260)
        P.flower(s, x, yy, 58, s.j(s.one(*fc)))
    s.say("colorful flowers", "blooming flowers", "flower beds")

    def front():
        for q in s.rng.uniform(20, 236, s.i(4, 10)):
            P.flower(s, q, 262, 74, s.j(s.one(*fc)), s.u(0.35, 0.8))

    return dict(front=front)


@place(
    "farm",
    "on a farm",
    "in a field on a farm",
    "in front of a red barn",
    "in the countryside",
    "in a wheat field",
    acts=(
        ("harvesting", ("stand", "floor")),
        ("feeding the animals", ("stand", "floor")),
        ("working in the field", ("stand", "walk")),
    ),
    seat="log",
)
def farm(s):
    open_air(s, when=s.one("day", "day", "sunset", "overcast"))
    y = s.y0
    P.hills(s, y + 3, s.u(14, 34), "#7aa860", 0.45, 0.7)
    P.hills(s, y + 5, s.u(6, 14), "#8ab050", 0.25, 0.9)
    wheat = s.p(0.5)
    g = s.j("#d8b04a" if wheat else "#7ab04a")
    s.plane(y + 3, mix(g, "#f0e0a0", 0.2), g, 0.1, 50, haze=0.15)
    k = s.u(0.5, 0.8)
    a = s.u(-1, 1)
    r = np.clip(1.4 - np.abs((s.X + a * s.Z * 0.12) / k % 1 - 0.5) * 4, 0, 1)
    s.ground_blend(r * np.clip((s.Y - y - 3) / 30, 0, 1), "#8a6430" if not wheat else mix(g, "#7a4a10", 0.5), 0.65)
    x = side(s, 45)
    yy = y + s.u(12, 20)
    P.barn(s, x, yy, s.u(9, 14))
    s.say("a red barn", "a barn")
    if s.p(0.5):
        q = x + np.sign(128 - x) * s.u(42, 56)
        s.rect(q - 9, y - 44, q + 9, yy, "#c8ccd0")
        s.ell(q, y - 44, 9, 9, "#a8aeb4", a0=180, a1=360)
        s.rect(q - 9, y - 44, q - 4, yy, "#9aa0a8")
        s.say("a silo")
    if s.p(0.6):
        for q in np.arange(0, S, 26):
            s.rect(q - 1.5, yy + 2, q + 1.5, yy + 16, "#8a6440")
        for h in (5, 10):
            s.rect(0, yy + h, S, yy + h + 2, "#9a7450")
        s.say("a wooden fence")
    for _ in range(s.i(0, 3)):
        yy2 = s.u(yy + 22, 200)
        p = s.ppm(yy2)
        x = side(s, 10)
        r = 0.6 * p
        s.ground_shadow(x, yy2, r, 0.4)
        s.round_shade(x, yy2 - r, r, "#e0b850", 0.8)
        for q in (0.3, 0.6, 0.85):
            s.line(
                np.stack([x + r * q * np.cos(t := np.linspace(0, 6.3, 20)), yy2 - r + r * q * np.sin(t)], 1),
                "#a87a28",
                1,
            )
    if s.p(0.6):
        yy2 = s.u(yy + 20, 205)
        P.cow(s, side(s, 20), yy2, s.ppm(yy2))
        s.say("a cow", "a grazing cow")

    def stalks():
        for q in s.rng.uniform(-5, 261, 46):
            h = s.u(26, 48)
            b = s.u(-5, 5)
            c = s.j("#e0b84a")
            s.line([(q, 262), (q + b, 262 - h)], mix(c, "#805010", 0.3), 1.2)
            s.ell(q + b, 262 - h, 1.8, 5.5, c, a=b * 2)

    s.say("golden wheat" if wheat else "rows of crops")

    def undergrowth():
        P.bush(s, s.one(0, 256), 262, 70, 0.8, "#5a8a3a")

    return dict(front=stalks if wheat else undergrowth, front_p=0.5)


@place(
    "camp",
    "at a campsite",
    "camping in the mountains",
    "by a campfire",
    "next to a tent by the lake",
    "in front of a tent",
    acts=(
        ("camping", ("sit", "floor", "stand")),
        ("roasting marshmallows", ("sit", "floor")),
        ("warming up by the fire", ("sit", "floor", "stand")),
    ),
    bases=("stand", "walk", "sit", "floor", "sit"),
    seat="log",
)
def camp(s):
    open_air(s, when=s.one("night", "night", "sunset", "day"))
    y = s.y0
    P.ridge(s, y + 4, s.u(40, 80), "#4f5f7a", 0.5, 0.4, s.one(None, 0.3))
    P.hills(s, y + 5, s.u(12, 24), "#35553f", 0.25, 1.1)
    for x in np.arange(-5, 262, 11):
        P.conifer(s, x + s.u(-4, 4), y + 8, 1, s.u(18, 40), "#2a5540", 0.2)
    yl = y + 8
    if s.p(0.6):
        ye = s.u(y + 24, y + 36)
        s.vgrad(yl, ye, [s.haze_col, s.lit("#4a7fa8", 0.3)])
        for yy in s.rng.uniform(yl + 2, ye, 14):
            s.line([((q := s.u(0, S)), yy), (q + s.u(6, 26), yy)], "#c8dcec", 1, haze=0.2)
        s.say("a lake", "a quiet lake")
        yl = ye
    s.blur(s.u(0, 0.7))
    g = s.j(s.one("#5a7a3a", "#6a6a3f"))
    s.plane(yl, g, mix(g, "#3a2a18", 0.35), 0.12, 30, haze=0.08)
    for sg in (-1, 1):
        if s.p(0.7):
            yy = s.u(yl + 8, 205)
            P.conifer(s, 128 + sg * s.u(95, 130), yy, s.ppm(yy), s.u(3.5, 5.5))
    yy = s.u(182, 204)
    P.tent(s, s.one(s.u(44, 80), s.u(176, 212)), yy, s.ppm(yy) * 0.85)
    s.say("a tent", "an orange tent glowing" if s.dark else "a tent")
    x, yy = (s.one(s.u(34, 74), s.u(182, 222)), s.u(218, 238))
    for a in np.arange(3.2, 6.3, 0.6):
        P.rock(s, x + 25 * math.cos(a), yy + 6 * math.sin(a), 5.5, "#6a6660")
    P.fire(s, x, yy, 52)
    for a in np.arange(0.1, 3.1, 0.6):
        P.rock(s, x + 25 * math.cos(a), yy + 6 * math.sin(a), 6, "#7a766e")
    s.say("a campfire", "a burning fire")
    if s.dark:
        s.glow(x, yy, 130, "#ff9a40", 0.22)
        s.key = dict(
            dir=(0.8 * np.sign(x - 128), 0.15, 0.55),
            col=(1.0, 0.6, 0.28),
            power=0.95,
            amb=(0.2, 0.21, 0.32),
            gnd=(0.16, 0.12, 0.1),
        )
        s.light = float(np.sign(x - 128))
        s.cast = 0.25

    def front():
        P.bush(s, s.one(0, 256), 262, 70, 0.8, "#3f6030")

    return dict(front=front)
