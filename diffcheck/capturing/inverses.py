"""Rows of inverses and solutions of linear systems."""

from __future__ import annotations

from typing import Any

from sympy import Integer

from diffcheck.capturing.arrays import Array, Builder, Extents
from diffcheck.capturing.elimination import (
    inverse,
    lead,
    order,
    product,
    square,
    transposed,
)
from diffcheck.capturing.rows import operator
from diffcheck.capturing.substitution import solved, substituted, substituted_from_right
from diffcheck.errors import CaptureError


def no_errors(extents: Extents) -> Array:
    """Return the codes that LAPACK gives where nothing is wrong."""
    return Array(extents, lambda _: Integer(0), whole=True)


@operator("with_effects")
def _effect(build: Builder, token: Any, effect: Any, *args: Any, **kwargs: Any) -> Any:
    """What only raises: the matrix was regular, or the function would not have come so far."""
    if str(effect) != "aten._linalg_check_errors.default":
        raise CaptureError(got=f"the effect {effect}", wanted="a function that only computes", do="leave it out")
    return token, None


@operator("aten.linalg_inv_ex.default")
def _inverse(build: Builder, u: Array, check_errors: bool = False) -> tuple[Array, ...]:
    return inverse(build, u), no_errors(lead(u))


@operator("aten._linalg_solve_ex.default")
def _solve(build: Builder, u: Array, v: Array, *, left: bool = True, check_errors: bool = False) -> tuple[Any, ...]:
    vectors = v.rank == 1 or (v.rank == u.rank - 1 and v.extents == u.extents[:-1])
    columns = _columns(v) if vectors else v
    if left:
        found = solved(build, u, columns)
    else:
        found = transposed(solved(build, transposed(u), columns if vectors else transposed(columns)))
    made = _vectors(found if left else transposed(found)) if vectors else found
    return made, None, None, no_errors(lead(u))


def _columns(v: Array) -> Array:
    return Array((*v.extents, Integer(1)), lambda places: v.at(places[:-1]))


def _vectors(v: Array) -> Array:
    return Array(v.extents[:-1], lambda places: v.at((*places, Integer(0))))


@operator("aten.linalg_solve_triangular.default")
def _solve_triangular(
    build: Builder, u: Array, v: Array, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> Array:
    solve = substituted if left else substituted_from_right
    return solve(build, u, v, upper=upper, unit=unitriangular)


@operator("aten.triangular_solve.default")
def _triangular_solve(
    build: Builder, v: Array, u: Array, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> tuple[Array, ...]:
    matrix = transposed(u) if transpose else u
    return substituted(build, matrix, v, upper=upper != transpose, unit=unitriangular), u


@operator("aten.linalg_pinv.atol_rtol_tensor")
def _pseudoinverse(build: Builder, u: Array, *, atol: Any = None, rtol: Any = None, hermitian: bool = False) -> Array:
    """(AᵀA)⁻¹Aᵀ, or Aᵀ(AAᵀ)⁻¹ of a wide matrix: that of a matrix of full rank; at others the outputs do not agree."""
    rows, columns = order(u)
    if rows == columns:
        return inverse(build, u)
    other = transposed(u)
    if rows > columns:
        return product(build, inverse(build, product(build, other, u)), other)
    return product(build, other, inverse(build, product(build, u, other)))


@operator("aten.cholesky_inverse.default")
def _cholesky_inverse(build: Builder, u: Array, upper: bool = False) -> Array:
    return inverse(build, _squared(build, u, upper))


@operator("aten.cholesky_solve.default")
def _cholesky_solve(build: Builder, v: Array, u: Array, upper: bool = False) -> Array:
    return solved(build, _squared(build, u, upper), v)


def _squared(build: Builder, u: Array, upper: bool) -> Array:
    """Return L·Lᵀ, or Lᵀ·L.

    PyTorch reads the triangle alone, and differentiates by every element of L: that is the function of all of L. At matrices
    that are not triangular its outputs are others, which the comparison of outputs says.
    """
    square(u)
    other = transposed(u)
    return product(build, other, u) if upper else product(build, u, other)
