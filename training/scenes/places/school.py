"""Places to learn in: classroom, library."""

from __future__ import annotations

import cv2
import numpy as np

from .. import props as P
from ..canvas import H, S, mix
from .registry import place
from .setting import at, depth, flank, flanks, room, side, window

SPINES = ("#8a2f2a", "#2f4f7a", "#2f6a4a", "#b08a3a", "#5a3a5f", "#c8b890", "#7a4a2a")
CRAYONS = ("#e04a3c", "#3a78c8", "#f0b82c", "#4aa85a", "#8a5ab8", "#f08a3a")


def _write(s, text, x, y, colour, size=0.42) -> None:
    """Write on a board in a plain hand."""
    s.im = np.ascontiguousarray(s.im)
    ink = tuple(float(v) for v in H(colour))
    cv2.putText(s.im, text, (int(x), int(y)), cv2.FONT_HERSHEY_SIMPLEX, size, ink, 1, cv2.LINE_AA)


def _scribble(s, x, y, chalk) -> None:
    """A wave, a triangle, a sum or lines of writing."""
    kind = s.i(0, 3)
    if kind == 0:
        t = np.linspace(0, 28, 20)
        s.line(np.stack([x + t, y + 3 * np.sin(t * 1.1 + s.u(0, 6))], 1), chalk, 1.2, raw=True)
    elif kind == 1:
        s.line([(x, y + 14), (x + 12, y - 6), (x + 26, y + 14), (x, y + 14)], chalk, 1.2, raw=True)
    elif kind == 2:
        _write(s, s.one("2+2=4", "A B C", "x=y", "3x7", "E=mc"), x, y + 6, chalk)
    else:
        for k in range(3):
            s.line([(x, y + 6 * k), (x + s.u(14, 30), y + 6 * k)], chalk, 1, raw=True)


def _blackboard(s, x0, x1, foot) -> None:
    """A green board in a wooden frame with chalk writing and traces of the sponge."""
    s.rect(x0 - 4, 34, x1 + 4, foot, "#a87a48")
    s.rect(x0, 38, x1, foot - 4, s.j(s.one("#2f5f4a", "#2a4a44", "#3a6a52"), 5))
    s.rect(x0, foot - 1, x1, foot + 4, "#8a6238")
    for x in s.rng.uniform(x0, x1 - 60, 3):
        s.soft([(x, 50), (x + 50, 44), (x + 60, 80), (x - 10, 90)], "#ffffff", 0.1, 6)
    for _ in range(s.i(3, 6)):
        _scribble(s, s.u(x0 + 8, x1 - 34), s.u(48, foot - 20), s.one("#f4f8f4", "#f8e8a0", "#f4c0c8"))
    s.say("chalk on the blackboard", "a green blackboard")


def _globe(s, x, foot) -> None:
    """A globe on a low cupboard."""
    s.dot(x, foot - 36, 11, "#3a7ac0")
    for _ in range(4):
        s.blob(x + s.u(-5, 5), foot - 36 + s.u(-6, 6), 4, 3, "#5aa050", n=5)
    s.line([(x, foot - 25), (x, foot)], "#8a6238", 3)
    s.rect(x - 12, foot - 6, x + 12, foot + 10, "#a87a48")
    s.say("a globe")


def _wall_clock(s, x, y) -> None:
    s.dot(x, y, 9, "#30343a")
    s.dot(x, y, 7.5, "#fbfbf8")
    s.line([(x, y - 5), (x, y), (x + 4, y + 2)], "#22242a", 1)


def _school_desk(s, x, y, p) -> None:
    """A pupil's desk with a book on it."""
    top = s.j("#c8904f", 6)
    s.soft_ell(x, y, 0.42 * p, 0.08 * p, 0.3)
    for k in (-0.34, 0.34):
        s.rect(x + k * p - 1, y - 0.7 * p, x + k * p + 1, y, "#6a7078")
    lid = [
        (x - 0.38 * p, y - 0.7 * p),
        (x - 0.32 * p, y - 0.8 * p),
        (x + 0.32 * p, y - 0.8 * p),
        (x + 0.38 * p, y - 0.7 * p),
    ]
    s.poly(lid, mix(top, "#ffffff", 0.2))
    s.rect(x - 0.38 * p, y - 0.7 * p, x + 0.38 * p, y - 0.6 * p, top)
    if s.p(0.6):
        book = s.j(s.one("#d8483c", "#3a6ac0", "#f4f0e8", "#3a9a5a"))
        s.rect(x - 0.12 * p, y - 0.78 * p, x + 0.1 * p, y - 0.73 * p, book)


def _drawings(s, x0, x1, y) -> None:
    """Children's pictures pinned on a cord."""
    s.line([(x0, y), (x1, y)], "#8a8478", 1)
    for x in np.arange(x0 + 4, x1 - 14, 20):
        s.rect(x, y, x + 15, y + 18, "#fbfaf4")
        kind, c = s.i(0, 2), s.one(*CRAYONS)
        if kind == 0:
            s.dot(x + 7.5, y + 8, 4, c)
        elif kind == 1:
            s.poly([(x + 2, y + 9), (x + 7.5, y + 3), (x + 13, y + 9)], c)
            s.rect(x + 4, y + 9, x + 11, y + 16, mix(c, "#ffffff", 0.4))
        else:
            s.line([(x + 2, y + 14), (x + 6, y + 5), (x + 9, y + 12), (x + 13, y + 4)], c, 1.6)


def _world_map(s, x0, y0, x1, y1) -> None:
    """A map of the world on the wall."""
    s.rect(x0 - 2, y0 - 2, x1 + 2, y1 + 2, "#c8a878")
    s.rect(x0, y0, x1, y1, "#a8d4ec")
    w, h = x1 - x0, y1 - y0
    lands = (
        (0.2, 0.32, 0.14, 0.2),
        (0.28, 0.7, 0.07, 0.2),
        (0.52, 0.62, 0.09, 0.22),
        (0.5, 0.28, 0.08, 0.1),
        (0.7, 0.34, 0.18, 0.18),
        (0.84, 0.74, 0.07, 0.09),
    )
    for u, v, a, b in lands:
        s.blob(x0 + u * w, y0 + v * h, a * w, b * h, s.j(s.one("#8ab060", "#d8b060", "#c88a5a")), n=6, wob=0.3)
    for k in (0.25, 0.5, 0.75):
        s.line([(x0 + k * w, y0), (x0 + k * w, y1)], "#ffffff", 1, haze=0.4)


def _old_classroom(s) -> None:
    """The board, a globe, a clock, desks at both sides."""
    room(s, s.j(s.one("#f0e4c0", "#d8e6dc", "#e4dcd0", "#c8dcec")), s.j(s.one("#c89a62", "#a8a49c")))
    _blackboard(s, s.u(24, 50), s.u(196, 232), s.yb - 40)
    _wall_clock(s, 128 + s.u(-30, 30), 18)
    if s.p(0.5):
        _globe(s, s.one(14, 240), s.yb)


def _primary_school(s) -> None:
    """Windows along one side, a whiteboard with the alphabet, a map, drawings on a cord."""
    wall = s.j(s.one("#f4e8c8", "#e0f0e4", "#e4e8f4"))
    room(s, wall, s.j(s.one("#c8a878", "#a8b0a8", "#d8b890")), floor_kind=s.one("planks", "tiles"))
    yb, hand = s.yb, s.one(-1, 1)
    far = depth(s, yb)
    aside = hand * 0.27 * far
    corner, top = at(s, aside, far, 3.0)
    edge = 128 + hand * 128
    s.poly([(corner, top - 40), (edge, -60), (edge, S + 30), (corner, yb)], mix(wall, "#101830", 0.12))
    for k in range(3):
        near = far * (0.5 + 0.17 * k)
        flank(s, aside, (near - 0.06, near + far * 0.13 + 0.06), (0.85, 2.75), "#f4f0e8")
        flank(s, aside, (near, near + far * 0.13), (0.9, 2.7), "#a8d4f0")
        flank(s, aside, (near, near + far * 0.13), (0.9, 1.4), "#8ac078")
    s.line([(corner, -5), (corner, yb)], mix(wall, "#302820", 0.25), 1.4)
    away = 128 - hand * 62
    x0, x1 = (away - 58, away + 62) if hand > 0 else (away - 62, away + 58)
    s.rect(x0 - 2, 40, x1 + 2, yb - 42, "#a8b0b8")
    s.rect(x0, 42, x1, yb - 44, "#fbfcfa")
    for k, text in enumerate(("A B C D", s.one("1 2 3 4", "3 + 4 = 7", "cat dog"))):
        _write(s, text, x0 + 10 + s.u(0, 16), 62 + 22 * k, s.one("#2a50a8", "#c8302c", "#2a8a4a"), 0.5)
    for k, x in enumerate(np.arange(x0, x1 - 8, 11)):
        s.rect(x, 28, x + 9, 37, CRAYONS[k % 6])
    s.say("a whiteboard", "the alphabet on the wall")
    if s.p(0.6):
        _drawings(s, x0, x1, 8)
        s.say("children's drawings")
    middle = 128 + hand * 32
    if s.p(0.7):
        _world_map(s, middle - 24, 50, middle + 24, 84)
        s.say("a world map")
    else:
        P.bookcase(s, middle - 22, yb - 48, middle + 22, yb + 2, 2, "#c89a5a")


@place(
    "classroom",
    "in a classroom",
    "at school",
    "in front of a blackboard",
    "in a school classroom",
    "in class",
    "in a school",
    acts=(
        ("teaching a class", ("stand", "walk")),
        ("giving a lesson", ("stand",)),
        ("learning", ("sit",)),
        ("writing on the blackboard", ("stand",)),
        ("raising a hand", ("stand", "sit")),
    ),
    bases=("stand", "walk", "sit", "jump"),
)
def classroom(s):
    """Rows of desks before a green board with chalk, or a bright primary school with a whiteboard and a map."""
    primary = s.p(0.45)
    if primary:
        _primary_school(s)
    else:
        _old_classroom(s)
    s.blur(s.u(0, 0.5))
    yb = s.yb
    for y in (yb + 22, yb + 48):
        for x in (s.u(10, 30), s.u(60, 78), s.u(180, 196), s.u(226, 246)):
            _school_desk(s, x, y, s.ppm(y))
    s.say("rows of desks", "school desks")

    def front():
        x = s.one(40, 216)
        s.box(x - 38, 232, x + 38, 244, s.j("#c8904f"), 5, 5)
        s.rect(x - 34, 244, x - 30, S, "#6a7078")
        s.rect(x + 30, 244, x + 34, S, "#6a7078")
        s.rect(x - 12, 226, x + 10, 232, s.j("#d8483c"))

    phrases = (
        "in a classroom",
        "at school",
        "in a school classroom",
        "in a primary school",
        "in front of a whiteboard",
    )
    return dict(front=front, phrases=phrases) if primary else dict(front=front)


def _book_wall(s, x, z, wood, height=3.4) -> None:
    """A bookcase that runs away from the camera at x metres to the side."""
    near, far = z
    flank(s, x, z, (0, height), mix(wood, "#000000", 0.45))
    shelves, colours = 8, [s.j(c, 12) for c in SPINES * 2]
    books: list[list] = [[] for _ in colours]
    for k in range(shelves):
        lo, hi = height * k / shelves, height * (k + 1) / shelves
        zz = near
        while zz < far:
            thick = s.u(0.07, 0.2) * (0.6 + zz / 5)
            s.one(*books).append((zz, min(zz + thick * 0.92, far), lo + 0.04, hi - s.u(0.04, 0.14)))
            zz += thick
        flank(s, x, z, (lo, lo + 0.05), wood)
    for colour, volumes in zip(colours, books):
        flanks(s, x, volumes, colour)
    for zz in np.arange(near, far, 1.6):
        flank(s, x, (zz, zz + 0.07), (0, height), mix(wood, "#ffffff", 0.1))


def _ladder(s, foot, top) -> None:
    """A ladder that leans on the shelves."""
    x, c, h = s.u(60, 190), "#a87a4a", foot - top
    for k in (0, 16):
        s.line([(x + k, foot), (x + 14 + k, top)], c, 3)
    for q in np.linspace(0.1, 0.95, 9):
        s.line([(x + 14 * q, foot - h * q), (x + 16 + 14 * q, foot - h * q)], c, 2)
    s.say("a wooden ladder")


def _reading_table(s, x, y, p) -> None:
    """A table with a stack of books and a green lamp."""
    s.soft_ell(x, y, 0.6 * p, 0.12 * p, 0.4)
    for k in (-0.5, 0.5):
        s.rect(x + k * p - 2, y - 0.7 * p, x + k * p + 2, y, "#5a3a22")
    s.rect(x - 0.6 * p, y - 0.75 * p, x + 0.6 * p, y - 0.68 * p, "#8a5a34")
    for k in range(4):
        low = y - (0.74 + 0.07 * k) * p
        s.rect(x - 0.35 * p, low - 0.06 * p, x - 0.05 * p + s.u(-3, 3), low, s.j(s.one(*SPINES)))
    lamp = x + 0.3 * p
    s.line([(lamp, y - 0.75 * p), (lamp, y - 1.05 * p)], "#c8a04a", 2)
    s.ell(lamp, y - 1.03 * p, 0.2 * p, 0.16 * p, "#2f7a4a", a0=180, a1=360)
    s.glow(lamp, y - p, 24, "#ffe8a0", 0.5)
    s.say("a reading lamp", "a stack of books")


def _reading_room(s, wood) -> None:
    """Bookcases across the picture, often a window between them and one bookcase along a side."""
    yb, top = s.yb, s.u(-6, 14)
    gap = s.p(0.5)
    n = 3 if gap else s.i(3, 5)
    w = S / n
    for k in range(n):
        if gap and k == 1:
            window(s, w + 18, 26, 2 * w - 18, yb - 56, "garden")
            s.rect(w + 8, yb - 40, 2 * w - 8, yb, mix(wood, "#000000", 0.2))
            P.books(s, w + 10, yb - 38, 2 * w - 10, yb - 21)
            P.books(s, w + 10, yb - 18, 2 * w - 10, yb - 2)
        else:
            P.bookcase(s, k * w + 1, top, (k + 1) * w - 1, yb + 3, s.i(5, 7), wood)
    s.soft([(0, yb + 3), (S, yb + 3), (S, yb + 14), (0, yb + 14)], "#000000", 0.4, 3)
    if s.p(0.4):
        _ladder(s, yb + 12, top + 10)
    s.blur(s.u(0, 0.6))
    far = depth(s, yb)
    for hand in (-1, 1):
        if s.p(0.4):
            _book_wall(s, hand * 0.34 * far, (2.2, far - 0.3), wood)


def _aisle(s, wood) -> None:
    """A long aisle between two book walls towards a tall arched window."""
    yb = s.yb
    far = depth(s, yb)
    cx = 128 + s.u(-6, 6)
    s.vgrad(0, yb, [s.lit(mix(wood, "#140c08", 0.5)), s.lit(mix(wood, "#f0d8b0", 0.35))])
    for q in range(0, 256, 32):
        s.line([(128, yb - 90), (q * 1.6 - 76, 0)], mix(wood, "#140c08", 0.65), 1.4)
    w, top, light = s.u(16, 22), yb - s.u(66, 80), s.one("#cfe6f4", "#fff0c0", "#b8c8e8")
    s.rect(cx - w - 3, top, cx + w + 3, yb - 12, mix(wood, "#f0d8b0", 0.5))
    s.ell(cx, top, w + 3, w + 3, mix(wood, "#f0d8b0", 0.5), a0=180, a1=360)
    s.rect(cx - w, top, cx + w, yb - 15, light, raw=True)
    s.ell(cx, top, w, w, light, a0=180, a1=360, raw=True)
    s.line([(cx, top - w), (cx, yb - 15)], mix(wood, "#f0d8b0", 0.3), 2)
    for row in np.arange(top, yb - 16, 14):
        s.line([(cx - w, row), (cx + w, row)], mix(wood, "#f0d8b0", 0.3), 1.4)
    s.glow(cx, top + 20, 90, light, 0.45)
    for hand in (-1, 1):
        _book_wall(s, (cx - 128) / s.f * far * 0.6 + hand * s.u(1.5, 1.7), (2.1, far), wood)
    carpet = s.j(s.one("#8a2f34", "#2f5f4a", "#2f4f6a"))
    s.ground_blend((np.abs(s.X - (cx - 128) / s.f * s.Z) < 0.75).astype("f4"), carpet, 0.95)
    s.ground_blend((np.abs(np.abs(s.X - (cx - 128) / s.f * s.Z) - 0.68) < 0.03).astype("f4"), "#e0c078", 0.9)
    s.soft([(cx - w, yb), (cx + w, yb), (cx + 70, S), (cx - 70, S)], light, 0.16, 8)
    s.blur(s.u(0, 0.4))
    s.say("a tall window", "a long aisle of books")


@place(
    "library",
    "in a library",
    "in the library",
    "in an old library",
    "between bookshelves",
    "surrounded by books",
    "in a bookstore",
    "in a reading room",
    acts=(
        ("reading a book", ("stand", "sit", "floor")),
        ("looking for a book", ("stand", "walk")),
        ("studying", ("sit", "floor")),
        ("casting a spell", ("stand",)),
    ),
    bases=("stand", "walk", "sit", "floor"),
)
def library(s):
    """Walls of coloured spines: across the picture, or as an aisle towards a tall window."""
    aisle = s.p(0.45)
    wall = s.j(s.one("#7a5a3f", "#a08a68", "#5a4a44", "#c8b090"))
    floor = s.j(s.one("#8a5a34", "#6a4428", "#a8743f"))
    room(s, wall, floor, s.u(144, 156) if aisle else None, light="#ffe2b0")
    s.tint = np.array([1.0, 0.93, 0.82])
    wood = s.j(s.one("#6a4228", "#4f2f1e", "#8a5f3a"))
    if aisle:
        _aisle(s, wood)
    else:
        _reading_room(s, wood)
        if s.p(0.5):
            rug = s.j(s.one("#8a2f34", "#2f4f6a", "#3f5f3a"))
            s.poly([(60, 205), (196, 205), (240, 252), (16, 252)], rug)
            s.line([(64, 208), (192, 208), (232, 249), (24, 249), (64, 208)], "#e0c078", 1.5)
    if s.p(0.35 if aisle else 0.6):
        y = s.u(200, 225)
        _reading_table(s, side(s, 20), y, s.ppm(y) * 0.8)
    s.say("tall bookshelves", "rows of books", "shelves full of books")

    def front():
        x, y = s.one(30, 220), 262
        for k in range(s.i(4, 8)):
            s.rect(x - 24 + s.u(-4, 4), y - 8 * (k + 1), x + 24 + s.u(-4, 4), y - 8 * k - 1, s.j(s.one(*SPINES)))

    return dict(front=front)
