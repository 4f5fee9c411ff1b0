"""Rows of grid samplers: an image read at computed places, by the nearest element or a mean of near ones."""

from __future__ import annotations

from typing import Any

from sympy import Expr, Integer, Mul, Rational

from diffcheck.capturing.arrays import Array, Builder, Places
from diffcheck.capturing.kernels import cubic
from diffcheck.capturing.pointwise import at_most
from diffcheck.capturing.rows import operator
from diffcheck.notation.functions import relu, step
from diffcheck.notation.places import Remainder
from diffcheck.notation.selection import detach, select

_LINEAR, _NEAREST, _CUBIC = 0, 1, 2  # at::native::GridSamplerInterpolation
_ZEROS, _BORDER, _REFLECTION = 0, 1, 2  # at::native::GridSamplerPadding
_HALF = Rational(1, 2)
_TURNS = 8  # how often a reflected place may turn back; what lies further away is not captured faithfully, and refused


def _grid_sampler(count: int) -> Any:
    def row(build: Builder, u: Array, grid: Array, interpolation: int, padding: int, align_corners: bool) -> Array:
        source, shape = build.named(u), grid.extents[:-1]
        taps, weights = [], []
        for axis, size in enumerate(u.extents[2:]):
            where = _coordinate(build, grid, count - 1 - axis, size, align_corners)
            spot, weight = _AXES[interpolation](build, where, size, padding, align_corners)
            taps.append(spot)
            weights.append(weight)
        near = (Integer(_TAPS[interpolation]),) * count

        def element(places: Places, bound: Places) -> Expr:
            at = (places[0], *places[2:])
            spots = (spot.at((*at, tap)) for spot, tap in zip(taps, bound, strict=True))
            return source.element((*places[:2], *spots)) * Mul(
                *(weight.at((*at, tap)) for weight, tap in zip(weights, bound, strict=True))
            )

        return build.define((u.extents[0], u.extents[1], *shape[1:]), element, near)

    return row


def _coordinate(build: Builder, grid: Array, axis: int, size: Expr, align_corners: bool) -> Array:
    """Return where along an axis of *size* the grid points: −1 and 1 are its first and last element, or its two ends."""

    def element(places: Places, _: Places) -> Expr:
        g = grid.at((*places, Integer(axis)))
        return (g + 1) * (size - 1) / 2 if align_corners else ((g + 1) * size - 1) / 2

    return build.define(grid.extents[:-1], element)


def _linear(build: Builder, where: Array, size: Expr, padding: int, align_corners: bool) -> tuple[Array, Array]:
    where = _padded(build, where, size, padding, align_corners)
    # At the ends, where much is brought back to, a place is compared with a bare index, which no rounding can turn.
    first = _floor(build, where, Integer(-2 if padding == _ZEROS else -1), size if padding == _ZEROS else size - 1)

    def weight(places: Places, _: Places) -> Expr:
        part, tap = where.at(places[:-1]) - first.at(places[:-1]), places[-1]
        return (1 - tap) * (1 - part) + tap * part

    return _following(first, Integer(2)), build.define((*where.extents, Integer(2)), weight)


def _nearest(build: Builder, where: Array, size: Expr, padding: int, align_corners: bool) -> tuple[Array, Array]:
    where = _padded(build, where, size, padding, align_corners)

    def reached(value: Expr, number: Expr) -> Expr:
        # Half-way, the even one is the nearest.
        edge = number - _HALF
        return select(Remainder(number, Integer(2)), step(value - edge), at_most(edge, value))

    one = (*where.extents, Integer(1))
    return _following(_floor(build, where, Integer(-1), size, reached), Integer(1)), Array(one, lambda _: Integer(1))


def _cubically(build: Builder, where: Array, size: Expr, padding: int, align_corners: bool) -> tuple[Array, Array]:
    if padding == _BORDER:
        where = build.pointwise(lambda x: _nearby(x, size), where)
    if padding == _REFLECTION:
        where = _turned(build, where, size - 1 if align_corners else size)
    first = _floor(build, where, Integer(-3), 2 * size + 1 if padding == _REFLECTION else size + 2)

    def weight(places: Places, _: Places) -> Expr:
        return cubic(where.at(places[:-1]) - first.at(places[:-1]) + 1 - places[-1])

    weights = build.define((*where.extents, Integer(4)), weight)
    spots = _following(first, Integer(4), -1)
    if padding == _BORDER:
        ends = build.define(spots.extents, lambda places, _: _clamped(spots.at(places), size), whole=True)
        return ends, weights
    return (_mirrored(build, spots, size, align_corners) if padding == _REFLECTION else spots), weights


def _nearby(x: Expr, size: Expr) -> Expr:
    """Return *x*, moved where all four elements around it are the one at an end: they stay that, and the derivative too."""
    before, after = -Rational(5, 2), size + Rational(3, 2)
    moved = select(step(-2 - x), before, select(step(x - size - 1), after, x))
    return x - detach(x - moved)


def _clamped(place: Expr, size: Expr) -> Expr:
    return select(-place, Integer(0), select(place - size + 1, size - 1, place))


def _mirrored(build: Builder, spots: Array, size: Expr, align_corners: bool) -> Array:
    """Return which element stands at each of *spots* if the axis is followed by its mirror image, again and again."""
    if size == 1:
        return Array(spots.extents, lambda places: Integer(0), whole=True)
    period, last = (2 * size - 2, 2 * size - 2) if align_corners else (2 * size, 2 * size - 1)
    image = build.define((period,), lambda places, _: select(places[0] - size + 1, last - places[0], places[0]), whole=True)
    return Array(spots.extents, lambda places: image.at((Remainder(spots.at(places), period),)), whole=True)


def _padded(build: Builder, where: Array, size: Expr, padding: int, align_corners: bool) -> Array:
    """Return *where* brought back into the axis, at whose ends PyTorch's derivative is 0."""
    if padding == _ZEROS:
        return where
    if padding == _REFLECTION:
        start, length = (Integer(0), size - 1) if align_corners else (-_HALF, size)
        moved = build.pointwise(lambda x: x - start, where)
        turned = _turned(build, moved, length)
        where = build.pointwise(lambda y: select(step(length - y), y, 2 * length - y) + start, turned)

    def clipped(x: Expr) -> Expr:
        return select(at_most(size - 1, x), size - 1, relu(x))

    return build.pointwise(clipped, where)


def _turned(build: Builder, where: Array, length: Expr) -> Array:
    """Return *where* less a multiple of 2·length, from 0 up to that."""
    if length == 0:
        return build.pointwise(lambda x: x - x, where)
    turns = _floor(build, build.pointwise(lambda x: x / (2 * length), where), Integer(-_TURNS), Integer(_TURNS))
    return build.pointwise(lambda x, n: x - 2 * length * n, where, turns)


def _floor(build: Builder, where: Array, low: Expr, high: Expr, reached: Any = lambda x, n: at_most(n, x)) -> Array:
    """Return ⌊where⌋, if less than low then *low*, and at most *high*: how many whole numbers between these it reaches."""

    def element(places: Places, bound: Places) -> Expr:
        return reached(detach(where.at(places)), low + 1 + bound[0])

    made = build.define(where.extents, element, (high - low,), whole=True)
    return Array(made.extents, lambda places: made.at(places) + low, whole=True)


def _following(first: Array, count: Expr, start: int = 0) -> Array:
    """Return *count* places from that of *first* and *start* on, along one more axis."""
    return Array((*first.extents, count), lambda places: first.at(places[:-1]) + start + places[-1], whole=True)


_AXES = {_LINEAR: _linear, _NEAREST: _nearest, _CUBIC: _cubically}
_TAPS = {_LINEAR: 2, _NEAREST: 1, _CUBIC: 4}

for _count in (2, 3):
    operator(f"aten.grid_sampler_{_count}d.default")(_grid_sampler(_count))
