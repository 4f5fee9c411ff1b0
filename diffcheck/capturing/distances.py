"""Rows of distances between vectors, and of products that come with them: norms of differences."""

from __future__ import annotations

from typing import Any

from sympy import Expr, Integer

from diffcheck.capturing.arrays import Array, Builder, Places, broadcast, constant
from diffcheck.capturing.elimination import lead
from diffcheck.capturing.normalizing import vector_norm
from diffcheck.capturing.rows import axis_of, operator
from diffcheck.notation.functions import step
from diffcheck.notation.places import Quotient, Remainder


@operator("aten._cdist_forward.default", "aten.cdist.default")
def _between_two(build: Builder, u: Array, v: Array, p: float = 2, mode: Any = None) -> Array:
    """‖A[…,i,:] − B[…,j,:]‖, whose derivative at 0 is 0."""
    front = broadcast([lead(u), lead(v)])

    def element(places: Places, _: Places) -> Expr:
        batch, (i, j, k) = places[:-3], places[-3:]
        one = u.at((*batch[len(front) - len(lead(u)) :], i, k))
        return one - v.at((*batch[len(front) - len(lead(v)) :], j, k))

    return vector_norm(build, build.define((*front, u.extents[-2], v.extents[-2], u.extents[-1]), element), p, [-1])


@operator("aten._pdist_forward.default", "aten.pdist.default")
def _within(build: Builder, u: Array, p: float = 2) -> Array:
    """‖A[i,:] − A[j,:]‖ for i < j, row by row."""
    size = u.extents[0]
    count = Quotient(size * (size - 1), Integer(2))

    def first(places: Places, bound: Places) -> Expr:
        row = bound[0] + 1
        return step(places[0] - Quotient(row * (2 * size - 1 - row), Integer(2)) + 1)

    rows = build.define((count,), first, (size,), whole=True)

    def second(places: Places, _: Places) -> Expr:
        row = rows.at(places)
        return places[0] - row * (2 * size - 1 - row) / 2 + row + 1

    columns = build.define((count,), second, whole=True)

    def element(places: Places, _: Places) -> Expr:
        pair = places[:1]
        return u.at((rows.at(pair), places[1])) - u.at((columns.at(pair), places[1]))

    return vector_norm(build, build.define((count, u.extents[1]), element), p, [-1])


@operator("aten.dist.default")
def _dist(build: Builder, u: Array, v: Array, p: float = 2) -> Array:
    return vector_norm(build, build.pointwise(lambda a, b: a - b, u, v), p)


@operator("aten.addbmm.default")
def _addbmm(build: Builder, bias: Array, u: Array, v: Array, *, beta: Any = 1, alpha: Any = 1) -> Array:
    def element(places: Places, bound: Places) -> Expr:
        return u.at((bound[0], places[0], bound[1])) * v.at((bound[0], bound[1], places[1]))

    total = build.define((u.extents[1], v.extents[2]), element, (u.extents[0], u.extents[2]))
    first, second = constant(beta).at(()), constant(alpha).at(())
    return build.pointwise(lambda a, b: first * a + second * b, bias, total)


@operator("aten.linalg_cross.default")
def _cross(build: Builder, u: Array, v: Array, *, dim: int = -1) -> Array:
    extents = broadcast([u.extents, v.extents])
    axis = axis_of(u if u.rank >= v.rank else v, dim)

    def turned(array: Array, places: Places, by: int) -> Expr:
        where = (*places[:axis], Remainder(places[axis] + by, Integer(3)), *places[axis + 1 :])
        return array.at(where[len(where) - array.rank :])

    def element(places: Places, _: Places) -> Expr:
        return turned(u, places, 1) * turned(v, places, 2) - turned(u, places, 2) * turned(v, places, 1)

    return build.define(extents, element)
