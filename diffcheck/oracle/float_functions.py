"""The named functions in float64 with what error bounds need of them; a row each, walked by a test."""

from __future__ import annotations

from math import erf, pi, sqrt
from typing import Any

import numpy as np

from diffcheck.oracle.float_rows import FUNCTION_UNITS, FloatFunction, farthest, nearest_zero
from diffcheck.oracle.special_floats import SPECIAL_FLOATS


def _sigmoid(u: Any) -> Any:
    small = np.exp(-np.abs(u))
    return np.where(u >= 0, 1.0, small) / (1 + small)


def _sech(u: Any) -> Any:
    # 2e^−|u|/(1 + e^−2|u|) rather than 1/cosh u: nothing overflows.
    small = np.exp(-np.abs(u))
    return 2 * small / (1 + small * small)


def _softplus(u: Any) -> Any:
    return np.maximum(u, 0) + np.log1p(np.exp(-np.abs(u)))


def _above_zero(low: Any, slope: Any) -> Any:
    """Return *slope* where all of the interval lies above 0, else infinity."""
    return np.where(low > 0, slope, np.inf)


def _none(low: Any, high: Any) -> Any:
    return np.zeros_like(low)


def _across_zero(low: Any, high: Any) -> Any:
    return ((low <= 0) & (high >= 0)).astype(np.float64)


def _at_most(ceiling: float, start: Any, width: Any) -> Any:
    """Return *start* + *width*, or the *ceiling* of the slope: the second derivative is at most 1."""
    return np.minimum(ceiling, np.abs(start) + width)


FLOAT_FUNCTIONS = {
    "exp": FloatFunction(np.exp, lambda low, high: np.exp(high)),
    "log": FloatFunction(np.log, lambda low, high: _above_zero(low, 1 / low)),
    "sin": FloatFunction(np.sin, lambda low, high: _at_most(1.0, np.cos(low), high - low)),
    "cos": FloatFunction(np.cos, lambda low, high: _at_most(1.0, np.sin(low), high - low)),
    "sinh": FloatFunction(np.sinh, lambda low, high: np.cosh(farthest(low, high))),
    "cosh": FloatFunction(np.cosh, lambda low, high: np.sinh(farthest(low, high))),
    "tanh": FloatFunction(np.tanh, lambda low, high: _sech(nearest_zero(low, high)) ** 2),
    "sech": FloatFunction(
        _sech,
        lambda low, high: np.minimum(0.5, _sech(nearest_zero(low, high)) * np.tanh(farthest(low, high))),
        units=FUNCTION_UNITS + 1,  # cosh, ÷
    ),
    "sigmoid": FloatFunction(
        _sigmoid,
        lambda low, high: _sigmoid(nearest_zero(low, high)) * _sigmoid(-nearest_zero(low, high)),
        units=FUNCTION_UNITS + 2,  # exp, +, ÷
    ),
    "softplus": FloatFunction(
        _softplus,
        lambda low, high: _sigmoid(high),
        units=2 * FUNCTION_UNITS + 1,  # exp, log1p, +
    ),
    "logsigmoid": FloatFunction(
        lambda u: -_softplus(-u),
        lambda low, high: _sigmoid(-low),
        units=2 * FUNCTION_UNITS + 1,  # exp, log1p, +
    ),
    "expm1": FloatFunction(np.expm1, lambda low, high: np.exp(high)),
    "log1p": FloatFunction(np.log1p, lambda low, high: _above_zero(1 + low, 1 / (1 + low))),
    "erf": FloatFunction(
        np.vectorize(erf, otypes=[np.float64]),
        lambda low, high: 2 / sqrt(pi) * np.exp(-(nearest_zero(low, high) ** 2)),
    ),
    "relu": FloatFunction(lambda u: np.maximum(u, 0), lambda low, high: np.where(high > 0, 1.0, 0.0), units=0.0),
    "absolute": FloatFunction(np.abs, lambda low, high: np.ones_like(low), units=0.0),
    "step": FloatFunction(lambda u: np.where(u > 0, 1.0, 0.0), _none, units=0.0, jump=_across_zero),
    "sign": FloatFunction(np.sign, _none, units=0.0, jump=lambda low, high: 2 * _across_zero(low, high)),
    **SPECIAL_FLOATS,
}
