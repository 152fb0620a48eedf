"""The fact language: reading authored facts into one-sided atoms, with one-line errors.

Lengths are in centimetres of a 1.70 m body, angles in degrees; x is the person's left, y up, z forward.
`'*_knee'` stands for both sides and `'~_knee'` for the other one; `out` and `in` are relative to the fact's side.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

AXES = ("fwd", "up", "left", "out")
LEAN_PARTS = ("fwd", "side", "twist", "curl")
SIDES = {"l": "left", "r": "right"}
Range = tuple[float, float]


@dataclass(frozen=True)
class FactKind:
    """What a fact of this kind may say: how many subjects, which options, which of them is required."""

    subjects: int
    options: tuple[str, ...]
    needs: tuple[str, ...] = ()
    about: str = ""


HEIGHTS = ("support", "height")
COMMON_OPTIONS = ("slack",)
KINDS = {
    "support": FactKind(1, ("cm",), (), "height over the floor, carries weight"),
    "height": FactKind(1, ("cm",), ("cm",), "height over the floor"),
    "touch": FactKind(2, ("cm",), (), "distance of two points"),
    "dist": FactKind(2, ("cm",), ("cm",), "distance of two points"),
    "at": FactKind(2, (*AXES, "frame"), (), "one point relative to another along axes"),
    "bend": FactKind(1, ("deg",), ("deg",), "unsigned joint angle"),
    "flex": FactKind(1, ("deg",), ("deg",), "signed flexion"),
    "abduct": FactKind(1, ("deg",), ("deg",), "angle away from the midline"),
    "deviate": FactKind(1, ("deg",), ("deg",), "wrist towards the thumb"),
    "turn": FactKind(1, ("deg",), ("deg",), "head against chest, chest against pelvis, to the left"),
    "dir": FactKind(2, ("tol", "frame"), (), "direction of a segment"),
    "elev": FactKind(1, ("deg",), ("deg",), "angle of a segment over the horizon"),
    "azim": FactKind(1, ("deg", "frame"), ("deg",), "heading of a segment, from forward to out"),
    "between": FactKind(2, ("deg",), ("deg",), "angle of two segments"),
    "lean": FactKind(1, ("deg",), ("deg",), "trunk against gravity, chest against pelvis"),
    "clear": FactKind(1, ("cm",), (), "free line of sight"),
    "hold": FactKind(2, (), (), "palm or other surface on a ball"),
    "grip": FactKind(2, ("along", "tol", "thumb"), (), "hand around a bar"),
    "onwall": FactKind(2, ("cm",), (), "distance from a wall"),
    "online": FactKind(2, ("along", "cm"), (), "point on a bar"),
    "ontop": FactKind(2, ("cm",), (), "point on a box's top"),
}
DEFAULT_TOLERANCE = {"dir": 15.0, "gaze": 18.0, "palm": 25.0}


@dataclass(frozen=True)
class Fact:
    """One atom: a kind, its subjects (anchors, segments, directions, props) and its ranges.

    source: the authored fact it came from; atoms of one source share their targets in symmetric actions.
    eyes: a gaze at something near, where the eyes do part of the work.
    """

    kind: str
    subjects: tuple
    ranges: tuple[tuple[str, Range], ...] = ()
    frame: str | None = None
    tol: float | None = None
    thumb: str | None = None
    slack: float = 1.0
    eyes: bool = False
    source: str = field(default="", compare=False)

    def range(self, name: str, default: Range | None = None) -> Range:
        """The range called `name`, or the default."""
        return dict(self.ranges).get(name, default)

    @property
    def axes(self) -> frozenset[str]:
        """The axes an `at` fact speaks about (`out` is `left` for one side)."""
        return frozenset("left" if name == "out" else name for name, _ in self.ranges)

    @property
    def label(self) -> str:
        """Short text for reports."""
        words = " ".join(str(subject) for subject in self.subjects)
        return f"{self.kind} {words}"

    def tokens(self) -> set[str]:
        """The words `drop` may use: the kind, each subject, and sided subjects without their side."""
        words = {self.kind, *(name for name, _ in self.ranges)}
        if self.kind == "dir" and self.subjects[0] == "head_fwd":
            words.add("gaze")
        for text in _strings(self.subjects):
            for word in re.split(r"[+*:@-]", text):
                words |= {word, re.sub(r"^[lr]_", "", word)}
        return words

    def overrides(self, earlier: Fact) -> bool:
        """Whether this fact speaks about the same thing as an earlier one and so replaces it."""
        if self.kind == "at" and earlier.kind == "at":
            return self.subjects == earlier.subjects and bool(self.axes & earlier.axes)
        if self._is_foot and earlier.kind in HEIGHTS and earlier.subjects[0] in self._foot_parts:
            return True
        return self._subject_key() == earlier._subject_key()

    def less(self, later: Fact) -> Fact | None:
        """What is left of this fact once a later one is in force: all, the other half of a foot, or nothing."""
        if later.overrides(self):
            return None
        if self._is_foot and later.kind in HEIGHTS and later.subjects[0] in self._foot_parts:
            rest = [part for part in self._foot_parts if part != later.subjects[0]]
            return replace(self, subjects=(rest[0],))
        return self

    @property
    def _is_foot(self) -> bool:
        return self.kind in HEIGHTS and self.subjects[0][2:] == "foot"

    @property
    def _foot_parts(self) -> tuple[str, str]:
        side = self.subjects[0][:2]
        return side + "heel", side + "ball"

    def _subject_key(self) -> tuple:
        if self.kind in HEIGHTS:
            return ("height", self.subjects)
        if self.kind in ("dir", "hold", "grip", "ontop"):
            return (self.kind, self.subjects[0])
        return (self.kind, self.subjects)


def parse_facts(entries: object, owner: str) -> list[Fact]:
    """A YAML list of facts -> one-sided atoms. Raises ValueError naming `owner` and the fact."""
    if entries is None:
        return []
    if not isinstance(entries, list):
        raise ValueError(f"{owner}: facts must be a list, not {type(entries).__name__}")
    return [atom for entry in entries for atom in parse_fact(entry, owner)]


def parse_fact(entry: object, owner: str) -> list[Fact]:
    """One authored fact -> its atoms, e.g. {bend: '*_knee', deg: [0, 9]} -> left and right."""
    if not isinstance(entry, dict) or not entry:
        raise ValueError(f"{owner}: a fact must look like {{kind: subject, ...}}, got {entry!r}")
    source = repr(entry)
    try:
        return [atom for sided in _sides(entry) for atom in _atoms(sided, source)]
    except (ValueError, TypeError, IndexError, KeyError) as error:
        raise ValueError(f"{owner}: fact {entry}: {error}") from None


def parse_range(value: object) -> Range:
    """A number or [low, high]; raises ValueError on an empty range."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value), float(value)
    if isinstance(value, (list, tuple)) and len(value) == 2 and all(isinstance(v, (int, float)) for v in value):
        if value[0] > value[1]:
            raise ValueError(f"range {list(value)} is empty: its low end is above its high end")
        return float(value[0]), float(value[1])
    raise ValueError(f"expected a number or [low, high], got {value!r}")


def _atoms(entry: dict, source: str) -> Iterator[Fact]:
    """The atoms of a one-sided entry."""
    (kind, subject), *rest = entry.items()
    options = dict(rest)
    slack = float(options.pop("slack", 1.0))
    if kind == "lean":
        if not isinstance(subject, dict) or not subject or options:
            raise ValueError("lean takes {fwd, side, twist, curl: range}")
        for part, value in subject.items():
            if part not in LEAN_PARTS:
                raise ValueError(f"lean has no part {part!r}; expected {', '.join(LEAN_PARTS)}")
            yield Fact("lean", (part,), (("deg", parse_range(value)),), slack=slack, source=source)
        return
    if kind == "gaze":
        tol = float(options.pop("tol", DEFAULT_TOLERANCE["gaze"]))
        eyes = isinstance(subject, str) and subject.startswith("to:")
        _no_more(kind, options, ("tol", "frame"))
        yield Fact("dir", ("head_fwd", _plain(subject)), (), options.get("frame"), tol, None, slack, eyes, source)
        return
    if kind == "palm":
        side, direction = subject
        if side not in SIDES:
            raise ValueError(f"palm takes [l or r, direction], got {side!r}")
        tol = float(options.pop("tol", DEFAULT_TOLERANCE["palm"]))
        _no_more(kind, options, ("tol", "frame"))
        yield Fact(
            "dir", (f"{side}_palm", _plain(direction)), (), options.get("frame"), tol, slack=slack, source=source
        )
        return
    spec = KINDS.get(kind)
    if spec is None:
        raise ValueError(f"unknown kind {kind!r}; known: {', '.join(sorted([*KINDS, 'gaze', 'palm']))}")
    if kind in HEIGHTS and isinstance(subject, list):
        for one in subject:
            yield from _atoms({**entry, kind: one}, source)
        return
    if kind in ("grip", "online") and len(subject) == 3:
        subject, options["along"] = subject[:2], subject[2]
    subjects = tuple(_plain(part) for part in subject) if isinstance(subject, list) else (subject,)
    if len(subjects) != spec.subjects or not isinstance(subjects[0], str):
        raise ValueError(f"{kind} takes {spec.subjects} subject(s), got {subject!r}")
    _no_more(kind, options, spec.options)
    missing = [name for name in spec.needs if name not in options]
    if missing or (kind == "at" and not any(axis in options for axis in AXES)):
        raise ValueError(f"{kind} needs {', '.join(missing) or 'at least one of ' + ', '.join(AXES)}")
    tol = float(options.pop("tol", DEFAULT_TOLERANCE.get(kind, 30.0))) if "tol" in spec.options else None
    frame, thumb = options.pop("frame", None), options.pop("thumb", None)
    if thumb not in (None, "plus", "minus"):
        raise ValueError(f"thumb is plus or minus, got {thumb!r}")
    ranges = tuple((name, _clear_range(kind, value)) for name, value in options.items())
    yield Fact(kind, subjects, ranges, frame, tol, thumb, slack, False, source)


def _clear_range(kind: str, value: object) -> Range:
    """`clear` takes its least distance as a number."""
    low, high = parse_range(value)
    return (low, max(high, 400.0)) if kind == "clear" else (low, high)


def _no_more(kind: str, options: dict, allowed: tuple[str, ...]) -> None:
    unknown = [name for name in options if name not in (*allowed, *COMMON_OPTIONS)]
    if unknown:
        raise ValueError(f"{kind} has no option {unknown[0]!r}; it takes {', '.join((*allowed, *COMMON_OPTIONS))}")


def _plain(value: object) -> object:
    """Lists as tuples, so that facts can be compared."""
    return tuple(float(v) for v in value) if isinstance(value, list) else value


def _sides(entry: dict) -> list[dict]:
    """The left and the right copy of an entry that says '*_', else the entry."""
    if "*_" not in repr(entry):
        return [entry]
    return [_substituted(entry, here, there) for here, there in (("l_", "r_"), ("r_", "l_"))]


def _substituted(value: object, here: str, there: str) -> object:
    if isinstance(value, str):
        return value.replace("*_", here).replace("~_", there)
    if isinstance(value, list):
        return [_substituted(part, here, there) for part in value]
    if isinstance(value, dict):
        return {key: _substituted(part, here, there) for key, part in value.items()}
    return value


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from _strings(part)
