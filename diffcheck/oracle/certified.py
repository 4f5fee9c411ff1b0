"""The exact values of a program at a point, certified: the precision rises until every element rounds uniquely."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from flint import arb

from diffcheck.derivation import Gradient
from diffcheck.errors import PointError
from diffcheck.notation import Program
from diffcheck.oracle.balls import BallArithmetic, balls
from diffcheck.oracle.domains import WatchedBalls, not_found
from diffcheck.oracle.evaluation import evaluate
from diffcheck.oracle.formats import Format, format_of
from diffcheck.oracle.points import Point, Prepared, prepare
from diffcheck.oracle.precision import working_precision
from diffcheck.oracle.ulp import decided, enclosing, ends, is_infinite

# The last holds any sum of products of three float64 numbers exactly, whatever their magnitudes.
_PRECISIONS = (128, 512, 2048, 8192)
_TIE_BITS = 1024


@dataclass(frozen=True)
class Values(Mapping[str, np.ndarray]):
    """Arrays of balls by name, and the precision in bits at which they settled."""

    arrays: Mapping[str, np.ndarray]
    precision: int

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __len__(self) -> int:
        return len(self.arrays)

    def rounded(self, dtype: object = "float64") -> dict[str, np.ndarray]:
        """Return float64 arrays of the values rounded to *dtype*, ties to even, NaN where the value is not known so far."""
        form = format_of(dtype)
        return {name: _rounded(array, form) for name, array in self.arrays.items()}


def _rounded(array: np.ndarray, form: Format) -> np.ndarray:
    flat = [_nearest(ball, form) for ball in array.ravel()]
    return np.array(flat, dtype=np.float64).reshape(array.shape)


def _nearest(ball: arb, form: Format) -> float:
    low, high = enclosing(ball, form)
    if low == high:
        return high  # not −0 for a ball around 0
    return enclosing(ball.mid(), form)[0] if decided(ball, form) else math.nan


def exact(program: Program | Gradient, point: Point, *, dtype: object = "float64") -> Values:
    """Return balls around the exact outputs at *point*, each so narrow that it rounds to one value of *dtype*.

    The values of *point* (tensors, arrays, numbers) are taken as the exact rationals that they are. For a `Gradient` the result
    is named by *wrt*, else by the outputs. Three kinds of elements stay without a unique rounding. An exact tie: its ball, of
    1,024 bits or more, holds the exact value, and both neighbours are correct roundings of it. A value that hangs on the sign
    of something which 8,192 bits do not tell from 0: its ball reaches over both branches, or over all numbers where one of them
    has no value. A value that does not exist: NaN.
    """
    form = format_of(dtype)
    plain = program.program if isinstance(program, Gradient) else program
    if not isinstance(plain, Program):
        raise PointError(
            got=f"a {type(program).__name__} to evaluate", wanted="a Program or a Gradient", do="make one with dc.parse(text)"
        )
    names = program.adjoints if isinstance(program, Gradient) else {name: name for name in plain.outputs}
    prepared = prepare(plain, point)
    for precision in _PRECISIONS[:-1]:
        arrays, settled = _attempt(plain, prepared, names, precision, form)
        if settled:
            return Values(arrays, precision)
    arrays = _attempt(plain, prepared, names, _PRECISIONS[-1], form)[0]
    if any(ball.is_nan() for array in arrays.values() for ball in array.flat) and _unsure(plain, prepared):
        arrays = {name: not_found(array) for name, array in arrays.items()}
    return Values(arrays, _PRECISIONS[-1])


def exact_pointwise(program: Program, point: Mapping[str, np.ndarray], *, dtype: object = "float64") -> dict[str, np.ndarray]:
    """Return what `exact` does, where each element of the outputs depends on the same element of the inputs alone.

    All have the shape (n,). The precision rises for those elements alone that do not round uniquely yet: where one of many
    thousands is a pole, or a tie, the others do not wait for it.
    """
    form = format_of(dtype)
    left = np.arange(len(next(iter(point.values()))))
    arrays = {name: np.empty(len(left), dtype=object) for name in program.outputs}
    for precision in _PRECISIONS:
        prepared = prepare(program, {name: value[left] for name, value in point.items()})
        with working_precision(precision):
            found = _evaluated(program, prepared, BallArithmetic())
            for name in program.outputs:
                arrays[name][left] = found[name]
            settled = np.array([[_settled(ball, form) for ball in found[name]] for name in program.outputs])
        left = left[~settled.all(axis=0)]
        if not len(left):
            return arrays
    missing = np.array([place for place in left if any(arrays[name][place].is_nan() for name in program.outputs)], dtype=int)
    return _not_found(program, point, arrays, missing)


def _not_found(
    program: Program, point: Mapping[str, np.ndarray], arrays: dict[str, np.ndarray], missing: np.ndarray
) -> dict[str, np.ndarray]:
    """Return *arrays* with all numbers at those places of *missing* where a value may be there that was not found."""
    if not len(missing) or not _unsure(program, prepare(program, {name: value[missing] for name, value in point.items()})):
        return arrays
    if len(missing) > 1:
        for half in np.array_split(missing, 2):
            _not_found(program, point, arrays, half)
        return arrays
    for array in arrays.values():
        array[missing] = not_found(array[missing])
    return arrays


def _unsure(program: Program, prepared: Prepared) -> bool:
    with working_precision(_PRECISIONS[-1]):
        watched = WatchedBalls()
        _evaluated(program, prepared, watched)
    return watched.unsure


def _attempt(
    program: Program, prepared: Prepared, names: Mapping[str, str], precision: int, form: Format
) -> tuple[dict[str, np.ndarray], bool]:
    with working_precision(precision):
        found = _evaluated(program, prepared, BallArithmetic())
        arrays = {name: found[output] for name, output in names.items()}
        return arrays, all(_settled(ball, form) for array in arrays.values() for ball in array.flat)


def _evaluated(program: Program, prepared: Prepared, arithmetic: BallArithmetic) -> dict[str, np.ndarray]:
    inputs = {name: balls(array) for name, array in prepared.values.items()}
    planes = evaluate(program, inputs, prepared.sizes, arithmetic)
    return {name: value[0] for name, value in planes.items()}


def _settled(ball: arb, form: Format) -> bool:
    if not ball.is_finite():
        return is_infinite(ball)
    low, high = ends(ball, form)
    return low == high or ball.rel_accuracy_bits() >= _TIE_BITS
