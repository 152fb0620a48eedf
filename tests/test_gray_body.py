"""The gray body lies under the avatar: fitted to its own joints and girths it is itself."""

import pytest
import torch
from avatar_scene.rendering.body import body_mesh, load_body
from avatar_scene.rendering.gray_body import Build, avatar_build, fit_body
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
    fitted = fit_body(body, pose, joints, Build.own(body))
    assert (fitted - vertices).abs().max() < 1e-9


def t_pose() -> SMPLPose:
    return SMPLPose.create(torch.zeros(1, 21, 3, dtype=torch.float64))


def test_the_body_has_its_own_build(body):
    joints = body.rest_joints[list(body.smpl_joints)]
    build = avatar_build(body, t_pose(), body_mesh(body, body.v_template), joints)
    assert (build.scale - 1).abs().max() < 0.03
    assert build.offset.abs().max() < 0.005


def test_a_scaled_avatar_gives_a_scaled_body(body):
    pose = random_pose(1)
    vertices, joints = body.posed(pose)
    twice = body.rest_joints[list(body.smpl_joints)] * 2
    build = avatar_build(body, t_pose(), body_mesh(body, body.v_template * 2), twice)
    fitted = fit_body(body, pose, joints * 2, build)
    assert (fitted - vertices * 2).abs().max() < 0.02


def test_long_limbs_are_reached(body):
    pose = random_pose(2)
    _, joints = body.posed(pose)
    longer = joints.clone()
    for joint, start in ((18, 16), (20, 18)):  # stretch the left arm by a half
        longer[:, joint] = longer[:, start] + 1.5 * (joints[:, joint] - joints[:, start])
    ring = body.weights[:, [16, 18]].amin(1) > 0.3  # the skin around the elbow
    fitted = fit_body(body, pose, longer, Build.own(body))
    assert ((fitted[:, ring].mean(1) - longer[:, 18]).norm(dim=-1) < 0.05).all()
