"""What the values of a function itself say of its derivative at a point where the formula of that says nothing.

Where it has a value on no side, it has no derivative either, whatever a formula gives: log x has none below 0, though 1/x has;
x·log y at x = 0 and y < 0 is 0 by a branch for x = 0 alone. Where it has one value only, its derivative is 0: of 0ʸ by y > 0,
of which the formula 0ʸ·log 0 is no number.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from diffcheck.notation import Program
from diffcheck.oracle.limits import NEAR, at, beside

# Most points have a value nearby, which few bits show; what has none there is asked again, so near that nothing lies between.
# Beside large numbers that is asked alone: all of those that 320 bits hold are whole, and a power may exist at these alone.
_ROUNDS = ((64, 320), (NEAR, 5 * NEAR + 500))
_LARGE = 2.0**52


def valueless(program: Program, point: Mapping[str, np.ndarray], moving: Collection[str], mixed: int) -> np.ndarray:
    """Say for each element of *point* whether the one output of *program* is no real number on any side, as *moving* move.

    With two of them *mixed* more sides are tried. At an infinity there is nothing to tell, and the answer is no.
    """
    (output,) = program.outputs
    places = np.flatnonzero(np.all([np.isfinite(value) for value in point.values()], axis=0))
    large = np.any([np.abs(point[name]) > _LARGE for name in moving], axis=0)
    for turn, (power, bits) in enumerate(_ROUNDS):
        asked = places[~large[places]] if turn == 0 else places
        if not len(asked):
            continue
        here = {name: value[asked] for name, value in point.items()}
        lacking = np.ones(len(asked), dtype=bool)
        for side in beside(program, here, power, bits, mixed=mixed, moving=moving):
            lacking &= np.array([not ball.is_finite() for ball in side[output]])
        places = np.setdiff1d(places, asked[~lacking])
    found = np.zeros(len(next(iter(point.values()))), dtype=bool)
    found[places] = True
    return found


def constant(program: Program, point: Mapping[str, np.ndarray], moving: Collection[str]) -> np.ndarray:
    """Say for each element of *point* whether the one output of *program* has one exact value there and as *moving* move."""
    (output,) = program.outputs
    here = at(program, point, _ROUNDS[0][1])[output]
    found = np.array([ball.is_exact() and ball.is_finite() for ball in here], dtype=bool)
    for side in beside(program, point, *_ROUNDS[0], moving=moving):
        found &= np.array([bool(ball.is_exact() and ball == one) for ball, one in zip(side[output], here, strict=True)])
    return found
