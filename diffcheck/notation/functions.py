"""The named scalar functions, one row each, with the derivative that is stable and the one that textbooks print.

SymPy applies the chain rule; the derivative of a named function stays a *slope* f′(u) until a rule expands it. The ``stable``
column never rebuilds a derivative from a rounded result; it is what the oracle evaluates and what generation writes. The
``textbook`` column is the rule that frameworks document; rounding bounds are taken from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy
from sympy import Expr, Function, Integer, Rational

from diffcheck.errors import UnknownName

Rule = Callable[[Expr], Expr]


class Slope(Function):  # type: ignore[misc]  # SymPy carries no types
    """f′(u), as ``Slope(name of f, u)``, before a rule says how it is written."""

    is_real = True


class NamedFunction(Function):  # type: ignore[misc]  # SymPy carries no types
    """A real function of one real argument that SymPy must neither expand nor rewrite."""

    is_real = True

    def fdiff(self, argindex: int = 1) -> Expr:
        """Return the slope f′(u), left for a rule to expand."""
        return Slope(sympy.Symbol(type(self).__name__), *self.args)


def _named(name: str) -> type[NamedFunction]:
    return type(name, (NamedFunction,), {"nargs": 1, "__doc__": f"The named scalar function {name}."})


tanh, sech, sigmoid, softplus, logsigmoid, relu, step, absolute, sign, expm1, log1p, erf = map(
    _named, ("tanh", "sech", "sigmoid", "softplus", "logsigmoid", "relu", "step", "absolute", "sign", "expm1", "log1p", "erf")
)


@dataclass(frozen=True)
class Kink:
    """A point without a derivative: the interval of valid subgradients and what PyTorch documents there."""

    at: Rational
    lowest: Rational
    highest: Rational
    convention: Rational


@dataclass(frozen=True)
class ScalarFunction:
    """One row: y = f(u), f′ stable and textbook, the kinks, and how the function is typeset."""

    symbol: type[Function]
    stable: Rule
    textbook: Rule
    latex: str
    kinks: tuple[Kink, ...] = ()

    @property
    def name(self) -> str:
        """The name under which programs call the function."""
        return str(self.symbol.__name__)


def _row(symbol: type[Function], latex: str, stable: Rule, textbook: Rule | None = None, *kinks: Kink) -> ScalarFunction:
    return ScalarFunction(symbol, stable, textbook or stable, latex, kinks)


_ZERO, _ONE = Integer(0), Integer(1)

FUNCTIONS: dict[str, ScalarFunction] = {
    row.name: row
    for row in (
        _row(sympy.exp, r"\exp", sympy.exp),
        _row(sympy.log, r"\log", lambda u: 1 / u),
        _row(sympy.sin, r"\sin", sympy.cos),
        _row(sympy.cos, r"\cos", lambda u: -sympy.sin(u)),
        _row(sympy.sinh, r"\sinh", sympy.cosh),
        _row(sympy.cosh, r"\cosh", sympy.sinh),
        _row(tanh, r"\tanh", lambda u: sech(u) ** 2, lambda u: 1 - tanh(u) ** 2),
        _row(sech, r"\operatorname{sech}", lambda u: -tanh(u) * sech(u)),
        _row(sigmoid, r"\sigma", lambda u: sigmoid(u) * sigmoid(-u), lambda u: sigmoid(u) * (1 - sigmoid(u))),
        _row(softplus, r"\operatorname{softplus}", sigmoid),
        _row(logsigmoid, r"\operatorname{logsigmoid}", lambda u: sigmoid(-u), lambda u: 1 - sigmoid(u)),
        _row(expm1, r"\operatorname{expm1}", sympy.exp, lambda u: expm1(u) + 1),
        _row(log1p, r"\operatorname{log1p}", lambda u: 1 / (1 + u)),
        _row(erf, r"\operatorname{erf}", lambda u: 2 * sympy.exp(-(u**2)) / sympy.sqrt(sympy.pi)),
        _row(relu, r"\operatorname{relu}", step, None, Kink(_ZERO, _ZERO, _ONE, _ZERO)),
        _row(absolute, r"\operatorname{abs}", sign, None, Kink(_ZERO, -_ONE, _ONE, _ZERO)),
        # Piecewise constant: the derivative is zero on both sides, and PyTorch gives zero at the jump too.
        _row(step, r"\operatorname{step}", lambda u: _ZERO),
        _row(sign, r"\operatorname{sign}", lambda u: _ZERO),
    )
}


def function(name: str) -> ScalarFunction:
    """Return the row of the scalar function *name*, or refuse it with near matches."""
    try:
        return FUNCTIONS[name]
    except KeyError:
        raise UnknownName.among("scalar function", name, FUNCTIONS) from None
