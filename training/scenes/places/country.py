"""Places in the country: garden, farm, camp site."""

from __future__ import annotations

import math

import numpy as np

from .. import props as P
from ..canvas import S, mix
from .registry import place
from .setting import open_air, side

BEDS = (
    ("#e8404a", "#f0c02c"),
    ("#f078a8", "#ffffff", "#c050b0"),
    ("#f09030", "#f8d840"),
    ("#8a5ad0", "#e8a0e0"),
    ("#e8404a", "#ffffff", "#f0c02c", "#8a5ad0"),
)


def _cottage(s, x, y) -> None:
    """A little house with a red roof behind the garden; y the horizon."""
    wall, w, h = s.j(s.one("#e8d8c0", "#c87a5a", "#b8d0d8")), s.u(26, 38), s.u(26, 34)
    s.rect(x - w, y - h, x + w, y + 8, wall)
    roof = [(x - w - 7, y - h), (x - w + 10, y - h - 26), (x + w - 10, y - h - 26), (x + w + 7, y - h)]
    s.poly(roof, s.j("#a04a3a"))
    for k in (-18, 18):
        s.rect(x + k - 6, y - h + 7, x + k + 6, y - h + 19, "#5a7a94")
        s.rect(x + k - 0.7, y - h + 7, x + k + 0.7, y - h + 19, "#ffffff")
    s.rect(x - 5, y - 16, x + 5, y + 8, "#6a4028")
    s.say("a cottage", "a small house")


def _picket_fence(s, y) -> None:
    colour = s.one("#ffffff", "#f4f0e8", "#a8744a")
    for x in np.arange(0, S, 8.5):
        s.poly([(x, y + 4), (x, y - 15), (x + 3, y - 19), (x + 6, y - 15), (x + 6, y + 4)], colour)
    s.rect(0, y - 11, S, y - 8, colour)
    s.rect(0, y - 3, S, y, colour)
    s.say("a wooden fence" if colour == "#a8744a" else "a white fence")


def _watering_can(s, x, y, p) -> None:
    c, d = s.one("#4a9a6a", "#8a98a8", "#d8503c"), s.one(-1, 1)
    s.soft_ell(x, y, 0.26 * p, 0.05 * p, 0.35)
    s.rect(x - 0.18 * p, y - 0.36 * p, x + 0.18 * p, y, c)
    s.line([(x + d * 0.16 * p, y - 0.1 * p), (x + d * 0.42 * p, y - 0.4 * p)], c, max(2, 0.07 * p))
    s.ell(x + d * 0.43 * p, y - 0.41 * p, 0.08 * p, 0.05 * p, mix(c, "#000010", 0.2), a=d * -45)
    t = np.linspace(0, math.pi, 10)
    s.line(np.stack([x - d * 0.05 * p + 0.18 * p * np.cos(t), y - 0.36 * p - 0.16 * p * np.sin(t)], 1), c, 2)
    s.say("a watering can")


@place(
    "garden",
    "in a garden",
    "in the garden",
    "in a flower garden",
    "in the backyard",
    "among the flowers",
    "in a rose garden",
    bases=("stand", "walk", "run", "jump", "floor", "sit", "lie"),
    acts=(
        ("gardening", ("stand", "floor")),
        ("watering the flowers", ("stand",)),
        ("smelling the roses", ("stand",)),
        ("having a picnic", ("floor", "lie")),
        ("doing yoga", ("stand", "floor")),
        ("planting tulips", ("floor",)),
    ),
    seat="bench",
)
def garden(s):
    """Beds of bright flowers on both sides of a lawn, a picket fence, a cottage or a tree."""
    open_air(s, when=s.one("day", "day", "day", "overcast", "sunset"))
    y = s.y0
    for x in np.arange(-10, 270, 24):
        s.blob(x + s.u(-9, 9), y + 2, s.u(16, 26), s.u(14, 34), s.j("#5a9a54"), haze=0.35)
    if s.p(0.5):
        _cottage(s, side(s, 40), y)
    s.blur(s.u(0.2, 0.8))
    fence = y + 9
    grass = s.j("#6ab04a")
    s.plane(fence - 2, mix(grass, "#c8e080", 0.25), grass, 0.08, 40, haze=0.08)
    if s.p(0.6):
        path = np.clip(1.5 - np.abs(s.X - 0.3 * np.sin(s.Z * 0.6)) * 1.6, 0, 1)
        s.ground_blend(path, s.j("#d8c4a0"), 0.95)
        s.say("a garden path")
    if s.p(0.75):
        _picket_fence(s, fence)
    if s.p(0.7):
        yy = s.u(fence + 4, fence + 22)
        P.tree(s, side(s, 10), yy, s.ppm(yy), s.u(3.2, 5), s.one("#5a9a44", "#e8a0b8", "#6aa84a"))
        s.say("a tree")
    colours = s.one(*BEDS)
    for yy in np.sort(s.rng.uniform(fence + 6, 225, 5)):
        for hand in (-1, 1):
            P.bush(s, 128 + hand * s.u(66, 135), yy, s.ppm(yy), s.u(0.7, 1.1), "#4a8a3c", colours)
    if s.p(0.3):
        yy = s.u(210, 236)
        _watering_can(s, side(s, 50), yy, s.ppm(yy))
    for yy in np.sort(s.rng.uniform(205, 258, s.i(22, 34))):
        x = s.u(-4, 76) if s.p(0.5) else s.u(180, 260)
        P.flower(s, x, yy, 58, s.j(s.one(*colours)))
    s.say("colorful flowers", "blooming flowers", "flower beds")

    def front():
        for x in s.rng.uniform(20, 236, s.i(4, 10)):
            P.flower(s, x, 262, 74, s.j(s.one(*colours)), s.u(0.35, 0.8))

    return dict(front=front)


def _silo(s, x, top, foot) -> None:
    s.rect(x - 9, top, x + 9, foot, "#c8ccd0")
    s.ell(x, top, 9, 9, "#a8aeb4", a0=180, a1=360)
    s.rect(x - 9, top, x - 4, foot, "#9aa0a8")
    s.say("a silo")


def _rail_fence(s, y) -> None:
    for x in np.arange(0, S, 26):
        s.rect(x - 1.5, y + 2, x + 1.5, y + 16, "#8a6440")
    for h in (5, 10):
        s.rect(0, y + h, S, y + h + 2, "#9a7450")
    s.say("a wooden fence")


def _hay_bale(s, x, y, p) -> None:
    """A round bale, end on."""
    r, t = 0.6 * p, np.linspace(0, 6.3, 20)
    s.ground_shadow(x, y, r, 0.4)
    s.round_shade(x, y - r, r, "#e0b850", 0.8)
    for k in (0.3, 0.6, 0.85):
        s.line(np.stack([x + r * k * np.cos(t), y - r + r * k * np.sin(t)], 1), "#a87a28", 1)


def _tractor(s, x, y, p) -> None:
    """A red tractor from the side."""
    c, d = s.j(s.one("#d8342c", "#2f8a3c", "#2f6ac0")), s.one(-1, 1)

    def at(a, b):
        return x + d * a * p, y - b * p

    s.soft_ell(x, y, 1.5 * p, 0.16 * p, 0.4)
    s.poly([at(0.0, 0.6), at(0.0, 1.25), at(1.3, 1.2), at(1.4, 0.6)], c)
    s.poly([at(-0.9, 0.7), at(-0.9, 1.3), at(0.05, 1.3), at(0.05, 0.7)], mix(c, "#000010", 0.2))
    s.poly([at(-0.75, 1.3), at(-0.7, 2.1), at(0.05, 2.1), at(0.12, 1.3)], "#a8cbdc")
    s.poly([at(-0.85, 2.1), at(-0.8, 2.22), at(0.15, 2.22), at(0.2, 2.1)], c)
    s.line([at(1.0, 1.2), at(1.0, 1.8)], "#33363c", 2.4)
    for a, r in ((-0.5, 0.72), (1.0, 0.44)):
        s.dot(*at(a, r), r * p, "#22242a")
        s.dot(*at(a, r), r * 0.52 * p, "#f0c02c")
        s.dot(*at(a, r), r * 0.18 * p, "#8a6a14")
    s.say("a tractor", "a red tractor")


@place(
    "farm",
    "on a farm",
    "on the farm",
    "in a field on a farm",
    "in front of a red barn",
    "in the countryside",
    "in a wheat field",
    acts=(
        ("harvesting", ("stand", "floor")),
        ("feeding the animals", ("stand", "floor")),
        ("sowing seeds", ("stand", "walk")),
        ("milking a cow", ("sit", "floor")),
        ("pitching hay", ("stand",)),
    ),
    seat="log",
)
def farm(s):
    """A red barn with a silo over furrowed fields, cows, hay bales, a tractor; ripe wheat in front."""
    open_air(s, when=s.one("day", "day", "sunset", "overcast"))
    y = s.y0
    P.hills(s, y + 3, s.u(14, 34), "#7aa860", 0.45, 0.7)
    P.hills(s, y + 5, s.u(6, 14), "#8ab050", 0.25, 0.9)
    wheat = s.p(0.5)
    crop = s.j("#d8b04a" if wheat else "#7ab04a")
    s.plane(y + 3, mix(crop, "#f0e0a0", 0.2), crop, 0.1, 50, haze=0.15)
    rows = (s.X + s.u(-1, 1) * s.Z * 0.12) / s.u(0.5, 0.8)
    furrows = np.clip(1.4 - np.abs(rows % 1 - 0.5) * 4, 0, 1) * np.clip((s.Y - y - 3) / 30, 0, 1)
    s.ground_blend(furrows, mix(crop, "#7a4a10", 0.5) if wheat else "#8a6430", 0.65)
    barn, foot = side(s, 45), y + s.u(12, 20)
    P.barn(s, barn, foot, s.u(9, 14))
    s.say("a red barn", "a barn")
    if s.p(0.5):
        _silo(s, barn + np.sign(128 - barn) * s.u(42, 56), y - 44, foot)
    if s.p(0.6):
        _rail_fence(s, foot)
    for _ in range(s.i(0, 3)):
        yy = s.u(foot + 22, 200)
        _hay_bale(s, side(s, 10), yy, s.ppm(yy))
    yy = s.u(foot + 20, 205)
    if s.p(0.35):
        _tractor(s, side(s, 24), yy, s.ppm(yy) * 0.85)
    elif s.p(0.7):
        P.cow(s, side(s, 20), yy, s.ppm(yy))
        s.say("a cow", "a grazing cow")
    s.say("golden wheat" if wheat else "rows of crops")

    def ripe_ears():
        for x in s.rng.uniform(-5, 261, 46):
            h, bend, c = s.u(26, 48), s.u(-5, 5), s.j("#e0b84a")
            s.line([(x, 262), (x + bend, 262 - h)], mix(c, "#805010", 0.3), 1.2)
            s.ell(x + bend, 262 - h, 1.8, 5.5, c, a=bend * 2)

    def hedge():
        P.bush(s, s.one(0, 256), 262, 70, 0.8, "#5a8a3a")

    return dict(front=ripe_ears if wheat else hedge, front_p=0.5)


def _lake(s, top):
    """A strip of still water; returns the row of its near shore."""
    shore = s.u(s.y0 + 24, s.y0 + 36)
    s.vgrad(top, shore, [s.haze_col, s.lit("#4a7fa8", 0.3)])
    for y in s.rng.uniform(top + 2, shore, 14):
        x = s.u(0, S)
        s.line([(x, y), (x + s.u(6, 26), y)], "#c8dcec", 1, haze=0.2)
    s.say("a lake", "a quiet lake")
    return shore


def _camp_fire(s, x, y) -> None:
    """A fire in a ring of stones."""
    for a in np.arange(3.2, 6.3, 0.6):
        P.rock(s, x + 25 * math.cos(a), y + 6 * math.sin(a), 5.5, "#6a6660")
    P.fire(s, x, y, 52)
    for a in np.arange(0.1, 3.1, 0.6):
        P.rock(s, x + 25 * math.cos(a), y + 6 * math.sin(a), 6, "#7a766e")
    s.say("a campfire", "a burning fire")


def _lit_by_fire(s, x, y) -> None:
    """At night the fire is the main light."""
    s.glow(x, y, 130, "#ff9a40", 0.22)
    s.light = float(np.sign(x - 128))
    direction = (0.8 * s.light, 0.15, 0.55)
    s.key = dict(dir=direction, col=(1.0, 0.6, 0.28), power=0.95, amb=(0.2, 0.21, 0.32), gnd=(0.16, 0.12, 0.1))
    s.cast = 0.25


@place(
    "camp",
    "at a campsite",
    "camping in the mountains",
    "by a campfire",
    "next to a tent by the lake",
    "in front of a tent",
    "at a camp in the wilderness",
    acts=(
        ("camping", ("sit", "floor", "stand")),
        ("roasting marshmallows", ("sit", "floor")),
        ("warming their hands", ("sit", "floor", "stand")),
        ("playing the guitar", ("sit", "floor")),
        ("telling ghost stories", ("sit", "floor")),
    ),
    bases=("stand", "walk", "sit", "floor", "sit"),
    seat="log",
)
def camp(s):
    """A tent, glowing at night, and a camp fire in a ring of stones before firs, a lake and mountains."""
    open_air(s, when=s.one("night", "night", "sunset", "day"))
    y = s.y0
    P.ridge(s, y + 4, s.u(40, 80), "#4f5f7a", 0.5, 0.4, s.one(None, 0.3))
    P.hills(s, y + 5, s.u(12, 24), "#35553f", 0.25, 1.1)
    for x in np.arange(-5, 262, 11):
        P.conifer(s, x + s.u(-4, 4), y + 8, 1, s.u(18, 40), "#2a5540", 0.2)
    shore = _lake(s, y + 8) if s.p(0.6) else y + 8
    s.blur(s.u(0, 0.7))
    meadow = s.j(s.one("#5a7a3a", "#6a6a3f"))
    s.plane(shore, meadow, mix(meadow, "#3a2a18", 0.35), 0.12, 30, haze=0.08)
    for hand in (-1, 1):
        if s.p(0.7):
            yy = s.u(shore + 8, 205)
            P.conifer(s, 128 + hand * s.u(95, 130), yy, s.ppm(yy), s.u(3.5, 5.5))
    yy = s.u(182, 204)
    P.tent(s, s.one(s.u(44, 80), s.u(176, 212)), yy, s.ppm(yy) * 0.85)
    s.say("a tent", "a glowing tent" if s.dark else "a colorful tent")
    x, yy = s.one(s.u(34, 74), s.u(182, 222)), s.u(218, 238)
    _camp_fire(s, x, yy)
    if s.dark:
        _lit_by_fire(s, x, yy)

    def front():
        P.bush(s, s.one(0, 256), 262, 70, 0.8, "#3f6030")

    return dict(front=front)
