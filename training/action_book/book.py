"""The authored book: reading its YAML files and resolving inheritance into solvable specifications.

A specification is a list of layers in order of strength: inherited facts, inherited branches, own facts, own branches.
For one draw of the branches the layers are folded: a later fact replaces earlier ones about the same subject.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

from ...pose_prior.hands import FINGER_STATES
from .mirror import mirror_fact, mirror_hands, mirror_name, mirror_props, mirror_root, mirror_words
from .schema import Fact, parse_facts

FOLDER = Path(__file__).parent
GROUPS = ("everyday", "sport", "work", "music", "stage", "rest", "emotion", "combat", "fantasy", "gesture")
PROP_KINDS = ("bar", "ball", "wall", "box")
_SETTINGS = {
    "sym": (str,), "balance": (bool,), "floor": (bool,), "free_yaw": (bool,), "slump": (int, float),
    "effort": (int, float), "seat": (str,), "phrase": (str,), "hidden": (bool,),
}  # fmt: skip
_LISTS = ("rests", "allow", "like", "drop", "bases", "captions", "facts", "one_of")
_KNOWN = {"name", "group", "hands", "weight", "props", "root", *_LISTS, *_SETTINGS}


@dataclass(frozen=True)
class Branch:
    """One alternative of a `one_of` group; `phrase` is joined to captions of the poses that draw it."""

    facts: tuple[Fact, ...]
    phrase: str = ""
    hands: dict[str, str] = field(default_factory=dict)


Layer = tuple[Fact, ...] | tuple[Branch, ...]


@dataclass(frozen=True)
class Spec:
    """Everything the solver needs about one action on one base."""

    name: str
    base: str = ""
    layers: tuple[Layer, ...] = ()
    props: dict[str, dict] = field(default_factory=dict)
    root: dict = field(default_factory=dict)
    hands: dict[str, str] = field(default_factory=dict)
    rests: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    sym: str = ""
    balance: bool = True
    floor: bool = True
    free_yaw: bool = False
    slump: float = 0.0
    effort: float = 1.0
    seat: str = ""
    phrase: str = ""

    @property
    def groups(self) -> list[tuple[Branch, ...]]:
        """The `one_of` groups, in layer order."""
        return [layer for layer in self.layers if layer and isinstance(layer[0], Branch)]

    def drawn_facts(self, picks: tuple[int, ...]) -> list[Fact]:
        """The facts in force when group i draws branch picks[i]."""
        facts: list[Fact] = []
        branch = iter(picks)
        for layer in self.layers:
            if layer and isinstance(layer[0], Branch):
                facts = overlay(facts, layer[next(branch)].facts)
            else:
                facts = overlay(facts, layer)
        return facts

    def all_facts(self) -> list[Fact]:
        """Every fact of every layer and branch."""
        return [fact for layer in self.layers for part in layer for fact in getattr(part, "facts", [part])]


@dataclass(frozen=True)
class Action:
    """An authored action: its captions and one specification per base."""

    name: str
    group: str
    captions: tuple[str, ...]
    specs: tuple[Spec, ...]
    weight: float = 1.0

    @property
    def content_hash(self) -> str:
        """Identifies everything that influences the solved poses (not the captions)."""
        text = json.dumps([_jsonable(spec) for spec in self.specs], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


class Book:
    """Archetypes and actions of a folder with `archetypes.yaml` and `actions/*.yaml`.

    A wrong entry does not spoil the others: it is left out and `problems` says in one line what is wrong with it.
    """

    def __init__(self, archetypes: list[dict], actions: list[dict], problems: list[str] | None = None):
        self.entries: dict[str, dict] = {}
        self.action_names: list[str] = []
        self.problems = problems or []
        self._resolved: dict[str, Spec] = {}  # entries that others inherit from
        for number, entry in enumerate([*archetypes, *actions]):
            try:
                name = _check_entry(entry)
                if name in self.entries:
                    raise ValueError(f"{name}: two entries have this name; rename or merge one")
            except ValueError as error:
                self.problems.append(str(error))
                continue
            self.entries[name] = entry
            if number >= len(archetypes):
                self.action_names.append(name)

    @staticmethod
    def load(folder: str | Path = FOLDER) -> Book:
        """Read a book folder. Raises FileNotFoundError if it has no archetypes.yaml."""
        folder = Path(folder)
        archetypes, actions, problems = [], [], []
        for path in [folder / "archetypes.yaml", *sorted((folder / "actions").glob("*.yaml"))]:
            try:
                more_archetypes, more_actions = _read(path)
            except ValueError as error:
                problems.append(str(error))
                continue
            archetypes += more_archetypes
            actions += more_actions
        return Book(archetypes, actions, problems)

    def action(self, name: str) -> Action:
        """The action resolved: one spec per base. Raises ValueError if it, or what it inherits from, is wrong."""
        entry = self.entries.get(name)
        if entry is None or name not in self.action_names:
            raise ValueError(f"action book: no action is called {name!r}")
        captions = tuple(entry.get("captions", ()))
        if len(captions) < 3 or not all(isinstance(text, str) and text.strip() for text in captions):
            raise ValueError(f"{name}: an action needs 3 or more captions, found {len(captions)}")
        group = entry.get("group", "")
        if group not in GROUPS:
            raise ValueError(f"{name}: group {group!r} is unknown; expected one of {', '.join(GROUPS)}")
        bases = entry.get("bases") or [""]
        specs = tuple(self.resolve(name, base) for base in bases)
        return Action(name, group, captions, specs, float(entry.get("weight", 1.0)))

    def resolve(self, name: str, base: str = "", trail: tuple[str, ...] = ()) -> Spec:
        """An entry with all it inherits, on one of its bases."""
        if name in trail:
            raise ValueError(f"{name}: inherits from itself ({' -> '.join((*trail, name))})")
        entry = self.entries[name]
        spec = Spec(name)
        parents = ([base] if base else []) + list(entry.get("like", []))
        for parent in parents:
            spec = _inherit(spec, self._parent(parent, name, trail))
        spec = replace(spec, name=name, base=base, layers=_without(spec.layers, _listed(entry, "drop")))
        return _apply(spec, entry)

    def _parent(self, reference: str, child: str, trail: tuple[str, ...]) -> Spec:
        bare = reference.removesuffix("~")
        if bare not in self.entries:
            raise ValueError(f"{child}: inherits from unknown {reference!r}")
        if bare not in self._resolved:
            self._resolved[bare] = self.resolve(bare, trail=(*trail, child))
        spec = self._resolved[bare]
        return mirror_spec(spec) if reference.endswith("~") else spec


def overlay(earlier: list[Fact] | tuple[Fact, ...], later: tuple[Fact, ...] | list[Fact]) -> list[Fact]:
    """Both lists, less what the later facts replace of the earlier ones."""
    kept = list(earlier)
    for new in later:
        kept = [rest for fact in kept if (rest := fact.less(new)) is not None]
    return kept + list(later)


def mirror_spec(spec: Spec) -> Spec:
    """The specification with left and right exchanged."""
    return replace(
        spec,
        layers=tuple(tuple(_mirror_part(part) for part in layer) for layer in spec.layers),
        props=mirror_props(spec.props),
        root=mirror_root(spec.root),
        hands=mirror_hands(spec.hands),
        rests=tuple(mirror_name(name) for name in spec.rests),
        allow=tuple(mirror_name(rule) for rule in spec.allow),
        phrase=mirror_words(spec.phrase),
    )


def _mirror_part(part: Fact | Branch) -> Fact | Branch:
    if isinstance(part, Fact):
        return mirror_fact(part)
    return Branch(tuple(map(mirror_fact, part.facts)), mirror_words(part.phrase), mirror_hands(part.hands))


def _inherit(spec: Spec, parent: Spec) -> Spec:
    """`spec` with another parent on top of it."""
    return replace(
        parent,
        layers=spec.layers + parent.layers,
        props={**spec.props, **parent.props},
        root={**spec.root, **parent.root},
        hands={**spec.hands, **parent.hands},
        rests=spec.rests + parent.rests,
        allow=spec.allow + parent.allow,
        sym=parent.sym or spec.sym,
        balance=spec.balance and parent.balance,
        floor=spec.floor and parent.floor,
        free_yaw=spec.free_yaw or parent.free_yaw,
        slump=max(spec.slump, parent.slump),
        effort=parent.effort if parent.effort != 1.0 else spec.effort,
        seat=parent.seat or spec.seat,
        phrase=parent.phrase or spec.phrase,
    )


def _apply(spec: Spec, entry: dict) -> Spec:
    """The entry's own facts, branches and settings on top of what it inherits."""
    name = entry["name"]
    layers = [*spec.layers, tuple(parse_facts(entry.get("facts"), name))]
    for group in entry.get("one_of") or []:
        if not isinstance(group, list) or not group:
            raise ValueError(f"{name}: one_of takes groups, each a list of branches")
        layers.append(tuple(_branch(branch, name) for branch in group))
    settings = {key: entry[key] for key in _SETTINGS if key in entry and key != "hidden"}
    if entry.get("hidden"):
        settings["phrase"] = ""
    return replace(
        spec,
        layers=tuple(layer for layer in layers if layer),
        props={**spec.props, **entry.get("props", {})},
        root={**spec.root, **entry.get("root", {})},
        hands={**spec.hands, **_hands(entry.get("hands"), name)},
        rests=spec.rests + tuple(_listed(entry, "rests")),
        allow=spec.allow + tuple(_listed(entry, "allow")),
        **settings,
    )


def _branch(value: object, owner: str) -> Branch:
    if isinstance(value, dict):
        unknown = set(value) - {"facts", "phrase", "hands"}
        if unknown:
            raise ValueError(f"{owner}: a branch has facts, phrase and hands, not {sorted(unknown)[0]!r}")
        facts = tuple(parse_facts(value.get("facts"), owner))
        return Branch(facts, value.get("phrase", ""), _hands(value.get("hands"), owner))
    return Branch(tuple(parse_facts(value, owner)))


def _without(layers: tuple[Layer, ...], drop: list[str]) -> tuple[Layer, ...]:
    """Layers less the facts whose words contain all words of an entry of `drop`."""
    rules = [set(str(rule).split()) for rule in drop]
    kept = lambda facts: tuple(f for f in facts if not any(rule <= f.tokens() for rule in rules))  # noqa: E731
    result = []
    for layer in layers:
        if layer and isinstance(layer[0], Branch):
            result.append(tuple(replace(branch, facts=kept(branch.facts)) for branch in layer))
        else:
            result.append(kept(layer))
    return tuple(layer for layer in result if layer)


def _hands(value: object, owner: str) -> dict[str, str]:
    """{both: fist} -> {"left": "fist", "right": "fist"}."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError(f"{owner}: hands looks like {{left: fist}}, got {value!r}")
    hands = {}
    for side, state in value.items():
        if side not in ("left", "right", "both"):
            raise ValueError(f"{owner}: hands has no side {side!r}; expected left, right or both")
        if state not in FINGER_STATES:
            raise ValueError(f"{owner}: finger state {state!r} is unknown; expected {', '.join(FINGER_STATES)}")
        hands |= dict.fromkeys(("left", "right"), state) if side == "both" else {side: state}
    return hands


def _read(path: Path) -> tuple[list[dict], list[dict]]:
    """Archetypes and actions of one file."""
    if not path.is_file():
        raise FileNotFoundError(f"action book: no file {path}")
    try:
        # libyaml's loader is several times faster where it is compiled in.
        content = yaml.load(path.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise ValueError(f"{path.name}: not valid YAML: {' '.join(str(error).split())}") from None
    if path.name == "archetypes.yaml":
        content = {"archetypes": content or []}
    if isinstance(content, list):
        content = {"actions": content}
    if not isinstance(content, dict) or set(content) - {"archetypes", "actions"}:
        raise ValueError(f"{path.name}: expected a list of actions, or archetypes and actions")
    return list(content.get("archetypes") or []), list(content.get("actions") or [])


def _check_entry(entry: object) -> str:
    """The entry's name, after checking its keys and their types."""
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise ValueError(f"action book: an entry needs a name, got {str(entry)[:80]}")
    name = entry["name"]
    unknown = sorted(set(entry) - _KNOWN)
    if unknown:
        raise ValueError(f"{name}: unknown key {unknown[0]!r}; known: {', '.join(sorted(_KNOWN))}")
    for key, types in _SETTINGS.items():
        if key in entry and not isinstance(entry[key], types):
            raise ValueError(f"{name}: {key} must be {types[0].__name__}, got {entry[key]!r}")
    if entry.get("sym", "") not in ("", "arms", "legs", "all"):
        raise ValueError(f"{name}: sym is arms, legs or all, got {entry['sym']!r}")
    for prop_name, prop in (entry.get("props") or {}).items():
        if prop.get("kind", "bar") not in PROP_KINDS:
            raise ValueError(f"{name}: prop {prop_name!r} is of unknown kind {prop['kind']!r}")
        if prop.get("kind") == "box" and len(prop.get("size", ())) != 3:
            raise ValueError(f"{name}: box {prop_name!r} needs size: [left, up, fwd] in cm")
    return name


def _listed(entry: dict, key: str) -> list:
    value = entry.get(key) or []
    return [value] if isinstance(value, str) else list(value)


def _jsonable(spec: Spec) -> dict:
    return {name: getattr(spec, name) for name in Spec.__dataclass_fields__ if name not in ("phrase", "seat", "hands")}
