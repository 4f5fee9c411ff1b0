"""Values that JSON has, and the three floats that it lacks.

JSON has no NaN and no infinities, so they are stored as the text "nan", "inf" and "-inf". A text that reads like one of
those (an engine could be called "inf") is stored with one apostrophe more than it has, so that decoding gives back
exactly what was encoded. What another program wrote with a bare NaN or Infinity, as Python's own `json` does, is read too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from math import isfinite

from diffcheck.errors import ResultsUnreadable

_SPECIAL = re.compile(r"'*(nan|inf|-inf)")


def encode(value: object, place: str = "results") -> object:
    """Return *value* as JSON has it: text, numbers, lists, objects, with non-finite floats as text."""
    match value:
        case None | bool() | int():
            return value
        case str():
            return f"'{value}" if _SPECIAL.fullmatch(value) else value
        case float():
            return float(value) if isfinite(value) else str(float(value))
        case list() | tuple():
            return [encode(item, f"{place}[{i}]") for i, item in enumerate(value)]
        case Mapping():
            return {_key(name, place): encode(item, f"{place} / {name}") for name, item in value.items()}
    raise ResultsUnreadable(
        got=f"a {type(value).__name__}",
        wanted="text, a number, a list or an object",
        do="convert it before it is stored",
        place=place,
    )


def decode(value: object) -> object:
    """Return what was encoded as *value*."""
    match value:
        case str() if _SPECIAL.fullmatch(value):
            return value[1:] if value.startswith("'") else float(value)
        case list():
            return [decode(item) for item in value]
        case dict():
            return {name: decode(item) for name, item in value.items()}
    return value


def to_json(results: Mapping[str, object], *, indent: int | None = None) -> str:
    """Return *results* as JSON text of plain ASCII."""
    return json.dumps(encode(results), indent=indent, allow_nan=False)


def from_json(text: str) -> object:
    """Return what the JSON *text* holds; a bare NaN or Infinity, which is no JSON, is read as the number it means."""
    return decode(json.loads(text))


def _key(name: object, place: str) -> str:
    if not isinstance(name, str):
        raise ResultsUnreadable(got=f"the key {name!r}", wanted="text", do="name the field by a text", place=place)
    return name
