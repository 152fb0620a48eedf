"""The user's own body files: SMPL, SMPL-H and SMPL-X, as npz and as the official pickles."""

import os
import pickle
import sys
import types
from dataclasses import replace

import numpy as np
import pytest
import torch
from avatar_scene.rendering.body import body_joints, body_mesh, load_body
from avatar_scene.smpl import PARENTS, SMPLPose

HAND_PARENTS = (0, 22, 23, 0, 25, 26, 0, 28, 29, 0, 31, 32, 0, 34, 35)  # of a left hand at joint 22; 0: the wrist


def parents_of(joints):
    """SMPL, SMPL-H (52) and SMPL-X (55) kinematic trees."""
    parents = list(PARENTS[:22])
    if joints == 24:
        return list(PARENTS)
    if joints == 55:
        parents += [15, 15, 15]
    first = len(parents)
    for wrist, shift in ((20, first - 22), (21, first - 22 + 15)):
        parents += [wrist if parent == 0 else parent + shift for parent in HAND_PARENTS]
    return parents


def model(joints, vertices=11000, seed=0):
    """Arrays of an official-looking file around random numbers."""
    rng = np.random.default_rng(seed)
    weights = rng.random((vertices, joints)) ** 8
    regressor = rng.random((joints, vertices)) ** 8
    return {
        "v_template": rng.normal(size=(vertices, 3)),
        "shapedirs": 0.01 * rng.normal(size=(vertices, 3, 20)),
        "posedirs": 0.01 * rng.normal(size=(vertices, 3, 9 * (joints - 1))),
        "J_regressor": regressor / regressor.sum(1, keepdims=True),
        "weights": weights / weights.sum(1, keepdims=True),
        "kintree_table": np.array([[2**32 - 1, *parents_of(joints)[1:]], list(range(joints))], dtype=np.uint32),
        "f": rng.integers(0, vertices, (20908, 3)).astype(np.uint32),
        "hands_meanl": 0.2 * rng.normal(size=45),
        "hands_meanr": 0.2 * rng.normal(size=45),
        "hands_componentsl": np.eye(45),
        "hands_componentsr": np.eye(45),
    }


def pose_with_hands(batch=2):
    generator = torch.Generator().manual_seed(3)
    noise = lambda *shape: 0.4 * torch.randn(*shape, generator=generator)  # noqa: E731
    return SMPLPose.create(
        noise(batch, 21, 3), noise(batch, 3), betas=noise(batch, 10), transl=noise(batch, 3),
        left_hand_pose=noise(batch, 15, 3), right_hand_pose=noise(batch, 15, 3),
    )  # fmt: skip


def test_an_smplh_file_equals_smplx(tmp_path):
    smplx = pytest.importorskip("smplx")
    np.savez(tmp_path / "SMPLH_NEUTRAL.npz", **model(52))
    reference = smplx.SMPLH(
        str(tmp_path / "SMPLH_NEUTRAL.npz"), ext="npz", use_pca=False, flat_hand_mean=True, batch_size=2
    )
    body, pose = load_body(tmp_path / "SMPLH_NEUTRAL.npz"), pose_with_hands()
    expected = reference(
        betas=pose.betas, global_orient=pose.global_orient, body_pose=pose.body_pose.flatten(1), transl=pose.transl,
        left_hand_pose=pose.left_hand_pose.flatten(1), right_hand_pose=pose.right_hand_pose.flatten(1),
    )  # fmt: skip
    vertices, joints = posed_with_own_betas(body, pose)
    assert torch.allclose(vertices, expected.vertices, atol=1e-4)
    assert torch.allclose(joints[:, :22], expected.joints[:, :22], atol=1e-4)
    assert torch.allclose(joints[:, 22:], expected.joints[:, [25, 40]], atol=1e-4)


def posed_with_own_betas(body, pose):
    """The pose with its betas declared to be of the body's own shape space."""
    return body.posed(replace(pose, betas_space=body.betas_space))


def test_an_smplx_file_equals_smplx(tmp_path):
    smplx = pytest.importorskip("smplx")
    data = model(55)
    extra = {
        "lmk_faces_idx": np.zeros(51, int), "lmk_bary_coords": np.full((51, 3), 1 / 3),
        "dynamic_lmk_faces_idx": np.zeros((79, 17), int), "dynamic_lmk_bary_coords": np.full((79, 17, 3), 1 / 3),
        "joint2num": np.array({"Pelvis": 0}, dtype=object),
    }  # fmt: skip
    data["shapedirs"] = np.concatenate([data["shapedirs"]] * 20, 2)  # 300 shape and 100 expression directions
    np.savez(tmp_path / "SMPLX_NEUTRAL.npz", **data, **extra)
    reference = smplx.SMPLX(str(tmp_path / "SMPLX_NEUTRAL.npz"), use_pca=False, flat_hand_mean=True, batch_size=2)
    body, pose = load_body(tmp_path / "SMPLX_NEUTRAL.npz"), pose_with_hands()
    expected = reference(
        betas=pose.betas, global_orient=pose.global_orient, body_pose=pose.body_pose.flatten(1), transl=pose.transl,
        left_hand_pose=pose.left_hand_pose.flatten(1), right_hand_pose=pose.right_hand_pose.flatten(1),
    )  # fmt: skip
    assert body.betas_space == "smplx"
    vertices, joints = posed_with_own_betas(body, pose)
    assert torch.allclose(vertices, expected.vertices, atol=1e-4)
    assert torch.allclose(joints[:, :22], expected.joints[:, :22], atol=1e-4)
    assert torch.allclose(joints[:, 22:], expected.joints[:, [28, 43]], atol=1e-4)


def test_hands_not_given_are_relaxed(tmp_path):
    data = model(52, vertices=300)
    data["f"] = data["f"] % 300
    np.savez(tmp_path / "h.npz", **data)
    body = load_body(tmp_path / "h.npz")
    mean = torch.from_numpy(np.stack([data["hands_meanl"], data["hands_meanr"]])).float().view(2, 1, 15, 3)
    bare = SMPLPose.create(torch.zeros(1, 21, 3))
    given = SMPLPose.create(torch.zeros(1, 21, 3), left_hand_pose=mean[0], right_hand_pose=mean[1])
    assert torch.allclose(body.posed(bare)[0], body.posed(given)[0], atol=1e-6)
    mesh = body_mesh(body, body.posed(bare)[0][0])
    assert mesh.vertex_part.max() <= 23
    assert body_joints(torch.zeros(1, 21, 3), body=body).shape == (1, 24, 3)


@pytest.fixture
def official_pickle(tmp_path):
    """A pickle as the official releases have them: chumpy arrays, a scipy sparse regressor, protocol 2."""
    sparse = pytest.importorskip("scipy.sparse")
    data = model(24, vertices=400)
    data["f"] = data["f"] % 400
    data["J_regressor"][data["J_regressor"] < 0.004] = 0
    plain = dict(data)
    modules = {name: types.ModuleType(name) for name in ("chumpy", "chumpy.ch", "chumpy.reordering")}
    ch = type("Ch", (), {"__module__": "chumpy.ch", "__init__": lambda self, x: setattr(self, "x", x)})
    select = type("Select", (), {"__module__": "chumpy.reordering"})
    modules["chumpy.ch"].Ch, modules["chumpy.reordering"].Select = ch, select
    sys.modules.update(modules)
    try:
        chosen = select()
        chosen.a, chosen.idxs = ch(data["v_template"].copy()), np.arange(1200)
        chosen.preferred_shape = (400, 3)
        data |= {"shapedirs": ch(data["shapedirs"]), "v_template": chosen}
        data["J_regressor"] = sparse.csc_matrix(data["J_regressor"])
        path = tmp_path / "basicModel_neutral.pkl"
        path.write_bytes(pickle.dumps({**data, "bs_type": "lrotmin"}, protocol=2))
    finally:
        for name in modules:
            del sys.modules[name]
    return path, plain


def test_official_pickles_are_read_without_chumpy_or_scipy(official_pickle):
    path, plain = official_pickle
    body = load_body(path)
    assert "chumpy" not in sys.modules
    assert np.allclose(body.v_template, plain["v_template"], atol=1e-6)
    assert np.allclose(body.shapedirs, plain["shapedirs"][..., :10], atol=1e-6)
    assert np.allclose(body.J_regressor, plain["J_regressor"], atol=1e-6)
    assert body.posedirs.shape == (400, 3, 207) and body.betas_space == "smpl"


class Evil:
    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def test_pickles_can_build_nothing_else(tmp_path):
    import scipy.sparse

    marker = tmp_path / "owned"
    for evil in (
        Evil(os.system, f"touch {marker}"),
        Evil(eval, f"open({str(marker)!r}, 'w')"),
        Evil(scipy.sparse.save_npz, str(marker), None),
        Evil(np.load, str(marker)),
        Evil(exec, f"open({str(marker)!r}, 'w')"),
    ):
        path = tmp_path / "evil.pkl"
        path.write_bytes(pickle.dumps({"v_template": evil}, protocol=2))
        with pytest.raises(ValueError, match=r"Body 'evil\.pkl': not an SMPL pickle \(it refers to") as error:
            load_body(path)
        assert "\n" not in str(error.value)
    assert not marker.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"v_template": np.full((300, 3), np.nan)},
        {"weights": np.zeros((300, 23))},
        {"f": np.full((5, 3), 300)},
        {"f": np.zeros((5, 3))},
        {"shapedirs": np.zeros((300, 3, 4))},
        {"kintree_table": np.zeros((2, 30), int)},
        {"kintree_table": np.zeros((2, 24), int)},
        {"J_regressor": np.array(["a"])},
    ],
)
def test_damaged_bodies_are_one_line(tmp_path, change):
    data = model(24, vertices=300)
    data["f"] = data["f"] % 300
    np.savez(tmp_path / "b.npz", **{**data, **change})
    with pytest.raises(ValueError, match=r"Body 'b\.npz': ") as error:
        load_body(tmp_path / "b.npz")
    assert "\n" not in str(error.value)


def test_truncated_files_are_one_line(tmp_path, official_pickle):
    whole = official_pickle[0].read_bytes()
    for size in (0, 1, 100, len(whole) // 2, len(whole) - 1):
        for name in ("cut.pkl", "cut.npz"):
            (tmp_path / name).write_bytes(whole[:size])
            with pytest.raises(ValueError, match=f"Body '{name}'") as error:
                load_body(tmp_path / name)
            assert "\n" not in str(error.value)
