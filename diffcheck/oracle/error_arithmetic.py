"""What rounding can do to a formula: a bound, carried along with the float64 value of every subexpression.

Let x be the exact value of a subexpression, v its value here and w the value that a program in the format computes. Every
operation returns v with a bound δ on |w − x|, and on |v − x| too, from the bounds of its operands. For y = f(a, …):

1. Operands that are off move the exact result by at most Σ sup|∂f/∂a|·δa over all values that a may have (mean value theorem).
2. Carrying f out adds c·u·|f| of that moved result, with the unit roundoff u; so δ = (moved + c·u·|v|)/(1 − c·u).
   c = 1 for + − ×, 2 for ÷ and √ (÷ by a number may be × by its reciprocal; √ of vector libraries is off by 1 ULP), and
   the row's units for a named function; in a format that is carried out in float32, 2 and the row's units of float32.
3. Underflow adds η = half the smallest subnormal, times the factors above 1 that may yet come.
4. A sum of m terms adds γ(m − 1)·Σ|terms| for any order of summation, γ(k) = k·u/(1 − k·u), u of the format sums are made in.
   So does a sum of k > 2 terms written out, with m = k.
5. Where the format cannot hold |v| + δ, or f has no finite slope within reach, δ is infinite. An infinite v without error, as
   of a mask, is exact.

Source: Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., sections 2.2, 3.1, 3.3 and 4.2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from sympy import Expr, Rational

from diffcheck.oracle.arithmetic import Planes
from diffcheck.oracle.balls import real_number
from diffcheck.oracle.float_functions import FLOAT_FUNCTIONS
from diffcheck.oracle.float_rows import FUNCTION_UNITS
from diffcheck.oracle.formats import FORMATS, Format
from diffcheck.oracle.precision import working_precision
from diffcheck.oracle.ulp import round_value


class ErrorArithmetic:
    """Float64 values beside their error bounds; without *rounding*, operations are exact and pass input errors on."""

    def __init__(self, form: Format, *, rounding: bool = True) -> None:
        sums_in = FORMATS[form.sums_in]
        self.form = form
        # A condition number is a derivative: what a branch or a step would jump to is no part of it.
        self.jumps = rounding
        self.unit = form.unit if rounding else 0.0
        self.sum_unit = sums_in.unit if rounding else 0.0
        # In float64 half of the smallest subnormal is 0, and the bound itself underflows where the values do.
        self.lost = 0.0 if not rounding else 4 * form.tiny if form.precision == 53 else form.tiny / 2
        self.rounded_once = float(sums_in is not form)
        self.largest = form.largest if rounding else FORMATS["float64"].largest
        # w lies within δ of x, and so within 2δ of v, which in a wider format than w is much nearer to x.
        self.reach = 2.0 if rounding and form.precision == 53 else 1.0 + 2.0**-20

    def constant(self, value: Expr) -> Planes:
        if value.is_infinite:
            return np.array(math.inf if value.is_extended_positive else -math.inf), np.array(0.0)
        number, held = float_of(value, self.form)
        units = 0.0 if held else 1.0 if value.is_Rational else self._function_units(FUNCTION_UNITS)
        return self._made(np.array(number), np.array(0.0), units)

    def add(self, *terms: Planes) -> Planes:
        value, moved = terms[0]
        if len(terms) == 2:
            return _sure(self._made(value + terms[1][0], moved + terms[1][1], 1.0, lost=0.0), terms)
        size = np.abs(value)
        for other, error in terms[1:]:
            value, moved, size = value + other, moved + error, size + np.abs(other)
        return _sure(self._made(value, moved + _gamma(len(terms) - 1, self.unit) * (size + 2 * moved), 0.0), terms)

    def multiply(self, *factors: Planes) -> Planes:
        scale, rest = _exact_scale(factors)
        value, moved = rest[0]
        grown = _grown(rest[0])
        for factor in rest[1:]:
            moved = np.abs(value) * factor[1] + moved * (np.abs(factor[0]) + 3 * factor[1])
            value, grown = value * factor[0], grown * _grown(factor)
        rounds = len(rest) - 1
        lost = rounds * self.lost * grown * abs(scale)
        value, error = self._made(scale * value, abs(scale) * moved, float(rounds), lost=lost)
        return _sure((value, np.where(_has_zero(rest), 0.0, error)), factors)

    def divide(self, above: Planes, below: Planes) -> Planes:
        value = above[0] / below[0]
        least = np.abs(below[0]) - self.reach * below[1]
        moved = (above[1] + (np.abs(above[0]) + above[1]) / least * below[1]) / least
        value, error = self._made(value, np.where(least > 0, moved, np.inf), 2.0)
        return value, np.where(_endless(below) & np.isfinite(above[0]) & np.isfinite(above[1]), 0.0, error)

    def power(self, base: Planes, exponent: Rational) -> Planes:
        order = float(exponent)
        value = np.power(base[0], order)
        spread = self.reach * base[1]
        size = np.abs(base[0]) + spread if order >= 1 else np.abs(base[0]) - spread
        slope = np.where(size >= 0, abs(order) * np.power(np.maximum(size, 0), order - 1), np.inf)
        if not exponent.is_Integer:
            slope = np.where(base[0] >= spread, slope, np.inf)
        units = {0.5: 2.0, 2.0: 1.0}.get(order, max(abs(order) - 1, self._function_units(FUNCTION_UNITS)))
        moved = _times(slope, base[1])
        if order < -1:  # carried out as 1/x^|order|, which has to fit too
            moved = np.where(np.power(np.abs(base[0]) + spread, -order) <= self.largest, moved, np.inf)
        return self._made(value, moved, units)

    def exponentiate(self, base: Planes, exponent: Planes) -> Planes:
        value = np.power(base[0], exponent[0])
        low, high = base[0] - self.reach * base[1], base[0] + self.reach * base[1]
        orders = exponent[0] - self.reach * exponent[1], exponent[0] + self.reach * exponent[1]
        logs = np.log(np.maximum(low, 0)), np.log(high)
        largest = np.exp(np.maximum.reduce([log * order for log in logs for order in orders]))
        by_base = largest * np.maximum(*np.abs(orders)) / low
        by_exponent = largest * np.maximum(*np.abs(logs))
        moved = _times(by_base, base[1]) + _times(by_exponent, exponent[1])
        still = (base[1] == 0) & (exponent[1] == 0)
        return self._made(value, np.where((low > 0) | still, moved, np.inf), self._function_units(FUNCTION_UNITS))

    def call(self, name: str, argument: Planes) -> Planes:
        row = FLOAT_FUNCTIONS[name]
        value, error = argument
        low, high = value - self.reach * error, value + self.reach * error
        moved = _times(row.steepest(low, high), error)
        if row.jump is not None and self.jumps:
            moved = moved + row.jump(low, high) * (error > 0)
        units = self._function_units(row.units) if row.units else 0.0
        if row.size is not None:
            moved, units = moved + units * self.unit * row.size(value), 1.0
        return _sure(self._made(row.value(value), moved, units), [argument])

    def total(self, terms: Planes, axes: tuple[int, ...]) -> Planes:
        length = math.prod(terms[0].shape[axis] for axis in axes)
        value, size, moved = (np.sum(plane, axis=axes, keepdims=True) for plane in (terms[0], np.abs(terms[0]), terms[1]))
        return self._summed(value, size, moved, _gamma(length - 1, self.sum_unit))

    def matmul(self, first: Planes, second: Planes, terms: int) -> Planes:
        sizes = np.abs(first[0]), np.abs(second[0])
        value, size = matrix_product(first[0], second[0]), matrix_product(*sizes)
        moved = matrix_product(sizes[0], second[1]) + matrix_product(first[1], sizes[1] + 3 * second[1])
        rounding = _gamma(terms - 1, self.sum_unit)
        rounding = rounding + self.unit * (1 + rounding)
        lost = self.lost * matrix_product(_grown(first), _grown(second)) if self.lost else 0.0
        return self._summed(value, size, moved + lost, rounding)

    def whole(self, numbers: np.ndarray) -> Planes:
        return np.asarray(numbers, dtype=np.float64), np.zeros(np.shape(numbers))

    def select(self, condition: Planes, then: Planes, other: Planes) -> Planes:
        sign, spread = condition[0], self.reach * condition[1]
        taken = sign > 0
        value, error = np.where(taken, then[0], other[0]), np.where(taken, then[1], other[1])
        either = np.maximum(then[1], other[1]) + np.abs(then[0] - other[0])
        known = np.where(taken, sign - spread > 0, sign + spread <= 0) if self.jumps else True
        return value, np.where(known, error, either)

    def product(self, terms: Planes, axes: tuple[int, ...]) -> Planes:
        last = tuple(np.moveaxis(plane, axes, range(-len(axes), 0)) for plane in terms)
        rows = tuple(plane.reshape(*plane.shape[: -len(axes)], -1) for plane in last)
        value = self.multiply(*(tuple(plane[..., place] for plane in rows) for place in range(rows[0].shape[-1])))
        return tuple(np.expand_dims(plane, tuple(sorted(axes))) for plane in value)

    def argmax(self, terms: Planes) -> Planes:
        value, spread = terms[0], self.reach * terms[1]
        best = np.argmax(value, axis=-1)
        lead = np.take_along_axis(value - spread, best[..., None], axis=-1)
        rival = (value + spread > lead) & self.jumps
        np.put_along_axis(rival, best[..., None], False, axis=-1)
        return best.astype(np.float64), np.where(rival.any(axis=-1), np.inf, 0.0)

    def maximum(self, terms: Planes) -> Planes:
        return np.max(terms[0], axis=-1), np.max(terms[1], axis=-1)

    def places(self, value: Planes) -> tuple[np.ndarray, np.ndarray]:
        known = value[1] < 0.5  # the value is whole, and so is the nearest whole number to something so near
        return np.where(known, np.rint(value[0]), 0).astype(np.int64), known

    def unknown(self, value: Planes, known: np.ndarray) -> Planes:
        return value[0], np.where(known, value[1], np.inf)

    def scatter(self, terms: Planes, where: np.ndarray, length: int) -> Planes:
        value, size, moved, count = (
            np.bincount(where, weights=weights, minlength=length)
            for weights in (terms[0], np.abs(terms[0]), terms[1], np.ones(len(where)))
        )
        return self._summed(value, size, moved, _gamma(np.maximum(count - 1, 0), self.sum_unit))

    def _summed(self, value: Any, size: Any, moved: Any, rounding: Any) -> Planes:
        greatest = size + 2 * moved
        made = self._made(value, moved + rounding * greatest, self.rounded_once)
        return made[0], np.where(greatest <= self.largest_sum, made[1], np.inf)

    @property
    def largest_sum(self) -> float:
        """The largest finite value of the format that sums are made in."""
        return max(self.largest, FORMATS[self.form.sums_in].largest)

    def _function_units(self, units: float) -> float:
        """Return *units* of the format that functions are carried out in, with two roundings to a narrower one."""
        return 2.0 + units * self.sum_unit / self.unit if self.unit and self.rounded_once else units

    def _made(self, value: Any, moved: Any, units: float, lost: Any = None) -> Planes:
        """Return *value* with the bound of point 2, and that of point 3 where *lost* does not say otherwise."""
        share = units * self.unit
        error = (moved + share * np.abs(value)) / (1 - share) + ((self.lost if share else 0.0) if lost is None else lost)
        return value, np.where(np.abs(value) + error <= self.largest, error, np.inf)


def _sure(made: Planes, operands: Sequence[Planes]) -> Planes:
    """Return *made* without error where it is infinite because an operand is, and not because it is too large."""
    endless: Any = False
    for operand in operands:
        endless = endless | _endless(operand)
    return made[0], np.where(np.isinf(made[0]) & endless, 0.0, made[1])


def _endless(plane: Planes) -> Any:
    """Say where *plane* is exactly infinite, as a mask is."""
    return np.isinf(plane[0]) & (plane[1] == 0)


def _times(slope: Any, error: Any) -> Any:
    """Return slope·error, and 0 for no error whatever the slope."""
    return np.where(error == 0, 0.0, slope * error)


def _exact_scale(factors: tuple[Planes, ...]) -> tuple[float, list[Planes]]:
    """Return the product of the constants ±1, ±2, ±4 …, which multiply without rounding, and the other factors."""
    exact = [factor for factor in factors[:-1] if np.ndim(factor[0]) == 0 and not factor[1] and _is_shift(float(factor[0]))]
    scale = math.prod(float(factor[0]) for factor in exact)
    return scale, [factor for factor in factors if not any(factor is other for other in exact)]


def _has_zero(factors: list[Planes]) -> Any:
    """Say where one of *factors* is certainly 0, and so their product."""
    zero: Any = False
    for value, error in factors:
        zero = zero | ((value == 0) & (error == 0))
    return zero


def _is_shift(number: float) -> bool:
    return 1 <= abs(number) < math.inf and abs(math.frexp(number)[0]) == 0.5


def _grown(plane: Planes) -> Any:
    """Return max(1, |w|): by what a factor can enlarge an error made before it."""
    return np.maximum(1.0, np.abs(plane[0]) + plane[1])


def _gamma(depth: Any, unit: float) -> Any:
    """Return γ(k) = k·u/(1 − k·u), infinite from k·u = 1 on."""
    share = np.asarray(depth * unit)
    return np.where(share < 1, share / np.where(share < 1, 1 - share, 1.0), np.inf)


def matrix_product(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return Σ_k first[b,i,k]·second[b,k,j]."""
    # Not matmul: its threads cost more than they save at these sizes when the cores are busy.
    product: np.ndarray = np.einsum("bik,bkj->bij", first, second)
    return product


def float_of(value: Expr, form: Format) -> tuple[float, bool]:
    """Return *value* to float64, and whether *form* holds it exactly."""
    if not value.is_Rational:
        with working_precision(128):
            return float(real_number(value).mid()), False
    exact = Fraction(int(value.p), int(value.q))
    try:
        number = float(exact)
    except OverflowError:
        return math.inf if exact > 0 else -math.inf, False
    rounded = round_value(number, form)
    return number, math.isfinite(rounded) and Fraction(rounded) == exact
