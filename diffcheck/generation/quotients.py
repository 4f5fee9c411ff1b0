"""u/v² and u/v³ of arrays as functions that generated code calls: where |u| is small, u/v may be subnormal and u/v² not."""

from __future__ import annotations

from sympy import Expr, Integer

from diffcheck.notation.scalar_functions import Composition

_ONE = Integer(1)


class quotient_by_square(Composition):  # noqa: N801  # printed and called by this name, as below
    """u·m/v², with an m that is neither large nor small, and 1 if left out."""

    @classmethod
    def definition(cls, u: Expr, v: Expr, m: Expr = _ONE) -> Expr:  # type: ignore[override]  # of more arguments, as below
        """Return u·m/v²."""
        return u * m / v**2


class quotient_by_cube(Composition):  # noqa: N801
    """u·m/v³, as above."""

    @classmethod
    def definition(cls, u: Expr, v: Expr, m: Expr = _ONE) -> Expr:  # type: ignore[override]
        """Return u·m/v³."""
        return u * m / v**3


QUOTIENTS = {each.__name__: each for each in (quotient_by_square, quotient_by_cube)}
