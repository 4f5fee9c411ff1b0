"""Rows of operators that find elements by their order, and of those that count truth values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
from sympy import Expr, Integer, KroneckerDelta

from diffcheck.capturing.arrays import Array, Builder, Places, constant
from diffcheck.capturing.movement import along, dropped
from diffcheck.capturing.pointwise import below, equal
from diffcheck.capturing.reductions import reduced, running
from diffcheck.capturing.rows import axes_of, axis_of, operator
from diffcheck.capturing.shaping import reshaped
from diffcheck.notation import Reduction
from diffcheck.notation.functions import absolute, sign, step
from diffcheck.notation.selection import detach, select


@operator("aten.sort.default", "aten.sort.stable")
def sort(build: Builder, u: Array, dim: int = -1, descending: bool = False, stable: Any = None) -> tuple[Array, Array]:
    """The elements along an axis in order, and where they stood; equal ones keep their order."""
    if not u.rank:
        return u, constant(0)
    axis, turn = axis_of(u, dim), -1 if descending else 1

    def before(places: Places, bound: Places) -> Expr:
        own, other = turn * u.at(places), turn * u.at((*places[:axis], bound[0], *places[axis + 1 :]))
        return below(other, own) + equal(other, own) * step(places[axis] - bound[0])

    # The rank of an element is how many stand before it.
    rank = build.define(u.extents, before, (u.extents[axis],), whole=True)

    def picked(value: Any) -> Any:
        def element(places: Places, bound: Places) -> Expr:
            source = (*places[:axis], bound[0], *places[axis + 1 :])
            return KroneckerDelta(places[axis], rank.at(source)) * value(source)

        return element

    order = build.define(u.extents, picked(lambda source: source[axis]), (u.extents[axis],), whole=True)
    return _along_order(u, order, axis), order


def _along_order(u: Array, order: Array, axis: int) -> Array:
    """Return *u* read along *axis* where *order* says."""
    return Array(order.extents, lambda places: u.at((*places[:axis], order.at(places), *places[axis + 1 :])), u.whole)


@operator("aten.topk.default")
def _topk(build: Builder, u: Array, k: int, dim: int = -1, largest: bool = True, in_order: bool = True) -> tuple[Array, Array]:
    values, places = sort(build, u, dim, largest)
    if not u.rank:
        return values, places
    axis = axis_of(u, dim)
    return along(values, axis, Integer(k), lambda place: place), along(places, axis, Integer(k), lambda place: place)


@operator("aten.kthvalue.default")
def _kthvalue(build: Builder, u: Array, k: Any, dim: int = -1, keepdim: bool = False) -> tuple[Array, ...]:
    axis = axis_of(u, dim)
    place = constant(k).at(()) - 1
    found = sort(build, u, dim)
    if not u.rank:
        return found
    values = tuple(dropped(array, [axis], [place]) for array in found)
    kept = tuple(Integer(1) if other == axis else size for other, size in enumerate(u.extents))
    return tuple(reshaped(value, kept) for value in values) if keepdim else values


@operator("aten.median.dim", "aten.nanmedian.dim")
def _median(build: Builder, u: Array, dim: int = -1, keepdim: bool = False) -> tuple[Array, ...]:
    size = u.extents[axis_of(u, dim)] if u.rank else Integer(1)
    return _kthvalue(build, u, (int(size) - 1) // 2 + 1, dim, keepdim)


@operator("aten.median.default", "aten.nanmedian.default")
def _median_of_all(build: Builder, u: Array) -> Array:
    return _median(build, reshaped(u, (sympy.Mul(*u.extents),)), 0)[0]


@operator("aten.mode.default")
def _mode(build: Builder, u: Array, dim: int = -1, keepdim: bool = False) -> tuple[Array, ...]:
    """The most frequent element along an axis, the least of several, as its last occurrence."""
    if not u.rank:
        return u, constant(0)
    axis = axis_of(u, dim)

    def beside(places: Places, bound: Places) -> Expr:
        return equal(u.at(places), u.at((*places[:axis], bound[0], *places[axis + 1 :])))

    count = build.define(u.extents, beside, (u.extents[axis],), whole=True)

    def worse(places: Places, bound: Places) -> Expr:
        """Whether the element at *bound* is chosen before that at *places*."""
        there = (*places[:axis], bound[0], *places[axis + 1 :])
        own, other, tied = u.at(places), u.at(there), equal(count.at(there), count.at(places))
        later = below(other, own) + equal(other, own) * step(bound[0] - places[axis])
        return below(count.at(places), count.at(there)) + tied * later

    rank = build.define(u.extents, worse, (u.extents[axis],), whole=True)
    place = reduced(build, rank, [axis], False, lambda r: -r, Reduction.ARGMAX)
    index = reshaped(place, tuple(Integer(1) if other == axis else size for other, size in enumerate(u.extents)))
    value = _along_order(u, index, axis)
    return (value, index) if keepdim else (dropped(value, [axis]), place)


def _running_extreme(turn: int) -> Callable[..., tuple[Array, Array]]:
    def row(build: Builder, u: Array, dim: int) -> tuple[Array, Array]:
        if not u.rank:
            return u, constant(0)
        axis = axis_of(u, dim)

        def candidate(places: Places, bound: Places) -> Expr:
            # Backwards, so that the first of several largest is the last: PyTorch keeps the later one.
            source = places[axis] - bound[0]
            value = turn * named.element((*places[:axis], source, *places[axis + 1 :]))
            return select(step(source + 1), value, -detach(far.at(())) - 1)

        named = build.named(u)
        far = reduced(build, u, range(u.rank), False, lambda a: -turn * a, Reduction.MAX)
        back = build.define(u.extents, candidate, (u.extents[axis],), Reduction.ARGMAX, whole=True)
        order = Array(u.extents, lambda places: places[axis] - back.at(places), whole=True)
        return _along_order(u, order, axis), order

    return row


operator("aten.cummax.default")(_running_extreme(1))
operator("aten.cummin.default")(_running_extreme(-1))


@operator("aten.logcumsumexp.default")
def _logcumsumexp(build: Builder, u: Array, dim: int) -> Array:
    if not u.rank:
        return build.pointwise(lambda a: a, u)
    top = reduced(build, u, [axis_of(u, dim)], True, reduction=Reduction.MAX)
    powers = build.pointwise(lambda a, m: sympy.exp(a - detach(m)), u, top)
    return build.pointwise(
        lambda s, m: sympy.log(s) + detach(m), running(build, powers, dim, lambda value, before: value * before), top
    )


def _nonzero(a: Expr) -> Expr:
    return absolute(sign(a))


@operator("aten.any.default", "aten.any.dim", "aten.any.dims")
def _any(build: Builder, u: Array, dim: Any = None, keepdim: bool = False) -> Array:
    found = reduced(build, u, axes_of(u, dim), keepdim, _nonzero)
    return build.pointwise(step, found, whole=True)


@operator("aten.all.default", "aten.all.dim", "aten.all.dims")
def _all(build: Builder, u: Array, dim: Any = None, keepdim: bool = False) -> Array:
    missing = reduced(build, u, axes_of(u, dim), keepdim, lambda a: 1 - _nonzero(a))
    return build.pointwise(lambda a: 1 - step(a), missing, whole=True)
