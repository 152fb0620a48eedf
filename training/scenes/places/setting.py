"""What many places begin with: the open air, a room, a window in its wall, a framed picture, a spot at the side."""

from __future__ import annotations

import numpy as np

from .. import props as P
from ..canvas import H, S, mix


def open_air(s, horizon=(92, 132), **kinds) -> str:
    """Set a camera for outdoors and paint the sky; returns its kind: day, sunset, night or overcast."""
    s.y0 = s.u(*horizon)
    s.hc = s.u(1.25, 1.7)
    return P.sky(s, **kinds)


def room(s, wall, floor, ybase=None, floor_kind="planks", light="#fff2d8") -> None:
    """Paint a back wall down to row `s.yb` and a floor in perspective; set an indoor light.

    floor_kind: planks, tiles, checker or plain. ybase: the row where wall and floor meet.
    """
    s.y0 = s.u(96, 122)
    s.hc = s.u(1.3, 1.6)
    yb = s.yb = ybase or s.u(158, 178)
    s.light = s.one(-1.0, 1.0)
    s.tint = np.float64(s.one((1, 0.98, 0.95), (1, 0.95, 0.87), (0.95, 0.97, 1.0)))
    s.haze_col = mix(wall, "#ffffff", 0.3)
    s.wall = H(wall)
    direction = (s.light * s.u(0.4, 0.8), 0.7, 0.6)
    s.key = dict(dir=direction, col=H(light) / 255, power=0.8, amb=(0.52, 0.5, 0.48), gnd=(0.26, 0.23, 0.2))
    s.cast = 0.22
    s.vgrad(0, yb, [s.lit(mix(wall, "#000010", 0.1)), s.lit(wall), s.lit(mix(wall, "#ffffff", 0.08))])
    s.plane(yb, mix(floor, "#000010", 0.12), floor, 0.04, 40, haze=0.03)
    if floor_kind == "planks":
        s.lines_x(0.18, 0.012, mix(floor, "#000000", 0.45), 0.8, s.u(0, 1))
        s.lines_z(1.1, 0.012, mix(floor, "#000000", 0.45), 0.35)
    elif floor_kind == "tiles":
        s.lines_x(0.5, 0.02, mix(floor, "#303030", 0.3), 0.9, s.u(0, 1))
        s.lines_z(0.5, 0.02, mix(floor, "#303030", 0.3), 0.9)
    elif floor_kind == "checker":
        s.checker(0.5, mix(floor, "#2a3038", 0.8))
    s.rect(0, yb - 4, S, yb + 1, mix(wall, "#ffffff", 0.45))  # skirting board
    s.soft([(0, yb), (S, yb), (S, yb + 7), (0, yb + 7)], "#000010", 0.3, 3)


def window(s, x0, y0, x1, y1, view=None, bars=True) -> None:
    """Paint a window onto a city or a garden (`view`), and the patch of sun that it throws on the floor."""
    s.rect(x0 - 3, y0 - 3, x1 + 3, y1 + 3, "#f4f0e8")
    s.vgrad(y0, y1, ["#8cc4ee", "#dceef6"], x0, x1)
    if view == "city":
        x = x0
        while x < x1 - 3:
            w = min(s.u(5, 11), x1 - x)
            s.rect(x, y1 - s.u(0.25, 0.75) * (y1 - y0), x + w, y1, s.j("#8a9ab0", 8), haze=0.2)
            x += w
    elif view:
        s.ell((x0 + x1) / 2 + s.u(-8, 8), y1, (x1 - x0) * 0.55, (y1 - y0) * 0.35, "#6aa860", a0=180, a1=360)
    if bars:
        middle = (x0 + x1) / 2
        s.rect(middle - 1, y0, middle + 1, y1, "#f4f0e8")
        s.rect(x0, (y0 + y1) / 2 - 1, x1, (y0 + y1) / 2 + 1, "#f4f0e8")
    s.rect(x0 - 6, y1 + 2, x1 + 6, y1 + 6, mix("#f4f0e8", "#000000", 0.12))  # sill
    slant = 30 * -s.light
    s.soft([(x0, s.yb + 22), (x1, s.yb + 22), (x1 + slant, S), (x0 + slant, S)], "#fff4d0", 0.22, 6)


def frame(s, x0, y0, x1, y1, colour="#5a3c26") -> None:
    """Hang a framed picture on the wall."""
    s.rect(x0 - 2.5, y0 - 2.5, x1 + 2.5, y1 + 2.5, colour)
    P.picture(s, x0, y0, x1, y1)


def side(s, margin=20) -> float:
    """An x near the left or the right edge, where a big prop leaves room for the avatar."""
    return s.u(margin, 70) if s.p(0.5) else S - s.u(margin, 70)


def at(s, x, z, up=0.0) -> tuple[float, float]:
    """The pixel of a point x metres to the right of the camera, z metres away and `up` metres above the ground."""
    return S / 2 + x * s.f / z, s.row(z) - up * s.f / z


def depth(s, row) -> float:
    """How far away, in metres, the ground at a picture row is."""
    return s.f * s.hc / max(row - s.y0, 1.0)


def block(s, x, z, up, colour, haze=0.0) -> None:
    """Paint a box in true perspective; x (left, right), z (near, far), up (bottom, top), all in metres."""
    (x0, x1), (z0, z1), hi = x, z, up[1]
    if x0 > 0 or x1 < 0:
        flank_x = x0 if x0 > 0 else x1
        dark = 0.3 if (x0 > 0) == (s.light > 0) else 0.16
        flank(s, flank_x, z, up, mix(colour, "#000018", dark), haze)
    if hi < s.hc:
        lid = [at(s, x0, z0, hi), at(s, x1, z0, hi), at(s, x1, z1, hi), at(s, x0, z1, hi)]
        s.poly(lid, mix(colour, "#ffffff", 0.2), haze=haze)
    face(s, x, z0, up, colour, haze)


def face(s, x, z, up, colour, haze=0.0, raw=False) -> None:
    """Paint an upright rectangle that faces the camera at distance z."""
    (x0, x1), (lo, hi) = x, up
    s.poly([at(s, x0, z, lo), at(s, x1, z, lo), at(s, x1, z, hi), at(s, x0, z, hi)], colour, haze=haze, raw=raw)


def flank(s, x, z, up, colour, haze=0.0, raw=False) -> None:
    """Paint an upright rectangle that runs away from the camera at x metres to the side."""
    (z0, z1), (lo, hi) = z, up
    s.poly([at(s, x, z0, lo), at(s, x, z0, hi), at(s, x, z1, hi), at(s, x, z1, lo)], colour, haze=haze, raw=raw)


def flanks(s, x, parts, colour, haze=0.0) -> None:
    """Paint many rectangles of one colour that run away from the camera; parts: (z near, z far, bottom, top) each.

    They must not overlap: they are filled at once, which is many times faster than one by one.
    """
    corners = [[at(s, x, z0, lo), at(s, x, z0, hi), at(s, x, z1, hi), at(s, x, z1, lo)] for z0, z1, lo, hi in parts]
    if corners:
        s.poly(np.array(corners), colour, haze=haze)


def flat(s, x, z, colour, up=0.0, haze=0.0) -> None:
    """Paint a rectangle that lies flat at height `up`: a rug, a mattress, a table top."""
    (x0, x1), (z0, z1) = x, z
    s.poly([at(s, x0, z0, up), at(s, x1, z0, up), at(s, x1, z1, up), at(s, x0, z1, up)], colour, haze=haze)


def ceiling_lamps(s, rows=(4, 12), n=3) -> None:
    """Light panels in a row along the ceiling."""
    top, bottom = rows
    for x in np.linspace(26, 186, n):
        s.poly([(x, top), (x + 42, top), (x + 46, bottom), (x - 4, bottom)], "#ffffff", raw=True)
        s.glow(x + 21, bottom, 34, "#ffffff", 0.4)
