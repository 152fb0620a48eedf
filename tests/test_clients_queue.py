"""The batch client of clients/: every prompt gets its pictures once, whatever happens to the servers."""

from __future__ import annotations

import importlib.util
import json
import sys
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]
WORKFLOW = {
    "1": {"class_type": "TextToSMPLPose", "inputs": {"prompt": "", "seed": 0}, "_meta": {"title": "Prompt to pose"}},
    "2": {"class_type": "CLIPTextEncode", "inputs": {"text": ""}, "_meta": {"title": "Scene prompt"}},
    "3": {"class_type": "CLIPTextEncode", "inputs": {"text": "blurry"}, "_meta": {"title": "Negative prompt"}},
    "4": {"class_type": "KSampler", "inputs": {"seed": ["1", 0]}, "_meta": {"title": "Sampler"}},
}


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("queue_prompts", ROOT / "clients" / "queue_prompts.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "queue_prompts", module)  # its dataclasses look it up
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "POLL_SECONDS", 0.01)
    return module


class FakeComfyUI:
    """ComfyUI's routes for a batch. A picture is its prompt's text; `disturb(path)` may break the answer to a request.

    Each look at the queue runs one more prompt. A restart forgets queue and history but keeps the files.
    """

    def __init__(self, disturb=lambda fake, path: None, pictures: int = 1):
        self.pending, self.history, self.files, self.ran = [], {}, {}, []
        self.pictures, self.requests, self.disturb, self.lock = pictures, 0, disturb, threading.Lock()

    def restart(self) -> None:
        self.pending, self.history = [], {}

    def submit(self, body: dict) -> tuple[int, dict]:
        if "bad" in body["prompt"]["1"]["inputs"]["prompt"]:
            error = {"class_type": "TextToSMPLPose", "errors": [{"message": "invalid", "details": "prompt: bad"}]}
            return 400, {"error": {"message": "validation failed"}, "node_errors": {"1": error}}
        self.pending.append((body["prompt_id"], body["prompt"]))
        return 200, {"prompt_id": body["prompt_id"]}

    def work(self) -> None:
        if not self.pending:
            return
        prompt_id, graph = self.pending.pop(0)
        text = graph["1"]["inputs"]["prompt"]
        self.ran.append(text)
        status, images = {"messages": []}, []
        if "fails" in text:
            status["messages"] = [["execution_error", {"node_type": "KSampler", "exception_message": "no memory\n"}]]
        for number in range(0 if "fails" in text or "nothing" in text else self.pictures):
            name = f"out_{len(self.files):05}_.png"
            self.files[name] = f"{text} {number}".encode()
            images.append({"filename": name, "subfolder": "", "type": "output"})
        self.history[prompt_id] = {"status": status, "outputs": {"9": {"images": images}}}

    def get(self, path: str, query: dict) -> tuple[int, bytes]:
        if path == "/queue":
            self.work()
            queue = {"queue_running": [], "queue_pending": [[0, prompt_id] for prompt_id, _ in self.pending]}
            return 200, json.dumps(queue).encode()
        if path.startswith("/history/"):
            prompt_id = path.rsplit("/", 1)[1]
            return 200, json.dumps({key: value for key, value in self.history.items() if key == prompt_id}).encode()
        name = query["filename"][0]
        return (200, self.files[name]) if name in self.files else (404, b"")

    @contextmanager
    def serving(self) -> Iterator[str]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def answer(self, make) -> None:
                with fake.lock:
                    fake.requests += 1
                    trouble = fake.disturb(fake, self.path)
                    status, body = make() if trouble != "before" else (0, b"")
                if trouble in ("before", "after"):  # the connection breaks before or after the request has its effect
                    self.close_connection = True
                    return
                if trouble == "cut":  # half an answer
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(body) + 10))
                    self.end_headers()
                    self.wfile.write(body)
                    return
                self.send_response(503 if trouble == "busy" else status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                url = urllib.parse.urlsplit(self.path)
                self.answer(lambda: fake.get(url.path, urllib.parse.parse_qs(url.query)))

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))

                def make():
                    status, answer = fake.submit(body)
                    return status, json.dumps(answer).encode()

                self.answer(make)

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def run(client, fakes: list[FakeComfyUI], prompts: list[str], folder: Path, depth=8, patience=30.0):
    batch = client.Batch(client.build_jobs(WORKFLOW, prompts, 0, []), folder, depth, patience)
    with_urls = [fake.serving() for fake in fakes]
    urls = [context.__enter__() for context in with_urls]
    try:
        batch.run([client.Server(url) for url in urls])
    finally:
        for context in with_urls:
            context.__exit__(None, None, None)
    return batch


def results(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(folder.iterdir())}


PROMPTS = [f"prompt {index}" for index in range(200)]
EXPECTED = {f"{index:04}_0.png": f"{prompt} 0" for index, prompt in enumerate(PROMPTS)}


def test_every_prompt_has_its_picture_once(client, tmp_path: Path):
    batch = run(client, [FakeComfyUI()], PROMPTS, tmp_path)
    assert not batch.failures and results(tmp_path) == EXPECTED


def test_a_server_that_is_killed_and_comes_back_gets_its_jobs_again(client, tmp_path: Path):
    def killed(fake: FakeComfyUI, path: str) -> str | None:
        if fake.requests == 150:
            fake.restart()
        return "before" if 150 <= fake.requests < 160 else None

    fake = FakeComfyUI(killed)
    batch = run(client, [fake], PROMPTS, tmp_path)
    assert not batch.failures and results(tmp_path) == EXPECTED
    assert len(fake.ran) >= len(PROMPTS)


@pytest.mark.parametrize("trouble", ["before", "after", "cut", "busy"])
def test_answers_that_break_off_lose_nothing(client, tmp_path: Path, trouble: str):
    fake = FakeComfyUI(lambda fake, path: trouble if fake.requests % 7 == 0 else None, pictures=2)
    batch = run(client, [fake], PROMPTS[:30], tmp_path)
    assert not batch.failures
    assert results(tmp_path) == {f"{i:04}_{n}.png": f"prompt {i} {n}" for i in range(30) for n in range(2)}
    assert sorted(fake.ran) == sorted(PROMPTS[:30])


def test_another_server_takes_the_jobs_of_one_that_stays_away(client, tmp_path: Path):
    gone = FakeComfyUI(lambda fake, path: "before" if fake.requests > 20 else None)
    batch = run(client, [gone, FakeComfyUI()], PROMPTS, tmp_path, patience=0.05)
    assert not batch.failures and results(tmp_path) == EXPECTED


def test_the_same_command_goes_on_where_an_interrupted_batch_stopped(client, tmp_path: Path):
    run(client, [FakeComfyUI()], PROMPTS[:50], tmp_path)
    fake = FakeComfyUI()
    batch = run(client, [fake], PROMPTS, tmp_path)
    assert not batch.failures and results(tmp_path) == EXPECTED
    assert len(fake.ran) == 150


def test_refused_and_failing_prompts_are_named_and_the_others_run(client, tmp_path: Path):
    batch = run(client, [FakeComfyUI()], ["one", "bad", "fails", "nothing", "two"], tmp_path)
    assert batch.failures == {
        1: "TextToSMPLPose: prompt: bad",
        2: "KSampler: no memory",
        3: "the workflow saved no picture",
    }
    assert results(tmp_path) == {"0000_0.png": "one 0", "0004_0.png": "two 0"}


def test_when_no_server_is_left_the_batch_ends_with_open_jobs(client, tmp_path: Path):
    batch = run(client, [FakeComfyUI(lambda fake, path: "before")], ["one"], tmp_path, patience=0.05)
    assert batch.open == 1 and not list(tmp_path.iterdir())


def test_prompts_and_seeds_go_where_they_belong(client):
    first, second = client.build_jobs(WORKFLOW, ["a", "b"], 7, [])
    assert [job.graph["1"]["inputs"] for job in (first, second)] == [
        {"prompt": "a", "seed": 7},
        {"prompt": "b", "seed": 8},
    ]
    assert second.graph["2"]["inputs"]["text"] == "b"
    assert second.graph["3"]["inputs"]["text"] == "blurry"
    assert second.graph["4"]["inputs"]["seed"] == ["1", 0]
    assert WORKFLOW["1"]["inputs"]["prompt"] == ""


def test_a_prompt_list_gets_one_prompt_a_job_and_a_workflow_without_a_place_for_one_is_refused(client):
    graph = {
        "1": {"class_type": "PASPromptList", "inputs": {"prompts": "x\ny"}},
        "2": {"class_type": "TextToSMPLPose", "inputs": {"prompt": ["1", 0]}},
    }
    jobs = client.build_jobs(graph, ["a", "b"], 0, [])
    assert [job.graph["1"]["inputs"]["prompts"] for job in jobs] == ["a", "b"]
    assert jobs[1].graph["2"]["inputs"]["prompt"] == ["1", 0]
    with pytest.raises(SystemExit, match="no place for a prompt"):
        client.build_jobs({"2": graph["2"]}, ["a"], 0, [])


def test_prompt_files_are_read_as_the_node_reads_them(client, tmp_path: Path):
    (tmp_path / "prompts.txt").write_bytes(b"\xef\xbb\xbf# moments\r\nwaving\r\n\r\n  jumping \r\n")
    assert client.read_prompts(tmp_path / "prompts.txt") == ["waving", "jumping"]
    (tmp_path / "prompts.txt").write_bytes(b"w\xe9iving")
    with pytest.raises(SystemExit, match="not UTF-8 text"):
        client.read_prompts(tmp_path / "prompts.txt")
    with pytest.raises(SystemExit, match="No such file"):
        client.read_prompts(tmp_path / "gone.txt")


def test_set_changes_an_input_by_id_or_title(client):
    (job,) = client.build_jobs(WORKFLOW, ["a"], 0, ["Negative prompt.text=dark", "1.seed=99"])
    assert job.graph["3"]["inputs"]["text"] == "dark" and job.graph["1"]["inputs"]["seed"] == 99
    for wrong in ("Nobody.text=x", "1.nothing=x", "1.seed"):
        with pytest.raises(SystemExit, match="expected NODE"):
            client.build_jobs(WORKFLOW, ["a"], 0, [wrong])
