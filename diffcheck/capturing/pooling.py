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


def _windows(u: Array, axes: int, kernel: Sequence[int], stride: Sequence[int], padding: Sequence[int], up: bool) -> list[Expr]:
    if up:
        raise CaptureError(got="pooling with ceil_mode", wanted="whole windows", do="pad before pooling")
    space = u.extents[u.rank - axes :]
    return [Quotient(space[a] + 2 * padding[a] - kernel[a], Integer(stride[a])) + 1 for a in range(axes)]


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
        sizes = _windows(u, axes, kernel, stride, padding, ceil_mode)

        def element(places: Places, bound: Places) -> Expr:
            where = [places[lead + a] * stride[a] + bound[a] - padding[a] for a in range(axes)]
            return source.element((*places[:lead], *where)) / (divisor or Mul(*kernel))

        if any(padding) and not count_include_pad:
            raise CaptureError(got="padding that is not counted", wanted="count_include_pad=True", do="pad before pooling")
        return build.define((*u.extents[:lead], *sizes), element, tuple(map(Integer, kernel)))

    return row


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
        shape = (*u.extents[: pool.lead], *_windows(u, axes, reach, pool.stride, padding, ceil_mode))
        below = reduced(build, pool.source, range(u.rank), False, lambda a: -a, Reduction.MAX) if any(padding) else None
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
