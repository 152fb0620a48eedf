"""The registry of places: what a place is called, what people do there, and the function that paints it."""

from __future__ import annotations

from collections.abc import Callable

PLACES: dict[str, dict] = {}

BASES = ("stand", "walk", "run", "jump", "floor", "sit", "lie", "swim")  # how an avatar's body is held


def place(
    id: str,
    *phrases: str,
    acts: tuple[tuple[str, tuple[str, ...]], ...] = (),
    bases: tuple[str, ...] = ("stand", "walk", "run", "jump", "floor", "sit"),
    dress: str = "any",
    seat: str = "stool",
) -> Callable:
    """Register the decorated painter `f(canvas) -> info` as the place `id`.

    phrases: how people say that somebody is there ("on the beach"). acts: (action, bases it fits) of this place only.
    bases: the bodies that belong here; a repeated one is drawn more often. dress: any, beach, wet, warm or space.
    seat: what a sitting avatar sits on (stool, rock, log, bench, crate, dark).

    The painter's `info` may hold: phrases (of this very picture, instead of the place's), front (a function that paints
    an occluder over everything), front_p (how often, 0.3), front_say (how to mention it), lift (bodies may float) and
    force (the only action that fits).
    """

    def register(paint: Callable) -> Callable:
        if id in PLACES:
            raise ValueError(f"Place '{id}' is registered twice")
        PLACES[id] = dict(fn=paint, phrases=phrases, acts=acts, bases=bases, dress=dress, seat=seat)
        return paint

    return register
