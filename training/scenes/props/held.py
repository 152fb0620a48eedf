"""What hands hold. Each is drawn by f(s, g): g is the `Grip`, and p = g.p the pixels of a metre.

Drawn before the avatar a thing peeks out from behind the hand; drawn after it, it covers the hand.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..canvas import mix


@dataclass(frozen=True)
class Grip:
    """Where hands are, in pixels.

    hand, arm: (2,) the hand that leads and the unit vector of its forearm. other: (2,) the other hand.
    hip, head: (2,) pelvis and head. ground: row of the ground. p: pixels a metre. side: 1 if the leading hand is
    right of the body, else -1.
    """

    hand: np.ndarray
    arm: np.ndarray
    other: np.ndarray
    hip: np.ndarray
    head: np.ndarray
    ground: float
    p: float
    side: int

    @property
    def middle(self) -> np.ndarray:
        """(2,) between the hands."""
        return (self.hand + self.other) / 2

    @property
    def apart(self) -> np.ndarray:
        """(2,) unit vector from the other hand to the leading one; the picture's right if they meet."""
        way = self.hand - self.other
        length = float(np.hypot(*way))
        return way / length if length > 0.12 * self.p else np.array([float(self.side), 0.0])


def _quad(centre, along, across, length, width):
    a, b = np.asarray(along) * length / 2, np.asarray(across) * width / 2
    return [centre - a - b, centre + a - b, centre + a + b, centre - a + b]


def _across(v):
    return np.array([-v[1], v[0]])


def phone(s, g):
    """A phone."""
    up = np.array([0.25 * g.side, -1.0]) / 1.03
    c = g.hand + g.arm * 0.06 * g.p
    s.poly(_quad(c, up, _across(up), 0.17 * g.p, 0.10 * g.p), "#22252c")
    s.poly(_quad(c, up, _across(up), 0.13 * g.p, 0.075 * g.p), s.one("#8fd0f0", "#dce8f0", "#4a6a9a"), raw=True)


def cup(s, g):
    """A mug, or a glass with a straw."""
    p = g.p
    x, y = g.hand + np.array([0.05 * g.side, -0.02]) * p
    c = s.j(s.one("#f4f1e8", "#d8483c", "#3a78c0", "#f0b42c"))
    s.poly(
        [
            (x - 0.065 * p, y - 0.08 * p),
            (x + 0.065 * p, y - 0.08 * p),
            (x + 0.05 * p, y + 0.08 * p),
            (x - 0.05 * p, y + 0.08 * p),
        ],
        c,
    )
    s.ell(x, y - 0.08 * p, 0.065 * p, 0.02 * p, mix(c, "#4a2c1c", 0.7))
    if s.p(0.4):
        s.line([(x, y - 0.08 * p), (x + 0.05 * g.side * p, y - 0.22 * p)], "#e0503c", max(1, 0.02 * p))


def apple(s, g):
    """An apple, a sandwich or an ice cream."""
    p = g.p
    x, y = g.hand + g.arm * 0.08 * p
    kind = s.i(0, 2)
    if kind == 0:
        s.round_shade(x, y, 0.06 * p, s.one("#d8342c", "#5aa83a", "#f0a030"))
    elif kind == 1:
        s.rect(x - 0.1 * p, y - 0.05 * p, x + 0.1 * p, y + 0.05 * p, "#d8a868")
        s.rect(x - 0.11 * p, y - 0.012 * p, x + 0.11 * p, y + 0.018 * p, "#6ab04a")
    else:
        s.poly([(x - 0.05 * p, y - 0.04 * p), (x + 0.05 * p, y - 0.04 * p), (x, y + 0.14 * p)], "#d8a05a")
        s.dot(x, y - 0.07 * p, 0.065 * p, s.one("#f8c8d0", "#f8f0dc", "#7a4a30"))


def book(s, g):
    """An open book."""
    p = g.p
    x, y = g.middle + np.array([0.0, -0.05]) * p
    c = s.j(s.one("#a8343c", "#2f5f9a", "#2f7a5a", "#7a4a8a"))
    for d in (-1, 1):
        cover = [(x, y + 0.03 * p), (x + d * 0.2 * p, y - 0.02 * p), (x + d * 0.2 * p, y - 0.25 * p), (x, y - 0.19 * p)]
        s.poly(cover, c)
        page = [
            (x, y + 0.01 * p),
            (x + d * 0.18 * p, y - 0.03 * p),
            (x + d * 0.18 * p, y - 0.24 * p),
            (x, y - 0.19 * p),
        ]
        s.poly(page, mix("#f6f2e6", "#c8c0ae", 0.35 * (d * s.light < 0)))


def ball(s, g):
    """A ball in or just above the hand."""
    c = s.one("#e07a2c", "#f6f6f4", "#d8423c", "#f0c83a", "#3a90c8")
    x, y = g.hand + g.arm * 0.13 * g.p
    s.round_shade(x, y, 0.12 * g.p, c, 0.8)


def juggle(s, g):
    """Three or four balls in an arc over the hands."""
    for t in np.linspace(0.1, 0.9, s.i(3, 4)):
        x = g.other + (g.hand - g.other) * t
        lift = (0.25 + 0.55 * math.sin(t * math.pi)) * g.p
        s.round_shade(
            x[0],
            min(x[1], g.head[1] + 0.2 * g.p) - lift,
            0.055 * g.p,
            s.one("#e0483c", "#f0c030", "#3a80d0", "#4ab060"),
        )


def guitar(s, g):
    """A guitar from the strumming hand along to the other one."""
    p = g.p
    body = g.hip * 0.45 + g.hand * 0.55 + np.array([0.0, -0.12]) * p
    way = g.other - body
    way = way / (np.hypot(*way) + 1e-6)
    c = s.j(s.one("#c8803a", "#a8502c", "#d8b070", "#a82c34"))
    if s.p(0.25):
        c = s.j(s.one("#d8343c", "#2f5fb0", "#22252c"))
    n = _across(way)
    s.poly(_quad(body + way * 0.52 * p, way, n, 0.72 * p, 0.05 * p), "#5a3a26")
    s.poly(_quad(body + way * 0.92 * p, way, n, 0.14 * p, 0.08 * p), "#3a2418")
    turn = math.degrees(math.atan2(way[1], way[0]))
    s.ell(*(body - way * 0.06 * p), 0.23 * p, 0.19 * p, mix(c, "#200c04", 0.3), a=turn)
    s.ell(*(body - way * 0.06 * p), 0.21 * p, 0.175 * p, c, a=turn)
    s.ell(*(body + way * 0.14 * p), 0.15 * p, 0.13 * p, c, a=turn)
    s.dot(*(body + way * 0.07 * p), 0.055 * p, "#2a1810")
    s.line([body - way * 0.12 * p, body + way * 0.9 * p], "#f0e8d8", 1)


def violin(s, g):
    """A violin under the chin, and its bow."""
    p = g.p
    chin = g.head + np.array([0.0, 0.17]) * p
    way = g.other - chin
    way = way / (np.hypot(*way) + 1e-6)
    turn = math.degrees(math.atan2(way[1], way[0]))
    c = s.j("#a85a2c")
    s.poly(_quad(chin + way * 0.4 * p, way, _across(way), 0.35 * p, 0.03 * p), "#2a1810")
    s.ell(*(chin + way * 0.1 * p), 0.12 * p, 0.09 * p, c, a=turn)
    s.ell(*(chin + way * 0.24 * p), 0.09 * p, 0.07 * p, c, a=turn)
    s.line([g.hand, chin + way * 0.25 * p + np.array([0.0, -0.12]) * p], "#4a2c1a", max(1, 0.018 * p))


def mic(s, g):
    """A microphone, its head towards the mouth."""
    p = g.p
    way = g.head + np.array([0, 0.06]) * p - g.hand
    way = way / (np.hypot(*way) + 1e-6)
    s.taper(*(g.hand - way * 0.05 * p), *(g.hand + way * 0.12 * p), 0.035 * p, 0.05 * p, "#2a2c34")
    s.dot(*(g.hand + way * 0.15 * p), 0.042 * p, "#9aa0aa")


def camera(s, g):
    """A camera with its lens."""
    p = g.p
    x, y = (g.middle if np.hypot(*(g.hand - g.other)) < 0.5 * p else g.hand) + np.array([0.0, -0.05]) * p
    s.rect(x - 0.11 * p, y - 0.07 * p, x + 0.11 * p, y + 0.07 * p, "#25282e")
    s.rect(x - 0.04 * p, y - 0.1 * p, x + 0.04 * p, y - 0.06 * p, "#34383f")
    s.dot(x, y, 0.055 * p, "#4a5058")
    s.dot(x, y, 0.035 * p, "#8ab0d0")


def box(s, g):
    """A cardboard box in both arms."""
    p = g.p
    w, h = s.u(0.2, 0.28) * p, s.u(0.3, 0.42) * p
    x, y = g.middle + np.array([0.0, 0.06]) * p
    c = s.j("#b88a58", 8)
    s.box(x - w, y - h, x + w, y, c, 0.06 * p, 0.05 * p)
    s.rect(x - 0.03 * p, y - h, x + 0.03 * p, y, mix(c, "#f0e0c0", 0.4))


def umbrella(s, g):
    """An open umbrella over the head."""
    p = g.p
    top = g.hand + np.array([-0.08 * g.side, -0.2 if g.hand[1] < g.head[1] else -0.85]) * p
    top[1] = max(min(top[1], g.head[1] - 0.22 * p), 0.3 * p)  # over the head and inside the picture
    r = 0.62 * p
    a = s.j(s.one("#d8343c", "#2f6fc0", "#f0b42c", "#3a3f4a", "#e87a9a"))
    s.line([g.hand + np.array([0, 0.1 * p]), top], "#3a3c42", max(1.5, 0.025 * p))
    t = np.linspace(math.pi, 0, 25)
    arc = np.stack([top[0] + r * np.cos(t), top[1] + 0.2 * p - 0.42 * p * np.sin(t)], 1)
    for k in range(6):
        s.poly([*arc[4 * k : 4 * k + 5], (top[0], top[1] + 0.16 * p)], a if k % 2 else mix(a, "#ffffff", 0.2))


def flowers(s, g):
    """A bunch of flowers."""
    p = g.p
    for _ in range(9):
        x, y = g.hand + np.array([s.u(-0.16, 0.16), -s.u(0.12, 0.34)]) * p
        s.line([g.hand, (x, y)], "#3a8a3c", max(1, 0.02 * p))
        s.dot(x, y, 0.05 * p, s.one("#e0483c", "#f0c030", "#e87ab0", "#f4f0f8", "#9a5ac8"))
        s.dot(x, y, 0.018 * p, "#f8e080")


def _blade(s, g, length, width, colour, grip="#4a3020"):
    p = g.p
    tip = g.hand + g.arm * length * p
    s.taper(*(g.hand + g.arm * 0.08 * p), *tip, width * p, width * 0.4 * p, colour)
    s.taper(*(g.hand - g.arm * 0.14 * p), *(g.hand + g.arm * 0.1 * p), 0.04 * p, 0.04 * p, grip)


def sword(s, g):
    """A sword that goes on where the forearm ends."""
    _blade(s, g, 0.95, 0.06, "#d4dae2")
    n = _across(g.arm) * 0.12 * g.p
    at = g.hand + g.arm * 0.1 * g.p
    s.line([at - n, at + n], "#c8a040", max(2, 0.04 * g.p))


def racket(s, g):
    """A tennis racket."""
    p = g.p
    head = g.hand + g.arm * 0.5 * p
    turn = math.degrees(math.atan2(g.arm[1], g.arm[0]))
    s.taper(*(g.hand - g.arm * 0.08 * p), *(g.hand + g.arm * 0.34 * p), 0.045 * p, 0.035 * p, "#34383f")
    c = s.j(s.one("#d8343c", "#2f6fc0", "#e8c030"))
    s.ell(*head, 0.19 * p, 0.14 * p, c, a=turn)
    s.ell(*head, 0.165 * p, 0.118 * p, "#eef0e8", a=turn, haze=0.25)


def club(s, g):
    """A golf club."""
    p = g.p
    way = np.array([0.35 * g.side, 1.0]) / 1.06 if g.arm[1] > -0.5 else g.arm
    end = g.middle + way * 0.9 * p
    s.line([g.middle, end], "#5a626c", max(1.5, 0.03 * p))
    s.ell(*end, 0.08 * p, 0.04 * p, "#3a3f48")


def _pole(s, g, colour, width=0.03):
    """A stick through both hands down to the ground; returns its lower end."""
    p = g.p
    low, high = (g.hand, g.other) if g.hand[1] > g.other[1] else (g.other, g.hand)
    way = low - high
    if np.hypot(*way) < 0.15 * p or way[1] < 0.1 * p:
        way = np.array([0.3 * g.side, 1.0])
    way = way / np.hypot(*way)
    reach = np.clip((g.ground - low[1]) / max(way[1], 0.35), 0.2 * p, 1.1 * p)
    end = low + way * reach
    s.taper(*(high - way * 0.3 * p), *end, width * p, width * p, colour)
    return end, way


def broom(s, g):
    """A broom."""
    end, way = _pole(s, g, "#b8864a")
    n = _across(way)
    p = g.p
    s.poly(
        [
            end - n * 0.06 * p,
            end + n * 0.06 * p,
            end + way * 0.2 * p + n * 0.17 * p,
            end + way * 0.2 * p - n * 0.17 * p,
        ],
        s.j("#d8b04a"),
    )


def shovel(s, g):
    """A spade."""
    end, way = _pole(s, g, "#8a5f38", 0.035)
    n = _across(way)
    p = g.p
    s.poly(
        [
            end - n * 0.1 * p,
            end + n * 0.1 * p,
            end + way * 0.22 * p + n * 0.08 * p,
            end + way * 0.3 * p,
            end + way * 0.22 * p - n * 0.08 * p,
        ],
        "#7a828c",
    )


def barbell(s, g):
    """A barbell through both hands."""
    p, way = g.p, g.apart
    ends = [g.middle + way * d * max(0.75 * p, np.hypot(*(g.hand - g.other)) / 2 + 0.3 * p) for d in (-1, 1)]
    s.line(ends, "#aab0ba", max(1.5, 0.035 * p))
    n = _across(way)
    for end in ends:
        for k, (r, c) in enumerate(((0.22, "#2a2d34"), (0.17, s.one("#c83430", "#2a5fb0", "#e8b02c")))):
            at = end + (end - g.middle) * (-0.12 + 0.1 * k)
            s.poly(_quad(at, n, way, 2 * r * p, 0.06 * p), c)


def rod(s, g):
    """A fishing rod and its line."""
    p = g.p
    way = np.array([0.75 * g.side, -0.66])
    tip = g.hand + way * 1.25 * p
    s.taper(*(g.hand - way * 0.15 * p), *tip, 0.035 * p, 0.012 * p, "#5a4030")
    s.line([tip, (tip[0] + 0.1 * g.side * p, g.ground)], "#f0f0f0", 1, haze=0.2)


def brush(s, g):
    """A brush."""
    p = g.p
    s.line([g.hand - g.arm * 0.08 * p, g.hand + g.arm * 0.2 * p], "#c89a5a", max(1.2, 0.022 * p))
    s.dot(*(g.hand + g.arm * 0.22 * p), 0.028 * p, s.one("#d8343c", "#2f6fc0", "#f0c030", "#f4f4f0"))


def spoon(s, g):
    """A wooden spoon."""
    p = g.p
    s.line([g.hand - g.arm * 0.05 * p, g.hand + g.arm * 0.22 * p], "#b8864a", max(1.2, 0.025 * p))
    s.dot(*(g.hand + g.arm * 0.25 * p), 0.04 * p, "#c8965a")


def can(s, g):
    """A watering can."""
    p = g.p
    x, y = g.hand + np.array([0.1 * g.side, 0.14]) * p
    c = s.j(s.one("#4a9a6a", "#3a78b0", "#d8a03a"))
    s.rect(x - 0.1 * p, y - 0.1 * p, x + 0.1 * p, y + 0.11 * p, c)
    s.taper(x + 0.1 * g.side * p, y + 0.05 * p, x + 0.3 * g.side * p, y - 0.12 * p, 0.05 * p, 0.03 * p, c)
    for k in range(4):
        x1 = x + (0.33 + 0.03 * k) * g.side * p
        s.line([(x + 0.31 * g.side * p, y - 0.11 * p), (x1, y + 0.15 * p)], "#b8dcf0", 1)


def bow(s, g):
    """A bow in the outstretched hand, and its arrow."""
    p = g.p
    far, near = (g.hand, g.other) if abs(g.hand[0] - g.hip[0]) > abs(g.other[0] - g.hip[0]) else (g.other, g.hand)
    d = 1.0 if far[0] > g.hip[0] else -1.0
    t = np.linspace(-1, 1, 15)
    arc = np.stack([far[0] + d * (0.05 - 0.2 * t**2) * p, far[1] + 0.62 * t * p], 1)
    s.line(arc, "#7a4a26", max(1.5, 0.03 * p))
    s.line([arc[0], near, arc[-1]], "#f0ece0", 1)
    s.line([near, far + np.array([0.2 * d, 0]) * p], "#4a3a2c", 1)


def suitcase(s, g):
    """A suitcase on the ground beside the hand."""
    p = g.p
    x = g.hand[0] + 0.12 * g.side * p
    c = s.j(s.one("#c8413a", "#2f5f8a", "#3a3f46", "#e0a83a"))
    s.line([g.hand, (x, g.ground - 0.6 * p)], "#6a7078", max(1.2, 0.025 * p))
    s.rect(x - 0.2 * p, g.ground - 0.62 * p, x + 0.2 * p, g.ground - 0.04 * p, c)
    for k in (-0.1, 0.0, 0.1):
        s.line([(x + k * p, g.ground - 0.58 * p), (x + k * p, g.ground - 0.08 * p)], mix(c, "#000010", 0.25), 1)


def flag(s, g):
    """A flag on its pole, planted in the ground."""
    p = g.p
    x, top = g.hand[0] + 0.03 * g.side * p, min(g.hand[1], g.head[1]) - 0.6 * p
    s.line([(x, g.ground), (x, top)], "#c8ccd2", max(1.5, 0.03 * p))
    c = s.j(s.one("#d8343c", "#2f6fc0", "#f0b42c", "#3a9a5a"))
    t = np.linspace(0, 1, 9)
    wave = 0.04 * p * np.sin(t * 6)
    xs = x + g.side * t * 0.62 * p
    s.poly(np.vstack([np.stack([xs, top + wave], 1), np.stack([xs, top + 0.36 * p + wave], 1)[::-1]]), c)


# name -> (painter, how often it is drawn before the person, covering part of them, rather than behind)
HELD = {
    "phone": (phone, 0.4), "cup": (cup, 0.4), "apple": (apple, 0.4), "book": (book, 0.7), "ball": (ball, 0.4),
    "juggle": (juggle, 0.5), "guitar": (guitar, 0.9), "violin": (violin, 0.8), "mic": (mic, 0.5),
    "camera": (camera, 0.6), "box": (box, 0.8), "umbrella": (umbrella, 0.3), "flowers": (flowers, 0.5),
    "sword": (sword, 0.4), "racket": (racket, 0.4), "club": (club, 0.4), "broom": (broom, 0.4),
    "shovel": (shovel, 0.4), "barbell": (barbell, 0.4), "rod": (rod, 0.3), "brush": (brush, 0.5),
    "spoon": (spoon, 0.5), "can": (can, 0.5), "bow": (bow, 0.4), "suitcase": (suitcase, 0.3), "flag": (flag, 0.3),
}  # fmt: skip
