"""The places a scene can be in: one function each paints a picture, and names it in words."""

from . import (
    city,
    country,
    festive,
    games,
    home,
    landmark,
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

FAMILIES = (
    city,
    country,
    festive,
    games,
    home,
    landmark,
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
)  # importing a family registers its places

__all__ = ["FAMILIES", "PLACES", "place"]
