"""Counting votes: the majority of the raters of each pair, and how sure the result is."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from math import comb
from pathlib import Path

import numpy as np

from ..metrics import bootstrap

COLUMNS = ["survey", "rater", "pair", "vote"]
VOTES = ("left", "right", "neither")


@dataclass(frozen=True)
class Result:
    """Of two systems: pairs won by each, undecided pairs, and the first one's share of the decided pairs.

    interval: 95 % bootstrap over pairs, a tie counting half; p: two-sided sign test over the decided pairs.
    agreement: share of pairs of raters that voted alike on a pair, None with one rater.
    """

    systems: tuple[str, str]
    wins: tuple[int, int]
    undecided: int
    waiting: int  # pairs that fewer raters than asked for have seen
    raters: int
    share: float
    interval: tuple[float, float]
    p: float
    agreement: float | None


def read_votes(paths: list[Path], key: dict) -> dict[str, dict[str, str]]:
    """Pair -> rater -> vote of all files; a rater who saved twice counts once, the later file wins.

    Raises ValueError, naming file and line, for files of another survey or with other content.
    """
    votes: dict[str, dict[str, str]] = defaultdict(dict)
    for path in paths:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            if reader.fieldnames != COLUMNS:
                raise ValueError(f"votes '{path.name}': the columns must be {', '.join(COLUMNS)}")
            for line, row in enumerate(reader, 2):
                if row["survey"] != key["survey"]:
                    raise ValueError(f"votes '{path.name}', line {line}: is of survey {row['survey']!r}, not of this")
                if row["pair"] not in key["pairs"] or row["vote"] not in VOTES:
                    raise ValueError(f"votes '{path.name}', line {line}: pair {row['pair']!r}, vote {row['vote']!r}")
                votes[row["pair"]][row["rater"]] = row["vote"]
    return votes


def tally(votes: dict[str, dict[str, str]], key: dict, raters: int = 5) -> Result:
    """The majority of each pair's first `raters` raters (by name); pairs with fewer are left out.

    A pair without a system that has more votes than the other is undecided.
    """
    first, second = key["systems"]
    outcomes, alike, compared = [], 0, 0
    for name, pair in key["pairs"].items():
        of_pair = votes.get(name, {})
        if len(of_pair) < raters:
            continue
        given = [pair.get(of_pair[rater], "neither") for rater in sorted(of_pair)[:raters]]
        outcomes.append(int(np.sign(given.count(first) - given.count(second))))
        alike += sum(comb(given.count(vote), 2) for vote in set(given))
        compared += comb(len(given), 2)
    if not outcomes:
        raise ValueError(f"votes: no pair has {raters} raters yet; collect more files or lower --raters")
    values = np.array([(outcome + 1) / 2 for outcome in outcomes])
    wins = (outcomes.count(1), outcomes.count(-1))
    return Result(
        (first, second),
        wins,
        outcomes.count(0),
        len(key["pairs"]) - len(outcomes),
        len({rater for of_pair in votes.values() for rater in of_pair}),
        float(values.mean()),
        bootstrap(values),
        sign_test(*wins),
        alike / compared if compared else None,
    )


def sign_test(wins: int, losses: int) -> float:
    """Two-sided probability of a split at least as uneven if both were equally good."""
    count = wins + losses
    tail = sum(comb(count, k) for k in range(min(wins, losses) + 1)) / 2**count
    return min(1.0, 2 * tail)
