"""Calling a function that somebody else wrote: any signature, any failure, any form of result, and no harm to its inputs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import numpy as np

from diffcheck.errors import UnreadableValue
from diffcheck.problems import to_torch
from diffcheck.verification.belongings import grad_mode_kept, harmed, states_of
from diffcheck.verification.comparison import Truth
from diffcheck.verification.values import as_floats

Arrays = Mapping[str, np.ndarray]
Give = Callable[[Arrays], dict[str, Any]]
_DEEPEST = 32  # NumPy has no arrays of more axes, or of 64


class Unusable(Exception):
    """A call that gave nothing to judge; the reason is the message."""


class Raised(Unusable):
    """A call that raised."""


def cannot_be_called(function: Callable[..., Any], arguments: Sequence[str]) -> str:
    """Return why *function* takes no such *arguments*, or nothing where it does or where only the call can tell."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return ""  # a built-in function
    positional, named = _passed(function, arguments)
    try:
        signature.bind(*positional, **dict.fromkeys(named))
    except TypeError as error:
        return f"it cannot be called with {', '.join(arguments)}: {error}"
    return ""


def _passed(function: Callable[..., Any], arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return which *arguments* go by position and which by name: those that the function takes by name alone."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return list(arguments), []
    kinds = {parameter.name: parameter.kind for parameter in parameters}
    by_name = {name for name in arguments if kinds.get(name) is inspect.Parameter.KEYWORD_ONLY}
    if kinds and set(kinds.values()) <= {inspect.Parameter.VAR_KEYWORD, inspect.Parameter.KEYWORD_ONLY}:
        by_name = set(arguments)
    return [name for name in arguments if name not in by_name], [name for name in arguments if name in by_name]


def as_arrays(point: Arrays) -> dict[str, np.ndarray]:
    """Return *point* in memory of its own, as `to_torch` does."""
    return {name: np.array(value, dtype=np.float64) for name, value in point.items()}


def call(
    function: Callable[..., Any], point: Arrays, arguments: Sequence[str], truth: Truth, give: Give = to_torch
) -> dict[str, np.ndarray]:
    """Return what *function* gives for each output in *truth*, as float64 arrays; raise `Unusable` where it gives none."""
    given = give({name: point[name] for name in arguments})
    before = states_of(given)
    positional, named = _passed(function, arguments)
    with grad_mode_kept() as changes:
        result = quietly(function, *(given[name] for name in positional), **{name: given[name] for name in named})
    changes += [f"it changes {what}" for what in harmed(before, given).values()]
    if changes:
        raise Unusable(changes[0])
    parts = _parts(result, len(truth.values))
    return {name: _filled(array_of(part), array.shape) for (name, array), part in zip(truth.values.items(), parts, strict=True)}


def quietly(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Call *function*, with what it prints put aside; raise `Raised` where it raises anything."""
    try:
        with redirect_stdout(StringIO()):
            return function(*arguments, **named)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever a function under judgement raises, to leave too, is its verdict, not our end
        lines = str(error).splitlines() or [""]
        raise Raised(f"it raised {type(error).__name__}: {lines[0]}") from error


def _parts(result: Any, wanted: int) -> list[Any]:
    if result is None:
        raise Unusable("it returns nothing")
    if wanted == 1:
        single = isinstance(result, (list, tuple)) and len(result) == 1
        return [result[0] if single else result]
    if isinstance(result, Mapping | Set | str) or not quietly(np.iterable, result):
        raise Unusable(f"it returns one {type(result).__name__} where {wanted} values, in order, are wanted")
    parts: list[Any] = quietly(list, result)
    if len(parts) != wanted:
        raise Unusable(f"it returns {len(parts)} values where {wanted} are wanted")
    return parts


def array_of(value: Any, depth: int = 0) -> np.ndarray:
    """Return *value* (a tensor, an array, a number, or a list of such) as float64; raise `Unusable` for anything else."""
    if isinstance(value, (list, tuple)):
        if depth == _DEEPEST:
            raise Unusable(f"it returns lists within lists, {_DEEPEST} deep and deeper, where one array is wanted")
        parts = [array_of(part, depth + 1) for part in value]
        if len({part.shape for part in parts}) > 1:
            raise Unusable("it returns parts of different shapes where one array is wanted")
        return np.array(parts, dtype=np.float64)
    try:
        return as_floats(value)
    except UnreadableValue as refusal:
        raise Unusable(f"it returns {refusal.got} where {refusal.wanted} are wanted") from None


def _filled(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    # A plain number stands for the array that broadcasting makes of it, as the article's dmodel_db returns 1.0.
    return np.broadcast_to(array, shape) if array.ndim == 0 else array
