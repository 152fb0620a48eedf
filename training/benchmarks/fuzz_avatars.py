"""Feed damaged and hostile avatar files to the importer; each must end in a picture or in a one-line error.

    python -m avatar_scene.training.benchmarks.fuzz_avatars [--cases 5000] [--avatars FOLDER] [--seed 0]

Every case is made from a good file (the bundled avatar, and those of FOLDER) by a seeded mutation: truncation, bit
flips, JSON edits, cyclic nodes, huge counts, negative strides, path-like URIs. Cases run in a worker process whose
memory and time are limited and whose opened files are watched; a worker that dies is replaced. Prints a table and
every failure with the case that repeats it (`--only CASE`).
"""

from __future__ import annotations

import argparse
import collections
import copy
import json
import random
import select
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CASE_SECONDS = 10.0  # of processor time, so that the verdict does not depend on what else the machine does
HANG_SECONDS = 600.0  # without any answer
WORKER_BYTES = 2 << 30  # beyond what the worker holds after its imports
_HOSTILE = (
    -1, 0, 1, 255, 65536, 2**31, 2**32 - 1, 2**53, 10**30, -(2**40), 1.5, 1e308, -1e-320, float("nan"), float("inf"),
    None, True, "", "x" * 5000, "../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "data:;base64,@@@",
    "http://127.0.0.1:9/x", [], {}, [[]], [0] * 1000, {"a": {"b": {}}},
)  # fmt: skip


def mutate(data: bytes, rng: random.Random) -> tuple[str, bytes]:
    """A damaged version of a GLB file and the name of what was done to it."""
    kind = rng.choice(list(_MUTATIONS))
    return kind, _MUTATIONS[kind](data, rng)


def _truncated(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.choice((rng.randrange(len(data)), rng.randrange(64), len(data) - rng.randrange(1, 64)))]


def _bits_flipped(data: bytes, rng: random.Random) -> bytes:
    damaged = bytearray(data)
    limit = rng.choice((20, 4096, len(data)))
    for _ in range(rng.choice((1, 3, 30, 300))):
        damaged[rng.randrange(min(limit, len(damaged)))] ^= 1 << rng.randrange(8)
    return bytes(damaged)


def _bytes_overwritten(data: bytes, rng: random.Random) -> bytes:
    damaged = bytearray(data)
    start = rng.randrange(len(damaged))
    size = min(rng.choice((4, 64, 4096)), len(damaged) - start)
    damaged[start : start + size] = rng.choice((b"\0", b"\xff", b"\x7f")) * size
    return bytes(damaged)


def _json_edited(data: bytes, rng: random.Random) -> bytes:
    """Single values of the document replaced, removed or copied elsewhere."""

    def edit(document: dict) -> dict:
        for _ in range(rng.choice((1, 1, 2, 5))):
            holder, key = _random_place(document, rng)
            if holder is None:
                break
            action = rng.random()
            if action < 0.6:
                holder[key] = copy.deepcopy(rng.choice(_HOSTILE))
            elif action < 0.8:
                del holder[key]
            else:
                other, place = _random_place(document, rng)
                if other is not None:
                    holder[key] = copy.deepcopy(other[place])
        return document

    return _with_document(data, edit)


def _numbers_changed(data: bytes, rng: random.Random) -> bytes:
    """Counts, offsets, strides and indices off by a little or by a lot."""

    def edit(document: dict) -> dict:
        entries = [e for name in ("accessors", "bufferViews", "buffers", "skins") for e in document.get(name, [])]
        for entry in rng.sample(entries, min(len(entries), rng.choice((1, 2, 10)))):
            keys = [key for key, value in entry.items() if isinstance(value, int)] + [
                "byteStride",
                "byteOffset",
                "sparse",
            ]
            key = rng.choice(keys)
            change = rng.choice((-1, 1, 3, -4, 2**20, 2**31, 2**45, -(2**31)))
            entry[key] = change if not isinstance(entry.get(key), int) else entry[key] + change
        return document

    return _with_document(data, edit)


def _graph_broken(data: bytes, rng: random.Random) -> bytes:
    """Cycles, double parents, singular or infinite transforms."""

    def edit(document: dict) -> dict:
        nodes = document.get("nodes", [])
        for _ in range(rng.choice((1, 3))):
            node = rng.choice(nodes)
            what = rng.randrange(5)
            if what == 0:
                node["children"] = [*node.get("children", []), rng.randrange(len(nodes))]
            elif what == 1:
                node["matrix"] = [rng.choice((0.0, 1e38, float("nan"), -1.0)) for _ in range(16)]
            elif what == 2:
                node["scale"] = [0, rng.choice((0, 1e-30, -1e30)), 1]
            elif what == 3:
                node["translation"] = [1e30, float("inf"), 0]
            else:
                node["skin"], node["mesh"] = rng.randrange(4), rng.randrange(40)
        return document

    return _with_document(data, edit)


def _uris_injected(data: bytes, rng: random.Random) -> bytes:
    def edit(document: dict) -> dict:
        uri = rng.choice(
            ("../secret.bin", "/etc/passwd", "file:///etc/passwd", "//host/x", "%2e%2e/secret.bin", "a\0b")
        )
        for name in ("buffers", "images"):
            for entry in document.get(name, []):
                entry["uri"] = uri
                entry.pop("bufferView", None)
        return document

    return _with_document(data, edit)


_MUTATIONS = {
    "truncation": _truncated,
    "bit flips": _bits_flipped,
    "bytes overwritten": _bytes_overwritten,
    "JSON edits": _json_edited,
    "numbers": _numbers_changed,
    "node graph": _graph_broken,
    "URIs": _uris_injected,
}


def _with_document(data: bytes, edit) -> bytes:
    """A GLB file with its JSON chunk edited; every tenth or so as a bare .gltf would be."""
    length = struct.unpack_from("<I", data, 12)[0]
    document = edit(json.loads(data[20 : 20 + length]))
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    rest = data[20 + length :]
    head = struct.pack("<4sIII4s", b"glTF", 2, 20 + len(text) + len(rest), len(text), b"JSON")
    return head + text + rest


def _random_place(document: dict, rng: random.Random) -> tuple[dict | list | None, object]:
    """A container inside the document and one of its keys, found by a random walk."""
    holder: dict | list = document
    while True:
        keys = list(holder) if isinstance(holder, dict) else range(len(holder))
        if not keys:
            return None, None
        key = rng.choice(list(keys))
        inner = holder[key]
        if not isinstance(inner, (dict, list)) or not inner or rng.random() < 0.15:
            return holder, key
        holder = inner


def make_case(case: int, seed: int, sources: list[Path]) -> tuple[str, str, bytes]:
    """(mutation, file name, content) of one case; small sources come more often than large ones."""
    rng = random.Random(f"{seed}/{case}")
    weights = [1.0 / path.stat().st_size for path in sources]
    source = rng.choices(sources, weights)[0]
    kind, data = mutate(source.read_bytes(), rng)
    return kind, f"case{source.suffix if rng.random() < 0.9 else '.gltf'}", data


# ---- the worker


def work(folder: Path, seed: int, sources: list[Path]) -> None:
    """Answer case numbers on stdin with one JSON line each."""
    import resource
    import signal
    import warnings

    import torch

    from ...rendering import avatar_figure, load_avatar
    from ...rendering.camera import fit_camera
    from ...rendering.render import render
    from ...smpl import SMPLPose

    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    opened: list[str] = []
    sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
    signal.signal(signal.SIGPROF, _too_long)
    pose = SMPLPose.create(torch.full((1, 21, 3), 0.1))

    def draw(path: Path) -> None:
        mesh = avatar_figure(load_avatar(path), pose).meshes[0]
        if not torch.isfinite(mesh.vertices).all():
            raise AssertionError("the mesh is not finite")
        render(mesh, fit_camera(mesh.vertices[mesh.faces.unique()], 64, 64), supersampling=1, passes=("rgba",))

    draw(sources[0])  # imports and caches before the limit is set
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (held + WORKER_BYTES, held + WORKER_BYTES))
    print("ready", flush=True)
    for line in sys.stdin:
        case = int(line)
        kind, name, data = make_case(case, seed, sources)
        path = folder / "avatar" / name
        path.write_bytes(data)
        opened.clear()
        start = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, CASE_SECONDS)
        try:
            draw(path)
            outcome, message = "picture", ""
        except ValueError as error:
            message = str(error)
            outcome = "error" if "\n" not in message and len(message) < 600 else "long error"
        except BaseException as error:
            outcome, message = type(error).__name__, str(error)[:300]
        signal.setitimer(signal.ITIMER_PROF, 0)
        foreign = [p for p in opened if _is_foreign(p, folder / "avatar")]
        if foreign:
            outcome, message = "foreign file", foreign[0]
        seconds = time.process_time() - start
        answer = {"case": case, "kind": kind, "outcome": outcome, "message": message, "seconds": seconds}
        answer["rss"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps(answer), flush=True)


def _too_long(*_) -> None:
    raise TimeoutError(f"longer than {CASE_SECONDS:.0f} s")


def _is_foreign(path: str, folder: Path) -> bool:
    """Whether an opened path is neither the case's folder nor Python's own modules."""
    if path.isdigit() or path.startswith(str(folder)):
        return False
    own = (sys.prefix, sys.base_prefix, str(Path(__file__).resolve().parents[2]), "/proc", "/sys", "/dev")
    return not path.startswith(own)


# ---- the parent


class Worker:
    """A worker process, restarted when it dies or hangs."""

    def __init__(self, arguments: list[str]):
        self.arguments = arguments
        self.process: subprocess.Popen | None = None

    def answer(self, case: int) -> dict:
        """The worker's answer to a case; a dead or hanging worker is an answer too."""
        if self.process is None:
            command = [sys.executable, "-m", __spec__.name, "--worker", *self.arguments]
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            if self.process.stdout.readline().strip() != "ready":
                raise SystemExit("fuzz: the worker does not start")
        self.process.stdin.write(f"{case}\n")
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], HANG_SECONDS)
        line = self.process.stdout.readline() if ready else ""
        if line:
            return json.loads(line)
        self.process.kill()
        code = self.process.wait()
        self.process = None
        outcome = f"worker died ({code})" if ready else "hang"
        return {"case": case, "kind": "?", "outcome": outcome, "message": "", "seconds": 0.0, "rss": 0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--avatars", type=Path, help="a folder of more avatars to damage")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="run one case")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()

    from ...weights import bundled

    sources = [bundled("default_avatar.glb")]
    if options.avatars:
        found = sorted(path for path in options.avatars.iterdir() if path.suffix in (".glb", ".vrm"))
        sources += [path for path in found if path.stat().st_size < 2_000_000]
    if options.worker:
        work(options.worker, options.seed, sources)
        return
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "avatar").mkdir()
        (Path(folder) / "secret.bin").write_bytes(b"secret" * 1000)
        arguments = [folder, "--seed", str(options.seed)]
        arguments += ["--avatars", str(options.avatars)] if options.avatars else []
        _report(Worker(arguments), range(options.cases) if options.only is None else [options.only])


def _report(worker: Worker, cases) -> None:
    table: dict[str, collections.Counter] = collections.defaultdict(collections.Counter)
    failures, slowest, largest = [], 0.0, 0
    for done, case in enumerate(cases, 1):
        answer = worker.answer(case)
        table[answer["kind"]][answer["outcome"]] += 1
        slowest, largest = max(slowest, answer["seconds"]), max(largest, answer["rss"])
        if answer["outcome"] not in ("picture", "error"):
            failures.append(answer)
            print("FAILED", json.dumps(answer), flush=True)
        if done % 500 == 0:
            print(f"  {done} cases, {len(failures)} failures", file=sys.stderr, flush=True)
    print(f"{'mutation':18s} {'picture':>8s} {'error':>8s} {'failed':>8s}")
    for kind, outcomes in sorted(table.items()):
        failed = sum(outcomes.values()) - outcomes["picture"] - outcomes["error"]
        print(f"{kind:18s} {outcomes['picture']:8d} {outcomes['error']:8d} {failed:8d}")
    print(f"{sum(sum(o.values()) for o in table.values())} cases, {len(failures)} failures")
    print(f"slowest case {slowest:.1f} s, largest process {largest / 2**20:.0f} MB")
    raise SystemExit(1 if failures else 0)


if __name__ == "__main__":
    main()
