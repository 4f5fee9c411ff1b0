"""The kernels of interpolation: how much an element counts for a place that lies *x* away from it."""

from __future__ import annotations

from sympy import Expr, Integer, Rational

from diffcheck.notation.functions import absolute, relu, step
from diffcheck.notation.selection import select

_THREE_QUARTERS = Rational(-3, 4)


def tent(x: Expr) -> Expr:
    """max(0, 1 − |x|)."""
    return relu(1 - absolute(x))


def cubic(x: Expr, slope: Expr = _THREE_QUARTERS) -> Expr:
    """((a+2)|x| − (a+3))|x|² + 1 up to |x| = 1, a·((|x| − 5)|x| + 8)|x| − 4a up to 2, then 0; *slope* is a, that at 1."""
    far = absolute(x)
    near = ((slope + 2) * far - (slope + 3)) * far**2 + 1
    middle = slope * (((far - 5) * far + 8) * far - 4)
    return select(step(far - 1), select(step(2 - far), middle, Integer(0)), near)
