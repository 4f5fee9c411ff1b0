"""Rows of factorizations: A = PLU and A = LLᵀ, which Schur complements give."""

from __future__ import annotations

from typing import Any

from sympy import Add, Expr, Integer, KroneckerDelta, sqrt

from diffcheck.capturing.arrays import Array, Builder, Places
from diffcheck.capturing.elimination import (
    Pivoted,
    complements,
    exchanged_rows,
    inverted,
    lead,
    order,
    pivoted,
    square,
    taken_in_order,
    transposed,
)
from diffcheck.capturing.inverses import no_errors
from diffcheck.capturing.rows import operator
from diffcheck.capturing.substitution import substituted
from diffcheck.capturing.triangles import columns_from_diagonal, differentiable
from diffcheck.notation.selection import select


@operator("aten.linalg_cholesky_ex.default")
def _cholesky_with_errors(build: Builder, u: Array, *, upper: bool = False, check_errors: bool = False) -> tuple[Array, ...]:
    return _cholesky(build, u, upper), no_errors(lead(u))


@operator("aten.cholesky.default")
def _cholesky(build: Builder, u: Array, upper: bool = False) -> Array:
    """L of (A + Aᵀ)/2 = L·Lᵀ.

    PyTorch reads one triangle, and differentiates as if A were symmetric and stayed so: that is the function of (A + Aᵀ)/2. At
    matrices that are not symmetric its outputs are others, which the comparison of outputs says.
    """
    square(u)
    other = transposed(u)
    parts = complements(build, build.define(u.extents, lambda places, _: (u.at(places) + other.at(places)) / 2))
    lower = columns_from_diagonal(build, [_root_column(build, part) for part in parts], u.extents)
    return transposed(lower) if upper else lower


def _root_column(build: Builder, u: Array) -> Array:
    """Return A[i,0]/√A[0,0]."""
    zero = Integer(0)

    def element(places: Places, _: Places) -> Expr:
        return u.at((*places, zero)) / sqrt(u.at((*places[:-1], zero, zero)))

    return build.define(u.extents[:-1], element)


def _factored(build: Builder, u: Array, pivot: bool) -> tuple[Array, Array, Pivoted | None]:
    found = pivoted(build, u, as_lapack=True) if pivot else None
    lower, upper = differentiable(build, found.matrix if found else build.named(u))
    return lower, upper, found


@operator("aten.linalg_lu_factor_ex.default")
def _lu_factor(build: Builder, u: Array, *, pivot: bool = True, check_errors: bool = False) -> tuple[Any, ...]:
    lower, upper, found = _factored(build, u, pivot)
    steps = found.exchanged if found else (no_errors(lead(u)),) * min(order(u))

    def pivots(places: Places) -> Expr:
        row = places[-1]
        return row + 1 + Add(*(KroneckerDelta(row, k) * step.at(places[:-1]) for k, step in enumerate(steps)))

    packed = build.define(u.extents, lambda places, _: _strict(lower, places) + upper.element(places))
    return packed, Array((*lead(u), Integer(len(steps))), pivots, whole=True), no_errors(lead(u))


def _strict(u: Array, places: Places) -> Expr:
    return select(places[-2] - places[-1], u.element(places), Integer(0))


def _permutation(build: Builder, u: Array, rows: Array | None) -> Array:
    """Return P[i,j], 1 where i = rows[j]."""

    def element(places: Places, _: Places) -> Expr:
        return KroneckerDelta(places[-2], places[-1] if rows is None else rows.at((*places[:-2], places[-1])))

    return build.define((*lead(u), u.extents[-2], u.extents[-2]), element)


@operator("aten.linalg_lu.default")
def _lu(build: Builder, u: Array, *, pivot: bool = True) -> tuple[Array, ...]:
    lower, upper, found = _factored(build, u, pivot)
    return _permutation(build, u, found.rows if found else None), lower, upper


def _halves(u: Array) -> tuple[Array, Array]:
    """Return what stands below the diagonal, and what stands above it and on it."""
    shared = Integer(min(order(u)))
    zero = Integer(0)
    lower = Array(
        (*u.extents[:-1], shared), lambda places: select(places[-2] - places[-1], u.at(places), KroneckerDelta(*places[-2:]))
    )
    upper = Array((*lead(u), shared, u.extents[-1]), lambda places: select(places[-1] - places[-2] + 1, u.at(places), zero))
    return lower, upper


@operator("aten.lu_unpack.default")
def _lu_unpack(
    build: Builder, u: Array, pivots: Array, unpack_data: bool = True, unpack_pivots: bool = True
) -> tuple[Any, ...]:
    lower, upper = _halves(u) if unpack_data else (None, None)
    rows = exchanged_rows(build, u, pivots) if unpack_pivots else None
    return _permutation(build, u, rows) if unpack_pivots else None, lower, upper


@operator("aten.linalg_lu_solve.default")
def _lu_solve(build: Builder, u: Array, pivots: Array, v: Array, *, left: bool = True, adjoint: bool = False) -> Array:
    """X with A·X = B, X·A = B, Aᵀ·X = B or X·Aᵀ = B, where A = P·L·U."""
    square(u)
    rows = exchanged_rows(build, u, pivots)
    if not left:
        return transposed(_lu_solve(build, u, pivots, transposed(v), adjoint=not adjoint))
    if not adjoint:
        found = substituted(build, u, taken_in_order(rows, v), upper=False, unit=True)
        return substituted(build, u, found, upper=True)
    other = transposed(u)
    found = substituted(build, other, v, upper=False)
    found = substituted(build, other, found, upper=True, unit=True)
    return taken_in_order(inverted(build, rows), found)
