"""A = L·U in the order of rows that A has, with the derivative that textbooks print.

The Schur complements give the values. Their own derivative would be that of the steps, whose rounding is not that of the
textbook's triangular inverses; so A is written as A₀ + (A − A₀) = L₀·(I + L₀⁻¹·(A − A₀)·U₀⁻¹)·U₀, where what has the index 0 is
held constant. Elimination takes the bracket, which is near I, apart into L₁ and U₁: then L = L₀·L₁ and U = U₁·U₀, for every A.
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Add, Expr, Integer, KroneckerDelta

from diffcheck.capturing.arrays import Array, Builder, Extents, Places
from diffcheck.capturing.elimination import complements, lead, moved, order, transposed
from diffcheck.capturing.substitution import substituted
from diffcheck.notation.selection import detach, select


def columns_from_diagonal(build: Builder, columns: Sequence[Array], extents: Extents) -> Array:
    """Return the matrix whose column k is *columns*[k], from row k on."""

    def element(places: Places, _: Places) -> Expr:
        front, row, column = places[:-2], places[-2], places[-1]
        return Add(*(KroneckerDelta(column, k) * part.element((*front, row - k)) for k, part in enumerate(columns)))

    return build.define(extents, element)


def eliminated(build: Builder, u: Array) -> tuple[Array, Array]:
    """Return L and U of A = L·U, with as many columns and rows as A has of both."""
    rows, columns = order(u)
    shared = Integer(min(rows, columns))
    parts = complements(build, u)
    below = [_column_below(build, part) for part in parts if part.extents[-2] > 1]
    lower = columns_from_diagonal(build, below, (*lead(u), u.extents[-2], shared))
    tops = [_top(build, part) for part in parts]
    upper = transposed(columns_from_diagonal(build, tops, (*lead(u), u.extents[-1], shared)))
    return build.define(lower.extents, lambda places, _: lower.at(places) + KroneckerDelta(*places[-2:])), upper


def _column_below(build: Builder, u: Array) -> Array:
    """Return A[i,0]/A[0,0], and 0 for i = 0."""
    zero = Integer(0)

    def element(places: Places, _: Places) -> Expr:
        found = u.at((*places, zero)) / u.at((*places[:-1], zero, zero))
        return select(KroneckerDelta(places[-1], 0), zero, found)

    return build.define(u.extents[:-1], element)


def _top(build: Builder, u: Array) -> Array:
    return build.define((*lead(u), u.extents[-1]), lambda places, _: u.at((*places[:-1], Integer(0), places[-1])))


def differentiable(build: Builder, u: Array) -> tuple[Array, Array]:
    """Return L and U of A = L·U, L with its diagonal."""
    lower, upper = eliminated(build, u)
    shared = Integer(min(order(u)))
    square = (*lead(u), shared, shared)
    first, last = Array(square, lower.element), Array(square, upper.element)
    unit = Array(square, lambda places: KroneckerDelta(places[-2], places[-1]))
    left = substituted(build, first, unit, upper=False, unit=True)
    right = substituted(build, last, unit, upper=True)
    near = _near(build, u, lower, upper, left, right)
    low, high = eliminated(build, near)
    made = (
        _held_product(build, first, Array(square, low.element)),
        transposed(_held_product(build, transposed(last), transposed(Array(square, high.element)))),
    )
    return _beside(build, made[0], low, shared, 0), _beside(build, made[1], high, 0, shared)


def _near(build: Builder, u: Array, lower: Array, upper: Array, left: Array, right: Array) -> Array:
    """Return I + L₀⁻¹·(A − A₀)·U₀⁻¹; of rows below, those of L₀ + (A − A₀)·U₀⁻¹; of columns beyond, U₀ + L₀⁻¹·(A − A₀)."""
    shared = left.extents[-1]
    tall = Array((*u.extents[:-1], shared), u.element)
    by_right = moved(build, tall, right)
    wide = Array((*lead(u), shared, u.extents[-1]), u.element)
    columns = moved(build, transposed(wide), transposed(left))
    both = _held_product(build, left, Array(left.extents, by_right.element))

    def element(places: Places, _: Places) -> Expr:
        front, row, column = places[:-2], places[-2], places[-1]
        inside = KroneckerDelta(row, column) + both.element(places)
        below = detach(lower.element(places)) + by_right.element(places)
        beyond = detach(upper.element(places)) + columns.element((*front, column, row))
        if u.extents[-2] > shared:
            return select(shared - row, inside, below)
        return select(shared - column, inside, beyond) if u.extents[-1] > shared else inside

    return build.define(u.extents, element)


def _held_product(build: Builder, u: Array, v: Array) -> Array:
    """Return A₀·B with A₀ = A held constant."""
    return build.define(
        (*lead(u), u.extents[-2], v.extents[-1]),
        lambda places, bound: detach(u.at((*places[:-1], bound[0]))) * v.at((*places[:-2], bound[0], places[-1])),
        (u.extents[-1],),
    )


def _beside(build: Builder, u: Array, v: Array, rows: Expr | int, columns: Expr | int) -> Array:
    """Return *v* with *u* in the place of its first rows, or its first columns."""
    if u.extents == v.extents:
        return u
    u = build.named(u)

    def element(places: Places, _: Places) -> Expr:
        before = rows - places[-2] if rows else columns - places[-1]
        return select(before, u.element(places), v.element(places))

    return build.define(v.extents, element)
