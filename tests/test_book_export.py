"""From solved actions to training data: captions, mirrored copies, hands and weights."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from avatar_scene.pose_prior.hands import FINGER_STATES
from avatar_scene.training.action_book.book import Book
from avatar_scene.training.action_book.captions import fitting_wordings, join, pose_captions, posture_of
from avatar_scene.training.action_book.export import export_book, write_captions
from avatar_scene.training.action_book.solver import SolvedAction
from avatar_scene.training.data.book import load_book

ENTRIES = [
    {"name": "stand"},
    {"name": "sit", "phrase": "sitting on a chair"},
]
WAVE = {
    "name": "wave",
    "group": "gesture",
    "bases": ["stand", "sit"],
    "hands": {"right": "open"},
    "captions": ["a person waves with the right hand", "waving hello while standing", "someone says goodbye"],
    "one_of": [[[], {"phrase": "with the left hand on the hip", "hands": {"left": "fist"}}]],
}


@pytest.fixture
def action():
    return Book(ENTRIES, [WAVE]).action("wave")


@pytest.fixture
def solved() -> SolvedAction:
    draw = np.random.default_rng(0)
    numbers = lambda *shape: draw.normal(0, 0.3, shape).astype(np.float32)  # noqa: E731
    base, picks = np.arange(12) % 2, (np.arange(12) // 2 % 2)[:, None]
    report = {"spread_cm": 5.0, "kept": 12}
    return SolvedAction(
        "wave", numbers(12, 21, 3), numbers(12, 3), numbers(12, 3), base, picks, numbers(12, 1, 7), report
    )


def test_phrases_are_joined_as_people_write():
    assert join("a person waves", "sitting on a chair") == "a person waves while sitting on a chair"
    assert join("a person waves", "sitting on a chair", leading=True) == "sitting on a chair, a person waves"
    assert join("a person waves", "with the left hand on the hip") == "a person waves, with the left hand on the hip"
    assert join("a person sits and reads", "sitting on a chair") == "a person sits and reads"


def test_a_wording_of_another_posture_is_not_used(action):
    standing, sitting = action.specs
    assert posture_of(standing) == "stand" and posture_of(sitting) == "sit"
    assert "waving hello while standing" in fitting_wordings(action, standing)
    assert "waving hello while standing" not in fitting_wordings(action, sitting)


def test_captions_are_the_same_in_every_run_and_differ_between_poses(action):
    captions = [pose_captions(action, 1, [1], False, 3, str(row)) for row in range(20)]
    assert captions == [pose_captions(action, 1, [1], False, 3, str(row)) for row in range(20)]
    texts = {text for row in captions for text in row}
    assert any("sitting on a chair" in text for text in texts) and any("hip" in text for text in texts)
    assert len(texts) > 8


def test_mirrored_rows_swap_body_words_and_hands(action, solved, tmp_path):
    assert export_book([(action, solved)], tmp_path).startswith("1 actions, 24 poses")
    arrays = np.load(tmp_path / "poses.npz", allow_pickle=False)
    table = json.loads((tmp_path / "captions.json").read_text())
    assert arrays["body"].shape == (24, 21, 3) and len(table) == 24
    assert arrays["mirrored"].tolist() == [0] * 12 + [1] * 12
    left_hip, right_hip = 0, 1
    flip = np.array([1, -1, -1])
    assert np.allclose(arrays["body"][12:, right_hip], arrays["body"][:12, left_hip] * flip, atol=2e-3)
    assert np.allclose(arrays["body"][:12], solved.body, atol=6e-3)
    assert set(arrays["right_hand"][:12]) == {"open"} and set(arrays["left_hand"][12:]) == {"open"}
    assert arrays["left_hand"][:12].tolist() == ["fist" if pick else "relaxed" for pick in solved.picks[:, 0]]
    assert set(arrays["left_hand"]) <= set(FINGER_STATES)
    assert {row["action"] for row in table} == {"wave", "wave (mirrored)"}
    assert not any("waves with the right hand" in text for row in table[12:] for text in row["captions"])
    assert arrays["weight"].sum() == pytest.approx(2 * 0.5)  # 5 cm of spread count half


def test_new_wordings_need_no_new_solving_but_other_branches_do(action, solved, tmp_path):
    export_book([(action, solved)], tmp_path)
    exported = (tmp_path / "captions.json").read_text()
    assert write_captions([action], tmp_path) == f"{len(_texts(exported))} distinct captions"
    assert (tmp_path / "captions.json").read_text() == exported
    write_captions([replace(action, captions=("someone greets a neighbour",))], tmp_path)
    reworded = _texts((tmp_path / "captions.json").read_text())
    assert all("greet" in text for text in reworded) and any("sitting on a chair" in text for text in reworded)
    with pytest.raises(ValueError, match="solve and export"):
        write_captions([replace(action, specs=action.specs[:1])], tmp_path)
    with pytest.raises(ValueError, match="has it no more"):
        write_captions([], tmp_path)


def _texts(table: str) -> set[str]:
    return {text for row in json.loads(table) for text in row["captions"]}


def test_the_training_reader_takes_the_export(action, solved, tmp_path):
    export_book([(action, solved)], tmp_path)
    poses = load_book(tmp_path / "poses.npz")
    assert len(poses) == 24 and len(poses.captions[0]) >= 1
    assert FINGER_STATES[poses.hands[0, 1]] == "open"


def test_an_empty_book_is_refused(tmp_path):
    with pytest.raises(ValueError, match="run solve first"):
        export_book([], tmp_path)
