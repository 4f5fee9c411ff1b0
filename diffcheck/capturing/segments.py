"""Rows of reductions over runs of neighbours: bags of embeddings, and segments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sympy import Expr, Integer

from diffcheck.capturing.arrays import Array, Builder, Extents, Places, constant
from diffcheck.capturing.pointwise import as_array
from diffcheck.capturing.rows import axis_of, operator
from diffcheck.errors import CaptureError
from diffcheck.notation import Reduction
from diffcheck.notation.functions import absolute, sign, step
from diffcheck.notation.selection import detach, select

_SUM, _MEAN, _MAX = 0, 1, 2  # at::native::EmbeddingBagMode


@operator("aten._embedding_bag_forward_only.default", "aten._embedding_bag.default")
def _embedding_bag(  # noqa: PLR0913, PLR0917  # the operator's own arguments
    build: Builder,
    weight: Array,
    indices: Array,
    offsets: Array,
    scaled: bool = False,
    mode: int = _SUM,
    sparse: bool = False,
    scales: Array | None = None,
    with_last: bool = False,
    padding: int = -1,
) -> tuple[Array, ...]:
    if scaled:
        raise CaptureError(
            got="scale_grad_by_freq", wanted="the gradient of what is computed", do="leave scale_grad_by_freq out"
        )
    bag = _Bag(weight, indices, offsets, scales, padding, Integer(1 if with_last else 0))
    shape: Extents = (offsets.extents[0] - bag.last, weight.extents[1])
    counts = build.define(shape[:1], lambda places, bound: bag.holds(places[0], bound[0]), indices.extents, whole=True)
    if mode == _MAX:
        return bag.largest(build, shape, counts), counts, counts, counts

    def element(places: Places, bound: Places) -> Expr:
        return bag.holds(places[0], bound[0]) * bag.value(bound[0], places[1])

    total = build.define(shape, element, indices.extents)
    if mode == _MEAN:
        total = build.define(shape, lambda p, _: total_of(total, counts, p))
    return total, counts, counts, counts


def total_of(total: Array, counts: Array, places: Places) -> Expr:
    """Return the mean of a bag, 0 if it is empty."""
    count = counts.at(places[:1])
    return select(count, total.at(places) / count, Integer(0))


@dataclass(frozen=True)
class _Bag:
    """Rows of *weight* at *indices*, in bags that begin at *offsets*; with *last* 1, the last offset is where the last ends."""

    weight: Array
    indices: Array
    offsets: Array
    scales: Array | None
    padding: int
    last: Expr

    def holds(self, bag: Expr, place: Expr) -> Expr:
        """Return 1 if what stands at *place* is in the bag and no padding, else 0."""
        count = self.offsets.extents[0] - self.last
        begun, going_on = step(place - self.offsets.at((bag,)) + 1), step(self.offsets.at((bag + 1,)) - place)
        inside = begun * (going_on if self.last else select(bag + 2 - count, Integer(1), going_on))
        counted = absolute(sign(self.indices.at((place,)) - self.padding)) if self.padding >= 0 else Integer(1)
        return inside * counted

    def value(self, place: Expr, column: Expr) -> Expr:
        value = self.weight.at((self.indices.at((place,)), column))
        return value if self.scales is None else value * self.scales.at((place,))

    def largest(self, build: Builder, shape: Extents, counts: Array) -> Array:
        """Return the largest of each bag, the first of several, or 0 of none."""
        lowest = build.define((), lambda _, bound: -self.value(*bound), (*self.indices.extents, shape[1]), Reduction.MAX)

        def candidate(places: Places, bound: Places) -> Expr:
            outside = -detach(lowest.at(())) - 1
            return select(self.holds(places[0], bound[0]), self.value(bound[0], places[1]), outside)

        chosen = build.define(shape, candidate, self.indices.extents, Reduction.ARGMAX, whole=True)
        found = build.define(shape, lambda places, _: self.value(chosen.at(places), places[1]))
        return build.define(shape, lambda places, _: select(counts.at(places[:1]), found.at(places), Integer(0)))


@operator("aten.segment_reduce.default")
def _segment_reduce(  # noqa: PLR0913  # the operator's own arguments
    build: Builder,
    u: Array,
    reduce: str,
    *,
    lengths: Array | None = None,
    indices: Array | None = None,
    offsets: Array | None = None,
    axis: int = 0,
    unsafe: bool = False,
    initial: Any = None,
) -> Array:
    axis = axis_of(u, axis)
    if lengths is not None:
        first, after = _ends(build, lengths, axis)
    elif offsets is not None:
        given = offsets
        size = given.extents[-1] - 1
        shape = (*given.extents[:-1], size)
        first = Array(shape, given.at, whole=True)
        after = Array(shape, lambda places: given.at((*places[:-1], places[-1] + 1)), whole=True)
    else:
        raise CaptureError(got="segments by index", wanted="lengths or offsets", do="pass one of these")
    segments = _Segments(u, axis, first, after)
    return segments.reduced(build, reduce, None if initial is None else as_array(initial).at(()))


def _ends(build: Builder, lengths: Array, axis: int) -> tuple[Array, Array]:
    """Return where each segment begins and where it ends."""
    over = (lengths.extents[axis],)

    def ends(until: int) -> Callable[[Places, Places], Expr]:
        return lambda p, b: lengths.at((*p[:axis], b[0])) * step(p[axis] - b[0] + until)

    return tuple(build.define(lengths.extents, ends(until), over, whole=True) for until in (0, 1))  # type: ignore[return-value]  # two


@dataclass(frozen=True)
class _Segments:
    """The segments of *u* along *axis*, each from *first* up to *after*."""

    u: Array
    axis: int
    first: Array
    after: Array

    def spots(self, places: Places, place: Expr) -> tuple[Places, Expr]:
        """Return where in *u* the element at *place* of the axis stands, and 1 if it is in the segment, else 0."""
        segment = places[: self.axis + 1]
        inside = step(place - self.first.at(segment) + 1) * step(self.after.at(segment) - place)
        return (*places[: self.axis], place, *places[self.axis + 1 :]), inside

    def reduced(self, build: Builder, reduce: str, initial: Expr | None) -> Array:
        u, axis = self.u, self.axis
        shape = (*u.extents[:axis], self.first.extents[-1], *u.extents[axis + 1 :])
        over = (u.extents[axis],)
        if reduce in ("max", "min"):
            return self.extreme(build, shape, 1 if reduce == "max" else -1, initial)

        def element(places: Places, bound: Places) -> Expr:
            where, inside = self.spots(places, bound[0])
            return select(inside, u.at(where), Integer(1)) if reduce == "prod" else inside * u.at(where)

        made = build.define(shape, element, over, Reduction.PRODUCT if reduce == "prod" else Reduction.SUM)
        if reduce == "prod":
            return made if initial is None else build.pointwise(lambda a: a * initial, made)
        total = made if initial is None else build.pointwise(lambda a: a + initial, made)
        if reduce != "mean":
            return total

        def share(places: Places, _: Places) -> Expr:
            segment = places[: axis + 1]
            count = self.after.at(segment) - self.first.at(segment)
            return total.at(places) / count if initial is None else total.at(places) / select(count, count, Integer(1))

        return build.define(shape, share)

    def extreme(self, build: Builder, shape: Extents, sense: int, initial: Expr | None) -> Array:
        """Return the largest or least of each segment; several share the gradient, and that of none is infinite."""
        u, axis = self.u, self.axis
        lowest = build.define((), lambda _, bound: -sense * u.at(bound), u.extents, Reduction.MAX)

        def candidate(places: Places, bound: Places) -> Expr:
            where, inside = self.spots(places, bound[0])
            return select(inside, sense * u.at(where), -detach(lowest.at(())) - 1)

        found = build.define(shape, candidate, (u.extents[axis],), Reduction.MAX)

        def value(places: Places, _: Places) -> Expr:
            segment = places[: axis + 1]
            empty = constant(float("-inf")).at(()) * sense if initial is None else initial
            top = sense * found.at(places)
            kept = top if initial is None else select(sense * (initial - top), initial, top)
            return select(self.after.at(segment) - self.first.at(segment), kept, empty)

        return build.define(shape, value)
