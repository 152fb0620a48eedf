"""The places a scene can be in: one function each paints a picture, and names it in words."""

from . import city, country, home, nature, school, sea, show, sport, water, work  # noqa: F401  (importing registers)
from .registry import PLACES, place

__all__ = ["PLACES", "place"]
