"""The outpainter's trainer: what it starts from, what it shows the UNet, that it can be killed at any moment."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from avatar_scene.outpainting.checkpoint import read_info
from avatar_scene.outpainting.unet_keys import to_ldm_layout
from avatar_scene.training.common import train
from avatar_scene.training.outpaint.__main__ import OutpaintConfig, build_model, export
from avatar_scene.training.outpaint.autoencoder import LATENT_SCALE, load_autoencoder, new_autoencoder, save_autoencoder
from avatar_scene.training.outpaint.encoders import open_encoders
from avatar_scene.training.outpaint.latents import FORMAT, LatentsConfig, encode_samples, encode_shard, resized
from avatar_scene.training.outpaint.objective import LatentSet, OutpaintLoss, noise_scheduler
from avatar_scene.training.outpaint.random_masks import random_mask
from avatar_scene.training.outpaint.unet import ConditionedUNet, new_unet, open_base, pad_context
from avatar_scene.training.shards import Sample, write_shard
from safetensors.torch import load_file, save_file

CONTEXT = 16


def _save_unet(path: Path, channels: int, prefix="", attention=(True, False)) -> torch.nn.Module:
    torch.manual_seed(3)
    unet = new_unet(channels, (32, 64), 1, CONTEXT, 2, attention)
    save_file({prefix + key: value.contiguous() for key, value in to_ldm_layout(unet.state_dict()).items()}, str(path))
    return unet.eval()


def _conditioning(batch=2, side=8):
    generator = torch.Generator().manual_seed(0)
    noisy, avatar, gray = (torch.randn(batch, 4, side, side, generator=generator) for _ in range(3))
    paint, gray_mask = (torch.rand(batch, 1, side, side, generator=generator) for _ in range(2))
    context = torch.randn(batch, 77, CONTEXT, generator=generator)
    return noisy, torch.tensor([10, 700]), context, paint, avatar, gray, gray_mask, torch.tensor([0.2, 1.0])


@pytest.fixture
def latents(tmp_path) -> Path:
    """A folder as training.outpaint.latents writes it: twelve samples of 64 px."""
    folder, generator = tmp_path / "latents", torch.Generator().manual_seed(1)
    folder.mkdir()
    metadata = {
        "format": FORMAT,
        "text_encoder": "minilm",
        "gray_latent": "[0, 0, 0, 0]",
        "masks": "person",
        "size": "64",
    }
    save_file({"tokens": torch.zeros(0, CONTEXT).half()}, str(folder / "empty_text.safetensors"), metadata)
    for part in range(2):
        values = {name: torch.randn(6, 4, 8, 8, generator=generator).half() for name in ("target", "avatar", "gray")}
        values |= {name: torch.rand(6, 1, 8, 8, generator=generator).half() for name in ("alpha", "gray_mask")}
        values |= {"rate": torch.rand(6, generator=generator), "tokens": torch.randn(30, CONTEXT).half()}
        values |= {"starts": torch.arange(0, 31, 5)}
        save_file(values, str(folder / f"{part}.latents.safetensors"), metadata)
    return folder


def _config(latents: Path, out: Path, **values) -> OutpaintConfig:
    small = {"steps": 6, "save_every": 2, "batch": 3, "warmup": 1, "widths": "32,64", "heads": 2, "previews": 0}
    return OutpaintConfig(latents=latents, out=out, threads=1, **(small | values))


@pytest.mark.parametrize("prefix", ["", "model.diffusion_model."])
@pytest.mark.parametrize("attention", [(True, False), (True, True)])
def test_a_nine_channel_base_is_taken_over_bit_for_bit(tmp_path, prefix, attention):
    unet = _save_unet(tmp_path / "base.safetensors", 9, prefix, attention)
    noisy, steps, context, paint, avatar, gray, gray_mask, rate = _conditioning()
    with torch.no_grad():
        wanted = unet(torch.cat([noisy, paint, avatar], 1), steps, context).sample
        wide = open_base(tmp_path / "base.safetensors", "pas", heads=2).eval()
        stacked = torch.cat([noisy, paint, avatar, gray, gray_mask], 1)
        assert torch.equal(wide.unet(stacked, steps, context).sample, wanted)
        # With the w token the context is one longer: a change, reported by the trainer's first loss.
        with_w = wide(noisy, steps, context, paint, avatar, gray, gray_mask, rate)
        assert with_w.shape == wanted.shape and not torch.equal(with_w, wanted)
        narrow = open_base(tmp_path / "base.safetensors", "inpaint", heads=2).eval()
        assert torch.equal(narrow(noisy, steps, context, paint, avatar, gray, gray_mask, rate), wanted)


def test_a_pas_file_can_be_trained_on(tmp_path, latents):
    config = _config(latents, tmp_path)
    data = LatentSet(latents)
    model = build_model(config, CONTEXT)
    path = export(model, config, data)
    info = read_info(path)
    assert (info.context_dim, info.num_heads, info.native_size, info.text_encoder) == (CONTEXT, 2, 64, "minilm")
    again = open_base(path, "pas", heads=2)
    for name, value in model.state_dict().items():
        assert torch.equal(again.state_dict()[name], value.half().float()), name


def test_a_pas_file_becomes_an_inpainting_base_without_gray_body_and_w(tmp_path, latents, caplog):
    path = export(build_model(_config(latents, tmp_path), CONTEXT), _config(latents, tmp_path), LatentSet(latents))
    noisy, steps, context, paint, avatar, gray, gray_mask, rate = _conditioning()
    nothing = torch.zeros_like(gray), torch.zeros_like(gray_mask)
    with torch.no_grad():
        unet = open_base(path, "pas", heads=2).eval().unet
        wanted = unet(torch.cat([noisy, paint, avatar, *nothing], 1), steps, context)
        assert not caplog.records
        narrow = open_base(path, "inpaint", heads=2).eval()
        found = narrow(noisy, steps, context, paint, avatar, gray, gray_mask, rate)
    assert torch.allclose(found, wanted.sample, atol=1e-5)
    assert "'outpainter.safetensors' is a PAS model" in caplog.text and "w token are dropped" in caplog.text
    inpainter = export(narrow, _config(latents, tmp_path, kind="inpaint"), LatentSet(latents))
    assert load_file(inpainter)["input_blocks.0.0.weight"].shape[1] == 9


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path.write_bytes(b"not a checkpoint"), "truncated or no safetensors"),
        (lambda path: save_file({"foo": torch.zeros(1)}, str(path)), "holds no UNet of the SD1.5 family"),
        (lambda path: _save_unet(path, 4), "takes 4 input channels"),
        (lambda path: None, "is missing"),
    ],
)
def test_a_base_of_another_family_is_refused_in_one_line(tmp_path, make, message):
    make(tmp_path / "base.safetensors")
    with pytest.raises(ValueError, match=message) as caught:
        open_base(tmp_path / "base.safetensors", "pas")
    assert "base.safetensors" in str(caught.value) and "\n" not in str(caught.value)


def test_a_base_keeps_its_prediction(tmp_path, latents):
    config = _config(latents, tmp_path, prediction="v_prediction")
    path = export(build_model(config, CONTEXT), config, LatentSet(latents))
    with pytest.raises(ValueError, match=r"'outpainter\.safetensors' predicts v_prediction; add --prediction v_pred"):
        build_model(_config(latents, tmp_path, base=str(path)), CONTEXT)
    build_model(_config(latents, tmp_path, base=str(path), prediction="v_prediction"), CONTEXT)


def test_latents_of_another_text_encoder_are_refused(tmp_path, latents):
    _save_unet(tmp_path / "base.safetensors", 9)
    with pytest.raises(ValueError, match="captions are 384 wide, the UNet takes 16"):
        build_model(_config(latents, tmp_path, base=str(tmp_path / "base.safetensors")), 384)


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
@pytest.mark.slow
def test_a_run_killed_twice_ends_with_the_weights_of_an_undisturbed_one(tmp_path, latents, prediction):
    def run(out: Path, kills: list[int]) -> dict:
        config = _config(latents, out, prediction=prediction)
        torch.manual_seed(0)
        model = build_model(config, CONTEXT)
        losses = OutpaintLoss(LatentSet(latents), config, torch.device("cpu"))

        def dying(model, step):
            if step in kills:
                kills.remove(step)
                raise KeyboardInterrupt
            return losses(model, step)

        return train(model, dying, config)

    undisturbed = run(tmp_path / "a", [])
    kills = [3, 5]
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "b", kills)
    resumed = run(tmp_path / "b", kills)
    assert all(torch.equal(undisturbed[name], resumed[name]) for name in undisturbed)
    with pytest.raises(ValueError, match="another --batch"):
        config = _config(latents, tmp_path / "b", prediction=prediction, batch=2)
        train(build_model(config, CONTEXT), lambda model, step: {}, config)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="the driver forks")
def test_the_command_killed_at_random_moments_writes_what_an_undisturbed_one_writes(tmp_path, latents):
    """Real processes and SIGKILL, while training, saving or exporting: `tests/kill_driver.py`."""
    flags = {"latents": latents, "steps": 24, "save-every": 1, "batch": 2, "widths": "32", "heads": 2, "threads": 1}
    words = [word for name, value in flags.items() for word in (f"--{name}", str(value))]
    command = [sys.executable, str(Path(__file__).with_name("kill_driver.py")), str(tmp_path), "5", "7", *words]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-2000:]
    undisturbed, killed = (line.split() for line in done.stdout.splitlines() if line.startswith(("undist", "killed")))
    assert undisturbed == ["undisturbed", "0", "24"]
    assert int(killed[1]) > 0 and int(killed[2]) >= 24, "it was killed, and some steps were begun twice"
    first, second = (load_file(tmp_path / out / "outpainter.safetensors") for out in ("undisturbed", "killed"))
    assert first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)
    states = [torch.load(tmp_path / out / "checkpoint.pt", weights_only=True) for out in ("undisturbed", "killed")]
    for part in ("model", "average"):
        assert all(torch.equal(value, states[1][part][name]) for name, value in states[0][part].items())


def test_a_full_disk_leaves_the_last_good_checkpoint(tmp_path, latents, monkeypatch):
    import avatar_scene.training.common as common

    config = _config(latents, tmp_path / "run")
    losses = OutpaintLoss(LatentSet(latents), config, torch.device("cpu"))
    save, calls = torch.save, []

    def full(content, file):
        calls.append(1)
        if len(calls) == 2:
            file.write(b"half of it")
            raise OSError(28, "No space left on device")
        save(content, file)

    monkeypatch.setattr(common.torch, "save", full)
    with pytest.raises(OSError, match="No space left"):
        train(build_model(config, CONTEXT), losses, config)
    assert torch.load(config.out / "checkpoint.pt", weights_only=True)["step"] == 2
    assert not list(config.out.glob("*.part"))


def test_text_and_gray_body_are_dropped_apart_and_w_never(tmp_path, latents):
    data = LatentSet(latents)
    config = _config(latents, tmp_path, text_dropout=1.0, gray_dropout=1.0)
    seen = {}

    def spy(noisy, timesteps, context, paint, avatar, gray, gray_mask, rate):
        seen.update(context=context, gray=gray, gray_mask=gray_mask, rate=rate, avatar=avatar)
        return torch.zeros_like(noisy)

    loss = OutpaintLoss(data, config, torch.device("cpu"))(spy, 0)["loss"]
    assert seen["context"].shape == (3, 77, CONTEXT) and seen["context"].abs().max() == 0
    assert seen["gray"].abs().max() == 0 and seen["gray_mask"].abs().max() == 0
    assert seen["rate"].min() > 0 and seen["avatar"].abs().min() > 0
    assert 0.8 < float(loss) < 1.2  # eq. (1): the noise has unit variance


def test_v_prediction_ends_in_pure_noise():
    scheduler = noise_scheduler("v_prediction")
    assert float(scheduler.alphas_cumprod[-1]) < 1e-6
    assert float(noise_scheduler("epsilon").alphas_cumprod[-1]) == pytest.approx(0.0047, abs=1e-4)


class _Means:
    """Encoders that one can see through: eight by eight means, and three tokens a caption."""

    def pictures(self, pictures):
        mean = torch.nn.functional.avg_pool2d(pictures.permute(0, 3, 1, 2), 8)
        return torch.cat([mean, mean[:, :1]], 1)

    def texts(self, texts):
        return [torch.ones(3, CONTEXT) for _ in texts]


def test_what_is_encoded_is_what_the_nodes_show_the_unet():
    image = np.full((16, 16, 3), 200, np.uint8)
    person = np.zeros((16, 16, 4), np.uint8)
    person[:8] = (100, 100, 100, 255)
    encoded = encode_samples([Sample(image, person, person, "a person")], _Means(), torch.tensor([1.0]), "person")
    assert torch.allclose(encoded["target"], torch.full((1, 4, 2, 2), 200 / 255))
    assert torch.equal(encoded["alpha"], torch.tensor([[[[1.0, 1.0], [0.0, 0.0]]]]))
    assert torch.allclose(encoded["avatar"][0, 0], torch.tensor([[100 / 255] * 2, [0.5] * 2]))
    assert torch.equal(encoded["gray"], encoded["avatar"]) and torch.equal(encoded["gray_mask"], encoded["alpha"])
    hidden = encode_samples([Sample(image, person, person, "a person")], _Means(), torch.tensor([0.3]), "random")
    assert hidden["gray_mask"].abs().max() == 0 and hidden["rate"].tolist() == [1.0]
    assert hidden["gray"].shape == hidden["target"].shape and hidden["gray"].abs().max() == 0


def test_a_shard_is_encoded_at_one_w_or_at_one_for_each_sample(tmp_path):
    image, person = np.full((16, 16, 3), 200, np.uint8), np.full((16, 16, 4), 100, np.uint8)
    write_shard(tmp_path / "a.tar", [Sample(image, person, person, "a person")] * 20)
    rates = [
        encode_shard(tmp_path / "a.tar", _Means(), LatentsConfig(size=16, rate=rate))["rate"] for rate in (-1, 0.5)
    ]
    assert len(rates[0].unique()) == 20 and rates[0].min() >= 0 and rates[0].max() <= 1
    assert rates[1].tolist() == [0.5] * 20


def test_shrinking_a_sample_keeps_the_person_opaque_colours():
    person = np.zeros((64, 64, 4), np.uint8)
    person[10:41, 10:41] = (250, 40, 10, 255)
    small = resized(Sample(np.zeros((64, 64, 3), np.uint8), person, person, "a"), 32).person
    inside = small[small[..., 3] > 0]
    assert (np.abs(inside[:, :3].astype(int) - (250, 40, 10)) <= 1).all() and small[0, 0, 3] == 0


def test_random_masks_repeat_and_vary():
    torch.manual_seed(5)
    masks = torch.stack([random_mask(32, 48) for _ in range(60)])
    torch.manual_seed(5)
    assert torch.equal(masks[0], random_mask(32, 48))
    shares = masks.mean((1, 2))
    assert set(masks.unique().tolist()) <= {0.0, 1.0} and shares.std() > 0.1 and 0.3 < shares.mean() < 0.9


def test_padding_fills_whole_chunks():
    assert pad_context([torch.ones(3, 4), torch.ones(0, 4)]).shape == (2, 77, 4)
    assert pad_context([torch.ones(78, 4), torch.ones(5, 4)]).shape == (2, 154, 4)


def test_the_autoencoder_file_is_comfyuis_taesd_and_comes_back(tmp_path):
    torch.manual_seed(0)
    model = new_autoencoder()
    save_autoencoder(model, tmp_path / "vae.safetensors", "random")
    weights = load_file(str(tmp_path / "vae.safetensors"))
    assert float(weights["vae_scale"]) == pytest.approx(LATENT_SCALE, rel=1e-3)
    assert "taesd_decoder.1.weight" in weights and "taesd_encoder.0.weight" in weights
    again = load_autoencoder(tmp_path / "vae.safetensors")
    picture = torch.rand(1, 3, 16, 16)
    assert torch.allclose(again.encoder(picture), model.encoder(picture), atol=2e-3)
    save_file({"x": torch.zeros(1)}, str(tmp_path / "other.safetensors"))
    with pytest.raises(ValueError, match="not of TAESD's shape"):
        load_autoencoder(tmp_path / "other.safetensors")


def test_exactly_one_kind_of_encoder_is_asked_for():
    for vae, checkpoint in (("", ""), ("a", "b")):
        with pytest.raises(ValueError, match="either --vae"):
            open_encoders(vae, checkpoint)


def test_the_w_token_is_one_more_token(latents):
    torch.manual_seed(0)
    model = ConditionedUNet(new_unet(14, (32, 64), 1, CONTEXT, 2), "pas").eval()
    values = list(_conditioning())
    with torch.no_grad():
        first = model(*values)
        values[-1] = torch.tensor([0.9, 1.0])
        second = model(*values)
    assert not torch.allclose(first[0], second[0]) and torch.equal(first[1], second[1])
