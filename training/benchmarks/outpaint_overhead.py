"""What a PAS model costs a sampling step over stock inpainting, in one run.

    ./pas python -m avatar_scene.training.benchmarks.outpaint_overhead --comfyui DIR [--size 512] [--pairs 5]

Two UNets of SD1.5's size share all random weights but their first layer: 9 channels with stock inpainting conditioning,
14 channels with the avatar, the gray body and w. They sample in turns; the table shows the median of each, the mean
ratio of the pairs (geometric) with its 95 % interval over pairs, and the ratio of the two fastest runs. Processor time
is what to read on a machine that others use; on a GPU only wall time means anything.
"""

from __future__ import annotations

import argparse
import importlib
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import torch

SD15 = dict(
    image_size=32, use_spatial_transformer=True, legacy=False, adm_in_channels=None, out_channels=4, model_channels=320,
    num_res_blocks=[2, 2, 2, 2], channel_mult=[1, 2, 4, 4], transformer_depth=[1, 1, 1, 1, 1, 1, 0, 0],
    transformer_depth_output=[1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0], transformer_depth_middle=1, context_dim=768,
    use_linear_in_transformer=False, use_temporal_resblock=False, use_temporal_attention=False,
)  # fmt: skip
W_EMBEDDING = 320


def boot(comfyui: Path, cpu: bool) -> None:
    """ComfyUI's modules with a throw-away base directory. It is no package of ours, so it is imported by name."""
    base = Path(tempfile.mkdtemp(prefix="pas-benchmark-"))
    sys.path.insert(0, str(comfyui))
    os.chdir(comfyui)
    sys.argv = ["main.py", "--base-directory", str(base), "--disable-api-nodes", *(["--cpu"] if cpu else [])]
    importlib.import_module("comfy.options").enable_args_parsing()
    importlib.import_module("utils.extra_config")  # before `nodes`, whose path changes would shadow it
    importlib.import_module("nodes")


def random_models(dtype: torch.dtype):
    """(stock 9-channel patcher, 14-channel PAS patcher) over the same weights."""
    from ...outpainting.checkpoint import PASInfo, widen_input
    from ...outpainting.model import WProjection, pas_model_config

    supported = importlib.import_module("comfy.supported_models")
    management = importlib.import_module("comfy.model_management")
    patcher = importlib.import_module("comfy.model_patcher").ModelPatcher
    generator = torch.Generator().manual_seed(0)
    projection = WProjection(torch.randn(768, W_EMBEDDING, generator=generator) / W_EMBEDDING**0.5, torch.zeros(768))
    models = []
    # The second model is built without memory of its own: it takes the first one's weights below.
    for config_class, channels, device in (
        (supported.SD15, 9, "cpu"),
        (pas_model_config(PASInfo(768), projection), 14, "meta"),
    ):
        config = config_class({**SD15, "in_channels": channels})
        config.set_inference_dtype(dtype, None)
        models.append(config.get_model({}, "", device=torch.device(device)))
    stock, pas = models
    weights = stock.diffusion_model.state_dict()
    for name, value in weights.items():
        if value.ndim > 1:
            value.copy_(torch.randn(value.shape, generator=generator) / value[0].numel() ** 0.5)
        else:
            value.fill_(1.0 if name.endswith("weight") else 0.0)
    first = "input_blocks.0.0.weight"
    pas.diffusion_model.load_state_dict({**weights, first: widen_input(weights[first])}, assign=True)
    device, offload = management.get_torch_device(), management.unet_offload_device()
    return [patcher(model.to(offload), load_device=device, offload_device=offload) for model in models]


def conditionings(size: int):
    """Latents as a VAE would give them, for both ways: (positive, negative, latent) each, from random pictures."""
    from ...outpainting import model as keys
    from ...outpainting.latent_masks import soft_cells

    cells = size // 8
    generator = torch.Generator().manual_seed(1)
    avatar, gray, start = (torch.randn(1, 4, cells, cells, generator=generator) for _ in range(3))
    alpha = torch.zeros(1, size, size)
    alpha[:, size // 8 : -size // 8, size // 3 : -size // 3] = 1
    texts = [torch.randn(1, 77, 768, generator=generator) for _ in range(2)]
    stock = {"concat_latent_image": avatar, "concat_mask": 1 - alpha[:, None]}
    ours = {
        keys.AVATAR_LATENT: avatar,
        keys.PAINT_MASK: 1 - soft_cells(alpha),
        keys.GRAY_LATENT: gray,
        keys.GRAY_MASK: soft_cells(alpha),
        keys.DOWNSAMPLE_RATE: 0.5,
    }
    return [
        ([[texts[0], dict(values)]], [[texts[1], dict(values)]], {"samples": start.clone()}) for values in (stock, ours)
    ]


def timed(model, conditioning, steps: int) -> tuple[float, float]:
    """(wall, processor) seconds a step of one sampling run."""
    nodes = importlib.import_module("nodes")
    positive, negative, latent = conditioning
    wall, processor = time.perf_counter(), time.process_time()
    (result,) = nodes.common_ksampler(model, 0, steps, 7.0, "euler", "normal", positive, negative, latent)
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    if not result["samples"].isfinite().all():
        raise ValueError("the random models gave NaN; the timing would mean nothing")
    return (time.perf_counter() - wall) / steps, (time.process_time() - processor) / steps


def mean_ratio(ratios: list[float], resamples: int = 2000) -> tuple[float, float, float]:
    """(low, mean, high): the geometric mean and its bootstrap 95 % interval, resampling pairs."""
    logs = torch.tensor(ratios, dtype=torch.float64).log()
    picks = torch.randint(len(logs), (resamples, len(logs)), generator=torch.Generator().manual_seed(0))
    low, high = logs[picks].mean(1).quantile(torch.tensor([0.025, 0.975], dtype=torch.float64)).exp().tolist()
    return low, logs.mean().exp().item(), high


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--comfyui", type=Path, default=os.environ.get("PAS_COMFYUI"), help="ComfyUI's source folder")
    parser.add_argument("--size", type=int, default=512, help="picture side in pixels")
    parser.add_argument("--steps", type=int, default=4, help="sampling steps of a run")
    parser.add_argument("--pairs", type=int, default=5, help="runs of each, in turns")
    options = parser.parse_args()
    if options.comfyui is None:
        parser.error("--comfyui: give ComfyUI's source folder")
    cpu = not torch.cuda.is_available()
    boot(Path(options.comfyui).resolve(), cpu)
    with torch.inference_mode():
        models = random_models(torch.float32 if cpu else torch.float16)
        inputs = conditionings(options.size)
        for model, conditioning in zip(models, inputs):
            timed(model, conditioning, 1)  # loads the model
        runs = []
        for pair in range(options.pairs):
            order = (0, 1) if pair % 2 == 0 else (1, 0)
            times = {which: timed(models[which], inputs[which], options.steps) for which in order}
            runs.append((times[0], times[1]))
    print(f"{options.size} px, {options.pairs} pairs of {options.steps} steps, {'CPU' if cpu else 'GPU'}")
    print(f"{'':12}{'stock 9 ch':>12}{'PAS 14 ch':>12}{'ratio (95 %)':>22}{'fastest':>9}")
    for index, name in enumerate(("wall s", "processor s")):
        stock = statistics.median(run[0][index] for run in runs)
        ours = statistics.median(run[1][index] for run in runs)
        low, ratio, high = mean_ratio([run[1][index] / run[0][index] for run in runs])
        fastest = min(run[1][index] for run in runs) / min(run[0][index] for run in runs)
        print(f"{name:12}{stock:12.3f}{ours:12.3f}{f'{ratio:.3f} ({low:.3f}-{high:.3f})':>22}{fastest:9.3f}")


if __name__ == "__main__":
    main()
