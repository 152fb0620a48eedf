"""Solving facts into poses: a tiny book, end to end, on the bundled body and prior."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from avatar_scene.pose_prior.vposer import load_vposer
from avatar_scene.rendering.body import load_body
from avatar_scene.training.action_book.book import Book
from avatar_scene.training.action_book.problem import BookBody
from avatar_scene.training.action_book.seeds import SeedPoses
from avatar_scene.training.action_book.selection import farthest_points, spread_cm, varied_best
from avatar_scene.training.action_book.solver import BookSolver, Settings
from avatar_scene.training.action_book.store import PoseCache, solve_book
from avatar_scene.training.action_book.validation import check_actions
from avatar_scene.training.data.poses import PoseSet

CAPTIONS = ["a person raises the right hand", "right hand up", "someone with a raised right hand"]
STAND = {
    "name": "stand",
    "facts": [
        {"support": ["l_foot", "r_foot"]},
        {"bend": "*_knee", "deg": [2, 20]},
        {"at": ["l_heel", "r_heel"], "left": [10, 32], "fwd": [-12, 12]},
        {"lean": {"fwd": [-3, 8], "side": [-4, 4]}},
    ],
}
RAISE = {
    "name": "raise_hand",
    "group": "gesture",
    "bases": ["stand"],
    "captions": CAPTIONS,
    "hands": {"right": "open"},
    "facts": [{"at": ["r_palm", "crown"], "up": [5, 30]}],
    "one_of": [
        [[], {"phrase": "with the left hand on the hip", "facts": [{"touch": ["l_palm", "l_hip"], "cm": [0, 5]}]}]
    ],
}
HOLD = {
    "name": "hold_pole",
    "group": "work",
    "like": ["stand"],
    "captions": CAPTIONS,
    "props": {"pole": {"dir": "up", "near": "r_palm"}},
    "facts": [{"grip": ["r", "pole", [-5, 5]]}, {"dir": ["pole", "up"], "tol": 10}],
}
IMPOSSIBLE = {**RAISE, "name": "impossible", "facts": [{"at": ["r_palm", "crown"], "up": [150, 160]}]}


@pytest.fixture(scope="module")
def body() -> BookBody:
    return BookBody(load_body())


@pytest.fixture(scope="module")
def solver(body) -> BookSolver:
    """Seeds from the prior itself stand in for motion capture."""
    prior = load_vposer()
    code = torch.randn(400, 32, generator=torch.Generator().manual_seed(0))
    poses = prior.decode(code).numpy()
    seeds = PoseSet(poses, np.zeros((400, 3), np.float32), np.ones(400), [""] * 400, [[]] * 400)
    seeds = SeedPoses(seeds, body.skeleton, body.capsules)
    return BookSolver(body, prior, seeds, Settings(kept=6, candidates=10, steps=90))


@pytest.fixture(scope="module")
def book() -> Book:
    return Book([STAND], [RAISE, HOLD, IMPOSSIBLE])


@pytest.fixture(scope="module")
def solved(solver, book) -> dict:
    return {one.name: one for one in solver.solve([book.action(name) for name in book.action_names])}


def test_two_simple_actions_are_solved(solved):
    for name in ("raise_hand", "hold_pole"):
        assert solved[name].report["kept"] == 6, solved[name].report
        assert solved[name].body.shape == (6, 21, 3) and np.isfinite(solved[name].body).all()
        assert solved[name].report["spread_cm"] > 2


def test_the_solved_poses_do_what_the_facts_say(solved, body):
    poses = solved["raise_hand"]
    vertices, joints = load_body().posed(_smpl(poses))
    wrist, head = joints[:, 21, 1], joints[:, 15, 1]
    assert (wrist > head).all()
    assert (vertices[..., 1].amin(1).abs() < 0.03).all()  # on the floor, not in it
    assert (poses.picks[:, 0] == 1).any() and (poses.picks[:, 0] == 0).any()


def test_props_are_solved_with_the_body(solved, body):
    axis = solved["hold_pole"].props[:, 0, 3:6]
    assert (axis[:, 1] > np.cos(np.radians(20))).all()


def test_an_impossible_fact_is_reported_and_nothing_is_kept(solved):
    report = solved["impossible"].report
    assert report["accepted"] == 0 and report["kept"] == 0
    assert next(iter(report["failing"])) == "at r_palm crown up"


def test_an_action_is_solved_the_same_alone_and_in_company(solver, book, solved):
    alone = solver.solve([book.action("raise_hand")])[0]
    assert np.array_equal(alone.picks, solved["raise_hand"].picks)
    assert np.allclose(alone.body, solved["raise_hand"].body, atol=1e-3)


def test_the_cache_solves_only_what_changed(solver, book, tmp_path):
    cache, said = PoseCache(tmp_path, solver.settings, "test"), []
    actions = [book.action("raise_hand")]
    assert solve_book(actions, solver, cache, say=said.append) == []
    again = solve_book(actions, solver, cache, say=said.append)
    assert again == [] and said[-1] == "1 actions, 0 to solve"
    changed = Book([STAND], [{**RAISE, "facts": [{"at": ["r_palm", "crown"], "up": [6, 30]}]}]).action("raise_hand")
    assert cache.load(changed) is None and cache.load(changed, stale=True) is not None
    assert np.array_equal(cache.load(actions[0]).body, solver.solve(actions)[0].body)


def test_contradictions_and_unreachable_ranges_are_found_before_solving(body):
    twice = {**RAISE, "facts": [{"at": ["r_palm", "crown"], "up": [5, 30]}, {"height": "r_palm", "cm": [300, 400]}]}
    against = {**RAISE, "name": "against", "facts": [{"dist": ["r_palm", "nose"], "cm": [0, 3]}], "one_of": [
        [[{"touch": ["r_palm", "nose"], "cm": [9, 12]}]]
    ]}  # fmt: skip
    book = Book([STAND], [twice, against])
    problems = check_actions([book.action(name) for name in book.action_names], body)
    assert len(problems) == 2
    assert "can never be reached" in problems[0] and "contradict each other" in problems[1]


def test_selection_takes_the_best_of_every_cluster():
    features = torch.tensor([[0.0, 0], [0.1, 0], [5, 0], [5.1, 0], [0, 5], [0.1, 5]])
    score = torch.tensor([1.0, 0, 0, 1, 0, 1])
    assert sorted(varied_best(features, score, 3).tolist()) == [1, 2, 4]
    assert sorted(farthest_points(features, 3).tolist()) == [0, 3, 5]
    assert spread_cm(features[:1]) == 0


def _smpl(poses):
    from avatar_scene.smpl import SMPLPose

    parts = (torch.from_numpy(part) for part in (poses.body, poses.root, poses.transl))
    body, root, transl = parts
    return SMPLPose.create(body, root, transl=transl)
