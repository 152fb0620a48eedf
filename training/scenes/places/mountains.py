"""Mountains: in the snow, and a summit in summer."""

from __future__ import annotations

import numpy as np

from .. import props as P
from ..canvas import S, fractal, mix, wrap
from .registry import place
from .setting import open_air, side


def _drifts(s, snow) -> None:
    """Blue shadows on the snow, and now and then the tracks of two skis."""
    v = wrap(fractal(512, 1.6, 6), s.X * 8 + 100, s.Z * 14 + 50)
    s.ground_blend(np.clip(v * 0.6, 0, 1), "#a8c2ea", 0.45)
    for _ in range(s.i(0, 2)):
        start = s.u(-2, 2)
        for gap in (0, 0.3):
            distance = np.abs(s.X - start - gap - np.sin(s.Z * 0.5) * 0.6)
            s.ground_blend(np.clip((0.05 - distance) * s.f / s.Z * 0.8 + 0.5, 0, 1), "#9ab4dc", 0.7)


def _snowman(s, x, y, p) -> None:
    """Three balls, a carrot and a red scarf."""
    s.ground_shadow(x, y, 0.5 * p, 0.3)
    for up, r in ((0.4, 0.45), (1.0, 0.32), (1.42, 0.22)):
        s.round_shade(x, y - up * p, r * p, "#f6faff", 0.85)
    s.poly([(x, y - 1.45 * p), (x + 0.3 * p, y - 1.38 * p), (x, y - 1.36 * p)], "#f0822c")
    for k in (-0.08, 0.08):
        s.dot(x + k * p, y - 1.5 * p, 1.4, "#14141c")
    s.line([(x - 0.3 * p, y - 1.2 * p), (x + 0.3 * p, y - 1.2 * p)], "#d03a3a", 3)
    for d in (-1, 1):
        s.line([(x + d * 0.28 * p, y - 1.05 * p), (x + d * 0.75 * p, y - 1.35 * p)], "#5a4028", 2)


def _chalet(s, x, y, p) -> None:
    """A wooden hut with a thick white roof and lit windows."""
    wood = s.j("#8a5a34")
    s.rect(x - 1.5 * p, y - 1.5 * p, x + 1.5 * p, y, wood)
    for k in np.arange(0.2, 1.5, 0.2):
        s.line([(x - 1.5 * p, y - k * p), (x + 1.5 * p, y - k * p)], mix(wood, "#1c0c04", 0.3), 1)
    for k in (-0.8, 0.8):
        s.rect(x + (k - 0.3) * p, y - 1.1 * p, x + (k + 0.3) * p, y - 0.55 * p, "#ffdf90", raw=s.dark)
    s.rect(x - 0.28 * p, y - 1.0 * p, x + 0.28 * p, y, "#4a2c1c")
    s.poly([(x - 2.0 * p, y - 1.35 * p), (x, y - 2.7 * p), (x + 2.0 * p, y - 1.35 * p), (x, y - 2.2 * p)], "#f4f8ff")
    s.poly([(x - 1.5 * p, y - 1.5 * p), (x, y - 2.35 * p), (x + 1.5 * p, y - 1.5 * p)], mix(wood, "#1c0c04", 0.2))


@place(
    "snow",
    "on a snowy mountain",
    "in the snow",
    "in the mountains in winter",
    "on a ski slope",
    "in a snowy landscape",
    "in deep snow",
    acts=(
        ("skiing", ("stand",)),
        ("skiing", ("stand",)),
        ("snowboarding", ("stand",)),
        ("building a snowman", ("stand", "floor")),
        ("mountain climbing", ("walk",)),
        ("throwing a snowball", ("stand",)),
    ),
    dress="warm",
    seat="rock",
)
def snow(s):
    """White peaks, firs under snow, blue shadows; now and then a snowman or a hut."""
    open_air(s, when=s.one("day", "day", "overcast", "sunset", "night"))
    y = s.y0
    P.ridge(s, y + 6, s.u(58, 92), s.j("#6a7f9c"), 0.5, 0.35, 0.5, n=s.i(13, 19))
    P.ridge(s, y + 8, s.u(22, 48), s.j("#4f6580"), 0.5, 0.25, 0.45, n=18)
    x = -4.0
    while x < S:
        P.conifer(s, x, y + 12, 1, s.u(8, 17), "#2f5a52", 0.3, 1)
        x += s.u(3, 12)
    white = s.j("#f2f7ff", 2)
    s.rect(0, y + 9, S, y + 24, mix(white, "#a8c0e0", 0.4), haze=0.2)
    s.blur(s.u(0, 0.7))
    P.hills(s, y + 22, 16, mix(white, "#a8c0e0", 0.3), 0.1)
    s.plane(y + 16, mix(white, "#b8cce8", 0.35), white, 0.025, 18, haze=0.05)
    _drifts(s, white)
    if s.p(0.25):
        yy = s.u(y + 30, y + 44)
        _chalet(s, side(s, 40), yy, s.ppm(yy) * 0.75)
        s.say("a wooden hut", "a mountain cabin")
    for yy in np.sort(s.rng.uniform(y + 18, 215, s.i(2, 6))):
        P.conifer(s, side(s, -5), yy, s.ppm(yy), s.u(2.2, 4.2), "#2f6050", 0.1, 1)
    s.say("snow-capped peaks", "snowy pine trees", "high mountains")
    if s.p(0.25):
        yy = s.u(200, 225)
        _snowman(s, side(s, 30), yy, s.ppm(yy) * 0.8)
        s.say("a snowman")
    if s.p(0.45):
        for _ in range(s.i(60, 160)):
            s.dot(s.u(0, S), s.u(0, S), s.u(0.6, 1.7), "#ffffff")
        s.say("snow is falling", "snowflakes in the air")

    def front():
        if s.p(0.6):
            P.hills(s, 262, 26, white, 0.0, 0.5)
        else:
            P.conifer(s, s.one(8, 248), 262, 60, 2.2, "#2f6050", 0, 1)

    return dict(front=front)


def _cairn(s, x, y, p) -> None:
    """A heap of flat stones that marks the way."""
    s.ground_shadow(x, y, 0.35 * p, 0.35)
    up = 0.0
    for r in (0.36, 0.3, 0.24, 0.17, 0.1):
        s.ell(x + s.u(-0.04, 0.04) * p, y - (up + r * 0.4) * p, r * p, r * 0.5 * p, s.j("#8a8884"))
        up += r * 0.72


def _signpost(s, x, y, p) -> None:
    """A hiking signpost with yellow arrows."""
    s.soft_ell(x, y, 0.12 * p, 0.05 * p, 0.4)
    s.line([(x, y), (x, y - 1.9 * p)], "#6a4a30", 3)
    for up, d in ((1.75, s.one(-1, 1)), (1.45, s.one(-1, 1))):
        a, b = x - d * 0.12 * p, x + d * 0.62 * p
        top, low = y - up * p, y - (up - 0.22) * p
        s.poly([(a, top), (b, top), (b + d * 0.16 * p, (top + low) / 2), (b, low), (a, low)], "#f0c83a")
        s.line([(a + d * 4, (top + low) / 2), (b - d * 2, (top + low) / 2)], "#3a3020", 1.2)


@place(
    "mountain",
    "on a mountain top",
    "on top of a mountain",
    "in the mountains",
    "on a mountain peak",
    "on a hiking trail in the mountains",
    "high above the valley",
    "on a rocky summit",
    acts=(
        ("hiking", ("walk", "stand")),
        ("mountain climbing", ("walk",)),
        ("enjoying the view", ("stand", "sit", "floor")),
        ("doing yoga", ("stand", "floor")),
        ("celebrating", ("jump", "stand")),
        ("meditating", ("floor",)),
    ),
    seat="rock",
)
def mountain(s):
    """A grassy, stony summit high above a green valley with a lake; ranges fade in the distance."""
    open_air(s, horizon=(96, 122), when=s.one("day", "day", "day", "sunset", "overcast", "night"))
    y = s.y0
    P.ridge(s, y + 12, s.u(66, 94), s.j("#8a9ab8"), 0.4, 0.5, 0.4, n=s.i(10, 15))
    P.ridge(s, y + 20, s.u(30, 52), s.j("#6a8494"), 0.5, 0.42, s.one(None, 0.25), n=16)
    s.vgrad(y + 18, y + 60, [s.lit("#8ab070", 0.45), s.lit("#6a9a58", 0.2)])
    if s.p(0.6):
        lake = 128 + s.u(-70, 70)
        s.ell(lake, y + 26, s.u(24, 44), s.u(3, 5), "#5aa8d0", haze=0.2)
        s.say("a lake in the valley")
    for h, c, haze in ((14, "#5a8a50", 0.35), (10, "#4a7a44", 0.2)):
        P.hills(s, y + 34 + (0.35 - haze) * 60, h, c, haze, 1.4)
    for _ in range(s.i(0, 3)):
        P.cloud(s, s.u(0, S), y + s.u(14, 30), s.u(8, 16), mix("#ffffff", s.haze_col, 0.3))
    s.blur(s.u(0.2, 0.8))
    rise, peak = s.u(8, 20), 128 + s.u(-50, 50)
    xs = np.linspace(0, S, 24)
    top = y + s.u(38, 46) - rise * np.exp(-(((xs - peak) / 70) ** 2)) + 2 * np.sin(xs / 9)
    turf = s.j(s.one("#8aa058", "#9a9a60", "#7a9a50"))
    s.poly([(0, S), *zip(xs, top), (S, S)], mix(turf, "#c8c890", 0.2), haze=0.06)
    s.plane(max(top) + 1, mix(turf, "#c8c890", 0.2), mix(turf, "#3a3a1c", 0.15), 0.16, 30, haze=0.04)
    bend = s.u(-0.6, 0.6)
    path = np.clip(1.2 - np.abs(s.X - bend * (s.Z - 3) - 0.3 * np.sin(s.Z * 1.4)) * 2.2, 0, 1)
    s.ground_blend(path, "#c8b088", 0.8)
    for _ in range(s.i(5, 9)):
        yy = s.u(max(top) + 3, 246)
        P.rock(s, side(s, -4), yy, s.ppm(yy) * s.u(0.14, 0.42), s.j("#9a9894", 6))
    for k in (-1, 1):
        if s.p(0.5):
            P.rock(s, 128 + k * s.u(112, 130), s.u(176, 214), s.u(26, 44), s.j("#8a8a8c", 6), h=s.u(0.9, 1.6))
    hand = s.one(-1, 1)
    yy = s.u(max(top) + 6, 206)
    if s.p(0.5):
        _signpost(s, 128 + hand * s.u(56, 92), yy, s.ppm(yy) * 0.9)
        s.say("a signpost")
    else:
        _cairn(s, 128 + hand * s.u(56, 92), yy, s.ppm(yy))
        s.say("a pile of stones")
    for _ in range(s.i(4, 14)):
        yy = s.u(200, 254)
        P.flower(s, side(s, -4), yy, 38, s.j(s.one("#8a6ad8", "#f8e04a", "#ffffff", "#e86a9a")))
    s.say("distant mountains", "a green valley", "mountain ranges to the horizon")

    def front():
        P.rock(s, s.one(6, 250), 262, s.u(26, 42), "#7a7878", h=0.8)

    return dict(front=front)
