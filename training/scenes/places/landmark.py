"""Landmarks that everybody knows by their outline: castle, pyramids, Paris."""

from __future__ import annotations

import numpy as np

from .. import props as P
from ..canvas import S, mix
from .registry import place
from .setting import open_air, side


def _battlement(s, x0, x1, y, c, size=4.0) -> None:
    """Merlons along the top of a wall."""
    for x in np.arange(x0, x1 - size / 2, 2 * size):
        s.rect(x, y - size * 1.2, min(x + size, x1), y + 1, c)


def _tower(s, x, w, top, foot, stone, roof) -> None:
    """A round tower; `roof` is the colour of its cone, or None for battlements."""
    s.rect(x - w, top, x + w, foot, stone)
    shade = sorted((x - s.light * w, x - s.light * w * 0.35))
    s.rect(shade[0], top, shade[1], foot, mix(stone, "#101028", 0.28))
    s.rect(x - w - 2, top - 2, x + w + 2, top + 4, mix(stone, "#ffffff", 0.15))
    if roof is None:
        _battlement(s, x - w - 2, x + w + 2, top - 2, mix(stone, "#ffffff", 0.1), max(2.5, w * 0.3))
        tip = top - 4
    else:
        tip = top - 2.6 * w
        s.poly([(x - w - 3, top - 2), (x, tip), (x + w + 3, top - 2)], roof)
        s.poly(
            [(x, tip), (x - s.light * (w + 3), top - 2), (x - s.light * w * 0.2, top - 2)], mix(roof, "#100820", 0.3)
        )
    s.line([(x, tip), (x, tip - 12)], "#4a4038", 1)
    wind = 10 * s.light
    s.poly([(x, tip - 12), (x + wind, tip - 9), (x, tip - 6)], s.one("#d8302c", "#f0c030", "#3a6ac8"))
    for k in (0.3, 0.6):
        yy = top + (foot - top) * k
        s.rect(x - 1.8, yy - 4, x + 1.8, yy + 4, "#ffd880" if s.dark else "#2a2430", raw=s.dark)
        s.ell(x, yy - 4, 1.8, 2.2, "#ffd880" if s.dark else "#2a2430", raw=s.dark)


def _gatehouse(s, x, y, w, h, stone) -> None:
    """The castle's gate with a portcullis."""
    s.rect(x - w, y - h, x + w, y, mix(stone, "#ffffff", 0.06))
    _battlement(s, x - w, x + w, y - h, mix(stone, "#ffffff", 0.1), 4)
    s.rect(x - w * 0.5, y - h * 0.5, x + w * 0.5, y, "#2a1c18")
    s.ell(x, y - h * 0.5, w * 0.5, w * 0.5, "#2a1c18", a0=180, a1=360)
    for q in np.linspace(-0.4, 0.4, 5):
        s.line([(x + q * w, y - h * 0.62), (x + q * w, y)], "#6a5a48", 1)


@place(
    "castle",
    "in front of a castle",
    "at a medieval castle",
    "near an old castle",
    "outside a fairy tale castle",
    "in a castle courtyard",
    "at the castle gate",
    acts=(
        ("standing guard", ("stand",)),
        ("fighting with a sword", ("stand",)),
        ("charging into battle", ("run",)),
        ("bowing to the king", ("stand", "floor")),
        ("practicing archery", ("stand",)),
    ),
    seat="log",
)
def castle(s):
    """Towers with cone roofs and flags, battlements, a gate, a path across the meadow."""
    open_air(s, horizon=(112, 136))
    y = s.y0
    P.ridge(s, y + 4, s.u(20, 44), "#6a7f9c", 0.5, 0.5)
    P.hills(s, y + 5, s.u(8, 18), "#6a9a5a", 0.35, 0.8)
    stone = s.j(s.one("#b0aaa0", "#c8b898", "#9a9aa4", "#d8d0c8"), 5)
    roof = s.j(s.one("#4a6ab0", "#a8443c", "#5a4a8a", "#3a7a70"))
    cx, foot = 128 + s.u(-30, 30), y + s.u(8, 14)
    k = s.u(1.0, 1.2)
    grass = s.j(s.one("#6aa04a", "#7aa850", "#5f9048"))
    s.rect(0, y + 3, S, foot + 1, mix(grass, "#c8e080", 0.2), haze=0.15)
    for dx, w, h, cone in ((-74, 10, 46, True), (74, 10, 50, True), (-26, 11, 82, True), (28, 12, 68, s.p(0.5))):
        _tower(s, cx + dx * k, w * k, foot - h * k, foot, mix(stone, s.haze_col, 0.12), roof if cone else None)
    s.rect(cx - 46 * k, foot - 50 * k, cx + 46 * k, foot, mix(stone, "#101028", 0.08))
    _battlement(s, cx - 46 * k, cx + 46 * k, foot - 50 * k, stone, 4)
    P.windows(
        s, cx - 38 * k, foot - 42 * k, cx + 40 * k, foot - 28 * k, 13, 12, "#ffd880" if s.dark else "#2a2430", 0.9
    )
    s.rect(cx - 100 * k, foot - 26 * k, cx + 100 * k, foot, stone)
    _battlement(s, cx - 100 * k, cx + 100 * k, foot - 26 * k, mix(stone, "#ffffff", 0.08), 4)
    for _ in range(26):
        q, r = cx + s.u(-98, 96) * k, s.u(foot - 22 * k, foot - 3)
        s.rect(q, r, q + 5, r + 2.4, mix(stone, "#302828", s.u(0.1, 0.25)))
    for dx in (-98, 98):
        _tower(s, cx + dx * k, 13 * k, foot - 44 * k, foot + 2, stone, roof if s.p(0.6) else None)
    _gatehouse(s, cx, foot + 1, 15 * k, 34 * k, stone)
    s.say("tall towers", "a stone castle with towers", "flags on the towers")
    s.blur(s.u(0, 0.5))
    s.plane(foot, mix(grass, "#c8e080", 0.2), grass, 0.1, 40, haze=0.1)
    gate = (cx - 128) / s.f
    path = np.clip(1.3 - np.abs(s.X - gate * s.Z * np.clip(s.Z / 14, 0, 1) - 0.3 * np.sin(s.Z * 0.5)) * 1.5, 0, 1)
    s.ground_blend(path, s.j("#cbb48a"), 0.95)
    if s.p(0.4):
        moat = np.clip(1 - np.abs(s.Z - s.u(11, 14)) / 1.6, 0, 1) * (path < 0.6)
        s.ground_blend((moat > 0.2).astype("f4"), "#3a86b8", 0.9)
        s.say("a moat")
    for _ in range(s.i(1, 3)):
        yy, x = s.u(foot + 8, 196), 128 + s.one(-1, 1) * s.u(98, 126)
        if s.p(0.5):
            P.tree(s, x, yy, s.ppm(yy), s.u(1.6, 2.6), "#4f8f3a")
        else:
            P.bush(s, x, yy, s.ppm(yy), 0.9)
    if s.p(0.6):
        _banner(s, side(s, 16), s.u(176, 200))
        s.say("a knight's banner", "a banner")

    def front():
        P.bush(s, s.one(0, 256), 264, 76, 0.9, "#4a8a3c")

    return dict(front=front)


def _banner(s, x, y) -> None:
    """A tall striped banner on a pole."""
    p, d = 0.8 * s.ppm(y), 1 if x < 128 else -1
    a, b = s.one(("#d8302c", "#f4d04a"), ("#2f5fc0", "#f4f4f0"), ("#3a8a4a", "#f4d04a"))
    s.soft_ell(x, y, 5, 2, 0.4)
    s.line([(x, y), (x, y - 2.6 * p)], "#6a4a30", 2.4)
    for k in range(4):
        top = y - (2.55 - 0.3 * k) * p
        s.poly(
            [(x, top), (x + d * 0.7 * p, top + 3), (x + d * 0.7 * p, top + 0.3 * p + 3), (x, top + 0.3 * p)],
            a if k % 2 else b,
        )


def _pyramid(s, x, y, w, h, c, haze) -> None:
    """A stepped pyramid with a lit and a shaded face."""
    edge = x - s.light * w * 0.25
    s.poly([(x - w, y), (x, y - h), (x + w, y)], c, haze=haze)
    s.poly([(x - s.light * w, y), (x, y - h), (edge, y)], mix(c, "#4a2030", 0.4), haze=haze)
    for t in np.arange(0.06, 0.96, 0.075):
        half = w * (1 - t)
        s.line([(x - half, y - h * t), (x + half, y - h * t)], mix(c, "#5a3418", 0.28), 1, haze=haze)


def _camel(s, x, y, p) -> None:
    """A one-humped camel with a saddle blanket."""
    c, d = s.j("#c08a4a", 6), s.one(-1, 1)

    def q(a, b):
        return x + d * a * p, y - b * p

    s.soft_ell(x, y, 1.0 * p, 0.12 * p, 0.4)
    for a in (-0.6, -0.42, 0.4, 0.58):
        s.taper(*q(a * 0.9, 1.0), *q(a, 0), 0.17 * p, 0.11 * p, mix(c, "#301808", 0.2))
    s.ell(*q(0, 1.2), 0.8 * p, 0.38 * p, c)
    s.ell(*q(-0.05, 1.5), 0.36 * p, 0.36 * p, c)
    s.poly([q(0.55, 1.3), q(0.75, 1.05), q(1.15, 1.7), q(1.05, 1.9)], c)
    s.poly([q(1.0, 1.95), q(1.12, 2.05), q(1.48, 1.88), q(1.44, 1.76), q(1.1, 1.7)], c)
    s.poly([q(-0.35, 1.75), q(0.25, 1.75), q(0.3, 1.05), q(-0.4, 1.05)], s.one("#c8303c", "#3a5ab0", "#2f8a6a"))
    for b in (1.2, 1.45):
        s.line([q(-0.36, b), q(0.28, b)], "#f0c84a", max(1, 0.06 * p))


@place(
    "pyramids",
    "in front of the pyramids",
    "in egypt",
    "at the pyramids of giza",
    "near the egyptian pyramids",
    "in ancient egypt",
    "by the great pyramid",
    acts=(
        ("exploring an ancient tomb", ("walk", "stand")),
        ("leading a camel", ("walk",)),
        ("taking photos", ("stand",)),
        ("digging for treasure", ("stand", "floor")),
        ("walking like an egyptian", ("walk", "stand")),
    ),
    seat="rock",
)
def pyramids(s):
    """Three great pyramids over yellow sand, a camel, palms."""
    open_air(s, horizon=(108, 134), when=s.one("day", "day", "day", "sunset", "sunset", "night"), clouds=s.p(0.2))
    y = s.y0
    sand = s.j(s.one("#e0b468", "#d8a858", "#e8c888"), 5)
    c = s.j(s.one("#d8aa60", "#c89a58", "#e0b878"), 5)
    s.rect(0, y + 3, S, y + 14, mix(sand, "#f4e0a8", 0.2), haze=0.15)
    big = 128 + s.u(-40, 40)
    d = s.one(-1, 1)
    _pyramid(s, big - d * s.u(84, 100), y + 5, s.u(30, 40), s.u(26, 36), c, 0.35)
    _pyramid(s, big + d * s.u(66, 84), y + 8, s.u(54, 64), s.u(50, 60), c, 0.22)
    _pyramid(s, big, y + 12, s.u(84, 96), s.u(82, 94), c, 0.1)
    s.say("three pyramids", "the great pyramid", "ancient pyramids")
    s.blur(s.u(0, 0.4))
    s.plane(y + 8, mix(sand, "#f4e0a8", 0.2), sand, 0.04, 34, haze=0.1)
    ripples = 0.5 + 0.5 * np.sin(s.Z * 10 + 3 * np.sin(s.X * 1.3))
    s.ground_blend(ripples * np.clip((s.Y - y - 20) / 50, 0, 1), mix(sand, "#8a4a20", 0.4), 0.25)
    s.soft([(big - s.light * 60, y + 12), (big + 20, y + 12), (big - s.light * 170, y + 34)], "#301020", 0.3, 3)
    hand = s.one(-1, 1)
    if s.p(0.75):
        yy = y + s.u(28, 60)
        _camel(s, 128 + hand * s.u(62, 96), yy, s.ppm(yy) * 0.92)
        s.say("a camel", "a camel with a red blanket")
    for _ in range(s.i(1, 2)):
        yy = y + s.u(18, 50)
        P.palm(s, 128 - hand * s.u(76, 116), yy, s.ppm(yy), s.u(3.2, 4.6))
    s.say("palm trees", "desert sand")
    for yy in np.sort(s.rng.uniform(y + 30, 248, s.i(2, 5))):
        x, w = side(s, 4), s.ppm(yy) * s.u(0.16, 0.3)
        s.box(x - w, yy - w * 1.1, x + w, yy, s.j(c, 6), w * 0.4, w * 0.3)

    def front():
        x = s.one(10, 246)
        s.box(x - 34, 226, x + 34, S + 4, s.j(c, 5), 10, 7)
        s.line([(x - 34, 242), (x + 34, 242)], mix(c, "#5a3418", 0.4), 1.5)

    return dict(front=front)


def _eiffel_tower(s, x, y, h) -> None:
    """The iron tower: four arched legs, two platforms, a spire."""
    c = "#8a6a4a" if not s.dark else "#ffc860"
    raw = s.dark
    t = np.linspace(0, 1, 24)
    half = h * (0.24 * np.exp(-t * 3.4) + 0.012 * (1 - t))
    left = np.stack([x - half, y - h * t], 1)
    right = np.stack([x + half, y - h * t], 1)
    s.poly(np.vstack([left, right[::-1]]), c, haze=0.1, raw=raw)
    sky = tuple(float(v) for v in s.im[int(max(y - h * 0.1, 0)), int(np.clip(x + h * 0.3, 0, S - 1))])
    s.poly(
        [
            (x - h * 0.15, y + 1),
            (x - h * 0.08, y - h * 0.09),
            (x, y - h * 0.125),
            (x + h * 0.08, y - h * 0.09),
            (x + h * 0.15, y + 1),
        ],
        sky,
        raw=True,
    )
    s.poly([(x - h * 0.062, y - h * 0.19), (x, y - h * 0.33), (x + h * 0.062, y - h * 0.19)], sky, raw=True)
    dark = mix(c, "#201008", 0.45)
    for a, b in ((0.0, 0.16), (0.19, 0.36), (0.38, 0.9)):
        n = 4 if b < 0.5 else 9
        for k in range(n):
            t0, t1 = a + (b - a) * k / n, a + (b - a) * (k + 1) / n
            w0, w1 = (h * (0.24 * np.exp(-v * 3.4) + 0.012 * (1 - v)) for v in (t0, t1))
            for q in (-1, 1):
                s.line([(x + q * w0, y - h * t0), (x + q * w1 * 0.72, y - h * t1)], dark, 1, haze=0.1, raw=raw)
    for up, w in ((0.165, 0.15), (0.36, 0.085), (0.9, 0.03)):
        s.rect(x - h * w, y - h * (up + 0.022), x + h * w, y - h * up, dark, raw=raw)
    s.line([(x, y - h), (x, y - h * 1.06)], dark, 1.4, raw=raw)
    if s.dark:
        s.glow(x, y - h * 0.4, h * 0.6, "#ffc860", 0.35)


@place(
    "paris",
    "in paris",
    "in front of the eiffel tower",
    "near the eiffel tower",
    "under the eiffel tower",
    "in paris with the eiffel tower in the background",
    "in france",
    acts=(
        ("sightseeing", ("stand", "walk")),
        ("taking a selfie", ("stand",)),
        ("having a romantic walk", ("walk",)),
        ("having a picnic", ("floor",)),
        ("painting a picture", ("stand", "sit")),
    ),
    bases=("stand", "walk", "run", "jump", "floor", "sit"),
    seat="bench",
)
def paris(s):
    """The Eiffel tower over lawns and a gravel walk, grey roofs, round trees and lamps."""
    open_air(s, horizon=(116, 138))
    y = s.y0
    x = -6.0
    while x < S:  # cream houses with grey roofs
        w, h = s.u(22, 34), s.u(16, 24)
        c = s.j("#e4d8c0", 5)
        s.rect(x, y - h, x + w, y + 5, c, haze=0.3)
        s.poly([(x - 1, y - h), (x + 3, y - h - 8), (x + w - 3, y - h - 8), (x + w + 1, y - h)], "#6a7484", haze=0.3)
        P.windows(s, x + 3, y - h + 3, x + w - 2, y + 2, 5, 7, "#ffe9a0" if s.dark else "#5a6878", 0.95, 0.3)
        x += w
    tower = 128 + s.one(-1, 1) * s.u(26, 64)
    _eiffel_tower(s, tower, y + 6, (y - s.u(2, 16)) / 1.06)
    s.say("the eiffel tower", "the tall eiffel tower")
    for x in np.arange(-8, 268, 17):
        if abs(x - tower) > 22:
            s.blob(x + s.u(-5, 5), y + 1, s.u(10, 14), s.u(8, 13), s.j("#5a8f4a"), haze=0.22)
    s.blur(s.u(0, 0.4))
    grass = s.j(s.one("#6ab04a", "#78b058"))
    s.plane(y + 6, mix(grass, "#c8e080", 0.25), grass, 0.06, 50, haze=0.1)
    aim = (tower - 128) / s.f
    walk = np.abs(s.X - aim * s.Z * np.clip((s.Z - 3) / 12, 0, 1))
    gravel = s.j("#e0d0b0", 4)
    s.ground_blend(np.clip((1.5 - walk) * 6, 0, 1), gravel, 1.0)
    s.ground_blend(np.clip(1 - np.abs(walk - 1.52) * 9, 0, 1), "#f8f4e8", 0.9)
    for zz in (15, 8):
        for k in (-1, 1):
            yy = s.row(zz)
            px = 128 + (aim * zz * np.clip((zz - 3) / 12, 0, 1) + k * s.u(3.2, 3.8)) * s.f / zz
            P.tree(s, px, yy, s.ppm(yy), s.u(2.4, 3.2), "#5a9a44")
    if s.p(0.7):
        yy = s.row(s.u(5, 6.5))
        P.lamp(s, 128 + s.one(-1, 1) * s.u(66, 100), yy, s.ppm(yy), 3.4)
        s.say("a street lamp")
    for k in (-1, 1):
        for _ in range(s.i(3, 6)):
            yy = s.u(196, 250)
            P.flower(s, 128 + k * s.u(86, 130), yy, 50, s.j(s.one("#e8404a", "#f8d840", "#f078a8")))
    s.say("a park", "trees along the walk", "flowers")

    def front():
        P.bush(s, s.one(2, 254), 264, 72, 0.9, "#4a8a3c", ("#e8404a", "#ffffff"))

    return dict(front=front)
