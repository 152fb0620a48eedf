"""Facts as measurements: satisfied by construction means no residual, and mirrors agree."""

from __future__ import annotations

import math

import pytest
import roma
import torch
from avatar_scene.pose_prior.limits import JointLimits, swing_twist
from avatar_scene.rendering.body import load_body
from avatar_scene.smpl import MIRROR
from avatar_scene.training.action_book.book import Book, Spec
from avatar_scene.training.action_book.facts import compile_fact
from avatar_scene.training.action_book.mirror import mirror_fact
from avatar_scene.training.action_book.problem import BookBody
from avatar_scene.training.action_book.program import Figures, Measurements, Program, Props
from avatar_scene.training.action_book.rotations import gram_schmidt, small_rotation
from avatar_scene.training.action_book.schema import parse_facts
from avatar_scene.training.action_book.skeleton import heading, turn_about_vertical

FLIP = torch.tensor([1.0, -1.0, -1.0])
JOINTS = {"l_hip": 0, "l_knee": 3, "l_elbow": 17, "r_elbow": 18, "l_shoulder": 15, "l_wrist": 19, "head": 14}


@pytest.fixture(scope="module")
def body() -> BookBody:
    return BookBody(load_body())


def figures(body: BookBody, pose: torch.Tensor, root: torch.Tensor | None = None) -> Figures:
    """Poses (P, 21, 3) with their pelvis where it rests."""
    count = len(pose)
    root = torch.zeros(count, 3) if root is None else root
    pelvis = body.skeleton.rest_pelvis.expand(count, 3)
    frames = body.skeleton.frames(roma.rotvec_to_rotmat(pose), roma.rotvec_to_rotmat(root), pelvis)
    nothing = torch.zeros(count, 1, 3)
    return Figures(*frames, Props(nothing, nothing, nothing[..., 0]))


def measured(body: BookBody, facts: list, figure: Figures) -> tuple[Measurements, torch.Tensor]:
    program = body.program(facts, Spec("test"))
    measure = Measurements([(program, torch.arange(len(figure.positions)))], body.capsules, body.centimetre)
    return measure, measure(figure)


def turned(joint: str, axis: int, degrees: float) -> torch.Tensor:
    pose = torch.zeros(1, 21, 3)
    pose[0, JOINTS[joint], axis] = math.radians(degrees)
    return pose


@pytest.mark.parametrize(
    ("fact", "pose"),
    [
        ({"bend": "l_knee", "deg": [59, 61]}, turned("l_knee", 0, 60)),
        ({"bend": "l_elbow", "deg": [89, 91]}, turned("l_elbow", 1, -90)),
        ({"flex": "l_hip", "deg": [43, 51]}, turned("l_hip", 0, -45)),
        ({"abduct": "l_hip", "deg": [28, 36]}, turned("l_hip", 2, 30)),
        ({"abduct": "l_shoulder", "deg": [85, 90]}, torch.zeros(1, 21, 3)),
        ({"flex": "l_wrist", "deg": [25, 45]}, turned("l_wrist", 2, -30)),
        ({"deviate": "l_wrist", "deg": [15, 25]}, turned("l_wrist", 1, -20)),
        ({"turn": "head", "deg": [29, 31]}, turned("head", 1, 30)),
        ({"flex": "head", "deg": [19, 21]}, turned("head", 0, 20)),
        ({"dir": ["*_arm", "out"], "tol": 5}, torch.zeros(1, 21, 3)),
        ({"palm": ["l", "down"], "tol": 5}, torch.zeros(1, 21, 3)),
        ({"dir": ["l_upper_arm", "down"], "tol": 2}, turned("l_shoulder", 2, -90)),
        ({"elev": "l_upper_arm", "deg": [-91, -85]}, turned("l_shoulder", 2, -90)),
        ({"azim": "l_forearm", "deg": [-2, 2]}, turned("l_elbow", 1, -90)),
        ({"lean": {"fwd": [-8, 8], "side": [-1, 1], "twist": [-1, 1], "curl": [-1, 1]}}, torch.zeros(1, 21, 3)),
        ({"between": ["l_upper_arm", "l_forearm"], "deg": [89, 91]}, turned("l_elbow", 1, -90)),
        ({"at": ["l_palm", "r_palm"], "left": [140, 170], "up": [-1, 1], "fwd": [-1, 1]}, torch.zeros(1, 21, 3)),
        ({"clear": "face", "cm": 12}, torch.zeros(1, 21, 3)),
    ],
)
def test_a_fact_that_holds_by_construction_leaves_no_residual(body, fact, pose):
    measure, values = measured(body, parse_facts([fact], "test"), figures(body, pose))
    assert measure.limits.excess(values).max() == 0, values


def test_support_is_the_height_over_the_floor(body):
    figure = figures(body, torch.zeros(1, 21, 3))
    lowest = figure.points([body.vocabulary().point("l_heel")])[0, 0, 1]
    figure = Figures(figure.rotations, figure.positions - torch.tensor([0, float(lowest), 0]), figure.props)
    measure, values = measured(body, parse_facts([{"support": ["l_heel"]}], "test"), figure)
    assert values.abs().max() < 1e-3 and measure.limits.excess(values).max() == 0


def test_the_mirrored_pose_satisfies_the_mirrored_facts_equally(body):
    """Every fact of the book's archetypes without props, on random poses."""
    book = Book.load()
    facts = {}
    for name in book.entries.keys() - set(book.action_names):
        spec = book.resolve(name)
        facts |= {fact: None for fact in spec.all_facts() if not spec.props}
    facts = sorted(facts, key=repr)
    generator = torch.Generator().manual_seed(1)
    pose = 0.5 * torch.randn(3, 21, 3, generator=generator)
    root = 0.4 * torch.randn(3, 3, generator=generator)
    order = [joint - 1 for joint in MIRROR[1:22]]
    words = body.vocabulary()
    as_is, flipped = figures(body, pose, root), figures(body, pose[:, order] * FLIP, root * FLIP)
    rows = [compile_fact(fact, words) for fact in facts]
    mirrored = [compile_fact(mirror_fact(fact), words) for fact in facts]
    assert len(facts) > 200

    def excess(groups, figure):
        flat = [row for group in groups for row in group]
        measure = Measurements([(Program(flat), torch.arange(3))], body.capsules, 0.01)
        values = measure.limits.excess(measure(figure))
        result = torch.zeros(3, len(flat))
        # Programs sort their rows by kind; bring them back to the order they were given in.
        given = sorted(range(len(flat)), key=lambda i: flat[i].kind)
        result[measure.limits.pose, torch.tensor(given)[measure.limits.source]] = values
        return result

    difference = (excess(rows, as_is) - excess(mirrored, flipped)).abs()
    labels = [row.label for group in rows for row in group]
    # The rest body itself is symmetric to a few millimetres.
    assert difference.max() < 0.6, labels[int(difference.amax(0).argmax())]


def test_a_batch_of_programs_equals_each_alone(body):
    first = parse_facts(
        [{"bend": "l_knee", "deg": [0, 9]}, {"gaze": "to:l_palm"}, {"height": "hands", "cm": [0, 3]}], "a"
    )
    second = parse_facts([{"dist": ["l_palm", "nose"], "cm": [0, 9]}, {"elev": "trunk", "deg": [0, 9]}], "b")
    figure = figures(body, 0.3 * torch.randn(5, 21, 3, generator=torch.Generator().manual_seed(0)))
    programs = [body.program(facts, Spec("x")) for facts in (first, second)]
    together = Measurements(
        [(programs[0], torch.tensor([0, 3])), (programs[1], torch.tensor([1, 2, 4]))], body.capsules, 0.01
    )
    values = together(figure)
    for program, poses, start in ((programs[0], [0, 3], 0), (programs[1], [1, 2, 4], len(programs[0].rows))):
        for pose in poses:
            alone = Measurements([(program, torch.tensor([pose]))], body.capsules, 0.01)
            mine = (together.limits.pose == pose) & (together.limits.source >= start)
            assert torch.allclose(alone(figure), values[mine], atol=1e-4)


def test_unknown_words_are_named(body):
    for fact, message in (
        ({"touch": ["l_plam", "nose"]}, "unknown anchor 'l_plam'"),
        ({"dir": ["l_harm", "up"]}, "unknown segment 'l_harm'"),
        ({"dir": ["l_arm", "upwards"]}, "unknown segment 'upwards'"),
        ({"dir": ["trunk", "out"]}, "has no side"),
        ({"grip": ["l", "pole"]}, "no prop is called 'pole'"),
        ({"bend": "l_neck", "deg": [1, 2]}, "not 'l_neck'"),
    ):
        with pytest.raises(ValueError, match=message):
            body.program(parse_facts([fact], "test"), Spec("test"))


def test_swing_and_twist_compose_to_the_rotation():
    rotvec = torch.randn(40, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    rotvec = rotvec / rotvec.norm(dim=1, keepdim=True) * torch.linspace(0.01, 2.9, 40)[:, None]
    axis = torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64)
    swing, twist = swing_twist(roma.rotvec_to_rotmat(rotvec), axis)
    again = roma.rotvec_to_rotmat(swing) @ roma.rotvec_to_rotmat(axis * twist[:, None])
    assert torch.allclose(again, roma.rotvec_to_rotmat(rotvec), atol=1e-6)
    assert (swing @ axis).abs().max() < 1e-6


def test_rest_pose_is_within_the_limits_and_a_backward_knee_is_not():
    pose = torch.zeros(2, 21, 3)
    pose[1, JOINTS["l_knee"], 0] = -math.radians(30)
    excess = JointLimits().excess(roma.rotvec_to_rotmat(pose))
    assert excess[0].max() == 0
    assert math.degrees(float(excess[1, JOINTS["l_knee"], 1])) == pytest.approx(27, abs=0.5)


def test_lean_rotations_agree_with_the_general_ones():
    sixd = torch.randn(50, 6, dtype=torch.float64)
    assert torch.allclose(gram_schmidt(sixd), roma.special_gramschmidt(sixd.unflatten(-1, (3, 2))), atol=1e-6)
    small = 0.05 * torch.randn(50, 3, dtype=torch.float64)
    assert torch.allclose(small_rotation(small), roma.rotvec_to_rotmat(small), atol=1e-3)
    identity = small_rotation(torch.randn(50, 3, dtype=torch.float64))
    assert torch.allclose(identity @ identity.mT, torch.eye(3, dtype=torch.float64).expand(50, 3, 3), atol=1e-9)


def test_heading_removed_is_zero_and_keeps_the_tilt():
    tilt = roma.rotvec_to_rotmat(torch.tensor([[0.3, 0.0, 0.0], [-1.5, 0.0, 0.0], [1.5, 0.0, 0.0], [0.0, 0.0, -1.57]]))
    for angle in (-2.0, 0.5, 3.0):
        seen = turn_about_vertical(torch.full((4,), angle)) @ tilt
        canonical = turn_about_vertical(-heading(seen)) @ seen
        assert heading(canonical).abs().max() < 1e-3
        assert torch.allclose(canonical[:, 1], tilt[:, 1], atol=1e-4) or torch.allclose(
            canonical[:3], tilt[:3], atol=1e-3
        )
