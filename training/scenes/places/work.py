"""Places to work in: office, art studio."""

import numpy as np

from .. import props as P
from ..canvas import S
from .registry import place
from .setting import frame, room, window


@place(
    "office",
    "in an office",
    "at the office",
    "at work in an office",
    "in a modern office",
    "next to a desk with a computer",
    acts=(
        ("working at a computer", ("sit", "stand")),
        ("giving a presentation", ("stand",)),
        ("talking on the phone", ("stand", "walk")),
        ("typing on a keyboard", ("sit",)),
    ),
    bases=("stand", "walk", "sit", "jump"),
    seat="stool",
)
def office(s):
    room(
        s,
        s.j(s.one("#dfe4e8", "#e8e6e0", "#cfd8e0"), 4),
        s.j(s.one("#8a929c", "#7a8794", "#a8a096")),
        floor_kind="tiles" if s.p(0.4) else "plain",
        light="#f4f8ff",
    )
    yb = s.yb
    for x in (30, 110, 190):
        s.poly([(x, 4), (x + 40, 4), (x + 44, 12), (x - 4, 12)], "#ffffff", raw=True)
        s.glow(x + 20, 10, 34, "#ffffff", 0.4)
    wx = s.one(s.u(16, 40), s.u(130, 150))
    w = s.u(76, 96)
    if s.p(0.85):
        window(s, wx, 30, wx + w, yb - 48, "city", False)
        for q in (0.33, 0.66):
            s.rect(wx + w * q - 1, 30, wx + w * q + 1, yb - 48, "#8a929a")
        s.say("a window over the city", "large windows")
        if s.p(0.6):
            for k in np.arange(31, 31 + s.u(15, 60), 3):
                s.line([(wx, k), (wx + w, k)], "#f8f8f4", 1)
    ox = wx + w + 14 if wx < 100 else 20
    k = s.i(0, 2)
    if k == 0:
        s.rect(ox, 42, ox + 74, 98, "#8a929a")
        s.rect(ox + 2, 44, ox + 72, 96, "#fbfbf8")
        h = s.rng.uniform(8, 34, 5)
        for q in range(5):
            s.rect(ox + 8 + 9 * q, 90 - h[q], ox + 14 + 9 * q, 90, s.one("#3a7ac8", "#e0583c", "#3aa06a"))
        s.line([(ox + 8, 60), (ox + 30, 52), (ox + 44, 64), (ox + 66, 50)], "#d03a3a", 1.5)
        s.say("a whiteboard with charts")
    elif k == 1:
        s.rect(ox, 50, ox + 62, yb, "#a8aeb4")
        for yy in np.arange(54, yb - 20, 26):
            s.rect(ox + 3, yy, ox + 59, yy + 22, "#c0c6cc")
            s.rect(ox + 26, yy + 5, ox + 36, yy + 8, "#6a7078")
        s.say("a filing cabinet")
    else:
        P.bookcase(s, ox, 46, ox + 60, yb, 4, "#c8b49a")
        if ox < 100:
            s.dot(ox + 74, 60, 9, "#f8f8f4")
    cx = s.u(90, 170)
    s.dot(cx, 24, 8, "#30343a")
    s.dot(cx, 24, 6.8, "#fbfbf8")
    s.line([(cx, 20), (cx, 24), (cx + 3, 26)], "#22242a", 1)
    s.blur(s.u(0, 0.6))
    for x, yy in sorted(
        [(s.u(30, 66), s.u(yb + 8, 208)), (s.u(190, 228), s.u(yb + 8, 208))][: s.i(1, 2) if s.p(0.3) else 2],
        key=lambda q: q[1],
    ):
        p = s.ppm(yy) * 0.8
        P.desk(s, x, yy, p, s.i(1, 2))
        P.office_chair(s, x + s.u(-8, 8), yy + 6, p * 0.85)
    if s.p(0.7):
        x = s.one(12, 244)
        P.plant(s, x, yb + 14, s.u(36, 50), 1.6)
        s.say("a potted plant")
    s.say("computers on the desks", "a desk with a monitor", "office desks")

    def front():
        p = 82
        P.desk(s, s.one(30, 226), 268, p, 1)

    return dict(front=front)


@place(
    "studio",
    "in an art studio",
    "in a painting studio",
    "in a painter's atelier",
    "in front of an easel",
    acts=(
        ("painting a picture", ("stand", "sit")),
        ("drawing", ("sit", "stand", "floor")),
        ("posing for a painting", ("stand", "sit")),
    ),
    bases=("stand", "walk", "sit", "floor"),
    seat="stool",
)
def studio(s):
    room(s, s.j(s.one("#efeae0", "#e0dcd4", "#d8c8b8")), s.j(s.one("#b8926a", "#a88460", "#8a8078")))
    yb = s.yb
    if s.p(0.6):
        wx = s.one(s.u(20, 60), s.u(120, 150))
        window(s, wx, 16, wx + 80, yb - 46, s.one("city", "garden"), False)
        for q in (20, 40, 60):
            s.rect(wx + q, 16, wx + q + 1.6, yb - 46, "#f4f0e8")
        for q in (40, 66):
            s.rect(wx, q, wx + 80, q + 1.6, "#f4f0e8")
    for _ in range(s.i(3, 6)):
        x, yy, w = (s.u(18, 238), s.u(26, yb - 70), s.u(11, 20))
        frame(s, x - w, yy - w * 0.8, x + w, yy + w * 0.8, s.one("#f4f0e8", "#8a5a34", "#22242a", "#d8b060"))
    for _ in range(s.i(2, 4)):
        x, w, h = (s.u(0, S), s.u(14, 24), s.u(30, 48))
        s.poly([(x - w - 2, yb + 7), (x - w, yb - h), (x + w, yb - h - 2), (x + w + 2, yb + 5)], "#c8b898")
        P.picture(s, x - w + 1.5, yb - h + 1.5, x + w - 1.5, yb + 3)
    s.blur(s.u(0, 0.5))
    for _ in range(s.i(12, 28)):
        s.ell(
            s.u(0, S),
            s.u(yb + 10, 252),
            s.u(2, 7),
            s.u(1, 2.4),
            s.j(s.one("#e0483c", "#2f6fc0", "#f0b02c", "#3a9a6a", "#f4f4f0", "#8a5ab0")),
        )
    sd = s.one(-1, 1)
    yy = s.u(200, 222)
    P.easel(s, 128 + sd * s.u(62, 90), yy, s.ppm(yy) * 0.95)
    s.say("an easel", "a canvas on an easel")
    if s.p(0.5):
        yy = s.u(184, 200)
        P.easel(s, 128 - sd * s.u(64, 100), yy, s.ppm(yy) * 0.9)
    else:
        x, yy = (128 - sd * s.u(70, 96), s.u(196, 222))
        for a in (-24, 24):
            s.rect(x + a - 2, yy - 36, x + a + 2, yy, "#6a4a30")
        s.rect(x - 30, yy - 40, x + 30, yy - 35, "#a87a4a")
        for a in (-18, -4, 12):
            c = s.j(s.one("#d8d4cc", "#4a7aa8", "#c85a3c"))
            s.rect(x + a - 5, yy - 52, x + a + 5, yy - 40, c)
            for q in (-5, 0, 4):
                s.line([(x + a + q * 0.4, yy - 52), (x + a + q, yy - 66)], "#8a5a34", 1.4)
            for q in (-5, 0, 4):
                s.dot(x + a + q, yy - 67, 1.7, s.one("#e0483c", "#2f6fc0", "#f0b02c"))
        s.say("brushes in jars", "paint brushes")
    s.say("paintings on the wall", "colorful paintings", "splashes of paint on the floor")

    def front():
        P.easel(s, s.one(16, 240), 282, 84)

    return dict(front=front)
