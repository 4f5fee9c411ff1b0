"""Rows of determinants, with the derivative that textbooks print: det A·A⁻ᵀ.

The pivots of elimination give the value. Their own derivative would be that of the steps, whose rounding is not that of the
textbook's inverse; so det A is written as det A₀·det(I + (A − A₀)·A₀⁻¹), which holds for every A, with A₀ = A held constant.
"""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Expr, KroneckerDelta, Mul

from diffcheck.capturing.arrays import Array, Builder, Places
from diffcheck.capturing.elimination import (
    Pivoted,
    complements,
    diagonal,
    inverted,
    moved,
    parity,
    pivoted,
    square,
    taken_in_order,
    transposed,
)
from diffcheck.capturing.rows import operator
from diffcheck.capturing.substitution import substituted
from diffcheck.capturing.triangles import eliminated
from diffcheck.notation.functions import absolute, sign
from diffcheck.notation.selection import detach, select


def _pivots(build: Builder, u: Array) -> tuple[Array, list[Array], Array]:
    """Return the sign that the exchanges of rows give, the pivots, and det(I + (A − A₀)·A₀⁻¹), which is 1."""
    square(u)
    found = pivoted(build, u)
    step = moved(build, u, _inverse_of_textbook(build, u, found))
    near = build.define(u.extents, lambda places, _: KroneckerDelta(*places[-2:]) + step.at(places))
    ones = diagonal(complements(build, near))
    growth = build.pointwise(Mul, *ones)
    return parity(build, found), diagonal(complements(build, found.matrix)), growth


def _inverse_of_textbook(build: Builder, u: Array, found: Pivoted) -> Array:
    """Return 2X − Y, where X and Y are A⁻¹ by substitution in the LU of Aᵀ and of A: its bound holds the rounding of either.

    PyTorch takes the one or the other, as A lies in memory.
    """
    lower, upper = eliminated(build, found.matrix)
    unit = Array(u.extents, lambda places: KroneckerDelta(places[-2], places[-1]))
    half = substituted(build, transposed(upper), unit, upper=False)
    one = transposed(substituted(build, transposed(lower), half, upper=True, unit=True))
    back = inverted(build, found.rows)
    other = pivoted(build, transposed(u))
    lower, upper = eliminated(build, other.matrix)
    half = substituted(build, lower, taken_in_order(other.rows, unit), upper=False, unit=True)
    two = substituted(build, upper, half, upper=True)

    def element(places: Places, _: Places) -> Expr:
        column = back.at((*places[:-2], places[-1]))
        return 2 * two.at((*places[:-2], places[-1], places[-2])) - one.at((*places[:-1], column))

    return build.define(u.extents, element)


@operator("aten._linalg_det.default")
def _determinant(build: Builder, u: Array) -> tuple[Any, ...]:
    signs, pivots, growth = _pivots(build, u)
    value = build.pointwise(Mul, signs, *pivots)
    return build.pointwise(lambda d, g: detach(d) * g, value, growth), None, None


@operator("aten._linalg_slogdet.default")
def _log_determinant(build: Builder, u: Array) -> tuple[Any, ...]:
    return *_sign_and_log(build, u), None, None


@operator("aten.logdet.default")
def _logdet(build: Builder, u: Array) -> Array:
    """The logarithm of det A, which has no value where the determinant is negative."""
    signs, logs = _sign_and_log(build, u)
    return build.pointwise(lambda s, value: select(s, value, sympy.log(s)), signs, logs)


def _sign_and_log(build: Builder, u: Array) -> tuple[Array, Array]:
    signs, pivots, growth = _pivots(build, u)
    made = build.pointwise(lambda first, *parts: detach(first * Mul(*map(sign, parts))), signs, *pivots)
    value = build.pointwise(lambda *parts: sympy.Add(*(sympy.log(absolute(part)) for part in parts)), *pivots)
    return made, build.pointwise(lambda v, g: detach(v) + sympy.log(g), value, growth)
