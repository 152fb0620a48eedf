"""Facts compiled into scalar measurements: what is measured, the range it must lie in, and how strictly."""

from __future__ import annotations

from dataclasses import dataclass

from .schema import Fact, Range
from .vocabulary import AXES, FRAMES, WORLD, Axis, Between, Origin, Point, Rigid, Vector, Vocabulary, reversed_vector

# Kinds of measurement, each one vectorised operation (see program.py).
DISTANCE, ALONG, ASIDE, ANGLE, PLANAR, SINE, SIGHT = range(7)
_UP = Axis(WORLD, AXES["up"])
_HINGES = {"knee": "shin", "elbow": "forearm"}
_BETWEEN = {"wrist": ("forearm", "hand"), "ankle": ("shin", "foot")}
_SIGHT_REACH_CM = 45.0


@dataclass(frozen=True)
class Row:
    """One measurement.

    DISTANCE: |a - b| less the radius of prop `slot`, cm. ALONG: (a - b) . u, cm. ASIDE: distance of a from the line
    through b along u, cm. ANGLE: of u and v, degrees (`undirected`: at most 90). PLANAR: atan2(u . v, u . w), degrees.
    SINE: asin(u . v), degrees. SIGHT: least gap of forearms and hands to the line from a along u, cm, for `reach`, or
    most of the way to b where `reach` is 0.
    """

    kind: int
    low: float
    high: float
    sigma: float
    key: str
    label: str
    points: tuple[Point, ...] = ()
    vectors: tuple[Vector, ...] = ()
    slot: int = -1
    undirected: bool = False
    reach: float = 0.0


def compile_fact(fact: Fact, words: Vocabulary, shared_targets: bool = False) -> list[Row]:
    """The measurements of one atom. Raises ValueError on a word that does not exist.

    shared_targets: atoms of one authored fact draw the same target (for symmetric actions).
    """
    owner = fact.source if shared_targets else fact.source + repr(fact.subjects)

    def row(kind: int, limits: Range, sigma: float, part: str = "", **parts) -> Row:
        label = f"{fact.label} {part}".strip()
        return Row(kind, *limits, sigma * fact.slack, f"{owner}|{part}", label, **parts)

    return _COMPILERS[fact.kind](fact, words, row)


def _distance(fact: Fact, words: Vocabulary, row) -> list[Row]:
    a, b = map(words.point, fact.subjects)
    return [row(DISTANCE, fact.range("cm", (0.0, 2.0)), 1.0, points=(a, b))]


def _at(fact: Fact, words: Vocabulary, row) -> list[Row]:
    a, b = map(words.point, fact.subjects)
    rows = []
    for axis, limits in fact.ranges:
        word = axis if axis != "out" else "right" if fact.subjects[0].startswith("r_") else "left"
        direction = words.direction(word, fact.subjects[0], fact.frame)
        rows.append(row(ALONG, limits, 1.5, axis, points=(a, b), vectors=(direction,)))
    return rows


def _over_floor(fact: Fact, words: Vocabulary, row) -> list[Row]:
    name = fact.subjects[0]
    sigma = 0.5 if fact.kind == "support" else 1.5
    parts = [name[:2] + "heel", name[:2] + "ball"] if name[2:] == "foot" else [name]
    limits = fact.range("cm", (-0.3, 0.3))
    return [row(ALONG, limits, sigma, points=(words.point(part), Origin()), vectors=(_UP,)) for part in parts]


def _bend(fact: Fact, words: Vocabulary, row) -> list[Row]:
    side, joint = fact.subjects[0][:2], fact.subjects[0][2:]
    if joint == "hip":
        vectors = (words.segment(side + "thigh"), reversed_vector(words.segment("pelvis_up")))
    elif joint in _HINGES:  # from the straight limb, which is not a straight line of joints
        vectors = (words.straight(side, _HINGES[joint]), words.segment(side + _HINGES[joint]))
    elif joint in _BETWEEN:
        vectors = tuple(words.segment(side + part) for part in _BETWEEN[joint])
    else:
        raise ValueError(f"bend knows elbow, knee, hip, wrist and ankle, not {fact.subjects[0]!r}")
    return [row(ANGLE, fact.range("deg"), 3.0, vectors=vectors)]


def _flex(fact: Fact, words: Vocabulary, row) -> list[Row]:
    """Signed: hip and shoulder forward, wrist towards the palm, ankle toes up, head chin down."""
    subject, limits = fact.subjects[0], fact.range("deg")
    side, joint = subject[:2], subject[2:]
    if subject == "head":
        return [row(SINE, limits, 3.0, vectors=(words.segment("head_fwd"), Axis(FRAMES["chest"], AXES["down"])))]
    if joint in ("hip", "shoulder"):
        frame, segment = (FRAMES["pelvis"], "thigh") if joint == "hip" else (FRAMES["chest"], "upper_arm")
        vectors = (words.segment(side + segment), Axis(frame, AXES["fwd"]), Axis(frame, AXES["down"]))
        return [row(PLANAR, limits, 3.0, vectors=vectors)]
    if joint == "wrist":
        elbow, outward = words.joint(side, "elb").joint, AXES["left" if side == "l_" else "right"]
        vectors = (words.segment(side + "hand"), Axis(elbow, AXES["down"]), Axis(elbow, outward))
        return [row(PLANAR, limits, 3.0, vectors=vectors)]
    if joint == "ankle":
        shin, foot = words.segment(side + "shin"), words.segment(side + "foot")
        return [row(SINE, limits, 3.0, vectors=(foot, reversed_vector(shin)))]
    if joint in ("knee", "elbow"):
        return _bend(fact, words, row)
    raise ValueError(f"flex knows head, hip, shoulder, wrist, ankle, knee and elbow, not {subject!r}")


def _abduct(fact: Fact, words: Vocabulary, row) -> list[Row]:
    side, joint = fact.subjects[0][:2], fact.subjects[0][2:]
    if joint not in ("hip", "shoulder"):
        raise ValueError(f"abduct knows hip and shoulder, not {fact.subjects[0]!r}")
    frame, segment = (FRAMES["pelvis"], "thigh") if joint == "hip" else (FRAMES["chest"], "upper_arm")
    outward = Axis(frame, AXES["left" if side == "l_" else "right"])
    return [row(SINE, fact.range("deg"), 3.0, vectors=(words.segment(side + segment), outward))]


def _deviate(fact: Fact, words: Vocabulary, row) -> list[Row]:
    side, joint = fact.subjects[0][:2], fact.subjects[0][2:]
    if joint != "wrist":
        raise ValueError(f"deviate knows the wrist, not {fact.subjects[0]!r}")
    elbow, outward = words.joint(side, "elb").joint, AXES["left" if side == "l_" else "right"]
    vectors = (words.segment(side + "hand"), Axis(elbow, AXES["fwd"]), Axis(elbow, outward))
    return [row(PLANAR, fact.range("deg"), 3.0, vectors=vectors)]


def _turn(fact: Fact, words: Vocabulary, row) -> list[Row]:
    if fact.subjects[0] not in ("head", "chest"):
        raise ValueError(f"turn knows head and chest, not {fact.subjects[0]!r}")
    frame = FRAMES["chest" if fact.subjects[0] == "head" else "pelvis"]
    facing = words.segment(fact.subjects[0] + "_fwd")
    return [row(PLANAR, fact.range("deg"), 3.0, vectors=(facing, Axis(frame, AXES["left"]), Axis(frame, AXES["fwd"])))]


def _dir(fact: Fact, words: Vocabulary, row) -> list[Row]:
    segment, expression = fact.subjects
    vectors = (words.segment(segment), words.direction(expression, segment, fact.frame))
    # Looking at something near, the eyes do part of the turning: the head stays short of it.
    limits = (8.0, fact.tol + 14.0) if fact.eyes else (0.0, fact.tol)
    return [row(ANGLE, limits, 3.0, vectors=vectors)]


def _elev(fact: Fact, words: Vocabulary, row) -> list[Row]:
    return [row(SINE, fact.range("deg"), 3.0, vectors=(words.segment(fact.subjects[0]), _UP))]


def _azim(fact: Fact, words: Vocabulary, row) -> list[Row]:
    segment = fact.subjects[0]
    if fact.frame not in FRAMES:
        raise ValueError(f"unknown frame {fact.frame!r}; expected pelvis, chest or head")
    frame = FRAMES[fact.frame]
    outward = Axis(frame, AXES["right" if segment.startswith("r_") else "left"])
    vectors = (words.segment(segment), outward, Axis(frame, AXES["fwd"]))
    return [row(PLANAR, fact.range("deg"), 3.0, vectors=vectors)]


def _between(fact: Fact, words: Vocabulary, row) -> list[Row]:
    return [row(ANGLE, fact.range("deg"), 3.0, vectors=tuple(map(words.segment, fact.subjects)))]


def _lean(fact: Fact, words: Vocabulary, row) -> list[Row]:
    part, pelvis = fact.subjects[0], FRAMES["pelvis"]
    trunk = words.segment("trunk")
    vectors = {
        "fwd": (trunk, Axis(WORLD, AXES["fwd"]), _UP),
        "side": (trunk, Axis(WORLD, AXES["left"]), _UP),
        "twist": (words.segment("chest_fwd"), Axis(pelvis, AXES["left"]), Axis(pelvis, AXES["fwd"])),
        "curl": (words.segment("chest_up"), Axis(pelvis, AXES["fwd"]), Axis(pelvis, AXES["up"])),
    }[part]
    return [row(PLANAR, fact.range("deg"), 2.5, vectors=vectors)]


def _clear(fact: Fact, words: Vocabulary, row) -> list[Row]:
    eyes, target = words.point("eyes"), fact.subjects[0]
    limits = fact.range("cm", (12.0, 400.0))
    if target == "face":
        return [
            row(SIGHT, limits, 1.5, points=(eyes, eyes), vectors=(words.segment("head_fwd"),), reach=_SIGHT_REACH_CM)
        ]
    goal = words.point(target)
    return [row(SIGHT, limits, 1.5, points=(eyes, goal), vectors=(Between(eyes, goal),))]


def _hold(fact: Fact, words: Vocabulary, row) -> list[Row]:
    anchor, ball = fact.subjects
    slot = words.slot(ball, "ball")
    surface, centre = words.point(anchor), words.point(ball)
    return [
        row(DISTANCE, (-0.5, 1.5), 1.0, "distance", points=(surface, centre), slot=slot),
        row(ANGLE, (0.0, 25.0), 4.0, "normal", vectors=(words.normal(anchor), Between(surface, centre))),
    ]


def _grip(fact: Fact, words: Vocabulary, row) -> list[Row]:
    side, bar = fact.subjects
    if side not in ("l", "r"):
        raise ValueError(f"grip takes [l or r, bar], got {side!r}")
    words.slot(bar, "bar")
    points, axis = (words.point(f"{side}_grip"), words.point(bar)), words.segment(bar)
    thumb = words.segment(f"{side}_thumb")
    if fact.thumb == "minus":
        thumb = reversed_vector(thumb)
    along, tol = fact.range("along", (-80.0, 80.0)), fact.tol
    return [
        row(ALONG, along, 1.5, "along", points=points, vectors=(axis,)),
        row(ASIDE, (0.0, 1.5), 1.0, "aside", points=points, vectors=(axis,)),
        row(ANGLE, (0.0, tol), 4.0, "axis", vectors=(thumb, axis), undirected=fact.thumb is None),
    ]


def _onwall(fact: Fact, words: Vocabulary, row) -> list[Row]:
    anchor, wall = fact.subjects
    words.slot(wall, "wall")
    points = (words.point(anchor), words.point(wall))
    return [row(ALONG, fact.range("cm", (-0.5, 1.5)), 1.0, points=points, vectors=(words.segment(wall),))]


def _online(fact: Fact, words: Vocabulary, row) -> list[Row]:
    anchor, bar = fact.subjects
    words.slot(bar, "bar")
    points, axis = (words.point(anchor), words.point(bar)), words.segment(bar)
    return [
        row(ALONG, fact.range("along", (-90.0, 90.0)), 2.0, "along", points=points, vectors=(axis,)),
        row(ASIDE, fact.range("cm", (0.0, 3.0)), 1.0, "aside", points=points, vectors=(axis,)),
    ]


def _ontop(fact: Fact, words: Vocabulary, row) -> list[Row]:
    anchor, box = fact.subjects
    words.slot(box, "box")
    points = (words.point(anchor), words.point(box))
    left, up, forward = (half / 2 for half in words.props[box]["size"])
    low, high = fact.range("cm", (-0.5, 1.5))
    return [
        row(ALONG, (low + up, high + up), 1.0, "height", points=points, vectors=(_UP,)),
        row(ALONG, (-left, left), 1.0, "left", points=points, vectors=(Axis(WORLD, AXES["left"]),)),
        row(ALONG, (-forward, forward), 1.0, "fwd", points=points, vectors=(Axis(WORLD, AXES["fwd"]),)),
    ]


_COMPILERS = {
    "support": _over_floor, "height": _over_floor, "touch": _distance, "dist": _distance, "at": _at, "bend": _bend,
    "flex": _flex, "abduct": _abduct, "deviate": _deviate, "turn": _turn, "dir": _dir, "elev": _elev, "azim": _azim,
    "between": _between, "lean": _lean, "clear": _clear, "hold": _hold, "grip": _grip, "onwall": _onwall,
    "online": _online, "ontop": _ontop,
}  # fmt: skip


def support_points(facts: list[Fact], rests: tuple[str, ...], words: Vocabulary) -> list[Rigid]:
    """Where the body's weight may rest: the supports in force and the extra points of `rests`."""
    names: list[str] = []
    for fact in facts:
        if fact.kind == "support":
            name = fact.subjects[0]
            side, part = name[:2], name[2:]
            if part == "foot":
                names += [side + "heel", side + "ball", side + "toes"]
            else:
                names += [name, side + "fingertips"] if part == "palm" else [name]
    points = [words.point(name) for name in (*names, *rests)]
    return [point for point in dict.fromkeys(points) if isinstance(point, Rigid)]
