"""What rounding can do to a formula: a first-order bound, carried along with the float64 value of every subexpression.

With u the unit roundoff and δv the error that an operand v carries, each operation y = f(v, …) gives

    δy = Σ |∂f/∂v|·δv + c·u·|y| + η

where c = 1 for + − × ÷ √, which IEEE 754 rounds correctly, c = 4 for the elementary functions (2 ULP; the vector libraries in use
promise 1), and η is the smallest subnormal (float64 cannot hold its half), lost where results underflow. A sum of m terms adds d(m)·u·Σ|terms|, where
d(m) = min(m − 1, 16 + log2 m) is the depth of pairwise summation whose leaves are blocks of 128 terms in 8 lanes (NumPy's and
PyTorch's); u is that of the accumulator, and one rounding to the format follows. A value that the format cannot hold has an
infinite bound. Source: Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., chapters 3 and 4.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sympy import Expr, Rational

from diffcheck.derivation import Gradient
from diffcheck.exact.evaluation import Planes, evaluate
from diffcheck.exact.float_functions import FLOAT_FUNCTIONS
from diffcheck.exact.formats import FORMATS, Format, format_of
from diffcheck.exact.points import Point, prepare
from diffcheck.exact.ulp import round_value
from diffcheck.notation import Program

_FUNCTION_UNITS = 4.0


@dataclass(frozen=True)
class ErrorArithmetic:
    """Float64 values beside their error bounds; with *rounding* off, operations are exact and only input errors are passed on."""

    form: Format
    rounding: bool = True

    def _made(self, value: np.ndarray, passed: np.ndarray, units: float) -> Planes:
        if self.rounding:
            passed = passed + (units * self.form.unit) * np.abs(value) + (self.form.tiny if units else 0.0)
        return value, np.where(np.abs(value) <= self.form.largest, passed, np.inf)

    def constant(self, value: Expr) -> Planes:
        number = float(value)
        held = value.is_Rational and Rational(round_value(number, self.form)) == value
        return self._made(np.array(number), np.array(0.0), 0.0 if held else 1.0)

    def add(self, first: Planes, second: Planes) -> Planes:
        return self._made(first[0] + second[0], first[1] + second[1], 1.0)

    def multiply(self, first: Planes, second: Planes) -> Planes:
        passed = np.abs(first[0]) * second[1] + first[1] * np.abs(second[0])
        return self._made(first[0] * second[0], passed, 1.0)

    def divide(self, first: Planes, second: Planes) -> Planes:
        value = first[0] / second[0]
        return self._made(value, (first[1] + np.abs(value) * second[1]) / np.abs(second[0]), 1.0)

    def power(self, base: Planes, exponent: Rational) -> Planes:
        order = float(exponent)
        value = base[0] ** order
        units = max(1.0, abs(order) - 1.0) if exponent.is_Integer else _FUNCTION_UNITS
        slope = np.abs(order * base[0] ** (order - 1.0))
        return self._made(value, slope * base[1], 1.0 if order == 0.5 else units)

    def call(self, name: str, argument: Planes) -> Planes:
        row = FLOAT_FUNCTIONS[name]
        return self._made(row.value(argument[0]), np.abs(row.slope(argument[0])) * argument[1], _FUNCTION_UNITS)

    def total(self, terms: Planes, axes: tuple[int, ...]) -> Planes:
        length = math.prod(terms[0].shape[axis] for axis in axes)
        value = np.sum(terms[0], axis=axes, keepdims=True)
        size = np.sum(np.abs(terms[0]), axis=axes, keepdims=True)
        passed = np.sum(terms[1], axis=axes, keepdims=True)
        return self._made(value, passed + self._summing(length) * size, 1.0)

    def matmul(self, first: Planes, second: Planes) -> Planes:
        sizes = np.abs(first[0]), np.abs(second[0])
        passed = sizes[0] @ second[1] + first[1] @ sizes[1]
        length = first[0].shape[-1]
        products = (self.form.unit if self.rounding else 0.0) + self._summing(length)
        return self._made(first[0] @ second[0], passed + products * (sizes[0] @ sizes[1]) + self._lost(length), 1.0)

    def _summing(self, length: int) -> float:
        depth = min(length - 1, 16 + math.log2(length))
        return depth * FORMATS[self.form.sums_in].unit if self.rounding else 0.0

    def _lost(self, length: int) -> float:
        return length * self.form.tiny if self.rounding else 0.0


@dataclass(frozen=True)
class Bounds:
    """Error bounds by name: of the textbook formula in the format, and of the best that any algorithm could promise."""

    rounding: Mapping[str, np.ndarray]
    conditioning: Mapping[str, np.ndarray]


def bounds(gradient: Gradient | Program, point: Point, *, dtype: object = "float64") -> Bounds:
    """Return, for every output element, the rounding bound and the conditioning of *gradient* at *point* in *dtype*.

    The rounding bound is that of the textbook formulas, inputs taken as exact. The conditioning is what half an ULP in every
    input alone would do to the result, plus half an ULP of the result.
    """
    form = format_of(dtype)
    program = gradient.textbook if isinstance(gradient, Gradient) else gradient
    names = gradient.wrt if isinstance(gradient, Gradient) else program.outputs
    prepared = prepare(program, point)
    with np.errstate(all="ignore"):
        still = {name: (array, np.zeros_like(array)) for name, array in prepared.values.items()}
        moved = {name: (array, form.unit * np.abs(array)) for name, array in prepared.values.items()}
        rounding = evaluate(program, still, prepared.sizes, ErrorArithmetic(form))
        passed = evaluate(program, moved, prepared.sizes, ErrorArithmetic(form, rounding=False))
    return Bounds(
        {name: _closed(rounding[output][1]) for name, output in zip(names, program.outputs, strict=True)},
        {name: _closed(_at_best(passed[output], form)) for name, output in zip(names, program.outputs, strict=True)},
    )


def _at_best(value: Planes, form: Format) -> np.ndarray:
    result: np.ndarray = value[1] + form.unit * np.abs(value[0]) + form.tiny
    return result


def _closed(bound: np.ndarray) -> np.ndarray:
    """Return *bound* with NaN (infinity times zero on the way) as infinity: nothing is promised there."""
    return np.where(np.isnan(bound), np.inf, bound)
