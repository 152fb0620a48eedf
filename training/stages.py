"""Trainings that follow one another, each in a process of its own; what is finished is not done again."""

from __future__ import annotations

import argparse
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


def add_machine_options(parser: argparse.ArgumentParser) -> None:
    """`--threads` and `--precision`, which every trainer takes and which change no recipe."""
    parser.add_argument("--threads", type=int, default=0, help="CPU threads, 0 for torch's default")
    parser.add_argument("--precision", default="auto", help="bf16, no, or auto: bf16 on a GPU only")


def machine_flags(options: argparse.Namespace) -> tuple[str, ...]:
    """What `add_machine_options` read, for the trainers' command lines."""
    return ("--threads", str(options.threads), "--precision", options.precision)


def command(stage: Stage, out: Path, data: str, cache: Path, machine: tuple[str, ...]) -> list[str]:
    """The trainer's command line; machine: flags that say how to compute (see `machine_flags`)."""
    line = [sys.executable, "-m", f"{PACKAGE}.{stage.module}", "--out", str(out / stage.name)]
    line += [*machine, "--save-every", "50", *stage.flags]
    line += ["--data", data] if data else []
    return line if stage.module == "vposer" else [*line, "--cache", str(cache)]


def run_stages(chain: list[Stage], out: Path, data: str, cache: Path, machine: tuple[str, ...]) -> None:
    """Run every stage that has no result yet; an interrupted one goes on from its checkpoint.

    Raises subprocess.CalledProcessError if one fails.
    """
    for stage in chain:
        if not (out / stage.name / stage.result).is_file():
            print(f"== {stage.name}", flush=True)
            subprocess.run(command(stage, out, data, cache, machine), check=True)
