"""A read as a view: the tensor with its axes in the order wanted, and an axis of length 1 where it has none."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Expr, Symbol

from diffcheck.generation.spelling import Target
from diffcheck.notation import indices_of

Axes = tuple[Symbol, ...]


def axes_of_read(node: Expr) -> Axes:
    """Return the indices that *node* runs over, in the order of its axes, each once."""
    return tuple(dict.fromkeys(place for place in indices_of(node) if not place.is_Integer))


def own_axes(node: Expr, order: Sequence[Symbol]) -> Axes:
    """Return the axes in *order* that *node* depends on."""
    held = node.free_symbols
    return tuple(axis for axis in order if axis in held)


def view(text: str, node: Expr, axes: Sequence[Symbol], target: Target) -> str:
    """Return source for the array *text*, read as *node*, so that it broadcasts over *axes*."""
    text, held = _without_constants(text, node)
    text, held = _diagonal(text, held)
    wanted = tuple(axis for axis in axes if axis in held)
    return broadcast(_ordered(text, held, wanted, target), wanted, axes)


def broadcast(text: str, held: Sequence[Symbol], axes: Sequence[Symbol]) -> str:
    """Return source for the array *text* over the axes *held*, with axes of length 1 so that it broadcasts over *axes*."""
    lead = axes.index(held[0]) if held else len(axes)
    if lead + len(held) == len(axes):
        return text
    marks = [":" if axis in held else "None" for axis in axes[lead:]]
    return f"{text}[{', '.join(marks)}]"


def _without_constants(text: str, node: Expr) -> tuple[str, list[Symbol]]:
    places = indices_of(node)
    held = [place for place in places if not place.is_Integer]
    if len(held) == len(places):
        return text, held
    marks = [str(place) if place.is_Integer else ":" for place in places]
    return f"{text}[{', '.join(marks)}]", held


def _diagonal(text: str, held: list[Symbol]) -> tuple[str, list[Symbol]]:
    while len(set(held)) < len(held):
        repeated = next(axis for axis in held if held.count(axis) > 1)
        first, second = [place for place, axis in enumerate(held) if axis == repeated][:2]
        places = "" if (first, second) == (0, 1) else f"0, {first}, {second}"
        text = f"{text}.diagonal({places})"
        held = [axis for place, axis in enumerate(held) if place not in (first, second)] + [repeated]
    return text, held


def _ordered(text: str, held: list[Symbol], wanted: Axes, target: Target) -> str:
    if tuple(held) == wanted:
        return text
    if len(held) == 2:
        return f"{text}.T"
    order = ", ".join(str(held.index(axis)) for axis in wanted)
    return f"{text}.{target.permute}({order})"
