"""Rows of condition numbers ‖A‖·‖A⁻¹‖, in the norms that sums of elements give."""

from __future__ import annotations

from math import inf
from typing import Any

from diffcheck.capturing.arrays import Array, Builder
from diffcheck.capturing.elimination import inverse
from diffcheck.capturing.normalizing import vector_norm
from diffcheck.capturing.rows import operator
from diffcheck.errors import UnsupportedOperator


@operator("aten.linalg_cond.default", "aten.linalg_cond.p_str")
def _condition(build: Builder, u: Array, p: Any = None) -> Array:
    if p not in ("fro", 1, -1, inf, -inf):
        raise UnsupportedOperator(
            got=f"the condition number of order {p}",
            wanted="one of 'fro', 1, -1, inf and -inf",
            do="choose one of these: singular values are the result of no finite program",
        )
    return build.pointwise(lambda a, b: a * b, _norm(build, u, p), _norm(build, inverse(build, u), p))


def _norm(build: Builder, u: Array, p: Any) -> Array:
    """Return the root of the sum of squares, or the largest or least sum of the sizes in a column or a row."""
    if p == "fro":
        return vector_norm(build, u, 2, [-2, -1])
    sums = vector_norm(build, u, 1, [-2 if abs(p) == 1 else -1])
    return vector_norm(build, sums, inf if p > 0 else -inf, [-1])
