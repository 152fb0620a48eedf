"""One spelling of a node's schema for every supported ComfyUI (0.3.75 and later)."""

from __future__ import annotations

import math
from dataclasses import fields

from comfy_api.latest import io

_SCHEMA_FIELDS = {field.name for field in fields(io.Schema)}


def node_schema(**values) -> io.Schema:
    """`io.Schema(**values)` without the fields (such as `search_aliases`) that an older host does not know."""
    return io.Schema(**{name: value for name, value in values.items() if name in _SCHEMA_FIELDS})


def check_values(node: type[io.ComfyNode], **given) -> None:
    """Raise ValueError for a choice that is not offered, and for a number that is none.

    ComfyUI 0.3.75 lets every choice pass, and no version compares NaN with an input's limits.
    """
    for known in node.define_schema().inputs:
        if known.id not in given:
            continue
        value = given[known.id]
        if isinstance(known, io.Combo.Input) and value not in known.options:
            few = ", ".join(map(repr, known.options[:8])) + (", ..." if len(known.options) > 8 else "")
            raise ValueError(f"{known.id}: {value!r} is not a choice; choose one of {few}")
        if isinstance(known, io.Float.Input) and not math.isfinite(value):
            raise ValueError(f"{known.id} is {value}; give a finite number")


def expert(value: io.Input) -> io.Input:
    """The same input, folded away under "advanced" on the canvas. Hosts before it existed ignore the mark."""
    value.extra_dict = {**(value.extra_dict or {}), "advanced": True}
    return value
