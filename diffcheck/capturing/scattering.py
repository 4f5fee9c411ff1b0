"""Rows of operators that write at places which tensors of whole numbers tell.

What is written is a sum over all that is written, with a delta for its place; where nothing is, the target stays. Two values
written to one place, of which PyTorch keeps either, come out as their sum: no capture of that is faithful.
"""

from __future__ import annotations

import operator as python
from collections.abc import Callable, Sequence
from typing import Any

from sympy import Expr, Integer, KroneckerDelta, Mul

from diffcheck.capturing.arrays import Array, Builder, Places, broadcast, constant
from diffcheck.capturing.movement import dropped, slice_bounds
from diffcheck.capturing.pointwise import as_array
from diffcheck.capturing.rows import axis_of, operator
from diffcheck.capturing.shaping import reshaped
from diffcheck.errors import CaptureError
from diffcheck.notation import Reduction
from diffcheck.notation.functions import step
from diffcheck.notation.places import Remainder
from diffcheck.notation.selection import detach, select

Spots = Callable[[Places], Sequence[Expr]]


def _sums(build: Builder, target: Array, extents: tuple[Expr, ...], spots: Spots, value: Callable[[Places], Expr]) -> Array:
    """Return S[I] = Σ_K δ(I, spots(K))·value(K) for K over *extents*."""

    def element(places: Places, bound: Places) -> Expr:
        deltas = (KroneckerDelta(place, spot) for place, spot in zip(places, spots(bound), strict=True))
        return Mul(*deltas) * value(bound)

    return build.define(target.extents, element, extents)


def put(
    build: Builder, target: Array, extents: tuple[Expr, ...], spots: Spots, value: Callable[[Places], Expr], *, add: bool
) -> Array:
    """Return *target* with the values over *extents* written to their spots, or added to what is there."""
    if not target.rank:
        written = build.define((), lambda *_: value((Integer(0),) * len(extents)))
        return build.pointwise(python.add, target, written) if add else written
    sums = _sums(build, target, extents, spots, value)
    if add:
        return build.pointwise(python.add, target, sums)
    hits = _hits(build, target, extents, spots)
    return build.pointwise(select, hits, sums, target)


def _hits(build: Builder, target: Array, extents: tuple[Expr, ...], spots: Spots) -> Array:
    """Return how many values are written to each place."""
    made = _sums(build, target, extents, spots, lambda _: Integer(1))
    return Array(made.extents, made.element, whole=True, name=made.name)


def _wrapped(place: Expr, size: Expr) -> Expr:
    """Return *place*, which counts from the end where it is negative."""
    return place if place.is_Symbol or size == 1 else Remainder(place, size)


@operator("aten.index_put.default", "aten._unsafe_index_put.default")
def _index_put(build: Builder, u: Array, given: Sequence[Array | None], values: Array, accumulate: bool = False) -> Array:
    told = {axis: build.counted(index) for axis, index in enumerate(given) if index is not None}
    if not told:
        return values if not accumulate else build.pointwise(python.add, u, values)
    if any(index.truth for index in given if index is not None):
        return _where_true(build, u, given, values, add=bool(accumulate))
    shape = broadcast([index.extents for index in told.values()])
    rest = [axis for axis in range(u.rank) if axis not in told]
    start = min(told) if sorted(told) == list(range(min(told), max(told) + 1)) else 0
    extents = [u.extents[axis] for axis in rest]
    extents[start:start] = shape

    def spots(bound: Places) -> list[Expr]:
        by_index, others = bound[start : start + len(shape)], (*bound[:start], *bound[start + len(shape) :])
        found = dict(zip(rest, others, strict=True))
        for axis, index in told.items():
            found[axis] = _wrapped(index.at(by_index[len(by_index) - index.rank :]), u.extents[axis])
        return [found[axis] for axis in range(u.rank)]

    return put(
        build, u, tuple(extents), spots, lambda bound: values.at(bound[len(bound) - values.rank :]), add=bool(accumulate)
    )


def _where_true(build: Builder, u: Array, given: Sequence[Array | None], values: Array, *, add: bool) -> Array:
    """Write the *values* wherever a mask of the first axes says: one for all, or one for each place in order."""
    mask = given[0] if len(given) == 1 else None
    if mask is None:
        raise CaptureError(got="a mask beside other indices", wanted="a mask alone", do="write torch.where instead")
    spread = Array(u.extents, lambda places: mask.at(places[: mask.rank]), whole=True)
    written = Array(u.extents, _behind(build, mask, values, u.rank), values.whole)
    return build.pointwise(lambda m, v, a: select(m, a + v if add else v, a), spread, written, u)


def _behind(build: Builder, mask: Array, values: Array, rank: int) -> Callable[[Places], Expr]:
    """Return which of the *values*, aligned at their last axes, goes to each place: by how many the mask took before it."""
    after = rank - mask.rank
    if values.rank <= after or values.extents[values.rank - after - 1] == 1:
        return lambda places: values.at((Integer(0),) * max(values.rank - after, 0) + places[rank - min(values.rank, after) :])
    flat = reshaped(mask, (Mul(*mask.extents),))
    counts = build.define(flat.extents, lambda p, b: flat.at(b) * step(p[0] - b[0]), flat.extents, whole=True)
    before, named = build.named(reshaped(counts, mask.extents)), build.named(values)
    return lambda places: named.at((before.at(places[: mask.rank]), *places[mask.rank :]))


def _along_index(index: Array, axis: int) -> Spots:
    return lambda bound: [index.at(bound) if other == axis else place for other, place in enumerate(bound)]


@operator("aten.scatter.src", "aten.scatter.value")
def _scatter(build: Builder, u: Array, dim: int, index: Array, source: Any, *, add: bool = False) -> Array:
    value = as_array(source)
    spots = _along_index(build.counted(index), axis_of(u, dim))
    return put(build, u, index.extents, spots, lambda bound: value.at(bound[: value.rank]), add=add)


@operator("aten.scatter_add.default")
def _scatter_add(build: Builder, u: Array, dim: int, index: Array, source: Array) -> Array:
    return _scatter(build, u, dim, index, source, add=True)


@operator("aten.scatter.reduce", "aten.scatter.value_reduce")
def _scatter_with(build: Builder, u: Array, dim: int, index: Array, source: Any, reduce: str) -> Array:
    return _reduced(
        build, u, index.extents, _along_index(build.counted(index), axis_of(u, dim)), as_array(source), _NAMES[reduce], True
    )


@operator("aten.scatter_reduce.two")
def _scatter_reduce(
    build: Builder, u: Array, dim: int, index: Array, source: Array, reduce: str, *, include_self: bool = True
) -> Array:
    return _reduced(
        build, u, index.extents, _along_index(build.counted(index), axis_of(u, dim)), source, _NAMES[reduce], include_self
    )


_NAMES = {"add": "sum", "multiply": "prod"} | {name: name for name in ("sum", "prod", "mean", "amax", "amin")}


def _reduced(
    build: Builder, u: Array, extents: tuple[Expr, ...], spots: Spots, source: Array, reduce: str, include_self: bool
) -> Array:
    """Return what *reduce* makes of the values that each place gets, and of its own where that is included or alone."""
    if not u.rank:
        row = (Integer(1),)
        made = _reduced(build, reshaped(u, row), row, lambda _: [Integer(0)], reshaped(source, row), reduce, include_self)
        return dropped(made, [0])

    def value(bound: Places) -> Expr:
        return source.at(bound[: source.rank])

    hits, own = _hits(build, u, extents, spots), int(include_self)
    if reduce in ("sum", "mean"):
        total = _sums(build, u, extents, spots, value)
        return build.pointwise(
            lambda n, s, a: select(n, (own * a + s) / (n + own if reduce == "mean" else 1), a), hits, total, u
        )

    def written(places: Places, bound: Places) -> Expr:
        return Mul(*(KroneckerDelta(place, spot) for place, spot in zip(places, spots(bound), strict=True)))

    if reduce == "prod":
        product = build.define(u.extents, lambda p, b: select(written(p, b), value(b), Integer(1)), extents, Reduction.PRODUCT)
        return build.pointwise(lambda n, s, a: select(n, s * a if own else s, a), hits, product, u)
    sign = 1 if reduce == "amax" else -1
    lowest = build.define((), lambda _, b: -sign * value(b), extents, Reduction.MAX)  # what is not written competes below all
    top = build.define(
        u.extents, lambda p, b: select(written(p, b), sign * value(b), -detach(lowest.at(())) - 1), extents, Reduction.MAX
    )
    return build.pointwise(
        lambda n, s, a: select(n, sign * (select(step(sign * a - s), sign * a, s) if own else s), a), hits, top, u
    )


@operator("aten.index_add.default")
def _index_add(build: Builder, u: Array, dim: int, index: Array, source: Array, alpha: Any = 1) -> Array:
    scale = constant(alpha).at(())
    scaled = Array(source.extents, lambda places: scale * source.at(places), source.whole)
    return put(build, u, *_rows(u, dim, build.counted(index), scaled), add=True)


@operator("aten.index_copy.default")
def _index_copy(build: Builder, u: Array, dim: int, index: Array, source: Array) -> Array:
    return put(build, u, *_rows(u, dim, build.counted(index), source), add=False)


@operator("aten.index_fill.int_Scalar", "aten.index_fill.int_Tensor")
def _index_fill(build: Builder, u: Array, dim: int, index: Array, value: Any) -> Array:
    axis, filling, index = axis_of(u, dim), as_array(value), build.counted(index)
    count = build.define(
        (u.extents[axis] if u.rank else Integer(1),),
        lambda places, bound: KroneckerDelta(
            places[0], _wrapped(index.at(bound[: index.rank]), u.extents[axis] if u.rank else 1)
        ),
        index.extents or (Integer(1),),
        whole=True,
    )

    def element(places: Places) -> Expr:
        return select(count.at((places[axis] if u.rank else Integer(0),)), filling.at(()), u.at(places))

    return build.define(u.extents, lambda places, _: element(places))


@operator("aten.index_reduce.default")
def _index_reduce(
    build: Builder, u: Array, dim: int, index: Array, source: Array, reduce: str, *, include_self: bool = True
) -> Array:
    extents, spots, _ = _rows(u, dim, build.counted(index), source)
    return _reduced(build, u, extents, spots, source, _NAMES[reduce], include_self)


def _rows(u: Array, dim: int, index: Array, source: Array) -> tuple[tuple[Expr, ...], Spots, Callable[[Places], Expr]]:
    """Return over what, to where and what is written when rows of *source* go to the places along *dim* that *index* tells."""
    axis = axis_of(u, dim)

    def spots(bound: Places) -> list[Expr]:
        at = index.at((bound[axis],) * index.rank) if bound else index.at(())
        return [_wrapped(at, u.extents[other]) if other == axis else place for other, place in enumerate(bound)]

    return source.extents, spots, source.at


@operator("aten.put.default")
def _put_flat(build: Builder, u: Array, index: Array, source: Array, accumulate: bool = False) -> Array:
    flat, index = reshaped(u, (Mul(*u.extents),)), build.counted(index)
    values = reshaped(source, index.extents)
    made = put(
        build, flat, index.extents, lambda bound: [_wrapped(index.at(bound), flat.extents[0])], values.at, add=bool(accumulate)
    )
    return reshaped(made, u.extents)


@operator("aten.take.default")
def _take(build: Builder, u: Array, index: Array) -> Array:
    flat, index = reshaped(u, (Mul(*u.extents),)), build.counted(index)
    return Array(index.extents, lambda places: flat.at((_wrapped(index.at(places), flat.extents[0]),)), u.whole)


@operator("aten.slice_scatter.default")
def _slice_scatter(
    build: Builder, u: Array, source: Array, dim: int = 0, start: Any = None, end: Any = None, step: int = 1
) -> Array:
    axis = axis_of(u, dim)
    first, _ = slice_bounds(start, end, u.extents[axis])

    def spots(bound: Places) -> list[Expr]:
        return [first + step * place if other == axis else place for other, place in enumerate(bound)]

    return put(build, u, source.extents, spots, source.at, add=False)


@operator("aten.select_scatter.default")
def _select_scatter(build: Builder, u: Array, source: Array, dim: int, index: Any) -> Array:
    axis, place = axis_of(u, dim), constant(index).at(())
    fixed = place + u.extents[axis] if place.is_negative else place
    return put(build, u, source.extents, lambda bound: [*bound[:axis], fixed, *bound[axis:]], source.at, add=False)


@operator("aten.diagonal_scatter.default")
def _diagonal_scatter(build: Builder, u: Array, source: Array, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Array:
    one, other = axis_of(u, dim1), axis_of(u, dim2)
    rest = [axis for axis in range(u.rank) if axis not in (one, other)]

    def spots(bound: Places) -> list[Expr]:
        found = dict(zip(rest, bound[:-1], strict=True)) | {one: bound[-1] + max(-offset, 0), other: bound[-1] + max(offset, 0)}
        return [found[axis] for axis in range(u.rank)]

    return put(build, u, source.extents, spots, source.at, add=False)


@operator("aten.masked_scatter.default")
def _masked_scatter(build: Builder, u: Array, mask: Array, source: Array) -> Array:
    shape = broadcast([u.extents, mask.extents])
    spread = Array(shape, lambda places: mask.at(places[len(places) - mask.rank :]), whole=True)
    values = Array(shape, _behind(build, spread, reshaped(source, (Mul(*source.extents),)), len(shape)))
    return build.pointwise(select, spread, values, u)


@operator("aten.repeat_interleave.Tensor")
def _repeat_interleave(build: Builder, repeats: Array, output_size: Any = None) -> Array:
    if output_size is None:
        raise CaptureError(
            got="a length that values tell", wanted="output_size=...", do="give repeat_interleave its output_size"
        )
    ends = build.define(repeats.extents, lambda p, b: repeats.at(b) * step(p[0] - b[0] + 1), repeats.extents, whole=True)
    # The row of a place is how many rows end at it or before.
    return build.define((constant(output_size).at(()),), lambda p, b: step(p[0] + 1 - ends.at(b)), repeats.extents, whole=True)
