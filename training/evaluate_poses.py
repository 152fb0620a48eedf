"""One table of how good the poses are: `python -m avatar_scene.training.evaluate_poses --data POSES --book BOOK`.

Rows are the bundled model, references (real poses, caption retrieval, sampling without text, the mean pose) and any
further checkpoint given as `--row NAME=FILE` (trained by `training/pose.py`; `NAME=FILE@0.5` regularises 6D samples by
VPoser with that strength). All rows answer the same texts with the same number of samples and are ranked by the same
ranker; a second ranker (`--judge`), trained on other data, measures R-precision. Columns:

    FPD         Frechet distance to real poses in VPoser's space (paper section 4), all samples
    R@1, R@3    share of best-of-n poses whose own text is among the 1 or 3 nearest of 32 texts of distinct actions
    diversity   mean distance of joints between two samples of a text, centimetres
    impossible  share of joints bent beyond what real poses show
    facts       share of samples, and of prompts with one of n, that show what `prompt_facts.json` asks for
    s           seconds a prompt

Intervals are 95 % bootstrap over texts.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import roma
import torch

from ..pose_prior.kinematics import joint_positions
from ..pose_prior.ranker import PoseRanker, load_ranker
from ..pose_prior.text_encoder import MiniLMEncoder
from ..pose_prior.text_to_pose import OVERSAMPLING, PosePrior, TextToPose, decode
from ..pose_prior.vposer import VPoser, load_vposer
from ..smpl import SMPLPose
from . import facts
from .data.book import BOOK, load_book
from .data.captions import CaptionBank
from .data.mocap import load_mocap
from .data.poses import PoseSet, concatenate
from .data.skeleton import rest_joints
from .metrics import angle_limits, bootstrap, diversity, frechet_distance, impossible_share, retrieval_ranks
from .pose import load_sampler

Generator = Callable[[list[str], int, int], SMPLPose]  # (texts, samples a text, seed) -> poses, text by text


@dataclass(frozen=True)
class Setting:
    """What all rows share."""

    texts: list[str]
    actions: list[str]
    real: PoseSet
    limits: tuple[np.ndarray, np.ndarray]
    encoder: MiniLMEncoder
    ranker: PoseRanker
    judge: PoseRanker
    vposer: VPoser
    rest: torch.Tensor
    samples: int
    oversampling: int


def test_texts(poses: PoseSet) -> tuple[list[str], list[str]]:
    """Every distinct caption of a set, with the action it belongs to."""
    pairs = {caption: name for name, captions in zip(poses.action, poses.captions) for caption in captions}
    return list(pairs), list(pairs.values())


def evaluate(generate: Generator, setting: Setting) -> dict[str, str]:
    """One row of the table."""
    count, drawn = setting.samples, setting.samples * setting.oversampling
    start = time.perf_counter()
    pose = generate(setting.texts, drawn, 0)
    seconds = (time.perf_counter() - start) / len(setting.texts)
    best = best_of(pose, setting.texts, drawn, 1, setting)
    code = setting.vposer.encode(pose.body_pose).numpy()
    real = setting.vposer.encode(torch.from_numpy(setting.real.body)).numpy()
    text = setting.judge.embed_text(setting.encoder.encode(setting.texts)).numpy()
    shown = setting.judge.embed_pose(best.body_pose, best.global_orient).numpy()
    ranks = retrieval_ranks(text, shown, setting.actions)
    entries = facts.load_prompts()
    prompts = [entry["prompt"] for entry in entries]
    answered = best_of(generate(prompts, drawn, 0), prompts, drawn, count, setting)
    scores = facts.score(entries, list(joints_of(answered, setting.rest).view(len(prompts), count, 24, 3)))
    share, any_ = (np.array([row[key] for row in scores]) for key in ("share", "any"))
    return {
        "FPD": f"{frechet_distance(code, real):.2f}",
        "R@1": _with_interval(ranks < 1),
        "R@3": _with_interval(ranks < 3),
        "diversity": f"{100 * diversity(joints_of(pose, setting.rest).numpy(), drawn):.1f}",
        "impossible": f"{100 * impossible_share(pose.body_pose.numpy(), setting.limits):.2f} %",
        "facts, samples": _with_interval(share),
        "facts, one of n": _with_interval(any_),
        "s": f"{seconds:.2f}",
    }


def best_of(pose: SMPLPose, texts: list[str], drawn: int, kept: int, setting: Setting) -> SMPLPose:
    """The `kept` best of every text's `drawn` poses by the ranker."""
    scores = setting.ranker.score(pose, setting.encoder.encode(texts)).view(len(texts), drawn)
    order = scores.argsort(dim=1, descending=True, stable=True)[:, :kept]
    return pose.select((order + torch.arange(len(texts))[:, None] * drawn).flatten())


def joints_of(pose: SMPLPose, rest: torch.Tensor) -> torch.Tensor:
    """(B, 24, 3) metres, pelvis at the origin."""
    rotvec = torch.cat([pose.global_orient[:, None], pose.body_pose], 1)
    return joint_positions(roma.rotvec_to_rotmat(rotvec), rest)


def from_model(model: TextToPose, vposer: VPoser, strength: float, with_text: bool = True) -> Generator:
    """Samples of a checkpoint, with or without telling it the text."""

    def generate(texts: list[str], samples: int, seed: int) -> SMPLPose:
        asked = texts if with_text else [""] * len(texts)
        codes = [model.sample([text], samples, seed=seed + row) for row, text in enumerate(asked)]
        return _joined([decode(code, vposer, strength) for code in codes])

    return generate


def from_retrieval(poses: PoseSet, encoder: MiniLMEncoder, cache: Path) -> Generator:
    """Poses of the training caption nearest to the text, then of the next nearest, as many as asked for."""
    bank = CaptionBank([caption for texts in poses.captions for caption in texts], encoder, cache)
    known = bank.pooled.float()
    rows_of: list[list[int]] = [[] for _ in bank.texts]
    for row, texts in enumerate(poses.captions):
        for number in {bank.index[caption] for caption in texts}:
            rows_of[number].append(row)

    def generate(texts: list[str], samples: int, seed: int) -> SMPLPose:
        draw = np.random.default_rng(seed)
        chosen: list[int] = []
        for near in (encoder.encode(texts).pooled @ known.T).argsort(dim=1, descending=True):
            rows: list[int] = []
            for index in near.tolist():
                members = rows_of[index]
                weight = poses.weight[members] / poses.weight[members].sum()
                possible = min(len(members), samples - len(rows), int((weight > 0).sum()))
                rows += draw.choice(members, possible, replace=False, p=weight).tolist()
                if len(rows) == samples:
                    break
            chosen += rows
        return _pose(poses, np.array(chosen))

    return generate


def from_set(poses: PoseSet, of_text: bool) -> Generator:
    """Real poses: those with the very caption, or any."""

    def generate(texts: list[str], samples: int, seed: int) -> SMPLPose:
        draw = np.random.default_rng(seed)
        chosen = []
        for text in texts:
            fits = [row for row, captions in enumerate(poses.captions) if text in captions] if of_text else []
            weight = poses.weight[fits] / poses.weight[fits].sum() if fits else poses.weight
            chosen.append(draw.choice(fits or len(poses), samples, p=weight))
        return _pose(poses, np.concatenate(chosen))

    return generate


def mean_pose(poses: PoseSet, vposer: VPoser) -> Generator:
    """The average code of the training poses, decoded, for every text."""
    code = vposer.encode(torch.from_numpy(poses.body))
    body = vposer.decode((torch.from_numpy(poses.weight).float()[:, None] * code).sum(0, keepdim=True))
    return lambda texts, samples, seed: SMPLPose.create(body.expand(len(texts) * samples, -1, -1))


def _pose(poses: PoseSet, rows: np.ndarray) -> SMPLPose:
    return SMPLPose.create(torch.from_numpy(poses.body[rows]), torch.from_numpy(poses.root[rows]))


def _joined(poses: list[SMPLPose]) -> SMPLPose:
    return SMPLPose.create(
        torch.cat([pose.body_pose for pose in poses]), torch.cat([pose.global_orient for pose in poses])
    )


def _with_interval(values: np.ndarray) -> str:
    low, high = bootstrap(np.asarray(values, np.float64))
    return f"{np.mean(values):.2f} ({low:.2f}-{high:.2f})"


def rows(options: argparse.Namespace, setting: Setting, train: PoseSet) -> dict[str, Generator]:
    """Name -> generator of every row, references first."""
    prior = PosePrior.load()
    table = {
        "real poses of the text": from_set(setting.real, of_text=True),
        "mean pose": mean_pose(train, setting.vposer),
        "without text": from_model(prior.text_to_pose, setting.vposer, 1.0, with_text=False),
        "caption retrieval": from_retrieval(train, setting.encoder, options.cache),
        "ours (bundled)": from_model(prior.text_to_pose, setting.vposer, 1.0),
    }
    for entry in options.row:
        name, _, file = entry.partition("=")
        file, _, strength = file.partition("@")
        model = load_sampler(file)
        table[name] = from_model(model, setting.vposer, float(strength or 0))
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=None, help="folder of the mocap poses (or AVATAR_SCENE_POSES)")
    parser.add_argument("--book", default=str(BOOK), help="solved action book, or none")
    parser.add_argument("--row", action="append", default=[], metavar="NAME=FILE", help="a further checkpoint")
    parser.add_argument("--judge", type=Path, help="a ranker trained on other data; default: the bundled one")
    parser.add_argument("--cache", type=Path, default=Path("runs/captions"), help="encoded captions are kept here")
    parser.add_argument("-n", type=int, default=5, help="samples a text")
    parser.add_argument("--oversampling", type=int, default=OVERSAMPLING, help="candidates for each of them")
    parser.add_argument("--out", type=Path, help="write the table here too (Markdown)")
    options = parser.parse_args()
    train, real = load_mocap(options.data).with_mirrored(), load_mocap(options.data, "test")
    if options.book != "none":
        train = concatenate([train, load_book(options.book)], [0.5, 0.5])
    texts, actions = test_texts(real)
    ranker, rest = load_ranker(), rest_joints()
    judge = load_ranker(options.judge) if options.judge else ranker
    setting = Setting(
        texts, actions, real, angle_limits(train.body), MiniLMEncoder(), ranker, judge, load_vposer(), rest,
        options.n, options.oversampling,
    )  # fmt: skip
    lines = []
    for name, generate in rows(options, setting, train).items():
        row = evaluate(generate, setting)
        if not lines:
            lines += ["| row | " + " | ".join(row) + " |", "| --- |" + " --- |" * len(row)]
            print("\n".join(lines))
        lines.append(f"| {name} | " + " | ".join(row.values()) + " |")
        print(lines[-1], flush=True)
    if options.out:
        options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
