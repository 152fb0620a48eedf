"""Trainings that follow one another, each in a process of its own; what is finished is not done again."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PACKAGE = __package__  # avatar_scene.training


@dataclass(frozen=True)
class Stage:
    """One training: the folder it runs in, the module that does it, its flags, and the file that says it is done."""

    name: str
    module: str
    flags: tuple[str, ...]
    result: str


def command(stage: Stage, out: Path, data: str, cache: Path, threads: int) -> list[str]:
    """The trainer's command line."""
    line = [sys.executable, "-m", f"{PACKAGE}.{stage.module}", "--out", str(out / stage.name)]
    line += ["--threads", str(threads), "--save-every", "50", *stage.flags]
    line += ["--data", data] if data else []
    return line if stage.module == "vposer" else [*line, "--cache", str(cache)]


def run_stages(chain: list[Stage], out: Path, data: str, cache: Path, threads: int) -> None:
    """Run every stage that has no result yet; an interrupted one goes on from its checkpoint.

    Raises subprocess.CalledProcessError if one fails.
    """
    for stage in chain:
        if not (out / stage.name / stage.result).is_file():
            print(f"== {stage.name}", flush=True)
            subprocess.run(command(stage, out, data, cache, threads), check=True)
