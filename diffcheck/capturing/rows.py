"""The registry of operators: one row each, a function from arrays to arrays under the operator's name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from diffcheck.capturing.arrays import Array, Builder
from diffcheck.errors import DuplicateName

Row = Callable[..., "Array | tuple[Array, ...]"]
Function = TypeVar("Function", bound=Row)

ROWS: dict[str, Row] = {}
REFUSED: list[Row] = []
"""The rows that refuse whatever they are given."""


def operator(*names: str) -> Callable[[Function], Function]:
    """Register the decorated function as the row of the operators *names*, as in ``@operator("aten.tanh.default")``.

    The row is called with a `Builder` and then as the operator is, every tensor an `Array`, and returns what the operator
    returns: an `Array`, or a tuple of them. An array is a shape and an expression for the element at given places.
    """

    def register(row: Function) -> Function:
        for name in names:
            if name in ROWS:
                raise DuplicateName(got=f"a second row for {name}", wanted="one", do="remove one of them")
            ROWS[name] = row
        return row

    return register


def axis_of(array: Array, dim: int) -> int:
    """Return *dim* counted from the front."""
    return dim % max(array.rank, 1)


def axes_of(array: Array, dims: Any) -> tuple[int, ...]:
    """Return the axes that *dims* (None and an empty list are all) mean, in order."""
    if not array.rank or dims is None or (isinstance(dims, (list, tuple)) and not dims):
        return tuple(range(array.rank))
    return tuple(sorted(axis_of(array, dim) for dim in (dims if isinstance(dims, (list, tuple)) else (dims,))))


__all__ = ["REFUSED", "ROWS", "Array", "Builder", "Row", "axes_of", "axis_of", "operator"]
