"""Table 3 of the paper on held-out scenes: does the place read, and does the model invent people around the avatar?

    ./pas python -m avatar_scene.training.evaluate_outpaint --shards HELD_OUT --vae VAE --place runs/judge/place.pt \
        --person runs/judge/person.pt --row ours=outpainter.safetensors --row fine-tuned=inpainter.safetensors

Every row paints the same held-out samples from the same noise. "real" is the drawn picture itself, "blank" the avatar
on plain gray. Pictures are judged before the paste, except for the step of colour across the avatar's edge. Below the
table stand the differences to the first --row, sample by sample, and how much of a second person, planted into every
row's own pictures, the judge sees: without that, few people seen would mean little.

People judge pictures with the avatar pasted in: `--pictures DIR`, then `training.votes pictures A=DIR/ours
B=DIR/fine-tuned --texts DIR/texts.txt`.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from ..outpainting.checkpoint import PASInfo
from .metrics import bootstrap
from .outpaint.autoencoder import load_autoencoder
from .outpaint.encoders import MiniEncoders
from .outpaint.judge_data import PERSON_SIDE, another_person, small
from .outpaint.judges import Judges, load_judges
from .outpaint.latents import encode_samples, resized
from .outpaint.objective import Batch
from .outpaint.preview import sample_latents, to_pictures
from .outpaint.unet import KINDS, open_base, pad_context
from .shards import Sample, list_shards, read_captions, read_shard

COLUMNS = ("place", "person outside", "edges", "colour step", "CLIPSIM", "s")
EDGE_RING = 3  # pixels on either side of the avatar's edge that the colour step compares


@dataclass(frozen=True)
class Painter:
    """One row: a model file, as the trainer wrote it."""

    name: str
    path: Path
    guidance_scale: float = 4.0
    num_inference_steps: int = 25
    rate: float = 1.0  # w that a model with a w token is given; the others see the avatar as sharp as it is

    def paint(self, samples: list[Sample], encoders: MiniEncoders, decoder, seed: int) -> np.ndarray:
        """(B, H, W, 3) uint8 scenes around the samples' avatars."""
        from safetensors import safe_open

        with safe_open(str(self.path), "pt") as file:
            metadata = file.metadata() or {}
            channels = file.get_slice("input_blocks.0.0.weight").get_shape()[1]
        kind = next(name for name, width in KINDS.items() if width == channels)
        heads = int(metadata.get("num_heads", 8))
        prediction = metadata.get("prediction", "epsilon")
        if kind == "pas":
            prediction = PASInfo.from_metadata(metadata, self.path.name).prediction
        model = open_base(self.path, kind, heads).eval().requires_grad_(False)
        rates = torch.full((len(samples),), self.rate if kind == "pas" else 1.0)
        values = encode_samples(samples, encoders, rates, "person")
        context = pad_context(values.pop("tokens"))
        batch = Batch(**values, context=context)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            latents = sample_latents(
                model, batch, encoders.texts([""])[0], prediction=prediction, guidance_scale=self.guidance_scale,
                num_inference_steps=self.num_inference_steps, seed=seed,
            )  # fmt: skip
            return to_pictures(decoder(latents))


def edge_energy(pictures: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Mean gradient of the gray picture outside the mask (B,), levels of 255 per pixel: a blank scene has none."""
    result = []
    for picture, mask in zip(pictures, masks):
        gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
        gradient = np.hypot(cv2.Sobel(gray, cv2.CV_32F, 1, 0), cv2.Sobel(gray, cv2.CV_32F, 0, 1)) / 8
        far = cv2.dilate((mask > 0).astype(np.uint8), np.ones((5, 5), np.uint8)) == 0
        result.append(gradient[far].mean() if far.any() else 0.0)
    return np.array(result)


def colour_step(pictures: np.ndarray, persons: np.ndarray) -> np.ndarray:
    """Mean difference of colour across the pasted avatar's edge (B,), levels of 255."""
    result = []
    kernel = np.ones((2 * EDGE_RING + 1, 2 * EDGE_RING + 1), np.uint8)
    for picture, person in zip(pictures, persons):
        inside = (person[..., 3] == 255).astype(np.uint8)
        outside = (person[..., 3] == 0).astype(np.uint8)
        pasted = np.where(person[..., 3:] == 255, person[..., :3], picture).astype(np.float32)
        rim = (inside > 0) & (cv2.erode(inside, kernel) == 0)
        ring = (outside > 0) & (cv2.erode(outside, kernel) == 0)
        near = [cv2.blur(where.astype(np.float32), kernel.shape) for where in (rim, ring)]
        mean = [
            cv2.blur(pasted * where[..., None], kernel.shape) / np.maximum(share, 1e-6)[..., None]
            for where, share in zip((rim, ring), near)
        ]
        both = (near[0] > 0.05) & (near[1] > 0.05)
        result.append(np.abs(mean[0] - mean[1])[both].mean() if both.any() else 0.0)
    return np.array(result)


def score(pictures: np.ndarray, samples: list[Sample], judges: Judges) -> dict[str, np.ndarray]:
    """Column -> (B,) values."""
    persons = np.stack([sample.person for sample in samples])
    masks = persons[..., 3].astype(np.float32) / 255
    named = judges.name_places(pictures, masks)
    return {
        "place": np.array([name == sample.about["place"] for name, sample in zip(named, samples)], float),
        "person outside": judges.person_area(pictures, masks),
        "edges": edge_energy(pictures, masks),
        "colour step": colour_step(pictures, persons),
    }


def table_row(name: str, values: dict[str, np.ndarray], seconds: float) -> str:
    """One line of Markdown, means with 95 % bootstrap intervals."""
    cells = []
    for column in COLUMNS[:4]:
        low, high = bootstrap(values[column])
        digits = 1 if column in ("edges", "colour step") else 2
        cells.append(f"{values[column].mean():.{digits}f} ({low:.{digits}f}-{high:.{digits}f})")
    return f"| {name} | " + " | ".join([*cells, "n/a", f"{seconds:.2f}"]) + " |"


def difference_row(name: str, values: dict[str, np.ndarray], reference: dict[str, np.ndarray]) -> str:
    """One line of Markdown: how much higher the values are than the reference's on the same samples."""
    cells = []
    for column in COLUMNS[:4]:
        difference = values[column] - reference[column]
        low, high = bootstrap(difference)
        cells.append(f"{difference.mean():+.2f} ({low:+.2f} to {high:+.2f})")
    return f"| {name} | {' | '.join(cells)} |"


def planted_seen(pictures: np.ndarray, samples: list[Sample], judges: Judges, seed: int = 0) -> float:
    """Share of a further person's pixels outside the mask that the judge of persons sees.

    Into every picture (B, H, W, 3) uint8 another sample's person is planted, at any place and size, as soft as painted
    pictures are; the same people at the same places for every row.
    """
    dice = np.random.default_rng(seed)
    half = PERSON_SIDE // 2
    found = there = 0
    for number, (picture, sample) in enumerate(zip(pictures, samples)):
        other = samples[(number + 1 + int(dice.integers(len(samples) - 1))) % len(samples)].person.astype(np.float32)
        layer = another_person(
            small(np.dstack([other[..., :3] * other[..., 3:] / 255, other[..., 3]]), PERSON_SIDE), dice
        )
        layer = cv2.resize(small(layer, half), (PERSON_SIDE,) * 2, interpolation=cv2.INTER_LINEAR)
        planted = small(picture, PERSON_SIDE) * (1 - layer[..., 3:] / 255) + layer[..., :3]
        free = cv2.dilate(small(sample.person[..., 3], half), np.ones((5, 5), np.uint8)) == 0
        truth = (small(layer[..., 3], half) > 127) & free
        found += (judges.people(planted.round().clip(0, 255).astype(np.uint8)[None])[0] & truth).sum()
        there += truth.sum()
    return float(found / max(there, 1))


def _pasted(picture: np.ndarray, sample: Sample) -> np.ndarray:
    alpha = sample.person[..., 3:].astype(np.float32) / 255
    return (picture * (1 - alpha) + sample.person[..., :3] * alpha).round().astype(np.uint8)


def write_pictures(rows: dict[str, np.ndarray], samples: list[Sample], folder: Path) -> None:
    """What `training.votes pictures` compares: FOLDER/ROW/0.png ... with the avatar pasted in, and FOLDER/texts.txt.

    Raises ValueError for a row whose name is no folder's.
    """
    for name, pictures in rows.items():
        if Path(name).name != name:
            raise ValueError(f"--row: {name!r} cannot name a folder of pictures")
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number, (picture, sample) in enumerate(zip(pictures, samples)):
            cv2.imwrite(str(folder / name / f"{number}.png"), _pasted(picture, sample)[..., ::-1])
    texts = [" ".join(sample.caption.split()) for sample in samples]  # one a line
    (folder / "texts.txt").write_text("\n".join(texts) + "\n", encoding="utf-8")


def contact_sheet(rows: dict[str, np.ndarray], samples: list[Sample], path: Path, columns: int = 8) -> None:
    """For each sample, one below the other, what every row painted with the avatar pasted in."""
    bands = []
    for start in range(0, len(samples), columns):
        for pictures in rows.values():
            some = slice(start, start + columns)
            pasted = [_pasted(picture, sample) for picture, sample in zip(pictures[some], samples[some])]
            while len(pasted) < columns:
                pasted.append(np.full_like(pasted[0], 255))
            bands.append(np.concatenate(pasted, 1))
        bands.append(np.full((6, bands[0].shape[1], 3), 255, np.uint8))
    cv2.imwrite(str(path), np.concatenate(bands)[..., ::-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shards", type=Path, required=True, help="held-out scenes")
    parser.add_argument("--vae", type=Path, required=True)
    parser.add_argument("--place", type=Path, required=True, help="the judge of places")
    parser.add_argument("--person", type=Path, required=True, help="the judge of persons")
    parser.add_argument("--row", action="append", default=[], metavar="NAME=FILE", help="a model to paint with")
    parser.add_argument("--count", type=int, default=200, help="held-out samples")
    parser.add_argument(
        "--seen", type=Path, help="shards that were trained on; samples with their captions are left out"
    )
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--guidance-scale", type=float, default=4.0)
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--rate", type=float, default=1.0, help="the downsample rate w of PAS models, 0..1")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sheet", type=Path, help="write a contact sheet of the first 40 samples")
    parser.add_argument("--pictures", type=Path, help="write every row's pictures into this folder, for votes")
    options = parser.parse_args()
    samples, seen = [], read_captions(options.seen) if options.seen else set()
    for path in list_shards(options.shards):
        for sample in read_shard(path):
            if len(samples) < options.count and sample.caption not in seen:
                small = resized(sample, options.size)
                samples.append(Sample(small.image, small.person, small.gray, sample.caption, sample.about))
    encoders, judges = MiniEncoders(options.vae), load_judges(options.place, options.person)
    decoder = load_autoencoder(options.vae).decoder
    images = np.stack([sample.image for sample in samples])
    blank = np.full_like(images, 128)
    rows = {"real": images, "blank": blank}
    seconds = dict.fromkeys(rows, 0.0)
    for entry in options.row:
        name, _, path = entry.partition("=")
        painter = Painter(name, Path(path), options.guidance_scale, options.steps, options.rate)
        started, parts = time.process_time(), []
        for start in range(0, len(samples), 20):
            parts.append(painter.paint(samples[start : start + 20], encoders, decoder, options.seed + start))
        rows[name] = np.concatenate(parts)
        seconds[name] = (time.process_time() - started) / len(samples)
    print(f"| row | {' | '.join(COLUMNS)} |\n| {' | '.join(['---'] * (len(COLUMNS) + 1))} |")
    scores = {name: score(pictures, samples, judges) for name, pictures in rows.items()}
    for name, values in scores.items():
        print(table_row(name, values, seconds[name]))
    painted = [name for name in rows if name not in ("real", "blank")]
    if len(painted) > 1:
        print(f"\n| row minus {painted[0]} | {' | '.join(COLUMNS[:4])} |\n| {' | '.join(['---'] * 5)} |")
        for name in painted[1:]:
            print(difference_row(name, scores[name], scores[painted[0]]))
    shares = ", ".join(f"{name} {planted_seen(pictures, samples, judges):.2f}" for name, pictures in rows.items())
    print(f"\nof a second person planted into them is seen: {shares}")
    if options.pictures:
        write_pictures(rows, samples, options.pictures)
    if options.sheet:
        contact_sheet({name: rows[name][:40] for name in rows if name != "blank"}, samples[:40], options.sheet)


if __name__ == "__main__":
    main()
