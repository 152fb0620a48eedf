"""A batch of clients/queue_prompts.py on real ComfyUI servers that are killed (SIGKILL) while it runs.

    ./pas python tests/queue_driver.py [FOLDER] [--prompts 200] [--servers 1] [--kills 1] [--stays-dead]

The client queues all prompts at once, in equal shares on the servers. The first server is killed while one of its
prompts runs, others wait and some are done; it comes back on the same port (and is killed again, `--kills` times in
all), or stays dead. At the end every prompt must have one picture, and every picture must hold in its metadata the
prompt and the seed it was asked for. Prints what the servers held when they were killed and how many pictures they
made in all. Exit status 1 if a picture is missing, stands twice or belongs to another prompt.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from avatar_scene import headless
from host import COMFYUI, ROOT, load_pas
from PIL import Image

WORKFLOW = ROOT / "workflows" / "api" / "avatar_on_backdrop.json"
QUICK = ("Avatar picture.width=96", "Avatar picture.height=96", "Prompt to pose.candidates=1", "Prompt to pose.steps=2")
ACTIONS = (
    "waving", "sitting on a chair", "jumping", "running", "dancing", "doing yoga", "kneeling", "pointing up",
    "playing guitar", "walking", "lying down", "boxing", "bowing", "clapping", "climbing", "throwing a ball",
    "reading", "lifting weights", "praying", "kicking",
)  # fmt: skip
PLACES = (
    "on the beach", "in the park", "in a kitchen", "on the moon", "at night", "in the snow", "in a library",
    "on a stage", "in the rain", "on a roof",
)  # fmt: skip
SEED = 1000


@dataclass
class Outcome:
    """What became of a batch.

    killed:   for each kill, how many prompts the server had (done, running, waiting).
    pictures: names in the client's folder.  problems: one line each; none if every prompt has its one picture.
    made:     pictures in the servers' output folders, those of prompts that ran twice included.
    status:   the client's exit status.  log: what it printed.
    """

    killed: list[tuple[int, int, int]] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    made: int = 0
    status: int | None = None
    log: str = ""


def prompts(count: int) -> list[str]:
    """`count` different prompts."""
    texts = [f"a person is {action} {place}" for place in PLACES for action in ACTIONS]
    return [texts[i % len(texts)] + (f", number {i // len(texts)}" if i >= len(texts) else "") for i in range(count)]


def wrong(pictures: Path, texts: list[str]) -> list[str]:
    """What is missing, double, cut off or another prompt's, one line each. ComfyUI's pictures hold their graph."""
    lines, seen = [], Counter(path.name[:4] for path in pictures.iterdir())
    names = {f"{index:04}_0.png" for index in range(len(texts))}
    lines += [f"{path.name}: nobody asked for it" for path in pictures.iterdir() if path.name not in names]
    for index, text in enumerate(texts):
        path = pictures / f"{index:04}_0.png"
        if seen[f"{index:04}"] != 1 or not path.is_file():
            lines.append(f"prompt {index} has {seen[f'{index:04}']} pictures")
            continue
        with Image.open(path) as picture:
            picture.load()  # raises if it is cut off
            graph = json.loads(picture.info["prompt"])
        told = next(node["inputs"] for node in graph.values() if "prompt" in node["inputs"])
        if (told["prompt"], told["seed"]) != (text, SEED + index):
            lines.append(f"{path.name} is of {told['prompt']!r} with seed {told['seed']}, not of {text!r}")
    return lines


class Killable:
    """A ComfyUI server that can be killed and started again on its port, with its output folder."""

    def __init__(self, base: Path, output: Path, cpu: bool):
        self.base, self.output, self.cpu, self.port = base, output, cpu, None
        self.output.mkdir(parents=True)
        self.server: headless.Server | None = None

    def start(self) -> None:
        """Start it; returns when it answers."""
        self.server = headless.Server(
            Path(sys.executable), Path(COMFYUI), self.base, output=self.output, cpu=self.cpu, port=self.port
        )
        self.server.__enter__()
        self.port = self.server.port

    def load(self) -> tuple[int, int]:
        """How many prompts run and wait; none of either while it is too busy to say."""
        try:
            state = self.server.get("/queue")
        except OSError:
            return 0, 0
        return len(state["queue_running"]), len(state["queue_pending"])

    def done(self) -> int:
        """How many pictures it has made so far, over all its lives."""
        return len(list(self.output.rglob("*.png")))

    def kill(self) -> None:
        """SIGKILL: nothing of it is told or tidied."""
        self.server.process.kill()
        self.server.process.wait()

    def stop(self) -> None:
        """End it and remove its scratch folder."""
        if self.server is not None:
            self.server.stop()


def batch(
    folder: Path,
    count: int,
    servers: int = 1,
    kills: int = 1,
    stays_dead: bool = False,
    cpu: bool = True,
    workflow: Path = WORKFLOW,
    say=lambda line: None,
) -> Outcome:
    """Run the client over `servers` servers and kill the first of them `kills` times, spread over its share.

    folder: an empty folder for all that is made.  stays_dead: do not start it again after the last kill.
    """
    outcome, texts = Outcome(), prompts(count)
    base = load_pas().make_base(folder / "base")
    (folder / "prompts.txt").write_text("\n".join(texts), encoding="utf-8")
    pictures = folder / "pictures"
    pictures.mkdir()
    share = math.ceil(count / servers)
    with contextlib.ExitStack() as stack:
        hosts = [Killable(base, folder / f"output{number}", cpu) for number in range(servers)]
        for host in hosts:
            stack.callback(host.stop)
            host.start()
        command = [
            sys.executable, str(ROOT / "clients" / "queue_prompts.py"), str(workflow), "--prompts",
            str(folder / "prompts.txt"), "-o", str(pictures), "--seed", str(SEED), "--depth", str(share),
            "--patience", "60" if stays_dead else "600",
            *(word for host in hosts for word in ("--server", f"http://127.0.0.1:{host.port}")),
            *(word for change in QUICK for word in ("--set", change)),
        ]  # fmt: skip
        log = stack.enter_context(open(folder / "client.log", "w+", encoding="utf-8"))
        client = stack.enter_context(subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT))
        stack.callback(client.kill)
        first = hosts[0]
        for kill in range(kills):
            running, waiting = _wait_for_the_middle(client, first, share * (kill + 1) // (kills + 1))
            first.kill()
            outcome.killed.append((first.done(), running, waiting))
            say(f"killed with {first.done()} pictures made, {running} running, {waiting} waiting")
            if not (stays_dead and kill + 1 == kills):
                first.stop()  # its scratch folder; the process is gone
                started = time.monotonic()
                first.start()
                say(f"back after {time.monotonic() - started:.0f} s")
        outcome.status = client.wait()
        log.seek(0)
        outcome.log = log.read()
        outcome.made = sum(host.done() for host in hosts)
    outcome.pictures = sorted(path.name for path in pictures.iterdir())
    outcome.problems = wrong(pictures, texts)
    return outcome


def _wait_for_the_middle(client: subprocess.Popen, host: Killable, pictures: int) -> tuple[int, int]:
    """Wait until the host has made so many pictures and works on another while more wait; (running, waiting)."""
    while client.poll() is None:
        running, waiting = host.load()
        if host.done() >= pictures and running and waiting:
            return running, waiting
        time.sleep(0.02)
    raise AssertionError(f"the client ended with status {client.returncode} before the server was killed")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", help="keeps all that is made (empty or new)")
    parser.add_argument("--prompts", type=int, default=200)
    parser.add_argument("--servers", type=int, default=1)
    parser.add_argument("--kills", type=int, default=1)
    parser.add_argument("--stays-dead", action="store_true", help="the killed server does not come back")
    parser.add_argument("--workflow", type=Path, default=WORKFLOW, help="API form, with the titles of the default one")
    options = parser.parse_args()
    if not COMFYUI:
        parser.error("start it with ./pas python, or set PAS_COMFYUI to a ComfyUI source folder")
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        outcome = batch(
            options.folder or Path(scratch),
            options.prompts,
            options.servers,
            options.kills,
            options.stays_dead,
            os.environ.get("PAS_CPU", "1") == "1",
            options.workflow,
            lambda line: print(f"{time.monotonic() - started:5.0f} s: {line}", flush=True),
        )
    print(outcome.log.splitlines()[-1] if outcome.status else "", end="")
    print(
        f"{len(outcome.pictures)} pictures of {options.prompts} prompts, client's exit status {outcome.status}; the "
        f"servers made {outcome.made}; {time.monotonic() - started:.0f} s"
    )
    print("\n".join(outcome.problems) or "every prompt has its one picture")
    return 1 if outcome.problems or outcome.status else 0


if __name__ == "__main__":
    raise SystemExit(main())
