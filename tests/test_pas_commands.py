"""`./pas` from the outside: clear words for wrong arguments, workflows and assignments."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from avatar_scene import headless
from host import ROOT, load_pas

pas = load_pas()


def call(*arguments: str, cache: Path) -> subprocess.CompletedProcess:
    environment = {**os.environ, "PAS_CACHE": str(cache)}
    environment.pop("PAS_DEBUG", None)
    command = [sys.executable, "-B", str(ROOT / "pas"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["dance"], "invalid choice: 'dance'"),
        (["demo", "--avatar", "no.glb"], "--avatar no.glb: no such file"),
        (["demo", "-o", "no/such/folder/x.png"], "there is no such folder"),
        (["demo", "--seed", "two"], "argument --seed: invalid int value: 'two'"),
        (["demo", "--comfyui", "nowhere"], "nowhere: this is not a ComfyUI checkout"),
        (["test", "--comfyui", "nowhere"], "nowhere: this is not a ComfyUI checkout"),
        (["serve", "--comfyui", "x", "--oldest"], "not allowed with argument --comfyui"),
        (["run", "no.json"], "workflow no.json: No such file or directory"),
        (["run", str(ROOT / "LICENSE")], "not JSON"),
        (
            ["run", str(ROOT / "workflows" / "api" / "avatar_on_backdrop.json"), "--set", "seed"],
            "write NODE.INPUT=VALUE",
        ),
    ],
)
def test_wrong_arguments_are_one_line_and_build_nothing(tmp_path: Path, arguments: list[str], message: str):
    done = call(*arguments, cache=tmp_path / "cache")
    assert done.returncode in (1, 2)
    assert message in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "cache" / "hosts").exists()


def test_help_names_every_command(tmp_path: Path):
    done = call("--help", cache=tmp_path)
    assert done.returncode == 0
    for command in ("demo", "serve", "test", "run", "pose", "render", "python", "--comfyui PATH", "--oldest"):
        assert command in done.stdout


def test_it_needs_nothing_but_the_standard_library(tmp_path: Path):
    code = f"import sys; sys.path[:0] = [{str(ROOT)!r}]; sys.argv = ['pas', '--help']; import runpy; "
    code += f"runpy.run_path({str(ROOT / 'pas')!r}, run_name='__main__')"
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr


def test_arguments_of_python_and_pytest_are_passed_on_untouched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    seen = []
    monkeypatch.setenv("PAS_CACHE", str(tmp_path))
    monkeypatch.setattr(pas, "get_host", lambda options: seen.append(options) or pas.Host(Path("python"), tmp_path))
    monkeypatch.setattr(pas, "probe", lambda host: {"gpu": False})
    monkeypatch.setattr(pas, "wait_for", lambda command: command)
    monkeypatch.setattr(pas.subprocess, "Popen", lambda command, **_: command)
    assert pas.forward("python", ["-c", "print(1)", "--oldest"])[1:] == ["-c", "print(1)", "--oldest"]
    assert not seen[-1].oldest
    assert pas.forward("python", ["--oldest", "-V"])[1:] == ["-V"] and seen[-1].oldest
    assert pas.forward("test", ["-k", "a or b", "--oldest", "-x"])[1:] == ["-m", "pytest", "-k", "a or b", "-x"]
    assert seen[-1].oldest
    expected = ["-m", "avatar_scene", "pose", "a person runs", "-n", "5", "--seed", "0", "-o", "p.npz"]
    assert pas.forward("pose", expected[3:])[1:] == expected


def test_an_avatar_is_copied_once_and_another_of_its_name_does_not_replace_it(tmp_path: Path):
    base, file = tmp_path / "base", tmp_path / "me.glb"
    (base / "input" / "avatars").mkdir(parents=True)
    file.write_bytes(b"one")
    assert pas.add_avatar(file, base) == pas.add_avatar(file, base) == "input/avatars/me.glb"
    file.write_bytes(b"two")
    second = pas.add_avatar(file, base)
    assert second != "input/avatars/me.glb" and second.endswith(".glb")
    assert (base / "input" / "avatars" / "me.glb").read_bytes() == b"one"
    assert (base / second).read_bytes() == b"two"


WORKFLOW = {
    "3": {"class_type": "KSampler", "inputs": {"seed": 1}, "_meta": {"title": "Sample v1.5"}},
    "4": {"class_type": "PreviewImage", "inputs": {}, "_meta": {"title": "Show"}},
    "5": {"class_type": "PreviewImage", "inputs": {}, "_meta": {"title": "Show"}},
    "6": {"class_type": "SaveImage", "inputs": {}},
}


@pytest.mark.parametrize(
    ("assignment", "node", "name", "value"),
    [
        ("3.seed=7", "3", "seed", 7),
        ("KSampler.cfg=2.5", "3", "cfg", 2.5),
        ("Sample v1.5.seed=9", "3", "seed", 9),
        ("3.mode.size=4", "3", "mode.size", 4),
        ("6.filename_prefix=a = b.c", "6", "filename_prefix", "a = b.c"),
        ('6.filename_prefix="7"', "6", "filename_prefix", "7"),
        ("6.filename_prefix=", "6", "filename_prefix", ""),
        ('6.images=["3", 0]', "6", "images", ["3", 0]),
        ("3.flag=true", "3", "flag", True),
    ],
)
def test_set_finds_the_node_by_id_title_or_class_and_reads_json(assignment, node, name, value):
    workflow = json.loads(json.dumps(WORKFLOW))
    assert headless.assign(workflow, assignment) == (node, name)
    assert workflow[node]["inputs"][name] == value


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("3.seed", "write NODE.INPUT=VALUE"),
        ("seed=3", "write NODE.INPUT=VALUE"),
        ("7.seed=3", "no such node; there are: 3 'Sample v1.5', 4 'Show'"),
        ("Show.images=1", "nodes 4, 5 are all called 'Show'; use the number"),
        ("PreviewImage.images=1", "nodes 4, 5 are all called 'PreviewImage'"),
    ],
)
def test_a_set_that_names_no_single_node_is_refused(assignment: str, message: str):
    with pytest.raises(headless.HeadlessError, match=message):
        headless.assign(json.loads(json.dumps(WORKFLOW)), assignment)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"nodes": [], "links": [], "version": 0.4}', "this is a canvas file"),
        ("[]", "not an API workflow"),
        ("{}", "not an API workflow"),
        ('{"1": {"inputs": {}}}', "not an API workflow"),
        ("{", "not JSON"),
    ],
)
def test_what_is_no_api_workflow_is_refused(tmp_path: Path, content: str, message: str):
    (tmp_path / "w.json").write_text(content)
    with pytest.raises(headless.HeadlessError, match=message):
        headless.read_workflow(tmp_path / "w.json")


def test_saved_files_come_after_previews():
    def file(name: str, kind: str) -> dict:
        return {"filename": name, "subfolder": "", "type": kind}

    entry = {"outputs": {"9": {"images": [file("a", "output")]}, "10": {"images": [file("b", "temp")], "text": ["hi"]}}}
    assert [item["filename"] for item in headless.files_of(entry)] == ["b", "a"]
