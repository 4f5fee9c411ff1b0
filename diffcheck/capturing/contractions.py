"""Rows of contractions: matrix products and convolutions, sums of products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Expr, Integer, KroneckerDelta, Mul

from diffcheck.capturing.arrays import Array, Builder, Extents, Places, broadcast, constant
from diffcheck.capturing.rows import operator
from diffcheck.capturing.shaping import reshaped
from diffcheck.notation.places import Quotient

Dims = Sequence[int]


@operator("aten.mm.default", "aten.bmm.default", "aten.dot.default", "aten.mv.default", "aten.vdot.default")
def product(build: Builder, u: Array, v: Array) -> Array:
    """Σ_k u[…,i,k]·v[…,k,j]; a vector stands for a matrix of one row or column."""
    row, column = u.rank > 1, v.rank > 1
    lead = u.extents[: max(u.rank - 2, 0)]
    extents = (*lead, *((u.extents[-2],) if row else ()), *((v.extents[-1],) if column else ()))

    def element(places: Places, bound: Places) -> Expr:
        batch, rest = places[: len(lead)], places[len(lead) :]
        left = (*batch, *(rest[:1] if row else ()), bound[0])
        right = (*batch, bound[0], *(rest[-1:] if column else ()))
        return u.at(left) * v.at(right)

    return build.define(extents, element, (u.extents[-1],))


@operator("aten.addmm.default", "aten.addmv.default", "aten.baddbmm.default")
def _addmm(build: Builder, bias: Array, u: Array, v: Array, beta: Any = 1, alpha: Any = 1) -> Array:
    first, second = constant(beta).at(()), constant(alpha).at(())
    return build.pointwise(lambda b, p: first * b + second * p, bias, product(build, u, v))


@operator("aten.linear.default")
def linear(build: Builder, u: Array, weight: Array, bias: Array | None = None) -> Array:
    """Σ_k u[…,k]·W[j,k] + b[j]."""
    lead = u.extents[:-1]

    def element(places: Places, bound: Places) -> Expr:
        return u.at((*places[: len(lead)], bound[0])) * weight.at((*places[len(lead) :], bound[0]))

    made = build.define((*lead, *weight.extents[:-1]), element, (u.extents[-1],))
    return made if bias is None else build.pointwise(lambda a, b: a + b, made, bias)


@operator("aten._trilinear.default")
def _trilinear(
    build: Builder, u: Array, v: Array, w: Array, first: Dims, second: Dims, third: Dims, summed: Dims, *unrolled: int
) -> Array:
    parts = [_spread(array, dims) for array, dims in ((u, first), (v, second), (w, third))]
    extents = broadcast([part.extents for part in parts])
    kept = [axis for axis in range(len(extents)) if axis not in summed]

    def element(places: Places, bound: Places) -> Expr:
        found = dict(zip(kept, places, strict=True)) | dict(zip(summed, bound, strict=True))
        where = [found[axis] for axis in range(len(extents))]
        return Mul(*(part.at(where) for part in parts))

    return build.define(tuple(extents[axis] for axis in kept), element, tuple(extents[axis] for axis in summed))


def _spread(u: Array, dims: Dims) -> Array:
    """Return *u* with axes of length 1 at *dims*."""
    extents = list(u.extents)
    for dim in sorted(dims):
        extents.insert(dim, Integer(1))
    return reshaped(u, tuple(extents))


@operator("aten.convolution.default")
def _convolution(  # noqa: PLR0913, PLR0917  # the operator's own arguments
    build: Builder,
    u: Array,
    weight: Array,
    bias: Array | None,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    output_padding: Sequence[int],
    groups: int,
) -> Array:
    axes = range(weight.rank - 2)
    stride, padding, dilation, output_padding = (
        [value[axis if len(value) > 1 else 0] for axis in axes] for value in (stride, padding, dilation, output_padding)
    )
    source, space, kernel = build.named(u), u.extents[2:], weight.extents[2:]
    reach = [dilation[axis] * (kernel[axis] - 1) + 1 for axis in axes]
    if transposed:
        made = _transposed(build, source, weight, stride, padding, dilation, output_padding, groups, reach)
    else:
        sizes = [Quotient(space[axis] + 2 * padding[axis] - reach[axis], Integer(stride[axis])) + 1 for axis in axes]
        share, outputs = weight.extents[1], weight.extents[0] / groups

        def element(places: Places, bound: Places) -> Expr:
            group = Quotient(places[1], outputs) * share if groups > 1 else Integer(0)
            where = [places[2 + a] * stride[a] + bound[1 + a] * dilation[a] - padding[a] for a in axes]
            return source.element((places[0], group + bound[0], *where)) * weight.at((places[1], *bound))

        made = build.define((u.extents[0], weight.extents[0], *sizes), element, (share, *kernel))
    return made if bias is None else build.define(made.extents, lambda places, _: made.at(places) + bias.at(places[1:2]))


def _transposed(  # noqa: PLR0913, PLR0917  # as above
    build: Builder,
    u: Array,
    weight: Array,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    output_padding: Sequence[int],
    groups: int,
    reach: Sequence[Expr],
) -> Array:
    axes = range(weight.rank - 2)
    space, kernel, outputs = u.extents[2:], weight.extents[2:], weight.extents[1]
    share = weight.extents[0] / groups
    sizes = [(space[a] - 1) * stride[a] - 2 * padding[a] + reach[a] + output_padding[a] for a in axes]
    filters = build.named(weight)
    # Place o gets from element p what is at k = (o + padding − p·stride)/dilation of the kernel: of p and k, one tells the
    # other where it is counted in ones, and else both are summed over.
    over = [kernel[a] if stride[a] == 1 else space[a] for a in axes]
    both = [a for a in axes if stride[a] != 1 and dilation[a] != 1]
    inner: Extents = (share, *over, *(kernel[a] for a in both))

    def element(places: Places, bound: Places) -> Expr:
        group = Quotient(places[1], outputs) if groups > 1 else Integer(0)
        channel, free = group * share + bound[0], bound[1 : 1 + len(axes)]
        at, offset, meet = [], [], []
        for a in axes:
            place = places[2 + a] + padding[a]
            at.append(place - free[a] * dilation[a] if stride[a] == 1 else free[a])
            offset.append(free[a] if stride[a] == 1 else place - free[a] * stride[a])
            if a in both:
                offset[a] = bound[1 + len(axes) + both.index(a)]
                meet.append(KroneckerDelta(places[2 + a], at[a] * stride[a] + offset[a] * dilation[a] - padding[a]))
        value = u.element((places[0], channel, *at)) * filters.element((channel, places[1] - group * outputs, *offset))
        return Mul(value, *meet)

    return build.define((u.extents[0], outputs * groups, *sizes), element, inner)
