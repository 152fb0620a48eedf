"""Command line of the action book: `python -m avatar_scene.training.action_book check | solve | sheet | export`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import torch

from ...rendering.body import load_body
from ...weights import sha256
from .book import FOLDER, Action, Book
from .problem import BookBody
from .solver import BookSolver, Settings
from .store import PoseCache, report_line, solve_book

DEFAULT_CACHE = Path("runs") / "action_book"


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(options.threads)
    try:
        book = Book.load(options.book)
        actions, problems = _resolved(book, options.only)
        return options.run(options, actions, problems)
    except (ValueError, FileNotFoundError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m avatar_scene.training.action_book", description=__doc__)
    commands = parser.add_subparsers(required=True)
    for name, run, about in (
        ("check", _check, "validate the book: words, ranges, captions; exit status 1 if anything is wrong"),
        ("solve", _solve, "solve what the cache lacks"),
        ("sheet", _sheet, "draw contact sheets of solved actions"),
        ("export", _export, "write poses.npz and captions.json from the cache"),
        ("captions", _captions, "write captions.json anew for poses.npz, after wordings were changed"),
        ("report", _report, "print acceptance and spread of the cached actions"),
        ("blind", _blind, "draw the questions of the blind check"),
        ("tally", _tally, "count the answers of a blind check"),
    ):
        command = commands.add_parser(name, help=about)
        command.set_defaults(run=run)
        command.add_argument("--book", type=Path, default=FOLDER, help="folder with archetypes.yaml and actions/")
        command.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these actions only")
        command.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
        command.add_argument("--data", help="folder of the motion capture poses (or AVATAR_SCENE_POSES)")
        command.add_argument("--prior", help="a VPoser checkpoint; default: the bundled one")
        command.add_argument("--threads", type=int, default=1)
        command.add_argument("--candidates", type=int, default=Settings.candidates)
        command.add_argument("--steps", type=int, default=Settings.steps)
        if name == "solve":
            command.add_argument("--batch", type=int, default=8, help="actions solved together")
            command.add_argument("--shard", default="0/1", help="i/n: every n-th action from the i-th on")
        if name == "sheet":
            command.add_argument("--out", type=Path, default=Path("sheets"), help="folder for the pictures")
            command.add_argument("--per", type=int, default=8, help="poses an action")
            command.add_argument("--size", type=int, default=150, help="pixels of one picture")
            command.add_argument("--rows", type=int, default=25, help="actions a sheet")
        if name in ("blind", "tally"):
            command.add_argument("--out", type=Path, default=Path("blind"), help="folder of the check")
        if name == "blind":
            command.add_argument("--seed", type=int, default=0, help="of the order, the poses and the options")
            command.add_argument("--exported", action="store_true", help="ask about poses.npz instead of the cache")
        if name == "tally":
            command.add_argument("answers", type=Path, nargs="+", help="files of lines like '17 c'")
        if name in ("sheet", "export", "report", "blind"):
            command.add_argument("--stale", action="store_true", help="accept poses solved from an earlier wording")
        if name in ("export", "captions"):
            command.add_argument("--out", type=Path, default=FOLDER, help="folder for poses.npz and captions.json")
    return parser


def _resolved(book: Book, only: list[str]) -> tuple[list[Action], list[str]]:
    """The wanted actions, and one line for everything that is wrong."""
    actions, problems = [], list(book.problems)
    for name in only or book.action_names:
        try:
            actions.append(book.action(name))
        except ValueError as error:
            problems.append(str(error))
    return actions, problems


def _cache(options: argparse.Namespace) -> PoseCache:
    settings = Settings(candidates=options.candidates, steps=options.steps)
    return PoseCache(options.cache, settings, sha256(Path(options.prior))[:8] if options.prior else "bundled")


def _check(options: argparse.Namespace, actions: list[Action], problems: list[str]) -> int:
    from .validation import check_actions

    problems = problems + check_actions(actions, BookBody(load_body()))
    for problem in problems:
        print(problem)
    print(f"{len(actions)} actions on {sum(len(action.specs) for action in actions)} bases, {len(problems)} problems")
    return 1 if problems else 0


def _solve(options: argparse.Namespace, actions: list[Action], problems: list[str]) -> int:
    from ...pose_prior.vposer import load_vposer
    from ..data.mocap import load_mocap
    from .seeds import SeedPoses

    body = BookBody(load_body())
    seeds = SeedPoses(load_mocap(options.data), body.skeleton, body.capsules)
    settings = Settings(candidates=options.candidates, steps=options.steps)
    solver = BookSolver(body, load_vposer(options.prior), seeds, settings)
    index, count = map(int, options.shard.split("/"))
    say = lambda line: print(line, flush=True)  # noqa: E731
    problems = problems + solve_book(
        actions, solver, _cache(options), batch=options.batch, shard=(index, count), say=say
    )
    for problem in problems:
        print(problem)
    return 1 if problems else 0


def _sheet(options: argparse.Namespace, actions: list[Action], problems: list[str]) -> int:
    from .sheets import draw_sheets

    cache = _cache(options)
    solved = [(action, poses) for action in actions if (poses := cache.load(action, options.stale)) is not None]
    for path in draw_sheets(solved, options.out, options.per, options.size, options.rows):
        print(path)
    return 0


def _blind(options: argparse.Namespace, actions: list[Action], problems: list[str]) -> int:
    from .blind import draw_questions
    from .export import POSES, exported_poses, shown_poses

    if options.exported:
        found = exported_poses(options.book / POSES)
        poses = {action.name: found[action.name] for action in actions if action.name in found}
    else:
        cache = _cache(options)
        solved = [(action, cache.load(action, options.stale)) for action in actions]
        poses = {action.name: shown_poses(action, found) for action, found in solved if found is not None}
    book = Book.load(options.book)
    for path in draw_questions([book.action(name) for name in book.action_names], poses, options.out, options.seed):
        print(path)
    return 0


def _tally(options: argparse.Namespace, actions: list[Action], problems: list[str]) -> int:
    from .blind import read_answers, tally

    key = json.loads((options.out / "key.json").read_text(encoding="utf-8"))
    answers = {number: letter for path in options.answers for number, letter in read_answers(path).items()}
    print(tally(key, answers))
    return 0


def _export(options: argparse.Namespace, actions: list[Action], problems: list[str]) -> int:
    from .export import export_book

    cache = _cache(options)
    solved = [(action, poses) for action in actions if (poses := cache.load(action, options.stale)) is not None]
    print(export_book(solved, options.out))
    return 0


def _captions(options: argparse.Namespace, actions: list[Action], problems: list[str]) -> int:
    from .export import write_captions

    print(write_captions(actions, options.out))
    return 0


def _report(options: argparse.Namespace, actions: list[Action], problems: list[str]) -> int:
    cache = _cache(options)
    found = [poses for action in actions if (poses := cache.load(action, options.stale)) is not None]
    for poses in sorted(found, key=lambda poses: poses.report["accepted"]):
        print(report_line(poses))
    print(f"{len(found)} of {len(actions)} actions solved, {sum(poses.report['kept'] for poses in found)} poses")
    return 0


if __name__ == "__main__":
    sys.exit(main())
