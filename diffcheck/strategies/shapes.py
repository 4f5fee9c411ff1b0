"""Shapes, alone and in sets that broadcast together."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from diffcheck.errors import StrategyError

Shape = tuple[int, ...]
_MOST_DIMS = 32  # NumPy's, by which they are drawn


def shapes(min_dims: int = 0, max_dims: int = 3, min_side: int = 1, max_side: int = 4) -> st.SearchStrategy[Shape]:
    """Return a strategy for shapes (n₁, …, n_d) with *min_dims* ≤ d ≤ *max_dims* and sides within the bounds.

    Empty tensors are drawn with ``min_side=0``. Raises `StrategyError` for bounds that leave nothing.

    >>> from hypothesis import find
    >>> find(shapes(min_dims=2), lambda shape: True)
    (1, 1)
    >>> find(shapes(min_side=0), lambda shape: 0 in shape)
    (0,)
    """
    _check(min_dims, max_dims, min_side, max_side)
    return arrays.array_shapes(min_dims=min_dims, max_dims=max_dims, min_side=min_side, max_side=max_side)


def broadcastable_shapes(
    count: int = 2, *, max_dims: int = 3, min_side: int = 1, max_side: int = 4
) -> st.SearchStrategy[tuple[Shape, ...]]:
    """Return a strategy for *count* shapes that broadcast together: each side is that of the result, or 1, or left out.

    >>> from hypothesis import find
    >>> sorted(find(broadcastable_shapes(2), lambda pair: pair[0] != pair[1]))
    [(), (1,)]
    """
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise StrategyError(got=f"count={count!r}", wanted="one shape or more", do="pass a positive number")
    _check(0, max_dims, min_side, max_side)
    drawn = arrays.mutually_broadcastable_shapes(
        num_shapes=count, min_dims=0, max_dims=max_dims, min_side=min_side, max_side=max_side
    )
    return drawn.map(lambda found: found.input_shapes)


def checked_shape(shape: object) -> Shape:
    """Return *shape*, a tuple or list of sizes or one size, as a tuple; refuse all else."""
    sides = (shape,) if isinstance(shape, int) else shape
    fits = isinstance(sides, (tuple, list)) and all(isinstance(side, int) and side >= 0 for side in sides)
    if not fits or isinstance(shape, bool):
        raise StrategyError(got=f"shape={shape!r}", wanted="sizes of axes, 0 or more", do="write it as in (2, 3)")
    return tuple(sides)  # type: ignore[arg-type]  # seen above


def _check(min_dims: int, max_dims: int, min_side: int, max_side: int) -> None:
    for what, low, high in (("dims", min_dims, max_dims), ("side", min_side, max_side)):
        whole = all(isinstance(end, int) and not isinstance(end, bool) for end in (low, high))
        if not whole or not 0 <= low <= high or (what == "dims" and high > _MOST_DIMS):
            raise StrategyError(
                got=f"min_{what}={low!r}, max_{what}={high!r}",
                wanted="whole numbers, 0 or more, the first not above the second",
                do=f"mend the bounds on {what}",
            )
