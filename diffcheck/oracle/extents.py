"""Extents such as n, 2*n or n + 1 as numbers, and the sizes that the shapes of a point tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sympy import Expr, Integer, Symbol

from diffcheck.errors import ShapeMismatch
from diffcheck.notation import Tensor


def extent_value(extent: Expr, sizes: Mapping[str, int]) -> int:
    """Return the number that *extent* stands for under *sizes*."""
    if extent.is_Symbol:
        return sizes[extent.name]
    return int(extent.xreplace({symbol: Integer(sizes[symbol.name]) for symbol in extent.free_symbols}))


def sizes_of(shapes: Iterable[tuple[Tensor, tuple[int, ...]]]) -> dict[str, int]:
    """Return the sizes by name, from the plain extents first, then from those that leave one name open, as n + 1 = 4 does."""
    sizes: dict[str, int] = {}
    pending = [(extent, size) for tensor, shape in shapes for extent, size in zip(tensor.extents, shape, strict=True)]
    pending.sort(key=lambda pair: not pair[0].is_Symbol)
    while pending:
        told = [(extent, size) for extent, size in pending if len(_open(extent, sizes)) <= 1]
        if not told:
            names = ", ".join(sorted({str(symbol) for extent, _ in pending for symbol in _open(extent, sizes)}))
            raise ShapeMismatch(
                got=f"shapes that do not tell {names}",
                wanted="one size for each name",
                do=f"declare an input with the extent {names.split(', ')[0]}",
            )
        for extent, size in told:
            for symbol in _open(extent, sizes):
                sizes[symbol.name] = _solved(extent, symbol, size, sizes)
        pending = [pair for pair in pending if pair not in told]
    return sizes


def _open(extent: Expr, sizes: Mapping[str, int]) -> set[Symbol]:
    return {symbol for symbol in extent.free_symbols if symbol.name not in sizes}


def _solved(extent: Expr, symbol: Symbol, size: int, sizes: Mapping[str, int]) -> int:
    """Return n from extent = a·n + b = size."""
    if extent == symbol:
        return size
    known = extent.xreplace({other: Integer(sizes[str(other)]) for other in extent.free_symbols - {symbol}})
    slope = known.diff(symbol)
    value = (size - known.xreplace({symbol: Integer(0)})) / slope if slope.is_Rational and slope else None
    if value is None or not value.is_Integer or value < 1:
        raise ShapeMismatch(
            got=f"{size} elements along an axis of {extent}",
            wanted=f"a whole number {symbol} ≥ 1 to match",
            do="make the shapes agree",
        )
    return int(value)
