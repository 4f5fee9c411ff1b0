"""What a program is evaluated in: balls, or floats with the error they carry.

A value is a tuple of *planes*, arrays of one shape: one plane of balls, or one of floats and one of error bounds.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from sympy import Expr, Rational

Planes = tuple[np.ndarray, ...]


class Arithmetic(Protocol):
    """What an equation is evaluated with; every operation takes and returns planes."""

    def constant(self, value: Expr) -> Planes:
        """Return a number, without axes."""

    def add(self, *terms: Planes) -> Planes:
        """Return the sum of *terms*."""

    def multiply(self, *factors: Planes) -> Planes:
        """Return the product of *factors*."""

    def divide(self, above: Planes, below: Planes) -> Planes:
        """Return above/below."""

    def power(self, base: Planes, exponent: Rational) -> Planes:
        """Return base^exponent for a rational exponent."""

    def exponentiate(self, base: Planes, exponent: Planes) -> Planes:
        """Return base^exponent for a computed exponent."""

    def call(self, name: str, argument: Planes) -> Planes:
        """Return the named function of *argument*."""

    def total(self, terms: Planes, axes: tuple[int, ...]) -> Planes:
        """Return the sum over *axes*, which are kept with length 1."""

    def matmul(self, first: Planes, second: Planes, terms: int) -> Planes:
        """Return Σ_k first[b,i,k]·second[b,k,j], a sum of *terms* products where sums within the factors were made before."""
