"""Σ_k of a product as dot, matrix–vector or matrix–matrix product where it is one, else as einsum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from string import ascii_lowercase

from sympy import Expr, Indexed, Mul, Symbol

from diffcheck.generation.views import axes_of_read

Axes = tuple[Symbol, ...]
AxesOf = Callable[[Expr], frozenset[Symbol]]


@dataclass(frozen=True)
class Contraction:
    """An operation, its operands with the order of their axes, the axes of its result, and what multiplies the result."""

    operation: str
    factors: tuple[Expr, ...]
    layouts: tuple[Axes, ...]
    result: Axes
    after: tuple[Expr, ...] = ()
    subscripts: str = ""


def contraction(factors: Sequence[Expr], out: Axes, bound: Axes, axes_of: AxesOf) -> Contraction | None:
    """Return how to sum the product of *factors* over *bound*, or None where an elementwise product has to be summed."""
    after = tuple(factor for factor in factors if not axes_of(factor) & set(bound))
    inner = [factor for factor in factors if factor not in after]
    sets = {axes_of(factor) for factor in inner}
    widest = [axes for axes in sets if not any(axes < other for other in sets)]
    if len(bound) == 1 and max(map(len, widest)) <= 2:
        found = _one_axis(inner, widest, out, bound[0], axes_of)
        if found is not None and (not after or found.result == out):
            return Contraction(found.operation, found.factors, found.layouts, found.result, after)
    narrow = [axes for axes in sets if axes not in widest]
    if len(widest) < 2 and not after and not (narrow and len(widest[0]) > 2):
        return None
    return _einsum(factors, out, bound, axes_of)


def _one_axis(inner: list[Expr], widest: list[frozenset[Symbol]], out: Axes, k: Symbol, axes_of: AxesOf) -> Contraction | None:
    vectors = [factor for factor in inner if axes_of(factor) == {k}]
    if len(widest) == 1:
        matrices = [factor for factor in inner if factor not in vectors]
        if matrices and vectors:
            (row,) = widest[0] - {k}
            return Contraction("mv", (Mul(*matrices), Mul(*vectors)), ((row, k), (k,)), (row,))
        if not matrices and len(vectors) > 1:
            return Contraction("dot", (vectors[0], Mul(*vectors[1:])), ((k,), (k,)), ())
        return None
    if len(widest) == 2 and all(len(axes) == 2 for axes in widest):
        (row,), (column,) = (axes - {k} for axes in widest)
        if {row, column} == set(out) and row != column:
            row, column = out
            left = [factor for factor in inner if row in axes_of(factor)]
            right = [factor for factor in inner if column in axes_of(factor)]
            return Contraction("mm", (Mul(*left, *vectors), Mul(*right)), ((row, k), (k, column)), (row, column))
    return None


def _einsum(factors: Sequence[Expr], out: Axes, bound: Axes, axes_of: AxesOf) -> Contraction | None:
    covered = frozenset[Symbol]().union(*map(axes_of, factors))
    result = tuple(axis for axis in out if axis in covered)
    letters = _letters((*result, *bound))
    layouts = tuple(_layout(factor, (*result, *bound), axes_of) for factor in factors)
    subscripts = ",".join("".join(letters[axis] for axis in layout) for layout in layouts)
    whole = f"{subscripts}->{''.join(letters[axis] for axis in result)}"
    return Contraction("einsum", tuple(factors), layouts, result, subscripts=whole)


def _letters(axes: Axes) -> dict[Symbol, str]:
    names = [str(axis) for axis in axes]
    if all(len(name) == 1 and name in ascii_lowercase for name in names):
        return dict(zip(axes, names, strict=True))
    return dict(zip(axes, ascii_lowercase, strict=False))


def _layout(factor: Expr, order: Axes, axes_of: AxesOf) -> Axes:
    own = axes_of_read(factor) if isinstance(factor, Indexed) else ()
    return own or tuple(axis for axis in order if axis in axes_of(factor))
