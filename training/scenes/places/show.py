"""A concert stage, and outer space."""

import math

import numpy as np

from .. import props as P
from ..canvas import H, S, fractal, mix
from .registry import place
from .setting import side


@place(
    "stage",
    "on a concert stage",
    "on stage",
    "on a stage in front of an audience",
    "under the spotlights",
    "at a rock concert",
    acts=(
        ("singing", ("stand",)),
        ("playing the guitar", ("stand", "sit")),
        ("playing the piano", ("sit",)),
        ("performing for the crowd", ("stand", "jump")),
        ("dancing", ("stand", "jump")),
    ),
    bases=("stand", "jump", "walk", "sit", "run"),
    seat="crate",
)
def stage(s):
    s.y0 = s.u(100, 125)
    s.hc = s.u(1.2, 1.5)
    s.yb = yb = s.u(168, 184)
    s.light = s.one(-1.0, 1.0)
    hue = [
        s.j(c, 10)
        for c in s.one(
            ("#e0409a", "#4a5af0"),
            ("#3aa0f0", "#a04af0"),
            ("#f08a2c", "#e02a5a"),
            ("#30d0c0", "#5a4af0"),
            ("#f0c030", "#e0402c"),
        )
    ]
    s.tint = np.array([0.75, 0.72, 0.85])
    s.haze_col = mix(hue[0], "#000010", 0.6)
    s.key = dict(
        dir=(s.light * 0.5, 0.8, 0.45),
        col=mix(hue[1], "#ffffff", 0.6) / 255,
        power=1.15,
        amb=tuple(hue[0] / 255 * 0.3 + 0.12),
        gnd=(0.12, 0.1, 0.14),
    )
    s.cast = 0.3
    s.dark = True
    s.vgrad(0, yb, [mix(hue[0], "#04040c", 0.88), mix(hue[0], "#04040c", 0.6), mix(hue[1], "#08081a", 0.45)])
    if s.p(0.45):
        c = s.j("#8a1c2c")
        for x in np.arange(0, S, 9):
            s.rect(x, 0, x + 9, yb, mix(c, "#000000", 0.55 + 0.25 * math.sin(x * 0.5)), raw=True)
        s.glow(128, yb, 150, hue[1], 0.35)
    elif s.p(0.6):
        s.rect(60, 34, 196, yb - 26, "#0a0a14", raw=True)
        for k in range(8 * int((yb - 68) // 14)):
            s.rect(
                64 + k % 8 * 16.4,
                38 + k // 8 * 14,
                78 + k % 8 * 16.4,
                49 + k // 8 * 14,
                mix(hue[k % 2], "#000010", s.u(0, 0.8)),
                raw=True,
            )
    fl = mix("#30282c", hue[1], 0.25)
    s.plane(yb, mix(fl, hue[1], 0.4), fl, 0.04, 40, haze=0.1)
    s.lines_x(0.25, 0.015, "#000008", 0.5)
    s.glow(128, 224, 100, mix(hue[1], "#ffffff", 0.4), 0.35)
    for sg in (-1, 1):
        x = 128 + sg * s.u(96, 112)
        P.speaker(s, x, yb + 14, 34, s.u(2, 3))
        if s.p(0.5):
            s.rect(x - 12, 0, x - 9, yb, "#24242c", raw=True)
    if s.p(0.65):
        P.drums(s, 128 + s.u(-50, 50), yb + 10, 30)
        s.say("a drum kit", "drums")
    if s.p(0.4):
        P.piano(s, side(s, 40), yb + 26, 44)
        s.say("a grand piano")
    if s.p(0.6):
        P.mic(s, 128 + s.one(-1, 1) * s.u(34, 60), 226, 78)
        s.say("a microphone", "a mic stand")
    s.rect(0, 8, S, 11, "#4a4a56", raw=True)
    s.rect(0, 18, S, 20, "#3a3a46", raw=True)
    for x in np.arange(0, S, 18):
        s.line([(x, 10), (x + 9, 19), (x + 18, 10)], "#42424e", 1, raw=True)
    for x in np.linspace(18, 238, s.i(4, 7)):
        c = hue[s.i(0, 1)]
        tx = x + s.u(-70, 70)
        s.rect(x - 4, 16, x + 4, 26, "#15151b", raw=True)
        s.soft([(x - 2, 26), (x + 2, 26), (tx + 24, 220), (tx - 24, 220)], mix(c, "#ffffff", 0.35), 0.3, 3)
        s.glow(x, 27, 11, "#ffffff", 0.9)
    s.say("spotlights", "colorful stage lights", "bright spotlights")

    def front():
        P.crowd(s, s.u(228, 244), s.i(8, 12), r=s.u(9, 13), arms=0.5)

    return dict(front=front, front_p=0.75, front_say="a cheering crowd")


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
        ("walking on the moon", ("walk",)),
        ("planting a flag", ("stand",)),
        ("exploring another planet", ("walk", "stand")),
    ),
    bases=("stand", "walk", "jump", "swim", "run"),
    dress="space",
)
def space(s):
    s.y0 = s.u(118, 150)
    s.hc = s.u(1.0, 1.3)
    s.light = s.one(-1.0, 1.0)
    s.vgrad(0, S, [mix("#05060f", s.one("#2a0f4a", "#0f2a4a", "#3a0f2f", "#0a0a18"), s.u(0, 0.8)), "#080a1c"])
    v = fractal(512, 1.6, 6)[s.i(0, 255) :, s.i(0, 255) :][:S, :S]
    c = s.one("#7a3ab0", "#2f7ab0", "#b04a7a", "#3ab0a0")
    s.blend((np.clip(v * 0.35 - 0.05, 0, 1) * 255).astype("u1"), c, 0.55)
    P.stars(s, 260, S)
    for _ in range(8):
        s.glow(s.u(0, S), s.u(0, s.y0), s.u(3, 6), "#ffffff", 0.9)
    s.when = "night"
    s.dark = False
    s.key = dict(
        dir=(s.light * 0.75, 0.5, 0.45), col=(1.0, 0.98, 0.94), power=1.35, amb=(0.16, 0.17, 0.26), gnd=(0.2, 0.19, 0.2)
    )
    s.cast = 0.6
    s.haze_col = H("#1a1c30")
    P.planet(
        s,
        s.one(s.u(30, 75), s.u(180, 226)),
        s.u(30, 70),
        s.u(18, 38),
        s.j(s.one("#d88a4a", "#4a90d8", "#c85a4a", "#8ac0a0", "#b08ad0")),
        s.p(0.45),
    )
    s.say("a ringed planet", "a planet in the sky", "stars and planets")
    if s.p(0.5):
        P.planet(s, s.u(20, 236), s.u(20, 80), s.u(5, 11), s.j("#c0c0c8"))
    if s.p(0.25):
        s.floating = True
        if s.p(0.6):
            x, y = (side(s, 30), s.u(150, 215))
            s.rect(x - 14, y - 8, x + 14, y + 8, "#d0d4dc")
            for q in (-1, 1):
                s.rect(x + q * 18, y - 9, x + q * 46, y + 9, "#2f5aa8")
                for k in (25, 32, 39):
                    s.line([(x + q * k, y - 9), (x + q * k, y + 9)], "#9ab8e8", 1)
            s.dot(x, y - 12, 5, "#e8e8ee")
            s.say("a satellite", "a space station")
        return dict(
            front=None,
            lift=True,
            phrases=("in outer space", "in space", "among the stars", "floating in space", "far above the planets"),
        )
    g = s.j(s.one("#a8a6a4", "#b8866a", "#c85f3c", "#8a86a8"))
    P.ridge(s, s.y0 + 3, s.u(10, 34), mix(g, "#000010", 0.25), haze=0.2)
    s.plane(s.y0 + 2, mix(g, "#000010", 0.25), g, 0.1, 40, haze=0.15)
    s.im[: int(s.y0 + 2)] = s.im[: int(s.y0 + 2)]
    for yy in np.sort(s.y0 + 6 + (250 - s.y0) * s.rng.uniform(0, 1, 12) ** 1.4):
        x = s.u(-10, S + 10)
        r = s.ppm(yy) * s.u(0.2, 0.55)
        s.ell(x, yy, r, r * 0.28, mix(g, "#000010", 0.45))
        s.ell(x - s.light * r * 0.08, yy + r * 0.06, r * 0.86, r * 0.2, mix(g, "#000010", 0.2))
        if s.p(0.4):
            s.ell(x, yy - r * 0.25, r, r * 0.06, mix(g, "#ffffff", 0.25))
    if s.p(0.45):
        yy = s.u(s.y0 + 22, 190)
        P.rocket(s, side(s, 40), yy, s.u(28, 40))
        s.say("a rocket", "a spaceship")
    if s.p(0.4):
        x, yy = (side(s, 40), s.u(190, 225))
        p = s.ppm(yy)
        s.line([(x, yy), (x, yy - 1.7 * p)], "#e0e0e4", 2)
        s.poly(
            [(x, yy - 1.7 * p), (x + 0.75 * p, yy - 1.65 * p), (x + 0.75 * p, yy - 1.2 * p), (x, yy - 1.25 * p)],
            s.j(s.one("#d03a3a", "#3a5fc0", "#f0f0f0")),
        )
        s.say("a flag")
    for _ in range(s.i(2, 7)):
        yy = s.u(s.y0 + 12, 245)
        P.rock(s, side(s, 0), yy, s.ppm(yy) * s.u(0.08, 0.22), mix(g, "#000010", 0.1))

    def front():
        P.rock(s, s.one(8, 246), 262, s.u(24, 40), mix(g, "#000010", 0.2))

    return dict(front=front)
