"""Sums of special functions that are one function, which loses no digits where the terms of the sum nearly cancel."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import sympy
from sympy import Expr, Mul, pi, sqrt

from diffcheck.generation.compositions import (
    bessel_i0e,
    bessel_i1e,
    j1_by_u,
    second_derivative_of_bessel_i0e,
    second_derivative_of_bessel_i1,
    second_derivative_of_bessel_i1e,
    second_derivative_of_erfcx,
    second_derivative_of_sinc,
    slope_of_bessel_i0e,
    slope_of_bessel_i1,
    slope_of_bessel_i1e,
    slope_of_erfcx,
    slope_of_sinc,
)
from diffcheck.notation.functions import FUNCTIONS, absolute, sign
from diffcheck.notation.special_functions import bessel_i

_erfcx = FUNCTIONS["erfcx"].symbol
_ROOT_OF_PI = sqrt(pi)


def factors_of(term: Expr) -> Iterator[tuple[Expr, Expr]]:
    """Yield each factor of *term*, and what remains."""
    factors = Mul.make_args(term)
    for place, factor in enumerate(factors):
        yield factor, Mul(*factors[:place], *factors[place + 1 :])


def of_sinc(first: Expr, second: Expr) -> Expr | None:
    """Return k·sin(v) − k·v·cos(v) as one term, and k·f′(u) + k·π/2·sin(πu) by the second derivative of f(u) = sin(πu)/(πu)."""
    for factor, rest in factors_of(first):
        if isinstance(factor, sympy.sin):
            (v,) = factor.args
            if second == -rest * v * sympy.cos(v):
                return rest * _sine_less_cosine(v)
        if isinstance(factor, slope_of_sinc) and second == rest * pi / 2 * sympy.sin(pi * factor.args[0]):
            return -rest * factor.args[0] / 2 * second_derivative_of_sinc(factor.args[0])
    return None


def _sine_less_cosine(v: Expr) -> Expr:
    """Return sin(v) − v·cos(v) as v³·j₁(v)/v, or by the slope of sin(πu)/(πu) at v = πu."""
    return -(v**2) / pi * slope_of_sinc(v / pi) if pi in Mul.make_args(v) else v**3 * j1_by_u(v)


def without_hole(node: Expr) -> Expr:
    """Return the branch *node* on v ≠ 0 without its 0 at v = 0 where the second derivative of sin(πv)/(πv) has a value there.

    That 0 is the slope of the constant that fills the hole of the quotient; the function has another.
    """
    condition, then, other = node.args
    whole = isinstance(condition, absolute) and second_derivative_of_sinc(condition.args[0]) in Mul.make_args(then)
    return then if whole and other == 0 else node


def of_erfcx(first: Expr, second: Expr) -> Expr | None:
    """Return k·v·erfcx(v) − k/√π as k/2 times the slope of erfcx, and k·v times that + k·erfcx(v) by its second derivative."""
    for factor, rest in factors_of(first):
        if isinstance(factor, _erfcx):
            (v,) = factor.args
            if second == -rest / v / _ROOT_OF_PI:
                return rest / v * slope_of_erfcx(v) / 2
            if second == rest * v * slope_of_erfcx(v):
                return rest * second_derivative_of_erfcx(v) / 2
    return None


def of_bessel(first: Expr, second: Expr) -> Expr | None:
    """Return the sums of Bessel functions that are derivatives of Bessel functions, scaled or not, as these."""
    for factor, rest in factors_of(first):
        rule = _DERIVATIVES_OF_BESSEL.get(type(factor))
        if rule is not None:
            (v,) = factor.args
            other, slope = rule(v)
            scale = sympy.exp(-absolute(v)) if isinstance(factor, (slope_of_bessel_i1, second_derivative_of_bessel_i1)) else 1
            times = second / (rest / scale * other)
            if times.is_Integer and times > 0:
                return rest / scale * (slope + (times - 1) * other)
    return None


# f(v) and g(v), where the sum of both is a derivative.
_DERIVATIVES_OF_BESSEL: dict[type, Callable[[Expr], tuple[Expr, Expr]]] = {
    bessel_i(0): lambda v: (bessel_i(2)(v), 2 * slope_of_bessel_i1(v)),
    bessel_i(3): lambda v: (3 * bessel_i(1)(v), 4 * second_derivative_of_bessel_i1(v)),
    bessel_i1e: lambda v: (-sign(v) * bessel_i0e(v), slope_of_bessel_i0e(v)),
    slope_of_bessel_i1: lambda v: (-sign(v) * bessel_i1e(v), slope_of_bessel_i1e(v)),
    slope_of_bessel_i1e: lambda v: (-sign(v) * slope_of_bessel_i0e(v), second_derivative_of_bessel_i0e(v)),
    second_derivative_of_bessel_i1: lambda v: (
        -2 * sign(v) * sympy.exp(-absolute(v)) * slope_of_bessel_i1(v),
        second_derivative_of_bessel_i1e(v) - sign(v) ** 2 * bessel_i1e(v),
    ),
}
