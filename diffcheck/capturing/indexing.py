"""Rows of operators that read at places which tensors of whole numbers tell, or an order does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Expr, Integer, KroneckerDelta

from diffcheck.capturing.arrays import Array, Builder, Places, broadcast, constant
from diffcheck.capturing.movement import along
from diffcheck.capturing.pointwise import below, equal
from diffcheck.capturing.rows import axis_of, operator
from diffcheck.notation.functions import step
from diffcheck.notation.places import Remainder


@operator("aten.gather.default")
def _gather(build: Builder, u: Array, dim: int, index: Array, sparse_grad: bool = False) -> Array:
    axis = axis_of(u, dim)
    if not u.rank:
        return u

    def element(places: Places) -> Expr:
        return u.at((*places[:axis], index.at(places), *places[axis + 1 :]))

    return Array(index.extents, element, u.whole)


@operator("aten.index_select.default")
def _index_select(build: Builder, u: Array, dim: int, index: Array) -> Array:
    size = index.extents[0] if index.rank else Integer(1)
    return along(u, axis_of(u, dim), size, lambda place: index.at((place,) * index.rank)) if u.rank else u


@operator("aten.embedding.default")
def _embedding(build: Builder, weight: Array, index: Array, *args: Any) -> Array:
    extents = (*index.extents, *weight.extents[1:])
    return Array(extents, lambda places: weight.at((index.at(places[: index.rank]), *places[index.rank :])), weight.whole)


@operator("aten.index.Tensor")
def _index(build: Builder, u: Array, given: Sequence[Array | None]) -> Array:
    told = {axis: index for axis, index in enumerate(given) if index is not None}
    shape = broadcast([index.extents for index in told.values()])
    rest = [axis for axis in range(u.rank) if axis not in told]
    together = sorted(told) == list(range(min(told), max(told) + 1))
    start = min(told) if together else 0
    extents = [u.extents[axis] for axis in rest]
    extents[start:start] = shape

    def element(places: Places) -> Expr:
        by_index, others = places[start : start + len(shape)], (*places[:start], *places[start + len(shape) :])
        found = dict(zip(rest, others, strict=True))
        for axis, index in told.items():
            # A negative index counts from the end.
            found[axis] = Remainder(index.at(by_index[len(by_index) - index.rank :]), u.extents[axis])
        return u.at(found[axis] for axis in range(u.rank))

    return Array(tuple(extents), element, u.whole)


@operator("aten.sort.default", "aten.sort.stable")
def _sort(build: Builder, u: Array, dim: int = -1, descending: bool = False, stable: Any = None) -> tuple[Array, Array]:
    if not u.rank:
        return u, constant(0)
    axis, turn = axis_of(u, dim), -1 if descending else 1

    def before(places: Places, bound: Places) -> Expr:
        own, other = turn * u.at(places), turn * u.at((*places[:axis], bound[0], *places[axis + 1 :]))
        return below(other, own) + equal(other, own) * step(places[axis] - bound[0])

    # The rank of an element is how many stand before it; equal ones keep their order.
    rank = build.define(u.extents, before, (u.extents[axis],), whole=True)

    def picked(value: Any) -> Any:
        def element(places: Places, bound: Places) -> Expr:
            source = (*places[:axis], bound[0], *places[axis + 1 :])
            return KroneckerDelta(places[axis], rank.at(source)) * value(source)

        return element

    values = build.define(u.extents, picked(u.at), (u.extents[axis],))
    return values, build.define(u.extents, picked(lambda source: source[axis]), (u.extents[axis],), whole=True)


@operator("aten.topk.default")
def _topk(build: Builder, u: Array, k: int, dim: int = -1, largest: bool = True, in_order: bool = True) -> tuple[Array, Array]:
    values, places = _sort(build, u, dim, largest)
    axis = axis_of(u, dim)
    return along(values, axis, Integer(k), lambda place: place), along(places, axis, Integer(k), lambda place: place)
