"""What a row of the float64 functions is, and what intervals have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

# 4 ULP, the loosest that is documented among the libraries in use: NumPy's vector functions on AVX-512 (below 4 ULP),
# SLEEF's u35 functions under PyTorch (3.5), CUDA's powf (4). Measured on sampled arguments: at most 1.8 ULP.
FUNCTION_UNITS = 8.0

# Any: NumPy's operators are typed by the scalar or array they are given.
Elementwise = Callable[[Any], Any]


@dataclass(frozen=True)
class FloatFunction:
    """One row: f, the supremum of |f′| over [low, high], the error of f itself in u·|f|, and how far it jumps there.

    A function that libraries compose of others has the units of its composition; one that crosses 0 by cancellation has an
    error in u·size instead.
    """

    value: Elementwise
    steepest: Callable[[Any, Any], Any]
    units: float = FUNCTION_UNITS
    jump: Callable[[Any, Any], Any] | None = None
    size: Elementwise | None = None


def nearest_zero(low: Any, high: Any) -> Any:
    """Return the smallest |u| in [low, high]."""
    return np.maximum(np.maximum(low, -high), 0)


def farthest(low: Any, high: Any) -> Any:
    """Return the largest |u| in [low, high]."""
    return np.maximum(np.abs(low), np.abs(high))
