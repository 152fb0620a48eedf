"""The body's forward model: SMPL's equations, in float64."""

import numpy as np
import pytest
import roma
import torch
from avatar_scene.rendering.body import body_joints, body_mesh, forward_kinematics, lbs, load_body
from avatar_scene.smpl import JOINT_NAMES, MIRROR, PARENTS, SMPLPose, mirror_pose


@pytest.fixture(scope="module")
def body():
    return load_body().to(torch.float64)


def random_pose(batch, seed=0, spread=0.6):
    generator = torch.Generator().manual_seed(seed)
    noise = lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float64)  # noqa: E731
    return SMPLPose.create(
        spread * noise(batch, 21, 3), noise(batch, 3), betas=noise(batch, 10), transl=noise(batch, 3)
    )


def test_forward_kinematics_is_the_sequential_matrix_product(body):
    rotations = roma.rotvec_to_rotmat(random_pose(5).full_pose())
    frames = forward_kinematics(rotations, body.rest_joints)
    for sample in range(5):
        world = []
        for joint, parent in enumerate(PARENTS):
            local = torch.eye(4, dtype=torch.float64)
            local[:3, :3] = rotations[sample, joint]
            local[:3, 3] = body.rest_joints[joint] - (body.rest_joints[parent] if parent >= 0 else 0)
            world.append(local if parent < 0 else world[parent] @ local)
        assert torch.allclose(frames[sample], torch.stack(world), atol=1e-12)


def test_the_rest_pose_is_the_template(body):
    pose = SMPLPose.create(torch.zeros(1, 21, 3, dtype=torch.float64))
    vertices, joints = body.posed(pose)
    assert torch.allclose(vertices[0], body.v_template, atol=1e-12)
    assert torch.allclose(joints[0], body.rest_joints, atol=1e-12)


def test_a_batch_equals_a_loop(body):
    pose = random_pose(4)
    vertices, joints = body.posed(pose)
    for k in range(4):
        single_vertices, single_joints = body.posed(pose.select(k))
        assert torch.allclose(vertices[k], single_vertices[0], atol=1e-12)
        assert torch.allclose(joints[k], single_joints[0], atol=1e-12)


@pytest.mark.parametrize("angle", [0.0, 1e-9, np.pi, 2 * np.pi])
def test_gradients_are_finite_at_degenerate_rotations(body, angle):
    body_pose = torch.zeros(2, 21, 3, dtype=torch.float64)
    body_pose[..., 1] = angle
    body_pose.requires_grad_()
    vertices, _ = body.posed(SMPLPose.create(body_pose))
    vertices.square().sum().backward()
    assert torch.isfinite(body_pose.grad).all()


def test_gradients_match_finite_differences(body):
    weights = torch.randn(24, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    function = lambda pose, root: (body_joints(pose, root, body) * weights).sum()  # noqa: E731
    pose = random_pose(2)
    assert torch.autograd.gradcheck(function, (pose.body_pose.requires_grad_(), pose.global_orient.requires_grad_()))


def test_a_mirrored_pose_gives_mirrored_joints():
    """Exact on a symmetric skeleton; the bundled one is symmetric to a micrometre."""
    pose = random_pose(3)
    flip = torch.tensor([-1.0, 1.0, 1.0], dtype=torch.float64)
    order = list(MIRROR)
    mirrored = mirror_pose(pose)
    joints = body_joints(pose.body_pose, pose.global_orient)
    other = body_joints(mirrored.body_pose, mirrored.global_orient)
    assert torch.allclose(other, joints[:, order] * flip, atol=1e-4)


def test_smplx_computes_the_same_vertices(body):
    """The reference implementation, as oracle, on the bundled body's numbers."""
    smplx = pytest.importorskip("smplx")
    from smplx.utils import Struct

    data = {
        "v_template": body.v_template.numpy(),
        "shapedirs": body.shapedirs.numpy(),
        "posedirs": np.zeros((len(body.v_template), 3, 207)),
        "J_regressor": body.J_regressor.numpy(),
        "weights": body.weights.numpy(),
        "kintree_table": np.array([[2**32 - 1, *PARENTS[1:]], list(range(24))]),
        "f": body.faces.numpy(),
    }
    reference = smplx.SMPL(
        "", data_struct=Struct(**data), vertex_ids=body.vertex_ids, batch_size=3, dtype=torch.float64
    )
    pose = random_pose(3)
    full = pose.full_pose()
    expected = reference(
        betas=pose.betas, global_orient=full[:, 0], body_pose=full[:, 1:].flatten(1), transl=pose.transl
    )
    vertices, joints = body.posed(pose)
    assert torch.allclose(vertices, expected.vertices, atol=1e-6)
    assert torch.allclose(joints, expected.joints[:, :24], atol=1e-6)


def test_pose_blend_shapes_are_smpls(body):
    """Oracle: smplx's functional lbs with random blend shapes."""
    smplx_lbs = pytest.importorskip("smplx.lbs")
    generator = torch.Generator().manual_seed(2)
    posedirs = 0.01 * torch.randn(len(body.v_template), 3, 207, generator=generator, dtype=torch.float64)
    pose = random_pose(2)
    rest, joints = body.shaped(pose.betas)
    ours, _ = lbs(rest, joints, body.rotations(pose), body.parents, body.weights, posedirs=posedirs)
    expected, _ = smplx_lbs.lbs(
        pose.betas, pose.full_pose().flatten(1), body.v_template[None], body.shapedirs, posedirs.reshape(-1, 207).T,
        body.J_regressor, torch.tensor(PARENTS), body.weights,
    )  # fmt: skip
    assert torch.allclose(ours, expected, atol=1e-6)  # smplx adds 1e-8 inside its Rodrigues formula


def test_transforms_carry_the_joints(body):
    pose = random_pose(2)
    assert torch.allclose(body.transforms(pose)[..., :3, 3], body.posed(pose)[1], atol=1e-12)


def test_foreign_betas_are_ignored(body):
    pose = SMPLPose.create(
        torch.zeros(1, 21, 3, dtype=torch.float64), betas=torch.ones(1, 10, dtype=torch.float64), betas_space="smplx"
    )
    assert torch.allclose(body.posed(pose)[0][0], body.v_template, atol=1e-12)


def test_the_bundled_body_is_sound(body):
    assert len(body.faces.unique()) == len(body.v_template)
    assert torch.allclose(body.weights.sum(1), torch.ones(len(body.weights), dtype=torch.float64), atol=1e-6)
    assert torch.allclose(body.J_regressor.sum(1), torch.ones(24, dtype=torch.float64), atol=1e-4)
    height = body.v_template[:, 1].max() - body.v_template[:, 1].min()
    assert 1.6 < height < 1.8
    names = {name: body.rest_joints[k] for k, name in enumerate(JOINT_NAMES)}
    assert names["left_wrist"][0] > 0.5 and names["right_wrist"][0] < -0.5
    assert (names["left_wrist"][1] - names["left_shoulder"][1]).abs() < 0.01


def test_the_body_mesh_faces_outwards_and_knows_its_parts():
    body = load_body()
    mesh = body_mesh(body, body.v_template)
    edge = mesh.vertices[mesh.faces]
    volume = torch.linalg.vecdot(edge[:, 0], torch.linalg.cross(edge[:, 1], edge[:, 2])).sum() / 6
    assert 0.04 < volume < 0.12  # cubic metres; negative were inside out
    assert set(mesh.vertex_part.tolist()) >= {0, 1, 4, 7, 15, 16, 18, 20, 22}
    hand = mesh.vertices[mesh.vertex_part == JOINT_NAMES.index("left_hand")]
    assert hand[:, 0].min() > 0.5


def test_a_file_that_is_no_body_is_one_line(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"Body 'x\.npz': there is no such file"):
        load_body(tmp_path / "x.npz")
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(ValueError, match=r"Body 'text\.npz'") as error:
        load_body(tmp_path / "text.npz")
    assert "\n" not in str(error.value)
    np.savez(tmp_path / "other.npz", a=1)
    with pytest.raises(ValueError, match="missing: v_template"):
        load_body(tmp_path / "other.npz")
