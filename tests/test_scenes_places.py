"""The painted places: each paints any seed fully and the same way twice, and says clean words about it."""

import numpy as np
import pytest
from avatar_scene.training.scenes.canvas import Canvas, S
from avatar_scene.training.scenes.places import PLACES
from avatar_scene.training.scenes.places.registry import BASES

PLACE_IDS = sorted(PLACES)
BARE = (255, 0, 254)  # a colour that no place paints
PREPOSITIONS = {
    "above", "aboard", "among", "at", "below", "between", "by", "camping", "deep", "downtown", "far", "floating",
    "high", "in", "inside", "near", "next", "on", "out", "outside", "surrounded", "under", "underwater",
}  # fmt: skip
SEATS = {"stool", "rock", "log", "bench", "crate", "dark"}
DRESSES = {"any", "beach", "wet", "warm", "space"}


def paint(place: str, seed: int) -> tuple[Canvas, dict]:
    canvas = Canvas(np.random.default_rng(seed))
    canvas.im[:] = BARE
    return canvas, PLACES[place]["fn"](canvas) or {}


def tidy(text: str) -> bool:
    return text == " ".join(text.split()) and text == text.lower() and text[-1].isalnum()


def test_there_are_at_least_forty_places():
    assert len(PLACES) >= 40


@pytest.mark.parametrize("place", PLACE_IDS)
def test_a_place_fills_the_canvas_and_its_occluder_shows(place):
    for seed in range(2):
        canvas, info = paint(place, seed)
        assert canvas.im.shape == (S, S, 3)
        assert canvas.im.dtype == np.uint8
        bare = np.abs(canvas.im.astype(int) - BARE).max(-1) < 40
        assert bare.sum() < 12, f"seed {seed} leaves {bare.sum()} pixels bare"
        assert canvas.im.reshape(-1, 3).std(0).max() > 10, "one flat colour is no place"
        assert info.get("front"), "every place has something that can stand before the avatar"
        canvas.mask = np.zeros((S, S), np.uint8)
        info["front"]()
        assert 20 < (canvas.mask > 127).sum() < 0.6 * S * S


@pytest.mark.parametrize("place", PLACE_IDS)
def test_a_seed_always_paints_the_same_picture(place):
    (first, told), (again, told_again) = paint(place, 7), paint(place, 7)
    other, _ = paint(place, 8)
    np.testing.assert_array_equal(first.im, again.im)
    assert (first.words, told.get("phrases")) == (again.words, told_again.get("phrases"))
    assert (first.im != other.im).mean() > 0.2, "another seed paints another picture"


@pytest.mark.parametrize("place", PLACE_IDS)
def test_the_words_about_a_place_are_clean(place):
    about = PLACES[place]
    assert len(set(about["phrases"])) == len(about["phrases"]) >= 6
    assert len(about["acts"]) >= 2
    said = [*about["phrases"]]
    for seed in range(3):
        canvas, info = paint(place, seed)
        assert len(set(info.get("phrases", about["phrases"]))) >= 4
        said += info.get("phrases", ())
        assert canvas.words, "a picture has something to mention"
        assert all(tidy(word) for word in (*canvas.words, info.get("front_say", "it")))
    for phrase in said:
        assert tidy(phrase), phrase
        assert phrase.split()[0] in PREPOSITIONS, phrase


@pytest.mark.parametrize("place", PLACE_IDS)
def test_what_people_do_in_a_place_fits_it(place):
    about = PLACES[place]
    assert set(about["bases"]) <= set(BASES)
    assert about["seat"] in SEATS
    assert about["dress"] in DRESSES
    for act, bases in about["acts"]:
        assert tidy(act)
        gerund = any(word.endswith("ing") for word in act.split()[:2])  # "surfing", "scuba diving"
        assert gerund, f"'{act}' does not read well after 'a person is'"
        assert set(bases) <= set(BASES)
        assert set(bases) & set(about["bases"]), f"'{act}' needs a body that this place never shows"
        assert not any(phrase in act for phrase in about["phrases"]), f"'{act}' already says where"
