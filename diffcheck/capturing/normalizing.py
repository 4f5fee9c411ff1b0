"""Rows of norms and normalisations."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

from sympy import Expr, Integer, Rational

from diffcheck.capturing.arrays import Array, Builder, constant
from diffcheck.capturing.movement import dropped
from diffcheck.capturing.reductions import amax, reduced, variance
from diffcheck.capturing.rows import axes_of, operator
from diffcheck.capturing.shaping import reshaped
from diffcheck.notation.functions import absolute, step
from diffcheck.notation.selection import select


@operator("aten.linalg_vector_norm.default")
def vector_norm(build: Builder, u: Array, ord: Any = 2, dim: Any = None, keepdim: bool = False) -> Array:
    """(Σ |u|^p)^(1/p), the largest or least |u|, or for p = 0 how many are not 0; where that is 0, the derivative is 0."""
    axes = axes_of(u, dim)
    if ord in (inf, -inf):
        sign = 1 if ord > 0 else -1
        far = amax(build, build.pointwise(lambda a: sign * absolute(a), u), list(axes), keepdim)
        return far if ord > 0 else build.pointwise(lambda a: -a, far)
    order = constant(ord).at(())
    if order == 0:
        return reduced(build, u, axes, keepdim, lambda a: step(absolute(a)))
    if order == 1:
        return reduced(build, u, axes, keepdim, absolute)
    total = reduced(build, u, axes, keepdim, lambda a: _power_of_size(a, order))
    return build.pointwise(lambda s: select(s, s ** (1 / order), Integer(0)), total)


def _power_of_size(a: Expr, order: Expr) -> Expr:
    """Return |a|^p; below p = 1 its derivative at 0 is stated to be 0, as that of |a| is."""
    if order == 2:
        return a**2
    power = absolute(a) ** order
    return select(absolute(a), power, Integer(0)) if 0 < order < 1 else power


@operator("aten.native_layer_norm.default")
def _layer_norm(
    build: Builder, u: Array, shape: Sequence[Any], weight: Array | None, bias: Array | None, eps: float
) -> tuple[Array, ...]:
    spread, middle = variance(build, u, list(range(u.rank - len(shape), u.rank)), 0, True)
    return _scaled(build, u, (middle, spread), weight, bias, eps)


@operator("aten.native_group_norm.default")
def _group_norm(  # noqa: PLR0913, PLR0917  # the operator's own arguments
    build: Builder, u: Array, weight: Array | None, bias: Array | None, n: Any, c: Any, hw: Any, groups: int, eps: float
) -> tuple[Array, ...]:
    parts = reshaped(u, (u.extents[0], constant(groups).at(()), u.extents[1] / groups, *u.extents[2:]))
    spread, middle = variance(build, parts, list(range(2, parts.rank)), 0, True)
    made, *moments = _scaled(build, parts, (middle, spread), None, None, eps)
    flat = (reshaped(moment, parts.extents[:2]) for moment in moments)
    return _affine(build, reshaped(made, u.extents), _channels(weight, u), _channels(bias, u)), *flat


@operator("aten._native_batch_norm_legit_no_training.default")
def _batch_norm(
    build: Builder,
    u: Array,
    weight: Array | None,
    bias: Array | None,
    middle: Array,
    spread: Array,
    momentum: float,
    eps: float,
) -> tuple[Array, ...]:
    moments = _along_channels(middle, u), _along_channels(spread, u)
    return _scaled(build, u, moments, _channels(weight, u), _channels(bias, u), eps)


@operator("aten._native_batch_norm_legit_functional.default", "aten._batch_norm_with_update_functional.default")
def _batch_norm_with_state(
    build: Builder, u: Array, weight: Array | None, bias: Array | None, old: Array, older: Array, *rest: Any
) -> tuple[Array, ...]:
    training, momentum, eps = rest if len(rest) > 2 else (True, *rest)
    if not training:
        return (*_batch_norm(build, u, weight, bias, old, older, momentum, eps), old, older)
    made = _batch_norm_without_state(build, u, weight, bias, True, momentum, eps)
    # The running moments are the caller's or the module's own state, and no part of what is differentiated.
    return (*made, old, older) if len(rest) > 2 else (*made, old, old, older)


@operator("aten._native_batch_norm_legit.no_stats")
def _batch_norm_without_state(
    build: Builder, u: Array, weight: Array | None, bias: Array | None, training: bool, momentum: float, eps: float
) -> tuple[Array, ...]:
    others = [axis for axis in range(u.rank) if axis != 1]
    spread, middle = variance(build, u, others, 0, True)
    made, *moments = _scaled(build, u, (middle, spread), _channels(weight, u), _channels(bias, u), eps)
    return made, *(dropped(moment, others) for moment in moments)


def _channels(values: Array | None, u: Array) -> Array | None:
    return None if values is None else _along_channels(values, u)


def _along_channels(values: Array, u: Array) -> Array:
    one = constant(1).at(())
    return reshaped(values, (one, values.extents[0], *(one for _ in u.extents[2:])))


def _scaled(
    build: Builder, u: Array, moments: tuple[Array, Array], weight: Array | None, bias: Array | None, eps: float
) -> tuple[Array, Array, Array]:
    """Return (u − mean)/√(variance + ε)·weight + bias, the mean, and 1/√(variance + ε)."""
    middle, spread = moments
    small = constant(eps).at(())
    scale = build.pointwise(lambda s: (s + small) ** Rational(-1, 2), spread)
    made = build.pointwise(lambda a, m, r: (a - m) * r, u, middle, scale)
    return _affine(build, made, weight, bias), middle, scale


def _affine(build: Builder, u: Array, weight: Array | None, bias: Array | None) -> Array:
    made = build.pointwise(lambda a, w: a * w, u, weight) if weight is not None else u
    return build.pointwise(lambda a, b: a + b, made, bias) if bias is not None else made
