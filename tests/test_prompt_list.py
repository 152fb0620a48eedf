"""Many prompts, one a line, typed or from a file: each gets its own picture, and what is wrong is said in one line."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from avatar_scene.headless import HeadlessError
from avatar_scene.pose_prior.prompt_list import MAX_BYTES, MAX_CHARACTERS, file_name, read_prompts, split_prompts
from host import ROOT, ComfyHost


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_prompt_is_a_line_without_comments_blanks_and_byte_order_mark(tmp_path: Path, mark: str, end: str):
    lines = ["# moments", "waving", "", "  \t", "  jumping, naïve #1 ", "", "   # not this", "跳舞"]
    wanted = ["waving", "jumping, naïve #1", "跳舞"]
    assert split_prompts(mark + end.join(lines)) == wanted
    (tmp_path / "prompts.txt").write_bytes((mark + end.join(lines)).encode())
    assert read_prompts(tmp_path / "prompts.txt") == wanted


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("wéiving".encode("latin-1"), "byte 2 is not UTF-8; save the file as UTF-8"),
        ("waving".encode("utf-16"), "byte 1 is not UTF-8"),
        (b"one\n\n" + b"x" * (MAX_CHARACTERS + 1), f"line 3 has {MAX_CHARACTERS + 1} characters"),
        (b"one\ntwo\0", "line 2 holds a NUL"),
        (b"x\n" * (MAX_BYTES // 2 + 1), "more than 4 MB"),
    ],
)
def test_a_file_that_is_no_list_of_prompts_says_why_in_one_line(tmp_path: Path, content: bytes, reason: str):
    (tmp_path / "prompts.txt").write_bytes(content)
    with pytest.raises(ValueError, match=r"^'prompts\.txt': ") as error:
        read_prompts(tmp_path / "prompts.txt")
    assert reason in str(error.value) and "\n" not in str(error.value) and len(str(error.value)) < 200


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("a person is waving", "0007_a_person_is_waving"),
        ("../../etc/passwd", "0007_etc_passwd"),
        ("%date:yyyy% C:\\x?*|<>\"'", "0007_date_yyyy_C_x"),
        ("跳舞 naïve", "0007_跳舞_naïve"),
        ("!?", "0007"),
        ("word " * 40, "0007_word_word_word_word_word_word_word_word_word_wor"),
    ],
)
def test_names_are_fit_for_every_file_system(prompt: str, name: str):
    assert file_name(7, prompt) == name and len(name.encode()) < 200


def listing(**inputs) -> dict:
    """A graph that shows what the node gives: node 2 the prompts, 3 their numbers, 4 their names."""
    graph = {"1": {"class_type": "PASPromptList", "inputs": {"prompts": "", **inputs}}}
    for output in range(3):
        graph[str(2 + output)] = {"class_type": "PreviewAny", "inputs": {"source": ["1", output]}}
    return graph


def given(comfy: ComfyHost, graph: dict) -> tuple[list[str], list[int], list[str]]:
    """The prompts, numbers and names that the nodes behind the list were run with."""
    outputs = comfy.run(graph).outputs
    texts, numbers, names = (outputs[node]["text"] for node in "234")
    return list(texts), [int(number) for number in numbers], list(names)


@pytest.mark.host
def test_typed_prompts_come_first_then_those_of_the_file_and_a_part_keeps_its_numbers(comfy: ComfyHost):
    (comfy.input_dir / "stories").mkdir(exist_ok=True)
    (comfy.input_dir / "stories" / "one.txt").write_bytes(b"\xef\xbb\xbf# a story\r\nsitting\r\n\r\njumping\r\n")
    graph = listing(prompts="waving\n# no\nrunning", file="input/stories/one.txt")
    assert given(comfy, graph)[:2] == (["waving", "running", "sitting", "jumping"], [0, 1, 2, 3])
    graph["1"]["inputs"].update(start=1, count=2)
    assert given(comfy, graph) == (["running", "sitting"], [1, 2], ["prompts/0001_running", "prompts/0002_sitting"])
    spec = comfy.node_info("PASPromptList")["input"]["optional"]["file"]
    names = spec[1]["options"] if isinstance(spec[0], str) else spec[0]
    assert names[0] == "none" and "input/stories/one.txt" in names


@pytest.mark.host
def test_a_file_that_changed_is_read_again(comfy: ComfyHost):
    path = comfy.input_dir / "changing.txt"
    path.write_text("waving", encoding="utf-8")
    graph = listing(file="input/changing.txt")
    assert given(comfy, graph)[0] == ["waving"]
    assert "1" not in comfy.run(graph).executed
    path.write_text("running\nsitting", encoding="utf-8")
    os.utime(path, ns=(1, 1))
    assert given(comfy, graph)[0] == ["running", "sitting"]


@pytest.mark.host
def test_every_prompt_of_the_workflow_gets_its_own_picture_under_its_name(comfy: ComfyHost):
    graph = json.loads((ROOT / "workflows" / "api" / "several_prompts.json").read_text("utf-8"))
    by_class = {node["class_type"]: node["inputs"] for node in graph.values()}
    by_class["PASPromptList"]["prompts"] = "sitting on a bench\njumping for joy\nsitting on a bench"
    by_class["RetargetAndRender"].update(width=96, height=128)
    by_class["ImageGrid"].update(cell_width=96, cell_height=128)
    run = comfy.run(graph)
    *each, sheet = comfy.images(run)
    folders, names = zip(*((file["subfolder"], file["filename"][:-11]) for file in run.files[:-1]))
    assert names == ("0000_sitting_on_a_bench", "0001_jumping_for_joy", "0002_sitting_on_a_bench")
    assert set(folders) == {"prompts"} and run.files[-1]["filename"].startswith("several_prompts")
    assert [picture.shape for picture in each] == [(128, 96, 3)] * 3 and sheet.shape == (128, 3 * 96 + 16, 3)
    assert (each[0] == each[2]).all() and (each[0] != each[1]).mean() > 0.1
    assert abs(sheet[:, :96].astype(int) - each[0]).max() <= 2


@pytest.mark.host
@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({"prompts": "# nothing\n\n"}, "prompts: there is none; write one a line, or choose a file"),
        ({"prompts": "a\nb", "start": 2}, "start: there are 2 prompts, numbered from 0; 2 is not one of them"),
        ({"prompts": "a", "start": -1}, "start"),
        ({"prompts": "a", "start": "first"}, "start"),
        ({"prompts": "a", "count": 0}, "count"),
        ({"prompts": "a\n" + "b" * 3000}, "prompts: line 2 has 3000 characters"),
        ({"file": "input/gone.txt"}, "prompt file: there is no file 'gone.txt' in ComfyUI's input folder"),
        ({"file": "input/../secret.txt"}, "outside ComfyUI's folders"),
        ({"file": "/etc/passwd"}, "is not a .txt file"),
        ({"file": "/etc/passwd.txt"}, "must start with input/"),
        ({"file": "models/x.txt"}, "must start with input/"),
        ({"file": "bundled/x.txt"}, "must start with input/"),
        ({"file": "input/binary.txt"}, "file: 'binary.txt': byte 1 is not UTF-8"),
    ],
)
def test_what_is_wrong_is_one_line_on_the_node_and_the_server_lives_on(comfy: ComfyHost, inputs: dict, reason: str):
    (comfy.input_dir / "binary.txt").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(HeadlessError, match=r"^node 1 \(PASPromptList\): ") as error:
        comfy.run(listing(**inputs))
    assert reason in str(error.value) and len(str(error.value).splitlines()) == 1
    assert given(comfy, listing(prompts="waving"))[0] == ["waving"]


@pytest.mark.host
def test_a_linked_text_is_read_when_it_is_known(comfy: ComfyHost):
    graph = listing()
    graph["1"]["inputs"].update(prompts=["9", 0])
    graph["9"] = {"class_type": "PrimitiveStringMultiline", "inputs": {"value": "waving\nrunning"}}
    assert given(comfy, graph)[0] == ["waving", "running"]
    graph["9"]["inputs"]["value"] = "# nothing"
    with pytest.raises(HeadlessError, match=r"^node 1 \(PASPromptList\): prompts: there is none"):
        comfy.run(graph)
