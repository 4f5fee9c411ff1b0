"""Derivatives of uᵛ, with a v that varies, as functions that generated code calls: a row each, and the rules that find them.

Of the formulas on paper none holds everywhere. v − 1 may round to −1, or to another parity than v has; uᵛ⁻¹ may overflow, or
lose its digits below the smallest normal number, where v·uᵛ⁻¹ does not; at 0 another factor is infinite.
"""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Expr, Indexed, Mul, Pow, Symbol, log

from diffcheck.notation.scalar_functions import Composition


class slope_of_power(Composition):  # noqa: N801  # printed and called by this name, as all below
    """∂uᵛ/∂u."""

    @classmethod
    def definition(cls, u: Expr, v: Expr) -> Expr:  # type: ignore[override]  # of two arguments, as all below
        """Return v·uᵛ⁻¹."""
        return v * u ** (v - 1)


class curvature_of_power(Composition):  # noqa: N801
    """∂²uᵛ/∂u²."""

    @classmethod
    def definition(cls, u: Expr, v: Expr) -> Expr:  # type: ignore[override]
        """Return v·(v − 1)·uᵛ⁻²."""
        return v * (v - 1) * u ** (v - 2)


class slope_by_exponent(Composition):  # noqa: N801
    """∂uᵛ/∂v."""

    @classmethod
    def definition(cls, u: Expr, v: Expr) -> Expr:  # type: ignore[override]
        """Return uᵛ·log u."""
        return u**v * log(u)


class curvature_by_exponent(Composition):  # noqa: N801
    """∂²uᵛ/∂v²."""

    @classmethod
    def definition(cls, u: Expr, v: Expr) -> Expr:  # type: ignore[override]
        """Return uᵛ·log²u."""
        return u**v * log(u) ** 2


class mixed_slope_of_power(Composition):  # noqa: N801
    """∂²uᵛ/∂u∂v."""

    @classmethod
    def definition(cls, u: Expr, v: Expr) -> Expr:  # type: ignore[override]
        """Return uᵛ⁻¹·(1 + v·log u)."""
        return u ** (v - 1) * (1 + v * log(u))


POWERS = {
    each.__name__: each
    for each in (slope_of_power, curvature_of_power, slope_by_exponent, curvature_by_exponent, mixed_slope_of_power)
}


def of_power(node: Expr) -> Expr | None:
    """Return the product *node* with a power and the factors beside it as a derivative of that power, if they are one."""
    for power, u, v, less in _powers(node):
        for function, beside in {
            -2: ((curvature_of_power, v * (v - 1)),),
            -1: ((slope_of_power, v),),
            0: ((curvature_by_exponent, log(u) ** 2), (slope_by_exponent, log(u))),
        }.get(less, ()):
            rest = _without(node, power, *Mul.make_args(beside))
            if rest is not None:
                return rest * function(u, v)
    return None


def of_mixed_power(first: Expr, second: Expr) -> Expr | None:
    """Return k·v·uᵛ⁻¹·log u + k·uᵛ⁻¹ as k times the derivative of uᵛ by both."""
    for power, u, v, less in _powers(second):
        rest = _without(second, power)
        if less == -1 and rest is not None and first == rest * slope_of_power(u, v) * log(u):
            return rest * mixed_slope_of_power(u, v)
    return None


def _without(node: Expr, *factors: Expr) -> Expr | None:
    """Return the product *node* without *factors*, if it has them: SymPy leaves uᵛ·u⁻ᵛ as it is."""
    left = list(Mul.make_args(node))
    if not all(factor in left for factor in factors):
        return None
    for factor in factors:
        left.remove(factor)
    return Mul(*left)


def _powers(node: Expr) -> Iterator[tuple[Expr, Expr, Expr, int]]:
    """Yield the factors uᵛ⁺ᶜ of *node*, with u, v and c, where v is an element of a tensor and u no number."""
    for factor in Mul.make_args(node):
        if isinstance(factor, Pow) and not factor.base.is_number:
            less, v = factor.exp.as_coeff_Add()
            if isinstance(v, (Indexed, Symbol)) and not v.is_integer and less.is_Integer:
                yield factor, factor.base, v, int(less)
