"""A program carried out in floating point as a framework carries it out: every operation rounds to the format.

With a generator each result is rounded up or down at random, more likely to the nearer side, so that several runs show how far
rounding errors move a result (Monte Carlo arithmetic: Parker, 1997).

Values are float64 arrays that hold numbers of the format. A sum is accumulated in float64 and rounded once, and a constant has
the format that sums are made in, as formats of 16 bits are computed in a wider one. For float64 this is NumPy's own arithmetic,
at random with one more relative error of at most u in each result and in each input, which may have been rounded itself.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from sympy import Expr, Rational

from diffcheck.notation import Program, Role
from diffcheck.oracle.arithmetic import Planes
from diffcheck.oracle.error_arithmetic import float_of, matrix_product
from diffcheck.oracle.evaluation import evaluate
from diffcheck.oracle.float_functions import FLOAT_FUNCTIONS
from diffcheck.oracle.formats import FORMATS, Format
from diffcheck.oracle.points import Point, prepare


class FloatArithmetic:
    """Values of a format, without any bound: what one way to carry a program out gives."""

    def __init__(self, form: Format, generator: np.random.Generator | None = None) -> None:
        self.form, self.wide, self.generator = form, FORMATS[form.sums_in], generator

    def constant(self, value: Expr) -> Planes:
        return (rounded_to(float_of(value, self.form)[0], self.wide),)

    def add(self, *terms: Planes) -> Planes:
        value = terms[0][0]
        for term in terms[1:]:
            (value,) = self._rounded(value + term[0])
        return (value,)

    def multiply(self, *factors: Planes) -> Planes:
        value = factors[0][0]
        for factor in factors[1:]:
            (value,) = self._rounded(value * factor[0])
        return (value,)

    def divide(self, above: Planes, below: Planes) -> Planes:
        return self._rounded(above[0] / below[0])

    def power(self, base: Planes, exponent: Rational) -> Planes:
        return self._rounded(np.power(base[0], float(exponent)))

    def exponentiate(self, base: Planes, exponent: Planes) -> Planes:
        return self._rounded(np.power(base[0], exponent[0]))

    def call(self, name: str, argument: Planes) -> Planes:
        return self._rounded(FLOAT_FUNCTIONS[name].value(argument[0]))

    def total(self, terms: Planes, axes: tuple[int, ...]) -> Planes:
        return self._rounded(np.sum(terms[0], axis=axes, keepdims=True))

    def matmul(self, first: Planes, second: Planes, terms: int) -> Planes:
        return self._rounded(matrix_product(first[0], second[0]))

    def whole(self, numbers: np.ndarray) -> Planes:
        return (np.asarray(numbers, dtype=np.float64),)

    def select(self, condition: Planes, then: Planes, other: Planes) -> Planes:
        return (np.where(condition[0] > 0, then[0], other[0]),)

    def product(self, terms: Planes, axes: tuple[int, ...]) -> Planes:
        return self._rounded(np.prod(terms[0], axis=axes, keepdims=True))

    def argmax(self, terms: Planes) -> Planes:
        return (np.argmax(terms[0], axis=-1).astype(np.float64),)

    def maximum(self, terms: Planes) -> Planes:
        return (np.max(terms[0], axis=-1),)

    def places(self, value: Planes) -> tuple[np.ndarray, np.ndarray]:
        return np.rint(value[0]).astype(np.int64), np.ones(np.shape(value[0]), dtype=bool)

    def unknown(self, value: Planes, known: np.ndarray) -> Planes:
        return (np.where(known, value[0], np.nan),)

    def scatter(self, terms: Planes, where: np.ndarray, length: int) -> Planes:
        return self._rounded(np.bincount(where, weights=terms[0], minlength=length))

    def _rounded(self, value: Any) -> Planes:
        return (rounded_to(value, self.form, self.generator),)


def rounded_to(values: Any, form: Format, generator: np.random.Generator | None = None) -> np.ndarray:
    """Return float64 *values* rounded to *form*, ties to even or at random, too large ones to infinity."""
    array = np.asarray(values, dtype=np.float64)
    if form.precision == 53:
        return array if generator is None else array * (1 + form.unit * generator.uniform(-1, 1, array.shape))
    # m·2^e with 1/2 ≤ |m| < 1; the spacing is 2^(e − p), and never less than the smallest subnormal.
    exponents = np.maximum(np.frexp(array)[1] - form.precision, form.least - form.precision + 1)
    scaled = np.ldexp(array, -exponents)
    digits = np.rint(scaled) if generator is None else np.floor(scaled + generator.random(scaled.shape))
    rounded = np.ldexp(digits, exponents)
    held: np.ndarray = np.where(np.abs(rounded) > form.largest, np.copysign(math.inf, rounded), rounded)
    return held


def float_values(
    program: Program, point: Point, form: Format, generator: np.random.Generator | None = None
) -> dict[str, np.ndarray]:
    """Return every tensor of *program* at *point* as float64 arrays, carried out in *form*, rounded at random if asked to."""
    prepared = prepare(program, point)
    inputs = dict(prepared.values)
    if form.precision == 53:  # in narrower formats nothing is left of them to round
        inputs |= {name: rounded_to(inputs[name], form, generator) for name in set(inputs) - set(program.named(Role.INTEGER))}
    with np.errstate(all="ignore"):
        planes = evaluate(
            program,
            {name: (array,) for name, array in inputs.items()},
            prepared.sizes,
            FloatArithmetic(form, generator),
        )
    return {name: value[0] for name, value in planes.items()}
