"""Rows of interpolations: the nearest element, or a mean of the nearest ones."""

from __future__ import annotations

from typing import Any

from sympy import Add, Expr, Integer, Rational

from diffcheck.capturing.arrays import Array, Builder, Places, constant
from diffcheck.capturing.rows import operator
from diffcheck.errors import CaptureError
from diffcheck.notation.functions import absolute, relu
from diffcheck.notation.places import Quotient
from diffcheck.notation.selection import select


def _sizes(u: Array, axes: int, size: Any, factors: Any) -> list[Expr]:
    space = u.extents[u.rank - axes :]
    if size is not None:
        return [constant(number).at(()) for number in size]
    return [constant(int(int(space[a]) * factors[a])).at(()) for a in range(axes)]


def _upsample_nearest(axes: int) -> Any:
    def row(build: Builder, u: Array, size: Any = None, factors: Any = None) -> Array:
        lead, space, sizes = u.rank - axes, u.extents[u.rank - axes :], _sizes(u, axes, size, factors)
        if factors is not None and any(space[a] * constant(factors[a]).at(()) != sizes[a] for a in range(axes)):
            raise CaptureError(got=f"scale factors {factors}", wanted="ones that give whole sizes", do="pass a size instead")

        def element(places: Places) -> Expr:
            where = [Quotient(places[lead + a] * space[a], sizes[a]) for a in range(axes)]
            return u.at((*places[:lead], *where))

        return Array((*u.extents[:lead], *sizes), element, u.whole)

    return row


for _axes in (1, 2, 3):
    operator(f"aten.upsample_nearest{_axes}d.vec")(_upsample_nearest(_axes))


def _upsample_linear(axes: int) -> Any:
    def row(build: Builder, u: Array, size: Any, align_corners: bool, factors: Any = None) -> Array:
        lead, space, sizes = u.rank - axes, u.extents[u.rank - axes :], _sizes(u, axes, size, factors)

        def element(places: Places, bound: Places) -> Expr:
            value = u.at((*places[:lead], *bound))
            for a in range(axes):
                value *= relu(1 - absolute(_source(places[lead + a], space[a], sizes[a], align_corners) - bound[a]))
            return value

        return build.define((*u.extents[:lead], *sizes), element, tuple(space))

    return row


def _source(place: Expr, size: Expr, wanted: Expr, align_corners: bool) -> Expr:
    """Return where in an axis of *size* the element at *place* of the *wanted* many lies, within the axis."""
    if align_corners:
        return place * (size - 1) / (wanted - 1) if wanted != 1 else Integer(0)
    where = Add(place, Rational(1, 2)) * size / wanted - Rational(1, 2)
    return select(where - (size - 1), size - 1, relu(where))


for _axes, _name in ((1, "linear1d"), (2, "bilinear2d"), (3, "trilinear3d")):
    operator(f"aten.upsample_{_name}.vec")(_upsample_linear(_axes))
