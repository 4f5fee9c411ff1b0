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
    """An operation, its operands with the order of their axes, and the subscripts if it is an einsum."""

    operation: str
    factors: tuple[Expr, ...]
    layouts: tuple[Axes, ...]
    subscripts: str = ""


def separated(body: Expr, bound: Axes) -> tuple[list[Expr], list[Expr]]:
    """Return the factors of *body* that depend on an index in *bound*, and those that may stand outside the sum."""
    factors = Mul.make_args(body)
    inner = [factor for factor in factors if own_axes(factor, bound)]
    return inner, [factor for factor in factors if factor not in inner]


def contraction(factors: Sequence[Expr], out: Axes, bound: Axes) -> Contraction | None:
    """Return how to sum the product of *factors*, each with an index in *bound*, to an array over *out*.

    None says that the elementwise product has to be summed.
    """
    axes = {factor: frozenset(own_axes(factor, (*out, *bound))) for factor in factors}
    sets = list(dict.fromkeys(axes.values()))
    widest = [held for held in sets if not any(held < other for other in sets)]
    if len(bound) == 1 and max(map(len, widest)) <= 2:
        found = _one_axis(axes, widest, out, bound[0])
        if found is not None:
            return found
    narrow = [held for held in sets if held not in widest]
    if len(widest) < 2 and not (narrow and len(widest[0]) > 2):
        return None
    return _einsum(axes, out, bound)


def summing_layout(body: Expr, axes: Axes, bound: Axes) -> Axes:
    """Return the order of axes in which *body* is summed over *bound*: its own where that leaves *axes* in order."""
    plain = axes_of_read(body) if isinstance(body, Indexed) else ()
    if plain and tuple(axis for axis in plain if axis not in bound) == own_axes(body, axes):
        return plain
    return own_axes(body, (*axes, *bound))


def _one_axis(factors: Factors, widest: list[frozenset[Symbol]], out: Axes, k: Symbol) -> Contraction | None:
    vectors = [factor for factor, axes in factors.items() if axes == {k}]
    if len(widest) == 1:
        matrices = [factor for factor in factors if factor not in vectors]
        if matrices and vectors:
            (row,) = widest[0] - {k}
            return Contraction("mv", (Mul(*matrices), Mul(*vectors)), ((row, k), (k,)))
        if not matrices and len(vectors) > 1:
            return Contraction("dot", (vectors[0], Mul(*vectors[1:])), ((k,), (k,)))
        return None
    if len(widest) == 2 and all(len(axes) == 2 for axes in widest):
        row, column = out
        left = [factor for factor, axes in factors.items() if row in axes]
        right = [factor for factor, axes in factors.items() if column in axes]
        return Contraction("mm", (Mul(*left, *vectors), Mul(*right)), ((row, k), (k, column)))
    return None


def _einsum(all_factors: Factors, out: Axes, bound: Axes) -> Contraction:
    factors = _merged(all_factors)
    letters = _letters((*out, *bound))
    layouts = tuple(
        (axes_of_read(factor) if isinstance(factor, Indexed) else ()) or own_axes(factor, (*out, *bound)) for factor in factors
    )
    subscripts = ["".join(letters[axis] for axis in layout) for layout in (*layouts, out)]
    return Contraction("einsum", tuple(factors), layouts, f"{','.join(subscripts[:-1])}->{subscripts[-1]}")


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
