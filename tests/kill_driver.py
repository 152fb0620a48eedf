"""Runs the outpainter's training command twice: undisturbed, and killed (SIGKILL) at random moments until it ends.

    python tests/kill_driver.py FOLDER KILLS SEED FLAGS OF training.outpaint ...

Writes into FOLDER/undisturbed and FOLDER/killed, and prints for each how often it was killed and how many steps were
begun in all. Each run is a real process, forked from this one after the imports, because importing takes longer than a
tiny training.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import random
import signal
import sys
import time

import torch
from avatar_scene.training.outpaint import __main__ as command

SLOW_IMPORTS = (  # of the command, done once before forking
    "accelerate", "diffusers.models.unets.unet_2d_condition", "diffusers.schedulers.scheduling_ddpm",
    "torch.utils.tensorboard", "tqdm",
)  # fmt: skip
STEPS = (0, 5)  # that a doomed run begins before its last random moment
LAST_MOMENT = 0.15  # seconds: a step or two and their checkpoints


def run(flags: list[str], report: int) -> None:
    """The training command; it writes a byte at the start of every step."""

    class Reporting(command.OutpaintLoss):
        def __call__(self, model, step):
            os.write(report, b".")
            return super().__call__(model, step)

    command.OutpaintLoss = Reporting
    sys.argv = ["training.outpaint", *flags]
    command.main()


def until_it_ends(flags: list[str], kills: int, dice: random.Random) -> tuple[int, int]:
    """How often the command was killed before it ended by itself, and how many steps it began."""
    killed = begun = 0
    while True:
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read)
            run(flags, write)
            os._exit(0)
        os.close(write)
        doomed, wanted = killed < kills, dice.randint(*STEPS)
        while (not doomed or wanted > 0) and os.read(read, 1):
            wanted, begun = wanted - 1, begun + 1
        if doomed:
            time.sleep(dice.uniform(0, LAST_MOMENT))
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        begun += len(os.read(read, 1 << 16))
        os.close(read)
        if not os.WIFSIGNALED(status):
            if status:
                sys.exit(os.waitstatus_to_exitcode(status))
            return killed, begun
        killed += 1


def main() -> None:
    folder, kills, seed, *flags = sys.argv[1:]
    for name in SLOW_IMPORTS:
        with contextlib.suppress(ImportError):  # TensorBoard is optional
            importlib.import_module(name)
    torch.set_num_threads(1)  # threads would not survive the fork
    dice = random.Random(int(seed))
    for name, times in (("undisturbed", 0), ("killed", int(kills))):
        print(name, *until_it_ends([*flags, "--out", f"{folder}/{name}"], times, dice), flush=True)


if __name__ == "__main__":
    main()
