"""Rows of losses that are no composition of others' rows."""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Expr, Integer

from diffcheck.capturing.arrays import Array, Builder, Places, constant
from diffcheck.capturing.pointwise import as_array
from diffcheck.capturing.rows import operator
from diffcheck.notation.functions import absolute, sign
from diffcheck.notation.selection import select

_NONE, _MEAN = 0, 1  # at::Reduction


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


@operator("aten.xlogy.Tensor", "aten.xlogy.Scalar_Other", "aten.xlogy.Scalar_Self")
def _xlogy(build: Builder, u: Any, v: Any) -> Array:
    def function(a: Expr, b: Expr) -> Expr:
        return select(absolute(sign(a)), a * sympy.log(b), Integer(0))  # 0·log 0 is 0 by convention

    return build.pointwise(function, as_array(u), as_array(v))
