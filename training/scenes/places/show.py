"""Places to perform: concert stage, theatre, facing the audience."""

from __future__ import annotations

import math

import numpy as np

from .. import props as P
from ..canvas import S, mix
from .registry import place
from .setting import side

HUES = (
    ("#e0409a", "#4a5af0"),
    ("#3aa0f0", "#a04af0"),
    ("#f08a2c", "#e02a5a"),
    ("#30d0c0", "#5a4af0"),
    ("#f0c030", "#e0402c"),
)


def _stage_light(s):
    """Dark surroundings and two coloured lights; returns the two colours."""
    s.y0 = s.u(100, 125)
    s.hc = s.u(1.2, 1.5)
    s.yb = s.u(168, 184)
    s.light = s.one(-1.0, 1.0)
    hues = [s.j(c, 10) for c in s.one(*HUES)]
    s.tint = np.array([0.75, 0.72, 0.85])
    s.haze_col = mix(hues[0], "#000010", 0.6)
    colour, ambient = mix(hues[1], "#ffffff", 0.6) / 255, tuple(hues[0] / 255 * 0.3 + 0.12)
    s.key = dict(dir=(s.light * 0.5, 0.8, 0.45), col=colour, power=1.15, amb=ambient, gnd=(0.12, 0.1, 0.14))
    s.cast = 0.3
    s.dark = True
    return hues


def _curtain(s, x0, x1, foot, colour) -> None:
    """Heavy folds between columns x0 and x1."""
    for x in np.arange(x0, x1, 9):
        s.rect(x, 0, min(x + 9, x1), foot, mix(colour, "#000000", 0.4 + 0.22 * math.sin(x * 0.5)), raw=True)


def _led_wall(s, hues, foot) -> None:
    """A wall of glowing panels behind the band."""
    s.rect(60, 34, 196, foot - 26, "#0a0a14", raw=True)
    for row in range(int((foot - 68) // 14)):
        for column in range(8):
            x, y = 64 + column * 16.4, 38 + row * 14
            s.rect(x, y, x + 14, y + 11, mix(hues[(row + column) % 2], "#000010", s.u(0, 0.8)), raw=True)
    s.say("a big screen")


def _truss(s) -> None:
    """The bars that carry the lamps."""
    s.rect(0, 8, S, 11, "#4a4a56", raw=True)
    s.rect(0, 18, S, 20, "#3a3a46", raw=True)
    for x in np.arange(0, S, 18):
        s.line([(x, 10), (x + 9, 19), (x + 18, 10)], "#42424e", 1, raw=True)


def _spotlights(s, hues, top=26, foot=220) -> None:
    """Lamps in a row with their beams."""
    for x in np.linspace(18, 238, s.i(4, 7)):
        colour, aim = hues[s.i(0, 1)], x + s.u(-70, 70)
        s.rect(x - 4, top - 10, x + 4, top, "#15151b", raw=True)
        beam = [(x - 2, top), (x + 2, top), (aim + 24, foot), (aim - 24, foot)]
        s.soft(beam, mix(colour, "#ffffff", 0.35), 0.3, 3)
        s.glow(x, top + 1, 11, "#ffffff", 0.9)
    s.say("spotlights", "colorful stage lights", "bright spotlights")


def _boards(s, hues) -> None:
    """The wooden floor of the stage with a pool of light."""
    floor = mix("#30282c", hues[1], 0.25)
    s.plane(s.yb, mix(floor, hues[1], 0.4), floor, 0.04, 40, haze=0.1)
    s.lines_x(0.25, 0.015, "#000008", 0.5)
    s.glow(128, 224, 100, mix(hues[1], "#ffffff", 0.4), 0.35)


def _instruments(s) -> None:
    """Loudspeakers, and some of drums, piano and microphone."""
    yb = s.yb
    for hand in (-1, 1):
        x = 128 + hand * s.u(96, 112)
        P.speaker(s, x, yb + 14, 34, s.u(2, 3))
    if s.p(0.65):
        P.drums(s, 128 + s.u(-50, 50), yb + 10, 30)
        s.say("a drum kit", "drums")
    if s.p(0.4):
        P.piano(s, side(s, 40), yb + 26, 44)
        s.say("a grand piano")
    if s.p(0.6):
        P.mic(s, 128 + s.one(-1, 1) * s.u(34, 60), 226, 78)
        s.say("a microphone", "a mic stand")


def _concert(s, hues) -> None:
    """The band's stage seen from the hall."""
    yb = s.yb
    s.vgrad(0, yb, [mix(hues[0], "#04040c", 0.88), mix(hues[0], "#04040c", 0.6), mix(hues[1], "#08081a", 0.45)])
    if s.p(0.4):
        _curtain(s, 0, S, yb, s.j("#8a1c2c"))
        s.glow(128, yb, 150, hues[1], 0.35)
    elif s.p(0.6):
        _led_wall(s, hues, yb)
    _boards(s, hues)
    _instruments(s)
    _truss(s)
    _spotlights(s, hues)


def _facing_the_hall(s, hues) -> None:
    """From the back of the stage: the dark hall full of raised hands and lights, monitors at the edge."""
    edge = s.yb + s.u(4, 14)
    s.vgrad(0, edge, ["#05050c", mix(hues[0], "#05050c", 0.75), mix(hues[1], "#0a0a18", 0.5)])
    for x in np.linspace(24, 232, s.i(4, 6)):
        s.glow(x, s.u(20, 44), s.u(26, 40), mix(s.one(*hues), "#ffffff", 0.3), 0.9)
        s.dot(x, 32, 3, "#ffffff", raw=True)
        s.soft([(x - 3, 34), (x + 3, 34), (x + s.u(20, 60), edge), (x - s.u(20, 60), edge)], s.one(*hues), 0.25, 4)
    for k, (up, r, tone) in enumerate(((74, 4, 0.6), (58, 5, 0.45), (40, 6.5, 0.3), (20, 9, 0.1))):
        P.crowd(s, edge - up, 26 - 4 * k, mix("#0a0812", hues[k % 2], tone), r=r, arms=0.5)
    for _ in range(s.i(24, 60)):
        s.dot(s.u(0, S), s.u(edge - 80, edge - 12), s.u(0.7, 1.5), s.one("#ffffff", "#fff0b0", "#b0e0ff"), raw=True)
    s.yb = edge
    _boards(s, hues)
    s.rect(0, edge - 2, S, edge + 2, "#2a2a34", raw=True)
    for hand in (-1, 1):  # floor monitors
        x, y = 128 + hand * s.u(72, 104), edge + s.u(10, 18)
        s.soft_ell(x, y, 26, 4, 0.5)
        s.poly([(x - 26, y), (x - 22, y - 18), (x + 22, y - 18), (x + 26, y)], "#1c1c24", raw=True)
        for k in (-10, 10):
            s.dot(x + k, y - 8, 7, "#3a3a46", raw=True)
            s.dot(x + k, y - 8, 5, "#101016", raw=True)
    if s.p(0.7):
        P.mic(s, 128 + s.one(-1, 1) * s.u(34, 58), 228, 78)
        s.say("a microphone", "a mic stand")
    s.say("a huge crowd", "thousands of fans", "an audience with raised hands")


def _footlights(s, y) -> None:
    """A row of lamps along the edge of a theatre stage."""
    for x in np.arange(8, S, 20):
        s.ell(x, y, 6, 5, "#c8a04a", a0=180, a1=360)
        s.glow(x, y - 6, 16, "#fff0b0", 0.6)


def _theatre(s, hues) -> None:
    """Red curtains at both sides, a painted backdrop, warm light on wooden boards."""
    s.tint = np.array([0.95, 0.85, 0.78])
    s.haze_col = mix("#f0c890", "#402010", 0.4)
    s.key.update(col=(1.0, 0.9, 0.74), amb=(0.34, 0.28, 0.26), gnd=(0.26, 0.2, 0.16))
    yb = s.yb
    kind = s.one("night", "wood", "sea", "plain")
    sky = {"night": ("#101c4a", "#4a5aa0"), "wood": ("#8ac0d8", "#d8ecc8"), "sea": ("#f0a860", "#f8e0a0")}
    s.vgrad(0, yb, sky.get(kind, ("#3a2a4a", "#8a5a6a")))
    if kind == "night":
        s.dot(128 + s.u(-40, 40), 60, 17, "#f8f0c8", raw=True)
        P.stars(s, 40, 110)
        P.skyline(s, yb, 20, 60, ("#2a3468", "#38407a"), 0.1, 0.4)
    elif kind == "wood":
        for x in np.arange(40, 220, 26):
            P.tree(s, x + s.u(-6, 6), yb, 22, s.u(3.6, 4.8), "#4f8f4a", 0.15)
    elif kind == "sea":
        s.rect(0, yb - 44, S, yb, "#3a86b0")
        s.dot(128 + s.u(-40, 40), yb - 46, 18, "#fff0b0", raw=True)
        s.rect(0, yb - 34, S, yb, "#2f78a4")
        P.sailboat(s, 128 + s.u(-30, 30), yb - 26, 34, 0)
    s.blur(0.8)
    boards = s.j(s.one("#a8703c", "#8a5a34", "#b8844c"))
    s.plane(yb, mix(boards, "#f0d0a0", 0.2), boards, 0.05, 40, haze=0.05)
    s.lines_x(0.25, 0.015, mix(boards, "#180a04", 0.6), 0.8)
    s.glow(128, 224, 110, "#fff0c8", 0.3)
    red = s.j(s.one("#a81c2c", "#a81c2c", "#6a1c5a", "#1c4a6a"), 6)
    w = s.u(44, 60)
    for x0, x1 in ((0, w), (S - w, S)):
        _curtain(s, x0, x1, yb + 30, red)
        s.soft([(x0, yb + 30), (x1, yb + 30), (x1, yb + 36), (x0, yb + 36)], "#000000", 0.4, 2)
    for k in range(6):  # the valance
        s.ell(21 + 43 * k, 4, 30, s.u(28, 34), mix(red, "#000000", 0.2 + 0.12 * (k % 2)), a0=0, a1=180, raw=True)
        s.ell(21 + 43 * k, 4, 30, 26, mix(red, "#ffffff", 0.04), a0=0, a1=180, raw=True)
    s.line([(w - 4, 120), (4, 134)], "#e0b048", 3, raw=True)
    s.line([(S - w + 4, 120), (S - 4, 134)], "#e0b048", 3, raw=True)
    for x in (90, 166):
        s.soft([(x - 4, 0), (x + 4, 0), (128 + 56, 236), (128 - 56, 236)], "#fff4d0", 0.16, 5)
    s.say("red curtains", "a theater curtain", "a painted backdrop")


@place(
    "stage",
    "on a concert stage",
    "on stage",
    "on a stage in front of an audience",
    "under the spotlights",
    "at a rock concert",
    "at a concert",
    acts=(
        ("singing", ("stand",)),
        ("playing the guitar", ("stand", "sit")),
        ("playing the piano", ("sit",)),
        ("performing for the crowd", ("stand", "jump")),
        ("dancing", ("stand", "jump")),
        ("taking a bow", ("stand",)),
    ),
    bases=("stand", "jump", "walk", "sit", "run"),
    seat="crate",
)
def stage(s):
    """Coloured beams on a dark stage seen from the hall, the hall seen from the stage, or a theatre with curtains."""
    hues = _stage_light(s)
    layout = s.one("concert", "concert", "hall", "theatre")
    if layout == "concert":
        _concert(s, hues)
    elif layout == "hall":
        _facing_the_hall(s, hues)
    else:
        _theatre(s, hues)

    def front():
        if layout == "hall":
            P.speaker(s, s.one(20, 236), 262, 74, 1.0)
        elif layout == "theatre":
            _footlights(s, 254)
            P.crowd(s, 250, s.i(6, 8), "#1a0c10", r=s.u(10, 13), arms=0.0)
        else:
            P.crowd(s, s.u(228, 244), s.i(8, 12), r=s.u(9, 13), arms=0.5)

    if layout == "theatre":
        phrases = ("on a theater stage", "on stage", "in a theater", "on a stage with red curtains", "in a play")
        return dict(front=front, front_p=0.5, front_say="an audience", phrases=phrases)
    if layout == "hall":
        phrases = ("on stage", "on a stage in front of a crowd", "on a concert stage", "in front of a huge audience")
        return dict(front=front, phrases=phrases)
    return dict(front=front, front_p=0.75, front_say="a cheering crowd")
