"""Judges of painted scenes, trained on the generator's own pictures: which place it is, and where people are.

Both see pictures that no outpainter had a hand in. The place judge is made hard: the avatar is hidden, colours, crop
and sharpness vary, and a class of its own takes blurred and blank pictures, so that a palette alone does not pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from ..common import TrainConfig, is_main_process, parse_config, save_atomically, seed_step, train
from ..shards import Sample, list_shards, read_shard

NONE = "none of these"
PLACE_SIDE, PERSON_SIDE = 64, 128  # pixels a side the judges look at
HIDDEN = 0.5  # what the place judge sees in the avatar's stead


@dataclass
class JudgeConfig(TrainConfig):
    """How a judge is trained."""

    out: Path = Path("runs/judge")
    judge: str = "place"  # "place" or "person"
    shards: Path = Path("shards")  # folder of shards; their json names the place
    steps: int = 1500
    batch: int = 32
    precision: str = "bf16"
    none_share: float = 0.1  # of the place judge's pictures that show no place


def place_judge(classes: int) -> nn.Module:
    """(B, 4, 64, 64) picture and hidden mask -> (B, classes) logits."""
    widths, layers, last = (32, 64, 128, 192), [], 4
    for width in widths:
        layers += [nn.Conv2d(last, width, 3, stride=2, padding=1), nn.GroupNorm(8, width), nn.ReLU()]
        last = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Dropout(0.2), nn.Linear(last * 4, classes))


class PersonJudge(nn.Module):
    """(B, 3, 128, 128) picture -> (B, 1, 64, 64) logits: is there a person?"""

    def __init__(self) -> None:
        super().__init__()
        widths, last = (24, 48, 96, 128), 3
        self.down = nn.ModuleList()
        for width in widths:
            self.down.append(
                nn.Sequential(
                    nn.Conv2d(last, width, 3, stride=2, padding=1), nn.GroupNorm(8, width), nn.ReLU(),
                    nn.Conv2d(width, width, 3, padding=1), nn.GroupNorm(8, width), nn.ReLU(),
                )
            )  # fmt: skip
            last = width
        self.up = nn.ModuleList()
        for skip in reversed(widths[:-1]):
            self.up.append(nn.Sequential(nn.Conv2d(last + skip, skip, 3, padding=1), nn.GroupNorm(8, skip), nn.ReLU()))
            last = skip
        self.out = nn.Conv2d(last, 1, 1)

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        skips = []
        for block in self.down:
            picture = block(picture)
            skips.append(picture)
        picture = skips.pop()
        for block in self.up:
            skip = skips.pop()
            picture = F.interpolate(picture, size=skip.shape[-2:], mode="nearest")
            picture = block(torch.cat([picture, skip], 1))
        return self.out(picture)


def _resize(picture: np.ndarray, side: int) -> np.ndarray:
    return cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)


class PlaceData:
    """Pictures with the person hidden, and their places."""

    def __init__(self, samples: list[Sample], config: JudgeConfig) -> None:
        self.config = config
        self.places = sorted({sample.about["place"] for sample in samples})
        self.pictures = np.stack([_resize(sample.image, 96) for sample in samples])
        self.persons = np.stack([_resize(sample.person[..., 3], 96) for sample in samples])
        self.labels = torch.tensor([self.places.index(sample.about["place"]) for sample in samples])

    def __call__(self, model: nn.Module, step: int) -> dict[str, torch.Tensor]:
        indices = torch.randint(len(self.labels), (self.config.batch,))
        inputs, labels = [], []
        for index in indices.tolist():
            picture = torch.from_numpy(self.pictures[index]).permute(2, 0, 1).float() / 255
            person = torch.from_numpy(self.persons[index]).float()[None] / 255
            blank = torch.rand(()) < self.config.none_share
            inputs.append(_augment(_ruined(picture) if blank else picture, person))
            labels.append(len(self.places) if blank else int(self.labels[index]))
        logits = model(torch.stack(inputs)).float()
        target = torch.tensor(labels)
        return {
            "loss": F.cross_entropy(logits, target, label_smoothing=0.05),
            "accuracy": (logits.argmax(1) == target).float().mean(),
        }


def _ruined(picture: torch.Tensor) -> torch.Tensor:
    """No place at all: one colour, two bands of colours, or a picture blurred beyond recognition."""
    kind = float(torch.rand(()))
    if kind < 0.3:
        return torch.rand(3, 1, 1).expand_as(picture)
    if kind < 0.6:
        cut = int(torch.randint(20, 76, ()))
        bands = torch.rand(2, 3, 1, 1)
        return torch.cat([bands[0].expand(3, cut, 96), bands[1].expand(3, 96 - cut, 96)], 1)
    return F.interpolate(F.adaptive_avg_pool2d(picture[None], 3), size=(96, 96), mode="bilinear")[0]


def _augment(picture: torch.Tensor, person: torch.Tensor) -> torch.Tensor:
    """Random crop, mirror, blur, tint and contrast; the person hidden. (3, 96, 96) -> (4, 64, 64)."""
    side = int(torch.randint(72, 97, ()))
    top, left = (int(torch.randint(97 - side, ())) for _ in range(2))
    both = torch.cat([picture, person])[:, top : top + side, left : left + side]
    if torch.rand(()) < 0.5:
        both = both.flip(-1)
    soft = int(torch.randint(28, 97, ()))  # generated scenes are softer than drawn ones
    if soft < 64:
        both = F.interpolate(both[None], size=(soft, soft), mode="area")[0]
    both = F.interpolate(both[None], size=(PLACE_SIDE, PLACE_SIDE), mode="bilinear")[0]
    picture, person = both[:3], (both[3:] > 0.02).float()
    contrast, tint = torch.empty(()).uniform_(0.6, 1.3), torch.empty(3, 1, 1).uniform_(-0.12, 0.12)
    if torch.rand(()) < 0.3:
        picture = picture.mean(0, keepdim=True).expand_as(picture)
    picture = ((picture - 0.5) * contrast + 0.5 + tint).clamp(0, 1)
    return torch.cat([picture * (1 - person) + HIDDEN * person, person])


class PersonData:
    """Pictures, and where the person is."""

    def __init__(self, samples: list[Sample], config: JudgeConfig) -> None:
        self.config = config
        self.pictures = np.stack([_resize(sample.image, PERSON_SIDE) for sample in samples])
        self.persons = np.stack([_resize(sample.person[..., 3], PERSON_SIDE // 2) for sample in samples])

    def __call__(self, model: nn.Module, step: int) -> dict[str, torch.Tensor]:
        indices = torch.randint(len(self.pictures), (self.config.batch,))
        picture = torch.from_numpy(self.pictures[indices.numpy()]).permute(0, 3, 1, 2).float() / 255
        person = torch.from_numpy(self.persons[indices.numpy()])[:, None].float() / 255
        if torch.rand(()) < 0.5:
            picture, person = picture.flip(-1), person.flip(-1)
        soft = int(torch.randint(48, 129, ()))
        picture = F.interpolate(F.interpolate(picture, size=(soft, soft), mode="area"), size=picture.shape[-2:])
        picture = (picture + torch.empty(len(picture), 3, 1, 1).uniform_(-0.08, 0.08)).clamp(0, 1)
        logits = model(picture).float()
        overlap = (torch.sigmoid(logits) * person).sum() * 2 / (torch.sigmoid(logits).sum() + person.sum() + 1)
        return {"loss": F.binary_cross_entropy_with_logits(logits, person) + 1 - overlap, "dice": overlap}


@dataclass(frozen=True)
class Judges:
    """The two judges, ready to look at pictures (B, H, W, 3) uint8 and masks (B, H, W) in 0..1."""

    place: nn.Module
    places: list[str]
    person: nn.Module

    @torch.no_grad()
    def name_places(self, pictures: np.ndarray, masks: np.ndarray) -> list[str]:
        """The place each picture shows, or NONE, judged without the avatar."""
        small = np.stack([_resize(picture, PLACE_SIDE) for picture in pictures])
        hidden = torch.from_numpy(np.stack([_resize(mask, PLACE_SIDE) for mask in masks]) > 0.02)[:, None].float()
        picture = torch.from_numpy(small).permute(0, 3, 1, 2).float() / 255
        logits = self.place(torch.cat([picture * (1 - hidden) + HIDDEN * hidden, hidden], 1))
        return [[*self.places, NONE][index] for index in logits.argmax(1).tolist()]

    @torch.no_grad()
    def person_area(self, pictures: np.ndarray, masks: np.ndarray, margin: int = 4) -> np.ndarray:
        """Share of the picture, in percent, that looks like a person and lies outside the mask grown by `margin`."""
        small = np.stack([_resize(picture, PERSON_SIDE) for picture in pictures])
        logits = self.person(torch.from_numpy(small).permute(0, 3, 1, 2).float() / 255)
        side, size = PERSON_SIDE // 2, pictures.shape[1]
        kernel = np.ones((2 * margin + 1, 2 * margin + 1), np.uint8)
        grown = [cv2.dilate((mask > 0).astype(np.uint8), kernel) for mask in masks]
        outside = np.stack([cv2.resize(m, (side, side), interpolation=cv2.INTER_AREA) for m in grown]) == 0
        if size < side:
            outside = np.stack([cv2.resize(m, (side, side), interpolation=cv2.INTER_NEAREST) for m in grown]) == 0
        return ((logits[:, 0] > 0).numpy() & outside).mean((1, 2)) * 100


def load_judges(place: str | Path, person: str | Path) -> Judges:
    """Two files that this module trained."""
    saved = torch.load(place, weights_only=True)
    judge = place_judge(len(saved["places"]) + 1)
    judge.load_state_dict(saved["model"])
    segmenter = PersonJudge()
    segmenter.load_state_dict(torch.load(person, weights_only=True)["model"])
    return Judges(judge.eval(), saved["places"], segmenter.eval())


def main() -> None:
    config = parse_config(JudgeConfig, "Train a judge of painted scenes.")
    samples = [sample for path in list_shards(config.shards) for sample in read_shard(path)]
    data = (PlaceData if config.judge == "place" else PersonData)(samples, config)
    seed_step(config.seed, -1)
    model = place_judge(len(data.places) + 1) if config.judge == "place" else PersonJudge()
    average = train(model, data, config)
    if is_main_process():
        places = getattr(data, "places", [])
        save_atomically({"model": average, "places": places}, config.out / f"{config.judge}.pt")


if __name__ == "__main__":
    main()
