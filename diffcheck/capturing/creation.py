"""Rows of operators that make arrays of constants and positions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy
from sympy import Expr

from diffcheck.capturing.arrays import Array, Builder, constant
from diffcheck.capturing.rows import operator
from diffcheck.errors import CaptureError
from diffcheck.notation.places import Quotient


def filled(shape: Sequence[Any], value: Any) -> Array:
    """Return an array of one number."""
    number = constant(value).at(())
    return Array(tuple(constant(size).at(()) for size in shape), lambda places: number, isinstance(value, (bool, int)))


@operator("aten.full.default")
def _full(build: Builder, shape: Sequence[Any], value: Any) -> Array:
    return filled(shape, build.stored(value))


@operator("aten.full_like.default")
def _full_like(build: Builder, u: Array, value: Any) -> Array:
    return filled(u.extents, build.stored(value))


@operator("aten.zeros.default")
def _zeros(build: Builder, shape: Sequence[Any]) -> Array:
    return filled(shape, 0)


@operator("aten.ones.default")
def _ones(build: Builder, shape: Sequence[Any]) -> Array:
    return filled(shape, 1)


@operator("aten.zeros_like.default")
def _zeros_like(build: Builder, u: Array) -> Array:
    return filled(u.extents, 0)


@operator("aten.ones_like.default")
def _ones_like(build: Builder, u: Array) -> Array:
    return filled(u.extents, 1)


@operator("aten.empty_permuted.default", "aten.empty.memory_format")
def _empty(build: Builder, shape: Sequence[Any], *order: Any) -> Array:
    return filled(shape, 0)  # whatever memory held is no input: what is read from here was written before


@operator("aten.fill.Scalar", "aten.fill.Tensor")
def _fill(build: Builder, u: Array, value: Any) -> Array:
    if isinstance(value, Array):
        return Array(u.extents, lambda _: value.at(()), u.whole)
    return filled(u.extents, build.stored(value))


@operator("aten.copy.default")
def _copy(build: Builder, u: Array, source: Array, non_blocking: bool = False) -> Array:
    lead = u.rank - source.rank
    return Array(u.extents, lambda places: source.at(places[lead:]), u.whole)


@operator("aten.scalar_tensor.default")
def _scalar_tensor(build: Builder, value: Any) -> Array:
    return constant(build.stored(value))


@operator("aten.arange.start_step", "aten.arange.default", "aten.arange.start")
def _arange(build: Builder, start: Any, end: Any = None, step: Any = 1) -> Array:
    first, last = (0, start) if end is None else (start, end)
    low, high, by = (constant(value).at(()) for value in (first, last, step))
    turn, span = -1 if by.is_negative else 1, low - high
    whole = by.is_Integer and not span.is_Rational  # an extent with a name, else a number, which may lie between two
    count = -Quotient(turn * span, turn * by) if whole else -sympy.floor(span / by)

    def element(places: tuple[Expr, ...]) -> Expr:
        return low + by * places[0]

    return Array((count,), element, low.is_Integer and by.is_Integer)


@operator("aten._local_scalar_dense.default")
def _number(build: Builder, u: Array) -> Array:
    raise CaptureError(
        got="a number that is read from a tensor, as by item() or a split at places that a tensor tells",
        wanted="lengths and branches that shapes alone tell",
        do="pass it as a Python number",
    )
