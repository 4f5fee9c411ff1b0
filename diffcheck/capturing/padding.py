"""Rows of padding: by a number, or by reading the array again at other places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Expr, Integer, Max, Mul

from diffcheck.capturing.arrays import Array, Builder, Places, constant
from diffcheck.capturing.rows import operator
from diffcheck.errors import CaptureError
from diffcheck.notation.functions import absolute, step
from diffcheck.notation.places import Remainder
from diffcheck.notation.selection import select


def _amounts(u: Array, pad: Sequence[Any]) -> list[tuple[Expr, Expr]]:
    """Return how much goes before and after each axis; *pad* begins with the last."""
    amounts = [constant(amount).at(()) for amount in pad]
    pairs = list(zip(amounts[::2], amounts[1::2], strict=True))
    return [(Integer(0), Integer(0))] * (u.rank - len(pairs)) + pairs[::-1]


@operator("aten.constant_pad_nd.default")
def _pad_by_constant(build: Builder, u: Array, pad: Sequence[Any], value: Any = None) -> Array:
    fill, whole, amounts = constant(build.stored(value or 0)).at(()), build.named(u), _amounts(u, pad)
    extents = tuple(size + before + after for size, (before, after) in zip(u.extents, amounts, strict=True))

    def element(places: Places, _: Places) -> Expr:
        where = tuple(place - before for place, (before, _) in zip(places, amounts, strict=True))
        inside = Mul(*(step(place + 1) * step(size - place) for place, size in zip(where, u.extents, strict=True)))
        return whole.element(where) if fill == 0 else select(inside, whole.element(where), fill)

    return build.define(extents, element, whole=u.whole and fill.is_Integer)


def _reflected(place: Expr, size: Expr) -> Expr:
    return size - 1 - absolute(size - 1 - absolute(place))


def _replicated(place: Expr, size: Expr) -> Expr:
    return select(step(place + 1), select(place - size + 1, size - 1, place), Integer(0))


_MODES = {"reflect": _reflected, "replicate": _replicated, "circular": Remainder}


@operator("aten.pad.default")
def _pad(build: Builder, u: Array, pad: Sequence[Any], mode: str = "constant", value: Any = None) -> Array:
    if mode == "constant":
        return _pad_by_constant(build, u, pad, value)
    if mode not in _MODES:
        raise CaptureError(got=f"padding by {mode}", wanted=f"constant, {', '.join(_MODES)}", do="pad in another way")
    return _pad_by_reading(build, u, pad, mode)


def _pad_by_reading(build: Builder, u: Array, pad: Sequence[Any], mode: str) -> Array:
    sources: list[Array | None] = []
    extents = []
    for size, (before, after) in zip(u.extents, _amounts(u, pad), strict=True):
        extents.append(size + before + after)
        moved = before != 0 or after != 0
        sources.append(_sources(build, (before, size, after), mode) if moved else None)

    def element(places: Places) -> Expr:
        return u.at(place if source is None else source.at((place,)) for place, source in zip(places, sources, strict=True))

    return Array(tuple(extents), element, u.whole)


def _sources(build: Builder, lengths: tuple[Expr, Expr, Expr], mode: str) -> Array:
    """Return which element of an axis stands at each place of the padded one, as whole numbers."""
    before, size, after = lengths
    # A negative amount takes elements away, and what is repeated are those that are left.
    first = Max(-before, 0) if mode == "circular" else Integer(0)
    left = size - first - Max(-after, 0) if mode == "circular" else size
    start = Max(before, 0) if mode == "circular" else before
    return build.define((before + size + after,), lambda places, _: first + _MODES[mode](places[0] - start, left), whole=True)


def _pads(mode: str) -> Any:
    return lambda build, u, pad: _pad_by_reading(build, u, pad, mode)


for _axes in (1, 2, 3):
    operator(f"aten.reflection_pad{_axes}d.default")(_pads("reflect"))
    operator(f"aten.replication_pad{_axes}d.default")(_pads("replicate"))
