"""The blind check of the action book: questions that hide their answers, and an honest count."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
from avatar_scene.training.action_book.blind import draw_questions, read_answers, tally
from avatar_scene.training.action_book.book import Book
from avatar_scene.training.action_book.export import export_book, exported_poses, shown_poses
from avatar_scene.training.action_book.solver import SolvedAction

NAMES = ("wave", "bow", "sit", "run", "climb", "sing", "box", "sleep", "paint", "dig")
POSES = 8


@pytest.fixture(scope="module")
def solved():
    entries = [{"name": "stand"}]
    actions = [
        {
            "name": name,
            "group": "gesture",
            "bases": ["stand"],
            "captions": [f"a person will {name}", f"to {name}", f"{name} now"],
        }
        for name in NAMES
    ]
    book, draw = Book(entries, actions), np.random.default_rng(0)
    rows = lambda *shape: draw.normal(0, 0.2, (POSES, *shape)).astype(np.float32)  # noqa: E731
    picks = np.zeros((POSES, 0), int)
    report = {"spread_cm": 12.0}
    base = np.zeros(POSES, int)
    return [
        (book.action(name), SolvedAction(name, rows(21, 3), rows(3), rows(3), base, picks, rows(0, 7), report))
        for name in NAMES
    ]


def questions(solved, names, folder):
    poses = {action.name: shown_poses(action, found) for action, found in solved if action.name in names}
    return draw_questions([action for action, _ in solved], poses, folder, seed=3, size=32)


def test_every_action_is_asked_once_among_eight_different_ones(solved, tmp_path):
    sheets = questions(solved, NAMES, tmp_path)
    key = json.loads((tmp_path / "key.json").read_text())
    assert len(sheets) == 1 and sheets[0].is_file()
    assert sorted(question["options"][question["answer"]] for question in key.values()) == sorted(NAMES)
    assert all(len(set(question["options"])) == 8 for question in key.values())
    shown = (tmp_path / "questions.txt").read_text()
    assert "answer" not in shown and shown.count("a person will") == 8 * len(NAMES)


def test_some_actions_are_asked_beside_wordings_of_the_whole_book(solved, tmp_path):
    questions(solved, ("wave", "dig"), tmp_path)
    key = json.loads((tmp_path / "key.json").read_text())
    assert sorted(question["options"][question["answer"]] for question in key.values()) == ["dig", "wave"]
    assert all(len(set(question["options"])) == 8 for question in key.values())


def test_exported_poses_are_those_that_were_solved(solved, tmp_path):
    export_book(solved, tmp_path)
    found = exported_poses(tmp_path / "poses.npz")
    assert sorted(found) == sorted(NAMES)
    for action, poses in solved:
        np.testing.assert_allclose(found[action.name].body, poses.body, atol=0.004)
        np.testing.assert_allclose(found[action.name].root, poses.root, atol=0.004)
        assert found[action.name].hands == shown_poses(action, poses).hands


def test_answers_are_counted_and_confusions_named(tmp_path):
    key = {str(n): {"options": ["wave", "bow"], "answer": n % 2} for n in range(10)}
    right = {n: "ab"[n % 2] for n in range(10)}
    assert tally(key, right).startswith("10 of 10 right: 1.000")
    report = tally(key, {**right, 0: "b"})
    assert report.startswith("9 of 10 right: 0.900 (0.596-0.982)") and "wave taken for bow" in report  # Wilson 1927


@pytest.mark.parametrize("line", ["17", "17 c d", "seventeen c"])
def test_a_line_that_is_no_answer_is_shown(line, tmp_path):
    (tmp_path / "answers.txt").write_text(f"1 a\n\n{line}\n")
    with pytest.raises(ValueError, match=line):
        read_answers(tmp_path / "answers.txt")


@pytest.mark.parametrize("answers", [{1: "z"}, {99: "a"}, {1: "?"}, {}])
def test_answers_to_no_question_are_refused(answers):
    with pytest.raises(ValueError, match="answers"):
        tally({"1": {"options": ["wave", "bow"], "answer": 0}}, answers)


def test_guessing_is_right_an_eighth_of_the_time():
    key = {str(n): {"options": list(NAMES[:8]), "answer": n % 8} for n in range(4000)}
    draw = random.Random(0)
    share = float(tally(key, {n: draw.choice("abcdefgh") for n in range(4000)}).split()[4])
    assert share == pytest.approx(1 / 8, abs=0.02)
