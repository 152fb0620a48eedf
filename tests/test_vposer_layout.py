"""VPoser has the published V02_05 layout: its checkpoints load, other files are refused by name, pickles stay inert."""

from __future__ import annotations

import pickle
import sys
import types

import pytest
import roma
import torch
from avatar_scene.pose_prior.kinematics import rotvec_to_6d, sixd_to_rotmat
from avatar_scene.pose_prior.vposer import VPoser, load_vposer
from avatar_scene.smpl import canonical_axis_angle

PUBLISHED = {
    **{f"encoder_net.1.{name}": (63,) for name in ("weight", "bias", "running_mean", "running_var")},
    "encoder_net.1.num_batches_tracked": (),
    "encoder_net.2.weight": (512, 63), "encoder_net.2.bias": (512,),
    **{f"encoder_net.4.{name}": (512,) for name in ("weight", "bias", "running_mean", "running_var")},
    "encoder_net.4.num_batches_tracked": (),
    "encoder_net.6.weight": (512, 512), "encoder_net.6.bias": (512,),
    "encoder_net.7.weight": (512, 512), "encoder_net.7.bias": (512,),
    "encoder_net.8.mu.weight": (32, 512), "encoder_net.8.mu.bias": (32,),
    "encoder_net.8.logvar.weight": (32, 512), "encoder_net.8.logvar.bias": (32,),
    "decoder_net.0.weight": (512, 32), "decoder_net.0.bias": (512,),
    "decoder_net.3.weight": (512, 512), "decoder_net.3.bias": (512,),
    "decoder_net.5.weight": (126, 512), "decoder_net.5.bias": (126,),
}  # fmt: skip


@pytest.fixture
def model() -> VPoser:
    torch.manual_seed(0)
    return VPoser().eval().requires_grad_(False)


def write_folder(tmp_path, content):
    (tmp_path / "V02_05" / "snapshots").mkdir(parents=True)
    torch.save(content, tmp_path / "V02_05" / "snapshots" / "V02_05_epoch=13_val_loss=0.03.ckpt")
    return tmp_path / "V02_05"


def prefixed(model: VPoser) -> dict[str, torch.Tensor]:
    return {"vp_model." + key: value for key, value in model.state_dict().items()}


def test_keys_and_shapes_are_the_published_ones(model):
    assert {key: tuple(value.shape) for key, value in model.state_dict().items()} == PUBLISHED
    assert sum(parameter.numel() for parameter in model.parameters()) == 936_252


def test_sixd_columns_are_the_even_and_the_odd_numbers():
    matrix = roma.random_rotmat(50, dtype=torch.float64)
    sixd = rotvec_to_6d(roma.rotmat_to_rotvec(matrix))
    torch.testing.assert_close(sixd[:, 0::2], matrix[:, :, 0])
    torch.testing.assert_close(sixd[:, 1::2], matrix[:, :, 1])
    torch.testing.assert_close(sixd_to_rotmat(sixd), matrix)


def test_official_folder_loads_with_the_newest_snapshot(model, tmp_path):
    folder = write_folder(tmp_path, {"state_dict": {**prefixed(model), "bm_train.v_template": torch.zeros(3)}})
    code = torch.randn(4, 32)
    torch.testing.assert_close(load_vposer(folder).decode(code), model.decode(code))


def test_lightning_checkpoint_loads_without_lightning(model, tmp_path, monkeypatch):
    lightning = types.ModuleType("pytorch_lightning")
    callback = type("EarlyStopping", (), {"__module__": "pytorch_lightning"})
    lightning.EarlyStopping = callback
    monkeypatch.setitem(sys.modules, "pytorch_lightning", lightning)
    folder = write_folder(tmp_path, {"state_dict": prefixed(model), "callbacks": {callback: {"wait": 1}}})
    monkeypatch.delitem(sys.modules, "pytorch_lightning")
    code = torch.randn(4, 32)
    torch.testing.assert_close(load_vposer(folder).decode(code), model.decode(code))


class _Attack:
    """Pickles to a call that leaves a trace."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return open, (self.path, "w")


def test_hostile_checkpoint_runs_nothing(model, tmp_path):
    trace = tmp_path / "trace"
    folder = write_folder(tmp_path, {"state_dict": prefixed(model), "hyper_parameters": _Attack(trace)})
    load_vposer(folder)
    assert not trace.exists()


def test_bundled_and_half_precision_weights_decode_rotations():
    model = load_vposer()
    matrices = model.decode_rotmat(torch.randn(16, 32))
    identity = torch.eye(3).expand(16, 21, 3, 3)
    torch.testing.assert_close(matrices @ matrices.mT, identity, atol=1e-5, rtol=0)


def test_encoding_does_not_depend_on_how_a_rotation_is_written(model):
    body = torch.randn(5, 21, 3)
    angle = body.norm(dim=-1, keepdim=True)
    longer = body / angle * (angle + 2 * torch.pi)
    torch.testing.assert_close(model.encode(longer), model.encode(canonical_axis_angle(body)), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", pickle.dumps([1, 2])])
def test_other_files_are_refused_in_one_line(tmp_path, content):
    for name in ("x.ckpt", "x.safetensors"):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(ValueError, match=name) as error:
            load_vposer(path)
        assert "\n" not in str(error.value)


def test_missing_file_and_empty_folder_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load_vposer(tmp_path / "nowhere.ckpt")
    with pytest.raises(FileNotFoundError, match="snapshots"):
        load_vposer(tmp_path)


def test_wrong_shapes_are_refused_by_name(model, tmp_path):
    state = prefixed(model)
    state["vp_model.encoder_net.2.weight"] = torch.zeros(512, 60)
    with pytest.raises(ValueError, match=r"encoder_net\.2\.weight"):
        load_vposer(write_folder(tmp_path, {"state_dict": state}))
