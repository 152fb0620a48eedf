"""On the grass: park, playground, golf course."""

from __future__ import annotations

import numpy as np

from .. import props as P
from ..canvas import S, mix
from .registry import place
from .setting import at, open_air


def _park_bench(s, x, y, p) -> None:
    """A wooden bench with iron ends."""
    s.soft_ell(x, y, 0.8 * p, 0.09 * p, 0.35)
    for k in (-0.68, 0.68):
        s.line([(x + k * p, y), (x + k * p, y - 0.95 * p)], "#2c3036", 2.6)
        s.line([(x + k * p, y - 0.42 * p), (x + k * 1.1 * p, y)], "#2c3036", 2)
    wood = s.j("#a8703c", 6)
    for k in (0.42, 0.6, 0.74, 0.88):
        s.rect(x - 0.8 * p, y - k * p, x + 0.8 * p, y - (k - 0.1) * p, mix(wood, "#ffffff", 0.12 if k > 0.5 else 0.0))


def _pond(s, z, x0, x1) -> None:
    """A pond with ducks that lies across the lawn; z (near, far) metres."""
    near, far = z
    middle, half = (x0 + x1) / 2, (x1 - x0) / 2
    d = np.hypot((s.X - middle) / half, (s.Z - (near + far) / 2) / ((far - near) / 2))
    s.ground_blend(np.clip((1.12 - d) * 9, 0, 1), "#c8b890", 0.9)
    s.ground_blend(np.clip((1.0 - d) * 12, 0, 1), "#4aa0c8", 1.0)
    s.ground_blend(np.clip((1.0 - d) * 12, 0, 1) * (np.sin(s.Z * 9 + np.sin(s.X * 2)) > 0.75), "#d0ecf4", 0.6)
    for _ in range(s.i(1, 3)):
        zz = near + (far - near) * s.u(0.25, 0.6)
        x, y = at(s, middle + half * s.u(-0.5, 0.5), zz)
        p, side_ = s.ppm(y), s.one(-1, 1)
        s.ell(x, y, 0.3 * p, 0.14 * p, s.one("#f8f8f4", "#8a6a4a"))
        s.dot(x + side_ * 0.26 * p, y - 0.2 * p, 0.1 * p, s.one("#f8f8f4", "#2f7a4a"))
        s.poly(
            [
                (x + side_ * 0.34 * p, y - 0.22 * p),
                (x + side_ * 0.48 * p, y - 0.17 * p),
                (x + side_ * 0.34 * p, y - 0.15 * p),
            ],
            "#f0a02c",
        )


@place(
    "park",
    "in the park",
    "in a park",
    "in a city park",
    "on the grass in the park",
    "on a path through the park",
    "by the pond in the park",
    "on a lawn under the trees",
    acts=(
        ("jogging", ("run",)),
        ("having a picnic", ("floor", "lie")),
        ("doing yoga", ("stand", "floor")),
        ("feeding the ducks", ("stand", "sit", "floor")),
        ("taking a nap", ("lie",)),
        ("throwing a frisbee", ("stand", "jump")),
    ),
    bases=("stand", "walk", "run", "jump", "floor", "sit", "lie"),
    seat="bench",
)
def park(s):
    """Mown lawn, round trees, a curved path with lamps, a bench, a pond with ducks, the town behind."""
    open_air(s)
    y = s.y0
    if s.p(0.7):
        P.skyline(s, y + 3, 16, 52, ("#9fb0c4", "#b8a8a0", "#8a9ab0"), 0.55)
        s.say("the city behind the trees")
    for haze, c in ((0.5, "#6aa060"), (0.3, "#5a9450")):
        for x in np.arange(-10, 270, 20):
            s.blob(x + s.u(-8, 8), y + 2, s.u(13, 20), s.u(10, 24), s.j(c), haze=haze)
    s.blur(s.u(0.2, 0.7))
    grass = s.j(s.one("#6cb848", "#7ac050", "#5fa848"))
    s.plane(y + 5, mix(grass, "#d0e888", 0.3), grass, 0.05, 50, haze=0.08)
    if s.p(0.5):
        s.ground_blend(((s.X / 1.4 + 50) % 2 < 1).astype("f4"), mix(grass, "#1a5a20", 0.25), 0.4)  # mower stripes
    bend, shift = s.u(-0.22, 0.22), s.u(-0.6, 0.6)
    path = np.abs(s.X - shift - bend * (s.Z - 3) - 0.5 * np.sin(s.Z * 0.45))
    s.ground_blend(np.clip((0.95 - path) * 6, 0, 1), s.j("#d8c8a8", 5), 1.0)
    s.ground_blend(np.clip(1 - np.abs(path - 0.97) * 11, 0, 1), "#f0e8d4", 0.8)
    hand = s.one(-1, 1)
    if s.p(0.55):
        z = s.u(5.6, 6.4)
        edges = sorted((hand * 0.9, hand * s.u(3.2, 4.2)))
        _pond(s, (z, z + s.u(2.5, 4)), *edges)
        s.say("a pond with ducks", "a small pond")
    for yy, k in sorted(zip(s.rng.uniform(y + 14, 196, 4), (-1, 1, hand, -hand))):
        P.tree(
            s, 128 + k * s.u(84, 130), yy, s.ppm(yy), s.u(3.0, 4.4), s.one("#5a9a44", "#6aa84a", "#d88a3a", "#4f8f3a")
        )
    s.say("green trees", "trees")
    yy = s.u(y + 40, 190)
    _park_bench(s, 128 - hand * s.u(58, 88), yy, s.ppm(yy))
    s.say("a park bench", "a wooden bench")
    if s.p(0.6):
        yy = s.u(y + 30, 186)
        P.lamp(s, 128 + hand * s.u(56, 76), yy, s.ppm(yy), 3.2)
        s.say("a street lamp")

    def front():
        P.bush(s, s.one(0, 256), 264, 74, 0.9, "#4a8a3c", s.one(None, ("#f078a8", "#ffffff")))

    return dict(front=front)


def _slide(s, x, y, p, d) -> None:
    """A slide with its ladder; it runs down towards the middle."""
    c = s.j(s.one("#e0403c", "#f0b02c", "#3a7ac8"))
    s.soft_ell(x + d * 0.6 * p, y, 1.3 * p, 0.14 * p, 0.35)
    for k in (-0.3, 0.1):
        s.line([(x + k * p, y), (x + k * p, y - 2.2 * p)], "#3a6ac0", 3)
    for k in np.linspace(0.25, 1.5, 5):
        s.line([(x - 0.3 * p, y - k * p), (x + 0.1 * p, y - k * p)], "#3a6ac0", 2)
    s.rect(x - 0.36 * p, y - 1.62 * p, x + 0.2 * p, y - 1.52 * p, "#f4d04a")
    s.poly(
        [(x - 0.46 * p, y - 2.2 * p), (x - 0.1 * p, y - 2.75 * p), (x + 0.3 * p, y - 2.2 * p)],
        s.one("#e0403c", "#3aa05a", "#f0902c"),
    )
    t = np.linspace(0, 1, 12)
    top = y - (1.55 - 1.43 * (1 - (1 - t) ** 1.5)) * p
    xs = x + d * (0.15 + 1.75 * t) * p
    s.poly(np.vstack([np.stack([xs, top - 0.2 * p], 1), np.stack([xs, top + 0.05 * p], 1)[::-1]]), c)
    s.line(np.stack([xs, top - 0.2 * p], 1), mix(c, "#ffffff", 0.45), 2)


def _swings(s, x, y, p) -> None:
    """A frame with two swings."""
    h, w = 2.3 * p, 1.25 * p
    for k in (-1, 1):
        s.soft_ell(x + k * w, y, 0.5 * p, 0.07 * p, 0.3)
        for q in (-0.35, 0.35):
            s.line([(x + k * w + q * p, y), (x + k * w, y - h)], "#d8403a", 3)
    s.line([(x - w, y - h), (x + w, y - h)], "#f4c83a", 3.4)
    for k, sway in ((-0.5, s.u(-0.3, 0.3)), (0.5, s.u(-0.3, 0.3))):
        top, seat = x + k * w, x + k * w + sway * p
        for q in (-0.16, 0.16):
            s.line([(top + q * p, y - h), (seat + q * p, y - 0.5 * p)], "#5a6068", 1.2)
        s.rect(seat - 0.24 * p, y - 0.54 * p, seat + 0.24 * p, y - 0.46 * p, "#2a2c32")


def _spring_duck(s, x, y, p) -> None:
    """A rocking duck on a spring."""
    c = s.j(s.one("#f0b02c", "#e8609a", "#4ac0a0"))
    for k in range(5):
        s.ell(x, y - 0.08 * p * k, 0.13 * p, 0.05 * p, "#4a4e56" if k % 2 else "#8a9098")
    s.ell(x, y - 0.58 * p, 0.36 * p, 0.2 * p, c)
    s.poly(
        [
            (x + 0.2 * p, y - 0.6 * p),
            (x + 0.3 * p, y - 1.0 * p),
            (x + 0.52 * p, y - 0.94 * p),
            (x + 0.4 * p, y - 0.6 * p),
        ],
        c,
    )
    s.dot(x + 0.41 * p, y - 0.95 * p, 0.15 * p, c)
    s.poly([(x + 0.52 * p, y - 1.0 * p), (x + 0.74 * p, y - 0.9 * p), (x + 0.52 * p, y - 0.86 * p)], "#f0702c")
    s.dot(x + 0.44 * p, y - 0.98 * p, 1.4, "#14141a")


@place(
    "playground",
    "on a playground",
    "at the playground",
    "in the playground",
    "next to the slide",
    "by the swings",
    "at a children's playground",
    acts=(
        ("playing around", ("stand", "jump", "run", "floor")),
        ("playing hopscotch", ("jump",)),
        ("digging in the sand", ("floor",)),
        ("playing tag", ("run",)),
        ("jumping rope", ("jump",)),
    ),
    bases=("stand", "walk", "run", "jump", "floor", "sit"),
    seat="bench",
)
def playground(s):
    """A slide and swings in primary colours, a sandpit, a coloured fence."""
    open_air(s, when=s.one("day", "day", "day", "sunset", "overcast"))
    y = s.y0
    if s.p(0.6):
        P.skyline(s, y + 3, 24, 50, ("#d8a888", "#e0d0b8", "#a8b8c8"), 0.4)
    for x in np.arange(-10, 270, 22):
        s.blob(x + s.u(-8, 8), y + 2, s.u(13, 20), s.u(10, 22), s.j("#5fa050"), haze=0.25)
    s.blur(s.u(0.2, 0.7))
    soft = s.j(s.one("#d8905a", "#c86a58", "#78b85a", "#c8a878"), 6)
    s.plane(y + 5, mix(soft, "#f0e0c0", 0.2), soft, 0.05, 40, haze=0.08)
    for k, x in enumerate(np.arange(-4, 262, 11)):
        s.rect(x, y - 6, x + 7, y + 12, ("#e0403c", "#f4c83a", "#3a7ac8", "#4aa85a")[k % 4])
        s.poly([(x, y - 6), (x + 3.5, y - 11), (x + 7, y - 6)], ("#e0403c", "#f4c83a", "#3a7ac8", "#4aa85a")[k % 4])
    s.say("a colorful fence")
    hand = s.one(-1, 1)
    sand = np.hypot((s.X - hand * s.u(0.2, 0.8)) / s.u(1.7, 2.3), (s.Z - 5.6) / 1.3)
    s.ground_blend(np.clip((1.1 - sand) * 14, 0, 1), "#a8703c", 1.0)
    s.ground_blend(np.clip((1.0 - sand) * 14, 0, 1), "#ecd69c", 1.0)
    s.say("a sandpit", "a sandbox")
    yy = s.u(y + 32, 178)
    _swings(s, 128 - hand * s.u(66, 90), yy, s.ppm(yy))
    s.say("swings", "a swing set")
    yy = s.u(y + 40, 194)
    _slide(s, 128 + hand * s.u(92, 110), yy, s.ppm(yy) * 0.95, -hand)
    s.say("a slide", "a red slide")
    if s.p(0.6):
        yy = s.u(196, 222)
        _spring_duck(s, 128 - hand * s.u(60, 96), yy, s.ppm(yy))
    if s.p(0.5):
        x, yy = 128 + hand * s.u(40, 90), s.u(204, 230)
        s.poly([(x - 7, yy - 12), (x + 7, yy - 12), (x + 5, yy), (x - 5, yy)], s.one("#e0403c", "#3a7ac8"))
        s.say("a bucket")

    def front():
        _spring_duck(s, s.one(24, 220), 264, 92)

    return dict(front=front)


def _flagstick(s, x, y, p) -> None:
    """The hole with its flag."""
    s.ell(x, y, 0.16 * p, 0.05 * p, "#1c2a1c")
    s.line([(x, y), (x, y - 2.1 * p)], "#f4f0d8", 2)
    d = 1 if x < 128 else -1
    s.poly(
        [(x, y - 2.1 * p), (x + d * 0.75 * p, y - 1.85 * p), (x, y - 1.6 * p)], s.one("#e0302c", "#e0302c", "#f4d03a")
    )


def _golf_cart(s, x, y, p) -> None:
    """A white cart with a roof."""
    s.soft_ell(x, y, 1.0 * p, 0.14 * p, 0.4)
    s.poly(
        [
            (x - 0.9 * p, y - 0.3 * p),
            (x - 0.85 * p, y - 0.75 * p),
            (x + 0.2 * p, y - 0.7 * p),
            (x + 0.5 * p, y - 0.9 * p),
            (x + 0.95 * p, y - 0.6 * p),
            (x + 0.95 * p, y - 0.3 * p),
        ],
        "#f8f8f4",
    )
    s.rect(x - 0.35 * p, y - 1.0 * p, x + 0.05 * p, y - 0.65 * p, "#3a5a48")
    for a, b in ((-0.8, -0.75), (0.55, 0.4)):
        s.line([(x + a * p, y - 0.7 * p), (x + b * p, y - 1.75 * p)], "#3a3e46", 1.6)
    s.rect(x - 0.9 * p, y - 1.85 * p, x + 0.6 * p, y - 1.73 * p, "#e8e4d8")
    for k in (-0.55, 0.62):
        s.dot(x + k * p, y - 0.22 * p, 0.24 * p, "#22242a")
        s.dot(x + k * p, y - 0.22 * p, 0.11 * p, "#c8ccd0")


@place(
    "golf",
    "on a golf course",
    "at the golf course",
    "on the green",
    "on the golf green next to the flag",
    "on a fairway",
    "at a golf club",
    acts=(
        ("playing golf", ("stand",)),
        ("playing golf", ("stand", "walk")),
        ("putting a golf ball", ("stand",)),
        ("swinging a golf club", ("stand",)),
        ("celebrating a hole in one", ("jump",)),
    ),
    bases=("stand", "stand", "walk", "jump", "floor"),
)
def golf(s):
    """Rolling mown greens in two tones, white bunkers, a red flag in its hole, a cart."""
    open_air(s, when=s.one("day", "day", "day", "sunset", "overcast"))
    y = s.y0
    for h, c, haze in ((26, "#7aa888", 0.55), (18, "#6ab05a", 0.35), (11, "#7ac058", 0.2)):
        P.hills(s, y + 5, s.u(0.7, 1.2) * h, c, haze, s.u(0.5, 0.9))
    for x in s.rng.uniform(0, S, s.i(7, 12)):
        s.blob(x, y + s.u(-4, 3), s.u(6, 12), s.u(8, 15), s.j("#3f7f44"), haze=0.25)
    s.blur(s.u(0.1, 0.6))
    grass = s.j(s.one("#62b446", "#70bc4c"), 5)
    s.plane(y + 4, mix(grass, "#c8e888", 0.25), grass, 0.05, 50, haze=0.08)
    s.ground_blend((((s.X + 0.5 * s.Z) / 1.5 + 60) % 2 < 1).astype("f4"), mix(grass, "#0c5a28", 0.3), 0.4)
    hand = s.one(-1, 1)
    centre, zg = hand * s.u(0.9, 1.7), s.u(5.6, 6.6)
    d = np.hypot((s.X - centre) / 2.3, (s.Z - zg) / 1.9)
    s.ground_blend(np.clip((1.08 - d) * 12, 0, 1), mix(grass, "#0c5a28", 0.25), 0.8)
    s.ground_blend(np.clip((1.0 - d) * 12, 0, 1), mix(grass, "#d8ff9a", 0.4), 1.0)
    for _ in range(2):
        bx, bz = -hand * s.u(1.2, 2.8), s.u(6, 13)
        bunker = np.hypot((s.X - bx + 0.3 * np.sin(s.Z * 3)) / s.u(0.8, 1.3), (s.Z - bz) / s.u(0.8, 1.3))
        s.ground_blend(np.clip((1.15 - bunker) * 8, 0, 1), mix(grass, "#1a4a14", 0.4), 0.7)
        s.ground_blend(np.clip((1.0 - bunker) * 10, 0, 1), "#f4e8c4", 1.0)
    s.say("a sand bunker", "sand bunkers")
    x, yy = at(s, centre + s.u(-0.3, 0.3), zg)
    _flagstick(s, x, yy, s.ppm(yy) * 1.1)
    s.say("a red flag", "a flag in the hole")
    if s.p(0.6):
        yy = s.u(y + 34, 186)
        _golf_cart(s, 128 - hand * s.u(76, 104), yy, s.ppm(yy) * 0.9)
        s.say("a golf cart")
    for k in (-1, 1):
        if s.p(0.55):
            yy = s.u(y + 10, y + 34)
            P.tree(s, 128 + k * s.u(98, 126), yy, s.ppm(yy), s.u(3, 4.6), "#4a8f40")
    x, yy = 128 + s.one(-1, 1) * s.u(40, 64), s.u(228, 246)
    s.ground_shadow(x, yy, 3, 0.4)
    s.dot(x, yy - 2.6, 3, "#ffffff")

    def front():
        x = s.one(20, 236)
        s.poly(
            [(x - 16, 262), (x - 18, 216), (x + 18, 216), (x + 16, 262)], s.j(s.one("#2f4a7a", "#8a2f34", "#22242c"))
        )
        s.ell(x, 216, 18, 5, "#14161c")
        for k in (-10, -3, 4, 11):
            s.line([(x + k, 216), (x + k * 1.3, 194)], "#c8ccd0", 2)
            s.ell(x + k * 1.3, 192, 4.5, 3, "#e8eaec")

    return dict(front=front, front_say="a golf bag")
