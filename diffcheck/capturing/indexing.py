"""Rows of operators that read at places which tensors of whole numbers tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Expr, Integer

from diffcheck.capturing.arrays import Array, Builder, Places, broadcast
from diffcheck.capturing.movement import along
from diffcheck.capturing.pointwise import equal
from diffcheck.capturing.rows import axis_of, operator
from diffcheck.errors import CaptureError
from diffcheck.notation.places import Remainder
from diffcheck.notation.selection import detach, select


@operator("aten.gather.default")
def _gather(build: Builder, u: Array, dim: int, index: Array, sparse_grad: bool = False) -> Array:
    axis, index = axis_of(u, dim), build.counted(index)
    if not u.rank:
        return Array(index.extents, lambda _: u.at(()), u.whole)

    def element(places: Places) -> Expr:
        return u.at((*places[:axis], index.at(places), *places[axis + 1 :]))

    return Array(index.extents, element, u.whole)


@operator("aten.index_select.default")
def _index_select(build: Builder, u: Array, dim: int, index: Array) -> Array:
    size, index = index.extents[0] if index.rank else Integer(1), build.counted(index)
    return along(u, axis_of(u, dim), size, lambda place: index.at((place,) * index.rank)) if u.rank else u


@operator("aten.embedding.default")
def _embedding(build: Builder, weight: Array, index: Array, padding: int = -1, by_frequency: bool = False, *_: Any) -> Array:
    """Return the rows of *weight* at *index*; that of *padding* is constant to PyTorch's derivative, as it documents."""
    if by_frequency:
        raise CaptureError(
            got="an embedding with scale_grad_by_freq", wanted="gradients that are derivatives", do="scale them by hand"
        )
    extents, index = (*index.extents, *weight.extents[1:]), build.counted(index)

    def element(places: Places) -> Expr:
        row = index.at(places[: index.rank])
        found = weight.at((row, *places[index.rank :]))
        return found if padding < 0 else select(equal(row, Integer(padding)), detach(found), found)

    return Array(extents, element, weight.whole)


@operator("aten.index.Tensor")
def _index(build: Builder, u: Array, given: Sequence[Array | None]) -> Array:
    told = {axis: build.counted(index) for axis, index in enumerate(given) if index is not None}
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
