"""The row of A = QR, with the signs that LAPACK gives R."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Add, Expr, Integer, KroneckerDelta, sqrt

from diffcheck.capturing.arrays import Array, Builder, Extents, Places
from diffcheck.capturing.elimination import lead, moved, order, product, transposed
from diffcheck.capturing.reflections import applied, factored, rows_from_diagonal
from diffcheck.capturing.rows import operator
from diffcheck.capturing.substitution import substituted
from diffcheck.errors import CaptureError
from diffcheck.notation.selection import detach

_ZERO = Integer(0)


@operator("aten.linalg_qr.default")
def _qr(build: Builder, u: Array, mode: str = "reduced") -> tuple[Any, ...]:
    rows, columns = order(u)
    if mode == "complete" and rows > columns:
        raise CaptureError(
            got=f"a complete Q of {rows} columns for {columns}", wanted="one that has a derivative", do="use mode='reduced'"
        )
    shared = Integer(min(rows, columns))
    reflections, tops = factored(build, u)
    first = Array((*u.extents[:-1], shared), lambda places: KroneckerDelta(places[-2], places[-1]))
    side = applied(build, reversed(reflections), first)
    upper = rows_from_diagonal(build, tops, (*lead(u), shared, u.extents[-1]))
    return _differentiable(build, u, build.named(side), upper)


def _differentiable(build: Builder, u: Array, side: Array, upper: Array) -> tuple[Array, Array]:
    """Return Q and R with the derivative that textbooks print, given their values.

    The first columns of A are A₀ + (A − A₀) = (Q₀ + (A − A₀)·R₀⁻¹)·R₀, where what has the index 0 is held constant. The bracket
    has orthonormal columns, so that the method of Gram and Schmidt factors it well: into Q and some S, and R = S·R₀. Where
    LAPACK's signs jump, as at triangular matrices, this is the derivative beside the jump, with the signs as they are.
    """
    shared, columns = side.extents[-1], u.extents[-1]
    block = Array(side.extents, u.element)
    corner_of_r = Array((*lead(u), shared, shared), upper.element)
    unit = Array((*lead(u), shared, shared), lambda places: KroneckerDelta(places[-2], places[-1]))
    step = moved(build, block, substituted(build, corner_of_r, unit, upper=True))
    near = build.define(side.extents, lambda places, _: detach(side.at(places)) + step.at(places))
    sides, tops = orthogonalized(build, near)
    made = _columns(build, sides, side.extents)
    held = rows_from_diagonal(build, tops, unit.extents)

    def scaled(places: Places, bound: Places) -> Expr:
        return held.at((*places[:-1], bound[0])) * detach(corner_of_r.at((*places[:-2], bound[0], places[-1])))

    first = build.define(unit.extents, scaled, (shared,))
    if columns == shared:
        return made, first
    later = Array((*u.extents[:-1], columns - shared), lambda places: u.at((*places[:-1], places[-1] + shared)))
    rest = product(build, transposed(made), build.named(later))

    def both(places: Places, _: Places) -> Expr:
        return first.element(places) + rest.element((*places[:-1], places[-1] - shared))

    return made, build.define(upper.extents, both)


def orthogonalized(build: Builder, u: Array) -> tuple[list[Array], list[Array]]:
    """Return the columns of Q and the rows of R, from its positive diagonal on: the modified method of Gram and Schmidt."""
    rest, columns, rows = u, [], []
    for turn in range(int(u.extents[-1])):
        columns.append(_unit(build, rest))
        rows.append(_along(build, columns[-1], rest))
        if turn + 1 < u.extents[-1]:
            rest = _without(build, rest, columns[-1], rows[-1])
    return columns, rows


def _unit(build: Builder, u: Array) -> Array:
    """Return the first column of *u*, divided by its length."""
    squared = build.define(lead(u), lambda places, bound: u.at((*places, bound[0], _ZERO)) ** 2, (u.extents[-2],))

    def element(places: Places, _: Places) -> Expr:
        return u.at((*places, _ZERO)) / sqrt(squared.at(places[:-1]))

    return build.define(u.extents[:-1], element)


def _along(build: Builder, column: Array, u: Array) -> Array:
    def term(places: Places, bound: Places) -> Expr:
        return column.at((*places[:-1], bound[0])) * u.at((*places[:-1], bound[0], places[-1]))

    return build.define((*lead(u), u.extents[-1]), term, (u.extents[-2],))


def _without(build: Builder, u: Array, column: Array, row: Array) -> Array:
    def element(places: Places, _: Places) -> Expr:
        later = places[-1] + 1
        return u.at((*places[:-1], later)) - column.at(places[:-1]) * row.at((*places[:-2], later))

    return build.define((*u.extents[:-1], u.extents[-1] - 1), element)


def _columns(build: Builder, columns: Sequence[Array], extents: Extents) -> Array:
    def element(places: Places, _: Places) -> Expr:
        return Add(*(KroneckerDelta(places[-1], k) * part.at(places[:-1]) for k, part in enumerate(columns)))

    return build.define(extents, element)
