"""The named functions in float64 with what error bounds need of them; a row each, walked by a test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import erf, pi, sqrt
from typing import Any

import numpy as np

# 4 ULP, the loosest that is documented among the libraries in use: NumPy's vector functions on AVX-512 (below 4 ULP),
# SLEEF's u35 functions under PyTorch (3.5), CUDA's powf (4). Measured on sampled arguments: at most 1.8 ULP.
FUNCTION_UNITS = 8.0

# Any: NumPy's operators are typed by the scalar or array they are given.
Elementwise = Callable[[Any], Any]


@dataclass(frozen=True)
class FloatFunction:
    """One row: f, the supremum of |f′| over [low, high], the error of f itself in u·|f|, and the height of its jump at 0.

    A function that libraries compose of others has the units of its composition.
    """

    value: Elementwise
    steepest: Callable[[Any, Any], Any]
    units: float = FUNCTION_UNITS
    jump: float = 0.0


def _sigmoid(u: Any) -> Any:
    small = np.exp(-np.abs(u))
    return np.where(u >= 0, 1.0, small) / (1 + small)


def _sech(u: Any) -> Any:
    # 2e^−|u|/(1 + e^−2|u|) rather than 1/cosh u: nothing overflows.
    small = np.exp(-np.abs(u))
    return 2 * small / (1 + small * small)


def _softplus(u: Any) -> Any:
    return np.maximum(u, 0) + np.log1p(np.exp(-np.abs(u)))


def _nearest_zero(low: Any, high: Any) -> Any:
    """Return the smallest |u| in [low, high]."""
    return np.maximum(np.maximum(low, -high), 0)


def _farthest(low: Any, high: Any) -> Any:
    """Return the largest |u| in [low, high]."""
    return np.maximum(np.abs(low), np.abs(high))


def _above_zero(low: Any, slope: Any) -> Any:
    """Return *slope* where all of the interval lies above 0, else infinity."""
    return np.where(low > 0, slope, np.inf)


def _none(low: Any, high: Any) -> Any:
    return np.zeros_like(low)


def _at_most(ceiling: float, start: Any, width: Any) -> Any:
    """Return *start* + *width*, or the *ceiling* of the slope: the second derivative is at most 1."""
    return np.minimum(ceiling, np.abs(start) + width)


FLOAT_FUNCTIONS = {
    "exp": FloatFunction(np.exp, lambda low, high: np.exp(high)),
    "log": FloatFunction(np.log, lambda low, high: _above_zero(low, 1 / low)),
    "sin": FloatFunction(np.sin, lambda low, high: _at_most(1.0, np.cos(low), high - low)),
    "cos": FloatFunction(np.cos, lambda low, high: _at_most(1.0, np.sin(low), high - low)),
    "sinh": FloatFunction(np.sinh, lambda low, high: np.cosh(_farthest(low, high))),
    "cosh": FloatFunction(np.cosh, lambda low, high: np.sinh(_farthest(low, high))),
    "tanh": FloatFunction(np.tanh, lambda low, high: _sech(_nearest_zero(low, high)) ** 2),
    "sech": FloatFunction(
        _sech,
        lambda low, high: np.minimum(0.5, _sech(_nearest_zero(low, high)) * np.tanh(_farthest(low, high))),
        units=FUNCTION_UNITS + 1,  # cosh, ÷
    ),
    "sigmoid": FloatFunction(
        _sigmoid,
        lambda low, high: _sigmoid(_nearest_zero(low, high)) * _sigmoid(-_nearest_zero(low, high)),
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
        lambda low, high: 2 / sqrt(pi) * np.exp(-(_nearest_zero(low, high) ** 2)),
    ),
    "relu": FloatFunction(lambda u: np.maximum(u, 0), lambda low, high: np.where(high > 0, 1.0, 0.0), units=0.0),
    "absolute": FloatFunction(np.abs, lambda low, high: np.ones_like(low), units=0.0),
    "step": FloatFunction(lambda u: np.where(u > 0, 1.0, 0.0), _none, units=0.0, jump=1.0),
    "sign": FloatFunction(np.sign, _none, units=0.0, jump=2.0),
}
