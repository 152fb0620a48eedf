"""One table of how good the poses are: `python -m avatar_scene.training.evaluate_poses --data POSES`.

Rows are references (real poses, poses of the training set, the mean pose, sampling without text, caption retrieval),
the bundled model, further checkpoints (`--row NAME=FILE`, trained by `training/pose.py`; `NAME=FILE@0.5` draws 6D
samples towards VPoser by that strength) and the outputs of other programs (`--outputs NAME=FOLDER`, see
`training/outputs.py`; `--list` prints the texts that they must answer). All rows answer the same texts with the same
number of candidates and are ranked by the same ranker (`--picker`); another one (`--judge`), trained with another seed
on the other half of the poses, measures R-precision; it has seen the held-out actions and wordings, which a judge must
know. `training/table.py` trains all of this and calls it.

Splits: new people (the test split of the motion capture) and, with `--hold-out`, 40 actions never trained on in any
wording and unseen wordings of trained actions. Columns:

    FPD         Frechet distance to real poses in VPoser's space (paper section 4), over all candidates
    R@1, R@3    share of best-of-n poses whose own text is among the 1 or 3 nearest of 32 texts of distinct actions
    mean recall mean of R@1, R@3, R@5 and R@10
    CLIPSIM     cosine of CLIP between the text and a picture of the best pose (`--clip FOLDER`), else n/a
    diversity   mean distance of joints between two candidates of a text, centimetres
    impossible  share of joints bent beyond what real poses show
    s           processor seconds a prompt, all candidates
    facts       share of the samples, and of prompts with one of n, that show what both sets of `facts.py` ask for

Intervals are 95 % bootstrap over texts.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import roma
import torch

from ..pose_prior.choice import choose
from ..pose_prior.kinematics import joint_positions
from ..pose_prior.ranker import PoseRanker, load_ranker
from ..pose_prior.sampling import GUIDANCE_SCALE
from ..pose_prior.text_encoder import MiniLMEncoder
from ..pose_prior.text_to_pose import TextToPose
from ..pose_prior.vposer import VPoser, load_vposer
from ..smpl import SMPLPose
from . import facts
from .clipsim import ClipSimilarity
from .data.book import BOOK, load_book
from .data.corpus import load_poses
from .data.mocap import load_mocap
from .data.poses import PoseSet
from .data.skeleton import rest_joints
from .data.unseen import FACT_PROMPTS
from .generators import Generator, encode_prompts, from_model, from_motions, from_retrieval, from_set, mean_pose
from .held_out import load_held_out
from .metrics import angle_limits, bootstrap, diversity, frechet_distance, impossible_share, retrieval_ranks
from .outputs import OutputFolder
from .pose import load_sampler
from .splits import Split, held_out_splits, make_split

RESULTS = Path(__file__).with_name("RESULTS.md")
BEGIN, END = "<!-- the table: written by evaluate_poses -->", "<!-- end of the table -->"
FACTS = "prompts by geometric facts"
BUNDLED = "bundled model (full training)"

Row = Generator | dict[str, Generator]  # one for all splits, or one a split


@dataclass(frozen=True)
class Setting:
    """What all rows share."""

    splits: list[Split]
    limits: tuple[np.ndarray, np.ndarray]
    encoder: MiniLMEncoder
    ranker: PoseRanker
    judge: PoseRanker
    vposer: VPoser
    rest: torch.Tensor
    samples: int
    oversampling: int
    clip: ClipSimilarity | None

    @property
    def drawn(self) -> int:
        """Candidates a text."""
        return self.samples * self.oversampling


def evaluate(generate: Row, setting: Setting) -> dict[str, dict[str, str]]:
    """Heading -> columns of one row of the table; a row may differ from split to split (real poses)."""
    of_split = generate if isinstance(generate, dict) else dict.fromkeys([s.name for s in setting.splits], generate)
    row = {split.name: on_split(of_split[split.name], split, setting) for split in setting.splits}
    if not isinstance(generate, dict):
        row[FACTS] = on_facts(generate, setting)
    return row


def on_split(generate: Generator, split: Split, setting: Setting) -> dict[str, str]:
    """The columns for the texts of a split."""
    count, drawn = len(split.texts), setting.drawn
    start = time.process_time()
    pose = generate(split.texts, drawn, 0)
    seconds = (time.process_time() - start) / count
    best = best_of(pose, split.texts, 1, setting)
    code = setting.vposer.encode(pose.body_pose).numpy().reshape(count, drawn, -1)
    real = setting.vposer.encode(torch.from_numpy(split.real.body)).numpy()
    fpd = [frechet_distance(np.concatenate(code), real), *fpd_interval(code, real)]
    text = setting.judge.embed_text(encode_prompts(setting.encoder, split.texts)).numpy()
    shown = setting.judge.embed_pose(best.body_pose, best.global_orient).numpy()
    ranks = retrieval_ranks(text, shown, split.actions)
    recall = np.mean([ranks < k for k in (1, 3, 5, 10)], axis=0)
    return {
        "FPD": "{:.1f} ({:.1f}-{:.1f})".format(*fpd),
        "R@1": _with_interval(ranks < 1),
        "R@3": _with_interval(ranks < 3),
        "mean recall": _with_interval(recall),
        "CLIPSIM": "n/a" if setting.clip is None else _with_interval(setting.clip.poses(best, split.texts), 3),
        "diversity": f"{100 * diversity(joints_of(pose, setting.rest).numpy(), drawn):.1f}",
        "impossible": f"{100 * impossible_share(pose.body_pose.numpy(), setting.limits):.2f} %",
        "s": f"{seconds:.2f}",
    }


def on_facts(generate: Generator, setting: Setting) -> dict[str, str]:
    """The columns for the prompts that are scored by geometric facts."""
    entries = fact_prompts()
    prompts = [entry["prompt"] for entry in entries]
    answered = best_of(generate(prompts, setting.drawn, 0), prompts, setting.samples, setting)
    scores = facts.score(entries, list(joints_of(answered, setting.rest).view(len(prompts), -1, 24, 3)))
    share, any_, chance = (np.array([row[key] for row in scores]) for key in ("share", "any", "chance"))
    return {
        "samples": _with_interval(share),
        f"one of {setting.samples}": _with_interval(any_),
        "under others' facts": f"{chance.mean():.2f}",
    }


def fact_prompts() -> list[dict]:
    """The prompts of both sets, with the facts that they ask for."""
    return [entry for file in FACT_PROMPTS for entry in facts.load_prompts(file)]


def best_of(pose: SMPLPose, texts: list[str], kept: int, setting: Setting) -> SMPLPose:
    """The `kept` poses of every text's candidates that the product would keep."""
    return pose.select(choose(pose, encode_prompts(setting.encoder, texts), setting.ranker, kept))


def joints_of(pose: SMPLPose, rest: torch.Tensor) -> torch.Tensor:
    """(B, 24, 3) metres, pelvis at the origin."""
    rotvec = torch.cat([pose.global_orient[:, None], pose.body_pose], 1)
    return joint_positions(roma.rotvec_to_rotmat(rotvec), rest)


def fpd_interval(code: np.ndarray, real: np.ndarray, draws: int = 50) -> tuple[float, float]:
    """Where the FPD of (texts, samples, D) codes stays when texts are drawn anew; the bias of repeats is taken off."""
    whole = frechet_distance(np.concatenate(code), real)
    generator = np.random.default_rng(0)
    picks = [generator.integers(len(code), size=len(code)) for _ in range(draws)]
    values = np.array([frechet_distance(np.concatenate(code[pick]), real) for pick in picks])
    low, high = np.quantile(values - values.mean() + whole, [0.025, 0.975])
    return float(low), float(high)


def _with_interval(values: np.ndarray, digits: int = 2) -> str:
    low, high = bootstrap(np.asarray(values, np.float64))
    return f"{np.mean(values):.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


def make_rows(options: argparse.Namespace, setting: Setting, train: PoseSet) -> dict[str, Row]:
    """Name -> generator of every row, references first."""
    bundled = TextToPose.load(encoder=setting.encoder)
    models = {}
    for entry in options.row:
        name, _, file = entry.partition("=")
        file, _, strength = file.partition("@")
        models[name] = (load_sampler(file), float(strength or 0))
    silent = next(iter(models.values()))[0] if models else bundled
    table: dict[str, Row] = {
        "real poses of the text": {split.name: from_set(split.real, of_text=True) for split in setting.splits},
        "poses of the training set": from_set(train, of_text=False),
        "mean pose": mean_pose(train, setting.vposer),
        "without text": from_model(silent, setting.vposer, 1.0, with_text=False),
        "caption retrieval": from_retrieval(train, setting.encoder, options.cache),
    }
    for name, (model, strength) in models.items():
        table[name] = from_model(model, setting.vposer, strength)
    score = lambda pose, text: setting.ranker.score(pose, encode_prompts(setting.encoder, [text]))  # noqa: E731
    for entry in options.outputs:
        name, _, folder = entry.partition("=")
        table[name] = from_motions(OutputFolder(Path(folder), asked(setting)).motions, score)
    table[BUNDLED] = from_model(bundled, load_vposer(), 1.0)
    return table


def asked(setting: Setting) -> list[str]:
    """Every text of the table, in the order in which output folders number them."""
    texts = [text for split in setting.splits for text in split.texts]
    return list(dict.fromkeys([*texts, *(entry["prompt"] for entry in fact_prompts())]))


def markdown(rows: dict[str, dict[str, dict[str, str]]], setting: Setting, budget: str) -> str:
    """One table a heading."""
    intro = (
        f"Best of {setting.drawn} candidates a text for every row, picked as the product picks by one ranker and "
        f"judged by another (other seed, other half of the poses); 25 steps, guidance {GUIDANCE_SCALE}. Model "
        f"rows: {budget}."
    )
    if len(setting.splits) > 1:
        intro += f" The judge and '{BUNDLED}' have trained on the held-out actions and wordings."
    blocks = [textwrap.fill(intro, 124)]
    headings = [*(split.name for split in setting.splits), FACTS]
    for heading in headings:
        of_split = next((split for split in setting.splits if split.name == heading), None)
        about = f"{len(of_split.texts)} texts of {len(set(of_split.actions))} actions" if of_split else ""
        about = about or f"{len(fact_prompts())} prompts of the two sets"
        shown = {name: row[heading] for name, row in rows.items() if heading in row}
        columns = list(next(iter(shown.values())))
        lines = ["| row | " + " | ".join(columns) + " |", "| --- |" + " --- |" * len(columns)]
        lines += [f"| {name} | " + " | ".join(row[column] for column in columns) + " |" for name, row in shown.items()]
        blocks += [f"**{heading[0].upper()}{heading[1:]}**: {about}", "\n".join(lines)]
    return "\n\n".join(blocks) + "\n"


def write_results(text: str, path: Path = RESULTS) -> None:
    """Put the table between its two marks. Raises ValueError if the file has none."""
    before, begin, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{path.name}: the marks '{BEGIN}' and '{END}' are missing")
    path.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", encoding="utf-8")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="", help="folder of the mocap poses (or AVATAR_SCENE_POSES)")
    parser.add_argument("--book", default="", help="solved action book, or none; default: the product's own")
    parser.add_argument("--hold-out", action="store_true", help="the splits of held_out.py, left out of retrieval too")
    parser.add_argument("--row", action="append", default=[], metavar="NAME=FILE", help="a further checkpoint")
    parser.add_argument("--outputs", action="append", default=[], metavar="NAME=FOLDER", help="another program's poses")
    parser.add_argument("--list", action="store_true", help="print the texts, one a line, and stop")
    parser.add_argument("--vposer", help="VPoser of the checkpoints and of FPD; default: the bundled one")
    parser.add_argument("--picker", type=Path, help="the ranker that picks; default: the bundled one")
    parser.add_argument("--judge", type=Path, help="a ranker trained on other data; default: the bundled one")
    parser.add_argument("--clip", help="folder of a CLIP model in transformers' format, for CLIPSIM")
    parser.add_argument("--cache", type=Path, default=Path("runs/captions"), help="encoded captions are kept here")
    parser.add_argument("--texts", type=int, default=400, help="texts a split, at most")
    parser.add_argument("-n", type=int, default=5, help="samples a text")
    parser.add_argument("--oversampling", type=int, default=2, help="candidates for each of them")
    parser.add_argument("--budget", default="as each was trained", help="said above the table")
    parser.add_argument("--parts", type=Path, help="keep finished rows in this folder and take them from there")
    parser.add_argument("--write", action="store_true", help=f"put the table into {RESULTS.name}")
    return parser.parse_args()


def main() -> None:
    options = parse_options()
    held = load_held_out() if options.hold_out else None
    train = load_poses(options.data, options.book, 0.5, held)
    splits = [make_split("new people", load_mocap(options.data or None, "test"), options.texts)]
    if held is not None:
        splits += held_out_splits(load_book(options.book or BOOK), held, options.texts)
    setting = Setting(
        splits, angle_limits(train.body), MiniLMEncoder(), load_ranker(options.picker), load_ranker(options.judge),
        load_vposer(options.vposer), rest_joints(), options.n, options.oversampling,
        ClipSimilarity.load(options.clip) if options.clip else None,
    )  # fmt: skip
    if options.list:
        print("\n".join(asked(setting)))
        return
    rows = {}
    for name, generate in make_rows(options, setting, train).items():
        basis = basis_of(options, setting, name)
        rows[name] = kept_row(options.parts, name, basis, partial(evaluate, generate, setting))
        print(name, json.dumps(rows[name]), flush=True)
    text = markdown(rows, setting, options.budget)
    print(text)
    if options.write:
        write_results(text)


def kept_row(folder: Path | None, name: str, basis: list, make: Callable[[], dict]) -> dict:
    """The row as an earlier, interrupted run left it in the folder, or made now; `basis` is what it depends on."""
    if folder is None:
        return make()
    digest = hashlib.sha256(json.dumps([name, basis]).encode()).hexdigest()[:8]
    file = folder / f"{re.sub(r'[^a-z0-9]+', '_', name.lower())}_{digest}.json"
    if not file.is_file():
        row = json.dumps(make())
        folder.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        part.write_text(row, encoding="utf-8")
        part.replace(file)
    return json.loads(file.read_text(encoding="utf-8"))


def basis_of(options: argparse.Namespace, setting: Setting, name: str) -> list:
    """What a row depends on: texts, numbers, and the files of its models as they are now."""
    own = [entry.partition("=")[2].partition("@") for entry in options.row if entry.startswith(f"{name}=")]
    files = [options.vposer, options.picker, options.judge, options.clip, *(file for file, _, _ in own[:1])]
    if name == "without text":
        files += [entry.partition("=")[2].partition("@")[0] for entry in options.row[:1]]
    stats = [Path(file).stat() for file in files if file]
    return [asked(setting), options.n, options.oversampling, own, [[stat.st_size, stat.st_mtime] for stat in stats]]


if __name__ == "__main__":
    main()
