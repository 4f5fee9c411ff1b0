"""The named scalar functions, one row each, with the derivative that is stable and the one that textbooks print.

SymPy applies the chain rule; the derivative of a named function stays a *slope* f′(u) until a rule expands it. The ``stable``
column never rebuilds a derivative from a rounded result; it is what the oracle evaluates and what generation writes. The
``textbook`` column is the rule that frameworks document; rounding bounds are taken from it.
"""

from __future__ import annotations

from diffcheck.errors import UnknownName
from diffcheck.notation.elementary import (
    ELEMENTARY,
    absolute,
    erf,
    expm1,
    log1p,
    logsigmoid,
    relu,
    sech,
    sigmoid,
    sign,
    softplus,
    step,
    tanh,
)
from diffcheck.notation.scalar_functions import Kink, NamedFunction, Rule, ScalarFunction, Slope
from diffcheck.notation.special_functions import SPECIAL

FUNCTIONS: dict[str, ScalarFunction] = {row.name: row for row in (*ELEMENTARY, *SPECIAL)}


def function(name: str) -> ScalarFunction:
    """Return the row of the scalar function *name*, or refuse it with near matches."""
    try:
        return FUNCTIONS[name]
    except KeyError:
        raise UnknownName.among("scalar function", name, FUNCTIONS) from None


__all__ = [
    "FUNCTIONS",
    "Kink",
    "NamedFunction",
    "Rule",
    "ScalarFunction",
    "Slope",
    "absolute",
    "erf",
    "expm1",
    "function",
    "log1p",
    "logsigmoid",
    "relu",
    "sech",
    "sigmoid",
    "sign",
    "softplus",
    "step",
    "tanh",
]
