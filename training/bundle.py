"""From the committed action book to the bundled pose models: `python -m avatar_scene.training.bundle --data POSES`.

Trains VPoser, then the ranker and the text-to-pose transformer on motion capture and book with their default settings,
scores the 95 fact prompts and, with `--install`, puts the three files into `weights/files` and their checksums into the
manifest. A killed run is continued by the same command. Run `training/table.py` for the comparison with other models.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
from pathlib import Path

from ..weights import FOLDER, manifest
from ..weights.register import register
from .stages import Stage, add_machine_options, machine_flags, run_stages

VPOSER, RANKER, POSE = "vposer.safetensors", "pose_ranker.safetensors", "text_to_pose.safetensors"


def stages(out: Path, steps: int) -> list[Stage]:
    """The trainings in order; the transformer learns the codes of the new VPoser. steps: 0 for each one's default."""
    few = ("--steps", str(steps), "--warmup", str(max(1, steps // 20))) if steps else ()
    vposer = ("--vposer", str(out / "vposer" / VPOSER))
    return [
        Stage("vposer", "vposer", few, VPOSER),
        Stage("ranker", "ranker", few, RANKER),
        Stage("pose", "pose", (*vposer, *few), POSE),
    ]


def score(folder: Path) -> dict[str, float]:
    """Shares of samples and of prompts with one of five that show their facts, as `training/facts.py` counts them."""
    from ..pose_prior import PosePrior, TextToPose, load_ranker, load_vposer
    from ..rendering import load_body
    from . import facts

    model = TextToPose.load(folder / "pose" / POSE)
    prior = PosePrior(model, load_vposer(folder / "vposer" / VPOSER), load_ranker(folder / "ranker" / RANKER))
    entries, body = facts.load_prompts(), load_body()
    joints = [body.posed(prior.generate([entry["prompt"]], n=5)[0])[1] for entry in entries]
    rows = facts.score(entries, joints)
    return {key: round(sum(row[key] for row in rows) / len(rows), 3) for key in ("share", "any", "chance")}


def install(results: list[Path], folder: Path = FOLDER) -> None:
    """Put the files beside the bundled ones, whole or not at all, and record them in the manifest."""
    for path in results:
        part = folder / f"{path.name}.part"
        shutil.copyfile(path, part)
        os.replace(part, folder / path.name)
        entry = manifest()[path.name]
        register(path.name, entry["licence"], entry["about"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="", help="folder of the mocap poses (or AVATAR_SCENE_POSES)")
    parser.add_argument("--out", type=Path, default=Path("runs/bundle"), help="folder of the runs")
    parser.add_argument("--cache", type=Path, default=Path("runs/captions"), help="encoded captions are kept here")
    parser.add_argument("--steps", type=int, default=0, help="of every training, to try the recipe; 0: the full ones")
    add_machine_options(parser)
    parser.add_argument("--install", action="store_true", help="replace the bundled files")
    options = parser.parse_args()
    chain = stages(options.out, options.steps)
    run_stages(chain, options.out, options.data, options.cache, machine_flags(options))
    print(json.dumps(score(options.out)))
    if options.install:
        install([options.out / stage.name / stage.result for stage in chain])
        print(f"installed in {FOLDER}; write the cards and run the tests")


if __name__ == "__main__":
    main()
