"""Places: the integer expressions at which a tensor is read, and where they certainly lie.

    p = c | i | n | t[σ] | p + p | p·p | p // p | p % p

with a constant c, an index i, an extent n and a tensor t of integers. A read whose place lies outside its axis is 0: padding,
slices and concatenations need no other word, and nor do their adjoints.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from sympy import Add, Expr, Function, Indexed, Integer, KroneckerDelta, Mul, Symbol

from diffcheck.errors import UnsupportedExpression


class Quotient(Function):  # type: ignore[misc]  # SymPy carries no types
    """⌊p/q⌋ for integers p and q > 0, written p // q."""

    nargs = 2
    is_integer = True

    @classmethod
    def eval(cls, above: Expr, below: Expr) -> Expr | None:
        """Return the value where it is known."""
        if below == 1:
            return above
        return Integer(int(above) // int(below)) if above.is_Integer and below.is_Integer else None


class Remainder(Function):  # type: ignore[misc]  # SymPy carries no types
    """p − q⌊p/q⌋ for integers p and q > 0, written p % q."""

    nargs = 2
    is_integer = True
    is_nonnegative = True

    @classmethod
    def eval(cls, above: Expr, below: Expr) -> Expr | None:
        """Return the value where it is known."""
        if below == 1:
            return Integer(0)
        return Integer(int(above) % int(below)) if above.is_Integer and below.is_Integer else None


def is_plain(place: Expr) -> bool:
    """Say whether *place* is an index, or the name of an extent or of an integer, and nothing else."""
    return isinstance(place, Symbol)


def is_whole(node: Expr) -> bool:
    """Say whether *node* is a place that indices and extents alone tell, such as i − k + 1."""
    if isinstance(node, Symbol) or node.is_Integer:
        return bool(node.is_integer)
    return (node.is_Add or node.is_Mul or isinstance(node, (Quotient, Remainder))) and all(map(is_whole, node.args))


def check_form(place: Expr) -> None:
    """Refuse what is no place."""
    pending = [place]
    while pending:
        node = pending.pop()
        if node.is_Integer or isinstance(node, (Symbol, Indexed)):
            continue
        if node.is_Add or node.is_Mul or (isinstance(node, (Quotient, Remainder)) and not _not_positive(node.args[1])):
            pending.extend(node.args)
            continue
        raise UnsupportedExpression(
            got=f"{place} as a place",
            wanted="sums, products, // and % (by positive numbers) of indices and whole numbers",
            do="count places in whole numbers",
        )


def _not_positive(number: Expr) -> bool:
    return bool(number.is_Integer and number <= 0)


def span(place: Expr, extents: Mapping[Symbol, Expr]) -> tuple[Expr, Expr] | None:
    """Return the least and the greatest value of *place* over the indices in *extents*, or None where that is not known."""
    if place.is_Integer:
        return place, place
    if isinstance(place, Symbol):
        return (Integer(0), extents[place] - 1) if place in extents else (place, place) if place.is_positive else None
    if isinstance(place, Indexed):
        return None
    parts = [span(part, extents) for part in place.args]
    known = [part for part in parts if part is not None]
    if isinstance(place, Remainder):
        return Integer(0), place.args[1] - 1
    if len(known) < len(parts):
        return None
    if place.is_Add:
        return Add(*(low for low, _ in known)), Add(*(high for _, high in known))
    if isinstance(place, Quotient):
        divisor = place.args[1]
        return (Quotient(known[0][0], divisor), Quotient(known[0][1], divisor)) if divisor.is_Integer else None
    if place.is_Mul:
        return _product(known)
    return None


def _product(factors: list[tuple[Expr, Expr]]) -> tuple[Expr, Expr] | None:
    """Return the span of a product in which all factors but one are constant."""
    scale = Mul(*(low for low, high in factors if low == high))
    moving = [pair for pair in factors if pair[0] != pair[1]]
    if len(moving) > 1:
        return None
    low, high = moving[0] if moving else (Integer(1), Integer(1))
    if scale.is_nonnegative:
        return scale * low, scale * high
    return (scale * high, scale * low) if scale.is_nonpositive else None


def inside(place: Expr, size: Expr, extents: Mapping[Symbol, Expr]) -> bool:
    """Say whether *place* certainly lies in an axis of *size* elements."""
    found = span(place, extents)
    return found is not None and bool(found[0].is_nonnegative) and bool((size - 1 - found[1]).is_nonnegative)


@lru_cache(maxsize=4096)  # asked at every point of the same program
def scatters(body: Expr) -> bool:
    """Say whether *body* has a delta with a place that is more than an index or a number."""
    return any(not (is_plain(place) or place.is_Integer) for delta in body.atoms(KroneckerDelta) for place in delta.args)
