"""Places in the city: street, cafe."""

import functools

import numpy as np

from .. import props as P
from ..canvas import S, mix
from .registry import place
from .setting import open_air, room, window


def _on_wall(across, up, near, far):
    """Pixel at fractions (0..1) along and up a house front whose ends are (x, foot row, roof row) each."""
    x, foot, roof = (b * across + a * (1 - across) for a, b in zip(far, near))
    return x, foot + up * (roof - foot)


@place(
    "street",
    "on a city street",
    "in the city",
    "downtown",
    "on a busy street",
    "on the sidewalk in the city",
    "in an urban street",
    "on a crosswalk",
    acts=(
        ("waiting for the bus", ("stand", "sit")),
        ("crossing the road", ("walk",)),
        ("hailing a taxi", ("stand",)),
        ("skateboarding", ("stand",)),
        ("commuting to work", ("walk", "run")),
    ),
    bases=("stand", "walk", "run", "jump", "sit"),
    seat="bench",
)
def street(s):
    open_air(s)
    y = s.y0
    P.skyline(s, y + 3, 30, 78, ("#8fa0b4", "#a8aab4", "#7a8aa0"), 0.5)
    s.blur(s.u(0.2, 0.8))
    road = s.j("#5c6068", 6)
    s.plane(y + 2, road, mix(road, "#000008", 0.12), 0.05, 40, haze=0.2)
    c = s.u(-0.5, 0.5)
    hw = s.u(2.6, 3.4)
    m = np.clip((np.abs(s.X - c) - hw) * 8, 0, 1)
    s.ground_blend(m, s.j("#a8a49c"), 1.0)
    kb = np.clip(1 - np.abs(np.abs(s.X - c) - hw) * 7, 0, 1)
    s.ground_blend(kb, "#d8d4cc", 1.0)
    s.ground_blend(
        (np.abs(s.X - c) > hw) * (np.abs((s.X - c) / 0.8 - np.round((s.X - c) / 0.8)) < 0.02), "#7a766e", 0.5
    )
    dash = np.clip((0.09 - np.abs(s.X - c)) * s.f / s.Z + 0.5, 0, 1) * (s.Z % 3 < 1.7)
    s.ground_blend(dash, "#f2d04a" if s.p(0.5) else "#f4f4f0")
    if s.p(0.6):
        zc = s.u(3.2, 5.5)
        s.ground_blend(
            (np.abs(s.Z - zc) < 1.0) * ((s.X - c) / 0.55 % 1 < 0.55) * (np.abs(s.X - c) < hw - 0.15), "#f0f0ea", 0.95
        )
        s.say("a crosswalk", "a zebra crossing")
    cols = ("#b4654a", "#c8a074", "#8a6a5a", "#d8c4a0", "#9a5a4a", "#8a94a0", "#cbb8b0", "#6f8a8a")
    for sg in (-1, 1):
        z = 24.0
        while z > 4.6:
            z2 = z / s.u(1.25, 1.5)
            xo = c + sg * (hw + s.u(2.0, 2.6))
            xa, xb = (S / 2 + xo * s.f / z, S / 2 + xo * s.f / z2)
            ya, yb = (s.row(z), s.row(z2))
            hb = s.u(7, 14)
            col = s.j(s.one(*cols))
            ta, tb = (ya - hb * s.f / z, yb - hb * s.f / z2)
            hz = min(0.45, z / 50)
            s.poly(
                [(xa, ya), (xa, ta), (xb, tb), (xb, yb)],
                mix(col, "#000018", 0.25 if sg * s.light > 0 else 0.0),
                haze=hz,
            )
            on_wall = functools.partial(_on_wall, near=(xb, yb, tb), far=(xa, ya, ta))
            nf, nc = (max(2, int(hb / 2.6)), 3)
            panes = []
            for r in range(1, nf):
                for q in range(nc):
                    if s.dark and s.p(0.4):
                        continue
                    f0, f1 = ((q + 0.22) / nc, (q + 0.72) / nc)
                    g0, g1 = ((r + 0.15) / nf, (r + 0.72) / nf)
                    panes.append([on_wall(f0, g0), on_wall(f1, g0), on_wall(f1, g1), on_wall(f0, g1)])
            if panes:
                s.poly(np.array(panes), "#ffe09a" if s.dark else "#3a4c62", haze=hz * 0.6, raw=s.dark)

            s.poly(
                [on_wall(0.08, 0), on_wall(0.92, 0), on_wall(0.92, 0.72 / nf), on_wall(0.08, 0.72 / nf)],
                "#ffe7b0" if s.dark else "#566a78",
                raw=s.dark,
                haze=hz * 0.5,
            )
            s.poly(
                [
                    on_wall(0.03, 0.72 / nf),
                    on_wall(0.97, 0.72 / nf),
                    on_wall(0.97, 1.05 / nf),
                    on_wall(0.03, 1.05 / nf),
                ],
                s.j(s.one("#c8413a", "#2f7a5a", "#d08a2c", "#345f9a", "#efe6d4")),
            )
            z = z2
    for zz in sorted([s.u(7, 20) for _ in range(s.i(1, 3))], reverse=True):
        yy = s.row(zz)
        P.car(s, S / 2 + (c + s.one(-1, 1) * s.u(1.4, 2.2)) * s.f / zz, yy, s.ppm(yy) * 0.92)
    s.say("cars passing by", "a car on the road", "traffic")
    for sg in (-1, 1):
        zz = s.u(5.0, 7.5)
        yy = s.row(zz)
        x = S / 2 + (c + sg * (hw + 0.35)) * s.f / zz
        if s.p(0.7):
            if s.p(0.55):
                P.lamp(s, x, yy, s.ppm(yy))
            else:
                P.traffic_light(s, x, yy, s.ppm(yy))
    if s.dark:
        s.say("street lights", "lit windows")

    def front():
        if s.p(0.5):
            P.traffic_light(s, s.one(12, 244), 262, 60)
        else:
            x = s.one(20, 236)
            s.rect(x - 5, 205, x + 5, 262, "#b8342c")
            s.dot(x, 205, 6, "#c83c32")
            s.rect(x - 8, 222, x + 8, 227, "#8a241e")

    return dict(front=front)


@place(
    "cafe",
    "in a cafe",
    "in a coffee shop",
    "at a restaurant",
    "in a small bistro",
    acts=(
        ("drinking coffee", ("sit", "stand")),
        ("having lunch", ("sit",)),
        ("serving coffee", ("stand", "walk")),
        ("ordering food", ("stand",)),
    ),
    bases=("stand", "walk", "sit", "sit"),
)
def cafe(s):
    room(
        s,
        s.j(s.one("#8a4f3c", "#3f5a54", "#d8b890", "#6a4a5a")),
        s.j(s.one("#8a5f3c", "#b88a5c", "#5a4034")),
        floor_kind=s.one("planks", "checker"),
        light="#ffe4b8",
    )
    s.tint = np.array([1.0, 0.95, 0.86])
    yb = s.yb
    cx = s.one(s.u(50, 80), s.u(176, 206))
    ox = S - cx
    window(s, ox - 44, 40, ox + 44, yb - 34, "city", False)
    aw = s.j(s.one("#c8403a", "#2f7a5a", "#345f9a"))
    for k in range(8):
        s.poly(
            [(ox - 52 + 13 * k, 26), (ox - 39 + 13 * k, 26), (ox - 39 + 13 * k, 42), (ox - 52 + 13 * k, 42)],
            aw if k % 2 else "#f4ecdc",
        )
    s.rect(cx - 44, 28, cx + 44, 78, "#26282c")
    s.rect(cx - 41, 31, cx + 41, 75, "#33383a")
    for k in range(4):
        s.line([(cx - 34, 40 + 8 * k), (cx - 34 + s.u(20, 50), 40 + 8 * k)], s.one("#f4f0e0", "#f0c878"), 1.2, raw=True)
    s.ell(cx + 28, 48, 6, 5, "#f4f0e0", a0=0, a1=180)
    s.say("a menu board", "a chalkboard menu")
    c = s.j(s.one("#6a4428", "#8a5a34", "#3a4a48"))
    s.box(cx - 56, yb - 34, cx + 56, yb + 14, c, 5, 4)
    for x in np.arange(cx - 48, cx + 56, 12):
        s.line([(x, yb - 26), (x, yb + 12)], mix(c, "#000000", 0.3), 1)
    q = cx + s.u(-26, 26)
    s.rect(q - 16, yb - 58, q + 16, yb - 36, "#b8bec4")
    s.rect(q - 18, yb - 62, q + 18, yb - 56, "#d03a34")
    s.rect(q - 8, yb - 50, q + 8, yb - 46, "#3a3e44")
    for a in (-6, 6):
        s.rect(q + a - 3, yb - 42, q + a + 3, yb - 37, "#f4f0e8")
    s.glow(q, yb - 68, 13, "#ffffff", 0.4)
    s.say("a coffee machine", "an espresso machine")
    for x in s.rng.uniform(20, 236, 3):
        h = s.u(28, 60)
        s.line([(x, 0), (x, h)], "#22242a", 1)
        s.poly([(x - 10, h + 9), (x - 3, h), (x + 3, h), (x + 10, h + 9)], s.one("#22242a", "#c8883a", "#e8e0d0"))
        s.dot(x, h + 10, 3.5, "#fff4c8", raw=True)
        s.glow(x, h + 11, 30, "#ffe0a0", 0.55)
    s.blur(s.u(0, 0.5))

    def table(x, yy, p):
        s.soft_ell(x, yy, 0.4 * p, 0.08 * p, 0.4)
        s.line([(x, yy), (x, yy - 0.74 * p)], "#2c2e34", max(2, 0.06 * p))
        s.ell(x, yy, 0.24 * p, 0.05 * p, "#2c2e34")
        s.ell(x, yy - 0.73 * p, 0.46 * p, 0.1 * p, "#7a4f2c")
        s.ell(x, yy - 0.76 * p, 0.46 * p, 0.1 * p, "#b07a48")
        s.ell(x - 0.1 * p, yy - 0.77 * p, 0.12 * p, 0.035 * p, "#f0ece4")
        s.rect(x - 0.16 * p, yy - 0.9 * p, x - 0.04 * p, yy - 0.78 * p, "#f8f6f0")
        s.ell(x - 0.1 * p, yy - 0.9 * p, 0.06 * p, 0.02 * p, "#4a2a18")
        s.rect(x + 0.14 * p, yy - 0.92 * p, x + 0.2 * p, yy - 0.78 * p, "#5a8a9a")
        s.dot(x + 0.17 * p, yy - 0.97 * p, 0.06 * p, s.one("#e0486a", "#f0c040"))
        for d in (-1, 1):
            q = x + d * 0.62 * p
            s.rect(q - 0.16 * p, yy - 0.48 * p, q + 0.16 * p, yy - 0.43 * p, "#9a3f34")
            for a in (-0.14, 0.14):
                s.line([(q + a * p, yy - 0.45 * p), (q + a * p, yy)], "#2c2e34", 1.5)
            s.line([(q + d * 0.15 * p, yy - 0.45 * p), (q + d * 0.18 * p, yy - 0.95 * p)], "#2c2e34", 2)
            s.line([(q + d * 0.17 * p, yy - 0.9 * p), (q + d * 0.17 * p, yy - 0.7 * p)], "#9a3f34", 3)

    for x in (s.u(24, 60), s.u(196, 232)):
        yy = s.u(yb + 22, 218)
        if s.p(0.8):
            table(x, yy, s.ppm(yy) * 0.85)
    s.say("small round tables", "a table with a cup of coffee")

    def front():
        table(s.one(36, 220), 282, 92)

    return dict(front=front)
