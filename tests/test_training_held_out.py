"""What is held out is nowhere in training, and the splits ask for it with words that models have not seen."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from avatar_scene.training.data.groups import CaptionGroup
from avatar_scene.training.data.poses import PoseSet
from avatar_scene.training.held_out import (
    ACTIONS,
    FILE,
    Entry,
    book_entries,
    choose,
    held_wordings,
    load_held_out,
    stems,
)
from avatar_scene.training.splits import held_out_splits, make_split


@pytest.fixture(scope="module")
def entries():
    return book_entries()


@pytest.fixture(scope="module")
def held(entries):
    return load_held_out(entries=entries)


def make_set(rows: list[tuple[str, list[str]]]) -> PoseSet:
    count = len(rows)
    return PoseSet(
        np.zeros((count, 21, 3), np.float32),
        np.zeros((count, 3), np.float32),
        np.ones(count),
        [action for action, _ in rows],
        [captions for _, captions in rows],
    )


def test_the_committed_list_names_40_actions_of_every_category(entries):
    listed = json.loads(FILE.read_text(encoding="utf-8"))["actions"]
    groups = {entry.name: entry.group for entry in entries}
    names = [name for members in listed.values() for name in members]
    assert len(names) == len(set(names)) == ACTIONS
    assert set(listed) == set(groups.values())
    assert all(groups[name] == group for group, members in listed.items() for name in members)


def test_a_held_out_action_goes_with_its_mirror_image_and_in_other_words(held):
    poses = make_set(
        [
            ("violin", ["a person plays the violin"]),
            ("shot_put (mirrored)", ["an athlete"]),
            ("mocap: music", ["someone is playing a violin on the stage", "a musician"]),
            ("walk", ["a person walks"]),
        ]
    )
    kept = held.leave_out(poses)
    assert kept.action == ["mocap: music", "walk"]
    assert kept.captions == [["a musician"], ["a person walks"]]


def test_held_out_wordings_go_however_they_are_dressed(held):
    wording = sorted(held.wordings)[0]
    poses = make_set([("walk", [f"in a gym, {wording.upper()} while sitting", "a person walks"])])
    assert held.leave_out(poses).captions == [["a person walks"]]
    groups = [CaptionGroup("x", (wording,), np.arange(3), 1.0), CaptionGroup("y", (wording, "z"), np.arange(3), 1.0)]
    assert [group.captions for group in held.leave_out_groups(groups)] == [("z",)]


def test_every_action_that_loses_a_wording_keeps_two(entries, held):
    for entry in entries:
        gone = [text for text in entry.captions if text.lower() in held.wordings]
        assert not gone or len(entry.captions) - len(gone) >= 2 or entry.name in held.actions


def test_the_rule_takes_every_category_by_its_size_and_spares_the_motion_capture():
    words = ["".join(pair) for pair in itertools.product("bcdfghjkmn", "opqtuvwxza", "k")]
    many = [Entry(f"{word}big", "sport", (f"{word}mm {word}nn",) * 3) for word in words[:90]]
    few = [Entry(f"{word}small", "rest", (f"{word}pp {word}qq",) * 3) for word in words[:30]]
    spoken = {f"{word}pp {word}qq" for word in words[:10]}
    chosen = choose(many + few, spoken)
    assert (len(chosen["sport"]), len(chosen["rest"])) == (30, 10)
    assert not {f"{word}small" for word in words[:10]} & set(chosen["rest"])
    assert chosen == choose(many + few, spoken)


def test_wordings_are_one_an_action_with_their_mirror_images():
    entries = [Entry(f"a{k}", "sport", tuple(f"the left hand {k} {n}" for n in range(5))) for k in range(60)]
    wordings = held_wordings(entries, set())
    left = {text for text in wordings if "left" in text}
    assert 20 < len(left) < 50 and len(wordings) == 2 * len(left)
    assert len({text.split()[3] for text in left}) == len(left)


def test_stems():
    assert stems("A boxer is punching with both fists") == stems("boxer punched, fist")
    assert stems("someone is sitting") == stems("sits")


def test_splits_ask_with_plain_wordings_and_know_the_poses_that_show_them(entries, held):
    violin = next(entry for entry in entries if entry.name == "violin")
    wording, said = sorted(held.wordings)[0], violin.captions[0]
    owner = next(entry.name for entry in entries if wording in [text.lower() for text in entry.captions])
    book = make_set([("violin", [f"{said} on a stage"]), (owner, [f"{wording} in a gym"]), (owner, ["something else"])])
    unseen, wordings = held_out_splits(book, held, 10)
    assert said.lower() in unseen.texts and set(unseen.actions) == {"violin"} and len(unseen.real) == 1
    assert wordings.texts == [wording] and wordings.actions == [owner] and len(wordings.real) == 1


def test_a_split_takes_one_text_of_each_action_before_the_second():
    rows = [(f"a{k}", [f"text {k} {n}" for n in range(4)]) for k in range(10)]
    split = make_split("x", make_set(rows), 15)
    assert len(split.texts) == 15 and len(set(split.actions[:10])) == 10
