"""Around the town: rooftop, construction site, market."""

from __future__ import annotations

import numpy as np

from .. import props as P
from ..canvas import S, mix
from .registry import place
from .setting import at, block, face, open_air, side


def _water_tank(s, x, y, p) -> None:
    """The round wooden tank of New York roofs on its legs."""
    wood = s.j("#8a6038", 6)
    for k in (-0.6, -0.2, 0.2, 0.6):
        s.line([(x + k * p, y), (x + k * 0.9 * p, y - 1.1 * p)], "#3a3c42", 2)
    s.line([(x - 0.6 * p, y - 0.2 * p), (x + 0.6 * p, y - 0.9 * p)], "#3a3c42", 1.4)
    s.rect(x - 0.72 * p, y - 2.6 * p, x + 0.72 * p, y - 1.05 * p, wood)
    s.rect(x - s.light * 0.72 * p, y - 2.6 * p, x - s.light * 0.3 * p, y - 1.05 * p, mix(wood, "#100818", 0.3))
    for k in (1.3, 1.8, 2.3):
        s.line([(x - 0.72 * p, y - k * p), (x + 0.72 * p, y - k * p)], "#3a2c20", 1.4)
    s.poly([(x - 0.8 * p, y - 2.58 * p), (x, y - 3.2 * p), (x + 0.8 * p, y - 2.58 * p)], mix(wood, "#202028", 0.4))


def _string_lights(s, y) -> None:
    """Warm bulbs on sagging cords between poles."""
    for x0, x1, sag in ((-10, 120, s.u(16, 26)), (120, 266, s.u(16, 26))):
        t = np.linspace(0, 1, 20)
        xs, ys = x0 + (x1 - x0) * t, y + 4 * sag * t * (1 - t)
        s.line(np.stack([xs, ys], 1), "#22242c", 1)
        for k in range(1, 20, 2):
            s.dot(xs[k], ys[k] + 3, 2.2, "#fff0b0", raw=True)
            s.glow(xs[k], ys[k] + 3, 13, "#ffd880", 0.6)


@place(
    "rooftop",
    "on a rooftop",
    "on the roof of a building",
    "on a roof above the city",
    "on top of a skyscraper",
    "on a rooftop terrace",
    "high above the city",
    "on a balcony over the city",
    acts=(
        ("enjoying the view", ("stand", "sit", "floor")),
        ("watching the stars", ("stand", "sit", "lie")),
        ("having a party", ("stand", "jump")),
        ("sitting on the edge", ("sit",)),
        ("jumping from roof to roof", ("jump", "run")),
    ),
    bases=("stand", "walk", "run", "jump", "sit", "floor", "lie"),
    seat="crate",
)
def rooftop(s):
    """Skyscraper tops below and beyond a parapet, a water tank, string lights; mostly evening."""
    when = open_air(s, when=s.one("night", "night", "sunset", "sunset", "day", "overcast"))
    y = s.y0
    edge = s.row(s.u(6.6, 8.0))
    tones = ("#6a7890", "#8a8078", "#5a6880", "#9a8a88")
    P.skyline(s, edge, edge - y + 16, edge - y + 66, tones, 0.5, 0.45)
    for _ in range(s.i(2, 3)):  # a few landmark towers
        x, w, h = s.u(10, 246), s.u(9, 14), s.u(60, 90)
        c = s.j(s.one(*tones))
        s.rect(x - w, y - h, x + w, edge, c, haze=0.35)
        s.poly([(x - w, y - h), (x, y - h - 18), (x + w, y - h)], mix(c, "#ffffff", 0.15), haze=0.35)
        s.line([(x, y - h - 18), (x, y - h - 32)], c, 1, haze=0.3)
        P.windows(s, x - w + 2, y - h + 4, x + w, edge, 4, 6, "#ffe9a0" if s.dark else "#46566c", 0.5, 0.25)
    P.skyline(s, edge + 2, edge - y - 14, edge - y + 22, tones, 0.22, 0.5)
    s.say("skyscrapers", "the city skyline", "the lights of the city" if s.dark else "tall buildings all around")
    s.blur(s.u(0.2, 0.8))
    tar = s.j(s.one("#7a7478", "#8a7468", "#6a7078", "#a08878"), 6)
    s.plane(edge, mix(tar, "#ffffff", 0.06), tar, 0.07, 40, haze=0.04)
    s.lines_x(1.2, 0.03, mix(tar, "#101010", 0.5), 0.6)
    s.lines_z(1.2, 0.03, mix(tar, "#101010", 0.5), 0.6)
    wall = s.j(s.one("#a8664c", "#b8b0a4", "#8a8688"), 5)
    h = 0.62 * s.ppm(edge)
    s.rect(0, edge - h, S, edge + 3, wall)
    for row in np.arange(edge - h + 4, edge, 5):
        s.line([(0, row), (S, row)], mix(wall, "#201018", 0.25), 1)
    s.rect(0, edge - h - 4, S, edge - h + 1, mix(wall, "#ffffff", 0.35))
    s.soft([(0, edge + 2), (S, edge + 2), (S, edge + 10), (0, edge + 10)], "#000010", 0.3, 3)
    hand = s.one(-1, 1)
    if s.p(0.75):
        yy = edge + s.u(4, 10)
        _water_tank(s, 128 + hand * s.u(76, 100), yy, s.ppm(yy) * 0.9)
        s.say("a water tank", "a wooden water tower")
    x, yy = 128 - hand * s.u(76, 104), edge + s.u(14, 30)
    p = s.ppm(yy)
    s.soft_ell(x, yy, 0.6 * p, 0.1 * p, 0.4)
    s.box(x - 0.5 * p, yy - 0.75 * p, x + 0.5 * p, yy, "#b8c0c4", 6, 4)
    s.dot(x, yy - 0.38 * p, 0.28 * p, "#3a4048")
    for a in np.arange(0, 3.2, 0.63):
        d = np.array([np.cos(a), np.sin(a)]) * 0.26 * p
        s.line([(x - d[0], yy - 0.38 * p - d[1]), (x + d[0], yy - 0.38 * p + d[1])], "#8a9298", 1)
    if when in ("night", "sunset") and s.p(0.8):
        _string_lights(s, s.u(28, 56))
        s.say("string lights", "glowing light bulbs")
    if s.p(0.4):
        P.plant(s, 128 + hand * s.u(40, 60), edge + 18, s.ppm(edge + 18) * 0.8, 1.3)

    def front():
        if s.p(0.5):
            P.plant(s, s.one(20, 236), 264, 84, 1.1)
        else:
            c = mix(wall, "#ffffff", 0.2)
            s.rect(0, 238, S, 244, mix(c, "#ffffff", 0.3))
            s.rect(0, 244, S, S, wall)

    return dict(front=front)


def _crane(s, x, y, h) -> None:
    """A yellow tower crane far away."""
    c, d = "#f0b02c", s.one(-1, 1)
    s.line([(x - 3, y), (x - 3, y - h)], c, 1.6)
    s.line([(x + 3, y), (x + 3, y - h)], c, 1.6)
    for k in np.arange(0, h - 6, 7):
        s.line([(x - 3, y - k), (x + 3, y - k - 7)], c, 1)
    tip, back = x + d * 0.85 * h, x - d * 0.3 * h
    s.line([(back, y - h), (tip, y - h)], c, 2)
    s.line([(back, y - h - 5), (x + d * 0.6 * h, y - h - 5), (tip, y - h)], c, 1)
    for k in np.arange(0, 1, 0.09):
        a = back + (tip - back) * k
        s.line([(a, y - h), (a + d * 5, y - h - 5)], c, 1)
    s.line([(back, y - h), (x, y - h - 16), (tip, y - h)], "#5a5048", 1)
    s.rect(back - 5, y - h, back + 5, y - h + 9, "#6a6a70")
    hook = x + d * s.u(0.4, 0.7) * h
    s.line([(hook, y - h), (hook, y - h + 24)], "#3a3c42", 1)
    s.rect(hook - 7, y - h + 24, hook + 7, y - h + 28, "#c8503c")


def _raw_building(s, x0, x1, top, foot) -> None:
    """Concrete floors and pillars without walls, scaffolding in front."""
    c = s.j("#b0aca4", 5)
    s.rect(x0, top, x1, foot, mix(c, "#202430", 0.6))
    for row in np.arange(top, foot, 17):
        s.rect(x0 - 3, row, x1 + 3, row + 4, c)
    for q in np.linspace(x0, x1 - 4, 4):
        s.rect(q, top - 8, q + 4, foot, mix(c, "#302820", 0.12))
    for q in np.linspace(x0, x1, 6):
        s.line([(q, top - 12), (q, foot)], "#d8903c", 1.4)
    for k, row in enumerate(np.arange(top + 5, foot, 17)):
        s.line([(x0 - 4, row), (x1 + 4, row)], "#d8903c", 1.4)
        s.line([(x0, row + 17), (x1, row)] if k % 2 else [(x0, row), (x1, row + 17)], "#e0b070", 1)


def _cone(s, x, y, p) -> None:
    """A traffic cone."""
    s.soft_ell(x, y, 0.25 * p, 0.06 * p, 0.35)
    s.poly([(x - 0.24 * p, y), (x + 0.24 * p, y), (x + 0.2 * p, y - 0.07 * p), (x - 0.2 * p, y - 0.07 * p)], "#c8501c")
    s.poly(
        [
            (x - 0.15 * p, y - 0.05 * p),
            (x + 0.15 * p, y - 0.05 * p),
            (x + 0.03 * p, y - 0.7 * p),
            (x - 0.03 * p, y - 0.7 * p),
        ],
        "#f4702c",
    )
    s.poly(
        [
            (x - 0.1 * p, y - 0.28 * p),
            (x + 0.1 * p, y - 0.28 * p),
            (x + 0.07 * p, y - 0.44 * p),
            (x - 0.07 * p, y - 0.44 * p),
        ],
        "#ffffff",
    )


def _barrier(s, x, y, p) -> None:
    """A red and white striped barrier."""
    w = 0.8 * p
    s.soft_ell(x, y, w, 0.08 * p, 0.35)
    for k in (-0.6, 0.6):
        s.line([(x + k * p, y), (x + k * p, y - 0.95 * p)], "#5a5e66", 3)
    s.rect(x - w, y - 1.0 * p, x + w, y - 0.72 * p, "#f8f8f4")
    for q in np.arange(-w, w - 0.1 * p, 0.4 * p):
        s.poly(
            [
                (x + q, y - 0.72 * p),
                (x + q + 0.2 * p, y - 0.72 * p),
                (x + min(q + 0.34 * p, w), y - 1.0 * p),
                (x + q + 0.14 * p, y - 1.0 * p),
            ],
            "#e0403c",
        )


@place(
    "construction",
    "at a construction site",
    "on a construction site",
    "on a building site",
    "in front of an unfinished building",
    "next to a crane",
    "among cranes and scaffolding",
    acts=(
        ("building a house", ("stand", "floor")),
        ("laying bricks", ("floor", "stand")),
        ("hammering a nail", ("stand", "floor")),
        ("carrying planks", ("walk",)),
        ("digging a hole", ("stand",)),
        ("working hard", ("stand", "walk")),
    ),
    bases=("stand", "walk", "run", "floor", "jump", "sit"),
    seat="crate",
)
def construction(s):
    """A raw concrete frame with scaffolding, a yellow crane, cones and a striped barrier on brown earth."""
    open_air(s, when=s.one("day", "day", "overcast", "sunset"))
    y = s.y0
    P.skyline(s, y + 3, 10, 34, ("#a8b0bc", "#b8a89a", "#98a4b0"), 0.55)
    hand = s.one(-1, 1)
    _crane(s, 128 - hand * s.u(50, 84), y + 6, s.u(84, 102))
    s.say("a tall crane", "a yellow crane")
    middle = 128 + hand * s.u(62, 84)
    _raw_building(s, middle - 52, middle + 52, y - s.u(58, 80), y + 9)
    s.say("scaffolding", "an unfinished building", "a concrete frame with scaffolding")
    s.blur(s.u(0, 0.6))
    earth = s.j(s.one("#b08a5c", "#a87c50", "#b89870"), 6)
    s.plane(y + 5, mix(earth, "#e0d0b0", 0.2), mix(earth, "#402810", 0.12), 0.14, 28, haze=0.1)
    for q in (-0.7, 0.7):  # tyre tracks
        track = np.abs(s.X - q - 0.5 * np.sin(s.Z * 0.35 + 1))
        s.ground_blend(np.clip((0.16 - track) * 14, 0, 1) * ((s.Z * 5) % 1 < 0.6), mix(earth, "#2a1808", 0.5), 0.7)
    for _ in range(s.i(1, 2)):  # heaps of sand
        x, yy = side(s, 10), s.u(y + 18, 176)
        w = s.ppm(yy) * s.u(0.8, 1.2)
        s.poly([(x - w, yy), (x - 0.2 * w, yy - 0.7 * w), (x + 0.15 * w, yy - 0.72 * w), (x + w, yy)], s.j("#dcc08a"))
        s.poly([(x - s.light * w, yy), (x - s.light * 0.1 * w, yy - 0.72 * w), (x, yy)], "#b89058")
    x, yy = 128 - hand * s.u(76, 102), s.u(176, 198)
    p = s.ppm(yy)
    for r in range(4):
        for q in range(5):
            bx = x + (q - 2.4 + 0.4 * (r % 2)) * 0.24 * p
            s.rect(bx, yy - (r + 1) * 0.13 * p, bx + 0.22 * p, yy - r * 0.13 * p - 1, s.j("#b8503a", 10))
    s.say("a pile of bricks", "bricks")
    if s.p(0.8):
        yy = s.u(184, 212)
        _barrier(s, 128 + hand * s.u(66, 96), yy, s.ppm(yy) * 0.9)
        s.say("a striped barrier")
    for _ in range(s.i(2, 4)):
        yy = s.u(190, 240)
        _cone(s, side(s, 12), yy, s.ppm(yy))
    s.say("traffic cones", "orange cones")

    def front():
        if s.p(0.5):
            _cone(s, s.one(22, 234), 264, 100)
        else:
            _barrier(s, s.one(36, 220), 268, 84)

    return dict(front=front)


FRUIT = ("#e0403c", "#f0b02c", "#7ab83a", "#f08030", "#8a3a6a", "#f4e04a")


def _stall(s, x, z, w, colours) -> None:
    """A market stall: striped awning on poles over crates of fruit; x is its middle, metres."""
    wood = "#8a5a34"
    block(s, (x - w, x + w), (z, z + 0.9), (0, 0.75), wood)
    for k in range(5):
        x0 = x - w + 2 * w * k / 5
        a, b = at(s, x0 + 0.04, z, 0.75), at(s, x0 + 2 * w / 5 - 0.04, z + 0.7, 0.95)
        c = s.one(*FRUIT)
        s.rect(a[0], b[1], b[0], a[1], mix(c, "#201008", 0.35))
        r = 0.075 * s.f / z
        for row in (0.0, 0.5, 1.0):
            for q in np.arange(a[0] + r, b[0] - r * 0.5, 1.9 * r):
                s.dot(q + s.u(-1, 1), a[1] + (b[1] - a[1]) * row, r, s.j(c, 8))
        face(s, (x0 + 0.02, x0 + 2 * w / 5 - 0.02), z - 0.02, (0.5, 0.78), mix(wood, "#ffffff", 0.2))
    for k in (-w, w):
        face(s, (x + k - 0.03, x + k + 0.03), z, (0, 2.3), "#e8e0d0")
    n = 8
    for k in range(n):
        x0, x1 = x - w * 1.12 + 2.24 * w * k / n, x - w * 1.12 + 2.24 * w * (k + 1) / n
        c = colours[k % 2]
        s.poly(
            [at(s, x0, z - 0.25, 2.15), at(s, x1, z - 0.25, 2.15), at(s, x1, z + 0.9, 2.65), at(s, x0, z + 0.9, 2.65)],
            c,
        )
        a, b = at(s, x0, z - 0.25, 2.15), at(s, x1, z - 0.25, 2.15)
        s.rect(a[0], a[1], b[0], a[1] + 0.16 * s.f / z, mix(c, "#201018", 0.12))
        s.ell(
            (a[0] + b[0]) / 2,
            a[1] + 0.16 * s.f / z,
            (b[0] - a[0]) / 2,
            0.07 * s.f / z,
            mix(c, "#201018", 0.12),
            a0=0,
            a1=180,
        )


@place(
    "market",
    "at the market",
    "in a market",
    "at a fruit stall",
    "at the farmers' market",
    "between market stalls",
    "in a market square",
    acts=(
        ("buying fruit", ("stand", "walk")),
        ("selling vegetables", ("stand",)),
        ("juggling oranges", ("stand",)),
        ("carrying a basket", ("walk", "stand")),
        ("haggling over the price", ("stand",)),
    ),
    bases=("stand", "walk", "run", "jump", "sit"),
    seat="crate",
)
def market(s):
    """Stalls with striped awnings and heaps of fruit on both sides of a cobbled square."""
    open_air(s, when=s.one("day", "day", "day", "overcast", "sunset"))
    y = s.y0
    x = -8.0
    while x < S:
        w, h = s.u(24, 36), s.u(40, 66)
        c = s.j(s.one("#e8c088", "#d88a68", "#f0e0c4", "#a8bcc8", "#e8b0a0"))
        s.rect(x, y - h, x + w, y + 8, c, haze=0.2)
        s.poly([(x - 1, y - h), (x + w / 2, y - h - 14), (x + w + 1, y - h)], s.j("#a0503c"), haze=0.2)
        P.windows(s, x + 4, y - h + 6, x + w - 2, y - 6, 9, 13, "#3f5064", 1.0, 0.15)
        x += w
    s.blur(s.u(0.2, 0.7))
    stone = s.j(s.one("#b8aa98", "#a8a4a0", "#c0a888"), 5)
    s.plane(y + 5, stone, mix(stone, "#201810", 0.1), 0.06, 40, haze=0.08)
    s.lines_x(0.35, 0.03, mix(stone, "#302820", 0.4), 0.7)
    s.lines_z(0.3, 0.03, mix(stone, "#302820", 0.4), 0.7)
    stripes = [("#d8403a", "#f8f4ea"), ("#2f7ac0", "#f8f4ea"), ("#3a9a5a", "#f8f0d8"), ("#f0a02c", "#fff8ea")]
    for z in (11.5, 7.6, 5.3):
        for k in (-1, 1):
            if z == 5.3 and s.p(0.35):
                continue
            _stall(s, k * (1.35 + 0.13 * z + s.u(0, 0.3)), z + s.u(-0.2, 0.2), 1.15, s.one(*stripes))
    s.say("stalls with striped awnings", "heaps of fruit", "fruit and vegetables", "market stalls")
    if s.p(0.6):
        for _ in range(3):
            t = np.linspace(0, 1, 12)
            y0 = s.u(18, 50)
            xs, ys = S * t, y0 + 50 * t * (1 - t)
            s.line(np.stack([xs, ys], 1), "#5a5048", 1)
            for q in range(11):
                a = (xs[q] + xs[q + 1]) / 2
                b = (ys[q] + ys[q + 1]) / 2
                s.poly([(a - 5, b), (a + 5, b), (a, b + 10)], s.one("#e0403c", "#f4c83a", "#3a7ac8", "#4aa85a"))
        s.say("colorful bunting")

    def front():
        x = s.one(34, 222)
        c = s.one(*FRUIT)
        s.box(x - 44, 234, x + 44, S + 4, "#9a6a3c", 6, 5)
        for _ in range(30):
            s.dot(x + s.u(-40, 40), s.u(224, 237), s.u(5, 7), s.j(c, 8))

    return dict(front=front)
