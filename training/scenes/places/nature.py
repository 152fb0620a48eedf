"""Wild places near home: forest, snowy mountains, mountain top, desert."""

from __future__ import annotations

import numpy as np

from .. import props as P
from ..canvas import S, fractal, mix, wrap
from .registry import place
from .setting import at, open_air, side

# A kind of wood: far trunks, near leaves, the bushes between, ground, and what it is called.
WOODS = {
    "tall": ("#4a3a2c", "#3f7a3c", "#4a8040", ("#4f7f3a", "#5f7a3a"), "tall trees"),
    "pine": ("#4a3a2c", "#2f6a40", "#3f7040", ("#4f7f3a", "#6a6a36"), "pine trees"),
    "birch": ("#e4e0d4", "#a8b83a", "#8aa03a", ("#8a9a3f", "#7a8a3a"), "white birch trees"),
    "autumn": ("#5a4030", "#e08a2c", "#d8702c", ("#b8803c", "#a8682c"), "autumn trees"),
}
AUTUMN = ("#e8902c", "#d8582c", "#f0b838", "#c8402c")


def _distant_wood(s, foot, trunk, leaf, bush) -> None:
    """Three rows of trunks and leaves that fade into the haze."""
    for k, haze in enumerate((0.7, 0.5, 0.3)):
        for x in np.arange(-10, 270, s.u(15, 21)) + s.u(0, 9):
            left, w = x + s.u(-5, 5), s.u(2, 4) * (1 + k * 0.7)
            s.rect(left, -5, left + w, foot + 6 + k * 6, s.j(trunk), haze=haze)
        for x in np.arange(-10, 270, 16):
            s.blob(x + s.u(-8, 8), s.u(-12, 24) - k * 8, s.u(16, 28), s.u(12, 22), s.j(leaf), haze=haze * 0.8)
        for x in np.arange(-10, 270, 22):
            s.blob(x + s.u(-8, 8), foot + 2 + k * 5, s.u(12, 20), s.u(5, 10), s.j(bush), haze=haze * 0.8)


def _sunbeams(s) -> None:
    """Slanting shafts of light between the trees."""
    for _ in range(s.i(0, 4)):
        x, slant = s.u(30, 220), s.light * 70
        s.soft([(x, -5), (x + 18, -5), (x + 18 - slant, 200), (x - 30 - slant, 200)], "#fff6c0", 0.16, 5)


def _near_tree(s, x, y, p, kind, leaf, haze, thick=1.0) -> None:
    """A trunk with roots that leaves the picture at the top, and leaves there."""
    w = s.u(0.16, 0.28) * p * thick
    bark = s.j("#e8e4da", 4) if kind == "birch" else s.j("#5c432e")
    lean = s.u(-6, 6)
    s.ground_shadow(x, y, w * 2, 0.4)
    s.taper(x, y, x + lean, -10, w * 2.2, w * 1.5, bark, haze=haze)
    s.taper(
        x + s.light * w * 0.6,
        y,
        x + lean + s.light * w * 0.4,
        -10,
        w * 0.6,
        w * 0.4,
        mix(bark, "#e8d8a0", 0.3),
        haze=haze,
    )
    for d in (-1, 1):
        s.poly([(x + d * w, y - 0.3 * p), (x + d * w * 2.4, y + 2), (x, y + 1)], bark, haze=haze)
    if kind == "birch":
        for yy in np.arange(0, y - 6, s.u(8, 14)):
            d = s.one(-1, 1)
            mark = x + lean * (1 - yy / y) + d * w * 0.5
            s.ell(mark, yy + s.u(-3, 3), w * s.u(0.3, 0.55), 1.4, "#2c2a2a", haze=haze)
    for _ in range(5):
        c = s.j(s.one(*AUTUMN)) if kind == "autumn" else mix(s.j(leaf), "#06201c", s.u(0, 0.3))
        s.blob(x + s.u(-22, 22), s.u(-10, 22), s.u(14, 26), s.u(10, 18), c)


def _stream(s) -> None:
    """A brook across the forest floor with stepping stones."""
    z = s.u(5.2, 6.4)
    bank = np.abs(s.Z - z - 0.5 * np.sin(s.X * 0.9 + s.u(0, 6)))
    s.ground_blend(np.clip((1.0 - bank) * 5, 0, 1), "#4a3c28", 0.6)
    s.ground_blend(np.clip((0.75 - bank) * 6, 0, 1), "#5aa8b8", 1.0)
    s.ground_blend(np.clip((0.7 - bank) * 6, 0, 1) * (np.sin(s.Z * 14 + 2 * np.sin(s.X * 3)) > 0.7), "#dcf4f8", 0.7)
    for x in np.linspace(-2.6, 2.6, 7) + s.u(-0.3, 0.3):
        px, py = at(s, x, z + s.u(-0.6, 0.6))
        P.rock(s, px, py, s.ppm(py) * s.u(0.14, 0.26), "#8a8a84")
    s.say("a brook", "a little stream")


def _fallen_log(s, x, y, p) -> None:
    """A mossy trunk on the ground."""
    d = s.one(-1, 1)
    s.soft_ell(x, y, 1.1 * p, 0.12 * p, 0.45)
    s.taper(x - d * 1.1 * p, y - 0.2 * p, x + d * 1.0 * p, y - 0.2 * p, 0.3 * p, 0.42 * p, "#5a4028")
    s.taper(x - d * 1.0 * p, y - 0.31 * p, x + d * 0.9 * p, y - 0.35 * p, 0.08 * p, 0.12 * p, s.j("#7aa03c"))
    s.ell(x + d * 1.0 * p, y - 0.2 * p, 0.1 * p, 0.21 * p, "#d0a870")
    s.ell(x + d * 1.0 * p, y - 0.2 * p, 0.05 * p, 0.12 * p, "#b08048")


def _toadstool(s, x, y, size) -> None:
    """A red toadstool with white dots."""
    s.rect(x - size * 0.3, y - size, x + size * 0.3, y, "#f0e8d8")
    s.ell(x, y - size, size, size * 0.8, "#c83a2c", a0=180, a1=360)
    for k in (-0.5, 0.1, 0.5):
        s.dot(x + k * size, y - size * 1.3, size * 0.14, "#fff8f0")


@place(
    "forest",
    "in a forest",
    "in the forest",
    "in the woods",
    "on a forest path",
    "among tall trees",
    "on a trail through the forest",
    "between the trees",
    acts=(
        ("hiking", ("walk",)),
        ("camping", ("sit", "floor")),
        ("gathering mushrooms", ("floor",)),
        ("trail running", ("run",)),
        ("chopping wood", ("stand",)),
        ("hiding behind a tree", ("stand", "floor")),
    ),
    seat="log",
)
def forest(s):
    """Trunks that leave the picture at the top, haze between them: tall trees, pines, birches or autumn."""
    open_air(s, when=s.one("day", "day", "overcast", "sunset"), clouds=False)
    kind = s.one(*WOODS)
    trunk, leaf, bush, grounds, name = WOODS[kind]
    ground = s.j(s.one(*grounds))
    foot = s.y0 + 6
    s.haze_col = mix("#f4e0a8" if kind == "autumn" else "#cfe4b8", s.haze_col, 0.4)
    s.vgrad(0, s.y0 + 30, [s.lit(mix("#6a9a6a", leaf, 0.3)), s.lit(mix("#d8ecb8", leaf, 0.15))])
    _distant_wood(s, foot, trunk, leaf, bush)
    _sunbeams(s)
    s.blur(s.u(0.3, 1.0))
    s.plane(foot + 8, mix(ground, "#9ab85a", 0.3), mix(ground, "#2a2a14", 0.3), 0.13, 30, haze=0.1)
    layout = s.one("path", "path", "stream", "clearing")
    if layout == "path":
        bend = s.u(-0.5, 0.5)
        path = np.clip(1.6 - np.abs(s.X - bend - 0.25 * np.sin(s.Z * 0.7)) * 1.4, 0, 1)
        s.ground_blend(path, s.j("#b08a5a"), 0.85)
    elif layout == "stream":
        _stream(s)
    if kind == "autumn":
        for y in s.rng.uniform(foot + 10, 254, 70):
            s.ell(s.u(0, S), y, s.ppm(y) * 0.05, s.ppm(y) * 0.025, s.j(s.one(*AUTUMN)), a=s.u(-30, 30))
        s.say("colorful autumn leaves", "fallen leaves on the ground")
    for y in np.sort(s.rng.uniform(foot + 14, 205, s.i(5, 8))):
        x = s.u(-10, 75) if s.p(0.5) else s.u(180, 266)
        haze = max(0, 0.3 - (y - foot) / 200)
        if kind == "pine":
            P.conifer(s, x, y, s.ppm(y), s.u(3.5, 6), haze=haze)
        else:
            _near_tree(s, x, y, s.ppm(y), kind, leaf, haze)
    if kind != "pine" and s.p(0.35):  # a giant close to the camera
        x = s.one(s.u(-6, 22), s.u(234, 262))
        _near_tree(s, x, 226, s.ppm(226), kind, leaf, 0, 2.6)
    for _ in range(s.i(3, 8)):
        y = s.u(foot + 20, 250)
        P.bush(s, side(s, -5), y, s.ppm(y), s.u(0.5, 0.9), "#c8782c" if kind == "autumn" and s.p(0.5) else "#4a7f36")
    if s.p(0.35):
        y = s.u(190, 226)
        _fallen_log(s, side(s, 16), y, s.ppm(y) * 0.75)
        s.say("a fallen log", "a mossy log")
    for _ in range(s.i(0, 4)):
        _toadstool(s, side(s, 0), s.u(200, 250), s.u(3, 5))
    s.say(name, "trees all around")

    def front():
        if s.p(0.4):
            x = s.one(s.u(-4, 16), s.u(240, 260))
            s.taper(x, 262, x + s.u(-4, 4), -10, 40, 30, "#3a2c20" if kind != "birch" else "#c8c4ba")
        P.bush(s, s.one(-2, 256), 264, 80, 0.9, "#3f6f30")

    return dict(front=front)


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
        ("climbing a mountain", ("walk",)),
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
        ("climbing a mountain", ("walk",)),
        ("enjoying the view", ("stand", "sit", "floor")),
        ("doing yoga", ("stand", "floor")),
        ("celebrating on the summit", ("jump", "stand")),
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


def _mesa(s, x, foot, w, h) -> None:
    """A flat-topped red rock."""
    c, left = s.j("#b8583a"), [(x - w * 1.3, foot), (x - w, foot - h * 0.55), (x - w * 0.85, foot - h)]
    s.poly([*left, *[(2 * x - a, b) for a, b in left[::-1]]], c, haze=0.25)
    d = -s.light
    shade = [(x + d * w * 0.2, foot - h), (x + d * w * 0.85, foot - h), (x + d * w, foot - h * 0.55)]
    s.poly([*shade, (x + d * w * 1.3, foot), (x + d * w * 0.3, foot)], mix(c, "#200830", 0.3), haze=0.25)
    for up in (0.4, 0.7):
        s.line([(x - w, foot - h * up), (x + w, foot - h * up)], mix(c, "#f0c090", 0.3), 1, haze=0.25)


def _dune(s, k, sand) -> None:
    """One dune of the far range, with a lit and a shaded side."""
    foot = s.y0 + 6 + 10 * k
    h, x0 = s.u(18, 48) - 6 * k, s.u(10, 246)
    xs = np.linspace(-20, S + 20, 60)
    top = foot - np.exp(-np.abs(xs - x0) / s.u(50, 90)) * h - 4 * np.sin(xs / 37 + k)
    s.poly([(-20, foot + 12), *zip(xs, top), (S + 20, foot + 12)], mix(sand, "#ffe0a0", 0.15), haze=0.3 - 0.1 * k)
    shaded = xs > x0 if s.light < 0 else xs < x0
    q = xs[shaded]
    left, right = (x0 + 8, q[-1]) if s.light < 0 else (q[0], x0 + 8)
    dark = mix(sand, "#5a2030", 0.42)
    s.poly([*zip(q, top[shaded]), (right, foot + 12), (left, foot + 12)], dark, haze=0.25 - 0.08 * k)


@place(
    "desert",
    "in the desert",
    "on a sand dune",
    "in a hot desert",
    "among the dunes",
    "in the sahara",
    "among cacti in the desert",
    acts=(
        ("crossing the desert", ("walk",)),
        ("looking for water", ("walk", "floor")),
        ("racing over the dunes", ("run",)),
        ("reading a map in the desert", ("stand",)),
    ),
    seat="rock",
)
def desert(s):
    """Orange sand with ripples, dunes or red mesas, tall cacti."""
    open_air(s, when=s.one("day", "day", "day", "sunset", "night"), clouds=s.p(0.25))
    sand = s.j(s.one("#e0a050", "#e8b468", "#d8843c"), 6)
    y = s.y0
    mesas = s.p(0.45)
    if mesas:
        for _ in range(s.i(2, 4)):
            _mesa(s, s.u(0, S), y + 3, s.u(18, 40), s.u(20, 55))
        s.say("red rock mesas", "rocky mesas")
    for k in range(1 if mesas else 3):
        _dune(s, k, sand)
    s.blur(s.u(0, 0.6))
    s.plane(y + (4 if mesas else 24), mix(sand, "#ffe0a0", 0.1), sand, 0.03, 30, haze=0.12)
    ripples = 0.5 + 0.5 * np.sin(s.Z * 11 + 3 * np.sin(s.X * 1.3) + 1.2 * np.sin(s.X * 3.1))
    s.ground_blend(ripples * np.clip((s.Y - y - 18) / 50, 0, 1), mix(sand, "#7a3018", 0.5), 0.35)
    for yy in np.sort(s.rng.uniform(y + 22, 218, s.i(2, 5) if mesas else s.i(1, 4))):
        P.cactus(s, side(s, 0), yy, s.ppm(yy), s.u(1.6, 3.0), max(0, 0.2 - (yy - y) / 300))
    s.say("cacti", "a tall cactus", "sand dunes")
    for _ in range(s.i(1, 5)):
        yy = s.u(y + 30, 250)
        P.rock(s, side(s, 0), yy, s.ppm(yy) * s.u(0.1, 0.25), "#a8784a")

    def front():
        if s.p(0.5):
            P.cactus(s, s.one(14, 242), 262, 60, 1.3)
        else:
            P.rock(s, s.one(10, 246), 260, s.u(20, 34), "#a8744a")

    return dict(front=front)
