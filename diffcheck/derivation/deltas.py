"""Kronecker deltas: Σ_i δ(p(i), q) f(i) = f(i*), where p(i) = q has the one solution i*; the others are left to the sum.

1. δ(i, q) has i* = q.
2. δ(i + r, q) has i* = q − r, and δ(r − i, q) has i* = r − q.
3. δ(m·i + j, q) with j < m has i* = q // m and j* = q % m: a merged axis.
4. δ(i // m, a)·δ(i % m, b) with b < m has i* = m·a + b: a split axis.

Each holds if i* certainly lies within the extent of i, or if f is 0 wherever it does not, which a read at i of a tensor of that
extent makes sure of. A delta stays where f(i*) would read what no program may: a place that is never inside, a number that may
lie outside, or an index whose extent cannot be compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sympy import Expr, Indexed, Integer, KroneckerDelta, Mul, Symbol

from diffcheck.notation import Index, indices_of, name_of, reads_of
from diffcheck.notation.functions import FUNCTIONS
from diffcheck.notation.places import Quotient, Remainder, inside, is_plain, span
from diffcheck.notation.selection import detach, select
from diffcheck.notation.symbols import substitute

_Solution = tuple[dict[Symbol, Expr], tuple[Expr, ...]]
_ANYWHERE = (*(row.symbol for row in FUNCTIONS.values() if row.everywhere), KroneckerDelta, select, detach)


def solved(
    bound: tuple[Index, ...], body: Expr, extents: Mapping[Symbol, Expr], tensors: Mapping[str, tuple[Expr, ...]]
) -> tuple[tuple[Index, ...], Expr]:
    """Return the bound indices and the body of Σ *bound* *body* with every delta eliminated that determines one of them.

    *extents* are those of all indices in the body, and *tensors* the extents of what it may read.
    """
    symbols = [index.symbol for index in bound]
    factors = Mul.make_args(body)
    for values, used in _solutions(factors, symbols, extents):
        rest = Mul(*(factor for factor in factors if factor not in used))
        certain = all(_within(place, symbol, rest, extents, tensors) for symbol, place in values.items())
        if certain and _readable(rest, values, extents, tensors):
            kept = tuple(index for index in bound if index.symbol not in values)
            moved = product([substitute(factor, dict(values)) for factor in Mul.make_args(rest)])
            return solved(kept, moved, extents, tensors)
    return bound, body


def _solutions(factors: tuple[Expr, ...], bound: list[Symbol], extents: Mapping[Symbol, Expr]) -> Iterator[_Solution]:
    """Return values of bound indices that deltas among *factors* determine, each with the deltas used up."""
    deltas = [factor for factor in factors if isinstance(factor, KroneckerDelta)]
    for delta in deltas:
        for place, other in (delta.args, delta.args[::-1]):
            for values in _inverse(place, other, bound, extents):
                yield values, (delta,)
    yield from _joined(deltas, bound, extents)


def _inverse(place: Expr, other: Expr, bound: list[Symbol], extents: Mapping[Symbol, Expr]) -> Iterator[dict[Symbol, Expr]]:
    for symbol in bound:
        if symbol in other.free_symbols or symbol not in place.free_symbols:
            continue
        rest = place - symbol
        if symbol not in rest.free_symbols:
            yield from _merged(symbol, rest, other, bound, extents)
            yield {symbol: other - rest}
        elif symbol not in (place + symbol).free_symbols:
            yield {symbol: place + symbol - other}


def _merged(
    fast: Symbol, rest: Expr, other: Expr, bound: list[Symbol], extents: Mapping[Symbol, Expr]
) -> Iterator[dict[Symbol, Expr]]:
    size = extents[fast]
    for slow in bound:
        if slow != fast and rest == size * slow and slow not in other.free_symbols:
            yield {slow: Quotient(other, size), fast: Remainder(other, size)}


def _joined(deltas: list[Expr], bound: list[Symbol], extents: Mapping[Symbol, Expr]) -> Iterator[_Solution]:
    sides = [(delta, place, other) for delta in deltas for place, other in (delta.args, delta.args[::-1])]
    for first, whole, slow in sides:
        if not (isinstance(whole, Quotient) and whole.args[0] in bound):
            continue
        symbol, size = whole.args
        for second, part, fast in sides:
            free = symbol not in slow.free_symbols | fast.free_symbols
            if free and part == Remainder(symbol, size) and inside(fast, size, extents):
                yield {symbol: slow * size + fast}, (first, second)


def _within(
    place: Expr, symbol: Symbol, rest: Expr, extents: Mapping[Symbol, Expr], tensors: Mapping[str, tuple[Expr, ...]]
) -> bool:
    return inside(place, extents[symbol], extents) or _vanishes(rest, symbol, extents[symbol], tensors)


def product(factors: Sequence[Expr]) -> Expr:
    """Return the product of *factors*, 0 where one of them is: SymPy's 0·∞ is no number."""
    return Integer(0) if 0 in factors else Mul(*factors)


def _readable(
    rest: Expr, values: dict[Symbol, Expr], extents: Mapping[Symbol, Expr], tensors: Mapping[str, tuple[Expr, ...]]
) -> bool:
    """Say whether each place that *values* change is one that a program may have."""
    for node in reads_of(rest):
        for place, size in zip(indices_of(node), tensors.get(name_of(node), ()), strict=False):
            moved = substitute(place, dict(values))
            if moved != place and not _may_read(moved, size, extents):
                return False
    deltas = (substitute(delta, dict(values)) for delta in rest.atoms(KroneckerDelta))
    return not any(place.is_Integer and place < 0 for delta in deltas for place in delta.args)


def _may_read(place: Expr, size: Expr, extents: Mapping[Symbol, Expr]) -> bool:
    if place.is_Integer:
        return inside(place, size, extents)
    if is_plain(place) and place in extents:
        difference = extents[place] - size
        return bool(difference.is_nonnegative or difference.is_nonpositive)
    found = span(place, extents)
    return found is None or not (found[1].is_negative or (found[0] - size).is_nonnegative)


def _vanishes(rest: Expr, symbol: Symbol, size: Expr, tensors: Mapping[str, tuple[Expr, ...]]) -> bool:
    """Say whether *rest* is certainly 0 for *symbol* beyond *size*, and finite in each of its factors."""
    factors = Mul.make_args(rest)
    return any(_ends(factor, symbol, size, tensors) for factor in factors) and all(map(_finite, factors))


def _ends(factor: Expr, symbol: Symbol, size: Expr, tensors: Mapping[str, tuple[Expr, ...]]) -> bool:
    if not isinstance(factor, Indexed):
        return False
    sizes = tensors.get(str(factor.base.label.name), ())
    return any(place == symbol and size == own for place, own in zip(indices_of(factor), sizes, strict=False))


def _finite(node: Expr) -> bool:
    if isinstance(node, (Indexed, Symbol)) or node.is_number:
        return True
    power = node.is_Pow and node.exp.is_Integer and node.exp > 0
    known = node.is_Add or node.is_Mul or power or isinstance(node, (Quotient, Remainder, *_ANYWHERE))
    return known and all(map(_finite, node.args if not power else (node.base, Integer(1))))
