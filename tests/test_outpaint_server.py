"""The scene stage as a graph on a real server: text and avatar in, finished picture out."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from avatar_scene.headless import HeadlessError
from host import ComfyHost
from PIL import Image
from tiny_checkpoints import write_all

pytestmark = [pytest.mark.host, pytest.mark.slow]
SIDE = 64

GRAPH = {
    "model": {"class_type": "PASLoadModel", "inputs": {"model": "models/tiny_pas.safetensors"}},
    "positive": {"class_type": "PASTextEncode", "inputs": {"text": "doing yoga on the beach"}},
    "negative": {"class_type": "PASTextEncode", "inputs": {"text": ""}},
    "vae": {"class_type": "VAELoader", "inputs": {"vae_name": "tiny_vae.safetensors"}},
    "render": {"class_type": "LoadImage", "inputs": {"image": "outpaint_avatar.png"}},
    "mask": {"class_type": "InvertMask", "inputs": {"mask": ["render", 1]}},
    "scene": {
        "class_type": "PASOutpaint",
        "inputs": {
            "model": ["model", 0],
            "positive": ["positive", 0],
            "negative": ["negative", 0],
            "vae": ["vae", 0],
            "avatar": ["render", 0],
            "mask": ["mask", 0],
            "seed": 5,
            "steps": 2,
            "cfg": 3.0,
            "sampler_name": "euler",
            "scheduler": "normal",
            "denoise": 1.0,
            "downsample_rate": 0.7,
            "noise_mask": "auto",
        },
    },
    "paste": {
        "class_type": "PasteAvatar",
        "inputs": {
            "scene": ["scene", 0],
            "avatar": ["render", 0],
            "mask": ["mask", 0],
            "feather": 0,
            "color_match": 0.0,
            "color_match_band": 8,
            "shadow": 0.0,
            "occluders": "none",
        },
    },
    "save": {"class_type": "SaveImage", "inputs": {"images": ["paste", 0], "filename_prefix": "outpaint"}},
}


@pytest.fixture(scope="module")
def avatar(comfy: ComfyHost) -> np.ndarray:
    """The tiny checkpoints and an RGBA avatar picture (H, W, 4) uint8 in the server's folders."""
    write_all(comfy.models_dir)
    generator = np.random.default_rng(0)
    rgba = generator.integers(0, 256, (SIDE, SIDE, 4), dtype=np.uint8)
    rgba[..., 3] = 0
    rgba[10:54, 20:44, 3] = 255
    rgba[8:10, 20:44, 3] = 128
    Image.fromarray(rgba).save(comfy.input_dir / "outpaint_avatar.png")
    return rgba


def changed(node: str, **inputs) -> dict:
    graph = copy.deepcopy(GRAPH)
    graph[node]["inputs"].update(inputs)
    return graph


def test_the_avatar_is_the_render_and_around_it_is_a_scene(comfy: ComfyHost, avatar: np.ndarray):
    (image,) = comfy.images(comfy.run(GRAPH))
    inside, outside = avatar[..., 3] == 255, avatar[..., 3] == 0
    assert (image[inside] == avatar[inside][:, :3]).all()
    assert image[outside].std() > 1
    assert (image[outside] != avatar[outside][:, :3]).any()


def test_only_what_a_change_touches_runs_again_and_seeds_repeat(comfy: ComfyHost, avatar: np.ndarray):
    (first,) = comfy.images(comfy.run(GRAPH))
    other = comfy.run(changed("scene", seed=6))
    assert other.executed == ["scene", "paste", "save"]
    (second,) = comfy.images(other)
    assert (second != first).any()
    assert comfy.run(changed("paste", feather=3)).executed[-2:] == ["paste", "save"]
    (again,) = comfy.images(comfy.run(GRAPH))
    assert (again == first).all()


def test_the_conditioning_node_feeds_stock_samplers(comfy: ComfyHost, avatar: np.ndarray):
    graph = copy.deepcopy(GRAPH)
    given = graph["scene"]["inputs"]
    sampling = {name: given.pop(name) for name in ("seed", "steps", "cfg", "sampler_name", "scheduler", "denoise")}
    graph["prepare"] = {"class_type": "PASConditioning", "inputs": given}
    graph["sample"] = {
        "class_type": "KSampler",
        "inputs": {
            **sampling,
            "model": ["prepare", 0],
            "positive": ["prepare", 1],
            "negative": ["prepare", 2],
            "latent_image": ["prepare", 3],
        },
    }
    graph["scene"] = {"class_type": "VAEDecode", "inputs": {"samples": ["sample", 0], "vae": ["vae", 0]}}
    (image,) = comfy.images(comfy.run(graph))
    (expected,) = comfy.images(comfy.run(GRAPH))
    assert (image == expected).all()


@pytest.mark.parametrize("name", ["models/../../../etc/passwd.safetensors", "models//etc/x.safetensors", "tiny.ckpt"])
def test_models_outside_the_models_folder_are_refused(comfy: ComfyHost, avatar: np.ndarray, name: str):
    with pytest.raises(HeadlessError, match=r"node model \(PASLoadModel\): .*PAS model: "):
        comfy.run(changed("model", model=name))


def test_bad_input_is_one_line_and_the_server_lives_on(comfy: ComfyHost, avatar: np.ndarray):
    with pytest.raises(HeadlessError, match=r"node scene \(PASOutpaint\): .*positive: the prompt is empty"):
        comfy.run(changed("positive", text="   "))
    with pytest.raises(HeadlessError, match=r"node paste \(PasteAvatar\): .*mask: 64x64 px does not fit avatar"):
        graph = changed("paste", avatar=["small", 0])
        graph["small"] = {
            "class_type": "EmptyImage",
            "inputs": {"width": 32, "height": 32, "batch_size": 1, "color": 0},
        }
        comfy.run(graph)
    assert comfy.run(changed("scene", seed=99)).files
