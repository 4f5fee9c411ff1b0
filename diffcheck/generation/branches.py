"""select(c, a, b) as source: where c > 0 as a comparison, which reads as it was meant, and the branches beside it."""

from __future__ import annotations

from collections.abc import Callable

from sympy import Add, Expr, KroneckerDelta, Mul

from diffcheck.generation.scalars import is_number
from diffcheck.notation.functions import FUNCTIONS

Printer = Callable[[Expr], str]
"""Source for an expression, on either side of a comparison."""

_STEP, _SIGN, _ABSOLUTE = (FUNCTIONS[name].symbol for name in ("step", "sign", "absolute"))


def condition(node: Expr, of: Printer, place: Printer) -> str:
    """Return source that is true where *node* > 0; *of* prints values, *place* whole numbers."""
    factors = Mul.make_args(node)
    found = [_comparison(factor, of, place) for factor in factors]
    if all(found):
        return found[0] if len(found) == 1 else " & ".join(f"({text})" for text in found)
    return _greater(node, of)


def _comparison(node: Expr, of: Printer, place: Printer) -> str:
    """Return source that is true where *node*, which is 0 or 1, is 1; nothing for another node."""
    if isinstance(node, _STEP):
        return _greater(node.args[0], of)
    if isinstance(node, KroneckerDelta):
        return f"{place(node.args[0])} == {place(node.args[1])}"
    apart = _apart(node)
    if apart is not None:
        return f"{of(apart)} != 0"
    apart = _apart(1 - node)
    return f"{of(apart)} == 0" if apart is not None else ""


def _apart(node: Expr) -> Expr | None:
    """Return u where *node* is |sign(u)|, which is 0 where u is 0 and else 1."""
    if isinstance(node, _ABSOLUTE) and isinstance(node.args[0], _SIGN):
        return node.args[0].args[0]
    return None


def _greater(node: Expr, of: Printer) -> str:
    """Return source that is true where *node* > 0: a − b > 0 is a > b, in floating point too."""
    below = [term for term in Add.make_args(node) if term.could_extract_minus_sign()]
    if len(Add.make_args(node)) == 2 and len(below) == 1 and all(map(_plain, node.args)):
        (above,) = (term for term in node.args if term not in below)
        return _sided(above, -below[0], of)
    return f"{of(node)} > 0"


def _plain(term: Expr) -> bool:
    """Say whether *term* is a number, or has none in front that would have to be multiplied first."""
    return is_number(term) or abs(term.as_coeff_Mul()[0]) == 1


def _sided(greater: Expr, less: Expr, of: Printer) -> str:
    return f"{of(less)} < {of(greater)}" if is_number(greater) else f"{of(greater)} > {of(less)}"
