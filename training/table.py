"""The comparison of equally trained models in one command: `python -m avatar_scene.training.table --data POSES`.

Trains every model of the table on the same data, without the held-out actions and wordings (`held_out.py`), for the
same number of steps, then lets `evaluate_poses` write the table into RESULTS.md. What a kill interrupts is continued by
the same command; what is finished is not trained again.

By default it takes some two hours of one core with `--precision bf16`. At full length, on a GPU:

    python -m avatar_scene.training.table --data POSES --steps 15000 --ranker-steps 3000 --vposer-steps 12000
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from .stages import PACKAGE, Stage, add_machine_options, machine_flags, run_stages

ROWS = {  # row of the table -> stage, and how much VPoser regularises its 6D samples
    "ours, VPoser code": ("ours", ""),
    "ours, 6D": ("sixd", ""),
    "ours, 6D + VPoser at inference": ("sixd", "@1"),
    "ours, motion capture alone": ("mocap", ""),
    "MDM-style": ("mdm", ""),
    "MDM-style, trained like ours": ("mdm_like_ours", ""),
}
# MDM's paper: a linear text embedding, one pose a caption, nothing but denoising.
MDM_RECIPE = (
    "--pooled-hidden", "0", "--pooled-steps", "1", "--text-noise", "0", "--paraphrase-noise", "0",
    "--read-captions", "0",
)  # fmt: skip
# Picker and judge hear every word; the bundled ranker hears texts through noise.
RANKER_RECIPE = ("--text-noise", "0.03", "--book-share", "0.6", "--geometry-share", "0.35")


def stages(options: argparse.Namespace) -> list[Stage]:
    """The trainings in order: what the others need first."""
    pose = ("--hold-out", "--steps", str(options.steps), "--warmup", str(max(1, options.steps // 20)))
    warmup = str(max(1, options.ranker_steps // 20))
    ranker = ("--steps", str(options.ranker_steps), "--warmup", warmup, *RANKER_RECIPE)
    result = "text_to_pose.safetensors"
    chain = []
    if options.vposer_steps:
        flags = ("--hold-out", "--steps", str(options.vposer_steps))
        chain.append(Stage("vposer", "vposer", flags, "vposer.safetensors"))
        pose = (*pose, "--vposer", str(options.out / "vposer" / "vposer.safetensors"))
    mdm = (*pose, "--architecture", "mdm")
    return [
        *chain,
        Stage("picker", "ranker", (*ranker, "--hold-out", "--half", "0", "--seed", "1"), "pose_ranker.safetensors"),
        Stage("judge", "ranker", (*ranker, "--half", "1", "--seed", "2"), "pose_ranker.safetensors"),
        Stage("ours", "pose", pose, result),
        Stage("mdm", "pose", (*mdm, *MDM_RECIPE), result),
        Stage("mdm_like_ours", "pose", mdm, result),
        Stage("sixd", "pose", (*pose, "--representation", "6d"), result),
        Stage("mocap", "pose", (*pose, "--book", "none"), result),
    ]


def evaluation(options: argparse.Namespace) -> list[str]:
    """The command line of the table over every training that is finished."""
    folder = options.out
    line = [sys.executable, "-m", f"{PACKAGE}.evaluate_poses", "--hold-out", "--cache", str(options.cache)]
    line += ["--data", options.data] if options.data else []
    line += ["--judge", str(folder / "judge" / "pose_ranker.safetensors")]
    line += ["--picker", str(folder / "picker" / "pose_ranker.safetensors")]
    if options.vposer_steps:
        line += ["--vposer", str(folder / "vposer" / "vposer.safetensors")]
    for name, (stage, strength) in ROWS.items():
        file = folder / stage / "text_to_pose.safetensors"
        if file.is_file():
            line += ["--row", f"{name}={file}{strength}"]
    budget = f"{options.steps} steps of 256 poses a model"
    return [*line, "--budget", budget, "--texts", str(options.texts), "--parts", str(folder / "rows"), "--write"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="", help="folder of the mocap poses (or AVATAR_SCENE_POSES)")
    parser.add_argument("--out", type=Path, default=Path("runs/table"), help="folder of the runs")
    parser.add_argument("--cache", type=Path, default=Path("runs/captions"), help="encoded captions are kept here")
    parser.add_argument("--steps", type=int, default=6000, help="of every text-to-pose model, 256 poses each")
    parser.add_argument("--ranker-steps", type=int, default=1200, help="of the ranker that picks and of the judge")
    parser.add_argument("--vposer-steps", type=int, default=0, help="0: the bundled VPoser, which saw every action")
    parser.add_argument("--texts", type=int, default=400, help="texts a split, at most")
    add_machine_options(parser)
    parser.add_argument("--only", choices=("train", "evaluate"), help="one half of the work")
    options = parser.parse_args()
    if options.only != "evaluate":
        run_stages(stages(options), options.out, options.data, options.cache, machine_flags(options))
    if options.only != "train":
        subprocess.run(evaluation(options), check=True)


if __name__ == "__main__":
    main()
