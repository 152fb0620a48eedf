"""The gray body lies under the avatar: fitted to its own joints and girths it is itself."""

import pytest
import torch
from avatar_scene.rendering.body import body_mesh, load_body
from avatar_scene.rendering.gray_body import fit_body, girth_ratio
from avatar_scene.smpl import SMPLPose


@pytest.fixture(scope="module")
def body():
    return load_body().to(torch.float64)


def random_pose(batch: int, seed: int = 0) -> SMPLPose:
    generator = torch.Generator().manual_seed(seed)
    return SMPLPose.create(
        torch.randn(batch, 21, 3, generator=generator, dtype=torch.float64) * 0.4,
        torch.randn(batch, 3, generator=generator, dtype=torch.float64) * 0.4,
    )


def test_body_fitted_to_itself_is_itself(body):
    pose = random_pose(3)
    vertices, joints = body.posed(pose)
    fitted = fit_body(body, pose, joints, torch.ones(24, dtype=torch.float64))
    assert (fitted - vertices).abs().max() < 1e-9


def test_girth_of_the_body_over_itself_is_one(body):
    # 1 % of slack: a limb's median vertex moves when blending bends the skin at its ends.
    ratio = girth_ratio(body, body_mesh(body, body.v_template), body.rest_joints)
    assert (ratio - 1).abs().max() < 0.01


def test_a_scaled_avatar_gives_a_scaled_body(body):
    pose = random_pose(1)
    vertices, joints = body.posed(pose)
    ratio = girth_ratio(body, body_mesh(body, body.v_template * 2), body.rest_joints * 2)
    fitted = fit_body(body, pose, joints * 2, ratio)
    assert (fitted - vertices * 2).abs().max() < 0.02


def test_long_limbs_are_reached(body):
    pose = random_pose(2)
    _, joints = body.posed(pose)
    longer = joints.clone()
    for joint, start in ((18, 16), (20, 18)):  # stretch the left arm by a half
        longer[:, joint] = longer[:, start] + 1.5 * (joints[:, joint] - joints[:, start])
    ring = body.weights[:, [16, 18]].amin(1) > 0.3  # the skin around the elbow
    fitted = fit_body(body, pose, longer, torch.ones(24, dtype=torch.float64))
    assert ((fitted[:, ring].mean(1) - longer[:, 18]).norm(dim=-1) < 0.05).all()
