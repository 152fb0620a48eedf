"""PASRankPoses by CLIP, inside a real ComfyUI, with a tiny random CLIP; `transformers` is the oracle."""

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
    pytest.mark.skipif(not COMFYUI, reason="needs a real ComfyUI: run ./pas test, or set PAS_COMFYUI"),
]
SIDE = 32
SHAPE = {"hidden_size": 16, "intermediate_size": 32, "num_attention_heads": 2, "num_hidden_layers": 2}
VISION = {**SHAPE, "image_size": SIDE, "patch_size": 8, "num_channels": 3, "hidden_act": "quick_gelu"}


def oracle():
    """A random CLIP of `transformers` with a projection of 16 numbers."""
    import torch
    from transformers import CLIPConfig, CLIPModel

    torch.manual_seed(0)
    text = {**SHAPE, "vocab_size": 49408, "eos_token_id": 49407, "hidden_act": "quick_gelu"}
    config = CLIPConfig(text_config=text, vision_config=VISION, projection_dim=16)
    return (
        CLIPModel(config).half().float().eval().requires_grad_(False)
    )  # ComfyUI keeps text encoders in half precision


def comfy_pair(model, projection=None):
    """The same weights as ComfyUI's CLIP and CLIP_VISION objects; another text projection if one is given."""
    import comfy.clip_vision
    import comfy.sd
    import comfy.sd1_clip

    class Target:
        params: dict = {}  # noqa: RUF012
        clip = comfy.sd1_clip.SD1ClipModel
        tokenizer = comfy.sd1_clip.SD1Tokenizer

    weights = model.state_dict()
    clip = comfy.sd.CLIP(Target, model_options={"clip_l_model_config": SHAPE})
    clip.load_sd({k: v for k, v in weights.items() if k.startswith("text_model")})
    projection = weights["text_projection.weight"].clone() if projection is None else projection
    clip.cond_stage_model.clip_l.transformer.text_projection.weight.data = projection
    vision = comfy.clip_vision.ClipVisionModel(
        {**VISION, "projection_dim": 16, "model_type": "clip_vision_model", "layer_norm_eps": 1e-5}
    )
    vision.load_sd({k: v for k, v in weights.items() if k.startswith("vis")})
    return clip, vision


def expected(model, clip, pose, texts: list[str]):
    """Cosines by `transformers`, on the gray body's pictures drawn anew."""
    import comfy.clip_model
    import torch
    from avatar_scene.rendering import CameraSettings, aim, gray_figure, take_pictures

    figure = gray_figure(pose)
    passes = take_pictures(figure, aim(CameraSettings(), figure, SIDE, SIDE), gray=True)
    rgba = torch.stack([picture.rgba for picture in passes])
    pictures = rgba[..., :3] * rgba[..., 3:] + 1 - rgba[..., 3:]
    ids = torch.tensor([[token for token, _ in clip.tokenize(text)["l"][0]] for text in texts])
    output = model(input_ids=ids, pixel_values=comfy.clip_model.clip_preprocess(pictures, size=SIDE))
    return torch.nn.functional.cosine_similarity(output.image_embeds, output.text_embeds)


def driver(comfy: str, result: str) -> None:
    """Runs in a process of its own: what the tests below assert."""
    sys.path.insert(0, str(TESTS))
    from outpaint_driver import boot

    boot(Path(comfy), Path(result).parent)
    import torch
    from avatar_scene.nodes.pose import PASRankPoses
    from avatar_scene.smpl import SMPLPose

    torch.manual_seed(1)
    texts = ["a person is waving", "a person is sitting", "a person is waving", "a person is flying"]
    pose = SMPLPose.create(torch.randn(4, 21, 3) * 0.6, texts=texts)
    model = oracle()
    clip, vision = comfy_pair(model)
    measured: dict = {"expected": expected(model, clip, pose, texts).tolist()}

    def rank(**options) -> list:
        given = {"pose": pose, "prompt": "", "keep": 4, "model": "", "vposer": "", **options}
        try:
            kept, scores = PASRankPoses.execute(**given).args
        except ValueError as error:
            return [str(error)]
        return [list(kept.texts), scores]

    measured["by_own_text"] = rank(clip=clip, clip_vision=vision)
    measured["kept"] = rank(clip=clip, clip_vision=vision, keep=2)
    measured["half"] = rank(clip=clip)
    placeholders = {"identity": torch.eye(16), "zeros": torch.zeros(16, 16), "memory": torch.full((16, 16), 1e20)}
    for name, placeholder in placeholders.items():
        measured[name] = rank(clip=comfy_pair(model, placeholder)[0], clip_vision=vision)
    vision.model.visual_projection = torch.nn.Linear(16, 8, bias=False)
    measured["foreign"] = rank(clip=clip, clip_vision=vision)
    measured["no_text"] = rank(clip=clip, clip_vision=vision, pose=SMPLPose.create(pose.body_pose))
    Path(result).write_text(json.dumps(measured), encoding="utf-8")


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    result = tmp_path_factory.mktemp("clip") / "result.json"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, str(Path(__file__)), COMFYUI, str(result)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace", timeout=600)
    assert result.is_file(), f"the driver ended with {done.returncode}:\n{done.stderr[-3000:]}"
    return json.loads(result.read_text(encoding="utf-8"))


def test_scores_are_clips_similarity_and_the_best_comes_first(measured):
    texts, scores = measured["by_own_text"]
    assert scores == pytest.approx(sorted(measured["expected"], reverse=True), abs=5e-4)
    assert len(set(texts)) == 3 and measured["kept"][1] == pytest.approx(scores[:2])


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("half", "connect both clip and clip_vision"),
        ("identity", "no text projection"),
        ("zeros", "no text projection"),
        ("memory", "no text projection"),
        ("foreign", "16 numbers a text and clip_vision 8"),
        ("no_text", "needs a text"),
    ],
)
def test_bad_input_is_one_line_that_says_what_to_do(measured, case, message):
    (line,) = measured[case]
    assert message in line and line.startswith("PASRankPoses") and "\n" not in line


if __name__ == "__main__":
    driver(*sys.argv[1:])
