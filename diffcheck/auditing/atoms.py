"""What a normal form is a polynomial in, beside reads, extents and binders: a logistic curve, a step, a mask."""

from __future__ import annotations

from sympy import Expr, Function, Integer


class Logistic(Function):  # type: ignore[misc]  # SymPy carries no types
    """σ(u) = exp(u)/(1 + exp(u)); tanh, sech and the derivatives of all three are polynomials in it."""

    nargs = 1
    is_real = True
    is_positive = True


class Softplus(Function):  # type: ignore[misc]  # SymPy carries no types
    """log(1 + exp(u))."""

    nargs = 1
    is_real = True
    is_positive = True


class Step(Function):  # type: ignore[misc]  # SymPy carries no types
    """1 where u > 0, else 0."""

    nargs = 1
    is_real = True
    is_nonnegative = True

    @classmethod
    def eval(cls, u: Expr) -> Expr | None:
        """Return the value where it is known."""
        if u.is_extended_positive:
            return Integer(1)
        return Integer(0) if u.is_extended_nonpositive else None


class Within(Function):  # type: ignore[misc]  # SymPy carries no types
    """1 where 0 ≤ place < extent, else 0."""

    nargs = 2
    is_real = True
    is_nonnegative = True

    @classmethod
    def eval(cls, place: Expr, size: Expr) -> Expr | None:
        """Return the value where it is known."""
        if place.is_negative or (place - size).is_nonnegative:
            return Integer(0)
        return Integer(1) if place.is_nonnegative and (size - 1 - place).is_nonnegative else None


class Opaque(Function):  # type: ignore[misc]  # SymPy carries no types
    """Opaque(name, u): a function of which nothing is known but its argument."""

    nargs = 2
    is_real = True
