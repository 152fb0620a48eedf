"""Places by the water: beach, pool, boat."""

from __future__ import annotations

import math

import cv2
import numpy as np

from .. import props as P
from ..canvas import S, fractal, mix, wrap
from .registry import place
from .setting import open_air, side

PATH_OF_LIGHT = {"sunset": "#ffe2a0", "night": "#9ab4e8"}


def _reflected_sun(s, top, foot) -> None:
    """The glitter of a low sun or of the moon on the water."""
    if s.sun:
        P.glitter(s, s.sun[0], top, foot, PATH_OF_LIGHT.get(s.when, "#ffe2a0"))


def _surf_line(s, y, sea, sand) -> None:
    """The last wave: wet sand, foam, shallow water."""
    x = np.linspace(0, S, 30)
    edge = y + 4 + 3 * np.sin(x / s.u(18, 30) + s.u(0, 6)) + 2 * np.sin(x / 11)
    s.poly([(0, y - 2), *zip(x, edge + 5), (S, y - 2)], mix(sand, "#8a6a40", 0.35))
    s.poly([(0, y - 2), *zip(x, edge + 1.5), (S, y - 2)], "#f6fdff")
    s.poly([(0, y - 3), *zip(x, edge - 2.5), (S, y - 3)], mix(sea, "#7ae8dc", 0.6))


def _parasol_and_towel(s, x, y) -> None:
    """A parasol with a beach towel at its foot."""
    p = s.ppm(y)
    P.umbrella(s, x, y, p * 0.8)
    towel = [(x - p, y + 9), (x + 0.3 * p, y + 9), (x + 0.6 * p, y + 2), (x - 0.7 * p, y + 2)]
    s.poly(towel, s.one("#e0584a", "#3a90c8", "#f0c04a"))


def _sandcastle(s, x, y, p) -> None:
    """Towers of wet sand with a flag, a bucket beside them."""
    c = s.j("#c89a5c", 6)
    s.soft_ell(x, y, 0.55 * p, 0.1 * p, 0.3)
    for k, w, h in ((-0.3, 0.14, 0.4), (0.3, 0.14, 0.4), (0.0, 0.2, 0.62)):
        s.taper(x + k * p, y - h * p, x + k * p, y, 1.6 * w * p, 2.2 * w * p, mix(c, "#fff0c0", 0.2 * (k == 0)))
        for q in (-0.6, 0.6):
            s.rect(x + (k + q * w - 0.03) * p, y - (h + 0.08) * p, x + (k + q * w + 0.03) * p, y - h * p, c)
    s.rect(x - 0.42 * p, y - 0.2 * p, x + 0.42 * p, y, c)
    s.line([(x, y - 0.66 * p), (x, y - 0.95 * p)], "#8a5a34", 1)
    s.poly([(x, y - 0.95 * p), (x + 0.2 * p, y - 0.88 * p), (x, y - 0.8 * p)], "#e0403c")
    b = x + s.one(-1, 1) * 0.72 * p
    s.poly(
        [(b - 0.14 * p, y - 0.26 * p), (b + 0.14 * p, y - 0.26 * p), (b + 0.1 * p, y), (b - 0.1 * p, y)],
        s.one("#e0403c", "#3a78c8"),
    )


@place(
    "beach",
    "on the beach",
    "at the beach",
    "on a sandy beach by the sea",
    "by the ocean",
    "at the seaside",
    "on a tropical beach",
    "on the shore",
    acts=(
        ("sunbathing", ("lie", "floor")),
        ("playing beach volleyball", ("jump", "stand")),
        ("building a sandcastle", ("floor",)),
        ("collecting shells", ("floor", "walk")),
        ("doing yoga", ("stand", "floor")),
    ),
    bases=("stand", "walk", "run", "jump", "floor", "sit", "lie"),
    dress="beach",
    seat="rock",
)
def beach(s):
    """Sand, a line of foam and turquoise sea; palms or parasols at the sides, a sail on the horizon."""
    open_air(s)
    y, shore = s.y0, s.row(s.u(9, 16))
    sea = s.j(s.one("#1f86b8", "#2aa0b8", "#1f6fae"))
    s.vgrad(y, shore + 4, [s.lit(sea, 0.25), s.lit(mix(sea, "#5ad8d0", 0.55))])
    for _ in range(26):
        yy, x = s.u(y + 2, shore), s.u(-20, S)
        s.line([(x, yy), (x + s.u(8, 40) * (yy - y + 4) / 25, yy)], "#e8fbff", 1, haze=0.15)
    _reflected_sun(s, y, shore)
    if s.p(0.5):
        P.hills(s, y + 1, s.u(8, 26), "#4f7f6a", 0.45, 0.6)
    if s.p(0.6):
        P.sailboat(s, s.u(20, 236), y + s.u(4, 10), s.u(14, 30))
        s.say("a sailboat on the horizon", "a distant sailboat")
    s.blur(s.u(0, 0.7))
    sand = s.j(s.one("#ecd3a0", "#e6c488", "#f2dfb8"), 5)
    s.plane(shore, sand, mix(sand, "#c89a5a", 0.25), 0.035, 60, haze=0.05)
    _surf_line(s, shore, sea, sand)
    parasols = s.i(0, 2)
    if s.p(0.75):
        x, yy = side(s, 10), s.u(shore + 8, 214)
        P.palm(s, x, yy, s.ppm(yy), h=(yy - s.u(-5, 40)) / s.ppm(yy))
        s.say("palm trees", "a palm tree")
    else:
        parasols = max(parasols, 1)
    for _ in range(parasols):
        _parasol_and_towel(s, side(s, 15), s.u(shore + 20, 222))
    if parasols:
        s.say("a beach umbrella", "a parasol")
    if s.p(0.25):
        yy = s.u(204, 236)
        _sandcastle(s, side(s, 26), yy, s.ppm(yy) * 0.75)
        s.say("a sandcastle")
    for _ in range(s.i(2, 9)):
        yy = s.u(shore + 18, 252)
        s.ell(s.u(0, S), yy, s.u(1, 3), s.u(0.8, 1.6), s.one("#fff4e8", "#f0a08a", "#a88a60"))

    def front():
        if s.p(0.5):
            P.bush(s, s.one(6, 250), 262, 70, 0.9, "#5a9a4a")
        else:
            P.rock(s, s.one(10, 244), 258, s.u(18, 32))

    return dict(front=front)


def _basin(s) -> tuple[float, float, float, float]:
    """The pool itself, sunk into the deck; returns its near and far z, its middle and half-width, metres."""
    near, far, half, middle = s.u(3.9, 4.4), s.u(11, 16), s.u(2.6, 4.5), s.u(-1, 1)

    def inside(margin):
        z = (near - margin < s.Z) * (far + margin > s.Z)
        return (z * (np.abs(s.X - middle) < half + margin)).astype("f4")

    s.ground_blend(inside(0.25), "#f8f6f0")
    s.ground_blend(inside(0), s.j("#2ab0d0"))
    water = inside(0)
    caustics = np.clip(1 - np.abs(wrap(fractal(512, 1.3, 3), s.X * 26, s.Z * 20)) * 3.2, 0, 1)
    s.ground_blend(water * caustics, "#c8f6ff", 0.6)
    if s.p(0.5):
        for k in np.arange(-int(half), int(half) + 1, 1.4):
            s.ground_blend(water * (np.abs(s.X - middle - k) < 0.07), "#e04a3c" if k else "#f4f4f4", 0.9)
    s.ground_blend(water * np.clip((far - 0.4 - s.Z) * -3, 0, 1), "#1a7898", 0.5)
    if s.dark:  # lamps under water
        corners = [(40, s.row(far)), (216, s.row(far)), (S, s.row(near)), (0, s.row(near))]
        s.soft(corners, "#5ae8ff", 0.35, 6)
    return near, far, middle, half


def _pool_ladder(s, x, y) -> None:
    for k in (0, 16):
        rail = [(x + k, y + 14), (x + k, y - 16), (x + k - 3, y - 20), (x + k - 8, y - 20), (x + k - 10, y - 8)]
        s.line(rail, "#d8dee4", 2.5)
    s.say("a pool ladder", "clear blue water")


def _deck_chair(s, x, y) -> None:
    """A sun lounger with its back up."""
    s.soft_ell(x, y, 42, 5, 0.35)
    seat = [(x - 40, y - 10), (x + 16, y - 10), (x + 40, y - 34)]
    s.poly(
        [*seat, (x + 43, y - 31), (x + 20, y - 5), (x - 40, y - 5)],
        s.j(s.one("#e0583c", "#3a8ac8", "#f4f0e8", "#f0c040")),
    )
    for k in (-34, 14):
        s.line([(x + k, y - 5), (x + k, y)], "#f4f4f0", 2.5)
    s.say("a deck chair", "sun loungers")


def _villa(s, x, foot) -> None:
    """A flat white house with tall windows."""
    wall = s.j("#f4f0e8")
    s.rect(x - 50, foot - 42, x + 50, foot, wall)
    s.rect(x - 54, foot - 46, x + 54, foot - 41, mix(wall, "#000000", 0.25))
    for k in (-30, 0, 30):
        s.rect(x + k - 11, foot - 33, x + k + 11, foot - 2, "#ffe2a0" if s.dark else "#8ab8cc", raw=s.dark)
    s.say("a villa", "a hotel")


@place(
    "pool",
    "by the swimming pool",
    "at the pool",
    "next to a swimming pool",
    "at the poolside",
    "by the pool",
    "at a hotel pool",
    acts=(
        ("getting ready to swim", ("stand",)),
        ("sunbathing", ("lie", "floor")),
        ("diving into the water", ("jump",)),
        ("relaxing in the sun", ("lie", "sit", "floor")),
    ),
    bases=("stand", "walk", "jump", "sit", "floor", "lie"),
    dress="beach",
    seat="crate",
)
def pool(s):
    """A bright basin with caustics in a tiled deck, a ladder, loungers, palms and parasols behind it."""
    open_air(s, when=s.one("day", "day", "day", "sunset", "night"))
    y = s.y0
    P.hills(s, y + 4, 22, "#4a8a4a", 0.2, 1.5)
    for x in np.arange(-5, 262, 22):
        s.blob(x + s.u(-8, 8), y + 4, s.u(14, 22), s.u(10, 24), s.j("#3f8a48"), haze=0.2)
    if s.p(0.5):
        _villa(s, side(s, 50), y + 8)
    s.blur(s.u(0.1, 0.8))
    deck = s.j(s.one("#e8dcc8", "#d8d4cc", "#c8a47a"))
    s.plane(y + 6, deck, deck, 0.03, 40, haze=0.08)
    s.lines_x(0.6, 0.02, mix(deck, "#605040", 0.4), 0.8)
    s.lines_z(0.6, 0.02, mix(deck, "#605040", 0.4), 0.8)
    near, far, middle, half = _basin(s)
    _pool_ladder(s, S / 2 + (middle + s.one(-1, 1) * half * 0.75) * s.f / near, s.row(near) - 6)
    for _ in range(s.i(1, 3)):
        x, yy = side(s, 5), s.u(y + 9, s.row(far) - 1)
        if s.p(0.5):
            P.umbrella(s, x, yy, s.ppm(yy) * 0.9)
        else:
            P.palm(s, x, yy, s.ppm(yy), 4.5)
    if s.p(0.75):
        _deck_chair(s, side(s, 20), s.u(205, 236))
    if s.p(0.5):
        x, yy = S / 2 + s.u(-60, 60), s.row(s.u(6, 9))
        s.ell(x, yy, 13, 6, s.one("#ff6a8a", "#ffd23a", "#ffffff"))
        s.ell(x, yy - 0.6, 6.5, 2.6, "#2ab0d0")
        s.say("a pool float")

    def front():
        if s.p(0.5):
            P.bush(s, s.one(2, 254), 264, 75, 0.9, "#3f8a44")
        else:
            _deck_chair(s, s.one(30, 226), 264)

    return dict(front=front)


def _swell(s, top, foot) -> None:
    """Small waves, larger towards the camera."""
    for y in np.linspace(top + 2, foot, 34):
        length, x = (y - top) * 0.5 + 4, s.u(-20, S)
        wave = [(x, y), (x + length * 0.5, y - length * 0.08), (x + length, y)]
        s.line(wave, s.one("#d8f2fa", "#6ab8d8", "#0f3f6a"), 1 + (y - top) / 50, haze=0.1)


def _gulls(s, lowest) -> None:
    for _ in range(s.i(0, 5)):
        x, y, w = s.u(10, 246), s.u(12, lowest), s.u(3, 6)
        wings = [(x - w, y - 1.5), (x - w * 0.4, y - 2.5), (x, y), (x + w * 0.4, y - 2.5), (x + w, y - 1.5)]
        s.line(wings, "#8a94b0" if s.dark else "#fbfbf6", 1.4)


def _deck(s, foot):
    """Planks inside the round of the bow, with hull and railing; returns the bow's outline x, y."""
    wood = s.j(s.one("#b8824a", "#c8985f", "#9a6a3c", "#d8b080"))
    t = np.linspace(0, math.pi, 24)
    bow_x, bow_y = 128 - np.cos(t) * 190, foot + 40 - np.sin(t) ** 0.8 * 46
    sea = s.im.copy()
    s.plane(s.y0 + 4, wood, wood, 0.05, 40, haze=0)
    s.lines_x(0.2, 0.014, mix(wood, "#2a1608", 0.7), 0.85)
    inside = np.zeros((S, S), np.uint8)
    outline = np.array([(-10, S + 10), *zip(bow_x, bow_y), (S + 10, S + 10)])
    cv2.fillPoly(inside, [np.round(outline * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    s.im = np.where(inside[..., None] > 127, s.im, sea)
    hull = s.one("#f4f1e8", "#24406a", "#8a3a34", "#6a4428")
    s.line([*zip(bow_x, bow_y)], hull, 6)
    s.line([*zip(bow_x, bow_y - 2.5)], mix(hull, "#ffffff", 0.4), 1.5)
    rail = s.one("#e8eaec", "#8a5a34", "#d8c8a0")
    for k in range(2, 22, 2):
        s.line([(bow_x[k], bow_y[k]), (bow_x[k], bow_y[k] - 24)], rail, 2)
    for h, w in ((24, 2), (13, 1.2)):
        s.line([*zip(bow_x, bow_y - h)], rail, w)
    return bow_x, bow_y


def _mast_and_sail(s, x, foot) -> None:
    d = 1 if x < 128 else -1
    s.taper(x, 214, x, -10, 6, 4, "#8a5a34")
    s.ell(x, 214, 6, 3, "#5a3a22")
    s.poly([(x + d * 3, -12), (x + d * 3, 118), (x + d * s.u(80, 120), 112), (x + d * s.u(10, 30), -12)], "#f8f4e6")
    s.line([(x, 119), (x + d * 115, 114)], "#7a5030", 3.5)
    for y in (20, 52, 84):
        s.line([(x + d * 4, y), (x + d * (30 + y * 0.6), y + 2)], "#d8d0b8", 1)
    s.line([(x, 0), (x - d * 80, foot)], "#d8c8a0", 1.2)
    s.say("white sails", "a tall mast")


def _ring(x, y, r, a0, a1):
    t = np.linspace(a0, a1, 24)
    return np.stack([x + r * np.cos(t), y + r * np.sin(t)], 1)


def _lifebuoy(s, x, y) -> None:
    s.line(_ring(x, y, 9, 0, 6.4), "#f4f0ea", 5)
    for a in (0, 1.57, 3.14, 4.71):
        s.line(_ring(x, y, 9, a, a + 0.7), "#e04030", 5)
    s.say("a life ring", "a lifebuoy")


def _wheel(s, x, y, p) -> None:
    """A ship's wheel on its post."""
    s.soft_ell(x, y, 0.3 * p, 0.07 * p, 0.4)
    s.taper(x, y - 0.9 * p, x, y, 0.16 * p, 0.24 * p, "#6a4428")
    cy = y - 1.05 * p
    for a in np.arange(0, 3.14, 0.785):
        dx, dy = 0.52 * p * math.cos(a), 0.52 * p * math.sin(a)
        s.line([(x - dx, cy - dy), (x + dx, cy + dy)], "#8a5a34", 2.4)
    s.line(_ring(x, cy, 0.36 * p, 0, 6.4), "#a8703c", 3.4)
    s.dot(x, cy, 0.1 * p, "#d8a840")
    s.say("a ship's wheel", "a wooden steering wheel")


@place(
    "boat",
    "on a boat at sea",
    "on a boat",
    "on the deck of a ship",
    "on a sailing boat",
    "aboard a yacht",
    "out on the ocean in a boat",
    "in the middle of the sea on a boat",
    acts=(
        ("sailing", ("stand", "sit")),
        ("fishing", ("stand", "sit")),
        ("steering the ship", ("stand",)),
        ("looking out to sea", ("stand", "sit")),
    ),
    bases=("stand", "walk", "sit", "jump", "floor"),
    seat="crate",
)
def boat(s):
    """The planked bow of a boat with its railing in the open sea; mast and sail, wheel, lifebuoy."""
    open_air(s)
    y, foot = s.y0, s.u(168, 184)
    sea = s.j(s.one("#1f6fa8", "#2a86b0", "#1a5a94"))
    s.vgrad(y, S, [s.lit(sea, 0.3), s.lit(sea), s.lit(mix(sea, "#06203a", 0.35))])
    _swell(s, y, foot + 30)
    _reflected_sun(s, y, foot)
    if s.p(0.35):
        P.hills(s, y + 1, s.u(6, 18), "#5a7f7a", 0.55, 0.7)
    if s.p(0.4):
        P.sailboat(s, s.u(20, 236), y + 4, s.u(10, 20), 0.3)
    _gulls(s, y - 15)
    s.blur(s.u(0, 0.6))
    bow_x, bow_y = _deck(s, foot)
    mast = s.one(s.u(36, 66), s.u(190, 220))
    if s.p(0.7):
        _mast_and_sail(s, mast, foot)
    if s.p(0.55):
        k = s.one(4, 18)
        _lifebuoy(s, bow_x[k], bow_y[k] - 8)
    away = S - mast + s.u(-16, 16)
    if s.p(0.4):
        _wheel(s, away, 214, s.ppm(214) * 0.8)
    elif s.p(0.5):
        s.box(away - 14, 196, away + 14, 222, s.j("#a8743f"), 5, 4)
        s.line([(away - 14, 204), (away + 14, 204)], "#6a4424", 1.5)
    s.say("the open sea", "waves around", "blue water to the horizon")

    def front():
        x = s.one(16, 240)
        s.taper(x, 262, x, 212, 16, 13, "#6a4a30")
        s.line([(x - 9, 226), (x + 9, 229)], "#e0d0a8", 4)
        s.line([(x - 9, 231), (x + 9, 234)], "#d0bc90", 4)

    return dict(front=front)
