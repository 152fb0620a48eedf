"""Progress bar and interrupt for the pack's long loops, and words for the person who waits."""

from __future__ import annotations

import logging
from collections.abc import Callable

import comfy.model_management
import comfy.utils
from comfy_api.latest import io


def reporter(total: int) -> Callable[[int], None]:
    """A callback `report(done)` that moves the node's progress bar and stops the node when the user interrupts."""
    bar = comfy.utils.ProgressBar(total)

    def report(done: int) -> None:
        comfy.model_management.throw_exception_if_processing_interrupted()
        bar.update_absolute(done, total)

    return report


def say(cls: type[io.ComfyNode], text: str) -> None:
    """Tell the person at the canvas, and the log, what the node did; it needs the hidden input `unique_id`."""
    from server import PromptServer

    logging.info("%s: %s", cls.__name__.removesuffix("Clone"), text)  # ComfyUI runs a copy of the class
    server, node = getattr(PromptServer, "instance", None), getattr(cls.hidden, "unique_id", None)
    if server is not None and node is not None:
        server.send_progress_text(text, node)
