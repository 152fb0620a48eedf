"""Places to learn in: classroom, library."""

import cv2
import numpy as np

from .. import props as P
from ..canvas import H, S, mix
from .registry import place
from .setting import room, side, window


@place(
    "classroom",
    "in a classroom",
    "at school",
    "in front of a blackboard",
    "in a school classroom",
    acts=(
        ("teaching a class", ("stand", "walk")),
        ("giving a lesson", ("stand",)),
        ("learning", ("sit",)),
        ("writing on the blackboard", ("stand",)),
    ),
    bases=("stand", "walk", "sit", "jump"),
)
def classroom(s):
    room(s, s.j(s.one("#f0e4c0", "#d8e6dc", "#e4dcd0", "#c8dcec")), s.j(s.one("#c89a62", "#a8a49c")))
    yb = s.yb
    x0, x1 = (s.u(24, 50), s.u(196, 232))
    g = s.j(s.one("#2f5f4a", "#2a4a44", "#3a6a52"), 5)
    s.rect(x0 - 4, 34, x1 + 4, yb - 40, "#a87a48")
    s.rect(x0, 38, x1, yb - 44, g)
    s.rect(x0, yb - 41, x1, yb - 36, "#8a6238")
    for q in s.rng.uniform(x0, x1 - 60, 3):
        s.soft([(q, 50), (q + 50, 44), (q + 60, 80), (q - 10, 90)], "#ffffff", 0.1, 6)
    for _ in range(s.i(3, 6)):
        q, yy = (s.u(x0 + 8, x1 - 34), s.u(48, yb - 60))
        k = s.i(0, 3)
        wc = s.one("#f4f8f4", "#f8e8a0", "#f4c0c8")
        if k == 0:
            s.line(
                np.stack([q + (t := np.linspace(0, 28, 20)), yy + 3 * np.sin(t * 1.1 + s.u(0, 6))], 1),
                wc,
                1.2,
                raw=True,
            )
        elif k == 1:
            s.line([(q, yy + 14), (q + 12, yy - 6), (q + 26, yy + 14), (q, yy + 14)], wc, 1.2, raw=True)
        elif k == 2:
            s.im = cv2.putText(
                np.ascontiguousarray(s.im),
                s.one("2+2=4", "A B C", "x=y", "3x7", "E=mc"),
                (int(q), int(yy) + 6),
                cv2.FONT_HERSHEY_SIMPLEX,
                0.42,
                tuple(float(v) for v in H(wc)),
                1,
                cv2.LINE_AA,
            )
        else:
            for j in range(3):
                s.line([(q, yy + 6 * j), (q + s.u(14, 30), yy + 6 * j)], wc, 1, raw=True)
    q = 128 + s.u(-30, 30)
    s.dot(q, 18, 9, "#30343a")
    s.dot(q, 18, 7.5, "#fbfbf8")
    s.line([(q, 13), (q, 18), (q + 4, 20)], "#22242a", 1)
    s.say("chalk on the blackboard", "a green blackboard")
    if s.p(0.5):
        q = s.one(14, 240)
        s.dot(q, yb - 36, 11, "#3a7ac0")
        for _ in range(4):
            s.blob(q + s.u(-5, 5), yb - 36 + s.u(-6, 6), 4, 3, "#5aa050", n=5)
        s.line([(q, yb - 25), (q, yb)], "#8a6238", 3)
        s.rect(q - 12, yb - 6, q + 12, yb + 10, "#a87a48")
        s.say("a globe")
    s.blur(s.u(0, 0.5))
    for yy in (yb + 22, yb + 48):
        for x in (s.u(10, 30), s.u(60, 78), s.u(180, 196), s.u(226, 246)):
            p = s.ppm(yy)
            c = s.j("#c8904f", 6)
            s.soft_ell(x, yy, 0.42 * p, 0.08 * p, 0.3)
            for a in (-0.34, 0.34):
                s.rect(x + a * p - 1, yy - 0.7 * p, x + a * p + 1, yy, "#6a7078")
            s.poly(
                [
                    (x - 0.38 * p, yy - 0.7 * p),
                    (x - 0.32 * p, yy - 0.8 * p),
                    (x + 0.32 * p, yy - 0.8 * p),
                    (x + 0.38 * p, yy - 0.7 * p),
                ],
                mix(c, "#ffffff", 0.2),
            )
            s.rect(x - 0.38 * p, yy - 0.7 * p, x + 0.38 * p, yy - 0.6 * p, c)
            if s.p(0.6):
                s.rect(
                    x - 0.12 * p,
                    yy - 0.78 * p,
                    x + 0.1 * p,
                    yy - 0.73 * p,
                    s.j(s.one("#d8483c", "#3a6ac0", "#f4f0e8", "#3a9a5a")),
                )
    s.say("rows of desks", "school desks")

    def front():
        x = s.one(40, 216)
        s.box(x - 38, 232, x + 38, 244, s.j("#c8904f"), 5, 5)
        s.rect(x - 34, 244, x - 30, S, "#6a7078")
        s.rect(x - 12, 226, x + 10, 232, s.j("#d8483c"))

    return dict(front=front)


@place(
    "library",
    "in a library",
    "in an old library",
    "between bookshelves",
    "surrounded by books",
    "in a bookstore",
    acts=(
        ("reading a book", ("stand", "sit", "floor")),
        ("looking for a book", ("stand", "walk")),
        ("studying", ("sit", "floor")),
    ),
    bases=("stand", "walk", "sit", "floor"),
)
def library(s):
    room(
        s,
        s.j(s.one("#7a5a3f", "#a08a68", "#5a4a44", "#c8b090")),
        s.j(s.one("#8a5a34", "#6a4428", "#a8743f")),
        light="#ffe2b0",
    )
    s.tint = np.array([1.0, 0.93, 0.82])
    yb = s.yb
    c = s.j(s.one("#6a4228", "#4f2f1e", "#8a5f3a"))
    ytop = s.u(-6, 14)
    gap = s.p(0.5)
    n = 3 if gap else s.i(3, 5)
    w = S / n
    for k in range(n):
        if gap and k == 1:
            window(s, w + 18, 26, 2 * w - 18, yb - 56, "garden")
            s.rect(w + 8, yb - 40, 2 * w - 8, yb, mix(c, "#000000", 0.2))
            P.books(s, w + 10, yb - 38, 2 * w - 10, yb - 21)
            P.books(s, w + 10, yb - 18, 2 * w - 10, yb - 2)
            continue
        P.bookcase(s, k * w + 1, ytop, (k + 1) * w - 1, yb + 3, s.i(5, 7), c)
    s.blur(s.u(0, 0.6))
    s.soft([(0, yb + 3), (S, yb + 3), (S, yb + 14), (0, yb + 14)], "#000000", 0.4, 3)
    for sg in (-1, 1):
        if s.p(0.55):
            xa, xb = (S if sg > 0 else 0, 128 + sg * s.u(78, 94))
            s.poly([(xb, yb + 8), (xb, 6), (xa, -40), (xa, S + 20)], mix(c, "#000000", 0.45))

            def f(t, q, xa=xa, xb=xb):
                return (xb + (xa - xb) * q, (6 + (yb + 2) * t) * (1 - q) + (-40 + (S + 60) * t) * q)

            for r in range(6):
                q = 0.02
                while q < 0.98:
                    q2 = min(q + s.u(0.04, 0.1) * (0.6 + q), 1.0)
                    t0, t1 = (r / 6 + 0.02 + s.u(0, 0.05), (r + 1) / 6 - 0.015)
                    s.poly(
                        [f(t0, q), f(t0, q2 - 0.01), f(t1, q2 - 0.01), f(t1, q)],
                        s.j(s.one("#8a2f2a", "#2f4f7a", "#2f6a4a", "#b08a3a", "#5a3a5f", "#c8b890", "#7a4a2a"), 12),
                    )
                    q = q2
                s.poly(
                    [
                        f((r + 1) / 6 - 0.018, 0),
                        f((r + 1) / 6 - 0.018, 1),
                        f((r + 1) / 6 + 0.012, 1),
                        f((r + 1) / 6 + 0.012, 0),
                    ],
                    c,
                )
    if s.p(0.4):
        x = s.u(60, 190)
        s.line([(x, yb + 12), (x + 14, ytop + 10)], "#a87a4a", 3)
        s.line([(x + 16, yb + 12), (x + 30, ytop + 10)], "#a87a4a", 3)
        for q in np.linspace(0.1, 0.95, 9):
            s.line(
                [(x + 14 * q, yb + 12 - (yb - ytop) * q), (x + 16 + 14 * q, yb + 12 - (yb - ytop) * q)], "#a87a4a", 2
            )
        s.say("a wooden ladder")
    if s.p(0.5):
        rc = s.j(s.one("#8a2f34", "#2f4f6a", "#3f5f3a"))
        s.poly([(60, 205), (196, 205), (240, 252), (16, 252)], rc)
        s.line([(64, 208), (192, 208), (232, 249), (24, 249), (64, 208)], "#e0c078", 1.5)
    if s.p(0.6):
        x, yy = (side(s, 20), s.u(200, 225))
        p = s.ppm(yy) * 0.8
        s.soft_ell(x, yy, 0.6 * p, 0.12 * p, 0.4)
        for a in (-0.5, 0.5):
            s.rect(x + a * p - 2, yy - 0.7 * p, x + a * p + 2, yy, "#5a3a22")
        s.rect(x - 0.6 * p, yy - 0.75 * p, x + 0.6 * p, yy - 0.68 * p, "#8a5a34")
        for k in range(4):
            s.rect(
                x - 0.35 * p,
                yy - (0.8 + 0.07 * k) * p,
                x - 0.05 * p + s.u(-3, 3),
                yy - (0.74 + 0.07 * k) * p,
                s.j(s.one("#8a2f2a", "#2f4f7a", "#b08a3a")),
            )
        s.line([(x + 0.3 * p, yy - 0.75 * p), (x + 0.3 * p, yy - 1.05 * p)], "#c8a04a", 2)
        s.ell(x + 0.3 * p, yy - 1.03 * p, 0.2 * p, 0.16 * p, "#2f7a4a", a0=180, a1=360)
        s.glow(x + 0.3 * p, yy - p, 24, "#ffe8a0", 0.5)
        s.say("a reading lamp", "a stack of books")
    s.say("tall bookshelves", "rows of books", "shelves full of books")

    def front():
        x = s.one(30, 220)
        y = 262
        for k in range(s.i(4, 8)):
            s.rect(
                x - 24 + s.u(-4, 4),
                y - 8 * (k + 1),
                x + 24 + s.u(-4, 4),
                y - 8 * k - 1,
                s.j(s.one("#8a2f2a", "#2f4f7a", "#2f6a4a", "#b08a3a", "#c8b890")),
            )

    return dict(front=front)
