"""Plain values, as JSON has them, read into the records that annotations describe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from math import nan
from sys import float_info
from types import NoneType, UnionType
from typing import Any, Literal, NoReturn, TypeVar, get_args, get_origin, get_type_hints

from diffcheck.errors import ResultsUnreadable

T = TypeVar("T")
MOST = int(float_info.max)


def read(kind: type[T], value: object, place: str = "") -> T:
    """Return *value* as the record *kind*, or refuse the first part that does not fit, by its place."""
    record: T = _read(kind, value, place)
    return record


def _read(kind: Any, value: object, place: str) -> Any:
    if is_dataclass(kind) and isinstance(kind, type):
        return _record(kind, value, place)
    match get_origin(kind):
        case None:
            return _plain(kind, value, place)
        case origin if origin is Literal:
            return value if value in get_args(kind) else _refuse(value, f"one of {get_args(kind)}", place)
        case origin if origin is UnionType:
            return _optional(kind, value, place)
        case origin if origin is tuple:
            return _sequence(get_args(kind), value, place)
        case _:
            return _mapping(get_args(kind)[1], value, place)


def _record(kind: type, value: object, place: str) -> object:
    if not isinstance(value, Mapping):
        _refuse(value, f"an object with the fields of {kind.__name__.lower()}", place)
    hints = get_type_hints(kind)
    values = {field.name: _field(field, hints[field.name], value, place) for field in fields(kind)}
    try:
        return kind(**values)
    except ResultsUnreadable as refusal:
        raise refusal.at(place) if place else refusal from None


def _field(field: Field[object], kind: Any, row: Mapping[str, object], place: str) -> object:
    inner = f"{place} / {field.name}" if place else field.name
    if row.get(field.name) is None and field.default is not MISSING:
        return field.default
    if field.name not in row:
        raise ResultsUnreadable(got="nothing", wanted=_words(kind), do="measure again with `diffcheck run`", place=inner)
    return _read(kind, row[field.name], inner)


def _optional(kind: Any, value: object, place: str) -> object:
    if value is None:
        return None
    (inner,) = (part for part in get_args(kind) if part is not NoneType)
    return _read(inner, value, place)


def _sequence(parts: tuple[Any, ...], value: object, place: str) -> tuple[object, ...]:
    if not isinstance(value, list | tuple):
        _refuse(value, "a list", place)
    kinds = [parts[0]] * len(value) if parts[-1] is Ellipsis else list(parts)
    if len(kinds) != len(value):
        _refuse(value, f"a list of {len(kinds)}", place)
    return tuple(_read(kind, item, f"{place}[{i}]") for i, (kind, item) in enumerate(zip(kinds, value, strict=True)))


def _mapping(kind: Any, value: object, place: str) -> dict[str, object]:
    if not isinstance(value, Mapping):
        _refuse(value, "an object", place)
    return {str(name): _read(kind, item, f"{place} / {name}") for name, item in value.items()}


def _plain(kind: type, value: object, place: str) -> object:
    """Return *value* where it is of *kind*; an int is a float where it fits into one, null is NaN, a bool is no number."""
    if kind is float and value is None:
        return nan
    if kind is float and isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MOST:
        return float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        _refuse(value, _words(kind), place)
    return value


def _words(kind: Any) -> str:
    """Return what a reader calls a *kind*."""
    names = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}
    return names.get(kind, "a list" if get_origin(kind) is tuple else "an object")


def _refuse(value: object, wanted: str, place: str) -> NoReturn:
    shown = repr(value)
    got = shown if len(shown) <= 60 else f"{shown[:57]}..."
    raise ResultsUnreadable(got=got, wanted=wanted, do="measure again with `diffcheck run`", place=place)
