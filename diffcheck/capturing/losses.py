"""Rows of losses that are no composition of others' rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Expr

from diffcheck.capturing.arrays import Array, Builder, Places, constant
from diffcheck.capturing.contractions import linear
from diffcheck.capturing.reductions import log_softmax, mean, reduced
from diffcheck.capturing.rows import operator
from diffcheck.errors import CaptureError
from diffcheck.notation.functions import absolute, sign
from diffcheck.notation.selection import select

_NONE, _MEAN, _SUM = 0, 1, 2  # at::Reduction
_REDUCTIONS = {"none": _NONE, "mean": _MEAN, "sum": _SUM}


@operator("aten.nll_loss_forward.default", "aten.nll_loss2d_forward.default")
def _nll_loss(
    build: Builder, u: Array, target: Array, weight: Array | None, reduction: int, ignore_index: int
) -> tuple[Array, Array]:
    source = build.named(u)
    channel = 1 if u.rank > 1 else 0

    def counted(places: Places) -> Expr:
        label = target.at(places)
        valid = absolute(sign(label - constant(ignore_index).at(())))
        return valid if weight is None else valid * weight.at((label,))

    def term(places: Places) -> Expr:
        # A label to be ignored may lie outside of the classes, where a tensor is 0.
        return -source.element((*places[:channel], target.at(places), *places[channel:])) * counted(places)

    if reduction == _NONE:
        return build.define(target.extents, lambda places, _: term(places)), constant(0)
    total = build.define((), lambda _, bound: term(bound), target.extents)
    weights = build.define((), lambda _, bound: counted(bound), target.extents)
    return (build.pointwise(lambda a, b: a / b, total, weights) if reduction == _MEAN else total), weights


@operator("torch_nn._linear_cross_entropy_batch_chunked.default")
def _linear_cross_entropy(  # noqa: PLR0913, PLR0917  # the operator's own arguments
    build: Builder,
    u: Array,
    weight: Array,
    target: Array,
    bias: Array | None,
    class_weight: Array | None,
    reduction: str,
    ignore_index: int,
    smoothing: float,
    *storage: Any,
) -> tuple[Array, ...]:
    if smoothing:
        raise CaptureError(got="label smoothing in chunks", wanted="none", do="leave label_smoothing or the chunks out")
    likely = log_softmax(build, linear(build, u, weight, bias), 1)
    loss, _ = _nll_loss(build, likely, target, class_weight, _REDUCTIONS[reduction], ignore_index)
    # The other outputs are gradients that PyTorch computes ahead, and nobody else reads.
    return loss, constant(0), constant(0), constant(0)


@operator("torch_nn._linear_cross_entropy_batch_chunked_no_reduction.default")
def _linear_cross_entropy_of_each(
    build: Builder,
    u: Array,
    weight: Array,
    target: Array,
    bias: Array | None,
    class_weight: Array | None,
    ignore_index: int,
    *storage: Any,
) -> Array:
    return _linear_cross_entropy(build, u, weight, target, bias, class_weight, "none", ignore_index, 0.0)[0]


@operator("aten.huber_loss.default")
def _huber_loss(build: Builder, u: Array, target: Array, reduction: int = _MEAN, delta: Any = 1.0) -> Array:
    """½d² up to |d| = δ and δ·(|d| − ½δ) beyond: of the square of d, not of |d|, which has no second derivative at 0."""
    edge = constant(delta).at(())
    return _loss(build, u, target, reduction, lambda d: select(edge - absolute(d), d**2 / 2, edge * (absolute(d) - edge / 2)))


@operator("aten.smooth_l1_loss.default")
def _smooth_l1_loss(build: Builder, u: Array, target: Array, reduction: int = _MEAN, beta: Any = 1.0) -> Array:
    """½d²/β up to |d| = β and |d| − ½β beyond."""
    edge = constant(beta).at(())
    if edge == 0:
        return _loss(build, u, target, reduction, absolute)
    return _loss(build, u, target, reduction, lambda d: select(edge - absolute(d), d**2 / (2 * edge), absolute(d) - edge / 2))


def _loss(build: Builder, u: Array, target: Array, reduction: int, of: Callable[[Expr], Expr]) -> Array:
    """Return *of* the difference, reduced over all elements."""
    terms = build.pointwise(of, build.named(build.pointwise(lambda a, b: a - b, u, target)))
    if reduction == _NONE:
        return terms
    return mean(build, terms) if reduction == _MEAN else reduced(build, terms, range(terms.rank))
