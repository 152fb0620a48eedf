"""Places to work in: office, art studio."""

from __future__ import annotations

import numpy as np

from .. import props as P
from ..canvas import S, mix
from .registry import place
from .setting import at, block, ceiling_lamps, depth, face, flank, frame, room, window

PAINT = ("#e0483c", "#2f6fc0", "#f0b02c", "#3a9a6a", "#f4f4f0", "#8a5ab0")
INK = ("#3a7ac8", "#e0583c", "#3aa06a", "#f0a830")


def _chart(s, x0, y0, x1, y1) -> None:
    """Bars and a red line."""
    w, h = x1 - x0, y1 - y0
    for k in range(5):
        left = x0 + w * (0.1 + 0.14 * k)
        s.rect(left, y1 - h * s.u(0.15, 0.65), left + w * 0.09, y1 - h * 0.1, s.one(*INK), raw=True)
    line = [(0.1, 0.35), (0.4, 0.2), (0.6, 0.42), (0.9, 0.14)]
    s.line([(x0 + w * a, y0 + h * b) for a, b in line], "#d03a3a", 1.6, raw=True)


def _whiteboard(s, x, foot) -> None:
    s.rect(x, 42, x + 74, foot, "#8a929a")
    s.rect(x + 2, 44, x + 72, foot - 2, "#fbfbf8")
    _chart(s, x + 4, 46, x + 70, foot - 4)
    s.say("a whiteboard with charts")


def _filing_cabinet(s, x, foot) -> None:
    s.rect(x, 50, x + 62, foot, "#a8aeb4")
    for y in np.arange(54, foot - 20, 26):
        s.rect(x + 3, y, x + 59, y + 22, "#c0c6cc")
        s.rect(x + 26, y + 5, x + 36, y + 8, "#6a7078")
    s.say("a filing cabinet")


def _office_clock(s, x, y) -> None:
    s.dot(x, y, 8, "#30343a")
    s.dot(x, y, 6.8, "#fbfbf8")
    s.line([(x, y - 4), (x, y), (x + 3, y + 2)], "#22242a", 1)


def _desk_office(s) -> None:
    """A window over the city beside a board, a cabinet or shelves; desks with screens on both sides."""
    yb = s.yb
    ceiling_lamps(s)
    wx, w = s.one(s.u(16, 40), s.u(130, 150)), s.u(76, 96)
    if s.p(0.85):
        window(s, wx, 30, wx + w, yb - 48, "city", False)
        for q in (0.33, 0.66):
            s.rect(wx + w * q - 1, 30, wx + w * q + 1, yb - 48, "#8a929a")
        s.say("a window over the city", "large windows")
        if s.p(0.6):  # blinds
            for y in np.arange(31, 31 + s.u(15, 60), 3):
                s.line([(wx, y), (wx + w, y)], "#f8f8f4", 1)
    other = wx + w + 14 if wx < 100 else 20
    kind = s.i(0, 2)
    if kind == 0:
        _whiteboard(s, other, 98)
    elif kind == 1:
        _filing_cabinet(s, other, yb)
    else:
        P.bookcase(s, other, 46, other + 60, yb, 4, "#c8b49a")
    _office_clock(s, s.u(90, 170), 24)
    s.blur(s.u(0, 0.6))
    spots = [(s.u(30, 66), s.u(yb + 8, 208)), (s.u(190, 228), s.u(yb + 8, 208))]
    for x, y in sorted(spots[: 1 if s.p(0.15) else 2], key=lambda spot: spot[1]):
        p = s.ppm(y) * 0.8
        P.desk(s, x, y, p, s.i(1, 2))
        P.office_chair(s, x + s.u(-8, 8), y + 6, p * 0.85)
    if s.p(0.7):
        P.plant(s, s.one(12, 244), yb + 14, s.u(36, 50), 1.6)
        s.say("a potted plant")
    s.say("computers on the desks", "a desk with a monitor", "office desks")


def _meeting_room(s) -> None:
    """Floor-to-ceiling glass over the city along one side, a screen with charts, a long table with chairs."""
    yb, hand = s.yb, s.one(-1, 1)
    ceiling_lamps(s, n=2)
    far = depth(s, yb)
    aside = hand * 0.24 * far
    corner = at(s, aside, far)[0]
    edge = 128 + hand * 128
    sky = s.one("#a8d4f0", "#f4c890", "#c0ccd8")
    s.poly([(corner, -5), (edge, -60), (edge, S + 40), (corner, yb)], mix("#cfd8e0", sky, 0.2))
    flank(s, aside, (2.1, far), (0.25, 3.1), sky)
    for k in range(14):  # the towers outside
        z = 2.2 + (far - 2.4) * k / 14
        flank(s, aside, (z, z + (far - 2.4) / 15), (0.25, s.u(0.9, 2.3)), s.j("#8a9ab0", 8), haze=0.25)
    for k in range(6):
        z = 2.4 + (far - 2.4) * k / 5
        flank(s, aside, (z, z + 0.08), (0, 3.2), "#6a747c")
    s.say("glass walls over the city", "a view of the skyline")
    away = 128 - hand * s.u(52, 64)
    s.rect(away - 48, 38, away + 48, 98, "#22262c")
    s.rect(away - 45, 41, away + 45, 95, "#f4f8fa", raw=True)
    _chart(s, away - 42, 44, away + 42, 92)
    s.say("a screen with charts", "a presentation on the screen")
    s.blur(s.u(0, 0.5))
    table, wood = -hand * s.u(0.95, 1.25), s.j(s.one("#8a5f3c", "#5a4030", "#a8703c"))
    for z in (far - 1.0, far - 2.0):
        x, y = at(s, table + 0.95 * hand, z)
        P.office_chair(s, x, y, s.ppm(y) * 0.9)
    block(s, (table - 0.6, table + 0.6), (far - 2.7, far - 0.5), (0.66, 0.74), wood)
    for z in (far - 2.6, far - 0.7):
        face(s, (table - 0.08, table + 0.08), z, (0, 0.66), "#4a4e55")
    for z in (far - 2.3, far - 1.5):
        x, y = at(s, table, z, 0.74)
        s.poly([(x - 9, y), (x + 9, y), (x + 8, y - 11), (x - 8, y - 11)], "#2a2e36")
        s.poly([(x - 8, y - 1), (x + 8, y - 1), (x + 7, y - 10), (x - 7, y - 10)], "#8fd0e8", raw=True)
    s.say("a meeting table", "a conference table with laptops")
    if s.p(0.6):
        P.plant(s, 128 + hand * s.u(44, 60), yb + 8, 44, 1.6)
        s.say("a potted plant")


@place(
    "office",
    "in an office",
    "at the office",
    "at work in an office",
    "in a modern office",
    "next to a desk with a computer",
    "in a meeting room",
    acts=(
        ("working at a computer", ("sit", "stand")),
        ("giving a presentation", ("stand",)),
        ("talking on the phone", ("stand", "walk")),
        ("typing on a keyboard", ("sit",)),
        ("celebrating a promotion", ("jump", "stand")),
    ),
    bases=("stand", "walk", "sit", "jump"),
    seat="stool",
)
def office(s):
    """Desks with glowing screens, or a meeting room of glass above the city."""
    meeting = s.p(0.45)
    wall = s.j(s.one("#dfe4e8", "#e8e6e0", "#cfd8e0", "#b8ccd0", "#e0d0b8"), 4)
    floor = s.j(s.one("#8a929c", "#7a8794", "#a8a096", "#5a7088", "#b89468"))
    room(s, wall, floor, floor_kind="tiles" if s.p(0.4) else "plain", light="#f4f8ff")
    if meeting:
        _meeting_room(s)
    else:
        _desk_office(s)

    def front():
        P.desk(s, s.one(30, 226), 268, 82, 1)

    if not meeting:
        return dict(front=front)
    phrases = (
        "in an office",
        "in a meeting room",
        "in a modern office",
        "in a conference room",
        "at a business meeting",
    )
    return dict(front=front, phrases=phrases)


def _tall_window(s) -> None:
    """A studio window with many panes."""
    x, foot = s.one(s.u(20, 60), s.u(120, 150)), s.yb - 46
    window(s, x, 16, x + 80, foot, s.one("city", "garden"), False)
    for q in (20, 40, 60):
        s.rect(x + q, 16, x + q + 1.6, foot, "#f4f0e8")
    for y in (40, 66):
        s.rect(x, y, x + 80, y + 1.6, "#f4f0e8")
    s.say("a tall studio window")


def _brush_table(s, x, y) -> None:
    """Jars of brushes on a table."""
    for k in (-24, 24):
        s.rect(x + k - 2, y - 36, x + k + 2, y, "#6a4a30")
    s.rect(x - 30, y - 40, x + 30, y - 35, "#a87a4a")
    for k in (-18, -4, 12):
        s.rect(x + k - 5, y - 52, x + k + 5, y - 40, s.j(s.one("#d8d4cc", "#4a7aa8", "#c85a3c")))
        for q in (-5, 0, 4):
            s.line([(x + k + q * 0.4, y - 52), (x + k + q, y - 66)], "#8a5a34", 1.4)
            s.dot(x + k + q, y - 67, 1.7, s.one(*PAINT[:3]))
    s.say("brushes in jars", "paint brushes")


@place(
    "studio",
    "in an art studio",
    "in a painting studio",
    "in a painter's atelier",
    "in front of an easel",
    "in an artist's workshop",
    "among easels and paintings",
    acts=(
        ("painting a picture", ("stand", "sit")),
        ("drawing", ("sit", "stand", "floor")),
        ("posing for a painting", ("stand", "sit")),
        ("mixing colors", ("stand",)),
    ),
    bases=("stand", "walk", "sit", "floor"),
    seat="stool",
)
def studio(s):
    """Easels with pictures, more pictures on and against the wall, splashes of paint on the floor."""
    room(s, s.j(s.one("#efeae0", "#e0dcd4", "#d8c8b8")), s.j(s.one("#b8926a", "#a88460", "#8a8078")))
    yb = s.yb
    if s.p(0.6):
        _tall_window(s)
    for _ in range(s.i(3, 6)):
        x, y, w = s.u(18, 238), s.u(26, yb - 70), s.u(11, 20)
        frame(s, x - w, y - w * 0.8, x + w, y + w * 0.8, s.one("#f4f0e8", "#8a5a34", "#22242a", "#d8b060"))
    for _ in range(s.i(2, 4)):  # canvases that lean on the wall
        x, w, h = s.u(0, S), s.u(14, 24), s.u(30, 48)
        s.poly([(x - w - 2, yb + 7), (x - w, yb - h), (x + w, yb - h - 2), (x + w + 2, yb + 5)], "#c8b898")
        P.picture(s, x - w + 1.5, yb - h + 1.5, x + w - 1.5, yb + 3)
    s.blur(s.u(0, 0.5))
    for _ in range(s.i(12, 28)):
        s.ell(s.u(0, S), s.u(yb + 10, 252), s.u(2, 7), s.u(1, 2.4), s.j(s.one(*PAINT)))
    hand, y = s.one(-1, 1), s.u(200, 222)
    P.easel(s, 128 + hand * s.u(62, 90), y, s.ppm(y) * 0.95)
    s.say("an easel", "a canvas on an easel")
    if s.p(0.5):
        y = s.u(184, 200)
        P.easel(s, 128 - hand * s.u(64, 100), y, s.ppm(y) * 0.9)
    else:
        _brush_table(s, 128 - hand * s.u(70, 96), s.u(196, 222))
    s.say("paintings on the wall", "colorful paintings", "splashes of paint on the floor")

    def front():
        P.easel(s, s.one(16, 240), 282, 84)

    return dict(front=front)
