"""API workflows on a real ComfyUI without a browser: start a server, edit a workflow, run it, collect its pictures.

Standard library only, so that `./pas` can use it before any host exists. It speaks ComfyUI's HTTP and websocket routes,
which are the same in every version; nothing of ComfyUI is imported.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

FRONTEND = "pas_frontend"  # the folder in which `./pas` puts the frontend of a ComfyUI that is not the host's own


class HeadlessError(Exception):
    """A run that could not be done, in words for the person who asked: which node, what is wrong."""


def server_command(python: Path, comfyui: Path, base: Path, port: int, cpu: bool, folder: Path) -> list[str]:
    """The command line, for the working directory `comfyui`, of a server on `port` with the base directory `base`.

    A base directory hides the checkout's own models from ComfyUI; a file written to `folder` hands them back. A
    frontend in `comfyui`/FRONTEND is served instead of the interpreter's.
    """
    models = comfyui / "models"
    names = sorted(path.name for path in models.iterdir() if path.is_dir()) if models.is_dir() else []
    lines = ["comfyui:", f"  base_path: {json.dumps(str(comfyui))}"]
    lines += [f"  {json.dumps(name)}: {json.dumps('models/' + name)}" for name in names]
    config = folder / "extra_model_paths.yaml"
    config.write_text("\n".join([*lines, ""]), encoding="utf-8")
    frontend = comfyui / FRONTEND
    canvas = ["--front-end-root", str(frontend)] if frontend.is_dir() else []
    return [
        str(python), "main.py", "--port", str(port), "--base-directory", str(base), "--disable-auto-launch",
        "--extra-model-paths-config", str(config), *(["--cpu"] if cpu else []), *canvas,
    ]  # fmt: skip


def free_port() -> int:
    """A port on the loopback that nothing listens on now."""
    with socket.socket() as attempt:
        attempt.bind(("127.0.0.1", 0))
        return attempt.getsockname()[1]


class Server:
    """A ComfyUI server as a subprocess on the loopback: `with Server(python, comfyui, base) as server`.

    python, comfyui: the interpreter and the ComfyUI source folder it runs.
    base:            a base directory; several servers may share one, for each has its own user, temp and output folder.
    output:          where SaveImage writes; by default a folder that goes with the server.
    cpu:             pass --cpu.  environment: of the process.  options: more of ComfyUI's own.
    port:            on which it listens, so that it can come back where it was; by default any that is free.
    """

    def __init__(
        self,
        python: Path,
        comfyui: Path,
        base: Path,
        *,
        output: Path | None = None,
        cpu: bool = True,
        environment: dict[str, str] | None = None,
        options: Sequence[str] = (),
        port: int | None = None,
    ):
        self.port = free_port() if port is None else port
        self.url = f"http://127.0.0.1:{self.port}"
        self._scratch = tempfile.TemporaryDirectory(prefix="avatar-scene-", ignore_cleanup_errors=True)
        scratch = Path(self._scratch.name)
        for name in ("user", "output"):
            (scratch / name).mkdir()
        self.log = scratch / "comfyui.log"
        command = [
            *server_command(python, comfyui, base, self.port, cpu, scratch), "--temp-directory", str(scratch),
            "--user-directory", str(scratch / "user"), "--output-directory", str(output or scratch / "output"),
            "--database-url", "sqlite:///:memory:", "--disable-api-nodes", *options,
        ]  # fmt: skip
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                command, cwd=comfyui, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )

    def __enter__(self) -> Server:
        deadline = time.monotonic() + 600  # minutes on a busy machine; a dead server is seen at once
        try:
            while True:
                with contextlib.suppress(OSError):
                    self.get("/system_stats")
                    return self
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise HeadlessError(f"ComfyUI did not start:\n{self._log_tail()}")
                time.sleep(0.1)
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End the server and remove its own folders."""
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._scratch.cleanup()

    def fetch(self, path: str, body: dict | None = None, **query: str) -> bytes:
        """GET `path`, or POST a JSON body to it. Raises urllib.error.HTTPError for an answer that is not 200."""
        data = None if body is None else json.dumps(body).encode()
        url = self.url + path + (f"?{urlencode(query)}" if query else "")
        request = Request(url, data, {"Content-Type": "application/json"})
        with build_opener(ProxyHandler({})).open(request, timeout=60) as response:
            return response.read()

    def get(self, path: str) -> dict:
        """The JSON at `path`."""
        return json.loads(self.fetch(path))

    def view(self, file: dict) -> bytes:
        """The content of a file that /history lists as {"filename", "subfolder", "type"}."""
        return self.fetch("/view", **{name: file[name] for name in ("filename", "subfolder", "type")})

    def post(self, workflow: dict, client: str = "") -> str:
        """Queue an API workflow and return its id. Raises HeadlessError with a line for each input that was refused."""
        try:
            answer = json.loads(self.fetch("/prompt", {"prompt": workflow, "client_id": client}))
        except HTTPError as error:
            answer = json.loads(error.read() or b"{}")
        # ComfyUI accepts a graph of which only some outputs can run; half a result is not what was asked for.
        if "prompt_id" in answer and not answer.get("node_errors"):
            return answer["prompt_id"]
        lines = [
            f"{node_name(workflow, node)}: {_refusal(problem)}"
            for node, problems in (answer.get("node_errors") or {}).items()
            for problem in problems["errors"]
        ]
        raise HeadlessError("\n".join(lines) or answer.get("error", {}).get("message", "ComfyUI refused the workflow"))

    def run(self, workflow: dict, on_event: Callable[[str, dict], object] = lambda kind, data: None) -> dict:
        """Run an API workflow and return its /history entry. Raises HeadlessError that names the node that fails.

        `on_event(kind, data)` is called with every websocket message about this run.
        """
        client = os.urandom(8).hex()
        with contextlib.closing(self._messages(client)) as messages:
            next(messages)  # the server greets: from here on nothing is missed
            prompt_id = self.post(workflow, client)
            for kind, data in messages:
                if data.get("prompt_id") != prompt_id:
                    continue
                on_event(kind, data)
                if kind == "execution_error":
                    message = " ".join(data["exception_message"].split())
                    raise HeadlessError(f"{node_name(workflow, data['node_id'])}: {message}")
                if kind == "execution_interrupted":
                    raise HeadlessError("the run was interrupted")
                if kind == "execution_success":
                    return self.history(prompt_id)
        raise HeadlessError(f"ComfyUI stopped while it worked:\n{self._log_tail()}")

    def history(self, prompt_id: str) -> dict:
        """The /history entry of a queued workflow; waits until it is done."""
        while not (entry := self.get(f"/history/{prompt_id}").get(prompt_id)):
            if self.process.poll() is not None:
                raise HeadlessError(f"ComfyUI stopped while it worked:\n{self._log_tail()}")
            time.sleep(0.02)
        return entry

    def check(self, workflow: dict, assigned: Sequence[tuple[str, str]] = ()) -> None:
        """Refuse nodes that this ComfyUI does not have, and `assigned` (node id, input name) pairs no node takes."""
        known = self.get("/object_info")
        missing = sorted({node["class_type"] for node in workflow.values()} - set(known))
        if missing:
            log = self.log.read_text(encoding="utf-8", errors="replace")
            failed = re.findall(
                r"(?:Cannot import|Error while calling comfy_entrypoint in) .*[/\\]([^/\\:]+?)(?: module.*?)?: (.*)",
                log,
            )
            reason = "".join(f"; custom node {name} failed to load: {why}" for name, why in failed)
            raise HeadlessError(f"this ComfyUI has no node {', '.join(missing)}{reason}")
        for node_id, name in assigned:
            inputs = known[workflow[node_id]["class_type"]]["input"]
            names = [*inputs.get("required", {}), *inputs.get("optional", {})]
            if name.split(".")[0] not in names:  # a dynamic input is called "mode.size"
                raise HeadlessError(f"{node_name(workflow, node_id)} has no input {name!r}; it has {', '.join(names)}")

    def _log_tail(self) -> str:
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])

    def _messages(self, client: str) -> Iterator[tuple[str, dict]]:
        """Yield (type, data) of the JSON messages until the server goes (RFC 6455; binary previews are skipped)."""
        with socket.create_connection(("127.0.0.1", self.port)) as connection, connection.makefile("rb") as stream:
            connection.sendall(
                f"GET /ws?clientId={client} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nUpgrade: websocket\r\n"
                "Connection: Upgrade\r\nSec-WebSocket-Key: YXZhdGFyLXNjZW5lIGtleQ==\r\n"
                "Sec-WebSocket-Version: 13\r\n\r\n".encode()
            )
            while stream.readline().strip():
                pass  # the answer's header
            while len(head := stream.read(2)) == 2:
                length = head[1] & 127
                if length >= 126:
                    length = int.from_bytes(stream.read(2 if length == 126 else 8), "big")
                payload = stream.read(length)
                if head[0] & 15 == 1:  # a text frame
                    message = json.loads(payload)
                    yield message["type"], message["data"]


def _refusal(problem: dict) -> str:
    """ComfyUI's words for a refused input; of a node's own validation, the node's words alone."""
    message, details = problem["message"], problem["details"]
    if message.startswith("Custom validation failed") and " - " in details:
        return details.split(" - ", 1)[1]
    return f"{message}: {details}" if details else message


def read_workflow(path: Path) -> dict:
    """An API-format workflow. Raises HeadlessError for a canvas file and anything else."""
    try:
        workflow = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise HeadlessError(f"workflow {path}: {error.strerror}") from None
    except ValueError as error:
        raise HeadlessError(f"workflow {path}: not JSON ({error})") from None
    if isinstance(workflow, dict) and "nodes" in workflow and "links" in workflow:
        raise HeadlessError(f"workflow {path}: this is a canvas file; in ComfyUI, use Workflow > Export (API)")
    nodes = workflow.values() if isinstance(workflow, dict) else ()
    if not nodes or not all(
        isinstance(node, dict) and "class_type" in node and isinstance(node.get("inputs"), dict) for node in nodes
    ):
        raise HeadlessError(f"workflow {path}: not an API workflow (a JSON object of nodes with class_type and inputs)")
    return workflow


def node_name(workflow: dict, node_id: str) -> str:
    """How messages call a node: its number, its title where it has one, its class."""
    node = workflow.get(node_id.split(".")[0], {})  # the parts of an expanded node are called "7.0.1"
    title, kind = node.get("_meta", {}).get("title"), node.get("class_type", "unknown node")
    return f"node {node_id} '{title}' ({kind})" if title and title != kind else f"node {node_id} ({kind})"


def find_node(workflow: dict, name: str) -> str | None:
    """The id of the node called `name`: by id, else by title, else by class. Raises HeadlessError if several are."""
    if name in workflow:
        return name
    for called in (lambda node: node.get("_meta", {}).get("title"), lambda node: node["class_type"]):
        found = [node_id for node_id, node in workflow.items() if called(node) == name]
        if len(found) > 1:
            raise HeadlessError(f"--set: nodes {', '.join(found)} are all called {name!r}; use the number")
        if found:
            return found[0]
    return None


def assign(workflow: dict, assignment: str) -> tuple[str, str]:
    """Apply NODE.INPUT=VALUE to a workflow in place; VALUE is JSON where it parses as such, else text.

    NODE is an id, a title or a class. Returns the node's id and the input's name.
    """
    target, equals, text = assignment.partition("=")
    dots = [index for index, letter in enumerate(target) if letter == "."]
    if not equals or not dots:
        raise HeadlessError(f"--set {assignment!r}: write NODE.INPUT=VALUE, e.g. --set 3.seed=7")
    # Titles and inputs may have dots of their own: the first cut whose left side is a node decides.
    found = [(node, target[dot + 1 :]) for dot in dots if (node := find_node(workflow, target[:dot])) is not None]
    if not found:
        names = ", ".join(f"{node_id} {node.get('_meta', {}).get('title', '')!r}" for node_id, node in workflow.items())
        raise HeadlessError(f"--set {assignment!r}: no such node; there are: {names}")
    node_id, name = found[0]
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    workflow[node_id]["inputs"][name] = value
    return node_id, name


def files_of(entry: dict) -> list[dict]:
    """The files that a /history entry lists as {"filename", "subfolder", "type"}; previews first, saved ones last."""
    values = [items for outputs in entry["outputs"].values() for items in outputs.values() if isinstance(items, list)]
    files = [item for items in values for item in items if isinstance(item, dict) and "filename" in item]
    return sorted(files, key=lambda file: file["type"] == "output")


class Progress:
    """Prints a line with the seconds of each executed node, and its steps while it works. An `on_event` for `run`."""

    def __init__(self, workflow: dict):
        self.workflow, self.node, self.since = workflow, None, time.monotonic()

    def __call__(self, kind: str, data: dict) -> None:
        node = data.get("node")
        if kind == "progress" and sys.stderr.isatty():
            self._print(f"{data['value']}/{data['max']}", end="")
        elif kind in ("executing", "execution_success", "execution_error") and node != self.node:
            if self.node is not None:
                self._print(f"{time.monotonic() - self.since:.1f} s", end="\n")
            self.node, self.since = node, time.monotonic()

    def _print(self, text: str, end: str) -> None:
        start = "\r\033[K" if sys.stderr.isatty() else ""
        print(f"{start}  {node_name(self.workflow, self.node)}: {text}", end=end, file=sys.stderr, flush=True)
