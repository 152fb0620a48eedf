"""Rooms to sleep and to wash in: bedroom, bathroom."""

from __future__ import annotations

import numpy as np

from ..canvas import S, mix
from .registry import place
from .setting import at, block, depth, face, flat, frame, room, window


def _bed(s, x, z, sheet, cover, wood) -> None:
    """A made bed with its head at the wall: x (left, right), z (foot, head), metres."""
    (x0, x1), (foot, head) = x, z
    middle = (x0 + x1) / 2
    s.soft([at(s, x0 - 0.1, foot - 0.2), at(s, x1 + 0.1, foot - 0.2), at(s, x1, head), at(s, x0, head)], "#000010", 0.4)
    block(s, (x0 - 0.06, x1 + 0.06), (head - 0.08, head), (0, 1.15), wood)
    block(s, (x0, x1), (foot, head - 0.1), (0, 0.3), wood)
    block(s, (x0, x1), (foot, head - 0.1), (0.3, 0.52), sheet)
    for k in (-1, 1):
        px, py = at(s, middle + k * (x1 - x0) * 0.24, head - 0.35, 0.6)
        w = (x1 - x0) * 0.21 * s.f / head
        s.ell(px, py + 1.5, w, w * 0.42, mix(sheet, "#405070", 0.25))
        s.ell(px, py, w, w * 0.4, mix(sheet, "#ffffff", 0.6))
    block(s, (x0 - 0.03, x1 + 0.03), (foot - 0.03, head - 0.75), (0.16, 0.56), cover)
    flat(s, (x0 - 0.03, x1 + 0.03), (head - 0.95, head - 0.72), mix(cover, "#ffffff", 0.6), 0.57)


def _bedside_lamp(s, x, z, wood) -> None:
    """A night table with a glowing lamp."""
    block(s, (x - 0.22, x + 0.22), (z - 0.4, z), (0, 0.5), wood)
    lx, ly = at(s, x, z - 0.2, 0.5)
    p = s.f / z
    s.line([(lx, ly), (lx, ly - 0.25 * p)], "#8a7050", 2)
    shade = [(lx - 0.1 * p, ly - 0.52 * p), (lx + 0.1 * p, ly - 0.52 * p)]
    s.poly([*shade, (lx + 0.2 * p, ly - 0.22 * p), (lx - 0.2 * p, ly - 0.22 * p)], "#ffe6a8", raw=True)
    s.glow(lx, ly - 0.36 * p, 0.9 * p, "#ffe2a0", 0.6)


def _wardrobe(s, x, z, wood) -> None:
    """Two doors with knobs, up to above the head."""
    block(s, (x - 0.6, x + 0.6), (z - 0.5, z), (0, 2.1), wood)
    for k in (-0.3, 0.3):
        face(s, (x + k - 0.25, x + k + 0.25), z - 0.5, (0.12, 2.0), mix(wood, "#ffffff", 0.14))
        s.dot(*at(s, x + k * 0.25, z - 0.5, 1.0), 1.6, "#3a3028")


@place(
    "bedroom",
    "in a bedroom",
    "in the bedroom",
    "in their bedroom",
    "next to the bed",
    "in a cozy bedroom",
    "in a hotel room",
    acts=(
        ("sleeping", ("lie",)),
        ("waking up", ("lie", "stand")),
        ("getting dressed", ("stand",)),
        ("making the bed", ("stand",)),
        ("reading before bed", ("sit", "floor")),
        ("having a pillow fight", ("stand", "jump")),
    ),
    bases=("stand", "walk", "sit", "floor", "jump", "lie"),
)
def bedroom(s):
    """A big made bed with pillows under a picture, a glowing bedside lamp, curtains."""
    room(
        s,
        s.j(s.one("#d8c4d4", "#b8cce0", "#e8d4b8", "#c4d4bc", "#8fa4c0")),
        s.j(s.one("#b88a58", "#9a7048", "#c8a47c")),
    )
    yb = s.yb
    wood = s.j(s.one("#8a5a38", "#e8e2d6", "#5a4030", "#b8844c"))
    hand = s.one(-1, 1)  # the bed's side
    other = 128 - hand * s.u(70, 84)
    night = s.p(0.35)
    window(s, other - 26, 30, other + 26, yb - 54, s.one("city", "garden"))
    if night:
        s.vgrad(30, yb - 54, ["#0c1230", "#283a70"], other - 26, other + 26)
        s.dot(other + 10, 44, 6, "#f4f2dc", raw=True)
        s.rect(other - 1, 30, other + 1, yb - 54, "#f4f0e8")
        s.say("the moon in the window")
    curtain = s.j(s.one("#c86a6a", "#5a7aa8", "#e8dcc0", "#7a9a70", "#8a6aa0"))
    for k in (-1, 1):
        foot = other + k * 42
        s.poly([(other + k * 28, 22), (foot, 22), (foot + k * 2, yb - 8), (other + k * 34, yb - 8)], curtain)
    s.line([(other - 48, 22), (other + 48, 22)], "#5a4030", 2.5)
    head = depth(s, yb + 2)
    reach = 0.5 * 128 * head / s.f  # metres from the middle to half-way to the edge
    x0 = hand * reach - 0.85 + hand * s.u(0.15, 0.5)
    px, _ = at(s, x0 + 0.85, head)
    frame(s, px - s.u(16, 24), 38, px + s.u(16, 24), 66, s.one("#f4f0e8", "#5a3c26", "#d8c080"))
    s.blur(s.u(0, 0.5))
    if s.p(0.5):
        _wardrobe(s, -hand * s.u(2.6, 2.9), head, wood)
        s.say("a wardrobe")
    sheet, cover = (
        s.one("#f4f2ee", "#e8eef4", "#f4ead8"),
        s.j(s.one("#4a6ea8", "#c85a5a", "#5a8a78", "#d8a04a", "#7a5a9a")),
    )
    _bedside_lamp(s, x0 - hand * 0.35 + (0 if hand > 0 else 1.7), head, wood)
    _bed(s, (x0, x0 + 1.7), (head - 2.0, head), sheet, cover, wood)
    s.say("a big bed", "a bed with pillows", "a bed with a blanket")
    s.say("a bedside lamp", "curtains")
    rug = s.j(s.one("#e8dcc8", "#b85a5a", "#6a84a8"))
    s.ell(128 - hand * 20, 232, 76, 17, mix(rug, "#000010", 0.15))
    s.ell(128 - hand * 20, 231, 70, 15, rug)

    def front():
        edge, top = s.one(-20, 186), s.u(226, 236)
        s.poly([(edge, top + 6), (edge + 12, top), (edge + 78, top), (edge + 90, top + 6)], mix(cover, "#ffffff", 0.25))
        s.rect(edge, top + 6, edge + 90, S, cover)
        s.rect(edge, top + 6, edge + 90, top + 11, mix(cover, "#ffffff", 0.4))

    return dict(front=front)


def _tiles(s, y0, y1, c, size=13) -> None:
    """A tiled wall with light joints."""
    s.rect(0, y0, S, y1, c)
    for y in np.arange(y1, y0, -size):
        s.line([(0, y), (S, y)], mix(c, "#ffffff", 0.6), 1)
    for x in np.arange(s.u(0, size), S, size):
        s.line([(x, y0), (x, y1)], mix(c, "#ffffff", 0.6), 1)


def _bathtub(s, x, y, p) -> None:
    """A white tub on claw feet, full of foam; x its middle, y its feet."""
    w, h = 0.85 * p, 0.6 * p
    s.soft_ell(x, y, w * 1.05, 0.12 * p, 0.4)
    for k in (-0.7, 0.7):
        s.ell(x + k * w, y - 0.04 * p, 0.09 * p, 0.07 * p, "#c8a04a")
    hull = [(x - w, y - h), (x - w * 0.94, y - 0.3 * p), (x - w * 0.7, y - 0.08 * p)]
    s.poly([*hull, *[(2 * x - a, b) for a, b in hull[::-1]]], "#f8fafa")
    shade = [(x - s.light * w, y - h), (x - s.light * w * 0.6, y - h), (x - s.light * w * 0.5, y - 0.08 * p)]
    s.poly([*shade, (x - s.light * w * 0.7, y - 0.08 * p), (x - s.light * w * 0.94, y - 0.3 * p)], "#cfd8e0")
    s.ell(x, y - h, w * 1.07, 0.12 * p, "#ffffff")
    s.ell(x, y - h, w * 0.97, 0.09 * p, "#8fd0e4")
    for _ in range(18):
        s.dot(
            x + s.u(-0.8, 0.8) * w,
            y - h - s.u(0, 0.12) * p,
            s.u(0.05, 0.11) * p,
            s.one("#ffffff", "#eef8fc", "#dceef8"),
        )
    tap = x + s.one(-1, 1) * w * 0.8
    s.line([(tap, y - h), (tap, y - h - 0.3 * p), (tap - np.sign(tap - x) * 0.16 * p, y - h - 0.28 * p)], "#a8b0b8", 3)
    if s.p(0.6):
        duck = x - np.sign(tap - x) * 0.4 * w
        s.ell(duck, y - h - 0.13 * p, 0.11 * p, 0.08 * p, "#ffd23a")
        s.dot(duck + 0.07 * p, y - h - 0.24 * p, 0.07 * p, "#ffd23a")
        s.dot(duck + 0.14 * p, y - h - 0.23 * p, 0.03 * p, "#f0802c")
        s.say("a rubber duck")


def _washbasin(s, x, y, p) -> None:
    """A pedestal basin under a round or square mirror."""
    m = y - 1.55 * p
    if s.p(0.5):
        s.ell(x, m, 0.36 * p, 0.44 * p, "#b8c0c8")
        s.ell(x, m, 0.32 * p, 0.4 * p, "#d8ecf4")
    else:
        s.rect(x - 0.4 * p, m - 0.42 * p, x + 0.4 * p, m + 0.36 * p, "#b8c0c8")
        s.rect(x - 0.36 * p, m - 0.38 * p, x + 0.36 * p, m + 0.32 * p, "#d8ecf4")
    s.line([(x - 0.14 * p, m + 0.14 * p), (x + 0.1 * p, m - 0.2 * p)], "#ffffff", 2)
    s.line([(x - 0.02 * p, m + 0.16 * p), (x + 0.16 * p, m - 0.1 * p)], "#ffffff", 1.4)
    s.soft_ell(x, y, 0.3 * p, 0.06 * p, 0.4)
    s.taper(x, y - 0.75 * p, x, y, 0.2 * p, 0.28 * p, "#e4eaee")
    s.ell(x, y - 0.82 * p, 0.4 * p, 0.2 * p, "#f8fafa", a0=0, a1=180)
    s.ell(x, y - 0.82 * p, 0.4 * p, 0.06 * p, "#ffffff")
    s.ell(x, y - 0.815 * p, 0.3 * p, 0.035 * p, "#b8d4e0")
    s.line([(x, y - 0.84 * p), (x, y - 0.98 * p), (x + 0.08 * p, y - 0.96 * p)], "#8a949c", 2)


def _toilet(s, x, y, p) -> None:
    """Cistern, lid and bowl, from the front."""
    s.soft_ell(x, y, 0.26 * p, 0.06 * p, 0.4)
    s.rect(x - 0.24 * p, y - 0.85 * p, x + 0.24 * p, y - 0.4 * p, "#f4f8f8")
    s.rect(x - 0.26 * p, y - 0.89 * p, x + 0.26 * p, y - 0.83 * p, "#ffffff")
    s.taper(x, y - 0.3 * p, x, y, 0.3 * p, 0.24 * p, "#dfe6ea")
    s.ell(x, y - 0.36 * p, 0.22 * p, 0.17 * p, "#f8fafa")
    s.ell(x, y - 0.42 * p, 0.2 * p, 0.06 * p, "#c8d4dc")


def _shower_curtain(s, x, w, yb) -> None:
    """A striped or dotted curtain on a rail."""
    c, light = s.j(s.one("#3a9ab0", "#e0708a", "#f0c048", "#5a8ac8")), "#f8f8f4"
    s.line([(x - w - 4, 16), (x + w + 4, 16)], "#a8b0b8", 2)
    for k, q in enumerate(np.arange(-w, w, 7)):
        s.rect(x + q, 17, x + q + 7, yb + 6 + 2 * (k % 2), c if k % 2 else mix(c, light, 0.75))


@place(
    "bathroom",
    "in a bathroom",
    "in the bathroom",
    "next to the bathtub",
    "in a tiled bathroom",
    "in front of the bathroom mirror",
    "at the sink",
    acts=(
        ("brushing their teeth", ("stand",)),
        ("washing their hands", ("stand",)),
        ("taking a shower", ("stand",)),
        ("drying their hair", ("stand",)),
        ("scrubbing the floor", ("stand", "floor")),
        ("looking in the mirror", ("stand",)),
    ),
    bases=("stand", "walk", "floor", "sit", "jump"),
)
def bathroom(s):
    """Tiles on wall and floor, a white tub full of foam, a basin under a mirror."""
    tile = s.j(s.one("#7ac0cc", "#a8d8d0", "#8ab4dc", "#e8b0b8", "#c8d0d4"), 6)
    room(s, "#f4f6f4", s.one("#e4eaec", "#c8d4d8"), floor_kind=s.one("checker", "tiles"), light="#f4fbff")
    yb = s.yb
    _tiles(s, s.u(20, 46) if s.p(0.7) else 0, yb - 3, tile)
    s.rect(0, yb - 5, S, yb, mix(tile, "#ffffff", 0.5))
    hand = s.one(-1, 1)
    if s.p(0.55):
        _shower_curtain(s, 128 + hand * s.u(96, 108), 26, yb)
        s.say("a shower curtain")
    if s.p(0.6):
        tx = 128 - hand * s.u(-6, 20)
        s.line([(tx - 20, yb - 66), (tx + 20, yb - 66)], "#a8b0b8", 2)
        s.rect(tx - 14, yb - 67, tx + 14, yb - 26, s.j(s.one("#f0a83a", "#e05a6a", "#f8f8f4", "#4a7ac0")))
        s.rect(tx - 14, yb - 36, tx + 14, yb - 33, "#ffffff")
        s.say("a towel on the wall")
    s.blur(s.u(0, 0.4))
    yy = yb + 8
    if s.p(0.6):
        _toilet(s, 128 - hand * s.u(112, 118), yy + 4, s.ppm(yy) * 1.05)
    _washbasin(s, 128 - hand * s.u(66, 80), yy, s.ppm(yy))
    s.say("a mirror", "a sink and a mirror")
    ty = yb + s.u(18, 30)
    _bathtub(s, 128 + hand * s.u(70, 84), ty, s.ppm(ty) * 1.1)
    s.say("a bathtub full of foam", "a white bathtub", "a bubble bath")
    mat = s.j(s.one("#f0a8b4", "#8ac8c0", "#f0d890"))
    s.poly([(92, 214), (164, 214), (176, 238), (80, 238)], mat)
    for _ in range(s.i(0, 9)):
        s.dot(s.u(0, S), s.u(10, 190), s.u(2, 5), "#ffffff", haze=0.3)

    def front():
        x = s.one(24, 232)
        s.ell(x, 262, 46, 30, "#f8fafa", a0=180, a1=360)
        s.ell(x, 233, 40, 6, "#8fd0e4")
        for _ in range(14):
            s.dot(x + s.u(-34, 34), s.u(222, 236), s.u(4, 8), s.one("#ffffff", "#e8f6fc"))

    return dict(front=front)
