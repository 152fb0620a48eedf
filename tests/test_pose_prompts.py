"""Prompts and captions are phrased by one function, which never fails and never drops what it need not."""

from __future__ import annotations

import pytest
from avatar_scene.pose_prior.prompts import normalise


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Planting flowers  in the\n garden", "a person is planting flowers in the garden"),
        ("sits on a chair", "a person sits on a chair"),
        ("on one knee", "a person is on one knee"),
        ("with both arms raised", "a person with both arms raised"),
        ("A person is doing yoga", "a person is doing yoga"),
        ("an archer draws a bow", "an archer draws a bow"),
        ("king of the hill", "king of the hill"),
        ("painting a fence white", "a person is painting a fence white"),
        ("painting of a queen", "painting of a queen"),
        ("building", "building"),
        ("¡bailando salsa!", "¡bailando salsa!"),
        ("🙂", "🙂"),
    ],
)
def test_text_is_phrased_as_a_person_doing_something(text, expected):
    assert normalise(text).text == expected


def test_normalising_twice_changes_nothing():
    for text in ("waving", "in the rain", "jumps", "a knight", "   "):
        once = normalise(text).text
        assert normalise(once).text == once


@pytest.mark.parametrize("text", ["", "  \n\t "])
def test_empty_text_stands_for_no_condition_and_says_so(text):
    prompt = normalise(text)
    assert prompt.text == "" and "without text" in prompt.note


def test_long_text_is_cut_after_a_word_with_a_note():
    count = lambda text: len(text.split()) + 2  # noqa: E731
    prompt = normalise("walking " + "far " * 10_000, count, 63)
    assert count(prompt.text) == 63
    assert prompt.text.endswith(" far") and "63 tokens" in prompt.note


def test_one_endless_word_gives_no_condition():
    prompt = normalise("a" * 10_000, len, 63)
    assert prompt.text == "" and "overlong" in prompt.note
