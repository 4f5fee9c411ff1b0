"""Axes that are read at the digits of one index, as in A[i // m, i % m]: together they are one axis, read at i."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sympy import Expr, Integer, Symbol

from diffcheck.notation.places import Quotient, Remainder


@dataclass(frozen=True)
class Merged:
    """One of the axes that are read at the digits of *symbol*; the one of *rank* 0 counts the largest steps."""

    symbol: Symbol
    size: Expr
    rank: int


def merged(places: Sequence[Expr], sizes: Sequence[Expr], extents: Mapping[Symbol, Expr]) -> dict[int, Merged]:
    """Return the axes, by number, whose *places* are all digits of one index, each digit once."""
    found: dict[int, Merged] = {}
    for symbol in extents:
        own = [number for number, place in enumerate(places) if place.free_symbols & set(extents) == {symbol}]
        digits = {number: _digit(places[number], symbol) for number in own}
        if len(own) > 1 and all(digits.values()):
            ordered = _ordered({number: digit for number, digit in digits.items() if digit}, sizes, extents[symbol])
            found |= {number: Merged(symbol, sizes[number], rank) for rank, number in enumerate(ordered)}
    return found


def _digit(place: Expr, symbol: Symbol) -> tuple[Expr, Expr | None] | None:
    """Return the weight w and the modulus q where *place* is (symbol // w) % q; the highest digit has no modulus."""
    modulus = None
    if isinstance(place, Remainder):
        place, modulus = place.args
    if isinstance(place, Quotient) and place.args[0] == symbol:
        return place.args[1], modulus
    return (Integer(1), modulus) if place == symbol and modulus is not None else None


def _ordered(digits: dict[int, tuple[Expr, Expr | None]], sizes: Sequence[Expr], extent: Expr) -> list[int]:
    """Return the axes from the highest digit to the lowest, or none where the digits are not those of one index."""
    weight: Expr = Integer(1)
    ordered: list[int] = []
    while len(ordered) < len(digits):
        matching = [number for number, digit in digits.items() if digit[0] == weight and number not in ordered]
        if len(matching) != 1:
            return []
        (number,) = matching
        last = len(ordered) == len(digits) - 1
        modulus = digits[number][1]
        if modulus != sizes[number] and not (last and modulus is None):
            return []
        ordered.append(number)
        weight = weight * sizes[number]
    return ordered[::-1] if weight == extent else []
