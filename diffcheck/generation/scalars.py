"""Numbers and extents as Python source: exact where a float holds them, else a quotient."""

from __future__ import annotations

import math

from sympy import Expr, Indexed, Integer, Mul, Rational, Symbol, sqrt

from diffcheck.errors import GenerationError
from diffcheck.oracle.balls import real_number
from diffcheck.oracle.precision import working_precision

Part = tuple[Expr, str]
"""A term or factor, and the operation that joins it to the others."""

_MOST_DIVISIONS = 4
_LARGEST_INTEGER = 2**53  # beyond it, Python's integers and floats part ways


def is_number(node: Expr) -> bool:
    """Say whether *node* is made of numbers and extents alone, so that Python computes it once, as a float."""
    if node.is_Add or node.is_Mul or node.is_Pow:
        return all(map(is_number, node.args))
    return bool(node.is_integer and node.is_positive) if node.is_Symbol else not node.free_symbols


def number_text(node: Expr) -> str:
    """Return *node*, made of numbers and extents, as a Python expression."""
    if node.is_number:
        return _constant(node)
    above, below = node.as_numer_denom()
    if below != 1:
        # −2/n is (−2)/n: a sign needs no parentheses in front.
        return f"{number_text(above) if above.is_number else _atom(above)} / {_atom(below)}"
    if node.is_Symbol:
        return str(node)
    if node.is_Pow:
        return "**".join(map(_atom, node.args))
    if node.is_Add:
        return " + ".join(map(number_text, node.args[::-1])).replace("+ -", "- ")
    first, *rest = sorted(node.args, key=lambda part: not part.is_number)
    return " * ".join([number_text(first) if first.is_number else _atom(first), *map(_atom, rest)])


def is_atom(text: str) -> bool:
    """Say whether *text* is a name or a number without a sign, which needs no parentheses anywhere."""
    return text.isidentifier() or text.replace(".", "", 1).isdigit()


def _constant(node: Expr) -> str:
    if node.is_Integer and abs(node) <= _LARGEST_INTEGER:
        return str(node)
    if node.is_Rational and not node.is_Integer and max(abs(node.p), node.q) <= _LARGEST_INTEGER:
        return repr(float(node)) if Rational(float(node)) == node else f"{node.p} / {node.q}"
    if node.is_infinite:
        return 'float("inf")' if node.is_extended_positive else '-float("inf")'
    return repr(_nearest(node))


def _nearest(node: Expr) -> float:
    with working_precision(128):
        ball = real_number(node)
        value = float(ball.mid())
    if not math.isfinite(value) or (value == 0 and not ball.is_zero()):
        raise GenerationError(got=f"the constant {node}", wanted="a number within the range of a float", do="rescale it")
    return value


def _atom(node: Expr) -> str:
    text = number_text(node)
    return text if is_atom(text) else f"({text})"


def split_number(body: Expr) -> tuple[Expr, list[Expr]]:
    """Return the factor of *body* that is made of numbers and extents, and the other factors."""
    numbers: list[Expr] = []
    others: list[Expr] = []
    for factor in Mul.make_args(body):
        (numbers if is_number(factor) else others).append(factor)
    return Mul(Integer(1), *numbers), others


def divided(factor: Expr) -> list[Part]:
    """Return *factor* as what is multiplied or divided by: a power of a tensor divides bit by bit, since it may overflow."""
    if not (factor.is_Pow and factor.exp.is_Rational and factor.exp < 0):
        return [(factor, "mul")]
    whole, half = divmod(-factor.exp, 1)
    if isinstance(factor.base, (Indexed, Symbol)) and whole <= _MOST_DIVISIONS and 2 * half in (0, 1):
        return [(sqrt(factor.base), "div")] * int(2 * half) + [(factor.base, "div")] * int(whole)
    return [(1 / factor, "div")]
