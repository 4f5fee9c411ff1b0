"""How large the exact numbers of a program may grow: SymPy multiplies them out as soon as they meet, whatever it takes.

A text of a few bytes, ((2**4096)**4096)**4096, asks for a number that no memory holds. So the size of a result is bounded
before it is computed: the numerator and the denominator of a sum, product or power have at most as many bits together as the
numbers in it, and a power multiplies that by its exponent.
"""

from __future__ import annotations

from collections.abc import Iterable

from sympy import Add, Expr, Pow, S, ceiling, cosh, exp, log, postorder_traversal, preorder_traversal, sinh

from diffcheck.errors import UnsupportedExpression
from diffcheck.notation.functions import expm1

_LARGEST = 4096  # bits of one number in a program: enough for the product of any three floats
_LARGEST_RADICAND = 1100  # bits of a number that SymPy factors: enough for any float
_LARGEST_RESULT = 1 << 17  # bits that a single operation may compute
_LARGEST_EXPONENT = 4096  # of a constant: to find the sign of exp(exp(100)) - 1 takes some 10**43 bits


def check_growth(parts: Iterable[Expr], exponent: Expr = S.One) -> None:
    """Refuse to add or multiply *parts*, or to raise their product to *exponent*, where the numbers would grow too large."""
    bits = sum(map(_bits, parts)) * max(1, sum(abs(number) for number in _numbers(exponent)))
    if bits > (_LARGEST_RESULT if exponent.is_Integer else _LARGEST_RADICAND):
        raise _too_large(int(bits))


def check_exponential(argument: Expr) -> None:
    """Refuse exp(c·log(a)) where a**c would be too large: SymPy takes one for the other."""
    if argument.has(log):
        check_growth([argument], ceiling(Add(*map(abs, _numbers(argument)))))


def check_constants(body: Expr) -> None:
    """Refuse a number in *body* that is too long, and a constant whose sign could not be found."""
    for node in postorder_traversal(body):
        if node.is_Rational and _bits(node) > _LARGEST:
            raise _too_large(_bits(node))
        if node.is_number and (growth := _growth(node)) is not None:
            size = abs(growth.evalf(5))
            if size.is_Number and not size <= _LARGEST_EXPONENT:  # SymPy finds no sign where it finds no size either
                raise UnsupportedExpression(
                    got="a constant with a great exponent",
                    wanted=f"exponents of constants up to {_LARGEST_EXPONENT}",
                    do="declare the constant as an input",
                )


def _growth(node: Expr) -> Expr | None:
    if isinstance(node, (exp, sinh, cosh, expm1)):
        return node.args[0]
    return node.exp if isinstance(node, Pow) and not node.exp.is_Rational else None


def _bits(body: Expr) -> int:
    return sum(int(number.p).bit_length() + int(number.q).bit_length() - 1 for number in _numbers(body))


def _numbers(body: Expr) -> list[Expr]:
    return [node for node in preorder_traversal(body) if node.is_Rational and node.is_finite]


def _too_large(bits: int) -> UnsupportedExpression:
    return UnsupportedExpression(
        got=f"numbers of some {bits} bits",
        wanted=f"numbers of at most {_LARGEST} bits, {_LARGEST_RADICAND} under a root",
        do="scale the data, or declare the number as an input",
    )
