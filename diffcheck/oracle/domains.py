"""Whether a value does not exist, or was not found: a ball that reaches over the edge of a domain tells neither.

log of a ball that lies below 0 has no value; log of a ball that holds 0 may have one, which more bits would find.
"""

from __future__ import annotations

import numpy as np
from flint import arb
from sympy import Rational

from diffcheck.oracle.arithmetic import Planes
from diffcheck.oracle.balls import BallArithmetic

_ENDS = (-1, 1)
_EDGES = {"log": (0,), "log1p": (-1,), "asin": _ENDS, "acos": _ENDS, "acosh": (1,), "atanh": _ENDS, "erfinv": _ENDS}
_POLES_BELOW_ONE = ("lgamma", "digamma", "polygamma_")


class WatchedBalls(BallArithmetic):
    """Ball arithmetic that remembers, in *unsure*, whether an operand ever reached over the edge of its domain."""

    def __init__(self) -> None:
        self.unsure = False

    def divide(self, above: Planes, below: Planes) -> Planes:
        self._watch_zero(below[0])
        return super().divide(above, below)

    def power(self, base: Planes, exponent: Rational) -> Planes:
        if not exponent.is_Integer:
            self._watch_edge(base[0], 0)
        if exponent < 0:
            self._watch_zero(base[0])
        return super().power(base, exponent)

    def exponentiate(self, base: Planes, exponent: Planes) -> Planes:
        self._watch_edge(base[0], 0)
        return super().exponentiate(base, exponent)

    def call(self, name: str, argument: Planes) -> Planes:
        for edge in _EDGES.get(name, ()):
            self._watch_edge(argument[0], edge)
        if name.startswith(_POLES_BELOW_ONE):
            self._watch_poles(argument[0])
        return super().call(name, argument)

    def unknown(self, value: Planes, known: np.ndarray) -> Planes:
        self.unsure = True
        return super().unknown(value, known)

    def _watch_poles(self, array: np.ndarray) -> None:
        over = (ball.contains_integer() and ball < 1 and not ball.is_exact() for ball in array.flat)
        self.unsure = self.unsure or any(over)

    def _watch_zero(self, array: np.ndarray) -> None:
        self._watch_edge(array, 0)

    def _watch_edge(self, array: np.ndarray, edge: int) -> None:
        over = (ball.contains(edge) and not ball.is_exact() and not ball.is_nan() for ball in array.flat)
        self.unsure = self.unsure or any(over)


def not_found(array: np.ndarray) -> np.ndarray:
    """Return *array* with the ball of all real numbers in the place of every NaN."""
    made = array.copy()
    for place, ball in np.ndenumerate(array):
        made[place] = arb(0, float("inf")) if ball.is_nan() else ball
    return made
