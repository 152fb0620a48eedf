"""Out in space: the surface of another world, or weightless among the stars."""

from __future__ import annotations

import numpy as np

from .. import props as P
from ..canvas import H, S, fractal, mix
from .registry import place
from .setting import side


def _starry_deep(s) -> None:
    """Black and coloured night, a nebula, stars; hard sunlight from one side."""
    s.vgrad(0, S, [mix("#05060f", s.one("#2a0f4a", "#0f2a4a", "#3a0f2f", "#0a0a18"), s.u(0, 0.8)), "#080a1c"])
    cloud = fractal(512, 1.6, 6)[s.i(0, 255) :, s.i(0, 255) :][:S, :S]
    colour = s.one("#7a3ab0", "#2f7ab0", "#b04a7a", "#3ab0a0")
    s.blend((np.clip(cloud * 0.35 - 0.05, 0, 1) * 255).astype(np.uint8), colour, 0.55)
    P.stars(s, 260, S)
    for _ in range(8):
        s.glow(s.u(0, S), s.u(0, s.y0), s.u(3, 6), "#ffffff", 0.9)
    s.when = "night"
    direction = (s.light * 0.75, 0.5, 0.45)
    s.key = dict(dir=direction, col=(1.0, 0.98, 0.94), power=1.35, amb=(0.16, 0.17, 0.26), gnd=(0.2, 0.19, 0.2))
    s.cast = 0.6
    s.haze_col = H("#1a1c30")


def _planets(s) -> None:
    """A big planet, often ringed, and now and then a moon."""
    colour = s.j(s.one("#d88a4a", "#4a90d8", "#c85a4a", "#8ac0a0", "#b08ad0"))
    P.planet(s, s.one(s.u(30, 75), s.u(180, 226)), s.u(30, 70), s.u(18, 38), colour, s.p(0.45))
    s.say("a ringed planet", "a planet in the sky", "stars and planets")
    if s.p(0.5):
        P.planet(s, s.u(20, 236), s.u(20, 80), s.u(5, 11), s.j("#c0c0c8"))


def _satellite(s, x, y, k=1.0) -> None:
    """A silver body with blue solar panels."""
    s.rect(x - 14 * k, y - 8 * k, x + 14 * k, y + 8 * k, "#d0d4dc")
    for d in (-1, 1):
        s.rect(
            *sorted((x + d * 18 * k, x + d * 46 * k))[:1],
            y - 9 * k,
            max(x + d * 18 * k, x + d * 46 * k),
            y + 9 * k,
            "#2f5aa8",
        )
        for q in (25, 32, 39):
            s.line([(x + d * q * k, y - 9 * k), (x + d * q * k, y + 9 * k)], "#9ab8e8", 1)
        s.line([(x + d * 14 * k, y), (x + d * 18 * k, y)], "#8a8e98", 2)
    s.dot(x, y - 12 * k, 5 * k, "#e8e8ee")
    s.say("a satellite", "a space station")


def _earth_below(s) -> None:
    """The blue rim of the Earth with clouds along the foot of the picture."""
    s.glow(128, S + 150, 300, "#5aa8f0", 0.55)
    y = s.u(196, 214)
    s.ell(128, y + 330, 350, 330, "#2f6ac0", raw=True)
    s.ell(128, y + 338, 350, 332, "#3a78cc", raw=True)
    for _ in range(7):
        s.blob(s.u(0, S), s.u(y + 22, S), s.u(14, 34), s.u(4, 10), s.one("#4a9a5a", "#8a9a5a"), n=6, wob=0.3, raw=True)
    for _ in range(12):
        s.ell(s.u(0, S), s.u(y + 12, S), s.u(14, 40), s.u(1.5, 4), "#ffffff", raw=True)
    s.say("the earth below", "planet earth")


def _craters(s, ground) -> None:
    """Craters, smaller with distance."""
    for y in np.sort(s.y0 + 6 + (250 - s.y0) * s.rng.uniform(0, 1, 12) ** 1.4):
        x, r = s.u(-10, S + 10), s.ppm(y) * s.u(0.2, 0.55)
        s.ell(x, y, r, r * 0.28, mix(ground, "#000010", 0.45))
        s.ell(x - s.light * r * 0.08, y + r * 0.06, r * 0.86, r * 0.2, mix(ground, "#000010", 0.2))
        if s.p(0.4):
            s.ell(x, y - r * 0.25, r, r * 0.06, mix(ground, "#ffffff", 0.25))


def _flag(s, x, y, p) -> None:
    s.line([(x, y), (x, y - 1.7 * p)], "#e0e0e4", 2)
    cloth = [(x, y - 1.7 * p), (x + 0.75 * p, y - 1.65 * p), (x + 0.75 * p, y - 1.2 * p), (x, y - 1.25 * p)]
    s.poly(cloth, s.j(s.one("#d03a3a", "#3a5fc0", "#f0f0f0")))
    s.say("a flag")


def _lander(s, x, y, p) -> None:
    """A landing craft in golden foil on thin legs."""
    s.soft_ell(x, y, 1.1 * p, 0.14 * p, 0.5)
    for d in (-1, 1):
        s.line([(x + d * 0.5 * p, y - 0.9 * p), (x + d * 1.05 * p, y)], "#c8ccd4", 2)
        s.ell(x + d * 1.05 * p, y, 0.2 * p, 0.06 * p, "#c8ccd4")
    s.poly(
        [
            (x - 0.7 * p, y - 0.5 * p),
            (x - 0.8 * p, y - 1.0 * p),
            (x + 0.8 * p, y - 1.0 * p),
            (x + 0.7 * p, y - 0.5 * p),
        ],
        "#d8a83a",
    )
    for k in (-0.4, 0.0, 0.4):
        s.line([(x + k * p, y - 0.52 * p), (x + k * 1.15 * p, y - 0.98 * p)], "#8a6420", 1)
    s.poly(
        [
            (x - 0.55 * p, y - 1.0 * p),
            (x - 0.4 * p, y - 1.75 * p),
            (x + 0.4 * p, y - 1.75 * p),
            (x + 0.55 * p, y - 1.0 * p),
        ],
        "#d8dce4",
    )
    s.poly(
        [
            (x - s.light * 0.55 * p, y - 1.0 * p),
            (x - s.light * 0.4 * p, y - 1.75 * p),
            (x - s.light * 0.1 * p, y - 1.75 * p),
            (x - s.light * 0.15 * p, y - 1.0 * p),
        ],
        "#9aa0b0",
    )
    s.dot(x, y - 1.4 * p, 0.16 * p, "#3a4a6a")
    s.line([(x + 0.2 * p, y - 1.75 * p), (x + 0.3 * p, y - 2.2 * p)], "#c8ccd4", 1)
    s.ell(x + 0.3 * p, y - 2.25 * p, 0.18 * p, 0.08 * p, "#f0f0f4")
    s.say("a lunar lander", "a landing craft")


@place(
    "space",
    "in outer space",
    "on the moon",
    "on an alien planet",
    "in space",
    "among the stars",
    "on the surface of a distant planet",
    acts=(
        ("floating in zero gravity", ("jump", "swim")),
        ("taking a space walk", ("walk",)),
        ("planting a flag", ("stand",)),
        ("exploring", ("walk", "stand")),
        ("jumping in low gravity", ("jump",)),
    ),
    bases=("stand", "walk", "jump", "swim", "run"),
    dress="space",
)
def space(s):
    """Stars and planets over craters with a rocket, lander or flag; or floating, sometimes above the Earth."""
    s.y0, s.hc, s.light = s.u(118, 150), s.u(1.0, 1.3), s.one(-1.0, 1.0)
    _starry_deep(s)
    _planets(s)
    if s.p(0.3):
        s.floating = True
        if s.p(0.5):
            _earth_below(s)
        if s.p(0.7):
            _satellite(s, side(s, 40), s.u(100, 200), s.u(0.9, 1.4))
        phrases = ("in outer space", "in space", "among the stars", "floating in space", "far above the planets")
        return dict(lift=True, phrases=phrases, front=lambda: _meteors(s), front_p=0.2)
    kind = s.one(("#a8a6a4", "moon"), ("#b8866a", "planet"), ("#c85f3c", "mars"), ("#8a86a8", "planet"))
    ground = s.j(kind[0])
    P.ridge(s, s.y0 + 3, s.u(10, 34), mix(ground, "#000010", 0.25), haze=0.2)
    s.plane(s.y0 + 2, mix(ground, "#000010", 0.25), ground, 0.1, 40, haze=0.15)
    _craters(s, ground)
    if s.p(0.7):
        y = s.u(s.y0 + 22, 190)
        if s.p(0.5):
            P.rocket(s, side(s, 40), y, s.u(28, 40))
            s.say("a rocket", "a spaceship")
        else:
            _lander(s, side(s, 40), y, s.u(26, 34))
    if s.p(0.4):
        y = s.u(190, 225)
        _flag(s, side(s, 40), y, s.ppm(y))
    for _ in range(s.i(2, 7)):
        y = s.u(s.y0 + 12, 245)
        P.rock(s, side(s, 0), y, s.ppm(y) * s.u(0.08, 0.22), mix(ground, "#000010", 0.1))

    def front():
        P.rock(s, s.one(8, 246), 262, s.u(24, 40), mix(ground, "#000010", 0.2))

    named = {
        "moon": ("on the moon", "on the surface of the moon", "on the moon in outer space", "in space on the moon"),
        "mars": ("on mars", "on the red planet", "on the surface of mars", "on an alien planet"),
        "planet": (
            "on an alien planet",
            "on the surface of a distant planet",
            "on another planet",
            "on a strange planet",
        ),
    }
    return dict(front=front, phrases=named[kind[1]])


def _meteors(s) -> None:
    """Lumps of rock that drift by close to the camera."""
    for _ in range(s.i(2, 3)):
        x, y, r = s.one(s.u(10, 60), s.u(196, 246)), s.u(150, 240), s.u(10, 22)
        s.blob(x, y, r, r * 0.85, "#4a4640", n=7)
        s.blob(x + s.light * r * 0.2, y - r * 0.15, r * 0.7, r * 0.6, "#7a746a", n=7)
        s.dot(x + r * 0.1, y, r * 0.18, "#4a4640")
