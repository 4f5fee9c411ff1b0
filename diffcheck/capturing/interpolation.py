"""Rows of interpolations: the nearest element, or a mean of near ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Any

from numpy import float32
from sympy import Add, Expr, Integer, KroneckerDelta, Mul, Rational

from diffcheck.capturing.arrays import Array, Builder, Places, constant
from diffcheck.capturing.kernels import cubic, tent
from diffcheck.capturing.rows import operator
from diffcheck.errors import CaptureError
from diffcheck.notation.functions import relu
from diffcheck.notation.places import Quotient
from diffcheck.notation.selection import select

_HALF = Rational(1, 2)
_LONGEST = 30  # bits of a denominator


@dataclass(frozen=True)
class _Axis:
    """An axis of *size* elements that becomes one of *wanted*, by a stated *factor* or by these lengths."""

    size: Expr
    wanted: Expr
    factor: Expr | None

    def scale(self, align_corners: bool) -> Expr:
        """Return how far apart in this axis two neighbours of the wanted one lie."""
        if align_corners:
            return (self.size - 1) / (self.wanted - 1) if self.wanted != 1 else Integer(0)
        return self.size / self.wanted if self.factor is None else 1 / self.factor

    def source(self, place: Expr, align_corners: bool) -> Expr:
        """Return where in this axis the element at *place* of the wanted one lies, which may be outside."""
        scale = self.scale(align_corners)
        return place * scale if align_corners else Add(place, _HALF) * scale - _HALF


def _axes(u: Array, count: int, size: Any, factors: Any) -> list[_Axis]:
    space = u.extents[u.rank - count :]
    known = [None if factors is None or factor is None else constant(factor).at(()) for factor in factors or [None] * count]
    if size is None:
        size = [int(int(length) * factor) for length, factor in zip(space, factors, strict=True)]
    return [_Axis(length, constant(number).at(()), by) for length, number, by in zip(space, size, known, strict=True)]


def _upsample_nearest(count: int, *, middle: bool) -> Any:
    def row(build: Builder, u: Array, size: Any = None, factors: Any = None) -> Array:
        axes, lead = _axes(u, count, size, factors), u.rank - count
        ratios = [_ratio(axis, middle) for axis in axes]

        def element(places: Places) -> Expr:
            counted = [2 * place + 1 if middle else place for place in places[lead:]]
            return u.at((*places[:lead], *(Quotient(place * p, q) for place, (p, q) in zip(counted, ratios, strict=True))))

        return Array((*u.extents[:lead], *(axis.wanted for axis in axes)), element, u.whole)

    return row


def _ratio(axis: _Axis, middle: bool) -> tuple[Expr, Expr]:
    """Return p, q such that ⌊n·p/q⌋ is where n lies: as PyTorch rounds it, where a factor that is a float tells."""
    halves = 2 if middle else 1
    if axis.factor is None:
        return axis.size, halves * axis.wanted
    scale = 1 / float(axis.factor) / halves
    counted = range(1, 2 * int(axis.wanted), 2) if middle else range(int(axis.wanted))
    places = [floor(float32(scale * n)) for n in counted]
    for below in range(_LONGEST):  # a short fraction, as that of the float has more digits than places have
        near = Fraction(scale).limit_denominator(2**below)
        if [near * n // 1 for n in counted] == places:
            return Integer(near.numerator), Integer(near.denominator)
    raise CaptureError(got=f"the scale factor {axis.factor}", wanted="one whose places no rounding tells", do="pass a size")


for _count in (1, 2, 3):
    operator(f"aten.upsample_nearest{_count}d.vec")(_upsample_nearest(_count, middle=False))
    operator(f"aten._upsample_nearest_exact{_count}d.vec")(_upsample_nearest(_count, middle=True))


def _upsample_linear(count: int) -> Any:
    def row(build: Builder, u: Array, size: Any, align_corners: bool, factors: Any = None) -> Array:
        axes, lead = _axes(u, count, size, factors), u.rank - count

        def element(places: Places, bound: Places) -> Expr:
            value = u.at((*places[:lead], *bound))
            for axis, place, near in zip(axes, places[lead:], bound, strict=True):
                value *= tent(_within(axis, axis.source(place, align_corners)) - near)
            return value

        return build.define((*u.extents[:lead], *(axis.wanted for axis in axes)), element, u.extents[lead:])

    return row


def _within(axis: _Axis, where: Expr) -> Expr:
    return select(where - (axis.size - 1), axis.size - 1, relu(where))


for _count, _name in ((1, "linear1d"), (2, "bilinear2d"), (3, "trilinear3d")):
    operator(f"aten.upsample_{_name}.vec")(_upsample_linear(_count))


@operator("aten.upsample_bicubic2d.vec")
def _upsample_bicubic(build: Builder, u: Array, size: Any, align_corners: bool, factors: Any = None) -> Array:
    axes = _axes(u, 2, size, factors)
    return _weighted(build, u, axes, [_cubic_weights(build, axis, align_corners) for axis in axes])


def _cubic_weights(build: Builder, axis: _Axis, align_corners: bool) -> Array:
    """Return by how much each element counts for each of the wanted ones; what lies outside is the one at that end."""

    def element(places: Places, bound: Places) -> Expr:
        near = bound[0] - 2  # four elements count, two of which may lie outside on either side
        value = cubic(axis.source(places[0], align_corners) - near)
        inside = KroneckerDelta(places[1], near)
        first, last = KroneckerDelta(places[1], 0), KroneckerDelta(places[1], axis.size - 1)
        return value * select(-near, first, select(near - axis.size + 1, last, inside))

    return build.define((axis.wanted, axis.size), element, (axis.size + 4,))


def _weighted(build: Builder, u: Array, axes: Sequence[_Axis], weights: Sequence[Array]) -> Array:
    """Return Σ u·weights over the last axes of *u*."""
    lead = u.rank - len(axes)

    def element(places: Places, bound: Places) -> Expr:
        known = zip(weights, places[lead:], bound, strict=True)
        return Mul(u.at((*places[:lead], *bound)), *(weight.at(pair) for weight, *pair in known))

    return build.define((*u.extents[:lead], *(axis.wanted for axis in axes)), element, u.extents[lead:])


def _upsample_smoothly(kernel: Callable[[Expr], Expr]) -> Any:
    def row(build: Builder, u: Array, size: Any, align_corners: bool, high: Any = None, wide: Any = None) -> Array:
        axes = _axes(u, 2, size, [high, wide])
        return _weighted(build, u, axes, [_smooth_weights(build, axis, align_corners, kernel) for axis in axes])

    return row


def _smooth_weights(build: Builder, axis: _Axis, align_corners: bool, kernel: Callable[[Expr], Expr]) -> Array:
    """Return the weights of elements around the middle, the kernel as wide as the scale where that is more than 1."""
    scale = axis.scale(align_corners)
    if not scale.is_Rational:
        raise CaptureError(got=f"antialiasing over the extent {axis.size}", wanted="a number", do="leave that extent a number")
    unit = scale if (scale - 1).is_positive else Integer(1)

    def share(places: Places, _: Places) -> Expr:
        middle = scale * (places[0] + _HALF)
        return kernel((places[1] + _HALF - middle) / unit)

    shares = build.define((axis.wanted, axis.size), share)
    totals = build.define((axis.wanted,), lambda places, bound: shares.at((*places, *bound)), (axis.size,))
    return build.define((axis.wanted, axis.size), lambda places, _: shares.at(places) / totals.at(places[:1]))


operator("aten._upsample_bilinear2d_aa.default")(_upsample_smoothly(tent))
operator("aten._upsample_bicubic2d_aa.default")(_upsample_smoothly(lambda x: cubic(x, Rational(-1, 2))))
