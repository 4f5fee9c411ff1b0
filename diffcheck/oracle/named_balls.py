"""The row of each special function in ball arithmetic, by its name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from flint import arb

from diffcheck.notation.special_functions import HIGHEST_ORDER
from diffcheck.oracle.special_balls import digamma, erfcx, erfinv, inverse_mills_ratio, lgamma, log_ndtr, polygamma


def psi(order: int, u: arb) -> arb:
    """Return ψ of *order* at *u*."""
    return digamma(u) if order == 0 else polygamma(order, u)


def bessel_i(order: int, u: arb) -> arb:
    """Return I of *order* at *u*."""
    return u.bessel_i(arb(order))


NAMED_BALLS: dict[str, Callable[[arb], arb]] = {
    "asin": arb.asin,
    "acos": arb.acos,
    "atan": arb.atan,
    "asinh": arb.asinh,
    "acosh": arb.acosh,
    "atanh": arb.atanh,
    "erfc": arb.erfc,
    "erfinv": erfinv,
    "erfcx": erfcx,
    "log_ndtr": log_ndtr,
    "inverse_mills_ratio": inverse_mills_ratio,
    "lgamma": lgamma,
    "digamma": digamma,
    **{f"polygamma_{order}": partial(polygamma, order) for order in range(1, HIGHEST_ORDER + 1)},
    **{f"bessel_i{order}": partial(bessel_i, order) for order in range(HIGHEST_ORDER + 1)},
    "floor": arb.floor,
}
"""Outside of its domain, and at a pole, a function is NaN."""
