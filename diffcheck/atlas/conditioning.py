"""How much a derivative of a pointwise operator changes with its inputs: the derivative of the derivative, exactly.

    u·Σ_x |x·∂d/∂x| + u·|d| + (the smallest value)

is what half an ULP in each input and in the result makes of the derivative d: the best that any algorithm can promise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from flint import arb

from diffcheck.derivation.gradient import adjoint_program
from diffcheck.derivation.slopes import Rules
from diffcheck.notation import Program
from diffcheck.oracle import Format, prepare, working_precision
from diffcheck.oracle.balls import BallArithmetic, balls
from diffcheck.oracle.evaluation import evaluate

_BITS = (320, 1280, 5120)
_SHARP = 2.0**-20


def conditioning(program: Program, output: str, names: tuple[str, ...], point: Mapping[str, Any], form: Format) -> np.ndarray:
    """Return the conditioning of *output* of a pointwise *program* with respect to *names*, infinite where it is not known."""
    one = Program(program.inputs, program.equations, (output,))
    slopes = adjoint_program(one, names, Rules.STABLE)
    given = dict(point)
    ones = np.ones(np.shape(next(iter(given.values()))))
    given |= {tensor.name: ones for tensor in slopes.inputs if tensor.name not in given}
    size, left = np.full(ones.shape, np.inf), np.arange(len(ones))
    for bits in _BITS:  # in a tail the first digits that are not 0 may be hundreds of bits away
        here = {name: _float64(value)[left] for name, value in given.items()}
        with working_precision(bits):
            value = _evaluated(one, here)[0]
            total = np.abs(value)
            for name, slope in zip(names, _evaluated(slopes, here), strict=True):
                total = total + np.abs(slope) * balls(np.abs(here[name]))[0]
            # Rounded in the balls: near the largest number the sum is none of float64, and u times it is.
            size[left] = [_upper(ball * form.unit) for ball in total]
            left = left[[not _settled(ball, form) for ball in total]]
        if not len(left):
            break
    return size * (1 + 2.0**-32) + form.tiny  # half of it is no number of float64


def _settled(ball: arb, form: Format) -> bool:
    """Say whether more bits would hardly change what is an upper end, or hardly matter beside the smallest value."""
    return bool(ball.is_finite() and (ball.rad() <= _SHARP * ball.mid() or ball.upper() <= form.tiny))


def _float64(value: Any) -> np.ndarray:
    return np.asarray(value, dtype=np.float64)


def _evaluated(program: Program, point: Mapping[str, Any]) -> list[np.ndarray]:
    names = {tensor.name for tensor in program.inputs}
    prepared = prepare(program, {name: _float64(value) for name, value in point.items() if name in names})
    inputs = {name: balls(array) for name, array in prepared.values.items()}
    planes = evaluate(program, inputs, prepared.sizes, BallArithmetic())
    return [planes[name][0] for name in program.outputs]


def _upper(ball: arb) -> float:
    return float(ball.upper()) if ball.is_finite() else np.inf
