"""Program -> the same program with the quotients by the square or cube of an array as functions that lift what is subnormal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations

from sympy import Expr, Indexed, Integer, Mul, Pow

from diffcheck.generation.quotients import quotient_by_cube, quotient_by_square
from diffcheck.generation.views import Axes, own_axes
from diffcheck.generation.whole import scattered
from diffcheck.notation import Program, read, reads_of
from diffcheck.notation.functions import absolute
from diffcheck.notation.selection import held, select

_BY_POWER = {2: quotient_by_square, 3: quotient_by_cube}


Shares = Mapping[Expr, tuple[Expr, Expr]]
"""What reads an element of an equation T = a/c where c > 0, else a: with a and c."""


def lifted(program: Program) -> Program:
    """Return *program* with its quotients by the square or cube of an array as these functions."""
    shares: dict[Expr, tuple[Expr, Expr]] = {}
    made = []
    for equation in program.equations:
        if not (equation.bound or scattered(equation) is not None):
            axes = tuple(index.symbol for index in equation.indices)
            if (share := _as_share(equation.body)) is not None:
                shares[read(equation.target, axes)] = share
            equation = replace(equation, body=_of_node(equation.body, axes, shares))  # the same, lifted
        made.append(equation)
    return replace(program, equations=tuple(made))


def _as_share(node: Expr) -> tuple[Expr, Expr] | None:
    if not isinstance(node, select):
        return None
    condition, then, other = node.args
    return (other, condition) if then == other / condition else None


def _of_node(node: Expr, axes: Axes, shares: Shares) -> Expr:
    if isinstance(node, Indexed) or not reads_of(node):
        return node
    made = (_of_shares(node, shares) or _of_product(node, axes)) if node.is_Mul else None
    if made is not None:
        return made
    parts = [_of_node(part, axes, shares) for part in node.args]
    return node if parts == list(node.args) else node.func(*parts)


def _of_shares(node: Expr, shares: Shares) -> Expr | None:
    """Return k·(a/c)·(b/c)/c, c the larger size of both or 1, by the square of c: the other share is 1 or −1 exactly."""
    factors = Mul.make_args(node)
    for first, second in combinations((factor for factor in factors if factor in shares), 2):
        (a, scale), (b, other) = shares[first], shares[second]
        below = select(scale, scale, Integer(1))
        if scale == other and 1 / below in factors:
            others = node / first / second * below
            apart, moderate = others.as_independent(Pow)
            small = [quotient_by_square(u, below, share * moderate) for u, share in ((b, first), (a, second))]
            return apart * select(absolute(a) - absolute(b), *small)
    return None


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
    if number.is_comparable and 0 < abs(number) < 1:  # comes first: the quotient alone may overflow
        number, u = Integer(1), number * u
    return number * _BY_POWER[power](u, v, *([] if rest == 1 else [rest]))
