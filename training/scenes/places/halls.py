"""Halls to be silent in: museum, church."""

from __future__ import annotations

import itertools

import numpy as np

from .. import props as P
from ..canvas import S, mix
from .registry import place
from .setting import at, block, depth, face, room

GLASS = ("#e8483c", "#3a78e0", "#f0c040", "#3ab070", "#8a4ad0", "#4ac0e0")


def _big_painting(s, x, y, w, h) -> None:
    """A picture in a wide golden frame with its own lamp."""
    gold = s.j("#c89a3a")
    s.rect(x - w - 6, y - h - 6, x + w + 6, y + h + 6, mix(gold, "#302008", 0.25))
    s.rect(x - w - 4, y - h - 4, x + w + 4, y + h + 4, gold)
    s.rect(x - w - 1, y - h - 1, x + w + 1, y + h + 1, mix(gold, "#302008", 0.5))
    P.picture(s, x - w, y - h, x + w, y + h)
    s.glow(x, y - h, 1.3 * w, "#fff4d0", 0.4)
    s.rect(x + w + 10, y + 2, x + w + 16, y + 8, "#f8f8f4")


def _statue(s, x, y, p) -> None:
    """A white marble bust or a vase on a pedestal."""
    marble = "#f0ece4"
    s.soft_ell(x, y, 0.4 * p, 0.08 * p, 0.4)
    s.box(x - 0.3 * p, y - 1.0 * p, x + 0.3 * p, y, s.j("#d8d0c4", 4), 0.08 * p, 0.05 * p)
    s.rect(x - 0.35 * p, y - 1.06 * p, x + 0.35 * p, y - 0.98 * p, "#e8e2d8")
    t = y - 1.06 * p
    if s.p(0.6):
        s.poly(
            [
                (x - 0.32 * p, t),
                (x - 0.26 * p, t - 0.26 * p),
                (x - 0.08 * p, t - 0.34 * p),
                (x + 0.08 * p, t - 0.34 * p),
                (x + 0.26 * p, t - 0.26 * p),
                (x + 0.32 * p, t),
            ],
            marble,
        )
        s.rect(x - 0.07 * p, t - 0.46 * p, x + 0.07 * p, t - 0.28 * p, mix(marble, "#807870", 0.25))
        s.ell(x, t - 0.58 * p, 0.15 * p, 0.2 * p, marble)
        s.ell(x, t - 0.7 * p, 0.17 * p, 0.1 * p, mix(marble, "#807870", 0.2))
        s.ell(x - s.light * 0.07 * p, t - 0.56 * p, 0.07 * p, 0.16 * p, mix(marble, "#807870", 0.35))
        s.say("a marble bust", "a statue on a pedestal")
    else:
        c = s.j(s.one("#b85a34", "#3a6a9a", "#2f7a6a"))
        s.ell(x, t - 0.28 * p, 0.24 * p, 0.28 * p, c)
        s.rect(x - 0.09 * p, t - 0.68 * p, x + 0.09 * p, t - 0.45 * p, c)
        s.ell(x, t - 0.68 * p, 0.15 * p, 0.04 * p, mix(c, "#000000", 0.3))
        for k in (0.2, 0.3):
            s.line([(x - 0.22 * p, t - k * p), (x + 0.22 * p, t - k * p)], "#f4e0b0", 1.5)
        s.say("an ancient vase")


def _rope(s, y, p, gap) -> None:
    """Golden posts with a red rope between them; the rope leaves the middle free."""
    for k in (-1, 1):
        xs = [128 + k * (gap + 34 * q) for q in range(4)]
        for a, b in itertools.pairwise(xs):
            t = np.linspace(0, 1, 9)
            s.line(np.stack([a + (b - a) * t, y - 0.86 * p + 0.7 * p * t * (1 - t)], 1), "#b8242c", 2.6)
        for x in xs:
            s.soft_ell(x, y, 0.14 * p, 0.04 * p, 0.3)
            s.rect(x - 1.5, y - 0.92 * p, x + 1.5, y, "#d8a840")
            s.dot(x, y - 0.94 * p, 3, "#f0c860")
            s.ell(x, y, 0.13 * p, 0.035 * p, "#b88a30")


@place(
    "museum",
    "in a museum",
    "at the museum",
    "in an art gallery",
    "in front of a famous painting",
    "in an art museum",
    "among statues and paintings",
    acts=(
        ("looking at the paintings", ("stand", "walk")),
        ("admiring a statue", ("stand",)),
        ("guiding a tour", ("stand", "walk")),
        ("sketching a statue", ("sit", "floor", "stand")),
        ("stealing a painting", ("run",)),
    ),
    bases=("stand", "walk", "sit", "run", "floor"),
    seat="dark",
)
def museum(s):
    """A dark red or green hall with paintings in golden frames, rope posts and a bust on a pedestal."""
    wall = s.j(s.one("#8a2f38", "#2f5f4c", "#2f4a78", "#e8e2d6"), 6)
    floor = s.j(s.one("#a87848", "#8a5f3a", "#c8b8a0"))
    room(s, wall, floor, floor_kind=s.one("planks", "checker", "tiles"), light="#fff0d0")
    yb = s.yb
    s.rect(0, 0, S, s.u(8, 16), mix(wall, "#fff8e8", 0.75))
    s.rect(0, yb - 16, S, yb - 3, mix(wall, "#1a0c08", 0.35))
    xs = (s.u(26, 46), 128 + s.u(-12, 12), s.u(210, 230))
    for k, x in enumerate(xs):
        w = s.u(17, 22) if k != 1 else s.u(28, 38)
        _big_painting(s, x, s.u(58, 70), w, s.u(22, 32))
    s.say("paintings in golden frames", "large paintings", "a painting on the wall")
    s.blur(s.u(0, 0.4))
    s.soft([(30, yb + 2), (226, yb + 2), (220, yb + 40), (36, yb + 40)], "#ffffff", 0.12, 6)  # reflections in the floor
    y = yb + s.u(4, 8)
    _rope(s, y, s.ppm(y), s.u(16, 30))
    s.say("a red rope", "golden rope posts")
    hand = s.one(-1, 1)
    for k in (hand, -hand)[: s.i(1, 2)]:
        yy = yb + s.u(16, 36)
        _statue(s, 128 + k * s.u(74, 100), yy, s.ppm(yy) * 0.92)
    if s.p(0.4):
        x, yy = 128 - hand * s.u(64, 84), s.u(216, 230)
        s.soft_ell(x, yy, 40, 5, 0.4)
        for q in (-30, 30):
            s.rect(x + q - 2, yy - 20, x + q + 2, yy, "#4a3020")
        s.box(x - 38, yy - 28, x + 38, yy - 19, "#6a2430", 4, 5)
        s.say("a bench")

    def front():
        x = s.one(24, 232)
        _statue(s, x, 274, 84) if s.p(0.5) else _rope(s, 262, 70, s.u(60, 74))

    return dict(front=front)


def _pew(s, x, z, wood) -> None:
    """One church bench seen from behind; x (left, right) metres, z its back."""
    (x0, x1) = x
    block(s, x, (z, z + 0.12), (0, 0.95), wood)
    face(s, (x0 - 0.02, x1 + 0.02), z - 0.02, (0.9, 0.98), mix(wood, "#ffffff", 0.2))
    for q in np.linspace(x0 + 0.25, x1 - 0.25, 3):
        face(s, (q - 0.17, q + 0.17), z - 0.01, (0.3, 0.82), mix(wood, "#1a0c04", 0.22))


def _rose_window(s, x, y, r) -> None:
    """The great round window: rings of coloured petals."""
    s.dot(x, y, r + 4, mix(s.wall, "#605848", 0.35))
    s.dot(x, y, r, "#2a2438", raw=True)
    for ring, (inner, outer, n) in enumerate(((0.2, 0.54, 8), (0.58, 0.95, 16))):
        for k in range(n):
            a = np.linspace(2 * np.pi * (k + 0.06) / n, 2 * np.pi * (k + 0.94) / n, 5)
            petal = np.vstack(
                [np.stack([np.cos(a), np.sin(a)], 1) * outer, np.stack([np.cos(a), np.sin(a)], 1)[::-1] * inner]
            )
            s.poly(petal * r + (x, y), s.j(GLASS[(k * (ring + 1)) % 6], 12), raw=True)
    s.dot(x, y, 0.15 * r, "#f8e08a", raw=True)
    s.glow(x, y, 2.2 * r, "#fff4d8", 0.25)


def _organ(s, x, foot) -> None:
    """Golden pipes in a dark wooden case."""
    wood = "#5a3a24"
    s.rect(x - 58, foot - 18, x + 58, foot, wood)
    for k in range(17):
        px = x - 52 + 6.5 * k
        h = 15 + 11 * abs(np.cos((k - 8) * 0.39))
        s.rect(px - 2.4, foot - 14 - h, px + 2.4, foot - 12, "#e0b858")
        s.rect(px - 2.4, foot - 14 - h, px - 0.8, foot - 12, "#f8e8a8")
        s.ell(px, foot - 18, 1.4, 2.4, "#5a4010")
    for k in (-1, 1):
        s.rect(x + k * 57 - 3, foot - 48, x + k * 57 + 3, foot, mix(wood, "#ffffff", 0.12))
    s.say("an organ with golden pipes", "organ pipes")


def _nave(s, stone, cx) -> None:
    """Vault ribs and columns around tall windows of stained glass."""
    yb = s.yb
    s.vgrad(0, yb, [s.lit(mix(stone, "#100c18", 0.6)), s.lit(mix(stone, "#100c18", 0.25)), s.lit(stone)])
    t = np.linspace(np.pi, 2 * np.pi, 24)
    for r in (112, 84):
        for drop, colour, w in ((92, mix(stone, "#ffffff", 0.25), 4), (95, mix(stone, "#100c18", 0.35), 2)):
            s.line(np.stack([cx + r * np.cos(t), drop + 0.95 * r * np.sin(t)], 1), colour, w)
    _stained_glass(s, cx, s.u(14, 22), yb - 50, s.u(18, 24))
    for k in (-1, 1):
        _stained_glass(s, cx + k * 52, 44, yb - 44, 10)
        column = cx + k * s.u(78, 84)
        s.rect(column - 7, 0, column + 7, yb, mix(stone, "#ffffff", 0.16))
        shade = column - s.light * 5
        s.rect(shade - 2, 0, shade + 2, yb, mix(stone, "#100c18", 0.3))
        s.rect(column - 10, 62, column + 10, 68, mix(stone, "#ffffff", 0.3))
        if s.p(0.7):
            _stained_glass(s, cx + k * 108, 34, yb - 34, 13)
        beam = [(cx + k * 108, 60), (cx + k * 96, 60), (cx + k * 30, 230), (cx + k * 64, 230)]
        s.soft(beam, s.one("#ffd890", "#a8c8ff", "#ffb0a0"), 0.14, 5)
    s.say("stained glass windows", "colorful stained glass")


def _white_church(s, stone, cx) -> None:
    """Bright plaster under wooden beams, a rose window over the organ."""
    yb = s.yb
    s.vgrad(
        0, yb, [s.lit(mix(stone, "#a08a70", 0.3)), s.lit(mix(stone, "#ffffff", 0.4)), s.lit(mix(stone, "#ffffff", 0.3))]
    )
    beam = s.j("#7a5030")
    for k, x in enumerate(np.linspace(-40, 296, 9)):
        s.line([(cx + (x - 128) * 0.35, 34), (x, -6)], mix(beam, "#000000", 0.1 * (k % 2)), 4)
    s.line([(cx - 70, 35), (cx + 70, 35)], beam, 5)
    _rose_window(s, cx, 52, s.u(26, 30))
    _organ(s, cx, yb - 28)
    for k in (-1, 1):
        _stained_glass(s, cx + k * s.u(94, 106), 46, yb - 36, 15)
        s.soft([(cx + k * 110, 90), (cx + k * 92, 90), (cx + k * 34, 230), (cx + k * 76, 230)], "#fff4d0", 0.2, 5)
    s.say("a round stained glass window", "a rose window")


def _altar(s, cx) -> None:
    """A white table with a golden cross and candles."""
    yb = s.yb
    s.rect(cx - 34, yb - 26, cx + 34, yb + 2, "#f4f0e4")
    s.rect(cx - 38, yb - 30, cx + 38, yb - 25, mix("#f4f0e4", "#c8a04a", 0.3))
    s.rect(cx - 2, yb - 58, cx + 2, yb - 30, "#d8a83a")
    s.rect(cx - 9, yb - 51, cx + 9, yb - 47, "#d8a83a")
    for k in (-22, 22):
        _candles(s, cx + k, yb - 30, 2)
    s.say("an altar with candles", "burning candles")


def _bouquet(s, x, y, size) -> None:
    """White and pink flowers at the end of a pew."""
    for _ in range(14):
        a, r = s.u(0, 6.3), s.u(0, size)
        s.dot(x + np.cos(a) * r, y + np.sin(a) * r * 0.8, size * 0.3, s.one("#ffffff", "#f8c8d4", "#e88aa8", "#6aa04a"))


def _stained_glass(s, x, y0, y1, w) -> None:
    """A pointed window of coloured glass."""
    t = np.linspace(0, 1, 9)
    arch = [
        *zip(x - w + w * t**1.6, y0 + w * 1.7 * (1 - t**0.7)),
        *zip(x + w * t[::-1] ** 0 - w * t[::-1] ** 1.6, y0 + w * 1.7 * (1 - t[::-1] ** 0.7)),
    ]
    outline = [(x - w, y1), *arch, (x + w, y1)]
    grown = [(x + (a - x) * 1.18, b - 3 if b < y1 else b + 3) for a, b in outline]
    s.poly(grown, mix(s.wall, "#ffffff", 0.35))
    hit = np.zeros((S, S), np.float32)
    keep, s.mask = s.mask, hit
    s.poly(outline, "#2a2438", raw=True)
    s.mask = keep
    before = s.im.copy()
    size = max(4.5, w * 0.42)
    panes: list[list] = [[] for _ in GLASS * 2]
    for top in np.arange(y0 - 2, y1, size):
        for left in np.arange(x - w, x + w, size):
            a, b, c, d = left + 0.6, top + 0.6, left + size - 0.6, top + size - 0.6
            s.one(*panes).append([(a, b), (c, b), (c, d), (a, d)])
    for colour, cells in zip(GLASS * 2, panes):
        if cells:
            s.poly(np.array(cells), s.j(colour, 14), raw=True)
    s.im = np.where(hit[..., None] > 127, s.im, before)
    s.line([(x, y0), (x, y1)], "#2a2438", 1.4, raw=True)
    s.glow(x, (y0 + y1) / 2, 2.4 * w, "#fff4d8", 0.22)


def _candles(s, x, y, n=5) -> None:
    """A row of burning candles."""
    for q in np.linspace(-16, 16, n):
        h = s.u(10, 16)
        s.rect(x + q - 1.6, y - h, x + q + 1.6, y, "#f8f0d8")
        s.glow(x + q, y - h - 4, 13, "#ffd070", 0.7)
        s.ell(x + q, y - h - 3, 1.4, 3.2, "#fff0a0", raw=True)


@place(
    "church",
    "in a church",
    "inside a church",
    "in a cathedral",
    "in front of the altar",
    "in a church with stained glass windows",
    "at a wedding in a church",
    acts=(
        ("praying", ("floor", "stand", "sit")),
        ("kneeling in prayer", ("floor",)),
        ("getting married", ("stand",)),
        ("singing in a choir", ("stand",)),
        ("walking down the aisle", ("walk",)),
        ("lighting a candle", ("stand",)),
    ),
    bases=("stand", "walk", "floor", "sit"),
    seat="bench",
)
def church(s):
    """Tall stained glass between columns, or a white church with a rose window and an organ; pews, altar, carpet."""
    bright = s.p(0.45)
    stone = s.j(
        s.one("#ece4d4", "#dcd8d0", "#e0d4c4") if bright else s.one("#b8ac98", "#a09a98", "#c8b8a0", "#8f8a90"), 5
    )
    floor = s.j(s.one("#c89a68", "#b8a088")) if bright else mix(stone, "#4a3c30", 0.35)
    kind = "planks" if bright else s.one("checker", "tiles")
    room(s, stone, floor, s.u(148, 160), kind, "#ffe8c0")
    s.tint = s.tint * (np.ones(3) if bright else np.array([0.92, 0.88, 0.86]))
    cx = 128 + s.u(-8, 8)
    if bright:
        _white_church(s, stone, cx)
    else:
        _nave(s, stone, cx)
    _altar(s, cx)
    s.blur(s.u(0, 0.5))
    far = depth(s, s.yb)
    middle = (cx - 128) / s.f * far * 0.5
    across = np.abs(s.X - middle)
    s.ground_blend(
        (across < 0.62).astype("f4"), s.j(s.one("#a8242c", "#2f4a8a", "#e8e0d0") if bright else "#a8242c", 6), 0.95
    )
    s.ground_blend((np.abs(across - 0.56) < 0.03).astype("f4"), "#e0b048", 0.9)
    wood = s.j(s.one("#6a4228", "#8a5a34", "#4f3020", "#b8824a"))
    wedding = s.p(0.3)
    for z in np.arange(far - 1.2, 3.9, -0.95):
        for k in (-1, 1):
            _pew(s, sorted((middle + k * 0.95, middle + k * 3.6)), z, wood)
            if wedding:
                x, y = at(s, middle + k * 0.95, z, 0.85)
                _bouquet(s, x, y, 26 / z)
    if wedding:
        s.say("white flowers on the pews", "wedding flowers")
    s.say("wooden pews", "rows of benches")

    def front():
        if s.p(0.5):
            k = s.one(-1, 1)
            _pew(s, sorted((k * 0.55, k * 3.0)), 2.75, wood)
        else:
            x = s.one(26, 230)
            s.rect(x - 24, 240, x + 24, S, "#4a3020")
            _candles(s, x, 240, 6)

    return dict(front=front)
