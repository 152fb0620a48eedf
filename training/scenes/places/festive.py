"""Rooms to celebrate in: Christmas by the fireplace, a dance club."""

from __future__ import annotations

import numpy as np

from .. import props as P
from ..canvas import H, S, mix
from .registry import place
from .setting import room, window

BULBS = ("#ff4a3c", "#ffd23a", "#4ad06a", "#4a9aff", "#ff7ad0")


def _christmas_tree(s, x, y, p) -> None:
    """A fir with baubles, lights and a star."""
    h = 2.4
    s.glow(x, y - 1.1 * p, 1.7 * p, "#ffe8a0", 0.35)
    P.conifer(s, x, y, p, h, "#1f6a40")
    for k in range(4):
        row, w = y - h * p * (0.14 + 0.2 * k), h * p * (0.25 - 0.05 * k)
        t = np.linspace(-1, 1, 12)
        s.line(np.stack([x + t * w, row + 0.05 * p * (1 - t**2) - 0.02 * p], 1), s.one("#ffe08a", "#f0c0c8"), 1.4)
        for q in np.linspace(-0.85, 0.85, 7 - k) + s.u(-0.05, 0.05):
            bx, by = x + q * w, row - s.u(0, 0.22) * p
            s.dot(bx, by, 0.055 * p, s.one(*BULBS), raw=True)
            s.dot(bx - 0.015 * p, by - 0.015 * p, 0.018 * p, "#ffffff", raw=True)
    a = np.arange(0, 10) * np.pi / 5 - np.pi / 2
    r = np.where(np.arange(10) % 2, 0.06, 0.15) * p
    top = y - 1.02 * h * p
    s.glow(x, top, 0.5 * p, "#fff0a0", 0.7)
    s.poly(np.stack([x + r * np.cos(a), top + r * np.sin(a)], 1), "#ffd84a", raw=True)


def _fireplace(s, x, y, p) -> None:
    """A brick fireplace with a burning fire and stockings on the mantel."""
    brick = s.j(s.one("#a8503c", "#8a4434", "#b8a898"))
    w, h = 0.85 * p, 1.25 * p
    s.rect(x - 0.55 * w, 0, x + 0.55 * w, y - h, mix(brick, "#ffffff", 0.12))
    s.rect(x - w, y - h, x + w, y, brick)
    for k, row in enumerate(np.arange(y - h, y, 5)):
        s.line([(x - w, row), (x + w, row)], mix(brick, "#f0e0d0", 0.4), 1)
        for q in np.arange(x - w + (k % 2) * 6, x + w, 12):
            s.line([(q, row), (q, row + 5)], mix(brick, "#f0e0d0", 0.4), 1)
    s.rect(x - 0.55 * w, y - 0.72 * h, x + 0.55 * w, y, "#1c1210")
    s.ell(x, y - 0.72 * h, 0.55 * w, 0.14 * h, "#1c1210", a0=180, a1=360)
    P.fire(s, x, y - 0.02 * p, 0.62 * p)
    s.rect(x - 1.12 * w, y - h - 0.1 * p, x + 1.12 * w, y - h, "#6a4028")
    s.rect(x - 1.12 * w, y - h - 0.1 * p, x + 1.12 * w, y - h - 0.07 * p, "#8a5a38")
    for q in (-0.6, 0.0, 0.6):
        sx, sy, c = x + q * w, y - h, s.one("#d8302c", "#2f8a4a", "#d8302c")
        s.poly(
            [(sx - 5, sy), (sx + 5, sy), (sx + 5, sy + 15), (sx + 11, sy + 20), (sx + 8, sy + 25), (sx - 5, sy + 19)], c
        )
        s.rect(sx - 6, sy - 1, sx + 6, sy + 5, "#f8f4ec")
    for q in (-0.85, 0.85):
        s.rect(x + q * w - 2, y - h - 0.32 * p, x + q * w + 2, y - h - 0.1 * p, "#f4ead0")
        s.glow(x + q * w, y - h - 0.38 * p, 14, "#ffd070", 0.8)
        s.ell(x + q * w, y - h - 0.37 * p, 1.6, 4, "#ffe890", raw=True)


def _present(s, x, y, size) -> None:
    """A wrapped box with a ribbon and a bow."""
    c, ribbon = s.one(("#d83a34", "#ffe08a"), ("#2f8a50", "#f8f0e0"), ("#3a6ac8", "#ffe08a"), ("#f0ece0", "#d83a34"))
    h = size * s.u(0.6, 1.0)
    s.soft_ell(x, y, size * 0.7, size * 0.14, 0.35)
    s.box(x - size / 2, y - h, x + size / 2, y, s.j(c, 6), size * 0.2, size * 0.14)
    s.rect(x - size * 0.09, y - h, x + size * 0.09, y, ribbon)
    s.rect(x - size / 2, y - h * 0.6, x + size / 2, y - h * 0.44, ribbon)
    for k in (-1, 1):
        s.ell(x + k * size * 0.16, y - h - size * 0.1, size * 0.17, size * 0.1, ribbon, a=k * -25)


def _garland(s, y) -> None:
    """Green swags with coloured bulbs along the top of the wall."""
    for x0 in np.arange(-10, S, 54):
        t = np.linspace(0, 1, 16)
        xs, ys = x0 + 54 * t, y + 26 * t * (1 - t) * 2
        s.line(np.stack([xs, ys], 1), "#2a6a3c", 5)
        for k in range(1, 16, 3):
            s.dot(xs[k], ys[k] + 2, 2.4, s.one(*BULBS), raw=True)
            s.glow(xs[k], ys[k] + 2, 8, "#fff0c0", 0.4)


@place(
    "christmas",
    "in a living room at christmas",
    "next to the christmas tree",
    "in front of the christmas tree",
    "at christmas",
    "by the fireplace",
    "near the fireplace",
    "in a cozy room on christmas eve",
    acts=(
        ("opening presents", ("floor", "sit")),
        ("decorating the christmas tree", ("stand",)),
        ("celebrating", ("stand", "jump", "sit")),
        ("warming their hands", ("sit", "floor", "stand")),
        ("singing carols", ("stand",)),
    ),
    bases=("stand", "walk", "sit", "floor", "jump"),
)
def christmas(s):
    """A decorated fir with a star on one side, a burning fireplace with stockings on the other, presents."""
    room(s, s.j(s.one("#8a3a34", "#3f5f4a", "#c8a078", "#6a4a3c")), s.j(s.one("#8a5a34", "#a8743f")), light="#ffd8a0")
    s.tint = np.array([1.0, 0.9, 0.78])
    yb = s.yb
    s.key.update(amb=(0.5, 0.44, 0.38), power=0.75)
    hand = s.one(-1, 1)
    if s.p(0.6):
        wx = 128 + s.u(-12, 12)
        window(s, wx - 22, 34, wx + 22, yb - 52, "garden")
        s.vgrad(34, yb - 52, ["#101a40", "#3a4f8a"], wx - 22, wx + 22)
        for _ in range(26):
            s.dot(s.u(wx - 21, wx + 21), s.u(36, yb - 54), 1.0, "#ffffff", raw=True)
        s.rect(wx - 1, 34, wx + 1, yb - 52, "#f4f0e8")
        s.rect(wx - 22, (yb - 20) / 2, wx + 22, (yb - 16) / 2, "#f4f0e8")
        s.say("snow outside the window", "a window with snow outside")
    if s.p(0.7):
        _garland(s, s.u(6, 14))
        s.say("a garland with lights", "colorful lights")
    p = s.ppm(yb + 4)
    fx = 128 - hand * s.u(72, 86)
    _fireplace(s, fx, yb + 5, p)
    s.glow(fx, yb, 90, "#ff9a40", 0.3)
    s.say("a burning fireplace", "a fire in the fireplace", "stockings on the mantel")
    s.blur(s.u(0, 0.4))
    rug = s.j(s.one("#b83a34", "#e8dcc8", "#3f6a4a"))
    s.ell(128, 222, 92, 26, rug)
    s.ell(128, 222, 82, 20, mix(rug, "#ffffff", 0.2))
    tx, ty = 128 + hand * s.u(72, 88), yb + s.u(14, 26)
    _christmas_tree(s, tx, ty, s.ppm(ty) * 1.02)
    for _ in range(s.i(3, 5)):
        _present(s, tx + s.u(-36, 36), ty + s.u(4, 24), s.u(16, 28))
    s.say("a decorated christmas tree", "a christmas tree and presents", "wrapped presents")

    def front():
        x = s.one(20, 236)
        _present(s, x, 262, 52)
        _present(s, x + s.one(-1, 1) * 34, 266, 36)

    return dict(front=front)


@place(
    "disco",
    "in a nightclub",
    "at a disco",
    "on the dance floor",
    "at a party",
    "in a dance club",
    "under a disco ball",
    acts=(
        ("dancing", ("stand", "jump", "walk")),
        ("dancing", ("stand", "jump")),
        ("partying", ("stand", "jump")),
        ("celebrating a birthday", ("stand", "jump")),
    ),
    bases=("stand", "stand", "jump", "walk", "sit"),
    seat="dark",
)
def disco(s):
    """A mirror ball over a floor of glowing coloured squares, beams and a dancing crowd."""
    s.y0, s.hc, s.light, s.dark = s.u(98, 118), s.u(1.3, 1.6), s.one(-1.0, 1.0), True
    _y, yb = s.y0, s.u(160, 176)
    s.yb = yb
    hues = s.one(
        ("#ff3aa0", "#3ad0ff", "#ffd23a"), ("#a04aff", "#3affb0", "#ff5a3a"), ("#ff4ad0", "#5a5aff", "#4affe0")
    )
    s.tint, s.haze_col = np.array([0.75, 0.7, 0.85]), mix(hues[0], "#08041a", 0.65)
    amb = tuple(H(hues[0]) / 255 * 0.28 + 0.16)
    s.key = dict(
        dir=(s.light * 0.5, 0.8, 0.4), col=mix(hues[1], "#ffffff", 0.5) / 255, power=1.0, amb=amb, gnd=(0.2, 0.16, 0.24)
    )
    s.cast = 0.22
    s.vgrad(0, yb, [mix(hues[0], "#05030f", 0.9), mix(hues[0], "#0a0618", 0.72)])
    for _ in range(70):
        s.ell(
            s.u(0, S),
            s.u(10, yb),
            s.u(1.5, 3.5),
            s.u(1, 2.4),
            mix(s.one(*hues), "#ffffff", 0.4),
            raw=True,
            a=s.u(0, 90),
        )
    ball = 128 + s.u(-36, 36)
    for k in range(s.i(5, 7)):
        aim, c = s.u(-20, 276), hues[k % 3]
        s.soft([(ball - 2, 36), (ball + 2, 36), (aim + 26, 230), (aim - 26, 230)], mix(c, "#ffffff", 0.2), 0.24, 3)
    P.crowd(s, yb - 22, s.i(9, 12), mix(hues[0], "#06040e", 0.85), r=8, arms=0.7)
    s.blur(s.u(0, 0.6))
    _lit_floor(s, yb - 4, hues)
    for k in (-1, 1):
        sx = 128 + k * s.u(98, 112)
        P.speaker(s, sx, yb + 16, 36, s.u(2.0, 2.8))
        s.glow(sx, yb - 30, 40, s.one(*hues), 0.3)
    _mirror_ball(s, ball, s.u(28, 40), s.u(17, 22), hues)
    s.say("a disco ball", "a glittering mirror ball", "colorful lights", "a glowing dance floor")
    for _ in range(s.i(0, 40)):
        s.rect(x := s.u(0, S), yy := s.u(0, 200), x + 2.4, yy + 1.8, s.one(*hues), raw=True)

    def front():
        P.crowd(s, s.u(236, 246), s.i(8, 11), "#0c0616", r=s.u(9, 12), arms=0.6)

    return dict(front=front, front_p=0.5, front_say="a dancing crowd")


def _lit_floor(s, top, hues) -> None:
    """Floor squares that glow in the three colours."""
    s.plane(top, "#181222", "#181222", 0.02, 40, haze=0.05)
    tint, s.tint = s.tint, np.ones(3)
    cell = (np.floor(s.X / 0.6) * 7 + np.floor(s.Z / 0.6) * 13 + s.i(0, 9)) % 5
    for k, c in enumerate(hues):
        s.ground_blend((cell == k).astype("f4"), c, s.u(0.5, 0.85))
    s.tint = tint
    s.lines_x(0.6, 0.04, "#0a0614", 0.9)
    s.lines_z(0.6, 0.04, "#0a0614", 0.9)


def _mirror_ball(s, x, y, r, hues) -> None:
    """A ball of small mirrors on a cord."""
    s.line([(x, 0), (x, y - r)], "#8a8a94", 1)
    s.glow(x, y, 3.4 * r, "#ffffff", 0.35)
    s.dot(x, y, r, "#5a6078", raw=True)
    for v in np.linspace(-0.85, 0.85, 8):
        half = np.sqrt(1 - v * v) * r
        for u in np.linspace(-1, 1, 9)[:-1]:
            a = x + np.sin(u * np.pi / 2) * half
            b = x + np.sin((u + 0.21) * np.pi / 2) * half
            c = mix("#c8d4e8", s.one(*hues, "#ffffff", "#48506a"), s.u(0.2, 0.9))
            s.rect(a, y + v * r - r * 0.1, b, y + v * r + r * 0.09, c, raw=True)
    s.glow(x + s.light * r * 0.4, y - r * 0.4, r * 0.7, "#ffffff", 0.95)
