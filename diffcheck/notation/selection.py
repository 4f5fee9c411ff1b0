"""select(c, a, b) and detach(u): what a program says that arithmetic does not.

A branch is no product with a mask: 0·∞ is no number.
"""

from __future__ import annotations

from sympy import Expr, Function, Integer


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


class detach(Function):  # type: ignore[misc]  # noqa: N801  # SymPy carries no types; printed and called by this name
    """U, with the derivative 0: held constant, as PyTorch's tensor.detach()."""

    nargs = 1
    is_real = True

    def _eval_derivative(self, symbol: Expr) -> Expr:
        return Integer(0)


class held(Function):  # type: ignore[misc]  # noqa: N801  # SymPy carries no types; printed and called by this name
    """U, computed by itself before it meets other terms: in held(1 − tanh²) − 1 nothing cancels before it is rounded."""

    nargs = 1
    is_real = True

    def _eval_derivative(self, symbol: Expr) -> Expr:
        return self.args[0].diff(symbol)
