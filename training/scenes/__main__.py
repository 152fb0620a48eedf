"""python -m avatar_scene.training.scenes COMMAND: synthetic scenes to train the mini outpainter on.

bake  -o people.npz                                       pose and render the people, once (about 6 core-minutes)
write --people people.npz --count 20000 --out DIR         shards of (image, person, gray, caption)
sheet --people people.npz -o sheet.png                    a contact sheet to look at
bench --people people.npz                                 scenes a second of processor time
leaks --people people.npz                                 how much of the place the avatar alone gives away
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import cv2

from .people import People, save_people
from .places import PLACES


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m avatar_scene.training.scenes",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    bake = commands.add_parser("bake", help="pose and render the people, once")
    bake.add_argument("-o", "--out", type=Path, default=Path("people.npz"))
    bake.add_argument("--seed", type=int, default=0)
    bake.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    write = commands.add_parser("write", help="write shards")
    write.add_argument("--count", type=int, required=True, help="samples in all")
    write.add_argument("--out", type=Path, required=True, help="folder of the shards")
    write.add_argument("--per-shard", type=int, default=500)
    write.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    sheet = commands.add_parser("sheet", help="draw a contact sheet")
    sheet.add_argument("-o", "--out", type=Path, default=Path("sheet.png"))
    sheet.add_argument("--per", type=int, default=6, help="samples of each place")
    sheet.add_argument("--columns", type=int, default=6)
    sheet.add_argument("--places", default="", help="names with commas; default: all")
    sheet.add_argument("--triples", action="store_true", help="show picture, person and gray body side by side")
    bench = commands.add_parser("bench", help="scenes a second of processor time")
    bench.add_argument("--count", type=int, default=8, help="samples of each place")
    leaks = commands.add_parser("leaks", help="train a classifier of places on the avatar alone")
    leaks.add_argument("--per", type=int, default=60, help="training samples of each place")
    leaks.add_argument("--what", choices=("person", "image"), default="person")
    for command in (write, sheet, bench, leaks):
        command.add_argument("--people", type=Path, required=True, help="the cache that `bake` writes")
        command.add_argument("--seed", type=int, default=0, help="of the first sample")
    options = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    try:
        {"bake": _bake, "write": _write, "sheet": _sheet, "bench": _bench, "leaks": _leaks}[options.command](options)
    except ValueError as error:
        parser.exit(1, f"{error}\n")


def _bake(options: argparse.Namespace) -> None:
    from .bake import PPM, bake_all

    sprites = bake_all(options.seed, options.workers)
    save_people(options.out, sprites, PPM)
    print(f"{len(sprites)} sprites, {options.out.stat().st_size / 2**20:.1f} MiB: {options.out}")


def _write(options: argparse.Namespace) -> None:
    from .write import write_shards

    done = write_shards(
        options.people, options.out, options.count, options.per_shard, seed=options.seed, workers=options.workers
    )
    print(f"{done} samples in {options.out}")


def _places(names: str) -> list[str]:
    chosen = [name for name in names.split(",") if name] or sorted(PLACES)
    unknown = [name for name in chosen if name not in PLACES]
    if unknown:
        raise ValueError(f"--places: {unknown[0]!r} is not known; there are {', '.join(sorted(PLACES))}")
    return chosen


def _sheet(options: argparse.Namespace) -> None:
    from .sample import sample
    from .sheet import contact_sheet, triples

    people = People(options.people)
    scenes = [
        sample(options.seed + 1000 * k + j, people, place)
        for k, place in enumerate(_places(options.places))
        for j in range(options.per)
    ]
    pictures = [picture for scene in scenes for picture in (triples(scene) if options.triples else [scene.image])]
    captions = [
        text
        for scene in scenes
        for text in (
            [scene.caption, scene.action, f"covered {scene.covered:.2f}"] if options.triples else [scene.caption]
        )
    ]
    cv2.imwrite(str(options.out), contact_sheet(pictures, captions, options.columns)[..., ::-1])
    print(f"{len(scenes)} samples: {options.out}")


def _bench(options: argparse.Namespace) -> None:
    from .sample import sample

    people = People(options.people)
    seconds = {}
    for k, place in enumerate(sorted(PLACES)):
        sample(options.seed, people, place)
        started = time.process_time()
        for j in range(options.count):
            sample(options.seed + 1000 * k + j, people, place)
        seconds[place] = (time.process_time() - started) / options.count
    for place, each in sorted(seconds.items(), key=lambda item: item[1]):
        print(f"{place:16} {1 / each:6.1f} scenes/s")
    print(f"{'all, mixed':16} {len(seconds) / sum(seconds.values()):6.1f} scenes/s on one core")


def _leaks(options: argparse.Namespace) -> None:
    from .classify import place_accuracy

    accuracy, per_place = place_accuracy(People(options.people), options.what, options.per, options.seed)
    worst = sorted(per_place.items(), key=lambda item: -item[1])[:8]
    print("most given away: " + ", ".join(f"{place} {share:.2f}" for place, share in worst))
    print(f"place told from the {options.what} alone: {accuracy:.3f} (chance {1 / len(PLACES):.3f})")


if __name__ == "__main__":
    main()
