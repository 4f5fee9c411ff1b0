"""Derivatives that are right to some ULP, and wrong in known ways, made from exact values: what a judge must tell apart.

Which is which is known without the judge: from how they were made, and from the exact derivative at the neighbouring values.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from flint import arb

from diffcheck.atlas.deriving import Derivative
from diffcheck.oracle import Format
from diffcheck.verification.verdict import Kind

STEPS = (-7, -4, -1, 0, 1, 4, 7)
MOST_ULP = 8
OFF = 2e-3
_DETERMINED = 1e-4
_LEAST = 2.0**-1000  # so that no neighbour of it, nor of what is made of it, is subnormal
_HUGE = 2.0**1000  # beyond, what is a little more is infinite


@dataclass(frozen=True)
class Plant:
    """A way to make a derivative of the exact one: *right* or not, and as which of *kinds* an error of it is to be named."""

    name: str
    made: Callable[[np.ndarray], np.ndarray]
    right: bool = False
    kinds: tuple[Kind, ...] = ()
    of_zero: bool = False


def _shifted(steps: int) -> Callable[[np.ndarray], np.ndarray]:
    def made(exact: np.ndarray) -> np.ndarray:
        for _ in range(abs(steps)):
            exact = np.nextafter(exact, np.copysign(np.inf, steps))
        return exact

    return made


def _filled(value: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda exact: np.full_like(exact, value)


PLANTS = (
    *(Plant(f"{steps:+d} ULP" if steps else "nearest", _shifted(steps), right=True, of_zero=True) for steps in STEPS),
    Plant(f"times {1 + OFF}", lambda exact: exact * (1 + OFF), kinds=(Kind.NONE,)),
    Plant(f"times {1 - OFF}", lambda exact: exact * (1 - OFF), kinds=(Kind.NONE,)),
    Plant("0", _filled(0.0), kinds=(Kind.SPURIOUS_ZERO,)),
    Plant("negated", np.negative, kinds=(Kind.WRONG_SIGN,)),
    Plant("NaN", _filled(np.nan), kinds=(Kind.SPURIOUS_NAN,), of_zero=True),
    Plant("inf", _filled(np.inf), kinds=(Kind.SPURIOUS_INFINITY, Kind.OVERFLOW), of_zero=True),
    Plant("-inf", _filled(-np.inf), kinds=(Kind.SPURIOUS_INFINITY, Kind.OVERFLOW, Kind.WRONG_SIGN), of_zero=True),
)


@dataclass(frozen=True)
class Truth:
    """A derivative exactly, the nearest float64 numbers, and why points are left out: "" where the truth is clear."""

    exact: np.ndarray
    nearest: np.ndarray
    exempt: np.ndarray

    def planted(self, plant: Plant, made: np.ndarray) -> np.ndarray:
        """Say at which points what was *made* is what *plant* says: at clear ones, and not at 0 where it needs another number.

        What is right is within 8 ULP: above a power of 2 seven steps may be fourteen of those below it.
        """
        clear: np.ndarray = self.exempt == ""
        if plant.right:
            clear &= np.array([_within(*each) for each in zip(made, self.exact, self.nearest, strict=True)])
        elif not plant.of_zero:
            clear &= self.nearest != 0
        return clear


def truth(derivative: Derivative, values: Mapping[str, np.ndarray], form: Format) -> Truth:
    """Return what *derivative* is at *values*, in float64.

    Left out is what has no finite value, or one so small that an ULP of it may be more than a thousandth; and what its argument
    does not determine: where the exact derivative at a neighbouring argument is another one by more than a ten-thousandth.
    """
    exact = derivative.exact(derivative.point(values), form)
    nearest, exempt = _nearest(exact), np.full(exact.shape, "", dtype=object)
    for name, line in values.items():
        for way in (-np.inf, np.inf):
            moved = derivative.exact(derivative.point({**values, name: np.nextafter(line, way)}), form)
            exempt[[not _near(*pair) for pair in zip(exact, moved, strict=True)]] = "the argument does not determine it"
    exempt[(np.abs(nearest) < _LEAST) & (nearest != 0)] = "nearly subnormal"
    exempt[np.abs(nearest) > _HUGE] = "near the largest number"
    exempt[np.isnan(nearest)] = "no finite value"
    return Truth(exact, nearest, exempt)


def _nearest(exact: np.ndarray) -> np.ndarray:
    return np.array([float(ball.mid()) if ball.is_finite() else np.nan for ball in exact])


def _within(made: float, exact: arb, nearest: float) -> bool:
    return bool(exact.is_finite() and abs(arb(made) - exact) <= MOST_ULP * arb(math.ulp(nearest)))


def _near(exact: arb, moved: arb) -> bool:
    return bool(exact.is_finite() and moved.is_finite() and abs(exact - moved) <= _DETERMINED * abs(exact))
