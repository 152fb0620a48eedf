"""The artist's word on a rig: text that names bones for single SMPL joints, checked before a file is read."""

from __future__ import annotations

import difflib
import json

from ..smpl import JOINT_NAMES
from .humanoid import FINGER_ROLES

_LONGEST_TEXT = 20_000
_ROLES = (*JOINT_NAMES[:22], *FINGER_ROLES)
_EXAMPLE = '{"left_wrist": "Hand_L"}'


def parse_bone_override(text: str) -> dict[str, str]:
    """JSON text {SMPL joint or finger: bone name} as a dictionary for `load_avatar`; empty text gives an empty one.

    Joints are SMPL's 22 names ("left_wrist") and "left_index1" .. "right_thumb3". Raises ValueError with one line.
    """
    if not text.strip():
        return {}
    if len(text) > _LONGEST_TEXT:
        raise ValueError(f"bone_override: {len(text)} characters are too many, at most {_LONGEST_TEXT}")
    try:
        table = json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"bone_override: no JSON at {where} ({error.msg}); expected e.g. {_EXAMPLE}") from None
    except RecursionError:
        table = None
    if not isinstance(table, dict):
        raise ValueError(f"bone_override: expected joint names and bone names in braces, e.g. {_EXAMPLE}")
    for joint, bone in table.items():
        if joint not in _ROLES:
            close = difflib.get_close_matches(joint, _ROLES, n=3)
            hint = f"close: {', '.join(close)}" if close else f"joints are {', '.join(JOINT_NAMES[:22])}"
            raise ValueError(f"bone_override: {joint[:60]!r} is no SMPL joint; {hint}")
        if not isinstance(bone, str) or not bone:
            raise ValueError(f"bone_override: {joint!r} must be given a bone's name in quotes")
    return table


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A JSON object whose keys occur once; the last of two would silently win."""
    table = dict(pairs)
    if len(table) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"bone_override: {twice[:60]!r} is given twice")
    return table
