"""A read as a view: the tensor with its axes in the order wanted, and an axis of length 1 where it has none."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Expr, Symbol

from diffcheck.generation.spelling import Target
from diffcheck.notation import indices_of


def axes_of_read(node: Expr) -> tuple[Symbol, ...]:
    """Return the indices that *node* runs over, in the order of its axes, each once."""
    return tuple(dict.fromkeys(place for place in indices_of(node) if not place.is_Integer))


def view(name: str, node: Expr, axes: Sequence[Symbol], target: Target) -> str:
    """Return source for the tensor *name*, read as *node*, so that it broadcasts over *axes*."""
    text, held = _without_constants(name, node)
    text, held = _diagonal(text, held, target)
    wanted = [axis for axis in axes if axis in held]
    text = _ordered(text, held, wanted, target)
    lead = axes.index(wanted[0]) if wanted else len(axes)
    if lead + len(wanted) == len(axes):
        return text
    marks = [":" if axis in held else "None" for axis in axes[lead:]]
    return f"{text}[{', '.join(marks)}]"


def _without_constants(name: str, node: Expr) -> tuple[str, list[Symbol]]:
    places = indices_of(node)
    held = [place for place in places if not place.is_Integer]
    if len(held) == len(places):
        return name, held
    marks = [str(place) if place.is_Integer else ":" for place in places]
    return f"{name}[{', '.join(marks)}]", held


def _diagonal(text: str, held: list[Symbol], target: Target) -> tuple[str, list[Symbol]]:
    while len(set(held)) < len(held):
        repeated = next(axis for axis in held if held.count(axis) > 1)
        first, second = [place for place, axis in enumerate(held) if axis == repeated][:2]
        keywords = ("dim1", "dim2") if target.name == "torch" else ("axis1", "axis2")
        text = f"{text}.diagonal(0, {keywords[0]}={first}, {keywords[1]}={second})"
        held = [axis for place, axis in enumerate(held) if place not in (first, second)] + [repeated]
    return text, held


def _ordered(text: str, held: list[Symbol], wanted: list[Symbol], target: Target) -> str:
    if held == wanted:
        return text
    if len(held) == 2:
        return f"{text}.T"
    order = ", ".join(str(held.index(axis)) for axis in wanted)
    return f"{text}.permute({order})" if target.name == "torch" else f"{text}.transpose({order})"
