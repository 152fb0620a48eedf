"""Progress bar and interrupt for the pack's long loops."""

from __future__ import annotations

from collections.abc import Callable

import comfy.model_management
import comfy.utils


def reporter(total: int) -> Callable[[int], None]:
    """A callback `report(done)` that moves the node's progress bar and stops the node when the user interrupts."""
    bar = comfy.utils.ProgressBar(total)

    def report(done: int) -> None:
        comfy.model_management.throw_exception_if_processing_interrupted()
        bar.update_absolute(done, total)

    return report
