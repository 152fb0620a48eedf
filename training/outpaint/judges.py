"""Judges of painted scenes, trained on the generator's own pictures: which place it is, and where people are.

    ./pas python -m avatar_scene.training.outpaint.judges --judge place --shards SHARDS --held-out HELD_OUT --out DIR
    ./pas python -m avatar_scene.training.outpaint.judges --judge person --shards SHARDS --held-out HELD_OUT --out DIR

Both see pictures that no outpainter had a hand in (`judge_data` makes them). With --held-out the quality is printed.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from ..common import TrainConfig, is_main_process, parse_config, save_atomically, seed_step, train
from ..shards import Sample, list_shards, read_shard
from .judge_data import (
    PERSON_SIDE,
    PLACE_SIDE,
    PersonData,
    PlaceData,
    another_person,
    dice_score,
    no_place,
    place_input,
    small,
)

NONE = "none of these"


@dataclass
class JudgeConfig(TrainConfig):
    """How a judge is trained."""

    out: Path = Path("runs/judge")
    judge: str = "place"  # "place" or "person"
    shards: Path = Path("shards")  # folder of shards; their json names the place
    held_out: str = ""  # folder of other shards to tell the quality on
    steps: int = 1500
    batch: int = 32
    ema: float = 0.995
    precision: str = "bf16"


def _layer(into: int, out: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(into, out, 3, stride, 1, bias=False), nn.GroupNorm(8, out), nn.SiLU())


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.layer = _layer(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.layer(x)


def place_judge(classes: int) -> nn.Module:
    """(B, 4, 64, 64) picture and hidden mask -> (B, classes) logits."""
    layers, last = [], 4
    for width in (32, 64, 128, 192):
        layers += [_layer(last, width, 2), _Residual(width)]
        last = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Dropout(0.3), nn.Linear(last * 4, classes))


class PersonJudge(nn.Module):
    """(B, 3, 128, 128) picture -> (B, 1, 64, 64) logits: is there a person? A U-Net of 32 pixels and less."""

    def __init__(self) -> None:
        super().__init__()
        widths = (48, 96, 160, 192)
        self.down = nn.ModuleList([nn.Sequential(_layer(3 * 4 * 4, widths[0]), _Residual(widths[0]))])
        for last, width in itertools.pairwise(widths):
            self.down.append(nn.Sequential(_layer(last, width, 2), _Residual(width)))
        self.up = nn.ModuleList()
        for skip, width in zip(widths[-2::-1], widths[:0:-1]):
            self.up.append(nn.Sequential(nn.Conv2d(width + skip, skip, 1), _Residual(skip)))
        self.out = nn.Conv2d(widths[0], 4, 1)

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        x, skips = F.pixel_unshuffle(picture, 4), []
        for block in self.down:
            x = block(x)
            skips.append(x)
        x = skips.pop()
        for block in self.up:
            x = block(torch.cat([F.interpolate(x, scale_factor=2, mode="nearest"), skips.pop()], 1))
        return F.pixel_shuffle(self.out(x), 2)


@dataclass(frozen=True)
class Judges:
    """The two judges, ready to look at pictures (B, H, W, 3) uint8 and masks (B, H, W) in 0..1."""

    place: nn.Module
    places: list[str]
    person: nn.Module

    @torch.no_grad()
    def name_places(self, pictures: np.ndarray, masks: np.ndarray) -> list[str]:
        """The place each picture shows, or NONE, judged without the avatar."""
        values = torch.from_numpy(np.stack([small(picture, PLACE_SIDE) for picture in pictures])).permute(0, 3, 1, 2)
        hidden = torch.from_numpy(np.stack([small(mask, PLACE_SIDE) for mask in masks]) > 0.02)[:, None].float()
        logits = self.place(place_input(values.float() / 255, hidden))
        return [[*self.places, NONE][index] for index in logits.argmax(1).tolist()]

    @torch.no_grad()
    def people(self, pictures: np.ndarray) -> np.ndarray:
        """(B, 64, 64) bool: where people are seen."""
        values = torch.from_numpy(np.stack([small(picture, PERSON_SIDE) for picture in pictures])).permute(0, 3, 1, 2)
        return (self.person(values.float() / 255)[:, 0] > 0).numpy()

    def person_area(self, pictures: np.ndarray, masks: np.ndarray, margin: int = 4) -> np.ndarray:
        """Share of the picture, in percent, that looks like a person and lies outside the mask grown by `margin`."""
        seen = self.people(pictures)
        side, size = seen.shape[-1], pictures.shape[1]
        kernel = np.ones((2 * margin + 1, 2 * margin + 1), np.uint8)
        grown = [cv2.dilate((mask > 0).astype(np.uint8), kernel) for mask in masks]
        how = cv2.INTER_NEAREST if size < side else cv2.INTER_AREA
        outside = np.stack([cv2.resize(mask, (side, side), interpolation=how) for mask in grown]) == 0
        return (seen & outside).mean((1, 2)) * 100


def load_judges(place: str | Path, person: str | Path) -> Judges:
    """Two files that this module trained."""
    saved = torch.load(place, weights_only=True)
    judge = place_judge(len(saved["places"]) + 1)
    judge.load_state_dict(saved["model"])
    segmenter = PersonJudge()
    segmenter.load_state_dict(torch.load(person, weights_only=True)["model"])
    return Judges(judge.eval(), saved["places"], segmenter.eval())


def place_quality(judges: Judges, samples: list[Sample], seed: int = 0) -> dict[str, float]:
    """Shares named right: scenes as they are, at 32 pixels a side (softer than the small model's), and no places."""
    dice = np.random.default_rng(seed)
    pictures = np.stack([small(sample.image, 128) for sample in samples])
    masks = np.stack([small(sample.person[..., 3], 128) for sample in samples]) / 255
    soft = np.stack([cv2.resize(small(picture, 32), (128, 128)) for picture in pictures])
    nowhere = np.stack([no_place(picture, dice) for picture in pictures])
    truth = np.array([sample.about["place"] for sample in samples])
    return {
        "places named": float(np.mean(np.array(judges.name_places(pictures, masks)) == truth)),
        "soft places named": float(np.mean(np.array(judges.name_places(soft, masks)) == truth)),
        "no place told": float(np.mean(np.array(judges.name_places(nowhere, masks)) == NONE)),
    }


def person_quality(judges: Judges, data: PersonData, seed: int = 0) -> dict[str, float]:
    """Dice on pictures with their person; percent of a scene without people that is taken for one; the share of a
    second person that is seen, wherever and however small it is, and Dice on the training's own mixture."""
    dice = np.random.default_rng(seed)
    half = PERSON_SIDE // 2
    truth = np.stack([small(person[..., 3], half) for person in data.people]) > 127
    second, alphas = [], []
    for picture, person in zip(data.empty, data.people[dice.permutation(len(data.people))]):
        layer = another_person(person, dice)
        second.append(picture * (1 - layer[..., 3:] / 255) + layer[..., :3])
        alphas.append(small(layer[..., 3], half) > 127)
    alphas = np.stack(alphas)
    seen = judges.people(np.stack(second).round().astype(np.uint8))
    mixture = [data.draw(dice) for _ in range(8)]
    with torch.no_grad():
        score = [float(dice_score((judges.person(pictures) > 0).float(), people)) for pictures, people in mixture]
    found = torch.from_numpy(judges.people(data.pictures)).float()
    return {
        "dice": float(dice_score(found, torch.from_numpy(truth).float())),
        "dice of the mixture": float(np.mean(score)),
        "false percent": float(judges.people(data.empty).mean() * 100),
        "second person seen": float((seen & alphas).sum() / alphas.sum()),
    }


def _read(folder: str | Path) -> list[Sample]:
    return [sample for path in list_shards(folder) for sample in read_shard(path)]


def main() -> None:
    config = parse_config(JudgeConfig, "Train a judge of painted scenes.")
    if config.judge not in ("place", "person"):
        raise SystemExit(f"--judge: {config.judge!r} is none of place, person")
    of_places = config.judge == "place"
    try:
        samples = _read(config.shards)
        others = _read(config.held_out) if config.held_out else []
    except ValueError as error:  # no shards, a damaged one
        raise SystemExit(str(error)) from error
    data = (PlaceData if of_places else PersonData)(samples, config.batch)
    seed_step(config.seed, -1)
    model = place_judge(len(data.places) + 1) if of_places else PersonJudge()
    average = train(model.to(memory_format=torch.channels_last), data, config)
    if not is_main_process():
        return
    places = data.places if of_places else []
    save_atomically({"model": average, "places": places}, config.out / f"{config.judge}.pt")
    if others:
        model.load_state_dict(average)
        model = model.eval()
        if of_places:
            quality = place_quality(Judges(model, places, nn.Identity()), others)
        else:
            held_out = PersonData(others, config.batch, empty=300, seed=1_000_000)
            quality = person_quality(Judges(nn.Identity(), [], model), held_out)
        print(", ".join(f"{name} {value:.3f}" for name, value in quality.items()))


if __name__ == "__main__":
    main()
