"""The PAS model file: written whole or not at all, read with one clear line when it is not one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from avatar_scene.outpainting.checkpoint import PASInfo, check_weights, read_info, widen_input, write_checkpoint
from avatar_scene.outpainting.unet_keys import is_diffusers_unet, to_ldm_layout

pytest.importorskip("diffusers")
sys.path.insert(0, str(Path(__file__).resolve().parent))
from tiny_checkpoints import PAS_CONTEXT, PAS_HEADS, W_EMBEDDING, tiny_pas_unet, tiny_unet, write_tiny_pas

INFO = PASInfo(PAS_CONTEXT, "minilm", PAS_HEADS, gray_latent=(0.5, -0.25, 0.125, 0.0), about="a test")


def projection(context=PAS_CONTEXT):
    return torch.zeros(context, W_EMBEDDING), torch.zeros(context)


def test_a_file_says_what_it_is(tmp_path):
    path = tmp_path / "a.safetensors"
    write_checkpoint(path, tiny_pas_unet().state_dict(), *projection(), INFO)
    assert read_info(path) == INFO


def test_files_are_written_under_latent_diffusion_names(tmp_path):
    from safetensors.torch import load_file

    unet = tiny_pas_unet().state_dict()
    write_checkpoint(tmp_path / "a.safetensors", unet, *projection(), INFO)
    write_checkpoint(tmp_path / "b.safetensors", to_ldm_layout(unet), *projection(), INFO)
    first, second = load_file(tmp_path / "a.safetensors"), load_file(tmp_path / "b.safetensors")
    assert first.keys() == second.keys() and all(torch.equal(first[key], second[key]) for key in first)
    assert "input_blocks.0.0.weight" in first and not is_diffusers_unet(first)
    assert len(first) == len(unet) + 2


def test_an_interrupted_write_leaves_the_file_that_was_there(tmp_path, monkeypatch):
    path = tmp_path / "a.safetensors"
    write_tiny_pas(path)
    before = path.read_bytes()

    def full_disk(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        write_tiny_pas(path, seed=1)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_names_of_the_sd15_unet_all_have_a_counterpart():
    from diffusers import UNet2DConditionModel

    with torch.device("meta"):
        unet = UNet2DConditionModel(
            in_channels=9, cross_attention_dim=768, attention_head_dim=8, block_out_channels=(320, 640, 1280, 1280)
        )
    renamed = to_ldm_layout(unet.state_dict())
    assert len(renamed) == len(unet.state_dict()) == 686
    # Spot checks against the released SD1.5 checkpoint's names.
    for name, shape in {
        "input_blocks.3.0.op.weight": (320, 320, 3, 3),
        "input_blocks.4.0.skip_connection.weight": (640, 320, 1, 1),
        "input_blocks.8.1.transformer_blocks.0.attn2.to_k.weight": (1280, 768),
        "middle_block.1.proj_in.weight": (1280, 1280, 1, 1),
        "output_blocks.2.1.conv.weight": (1280, 1280, 3, 3),
        "output_blocks.5.2.conv.weight": (1280, 1280, 3, 3),
        "output_blocks.11.1.proj_out.weight": (320, 320, 1, 1),
        "out.2.weight": (4, 320, 3, 3),
    }.items():
        assert tuple(renamed[name].shape) == shape, name


def test_the_widened_unet_starts_as_the_inpainting_unet():
    base, widened = tiny_unet(9, widths=(32,), context=16, heads=2), tiny_unet(14, widths=(32,), context=16, heads=2)
    weights = base.state_dict()
    weights["conv_in.weight"] = widen_input(weights["conv_in.weight"])
    widened.load_state_dict(weights)
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(1, 14, 16, 16, generator=generator)
    context = torch.randn(1, 77, 16, generator=generator)
    with torch.no_grad():
        expected = base(inputs[:, :9], torch.tensor([500]), context).sample
        assert (widened(inputs, torch.tensor([500]), context).sample - expected).abs().max() < 1e-6


def test_a_base_of_another_family_is_refused():
    with pytest.raises(ValueError, match=r"^base model: its first layer has shape \(32, 4, 3, 3\)"):
        widen_input(torch.zeros(32, 4, 3, 3))
    with pytest.raises(ValueError, match=r"^UNet: 1 tensors are not of an SD1.5-type UNet .*add_embedding"):
        to_ldm_layout({**tiny_pas_unet().state_dict(), "add_embedding.linear_1.weight": torch.zeros(1)})


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"unet": lambda: tiny_unet(9, widths=(32,), context=PAS_CONTEXT)}, "takes 9 input channels; a PAS model"),
        ({"info": PASInfo(768)}, "says context_dim 768, its attention takes 384"),
        ({"projection": projection(768)}, "projects w to 768 values, its attention takes 384"),
    ],
)
def test_weights_that_contradict_the_metadata_are_not_written(tmp_path, change, line):
    unet = change.get("unet", tiny_pas_unet)().state_dict()
    with pytest.raises(ValueError, match=line):
        write_checkpoint(
            tmp_path / "a.safetensors", unet, *change.get("projection", projection()), change.get("info", INFO)
        )
    assert list(tmp_path.iterdir()) == []


def test_tensors_of_another_shape_are_refused_in_one_line():
    weights = {"input_blocks.0.0.weight": torch.zeros(3)}
    with pytest.raises(ValueError, match=r"^model: 'a' holds no UNet .*no convolution"):
        check_weights(weights, INFO, "a")
    weights = {"input_blocks.0.0.weight": torch.zeros(8, 14, 3, 3), "x.attn2.to_k.weight": torch.zeros(5)}
    with pytest.raises(ValueError, match=r"^model: 'a' says context_dim 384, its attention takes 5"):
        check_weights(weights, INFO, "a")


def test_other_files_are_refused_in_one_line(tmp_path):
    from safetensors.torch import save_file

    whole = tmp_path / "whole.safetensors"
    write_tiny_pas(whole)
    (tmp_path / "cut.safetensors").write_bytes(whole.read_bytes()[:-100])
    (tmp_path / "text.safetensors").write_text("not a model")
    (tmp_path / "pointer.safetensors").write_text("version https://git-lfs.github.com/spec/v1\n")
    save_file({"x": torch.zeros(1)}, tmp_path / "plain.safetensors")
    newer = {**INFO.to_metadata(), "format_version": "2"}
    save_file({"x": torch.zeros(1)}, tmp_path / "newer.safetensors", metadata=newer)
    for name, change in {
        "damaged": {"num_heads": "many"},
        "no_heads": {"num_heads": "0"},
        "no_size": {"native_size": "-128"},
        "gray": {"gray_latent": "[1, 2]"},
    }.items():
        metadata = {**INFO.to_metadata(), **change}
        save_file({"x": torch.zeros(1)}, tmp_path / f"{name}.safetensors", metadata=metadata)
    family = {**INFO.to_metadata(), "latent_family": "flux"}
    save_file({"x": torch.zeros(1)}, tmp_path / "family.safetensors", metadata=family)
    for name, part in {
        "cut": "truncated",
        "text": "truncated",
        "pointer": "truncated",
        "plain": "not a PAS model file",
        "newer": "format version 2",
        "damaged": "damaged PAS metadata",
        "no_heads": "damaged PAS metadata .0 is no positive",
        "no_size": "damaged PAS metadata .-128 is no positive",
        "gray": "damaged PAS metadata .gray_latent has 2 values",
        "family": "latent family 'flux'",
    }.items():
        with pytest.raises(ValueError, match=part) as error:
            read_info(tmp_path / f"{name}.safetensors")
        assert str(error.value).startswith(f"model: '{name}.safetensors'") and "\n" not in str(error.value)
    with pytest.raises(FileNotFoundError, match=r"^model: there is no file"):
        read_info(tmp_path / "absent.safetensors")
