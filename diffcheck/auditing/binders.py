"""Σ_K e, Π_K e, max_K e and argmax_K e as SymPy nodes whose bound indices have canonical names.

The name of a bound index tells how deep it is bound and its place there, so two sums that differ in the names of their indices
are one node, and no index that is free anywhere has such a name.
"""

from __future__ import annotations

from itertools import permutations, product
from math import factorial, prod

from sympy import Expr, Function, Symbol

from diffcheck.notation import Reduction, index_symbol
from diffcheck.notation.symbols import substitute

_MOST_ORDERS = 720  # of indices that no signature tells apart


class Binder(Function):  # type: ignore[misc]  # SymPy carries no types
    """Binder(e, k, extent of k, l, extent of l, …)."""

    is_real = True

    @property
    def bound(self) -> tuple[tuple[Symbol, Expr], ...]:
        """The bound indices, each with its extent."""
        return tuple(zip(self.args[1::2], self.args[2::2], strict=True))


class _OfElements(Binder):
    """A binder whose value has the sign that all elements have."""

    def _eval_is_positive(self) -> bool | None:
        some = all(size.is_positive for _, size in self.bound)
        return True if some and self.args[0].is_positive else None

    def _eval_is_nonnegative(self) -> bool | None:
        some = all(size.is_positive for _, size in self.bound)
        return True if some and self.args[0].is_nonnegative else None


class Total(_OfElements):
    """Σ_K e, where e is one product whose factors K connects."""


class Product(_OfElements):
    """Π_K e."""


class Largest(_OfElements):
    """max_K e."""


class Place(Binder):
    """argmax_K e."""


BINDERS = {Reduction.SUM: Total, Reduction.PRODUCT: Product, Reduction.MAX: Largest, Reduction.ARGMAX: Place}


def bound_by(kind: type[Binder], body: Expr, bound: dict[Symbol, Expr]) -> Expr:
    """Return *kind* of *body* over the indices *bound*, which map to their extents, under canonical names.

    Only the order of the indices of an argmax has a meaning, and it is kept.
    """
    depth = 1 + max((_depth(node) for node in body.atoms(Binder)), default=0)
    orders = [tuple(bound)] if kind is Place else _orders(body, bound)
    made = [(str(named), named, order) for order in orders for named in [_named(body, order, depth)]]
    _, named, order = min(made, key=lambda entry: entry[0])
    names = _names(depth, len(order))
    return kind(named, *(part for name, symbol in zip(names, order, strict=True) for part in (name, bound[symbol])))


def _depth(node: Binder) -> int:
    return int(str(node.args[1]).removeprefix("bound_").split("_")[0])


def _names(depth: int, count: int) -> list[Symbol]:
    return [index_symbol(f"bound_{depth}_{place}") for place in range(count)]


def _named(body: Expr, order: tuple[Symbol, ...], depth: int) -> Expr:
    return substitute(body, dict(zip(order, _names(depth, len(order)), strict=True)))


def _orders(body: Expr, bound: dict[Symbol, Expr]) -> list[tuple[Symbol, ...]]:
    """Return the orders in which the indices may be named: by extent and by what the body says of each alone."""
    classes: dict[tuple[str, str], list[Symbol]] = {}
    for symbol, size in bound.items():
        masked = {other: index_symbol("this" if other == symbol else "other") for other in bound}
        classes.setdefault((str(size), str(substitute(body, masked))), []).append(symbol)
    groups = [classes[key] for key in sorted(classes)]
    if prod(factorial(len(group)) for group in groups) > _MOST_ORDERS:
        return [tuple(symbol for group in groups for symbol in group)]
    return [
        tuple(symbol for group in chosen for symbol in group) for chosen in product(*(permutations(group) for group in groups))
    ]
