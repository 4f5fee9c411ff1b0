"""Ball arithmetic: every number is an interval midpoint ± radius that certainly holds the exact value (Arb, in python-flint)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from flint import arb, arb_mat, fmpq
from sympy import Expr, Rational

from diffcheck.errors import UnsupportedExpression
from diffcheck.exact.evaluation import Planes


def _sigmoid(u: arb) -> arb:
    return 1 / (1 + (-u).exp())


def _softplus(u: arb) -> arb:
    # log(1 + e^u) = u + log(1 + e^−u): the second form for large u keeps both the ball and the exponent small.
    return u + (-u).exp().log1p() if u > 0 else u.exp().log1p()


def _by_sign(below: float, at: float, above: float, u: arb) -> arb:
    """Return a constant by the sign of *u*; a ball that straddles 0 has no value until the precision rises."""
    if u > 0:
        return arb(above)
    if u < 0:
        return arb(below)
    return arb(at) if u.is_zero() else arb.nan()


def _relu(u: arb) -> arb:
    return u if u > 0 else arb(0) if u < 0 or u.is_zero() else u.union(arb(0)).nonnegative_part()


BALL_FUNCTIONS: dict[str, Callable[[arb], arb]] = {
    "exp": arb.exp,
    "log": arb.log,
    "sin": arb.sin,
    "cos": arb.cos,
    "sinh": arb.sinh,
    "cosh": arb.cosh,
    "tanh": arb.tanh,
    "sech": arb.sech,
    "sigmoid": _sigmoid,
    "softplus": _softplus,
    "logsigmoid": lambda u: -_softplus(-u),
    "expm1": arb.expm1,
    "log1p": arb.log1p,
    "erf": arb.erf,
    "relu": _relu,
    "absolute": abs,
    "step": partial(_by_sign, 0.0, 0.0, 1.0),
    "sign": partial(_by_sign, -1.0, 0.0, 1.0),
}
_UNIVERSAL = {name: np.frompyfunc(function, 1, 1) for name, function in BALL_FUNCTIONS.items()}
_to_ball = np.frompyfunc(arb, 1, 1)


def balls(values: np.ndarray) -> Planes:
    """Return the exact balls of float64 *values*."""
    return (_as_array(_to_ball(values)),)


def _as_array(value: object) -> np.ndarray:
    # NumPy hands back a bare object where an array without axes went in.
    if isinstance(value, np.ndarray):
        return value
    array = np.empty((), dtype=object)
    array[()] = value
    return array


class BallArithmetic:
    """The arithmetic of balls at the working precision of python-flint's context."""

    def constant(self, value: Expr) -> Planes:
        if value.is_Rational:
            return (_as_array(arb(fmpq(int(value.p), int(value.q)))),)
        return (_as_array(_real_number(value)),)

    def add(self, first: Planes, second: Planes) -> Planes:
        return (_as_array(first[0] + second[0]),)

    def multiply(self, first: Planes, second: Planes) -> Planes:
        return (_as_array(first[0] * second[0]),)

    def divide(self, first: Planes, second: Planes) -> Planes:
        return (_as_array(first[0] / second[0]),)

    def power(self, base: Planes, exponent: Rational) -> Planes:
        if exponent == Rational(1, 2):
            return (_as_array(np.frompyfunc(arb.sqrt, 1, 1)(base[0])),)
        if exponent.is_Integer:
            return (_as_array(np.frompyfunc(partial(_integer_power, int(exponent)), 1, 1)(base[0])),)
        power = arb(fmpq(int(exponent.p), int(exponent.q)))
        return (_as_array(np.frompyfunc(lambda ball: ball**power, 1, 1)(base[0])),)

    def call(self, name: str, argument: Planes) -> Planes:
        return (_as_array(_UNIVERSAL[name](argument[0])),)

    def total(self, terms: Planes, axes: tuple[int, ...]) -> Planes:
        return (_as_array(np.add.reduce(terms[0], axis=axes, keepdims=True)),)

    def matmul(self, first: Planes, second: Planes) -> Planes:
        left, right = first[0], second[0]
        product = np.empty((left.shape[0], left.shape[1], right.shape[2]), dtype=object)
        for batch in range(left.shape[0]):
            product[batch] = np.reshape(_array_of((_matrix(left[batch]) * _matrix(right[batch])).entries()), product.shape[1:])
        return (product,)


def _integer_power(exponent: int, ball: arb) -> arb:
    return ball**exponent if exponent >= 0 else 1 / ball**-exponent


def _matrix(values: np.ndarray) -> arb_mat:
    return arb_mat(values.shape[0], values.shape[1], values.ravel().tolist())


def _array_of(entries: list[arb]) -> np.ndarray:
    array = np.empty(len(entries), dtype=object)
    array[:] = entries
    return array


def _real_number(value: Expr) -> arb:
    """Return a ball around an exact constant such as π, √2 or exp(1/3)."""
    if value.is_Rational:
        return arb(fmpq(int(value.p), int(value.q)))
    name = str(value)
    if name == "pi":
        return arb.pi()
    if name == "E":
        return arb.const_e()
    parts = [_real_number(part) for part in value.args]
    if value.is_Add:
        return sum(parts[1:], parts[0])
    if value.is_Mul:
        product = parts[0]
        for part in parts[1:]:
            product = product * part
        return product
    if value.is_Pow:
        return parts[0].sqrt() if value.exp == Rational(1, 2) else parts[0] ** parts[1]
    if type(value).__name__ in BALL_FUNCTIONS:
        return BALL_FUNCTIONS[type(value).__name__](parts[0])
    raise UnsupportedExpression(got=name, wanted="a constant of the named functions", do="write it as a rational number")
