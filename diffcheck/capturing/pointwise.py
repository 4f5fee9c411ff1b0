"""Rows of pointwise operators: a scalar expression each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
from sympy import Expr, Integer, Rational, sqrt

from diffcheck.capturing.arrays import Array, Builder, constant
from diffcheck.capturing.rows import REFUSED, ROWS, operator
from diffcheck.errors import CaptureError
from diffcheck.notation.functions import (
    absolute,
    erf,
    expm1,
    log1p,
    logsigmoid,
    relu,
    sigmoid,
    sign,
    softplus,
    step,
    tanh,
)
from diffcheck.notation.selection import detach, select

_HALF = Rational(1, 2)


def as_array(value: Any) -> Array:
    """Return a number or an array as an array."""
    return value if isinstance(value, Array) else constant(value)


def below(u: Expr, v: Expr) -> Expr:
    """Return 1 where u < v, else 0."""
    return step(v - u)


def at_most(u: Expr, v: Expr) -> Expr:
    """Return 1 where u ≤ v, else 0."""
    return 1 - step(u - v)


def equal(u: Expr, v: Expr) -> Expr:
    """Return 1 where u = v, else 0."""
    return 1 - absolute(sign(u - v))


def larger(u: Expr, v: Expr) -> Expr:
    """Return max(u, v); a tie has half of the derivative of each."""
    return select(u - v, u, select(v - u, v, (u + v) / 2))


def smaller(u: Expr, v: Expr) -> Expr:
    """Return min(u, v); a tie has half of the derivative of each."""
    return select(v - u, u, select(u - v, v, (u + v) / 2))


UNARY: dict[str, Callable[[Expr], Expr]] = {
    "neg": lambda u: -u,
    "abs": absolute,
    "sign": sign,
    "sgn": sign,
    "exp": sympy.exp,
    "exp2": lambda u: sympy.exp(sympy.log(2) * u),
    "expm1": expm1,
    "log": sympy.log,
    "log2": lambda u: sympy.log(u) / sympy.log(2),
    "log10": lambda u: sympy.log(u) / sympy.log(10),
    "log1p": log1p,
    "sqrt": sqrt,
    "rsqrt": lambda u: 1 / sqrt(u),
    "reciprocal": lambda u: 1 / u,
    "square": lambda u: u**2,
    "sin": sympy.sin,
    "cos": sympy.cos,
    "tan": lambda u: sympy.sin(u) / sympy.cos(u),
    "sinh": sympy.sinh,
    "cosh": sympy.cosh,
    "tanh": tanh,
    "erf": erf,
    "sigmoid": sigmoid,
    "relu": relu,
    "silu": lambda u: u * sigmoid(u),
    "mish": lambda u: u * tanh(softplus(u)),
    "log_sigmoid": logsigmoid,
    # At −3 and 3 their derivatives are those of the branches that PyTorch takes there.
    "hardsigmoid": lambda u: select(u + 3, select(3 - u, (u + 3) / 6, Integer(1)), Integer(0)),
    "hardswish": lambda u: select(u + 3, select(3 - u, u * (u + 3) / 6, u), Integer(0)),
    "relu6": lambda u: cut_off(u, Integer(0), Integer(6)),
    "detach": detach,
}

BINARY: dict[str, Callable[[Expr, Expr], Expr]] = {
    "mul": lambda u, v: u * v,
    "div": lambda u, v: u / v,
}

COMPARISONS: dict[str, Callable[[Expr, Expr], Expr]] = {
    "lt": below,
    "gt": lambda u, v: below(v, u),
    "le": at_most,
    "ge": lambda u, v: at_most(v, u),
    "eq": equal,
    "ne": lambda u, v: absolute(sign(u - v)),
}


def clamped(u: Expr, low: Expr | None, high: Expr | None) -> Expr:
    """Return min(max(u, low), high); at an end the derivative is that of *u*."""
    value = u if low is None else select(step(low - u), low, u)
    return value if high is None else select(step(value - high), high, value)


def cut_off(u: Expr, low: Expr, high: Expr) -> Expr:
    """Return min(max(u, low), high); at an end the derivative is 0."""
    return select(u - low, select(high - u, u, high), low)


def applied(build: Builder, function: Callable[..., Expr], *values: Any) -> Array:
    """Return *function* of arrays and numbers."""
    arrays = [as_array(value) for value in values]
    return build.pointwise(function, *arrays, whole=all(array.whole for array in arrays))


def unary(function: Callable[[Expr], Expr]) -> Callable[..., Array]:
    """Return the row that applies *function* to each element."""
    return lambda build, u: build.pointwise(function, as_array(u))


def binary(function: Callable[[Expr, Expr], Expr]) -> Callable[..., Array]:
    """Return the row that applies *function* to each pair of elements."""
    return lambda build, u, v: applied(build, function, u, v)


def _comparison(function: Callable[[Expr, Expr], Expr]) -> Callable[..., Array]:
    return lambda build, u, v: build.pointwise(function, as_array(u), as_array(v), whole=True)


ROWS.update({f"aten.{name}.default": unary(function) for name, function in UNARY.items()})
for _kind in ("Tensor", "Scalar"):
    ROWS.update({f"aten.{name}.{_kind}": binary(function) for name, function in BINARY.items()})
    ROWS.update({f"aten.{name}.{_kind}": _comparison(function) for name, function in COMPARISONS.items()})
ROWS.update({"aten.maximum.default": binary(larger), "aten.minimum.default": binary(smaller)})


@operator("aten.add.Tensor", "aten.add.Scalar")
def _add(build: Builder, u: Any, v: Any, alpha: Any = 1) -> Array:
    scale = constant(alpha).at(())
    return applied(build, lambda a, b: a + scale * b, u, v)


@operator("aten.sub.Tensor", "aten.sub.Scalar")
def _sub(build: Builder, u: Any, v: Any, alpha: Any = 1) -> Array:
    return _add(build, u, v, -alpha)


@operator("aten.rsub.Scalar", "aten.rsub.Tensor")
def _rsub(build: Builder, u: Any, v: Any, alpha: Any = 1) -> Array:
    return _add(build, v, u, -alpha)


@operator("aten.pow.Tensor_Scalar", "aten.pow.Tensor_Tensor", "aten.pow.Scalar")
def _pow(build: Builder, u: Any, v: Any) -> Array:
    if not isinstance(v, Array) and constant(v).at(()) == 0:
        return build.pointwise(lambda a: Integer(1) + 0 * a, as_array(u))
    return build.pointwise(lambda a, b: a**b, as_array(u), as_array(v))


@operator("aten.addcmul.default")
def _addcmul(build: Builder, u: Array, v: Array, w: Array, value: Any = 1) -> Array:
    return build.pointwise(lambda a, b, c: a + constant(value).at(()) * b * c, u, v, w)


@operator("aten.addcdiv.default")
def _addcdiv(build: Builder, u: Array, v: Array, w: Array, value: Any = 1) -> Array:
    return build.pointwise(lambda a, b, c: a + constant(value).at(()) * b / c, u, v, w)


@operator("aten.lerp.Scalar", "aten.lerp.Tensor")
def _lerp(build: Builder, u: Array, v: Array, weight: Any) -> Array:
    return build.pointwise(lambda a, b, w: a + w * (b - a), u, v, as_array(weight))


@operator("aten.where.self", "aten.where.ScalarOther", "aten.where.ScalarSelf")
def _where(build: Builder, condition: Array, u: Any, v: Any) -> Array:
    u, v = as_array(build.stored(u)), as_array(build.stored(v))
    return build.pointwise(select, condition, u, v, whole=u.whole and v.whole)


@operator("aten.masked_fill.Scalar", "aten.masked_fill.Tensor")
def _masked_fill(build: Builder, u: Array, mask: Array, value: Any) -> Array:
    return build.pointwise(lambda a, m, v: select(m, v, a), u, mask, as_array(build.stored(value)))


@operator("aten.clamp.default", "aten.clamp.Tensor")
def _clamp(build: Builder, u: Array, min: Any = None, max: Any = None) -> Array:
    low, high = (None if end is None else as_array(end) for end in (min, max))
    ends = [end for end in (low, high) if end is not None]

    def function(a: Expr, *values: Expr) -> Expr:
        found = iter(values)
        return clamped(a, next(found) if low is not None else None, next(found) if high is not None else None)

    return build.pointwise(function, u, *ends)


@operator("aten.hardtanh.default")
def _hardtanh(build: Builder, u: Array, min_val: Any = -1, max_val: Any = 1) -> Array:
    low, high = (constant(end).at(()) for end in (min_val, max_val))
    return build.pointwise(lambda a: cut_off(a, low, high), u)


ROWS["aten.clamp_min.default"] = ROWS["aten.clamp_min.Tensor"] = _clamp
ROWS["aten.clamp_max.Tensor"] = ROWS["aten.clamp_max.default"] = lambda build, u, high: _clamp(build, u, None, high)


def _never(build: Builder, u: Array) -> Array:
    # Every value of a program is finite.
    return Array(u.extents, lambda places: Integer(0), whole=True)


ROWS.update({f"aten.{name}.default": _never for name in ("isnan", "isinf")})


def _random(build: Builder, *args: Any, **kwargs: Any) -> Array:
    raise CaptureError(
        got="a random operator", wanted="a function of its inputs alone", do="call eval() on the module, or pass the draws in"
    )


for _name in (
    "native_dropout.default bernoulli.p bernoulli.default rand.default randn.default rand_like.default randn_like.default "
    "randint.low randint.default randperm.default dropout.default multinomial.default normal_functional.default"
).split():
    ROWS[f"aten.{_name}"] = _random
REFUSED.append(_random)


@operator("aten.logical_not.default", "aten.bitwise_not.default")
def _not(build: Builder, u: Array) -> Array:
    if not u.whole:
        raise CaptureError(got="a negation of real numbers", wanted="truth values", do="compare with 0 first")
    return build.pointwise(lambda a: 1 - a, u, whole=True)


@operator("aten.logical_and.default", "aten.bitwise_and.Tensor")
def _and(build: Builder, u: Array, v: Array) -> Array:
    return build.pointwise(lambda a, b: a * b, u, v, whole=True)


@operator("aten.logical_or.default", "aten.bitwise_or.Tensor")
def _or(build: Builder, u: Array, v: Array) -> Array:
    return build.pointwise(lambda a, b: a + b - a * b, u, v, whole=True)
