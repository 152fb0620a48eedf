"""What the judges of painted scenes are trained on: the generator's own pictures, made hard.

Places: the avatar is hidden, crop, sharpness and colours vary, and a class of its own takes pictures of no place, so
that a palette alone does not pass. People: scenes with their person and scenes without one, further people and limbs
of any size pasted in, and pasted things that are no people.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from ..scenes.canvas import Canvas
from ..scenes.places import PLACES
from ..shards import Sample

PLACE_SIDE, PERSON_SIDE = 64, 128  # pixels a side the judges look at
STORED = 96  # pixels a side that places are kept at before they are cropped
HIDDEN = 0.5  # what the place judge sees in the avatar's stead
NO_PLACE = 0.12  # share of the place judge's pictures that show none
EMPTY = 0.4  # share of the person judge's scenes that were painted without a person


def small(picture: np.ndarray, side: int) -> np.ndarray:
    """A picture or mask at `side` x `side` pixels, by area."""
    return cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)


def empty_scene(seed: int) -> np.ndarray:
    """(256, 256, 3) uint8: a place with nobody in it."""
    canvas = Canvas(np.random.default_rng(seed))
    info = PLACES[canvas.one(*sorted(PLACES))]["fn"](canvas) or {}
    if "front" in info and canvas.p(0.3):
        info["front"]()
    canvas.finish()
    return canvas.im


def place_input(picture: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
    """(B, 3, S, S) pictures in 0..1 without what (B, 1, S, S) masks hide, and the masks: the place judge's input."""
    return torch.cat([picture * (1 - hidden) + HIDDEN * hidden, hidden], 1)


class PlaceData:
    """Pictures with the person hidden, and their places."""

    def __init__(self, samples: list[Sample], batch: int) -> None:
        self.batch = batch
        self.places = sorted({sample.about["place"] for sample in samples})
        self.pictures = np.stack([small(sample.image, STORED) for sample in samples])
        self.persons = np.stack([small(sample.person[..., 3], STORED) for sample in samples])
        self.labels = np.array([self.places.index(sample.about["place"]) for sample in samples])

    def draw(self, dice: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """(B, 4, 64, 64) inputs and (B,) labels; the label after the last place is "none of these"."""
        pictures, hidden, labels = [], [], []
        for index in dice.integers(len(self.labels), size=self.batch):
            picture, label = self.pictures[index], int(self.labels[index])
            if dice.random() < NO_PLACE:
                picture, label = no_place(picture, dice), len(self.places)
            person = self.persons[index]
            if dice.random() < 0.3:  # masks of other shapes than the scene was made for
                person = np.maximum(person, self.persons[dice.integers(len(self.persons))])
            picture, person = _cropped(picture, person, dice)
            pictures.append(picture)
            hidden.append(person > 5)
            labels.append(label)
        values = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 255
        mask = torch.from_numpy(np.stack(hidden))[:, None].float()
        return place_input(_recoloured(values, dice), mask), torch.tensor(labels)

    def __call__(self, model: nn.Module, step: int) -> dict[str, torch.Tensor]:
        inputs, labels = self.draw(_dice())
        logits = model(inputs).float()
        return {
            "loss": F.cross_entropy(logits, labels, label_smoothing=0.05),
            "accuracy": (logits.argmax(1) == labels).float().mean(),
        }


def no_place(picture: np.ndarray, dice: np.random.Generator) -> np.ndarray:
    """One colour, two bands, a picture blurred beyond recognition, or its pieces in disorder; (S, S, 3) uint8."""
    side, kind = len(picture), dice.random()
    if kind < 0.2:
        return np.broadcast_to(dice.integers(0, 256, 3, np.uint8), picture.shape)
    if kind < 0.4:
        bands = np.empty_like(picture)
        bands[:], bands[: dice.integers(side // 5, 4 * side // 5)] = dice.integers(0, 256, (2, 3), np.uint8)
        return bands
    if kind < 0.8:
        return cv2.resize(small(picture, int(dice.integers(2, 6))), (side, side), interpolation=cv2.INTER_LINEAR)
    cells = int(dice.integers(3, 6))
    piece = side // cells
    pieces = [picture[r * piece :, c * piece :][:piece, :piece] for r in range(cells) for c in range(cells)]
    order = [pieces[k] for k in dice.permutation(len(pieces))]
    rows = [np.concatenate(order[r * cells : (r + 1) * cells], 1) for r in range(cells)]
    return cv2.resize(np.concatenate(rows), (side, side))


def _cropped(picture: np.ndarray, person: np.ndarray, dice: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A random part of both, mirrored or not, at PLACE_SIDE; the picture as soft as generated ones may be."""
    both = np.dstack([picture, person])
    side = int(dice.integers(2 * STORED // 3, STORED + 1))
    top, left = dice.integers(STORED + 1 - side, size=2)
    both = both[top : top + side, left : left + side]
    both = small(both[:, ::-1] if dice.random() < 0.5 else both, PLACE_SIDE)
    soft = int(dice.integers(20, 2 * PLACE_SIDE))
    picture = np.ascontiguousarray(both[..., :3])
    if soft < PLACE_SIDE:
        picture = cv2.resize(small(picture, soft), (PLACE_SIDE, PLACE_SIDE), interpolation=cv2.INTER_LINEAR)
    return picture, both[..., 3]


def _recoloured(pictures: torch.Tensor, dice: np.random.Generator) -> torch.Tensor:
    """(B, 3, S, S) in other contrast, tint and noise; some without colours."""
    count = len(pictures)

    def uniform(low: float, high: float, channels: int = 1) -> torch.Tensor:
        return torch.from_numpy(dice.uniform(low, high, (count, channels, 1, 1))).float()

    gray = (uniform(0, 1) < 0.2).float()
    pictures = pictures * (1 - gray) + pictures.mean(1, keepdim=True) * gray
    pictures = (pictures - 0.5) * uniform(0.6, 1.3) + 0.5 + uniform(-0.12, 0.12, 3)
    noise = torch.from_numpy(dice.standard_normal(pictures.shape, np.float32))
    return (pictures + noise * uniform(0, 0.04)).clamp(0, 1)


class PersonData:
    """Pictures, and where people are."""

    def __init__(self, samples: list[Sample], batch: int, empty: int = 1000, seed: int = 0) -> None:
        self.batch = batch
        self.pictures = np.stack([small(sample.image, PERSON_SIDE) for sample in samples])
        self.people = np.stack([_premultiplied(sample.person) for sample in samples])
        self.empty = np.stack([small(empty_scene(seed + k), PERSON_SIDE) for k in range(empty)])

    def draw(self, dice: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """(B, 3, 128, 128) pictures and (B, 1, 64, 64) shares of people."""
        made = [self.scene(dice) for _ in range(self.batch)]
        pictures = torch.from_numpy(np.stack([picture for picture, _ in made])).permute(0, 3, 1, 2)
        people = np.stack([small(alpha, PERSON_SIDE // 2) for _, alpha in made])
        return _recoloured(pictures / 255, dice), torch.from_numpy(people)[:, None]

    def scene(self, dice: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """(S, S, 3) float 0..255 and (S, S) share of people: a scene, perhaps with further people, limbs and things."""
        index = dice.integers(len(self.pictures))
        if dice.random() < EMPTY:
            picture, alpha = self.empty[dice.integers(len(self.empty))], np.zeros((PERSON_SIDE,) * 2, np.float32)
        else:
            picture, alpha = self.pictures[index], self.people[index][..., 3] / 255
        picture = picture.astype(np.float32)
        for _ in range(dice.choice(4, p=(0.45, 0.3, 0.15, 0.1))):
            if dice.random() < 0.3:
                picture, alpha = _laid_over(picture, alpha, self._thing(dice), is_person=False)
            else:
                person = self.people[dice.integers(len(self.people))]
                picture, alpha = _laid_over(picture, alpha, another_person(person, dice), is_person=True)
        soft = int(dice.integers(40, 2 * PERSON_SIDE))
        if soft < PERSON_SIDE:
            picture = cv2.resize(small(picture, soft), (PERSON_SIDE, PERSON_SIDE), interpolation=cv2.INTER_LINEAR)
        return (picture[:, ::-1], alpha[:, ::-1]) if dice.random() < 0.5 else (picture, alpha)

    def _thing(self, dice: np.random.Generator) -> np.ndarray:
        """An ellipse or a box of another empty scene: a pasted edge alone is no person."""
        shape = np.zeros((PERSON_SIDE, PERSON_SIDE), np.float32)
        centre, half = dice.integers(0, PERSON_SIDE, 2).tolist(), dice.integers(3, 30, 2).tolist()
        if dice.random() < 0.5:
            cv2.ellipse(shape, (centre, [2 * side for side in half], float(dice.uniform(0, 180))), 1.0, -1)
        else:
            cv2.rectangle(shape, [c - h for c, h in zip(centre, half)], [c + h for c, h in zip(centre, half)], 1.0, -1)
        texture = self.empty[dice.integers(len(self.empty))]
        return np.dstack([texture * shape[..., None], 255 * shape]).astype(np.float32)

    def __call__(self, model: nn.Module, step: int) -> dict[str, torch.Tensor]:
        pictures, people = self.draw(_dice())
        logits = model(pictures).float()
        overlap = dice_score(torch.sigmoid(logits), people)
        return {"loss": F.binary_cross_entropy_with_logits(logits, people) + 1 - overlap, "dice": overlap}


def another_person(person: np.ndarray, dice: np.random.Generator) -> np.ndarray:
    """(S, S, 4) premultiplied person at another size and place, in other colours; sometimes a part of it only."""
    rows, columns = np.flatnonzero(person[..., 3].max(1) > 20), np.flatnonzero(person[..., 3].max(0) > 20)
    if not len(rows):
        return person.astype(np.float32)
    box = [rows[0], rows[-1] + 1, columns[0], columns[-1] + 1]
    if dice.random() < 0.3:  # a limb, a head, half a body
        for low, high in ((0, 1), (2, 3)):
            length = box[high] - box[low]
            part = int(length * dice.uniform(0.35, 0.8))
            box[low] += int(dice.integers(0, length - part + 1))
            box[high] = box[low] + part
    cut = person[box[0] : box[1], box[2] : box[3]].astype(np.float32)
    cut[..., :3] *= dice.uniform(0.6, 1.15, 3)
    cut[..., :3] = np.minimum(cut[..., :3], cut[..., 3:])
    scale = dice.uniform(0.25, 1.1)
    x, y = dice.uniform(0, PERSON_SIDE, 2)
    turn = np.deg2rad(dice.normal(0, 12))
    a, b = scale * np.cos(turn), scale * np.sin(turn)
    middle = np.array([cut.shape[1], cut.shape[0]]) / 2
    matrix = np.float32([[a, -b, x - a * middle[0] + b * middle[1]], [b, a, y - b * middle[0] - a * middle[1]]])
    return cv2.warpAffine(cut, matrix, (PERSON_SIDE, PERSON_SIDE), flags=cv2.INTER_AREA)


def dice_score(found: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
    """Twice the overlap over the sum of both; 1 is perfect."""
    return (found * there).sum() * 2 / (found.sum() + there.sum() + 1)


def _premultiplied(person: np.ndarray) -> np.ndarray:
    """(H, W, 4) straight alpha -> (S, S, 4) uint8, premultiplied."""
    share = person[..., 3:].astype(np.float32) / 255
    return small(np.dstack([person[..., :3] * share, person[..., 3]]), PERSON_SIDE).round().astype(np.uint8)


def _laid_over(
    picture: np.ndarray, alpha: np.ndarray, layer: np.ndarray, is_person: bool
) -> tuple[np.ndarray, np.ndarray]:
    share = layer[..., 3] / 255
    picture = picture * (1 - share[..., None]) + layer[..., :3]
    return picture, np.maximum(alpha, share) if is_person else alpha * (1 - share)


def _dice() -> np.random.Generator:
    """Numpy's randomness of a training step, from torch's, which the trainer seeds with the step's number."""
    return np.random.default_rng(int(torch.randint(1 << 62, ())))
