"""The points that a function is tried at: small whole ones first, which a person can check by hand, then random ones.

A program need not have a value everywhere, and points at which it has none say nothing. So random points are drawn from
several ranges, until enough of them have a value: of either sign, positive, below 1, and of every size up to a thousand,
with no whole numbers among them. Functions that round, cut off or are right at small whole numbers only are found out there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice, product

import numpy as np

from diffcheck.derivation import Gradient
from diffcheck.errors import PointError
from diffcheck.notation import Program
from diffcheck.oracle.extents import extent_value
from diffcheck.problems import to_torch
from diffcheck.verification.comparison import Truth, truth_of

Arrays = Mapping[str, np.ndarray]
Trial = tuple[Arrays, Truth]
Draw = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]

ENOUGH = 8
MOST = 64

_SMALL = (1.0, 2.0, 0.0, 3.0, -1.0)
_RANGES: tuple[Draw, ...] = (
    lambda rng, shape: rng.normal(size=shape),
    lambda rng, shape: np.exp(rng.normal(size=shape)),
    lambda rng, shape: rng.uniform(-1, 1, size=shape),
    lambda rng, shape: np.exp(rng.uniform(-7, 7, size=shape)),
    lambda rng, shape: rng.uniform(10, 40, size=shape),
    lambda rng, shape: rng.uniform(-40, 40, size=shape),
)


def plain(program: Program | Gradient) -> Program:
    """Return the program that evaluates *program*."""
    return program.program if isinstance(program, Gradient) else program


def small_trials(program: Program | Gradient) -> Iterator[Trial]:
    """Return the small points at which *program* has a value, with the exact values."""
    return _valued(program, _small_points(plain(program)))


@lru_cache(maxsize=64)
def random_trials(program: Program | Gradient) -> tuple[Trial, ...]:
    """Return `ENOUGH` random points at which *program* has a value, or fewer where so many were not found among `MOST`.

    Points at which the program's own formula overflows are left out too: a function that is spelt alike does so there.
    """
    valued = _valued(program, _random_points(plain(program)))
    return tuple(islice((trial for trial in valued if _bounded(trial[1])), ENOUGH))


def _bounded(truth: Truth) -> bool:
    return all(np.isfinite(limit).all() for limit in truth.limits.rounding.values())


def _valued(program: Program | Gradient, points: Iterable[Arrays]) -> Iterator[Trial]:
    for point in points:
        try:
            truth = truth_of(program, to_torch(point))
        except PointError:
            continue  # sizes too small for this program
        if all(ball.is_finite() for array in truth.values.values() for ball in array.flat):
            yield point, truth


def _small_points(program: Program) -> Iterator[Arrays]:
    """Return points with axes of one and of two elements, each tensor counting up from a small whole number."""
    count = len(program.inputs)
    starts = list(product(_SMALL[:3], repeat=count)) if count <= 3 else _drawn_starts(count)
    for size in (1, 2):
        shapes = _shapes(program, {str(symbol): size for symbol in program.sizes})
        for values in starts:
            yield {
                name: np.arange(np.prod(shape)).reshape(shape) + value
                for (name, shape), value in zip(shapes.items(), values, strict=True)
            }


def _drawn_starts(count: int) -> list[tuple[float, ...]]:
    rng = np.random.default_rng(0)
    drawn = [tuple(map(float, rng.choice(_SMALL, size=count))) for _ in range(12)]
    return sorted(drawn, key=lambda values: sum(map(abs, values)))


def _random_points(program: Program) -> Iterator[Arrays]:
    """Return points of each range in turn, twice over, then ones that mix the ranges."""
    rng = np.random.default_rng(0)
    shapes = _shapes(program, {str(size): 3 + place for place, size in enumerate(program.sizes)})
    turns = 2 * len(_RANGES)
    for turn in range(MOST):
        mixed = rng.integers(len(_RANGES), size=len(shapes))
        chosen = [turn % len(_RANGES)] * len(shapes) if turn < turns else mixed
        yield {name: _fixed(_RANGES[place](rng, shape)) for place, (name, shape) in zip(chosen, shapes.items(), strict=True)}


def _fixed(values: np.ndarray) -> np.ndarray:
    """Return *values* in memory that nobody can write to: the points are kept for the next function."""
    array = np.asarray(values)
    array.setflags(write=False)
    return array


def _shapes(program: Program, sizes: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    return {tensor.name: tuple(extent_value(extent, sizes) for extent in tensor.extents) for tensor in program.inputs}
