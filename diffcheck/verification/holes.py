"""Points for which a function has a branch of their own: the derivative is that of what lies beside them, not of the branch.

    f(x) = (exp(x) − 1)/x  where x ≠ 0, else 1

has the derivative ½ at 0, and its branch there, a constant, 0. A point is such a hole where all sides have one slope, and the
point another, though the function does not jump; where it does there is no derivative, and the branch is as good as any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb

from diffcheck.derivation import Gradient
from diffcheck.notation import Program
from diffcheck.notation.functions import FUNCTIONS
from diffcheck.notation.selection import select
from diffcheck.oracle import Point
from diffcheck.oracle.limits import Limits, at, beside, limits
from diffcheck.verification.values import as_floats

_BRANCHES = (select, *(FUNCTIONS[name].symbol for name in ("step", "sign", "absolute", "relu", "floor")))
_NEAR, _BITS = 200, 900
_SAME, _JUMP = 2.0**-30, 2.0**-100
_MIXED = 2
_APART = 2.0**-20


@dataclass(frozen=True)
class Slopes:
    """A *program* of derivatives, its *outputs* by name, of *functions* that must not jump, as *moving* move."""

    program: Program
    outputs: Mapping[str, str]
    functions: tuple[Program, ...]
    moving: tuple[str, ...]

    @classmethod
    def of(cls, gradient: Gradient) -> Slopes:
        """Return those of a gradient."""
        return cls(gradient.program, gradient.adjoints, (gradient.primal,), gradient.wrt)


def holes(slopes: Slopes, point: Point) -> Mapping[str, Limits]:
    """Return the limits of those slopes that have a hole at *point*."""
    if not any(equation.body.has(*_BRANCHES) for equation in slopes.program.equations):
        return {}
    found = _suspects(slopes, point)
    if not found or jumps(slopes, point):
        return {}
    tending = limits(slopes.program, point, moving=slopes.moving)
    return {name: tending[slopes.outputs[name]] for name in found}


def jumps(slopes: Slopes, point: Point) -> bool:
    """Say whether a function of *slopes* jumps at *point*, or beside it."""
    return any(_jumps(function, slopes.moving, point) for function in slopes.functions)


def uneven(slopes: Slopes, point: Point, sides: int = 6) -> list[str]:
    """Return the names of those slopes that are not the same at *point* and near it: in few digits, and so cheaply.

    A point that lies nearer to a kink than these sides do is among them, so that no kink is missed that `limits` sees.
    """
    here = at(slopes.program, point, _BITS)
    left = dict(slopes.outputs)
    for side in beside(slopes.program, point, _NEAR, _BITS, mixed=sides, moving=slopes.moving):
        pairs = {name: zip(_flat(here[output]), _flat(side[output]), strict=True) for name, output in left.items()}
        left = {name: output for name, output in left.items() if all(_agree(one, other) for one, other in pairs[name])}
    return [name for name in slopes.outputs if name not in left]


def _suspects(slopes: Slopes, point: Point) -> list[str]:
    """Return the names with an element whose slope is one on all sides, and another at the point.

    Side by side, for most points have no such element on the first one already.
    """
    here = {name: _flat(values) for name, values in at(slopes.program, point, _BITS).items()}
    sides = beside(slopes.program, point, _NEAR, _BITS, mixed=_MIXED, moving=slopes.moving)
    first = {name: _flat(values) for name, values in next(sides).items()}
    left = {
        name: [place for place in range(len(here[output])) if _differ(here[output][place], first[output][place])]
        for name, output in slopes.outputs.items()
    }
    while any(left.values()) and (side := next(sides, None)) is not None:
        for name, places in left.items():
            one, other = first[slopes.outputs[name]], _flat(side[slopes.outputs[name]])
            left[name] = [place for place in places if other[place].is_finite() and _agree(other[place], one[place])]
    return [name for name, places in left.items() if places]


def _differ(here: arb, side: arb) -> bool:
    return here.is_finite() and side.is_finite() and not _agree(here, side)


def _jumps(function: Program, moving: tuple[str, ...], point: Point) -> bool:
    """Say whether *function* jumps at *point*, or beside it, where one of what moves is not quite what it is there.

    x·(m ≠ 0) does not jump at (0, 0), and does wherever else m is 0.
    """
    known = {tensor.name: point[tensor.name] for tensor in function.inputs}
    own = [name for name in moving if name in known]
    if _jumps_here(function, own, known):
        return True
    return any(
        _jumps_here(function, [other for other in own if other != name], known | {name: _moved(known[name])})
        for name in (own if len(own) > 1 else ())
    )


def _moved(value: Any) -> np.ndarray:
    numbers = as_floats(value)
    return numbers + _APART * np.where(numbers == 0, 1.0, np.abs(numbers))


def _jumps_here(function: Program, own: Sequence[str], known: Mapping[str, Any]) -> bool:
    here = at(function, known, _BITS)
    sides = beside(function, known, _NEAR, _BITS, mixed=_MIXED, moving=own)
    return any(
        not abs(one - other) <= _JUMP + _SAME * abs(one)
        for side in sides
        for name, values in here.items()
        for one, other in zip(_flat(values), _flat(side[name]), strict=True)
    )


def _flat(values: Any) -> Any:
    return np.asarray(values, dtype=object).ravel()


def _agree(one: arb, other: arb) -> bool:
    return bool(abs(one - other) <= _SAME * (abs(one) + abs(other)))
