"""Rows of operators that undo a pooling, and of units that draw numbers in training alone."""

from __future__ import annotations

from typing import Any

from sympy import Expr, Rational

from diffcheck.capturing.arrays import Array, Builder, Places, constant
from diffcheck.capturing.creation import filled
from diffcheck.capturing.rows import operator
from diffcheck.capturing.scattering import put
from diffcheck.errors import CaptureError
from diffcheck.notation.functions import step
from diffcheck.notation.places import Quotient, Remainder
from diffcheck.notation.selection import select


@operator("aten.max_pool2d_with_indices_backward.default")
def _max_pool_backward(build: Builder, slope: Array, u: Array, *windows: Any) -> Array:
    chosen, wide = windows[-1], u.extents[-1]

    def spots(bound: Places) -> list[Expr]:
        place = chosen.at(bound)
        return [*bound[:-2], Quotient(place, wide), Remainder(place, wide)]

    return put(build, filled(u.extents, 0.0), slope.extents, spots, slope.at, add=True)


@operator("aten.rrelu_with_noise_functional.default")
def _rrelu(
    build: Builder,
    u: Array,
    noise: Array,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    generator: Any = None,
) -> tuple[Array, Array]:
    if training:
        raise CaptureError(
            got="a random operator",
            wanted="a function of its inputs alone",
            do="call eval() on the module, or pass the draws in",
        )
    slope = (constant(lower).at(()) + constant(upper).at(())) * Rational(1, 2)
    return build.pointwise(lambda a: select(step(a), a, slope * a), u), noise
