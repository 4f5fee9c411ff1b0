"""Program -> the same program with the quotients by the square or cube of an array as functions that lift what is subnormal."""

from __future__ import annotations

from dataclasses import replace

from sympy import Expr, Indexed, Mul

from diffcheck.generation.quotients import quotient_by_cube, quotient_by_square
from diffcheck.generation.views import Axes, own_axes
from diffcheck.generation.whole import scattered
from diffcheck.notation import Equation, Program, reads_of
from diffcheck.notation.selection import held

_BY_POWER = {2: quotient_by_square, 3: quotient_by_cube}


def lifted(program: Program) -> Program:
    """Return *program* with its quotients by the square or cube of an array as these functions."""
    return replace(program, equations=tuple(map(_of_equation, program.equations)))


def _of_equation(equation: Equation) -> Equation:
    if equation.bound or scattered(equation) is not None:
        return equation
    return replace(equation, body=_of_node(equation.body, tuple(index.symbol for index in equation.indices)))


def _of_node(node: Expr, axes: Axes) -> Expr:
    if isinstance(node, Indexed) or not reads_of(node):
        return node
    if node.is_Mul and (made := _of_product(node, axes)) is not None:
        return made
    parts = [_of_node(part, axes) for part in node.args]
    return node if parts == list(node.args) else node.func(*parts)


def _of_product(node: Expr, axes: Axes) -> Expr | None:
    """Return the product *node*, if it divides by an array twice or thrice, as one function: u/v held in it counts."""
    powers = node.as_powers_dict()
    divisors = [base for base in powers if isinstance(base, Indexed) and own_axes(base, axes) == axes and powers[base] < 0]
    for v in divisors:
        for ratio in (base for base in powers if isinstance(base, held) and isinstance(base.args[0] * v, Indexed)):
            if powers[ratio] == 1 and 1 - powers[v] in _BY_POWER:
                return _function(node / ratio / v ** powers[v], ratio.args[0] * v, v, 1 - powers[v])
    for v in divisors:
        above = [factor for factor in Mul.make_args(node) if reads_of(factor) and not factor.as_base_exp()[1].is_negative]
        if -powers[v] in _BY_POWER and above:
            return _function(node / Mul(*above) / v ** powers[v], Mul(*above), v, -powers[v])
    return None


def _function(others: Expr, u: Expr, v: Expr, power: Expr) -> Expr:
    number, rest = others.as_independent(Indexed)
    return number * _BY_POWER[power](u, v, *([] if rest == 1 else [rest]))
