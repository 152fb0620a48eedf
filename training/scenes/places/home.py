"""Places at home: kitchen, living room."""

import numpy as np

from .. import props as P
from ..canvas import S, mix
from .registry import place
from .setting import frame, room, window


@place(
    "kitchen",
    "in a kitchen",
    "in the kitchen",
    "in a modern kitchen",
    "in front of the oven",
    "next to the stove",
    acts=(
        ("cooking", ("stand",)),
        ("baking a cake", ("stand",)),
        ("washing the dishes", ("stand",)),
        ("making dinner", ("stand", "walk")),
    ),
    bases=("stand", "walk", "jump", "sit"),
)
def kitchen(s):
    room(
        s,
        s.j(s.one("#f0e6cc", "#dfeae6", "#f4e0c8", "#d8e4ee")),
        s.j(s.one("#c8a078", "#d8d4cc", "#b88a5a")),
        floor_kind=s.one("tiles", "checker", "planks"),
    )
    yb = s.yb
    cab = s.j(s.one("#f6f2ea", "#5f8f8a", "#3f5f86", "#c88a52", "#a8c0a0"))
    top = s.j(s.one("#4a4640", "#b08050", "#e8e6e0"))
    p = s.ppm(yb + 6)
    h = 0.92 * p
    yc = yb + 6 - h
    t0 = s.one("#ffffff", "#e8f0f0", "#f4e6d8", "#bcdcd8")
    s.rect(0, yc - 44, S, yc, t0)
    for k, yy in enumerate(np.arange(yc - 44, yc, 7)):
        s.line([(0, yy), (S, yy)], mix(t0, "#607080", 0.35), 1)
        for x in np.arange(0, S, 12):
            s.line([(x + k % 2 * 6, yy), (x + k % 2 * 6, yy + 7)], mix(t0, "#607080", 0.35), 1)
    ov = s.one(s.u(26, 50), s.u(170, 205))
    fr = S - 50 if ov < 128 else 2
    yu = yc - 46
    for x in np.arange(-6, S, 33):
        if abs(x + 16 - ov) > 26:
            s.rect(x, -2, x + 32, yu, mix(cab, "#000010", 0.08))
            s.rect(x + 3, 2, x + 29, yu - 3, cab)
            s.rect(x + 25, yu - 14, x + 27, yu - 6, "#8a8680")
    s.rect(0, yu, S, yu + 2, mix(cab, "#000010", 0.35))
    if s.p(0.7):
        wx = 128 + s.u(-20, 20)
        window(s, wx - 24, 14, wx + 24, yc - 10, "garden")
        s.say("a window over the sink", "a sunny window")
    s.poly(
        [(ov - 14, -2), (ov + 14, -2), (ov + 14, yu - 14), (ov + 24, yu + 3), (ov - 24, yu + 3), (ov - 14, yu - 14)],
        "#b8bec4",
    )
    s.rect(ov - 24, yu + 1, ov + 24, yu + 5, "#8a9098")
    s.glow(ov, yu + 14, 26, "#fff0c0", 0.5)
    for x in np.arange(-6, S, 33):
        s.rect(x, yc, x + 33, yb + 6, mix(cab, "#000010", 0.12))
        s.rect(x + 2, yc + 12, x + 31, yb + 2, cab)
        s.rect(x + 2, yc + 4, x + 31, yc + 10, cab)
        s.rect(x + 12, yc + 6, x + 21, yc + 8, "#7a7670")
    s.rect(0, yb + 3, S, yb + 8, "#3a3632")
    s.rect(-2, yc - 2, S, yc + 4, top)
    s.line([(0, yc - 2), (S, yc - 2)], mix(top, "#ffffff", 0.35), 1)
    s.rect(ov - 22, yc - 2, ov + 22, yb + 5, "#d4d8dc")
    s.rect(ov - 22, yc - 2, ov + 22, yc + 3, "#24262a")
    s.rect(ov - 18, yc + 14, ov + 18, yb - 2, "#22242a")
    s.rect(ov - 15, yc + 17, ov + 15, yb - 6, "#e88a34" if s.p(0.5) else "#4a4038", raw=True)
    s.rect(ov - 16, yc + 11, ov + 16, yc + 13, "#8a9098")
    for q in (-14, -7, 7, 14):
        s.dot(ov + q, yc + 7, 2, "#3a3c42")
    for q in s.one((-10,), (-10, 9), (9,)):
        c = s.j(s.one("#d8422c", "#3a3e46", "#a8b0b8", "#2f6fae"))
        s.rect(ov + q - 8, yc - 12, ov + q + 8, yc - 2, c)
        s.rect(ov + q - 10, yc - 10, ov + q + 10, yc - 8, mix(c, "#000000", 0.3))
        for k in range(3):
            s.glow(ov + q + s.u(-3, 3), yc - 18 - 7 * k, 9 + 3 * k, "#ffffff", 0.3)
    if s.p(0.8):
        s.box(fr, 42, fr + 46, yb + 12, s.one("#e4e8ea", "#c8ced2", "#d84a3c", "#8ac0c0"), 4, 2)
        s.line([(fr, 88), (fr + 46, 88)], "#5a6068", 1.5)
        s.rect(fr + 4, 66, fr + 6, 84, "#6a7078")
        s.rect(fr + 4, 93, fr + 6, 116, "#6a7078")
        s.say("a fridge", "a refrigerator")
    for _ in range(s.i(3, 6)):
        x = s.u(60, 200)
        k = s.i(0, 3)
        if abs(x - ov) < 30:
            continue
        if k == 0:
            s.rect(x - 3, yc - 14, x + 3, yc - 2, s.j("#8a5a34"))
            for a in (-2, 0, 2):
                s.line([(x + a, yc - 13), (x + a * 1.8, yc - 23)], s.one("#d8b070", "#9aa0a8"), 1.5)
        elif k == 1:
            s.ell(x, yc - 5, 9, 5, "#e8e4d8", a0=0, a1=180)
            for a in (-5, 0, 5):
                s.dot(x + a, yc - 7, 3.4, s.one("#e03a2c", "#f0b02c", "#7ab03a"))
        elif k == 2:
            s.rect(x - 4, yc - 13, x + 4, yc - 2, s.j("#4a8a5a"))
            s.rect(x - 1.5, yc - 19, x + 1.5, yc - 13, s.j("#4a8a5a"))
        else:
            s.rect(x - 7, yc - 11, x + 7, yc - 2, "#c8ced4")
            s.line([(x + 7, yc - 9), (x + 11, yc - 6)], "#8a9098", 2)
    s.say("an oven", "a stove with pots", "a pot on the stove")

    def front():
        y = 226
        c = s.j("#a87448")
        x0 = s.one(-20, 150)
        s.rect(x0, y, x0 + 126, y + 6, mix(c, "#ffffff", 0.15))
        s.rect(x0, y + 6, x0 + 126, S, c)
        s.ell(x0 + 63, y - 3, 18, 8, "#e8e0d0", a0=0, a1=180)
        for a in (-9, 0, 9):
            s.dot(x0 + 63 + a, y - 7, 6, s.one("#e03a2c", "#f0b02c", "#7ab03a"))

    return dict(front=front)


@place(
    "living",
    "in a living room",
    "at home",
    "in the living room",
    "in a cozy room with a sofa",
    "in an apartment",
    acts=(
        ("watching tv", ("sit", "floor")),
        ("relaxing at home", ("sit", "floor", "lie")),
        ("cleaning the house", ("stand", "walk")),
        ("playing video games", ("floor", "sit")),
    ),
    bases=("stand", "walk", "sit", "floor", "jump", "lie"),
    seat="stool",
)
def living(s):
    room(
        s,
        s.j(s.one("#e8d8c0", "#c8d4c8", "#d8c0b0", "#b8c8d4", "#e8c890")),
        s.j(s.one("#b88650", "#9a6a40", "#c8a070")),
    )
    yb = s.yb
    k = s.p(0.6)
    so = s.one(s.u(60, 84), s.u(172, 196))
    ot = S - so
    if k:
        window(s, ot - 28, 30, ot + 28, yb - 52, s.one("city", "garden"))
        c = s.j(s.one("#c85a4a", "#4a7a8a", "#e8d8b0", "#6a8a5a"))
        for d in (-1, 1):
            s.poly([(ot + d * 30, 24), (ot + d * 46, 24), (ot + d * 44, yb - 36), (ot + d * 32, yb - 36)], c)
        s.line([(ot - 50, 24), (ot + 50, 24)], "#5a4030", 2.5)
        s.say("a window with curtains")
    else:
        s.box(ot - 40, yb - 28, ot + 40, yb + 8, s.j("#8a5f3a"), 4, 3)
        s.rect(ot - 34, yb - 80, ot + 34, yb - 36, "#16181c")
        s.rect(ot - 31, yb - 77, ot + 31, yb - 39, "#3a6a9a", raw=True)
        P.picture(s, ot - 31, yb - 77, ot + 31, yb - 39)
        s.rect(ot - 6, yb - 36, ot + 6, yb - 30, "#16181c")
        s.say("a tv", "a television")
    for q in (-26, 26) if s.p(0.5) else (0,):
        w = s.u(13, 20)
        frame(s, so + q - w, 46 - s.u(0, 10), so + q + w, 46 + w * 1.3, s.one("#5a3c26", "#22242a", "#d8c080"))
    s.blur(s.u(0, 0.5))
    rc = s.j(s.one("#c85a4a", "#4a6a9a", "#e0d4c0", "#6a8a6a"))
    s.ell(128, 216, s.u(80, 110), 30, rc)
    s.ell(128, 216, 72, 22, mix(rc, "#ffffff", 0.2))
    P.sofa(s, so, yb + 20, s.ppm(yb + 20) * 0.95)
    s.say("a sofa", "a comfortable couch")
    x = so + s.one(-1, 1) * 62
    h = yb - 70
    s.line([(x, yb + 12), (x, h)], "#4a4038", 2)
    s.ell(x, yb + 12, 9, 2.5, "#4a4038")
    s.poly([(x - 9, h - 14), (x + 9, h - 14), (x + 15, h + 6), (x - 15, h + 6)], "#ffe8b0", raw=True)
    s.glow(x, h, 46, "#fff0b8", 0.5)
    s.say("a floor lamp")
    if s.p(0.7):
        P.plant(s, s.one(14, 242), yb + 20, s.u(38, 52), 1.6)
    if s.p(0.4):
        x = s.one(34, 222)
        s.soft_ell(x, 232, 34, 5, 0.4)
        for a in (-24, 24):
            s.line([(x + a, 212), (x + a, 232)], "#5a3a22", 3)
        s.ell(x, 211, 34, 6, "#a8743f")
        s.rect(x - 5, 202, x + 3, 210, "#f4f0e8")
        s.say("a coffee table")

    def front():
        P.plant(s, s.one(14, 242), 262, 90, 1.2)

    return dict(front=front)
