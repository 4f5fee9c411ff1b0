"""Looking for inputs at which the two sides of an audit certainly differ, small ones first, and making those found simpler.

Two values differ if their balls are disjoint. A point counts only if both functions, run there, compute what their programs
say, and if it lies on no kink of the loss: there the gradient jumps, and any subgradient is right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import torch
from flint import arb

from diffcheck.auditing.constants import is_long
from diffcheck.auditing.proof import Counterexample
from diffcheck.auditing.sides import Sides, resized
from diffcheck.errors import DiffcheckError
from diffcheck.notation import Program
from diffcheck.oracle import bounds, prepare, working_precision
from diffcheck.oracle.balls import BallArithmetic, balls
from diffcheck.oracle.evaluation import evaluate

Values = Mapping[str, torch.Tensor]

AGREEING_POINTS = 20
_BITS = 256
_AGREEING_BITS = 1000
_ROUNDING = 2.0**-48  # what a constant that float64 cannot hold makes of a right function
_ROUNDINGS = 16.0  # a constant is off by no more than an operation is, but several may be
_SIMPLE = (0.0, 1.0, -1.0, 2.0, 0.5)
_SCALES = (_SIMPLE, (0.0, 1.0, -1.0), (-3.0, -0.5, 0.25, 1.5, 5.0, 30.0, -30.0))
_NEAR = 2.0**-30
_JUMP = 2.0**-10
_TRIES = 6
_MOST_SIZES = 12
_MOST_DRAWN = 2 * AGREEING_POINTS


@dataclass
class Agreement:
    """At how many random points the two sides agree, differ, and have no values both; *counterexample*, if one shows it."""

    agreed: int = 0
    apart: int = 0
    nowhere: int = 0
    counterexample: Counterexample | None = None

    def __str__(self) -> str:
        tried = self.agreed + self.apart + self.nowhere
        if self.agreed >= AGREEING_POINTS:
            return f"the two agree at {self.agreed} random points to 1000 bits"
        parts = [f"the two agree at {self.agreed} of {tried} random points to 1000 bits"]
        parts += [f"at {self.apart} they differ by what roundings or a kink explain"] * bool(self.apart)
        parts += [f"at {self.nowhere} one side has no value"] * bool(self.nowhere)
        return ", ".join(parts)


@dataclass
class Search:
    """The search for a counterexample to *sides*; *rounded* says that one was found that a rounded constant explains."""

    sides: Sides
    rounded: bool = False
    generator: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def counterexample(self) -> Counterexample | None:
        """Return the simplest counterexample found."""
        for values in self._points():
            found = self.difference(values)
            if found is not None and self._counts(values):
                return self._simpler(found)
        return None

    def _points(self) -> Iterator[Values]:
        for lengths in self._lengths():
            for turn in range(_TRIES):
                yield resized(self.sides, lengths, partial(self._draw, numbers=_SCALES[turn % len(_SCALES)]))
            yield resized(self.sides, lengths, self._eighths)
        yield self.sides.inputs

    def _lengths(self) -> Iterator[dict[str, int]]:
        names = sorted({axis for axes in self.sides.sizes.values() for axis in axes if axis is not None})
        choices = sorted(product((1, 2, 3), repeat=len(names)), key=lambda sizes: (sum(sizes), sizes))
        for sizes in choices[:_MOST_SIZES]:
            yield dict(zip(names, sizes, strict=True))

    def _draw(self, name: str, shape: tuple[int, ...], numbers: tuple[float, ...]) -> np.ndarray:
        given = self.sides.inputs[name]
        if given.is_floating_point():
            return self.generator.choice(numbers, shape)
        return self.generator.choice(np.unique(given.numpy()), shape)

    def _eighths(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        if not self.sides.inputs[name].is_floating_point():
            return self._draw(name, shape, ())
        return self.generator.integers(-24, 25, shape) / 8.0

    def agreement(self) -> Agreement:
        """Return how the two sides compare at random points, at 1000 bits: as many as give values to both, or all tried."""
        found = Agreement()
        for turn in range(_MOST_DRAWN):
            values = resized(self.sides, self._larger(), self._eighths if turn % 2 else self._positive)
            pairs = self._pairs(values, _AGREEING_BITS)
            if not pairs or not all(exact.is_finite() and got.is_finite() for *_, exact, got in pairs):
                found.nowhere += 1
            elif all(exact.overlaps(got) for *_, exact, got in pairs):
                found.agreed += 1
            elif (clear := self.difference(values)) is not None and self._counts(values):
                found.counterexample = self._simpler(clear)
                break
            else:
                found.apart += 1
            if found.agreed + found.apart == AGREEING_POINTS:
                break
        return found

    def _larger(self) -> dict[str, int]:
        """Return small random extents; where inputs tell places, none below those of the inputs, within which they lie."""
        lengths = {
            axis: length
            for name, axes in self.sides.sizes.items()
            for axis, length in zip(axes, self.sides.inputs[name].shape, strict=True)
            if axis is not None
        }
        places = any(not value.is_floating_point() for value in self.sides.inputs.values())
        return {
            axis: int(self.generator.integers(length, length + 2) if places else self.generator.integers(2, 5))
            for axis, length in sorted(lengths.items())
        }

    def _positive(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        if not self.sides.inputs[name].is_floating_point():
            return self._draw(name, shape, ())
        return self.generator.integers(1, 25, shape) / 8.0

    def difference(self, values: Values) -> Counterexample | None:
        """Return where the two sides certainly differ at *values*."""
        for name, index, exact, got in self._pairs(values, _BITS):
            if exact.is_finite() and got.is_finite() and not exact.overlaps(got):
                if not abs(exact - got) > self._explained(values, name, index) + _ROUNDING * (abs(exact) + abs(got)):
                    self.rounded = True
                    continue
                return Counterexample(dict(values), name, index, exact, got)
        return None

    def _explained(self, values: Values, name: str, index: tuple[int, ...]) -> float:
        """Return by how much constants that were rounded may move an element: as much as some roundings of float64 would."""
        programs = {
            self.sides.gradient.adjoints[name]: self.sides.gradient.program,
            self.sides.outputs[name]: self.sides.program,
        }
        long = any(map(is_long, programs.values()))
        try:
            found = (
                [bounds(each, self.sides.point(each, values)).rounding[out][index] for out, each in programs.items()]
                if long
                else []
            )
        except DiffcheckError:
            return 0.0
        return _ROUNDINGS * float(sum(found))

    def _pairs(self, values: Values, bits: int) -> list[tuple[str, tuple[int, ...], arb, arb]]:
        """Return every element of the gradient with the two balls around it; none where a program has no value."""
        try:
            with working_precision(bits):
                exact = self._evaluated(self.sides.gradient.program, values)
                got = self._evaluated(self.sides.program, values)
        except DiffcheckError:
            return []
        found = []
        for name, adjoint in self.sides.gradient.adjoints.items():
            mine, theirs = exact[adjoint], got[self.sides.outputs[name]]
            if mine.shape != theirs.shape:
                return []
            found += [
                (name, tuple(index), mine[(*index, ...)].item(), theirs[(*index, ...)].item())
                for index in np.ndindex(mine.shape)
            ]
        return found

    def _evaluated(self, program: Program, values: Values) -> dict[str, Any]:
        prepared = prepare(program, self.sides.point(program, values))
        inputs = {name: balls(array) for name, array in prepared.values.items()}
        planes = evaluate(program, inputs, prepared.sizes, BallArithmetic())
        return {name: planes[name][0] for name in program.outputs}

    def _counts(self, values: Values) -> bool:
        return self._smooth(values) and self.sides.runs_as_stated(values)

    def _smooth(self, values: Values) -> bool:
        """Say whether the gradient is nearly the same on both sides of *values* as there: no kink of the loss is near."""
        here = self._pairs(values, _BITS)
        for sign in (1.0, -1.0):
            moved = {name: self._moved(value, sign) for name, value in values.items()}
            beside = self._pairs(moved, _BITS)
            for (*_, exact, _), (*_, other, _) in zip(here, beside, strict=False):
                if not abs(exact - other) < _JUMP * (1 + abs(exact)):
                    return False
            if len(beside) < len(here):
                return False
        return True

    def _moved(self, value: torch.Tensor, sign: float) -> torch.Tensor:
        if not value.is_floating_point():
            return value
        places = torch.arange(value.numel(), dtype=torch.float64).reshape(value.shape) + 1
        return value + sign * _NEAR * places

    def _simpler(self, found: Counterexample) -> Counterexample:
        """Return *found* with each number replaced by the first simple one that leaves it a counterexample."""
        for name in found.inputs:
            if not found.inputs[name].is_floating_point():
                continue
            for place in range(min(found.inputs[name].numel(), 40)):
                for number in _SIMPLE:
                    if found.inputs[name].reshape(-1)[place] == number:
                        break
                    values = dict(found.inputs)
                    values[name] = values[name].clone().contiguous()
                    values[name].view(-1)[place] = number
                    simpler = self.difference(values)
                    if simpler is not None and self._counts(values):
                        found = simpler
                        break
        return found
