"""How a tensor holds a number that becomes an element of it: in float32, 0.3 is 0.300000012."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
import torch

from diffcheck.capturing.arrays import Array, constant


def storing(result: Any) -> Callable[[Any], Any]:
    """Return a function from a number, or an array of a single one, to what *result* holds of it."""
    if not (isinstance(result, torch.Tensor) and result.is_floating_point()):
        return lambda value: value

    def stored(value: Any) -> Any:
        if isinstance(value, Array) and not value.rank and isinstance(value.at(()), sympy.Rational):
            return value if value.whole else constant(stored(float(value.at(()))))
        return torch.tensor(value, dtype=result.dtype).item() if isinstance(value, float) else value

    return stored
