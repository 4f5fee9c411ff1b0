"""Gaussian elimination written out: A_{k+1}[i,j] = A_k[i,j] − A_k[i,k]·A_k[k,j]/A_k[k,k], one equation a step.

The extents are numbers when a function is captured, so the steps are equations in a row. Rows are exchanged as the data ask
for it: the place of a pivot is an argmax, which the oracle decides with certainty and which has no derivative. The order is
found on a first run; the elimination that is differentiated begins with the rows in that order, and reads at fixed places.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sympy import Expr, Integer, KroneckerDelta, Mul

from diffcheck.capturing.arrays import Array, Builder, Element, Extents, Places, broadcast
from diffcheck.errors import CaptureError
from diffcheck.notation import Reduction
from diffcheck.notation.functions import absolute
from diffcheck.notation.selection import detach, select

LARGEST = 16
_NO_TIES = 101


@dataclass(frozen=True)
class Pivoted:
    """B[…,i,j] = A[…,rows[i],j]; *exchanged* holds, for each step k, how far below row k the one stood that came there."""

    rows: Array
    exchanged: tuple[Array, ...]
    matrix: Array


def lead(u: Array) -> Extents:
    """Return the extents of a stack of matrices without the last two."""
    return u.extents[:-2]


def order(u: Array) -> tuple[int, int]:
    """Return the numbers of rows and columns; refuse too many to write elimination out, and those that no number tells."""
    sizes = u.extents[-2:]
    if len(sizes) < 2 or not all(size.is_Integer and size <= LARGEST for size in sizes):
        raise CaptureError(
            got=f"a matrix of shape {tuple(u.extents)}",
            wanted=f"at most {LARGEST} rows and columns, which are written out step by step",
            do="check the function at a smaller matrix",
        )
    return int(sizes[0]), int(sizes[1])


def transposed(u: Array) -> Array:
    """Return A[…,j,i]."""
    return Array((*lead(u), u.extents[-1], u.extents[-2]), lambda places: u.at((*places[:-2], places[-1], places[-2])), u.whole)


def product(build: Builder, u: Array, v: Array) -> Array:
    """Return Σ_k A[…,i,k]·B[…,k,j], the axes in front broadcast."""
    u, v = stacked(u, v)

    def element(places: Places, bound: Places) -> Expr:
        return u.at((*places[:-1], bound[0])) * v.at((*places[:-2], bound[0], places[-1]))

    return build.define((*lead(u), u.extents[-2], v.extents[-1]), element, (u.extents[-1],))


def moved(build: Builder, u: Array, right: Array) -> Array:
    """Return (A − A₀)·B with A₀ = A and B held constant: 0, and its derivative by A is B."""

    def term(places: Places, bound: Places) -> Expr:
        here = u.at((*places[:-1], bound[0]))
        return (here - detach(here)) * detach(right.at((*places[:-2], bound[0], places[-1])))

    return build.define((*u.extents[:-1], right.extents[-1]), term, (u.extents[-1],))


def stacked(*matrices: Array) -> list[Array]:
    """Return *matrices* with the axes in front broadcast."""
    front = broadcast([lead(u) for u in matrices])
    return [Array((*front, *u.extents[-2:]), _within(u, len(front)), u.whole) for u in matrices]


def _within(u: Array, front: int) -> Element:
    return lambda places: u.at(places[front + 2 - u.rank :])


def complement(build: Builder, u: Array) -> Array:
    """Return the Schur complement A[i+1,j+1] − A[i+1,0]·A[0,j+1]/A[0,0], smaller by a row and a column."""
    zero = Integer(0)

    def element(places: Places, _: Places) -> Expr:
        front, i, j = places[:-2], places[-2] + 1, places[-1] + 1
        return u.at((*front, i, j)) - u.at((*front, i, zero)) * u.at((*front, zero, j)) / u.at((*front, zero, zero))

    return build.define((*lead(u), u.extents[-2] - 1, u.extents[-1] - 1), element)


def complements(build: Builder, u: Array) -> list[Array]:
    """Return A and its Schur complements, down to a single row or column of A."""
    found = [build.named(u)]
    for _ in range(min(order(u)) - 1):
        found.append(complement(build, found[-1]))
    return found


def pivoted(build: Builder, u: Array, *, as_lapack: bool = False) -> Pivoted:
    """Return the rows in the order in which elimination takes those of the largest pivots.

    Any order gives the same inverse. For such use, rows are weighted so that pivots of the same size, which are common, are no
    tie that rounding decides; *as_lapack* says that the first of the largest is to be taken.
    """
    count, columns = order(u)
    u = build.named(u)
    rest, rows, exchanged = u, _counted(build, u), []
    for step in range(min(count, columns)):
        pivot = _place_of_largest(build, rest, as_lapack)
        exchanged.append(pivot)
        source = _exchange(build, u, step, pivot)
        rows = _composed(build, rows, source)
        if step + 1 < min(count, columns):
            rest = complement(build, _taken(rest, source, step))
    return Pivoted(rows, tuple(exchanged), build.named(_taken(u, rows, 0)))


def exchanged_rows(build: Builder, u: Array, pivots: Array) -> Array:
    """Return the order of rows that *pivots* gives, as LAPACK counts: row k changed places with row pivots[k] − 1, k rising."""
    rows = _counted(build, u)
    for step in range(int(pivots.extents[-1])):
        below = Array(lead(u), _below(pivots, step), whole=True)
        rows = _composed(build, rows, _exchange(build, u, step, below))
    return rows


def _below(pivots: Array, step: int) -> Element:
    return lambda places: pivots.at((*places, Integer(step))) - step - 1


def _counted(build: Builder, u: Array) -> Array:
    return Array((*lead(u), u.extents[-2]), lambda places: places[-1], whole=True)


def _place_of_largest(build: Builder, u: Array, as_lapack: bool) -> Array:
    if u.extents[-2] == 1:
        return Array(lead(u), lambda _: Integer(0), whole=True)

    def element(places: Places, bound: Places) -> Expr:
        size = absolute(u.at((*places, bound[0], Integer(0))))
        return size if as_lapack else (_NO_TIES - bound[0]) * size

    return build.define(lead(u), element, (u.extents[-2],), Reduction.ARGMAX, whole=True)


def _exchange(build: Builder, u: Array, step: int, pivot: Array) -> Array:
    """Return where each row comes from when row *step* and the one *pivot* rows below it change places."""

    def element(places: Places, _: Places) -> Expr:
        row, below = places[-1], pivot.at(places[:-1])
        return row + KroneckerDelta(row, step) * below - KroneckerDelta(row, below + step) * (row - step)

    return build.define((*lead(u), u.extents[-2]), element, whole=True)


def _composed(build: Builder, rows: Array, source: Array) -> Array:
    return build.define(rows.extents, lambda places, _: rows.at((*places[:-1], source.at(places))), whole=True)


def taken_in_order(rows: Array, u: Array) -> Array:
    """Return A[…,rows[i],j], the axes in front broadcast."""
    front = broadcast([lead(u), rows.extents[:-1]])
    wide, _ = stacked(u, Array((*front, Integer(1), Integer(1)), lambda _: Integer(0)))

    def element(places: Places) -> Expr:
        row = rows.at((*places[len(front) + 1 - rows.rank : len(front)], places[-2]))
        return wide.at((*places[:-2], row, places[-1]))

    return Array(wide.extents, element)


def _taken(u: Array, rows: Array, before: int) -> Array:
    """Return the matrix with row rows[i + before] − before in the place of row i."""

    def element(places: Places) -> Expr:
        row = rows.at((*places[:-2], places[-2] + before)) - before
        return u.at((*places[:-2], row, places[-1]))

    return Array(u.extents, element)


def square(u: Array) -> int:
    """Return the number of rows of square matrices; refuse others."""
    rows, columns = order(u)
    if rows != columns:
        raise CaptureError(got=f"a matrix of {rows} rows and {columns} columns", wanted="a square one", do="pass a square one")
    return rows


def inverse(build: Builder, u: Array) -> Array:
    """Return A⁻¹ by Gauss-Jordan elimination in place: after step k, column k of the matrix is that of the inverse so far."""
    count, found = square(u), pivoted(build, u)
    swept = found.matrix
    for step in range(count):
        swept = _swept(build, swept, Integer(step))
    back = inverted(build, found.rows)
    return Array(u.extents, lambda places: swept.at((*places[:-1], back.at((*places[:-2], places[-1])))))


def _swept(build: Builder, u: Array, k: Expr) -> Array:
    def element(places: Places, _: Places) -> Expr:
        front, (i, j) = places[:-2], places[-2:]
        pivot, row, column = u.at((*front, k, k)), u.at((*front, k, j)), u.at((*front, i, k))
        here, there = KroneckerDelta(i, k), KroneckerDelta(j, k)
        in_row = select(there, 1 / pivot, row / pivot)
        elsewhere = select(there, -column / pivot, u.at(places) - column * row / pivot)
        return select(here, in_row, elsewhere)

    return build.define(u.extents, element)


def inverted(build: Builder, rows: Array) -> Array:
    """Return the place at which each row stands now."""

    def element(places: Places, bound: Places) -> Expr:
        return bound[0] * KroneckerDelta(rows.at((*places[:-1], bound[0])), places[-1])

    return build.define(rows.extents, element, (rows.extents[-1],), whole=True)


def parity(build: Builder, found: Pivoted) -> Array:
    """Return 1 where the rows were exchanged an even number of times, else −1."""
    signs = [Array(below.extents, _unexchanged(below)) for below in found.exchanged]
    return build.pointwise(Mul, *signs)


def _unexchanged(below: Array) -> Element:
    return lambda places: 2 * KroneckerDelta(below.at(places), 0) - 1


def diagonal(parts: Sequence[Array]) -> list[Array]:
    """Return the first element of each of the matrices *parts*: of Schur complements, the pivots."""
    return [corner(u) for u in parts]


def corner(u: Array) -> Array:
    """Return A[…,0,0]."""
    return Array(lead(u), lambda places: u.at((*places, Integer(0), Integer(0))))
