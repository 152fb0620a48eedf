"""Places for sport: stadium, basketball court, gym."""

from __future__ import annotations

import math

import numpy as np

from .. import props as P
from ..canvas import S, mix
from .registry import place
from .setting import ceiling_lamps, open_air, room, side

SPECTATORS = ("#e8c8a8", "#d84a3c", "#f4f0e8", "#3a6fc0", "#f0c040", "#22242c", "#c89070")


def _packed_tribune(s, top, foot) -> None:
    """The curved stand behind the pitch, full of people, under its roof."""
    xs = np.linspace(0, S, 30)
    bow = s.u(6, 16) * (1 - ((xs - 128) / 128) ** 2)
    s.poly(
        [(0, foot), *zip(xs, top + bow), (S, foot)], s.j(s.one("#3a4a7a", "#7a3a42", "#4a5a62", "#3a6a5a")), haze=0.15
    )
    n = 1600
    x, row = s.rng.uniform(0, S, n), np.floor(s.rng.uniform(0, 1, n) * 13) / 13
    edge = top + 3 + np.interp(x, xs, bow)
    y = edge + (foot - 8 - edge) * row
    x, y = x.astype(int).clip(0, S - 2), y.astype(int).clip(0, S - 2)
    people = np.array([s.lit(c, 0.1) for c in SPECTATORS])[s.rng.integers(0, len(SPECTATORS), n)].astype(np.uint8)
    for dy, dx in ((0, 0), (0, 1), (1, 0)):
        s.im[y + dy, x + dx] = people
    s.line([*zip(xs, top + bow + (foot - top - bow) * 0.45)], "#d8dce0", 2.5, haze=0.15)
    under, over = zip(xs, top + bow - 5), zip(xs[::-1], top + bow[::-1] - 12)
    s.poly([(0, top - 9), *under, (S, top - 9), (S, top - 15), *over, (0, top - 15)], "#c8ccd4", haze=0.1)


def _floodlights(s, top) -> None:
    for x in (18, 90, 166, 238):
        s.line([(x, top), (x, top - 26)], "#5a6068", 2)
        s.rect(x - 11, top - 36, x + 11, top - 25, "#3a3e46")
        for a in (-7, 0, 7):
            for b in (0, 5):
                s.dot(x + a, top - 33 + b, 2, "#ffffff", raw=True)
        if s.dark:
            s.glow(x, top - 30, 30, "#ffffff", 0.8)


def _perimeter_boards(s, foot) -> None:
    """Advertising boards in club colours."""
    x = 0.0
    while x < S:
        w = s.u(24, 48)
        s.rect(x, foot - 7, x + w, foot + 1, s.j(s.one("#2a5fc8", "#e8e8e8", "#d83a34", "#f0c02c", "#20242c")))
        s.rect(x + 5, foot - 5, x + w - 5, foot - 2, s.one("#ffffff", "#f0e040", "#22242c"))
        x += w


def _soccer_ball(s, x, y, r) -> None:
    s.ground_shadow(x, y, r, 0.4)
    s.dot(x, y - r, r, "#f6f6f4")
    for a in np.arange(0, 6.2, 1.256):
        s.dot(x + r * 0.55 * math.cos(a), y - r + r * 0.55 * math.sin(a), r * 0.2, "#1c1c22")
    s.dot(x, y - r, r * 0.24, "#1c1c22")


def _corner_flag(s, x, y, p) -> None:
    d = 1 if x < 128 else -1
    s.line([(x, y), (x, y - 1.5 * p)], "#f4f0d0", 2.4)
    s.poly([(x, y - 1.5 * p), (x + d * 0.5 * p, y - 1.3 * p), (x, y - 1.1 * p)], s.one("#e8382c", "#f0c82c"))


@place(
    "stadium",
    "in a stadium",
    "on a soccer field",
    "on the football pitch",
    "in a football stadium",
    "on a sports field",
    "at a soccer match",
    acts=(
        ("playing soccer", ("run", "stand", "jump")),
        ("scoring a goal", ("run", "jump")),
        ("warming up before the match", ("stand", "run")),
        ("running a race", ("run",)),
    ),
    bases=("stand", "run", "jump", "walk", "floor"),
)
def stadium(s):
    """A striped green pitch with white lines and a goal, a packed stand and floodlights."""
    s.y0, s.hc = s.u(92, 118), s.u(1.3, 1.9)
    P.sky(s, s.one("day", "day", "night", "overcast", "sunset"))
    y = s.y0
    if s.dark:  # floodlit
        s.tint, s.cast = np.array([0.8, 0.85, 0.95]), 0.25
        s.key.update(power=0.95, col=(0.95, 0.97, 1.0), amb=(0.35, 0.38, 0.45))
    top, foot = y - s.u(48, 66), y + 9
    _packed_tribune(s, top, foot)
    _floodlights(s, top)
    _perimeter_boards(s, foot)
    s.blur(s.u(0.2, 0.8))
    grass = s.j("#3fa04a", 6)
    s.plane(foot, mix(grass, "#90c860", 0.15), grass, 0.04, 60, haze=0.05)
    mown = (s.X / 2.2 + 50) % 2 < 1 if s.p(0.5) else (s.Z / 2.6) % 2 < 1
    s.ground_blend(mown.astype("f4"), mix(grass, "#0a4a20", 0.35), 0.6)
    goal_line = s.u(10.5, 13)
    s.stripe_z(goal_line, 0.3, "#f8fff4")
    s.stripe_z(s.u(3.2, 5.0), 0.12, "#f8fff4", 0.95)
    s.stripe_x(s.u(-3, 3), 0.12, "#f8fff4", 0.9)
    if s.p(0.65):
        yy = s.row(goal_line)
        P.goal(s, 128 + s.u(-110, 110), yy, s.ppm(yy) * s.u(1.1, 1.5))
        s.say("a goal", "goal posts")
    if s.p(0.75):
        _soccer_ball(s, s.one(s.u(20, 80), s.u(176, 236)), s.u(222, 246), s.u(5, 8))
        s.say("a soccer ball", "a football")
    s.say("a cheering crowd", "full stands", "floodlights")

    def front():
        _corner_flag(s, s.one(18, 238), 262, 78)

    return dict(front=front, front_p=0.2)


def _sports_hall(s) -> None:
    """Wooden floor, high windows, a low stand with spectators."""
    room(s, s.j(s.one("#e8dcc0", "#c8d4e0", "#d8d8d4")), s.j("#d89a55", 6))
    yb, stand = s.yb, s.one("#2a5fb0", "#b0342c", "#2f8a5a")
    s.rect(0, yb - 46, S, yb - 2, stand)
    for k in range(4):
        s.rect(0, yb - 46 + 11 * k, S, yb - 44 + 11 * k, mix(stand, "#ffffff", 0.4))
        for x in s.rng.uniform(0, S, 14):
            s.dot(x, yb - 38 + 11 * k, 3, s.j(s.one("#e8c8a8", "#d84a3c", "#f4f0e8", "#f0c040", "#22242c")))
    for x in (40, 128, 216):
        s.rect(x - 26, 8, x + 26, 40, "#cfe4f2")
        s.line([(x, 8), (x, 40)], "#ffffff", 2)


def _street_court(s) -> None:
    """Coloured asphalt behind a wire fence in the city."""
    open_air(s)
    P.skyline(s, s.y0 + 5, 26, 66, ("#8fa0b4", "#a8907a", "#7a8aa0"), 0.35)
    ground = s.j(s.one("#b0583c", "#3a78a8", "#4a8a5a"))
    s.plane(s.y0 + 3, ground, ground, 0.05, 50)
    foot = s.y0 + 6
    for x in np.arange(0, S, 32):
        s.line([(x, foot + 8), (x, foot - 30)], "#8a9098", 1.5)
    for x in np.arange(-40, S, 9):
        s.line([(x, foot + 6), (x + 38, foot - 30)], "#a0a8b0", 1, haze=0.3)
    s.say("a fence and the city behind")


def _court_lines(s, middle, baseline) -> None:
    """The key and the arc, in metres: x of the basket, z of the baseline."""
    white = "#f8f6f0"
    key = (np.abs(s.X - middle) < 1.4) * (baseline - 1.9 < s.Z) * (baseline + 0.1 > s.Z)
    s.ground_blend(key.astype("f4"), s.one("#2a5fb0", "#b0342c", "#2f8a5a"), 0.8)
    s.stripe_z(baseline - 1.9, 0.09, white, 1, middle - 1.4, middle + 1.4)
    for k in (-1, 1):
        s.stripe_x(middle + k * 1.4, 0.08, white, 1, baseline - 1.9, baseline)
    s.stripe_z(baseline, 0.1, white)
    radius = np.hypot(s.X - middle, s.Z - baseline)
    s.ground_blend(np.clip((0.06 - np.abs(radius - 2.6)) * s.f / s.Z * 0.6 + 0.5, 0, 1), white)


def _basket(s, x, y, p, h) -> None:
    """Post, board, ring and net; h its height in pixels."""
    s.line([(x, y), (x, y - h)], "#4a5058", max(3, 0.14 * p))
    left, right, top, low = x - 0.95 * p, x + 0.95 * p, y - h - 0.85 * p, y - h + 0.25 * p
    s.rect(left, top, right, low, "#f8f8f4")
    s.line([(left, top), (right, top), (right, low), (left, low), (left, top)], "#d03a34", 2)
    inner = y - h - 0.45 * p
    s.line([(x - 0.3 * p, y - h), (x - 0.3 * p, inner), (x + 0.3 * p, inner), (x + 0.3 * p, y - h)], "#d03a34", 1.5)
    for k in range(6):
        cord = [(x - 0.3 * p + 0.12 * p * k, y - h + 0.1 * p), (x - 0.18 * p + 0.072 * p * k, y - h + 0.6 * p)]
        s.line(cord, "#ffffff", 1)
    s.ell(x, y - h + 0.1 * p, 0.33 * p, 0.09 * p, "#e0602c")
    s.ell(x, y - h + 0.1 * p, 0.25 * p, 0.05 * p, "#d8d4cc")
    s.say("a basketball hoop", "a hoop")


@place(
    "court",
    "on a basketball court",
    "in a sports hall",
    "under the basketball hoop",
    "at a basketball game",
    "on an outdoor basketball court",
    "in front of the hoop",
    acts=(
        ("playing basketball", ("stand", "run", "jump", "walk")),
        ("playing basketball", ("stand", "run", "jump", "walk")),
        ("shooting hoops", ("jump", "stand")),
        ("dunking a basketball", ("jump",)),
    ),
    bases=("stand", "run", "jump", "walk"),
)
def court(s):
    """A basket with its white board over the painted key, in a hall or on asphalt before the city."""
    inside = s.p(0.6)
    if inside:
        _sports_hall(s)
    else:
        _street_court(s)
    s.blur(s.u(0, 0.6))
    middle, baseline = s.u(-0.4, 0.4), s.u(4.9, 5.6) if inside else s.u(7, 9)
    _court_lines(s, middle, baseline)
    y = s.row(baseline)
    p = s.ppm(y)
    _basket(s, S / 2 + middle * s.f / baseline + s.u(-60, 60), y, p, 3.05 * p * s.u(0.8, 0.95))

    def front():
        x = s.one(20, 236)
        s.round_shade(x, 246, 17, "#e07a2c", 0.8)
        s.line([(x - 16, 246), (x + 16, 246)], "#5a2c10", 1.4)
        s.line([(x, 230), (x, 262)], "#5a2c10", 1.4)

    indoor = ("in a sports hall", "on a basketball court", "in a gymnasium with a hoop", "at a basketball game")
    outdoor = (
        "on a basketball court",
        "on an outdoor basketball court",
        "under the basketball hoop",
        "on a street court",
    )
    return dict(front=front, front_p=0.2, front_say="a basketball", phrases=indoor if inside else outdoor)


def _mirrors(s) -> None:
    """A wall of mirrors."""
    left, right, foot = s.u(10, 40), s.u(200, 246), s.yb - 14
    s.rect(left, 38, right, foot, "#7a8088")
    s.vgrad(40, foot - 2, ["#c8d8e2", "#9ab0bc"], left + 2, right - 2)
    for x in (left + 70, left + 110):
        s.soft([(x, 40), (x + 14, 40), (x - 30, foot - 2), (x - 44, foot - 2)], "#ffffff", 0.3, 1)
    s.line([((left + right) / 2, 40), ((left + right) / 2, foot - 2)], "#7a8088", 1.5)
    s.say("a wall of mirrors", "big mirrors")


def _punching_bag(s, x, y, p) -> None:
    """A red bag on a chain from the ceiling."""
    s.soft_ell(x, y, 0.3 * p, 0.07 * p, 0.3)
    s.line([(x, 0), (x, y - 1.9 * p)], "#8a9098", 1.6)
    s.rect(x - 0.2 * p, y - 1.8 * p, x + 0.2 * p, y - 0.5 * p, "#b8302c")
    for k in (1.8, 0.5):
        s.ell(x, y - k * p, 0.2 * p, 0.07 * p, "#8a2420" if k < 1 else "#d04a40")
    s.rect(x + s.light * 0.06 * p, y - 1.78 * p, x + s.light * 0.13 * p, y - 0.55 * p, "#e06a5c")
    s.rect(x - 0.2 * p, y - 1.2 * p, x + 0.2 * p, y - 1.08 * p, "#f4f0e8")
    s.say("a punching bag")


def _small_equipment(s) -> None:
    """A mat, a dumbbell, a ball on the floor."""
    if s.p(0.6):
        x = 128 + s.u(-30, 30)
        mat = [(x - 50, 216), (x + 50, 216), (x + 68, 250), (x - 68, 250)]
        s.poly(mat, s.j(s.one("#3a7ac8", "#c84a8a", "#3aa06a")))
        s.say("an exercise mat")
    if s.p(0.5):
        x, y = side(s, 20), s.u(222, 242)
        for k in (-10, 10):
            s.dot(x + k, y - 5, 6.5, "#1e2126")
        s.line([(x - 10, y - 5), (x + 10, y - 5)], "#8a9098", 3)
    if s.p(0.35):
        x, y, r = side(s, 20), s.u(205, 230), s.u(15, 21)
        s.ground_shadow(x, y, r, 0.4)
        s.round_shade(x, y - r, r, s.j(s.one("#e0503c", "#4a90d0", "#8a5ac0", "#60b060")))
        s.say("an exercise ball")


@place(
    "gym",
    "in a gym",
    "at the gym",
    "in the fitness center",
    "in the weight room",
    "in a fitness studio",
    "between the weights at the gym",
    acts=(
        ("lifting weights", ("stand",)),
        ("working out", ("stand", "jump", "floor")),
        ("exercising", ("stand", "jump", "floor")),
        ("training", ("stand", "run")),
        ("doing push-ups", ("floor",)),
        ("stretching", ("stand", "floor")),
    ),
    bases=("stand", "jump", "run", "floor", "sit", "lie"),
    seat="dark",
)
def gym(s):
    """Racks of dumbbells and barbells, mirrors, a treadmill or a punching bag on dark tiles."""
    wall = s.j(s.one("#d8dade", "#3f454f", "#c8ccd0", "#e0a03c"))
    floor = s.j(s.one("#3c4046", "#4a5058", "#5f6a74"))
    room(s, wall, floor, floor_kind="tiles", light="#f4f8ff")
    yb = s.yb
    s.rect(0, 22, S, 29, s.one("#f0b020", "#e04a34", "#30a0e0", "#5ac04a"))
    ceiling_lamps(s, (2, 7))
    if s.p(0.65):
        _mirrors(s)
    s.blur(s.u(0, 0.5))
    hand = s.one(-1, 1)
    P.dumbbells(s, 128 - hand * s.u(54, 84), yb + 12, s.ppm(yb + 12) * 0.95)
    s.say("a rack of dumbbells", "dumbbells")
    x, y = 128 + hand * s.u(52, 84), yb + s.u(14, 26)
    kind = s.one("barbell", "barbell", "treadmill", "bag")
    if kind == "barbell":
        P.barbell_rack(s, x, y, s.ppm(y) * 0.85)
        s.say("a barbell", "a squat rack with a barbell")
    elif kind == "treadmill":
        P.treadmill(s, x, y, s.ppm(y))
        s.say("a treadmill")
    else:
        _punching_bag(s, x, y, s.ppm(y))
    if s.p(0.35):
        y = s.u(205, 228)
        P.treadmill(s, s.one(26, 230), y, s.ppm(y) * 0.8)
    _small_equipment(s)

    def front():
        x, d = s.one((0, 1), (S, -1))
        s.line([(x - d * 4, 246), (128, 246)], "#b0b6be", 4)
        for k, h, c in ((28, 32, "#22252a"), (40, 26, "#c83430"), (50, 18, "#2a5fb0")):
            s.rect(x + d * k - 5, 246 - h, x + d * k + 5, 246 + h, c)

    return dict(front=front)
