"""The catalogue of problems, by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from diffcheck.errors import UnknownName
from diffcheck.problems.problem import Problem

_MAKERS: dict[str, Callable[[], Problem]] = {}


def register(maker: Callable[[], Problem]) -> Callable[[], Problem]:
    """Add the problem that *maker* makes to the catalogue, under the function's name with hyphens for underscores.

    The problem is made when it is first asked for, so that a catalogue costs nothing to have.
    """
    made = cache(maker)
    _MAKERS[maker.__name__.replace("_", "-")] = made
    return made


def names() -> tuple[str, ...]:
    """Return the names of all problems, in the order of the catalogue."""
    return tuple(_MAKERS)


def problem(name: str) -> Problem:
    """Return the problem called *name*, or refuse it with near matches."""
    if name not in _MAKERS:
        raise UnknownName.among("problem", name, _MAKERS)
    return _MAKERS[name]()


def find_problem(chosen: Any) -> Problem:
    """Return *chosen* where it is a problem, or the problem that it names."""
    if isinstance(chosen, Problem):
        return chosen
    if isinstance(chosen, str):
        return problem(chosen)
    raise UnknownName(
        got=f"a problem of type {type(chosen).__name__}",
        wanted="a problem, or the name of one",
        do=f"choose one of: {', '.join(_MAKERS)}",
    )
