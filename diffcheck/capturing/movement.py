"""Rows of operators that move data: they read an array at other places and compute nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Expr, Integer, Mul

from diffcheck.capturing.arrays import Array, Builder, Places, constant
from diffcheck.capturing.rows import ROWS, axes_of, axis_of, operator
from diffcheck.capturing.shaping import reshaped
from diffcheck.notation.places import Quotient, Remainder
from diffcheck.notation.selection import select

_END = 2**62  # PyTorch's "to the end" is the largest int64


def _same(build: Builder, u: Array, *args: Any, **kwargs: Any) -> Array:
    return u


for _name in (
    "clone.default alias.default contiguous.default lift_fresh_copy.default positive.default "
    "lift_fresh.default _conj.default resolve_conj.default resolve_neg.default real.default type_as.default"
).split():
    ROWS[f"aten.{_name}"] = _same


@operator("aten.view_as.default")
def _view_as(build: Builder, u: Array, other: Array) -> Array:
    return reshaped(u, other.extents)


@operator("aten.permute.default", "aten.permute_copy.default")
def _permute(build: Builder, u: Array, dims: Sequence[int]) -> Array:
    order = [axis_of(u, dim) for dim in dims]
    return Array(
        tuple(u.extents[axis] for axis in order),
        lambda places: u.at(places[order.index(axis)] for axis in range(u.rank)),
        u.whole,
    )


@operator("aten.transpose.int")
def _transpose(build: Builder, u: Array, first: int, second: int) -> Array:
    order = list(range(u.rank))
    one, other = axis_of(u, first), axis_of(u, second)
    if order:
        order[one], order[other] = order[other], order[one]
    return _permute(build, u, order)


@operator("aten.numpy_T.default")
def _numpy_t(build: Builder, u: Array) -> Array:
    return _permute(build, u, range(u.rank)[::-1])


@operator("aten.t.default", "aten.mT.default", "aten.adjoint.default")
def _t(build: Builder, u: Array) -> Array:
    return _transpose(build, u, -2, -1) if u.rank > 1 else u


@operator("aten.expand.default", "aten.broadcast_to.default")
def _expand(build: Builder, u: Array, shape: Sequence[Any], implicit: bool = False) -> Array:
    sizes = [constant(size).at(()) for size in shape]
    lead = len(sizes) - u.rank
    extents = tuple(u.extents[axis - lead] if size == -1 else size for axis, size in enumerate(sizes))
    return Array(extents, lambda places: u.at(places[lead:]), u.whole)


@operator("aten.unsqueeze.default")
def _unsqueeze(build: Builder, u: Array, dim: int) -> Array:
    axis = dim % (u.rank + 1)
    extents = (*u.extents[:axis], Integer(1), *u.extents[axis:])
    return Array(extents, lambda places: u.at((*places[:axis], *places[axis + 1 :])), u.whole)


@operator("aten.squeeze.dims", "aten.squeeze.dim", "aten.squeeze.default")
def _squeeze(build: Builder, u: Array, dims: Any = None) -> Array:
    # Here no axes mean none, and not all as for reductions.
    axes = () if dims is not None and dims in ([], ()) else axes_of(u, dims)
    return dropped(u, [axis for axis in axes if u.extents[axis] == 1])


def dropped(u: Array, axes: Sequence[int], places: Sequence[Expr] | None = None) -> Array:
    """Return *u* without *axes*, read there at *places*, or at 0."""
    fixed = dict(zip(axes, places or [Integer(0)] * len(axes), strict=True))
    kept = [axis for axis in range(u.rank) if axis not in fixed]

    def element(where: Places) -> Expr:
        found = dict(zip(kept, where, strict=True))
        return u.at(found[axis] if axis in found else fixed[axis] for axis in range(u.rank))

    return Array(tuple(u.extents[axis] for axis in kept), element, u.whole)


def along(u: Array, axis: int, extent: Expr, place: Any) -> Array:
    """Return *u* with *extent* elements along *axis*, read at place(i) there."""
    extents = (*u.extents[:axis], extent, *u.extents[axis + 1 :])
    return Array(extents, lambda places: u.at((*places[:axis], place(places[axis]), *places[axis + 1 :])), u.whole)


@operator("aten.slice.Tensor")
def _slice(build: Builder, u: Array, dim: int = 0, start: Any = None, end: Any = None, step: int = 1) -> Array:
    axis = axis_of(u, dim)
    first, last = slice_bounds(start, end, u.extents[axis])
    count = Quotient(last - first + step - 1, constant(step).at(()))
    return along(u, axis, count, lambda place: first + step * place)


def slice_bounds(start: Any, end: Any, size: Expr) -> tuple[Expr, Expr]:
    """Return the places from which and up to which start:end reads an axis of *size*."""
    return _end(start, size, Integer(0)), _end(end, size, size)


def _end(value: Any, size: Expr, default: Expr) -> Expr:
    if value is None or (isinstance(value, int) and value >= _END):
        return default
    place = constant(value).at(())
    if place.is_negative:
        place = place + size
    if (place - size).is_positive:
        return size
    return Integer(0) if place.is_negative else place


@operator("aten.select.int")
def _select(build: Builder, u: Array, dim: int, index: Any) -> Array:
    axis, place = axis_of(u, dim), constant(index).at(())
    return dropped(u, [axis], [place + u.extents[axis] if place.is_negative else place])


@operator("aten.narrow.default", "aten.narrow_copy.default")
def _narrow(build: Builder, u: Array, dim: int, start: Any, length: Any) -> Array:
    first = constant(start).at(())
    return along(u, axis_of(u, dim), constant(length).at(()), lambda place: first + place)


@operator("aten.split_with_sizes.default", "aten.split_with_sizes_copy.default")
def _split_with_sizes(build: Builder, u: Array, sizes: Sequence[Any], dim: int = 0) -> tuple[Array, ...]:
    starts = [sum(sizes[:place]) for place in range(len(sizes))]
    return tuple(_narrow(build, u, dim, start, size) for start, size in zip(starts, sizes, strict=True))


@operator("aten.split.Tensor")
def _split(build: Builder, u: Array, size: int, dim: int = 0) -> tuple[Array, ...]:
    whole = int(u.extents[axis_of(u, dim)])
    return _split_with_sizes(build, u, [min(size, whole - start) for start in range(0, whole, size)], dim)


@operator("aten.unbind.int", "aten.unbind_copy.int")
def _unbind(build: Builder, u: Array, dim: int = 0) -> tuple[Array, ...]:
    axis = axis_of(u, dim)
    return tuple(dropped(u, [axis], [Integer(place)]) for place in range(int(u.extents[axis])))


@operator("aten.cat.default", "aten.concat.default")
def _cat(build: Builder, arrays: Sequence[Array], dim: int = 0) -> Array:
    axis = next((axis_of(array, dim) for array in arrays if array.rank > 1), 0)
    # An axis without elements adds nothing, and has no place for an index.
    parts = [array for array in arrays if array.extents != (Integer(0),) and array.extents[axis] != 0]
    if not parts:
        return arrays[0]
    axis, named = axis_of(parts[0], dim), [build.named(part) for part in parts]
    starts = [sum((part.extents[axis] for part in parts[:place]), Integer(0)) for place in range(len(parts))]
    extents = list(parts[0].extents)
    extents[axis] = sum((part.extents[axis] for part in parts), Integer(0))

    def element(places: Places, _: Places) -> Expr:
        # What lies outside of its axis is 0: each element is one part's, and the others add nothing.
        moved = ((*places[:axis], places[axis] - start, *places[axis + 1 :]) for start in starts)
        return sum((part.element(where) for part, where in zip(named, moved, strict=True)), Integer(0))

    return build.define(tuple(extents), element, whole=all(part.whole for part in parts))


@operator("aten.stack.default")
def _stack(build: Builder, arrays: Sequence[Array], dim: int = 0) -> Array:
    axis = dim % (arrays[0].rank + 1)
    return _cat(build, [_unsqueeze(build, array, axis) for array in arrays], axis)


@operator("aten.flip.default")
def _flip(build: Builder, u: Array, dims: Sequence[int]) -> Array:
    turned = axes_of(u, list(dims)) if dims else ()

    def element(places: Places) -> Expr:
        return u.at(u.extents[axis] - 1 - place if axis in turned else place for axis, place in enumerate(places))

    return Array(u.extents, element, u.whole)


@operator("aten.roll.default")
def _roll(build: Builder, u: Array, shifts: Any, dims: Any = ()) -> Array:
    shifts = list(shifts) if isinstance(shifts, (list, tuple)) else [shifts]
    dims = list(dims) if isinstance(dims, (list, tuple)) else [dims]
    if not dims:
        flat = reshaped(u, (Mul(*u.extents),))
        return reshaped(_roll(build, flat, shifts, [0]), u.extents)
    for shift, dim in zip(shifts, dims, strict=True):
        axis = axis_of(u, dim)
        u = along(
            u,
            axis,
            u.extents[axis],
            lambda place, size=u.extents[axis], by=shift: Remainder(place - by + size * _turns(by), size),
        )
    return u


def _turns(shift: int) -> int:
    return abs(int(shift)) + 1


@operator("aten.repeat.default")
def _repeat(build: Builder, u: Array, repeats: Sequence[Any]) -> Array:
    times = [constant(count).at(()) for count in repeats]
    lead = len(times) - u.rank
    sizes = (Integer(1),) * lead + u.extents
    extents = tuple(size * count for size, count in zip(sizes, times, strict=True))
    return Array(
        extents,
        lambda places: u.at(Remainder(place, size) for place, size in list(zip(places, sizes, strict=True))[lead:]),
        u.whole,
    )


@operator("aten.unfold.default")
def _unfold(build: Builder, u: Array, dim: int, size: int, step: int) -> Array:
    if not u.rank:
        return reshaped(u, (Integer(1),))
    axis = axis_of(u, dim)
    count = Quotient(u.extents[axis] - size, Integer(step)) + 1
    extents = (*u.extents[:axis], count, *u.extents[axis + 1 :], Integer(size))
    return Array(
        extents, lambda places: u.at((*places[:axis], places[axis] * step + places[-1], *places[axis + 1 : -1])), u.whole
    )


@operator("aten.diagonal.default")
def _diagonal(build: Builder, u: Array, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Array:
    one, other = axis_of(u, dim1), axis_of(u, dim2)
    down, right = max(-offset, 0), max(offset, 0)
    length = min(int(u.extents[one]) - down, int(u.extents[other]) - right)
    rest = [axis for axis in range(u.rank) if axis not in (one, other)]

    def element(places: Places) -> Expr:
        found = dict(zip(rest, places[:-1], strict=True)) | {one: places[-1] + down, other: places[-1] + right}
        return u.at(found[axis] for axis in range(u.rank))

    return Array((*(u.extents[axis] for axis in rest), Integer(length)), element, u.whole)


def _triangle(build: Builder, u: Array, inside: Any) -> Array:
    return build.define(u.extents, lambda places, _: select(inside(places[-2], places[-1]), u.at(places), Integer(0)))


@operator("aten.tril.default")
def _tril(build: Builder, u: Array, diagonal: int = 0) -> Array:
    return _triangle(build, u, lambda row, column: row - column + diagonal + 1)


@operator("aten.triu.default")
def _triu(build: Builder, u: Array, diagonal: int = 0) -> Array:
    return _triangle(build, u, lambda row, column: column - row - diagonal + 1)
