"""The recipe of `training/outpaint/README.md`, command by command: an inpainting checkpoint becomes a PAS model."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from avatar_scene.outpainting.checkpoint import read_info
from avatar_scene.training.shards import Sample, write_shard
from host import ComfyHost
from PIL import Image
from tiny_checkpoints import write_stand_ins

pytestmark = [pytest.mark.host, pytest.mark.slow]
SIDE = 64


def a_sample(seed: int) -> Sample:
    dice = np.random.default_rng(seed)
    image, body = dice.integers(0, 256, (SIDE, SIDE, 3), np.uint8), np.zeros((SIDE, SIDE, 1), np.uint8)
    body[12:56, 20:44] = 255
    gray = np.dstack([np.full((SIDE, SIDE, 3), 128, np.uint8), body])
    return Sample(image, np.dstack([image, body]), gray, f"a person is doing yoga on the beach {seed}")


def run(*words: object) -> None:
    """`./pas python -m avatar_scene.training.outpaint...`"""
    command = [sys.executable, "-m", *map(str, words)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-3000:]


def test_an_inpainting_checkpoint_and_a_folder_of_shards_become_a_model_that_paints(comfy: ComfyHost, tmp_path: Path):
    stand_ins = write_stand_ins(comfy.models_dir)
    base = comfy.models_dir / "checkpoints" / stand_ins["ckpt_name"]
    write_shard(tmp_path / "shards" / "0.tar", [a_sample(seed) for seed in range(3)])

    encode, train = "avatar_scene.training.outpaint.latents", "avatar_scene.training.outpaint"
    run(encode, "--shards", tmp_path / "shards", "--checkpoint", base, "--size", SIDE, "--out", tmp_path / "latents")
    run(
        train, "--latents", tmp_path / "latents", "--base", base, "--heads", 8, "--out", tmp_path / "run",
        "--steps", 2, "--batch", 1, "--learning-rate", 1e-5, "--gradient-checkpointing",
    )  # fmt: skip
    result = comfy.models_dir / "pas" / "trained.safetensors"
    result.write_bytes((tmp_path / "run" / "outpainter.safetensors").read_bytes())
    info = read_info(result)
    assert (info.text_encoder, info.context_dim, info.native_size) == ("clip-l", 768, SIDE)

    sample = a_sample(7)
    Image.fromarray(sample.person).save(comfy.input_dir / "recipe_avatar.png")
    Image.fromarray(sample.gray).save(comfy.input_dir / "recipe_gray.png")
    done = comfy.run(graph(stand_ins["ckpt_name"]))
    (picture,) = comfy.images(done)
    inside = sample.person[..., 3] == 255
    assert (picture[inside] == sample.person[inside][:, :3]).all()
    assert picture[~inside].std() > 1, "something is painted around the avatar"


def graph(checkpoint: str) -> dict:
    """Text and avatar in, finished picture out, by the trained file and the base's own VAE and text encoder."""

    def node(kind: str, **inputs) -> dict:
        return {"class_type": kind, "inputs": inputs}

    return {
        "base": node("CheckpointLoaderSimple", ckpt_name=checkpoint),
        "model": node("PASLoadModel", model="models/trained.safetensors"),
        "positive": node("CLIPTextEncode", clip=["base", 1], text="doing yoga on the beach"),
        "negative": node("CLIPTextEncode", clip=["base", 1], text=""),
        "render": node("LoadImage", image="recipe_avatar.png"),
        "mask": node("InvertMask", mask=["render", 1]),
        "body": node("LoadImage", image="recipe_gray.png"),
        "body_mask": node("InvertMask", mask=["body", 1]),
        "scene": node(
            "PASOutpaint", model=["model", 0], positive=["positive", 0], negative=["negative", 0], vae=["base", 2],
            avatar=["render", 0], mask=["mask", 0], gray=["body", 0], gray_mask=["body_mask", 0], seed=1, steps=2,
            cfg=3.0, sampler_name="euler", scheduler="normal", denoise=1.0, downsample_rate=0.5, noise_mask="auto",
        ),
        "paste": node(
            "PasteAvatar", scene=["scene", 0], avatar=["render", 0], mask=["mask", 0], feather=0, color_match=0.0,
            color_match_band=8, shadow=0.0, occluders="none",
        ),
        "save": node("SaveImage", images=["paste", 0], filename_prefix="recipe"),
    }  # fmt: skip
