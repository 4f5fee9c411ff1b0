"""∂e/∂A[σ] of a scalar body: SymPy applies the calculus, the table of named functions says how each slope is written."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache

from sympy import Dummy, Expr, Integer, Mul, oo

from diffcheck.notation.functions import FUNCTIONS, Slope
from diffcheck.notation.selection import held
from diffcheck.notation.symbols import substitute, values_read


class Rules(Enum):
    """Which column of the function table a derivative is written with."""

    STABLE = "stable"
    TEXTBOOK = "textbook"


@lru_cache(maxsize=4096)  # a program is derived again for its bounds, its Jacobian and every engine
def partial(body: Expr, node: Expr, rules: Rules = Rules.STABLE) -> Expr:
    """Return ∂(body)/∂(node), every other read held constant.

    Every read is replaced by a symbol of its own first: SymPy differentiates indexed reads by bound indices wrongly, and would
    differentiate the places of other reads.
    """
    held = {other: Dummy(real=True) for other in values_read(body)}
    if node not in held:
        return Integer(0)
    # ∞ is held too: a constant times a slope of 0 is 0, and SymPy's 0·∞ is no number.
    endless = Dummy(positive=True)
    slope = substitute(body, held | {oo: endless, -oo: -endless}).diff(held[node])
    slope = _expanded(substitute(slope, {dummy: other for other, dummy in held.items()}), rules)
    return tidy(substitute(slope, {endless: oo}))


def _expanded(slope: Expr, rules: Rules) -> Expr:
    def write(name: Expr, argument: Expr) -> Expr:
        row = FUNCTIONS[str(name)]
        if rules is Rules.STABLE:
            return row.stable(argument)
        slope = row.textbook(argument)
        return held(slope) if slope.is_Add else slope

    return slope.replace(Slope, write) if slope.has(Slope) else slope


def tidy(body: Expr) -> Expr:
    """Return *body* with the common numbers of its factors in front: (2a − 2b)/n becomes 2(a − b)/n."""
    pairs = [factor.primitive() if factor.is_Add else (1, factor) for factor in Mul.make_args(body)]
    return Mul(*(number for number, _ in pairs), *(factor for _, factor in pairs))
