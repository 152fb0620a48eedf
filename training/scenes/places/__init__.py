"""The places a scene can be in: one function each paints a picture, and names it in words."""

from . import (
    city,
    country,
    deep,
    festive,
    games,
    greens,
    halls,
    harbour,
    home,
    landmark,
    mountains,
    nature,
    public,
    rooms,
    school,
    sea,
    show,
    space,
    sport,
    town,
    travel,
    water,
    wild,
    work,
)
from .registry import PLACES, place

# Importing a family registers its places.
FAMILIES = (
    city,
    country,
    deep,
    festive,
    games,
    greens,
    halls,
    harbour,
    home,
    landmark,
    mountains,
    nature,
    public,
    rooms,
    school,
    sea,
    show,
    space,
    sport,
    town,
    travel,
    water,
    wild,
    work,
)

__all__ = ["FAMILIES", "PLACES", "place"]
