"""How far rounding at random moves a result, for elements of which no finite bound holds.

The bound of an element is that of the worst case. In formats of few digits that may be infinite where errors are small: a
variance, say, which the worst of all roundings would make 0. Then the textbook formula is carried out `RUNS` times in the
format, each result rounded up or down at random, and with e_k the error of run k

    envelope = `SAFETY`·max_k |e_k|.

It is no proof, so an element inside it is no better than lossy, one outside stays undecided, and an envelope that is wider than
the largest exact element of its tensor says nothing. A factor common to all elements is seen by their scale.
"""

from __future__ import annotations

import numpy as np

from diffcheck.notation import Program
from diffcheck.oracle import Format, Point, Values, float_values

RUNS = 8
SAFETY = 8.0


def envelopes(textbook: Program, point: Point, values: Values, form: Format) -> dict[str, np.ndarray]:
    """Return the envelope of every element by name, infinite where it says nothing; *values* are the exact ones."""
    exact = {name: array.astype(np.float64) for name, array in values.items()}
    generator = np.random.default_rng(0)
    farthest = {name: np.zeros_like(array) for name, array in exact.items()}
    for _ in range(RUNS):
        made = float_values(textbook, point, form, generator)
        for (name, true), output in zip(exact.items(), textbook.outputs, strict=True):
            farthest[name] = np.maximum(farthest[name], np.abs(made[output] - true))
    return {name: _telling(SAFETY * array, exact[name]) for name, array in farthest.items()}


def _telling(envelope: np.ndarray, exact: np.ndarray) -> np.ndarray:
    largest = np.max(np.abs(exact), initial=0.0)
    return np.where(envelope <= largest, envelope, np.inf)
