"""Rows of inverse and special functions, of rounding to whole numbers, and of pointwise operators of two arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
import torch
from sympy import Expr, Integer, Rational, pi, sqrt

from diffcheck.capturing.arrays import Array, Builder, constant
from diffcheck.capturing.pointwise import applied, as_array, binary, equal, unary
from diffcheck.capturing.rows import ROWS, operator
from diffcheck.notation.functions import absolute, sign, softplus, step
from diffcheck.notation.selection import select
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
    "special_ndtri": lambda u: sqrt(2) * erfinv(2 * u - 1),
    "special_entr": lambda u: select(u, -u * sympy.log(u), select(-u, -sympy.oo, Integer(0))),
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
    "hypot": lambda u, v: sqrt(u**2 + v**2),
    "logaddexp": lambda u, v: u + softplus(v - u),
    "logaddexp2": lambda u, v: u + softplus((v - u) * sympy.log(2)) / sympy.log(2),
    "fmax": lambda u, v: select(v - u, v, u),  # a tie goes to u, unlike that of maximum
    "fmin": lambda u, v: select(u - v, v, u),
    "floor_divide": lambda u, v: floor(u / v),
}

# With tensors and numbers for either operand.
MIXED: dict[str, Callable[[Expr, Expr], Expr]] = {
    "fmod": lambda u, v: u - v * truncated(u / v),
    "remainder": _remainder,
    "copysign": lambda u, v: absolute(u) * select(-v, Integer(-1), Integer(1)),
    # 0·log v is 0, also where log v is no number; its derivative by u is log v where that is one.
    "xlogy": lambda u, v: select(absolute(u) + step(v), u * sympy.log(v), Integer(0)),
    "special_xlog1py": lambda u, v: select(absolute(u) + step(1 + v), u * sympy.log(1 + v), Integer(0)),
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
