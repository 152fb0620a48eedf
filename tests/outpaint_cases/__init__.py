"""Cases that run inside a real ComfyUI, by theme; `outpaint_driver.py` boots it and runs them."""

from __future__ import annotations

from collections.abc import Callable

CASES: dict[str, Callable[[], dict]] = {}


def case(function: Callable[[], dict]) -> Callable[[], dict]:
    """Register a case: a function () -> dict of what it measured, as JSON can hold it."""
    CASES[function.__name__] = function
    return function
