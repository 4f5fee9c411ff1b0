"""Calling a function that somebody else wrote: any signature, any failure, any form of result, and no harm to its inputs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import numpy as np
import torch

from diffcheck.problems import to_torch
from diffcheck.verification.comparison import Truth, as_floats

Arrays = Mapping[str, np.ndarray]
Give = Callable[[Arrays], dict[str, Any]]


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
    positional, named = _passed(function, arguments)
    result = quietly(function, *(given[name] for name in positional), **{name: given[name] for name in named})
    for name in arguments:
        if not np.array_equal(as_floats(given[name]), point[name]):
            raise Unusable(f"it changes {name}, which belongs to its caller")
    parts = _parts(result, len(truth.values))
    return {name: _filled(array_of(part), array.shape) for (name, array), part in zip(truth.values.items(), parts, strict=True)}


def quietly(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Call *function*, with what it prints put aside; raise `Raised` where it raises anything."""
    try:
        with redirect_stdout(StringIO()):
            return function(*arguments, **named)
    except Exception as error:  # whatever a function under judgement raises is its verdict, not our failure
        lines = str(error).splitlines() or [""]
        raise Raised(f"it raised {type(error).__name__}: {lines[0]}") from error


def _parts(result: Any, wanted: int) -> list[Any]:
    if result is None:
        raise Unusable("it returns nothing")
    if wanted == 1:
        single = isinstance(result, (list, tuple)) and len(result) == 1
        return [result[0] if single else result]
    if isinstance(result, Mapping | str) or not np.iterable(result):
        raise Unusable(f"it returns one {type(result).__name__} where {wanted} values, in order, are wanted")
    parts: list[Any] = quietly(list, result)
    if len(parts) != wanted:
        raise Unusable(f"it returns {len(parts)} values where {wanted} are wanted")
    return parts


def array_of(value: Any) -> np.ndarray:
    """Return *value* (a tensor, an array, a number, or a list of such) as float64; raise `Unusable` for anything else."""
    if isinstance(value, (list, tuple)):
        parts = [array_of(part) for part in value]
        if len({part.shape for part in parts}) > 1:
            raise Unusable("it returns parts of different shapes where one array is wanted")
        return np.array(parts, dtype=np.float64)
    array = value if isinstance(value, torch.Tensor) else np.asarray(value)
    if not isinstance(array, torch.Tensor) and array.dtype.kind not in "biuf":
        raise Unusable(f"it returns {type(value).__name__} where numbers are wanted")
    if isinstance(array, torch.Tensor) and (array.is_complex() or array.is_meta):
        raise Unusable(f"it returns a tensor of {array.dtype} on {array.device} where real numbers are wanted")
    return as_floats(array)


def _filled(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    # A plain number stands for the array that broadcasting makes of it, as the article's dmodel_db returns 1.0.
    return np.broadcast_to(array, shape) if array.ndim == 0 else array
