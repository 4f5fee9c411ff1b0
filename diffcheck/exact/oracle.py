"""The exact values of a program at a point, certified: the precision rises until every element rounds uniquely."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from flint import arb, ctx

from diffcheck.derivation import Gradient
from diffcheck.exact.balls import BallArithmetic, balls
from diffcheck.exact.evaluation import evaluate
from diffcheck.exact.formats import Format, format_of
from diffcheck.exact.points import Point, Prepared, prepare
from diffcheck.exact.ulp import enclosing
from diffcheck.notation import Program

_FIRST, _LAST = 128, 16384


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
        """Return float64 arrays of the values rounded to *dtype*, ties to even."""
        form = format_of(dtype)
        return {name: _rounded(array, form) for name, array in self.arrays.items()}


def _rounded(array: np.ndarray, form: Format) -> np.ndarray:
    flat = [enclosing(ball.mid(), form)[0] for ball in array.ravel()]
    return np.array(flat, dtype=np.float64).reshape(array.shape)


def exact(program: Program | Gradient, point: Point, *, dtype: object = "float64") -> Values:
    """Return balls around the exact outputs at *point*, each so narrow that it rounds to one value of *dtype*.

    The values of *point* (tensors, arrays, numbers) are taken as the exact rationals that they are. For a `Gradient` the result
    is named by *wrt*, else by the outputs. An element whose ball still straddles two values of *dtype* at 16,384 bits, an exact
    tie, is returned with that ball: it holds the exact value, and both neighbours are correct roundings of it.
    """
    form = format_of(dtype)
    plain = program.program if isinstance(program, Gradient) else program
    names = program.adjoints if isinstance(program, Gradient) else {name: name for name in plain.outputs}
    prepared = prepare(plain, point)
    precision = _FIRST
    while True:
        with working_precision(precision):
            found = _evaluated(plain, prepared)
            arrays = {name: found[output] for name, output in names.items()}
            settled = all(_settled(ball, form) for array in arrays.values() for ball in array.ravel())
        if settled or precision >= _LAST:
            return Values(arrays, precision)
        precision *= 2


def _evaluated(program: Program, prepared: Prepared) -> dict[str, np.ndarray]:
    inputs = {name: balls(array) for name, array in prepared.values.items()}
    planes = evaluate(program, inputs, prepared.sizes, BallArithmetic())
    return {name: value[0] for name, value in planes.items()}


def _settled(ball: arb, form: Format) -> bool:
    low, high = enclosing(ball, form)
    return low == high


@contextmanager
def working_precision(bits: int) -> Iterator[None]:
    """Evaluate balls with *bits* of precision; the precision before is restored."""
    before = ctx.prec
    ctx.prec = bits
    try:
        yield
    finally:
        ctx.prec = before
