"""Solving a whole book with a cache: one file per action, keyed by everything that influences its poses."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from .book import Action
from .solver import BookSolver, Settings, SolvedAction

_ARRAYS = ("body", "root", "transl", "base", "picks", "props")
SOLVER_VERSION = 2  # raise when the solver changes what it finds


class PoseCache:
    """Solved actions in a folder, `<action>.<key>.npz`."""

    def __init__(self, folder: str | Path, settings: Settings, prior_id: str):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.salt = f"{SOLVER_VERSION} {settings} {prior_id}"

    def key(self, action: Action) -> str:
        """Changes with the action's resolved facts, the settings and the prior."""
        return hashlib.sha256(f"{action.content_hash} {self.salt}".encode()).hexdigest()[:12]

    def path(self, action: Action) -> Path:
        """Where the action's poses belong."""
        return self.folder / f"{action.name}.{self.key(action)}.npz"

    def load(self, action: Action, stale: bool = False) -> SolvedAction | None:
        """The cached poses, or None. stale: also accept poses of an earlier wording if there are no current ones."""
        path = self.path(action)
        if not path.is_file():
            older = sorted(self.folder.glob(f"{action.name}.*.npz"), key=lambda file: file.stat().st_mtime)
            if not (stale and older):
                return None
            path = older[-1]
        with np.load(path, allow_pickle=False) as arrays:
            report = json.loads(str(arrays["report"]))
            return SolvedAction(action.name, *(arrays[name] for name in _ARRAYS), report)

    def save(self, action: Action, solved: SolvedAction) -> None:
        """Write the poses and remove those of earlier wordings; a reader never sees half a file."""
        path = self.path(action)
        handle, temporary = tempfile.mkstemp(dir=self.folder, suffix=".part")
        with os.fdopen(handle, "wb") as file:
            arrays = {name: getattr(solved, name) for name in _ARRAYS}
            np.savez_compressed(file, **arrays, report=json.dumps(solved.report))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        for other in self.folder.glob(f"{action.name}.*.npz"):
            if other != path:
                other.unlink()


def solve_book(
    actions: list[Action],
    solver: BookSolver,
    cache: PoseCache,
    *,
    batch: int = 8,
    shard: tuple[int, int] = (0, 1),
    say: Callable[[str], None] = print,
) -> list[str]:
    """Solve what the cache lacks, `batch` actions at a time. Returns one line for every action that cannot be solved.

    shard: (i, n) takes every n-th action from the i-th on, for several processes on one cache.
    """
    missing = [action for action in actions[shard[0] :: shard[1]] if cache.load(action) is None]
    say(f"{len(actions)} actions, {len(missing)} to solve")
    problems: list[str] = []
    for start in range(0, len(missing), batch):
        begun = time.monotonic()
        group, solved = missing[start : start + batch], []
        try:
            solved = solver.solve(group)
        except ValueError:  # one action spoils the batch: find out which, and keep the others
            for action in group:
                try:
                    solved += solver.solve([action])
                except ValueError as error:
                    problems.append(str(error))
        by_name = {action.name: action for action in group}
        for result in solved:
            cache.save(by_name[result.name], result)
            say(report_line(result))
        say(f"  {start + len(group)}/{len(missing)}, {(time.monotonic() - begun) / len(group):.1f} s an action")
    return problems


def report_line(solved: SolvedAction) -> str:
    """Acceptance, spread and what fails, in one line."""
    report = solved.report
    why = ", ".join(f"{name} {share:.0%}" for name, share in report["rejected"].items() if share > 0.15)
    failing = "; ".join(f"{label} {share:.0%}" for label, share in report["failing"].items() if share > 0.1)
    figures = f"kept {report['kept']:2d} accepted {report['accepted']:4.0%} spread {report['spread_cm']:4.1f} cm"
    text = f"{solved.name:28s} {figures}"
    return text + (f"  rejected: {why}" if why else "") + (f"  failing: {failing}" if failing else "")
