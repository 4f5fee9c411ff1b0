"""The special functions in float64 with what error bounds need of them; a row each, walked by the same test as the others."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import erfc, pi, sqrt
from typing import Any

import numpy as np
from flint import arb

from diffcheck.notation.special_functions import HIGHEST_ORDER
from diffcheck.oracle.float_rows import Elementwise, FloatFunction, farthest, nearest_zero
from diffcheck.oracle.named_balls import NAMED_BALLS, bessel_i, psi
from diffcheck.oracle.precision import working_precision
from diffcheck.oracle.special_balls import inverse_mills_ratio

# Libraries sum series and reflect arguments. Measured on sampled arguments in PyTorch: up to some 10 ULP.
_UNITS = 64.0


def _rounded(function: Callable[[arb], arb], u: float) -> float:
    with working_precision(256):
        return float(function(arb(u)).mid()) if np.isfinite(u) else np.nan


def _by_arb(function: Callable[[arb], arb]) -> Elementwise:
    return np.vectorize(lambda u: _rounded(function, float(u)), otypes=[np.float64])


def _inside(low: Any, high: Any, slope: Any) -> Any:
    """Return *slope* where all of the interval lies inside (−1, 1), else infinity."""
    return np.where(farthest(low, high) < 1, slope, np.inf)


def _slope_of_asin(low: Any, high: Any) -> Any:
    far = farthest(low, high)
    return _inside(low, high, 1 / np.sqrt((1 - far) * (1 + far)))


def _slope_of_atanh(low: Any, high: Any) -> Any:
    far = farthest(low, high)
    return _inside(low, high, 1 / ((1 - far) * (1 + far)))


def _slope_of_acosh(low: Any, high: Any) -> Any:
    return np.where(low > 1, 1 / np.sqrt((low - 1) * (low + 1)), np.inf)


def _slope_of_erfinv(low: Any, high: Any) -> Any:
    return _inside(low, high, sqrt(pi) / 2 * np.exp(_erfinv(farthest(low, high)) ** 2))


def _slope_of_erfcx(low: Any, high: Any) -> Any:
    # Convex and falling: steepest at the lower end, where the two terms cancel but for 1/(√π·u²).
    return np.where(low < 1e6, np.abs(_cancelled(low)), 1 / (sqrt(pi) * low * low))


def _slope_of_inverse_mills_ratio(low: Any, high: Any) -> Any:
    # Steepest at the lower end, where it is −1 but for 1/u², and u and the ratio cancel.
    return np.where(low < -1e6, 1.0, np.abs(_cancelled_ratio(low)))


_erfinv, _erfcx, _log_ndtr = (_by_arb(NAMED_BALLS[name]) for name in ("erfinv", "erfcx", "log_ndtr"))
_ratio = _by_arb(inverse_mills_ratio)
_cancelled_ratio = _by_arb(lambda u: inverse_mills_ratio(u) * (u + inverse_mills_ratio(u)))
_cancelled = _by_arb(lambda u: 2 * u * NAMED_BALLS["erfcx"](u) - 2 / arb.pi().sqrt())


def _between_poles(order: int) -> Callable[[Any, Any], Any]:
    """Return |ψ| of *order* at the steeper end of an interval, which is nowhere exceeded; infinite at a pole."""
    value = _by_arb(partial(psi, order))

    def steepest(low: Any, high: Any) -> Any:
        ends = np.maximum(np.abs(value(low)), np.abs(value(high)))
        return np.where((low > 0) | ((np.floor(low) == np.floor(high)) & (np.floor(low) != low)), ends, np.inf)

    return steepest


def _size_of_lgamma(u: Any) -> Any:
    return 1 + np.abs(u) * (1 + np.abs(np.log(np.abs(u))))


def _size_of_digamma(u: Any) -> Any:
    # Below 0 by reflection, which adds π/tan πu.
    return 1 + np.abs(np.log(np.abs(u))) + 1 / np.abs(u) + np.where(u < 0, np.abs(pi / np.tan(pi * u)) * (1 + np.abs(u)), 0.0)


def _size_of_erfcx(u: Any) -> Any:
    # Below 0 nearly all of it is 2·e^(u²), which the rounding of u² moves by as much as u².
    return _erfcx(u) * (1 + np.where(u < 0, u * u, 0.0))


def _normal(value: Elementwise) -> Elementwise:
    """Return how large *value* of the normal distribution is: above 0 nearly all of it is e^(−u²/2), as above."""
    return lambda u: np.abs(value(u)) * (1 + np.where(u > 0, u * u, 0.0))


def _bessel(order: int) -> FloatFunction:
    value, below, above = (_by_arb(partial(bessel_i, abs(other))) for other in (order, order - 1, order + 1))

    def steepest(low: Any, high: Any) -> Any:
        far = farthest(low, high)
        return (below(far) + above(far)) / 2

    return FloatFunction(value, steepest, units=_UNITS)


def _polygamma(order: int, size: Elementwise) -> FloatFunction:
    return FloatFunction(_by_arb(partial(psi, order)), _between_poles(order + 1), units=_UNITS, size=size)


def _size_of_polygamma(order: int) -> Elementwise:
    value = _by_arb(partial(psi, order))

    def size(u: Any) -> Any:
        """Return n!·Σ_k 1/|u + k|ⁿ⁺¹, below 0 over all whole k: the terms change their signs, by series and by reflection."""
        start = np.where(u < 0, u - np.floor(u), u)
        return np.abs(value(start)) + np.where(u < 0, np.abs(value(1 - start)), 0.0)

    return size


SPECIAL_FLOATS: dict[str, FloatFunction] = {
    "asin": FloatFunction(np.arcsin, _slope_of_asin),
    "acos": FloatFunction(np.arccos, _slope_of_asin),
    "atan": FloatFunction(np.arctan, lambda low, high: 1 / (1 + nearest_zero(low, high) ** 2)),
    "asinh": FloatFunction(np.arcsinh, lambda low, high: 1 / np.sqrt(1 + nearest_zero(low, high) ** 2)),
    "acosh": FloatFunction(np.arccosh, _slope_of_acosh),
    "atanh": FloatFunction(np.arctanh, _slope_of_atanh),
    "erfc": FloatFunction(
        np.vectorize(erfc, otypes=[np.float64]),
        lambda low, high: 2 / sqrt(pi) * np.exp(-(nearest_zero(low, high) ** 2)),
    ),
    "erfinv": FloatFunction(_erfinv, _slope_of_erfinv, units=_UNITS),
    "erfcx": FloatFunction(_erfcx, _slope_of_erfcx, units=_UNITS, size=_size_of_erfcx),
    "log_ndtr": FloatFunction(_log_ndtr, lambda low, high: _ratio(low), units=_UNITS, size=_normal(_log_ndtr)),
    "inverse_mills_ratio": FloatFunction(_ratio, _slope_of_inverse_mills_ratio, units=_UNITS, size=_normal(_ratio)),
    "lgamma": FloatFunction(_by_arb(NAMED_BALLS["lgamma"]), _between_poles(0), units=_UNITS, size=_size_of_lgamma),
    "digamma": _polygamma(0, _size_of_digamma),
    **{f"polygamma_{order}": _polygamma(order, _size_of_polygamma(order)) for order in range(1, HIGHEST_ORDER + 1)},
    **{f"bessel_i{order}": _bessel(order) for order in range(HIGHEST_ORDER + 1)},
    "floor": FloatFunction(
        np.floor, lambda low, high: np.zeros_like(low), units=0.0, jump=lambda low, high: np.floor(high) - np.floor(low)
    ),
}
