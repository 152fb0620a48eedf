"""Wild places near home: forest, desert."""

from __future__ import annotations

import numpy as np

from .. import props as P
from ..canvas import S, mix
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
        ("wandering for days", ("walk",)),
        ("looking for water", ("walk", "floor")),
        ("racing over the sand", ("run",)),
        ("reading a map", ("stand",)),
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
