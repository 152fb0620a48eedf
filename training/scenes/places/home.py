"""Places at home: kitchen, living room."""

from __future__ import annotations

import numpy as np

from .. import props as P
from ..canvas import S, mix
from .registry import place
from .setting import frame, room, window

FRUIT = ("#e03a2c", "#f0b02c", "#7ab03a")


def _wall_tiles(s, top, foot) -> None:
    """A brick pattern of tiles behind the worktop."""
    tile = s.one("#ffffff", "#e8f0f0", "#f4e6d8", "#bcdcd8")
    joint = mix(tile, "#607080", 0.35)
    s.rect(0, top, S, foot, tile)
    for k, y in enumerate(np.arange(top, foot, 7)):
        s.line([(0, y), (S, y)], joint, 1)
        for x in np.arange(0, S, 12):
            s.line([(x + (k % 2) * 6, y), (x + (k % 2) * 6, y + 7)], joint, 1)


def _wall_cupboards(s, foot, colour, gap) -> None:
    """A row of cupboards at the top, with a gap for the hood at column `gap`."""
    for x in np.arange(-6, S, 33):
        if abs(x + 16 - gap) > 26:
            s.rect(x, -2, x + 32, foot, mix(colour, "#000010", 0.08))
            s.rect(x + 3, 2, x + 29, foot - 3, colour)
            s.rect(x + 25, foot - 14, x + 27, foot - 6, "#8a8680")
    s.rect(0, foot, S, foot + 2, mix(colour, "#000010", 0.35))


def _hood(s, x, y) -> None:
    """The extractor hood with its light; y its lower edge."""
    s.poly([(x - 14, -2), (x + 14, -2), (x + 14, y - 17), (x + 24, y), (x - 24, y), (x - 14, y - 17)], "#b8bec4")
    s.rect(x - 24, y - 2, x + 24, y + 2, "#8a9098")
    s.glow(x, y + 11, 26, "#fff0c0", 0.5)


def _base_cupboards(s, top, foot, colour, worktop) -> None:
    """Drawers and doors under the worktop."""
    for x in np.arange(-6, S, 33):
        s.rect(x, top, x + 33, foot, mix(colour, "#000010", 0.12))
        s.rect(x + 2, top + 12, x + 31, foot - 4, colour)
        s.rect(x + 2, top + 4, x + 31, top + 10, colour)
        s.rect(x + 12, top + 6, x + 21, top + 8, "#7a7670")
    s.rect(0, foot - 3, S, foot + 2, "#3a3632")
    s.rect(-2, top - 2, S, top + 4, worktop)
    s.line([(0, top - 2), (S, top - 2)], mix(worktop, "#ffffff", 0.35), 1)


def _stove(s, x, top, foot) -> None:
    """An oven, often lit, and steaming pots on it."""
    s.rect(x - 22, top - 2, x + 22, foot - 1, "#d4d8dc")
    s.rect(x - 22, top - 2, x + 22, top + 3, "#24262a")
    s.rect(x - 18, top + 14, x + 18, foot - 8, "#22242a")
    s.rect(x - 15, top + 17, x + 15, foot - 12, "#e88a34" if s.p(0.5) else "#4a4038", raw=True)
    s.rect(x - 16, top + 11, x + 16, top + 13, "#8a9098")
    for k in (-14, -7, 7, 14):
        s.dot(x + k, top + 7, 2, "#3a3c42")
    for k in s.one((-10,), (-10, 9), (9,)):
        pot = s.j(s.one("#d8422c", "#3a3e46", "#a8b0b8", "#2f6fae"))
        s.rect(x + k - 8, top - 12, x + k + 8, top - 2, pot)
        s.rect(x + k - 10, top - 10, x + k + 10, top - 8, mix(pot, "#000000", 0.3))
        for steam in range(3):
            s.glow(x + k + s.u(-3, 3), top - 18 - 7 * steam, 9 + 3 * steam, "#ffffff", 0.3)
    s.say("an oven", "a stove with pots", "a pot on the stove")


def _fridge(s, x, foot) -> None:
    """A tall fridge with two doors."""
    s.box(x, 42, x + 46, foot, s.one("#e4e8ea", "#c8ced2", "#d84a3c", "#8ac0c0"), 4, 2)
    s.line([(x, 88), (x + 46, 88)], "#5a6068", 1.5)
    s.rect(x + 4, 66, x + 6, 84, "#6a7078")
    s.rect(x + 4, 93, x + 6, 116, "#6a7078")
    s.say("a fridge", "a refrigerator")


def _on_the_worktop(s, x, y) -> None:
    """Spoons in a jar, a bowl of fruit, a bottle or a pan."""
    kind = s.i(0, 3)
    if kind == 0:
        s.rect(x - 3, y - 14, x + 3, y - 2, s.j("#8a5a34"))
        for k in (-2, 0, 2):
            s.line([(x + k, y - 13), (x + k * 1.8, y - 23)], s.one("#d8b070", "#9aa0a8"), 1.5)
    elif kind == 1:
        s.ell(x, y - 5, 9, 5, "#e8e4d8", a0=0, a1=180)
        for k in (-5, 0, 5):
            s.dot(x + k, y - 7, 3.4, s.one(*FRUIT))
    elif kind == 2:
        glass = s.j("#4a8a5a")
        s.rect(x - 4, y - 13, x + 4, y - 2, glass)
        s.rect(x - 1.5, y - 19, x + 1.5, y - 13, glass)
    else:
        s.rect(x - 7, y - 11, x + 7, y - 2, "#c8ced4")
        s.line([(x + 7, y - 9), (x + 11, y - 6)], "#8a9098", 2)


@place(
    "kitchen",
    "in a kitchen",
    "in the kitchen",
    "in a modern kitchen",
    "in front of the oven",
    "next to the stove",
    "at the kitchen counter",
    acts=(
        ("cooking", ("stand",)),
        ("baking a cake", ("stand",)),
        ("washing the dishes", ("stand",)),
        ("making dinner", ("stand", "walk")),
        ("chopping vegetables", ("stand",)),
    ),
    bases=("stand", "walk", "jump", "sit"),
)
def kitchen(s):
    """Cupboards above and below a tiled wall, a stove with steaming pots under a hood, a fridge."""
    wall = s.j(s.one("#f0e6cc", "#dfeae6", "#f4e0c8", "#d8e4ee"))
    room(s, wall, s.j(s.one("#c8a078", "#d8d4cc", "#b88a5a")), floor_kind=s.one("tiles", "checker", "planks"))
    cupboards = s.j(s.one("#f6f2ea", "#5f8f8a", "#3f5f86", "#c88a52", "#a8c0a0"))
    worktop = s.j(s.one("#4a4640", "#b08050", "#e8e6e0"))
    foot = s.yb + 6
    top = foot - 0.92 * s.ppm(foot)
    stove = s.one(s.u(26, 50), s.u(170, 205))
    _wall_tiles(s, top - 44, top)
    _wall_cupboards(s, top - 46, cupboards, stove)
    if s.p(0.7):
        x = 128 + s.u(-20, 20)
        window(s, x - 24, 14, x + 24, top - 10, "garden")
        s.say("a window over the sink", "a sunny window")
    _hood(s, stove, top - 43)
    _base_cupboards(s, top, foot, cupboards, worktop)
    _stove(s, stove, top, foot)
    if s.p(0.8):
        _fridge(s, S - 50 if stove < 128 else 2, s.yb + 12)
    for _ in range(s.i(3, 6)):
        x = s.u(60, 200)
        if abs(x - stove) >= 30:
            _on_the_worktop(s, x, top)

    def front():
        table, y, x0 = s.j("#a87448"), 226, s.one(-20, 150)
        s.rect(x0, y, x0 + 126, y + 6, mix(table, "#ffffff", 0.15))
        s.rect(x0, y + 6, x0 + 126, S, table)
        s.ell(x0 + 63, y - 3, 18, 8, "#e8e0d0", a0=0, a1=180)
        for k in (-9, 0, 9):
            s.dot(x0 + 63 + k, y - 7, 6, s.one(*FRUIT))

    return dict(front=front)


def _curtained_window(s, x) -> None:
    """A window between two curtains."""
    yb = s.yb
    window(s, x - 28, 30, x + 28, yb - 52, s.one("city", "garden"))
    cloth = s.j(s.one("#c85a4a", "#4a7a8a", "#e8d8b0", "#6a8a5a"))
    for d in (-1, 1):
        s.poly([(x + d * 30, 24), (x + d * 46, 24), (x + d * 44, yb - 36), (x + d * 32, yb - 36)], cloth)
    s.line([(x - 50, 24), (x + 50, 24)], "#5a4030", 2.5)
    s.say("a window with curtains")


def _television(s, x) -> None:
    """A screen on a low cupboard."""
    yb = s.yb
    s.box(x - 40, yb - 28, x + 40, yb + 8, s.j("#8a5f3a"), 4, 3)
    s.rect(x - 34, yb - 80, x + 34, yb - 36, "#16181c")
    s.rect(x - 31, yb - 77, x + 31, yb - 39, "#3a6a9a", raw=True)
    P.picture(s, x - 31, yb - 77, x + 31, yb - 39)
    s.rect(x - 6, yb - 36, x + 6, yb - 30, "#16181c")
    s.say("a tv", "a television")


def _floor_lamp(s, x) -> None:
    foot, top = s.yb + 12, s.yb - 70
    s.line([(x, foot), (x, top)], "#4a4038", 2)
    s.ell(x, foot, 9, 2.5, "#4a4038")
    s.poly([(x - 9, top - 14), (x + 9, top - 14), (x + 15, top + 6), (x - 15, top + 6)], "#ffe8b0", raw=True)
    s.glow(x, top, 46, "#fff0b8", 0.5)
    s.say("a floor lamp")


def _coffee_table(s, x, y=232) -> None:
    s.soft_ell(x, y, 34, 5, 0.4)
    for k in (-24, 24):
        s.line([(x + k, y - 20), (x + k, y)], "#5a3a22", 3)
    s.ell(x, y - 21, 34, 6, "#a8743f")
    s.rect(x - 5, y - 30, x + 3, y - 22, "#f4f0e8")
    s.say("a coffee table")


@place(
    "living",
    "in a living room",
    "in the living room",
    "at home",
    "in a cozy room with a sofa",
    "next to the sofa",
    "in an apartment",
    acts=(
        ("watching tv", ("sit", "floor")),
        ("relaxing", ("sit", "floor", "lie")),
        ("cleaning the house", ("stand", "walk")),
        ("playing video games", ("floor", "sit")),
        ("doing yoga", ("stand", "floor")),
        ("reading a book", ("sit", "floor", "lie")),
    ),
    bases=("stand", "walk", "sit", "floor", "jump", "lie"),
    seat="stool",
)
def living(s):
    """A sofa under pictures with a lamp beside it, a window or a television, a round rug."""
    wall = s.j(s.one("#e8d8c0", "#c8d4c8", "#d8c0b0", "#b8c8d4", "#e8c890"))
    room(s, wall, s.j(s.one("#b88650", "#9a6a40", "#c8a070")))
    yb = s.yb
    sofa = s.one(s.u(60, 84), s.u(172, 196))
    away = S - sofa
    if s.p(0.6):
        _curtained_window(s, away)
    else:
        _television(s, away)
    for k in (-26, 26) if s.p(0.5) else (0,):
        w, top = s.u(13, 20), 46 - s.u(0, 10)
        frame(s, sofa + k - w, top, sofa + k + w, 46 + w * 1.3, s.one("#5a3c26", "#22242a", "#d8c080"))
    s.blur(s.u(0, 0.5))
    rug = s.j(s.one("#c85a4a", "#4a6a9a", "#e0d4c0", "#6a8a6a"))
    s.ell(128, 216, s.u(80, 110), 30, rug)
    s.ell(128, 216, 72, 22, mix(rug, "#ffffff", 0.2))
    P.sofa(s, sofa, yb + 20, s.ppm(yb + 20) * 0.95)
    s.say("a sofa", "a comfortable couch")
    _floor_lamp(s, sofa + s.one(-1, 1) * 62)
    if s.p(0.7):
        P.plant(s, s.one(14, 242), yb + 20, s.u(38, 52), 1.6)
    if s.p(0.4):
        _coffee_table(s, s.one(34, 222))

    def front():
        if s.p(0.5):
            P.plant(s, s.one(14, 242), 262, 90, 1.2)
        else:
            _coffee_table(s, s.one(30, 226), 258)

    return dict(front=front)
