"""Σ_k of a product as dot, matrix–vector or matrix–matrix product where it is one, else as einsum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_lowercase

from sympy import Expr, Indexed, Mul, Symbol

from diffcheck.generation.views import Axes, axes_of_read, own_axes

Factors = dict[Expr, frozenset[Symbol]]
"""Factors with the axes of each."""


@dataclass(frozen=True)
class Contraction:
    """An operation, its operands with the order of their axes, the axes of its result, and what multiplies the result."""

    operation: str
    factors: tuple[Expr, ...]
    layouts: tuple[Axes, ...]
    result: Axes
    after: tuple[Expr, ...] = ()
    subscripts: str = ""


def contraction(factors: Sequence[Expr], out: Axes, bound: Axes) -> Contraction | None:
    """Return how to sum the product of *factors* over *bound*, or None where an elementwise product has to be summed."""
    axes = {factor: frozenset(own_axes(factor, (*out, *bound))) for factor in factors}
    after = tuple(factor for factor in factors if not axes[factor] & set(bound))
    inner = {factor: axes[factor] for factor in factors if factor not in after}
    sets = list(dict.fromkeys(inner.values()))
    widest = [held for held in sets if not any(held < other for other in sets)]
    if len(bound) == 1 and max(map(len, widest)) <= 2:
        found = _one_axis(inner, widest, out, bound[0])
        if found is not None and (not after or found.result == out):
            return Contraction(found.operation, found.factors, found.layouts, found.result, after)
    narrow = [held for held in sets if held not in widest]
    if len(widest) < 2 and not after and not (narrow and len(widest[0]) > 2):
        return None
    return _einsum(axes, out, bound)


def summing_layout(body: Expr, axes: Axes, bound: Axes) -> Axes:
    """Return the order of axes in which *body* is summed over *bound*: its own where that leaves *axes* in order."""
    plain = axes_of_read(body) if isinstance(body, Indexed) else ()
    if plain and tuple(axis for axis in plain if axis not in bound) == own_axes(body, axes):
        return plain
    return own_axes(body, (*axes, *bound))


def _one_axis(inner: Factors, widest: list[frozenset[Symbol]], out: Axes, k: Symbol) -> Contraction | None:
    vectors = [factor for factor, axes in inner.items() if axes == {k}]
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
            left = [factor for factor, axes in inner.items() if row in axes]
            right = [factor for factor, axes in inner.items() if column in axes]
            return Contraction("mm", (Mul(*left, *vectors), Mul(*right)), ((row, k), (k, column)), (row, column))
    return None


def _einsum(all_factors: Factors, out: Axes, bound: Axes) -> Contraction:
    factors = _merged(all_factors)
    covered = frozenset[Symbol]().union(*factors.values())
    result = tuple(axis for axis in out if axis in covered)
    order = (*result, *bound)
    letters = _letters(order)
    layouts = tuple(
        (axes_of_read(factor) if isinstance(factor, Indexed) else ()) or own_axes(factor, order) for factor in factors
    )
    subscripts = ",".join("".join(letters[axis] for axis in layout) for layout in layouts)
    return Contraction(
        "einsum", tuple(factors), layouts, result, subscripts=f"{subscripts}->{''.join(letters[axis] for axis in result)}"
    )


def _merged(factors: Factors) -> Factors:
    """Return the elementwise products of the *factors* that have the same axes."""
    by_axes: dict[frozenset[Symbol], list[Expr]] = {}
    for factor, axes in factors.items():
        by_axes.setdefault(axes, []).append(factor)
    return {Mul(*same): axes for axes, same in by_axes.items()}


def _letters(axes: Axes) -> dict[Symbol, str]:
    names = [str(axis) for axis in axes]
    if all(len(name) == 1 and name in ascii_lowercase for name in names):
        return dict(zip(axes, names, strict=True))
    return dict(zip(axes, ascii_lowercase, strict=False))
