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

    def whole(self, numbers: np.ndarray) -> Planes:
        """Return integers, exactly."""

    def select(self, condition: Planes, then: Planes, other: Planes) -> Planes:
        """Return *then* where *condition* > 0, else *other*; all of one shape."""

    def product(self, terms: Planes, axes: tuple[int, ...]) -> Planes:
        """Return the product over *axes*, which are kept with length 1."""

    def argmax(self, terms: Planes) -> Planes:
        """Return where along the last axis the largest value stands, the first of several; that axis is gone."""

    def maximum(self, terms: Planes) -> Planes:
        """Return the largest value along the last axis, which is gone."""

    def places(self, value: Planes) -> tuple[np.ndarray, np.ndarray]:
        """Return *value*, known to be whole numbers, as integers, and where they are certain."""

    def unknown(self, value: Planes, known: np.ndarray) -> Planes:
        """Return *value* where it is *known*, and elsewhere nothing that a verdict could rest on."""

    def scatter(self, terms: Planes, where: np.ndarray, length: int) -> Planes:
        """Return, for every place below *length*, the sum of those *terms* that *where* sends there; all have one axis."""
