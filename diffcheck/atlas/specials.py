"""The derivative of a function of one number at +∞, −∞ and NaN, beside what it tends to.

What d(x) tends to is read off exact values at x = ±2^20, ±2^31, …, ±2^64: they shrink to 0, they grow without end, or they
settle on a number. Where they do none of these nothing is expected. At NaN, NaN is expected of a derivative that depends on x.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from flint import arb

from diffcheck.atlas.deriving import Derivative
from diffcheck.atlas.measuring import Measurement
from diffcheck.oracle import Format, prepare, ulp, working_precision
from diffcheck.oracle.balls import BallArithmetic, balls
from diffcheck.oracle.evaluation import evaluate
from diffcheck.verification.verdict import Kind

_POWERS = (20, 31, 42, 53, 64)
_BITS = 400
_SMALL, _TINY, _GROWS = 2.0**-18, 2.0**-64, 1.15
OTHER = "another number"


@dataclass(frozen=True)
class Special:
    """What *mode* gives at *at*, what is expected there, None for nothing, and what the error looks like, if it is one."""

    mode: str
    at: float
    got: float
    expected: float | None
    fault: str


def specials(measurement: Measurement) -> list[Special]:
    """Return what each mode gives at +∞, −∞ and NaN; nothing for a function of several numbers, or that refuses them."""
    if len(measurement.names) > 1 or measurement.variant.accepted[1] < math.inf:
        return []
    (derivative,) = measurement.derivatives
    name = derivative.label
    at = np.array([math.inf, -math.inf, math.nan])
    expected = [tends_to(derivative, 1), tends_to(derivative, -1), math.nan if _depends(derivative) else None]
    found = []
    for mode in measurement.ways:
        got = measurement.got(mode, {name: at})[name]
        for place, wanted in enumerate(expected):
            fault = _fault(float(got[place]), wanted, measurement.form)
            found.append(Special(mode, float(at[place]), float(got[place]), wanted, fault))
    return found


def tends_to(derivative: Derivative, sign: int) -> float | None:
    """Return the limit of the derivative towards *sign* times infinity, None where none shows."""
    values = [float(ball) if ball.is_finite() else math.nan for ball in _values(derivative, sign)]
    sizes = [abs(value) for value in values]
    # What is too large for float64 has grown.
    rises = [math.inf if math.isinf(later) or not sooner else later / sooner for sooner, later in pairwise(sizes)]
    if any(math.isnan(value) for value in values[1:]):
        return None
    shrinks = all(size < _SMALL for size in sizes[-2:]) and all(not rise > 1 / _GROWS for rise in rises[-2:])
    if all(size < _TINY for size in sizes[1:]) or shrinks:
        return 0.0
    if all(rise > _GROWS for rise in rises) and len({value > 0 for value in values}) == 1:
        return math.copysign(math.inf, values[-1])
    near = abs(values[-1] - values[-2]) <= _SMALL * sizes[-1] and abs(values[-2] - values[-3]) <= _SMALL * sizes[-1]
    return values[-1] if near else None


def _values(derivative: Derivative, sign: int) -> list[arb]:
    numbers = np.array([sign * 2.0**power for power in _POWERS])
    with working_precision(_BITS):
        prepared = prepare(derivative.stable, derivative.point({derivative.names[0]: numbers}))
        inputs = {name: balls(array) for name, array in prepared.values.items()}
        return list(evaluate(derivative.stable, inputs, prepared.sizes, BallArithmetic())[derivative.output][0])


def _depends(derivative: Derivative) -> bool:
    """Say whether the derivative reads the argument at all."""
    return any(derivative.names[0] in equation.operands for equation in derivative.stable.equations)


def _fault(got: float, expected: float | None, form: Format) -> str:
    if expected is None or got == expected or (math.isnan(got) and math.isnan(expected)):
        return ""
    if math.isnan(got):
        return Kind.SPURIOUS_NAN.value
    if math.isnan(expected):
        return Kind.MISSING_NAN.value
    if math.isinf(expected):
        return Kind.MISSING_INFINITY.value
    if math.isinf(got):
        return Kind.SPURIOUS_INFINITY.value
    return "" if abs(got - expected) <= 4 * ulp(expected, form) else OTHER
