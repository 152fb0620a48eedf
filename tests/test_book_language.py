"""The fact language: what is refused, what overrides what, and what a mirror does to words."""

from __future__ import annotations

import pytest
from avatar_scene.training.action_book.book import Book, mirror_spec
from avatar_scene.training.action_book.mirror import mirror_fact, mirror_name, mirror_words
from avatar_scene.training.action_book.schema import parse_fact, parse_facts, parse_range

STAND = {"name": "stand", "facts": [{"support": ["l_foot", "r_foot"]}, {"lean": {"fwd": [-3, 8], "side": [-4, 4]}}]}
CAPTIONS = ["one", "two", "three"]


def wave(**parts) -> dict:
    return {"name": "wave", "group": "gesture", "bases": ["stand"], "captions": CAPTIONS, **parts}


def labels(facts) -> list[str]:
    return sorted(fact.label for fact in facts)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"bend": "l_knee"}, "needs deg"),
        ({"bend": "l_knee", "deg": [20, 10]}, "is empty"),
        ({"bend": "l_knee", "cm": [1, 2]}, "has no option 'cm'"),
        ({"bned": "l_knee", "deg": [1, 2]}, "unknown kind 'bned'"),
        ({"at": ["l_palm", "nose"]}, "at least one of"),
        ({"dist": ["l_palm"], "cm": [1, 2]}, "takes 2 subject"),
        ({"lean": {"forward": [1, 2]}}, "no part 'forward'"),
        ({"palm": ["left", "down"]}, "l or r"),
        ({"grip": ["l", "bar"], "thumb": "up"}, "plus or minus"),
        ("bend", "must look like"),
    ],
)
def test_a_wrong_fact_is_refused_in_one_line_that_names_the_action(entry, message):
    with pytest.raises(ValueError, match=message) as caught:
        parse_fact(entry, "wave")
    assert str(caught.value).startswith("wave: ") and "\n" not in str(caught.value)


def test_a_range_is_a_number_or_two_numbers_in_order():
    assert parse_range(3) == (3.0, 3.0) and parse_range([1, 2]) == (1.0, 2.0)
    for wrong in ([2, 1], "1", [1], True, None):
        with pytest.raises(ValueError):
            parse_range(wrong)


def test_star_means_both_sides_and_tilde_the_other():
    atoms = parse_fact({"touch": ["*_palm", "~_elbow"], "cm": [0, 2]}, "x")
    assert [atom.subjects for atom in atoms] == [("l_palm", "r_elbow"), ("r_palm", "l_elbow")]


def test_a_wrong_entry_does_not_spoil_the_book():
    good, twice = wave(), wave()
    book = Book([STAND], [good, twice, {"name": "odd", "fact": []}, {"no name": 1}])
    assert book.action_names == ["wave"] and len(book.problems) == 3
    assert book.action("wave").specs[0].base == "stand"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (wave(captions=["only one"]), "3 or more captions"),
        (wave(group="other"), "group 'other' is unknown"),
        (wave(bases=["sand"]), "unknown 'sand'"),
        (wave(hands={"left": "claw"}), "finger state 'claw'"),
        (wave(hands={"up": "fist"}), "no side 'up'"),
        (wave(one_of=[[{"phrases": "x"}]]), "not 'phrases'"),
        (wave(like=["wave"]), "inherits from itself"),
    ],
)
def test_a_wrong_action_is_refused(entry, message):
    with pytest.raises(ValueError, match=message):
        Book([STAND], [entry]).action("wave")


def test_own_facts_replace_inherited_ones_about_the_same_subject():
    spec = (
        Book([STAND], [wave(facts=[{"lean": {"fwd": [20, 30]}}, {"support": ["l_foot"], "cm": 1}])])
        .action("wave")
        .specs[0]
    )
    facts = spec.drawn_facts(())
    assert labels(facts) == ["lean fwd", "lean side", "support l_foot", "support r_foot"]
    assert next(f for f in facts if f.label == "lean fwd").range("deg") == (20.0, 30.0)


def test_a_lifted_heel_leaves_the_ball_of_the_foot_on_the_floor():
    spec = Book([STAND], [wave(facts=[{"height": "l_heel", "cm": [3, 9]}])]).action("wave").specs[0]
    assert labels(spec.drawn_facts(()))[-2:] == ["support l_ball", "support r_foot"]


def test_branches_override_for_the_poses_that_draw_them_and_own_facts_override_inherited_branches():
    base = {**STAND, "one_of": [[[], [{"lean": {"fwd": [30, 40]}}, {"lean": {"side": [9, 10]}}]]]}
    entry = wave(facts=[{"lean": {"side": [0, 1]}}], one_of=[[[], [{"lean": {"side": [2, 3]}}]]])
    spec = Book([base], [entry]).action("wave").specs[0]
    lean = lambda picks: {f.label: f.range("deg") for f in spec.drawn_facts(picks) if f.kind == "lean"}  # noqa: E731
    assert lean((0, 0)) == {"lean fwd": (-3, 8), "lean side": (0, 1)}
    assert lean((1, 0)) == {"lean fwd": (30, 40), "lean side": (0, 1)}
    assert lean((1, 1)) == {"lean fwd": (30, 40), "lean side": (2, 3)}


@pytest.mark.parametrize(("drop", "left"), [(["lean"], 2), (["support l_foot"], 3), (["foot"], 2), (["lean side"], 3)])
def test_drop_removes_by_kind_subject_or_both(drop, left):
    spec = Book([STAND], [wave(drop=drop)]).action("wave").specs[0]
    assert len(spec.drawn_facts(())) == left


def test_a_tilde_inherits_the_mirrored_archetype():
    lunge = {"name": "lunge", "facts": [{"support": ["l_foot"]}, {"at": ["l_heel", "r_ball"], "left": [4, 26]}]}
    spec = Book([lunge], [wave(bases=["lunge~"])]).action("wave").specs[0]
    assert labels(spec.drawn_facts(())) == ["at r_heel l_ball", "support r_foot"]
    assert spec.drawn_facts(())[1].range("left") == (-26.0, -4.0)


def test_mirroring_twice_is_nothing():
    facts = parse_facts(
        [
            {"at": ["r_wrist", "l_wrist"], "fwd": [3, 8], "left": [1, 2], "frame": "chest"},
            {"dir": ["chest_left", "down+left"], "tol": 9},
            {"dir": ["l_arm", "-chest_left"]},
            {"dir": ["l_arm", [0.5, 1, 0]]},
            {"elev": "pelvis_left", "deg": [3, 7]},
            {"azim": "trunk", "deg": [3, 7]},
            {"turn": "head", "deg": [10, 20]},
            {"lean": {"fwd": 1, "side": [1, 2], "twist": [3, 4], "curl": 5}},
        ],
        "x",
    )
    spec = Book([], [wave(bases=[], facts=[])]).action("wave").specs[0]
    for fact in facts:
        assert mirror_fact(mirror_fact(fact)) == fact
    assert mirror_fact(facts[0]) != facts[0]
    assert mirror_spec(mirror_spec(spec)) == spec


def test_words_change_sides():
    assert (
        mirror_words("Left-handed, the left arm up and right leg down")
        == "Right-handed, the right arm up and left leg down"
    )
    assert mirror_words("bright lights, a leftover") == "bright lights, a leftover"
    assert mirror_name("to:l_palm") == "to:r_palm" and mirror_name("fwd+0.4*left") == "fwd+0.4*right"


def test_content_hash_follows_the_facts_and_not_the_captions():
    key = lambda **parts: Book([STAND], [wave(**parts)]).action("wave").content_hash  # noqa: E731
    assert key() == key(captions=["a", "b", "c"])
    assert key() != key(facts=[{"gaze": "up"}])


def test_the_book_itself_is_valid():
    book = Book.load()
    assert not book.problems
    assert all(book.action(name) for name in book.action_names)
