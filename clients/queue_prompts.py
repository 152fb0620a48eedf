#!/usr/bin/env python3
"""Queue one workflow with many prompts on one or more ComfyUI servers and fetch the pictures. Standard library only.

    python clients/queue_prompts.py workflows/api/avatar_on_backdrop.json --prompts prompts.txt -o pictures
    python clients/queue_prompts.py WORKFLOW.json --prompt "waving" --set "Avatar.avatar=input/me.vrm" \\
        --server http://127.0.0.1:8188 --server http://127.0.0.1:8189 -o pictures

One prompt a line of the file (# begins a comment) gives pictures/0000_0.png, 0001_0.png, ... (a second picture of the
same prompt is 0000_1.png). Seeds count up from --seed. A server that goes away gets its unfinished jobs back when it
returns, or another server takes them; a job whose pictures are already in the folder is not run again, so the same
command continues an interrupted batch.
"""

from __future__ import annotations

import argparse
import copy
import http.client
import json
import os
import queue
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from dataclasses import dataclass, field
from pathlib import Path

POLL_SECONDS = 0.5
# A server that is away, starting, or cut off in the middle of an answer. Its refusals are `Refused`.
UNREACHABLE = (OSError, http.client.HTTPException, json.JSONDecodeError)


class Refused(Exception):
    """The server answered that it will not do it; asking again would not help."""


@dataclass
class Job:
    """One prompt of the batch; `graph` is what the server runs."""

    index: int
    graph: dict
    prompt_id: str = field(default_factory=lambda: str(uuid.uuid4()))


class Server:
    """The few calls of ComfyUI's HTTP API that a batch needs."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def _get(self, path: str, **query: str) -> bytes:
        url = f"{self.url}{path}" + (f"?{urllib.parse.urlencode(query)}" if query else "")
        with urllib.request.urlopen(url, timeout=30) as response:
            return response.read()

    def submit(self, job: Job) -> None:
        """Queue a job. Raises Refused with the server's reason if it refuses the graph."""
        body = json.dumps({"prompt": job.graph, "prompt_id": job.prompt_id}).encode()
        request = urllib.request.Request(f"{self.url}/prompt", body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                job.prompt_id = json.load(response)["prompt_id"]
        except urllib.error.HTTPError as error:
            if error.code != 400:  # a proxy before a server that is away, for one
                raise
            raise Refused(_refusal(json.loads(error.read()))) from None

    def finished(self, job: Job) -> dict | None:
        """The job's history entry once it has run, else None."""
        return json.loads(self._get(f"/history/{job.prompt_id}")).get(job.prompt_id)

    def queued(self) -> set[str]:
        """Ids of the prompts that wait or run."""
        state = json.loads(self._get("/queue"))
        return {entry[1] for entry in state["queue_running"] + state["queue_pending"]}

    def picture(self, image: dict) -> bytes:
        """The bytes of one output picture. Raises Refused if the server does not have it (any more)."""
        try:
            return self._get("/view", filename=image["filename"], subfolder=image["subfolder"], type=image["type"])
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            raise Refused(f"{image['filename']} is gone from the server's output folder") from None


def _refusal(answer: dict) -> str:
    errors = [
        f"{node['class_type']}: {error.get('details') or error.get('message')}"
        for node in answer.get("node_errors", {}).values()
        for error in node.get("errors", [])
    ]
    return "; ".join(errors) or answer.get("error", {}).get("message", "the server refused the workflow")


def _failure(entry: dict) -> str | None:
    for kind, message in entry.get("status", {}).get("messages", []):
        if kind == "execution_error":
            return f"{message['node_type']}: {message['exception_message'].strip()}"
        if kind == "execution_interrupted":
            return "interrupted"
    return None


class Batch:
    """Jobs on their way through the servers; every job ends once, in pictures or in a reason."""

    def __init__(self, jobs: list[Job], folder: Path, depth: int, patience: float) -> None:
        self.folder, self.depth, self.patience = folder, depth, patience
        self.waiting: queue.Queue[Job] = queue.Queue()
        self.open = 0
        self.failures: dict[int, str] = {}
        self.lock = threading.Lock()
        for job in jobs:
            if not any(folder.glob(f"{job.index:04}_0.*")):  # the picture that is put there last
                self.waiting.put(job)
                self.open += 1
        self.total = self.open

    def run(self, servers: list[Server]) -> None:
        threads = [threading.Thread(target=self._serve, args=(server,), daemon=True) for server in servers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _serve(self, server: Server) -> None:
        """Keep one server busy until no job is open or the server stays away longer than `patience`."""
        mine: dict[int, Job] = {}
        last_answer = time.monotonic()
        while self.open:
            try:
                self._fill(server, mine)
                self._collect(server, mine)
                last_answer = time.monotonic()
            except UNREACHABLE as error:
                if time.monotonic() - last_answer > self.patience:
                    for job in mine.values():
                        self.waiting.put(job)
                    print(f"{server.url}: gave up after {self.patience:.0f} s ({error})", file=sys.stderr)
                    return
            time.sleep(POLL_SECONDS)

    def _fill(self, server: Server, mine: dict[int, Job]) -> None:
        while len(mine) < self.depth:
            try:
                job = self.waiting.get_nowait()
            except queue.Empty:
                return
            mine[job.index] = job  # before it is sent: a server that dies now must not lose it
            self._submit(server, mine, job)

    def _submit(self, server: Server, mine: dict[int, Job], job: Job) -> None:
        try:
            server.submit(job)
        except Refused as reason:
            self._end(mine.pop(job.index), str(reason))

    def _collect(self, server: Server, mine: dict[int, Job]) -> None:
        queued = server.queued()  # asked first: what is not in it has either run or is unknown to the server
        for job in list(mine.values()):
            if job.prompt_id in queued:
                continue
            entry = server.finished(job)
            if entry is not None:
                reason = _failure(entry) or self._fetch(server, job, entry)
                self._end(mine.pop(job.index), reason)
            else:  # the server was restarted and forgot it, or never got it
                self._submit(server, mine, job)

    def _fetch(self, server: Server, job: Job, entry: dict) -> str | None:
        """Put the job's pictures into the folder, all or none; None, or the reason why there are none."""
        images = [image for output in entry["outputs"].values() for image in output.get("images", [])]
        saved = [image for image in images if image["type"] == "output"]
        if not saved:
            return "the workflow saved no picture"
        paths = [self.folder / f"{job.index:04}_{i}{Path(image['filename']).suffix}" for i, image in enumerate(saved)]
        partial = [path.with_name(f".{path.name}.partial") for path in paths]
        try:
            for path, image in zip(partial, saved):
                path.write_bytes(server.picture(image))
        except Refused as reason:
            return str(reason)
        for source, path in zip(reversed(partial), reversed(paths)):
            os.replace(source, path)
        return None

    def _end(self, job: Job, reason: str | None) -> None:
        with self.lock:
            self.open -= 1
            if reason is not None:
                self.failures[job.index] = reason
            done = self.total - self.open
        print(
            f"[{done}/{self.total}] job {job.index:04} {'done' if reason is None else f'failed: {reason}'}", flush=True
        )


def read_prompts(path: Path) -> list[str]:
    """One prompt a line of a UTF-8 file; empty lines and lines that begin with # are none. Exits on another file."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SystemExit(f"--prompts {path}: {getattr(error, 'strerror', None) or 'not UTF-8 text'}") from None
    return [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]


def build_jobs(workflow: dict, prompts: list[str], seed: int, changes: list[str]) -> list[Job]:
    """One job a prompt: `prompt` and `prompts` inputs and text nodes titled as prompt get the text, seeds count up."""
    jobs = []
    for index, prompt in enumerate(prompts):
        graph = copy.deepcopy(workflow)
        places = [place for node in graph.values() for place in _prompt_places(node)]
        if not places:
            raise SystemExit("the workflow has no place for a prompt: no text input called prompt, no node titled so")
        for inputs, name in places:
            inputs[name] = prompt
        for node in graph.values():
            if isinstance(node["inputs"].get("seed"), int):
                node["inputs"]["seed"] = seed + index
        for change in changes:
            _apply(graph, change)
        jobs.append(Job(index, graph))
    return jobs


def _prompt_places(node: dict) -> list[tuple[dict, str]]:
    """Where a node holds a prompt, as (inputs, name)."""
    inputs, title = node["inputs"], node.get("_meta", {}).get("title", "").lower()
    names = ["prompt", "prompts"] + ["text"] * ("prompt" in title and "negative" not in title)
    return [(inputs, name) for name in names if isinstance(inputs.get(name), str)][:1]


def _apply(graph: dict, change: str) -> None:
    """NODE.INPUT=VALUE, NODE being an id or a title."""
    target, found, value = change.partition("=")
    name, dot, key = target.rpartition(".")
    nodes = [node for id_, node in graph.items() if name in (id_, node.get("_meta", {}).get("title"))]
    if not found or not dot or not nodes or key not in nodes[0]["inputs"]:
        raise SystemExit(f"--set {change}: expected NODE.INPUT=VALUE with a node and an input of the workflow")
    try:
        nodes[0]["inputs"][key] = json.loads(value)
    except json.JSONDecodeError:
        nodes[0]["inputs"][key] = value


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workflow", type=Path, help="a workflow in API format")
    parser.add_argument("--prompts", type=Path, help="text file, one prompt a line")
    parser.add_argument("--prompt", action="append", default=[], help="a prompt; may be given several times")
    parser.add_argument("--set", action="append", default=[], metavar="NODE.INPUT=VALUE", help="change any input")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first prompt")
    parser.add_argument("--server", action="append", default=[], help="default http://127.0.0.1:8188")
    parser.add_argument("--depth", type=int, default=32, help="jobs queued on one server at a time")
    parser.add_argument("--patience", type=float, default=120, help="seconds to wait for a server that went away")
    parser.add_argument("-o", "--output", type=Path, default=Path("pictures"))
    options = parser.parse_args()
    prompts = list(options.prompt)
    if options.prompts:
        prompts += read_prompts(options.prompts)
    if not prompts:
        parser.error("give --prompts FILE or --prompt TEXT")
    options.output.mkdir(parents=True, exist_ok=True)
    workflow = json.loads(options.workflow.read_text(encoding="utf-8"))
    if "nodes" in workflow:
        parser.error(f"{options.workflow} is a canvas file; use its API form (workflows/api/)")
    batch = Batch(
        build_jobs(workflow, prompts, options.seed, options.set), options.output, options.depth, options.patience
    )
    batch.run([Server(url) for url in options.server or ["http://127.0.0.1:8188"]])
    for index, reason in sorted(batch.failures.items()):
        print(f"{index:04} {prompts[index]!r}: {reason}", file=sys.stderr)
    return 1 if batch.failures or batch.open else 0


if __name__ == "__main__":
    raise SystemExit(main())
