"""The one-sided limits of a program's values at a point: where they differ, the point is a kink or an edge of the domain.

Every real input x_i moves by ε·s_i·|x_i|, or by ε·s_i where it is 0, with the s_i drawn once for each side: all above 0, all
below, and mixed, of several sizes, so that ties are broken both ways. ε = 2^−1200, and 2^−2400 to see what a value tends to:
one that still grows is taken to be infinite, one that still shrinks to be 0; where that is slow, 2^−4800 shows whether it is
a power of ε. ε is far below the smallest number of float64.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from flint import arb

from diffcheck.notation import Program, Role
from diffcheck.oracle.balls import BallArithmetic, balls
from diffcheck.oracle.evaluation import evaluate
from diffcheck.oracle.points import Point, Prepared, prepare
from diffcheck.oracle.precision import working_precision

NEAR = 1200
_MIXED = 6  # sides beside all above and all below
_SAME = 2.0**-64
_POWER = 2.0**-20
_SIZES = 8
_SIGNS = ((1, 1), (-1, -1), (1, -1), (-1, 1))  # of every first and every second input: ties of two are broken both ways


@dataclass(frozen=True)
class Limits:
    """The least and the greatest of the limits of every element: balls, ±∞, or NaN where no side has a value.

    *partial* says where some sides had none and others did, if that was asked for.
    """

    low: np.ndarray
    high: np.ndarray
    partial: np.ndarray | None = None

    @property
    def ends(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the least and the greatest."""
        return self.low, self.high

    def scaled(self, factor: float) -> Limits:
        """Return the limits of *factor* times the values."""
        ends = [np.asarray(end * arb(factor), dtype=object) for end in (self.low, self.high)]
        return Limits(*(ends if factor > 0 else reversed(ends)))

    def differ(self, index: tuple[int, ...]) -> bool:
        """Say whether the sides differ at the element *index*, by more than so near a value moves where there is no kink."""
        low, high = self.low[index], self.high[index]  # an element, () of an array without axes included
        if not (low.is_finite() and high.is_finite()):
            return bool(low < high)
        return bool(high - low > _SAME * (abs(low) + abs(high)))


def limits(
    program: Program,
    point: Point,
    *,
    near: int = NEAR,
    mixed: int = _MIXED,
    moving: Collection[str] | None = None,
    where: Program | None = None,
) -> dict[str, Limits]:
    """Return the one-sided limits of the outputs of *program* at *point*, as *moving* move: by default parameters and data.

    Cotangents and whole numbers stay as they are. ε = 2^−*near* must be far below the smallest number of the point's format,
    and *mixed* sides are tried, of which a function of one number, element by element, needs none. A side counts only where the
    one output of *where* is a real number too, element by element: 1/x has a limit at 0 from below, and log x has none.
    Raises what `exact` raises for a point that does not fit.
    """
    prepared = prepare(program, point)
    within = None if where is None else prepare(where, {tensor.name: point[tensor.name] for tensor in where.inputs})
    found: dict[str, list[np.ndarray]] = {name: [] for name in program.outputs}
    lacking: list[np.ndarray] = []
    with working_precision(5 * near + 500):
        for signs in _sides(program, prepared, mixed, moving):
            sides = _side(program, prepared, signs, near)
            if where is not None and within is not None:
                own = {name: sign for name, sign in signs.items() if name in within.values}
                lacking.append(_nothing(_values(where, within, own, near)))
                for side in sides.values():
                    side[lacking[-1]] = arb.nan()
            for name, side in sides.items():
                found[name].append(side)
        partial = np.any(lacking, axis=0) & ~np.all(lacking, axis=0) if lacking else None
        return {name: replace(_ends(sides), partial=partial) for name, sides in found.items()}


def beside(
    program: Program, point: Point, power: int, bits: int, *, mixed: int = 0, moving: Collection[str] | None = None
) -> Iterator[dict[str, np.ndarray]]:
    """Yield the values of the outputs at ε = 2^−*power* from *point*, on the sides that `limits` tries, in *bits*."""
    prepared = prepare(program, point)
    with working_precision(bits):
        for signs in _sides(program, prepared, mixed, moving):
            yield _values(program, prepared, signs, power)


def at(program: Program, point: Point, bits: int) -> dict[str, np.ndarray]:
    """Return the values of the outputs at *point* itself, in *bits*."""
    with working_precision(bits):
        return _values(program, prepare(program, point), {}, 0)


def _moving(program: Program) -> tuple[str, ...]:
    return tuple(tensor.name for tensor in program.inputs if tensor.role in (Role.PARAMETER, Role.DATA))


def _sides(
    program: Program, prepared: Prepared, mixed: int, moving: Collection[str] | None
) -> Iterator[Mapping[str, np.ndarray]]:
    """Yield how far each input moves: all up, all down, every second one up, the others up, and then at random."""
    generator = np.random.default_rng(0)
    shapes = {name: prepared.values[name].shape for name in (_moving(program) if moving is None else moving)}
    several = len(shapes) > 1 and mixed > 0
    for turn in range((len(_SIGNS) if several else 2) + mixed):
        sizes = {name: generator.integers(1, _SIZES, shape) for name, shape in shapes.items()}
        for place, (name, shape) in enumerate(shapes.items()):
            fixed = turn < 2 or (several and turn < len(_SIGNS))
            sizes[name] = sizes[name] * (_SIGNS[turn][place % 2] if fixed else generator.choice((-1, 1), shape))
        yield sizes


def _values(program: Program, prepared: Prepared, signs: Mapping[str, np.ndarray], power: int) -> dict[str, np.ndarray]:
    near = arb(2) ** -power
    inputs = {}
    for name, array in prepared.values.items():
        (given,) = balls(array)
        if name in signs:
            size, sign = balls(np.where(array == 0, 1.0, np.abs(array)))[0], balls(signs[name].astype(np.float64))[0]
            given = given + size * sign * near
        inputs[name] = (given if isinstance(given, np.ndarray) else _as_array(given),)
    planes = evaluate(program, inputs, prepared.sizes, BallArithmetic())
    return {name: planes[name][0] for name in program.outputs}


def _side(program: Program, prepared: Prepared, signs: Mapping[str, np.ndarray], near: int) -> dict[str, np.ndarray]:
    """Return what the outputs tend to on one side; ε = 2^−4·*near* is tried only where two steps do not tell."""
    sooner, later = (_values(program, prepared, signs, power) for power in (near, 2 * near))
    found = {name: _applied(_tending, sooner[name], later[name]) for name in program.outputs}
    untold = {name: _applied(_untold, found[name], sooner[name], later[name]).astype(bool) for name in program.outputs}
    if any(where.any() for where in untold.values()):
        latest = _values(program, prepared, signs, 4 * near)
        for name, where in untold.items():
            found[name][where] = _applied(_by_power, sooner[name], later[name], latest[name])[where]
    return found


def _as_array(ball: arb) -> np.ndarray:
    array = np.empty((), dtype=object)
    array[()] = ball
    return array


def _nothing(values: Mapping[str, np.ndarray]) -> np.ndarray:
    (only,) = values.values()
    return np.array([not ball.is_finite() for ball in only.ravel()], dtype=bool).reshape(only.shape)


def _applied(function: Any, *arrays: np.ndarray) -> np.ndarray:
    return _as_objects(np.frompyfunc(function, len(arrays), 1)(*arrays))


def _tending(near: arb, nearer: arb) -> arb:
    if not (near.is_finite() and nearer.is_finite()):
        return arb.nan()
    if abs(nearer - near) <= _SAME * abs(nearer) or nearer.is_zero():
        return nearer
    if abs(nearer) > abs(near):
        # A slope of 1 + ε·c tends to 1 as fast as ε does; what still grows by a half has no end.
        return arb.nan() if 2 * abs(nearer) < 3 * abs(near) else arb("inf") if nearer > 0 else arb("-inf")
    return arb(0) if 3 * abs(nearer) < 2 * abs(near) else arb.nan()  # x^(10⁻¹⁶) tends to 0 too slowly to tell so


def _untold(limit: arb, near: arb, nearer: arb) -> bool:
    return bool(limit.is_nan() and near.is_finite() and nearer.is_finite())


def _by_power(near: arb, nearer: arb, nearest: arb) -> arb:
    """Return the limit of c·εᵃ, however small a is: with each step its logarithm moves by twice as much as before."""
    if not (nearest.is_finite() and (near * nearer > 0) and (nearer * nearest > 0)):
        return arb.nan()
    first, second = (nearer / near).log(), (nearest / nearer).log()
    if first.contains(0) or not abs(second - 2 * first) <= _POWER * abs(first):
        return arb.nan()
    return arb(0) if first < 0 else arb("inf") if nearest > 0 else arb("-inf")


def _ends(sides: list[np.ndarray]) -> Limits:
    """Return the least and the greatest limit; where there are others between, the sides tried are a few of many.

    Then the ends lie farther out, as those of x/√(x² + y²) at the origin do, and half of what was seen is added to both.
    """
    low, high = _outermost(sides, arb.min), _outermost(sides, arb.max)
    for place in range(low.size):
        least, most = low.flat[place], high.flat[place]
        slack = _SAME * (abs(least) + abs(most))
        if any(least + slack < side.flat[place] < most - slack for side in sides):
            more = (most - least) / 2
            low.flat[place], high.flat[place] = least - more, most + more
    return Limits(low, high)


def _outermost(sides: list[np.ndarray], chosen: Any) -> np.ndarray:
    """Return the least or the greatest of all sides, element by element, without those that have no value."""
    pick = np.frompyfunc(lambda a, b: b if a.is_nan() else a if b.is_nan() else chosen(a, b), 2, 1)
    found = sides[0]
    for side in sides[1:]:
        found = _as_objects(pick(found, side))
    return found


def _as_objects(value: Any) -> np.ndarray:
    return value if isinstance(value, np.ndarray) else _as_array(value)
