"""In the water: a breaking wave, the world under the sea."""

from __future__ import annotations

import numpy as np

from .. import props as P
from ..canvas import S, fractal, mix
from .registry import place
from .setting import open_air, side

FOAM = ("#ffffff", "#f2fdff", "#d4f2f8")


def _curling_wave(s, sea) -> None:
    """A wave that rises towards one side, with a foaming crest, streaks on its face and spray."""
    facing = s.one(-1, 1)

    def turned(x):
        return 128 + facing * (np.asarray(x) - 128)

    top = s.y0 - s.u(5, 35)
    xs = np.linspace(-10, 266, 50)
    crest = top + 62 * np.clip((xs - 70) / 200, 0, 1) ** 1.2 + 3 * np.sin(xs / 13)
    s.poly([(turned(-12), S), *zip(turned(xs), crest), (turned(268), S)], mix(sea, "#5ae0d8", 0.45))
    s.poly([(turned(-12), S), *zip(turned(xs), crest + 40 + 10 * np.sin(xs / 40)), (turned(268), S)], sea)

    def height(x):
        return float(np.interp(x, xs, crest))

    t = np.linspace(0, 1, 9)
    for _ in range(22):
        x = s.u(0, 250)
        streak = np.stack([turned(x + 34 * t**1.6), height(x) + 6 + s.u(50, 120) * t], 1)
        s.line(streak, s.one("#8ae8e4", "#d0fbf8", mix(sea, "#06304a", 0.4)), s.u(1, 2.4))
    for x in np.arange(-6, 262, 7):
        size = 1.6 - x / 260
        for _ in range(3):
            rx, ry = s.u(4, 11) * size, s.u(3, 8) * size
            s.blob(turned(x + s.u(-6, 6)), height(x) + s.u(-7, 5) * size, rx, ry, s.one(*FOAM), n=5)
    for _ in range(60):
        x = s.u(0, 200)
        s.dot(turned(x), height(x) - s.u(2, 26), s.u(0.6, 1.8), "#ffffff")


@place(
    "surf",
    "on a big wave",
    "on a surfboard in the ocean",
    "on the waves",
    "in the surf",
    "on a surfboard",
    "in the breaking waves",
    acts=(("surfing", ("stand",)), ("surfing a wave", ("stand",))),
    bases=("stand",),
    dress="wet",
)
def surf(s):
    """A turquoise wave with a white crest fills the picture; foam at the feet."""
    open_air(s, when=s.one("day", "day", "day", "sunset", "overcast"))
    s.y0 -= 22
    y = s.y0
    sea = s.j(s.one("#1f80b8", "#189aa8", "#1f68a8"))
    s.vgrad(y, S, [s.lit(sea, 0.3), s.lit(sea), s.lit(mix(sea, "#06304a", 0.3))])
    if s.p(0.4):
        P.hills(s, y + 1, s.u(8, 24), "#4f7f6a", 0.5, 0.6)
    _curling_wave(s, sea)
    for _ in range(60):
        x, yy = s.u(-20, 276), S - abs(s.rng.normal(0, 14))
        s.blob(x, yy, s.u(5, 16), s.u(2, 5), s.one("#ffffff", "#e4fbff", "#c4eaf4"), n=5)
    s.key["gnd"] = (0.2, 0.3, 0.34)
    s.cast = 0.12
    s.say("a big wave", "white foam", "splashing water")

    def front():
        for x in s.rng.uniform(0, S, 16):
            s.blob(x, 258, s.u(10, 18), s.u(5, 9), s.one("#ffffff", "#e4fbff"), n=5)

    return dict(front=front, front_p=0.5, force="surfing")


def _blue_water(s):
    """The water itself with shafts of light; returns its colour near the surface and in the deep."""
    s.y0 = s.u(120, 150)
    s.hc = 1.0
    s.light = s.one(-1.0, 1.0)
    shallow, deep = s.one(
        ("#5ad8e8", "#0a4a7a"), ("#6ae0d0", "#0a5a6a"), ("#4ab8f0", "#0a2f6a"), ("#7ae8d8", "#127a8a")
    )
    s.vgrad(0, S, [s.j(shallow, 4), mix(shallow, deep, 0.55), s.j(deep, 4)])
    s.tint = np.array([0.62, 0.86, 0.95])
    s.haze_col = mix(shallow, deep, 0.55)
    direction = (s.light * 0.3, 0.9, 0.3)
    s.key = dict(dir=direction, col=(0.62, 0.95, 1.0), power=0.8, amb=(0.28, 0.48, 0.56), gnd=(0.1, 0.2, 0.26))
    s.cast = 0.12
    for _ in range(s.i(5, 9)):
        x, w = s.u(-20, 276), s.u(5, 14)
        drift = s.u(-30, 30) - s.light * 30
        s.soft([(x, -6), (x + w, -6), (x + w * 2.4 + drift, S + 9), (x - w * 1.2 + drift, S + 9)], "#e8fffa", 0.2, 3)
    return shallow, deep


def _sea_floor(s, top) -> None:
    """Sand with the net of light that waves throw on it."""
    sand = s.j("#e8d8a8")
    s.plane(top, sand, sand, 0.05, 30, haze=0.35)
    noise = fractal(512, 1.3, 3)[s.i(0, 255) :, s.i(0, 255) :][:S, :S]
    caustics = np.zeros((S, S), np.uint8)
    caustics[int(top) :] = (np.clip(1 - np.abs(noise) * 5, 0, 1) * 255)[int(top) :]
    s.blend(caustics, "#f4fff0", 0.28)


def _growth(s, x, y, haze=0.0, size=1.0) -> None:
    """Coral, seaweed or a rock."""
    kind = s.i(0, 4)
    if kind < 3:
        P.coral(s, x, y, s.u(26, 44) * size, haze)
    elif kind == 3:
        for _ in range(3):
            P.seaweed(s, x + s.u(-12, 12), y, s.u(40, 90) * size, haze=haze)
    else:
        P.rock(s, x, y, s.u(14, 30) * size, "#6a7a80", haze)


def _bubbles(s, water) -> None:
    """A string of rising bubbles."""
    x, y = s.u(30, 226), s.u(60, 230)
    for k in range(s.i(5, 10)):
        r = s.u(1.2, 3.6)
        bx, by = x + s.u(-8, 8), y - k * 13
        s.dot(bx, by, r, "#d8fbff", haze=0.2)
        s.dot(bx + 0.4, by + 0.4, r * 0.65, water, raw=True)


def _turtle(s, x, y, size, haze=0.1) -> None:
    """A sea turtle that glides by."""
    d, shell = s.one(-1, 1), s.j("#6a7a3a")
    skin = "#a8b070"

    def at(a, b):
        return x + d * a * size, y - b * size

    s.poly([at(0.3, 0.1), at(0.1, 0.75), at(-0.15, 0.6), at(0.0, 0.1)], skin, haze=haze)
    s.poly([at(0.3, -0.1), at(0.25, -0.7), at(0.0, -0.6), at(0.05, -0.1)], mix(skin, "#204030", 0.2), haze=haze)
    s.poly([at(-0.5, 0.05), at(-0.85, 0.25), at(-0.8, -0.1), at(-0.5, -0.1)], skin, haze=haze)
    s.ell(*at(0.72, 0.08), 0.2 * size, 0.15 * size, skin, haze=haze)
    s.ell(x, y, 0.58 * size, 0.36 * size, shell, haze=haze)
    for a, b in ((-0.25, 0.05), (0.0, 0.1), (0.26, 0.05), (-0.12, -0.15), (0.14, -0.15)):
        s.ell(*at(a, b), 0.11 * size, 0.09 * size, mix(shell, "#e8e0a0", 0.35), haze=haze)
    s.dot(*at(0.78, 0.12), 1.2, "#101418")


def _shark(s, x, y, size, haze=0.55) -> None:
    """The outline of a shark far away."""
    d, c = s.one(-1, 1), "#3a5468"

    def at(a, b):
        return x + d * a * size, y - b * size

    body = [at(-0.6, 0), at(-0.2, 0.16), at(0.25, 0.18), at(0.7, 0.02), at(0.25, -0.13), at(-0.2, -0.1)]
    s.poly(body, c, haze=haze)
    s.poly([at(0.0, 0.15), at(-0.12, 0.42), at(0.22, 0.16)], c, haze=haze)
    s.poly([at(-0.55, 0), at(-0.85, 0.3), at(-0.72, 0.0), at(-0.82, -0.22)], c, haze=haze)
    s.poly([at(0.15, -0.1), at(-0.1, -0.34), at(0.3, -0.12)], c, haze=haze)


def _reef_wall(s, hand) -> None:
    """A wall of rock on one side, grown over with coral from the floor to the surface."""
    for k in range(34):
        y = S - k * 7.2
        reach = 66 - 22 * k / 34
        x = 128 + hand * (128 - s.u(0, reach))
        s.blob(x, y, s.u(20, 34), s.u(14, 24), mix(s.j("#4a5a6a"), "#0a2a3a", s.u(0, 0.4)), n=6, haze=0.12)
        if k % 2:
            x = 128 + hand * (126 - s.u(0, reach + 14))
            _growth(s, x, y, 0.05, s.u(0.55, 0.85))
    s.say("a coral reef wall", "a wall of coral")


def _wreck(s, hand, floor) -> None:
    """A sunken wooden ship that leans in the sand, half in the haze."""
    x, y, c = 128 + hand * s.u(48, 66), floor + 10, s.j("#5a4030")
    k = s.u(0.95, 1.2)

    def at(a, b):
        return x + hand * (a + 0.18 * b) * k, y - (b - 0.12 * a) * k

    hull = [at(-74, 42), at(-58, 8), at(-30, -12), at(60, -12), at(78, 30), at(84, 58), at(50, 44), at(-40, 36)]
    s.poly(hull, c, haze=0.3)
    for b in (6, 17, 28):
        s.line([at(-62, b), at(78, b + 4)], mix(c, "#101820", 0.4), 1.4, haze=0.3)
    for a in (-34, -8, 18, 44):
        s.dot(*at(a, 20), 4.5 * k, "#0c1c28", haze=0.2)
    for a, top in ((-20, 104), (34, 88)):
        s.taper(*at(a, 34), *at(a, top), 6, 4, mix(c, "#101820", 0.15), haze=0.35)
        s.line([at(a - 22, top - 22), at(a + 22, top - 18)], mix(c, "#101820", 0.15), 3, haze=0.35)
    s.poly([at(-38, 84), at(-4, 88), at(-8, 52), at(-18, 60), at(-34, 50)], "#b8c0a8", haze=0.5)
    s.blob(x + hand * 60 * k, y + 4, 26, 14, "#6a7a60", haze=0.3)
    s.say("a shipwreck", "a sunken ship")


def _treasure(s, x, y, p) -> None:
    """An open chest full of gold."""
    s.soft_ell(x, y, 0.5 * p, 0.1 * p, 0.35)
    s.poly(
        [
            (x - 0.4 * p, y - 0.45 * p),
            (x - 0.46 * p, y - 0.8 * p),
            (x + 0.46 * p, y - 0.8 * p),
            (x + 0.4 * p, y - 0.45 * p),
        ],
        "#6a4424",
    )
    for _ in range(16):
        s.dot(x + s.u(-0.36, 0.36) * p, y - s.u(0.4, 0.56) * p, 0.06 * p, s.one("#ffd84a", "#f0b82c", "#fff0a0"))
    s.rect(x - 0.42 * p, y - 0.42 * p, x + 0.42 * p, y, "#8a5a30")
    for k in (-0.3, 0.3, 0.0):
        s.rect(x + k * p - 1.5, y - 0.42 * p, x + k * p + 1.5, y, "#d8a840")
    s.say("a treasure chest")


@place(
    "underwater",
    "underwater",
    "under the sea",
    "at the bottom of the ocean",
    "in a coral reef",
    "deep in the ocean",
    "among fish and coral",
    "below the waves",
    acts=(
        ("scuba diving", ("swim", "jump")),
        ("swimming with fish", ("swim", "jump")),
        ("snorkeling", ("swim",)),
        ("exploring", ("swim", "stand")),
        ("looking for a treasure", ("swim", "stand")),
    ),
    bases=("swim", "swim", "jump", "stand"),
    dress="wet",
)
def underwater(s):
    """Blue-green water with shafts of light: a sea floor with corals, a reef wall, a wreck, or open water."""
    shallow, deep = _blue_water(s)
    layout = s.one("floor", "floor", "reef", "wreck", "open")
    hand = s.one(-1, 1)
    if s.p(0.35):
        _shark(s, s.u(30, 226), s.u(40, 120), s.u(30, 50))
        s.say("a shark in the distance")
    if layout != "open":
        for k, haze in enumerate((0.75, 0.5)):
            P.hills(s, s.y0 + 30 + 18 * k, s.u(18, 46), "#3a5a6a", haze, 1.3)
        for _ in range(s.i(3, 7)):
            P.seaweed(s, s.u(0, S), s.y0 + s.u(30, 48), s.u(25, 60), haze=0.5)
        floor = s.y0 + s.u(34, 48)
        if layout == "wreck":
            _wreck(s, hand, floor)
        _sea_floor(s, floor)
        for y in np.sort(s.rng.uniform(floor, 250, s.i(5, 9))):
            near = (y - s.y0) / 100
            _growth(s, side(s, -8), y, max(0.0, 0.35 - near * 0.4), 0.5 + near * 0.7)
        if layout == "wreck" and s.p(0.6):
            y = s.u(212, 236)
            _treasure(s, 128 - hand * s.u(56, 92), y, 44)
        s.say("coral", "colorful coral and fish", "seaweed")
    if layout == "reef":
        _reef_wall(s, hand)
    for _ in range(s.i(3, 9) if layout != "open" else s.i(10, 18)):
        P.fish(s, s.u(10, 246), s.u(30, 190), s.u(9, 22), s.u(0.1, 0.4))
    if s.p(0.35) or layout == "open":
        _turtle(s, side(s, 20), s.u(50, 150), s.u(30, 44))
        s.say("a sea turtle")
    if s.p(0.4):
        x, y = s.u(30, 220), s.u(30, 110)
        for _ in range(9):
            P.fish(s, x + s.u(-34, 34), y + s.u(-20, 20), 7, 0.35)
        s.say("a school of fish")
    s.say("tropical fish", "colorful fish")
    for _ in range(s.i(2, 3)):
        _bubbles(s, mix(shallow, deep, 0.4))

    def front():
        if layout == "open":
            for _ in range(5):
                P.fish(s, s.u(40, 216), s.u(110, 230), s.u(24, 36), 0.0)
        else:
            P.coral(s, s.one(18, 238), 258, s.u(36, 60), 0.0)
            for _ in range(2):
                P.seaweed(s, s.one(8, 248) + s.u(-6, 6), 260, s.u(70, 120), haze=0)

    info = dict(front=front, lift=True)
    if layout == "open":
        s.cast = 0.0
        info["phrases"] = ("underwater", "under the sea", "deep in the ocean", "in the deep blue sea", "in the ocean")
    return info
