"""The batch client against a real ComfyUI that is killed and comes back; `queue_driver.py` does it with 200 prompts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from host import COMFYUI
from queue_driver import batch

pytestmark = [
    pytest.mark.host,
    pytest.mark.slow,
    pytest.mark.skipif(not COMFYUI, reason="needs a real ComfyUI: run ./pas test"),
]


def test_a_server_killed_in_the_middle_loses_no_picture_and_makes_none_twice(tmp_path: Path):
    outcome = batch(tmp_path, 12, cpu=os.environ.get("PAS_CPU", "1") == "1")
    ((done, running, waiting),) = outcome.killed
    assert done and running and waiting
    assert outcome.problems == [] and outcome.status == 0, outcome.log
    assert len(outcome.pictures) == 12
    assert 12 <= outcome.made <= 12 + done + 1  # what was done but not fetched yet, and was being saved, runs again
