"""Outpainting inside a real ComfyUI: the cases of `outpaint_cases`, run once in the host's interpreter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
COMFYUI = os.environ.get("PAS_COMFYUI")
pytestmark = [
    pytest.mark.host,
    pytest.mark.slow,
    pytest.mark.skipif(not COMFYUI, reason="needs a real ComfyUI: run ./pas test, or set PAS_COMFYUI"),
]
# ComfyUI asks these of a UNet's text: one w token a chunk of 77 keeps lengths commensurable.
CHUNK = 77 + 1


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """case name -> what it measured; a case that raised fails the test that asks for it."""
    folder = tmp_path_factory.mktemp("outpaint")
    sys.path.insert(0, str(TESTS))
    from tiny_checkpoints import write_all

    write_all(folder / "models")
    result = folder / "result.json"
    command = [sys.executable, str(TESTS / "outpaint_driver.py"), COMFYUI, str(folder / "models"), str(result)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace", timeout=900)
    assert result.is_file(), f"the driver ended with {done.returncode}:\n{done.stderr[-3000:]}"
    results = json.loads(result.read_text())

    def of(case: str) -> dict:
        assert "error" not in results[case], results[case]["error"]
        return results[case]

    return of


def test_every_mode_samples_and_says_which_it_was(measured):
    modes = measured("every_mode_samples")
    for name, channels in {"pas": 4, "inpainting": 4, "text": 4, "sdxl": 4, "flux_fill": 16}.items():
        assert modes[name]["finite"] and modes[name]["shape"] == [1, channels, 8, 8], name
    assert modes["pas"]["mode"] == "PAS model: avatar, matte, gray body, w 0.5"
    for name in ("inpainting", "sdxl", "flux_fill"):
        assert modes[name]["mode"].startswith("inpainting model"), name
        assert "gray body is not used" in modes[name]["mode"]
    assert modes["text"]["mode"].startswith("text-to-image model: noise mask")
    assert {name for name in modes if modes[name]["noise_mask"]} == {"text"}
    for mode in modes.values():  # two empty prompts of CLIP Text Encode look like that
        assert "is the prompt empty?" in mode["mode_of_same_text"] and "empty" not in mode["mode"]


def test_gray_body_and_w_change_what_is_painted_and_seeds_repeat_it(measured):
    result = measured("gray_and_w_reach_the_model")
    assert result["same_again"] == 0
    assert result["with_gray"] > 0.1
    assert result["with_w"] > 0.1


def test_every_model_sees_the_avatar_as_coarse_as_w_says(measured):
    result = measured("w_reaches_every_picture")
    assert result.keys() == {"pas", "inpainting", "text"} and min(result.values()) > 1e-3


def test_prompts_of_different_length_are_one_batch(measured):
    result = measured("prompts_of_different_length_batch")
    for name, chunks in {"equal": 1, "longer": 2, "longest": 3}.items():
        assert result[name]["inputs"] == [[2, 14, 8, 8]] * 3, f"{name}: one call of two a step"
        assert result[name]["contexts"] == [[2, chunks * CHUNK, 384]] * 3, name


def test_each_chunk_of_77_gets_one_w_token_and_controlnets_none(measured):
    result = measured("w_token_of_each_chunk")
    assert result["length"] == 2 * CHUNK
    assert result["text_kept"] == 0 and result["w"] < 1e-5
    assert result["controlnet_length"] == 2 * 77


def test_forward_and_sampling_equal_diffusers(measured):
    result = measured("parity_with_diffusers")
    assert result["epsilon_size"] > 0.05 and result["sampled_size"] > 0.05
    assert result["epsilon"] <= 1e-4
    assert result["steps"] == 20 and result["sampled"] <= 1e-3


def test_inpainting_models_are_stock_inpainting_bit_for_bit(measured):
    for name, equal in measured("inpainting_models_equal_stock").items():
        assert equal == {"latent": True, "image": True}, name


def test_lora_patches_our_model_and_comes_off_again(measured):
    result = measured("lora_changes_the_model")
    assert result["patches"] == 1 and result["still_ours"] == "PASModel"
    assert result["changed"] > 1e-3 and result["undone"] == 0


def test_low_vram_loading_paints_the_same(measured):
    result = measured("low_vram_gives_the_same")
    assert result["lowvram"] and result["cast"] > 0
    assert result["difference"] == 0


def test_a_batch_of_avatars_gives_each_its_own_scene(measured):
    result = measured("batches_of_different_avatars")
    assert result["shape"] == [2, 4, 8, 8]
    assert result["second"] < 1e-2 < result["first_differs"]


def test_sizes_in_steps_of_8_and_area_prompts_work(measured):
    result = measured("odd_sizes_and_areas")
    assert result["finite"] and result["shape"] == [1, 4, 9, 17]


def test_interrupt_stops_sampling(measured):
    assert measured("interrupt_stops_sampling")["interrupted"]


def test_previews_are_drawn(measured):
    assert measured("previews_show")["size"] == [8, 8]


def test_comfyui_recreates_clones_with_our_class(measured):
    result = measured("clones_keep_our_class")
    if not result["supported"]:
        pytest.skip("this ComfyUI has no multi-GPU clones")
    assert result["own_weights"]
    assert result["classes"] == ["PASModel", "PASModel"]
    assert result["difference"] == 0


def test_loading_leaves_comfyui_as_it_was_and_other_threads_alone(measured):
    assert measured("nothing_stays_patched") == {"unchanged": True, "other_thread": ["SD15"]}


def test_files_with_diffusers_names_load_the_same_weights(measured):
    assert measured("diffusers_files_load")["equal"]


def test_a_pas_model_takes_stock_inpainting_conditioning(measured):
    assert measured("stock_conditioning_works_without_body_prior")["finite"]


def test_controlnets_stay_on_the_conditioning(measured):
    result = measured("controlnet_is_applied")
    assert result["contexts"] == [[2, 77, 384]]
    assert result["changed"] > 1e-3


EXPECTED_LINES = {
    "mask_size": ("mask", "64x32 px", "avatar"),
    "gray_size": ("gray", "64x32 px", "avatar"),
    "gray_mask_size": ("gray_mask", "64x32 px"),
    "gray_mask_missing": ("gray_mask", "missing"),
    "mask_batch": ("mask", "batch of 3"),
    "odd_size": ("avatar", "64x60 px", "multiples of 8"),
    "nan": ("avatar", "NaN"),
    "empty_mask": ("mask", "empty"),
    "full_mask": ("mask", "nothing is left to paint"),
    "w_above": ("downsample_rate", "1.5"),
    "w_below": ("downsample_rate", "-0.1"),
    "w_nan": ("downsample_rate", "nan"),
    "vae_channels": ("vae", "16 channels"),
    "vae_family": ("vae", "mid gray"),
    "channels": ("model", "7 channels"),
    "empty_prompt": ("positive", "empty"),
    "no_conditioning": ("positive", "empty"),
    "wrong_text": ("positive", "768", "384", "PASTextEncode"),
    "truncated_file": ("model", "truncated.safetensors"),
    "other_file": ("model", "other.safetensors", "not a PAS model"),
    "missing_file": ("model", "nothing.safetensors"),
    "occluder_size": ("occluder_mask", "64x32 px", "avatar"),
}


@pytest.mark.parametrize("name", EXPECTED_LINES)
def test_bad_input_gives_one_line_that_names_it(measured, name):
    line = measured("bad_input_is_one_line")[name]
    assert "\n" not in line and len(line) < 250
    assert line.startswith(f"{EXPECTED_LINES[name][0]}: ")
    for part in EXPECTED_LINES[name][1:]:
        assert part in line


def test_every_socket_of_our_nodes_has_a_tooltip(measured):
    nodes = measured("nodes_have_schemas")
    assert list(nodes) == ["PASLoadModel", "PASTextEncode", "PASConditioning", "PASOutpaint", "PasteAvatar"]
    for name, node in nodes.items():
        assert node["without_tooltip"] == [], name
    # Saved canvases hold widget values by position: the order is permanent.
    assert nodes["PASOutpaint"]["inputs"][6:14] == [
        "seed", "steps", "cfg", "sampler_name", "scheduler", "denoise", "downsample_rate", "noise_mask",
    ]  # fmt: skip


def test_a_trained_model_paints_as_it_was_trained_at_its_native_size(measured):
    result = measured("trained_model_paints_as_it_was_trained")
    assert result["denoised"] <= 1e-4 and result["sigmas"] <= 1e-3
    assert result["last_sigma"] > 1000, "the schedule ends in pure noise"
    assert result["latent"] == [1, 4, 8, 8] and result["mode"].endswith("w 0.5, painted at its native 64x64 px")
    assert result["gray_mask"] == 0 and result["finite"]


def test_text_is_padded_to_one_chunk_and_no_text_is_zero(measured):
    result = measured("text_encode_pads_to_one_chunk")
    assert result["shapes"] == [[1, 77, 384], [1, 77, 384]]
    assert result["empty_is_zero"] == 0 and 5 < result["tokens"] < 63
