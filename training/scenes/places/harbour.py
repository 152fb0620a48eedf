"""The harbour, with its boats and its lighthouse."""

from __future__ import annotations

from .. import props as P
from ..canvas import S, mix
from .registry import place
from .setting import open_air, side


def _lighthouse(s, x, y, h) -> None:
    """A red and white tower with a lamp."""
    w = 0.13 * h
    for k in range(6):
        a, b = k / 6, (k + 1) / 6
        wa, wb = w * (1 - 0.4 * a), w * (1 - 0.4 * b)
        ya, yb = y - 0.8 * h * a, y - 0.8 * h * b
        c = "#d8403a" if k % 2 else "#f8f4ec"
        s.poly([(x - wa, ya), (x - wb, yb), (x + wb, yb), (x + wa, ya)], c)
        s.poly(
            [
                (x - s.light * wa, ya),
                (x - s.light * wb, yb),
                (x - s.light * wb * 0.3, yb),
                (x - s.light * wa * 0.3, ya),
            ],
            mix(c, "#101028", 0.25),
        )
    top = y - 0.8 * h
    s.rect(x - w * 0.8, top - 2, x + w * 0.8, top + 1, "#3a3e46")
    s.rect(x - w * 0.42, top - 0.11 * h, x + w * 0.42, top - 2, "#fff0a8", raw=True)
    s.poly([(x - w * 0.6, top - 0.11 * h), (x, top - 0.2 * h), (x + w * 0.6, top - 0.11 * h)], "#d8403a")
    if s.dark or s.when == "sunset":
        s.glow(x, top - 0.06 * h, 0.5 * h, "#fff0a8", 0.8)
        for k in (-1, 1):
            s.soft(
                [(x, top - 0.07 * h), (x + k * 200, top - 0.3 * h), (x + k * 200, top + 0.12 * h)], "#fff4c0", 0.2, 3
            )


def _moored_boat(s, x, y, p) -> None:
    """A fishing boat or yacht at its berth, mast up."""
    c, d = s.j(s.one("#f4f1e8", "#2f5fa8", "#c8403a", "#3a8a6a", "#f0c040")), s.one(-1, 1)
    s.poly(
        [(x - d * 1.9 * p, y - 0.75 * p), (x + d * 2.3 * p, y - 1.05 * p), (x + d * 1.6 * p, y), (x - d * 1.6 * p, y)],
        c,
    )
    s.poly(
        [
            (x - d * 1.85 * p, y - 0.25 * p),
            (x + d * 1.78 * p, y - 0.25 * p),
            (x + d * 1.6 * p, y),
            (x - d * 1.6 * p, y),
        ],
        mix(c, "#101028", 0.4),
    )
    s.rect(x - 0.7 * p, y - 1.5 * p, x + 0.5 * p, y - 0.8 * p, "#f8f8f4")
    s.rect(x - 0.55 * p, y - 1.38 * p, x + 0.35 * p, y - 1.08 * p, "#3a5a7a")
    m = x + d * 0.7 * p
    s.line([(m, y - 0.8 * p), (m, y - 5.4 * p)], "#e0d8c8", max(1.2, 0.1 * p))
    s.line([(m, y - 5.3 * p), (x + d * 2.2 * p, y - 1.0 * p)], "#c8ccd0", 1)
    s.line([(m, y - 5.3 * p), (x - d * 1.8 * p, y - 0.75 * p)], "#c8ccd0", 1)
    s.line([(m, y - 1.7 * p), (x - d * 1.3 * p, y - 1.6 * p)], s.one("#f4f0e4", "#2f5fa8", "#c8403a"), max(2, 0.28 * p))
    s.soft(
        [(x - 1.6 * p, y), (x + 1.6 * p, y), (x + 1.3 * p, y + 0.5 * p), (x - 1.3 * p, y + 0.5 * p)], "#04142a", 0.35, 2
    )


def _bollard(s, x, y, p) -> None:
    """An iron mooring post with a rope."""
    s.soft_ell(x, y, 0.22 * p, 0.06 * p, 0.4)
    s.taper(x, y - 0.42 * p, x, y, 0.22 * p, 0.28 * p, "#2c3036")
    s.ell(x, y - 0.44 * p, 0.19 * p, 0.08 * p, "#3f444c")
    for k in (0.12, 0.2):
        s.line([(x - 0.13 * p, y - k * p), (x + 0.13 * p, y - (k - 0.02) * p)], "#d8c49a", max(1.5, 0.05 * p))


@place(
    "harbour",
    "at the harbour",
    "in a harbor",
    "on the pier",
    "at the docks",
    "in a fishing port",
    "on a quay with boats",
    "near a lighthouse",
    acts=(
        ("fishing", ("sit", "stand")),
        ("watching the boats", ("stand", "sit")),
        ("unloading a ship", ("stand", "walk")),
        ("waiting for the ferry", ("stand", "sit")),
        ("scrubbing barnacles", ("floor",)),
    ),
    bases=("stand", "walk", "run", "sit", "floor", "jump"),
    seat="crate",
)
def harbour(s):
    """Moored boats with their masts, a striped lighthouse, a stone quay with bollards."""
    open_air(s)
    y = s.y0
    sea = s.j(s.one("#2a7a9a", "#2f6f9a", "#3a8a94"))
    quay = s.row(s.u(5.2, 6.2))
    s.vgrad(y, quay + 4, [s.lit(sea, 0.35), s.lit(sea), s.lit(mix(sea, "#06203a", 0.3))])
    for _ in range(30):
        yy = s.u(y + 3, quay)
        x = s.u(-20, S)
        s.line([(x, yy), (x + s.u(8, 26), yy)], "#d8f0f4", 1, haze=0.25)
    if s.sun:
        P.glitter(s, s.sun[0], y, quay, "#ffe0a0" if s.when == "sunset" else "#9ab4e8")
    hand = s.one(-1, 1)
    for k in range(8):  # houses along the far shore
        x = 128 - hand * (k * 18 - 4) + s.u(-3, 3)
        h, c = s.u(14, 28), s.j(s.one("#e8b878", "#d8785a", "#f0e4d0", "#8ab0c8", "#e8a0a0"))
        s.rect(x - 8, y - h, x + 8, y + 4, c, haze=0.2)
        s.poly([(x - 9, y - h), (x, y - h - 9), (x + 9, y - h)], "#a04a3a", haze=0.2)
        P.windows(s, x - 6, y - h + 4, x + 7, y, 5, 7, "#ffe9a0" if s.dark else "#3a4c62", 0.9, 0.2)
    mole = 128 + hand * s.u(80, 100)
    s.poly(
        [(mole - 52, y + 9), (mole - 34, y + 2), (mole + 90, y + 2), (mole + 90, y + 9)]
        if hand > 0
        else [(mole + 52, y + 9), (mole + 34, y + 2), (mole - 90, y + 2), (mole - 90, y + 9)],
        "#7a766e",
        haze=0.1,
    )
    _lighthouse(s, mole, y + 4, s.u(74, 92))
    s.say("a lighthouse", "a red and white lighthouse")
    s.blur(s.u(0, 0.6))
    for yy, k in sorted(zip(s.rng.uniform(y + 14, quay - 2, 4), (-1, 1, -1, 1))):
        _moored_boat(s, 128 + k * s.u(40, 122), yy, s.ppm(yy) * 0.5 + 5)
    s.say("boats in the harbor", "fishing boats", "moored sailboats")
    stone = s.j(s.one("#b0a898", "#a8a4a0", "#b89a78"), 5)
    s.plane(quay, stone, mix(stone, "#201810", 0.1), 0.07, 40, haze=0.04)
    s.lines_x(0.7, 0.03, mix(stone, "#302820", 0.5), 0.8)
    s.lines_z(0.45, 0.03, mix(stone, "#302820", 0.5), 0.8)
    s.rect(0, quay - 1, S, quay + 6, mix(stone, "#ffffff", 0.3))
    s.rect(0, quay + 5, S, quay + 7, mix(stone, "#302820", 0.4))
    for k in (-1, 1):
        yy = quay + s.u(9, 16)
        _bollard(s, 128 + k * s.u(54, 110), yy, s.ppm(yy) * 1.25)
    if s.p(0.6):
        x, yy = side(s, 24), s.u(196, 224)
        p = s.ppm(yy)
        for dx, dy in ((0, 0), (0.5 * p, 0.02 * p), (0.24 * p, -0.42 * p)):
            s.box(x + dx - 0.25 * p, yy + dy - 0.42 * p, x + dx + 0.22 * p, yy + dy, s.j("#a8743f"), 4, 3)
        s.say("wooden crates")
    if s.p(0.4):
        for _ in range(3):
            x, yy = s.u(10, 246), s.u(14, y - 12)
            s.line([(x - 5, yy - 2), (x, yy), (x + 5, yy - 2)], "#fbfbf6" if not s.dark else "#8a94b0", 1.4)

    def front():
        _bollard(s, s.one(22, 234), 262, 118)

    return dict(front=front)
