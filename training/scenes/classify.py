"""How much of the place a part of the picture gives away: a small classifier, trained and tested on fresh samples.

The avatar alone should say little (below 0.15): at use it is rendered before the scene exists, and a model that reads
the place off the avatar paints what the avatar wears instead of what the prompt says.
"""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from .people import People
from .places import PLACES
from .sample import sample
from .sheet import over_gray

SIDE = 64  # pixels
TEST_SHARE = 0.3
_EPOCHS = 14


def place_accuracy(
    people: People, what: str = "person", per_place: int = 60, seed: int = 0
) -> tuple[float, dict[str, float]]:
    """The share of test samples whose place is told from the picture alone, in all and by place.

    what: "person", the avatar over gray, or "image", the whole picture.
    """
    places = sorted(PLACES)
    test_seed = seed + 10_000_000  # never trained on
    x, y = _samples(people, places, what, per_place, seed)
    test_x, test_y = _samples(people, places, what, max(4, round(per_place * TEST_SHARE)), test_seed)
    torch.manual_seed(seed)
    network = _network(len(places))
    optimizer = torch.optim.AdamW(network.parameters(), 2e-3, weight_decay=1e-2)
    steps = _EPOCHS * -(-len(x) // 64)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps)
    for _ in range(_EPOCHS):
        network.train()
        for batch in torch.randperm(len(x)).split(64):
            pictures = x[batch].flip(3) if torch.rand(()) < 0.5 else x[batch]
            optimizer.zero_grad()
            cross_entropy(network(_ready(pictures)), y[batch]).backward()
            optimizer.step()
            schedule.step()
    network.eval()
    with torch.inference_mode():
        guess = torch.cat([network(_ready(part)).argmax(1) for part in test_x.split(256)])
    right = guess == test_y
    return float(right.float().mean()), {p: float(right[test_y == k].float().mean()) for k, p in enumerate(places)}


def _samples(people: People, places: list[str], what: str, each: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    pictures, labels = [], []
    for k, place in enumerate(places):
        for j in range(each):
            scene = sample(seed + 10_000 * k + j, people, place)
            picture = scene.image if what == "image" else over_gray(scene.person)
            pictures.append(cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA))
            labels.append(k)
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).contiguous(), torch.tensor(labels)


def _ready(pictures: torch.Tensor) -> torch.Tensor:
    return pictures.float() / 127.5 - 1


def _network(classes: int) -> nn.Module:
    widths = (3, 24, 48, 96, 128)
    layers = []
    for wide, wider in pairwise(widths):
        layers += [nn.Conv2d(wide, wider, 3, 2, 1), nn.BatchNorm2d(wider), nn.ReLU()]
    head = [nn.AdaptiveAvgPool2d(3), nn.Flatten(), nn.Dropout(0.3), nn.Linear(widths[-1] * 9, classes)]
    return nn.Sequential(*layers, *head)
