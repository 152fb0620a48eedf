"""The wild far away: jungle waterfall, savanna."""

from __future__ import annotations

import numpy as np

from .. import props as P
from ..canvas import S, fractal, mix, wrap
from .registry import place
from .setting import open_air, side


def _leaf(s, x, y, length, angle, colour, width=0.2) -> None:
    """One long pointed leaf that droops at its end."""
    t = np.linspace(0, 1, 7)
    cx = x + np.cos(angle) * length * t
    cy = y - np.sin(angle) * length * t + 0.35 * length * t**2
    w = width * length * np.sin(np.pi * np.clip(t, 0.04, 0.97))
    s.poly(np.vstack([np.stack([cx, cy - w / 2], 1), np.stack([cx, cy + w / 2], 1)[::-1]]), colour)
    s.line(np.stack([cx, cy], 1), mix(colour, "#e8ffb0", 0.3), 1)


def _fern(s, x, y, size, colour="#2f8a3f") -> None:
    """A rosette of jungle leaves."""
    for k, angle in enumerate(np.linspace(0.15, 3.0, 8) + s.u(-0.1, 0.1)):
        c = mix(s.j(colour, 8), "#04200c" if k % 2 else "#d0f08a", 0.2)
        _leaf(s, x, y, size * s.u(0.8, 1.2), angle, c, s.u(0.16, 0.26))


def _waterfall(s, x, top, foot, w) -> None:
    """A white veil of water between dark rocks, with mist at its foot."""
    rock = s.j(s.one("#5a5f58", "#6a6458", "#4f5a5a"))
    for k in (-1, 1):
        for _ in range(9):
            y = s.u(top, foot + 4)
            s.blob(
                x + k * (w + s.u(4, 34)), y, s.u(12, 24), s.u(8, 16), mix(rock, "#0c1414", s.u(0, 0.45)), n=5, haze=0.1
            )
    s.rect(x - w, top, x + w, foot, "#e4f6fa", raw=True)
    for _ in range(26):
        q = x + s.u(-w, w)
        a = s.u(top, foot - 20)
        s.line(
            [(q, a), (q + s.u(-1, 1), a + s.u(14, 50))], s.one("#ffffff", "#b8dcea", "#8ec4dc"), s.u(1, 2.4), raw=True
        )
    for k in (-1, 1):
        for y in np.arange(top, foot, 11):
            s.blob(x + k * (w + s.u(0, 4)), y, s.u(4, 7), s.u(5, 8), mix(rock, "#0c1414", s.u(0, 0.3)), n=5, haze=0.1)
    for _ in range(12):
        s.glow(x + s.u(-1.5, 1.5) * w, foot + s.u(-4, 4), s.u(12, 26), "#ffffff", 0.5)


@place(
    "jungle",
    "in the jungle",
    "at a jungle waterfall",
    "in front of a waterfall",
    "in a rainforest",
    "by a waterfall",
    "in a tropical forest",
    acts=(
        ("exploring", ("walk", "stand")),
        ("admiring nature", ("stand", "sit")),
        ("swinging on a liana", ("jump",)),
        ("looking for parrots", ("stand", "walk")),
        ("taking a photo", ("stand",)),
    ),
    seat="rock",
)
def jungle(s):
    """A white waterfall into a turquoise pool, framed by giant leaves and lianas."""
    open_air(s, when=s.one("day", "day", "overcast", "sunset"), clouds=False)
    y = s.y0
    s.haze_col = mix("#bfe8c8", s.haze_col, 0.3)
    fall, pool = 128 + s.one(-1, 1) * s.u(20, 62), y + s.u(20, 30)
    s.vgrad(0, pool + 4, [s.lit("#4f9a6a"), s.lit("#bfe6b4"), s.lit("#5a9a60")])
    for haze in (0.55, 0.35, 0.15):
        for x in np.arange(-10, 270, 18):
            s.blob(x + s.u(-9, 9), s.u(0, y), s.u(16, 30), s.u(12, 24), s.j("#2f7a3c"), haze=haze)
            s.blob(x + s.u(-9, 9), pool - s.u(2, 12), s.u(12, 22), s.u(8, 14), s.j("#256a34"), haze=haze)
    _waterfall(s, fall, s.u(-8, 22), pool, s.u(12, 22))
    s.say("a waterfall", "a tall waterfall")
    s.blur(s.u(0.2, 0.8))
    ground = s.j(s.one("#4a7a34", "#5a6a30"))
    s.plane(pool, mix(ground, "#9ac060", 0.2), mix(ground, "#1a1c0c", 0.3), 0.14, 30, haze=0.05)
    near = s.u(3.9, 4.6)
    centre = (fall - 128) / s.f * 6
    shore = np.hypot((s.X - centre) / (2.2 + 0.3 * s.Z), 0.6 * np.sin(s.X * 2.0)) < 0.9
    water = (near + 0.3 * np.sin(s.X * 1.7) < s.Z) * shore
    s.ground_blend(water.astype("f4"), s.j("#2aa8a8"), 0.95)
    caustics = np.clip(1 - np.abs(wrap(fractal(512, 1.3, 3), s.X * 26, s.Z * 12)) * 3, 0, 1)
    s.ground_blend(water * caustics, "#d0fff4", 0.5)
    for _ in range(s.i(3, 6)):
        yy = s.u(s.row(near) - 8, s.row(near) + 10)
        P.rock(s, s.u(10, 246), yy, s.ppm(yy) * s.u(0.15, 0.32), "#6a6f66")
    for k in (-1, 1):
        x = 128 + k * s.u(100, 124)
        trunk = s.j("#5a4630")
        s.taper(x, 240, x + k * s.u(0, 12), -10, s.u(16, 24), s.u(10, 16), trunk)
        s.line([(x - 3, 230), (x + k * 6 - 3, 0)], mix(trunk, "#c8d890", 0.3), 2)
    for _ in range(s.i(3, 6)):
        x, sag = s.u(0, S), s.u(10, 50)
        t = np.linspace(0, 1, 12)
        s.line(np.stack([x + t * s.u(30, 90), sag * 4 * t * (1 - t) + s.u(-4, 20)], 1), "#3a5a2a", s.u(1, 2.6))
    for yy in np.sort(s.rng.uniform(pool + 8, 246, s.i(5, 8))):
        _fern(s, side(s, -12), yy, s.ppm(yy) * s.u(0.5, 0.9))
    if s.p(0.5):
        x, yy, c = side(s, 16), s.u(24, 80), s.j(s.one("#e83a34", "#3a7ae0", "#f0c02c"))
        s.poly([(x - 3, yy + 8), (x + 3, yy + 8), (x + 6, yy + 26), (x, yy + 24)], mix(c, "#2a50c0", 0.5))
        s.ell(x, yy, 5, 10, c)
        s.dot(x, yy - 10, 5, c)
        s.poly([(x + 3, yy - 12), (x + 9, yy - 9), (x + 3, yy - 7)], "#22242c")
        s.say("a parrot", "a colorful parrot")
    s.say("giant leaves", "lush green plants")

    def front():
        _fern(s, s.one(6, 250), 256, s.u(70, 96), "#1f7a34")

    return dict(front=front, front_p=0.4)


def _acacia(s, x, y, p, haze=0.0) -> None:
    """The flat-topped tree of the savanna."""
    bark, leaf = "#5a4028", s.j("#5f7a2f", 8)
    h = s.u(3.2, 4.6) * p
    s.ground_shadow(x, y, 0.4 * h, 0.35)
    s.taper(x, y, x + 0.03 * h, y - 0.55 * h, 0.07 * h, 0.05 * h, bark, haze=haze)
    for k in (-0.34, -0.12, 0.16, 0.36):
        s.taper(x + 0.03 * h, y - 0.52 * h, x + k * h, y - 0.86 * h, 0.04 * h, 0.02 * h, bark, haze=haze)
    for dark, rise in ((0.4, 0.0), (0.0, 0.04)):
        for k in np.linspace(-0.46, 0.46, 7):
            cy = y - (0.88 + rise + 0.05 * np.cos(k * 3)) * h
            s.ell(x + k * h, cy, 0.17 * h, 0.055 * h, mix(leaf, "#141c04", dark), haze=haze)


def _elephant(s, x, y, p) -> None:
    """Side view with trunk, tusk and big ear."""
    c, d = s.j("#7f8088", 6), s.one(-1, 1)

    def q(a, b):
        return x + d * a * p, y - b * p

    s.soft_ell(x, y, 1.5 * p, 0.16 * p, 0.4)
    for a in (-0.8, -0.45, 0.35, 0.7):
        s.taper(*q(a, 1.2), *q(a, 0), 0.42 * p, 0.36 * p, mix(c, "#000010", 0.2 if a in (-0.45, 0.7) else 0.05))
    s.ell(*q(-0.1, 1.65), 1.15 * p, 0.8 * p, c)
    s.ell(*q(1.0, 2.0), 0.55 * p, 0.58 * p, c)
    trunk = [q(1.35, 2.0), q(1.62, 1.5), q(1.64, 0.9), q(1.75, 0.35), q(1.55, 0.3), q(1.4, 0.9), q(1.2, 1.5)]
    s.poly(trunk, mix(c, "#000010", 0.08))
    s.poly([q(1.25, 1.6), q(1.75, 1.25), q(1.3, 1.5)], "#f8f0dc")
    s.blob(*q(0.7, 1.95), 0.42 * p, 0.55 * p, mix(c, "#000010", 0.2), n=6)
    s.dot(*q(1.2, 2.12), max(1.2, 0.05 * p), "#14141a")


def _giraffe(s, x, y, p) -> None:
    """Tall neck and brown patches."""
    c, d = s.j("#e0b060", 6), s.one(-1, 1)

    def q(a, b):
        return x + d * a * p, y - b * p

    s.soft_ell(x, y, 0.9 * p, 0.12 * p, 0.4)
    for a in (-0.6, -0.42, 0.42, 0.6):
        s.taper(*q(a * 0.9, 2.0), *q(a, 0), 0.16 * p, 0.1 * p, mix(c, "#402808", 0.15))
    s.poly([q(-0.7, 2.5), q(-0.72, 1.9), q(0.6, 1.8), q(0.75, 2.6), q(0.3, 2.75)], c)
    s.poly([q(0.3, 2.6), q(0.75, 2.3), q(1.2, 4.3), q(1.0, 4.4)], c)
    s.poly([q(0.95, 4.5), q(1.1, 4.6), q(1.5, 4.3), q(1.46, 4.18), q(1.1, 4.2)], c)
    for a in (1.0, 1.1):
        s.line([q(a, 4.5), q(a - 0.02, 4.75)], "#6a4420", max(1, 0.05 * p))
    for _ in range(16):
        t = s.u(0, 1)
        px, py = q(0.5 + 0.6 * t + s.u(-0.08, 0.08), 2.6 + 1.6 * t) if s.p(0.4) else q(s.u(-0.6, 0.55), s.u(2.0, 2.55))
        s.blob(px, py, 0.11 * p, 0.1 * p, "#9a5a24", n=4)


@place(
    "savanna",
    "on the savanna",
    "in africa on safari",
    "on a safari",
    "in the african savanna",
    "among wild animals on the savanna",
    "in the grassland with elephants",
    acts=(
        ("spotting animals", ("stand", "walk")),
        ("watching elephants", ("stand", "sit", "floor")),
        ("tracking animals", ("walk", "floor")),
        ("running from a lion", ("run",)),
        ("taking photos of giraffes", ("stand",)),
    ),
    bases=("stand", "walk", "run", "jump", "floor", "sit"),
    seat="rock",
)
def savanna(s):
    """Yellow grass, flat-topped acacias, an elephant or a giraffe, often a huge low sun."""
    when = open_air(s, when=s.one("sunset", "sunset", "day", "day", "overcast"), clouds=s.p(0.4))
    y = s.y0
    if when == "sunset":
        sun = 128 + s.u(-70, 70)
        s.glow(sun, y - 14, 120, "#ffcf70", 0.8)
        s.dot(sun, y - 14, s.u(24, 34), "#fff0b0", raw=True)
        s.say("a huge setting sun")
    P.hills(s, y + 3, s.u(8, 20), "#8a8a5a", 0.55, 0.7)
    for _ in range(s.i(3, 6)):
        _acacia(s, s.u(0, S), y + s.u(3, 7), s.u(3.5, 6), 0.35)
    s.blur(s.u(0, 0.6))
    grass = s.j(s.one("#d8b050", "#c8a044", "#dcc070"), 6)
    s.plane(y + 4, mix(grass, "#f0dc98", 0.3), mix(grass, "#8a6a20", 0.15), 0.14, 60, haze=0.15)
    track = np.clip(1.2 - np.abs(np.abs(s.X - 0.4 * np.sin(s.Z * 0.4)) - 0.55) * 5, 0, 1)
    s.ground_blend(track, "#b07a48", 0.5)
    hand = s.one(-1, 1)
    yy = y + s.u(16, 26)
    _acacia(s, 128 - hand * s.u(70, 110), yy, s.ppm(yy) * 1.25)
    s.say("acacia trees", "a lone acacia tree")
    yy = y + s.u(24, 44)
    if s.p(0.5):
        _elephant(s, 128 + hand * s.u(66, 88), yy, s.ppm(yy) * 0.8)
        s.say("an elephant", "a big elephant")
    else:
        _giraffe(s, 128 + hand * s.u(70, 96), yy, s.ppm(yy) * 0.8)
        s.say("a giraffe", "a tall giraffe")
    for yy in np.sort(s.rng.uniform(y + 30, 250, s.i(10, 20))):
        _tuft(s, s.u(0, 84) if s.p(0.5) else s.u(172, S), yy, s.ppm(yy), grass)

    def front():
        for x in s.rng.uniform(-4, 260, 26):
            _tuft(s, x, 262, 62, grass)

    return dict(front=front, front_p=0.4)


def _tuft(s, x, y, p, grass) -> None:
    """A tuft of dry grass."""
    c = mix(s.j(grass), "#5a3c08", s.u(0, 0.35))
    for _ in range(6):
        s.line([(x, y), (x + s.u(-0.2, 0.2) * p, y - s.u(0.25, 0.55) * p)], c, max(1, 0.025 * p))
