"""Places in the city: street, cafe."""

from __future__ import annotations

import functools

import numpy as np

from .. import props as P
from ..canvas import S, mix
from .registry import place
from .setting import open_air, room, window

FRONTS = ("#b4654a", "#c8a074", "#8a6a5a", "#d8c4a0", "#9a5a4a", "#8a94a0", "#cbb8b0", "#6f8a8a")
AWNINGS = ("#c8413a", "#2f7a5a", "#d08a2c", "#345f9a", "#efe6d4")


def _on_wall(across, up, near, far):
    """Pixel at fractions (0..1) along and up a house front whose ends are (x, foot row, roof row) each."""
    x, foot, roof = (b * across + a * (1 - across) for a, b in zip(far, near))
    return x, foot + up * (roof - foot)


def _house_front(s, x, z, height, shaded) -> None:
    """One house along the street: x metres aside, z (near, far), with windows, a shop and its awning."""
    near, far = ((S / 2 + x * s.f / d, s.row(d), s.row(d) - height * s.f / d) for d in z)
    spot = functools.partial(_on_wall, near=near, far=far)
    haze = min(0.45, z[1] / 50)
    colour = s.j(s.one(*FRONTS))

    def panel(left, right, low, high):
        return [spot(left, low), spot(right, low), spot(right, high), spot(left, high)]

    s.poly(panel(0, 1, 0, 1), mix(colour, "#000018", 0.25 if shaded else 0.0), haze=haze)
    floors, columns = max(2, int(height / 2.6)), 3
    panes = [
        panel((c + 0.22) / columns, (c + 0.72) / columns, (r + 0.15) / floors, (r + 0.72) / floors)
        for r in range(1, floors)
        for c in range(columns)
        if not (s.dark and s.p(0.4))
    ]
    if panes:
        s.poly(np.array(panes), "#ffe09a" if s.dark else "#3a4c62", haze=haze * 0.6, raw=s.dark)
    shop = "#ffe7b0" if s.dark else "#566a78"
    s.poly(panel(0.08, 0.92, 0, 0.72 / floors), shop, raw=s.dark, haze=haze * 0.5)
    s.poly(panel(0.03, 0.97, 0.72 / floors, 1.05 / floors), s.j(s.one(*AWNINGS)))


def _roadway(s, centre, half) -> None:
    """Asphalt with kerbs, pavement, the middle line and, often, a zebra crossing."""
    across = np.abs(s.X - centre)
    s.ground_blend(np.clip((across - half) * 8, 0, 1), s.j("#a8a49c"), 1.0)
    s.ground_blend(np.clip(1 - np.abs(across - half) * 7, 0, 1), "#d8d4cc", 1.0)
    slabs = (s.X - centre) / 0.8
    s.ground_blend((across > half) * (np.abs(slabs - np.round(slabs)) < 0.02), "#7a766e", 0.5)
    dashes = np.clip((0.09 - across) * s.f / s.Z + 0.5, 0, 1) * (s.Z % 3 < 1.7)
    s.ground_blend(dashes, "#f2d04a" if s.p(0.5) else "#f4f4f0")
    if s.p(0.6):
        stripes = (s.X - centre) / 0.55 % 1 < 0.55
        s.ground_blend((np.abs(s.Z - s.u(3.2, 5.5)) < 1.0) * stripes * (across < half - 0.15), "#f0f0ea", 0.95)
        s.say("a crosswalk", "a zebra crossing")


def _hydrant(s, x, y) -> None:
    """A red fire hydrant."""
    s.rect(x - 5, y - 57, x + 5, y, "#b8342c")
    s.dot(x, y - 57, 6, "#c83c32")
    s.rect(x - 8, y - 40, x + 8, y - 35, "#8a241e")


@place(
    "street",
    "on a city street",
    "in the city",
    "downtown",
    "on a busy street",
    "on the sidewalk in the city",
    "in an urban street",
    "on a crosswalk",
    "in the street",
    acts=(
        ("waiting for the bus", ("stand", "sit")),
        ("crossing the road", ("walk",)),
        ("hailing a taxi", ("stand",)),
        ("skateboarding", ("stand",)),
        ("commuting to work", ("walk", "run")),
    ),
    bases=("stand", "walk", "run", "jump", "sit"),
    seat="bench",
)
def street(s):
    """House fronts with shops towards a vanishing point, cars, lamps or traffic lights, often a zebra crossing."""
    open_air(s)
    y = s.y0
    P.skyline(s, y + 3, 30, 78, ("#8fa0b4", "#a8aab4", "#7a8aa0"), 0.5)
    s.blur(s.u(0.2, 0.8))
    road = s.j("#5c6068", 6)
    s.plane(y + 2, road, mix(road, "#000008", 0.12), 0.05, 40, haze=0.2)
    centre, half = s.u(-0.5, 0.5), s.u(2.6, 3.4)
    _roadway(s, centre, half)
    for hand in (-1, 1):
        far = 24.0
        while far > 4.6:
            near = far / s.u(1.25, 1.5)
            _house_front(s, centre + hand * (half + s.u(2.0, 2.6)), (near, far), s.u(7, 14), hand * s.light > 0)
            far = near
    for z in sorted((s.u(7, 20) for _ in range(s.i(1, 3))), reverse=True):
        x = S / 2 + (centre + s.one(-1, 1) * s.u(1.4, 2.2)) * s.f / z
        P.car(s, x, s.row(z), s.ppm(s.row(z)) * 0.92)
    s.say("cars passing by", "a car on the road", "traffic")
    for hand in (-1, 1):
        z = s.u(5.0, 7.5)
        x, yy = S / 2 + (centre + hand * (half + 0.35)) * s.f / z, s.row(z)
        if s.p(0.7):
            post = P.lamp if s.p(0.55) else P.traffic_light
            post(s, x, yy, s.ppm(yy))
    if s.dark:
        s.say("street lights", "lit windows")

    def front():
        if s.p(0.5):
            P.traffic_light(s, s.one(12, 244), 262, 60)
        else:
            _hydrant(s, s.one(20, 236), 262)

    return dict(front=front)


def _striped_blind(s, x, y, colour) -> None:
    """The awning inside, over the window."""
    for k in range(8):
        left = x - 52 + 13 * k
        s.rect(left, y, left + 13, y + 16, colour if k % 2 else "#f4ecdc")


def _menu_board(s, x) -> None:
    """A blackboard with the menu and a cup."""
    s.rect(x - 44, 28, x + 44, 78, "#26282c")
    s.rect(x - 41, 31, x + 41, 75, "#33383a")
    for k in range(4):
        s.line([(x - 34, 40 + 8 * k), (x - 34 + s.u(20, 50), 40 + 8 * k)], s.one("#f4f0e0", "#f0c878"), 1.2, raw=True)
    s.ell(x + 28, 48, 6, 5, "#f4f0e0", a0=0, a1=180)
    s.say("a menu board", "a chalkboard menu")


def _counter(s, x, yb) -> None:
    """The bar with the espresso machine, cups and cakes."""
    wood = s.j(s.one("#6a4428", "#8a5a34", "#3a4a48"))
    s.box(x - 56, yb - 34, x + 56, yb + 14, wood, 5, 4)
    for q in np.arange(x - 48, x + 56, 12):
        s.line([(q, yb - 26), (q, yb + 12)], mix(wood, "#000000", 0.3), 1)
    m = x + s.u(-26, 26)
    s.rect(m - 16, yb - 58, m + 16, yb - 36, "#b8bec4")
    s.rect(m - 18, yb - 62, m + 18, yb - 56, "#d03a34")
    s.rect(m - 8, yb - 50, m + 8, yb - 46, "#3a3e44")
    for k in (-6, 6):
        s.rect(m + k - 3, yb - 42, m + k + 3, yb - 37, "#f4f0e8")
    s.glow(m, yb - 68, 13, "#ffffff", 0.4)
    s.say("a coffee machine", "an espresso machine")
    if s.p(0.5):
        c = x + (40 if m < x else -40)
        s.ell(c, yb - 37, 12, 2.5, "#f4f0e8")
        s.ell(c, yb - 37, 9, 9, s.one("#8a4a2c", "#f0a8b8", "#f4e0a0"), a0=180, a1=360)
        s.dot(c, yb - 47, 2, "#d8303c")
        s.say("a cake on the counter")


def _hanging_lamps(s) -> None:
    for x in s.rng.uniform(20, 236, 3):
        h = s.u(28, 60)
        s.line([(x, 0), (x, h)], "#22242a", 1)
        shade = [(x - 10, h + 9), (x - 3, h), (x + 3, h), (x + 10, h + 9)]
        s.poly(shade, s.one("#22242a", "#c8883a", "#e8e0d0"))
        s.dot(x, h + 10, 3.5, "#fff4c8", raw=True)
        s.glow(x, h + 11, 30, "#ffe0a0", 0.55)


def _cafe_table(s, x, y, p) -> None:
    """A small round table with a cup and a flower, and two chairs."""
    s.soft_ell(x, y, 0.4 * p, 0.08 * p, 0.4)
    s.line([(x, y), (x, y - 0.74 * p)], "#2c2e34", max(2, 0.06 * p))
    s.ell(x, y, 0.24 * p, 0.05 * p, "#2c2e34")
    s.ell(x, y - 0.73 * p, 0.46 * p, 0.1 * p, "#7a4f2c")
    s.ell(x, y - 0.76 * p, 0.46 * p, 0.1 * p, "#b07a48")
    s.ell(x - 0.1 * p, y - 0.77 * p, 0.12 * p, 0.035 * p, "#f0ece4")
    s.rect(x - 0.16 * p, y - 0.9 * p, x - 0.04 * p, y - 0.78 * p, "#f8f6f0")
    s.ell(x - 0.1 * p, y - 0.9 * p, 0.06 * p, 0.02 * p, "#4a2a18")
    s.rect(x + 0.14 * p, y - 0.92 * p, x + 0.2 * p, y - 0.78 * p, "#5a8a9a")
    s.dot(x + 0.17 * p, y - 0.97 * p, 0.06 * p, s.one("#e0486a", "#f0c040"))
    for d in (-1, 1):
        q = x + d * 0.62 * p
        s.rect(q - 0.16 * p, y - 0.48 * p, q + 0.16 * p, y - 0.43 * p, "#9a3f34")
        for leg in (-0.14, 0.14):
            s.line([(q + leg * p, y - 0.45 * p), (q + leg * p, y)], "#2c2e34", 1.5)
        s.line([(q + d * 0.15 * p, y - 0.45 * p), (q + d * 0.18 * p, y - 0.95 * p)], "#2c2e34", 2)
        s.line([(q + d * 0.17 * p, y - 0.9 * p), (q + d * 0.17 * p, y - 0.7 * p)], "#9a3f34", 3)


@place(
    "cafe",
    "in a cafe",
    "in a coffee shop",
    "at a restaurant",
    "in a restaurant",
    "in a small bistro",
    "at a table in a cafe",
    acts=(
        ("drinking coffee", ("sit", "stand")),
        ("having lunch", ("sit",)),
        ("serving coffee", ("stand", "walk")),
        ("ordering food", ("stand",)),
        ("taking a photo of the food", ("sit", "stand")),
    ),
    bases=("stand", "walk", "sit", "sit"),
)
def cafe(s):
    """A counter with an espresso machine under a menu board, warm lamps, small round tables with cups."""
    wall = s.j(s.one("#8a4f3c", "#3f5a54", "#d8b890", "#6a4a5a"))
    floor = s.j(s.one("#8a5f3c", "#b88a5c", "#5a4034"))
    room(s, wall, floor, floor_kind=s.one("planks", "checker"), light="#ffe4b8")
    s.tint = np.array([1.0, 0.95, 0.86])
    yb = s.yb
    bar = s.one(s.u(50, 80), s.u(176, 206))
    away = S - bar
    window(s, away - 44, 40, away + 44, yb - 34, "city", False)
    _striped_blind(s, away, 26, s.j(s.one("#c8403a", "#2f7a5a", "#345f9a")))
    _menu_board(s, bar)
    _counter(s, bar, yb)
    _hanging_lamps(s)
    s.blur(s.u(0, 0.5))
    for x in (s.u(24, 60), s.u(196, 232)):
        y = s.u(yb + 22, 218)
        if s.p(0.8):
            _cafe_table(s, x, y, s.ppm(y) * 0.85)
    s.say("small round tables", "a table with a cup of coffee")

    def front():
        _cafe_table(s, s.one(36, 220), 282, 92)

    return dict(front=front)
