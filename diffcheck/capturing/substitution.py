"""Triangular systems and general ones: x_k = (b_k − Σ_{j<k} a_kj·x_j)/a_kk, an equation or two a step."""

from __future__ import annotations

from sympy import Expr, Integer, KroneckerDelta

from diffcheck.capturing.arrays import Array, Builder, Places
from diffcheck.capturing.elimination import complement, lead, pivoted, square, stacked, taken_in_order, transposed
from diffcheck.notation.selection import select


def solved(build: Builder, u: Array, v: Array) -> Array:
    """Return X with A·X = B: elimination of the rows of A and B beside each other, then substitution from the last row up."""
    count, columns = square(u), v.extents[-1]
    found = pivoted(build, u)
    u, v = stacked(found.matrix, taken_in_order(found.rows, v))
    left, right = build.named(u), build.named(v)

    def both(places: Places, _: Places) -> Expr:
        return left.element(places) + right.element((*places[:-1], places[-1] - count))

    parts = [build.define((*lead(u), Integer(count), count + columns), both)]
    for _ in range(count - 1):
        parts.append(complement(build, parts[-1]))
    made = _last_row(build, parts[-1], columns)
    for part in reversed(parts[:-1]):
        made = _with_row_above(build, part, made)
    return made


def _last_row(build: Builder, part: Array, columns: Expr) -> Array:
    zero = Integer(0)

    def element(places: Places, _: Places) -> Expr:
        return part.at((*places[:-2], zero, places[-1] + 1)) / part.at((*places[:-2], zero, zero))

    return build.define((*lead(part), Integer(1), columns), element)


def _with_row_above(build: Builder, part: Array, below: Array) -> Array:
    """Return the solution of the rows from the first of *part* on, given that of those *below* it."""
    rows, columns, zero = part.extents[-2], below.extents[-1], Integer(0)

    def term(places: Places, bound: Places) -> Expr:
        return part.at((*places[:-1], zero, bound[0] + 1)) * below.at((*places[:-1], bound[0], places[-1]))

    total = build.define((*lead(part), columns), term, (rows - 1,))

    def element(places: Places, _: Places) -> Expr:
        front, row, column = places[:-2], places[-2], places[-1]
        rest = part.at((*front, zero, column + rows)) - total.at((*front, column))
        above = below.element((*front, row - 1, column))
        return select(KroneckerDelta(row, 0), rest / part.at((*front, zero, zero)), above)

    return build.define((*lead(part), rows, columns), element)


def substituted(build: Builder, u: Array, v: Array, *, upper: bool, unit: bool = False) -> Array:
    """Return X with A·X = B, where A is what stands in the triangle; *unit* says that 1 stands for its diagonal.

    Column by column: after step k every row is rid of x_k.
    """
    count = square(u)
    u, v = stacked(u, v)
    rest = v
    for step in range(count - 1, 0, -1) if upper else range(count - 1):
        rest = _without(build, u, rest, Integer(step), upper=upper, unit=unit)
    return (
        rest
        if unit
        else build.define(v.extents, lambda places, _: rest.at(places) / u.at((*places[:-2], places[-2], places[-2])))
    )


def _without(build: Builder, u: Array, rest: Array, k: Expr, *, upper: bool, unit: bool) -> Array:
    def element(places: Places, _: Places) -> Expr:
        front, row, column = places[:-2], places[-2], places[-1]
        share = u.at((*front, row, k)) * rest.at((*front, k, column))
        share = share if unit else share / u.at((*front, k, k))
        return rest.at(places) - select(k - row if upper else row - k, share, Integer(0))

    return build.define(rest.extents, element)


def substituted_from_right(build: Builder, u: Array, v: Array, *, upper: bool, unit: bool = False) -> Array:
    """Return X with X·A = B, as `substituted`."""
    return transposed(substituted(build, transposed(u), transposed(v), upper=not upper, unit=unit))
