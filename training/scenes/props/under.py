"""What the action puts under or beside the avatar, and what it sits on.

In the functions of `UNDER`, x and y are where the feet are and w is half their spread in pixels."""

from __future__ import annotations

import math

import numpy as np

from ..canvas import H, mix
from .land import rock


def seat(s, kind, x, y, ytop, w):
    """something to sit on, its top at ytop, standing on y, w half-width"""
    h = y - ytop
    if kind == "rock":
        rock(s, x, y, w * 1.15, "#85807a", h=h / (w * 1.15) * 0.96)
    elif kind == "log":
        s.rect(x - w * 1.3, ytop, x + w * 1.3, y, "#6a4a2e")
        s.ell(x + w * 1.3, (y + ytop) / 2, h * 0.28, h / 2, "#c89a62")
        s.ell(x - w * 1.3, (y + ytop) / 2, h * 0.28, h / 2, "#553a24")
        s.line([(x - w, ytop + h * 0.3), (x + w, ytop + h * 0.3)], "#543a24", 1)
    elif kind == "bench":
        for a in (-1.3, 1.3):
            s.rect(x + a * w - 2, ytop, x + a * w + 2, y, "#3a3d42")
        s.rect(x - w * 1.6, ytop, x + w * 1.6, ytop + h * 0.16, "#a06a3a")
        s.rect(x - w * 1.6, ytop + h * 0.2, x + w * 1.6, ytop + h * 0.3, "#8a5a30")
    elif kind == "stool":
        for a in (-0.7, 0.7):
            s.taper(x + a * w * 0.7, ytop, x + a * w, y, 3, 2.5, "#5a4030")
        s.line([(x - w * 0.6, ytop + h * 0.6), (x + w * 0.6, ytop + h * 0.6)], "#5a4030", 2)
        s.ell(x, ytop + 2, w * 0.85, h * 0.12, "#b0533c")
        s.ell(x, ytop, w * 0.8, h * 0.1, "#cf6a4c")
    else:
        c = s.j(s.one("#a87a48", "#6a707a")) if kind == "crate" else H("#30333b")
        s.box(x - w, ytop, x + w, y, c, 5, 3)
        if kind == "crate":
            s.line([(x - w, ytop), (x + w, y)], mix(c, "#000000", 0.3), 1)


def mat(s, x, y, p, w):
    """A yoga mat."""
    c = s.j(s.one("#8a5ac0", "#3aa0a8", "#e0609a", "#4a7ad0", "#60a050", "#e0803c"))
    a, h = max(w * 0.75, 0.62 * p), 0.17 * p
    s.soft_ell(x, y, a * 1.1, h, 0.3)
    s.poly([(x - a * 0.9, y - h), (x + a * 0.9, y - h), (x + a, y + h * 0.7), (x - a, y + h * 0.7)], c)
    s.poly(
        [(x - a, y + h * 0.7), (x + a, y + h * 0.7), (x + a, y + h * 0.82), (x - a, y + h * 0.82)],
        mix(c, "#000018", 0.35),
    )
    s.line([(x - a * 0.86, y - h * 0.8), (x + a * 0.86, y - h * 0.8)], mix(c, "#ffffff", 0.3), 1)


def blanket(s, x, y, p, w):
    """A checked picnic blanket with its basket."""
    a, h = max(w * 1.3, 0.95 * p), 0.24 * p
    c, d = s.one(("#d8403c", "#f6f0e6"), ("#3a78c0", "#f6f0e6"), ("#e0a83a", "#f6f0e6"))
    n = 8

    def q(u, v):
        return (x + (2 * u - 1) * a * (0.82 + 0.18 * v), y - h + 1.9 * h * v)

    for i in range(n):
        for j in range(4):
            s.poly(
                [q(i / n, j / 4), q((i + 1) / n, j / 4), q((i + 1) / n, (j + 1) / 4), q(i / n, (j + 1) / 4)],
                c if (i + j) % 2 else d,
            )
    k = s.one(-1, 1)
    bx, by = x + k * a * 0.85, y + h * 0.1
    s.soft_ell(bx, by, 0.3 * p, 0.06 * p, 0.4)
    s.rect(bx - 0.24 * p, by - 0.26 * p, bx + 0.24 * p, by, "#a8713c")
    s.rect(bx - 0.27 * p, by - 0.32 * p, bx + 0.27 * p, by - 0.22 * p, "#8a5628")
    t = np.linspace(0, math.pi, 12)
    s.line(np.stack([bx + 0.2 * p * np.cos(t), by - 0.3 * p - 0.24 * p * np.sin(t)], 1), "#8a5628", 2)


def skis(s, x, y, p, w):
    """Skis and poles."""
    c = s.j(s.one("#e0403c", "#2a70c8", "#f0b028", "#22262e"))
    for k in (-1, 1):
        q = x + k * min(w * 0.45, 0.2 * p)
        s.poly(
            [
                (q - 0.05 * p + k * 0.02 * p, y - 0.12 * p),
                (q + 0.05 * p + k * 0.02 * p, y - 0.12 * p),
                (q + 0.06 * p + k * 0.08 * p, y + 0.14 * p),
                (q + k * 0.08 * p, y + 0.2 * p),
                (q - 0.06 * p + k * 0.08 * p, y + 0.14 * p),
            ],
            c,
        )
        r = x + k * (w + 0.12 * p)
        s.line([(r, y - 1.1 * p), (r + k * 0.1 * p, y)], "#4a4e58", 1.6)
        s.ell(r + k * 0.09 * p, y - 0.06 * p, 0.07 * p, 0.025 * p, "#22262e")


def board(s, x, y, p, w):
    """surfboard or snowboard: a long thin lens seen from a little above"""
    c = s.j(s.one("#e0503c", "#2a80c8", "#f0c030", "#f4f0e6", "#3ab09a"))
    a = max(0.75 * p, w * 1.05 + 0.12 * p)
    h = 0.055 * p
    q = np.linspace(-1, 1, 15)
    e = h * (1 - np.abs(q) ** 2.6)
    n = h * 1.1 * np.clip(np.abs(q) - 0.75, 0, 1) * 4
    s.poly(
        np.vstack([np.stack([x + a * q, y - e - n], 1), np.stack([x + a * q, y + e - n + h * 0.5], 1)[::-1]]),
        mix(c, "#000018", 0.4),
    )
    s.poly(np.vstack([np.stack([x + a * q, y - e - n], 1), np.stack([x + a * q, y + e - n], 1)[::-1]]), c)
    s.line(np.stack([x + a * 0.85 * q, y - n * 0.8], 1), mix(c, "#ffffff", 0.6), max(1, 0.02 * p))


def skateboard(s, x, y, p, w):
    """A skateboard."""
    a = max(0.42 * p, w * 0.5)
    s.soft_ell(x, y + 3, a, 3, 0.4)
    for k in (-1, 1):
        s.dot(x + k * a * 0.65, y + 2, 0.05 * p, "#f0e8d0")
    s.line(
        [(x - a * 1.1, y - 3.5), (x - a * 0.8, y - 1), (x + a * 0.8, y - 1), (x + a * 1.1, y - 3.5)],
        s.j(s.one("#e0503c", "#2a80c8", "#f0c030", "#22262e")),
        3,
    )


def ball(s, x, y, p, w, c="#f6f6f4", spots=True):
    """A ball on the ground beside the feet; a football if it has spots."""
    q, r = x + s.one(-1, 1) * (w + 0.16 * p), 0.12 * p
    s.ground_shadow(q, y, r, 0.4)
    s.round_shade(q, y - r, r, c, 0.8)
    if spots:
        s.dot(q, y - r, r * 0.3, "#1c1c22")
        for a in np.arange(0, 6.2, 1.256):
            s.dot(q + r * 0.72 * math.cos(a), y - r + r * 0.72 * math.sin(a), r * 0.2, "#1c1c22")


def basketball(s, x, y, p, w):
    """A basketball."""
    ball(s, x, y, p, w, "#e07a2c", False)


def volleyball(s, x, y, p, w):
    """A volleyball."""
    ball(s, x, y, p, w, "#fff6d8", False)


# What the action puts on the ground, by how captions say it.
_BY_PAINTER = {
    mat: (
        "doing yoga / practicing yoga / holding a yoga pose / stretching / doing stretches / exercising / working out"
        " / doing push-ups / holding a plank / meditating / sitting in lotus pose"
    ),
    blanket: "having a picnic",
    skis: "skiing",
    board: "snowboarding / surfing / riding a wave",
    skateboard: "skateboarding",
    ball: "playing soccer / playing football / kicking a ball / playing with a ball / scoring a goal",
    basketball: "dribbling a ball / dribbling a basketball / playing basketball / shooting hoops",
    volleyball: "playing beach volleyball",
}
UNDER = {words: painter for painter, said in _BY_PAINTER.items() for words in said.split(" / ")}
