"""How large the exact numbers of a program may grow: SymPy multiplies them out as soon as they meet, whatever it takes.

A text of a few bytes, ((2**4096)**4096)**4096, asks for a number that no memory holds. So the size of a result is bounded
before it is computed: the numerator and the denominator of a sum, product or power have at most as many bits together as the
numbers in it, and a power multiplies that by its exponent.
"""

from __future__ import annotations

from collections.abc import Iterable

from sympy import Add, Expr, Function, Pow, log, preorder_traversal

from diffcheck.errors import UnsupportedExpression

_LARGEST = 4096  # bits of one number in a program: the product of any three floats
_LARGEST_RADICAND = 1100  # bits of a number that SymPy factors: any float
_LARGEST_RESULT = 1 << 20  # bits that a single operation may compute


def check_growth(parts: Iterable[Expr], exponent: Expr | None = None) -> None:
    """Refuse to add or multiply *parts*, or to raise their product to *exponent*, where the numbers would grow too large."""
    bits = sum(map(_bits, parts))
    if exponent is not None:
        bits *= max(1, sum(abs(number) for number in _numbers(exponent)))
        if bits > _LARGEST_RADICAND and not exponent.is_Integer:
            raise _too_large(int(bits), "under a root")
    if bits > _LARGEST_RESULT:
        raise _too_large(int(bits), "as a result")


def check_exponential(argument: Expr) -> None:
    """Refuse exp(c·log(a)) where a**c would be too large: SymPy takes one for the other."""
    if argument.has(log):
        check_growth([argument], Add(*map(abs, _numbers(argument))))


def check_constants(body: Expr) -> None:
    """Refuse a number in *body* that is too long, and a function of a constant that is itself no plain number."""
    for node in preorder_traversal(body):
        if node.is_Rational and _bits(node) > _LARGEST:
            raise _too_large(_bits(node), "in a program")
        if _transcendental(node) and any(map(_transcendental, _below(node))):
            raise UnsupportedExpression(
                got="a function of a constant that is a function of a constant",
                wanted="constants such as exp(1/3) or 2**(1/2)",
                do="declare the inner constant as an input",
            )


def _bits(body: Expr) -> int:
    return sum(int(number.p).bit_length() + int(number.q).bit_length() - 1 for number in _numbers(body))


def _numbers(body: Expr) -> Iterable[Expr]:
    return (node for node in preorder_traversal(body) if node.is_Rational and node.is_finite)


def _transcendental(node: Expr) -> bool:
    # Deciding the sign of exp(exp(exp(100))) - 1 takes more digits than there are atoms.
    power = isinstance(node, Pow) and not node.exp.is_Rational
    return bool((power or isinstance(node, Function)) and node.is_number)


def _below(node: Expr) -> Iterable[Expr]:
    nodes = preorder_traversal(node)
    next(nodes)
    return nodes


def _too_large(bits: int, where: str) -> UnsupportedExpression:
    return UnsupportedExpression(
        got=f"a number of some {bits} bits {where}",
        wanted=f"numbers of at most {_LARGEST} bits",
        do="scale the data, or declare the number as an input",
    )
