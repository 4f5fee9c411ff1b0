"""Rows of activations with parameters of their own."""

from __future__ import annotations

from typing import Any

from sympy import Integer, Rational, pi, sqrt

from diffcheck.capturing.arrays import Array, Builder, constant
from diffcheck.capturing.rows import operator
from diffcheck.capturing.shaping import reshaped
from diffcheck.notation.functions import (
    erf,
    expm1,
    logsigmoid,
    softplus,
    step,
    tanh,
)
from diffcheck.notation.selection import select


@operator("aten.gelu.default")
def _gelu(build: Builder, u: Array, approximate: str = "none") -> Array:
    if approximate == "tanh":
        return build.pointwise(lambda a: a / 2 * (1 + tanh(sqrt(2 / pi) * (a + Rational(44715, 1000000) * a**3))), u)
    return build.pointwise(lambda a: a / 2 * (1 + erf(a / sqrt(2))), u)


@operator("aten.elu.default")
def _elu(build: Builder, u: Array, alpha: Any = 1, scale: Any = 1, input_scale: Any = 1) -> Array:
    alpha, scale, rate = (constant(value).at(()) for value in (alpha, scale, input_scale))
    return build.pointwise(lambda a: select(a, scale * a, scale * alpha * expm1(rate * a)), u)


@operator("aten.leaky_relu.default")
def _leaky_relu(build: Builder, u: Array, negative_slope: Any = 0.01) -> Array:
    slope = constant(negative_slope).at(())
    return build.pointwise(lambda a: select(a, a, slope * a), u)


@operator("aten._prelu_kernel.default")
def _prelu_of_shape(build: Builder, u: Array, weight: Array) -> Array:
    return build.pointwise(lambda a, w: select(a, a, w * a), u, weight)


@operator("aten.prelu.default")
def _prelu(build: Builder, u: Array, weight: Array) -> Array:
    """The slopes are those of the channels, which axis 1 counts."""
    behind = (Integer(1),) * max(u.rank - 2, 0)
    return _prelu_of_shape(build, u, reshaped(weight, (*weight.extents, *behind)))


@operator("aten.softplus.default")
def _softplus(build: Builder, u: Array, beta: Any = 1, threshold: Any = 20) -> Array:
    rate, edge = constant(beta).at(()), constant(threshold).at(())
    return build.pointwise(lambda a: select(step(rate * a - edge), a, softplus(rate * a) / rate), u)


@operator("aten.threshold.default")
def _threshold(build: Builder, u: Array, threshold: Any, value: Any) -> Array:
    edge, other = constant(threshold).at(()), constant(value).at(())
    return build.pointwise(lambda a: select(a - edge, a, other), u)


@operator("aten.hardshrink.default")
def _hardshrink(build: Builder, u: Array, lambd: Any = 0.5) -> Array:
    edge = constant(lambd).at(())
    if edge == 0:
        return build.pointwise(lambda a: a, u)  # at 0 too, where a branch of its own would have another slope
    return build.pointwise(lambda a: select(a - edge, a, select(-edge - a, a, Integer(0))), u)


@operator("aten.softshrink.default")
def _softshrink(build: Builder, u: Array, lambd: Any = 0.5) -> Array:
    edge = constant(lambd).at(())
    return build.pointwise(lambda a: select(a - edge, a - edge, select(-edge - a, a + edge, Integer(0))), u)


@operator("aten.log_sigmoid_forward.default")
def _log_sigmoid_forward(build: Builder, u: Array) -> tuple[Array, ...]:
    return build.pointwise(logsigmoid, u), u
