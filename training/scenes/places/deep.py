"""Fire and rock: at the foot of a volcano, inside a crystal cave."""

from __future__ import annotations

import numpy as np

from .. import props as P
from ..canvas import H, S, fractal, mix, wrap
from .registry import place
from .setting import open_air, side


@place(
    "volcano",
    "on a volcano",
    "at the foot of a volcano",
    "in front of an erupting volcano",
    "near a river of lava",
    "next to a volcano",
    "in a land of lava",
    acts=(
        ("running away from the lava", ("run",)),
        ("fleeing an eruption", ("run", "walk")),
        ("exploring", ("walk", "stand")),
        ("watching the eruption", ("stand", "floor", "sit")),
    ),
    seat="rock",
)
def volcano(s):
    """A dark cone that spits fire under a smoke cloud, rivers of orange lava in black rock."""
    open_air(s, when=s.one("sunset", "night", "overcast", "night"), clouds=False)
    y = s.y0
    sky = s.one(("#1a1020", "#6a2028", "#e07030"), ("#201418", "#7a3428", "#d89048"), ("#120c1c", "#40182c", "#a03c28"))
    s.vgrad(0, y + 6, [s.j(c, 5) for c in sky])
    s.tint = np.array([0.72, 0.62, 0.6])
    s.haze_col = mix(sky[2], "#5a3030", 0.4)
    cx, w, h = 128 + s.u(-50, 50), s.u(90, 120), s.u(56, 74)
    ash = s.j("#4a4048")
    for k in range(16):
        t = k / 16
        r = 9 + 30 * t
        s.blob(
            cx + s.u(-12, 12) * (1 + 2 * t) - s.light * 40 * t,
            y - h - 6 - 62 * t,
            r,
            r * 0.8,
            mix(ash, "#8a7070", s.u(0, 0.5)),
        )
    s.glow(cx, y - h - 4, 60, "#ff7a2c", 0.8)
    for _ in range(34):
        a = s.u(0.6, 2.5)
        r = s.u(8, 44)
        s.dot(
            cx + np.cos(a) * r * 0.8,
            y - h - np.sin(a) * r,
            s.u(0.8, 2.4),
            s.one("#ffb03a", "#ff6a1c", "#ffe27a"),
            raw=True,
        )
    s.poly(
        [(cx - 7, y - h), (cx - 3, y - h - 20), (cx, y - h - 30), (cx + 4, y - h - 16), (cx + 7, y - h)],
        "#ffb040",
        raw=True,
    )
    rock = s.j("#3a3036", 6)
    left = [(cx - w, y + 6), (cx - w * 0.45, y - h * 0.5), (cx - 11, y - h)]
    right = [(cx + 11, y - h), (cx + w * 0.42, y - h * 0.52), (cx + w, y + 6)]
    s.poly([*left, *right], rock)
    s.poly(
        [left[2], (cx, y - h * 0.9), (cx - s.light * 20, y + 6), left[0] if s.light > 0 else right[2]],
        mix(rock, "#000008", 0.35),
    )
    for _ in range(s.i(2, 3)):
        _lava_stream(s, cx + s.u(-6, 6), y - h, cx + s.u(-55, 55), y + 6)
    s.say("an erupting volcano", "smoke and fire", "glowing lava")
    P.ridge(s, y + 8, s.u(8, 18), "#2a2228", 0.6, 0.1)
    s.blur(s.u(0, 0.5))
    s.plane(y + 5, mix(rock, "#6a3c30", 0.3), mix(rock, "#0c080c", 0.3), 0.2, 26, haze=0.05)
    bend = 1.1 * s.one(-1, 1) * s.u(0.8, 1.3)
    width = 0.35 + 0.12 * np.sin(s.Z * 1.3)
    d = np.abs(s.X - bend - 0.9 * np.sin(s.Z * 0.55 + s.u(0, 6)) * np.minimum(s.Z / 6, 1.6))
    flow = np.clip((width - d) * 6, 0, 1)
    _glow_on_ground(s, np.clip((width + 0.5 - d) * 1.2, 0, 1), "#a02c10", 0.7)
    _glow_on_ground(s, flow, "#ff6a18", 1.0)
    _glow_on_ground(s, np.clip((width * 0.5 - d) * 6, 0, 1), "#ffd050", 0.9)
    cracks = np.clip(1 - np.abs(wrap(fractal(512, 1.3, 3), s.X * 16, s.Z * 16)) * 9, 0, 1)
    _glow_on_ground(s, cracks * (flow < 0.1), "#ff5a14", 0.55)
    for yy in np.sort(s.rng.uniform(y + 20, 245, s.i(4, 8))):
        P.rock(s, side(s, -4), yy, s.ppm(yy) * s.u(0.15, 0.4), "#2c262c")
    s.key = dict(
        dir=(-s.light * 0.5, 0.35, 0.5), col=(1.0, 0.55, 0.28), power=0.9, amb=(0.34, 0.27, 0.3), gnd=(0.34, 0.16, 0.1)
    )
    s.cast = 0.25
    for _ in range(s.i(10, 40)):
        s.dot(s.u(0, S), s.u(0, 230), s.u(0.6, 1.5), s.one("#ffb03a", "#ff7a2c"), raw=True)

    def front():
        P.rock(s, s.one(6, 250), 262, s.u(30, 44), "#241e24", h=0.9)

    return dict(front=front)


def _lava_stream(s, x0, y0, x1, y1) -> None:
    """A glowing stream down the cone."""
    t = np.linspace(0, 1, 14)
    x = x0 + (x1 - x0) * t + 5 * np.sin(t * 9 + s.u(0, 6)) * t
    for w, c in ((4.5, "#d83c10"), (2.5, "#ff8a24"), (1, "#ffe07a")):
        s.line(np.stack([x, y0 + (y1 - y0) * t], 1), c, w, raw=True)


def _glow_on_ground(s, m, colour, k) -> None:
    """Like `ground_blend`, but the colour shines by itself: the scene's light does not tint it."""
    tint, s.tint = s.tint, np.ones(3)
    s.ground_blend(m, colour, k)
    s.tint = tint


@place(
    "cave",
    "in a cave",
    "inside a cave",
    "in a crystal cave",
    "in a glowing cave",
    "deep underground",
    "in a cavern full of crystals",
    acts=(
        ("exploring", ("walk", "stand")),
        ("mining crystals", ("stand", "floor")),
        ("hiding", ("floor", "sit")),
        ("searching for treasure", ("walk", "floor")),
        ("meditating", ("floor",)),
    ),
    seat="rock",
)
def cave(s):
    """A dark vault of rock with stalactites around a bright mouth or pool, and glowing crystals."""
    s.y0, s.hc, s.light = s.u(104, 124), s.u(1.2, 1.5), s.one(-1.0, 1.0)
    rock = s.j(s.one("#5a4c5c", "#4c5460", "#64503f", "#48545a"), 6)
    gem = s.j(s.one("#4ae0f0", "#c06af8", "#5af0a0", "#f078c8", "#6a9cff"), 6)
    s.tint, s.haze_col, s.dark = np.array([0.8, 0.8, 0.88]), mix(rock, "#04040c", 0.5), True
    yb = s.y0 + s.u(26, 40)
    s.key = dict(
        dir=(s.light * 0.5, 0.4, 0.5),
        col=mix(gem, "#ffffff", 0.5) / 255,
        power=0.8,
        amb=(0.26, 0.26, 0.32),
        gnd=(0.14, 0.13, 0.17),
    )
    s.cast = 0.2
    s.vgrad(0, yb + 4, [mix(rock, "#04040a", 0.75), mix(rock, "#0c0a14", 0.5)])
    mouth = 128 + s.u(-40, 40)
    if s.p(0.5):
        day = s.one("#cfe8f4", "#f8e0b0")
        s.blob(mouth, yb - 22, s.u(34, 46), s.u(42, 54), day, raw=True)
        s.glow(mouth, yb - 20, 120, day, 0.6)
        s.say("light at the mouth of the cave")
    else:
        s.glow(mouth, yb - 14, 130, gem, 0.75)
    for ring, (dark, spread) in enumerate(((0.4, 66), (0.2, 94), (0.0, 122))):
        for a in np.linspace(np.pi - 0.1, 2 * np.pi + 0.1, 18):
            x = 128 + np.cos(a) * (spread + 34) + s.u(-6, 6)
            yy = yb - 4 + np.sin(a) * (spread + 6) * 0.95 + s.u(-5, 5)
            s.blob(x, yy, s.u(16, 24), s.u(14, 22), mix(rock, "#04040c", dark + s.u(0, 0.15)), n=6)
        for _ in range(5 + ring):
            x = 128 + s.u(-1, 1) * (spread + 40)
            top = yb - (spread + 30) * np.sqrt(max(0.0, 1 - ((x - 128) / (spread + 46)) ** 2))
            _stalactite(s, x, top - 12, s.u(18, 34) + 8 * ring, s.u(3, 5) + 2 * ring, mix(rock, "#04040c", dark))
    s.blur(s.u(0, 0.5))
    s.plane(yb, mix(rock, "#04040c", 0.35), mix(rock, "#100c14", 0.1), 0.18, 26, haze=0.05)
    if s.p(0.55):
        far, near = s.u(7, 9), s.u(4.2, 5)
        pond = (far + 0.4 * np.sin(s.X * 2) > s.Z) * (near + 0.3 * np.sin(s.X * 1.6) < s.Z) * (np.abs(s.X) < 2.6)
        _glow_on_ground(s, pond.astype("f4"), mix(gem, "#0c2030", 0.55), 0.9)
        ripple = np.clip(1 - np.abs(wrap(fractal(512, 1.3, 3), s.X * 20, s.Z * 10)) * 4, 0, 1)
        _glow_on_ground(s, pond * ripple, mix(gem, "#ffffff", 0.4), 0.4)
        s.say("an underground lake")
    for yy in np.sort(s.rng.uniform(yb + 2, 236, s.i(5, 8))):
        _crystals(s, side(s, -6), yy, s.ppm(yy) * s.u(0.5, 0.9), gem)
    s.say("glowing crystals", "stalactites", "crystals on the walls")
    for _ in range(s.i(2, 5)):
        yy = s.u(yb + 20, 250)
        x = side(s, -6)
        _stalactite(s, x, yy, -s.ppm(yy) * s.u(0.3, 0.9), s.ppm(yy) * 0.16, mix(rock, "#04040c", 0.2))

    def front():
        _stalactite(s, s.one(12, 244), 264, -s.u(60, 110), s.u(18, 26), mix(rock, "#04040c", 0.55))

    return dict(front=front, front_p=0.35)


def _stalactite(s, x, y, length, w, colour) -> None:
    """A hanging cone of rock; a negative length makes it stand."""
    s.poly(
        [(x - w, y), (x + w, y), (x + w * 0.2, y + length * 0.6), (x, y + length), (x - w * 0.3, y + length * 0.6)],
        colour,
    )
    s.poly([(x, y), (x + s.light * w, y), (x, y + length)], mix(colour, "#ffffff", 0.12))


def _crystals(s, x, y, size, colour) -> None:
    """A fan of glowing crystals that grow from the ground."""
    s.glow(x, y - 0.4 * size, 1.5 * size, colour, 0.45)
    for a in np.array([-0.8, 0.75, -0.35, 0.4, 0.02]) + s.u(-0.1, 0.1):
        h, w = size * s.u(0.6, 1.1), size * s.u(0.1, 0.16)
        tip, across = H([np.sin(a), -np.cos(a), 0])[:2], H([np.cos(a), np.sin(a), 0])[:2]
        foot = np.array([x, y])
        shoulder = foot + tip * h * 0.75
        s.poly(
            [foot - across * w, shoulder - across * w, foot + tip * h, shoulder + across * w, foot + across * w],
            colour,
            raw=True,
        )
        lit = [foot, shoulder, foot + tip * h, shoulder + across * w * s.light, foot + across * w * s.light]
        s.poly(lit, mix(colour, "#ffffff", 0.45), raw=True)
