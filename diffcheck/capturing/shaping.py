"""Rows of views in another shape: axes are merged and split."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Expr, Integer, Mul

from diffcheck.capturing.arrays import Array, Builder, Extents, Places, constant
from diffcheck.capturing.rows import operator
from diffcheck.errors import CaptureError
from diffcheck.notation.places import Quotient, Remainder


def reshaped(u: Array, shape: Extents) -> Array:
    """Return *u* in another shape: axes are merged and split in groups of the same number of elements."""
    groups = _groups(u.extents, shape)

    def element(places: Places) -> Expr:
        found: list[Expr] = []
        for old, new in groups:
            found += _unmerged(
                _merged([places[axis] for axis in new], [shape[axis] for axis in new]), [u.extents[a] for a in old]
            )
        return u.at(found)

    return Array(shape, element, u.whole, u.name if shape == u.extents else "")


def _groups(old: Extents, new: Extents) -> list[tuple[list[int], list[int]]]:
    """Return the axes of both shapes in groups that hold equally many elements; axes of length 1 may stand anywhere."""
    groups: list[tuple[list[int], list[int]]] = []
    left, right = list(range(len(old))), list(range(len(new)))
    while left or right:
        first, second = [left.pop(0)] if left else [], [right.pop(0)] if right else []
        while (one := Mul(*(old[a] for a in first))) != (other := Mul(*(new[a] for a in second))):
            grow_left = left and (not right or not (one - other).is_positive)
            if not left and not right:
                raise CaptureError(got=f"shape {old}", wanted=f"as many elements as {new}", do="make the shapes agree")
            (first if grow_left else second).append((left if grow_left else right).pop(0))
        groups.append((first, second))
    return groups


def _merged(places: Sequence[Expr], sizes: Sequence[Expr]) -> Expr:
    """Return the place in the one axis that axes of *sizes* merge into."""
    whole: Expr = Integer(0)
    for place, size in zip(places, sizes, strict=True):
        whole = whole * size + (Integer(0) if size == 1 else place)
    return whole


def _unmerged(place: Expr, sizes: Sequence[Expr]) -> list[Expr]:
    """Return the places in axes of *sizes* that *place* in the one axis that they merge into stands for."""
    found: list[Expr] = []
    for axis, size in enumerate(sizes):
        below = Mul(*sizes[axis + 1 :])
        outer = all(other == 1 for other in sizes[:axis])
        quotient = Quotient(place, below)
        found.append(Integer(0) if size == 1 else quotient if outer else Remainder(quotient, size))
    return found


@operator("aten.view.default", "aten.reshape.default", "aten._unsafe_view.default", "aten.view_copy.default")
def _view(build: Builder, u: Array, shape: Sequence[Any]) -> Array:
    sizes = [constant(size).at(()) for size in shape]
    if Integer(-1) in sizes:
        rest = Mul(*(size for size in sizes if size != -1))
        sizes = [Mul(*u.extents) / rest if size == -1 else size for size in sizes]
    return reshaped(u, tuple(sizes))
