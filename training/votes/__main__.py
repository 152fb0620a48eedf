"""Blinded pair votes, as for the paper's tables 1 and 2.

    python -m avatar_scene.training.votes pictures A=DIR B=DIR --texts FILE.txt -o vote.html
    python -m avatar_scene.training.votes poses A=MODEL B=MODEL --texts FILE.txt -o vote.html [--count 100]
    python -m avatar_scene.training.votes tally vote.key.json VOTES.csv ... [--raters 5]

`pictures` compares 0.png, 1.png, ... (or .jpg, .webp) of two folders, made for the lines of a text file in order:
scenes, poses, anything. `poses` samples two pose models (a checkpoint, or `bundled`) with the same noise and ranker and
draws gray bodies, or an avatar with --avatar. The page is one file: send it to five people, collect the CSV files that
it saves. The key beside it says who stands where: keep it to yourself.
"""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path

from .survey import Pair, write_survey


def main(arguments: list[str] | None = None) -> int:
    """Run a command; bad input is one line on stderr and status 2."""
    parser = argparse.ArgumentParser("votes", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command, what in (("pictures", _pictures, "DIR"), ("poses", _poses, "MODEL")):
        one = commands.add_parser(name)
        one.add_argument("systems", nargs=2, metavar=f"NAME={what}")
        one.add_argument("--texts", type=Path, required=True, help="one text a line")
        one.add_argument("--count", type=int, help="vote on so many of the texts, drawn at random; default: all")
        one.add_argument("--seed", type=int, default=0, help="of the order, the sides and the poses")
        one.add_argument("-o", "--output", type=Path, required=True, metavar="PAGE.html")
        one.set_defaults(command=command)
    one.add_argument("--avatar", type=Path, help="GLB or VRM file to draw instead of the gray body")
    one.add_argument("--candidates", type=int, default=10, help="poses sampled a text, the best is shown")
    one = commands.add_parser("tally")
    one.add_argument("key", type=Path)
    one.add_argument("votes", type=Path, nargs="+")
    one.add_argument("--raters", type=int, default=5, help="votes a pair")
    one.set_defaults(command=_tally)
    options = parser.parse_args(arguments)
    try:
        options.command(options)
    except (ValueError, OSError) as error:
        print(f"votes: {error}", file=sys.stderr)
        return 2
    return 0


def _chosen(options: argparse.Namespace) -> tuple[dict[str, str], list[tuple[int, str]]]:
    """System -> its argument, and (line number, text) of the texts to vote on."""
    systems = dict(argument.split("=", 1) for argument in options.systems if "=" in argument)
    if len(systems) != 2:
        raise ValueError("give two systems of different names, as NAME=WHERE")
    lines = [line.strip() for line in options.texts.read_text(encoding="utf-8").splitlines()]
    texts = [(number, text) for number, text in enumerate(lines) if text]
    if options.count is not None and options.count < len(texts):
        texts = sorted(random.Random(options.seed).sample(texts, options.count))
    return systems, texts


def _pictures(options: argparse.Namespace) -> None:
    from PIL import Image

    systems, texts = _chosen(options)
    pairs = []
    for number, text in texts:
        pictures = {}
        for system, folder in systems.items():
            found = [Path(folder) / f"{number}{ending}" for ending in (".png", ".jpg", ".jpeg", ".webp")]
            file = next((path for path in found if path.is_file()), None)
            if file is None:
                raise ValueError(f"system {system!r}: there is no {found[0]} (nor .jpg, .webp) for {text!r}")
            with Image.open(file) as picture:
                pictures[system] = picture.convert("RGBA")
        pairs.append(Pair(text, pictures))
    _write(pairs, options)


def _poses(options: argparse.Namespace) -> None:
    from .poses import draw_poses

    systems, texts = _chosen(options)
    chosen = [text for _, text in texts]
    drawn = {
        name: draw_poses(model, chosen, options.candidates, options.seed, options.avatar)
        for name, model in systems.items()
    }
    _write([Pair(text, {name: drawn[name][row] for name in drawn}) for row, text in enumerate(chosen)], options)


def _write(pairs: list[Pair], options: argparse.Namespace) -> None:
    key = write_survey(pairs, options.output, options.seed)
    print(f"{options.output}: {len(pairs)} pairs for the raters; {key}: keep it for the tally")


def _tally(options: argparse.Namespace) -> None:
    import json

    from .tally import read_votes, tally

    key = json.loads(options.key.read_text(encoding="utf-8"))
    result = tally(read_votes(options.votes, key), key, options.raters)
    (first, second), (won, lost) = result.systems, result.wins
    low, high = result.interval
    print(f"{first} {won}, {second} {lost}, undecided {result.undecided} (majority of {options.raters} a pair)")
    print(f"{first} is preferred in {100 * result.share:.1f} % ({100 * low:.1f}-{100 * high:.1f}); p = {result.p:.3f}")
    agreement = "" if result.agreement is None else f"; two raters agree in {100 * result.agreement:.0f} %"
    print(f"{result.raters} raters{agreement}; {result.waiting} pairs wait for more votes")


if __name__ == "__main__":
    sys.exit(main())
