"""Rows of operators that read and write memory by strides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sympy import Expr, Mul

from diffcheck.capturing.arrays import Array, Builder, Places, constant
from diffcheck.capturing.rows import operator
from diffcheck.capturing.scattering import put
from diffcheck.capturing.shaping import reshaped


def _storage(extents: Sequence[Any], strides: Sequence[Any], offset: Any) -> Callable[[Places], Expr]:
    return lambda places: sum(
        (stride * place for stride, place in zip(strides, places, strict=True)), constant(offset or 0).at(())
    )


@operator("aten.as_strided.default", "aten.as_strided_copy.default")
def _as_strided(build: Builder, u: Array, size: Sequence[Any], stride: Sequence[Any], offset: Any = None) -> Array:
    """Read what lies in memory; *u* is taken to lie there in order, which the comparison of outputs holds to account."""
    flat = reshaped(u, (Mul(*u.extents),))
    where = _storage(size, stride, offset)
    return Array(tuple(constant(length).at(()) for length in size), lambda places: flat.at((where(places),)), u.whole)


@operator("aten.as_strided_scatter.default")
def _as_strided_scatter(
    build: Builder, u: Array, source: Array, size: Sequence[Any], stride: Sequence[Any], offset: Any = None
) -> Array:
    flat, where = reshaped(u, (Mul(*u.extents),)), _storage(size, stride, offset)
    return reshaped(put(build, flat, source.extents, lambda bound: [where(bound)], source.at, add=False), u.extents)
