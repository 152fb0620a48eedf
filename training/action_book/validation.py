"""Checks of an authored action that need no solving: unknown words, impossible or contradictory ranges."""

from __future__ import annotations

from itertools import product

from .book import Action, Spec
from .facts import ALONG, ANGLE, DISTANCE, SINE
from .problem import BookBody

_MAX_COMBINATIONS = 24
_BOUNDS = {DISTANCE: (-20.0, 250.0), ALONG: (-250.0, 250.0), ANGLE: (0.0, 180.0), SINE: (-100.0, 100.0)}


def check_actions(actions: list[Action], body: BookBody) -> list[str]:
    """One line for every action that cannot be solved as written."""
    problems: dict[str, None] = {}
    for action in actions:
        for spec in action.specs:
            try:
                for problem in _check(spec, body):
                    problems[problem] = None
            except ValueError as error:
                problems[str(error)] = None
    return list(problems)


def _check(spec: Spec, body: BookBody) -> list[str]:
    """Problems of one specification, over its combinations of branches."""
    words, problems = body.vocabulary(spec), []
    for name in spec.rests:
        words.point(name)
    for prop in spec.props.values():
        words.point(prop.get("near", "hands"))
    choices = product(*(range(len(group)) for group in spec.groups))
    for _, picks in zip(range(_MAX_COMBINATIONS), choices):
        measured: dict[tuple, tuple[float, float, str]] = {}
        for row in body.program(spec.drawn_facts(picks), spec).rows:
            low, high = _BOUNDS.get(row.kind, (-180.0, 180.0))
            if row.high < low or row.low > high:
                problems.append(f"{spec.name}: fact '{row.label}': [{row.low:g}, {row.high:g}] can never be reached")
            same = (row.kind, row.points, row.vectors)
            if same in measured:
                other_low, other_high, label = measured[same]
                if row.low > other_high or row.high < other_low:
                    problems.append(f"{spec.name}: facts '{label}' and '{row.label}' contradict each other")
            measured[same] = (row.low, row.high, row.label)
    return problems
