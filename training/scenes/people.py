"""The cache of baked people: one .npz of compressed sprites, decoded when first used."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from zipfile import BadZipFile

import cv2
import numpy as np

PICTURES = ("label", "surface", "gray")
FORMAT = 1


@dataclass(frozen=True)
class Sprite:
    """A posed person without colours. All pictures are cut to the person.

    gray:    (h, w, 3) uint8: shade of the gray body, the same lit from the other side, its alpha.
    label:   (2h, 2w) uint8, `regions.REGIONS` from 1, 0 where there is nothing.
    surface: about (0.75h, 0.75w, 3) uint8: normal x and y (0..255 is -1..1, x right, y up), ambient occlusion.
    joints:  (24, 2) pixels of `gray`; depth (24,) metres from the camera.
    height:  metres from the lowest to the highest point; seat: metres of the pelvis above the lowest point.
    action, base: what it does, and what carries it: stand, sit, floor, lie, walk, run, jump or swim.
    """

    label: np.ndarray
    surface: np.ndarray
    gray: np.ndarray
    joints: np.ndarray
    depth: np.ndarray
    height: float
    seat: float
    action: str
    base: str


def save_people(path: str | Path, sprites: list[dict], ppm: float) -> None:
    """Write baked sprites as one .npz without pickles."""
    blobs, about = [], []
    for sprite in sprites:
        sizes = []
        for name in PICTURES:
            blob = _pack(sprite[name])
            sizes.append(len(blob))
            blobs.append(blob)
        about.append({**{k: v for k, v in sprite.items() if k not in PICTURES}, "sizes": sizes})
    head = json.dumps({"format": FORMAT, "ppm": ppm, "sprites": about})
    part = Path(f"{path}.part")
    with open(part, "wb") as file:
        np.savez(file, about=np.frombuffer(head.encode(), np.uint8), pictures=np.concatenate(blobs))
    part.replace(path)


def _pack(picture: np.ndarray) -> np.ndarray:
    """Lossless WebP for colour, PNG for labels: each is the smaller for its kind."""
    if picture.ndim == 2:
        return cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])[1].ravel()
    return cv2.imencode(".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, 101])[1].ravel()


class People:
    """Baked sprites, by action and base."""

    def __init__(self, path: str | Path):
        """Raises ValueError if the file is no cache of people."""
        try:
            with np.load(path, allow_pickle=False) as file:
                head = json.loads(file["about"].tobytes())
                self._pictures = file["pictures"]
        except (OSError, ValueError, KeyError, BadZipFile) as error:
            raise ValueError(
                f"people '{path}': no cache of people ({error}); make one with the bake command"
            ) from error
        if head.get("format") != FORMAT:
            raise ValueError(
                f"people '{path}': format {head.get('format')}, this version reads {FORMAT}; bake it again"
            )
        self.ppm = float(head["ppm"])
        self._about = head["sprites"]
        ends = np.cumsum([0] + [size for about in self._about for size in about["sizes"]])
        self._starts = ends
        self._decoded: dict[int, Sprite] = {}

    def __len__(self) -> int:
        return len(self._about)

    @cached_property
    def by_action(self) -> dict[str, list[int]]:
        """Action name -> sprites."""
        table: dict[str, list[int]] = {}
        for index, about in enumerate(self._about):
            table.setdefault(about["action"], []).append(index)
        return table

    @cached_property
    def by_base(self) -> dict[str, list[int]]:
        """Base -> sprites."""
        table: dict[str, list[int]] = {}
        for index in range(len(self)):
            table.setdefault(self.base(index), []).append(index)
        return table

    def action(self, index: int) -> str:
        """What sprite `index` does, without decoding it."""
        return self._about[index]["action"]

    def base(self, index: int) -> str:
        """What carries sprite `index`, without decoding it."""
        return self._about[index]["base"]

    def __getitem__(self, index: int) -> Sprite:
        if index not in self._decoded:
            about = self._about[index]
            pictures = {}
            for k, name in enumerate(PICTURES):
                start, end = self._starts[3 * index + k : 3 * index + k + 2]
                pictures[name] = cv2.imdecode(self._pictures[start:end], cv2.IMREAD_UNCHANGED)
            self._decoded[index] = Sprite(
                **pictures,
                joints=np.asarray(about["joints"], np.float32),
                depth=np.asarray(about["depth"], np.float32),
                **{key: about[key] for key in ("height", "seat", "action", "base")},
            )
        return self._decoded[index]
