"""Places to travel from: train station, airport."""

from __future__ import annotations

import numpy as np

from .. import props as P
from ..canvas import S, mix
from .registry import place
from .setting import at, face, flank, open_air, room


def _train(s, x, z, colour) -> None:
    """A train at the platform's edge, in perspective; x metres aside, z (near, far)."""
    near, far = z
    flank(s, x, z, (0.05, 3.3), colour)
    flank(s, x, z, (3.3, 3.6), mix(colour, "#20242c", 0.5))
    flank(s, x, z, (0.05, 0.45), mix(colour, "#101018", 0.6))
    flank(s, x, z, (1.15, 1.4), mix(colour, "#ffffff", 0.75))
    zz, k = near, 0
    while zz < far:
        if k % 4 == 1:
            flank(s, x, (zz + 0.1, zz + 1.3), (0.4, 2.7), mix(colour, "#ffffff", 0.3))
            for a in (0.16, 0.74):
                flank(s, x, (zz + a, zz + a + 0.48), (1.3, 2.5), "#2c3a4c")
        else:
            flank(s, x, (zz + 0.15, zz + 1.25), (1.65, 2.75), "#ffe2a0" if s.dark else "#2c3a4c", raw=s.dark)
            flank(s, x, (zz + 0.2, zz + 0.5), (1.7, 2.7), "#fff0c8" if s.dark else "#7a98b4", raw=s.dark)
        zz, k = zz + 1.4, k + 1


def _clock(s, x, y, r) -> None:
    """A round station clock that hangs from the roof."""
    s.rect(x - 1.5, 0, x + 1.5, y, "#33383e")
    s.dot(x, y, r, "#2a2e34")
    s.dot(x, y, r * 0.84, "#fbfbf4", raw=True)
    for a in np.arange(0, 6.28, 0.524):
        s.line(
            [(x + 0.68 * r * np.sin(a), y - 0.68 * r * np.cos(a)), (x + 0.8 * r * np.sin(a), y - 0.8 * r * np.cos(a))],
            "#22242a",
            1,
        )
    for length, a in ((0.65, s.u(0, 6.28)), (0.42, s.u(0, 6.28))):
        s.line([(x, y), (x + length * r * np.sin(a), y - length * r * np.cos(a))], "#22242a", 1.6)


def _suitcase(s, x, y, p) -> None:
    """An upright trolley case."""
    c = s.j(s.one("#d8483c", "#3a7ac0", "#f0b02c", "#3a9a7a", "#8a5ab0"))
    s.soft_ell(x, y, 0.3 * p, 0.06 * p, 0.4)
    for k in (-0.1, 0.1):
        s.line([(x + k * p, y - 0.6 * p), (x + k * p, y - 1.0 * p)], "#5a6068", 1.4)
    s.line([(x - 0.11 * p, y - 1.0 * p), (x + 0.11 * p, y - 1.0 * p)], "#2a2c32", 2.4)
    s.rect(x - 0.24 * p, y - 0.68 * p, x + 0.24 * p, y - 0.05 * p, c)
    s.rect(x - 0.24 * p, y - 0.68 * p, x - 0.14 * p, y - 0.05 * p, mix(c, "#000010", 0.2))
    for k in (-0.04, 0.08, 0.18):
        s.line([(x + k * p, y - 0.64 * p), (x + k * p, y - 0.1 * p)], mix(c, "#000010", 0.25), 1)
    for k in (-0.16, 0.16):
        s.dot(x + k * p, y - 0.03 * p, 0.04 * p, "#22242a")


def _bench(s, x, y, p, colour="#8a5a34") -> None:
    """A slatted bench with a back."""
    s.soft_ell(x, y, 0.85 * p, 0.1 * p, 0.35)
    for k in (-0.65, 0.65):
        s.rect(x + k * p - 1.5, y - 0.45 * p, x + k * p + 1.5, y, "#33383e")
        s.line([(x + k * p, y - 0.45 * p), (x + k * p, y - 0.9 * p)], "#33383e", 2)
    for k in (0.45, 0.62, 0.76, 0.9):
        s.rect(x - 0.8 * p, y - k * p, x + 0.8 * p, y - (k - 0.09) * p, mix(colour, "#ffffff", 0.1 * (k > 0.5)))


@place(
    "station",
    "at a train station",
    "at the train station",
    "on a railway platform",
    "on the platform next to a train",
    "in a subway station",
    "in front of a train",
    acts=(
        ("waiting for the train", ("stand", "sit")),
        ("waiting with crossed arms", ("stand",)),
        ("catching a train", ("run",)),
        ("saying goodbye", ("stand",)),
        ("boarding the train", ("walk",)),
    ),
    bases=("stand", "walk", "run", "jump", "sit"),
    seat="bench",
)
def station(s):
    """A long train in perspective, the yellow line of the platform, a hanging clock under a roof."""
    when = open_air(s)
    y = s.y0
    hand = s.one(-1, 1)  # the train's side
    P.skyline(s, y + 3, 14, 40, ("#8fa0b4", "#a8907a", "#7a8aa0"), 0.5)
    s.blur(s.u(0.2, 0.7))
    deck = s.j(s.one("#b8b4ac", "#a8a8ac", "#c0b4a0"), 5)
    s.plane(y + 2, deck, mix(deck, "#000008", 0.08), 0.05, 40, haze=0.12)
    s.lines_x(0.8, 0.02, mix(deck, "#303030", 0.4), 0.7)
    s.lines_z(0.8, 0.02, mix(deck, "#303030", 0.4), 0.7)
    edge = s.u(1.55, 1.9) * hand
    beyond = (s.X * hand > abs(edge)).astype("f4")
    s.ground_blend(beyond, "#33343a", 0.95)
    s.stripe_x(edge - hand * 0.5, 0.22, "#f4c82c")
    s.stripe_x(edge - hand * 0.08, 0.14, "#f4f4ee")
    train = s.j(s.one("#d8403a", "#2f6ac0", "#3a9a6a", "#e8e8ea", "#f0a02c", "#3a4a6a"))
    _train(s, edge + hand * 0.12, (2.1, 46.0), train)
    s.say("a train", "a long train", "a train at the platform")
    _platform_roof(s, hand)
    _clock(s, 128 - hand * s.u(-10, 34), s.u(36, 50), s.u(12, 15))
    s.say("a station clock", "a big clock")
    if s.p(0.7):
        zz = s.u(4.6, 6.5)
        yy = s.row(zz)
        _bench(s, at(s, -hand * s.u(1.7, 2.2), zz)[0], yy, s.ppm(yy))
    if s.p(0.6):
        yy = s.u(192, 226)
        _suitcase(s, 128 - hand * s.u(58, 96), yy, s.ppm(yy))
        s.say("a suitcase")
    if when == "night":
        s.say("lit windows")

    def front():
        x = s.one(22, 234)
        _suitcase(s, x, 264, 92)

    return dict(front=front)


def _platform_roof(s, hand) -> None:
    """Pillars on the far side from the train and the roof that they carry."""
    steel = s.j(s.one("#3f5a50", "#5a6470", "#7a3a34"))
    roof = [
        at(s, hand * 1.2, 3.4, 3.9),
        at(s, -hand * 4.5, 3.4, 3.9),
        at(s, -hand * 4.5, 30, 3.9),
        at(s, hand * 1.2, 30, 3.9),
    ]
    s.poly(roof, mix(steel, "#f4f0e4", 0.35))
    for z in (26, 18, 13, 9.5, 7, 5.2, 4):
        a, b = at(s, hand * 1.2, z, 3.9), at(s, -hand * 4.5, z, 3.9)
        s.line([a, b], mix(steel, "#000010", 0.15), max(1, 14 / z))
    for z in (18, 12, 8, 5.4):
        for x in (-2.6,):
            face(s, (hand * x - 0.12, hand * x + 0.12), z, (0, 3.9), steel)
            for k in (-1, 1):
                foot, top = at(s, hand * x, z, 3.1), at(s, hand * x + k * 0.9, z, 3.9)
                s.line([foot, top], steel, max(1, 12 / z))
    for z in (14, 8.5, 5.6):
        lx, ly = at(s, -hand * 0.9, z, 3.8)
        s.rect(lx - 60 / z, ly - 1, lx + 60 / z, ly + 1.5, "#ffffff", raw=True)
        s.glow(lx, ly, 200 / z, "#fff4d0", 0.6 if s.dark else 0.3)


def _airliner(s, x, y, length) -> None:
    """A passenger plane on the ground, seen from the side; y is where its wheels stand."""
    d, r = s.one(-1, 1), 0.062 * length
    c = s.one("#d8403a", "#2f6ac0", "#2f9a8a", "#f0902c")
    m = y - 2.3 * r

    def q(a, b):
        return x + d * a * length, m - b * r

    for a in (0.36, -0.06, -0.1):
        s.line([q(a, -0.8), (q(a, 0)[0], y)], "#5a6068", 2)
        s.dot(q(a, 0)[0], y - 2, 2.6, "#22242a")
    tail = [q(-0.34, 0.6), q(-0.5, 3.6), q(-0.42, 3.7), q(-0.24, 0.8)]
    nose = [q(0.36, 0.95), q(0.44, 0.75), q(0.5, 0.05), q(0.45, -0.5), q(0.36, -0.95)]
    s.poly([q(-0.5, 0.75), q(-0.3, 1.0), *nose, q(-0.2, -0.95), q(-0.36, -0.4)], "#f8f8f8")
    s.poly(
        [q(-0.4, -0.15), *[q(0.48, -0.15), q(0.45, -0.5), q(0.36, -0.95)], q(-0.2, -0.95), q(-0.36, -0.4)], "#d8dee4"
    )
    s.poly(tail, c)
    s.poly([q(-0.44, 0.7), q(-0.56, 1.3), q(-0.5, 1.35), q(-0.33, 0.75)], mix(c, "#000010", 0.25))
    s.line([q(-0.42, 0.0), q(0.46, 0.0)], c, max(1.4, 0.2 * r))
    for a in np.linspace(-0.28, 0.32, 15):
        s.dot(*q(a, 0.42), max(0.9, 0.16 * r), "#3a4c62")
    s.poly([q(0.4, 0.7), q(0.46, 0.45), q(0.41, 0.35), q(0.38, 0.6)], "#3a4c62")
    s.poly([q(0.1, -0.3), q(-0.12, -1.3), q(-0.2, -1.3), q(-0.04, -0.3)], "#b8c0c8")
    s.ell(*q(0.02, -1.15), 0.06 * length, 0.55 * r, "#8a949c")


def _departures(s, x, y, w) -> None:
    """A hanging board with rows of yellow text."""
    s.rect(x - w * 0.6, 0, x - w * 0.6 + 2, y, "#5a6068")
    s.rect(x + w * 0.6, 0, x + w * 0.6 + 2, y, "#5a6068")
    s.rect(x - w, y - 14, x + w, y + 22, "#14181e")
    s.rect(x - w, y - 14, x + w, y - 8, "#f4c82c", raw=True)
    for k in range(4):
        row = y - 3 + 6 * k
        for a, b in ((-0.92, -0.6), (-0.5, 0.2 + s.u(0, 0.2)), (0.6, 0.9)):
            s.line(
                [(x + a * w, row), (x + b * w, row)],
                s.one("#ffd84a", "#f4f0e0", "#5ae08a" if a > 0 else "#ffd84a"),
                2,
                raw=True,
            )


def _seat_row(s, x, y, p, n=3) -> None:
    """Joined waiting-hall seats on a steel bar."""
    c = s.j(s.one("#3a5a8a", "#2a2e36", "#c8503c", "#3a8a80"))
    s.soft_ell(x, y, 0.35 * n * p, 0.08 * p, 0.35)
    s.rect(x - 0.3 * n * p, y - 0.36 * p, x + 0.3 * n * p, y - 0.3 * p, "#8a949c")
    for k in (-0.22, 0.22):
        s.line([(x + k * n * p, y - 0.33 * p), (x + k * n * p, y)], "#8a949c", 2.4)
    for k in range(n):
        q = x + (k - (n - 1) / 2) * 0.6 * p
        s.rect(q - 0.26 * p, y - 0.95 * p, q + 0.26 * p, y - 0.46 * p, c)
        s.rect(q - 0.28 * p, y - 0.48 * p, q + 0.28 * p, y - 0.36 * p, mix(c, "#ffffff", 0.18))


@place(
    "airport",
    "at the airport",
    "in an airport",
    "in an airport terminal",
    "at the departure gate",
    "in front of a plane at the airport",
    "in the departure lounge",
    acts=(
        ("waiting for a flight", ("sit", "stand")),
        ("pulling a suitcase", ("walk",)),
        ("running to the gate", ("run",)),
        ("checking in", ("stand",)),
        ("waiting to board", ("stand",)),
    ),
    bases=("stand", "walk", "run", "jump", "sit"),
    seat="dark",
)
def airport(s):
    """A wall of glass with an airliner behind it, rows of seats, a departures board."""
    floor = s.j(s.one("#c8ccd0", "#b8bcc4", "#d4ccc0"), 5)
    room(s, s.j("#dfe4e8", 4), floor, floor_kind="tiles", light="#f4f8ff")
    yb = s.yb
    sky = s.one(
        ("#5a9ae0", "#d8ecf8"), ("#4a86d0", "#e8f2f4"), ("#5a4a8c", "#f0956a", "#ffd88a"), ("#8c98a6", "#d0d6da")
    )
    s.vgrad(14, yb - 10, sky)
    horizon = yb - s.u(34, 42)
    s.vgrad(horizon, yb - 8, [mix("#8a9298", sky[-1], 0.4), "#7a8288"])
    P.hills(s, horizon + 1, s.u(4, 9), "#6a8a70", 0.4, 1.0)
    if s.p(0.5):
        x = s.u(30, 220)
        s.rect(x - 3, horizon - 30, x + 3, horizon, "#b8c0c8")
        s.poly([(x - 8, horizon - 40), (x + 8, horizon - 40), (x + 6, horizon - 30), (x - 6, horizon - 30)], "#3a4c5c")
        s.say("a control tower")
    _airliner(s, 128 + s.one(-1, 1) * s.u(34, 62), yb - s.u(16, 22), s.u(130, 165))
    s.say("a plane behind the window", "an airplane", "a parked airplane")
    if s.p(0.4):
        _airliner(s, s.u(20, 236), s.u(36, 60), s.u(20, 32))
    s.rect(0, 0, S, 14, "#b8c0c8")
    mullion = "#6a747c"
    for x in np.arange(s.u(0, 30), S, s.u(40, 52)):
        s.rect(x - 1.5, 12, x + 1.5, yb - 2, mullion)
    s.rect(0, 56, S, 58, mullion)
    s.rect(0, yb - 10, S, yb, mullion)
    s.soft([(60, 14), (96, 14), (40, yb - 10), (4, yb - 10)], "#ffffff", 0.16, 1)
    s.blur(s.u(0, 0.4))
    s.soft([(20, yb + 4), (236, yb + 4), (250, yb + 54), (6, yb + 54)], sky[-1], 0.25, 8)  # the floor mirrors the sky
    hand = s.one(-1, 1)
    _departures(s, 128 + hand * s.u(30, 60), s.u(22, 30), s.u(42, 52))
    s.say("a departures board")
    for k in (-1, 1):
        yy = yb + s.u(8, 26)
        _seat_row(s, 128 + k * s.u(84, 98), yy, s.ppm(yy) * 0.92)
    s.say("rows of seats")
    if s.p(0.75):
        yy = s.u(202, 230)
        _suitcase(s, 128 + hand * s.u(52, 84), yy, s.ppm(yy))
        s.say("a suitcase", "luggage")

    def front():
        if s.p(0.5):
            _suitcase(s, s.one(24, 232), 266, 92)
        else:
            _seat_row(s, s.one(36, 220), 272, 78, 2)

    return dict(front=front)
