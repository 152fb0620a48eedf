"""Synthetic scenes: the samples that the mini outpainter is trained on."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
import torch

from avatar_scene.rendering import load_body
from avatar_scene.smpl import SMPLPose
from avatar_scene.training.scenes import actions, captions, wardrobe
from avatar_scene.training.scenes.bake import PPM, Baker, balanced, body_base
from avatar_scene.training.scenes.canvas import Canvas
from avatar_scene.training.scenes.figure import NEUTRAL, Stance, draw_figure
from avatar_scene.training.scenes.people import People, save_people
from avatar_scene.training.scenes.places import PLACES
from avatar_scene.training.scenes.props.held import HELD, Grip
from avatar_scene.training.scenes.sample import sample
from avatar_scene.training.scenes.write import write_shards
from avatar_scene.training.shards import list_shards, read_shard

BAKED = (
    actions.Action("waving", "waving", ("waving", "waving hello"), ("stand",), poses=1),
    actions.Action("sitting", "sitting on a chair", ("sitting", "sitting down"), ("sit",), poses=1),
    actions.Action("reading a book", "reading a book", ("reading a book", "reading"), ("stand",), hold="book", poses=1),
)


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """A small cache of people, really posed and rendered."""
    path = tmp_path_factory.mktemp("people") / "people.npz"
    baker, rng = Baker(), np.random.default_rng(0)
    save_people(path, [sprite for action in BAKED for sprite in baker.bake(action, rng)], PPM)
    return path


@pytest.fixture(scope="session")
def people(cache):
    return People(cache)


@pytest.fixture(scope="session")
def scenes(people):
    return [sample(seed, people) for seed in range(64)]


def test_a_seed_gives_the_same_sample_every_time(people, scenes):
    again = sample(5, people)
    for name in ("image", "person", "gray"):
        assert np.array_equal(getattr(again, name), getattr(scenes[5], name))
    assert (again.caption, again.place, again.action) == (scenes[5].caption, scenes[5].place, scenes[5].action)
    assert not np.array_equal(scenes[5].image, scenes[6].image)


def test_the_picture_is_the_person_where_the_person_is_opaque(scenes):
    for scene in scenes:
        opaque = scene.person[..., 3] == 255
        assert opaque.sum() > 100
        assert np.array_equal(scene.image[opaque], scene.person[opaque][:, :3])


def test_the_gray_body_lies_under_the_person_and_is_gray(scenes):
    overlaps = []
    for scene in scenes:
        body, person = scene.gray[..., 3] > 127, scene.person[..., 3] > 127
        overlaps.append((body & person).sum() / (body | person).sum())
        assert (np.ptp(scene.gray[..., :3].astype(int), axis=2) == 0).all()
    assert np.median(overlaps) > 0.75


def test_something_crosses_the_person_in_about_a_sixth_of_the_samples(scenes):
    crossed = np.mean([scene.covered > 0.03 for scene in scenes if scene.action != "reading a book"])
    assert 0.08 < crossed < 0.3
    assert max(scene.covered for scene in scenes) < 0.75


def test_the_gray_body_keeps_its_full_shape_behind_what_crosses_it(people, scenes):
    scene = max(scenes, key=lambda s: s.covered)
    hidden = (scene.gray[..., 3] == 255) & (scene.person[..., 3] == 0)
    assert hidden.sum() > 0.03 * (scene.gray[..., 3] == 255).sum()


def test_a_mirrored_person_is_lit_from_the_same_side(people):
    palette = wardrobe.dress(np.random.default_rng(0))
    for k in range(len(people)):
        sprite = people[k]
        for flip in (False, True):
            stance = Stance(128, 250, people.ppm, flip=flip)
            figure = draw_figure(sprite, people.ppm, stance, palette, NEUTRAL, 0.0)
            inside = figure.gray_alpha > 250
            columns = np.nonzero(inside)[1]
            left, right = columns < np.percentile(columns, 25), columns > np.percentile(columns, 75)
            assert figure.gray[inside][left].mean() > figure.gray[inside][right].mean()


def test_a_sprite_survives_the_cache(cache, tmp_path, people):
    sprite = people[0]
    h, w = sprite.gray.shape[:2]
    assert sprite.label.shape == (2 * h, 2 * w)
    assert sprite.joints.shape == (24, 2)
    assert (sprite.joints > -2).all() and (sprite.joints < (w + 2, h + 2)).all()
    assert sprite.base == "stand" and sprite.action == "waving"
    broken = tmp_path / "broken.npz"
    broken.write_bytes(cache.read_bytes()[:500])
    with pytest.raises(ValueError, match=r"people '.*broken.npz'.*bake"):
        People(broken)


def test_an_unknown_place_is_named(people):
    with pytest.raises(ValueError, match="place 'atlantis' is not known"):
        sample(0, people, "atlantis")


# --- captions


def test_captions_are_clean_and_mostly_about_a_person():
    rng = np.random.default_rng(0)
    texts = [
        captions.caption(rng, "waving hello", "on the beach", sky, ["a palm tree", "a boat", "a boat"])
        for sky in (None, *captions.WHEN)
        for _ in range(300)
    ]
    for text in texts:
        assert text == text.lower().strip() and text
        assert not re.search(r"  | ,|,,|[{}]", text)
        assert "on the beach" in text
        assert text.count("a boat") < 2
    assert np.mean([text.startswith("a person is") for text in texts]) > 0.3
    assert len(set(texts)) > 600


def test_no_time_of_day_is_told_indoors():
    rng = np.random.default_rng(0)
    said = {words for wordings in captions.WHEN.values() for words in wordings}
    texts = [captions.caption(rng, "reading", "in a library", None, []) for _ in range(300)]
    assert not any(words in text for words in said for text in texts)


# --- actions, clothes, things


def test_whatever_a_place_asks_for_is_baked_and_can_be_held():
    baked = {words for action in actions.all_actions() for words in action.says}
    for place in PLACES.values():
        assert {words for words, _ in place["acts"]} <= baked
    assert {action.hold for action in actions.all_actions()} - {""} <= set(HELD)
    names = [action.name for action in actions.all_actions()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("thing", sorted(HELD))
def test_things_are_drawn_near_the_hand(thing):
    s = Canvas(np.random.default_rng(0))
    s.mask = np.zeros((256, 256), np.uint8)
    point = lambda x, y: np.array([x, y], float)  # noqa: E731
    grip = Grip(point(150, 120), point(0.8, -0.6), point(105, 140), point(128, 160), point(128, 80), 230.0, 80.0, 1)
    HELD[thing][0](s, grip)
    rows, columns = np.nonzero(s.mask > 127)
    assert len(rows) > 5
    hands = np.array([[150, 120], [105, 140], [127, 130]])
    nearest = np.hypot(columns[:, None] - hands[:, 0], rows[:, None] - hands[:, 1]).min()
    assert nearest < 60


@pytest.mark.parametrize("code", ["any", "beach", "wet", "warm", "space"])
def test_everybody_is_dressed(code):
    for seed in range(30):
        palette = wardrobe.dress(np.random.default_rng(seed), code)
        assert (palette[0] == 0).all() and (palette[1:, 3] == 1).all()
        assert np.isfinite(palette).all() and palette.min() >= 0 and palette.max() <= 1


def test_what_is_painted_moves_with_the_pan():
    def painted(pan):
        s = Canvas(np.random.default_rng(0))
        s.pan = pan
        s.rect(60, 60, 90, 100, "#ff0000")
        s.line([(60, 120), (90, 130)], "#00ff00", 3)
        s.ell(80, 150, 12, 6, "#0000ff")
        s.dot(80, 170, 5, "#ffffff")
        s.glow(80, 200, 20, "#ffff00")
        s.soft([(60, 220), (90, 220), (75, 240)], "#00ffff", 1.0)
        return s.im

    still, moved = painted(None), painted((17.0, 0.0))
    assert np.array_equal(still[:, 20:200], moved[:, 37:217])


# --- what carries a body


def _joints(**turns) -> np.ndarray:
    """Joints (24, 3) of the bundled body; turns: SMPL joint number -> axis-angle."""
    body_pose, root = torch.zeros(1, 21, 3), torch.zeros(1, 3)
    for joint, turn in turns.items():
        if joint == "root":
            root[0] = torch.tensor(turn)
        else:
            body_pose[0, int(joint[1:]) - 1] = torch.tensor(turn)
    return load_body().posed(SMPLPose.create(body_pose, root))[1][0].numpy()


def test_what_carries_a_body_is_told_from_its_joints():
    half = math.pi / 2
    thighs = {"j1": (-half, 0.0, 0.0), "j2": (-half, 0.0, 0.0)}
    shins = {"j4": (half, 0.0, 0.0), "j5": (half, 0.0, 0.0)}
    assert body_base(_joints()) == "stand"
    assert balanced(_joints())
    assert body_base(_joints(**thighs, **shins)) == "sit"
    assert body_base(_joints(**thighs)) == "floor"
    assert body_base(_joints(root=(-half, 0.0, 0.0))) == "lie"
    assert not balanced(_joints(j1=(-1.0, 0.0, 0.0), j2=(-1.0, 0.0, 0.0)))


# --- shards


def test_an_interrupted_writer_goes_on_where_it_stopped(cache, tmp_path):
    assert write_shards(cache, tmp_path, 5, 2, seed=40) == 5
    first = [(sample.caption, sample.about["seed"]) for path in list_shards(tmp_path) for sample in read_shard(path)]
    assert [number for _, number in first] == [40, 41, 42, 43, 44]
    middle = list_shards(tmp_path)[1]
    middle.unlink()
    assert write_shards(cache, tmp_path, 5, 2, seed=40) == 2
    again = [(sample.caption, sample.about["seed"]) for path in list_shards(tmp_path) for sample in read_shard(path)]
    assert again == first


@pytest.mark.parametrize("bad", [dict(count=0), dict(per_shard=0), dict(workers=0)])
def test_bad_numbers_are_named(cache, tmp_path, bad):
    with pytest.raises(ValueError, match=f"{next(iter(bad)).replace('_', '-')} is 0; choose 1 or more"):
        write_shards(cache, tmp_path, **{"count": 4, **bad})
