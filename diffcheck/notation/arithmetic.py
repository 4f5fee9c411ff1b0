"""The operations that a text may state, carried out by SymPy, or refused where they have no value."""

from __future__ import annotations

from sympy import Add, Expr, KroneckerDelta, Mul, Pow, Rational

from diffcheck.errors import ProgramSyntaxError
from diffcheck.notation.functions import function
from diffcheck.notation.limits import check_constants, check_exponential, check_growth
from diffcheck.notation.places import Quotient, Remainder, check_form
from diffcheck.notation.selection import detach, held, select

_MOST_DIGITS = 1000

_MARKS = {"detach": detach, "held": held}


def number(digits: str) -> Expr:
    """Return the decimal *digits* as the exact rational number that they state."""
    if len(digits) > _MOST_DIGITS:
        raise ProgramSyntaxError(
            got=f"a number of {len(digits)} characters",
            wanted=f"at most {_MOST_DIGITS}",
            do="round it, or declare it as an input",
        )
    return Rational(digits)


def total(terms: list[Expr]) -> Expr:
    """Return the sum of *terms*."""
    check_growth(terms)
    return Add(*terms)


def product(factors: list[Expr]) -> Expr:
    """Return the product of *factors*.

    All at once: SymPy spreads 2*(a + b) over the sum but not 2*(a + b)/n, so that the order of folding would show.
    """
    check_growth(factors)
    return Mul(*factors)


def power(base: Expr, exponent: Expr) -> Expr:
    """Return base**exponent; 0 can only be raised to a positive number."""
    if base == 0 and not exponent.is_positive:
        raise ProgramSyntaxError(
            got="a division by 0" if exponent == -1 else f"0**({exponent})",
            wanted="a divisor or a base that is not 0",
            do="mend the divisor or the base",
        )
    check_growth([base], exponent)
    value = Pow(base, exponent)
    check_constants(value)
    return value


def whole(sign: str, above: Expr, below: Expr) -> Expr:
    """Return above // below or above % below, of places."""
    if below.is_nonpositive:
        raise ProgramSyntaxError(got=f"{sign} by {below}", wanted="a positive divisor", do="mend the divisor")
    value = (Quotient if sign == "//" else Remainder)(above, below)
    check_form(value)
    return value


def call(name: str, arguments: list[Expr]) -> Expr:
    """Return the function *name* of *arguments*: a named function, sqrt, delta, select, detach or held."""
    if name == "delta":
        return _delta(arguments)
    if name == "select":
        return _select(arguments)
    if len(arguments) != 1:
        raise ProgramSyntaxError(got=f"{name} of {len(arguments)} arguments", wanted="one argument", do="split the call")
    (argument,) = arguments
    if name in _MARKS:
        return _MARKS[name](argument)
    if name == "sqrt":
        return power(argument, Rational(1, 2))
    if name == "exp":
        check_exponential(argument)
    value = function(name).symbol(argument)
    check_constants(value)
    return value


def _delta(places: list[Expr]) -> Expr:
    if len(places) != 2:
        listed = ", ".join(map(str, places))
        raise ProgramSyntaxError(got=f"delta({listed})", wanted="delta(i, j)", do="pass two places")
    for place in places:
        check_form(place)
    return KroneckerDelta(*places)


def _select(arguments: list[Expr]) -> Expr:
    if len(arguments) != 3:
        raise ProgramSyntaxError(
            got=f"select of {len(arguments)} arguments", wanted="select(c, a, b)", do="pass a condition and two branches"
        )
    return select(*arguments)
