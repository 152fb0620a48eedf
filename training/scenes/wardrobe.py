"""What people wear: a colour for every region. Sleeves, trousers, skirts and hair end where the colour ends."""

from __future__ import annotations

import numpy as np

from .canvas import H, mix
from .regions import ARM, LABEL, LEG, REGIONS, SKIN

SKIN_TONES = ("#f3cfb3", "#e8b88f", "#d3a07a", "#c98f65", "#a56b44", "#7a4a2e", "#57331f")
FANTASY_SKIN = ("#7ab8d8", "#8ac08a", "#b8a0d8", "#d8d8e0", "#e8a8b0", "#5a6a80")
HAIR = ("#1a1412", "#2e1d14", "#5a3820", "#8a5a2c", "#c89a4c", "#a84a24", "#8a8a8c", "#d8d4cc")
FANTASY_HAIR = ("#e06a9a", "#4a8ad8", "#8a5ac8", "#4ab8a0", "#e8e4f0", "#d83a3a")
CLOTH = (
    "#d8423c", "#2f6fc0", "#f0b42c", "#2f8f6a", "#f2efe6", "#2a2d38", "#8a5ab0", "#e87a9a", "#3aa8b8", "#7a8a4a",
    "#e8843c", "#5a6472", "#a03048", "#b8d0e0", "#c8e070", "#40302a",
)  # fmt: skip
TROUSERS = (
    "#2c3850", "#3a3d44", "#6a5a48", "#8a8478", "#1f2228", "#4a5a3a", "#5f7fa8", "#c8b898", "#7a2f38", "#e8e4da",
)  # fmt: skip
SHOES = ("#eceae4", "#26262a", "#a83a34", "#7a5434", "#3a5a8a", "#e0c040")
EVERYDAY = 0.7  # share of those in a place with a dress code who do not follow it: users' avatars rarely do


def dress(rng: np.random.Generator, code: str = "any") -> np.ndarray:
    """A palette (regions + 1, 4) float32: premultiplied linear RGBA a label, nothing for label 0.

    code: the place's dress, any, beach, wet, warm or space.
    """
    colour = dict.fromkeys(REGIONS, H("#ffffff"))
    colour.update(_body(rng))
    if rng.random() < EVERYDAY:
        code = "any"
    {"space": _space_suit, "wet": _wet_suit, "warm": _winter, "beach": _beach}.get(code, _everyday)(rng, colour)
    table = np.zeros((len(REGIONS) + 1, 4), np.float32)
    for name, label in LABEL.items():
        table[label, :3] = (np.clip(colour[name], 0, 255) / 255) ** 2.2
        table[label, 3] = 1
    return table


def _pick(rng: np.random.Generator, colours, spread: float = 0.12) -> np.ndarray:
    return H(colours[rng.integers(len(colours))]) * rng.uniform(1 - spread, 1 + spread, 3)


def _fill(colour: dict, names, value: np.ndarray) -> None:
    colour.update(dict.fromkeys(names, value))


def _body(rng: np.random.Generator) -> dict:
    """Skin, hair and face."""
    odd = rng.random() < 0.08
    skin = _pick(rng, FANTASY_SKIN if odd else SKIN_TONES, 0.05)
    hair = _pick(rng, FANTASY_HAIR if rng.random() < 0.15 else HAIR, 0.06)
    colour = dict.fromkeys(SKIN, skin)
    bald = rng.random() < 0.06
    scalp = skin * 0.97 if bald else hair
    bearded = rng.random() < 0.14
    colour.update(
        hair_top=hair,
        hair_mid=hair * 0.96,
        hair_low=mix(hair, CLOTH[rng.integers(len(CLOTH))], 0.6) if rng.random() < 0.08 else hair * 0.92,
        scalp_top=scalp,
        scalp_back=scalp if rng.random() < 0.75 else mix(skin, hair, 0.35),  # shaved sides
        beard=mix(skin, hair, rng.uniform(0.6, 0.95)) if bearded else skin,
        brow=mix(hair, "#1a1210", 0.4),
        eye_white=H("#f6f4f0"),
        iris=_pick(rng, ("#2a1a12", "#3a2a1c", "#2a4a6a", "#2f5a3a"), 0.1),
        mouth=mix(skin, "#b03038", rng.uniform(0.4, 0.8)),
        glasses=H("#22242a") if rng.random() < 0.12 else skin,
    )
    return colour


def _everyday(rng: np.random.Generator, colour: dict) -> None:
    skin = colour["face"]
    top, leg, shoe = _pick(rng, CLOTH), _pick(rng, TROUSERS), _pick(rng, SHOES, 0.06)
    accent = _pick(rng, CLOTH)
    pattern = rng.random()
    _fill(colour, ("shirt_a", "shirt_b", "hem", "collar", "chest"), top)
    if pattern < 0.12:
        colour["shirt_b"] = accent
    elif pattern < 0.24:
        colour["chest"] = accent
    elif pattern < 0.32:
        _fill(colour, ("collar", "hem"), accent)
    sleeve = int(rng.choice((0, 1, 2, 3, 5, 6), p=(0.14, 0.06, 0.1, 0.32, 0.08, 0.3)))
    _fill(colour, ARM[:sleeve], accent if pattern > 0.9 else top)
    _fill(colour, ARM[sleeve:], skin)
    short = int(rng.choice((2, 3, 4, 6, 7), p=(0.06, 0.12, 0.1, 0.1, 0.62)))
    _fill(colour, LEG[:short], leg)
    _fill(colour, LEG[short:], skin)
    if rng.random() < 0.1:  # socks
        colour["ankle"] = mix(shoe, "#ffffff", 0.6)
    colour.update(shoe=shoe, sole=mix(shoe, "#303030", 0.5))
    if rng.random() < 0.08:
        colour.update(shoe=skin, sole=skin * 0.85)
    if rng.random() < 0.12:  # overalls
        _fill(colour, LEG[:short], top)
    skirt = top if rng.random() < 0.5 else _pick(rng, CLOTH)
    _fill(colour, ("skirt0", "skirt1"), skirt)
    if rng.random() < 0.2:
        colour["skirt1"] = accent
    if rng.random() < 0.06:
        colour["hand"] = _pick(rng, SHOES)


def _suit(colour: dict, cloth: np.ndarray) -> None:
    _fill(colour, (*ARM, *LEG, "collar", "shirt_a", "shirt_b", "chest", "hem", "skirt0", "skirt1"), cloth)


def _space_suit(rng: np.random.Generator, colour: dict) -> None:
    _suit(colour, H("#e4e6ea") if rng.random() < 0.8 else H("#e08a3c"))
    colour.update(hand=H("#8a90a0"), shoe=H("#7a8090"), sole=H("#4a4e58"), knee=H("#c0c4cc"), chest=H("#8a94a8"))


def _wet_suit(rng: np.random.Generator, colour: dict) -> None:
    skin, cloth = colour["face"], H("#20242c") if rng.random() < 0.6 else _pick(rng, CLOTH)
    _suit(colour, cloth)
    if rng.random() < 0.5:
        _fill(colour, ARM[3:], skin)
    if rng.random() < 0.5:
        _fill(colour, LEG[3:], skin)
    colour.update(shoe=skin, sole=skin * 0.85)


def _winter(rng: np.random.Generator, colour: dict) -> None:
    _everyday(rng, colour)
    _fill(colour, (*ARM, "neck"), colour["shirt_a"])
    _fill(colour, LEG, _pick(rng, TROUSERS))
    colour["hand"] = _pick(rng, ("#34363c", "#a83a34", "#3a5a8a"))
    if rng.random() < 0.6:  # a woollen hat
        _fill(colour, ("hair_top", "scalp_top"), _pick(rng, CLOTH))


def _beach(rng: np.random.Generator, colour: dict) -> None:
    _everyday(rng, colour)
    skin = colour["face"]
    _fill(colour, LEG[int(rng.integers(2, 4)) :], skin)
    _fill(colour, ARM[int(rng.integers(0, 3)) :], skin)
    if rng.random() < 0.6:
        colour.update(shoe=skin, sole=skin * 0.85)
