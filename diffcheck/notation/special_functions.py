"""Inverse functions, the error function's and the gamma function's relatives, Bessel functions, and the floor: a row each."""

from __future__ import annotations

import sympy
from sympy import Expr, Integer, sqrt

from diffcheck.errors import UnsupportedExpression
from diffcheck.notation.scalar_functions import NamedFunction, Rule, ScalarFunction, named, row_of

HIGHEST_ORDER = 6
"""The highest order of polygamma and Bessel functions; each derivative takes one more."""

asin, acos, atan, asinh, acosh, atanh = map(named, ("asin", "acos", "atan", "asinh", "acosh", "atanh"))
erfc, erfinv, erfcx, lgamma, floor = map(named, ("erfc", "erfinv", "erfcx", "lgamma", "floor"))
log_ndtr, inverse_mills_ratio = map(named, ("log_ndtr", "inverse_mills_ratio"))
_POLYGAMMA = (named("digamma"), *(named(f"polygamma_{order}") for order in range(1, HIGHEST_ORDER + 1)))
_BESSEL_I = tuple(named(f"bessel_i{order}") for order in range(HIGHEST_ORDER + 1))

_SLOPE_OF_ERF = 2 / sqrt(sympy.pi)


def polygamma(order: int) -> type[NamedFunction]:
    """Return ψ of *order*: the derivative of that order of the digamma function."""
    return _of_order(_POLYGAMMA, order, "polygamma")


def bessel_i(order: int) -> type[NamedFunction]:
    """Return I of *order*, the modified Bessel function of the first kind."""
    return _of_order(_BESSEL_I, abs(order), "bessel_i")


def slope_of_cot(order: int) -> tuple[int, ...]:
    """Return the coefficients of dⁿcot/dxⁿ as a polynomial in cot x, from the constant on: d/dx cot = −(1 + cot²).

    >>> slope_of_cot(1), slope_of_cot(2)
    ((-1, 0, -1), (0, 2, 0, 2))
    """
    powers = [0, 1]
    for _ in range(order):
        derived = [place * number for place, number in enumerate(powers)][1:]
        powers = [-(low + high) for low, high in zip([*derived, 0, 0], [0, 0, *derived], strict=True)]
    return tuple(powers)


def _of_order(family: tuple[type[NamedFunction], ...], order: int, name: str) -> type[NamedFunction]:
    if order >= len(family):
        raise UnsupportedExpression(
            got=f"{name} of order {order}", wanted=f"at most {HIGHEST_ORDER}", do="derive fewer times, or use a lower order"
        )
    return family[order]


def _polygamma_row(order: int) -> ScalarFunction:
    return row_of(polygamma(order), _operator(polygamma(order)), _slope_of_polygamma(order), everywhere=False)


def _slope_of_polygamma(order: int) -> Rule:
    return lambda u: polygamma(order + 1)(u)  # noqa: PLW0108  # there is none above the highest order, until one is asked for


def _bessel_row(order: int) -> ScalarFunction:
    def slope(u: Expr) -> Expr:
        return bessel_i(1)(u) if order == 0 else (bessel_i(order - 1)(u) + bessel_i(order + 1)(u)) / 2

    return row_of(bessel_i(order), f"I_{order}", slope)


def _operator(symbol: type[NamedFunction]) -> str:
    return rf"\operatorname{{{symbol.__name__.replace('_', '')}}}"


SPECIAL = (
    row_of(asin, r"\arcsin", lambda u: 1 / sqrt((1 - u) * (1 + u)), lambda u: 1 / sqrt(1 - u**2), everywhere=False),
    row_of(acos, r"\arccos", lambda u: -1 / sqrt((1 - u) * (1 + u)), lambda u: -1 / sqrt(1 - u**2), everywhere=False),
    row_of(atan, r"\arctan", lambda u: 1 / (1 + u**2)),
    row_of(asinh, r"\operatorname{arsinh}", lambda u: 1 / sqrt(u**2 + 1)),
    row_of(
        acosh,
        r"\operatorname{arcosh}",
        lambda u: 1 / (sqrt(u - 1) * sqrt(u + 1)),
        lambda u: 1 / sqrt(u**2 - 1),
        everywhere=False,
    ),
    row_of(atanh, r"\operatorname{artanh}", lambda u: 1 / ((1 - u) * (1 + u)), lambda u: 1 / (1 - u**2), everywhere=False),
    row_of(erfc, r"\operatorname{erfc}", lambda u: -_SLOPE_OF_ERF * sympy.exp(-(u**2))),
    row_of(erfinv, r"\operatorname{erfinv}", lambda u: sympy.exp(erfinv(u) ** 2) / _SLOPE_OF_ERF, everywhere=False),
    row_of(erfcx, r"\operatorname{erfcx}", lambda u: 2 * u * erfcx(u) - _SLOPE_OF_ERF),
    # log Φ and φ/Φ, of the normal distribution.
    row_of(log_ndtr, r"\operatorname{logndtr}", inverse_mills_ratio),
    row_of(inverse_mills_ratio, r"\lambda", lambda u: -inverse_mills_ratio(u) * (u + inverse_mills_ratio(u))),
    row_of(lgamma, r"\operatorname{lgamma}", polygamma(0), everywhere=False),
    *map(_polygamma_row, range(HIGHEST_ORDER + 1)),
    *map(_bessel_row, range(HIGHEST_ORDER + 1)),
    # Piecewise constant.
    row_of(floor, r"\operatorname{floor}", lambda u: Integer(0)),
)
