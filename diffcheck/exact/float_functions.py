"""The named functions and their slopes in float64, for error bounds; a row each, walked by a test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import erf, sqrt

import numpy as np

Elementwise = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class FloatFunction:
    """f and f′ on float64 arrays."""

    value: Elementwise
    slope: Elementwise


def _sech(u: np.ndarray) -> np.ndarray:
    return 1 / np.cosh(u)


def _sigmoid(u: np.ndarray) -> np.ndarray:
    small = np.exp(-np.abs(u))
    return np.where(u >= 0, 1 / (1 + small), small / (1 + small))


def _one(u: np.ndarray) -> np.ndarray:
    return np.ones_like(u)


def _zero(u: np.ndarray) -> np.ndarray:
    return np.zeros_like(u)


_erf = np.vectorize(erf, otypes=[np.float64])

FLOAT_FUNCTIONS = {
    "exp": FloatFunction(np.exp, np.exp),
    "log": FloatFunction(np.log, np.reciprocal),
    "sin": FloatFunction(np.sin, np.cos),
    "cos": FloatFunction(np.cos, np.sin),
    "sinh": FloatFunction(np.sinh, np.cosh),
    "cosh": FloatFunction(np.cosh, np.sinh),
    "tanh": FloatFunction(np.tanh, lambda u: _sech(u) ** 2),
    "sech": FloatFunction(_sech, lambda u: _sech(u) * np.tanh(u)),
    "sigmoid": FloatFunction(_sigmoid, lambda u: _sigmoid(u) * _sigmoid(-u)),
    "softplus": FloatFunction(lambda u: np.maximum(u, 0) + np.log1p(np.exp(-np.abs(u))), _sigmoid),
    "logsigmoid": FloatFunction(lambda u: np.minimum(u, 0) - np.log1p(np.exp(-np.abs(u))), lambda u: _sigmoid(-u)),
    "expm1": FloatFunction(np.expm1, np.exp),
    "log1p": FloatFunction(np.log1p, lambda u: 1 / (1 + u)),
    "erf": FloatFunction(_erf, lambda u: 2 / sqrt(np.pi) * np.exp(-(u**2))),
    "relu": FloatFunction(lambda u: np.maximum(u, 0), lambda u: (u > 0).astype(np.float64)),
    "absolute": FloatFunction(np.abs, _one),
    "step": FloatFunction(lambda u: (u > 0).astype(np.float64), _zero),
    "sign": FloatFunction(np.sign, _zero),
}
