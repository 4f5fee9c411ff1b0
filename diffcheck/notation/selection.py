"""select(c, a, b): the word for branches, which a product with a mask is not: 0·∞ is no number."""

from __future__ import annotations

from sympy import Expr, Function


class select(Function):  # type: ignore[misc]  # noqa: N801  # SymPy carries no types; printed and called by this name
    """A where c > 0, else b. The branch not taken may have any value, or none.

    As a function of c it is piecewise constant: its derivative there is 0.
    """

    nargs = 3
    is_real = True

    @classmethod
    def eval(cls, condition: Expr, then: Expr, other: Expr) -> Expr | None:
        """Return the branch where it is known."""
        if then == other:
            return then
        if condition.is_Rational:
            return then if condition > 0 else other
        return None

    def _eval_derivative(self, symbol: Expr) -> Expr:
        condition, then, other = self.args
        return select(condition, then.diff(symbol), other.diff(symbol))
