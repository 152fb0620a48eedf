"""Where people go for what they need: supermarket, hospital."""

from __future__ import annotations

import numpy as np

from ..canvas import S, mix
from .registry import place
from .setting import at, block, ceiling_lamps, depth, face, flank, flanks, room

FRUIT = ("#e0403c", "#f0b02c", "#7ab83a", "#f08030", "#8a3a6a", "#f4e04a")
GOODS = ("#d8403a", "#f0b42c", "#3a7ac8", "#4aa04a", "#f4f0e4", "#e87a2c", "#8a4ab0", "#f078a0", "#2fa8a0")


def _shelf_wall(s, x, z, colour) -> None:
    """Shelves full of goods along one side of the aisle, in perspective; x metres aside, z (near, far)."""
    near, far = z
    flank(s, x, z, (0, 2.3), mix(colour, "#000010", 0.5))
    colours = [s.j(c) for c in GOODS * 2]
    packs: list[list] = [[] for _ in colours]
    labels: list[list] = [[], []]
    for k in range(5):
        lo, hi = 0.12 + 0.44 * k, 0.12 + 0.44 * (k + 1)
        zz = near
        while zz < far - 0.06:
            end = min(zz + s.u(0.3, 0.8), far)
            s.one(*packs).append((zz + 0.03, end, lo, hi - 0.09 - s.u(0, 0.1)))
            if s.p(0.6) and end - zz > 0.15:
                s.one(*labels).append((zz + 0.05, end - 0.03, lo + 0.08, lo + 0.18))
            zz = end
        flank(s, x, z, (lo - 0.05, lo), colour)
        flank(s, x, z, (lo - 0.05, lo - 0.02), "#f0c02c")
    for pack, parts in zip(colours, packs):
        flanks(s, x, parts, pack)
    for label, parts in zip(("#f8f4ea", "#5a4a48"), labels):
        flanks(s, x, parts, label)


def _trolley(s, x, y, p) -> None:
    """A shopping trolley with some goods."""
    d = 1 if x < 128 else -1
    s.soft_ell(x, y, 0.45 * p, 0.08 * p, 0.4)
    for k in (-0.32, 0.3):
        s.dot(x + k * p, y - 0.05 * p, 0.06 * p, "#2a2c32")
    for _ in range(5):
        q = x + s.u(-0.3, 0.3) * p
        s.rect(q - 0.1 * p, y - s.u(0.8, 1.05) * p, q + 0.1 * p, y - 0.5 * p, s.j(s.one(*GOODS)))
    left, right = x - d * 0.42 * p, x + d * 0.42 * p
    s.line(
        [
            (left, y - 0.98 * p),
            (left + d * 0.1 * p, y - 0.46 * p),
            (right, y - 0.5 * p),
            (right + d * 0.04 * p, y - 0.82 * p),
        ],
        "#a8b0b8",
        2,
    )
    s.line([(left, y - 0.92 * p), (right + d * 0.04 * p, y - 0.82 * p)], "#c8d0d8", 2)
    for k in np.linspace(0.1, 0.9, 8):
        s.line(
            [
                (left + (right - left) * k, y - (0.92 - 0.1 * k) * p),
                (left + (right - left) * (0.12 + 0.88 * k), y - 0.48 * p),
            ],
            "#c8d0d8",
            1,
        )
    for k in (0.7, 0.59):
        s.line([(left + d * 0.04 * p, y - k * p), (right, y - (k - 0.02) * p)], "#c8d0d8", 1)
    s.line(
        [(left + d * 0.1 * p, y - 0.46 * p), (left + d * 0.06 * p, y - 0.16 * p), (right, y - 0.12 * p)], "#8a929a", 2
    )
    s.line([(left - d * 0.1 * p, y - 1.03 * p), (left + d * 0.06 * p, y - 0.98 * p)], "#d83a34", 3.5)


def _aisle(s, sign) -> None:
    """An aisle between two walls of goods; glass doors of the fridges at its end."""
    yb = s.yb
    far, centre = depth(s, yb), s.u(-0.3, 0.3)
    s.rect(0, yb - 74, S, yb - 60, sign)
    for k in range(9):
        s.rect(84 + 10 * k, yb - 70, 84 + 10 * k + s.u(4, 8), yb - 64, "#ffffff")
    for x in np.arange(0, S, 30):
        s.rect(x + 2, yb - 56, x + 28, yb - 4, "#4a5660")
        for row in np.arange(yb - 52, yb - 8, 12):
            for q in np.arange(x + 4, x + 26, 5):
                s.rect(q, row + 3, q + 4, row + 11, s.one(*GOODS))
        s.soft([(x + 8, yb - 56), (x + 14, yb - 56), (x + 6, yb - 4), (x, yb - 4)], "#ffffff", 0.3, 1)
    for z in (far * 0.95, far * 0.72, far * 0.55, far * 0.42):
        for k in (-0.8, 0.8):
            (x0, y0), (x1, _) = at(s, centre + k - 0.45, z, 3.2), at(s, centre + k + 0.45, z, 3.2)
            s.rect(x0, y0 - 1.5, x1, y0 + 1.5, "#ffffff", raw=True)
            s.glow((x0 + x1) / 2, y0, 26, "#ffffff", 0.4)
    rack = s.j(s.one("#c8ccd0", "#e8e4dc", "#8a929a"))
    for k in (-1, 1):
        _shelf_wall(s, centre + k * s.u(1.75, 2.0), (2.2, far - s.u(0.3, 1.0)), rack)
    s.say("full shelves", "shelves full of groceries", "colorful products")
    s.blur(s.u(0, 0.5))
    if s.p(0.5):
        x, y = at(s, centre + s.u(-0.3, 0.3), far * 0.8, 2.75)
        s.rect(x - 24, y - 9, x + 24, y + 5, sign)
        for k in range(3):
            s.rect(x - 18, y - 6 + 4 * k, x + s.u(-4, 18), y - 4.6 + 4 * k, "#ffffff")


def _fruit_display(s, x, z) -> None:
    """A slanted stand of crates with fruit and vegetables; x its middle, metres, z its front."""
    wood = s.j("#7a5434", 6)
    block(s, (x - 1.0, x + 1.0), (z, z + 1.0), (0, 0.5), wood)
    for row in range(3):
        near, up = z + 0.33 * row, 0.5 + 0.22 * row
        for k in range(3):
            x0 = x - 1.0 + 0.67 * k
            face(s, (x0 + 0.02, x0 + 0.65), near, (up - 0.04, up + 0.16), mix(wood, "#ffffff", 0.22))
            colour, r = s.one(*FRUIT), 0.085 * s.f / near
            for line in (0.24, 0.16):
                for q in np.linspace(x0 + 0.08, x0 + 0.59, 5):
                    px, py = at(s, q, near, up + line)
                    s.dot(px + s.u(-1, 1), py, r, s.j(colour, 8))


def _produce_corner(s, sign) -> None:
    """Stands of fruit on both sides before a dark wall with lettering and shelves of bottles."""
    yb = s.yb
    dark = s.j(s.one("#2f4a3a", "#3a3a40", "#4a3428"))
    s.rect(0, 0, S, yb - 4, dark)
    s.rect(70, 16, 186, 40, sign)
    for k in range(7):
        s.rect(82 + 14 * k, 22, 82 + 14 * k + s.u(7, 11), 34, "#ffffff")
    for shelf in (yb - 66, yb - 42, yb - 18):
        for x in np.arange(4, S - 4, 8):
            h = s.u(11, 17)
            s.rect(x, shelf - h, x + 6, shelf, s.j(s.one(*GOODS), 8))
        s.rect(0, shelf, S, shelf + 3, "#c8a878")
    for x in (40, 128, 216):
        s.line([(x, 0), (x, 46)], "#1a1c20", 1)
        s.poly([(x - 11, 56), (x - 4, 46), (x + 4, 46), (x + 11, 56)], "#22262c")
        s.glow(x, 58, 42, "#fff4d0", 0.5)
    s.blur(s.u(0, 0.5))
    far = depth(s, yb)
    for z in (far - 1.6, far - 3.0):
        for k in (-1, 1):
            _fruit_display(s, k * (1.25 + 0.13 * z), z)
    s.say("fresh fruit and vegetables", "heaps of fruit", "crates of apples and oranges")


@place(
    "supermarket",
    "in a supermarket",
    "at the supermarket",
    "in a grocery store",
    "in the aisle of a shop",
    "between the shelves of a supermarket",
    "in a store",
    acts=(
        ("shopping", ("stand", "walk")),
        ("buying groceries", ("stand", "walk")),
        ("choosing a product", ("stand", "floor")),
        ("pushing a shopping cart", ("walk",)),
        ("reaching for the top shelf", ("stand",)),
    ),
    bases=("stand", "walk", "run", "jump", "floor"),
)
def supermarket(s):
    """An aisle between two walls of colourful goods, or the stands of fruit; strip lights, a trolley."""
    room(s, s.j(s.one("#e8ecea", "#dfe8ee", "#f0e8d8"), 4), s.j("#dcdcd6", 4), s.u(146, 158), "tiles", "#f8fbff")
    sign = s.j(s.one("#d8403a", "#2f8a4a", "#2f6ac0", "#f0902c"))
    s.rect(0, 0, S, 6, "#c8ccd0")
    if s.p(0.6):
        _aisle(s, sign)
    else:
        _produce_corner(s, sign)
    if s.p(0.75):
        yy = s.u(196, 226)
        _trolley(s, s.one(s.u(44, 66), s.u(190, 212)), yy, s.ppm(yy) * 0.95)
        s.say("a shopping cart", "a trolley full of food")

    def front():
        x = s.one(30, 226)
        s.box(x - 38, 236, x + 38, S + 4, "#8a5a34", 5, 5)
        for _ in range(22):
            s.dot(x + s.u(-34, 34), s.u(226, 238), s.u(5, 7), s.j(s.one("#e03a2c", "#f0b02c", "#7ab03a", "#f08030")))

    return dict(front=front)


def _hospital_bed(s, x, z) -> None:
    """A white bed on wheels with rails and a raised back; x (left, right), z (foot, head)."""
    (x0, x1), (foot, head) = x, z
    s.soft([at(s, x0, foot), at(s, x1, foot), at(s, x1, head), at(s, x0, head)], "#000010", 0.3)
    for q in (x0 + 0.08, x1 - 0.08):
        face(s, (q - 0.03, q + 0.03), foot, (0, 0.55), "#8a949c")
        s.dot(*at(s, q, foot, 0.05), 3, "#33383e")
    block(s, x, (foot, head), (0.45, 0.68), "#f4f8fa")
    block(s, (x0, x1), (head - 0.06, head), (0.3, 1.15), "#c8d4dc")
    a, b = at(s, x0 + 0.08, head - 0.75, 0.72), at(s, x1 - 0.08, head - 0.75, 0.72)
    c, d = at(s, x1 - 0.08, head - 0.1, 1.05), at(s, x0 + 0.08, head - 0.1, 1.05)
    s.poly([a, b, c, d], "#ffffff")
    s.ell((c[0] + d[0]) / 2, c[1] + 4, (c[0] - d[0]) * 0.36, 5, "#dce8f0")
    block(
        s, (x0 - 0.02, x1 + 0.02), (foot - 0.02, head - 1.0), (0.42, 0.71), s.j(s.one("#7ac0c8", "#8ab0e0", "#9ad0b0"))
    )
    face(s, (x0, x1), foot - 0.04, (0.3, 0.95), "#d8e2e8")
    face(s, (x0 + 0.08, x1 - 0.08), foot - 0.04, (0.62, 0.88), "#f8fafa")
    rail = x0 if x0 > 0 else x1
    for h in (0.75, 0.92):
        s.line([at(s, rail, foot + 0.3, h), at(s, rail, head - 0.9, h)], "#b8c4cc", 2)


def _drip(s, x, y, p) -> None:
    """A drip stand with a bag of clear liquid."""
    s.line([(x - 0.22 * p, y), (x + 0.22 * p, y)], "#6a747c", 2)
    s.line([(x, y), (x, y - 2.0 * p)], "#a8b4bc", 2)
    s.line([(x - 0.16 * p, y - 1.95 * p), (x + 0.16 * p, y - 1.95 * p)], "#a8b4bc", 2)
    s.rect(x + 0.08 * p, y - 1.92 * p, x + 0.26 * p, y - 1.55 * p, "#d8f0f8")
    s.rect(x + 0.08 * p, y - 1.74 * p, x + 0.26 * p, y - 1.55 * p, "#8ad0e8")
    s.line([(x + 0.17 * p, y - 1.55 * p), (x + 0.12 * p, y - 1.1 * p), (x + 0.3 * p, y - 0.85 * p)], "#c8e4f0", 1)


def _heart_monitor(s, x, y, p) -> None:
    """A screen with a green heartbeat on a stand."""
    s.line([(x, y), (x, y - 1.1 * p)], "#8a949c", 3)
    s.line([(x - 0.24 * p, y), (x + 0.24 * p, y)], "#6a747c", 3)
    s.rect(x - 0.36 * p, y - 1.68 * p, x + 0.36 * p, y - 1.08 * p, "#d8dee2")
    s.rect(x - 0.31 * p, y - 1.62 * p, x + 0.31 * p, y - 1.16 * p, "#0c1c18", raw=True)
    m = y - 1.38 * p
    beat = [(-0.3, 0), (-0.14, 0), (-0.09, 0.06), (-0.05, -0.16), (0, 0.12), (0.04, 0), (0.3, 0)]
    s.line([(x + a * p, m + b * p) for a, b in beat], "#4aff8a", 1.6, raw=True)


def _sick_room(s, wall, band) -> None:
    """A bed behind a curtain, its monitor and drip, a cross on the wall."""
    yb = s.yb
    s.rect(0, yb - 36, S, yb - 30, band)
    ceiling_lamps(s)
    hand = s.one(-1, 1)
    cross = 128 - hand * s.u(20, 60)
    c = s.one("#e03a3a", "#e03a3a", "#2fa86a")
    s.rect(cross - 17, 34, cross + 17, 68, "#ffffff")
    s.rect(cross - 4, 38, cross + 4, 64, c)
    s.rect(cross - 13, 47, cross + 13, 55, c)
    s.say("a red cross on the wall" if c == "#e03a3a" else "a green cross on the wall")
    head = depth(s, yb + 2)
    shift = 128 * 0.34 * head / s.f
    x0 = hand * shift - 0.55 + hand * s.u(0.2, 0.6)
    curtain = s.j(s.one("#5ab0b8", "#7aa8e0", "#a8d0a0"))
    if s.p(0.75):
        q0 = 128 + hand * s.u(104, 114)
        s.line([(128 + hand * 40, 20), (128 + hand * 130, 20)], "#a8b0b8", 2)
        for k in range(6):
            a = q0 + (k - 2) * 9 * hand
            s.rect(min(a, a + 9 * hand), 21, max(a, a + 9 * hand), yb - 2, mix(curtain, "#ffffff", 0.25 * (k % 2)))
        s.say("a curtain around the bed")
    s.blur(s.u(0, 0.4))
    yy = yb + 6
    _heart_monitor(s, at(s, x0 + 0.5 - hand * 0.95, head - 0.3)[0], yy, s.ppm(yy))
    s.say("a heart monitor")
    _hospital_bed(s, (x0, x0 + 1.15), (head - 2.6, head))
    s.say("a hospital bed", "a bed with white sheets")
    yy = yb + s.u(12, 24)
    _drip(s, 128 + hand * s.u(108, 116), yy, s.ppm(yy))
    s.say("a drip stand")
    if s.p(0.6):
        x = 128 - hand * s.u(86, 104)
        y = yb + 14
        s.soft_ell(x, y, 26, 4, 0.3)
        s.box(x - 22, y - 48, x + 22, y, "#eef4f6", 4, 3)
        for k in (0.3, 0.55, 0.8):
            s.line([(x - 18, y - 48 * k), (x + 18, y - 48 * k)], "#a8b8c0", 1)
        s.rect(x - 12, y - 60, x - 4, y - 50, band)
        s.rect(x + 2, y - 57, x + 14, y - 50, "#ffffff")


def _corridor(s, band) -> None:
    """A long corridor: doors on both sides, a row of lights, a bed on wheels at the wall, a green exit sign."""
    yb = s.yb
    far = depth(s, yb)
    side_wall = s.wall
    half = 1.9
    for k in (-1, 1):
        corner = at(s, k * half, far)[0]
        edge = 128 + k * 128
        s.poly(
            [(corner, 0), (edge, -80), (edge, S + 60), (corner, yb)],
            mix(side_wall, "#103040", 0.1 if k == s.light else 0.02),
        )
        flank(s, k * half, (2.0, far), (0.85, 1.05), band)
        flank(s, k * half, (2.0, far), (0, 0.12), mix(side_wall, "#103040", 0.3))
        for z in np.arange(far - 1.4, 3.2, -2.1):
            flank(s, k * half, (z, z + 1.05), (0, 2.15), "#ffffff")
            flank(s, k * half, (z + 0.07, z + 0.98), (0, 2.08), mix(band, "#e8f0f0", 0.45))
            flank(s, k * half, (z + 0.35, z + 0.7), (1.35, 1.85), "#cfe8f4")
    s.rect(at(s, -half, far)[0], 0, at(s, half, far)[0], yb, mix(side_wall, "#ffffff", 0.25))
    for k in (-1, 1):  # the double door at the end
        face(s, (min(0, k * 0.8) + 0.02, max(0, k * 0.8) - 0.02), far, (0, 2.1), mix(band, "#e8f0f0", 0.35))
        s.dot(*at(s, k * 0.4, far, 1.5), 6, "#cfe8f4")
    (x, y), w = at(s, 0, far, 2.5), 14
    s.rect(x - w, y - 7, x + w, y + 5, "#2fa86a", raw=True)
    s.poly(
        [
            (x - 7, y - 3),
            (x + 3, y - 3),
            (x + 3, y - 5),
            (x + 9, y - 1),
            (x + 3, y + 3),
            (x + 3, y + 1),
            (x - 7, y + 1),
        ],
        "#ffffff",
        raw=True,
    )
    for z in np.linspace(far, 3.4, 5):
        (x0, y), (x1, _) = at(s, -0.5, z, 3.1), at(s, 0.5, z, 3.1)
        s.rect(x0, y - 20 / z, x1, y, "#ffffff", raw=True)
        s.glow((x0 + x1) / 2, y, 190 / z, "#ffffff", 0.4)
    s.soft([at(s, -0.4, far), at(s, 0.4, far), at(s, 0.7, 3.0), at(s, -0.7, 3.0)], "#ffffff", 0.25, 6)
    s.blur(s.u(0, 0.4))
    k = s.one(-1, 1)
    x0 = half - 1.05 if k > 0 else -half + 0.1
    _hospital_bed(s, (x0, x0 + 0.95), (s.u(3.9, 4.3), s.u(5.9, 6.4)))
    yy = s.row(5.0)
    _drip(s, at(s, -k * (half - 0.4), 5.0)[0], yy, s.ppm(yy))
    s.say("a long corridor", "a row of doors", "a bed on wheels")


@place(
    "hospital",
    "in a hospital",
    "at the hospital",
    "in a hospital room",
    "next to a hospital bed",
    "at the doctor's",
    "in a clinic",
    acts=(
        ("visiting a patient", ("stand", "sit")),
        ("working as a nurse", ("stand", "walk")),
        ("waiting for the doctor", ("sit", "stand")),
        ("recovering from an illness", ("lie", "sit")),
        ("giving first aid", ("floor",)),
    ),
    bases=("stand", "walk", "sit", "floor", "lie"),
)
def hospital(s):
    """A pale green room with a white bed on wheels, a drip, a heart monitor and a cross; or the long corridor."""
    corridor = s.p(0.4)
    wall = s.j(s.one("#d8ece4", "#dcecf2", "#e4f0e0"), 3)
    room(
        s,
        wall,
        s.j(s.one("#c8d8d8", "#b8ccd0", "#d8dcd4"), 4),
        s.u(142, 152) if corridor else None,
        s.one("tiles", "plain"),
        "#f4fbff",
    )
    band = s.j(s.one("#4ab0a0", "#4a9ad0", "#6ac08a"))
    if corridor:
        _corridor(s, band)
    else:
        _sick_room(s, wall, band)

    def front():
        x = s.one(16, 240)
        _drip(s, x, 268, 90)

    return dict(front=front)
