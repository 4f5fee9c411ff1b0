"""The order in which terms and factors are written."""

from __future__ import annotations

from sympy import Expr, Mul, Sum


def negative(term: Expr) -> bool:
    """Say whether *term* is written with a minus in front."""
    return bool(term.as_coeff_Mul()[0].is_negative)


def positive_first(terms: list[Expr]) -> list[Expr]:
    """Return *terms* with the first that has no minus in front: ŷ − y rather than −y + ŷ."""
    place = next((place for place, term in enumerate(terms) if not negative(term)), 0)
    return [terms[place], *terms[:place], *terms[place + 1 :]]


def before_sums(product: Expr) -> tuple[Expr, list[Expr]]:
    """Return what stands before the sums among the factors of *product*, and those: (2/n)·v_j and [Σ_i …]."""
    sums = [factor for factor in Mul.make_args(product) if isinstance(factor, Sum)]
    return Mul(*(factor for factor in Mul.make_args(product) if factor not in sums)), sums
