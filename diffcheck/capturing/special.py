"""Rows of inverse and special functions, of rounding to whole numbers, and of pointwise operators of two arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
import torch
from sympy import Expr, Integer, Rational, pi, sqrt

from diffcheck.capturing.arrays import Array, Builder, constant
from diffcheck.capturing.pointwise import applied, as_array, binary, clamped, equal, unary
from diffcheck.capturing.rows import ROWS, operator
from diffcheck.notation.functions import absolute, log1p, relu, sign, softplus, step
from diffcheck.notation.selection import detach, select
from diffcheck.notation.special_functions import (
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atanh,
    bessel_i,
    erfc,
    erfcx,
    erfinv,
    floor,
    lgamma,
    log_ndtr,
    polygamma,
)

_HALF = Rational(1, 2)


def truncated(u: Expr) -> Expr:
    """Return the whole number next to u on the side of 0."""
    return sign(u) * floor(absolute(u))


def _nearest(u: Expr) -> Expr:
    """Return the whole number nearest to u, of two the even one."""
    up = floor(u + _HALF)
    return up - equal(u + _HALF, up) * (up - 2 * floor(up / 2))


def edged(value: Expr, *u: Expr) -> Expr:
    """Return *value*, without a derivative where all of *u*, none of them negative, are 0."""
    return value + sqrt(sum(u, Integer(0)))


def _entropy(u: Expr) -> Expr:
    # No more than a value at 0, where the derivative is infinite, and below, where the value is.
    return select(u, -u * sympy.log(u), edged(select(-u, -sympy.oo, Integer(0)), relu(u)))


def log_odds(u: Expr) -> Expr:
    """Return log(u/(1 − u)): infinite at 0 and 1 and no number outside, and neither has a derivative."""
    edge = sqrt(u * (1 - u)) + select(u, sympy.oo, -sympy.oo)
    return select(u, select(1 - u, sympy.log(u / (1 - u)), edge), edge)


def _times_log(u: Expr, v: Expr, logarithm: Expr) -> Expr:
    """Return u·log v, given log v: 0 where u is 0, even if that is none; the slope by u is log v if there is one."""
    if u.is_zero:
        return Integer(0)
    without_log = select(-v, Integer(0), edged(Integer(0), absolute(u), absolute(v)))
    return select(absolute(u) + step(v), u * logarithm, without_log)


UNARY: dict[str, Callable[[Expr], Expr]] = {
    "asin": asin,
    "acos": acos,
    "atan": atan,
    "asinh": asinh,
    "acosh": acosh,
    "atanh": atanh,
    "erfc": erfc,
    "erfinv": erfinv,
    "special_erfcx": erfcx,
    "special_log_ndtr": log_ndtr,
    "special_ndtri": lambda u: sqrt(2) * erfinv(2 * u - 1),
    "special_entr": _entropy,
    "sinc": lambda u: select(absolute(u), sympy.sin(pi * u) / (pi * u), Integer(1)),
    "lgamma": lgamma,
    "digamma": polygamma(0),
    "i0": bessel_i(0),
    "special_i1": bessel_i(1),
    "special_i0e": lambda u: sympy.exp(-absolute(u)) * bessel_i(0)(u),
    "special_i1e": lambda u: sympy.exp(-absolute(u)) * bessel_i(1)(u),
    "floor": floor,
    "ceil": lambda u: -floor(-u),
    "trunc": truncated,
    "frac": lambda u: u - truncated(u),
    "round": _nearest,
    "angle": lambda u: select(-u, pi, Integer(0)),
}


def _angle(y: Expr, x: Expr) -> Expr:
    """Return atan2(y, x), by the quotient that is at most 1."""
    left = select(-y, -pi, pi)
    flat = select(x, atan(y / x), atan(y / x) + left)
    steep = select(y, pi / 2 - atan(x / y), -pi / 2 - atan(x / y))
    return select(absolute(x) - absolute(y), flat, steep)


def _remainder(u: Expr, v: Expr) -> Expr:
    return u - v * floor(u / v)


BINARY: dict[str, Callable[[Expr, Expr], Expr]] = {
    "atan2": _angle,
    "logaddexp": lambda u, v: u + softplus(v - u),
    "logaddexp2": lambda u, v: u + softplus((v - u) * sympy.log(2)) / sympy.log(2),
    "fmax": lambda u, v: select(v - u, v, u),  # a tie goes to u, unlike that of maximum
    "fmin": lambda u, v: select(u - v, v, u),
    "floor_divide": lambda u, v: floor(u / v),
}

# With tensors and numbers for either operand.
MIXED: dict[str, Callable[[Expr, Expr], Expr]] = {
    "fmod": lambda u, v: u - v * sign(u) * sign(v) * floor(absolute(u) / absolute(v)),
    "remainder": _remainder,
    "copysign": lambda u, v: absolute(u) * select(-v, Integer(-1), Integer(1)),
    "xlogy": lambda u, v: _times_log(u, v, sympy.log(v)),
    "special_xlog1py": lambda u, v: _times_log(u, 1 + v, log1p(v)),
    "ldexp": lambda u, v: u * 2**v,
}

ROWS.update({f"aten.{name}.default": unary(function) for name, function in UNARY.items()})
ROWS.update({f"aten.{name}.default": binary(function) for name, function in BINARY.items()})
_KINDS = {
    "fmod": ("Tensor", "Scalar"),
    "remainder": ("Tensor", "Scalar", "Scalar_Tensor"),
    "copysign": ("Tensor", "Scalar"),
    "xlogy": ("Tensor", "Scalar_Other", "Scalar_Self"),
    "special_xlog1py": ("default", "other_scalar", "self_scalar"),
    "ldexp": ("Tensor",),
}
ROWS.update({f"aten.{name}.{kind}": binary(MIXED[name]) for name, kinds in _KINDS.items() for kind in kinds})


@operator("aten.hypot.default")
def _hypot(build: Builder, u: Array, v: Array) -> Array:
    """Return m·√((u/m)² + (v/m)²) with m the larger size, held constant: its derivative is 0, and no square overflows."""

    def share(part: Expr, a: Expr, b: Expr) -> Expr:
        return select(_larger_size(a, b), part / _larger_size(a, b), part)

    def root(a: Expr, b: Expr, p: Expr, q: Expr) -> Expr:
        return select(_larger_size(a, b), _larger_size(a, b), Integer(1)) * sqrt(p**2 + q**2)

    of_u, of_v = (build.named(build.pointwise(share, part, u, v)) for part in (u, v))
    return build.pointwise(root, u, v, of_u, of_v)


def _larger_size(a: Expr, b: Expr) -> Expr:
    # Of two equal ones either will do: it is held constant.
    return detach(select(absolute(a) - absolute(b), absolute(a), absolute(b)))


@operator("aten.logit.default")
def _logit(build: Builder, u: Array, eps: float | None = None) -> Array:
    if eps is None or eps < 0:
        return build.pointwise(log_odds, u)
    end = constant(eps).at(())
    return build.pointwise(lambda a: log_odds(clamped(a, end, 1 - end)), u)


@operator("aten.polygamma.default")
def _polygamma(build: Builder, order: int, u: Array) -> Array:
    return build.pointwise(polygamma(order), u)


@operator("aten.round.decimals")
def _round_to(build: Builder, u: Array, *, decimals: int = 0) -> Array:
    scale = Integer(10) ** decimals
    return build.pointwise(lambda a: _nearest(a * scale) / scale, u)


@operator("aten.div.Tensor_mode", "aten.div.Scalar_mode")
def _div(build: Builder, u: Any, v: Any, *, rounding_mode: str | None = None) -> Array:
    round_off: dict[str | None, Callable[[Expr], Expr]] = {None: lambda q: q, "floor": floor, "trunc": truncated}
    return applied(build, lambda a, b: round_off[rounding_mode](a / b), u, v)


@operator("aten._to_copy.default", "aten.to.dtype")
def _to_copy(build: Builder, u: Array, dtype: torch.dtype | None = None) -> Array:
    """Return *u* in another dtype: real numbers lose their fractions, or become whether they are not 0."""
    if dtype is None or u.whole == (not dtype.is_floating_point):
        return u
    if u.whole:
        return Array(u.extents, u.element)
    if dtype is torch.bool:
        return build.pointwise(lambda a: absolute(sign(a)), u, whole=True)
    return build.define(u.extents, lambda places, _: truncated(u.at(places)), whole=True)


@operator("aten.signbit.default")
def _signbit(build: Builder, u: Any) -> Array:
    return build.pointwise(lambda a: step(-a), as_array(u), whole=True)


@operator("aten.isfinite.default")
def _isfinite(build: Builder, u: Array) -> Array:
    # Every value of a program is finite, but for constants.
    return Array(u.extents, lambda places: constant(1).at(()), whole=True)
