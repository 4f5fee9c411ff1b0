"""Rows of poolings: sums and largest elements over windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Expr, Integer, Mul

from diffcheck.capturing.arrays import Array, Builder, Places, constant
from diffcheck.capturing.reductions import reduced
from diffcheck.capturing.rows import operator
from diffcheck.errors import CaptureError
from diffcheck.notation import Reduction
from diffcheck.notation.functions import step
from diffcheck.notation.places import Quotient, Remainder
from diffcheck.notation.selection import detach, select


def _of(values: Sequence[int], axes: int) -> list[int]:
    return list(values) if len(values) == axes else [values[0]] * axes


def _windows(
    space: Sequence[Expr], reach: Sequence[int], stride: Sequence[int], padding: Sequence[int], *, up: bool
) -> list[Expr]:
    """Return how many windows there are along each axis; with *up*, one more where elements are left over."""
    return [_count(*axis, up=up) for axis in zip(space, reach, stride, padding, strict=True)]


def _count(size: Expr, reach: int, stride: int, padding: int, *, up: bool) -> Expr:
    left = size + 2 * padding - reach
    if not up:
        return Quotient(left, Integer(stride)) + 1
    if not size.is_Integer:
        raise CaptureError(got=f"ceil_mode over the extent {size}", wanted="a number", do="leave that extent a number")
    count = -(-int(left) // stride) + 1
    # A window begins in the array or in the padding before it, never in that behind.
    return Integer(count - 1 if (count - 1) * stride >= int(size) + padding else count)


def _avg_pool(axes: int) -> Any:
    def row(
        build: Builder,
        u: Array,
        kernel: Sequence[int],
        stride: Sequence[int] = (),
        padding: Sequence[int] = (0,),
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor: Any = None,
    ) -> Array:
        kernel, padding = _of(kernel, axes), _of(padding, axes)
        stride = _of(stride or kernel, axes)
        source, lead = build.named(u), u.rank - axes
        space = u.extents[lead:]
        sizes = _windows(space, kernel, stride, padding, up=ceil_mode)
        margins = padding if count_include_pad else [0] * axes
        counts = [
            _counted(build, sizes[a], space[a], (kernel[a], stride[a], padding[a], margins[a]))
            if divisor is None and (ceil_mode or (padding[a] and not count_include_pad))
            else None
            for a in range(axes)
        ]

        def element(places: Places, bound: Places) -> Expr:
            where = [places[lead + a] * stride[a] + bound[a] - padding[a] for a in range(axes)]
            known = [kernel[a] if count is None else count.at((places[lead + a],)) for a, count in enumerate(counts)]
            return source.element((*places[:lead], *where)) / (divisor or Mul(*known))

        return build.define((*u.extents[:lead], *sizes), element, tuple(map(Integer, kernel)))

    return row


def _counted(build: Builder, length: Expr, size: Expr, window: tuple[int, int, int, int]) -> Array:
    """Return how many places of each window count: those in the array and within the margin around it."""
    kernel, stride, padding, margin = window

    def element(places: Places, bound: Places) -> Expr:
        where = places[0] * stride + bound[0] - padding
        return step(where + margin + 1) * step(size + margin - where)

    return build.define((length,), element, (Integer(kernel),), whole=True)


@dataclass(frozen=True)
class _Pool:
    """The windows of a max pooling over the last axes of *source*."""

    source: Array
    kernel: Sequence[int]
    stride: Sequence[int]
    padding: Sequence[int]
    dilation: Sequence[int]

    @property
    def axes(self) -> range:
        return range(len(self.kernel))

    @property
    def lead(self) -> int:
        """The number of axes that are not pooled over."""
        return self.source.rank - len(self.kernel)

    @property
    def space(self) -> Sequence[Expr]:
        return self.source.extents[self.lead :]

    def spot(self, places: Places, offsets: Sequence[Expr]) -> list[Expr]:
        """Return where in the source the element at *offsets* of the window at *places* lies."""
        starts = [places[self.lead + a] * self.stride[a] - self.padding[a] for a in self.axes]
        return [starts[a] + offsets[a] * self.dilation[a] for a in self.axes]

    def at(self, places: Places, offsets: Sequence[Expr]) -> Expr:
        return self.source.element((*places[: self.lead], *self.spot(places, offsets)))

    def candidate(self, places: Places, offsets: Places, lowest: Array | None) -> Expr:
        """Return what competes for the largest: the element, or less than every element outside of the source."""
        value = self.at(places, offsets)
        if lowest is None:
            return value
        where = self.spot(places, offsets)
        inside = Mul(*(step(where[a] + 1) * step(self.space[a] - where[a]) for a in self.axes))
        return select(inside, value, -detach(lowest.at(())) - 1)

    def offsets(self, place: Expr) -> list[Expr]:
        """Return the offsets that *place*, counted over the window, stands for."""
        found = [Quotient(place, Mul(*self.kernel[a + 1 :])) for a in self.axes]
        return [found[a] if a == 0 else Remainder(found[a], Integer(self.kernel[a])) for a in self.axes]

    def flat(self, places: Places, offsets: Sequence[Expr]) -> Expr:
        """Return the place in the source with its last axes merged into one."""
        whole: Expr = Integer(0)
        for a, where in zip(self.axes, self.spot(places, offsets), strict=True):
            whole = whole * self.space[a] + where
        return whole


def _max_pool(axes: int) -> Any:
    def row(
        build: Builder,
        u: Array,
        kernel: Sequence[int],
        stride: Sequence[int] = (),
        padding: Sequence[int] = (0,),
        dilation: Sequence[int] = (1,),
        ceil_mode: bool = False,
    ) -> tuple[Array, Array]:
        kernel, padding, dilation = _of(kernel, axes), _of(padding, axes), _of(dilation, axes)
        pool = _Pool(build.named(u), kernel, _of(stride or kernel, axes), padding, dilation)
        reach = [dilation[a] * (kernel[a] - 1) + 1 for a in range(axes)]
        shape = (*u.extents[: pool.lead], *_windows(pool.space, reach, pool.stride, padding, up=ceil_mode))
        outside = any(padding) or ceil_mode
        below = reduced(build, pool.source, range(u.rank), False, lambda a: -a, Reduction.MAX) if outside else None
        chosen = build.define(
            shape,
            lambda places, offsets: pool.candidate(places, offsets, below),
            tuple(map(Integer, kernel)),
            Reduction.ARGMAX,
            whole=True,
        )
        values = Array(shape, lambda places: pool.at(places, pool.offsets(chosen.at(places))))
        return values, Array(shape, lambda places: pool.flat(places, pool.offsets(chosen.at(places))), whole=True)

    return row


for _axes in (1, 2, 3):
    operator(f"aten.avg_pool{_axes}d.default")(_avg_pool(_axes))
    operator(f"aten.max_pool{_axes}d_with_indices.default")(_max_pool(_axes))


def _adaptive_avg_pool(axes: int) -> Any:
    def row(build: Builder, u: Array, size: Sequence[Any]) -> Array:
        lead, space = u.rank - axes, u.extents[u.rank - axes :]
        wanted = [constant(number).at(()) for number in size]

        def element(places: Places, bound: Places) -> Expr:
            share: Expr = u.at((*places[:lead], *bound))
            for a in range(axes):
                first = Quotient(places[lead + a] * space[a], wanted[a])
                last = Quotient((places[lead + a] + 1) * space[a] + wanted[a] - 1, wanted[a])
                share *= step(bound[a] - first + 1) * step(last - bound[a]) / (last - first)
            return share

        return build.define((*u.extents[:lead], *wanted), element, tuple(space))

    return row


for _axes in (2, 3):
    operator(f"aten._adaptive_avg_pool{_axes}d.default")(_adaptive_avg_pool(_axes))


def _adaptive_max_pool(axes: int) -> Any:
    def row(build: Builder, u: Array, size: Sequence[Any]) -> tuple[Array, Array]:
        lead, space = u.rank - axes, u.extents[u.rank - axes :]
        wanted = [constant(number).at(()) for number in size]
        source = build.named(u)
        below = reduced(build, source, range(u.rank), False, lambda a: -a, Reduction.MAX)

        def candidate(places: Places, bound: Places) -> Expr:
            inside: Expr = Integer(1)
            for a in range(axes):
                first = Quotient(places[lead + a] * space[a], wanted[a])
                last = Quotient((places[lead + a] + 1) * space[a] + wanted[a] - 1, wanted[a])
                inside *= step(bound[a] - first + 1) * step(last - bound[a])
            return select(inside, source.element((*places[:lead], *bound)), -detach(below.at(())) - 1)

        shape = (*u.extents[:lead], *wanted)
        chosen = build.define(shape, candidate, tuple(space), Reduction.ARGMAX, whole=True)

        def spot(places: Places) -> list[Expr]:
            flat = [Quotient(chosen.at(places), Mul(*space[a + 1 :])) for a in range(axes)]
            return [flat[a] if a == 0 else Remainder(flat[a], space[a]) for a in range(axes)]

        return Array(shape, lambda places: source.element((*places[:lead], *spot(places)))), chosen

    return row


for _axes in (2, 3):
    operator(f"aten.adaptive_max_pool{_axes}d.default")(_adaptive_max_pool(_axes))
