"""Ball arithmetic (Arb, in python-flint): every number is a midpoint ± radius that certainly holds the exact value."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, reduce

import numpy as np
from flint import arb, arb_mat, fmpq
from sympy import Expr, Rational

from diffcheck.errors import UnsupportedExpression
from diffcheck.notation.selection import select
from diffcheck.oracle.arithmetic import Planes
from diffcheck.oracle.named_balls import NAMED_BALLS


def _sigmoid(u: arb) -> arb:
    # e^u/(1 + e^u) for negative u: e^−u may be too large for the precision, e^u never is.
    if u < 0:
        small = u.exp()
        return small / (1 + small)
    return 1 / (1 + (-u).exp())


def _softplus(u: arb) -> arb:
    # log(1 + e^u) = u + log(1 + e^−u): the second form for large u keeps both the ball and the exponent small.
    return u + (-u).exp().log1p() if u > 0 else u.exp().log1p()


def _logsigmoid(u: arb) -> arb:
    return -_softplus(-u)


def _by_sign(below: int, at: int, above: int, u: arb) -> arb:
    """Return a constant by the sign of *u*, and the ball around all three where the sign is not known yet."""
    if u > 0:
        return arb(above)
    if u < 0:
        return arb(below)
    if u.is_zero():
        return arb(at)
    return u if u.is_nan() else arb(below).union(arb(above))


def _select(condition: arb, then: arb, other: arb) -> arb:
    """Return the branch that *condition* takes, and the ball around both where its sign is not known yet."""
    if condition > 0:
        return then
    if condition <= 0:
        return other
    return condition if condition.is_nan() else then.union(other)


def _largest(row: list[arb]) -> arb:
    """Return the place of the largest ball, the first of several, or the ball around all places that it may have."""
    bar = max(ball.lower() for ball in row) if not any(ball.is_nan() for ball in row) else arb.nan()
    possible = [place for place, ball in enumerate(row) if not ball < bar]
    first = possible[0]
    if len(possible) == 1 or all(row[place] <= row[first] for place in possible):
        return arb(first)
    return arb(first).union(arb(possible[-1]))


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
    "logsigmoid": _logsigmoid,
    "expm1": arb.expm1,
    "log1p": arb.log1p,
    "erf": arb.erf,
    "relu": _relu,
    "absolute": abs,
    "step": partial(_by_sign, 0, 0, 1),
    "sign": partial(_by_sign, -1, 0, 1),
    **NAMED_BALLS,
}
_UNIVERSAL = {name: np.frompyfunc(function, 1, 1) for name, function in BALL_FUNCTIONS.items()}
_kept = np.frompyfunc(lambda ball, known: ball if known else arb.nan(), 2, 1)
_chosen = np.frompyfunc(_select, 3, 1)
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
        return (_as_array(real_number(value)),)

    def add(self, *terms: Planes) -> Planes:
        return (_as_array(reduce(np.add, (term[0] for term in terms))),)

    def multiply(self, *factors: Planes) -> Planes:
        return (_as_array(reduce(np.multiply, (factor[0] for factor in factors))),)

    def divide(self, above: Planes, below: Planes) -> Planes:
        return (_as_array(above[0] / below[0]),)

    def power(self, base: Planes, exponent: Rational) -> Planes:
        return (_as_array(np.frompyfunc(partial(_rational_power, int(exponent.p), int(exponent.q)), 1, 1)(base[0])),)

    def exponentiate(self, base: Planes, exponent: Planes) -> Planes:
        return (_as_array(np.frompyfunc(_real_power, 2, 1)(base[0], exponent[0])),)

    def call(self, name: str, argument: Planes) -> Planes:
        return (_as_array(_UNIVERSAL[name](argument[0])),)

    def total(self, terms: Planes, axes: tuple[int, ...]) -> Planes:
        return (_as_array(np.add.reduce(terms[0], axis=axes, keepdims=True)),)

    def whole(self, numbers: np.ndarray) -> Planes:
        return balls(np.asarray(numbers, dtype=np.float64))

    def select(self, condition: Planes, then: Planes, other: Planes) -> Planes:
        return (_as_array(_chosen(condition[0], then[0], other[0])),)

    def product(self, terms: Planes, axes: tuple[int, ...]) -> Planes:
        return (_as_array(np.multiply.reduce(terms[0], axis=axes, keepdims=True)),)

    def argmax(self, terms: Planes) -> Planes:
        rows = terms[0].reshape(-1, terms[0].shape[-1])
        return (_array_of([_largest(row) for row in rows.tolist()]).reshape(terms[0].shape[:-1]),)

    def maximum(self, terms: Planes) -> Planes:
        return (_as_array(np.frompyfunc(arb.max, 2, 1).reduce(terms[0], axis=-1)),)

    def places(self, value: Planes) -> tuple[np.ndarray, np.ndarray]:
        found = [ball.unique_fmpz() for ball in value[0].flat]  # the value is whole, so a ball around one integer tells it
        numbers = np.array([0 if number is None else int(number) for number in found], dtype=np.int64)
        known = np.array([number is not None for number in found], dtype=bool)
        return numbers.reshape(value[0].shape), known.reshape(value[0].shape)

    def unknown(self, value: Planes, known: np.ndarray) -> Planes:
        return (_as_array(_kept(value[0], known)),)

    def scatter(self, terms: Planes, where: np.ndarray, length: int) -> Planes:
        sums = [arb(0)] * length
        for place, term in zip(where.tolist(), terms[0].tolist(), strict=True):
            sums[place] += term
        return (_array_of(sums),)

    def matmul(self, first: Planes, second: Planes, terms: int) -> Planes:
        left, right = first[0], second[0]
        product = np.empty((left.shape[0], left.shape[1], right.shape[2]), dtype=object)
        for batch in range(left.shape[0]):
            entries = (_matrix(left[batch]) * _matrix(right[batch])).entries()
            product[batch] = np.reshape(_array_of(entries), product.shape[1:])
        return (product,)


def _real_power(ball: arb, exponent: arb) -> arb:
    return arb(0) if ball.is_zero() and exponent > 0 else ball**exponent


def _rational_power(above: int, below: int, ball: arb) -> arb:
    """Return ball^(above/below), the root first, so that a base of exactly 0 has its power 0."""
    if below == 1:
        return _integer_power(above, ball)
    if ball.is_zero():
        return ball if above > 0 else arb.nan()
    if below == 2:
        return _integer_power(above, ball.sqrt()) if above > 0 else _integer_power(-above, ball.rsqrt())
    return ball ** arb(fmpq(above, below))


def _integer_power(exponent: int, ball: arb) -> arb:
    if exponent < 0:
        return 1 / _integer_power(-exponent, ball)
    # Arb's power of an inexact ball around exactly 0 is NaN (python-flint 0.9).
    return ball**exponent if ball.mid() != 0 else reduce(arb.__mul__, [ball] * exponent)


def _matrix(values: np.ndarray) -> arb_mat:
    return arb_mat(values.shape[0], values.shape[1], values.ravel().tolist())


def _array_of(entries: list[arb]) -> np.ndarray:
    array = np.empty(len(entries), dtype=object)
    array[:] = entries
    return array


def real_number(value: Expr) -> arb:
    """Return a ball around an exact constant such as 1/3, π, √2 or exp(1/3)."""
    if value.is_Rational:
        return arb(fmpq(int(value.p), int(value.q)))
    if value.is_infinite:
        return arb("inf") if value.is_extended_positive else arb("-inf")
    name = str(value)
    if name == "pi":
        return arb.pi()
    if name == "E":
        return arb.const_e()
    parts = [real_number(part) for part in value.args]
    if value.is_Add:
        return sum(parts[1:], parts[0])
    if value.is_Mul:
        return reduce(arb.__mul__, parts)
    if value.is_Pow:
        exponent = value.exp
        return _rational_power(int(exponent.p), int(exponent.q), parts[0]) if exponent.is_Rational else parts[0] ** parts[1]
    if isinstance(value, select):
        return parts[1] if parts[0] > 0 else parts[2]
    if type(value).__name__ in BALL_FUNCTIONS:
        return BALL_FUNCTIONS[type(value).__name__](parts[0])
    raise UnsupportedExpression(got=name, wanted="a constant of the named functions", do="write it as a rational number")
