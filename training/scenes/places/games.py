"""More places for sport: tennis court, ice rink, boxing ring."""

from __future__ import annotations

import numpy as np

from .. import props as P
from ..canvas import H, S, fractal, mix, wrap
from .registry import place
from .setting import at, open_air, side


def _stands(s, top, foot, n=260, haze=0.15) -> None:
    """A tribune full of spectators as coloured dots in rows."""
    s.rect(0, top, S, foot, s.j(s.one("#4a5a7a", "#5a6a72", "#6a5a6a")), haze=haze)
    rows = max(2, int((foot - top) // 8))
    for k in range(rows):
        y = top + 4 + 8 * k
        s.line([(0, y + 4), (S, y + 4)], "#c8ccd4", 1, haze=0.3)
        for x in s.rng.uniform(0, S, n // rows // 2):
            s.rect(x - 2, y, x + 2, y + 5, s.j(s.one("#d84a3c", "#f4f0e8", "#3a6fc0", "#f0c040", "#3a9a6a")), haze=haze)
            s.dot(x, y - 1.5, 1.8, s.one("#e8c8a8", "#c89070", "#8a5a40"), haze=haze)


def _net(s, z, half, height) -> None:
    """A net across the court at distance z, metres."""
    (x0, y0), (x1, _) = at(s, -half, z), at(s, half, z)
    top = y0 - height * s.f / z
    for q in np.arange(x0, x1, 4.5):
        s.line([(q, top), (q, y0)], "#e8f0f0", 1, haze=0.35)
    for q in np.arange(top, y0, 4.5):
        s.line([(x0, q), (x1, q)], "#e8f0f0", 1, haze=0.35)
    s.rect(x0, top - 2, x1, top + 2, "#ffffff")
    for x in (x0, x1):
        s.rect(x - 1.5, top - 3, x + 1.5, y0, "#2f4a3a")


def _umpire_chair(s, x, y, p) -> None:
    """The umpire's high chair."""
    c = "#2f6a4a"
    s.soft_ell(x, y, 0.5 * p, 0.08 * p, 0.35)
    for k in (-0.42, 0.42):
        s.line([(x + k * p, y), (x + 0.6 * k * p, y - 1.7 * p)], c, 2.6)
    for k in np.linspace(0.25, 1.4, 4):
        s.line([(x - (0.42 - 0.1 * k) * p, y - k * p), (x + (0.42 - 0.1 * k) * p, y - k * p)], c, 1.6)
    s.rect(x - 0.32 * p, y - 1.76 * p, x + 0.32 * p, y - 1.64 * p, "#f4f4f0")
    s.rect(x - 0.3 * p, y - 2.4 * p, x + 0.3 * p, y - 1.76 * p, c)
    s.poly([(x - 0.55 * p, y - 2.6 * p), (x, y - 2.95 * p), (x + 0.55 * p, y - 2.6 * p)], "#f0f0e8")


@place(
    "tennis",
    "on a tennis court",
    "at the tennis court",
    "at a tennis match",
    "on a clay court",
    "in front of a tennis net",
    "at wimbledon",
    acts=(
        ("playing tennis", ("stand", "run", "jump")),
        ("playing tennis", ("stand", "run")),
        ("serving a tennis ball", ("stand", "jump")),
        ("hitting a backhand", ("stand",)),
    ),
    bases=("stand", "stand", "run", "jump", "walk"),
)
def tennis(s):
    """A blue, clay or grass court with white lines, the net across, an umpire's chair, a green windbreak."""
    open_air(s, when=s.one("day", "day", "day", "sunset", "overcast"))
    y = s.y0
    if s.p(0.55):
        _stands(s, y - s.u(40, 56), y + 2)
        s.say("spectators", "full stands")
    else:
        for x in np.arange(-10, 270, 22):
            s.blob(x + s.u(-8, 8), y - 4, s.u(14, 22), s.u(16, 30), s.j("#4f8f4a"), haze=0.3)
    fence = s.j(s.one("#2a5f48", "#2a4a7a"))
    s.rect(0, y - 16, S, y + 6, fence, haze=0.08)
    for x in np.arange(0, S, 32):
        s.line([(x, y - 18), (x, y + 6)], mix(fence, "#ffffff", 0.3), 1.4)
    s.blur(s.u(0, 0.6))
    court, outside = s.one(
        ("#3a70b8", "#4a9a6a"), ("#c86a40", "#b85a38"), ("#5aa048", "#3f8a3c"), ("#3a70b8", "#2f5a94")
    )
    court, outside = s.j(court, 5), s.j(outside, 5)
    s.plane(y + 4, outside, outside, 0.04, 50, haze=0.06)
    shift, white = s.u(-0.5, 0.5), "#f8faf4"
    net = s.u(6.4, 7.8)
    half, base = 2.5, net + 5
    inside = (np.abs(s.X - shift) < half) * (base > s.Z)
    s.ground_blend(inside.astype("f4"), court, 1.0)
    for k in (-1, 1):
        s.stripe_x(shift + k * half, 0.1, white, 1, 0, base)
        s.stripe_x(shift + k * half * 0.76, 0.08, white, 1, 0, base)
    s.stripe_z(base, 0.2, white, 1, shift - half, shift + half)
    s.stripe_z(net - 3.0, 0.1, white, 1, shift - half * 0.76, shift + half * 0.76)
    s.stripe_z(net + 3.0, 0.14, white, 1, shift - half * 0.76, shift + half * 0.76)
    s.stripe_x(shift, 0.08, white, 1, net - 3.0, net + 3.0)
    hand = s.one(-1, 1)
    _net(s, net, 2.8, 1.0)
    s.say("a tennis net", "the net")
    yy = s.row(net - 0.1)
    _umpire_chair(s, at(s, shift + hand * (half + 0.25), net)[0], yy, s.ppm(yy) * 0.95)
    s.say("an umpire's chair")
    for _ in range(s.i(1, 3)):
        x, yy = side(s, 12), s.u(200, 246)
        s.ground_shadow(x, yy, 4, 0.4)
        s.dot(x, yy - 3.4, 3.6, "#d8f03a")
        s.line([(x - 2.4, yy - 5), (x, yy - 3.4), (x + 2.6, yy - 4.6)], "#f8fff0", 1)
    s.say("yellow tennis balls", "a tennis ball")

    def front():
        x, d = s.one(34, 222), s.one(-1, 1)
        s.ell(x, 226, 22, 27, "#d8403a", a=d * 14)
        s.ell(x, 226, 18, 23, "#f4f4ee", a=d * 14)
        for k in range(-3, 4):
            s.line([(x + 5 * k, 206), (x + 5 * k, 246)], "#b8bcc0", 1)
            s.line([(x - 16, 226 + 6 * k), (x + 16, 226 + 6 * k)], "#b8bcc0", 1)
        s.taper(x - d * 7, 250, x - d * 12, 270, 6, 8, "#22242c")

    return dict(front=front, front_p=0.2, front_say="a tennis racket")


@place(
    "ice",
    "on an ice rink",
    "on the ice",
    "at the ice rink",
    "on a frozen lake",
    "on a frozen pond",
    "in an ice skating arena",
    acts=(
        ("ice skating", ("stand", "walk", "run")),
        ("ice skating", ("stand", "walk", "jump")),
        ("figure skating", ("jump", "stand")),
        ("playing ice hockey", ("stand", "run")),
        ("slipping", ("floor",)),
    ),
    bases=("stand", "walk", "run", "jump", "floor"),
    dress="warm",
)
def ice_rink(s):
    """White ice with skate marks and mirrored light: an arena with boards, or a frozen lake among firs."""
    phrases = _arena(s) if s.p(0.6) else _frozen_lake(s)
    for _ in range(s.i(10, 18)):  # what the blades scratched
        x, z, r, a = s.u(-3, 3), s.u(3, 9), s.u(0.6, 2.2), s.u(0, 6)
        t = np.linspace(a, a + s.u(0.8, 2.4), 16)
        pts = [at(s, x + r * np.cos(q), max(z + r * np.sin(q), 2.6)) for q in t]
        s.line(pts, s.one("#ffffff", "#9ab8d8"), 1)
    return dict(front=lambda: _snow_heap(s), phrases=phrases, front_p=0.25)


def _snow_heap(s) -> None:
    """Scraped snow in the foreground."""
    x = s.one(10, 246)
    for _ in range(7):
        s.ell(x + s.u(-40, 40), 262, s.u(18, 34), s.u(14, 30), mix("#f8fcff", "#b8cce4", s.u(0, 0.4)), a0=180, a1=360)


def _ice(s, top, shine, colour="#e4f0f8") -> None:
    """The ice itself, with a soft reflection of the light above."""
    s.plane(top, mix(colour, "#a8c4dc", 0.3), colour, 0.02, 24, haze=0.05)
    v = wrap(fractal(512, 1.6, 6), s.X * 9, s.Z * 12)
    s.ground_blend(np.clip(v * 0.5, 0, 1), "#a8cce8", 0.4)
    for x in (50, 128, 206):
        s.soft([(x - 14, top), (x + 14, top), (x + 22, top + 90), (x - 22, top + 90)], shine, 0.28, 8)


def _arena(s) -> tuple[str, ...]:
    s.y0, s.hc, s.light = s.u(96, 116), s.u(1.3, 1.6), s.one(-1.0, 1.0)
    y = s.y0
    s.tint, s.haze_col = np.array([0.95, 0.97, 1.0]), H("#c8d8e8")
    s.key = dict(
        dir=(s.light * 0.5, 0.8, 0.5), col=(0.94, 0.97, 1.0), power=0.85, amb=(0.5, 0.54, 0.6), gnd=(0.44, 0.47, 0.52)
    )
    s.cast = 0.15
    s.vgrad(0, y + 8, ["#2c3848", "#4a5a70"])
    for x in np.linspace(20, 236, 5):
        s.line([(x - 40, 0), (x, 26), (x + 40, 0)], "#6a7a90", 1.4)
        s.rect(x - 12, 22, x + 12, 27, "#ffffff", raw=True)
        s.glow(x, 26, 40, "#f4faff", 0.55)
    _stands(s, 44, y - 4, 240, 0.1)
    _ice(s, y + 18, "#ffffff")
    board = y + 19
    s.rect(0, y - 6, S, y + 2, "#b8d4e4", haze=0.2)  # plexiglass
    for x in np.arange(0, S, 26):
        s.line([(x, y - 12), (x, y + 2)], "#8a9cb0", 1)
    s.rect(0, y + 1, S, board, "#f8f8f8")
    s.rect(0, board - 4, S, board, s.one("#f0c83a", "#3a70c0"))
    s.rect(0, y + 1, S, y + 3, "#3a70c0")
    x = s.u(0, 12)
    while x < S:
        w = s.u(24, 40)
        s.rect(x, y + 5, x + w, board - 6, s.j(s.one("#d8403a", "#2f6ac0", "#f0b02c", "#22242c", "#3a9a6a")))
        x += w + s.u(6, 14)
    s.stripe_z(s.u(6.5, 9), 0.32, "#d8403a", 0.85)
    circle = np.hypot(s.X - s.u(-1, 1), s.Z - s.u(4.6, 6))
    s.ground_blend(np.clip((0.06 - np.abs(circle - 1.7)) * s.f / s.Z + 0.5, 0, 1), "#3a70c0", 0.8)
    if s.p(0.5):
        yy = s.u(y + 26, y + 36)
        _hockey_goal(s, 128 + s.one(-1, 1) * s.u(52, 92), yy, s.ppm(yy))
        s.say("a hockey goal")
    s.say("bright ice", "spectators in the stands", "white boards")
    return ("on an ice rink", "at the ice rink", "on the ice", "in an ice skating arena")


def _hockey_goal(s, x, y, p) -> None:
    w, h = 1.0 * p, 1.2 * p
    for k in np.linspace(-1, 1, 9):
        s.line([(x + k * w, y - h), (x + k * w * 0.85, y - 0.1 * p)], "#ffffff", 1, haze=0.2)
    for k in np.linspace(0.1, 1, 6):
        s.line([(x - w, y - h * k), (x + w, y - h * k)], "#ffffff", 1, haze=0.2)
    s.line([(x - w, y), (x - w, y - h), (x + w, y - h), (x + w, y)], "#d8302c", 3)


def _frozen_lake(s) -> tuple[str, ...]:
    open_air(s, when=s.one("day", "day", "overcast", "sunset", "night"))
    y = s.y0
    P.ridge(s, y + 4, s.u(30, 60), s.j("#7a8fac"), 0.5, 0.45, 0.5, n=16)
    s.rect(0, y + 3, S, y + 24, "#e4eef8", haze=0.15)
    x = -4.0
    while x < S:
        P.conifer(s, x, y + 12, 1, s.u(16, 34), "#2f5f58", 0.2, 1)
        x += s.u(7, 16)
    P.hills(s, y + 16, 8, "#eef4fc", 0.05)
    s.blur(s.u(0, 0.6))
    _ice(s, y + 15, s.haze_col, s.j(s.one("#a8d4e8", "#98c8e0", "#b0dce4"), 4))
    for x in s.rng.uniform(0, S, 16):  # the firs mirrored in the ice
        s.soft([(x - 6, y + 16), (x + 6, y + 16), (x + 2, y + s.u(34, 60))], "#2f5f70", 0.3, 2)
    bank = s.row(s.u(14, 18))
    P.hills(s, bank, 7, "#f4f8ff", 0.05, 1.4)
    cracks = np.abs(wrap(fractal(512, 1.3, 3), s.X * 12, s.Z * 12))
    s.ground_blend(np.clip(1 - cracks * 16, 0, 1), "#ffffff", 0.7)
    for k in (-1, 1):
        if s.p(0.75):
            yy = s.u(bank + 6, 196)
            xx = 128 + k * s.u(92, 124)
            s.ell(xx, yy + 1, s.ppm(yy) * 0.9, s.ppm(yy) * 0.16, "#f4f8ff")
            P.conifer(s, xx, yy, s.ppm(yy), s.u(2.2, 3.4), "#2f6050", 0.05, 1)
    if s.p(0.5):
        for _ in range(s.i(50, 120)):
            s.dot(s.u(0, S), s.u(0, S), s.u(0.6, 1.5), "#ffffff")
        s.say("snow is falling")
    s.say("snowy fir trees", "clear ice")
    return ("on a frozen lake", "on a frozen pond", "on the ice", "on a frozen lake in winter")


def _corner_post(s, x, z, colour, heights) -> None:
    """A ring post with its pad."""
    (px, py), (_, top) = at(s, x, z), at(s, x, z, heights[-1] + 0.12)
    w = 0.11 * s.f / z
    s.rect(px - w * 0.5, top, px + w * 0.5, py, "#4a4e56")
    s.rect(px - w, top + 2, px + w, at(s, x, z, heights[0] - 0.1)[1], colour)
    s.rect(px - w, top + 2, px - w * 0.4, at(s, x, z, heights[0] - 0.1)[1], mix(colour, "#ffffff", 0.25))


def _fight_night(s, edge) -> None:
    """A dark hall, a crowd with flashing cameras, cones of light over the ring."""
    dusk = s.one("#141a34", "#2a1420", "#16202a", "#241a10")
    s.tint, s.haze_col = np.array([0.92, 0.92, 0.96]), H(dusk)
    s.key = dict(
        dir=(s.light * 0.3, 0.9, 0.4), col=(1.0, 0.98, 0.92), power=1.05, amb=(0.36, 0.36, 0.42), gnd=(0.3, 0.3, 0.32)
    )
    s.cast = 0.3
    s.vgrad(0, edge + 10, ["#04050c", dusk, mix(dusk, "#3a3c58", 0.4)])
    for row, r, tone in ((edge - 44, 6, 0.95), (edge - 30, 7.5, 0.7), (edge - 14, 9, 0.45)):
        P.crowd(s, row, 20, mix(dusk, "#6a6a88", tone), r=r, arms=0.25)
    for _ in range(s.i(4, 9)):
        x, yy = s.u(0, S), s.u(edge - 50, edge - 16)
        s.glow(x, yy, s.u(7, 14), "#ffffff", 0.8)  # camera flashes
    s.blur(s.u(0.2, 0.8))
    s.rect(0, 4, S, 7, "#3a3e4a", raw=True)
    for x in (40, 100, 156, 216):
        s.rect(x - 9, 6, x + 9, 13, "#15151b", raw=True)
        s.rect(x - 7, 11, x + 7, 14, "#ffffff", raw=True)
        s.soft([(x - 6, 14), (x + 6, 14), (x + 46, 236), (x - 46, 236)], "#fff8e0", 0.13, 5)


def _boxing_gym(s, edge) -> None:
    """Brick walls with posters, high windows, punching bags on chains; daylight."""
    s.dark = False
    s.tint, s.haze_col = np.array([1.0, 0.95, 0.88]), H("#d8c0a0")
    direction = (s.light * 0.6, 0.7, 0.5)
    s.key = dict(dir=direction, col=(1.0, 0.96, 0.88), power=0.85, amb=(0.48, 0.44, 0.4), gnd=(0.3, 0.28, 0.26))
    s.cast = 0.22
    brick = s.j(s.one("#a8583c", "#8a5a4a", "#b8a898", "#6a7078"))
    s.rect(0, 0, S, edge + 8, brick)
    for k, y in enumerate(np.arange(0, edge + 8, 6)):
        s.line([(0, y), (S, y)], mix(brick, "#e8d8c8", 0.35), 1)
        for x in np.arange((k % 2) * 7, S, 14):
            s.line([(x, y), (x, y + 6)], mix(brick, "#e8d8c8", 0.35), 1)
    for x in (44, 128, 212):
        s.rect(x - 26, 8, x + 26, 46, "#4a4e54")
        s.rect(x - 24, 10, x + 24, 44, "#dceef6", raw=True)
        for q in (-8, 8):
            s.line([(x + q, 10), (x + q, 44)], "#4a4e54", 1.6)
        s.soft(
            [(x - 20, 46), (x + 20, 46), (x + 20 - s.light * 60, 240), (x - 30 - s.light * 60, 240)], "#fff4d8", 0.12, 5
        )
    for x in s.rng.uniform(20, 236, 3):
        s.rect(x - 13, edge - 66, x + 13, edge - 32, s.one("#f0e0b8", "#e8c83a", "#d8d4cc"))
        s.rect(x - 9, edge - 62, x + 9, edge - 56, s.one("#c8302c", "#22262e"))
        s.dot(x, edge - 44, 7, s.one("#c8302c", "#22262e", "#3a5ab0"))
    for x in (s.u(24, 60), s.u(196, 232)):
        s.line([(x, 0), (x, edge - 58)], "#6a6e76", 1.6)
        s.rect(x - 9, edge - 58, x + 9, edge - 2, s.one("#b8302c", "#22242a", "#3a4a8a"))
        s.rect(x + s.light * 3, edge - 57, x + s.light * 6, edge - 3, "#d86a5c")
    s.say("punching bags", "a brick wall", "boxing posters")
    s.blur(s.u(0.2, 0.7))


@place(
    "boxing",
    "in a boxing ring",
    "in the boxing ring",
    "in the ring",
    "at a boxing match",
    "inside the ropes of a boxing ring",
    "in a wrestling ring",
    acts=(
        ("boxing", ("stand",)),
        ("boxing", ("stand", "jump")),
        ("throwing a punch", ("stand",)),
        ("celebrating a knockout", ("jump", "stand")),
        ("lying knocked out", ("lie", "floor")),
    ),
    bases=("stand", "stand", "jump", "walk", "floor", "lie"),
    dress="any",
)
def boxing(s):
    """Canvas, three ropes and coloured corner posts: a match before a dark crowd, or the ring of an old gym."""
    training = s.p(0.4)
    s.y0, s.hc, s.light, s.dark = s.u(104, 122), s.u(1.4, 1.7), s.one(-1.0, 1.0), True
    zf = s.u(7.0, 8.4)
    edge = s.row(zf)
    if training:
        _boxing_gym(s, edge)
    else:
        _fight_night(s, edge)
    canvas = s.j(s.one("#c8d4e4", "#e4e0d4", "#8ab0d8"), 4)
    apron = s.one("#2f5fb0", "#b02c34", "#22262e")
    s.plane(edge, mix(canvas, "#ffffff", 0.1), canvas, 0.03, 40, haze=0.0)
    half = zf * 0.37
    s.ground_blend((np.abs(s.X) > half + 0.25).astype("f4"), apron, 0.95)
    ring = np.hypot(s.X, s.Z - 4.6)
    s.ground_blend(np.clip((1.35 - ring) * 8, 0, 1), s.j(s.one("#c8403a", "#2f5fb0", "#f0c03a")), 0.5)
    s.glow(128, 226, 120, "#ffffff", 0.25)
    heights, rope = (0.5, 0.85, 1.2), s.one(("#e8302c", "#f8f8f8", "#2f60d0"), ("#e8302c",) * 3, ("#f8f8f8",) * 3)
    for h, c in zip(heights, rope):
        s.line([at(s, -half, zf, h), at(s, half, zf, h)], c, 2.4)
        for k in (-1, 1):
            s.line([at(s, k * half, zf, h), at(s, k * half * 1.02, 2.2, h)], c, 3)
    colours = s.one(("#d8302c", "#2f60d0"), ("#2f60d0", "#d8302c"))
    for k, c in zip((-1, 1), colours):
        _corner_post(s, k * half, zf, c, heights)
    if s.p(0.6):
        k = s.one(-1, 1)
        x, yy = at(s, k * half * 0.78, zf - 0.7)
        p = s.ppm(yy)
        s.rect(x - 0.22 * p, yy - 0.45 * p, x + 0.22 * p, yy - 0.4 * p, "#8a5a34")
        for q in (-0.18, 0.18):
            s.line([(x + q * p, yy - 0.42 * p), (x + q * 1.2 * p, yy)], "#6a4428", 2)
        s.say("a stool in the corner")
    s.say("the ropes of the ring", "red and blue corners", "ropes and corner posts")
    if not training:
        s.say("a cheering crowd", "bright spotlights")

    def front():
        for h, c in zip((214, 232, 250), rope):
            s.line([(-4, h + 3), (S + 4, h - 3)], c, 4)

    return dict(front=front, front_p=0.3, front_say="ropes in front")
