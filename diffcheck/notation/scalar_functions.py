"""What a named scalar function is: a symbol that SymPy leaves alone, its derivative in two spellings, and its kinks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy
from sympy import Expr, Function, Rational

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


class Composition(NamedFunction):
    """A function that other rows can say, named because a library computes it with fewer digits lost than their composition.

    Only generated code has such names: its meaning is `definition`, and no derivative is ever taken of it.
    """

    @classmethod
    def definition(cls, u: Expr) -> Expr:
        """Return what the function of *u* is, in terms of the rows."""
        raise NotImplementedError


def named(name: str) -> type[NamedFunction]:
    """Return a new function called *name*."""
    return type(name, (NamedFunction,), {"nargs": 1, "__doc__": f"The named scalar function {name}."})


@dataclass(frozen=True)
class Kink:
    """A point without a derivative: the interval of valid subgradients and what PyTorch documents there."""

    at: Rational
    lowest: Rational
    highest: Rational
    convention: Rational


@dataclass(frozen=True)
class ScalarFunction:
    """One row: y = f(u), f′ stable and textbook, the kinks, how the function is typeset, and whether every u has a value."""

    symbol: type[Function]
    stable: Rule
    textbook: Rule
    latex: str
    kinks: tuple[Kink, ...] = ()
    everywhere: bool = True

    @property
    def name(self) -> str:
        """The name under which programs call the function."""
        return str(self.symbol.__name__)


def row_of(
    symbol: type[Function], latex: str, stable: Rule, textbook: Rule | None = None, *kinks: Kink, everywhere: bool = True
) -> ScalarFunction:
    """Return the row of *symbol*; the textbook's derivative is the stable one unless it is given."""
    return ScalarFunction(symbol, stable, textbook or stable, latex, kinks, everywhere)
