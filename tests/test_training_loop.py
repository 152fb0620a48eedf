"""Training continues after a kill as if nothing had happened, and two runs with one seed agree."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from avatar_scene.training.common import TrainConfig, learning_rate, parse_config, train
from torch import nn

pytest.importorskip("accelerate")


def make_config(out: Path, **options) -> TrainConfig:
    return TrainConfig(out=out, steps=12, batch=8, warmup=3, save_every=4, log_every=3, **options)


def make_model() -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.2), nn.BatchNorm1d(8), nn.Linear(8, 2))


def losses(model: nn.Module, step: int) -> dict[str, torch.Tensor]:
    x = torch.randn(8, 4)
    return {"loss": ((model(x) - x[:, :2]) ** 2).mean()}


def run(out: Path, **options) -> dict[str, torch.Tensor]:
    return train(make_model(), losses, make_config(out, **options))


def test_two_runs_with_one_seed_agree_and_another_seed_differs(tmp_path):
    first, second, other = run(tmp_path / "a"), run(tmp_path / "b"), run(tmp_path / "c", seed=1)
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert not torch.equal(first["0.weight"], other["0.weight"])


def test_a_killed_run_continues_exactly(tmp_path):
    whole = run(tmp_path / "whole")

    def dies(model, step):
        if step == 9:
            raise KeyboardInterrupt
        return losses(model, step)

    with pytest.raises(KeyboardInterrupt):
        train(make_model(), dies, make_config(tmp_path / "killed"))
    (tmp_path / "killed" / "checkpoint.pt.part").write_bytes(b"half a file")
    resumed = run(tmp_path / "killed")
    assert all(torch.equal(whole[key], resumed[key]) for key in whole)


def test_a_folder_with_another_run_is_refused_by_name(tmp_path):
    run(tmp_path)
    with pytest.raises(ValueError, match="--seed"):
        run(tmp_path, seed=5)


def test_learning_rate_warms_up_and_decays():
    config = TrainConfig(steps=100, warmup=10, learning_rate=1.0)
    rates = [learning_rate(step, config) for step in range(100)]
    assert rates[0] == pytest.approx(0.1) and max(rates) == pytest.approx(1.0)
    assert rates[10:] == sorted(rates[10:], reverse=True) and rates[-1] < 0.02


@dataclass
class Options(TrainConfig):
    flag: bool = False
    name: str = "x"


def test_every_field_is_a_flag(monkeypatch):
    monkeypatch.setattr("sys.argv", ["prog", "--steps", "7", "--learning-rate", "0.5", "--flag", "--out", "here"])
    config = parse_config(Options, "about")
    assert (config.steps, config.learning_rate, config.flag, config.out) == (7, 0.5, True, Path("here"))
