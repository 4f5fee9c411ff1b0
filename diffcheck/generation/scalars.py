"""Numbers and extents as Python source: exact where a float holds them, else a quotient."""

from __future__ import annotations

from sympy import Expr, Integer, Mul, Rational


def is_number(node: Expr) -> bool:
    """Say whether *node* is made of numbers and extents alone, so that Python computes it once, as a float."""
    return all(symbol.is_integer and symbol.is_positive for symbol in node.free_symbols)


def number_text(node: Expr) -> str:
    """Return *node*, made of numbers and extents, as a Python expression."""
    above, below = node.as_numer_denom()
    if below != 1 and not node.is_Rational:
        return f"{_atom(above)} / {_atom(below)}"
    return _plain(node)


def _plain(node: Expr) -> str:
    if node.is_Integer or node.is_Symbol:
        return str(node)
    if node.is_Rational:
        return repr(float(node)) if Rational(float(node)) == node else f"{node.p} / {node.q}"
    if node.is_number:
        return repr(float(node))
    joint = " * " if node.is_Mul else " + " if node.is_Add else " ** "
    return joint.join(_atom(part) for part in node.args)


def _atom(node: Expr) -> str:
    text = _plain(node) if node.is_Integer or node.is_Symbol else number_text(node)
    return text if text.isidentifier() or text.isdigit() else f"({text})"


def split_number(body: Expr) -> tuple[Expr, list[Expr]]:
    """Return the factor of *body* that is made of numbers and extents, and the other factors."""
    numbers, others = [], []
    for factor in Mul.make_args(body):
        (numbers if is_number(factor) else others).append(factor)
    return Mul(Integer(1), *numbers), others
