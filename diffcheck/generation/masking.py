"""Scalar expression -> an equal one that is 0 where a factor is, and divides last: at 0 another factor may be infinite."""

from __future__ import annotations

from sympy import Expr, Indexed, Integer, Mul, Symbol, log

from diffcheck.generation.powers import of_power
from diffcheck.notation.functions import absolute, sign
from diffcheck.notation.selection import select

_ZERO = Integer(0)


def zero_first(node: Expr) -> Expr:
    """Return uᵛ·log u as 0 where uᵛ is 0, and v·(v − 1)·uᵛ⁻² as 0 where v or v − 1 is: the other factors may be infinite.

    Where v is an element of a tensor, these are functions that know it.
    """
    made = of_power(node)
    if made is not None:
        return made
    factors = Mul.make_args(node)
    for factor in factors:
        if not factor.is_Pow or factor.exp.is_number:
            continue
        v = factor.exp - factor.exp.as_coeff_Add()[0]
        vanishing = Mul(*(part for part in (v, v - 1) if part in factors)) if is_leaf(v) else Integer(1)
        made = _unless_zero(factor, node) if node.has(log(factor.base)) else node
        return _unless_zero(vanishing, made) if vanishing != 1 else made
    return node


def inverted(node: Expr) -> Expr:
    """Return the branches 1/v and 1 as 1 over the branches v and 1: what they are a factor of is divided at the end."""
    if not isinstance(node, select):
        return node
    condition, then, other = node.args
    return 1 / select(condition, then.base, other) if then.is_Pow and then.exp == -1 and other == 1 else node


def is_inverse_branch(node: Expr) -> bool:
    """Say whether *node* is 1 over a branch, as `inverted` makes it."""
    return bool(node.is_Pow and node.exp == -1 and isinstance(node.base, select))


def is_leaf(node: Expr) -> bool:
    """Say whether *node* is an element of a tensor, or an index."""
    return isinstance(node, (Indexed, Symbol))


def _unless_zero(vanishing: Expr, node: Expr) -> Expr:
    return select(1 - absolute(sign(vanishing)), _ZERO, node)
