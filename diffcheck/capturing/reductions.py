"""Rows of reductions, of softmax, and of normalisations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sympy
from sympy import Expr, Integer, Mul

from diffcheck.capturing.arrays import Array, Builder, Places, constant
from diffcheck.capturing.movement import dropped
from diffcheck.capturing.rows import axes_of, axis_of, operator
from diffcheck.capturing.shaping import reshaped
from diffcheck.notation import Reduction
from diffcheck.notation.functions import relu, step
from diffcheck.notation.selection import detach, select

Scalar = Callable[[Expr], Expr]


def reduced(
    build: Builder,
    u: Array,
    axes: Sequence[int],
    keepdim: bool = False,
    function: Scalar = lambda a: a,
    reduction: Reduction = Reduction.SUM,
) -> Array:
    """Return the *reduction* of function(u) over *axes*."""
    axes = [axis for axis in axes if axis < u.rank]
    if not axes:  # of a single number
        return constant(0) if reduction is Reduction.ARGMAX else build.define((), lambda *_: function(u.at(())))
    kept = [axis for axis in range(u.rank) if axis not in axes]

    def element(places: Places, bound: Places) -> Expr:
        found = dict(zip(kept, places, strict=True)) | dict(zip(axes, bound, strict=True))
        return function(u.at(found[axis] for axis in range(u.rank)))

    whole = reduction is Reduction.ARGMAX
    made = build.define(
        tuple(u.extents[axis] for axis in kept), element, tuple(u.extents[axis] for axis in axes), reduction, whole=whole
    )
    shape = tuple(Integer(1) if axis in axes else size for axis, size in enumerate(u.extents))
    return reshaped(made, shape) if keepdim else made


def size_of(u: Array, axes: Sequence[int]) -> Expr:
    """Return how many elements *axes* hold together."""
    return Mul(*(u.extents[axis] for axis in axes))


@operator("aten.sum.dim_IntList", "aten.sum.default")
def _sum(build: Builder, u: Array, dim: Any = None, keepdim: bool = False) -> Array:
    return reduced(build, u, axes_of(u, dim), keepdim)


@operator("aten.mean.dim", "aten.mean.default")
def mean(build: Builder, u: Array, dim: Any = None, keepdim: bool = False) -> Array:
    """(1/N) Σ u."""
    axes = axes_of(u, dim)
    return reduced(build, u, axes, keepdim, lambda a: a / size_of(u, axes))


@operator("aten.amax.default")
def amax(build: Builder, u: Array, dim: Any = (), keepdim: bool = False) -> Array:
    """The largest element; several share the gradient."""
    return reduced(build, u, axes_of(u, dim), keepdim, reduction=Reduction.MAX)


@operator("aten.amin.default")
def _amin(build: Builder, u: Array, dim: Any = (), keepdim: bool = False) -> Array:
    lowest = reduced(build, u, axes_of(u, dim), keepdim, lambda a: -a, Reduction.MAX)
    return build.pointwise(lambda a: -a, lowest)


def _extreme(build: Builder, u: Array, dim: int, keepdim: bool, sign: int) -> tuple[Array, Array]:
    axis = axis_of(u, dim)
    place = reduced(build, u, [axis], False, lambda a: sign * a, Reduction.ARGMAX)
    kept = [other for other in range(u.rank) if other != axis]

    def element(where: Places) -> Expr:
        found = dict(zip(kept, where, strict=True)) | {axis: place.at(where)}
        return u.at(found[other] for other in range(u.rank))

    value = Array(place.extents, element)
    shape = tuple(Integer(1) if other == axis else size for other, size in enumerate(u.extents))
    return (reshaped(value, shape), reshaped(place, shape)) if keepdim else (value, place)


@operator("aten.max.dim")
def _max(build: Builder, u: Array, dim: int, keepdim: bool = False) -> tuple[Array, ...]:
    return _extreme(build, u, dim, keepdim, 1)


@operator("aten.min.dim")
def _min(build: Builder, u: Array, dim: int, keepdim: bool = False) -> tuple[Array, ...]:
    return _extreme(build, u, dim, keepdim, -1)


@operator("aten.max.default")
def _max_of_all(build: Builder, u: Array) -> Array:
    return amax(build, u)


@operator("aten.min.default")
def _min_of_all(build: Builder, u: Array) -> Array:
    return _amin(build, u)


@operator("aten.prod.default", "aten.prod.dim_int")
def _prod(build: Builder, u: Array, dim: Any = None, keepdim: bool = False) -> Array:
    return reduced(build, u, axes_of(u, dim), keepdim, reduction=Reduction.PRODUCT)


@operator("aten.cumsum.default")
def _cumsum(build: Builder, u: Array, dim: int) -> Array:
    return running(build, u, dim, lambda value, before: value * before, Reduction.SUM)


@operator("aten.cumprod.default")
def _cumprod(build: Builder, u: Array, dim: int) -> Array:
    return running(build, u, dim, lambda value, before: select(before, value, Integer(1)), Reduction.PRODUCT)


def running(
    build: Builder, u: Array, dim: int, taken: Callable[[Expr, Expr], Expr], reduction: Reduction = Reduction.SUM
) -> Array:
    """Return the *reduction* of taken(u, before) along an axis, *before* 1 up to each place and 0 after it."""
    if not u.rank:
        return u
    axis = axis_of(u, dim)

    def element(places: Places, bound: Places) -> Expr:
        value = u.at((*places[:axis], bound[0], *places[axis + 1 :]))
        return taken(value, step(places[axis] - bound[0] + 1))

    return build.define(u.extents, element, (u.extents[axis],), reduction)


def variance(build: Builder, u: Array, dim: Any = None, correction: Any = 1, keepdim: bool = False) -> tuple[Array, Array]:
    """Return Σ (u − ū)²/(N − correction) and ū."""
    axes = axes_of(u, dim)
    middle = mean(build, u, list(axes), True)
    centred = build.pointwise(lambda a, m: a - m, u, middle)
    below = size_of(u, axes) - constant(1 if correction is None else correction).at(())
    spread = reduced(build, centred, axes, keepdim, lambda a: a**2 / below)
    return spread, middle if keepdim else dropped(middle, axes)


@operator("aten.var.correction")
def _var(build: Builder, u: Array, dim: Any = None, correction: Any = 1, keepdim: bool = False) -> Array:
    return variance(build, u, dim, correction, keepdim)[0]


@operator("aten.std.correction")
def _std(build: Builder, u: Array, dim: Any = None, correction: Any = 1, keepdim: bool = False) -> Array:
    return build.pointwise(sympy.sqrt, variance(build, u, dim, correction, keepdim)[0])


@operator("aten.var_mean.correction")
def _var_mean(build: Builder, u: Array, dim: Any = None, correction: Any = 1, keepdim: bool = False) -> tuple[Array, ...]:
    return variance(build, u, dim, correction, keepdim)


def _shifted(build: Builder, u: Array, axes: Sequence[int]) -> tuple[Array, Array]:
    """Return u − m and m, the largest of u along *axes*: no exponential overflows, and m itself changes no result."""
    top = reduced(build, u, axes, True, reduction=Reduction.MAX)
    return build.pointwise(lambda a, m: a - detach(m), u, top), top


def _masked(build: Builder) -> bool:
    return any(equation.body.has(sympy.oo, -sympy.oo) for equation in build.equations)


def _finite(top: Expr) -> Expr:
    """Return *top*, or 0 where it is −∞ as of a row that is wholly masked; 1/(1 + relu(−u)) is 0 there alone."""
    return select(1 / (1 + relu(-top)), top, Integer(0))


@operator("aten._safe_softmax.default")
def _safe_softmax(build: Builder, u: Array, dim: int, *dtype: Any) -> Array:
    if not u.rank or not _masked(build):
        return _softmax(build, u, dim)
    axis = axis_of(u, dim)
    top = reduced(build, u, [axis], True, reduction=Reduction.MAX)
    powers = build.pointwise(lambda a, m: sympy.exp(a - detach(_finite(m))), u, top)
    return build.pointwise(lambda a, s: select(s, a / s, Integer(0)), powers, reduced(build, powers, [axis], True))


@operator("aten._softmax.default", "aten.softmax.int")
def _softmax(build: Builder, u: Array, dim: int, *dtype: Any) -> Array:
    if not u.rank:
        return build.pointwise(lambda a: Integer(1), u)
    axis = axis_of(u, dim)
    powers = build.pointwise(sympy.exp, _shifted(build, u, [axis])[0])
    return build.pointwise(lambda a, s: a / s, powers, reduced(build, powers, [axis], True))


@operator("aten._log_softmax.default", "aten.log_softmax.int")
def log_softmax(build: Builder, u: Array, dim: int, half_to_float: Any = None) -> Array:
    """U − m − log Σ exp(u − m), m the largest of u along an axis."""
    if not u.rank:
        return build.pointwise(lambda a: a - a, u)
    axis = axis_of(u, dim)
    moved, _ = _shifted(build, u, [axis])
    return build.pointwise(lambda a, s: a - sympy.log(s), moved, reduced(build, moved, [axis], True, sympy.exp))


@operator("aten.logsumexp.default")
def _logsumexp(build: Builder, u: Array, dim: Any, keepdim: bool = False) -> Array:
    axes = axes_of(u, dim)
    if _masked(build):
        top = reduced(build, u, axes, True, reduction=Reduction.MAX)
        moved = build.pointwise(lambda a, m: a - detach(_finite(m)), u, top)
    else:
        moved, top = _shifted(build, u, axes)
    total = reduced(build, moved, axes, True, sympy.exp)
    # A sum of exponentials is 0 in a row that is wholly masked, and nowhere else.
    found = build.pointwise(
        lambda s, m: select(s, sympy.log(s) + detach(m), detach(m)) if _masked(build) else sympy.log(s) + detach(m), total, top
    )
    # The shift adds what it took away, so its own derivative is that of a constant.
    return found if keepdim else dropped(found, axes)
