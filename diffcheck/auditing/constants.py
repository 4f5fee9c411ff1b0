"""Constants that float64 cannot hold, found again behind the numbers that they were rounded to.

A program holds 2**.5 as the fraction 6369051672525773/2⁵². Where a number is within some units in the last place of √2, π, …,
of a few times one of them, or of a short fraction, it is taken for that, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from functools import cache

import sympy
from sympy import Expr, Rational, preorder_traversal

from diffcheck.notation import Equation, Program
from diffcheck.notation.text import expression_text

_LONG = 2**30  # above and below the line of a number that nobody writes out
_CLOSE = 2.0**-50
_LONGEST_BELOW = 10**6


@cache
def _named() -> tuple[tuple[float, Expr], ...]:
    root_of_two_pi = sympy.sqrt(2 * sympy.pi)
    logs = [sympy.log(2), sympy.log(3), sympy.log(10), sympy.log(sympy.pi), sympy.log(2 * sympy.pi)]
    plain = [sympy.sqrt(2), sympy.sqrt(3), sympy.sqrt(5), sympy.pi, sympy.sqrt(sympy.pi), root_of_two_pi, sympy.E, *logs]
    both = [*plain, *(1 / value for value in plain), sympy.sqrt(2 / sympy.pi), sympy.pi**2, sympy.sqrt(sympy.pi / 2)]
    scaled = (scale * value for scale in (1, 2, 4, Rational(1, 2), Rational(1, 4)) for value in both)
    return tuple((float(value), value) for value in scaled)


def meant_by(number: Rational) -> Expr | None:
    """Return the constant that *number* is a rounding of; None where it is one itself, or none is known."""
    if number < 0:
        return None if (opposite := meant_by(-number)) is None else -opposite
    if min(number.q, _LONG) < _LONG and min(number.p, _LONG) < _LONG:
        return None
    short = Fraction(int(number.p), int(number.q)).limit_denominator(_LONGEST_BELOW)
    if short and abs(Fraction(int(number.p), int(number.q)) / short - 1) < _CLOSE:
        return Rational(short.numerator, short.denominator)
    value = float(number)
    return next((named for near, named in _named() if abs(value - near) < _CLOSE * near), None)


def is_long(program: Program) -> bool:
    """Say whether a number of *program* looks like one that was rounded."""
    return any(max(abs(number.p), number.q) >= _LONG for number in _numbers(program))


def _numbers(program: Program) -> Iterator[Rational]:
    for equation in program.equations:
        yield from (node for node in preorder_traversal(equation.body) if node.is_Rational)


def constants_in(program: Program) -> dict[Expr, Expr]:
    """Return the constants that numbers of *program* are taken for, by number."""
    found = {number: meant_by(number) for number in set(_numbers(program))}
    return {number: named for number, named in found.items() if named is not None}


def with_constants(program: Program, named: dict[Expr, Expr]) -> Program:
    """Return *program* with the numbers in *named* replaced."""
    return replace(
        program,
        equations=tuple(
            Equation(each.target, each.indices, each.bound, each.body.xreplace(named), each.reduction)
            for each in program.equations
        ),
    )


def assumption(number: Expr, named: Expr) -> str:
    """Return the sentence that says what *number* is taken for, as it was written: above the line or below it."""
    if number < 0:
        number, named = -number, -named
    if number.q & (number.q - 1):
        number, named = 1 / number, 1 / named
    return f"{float(number)} stands for {expression_text(named)}"
