"""Variants of two tensors."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch
from torch import special

from diffcheck.atlas.variants import Variant

_OF_TORCH = (
    "add",
    "atan2",
    "copysign",
    "div",
    "float_power",
    "fmax",
    "fmin",
    "fmod",
    "hypot",
    "logaddexp",
    "logaddexp2",
    "maximum",
    "minimum",
    "mul",
    "pow",
    "remainder",
    "sub",
)


def binary() -> Iterator[Variant]:
    """Yield the variants of two tensors."""
    for name in _OF_TORCH:
        yield Variant(name, getattr(torch, name), "binary", 2, (0.0, 1.0))
    yield Variant("xlogy", special.xlogy, "binary", 2, (0.0, 1.0))
    yield Variant("xlog1py", special.xlog1py, "binary", 2, (-1.0, 0.0))
    yield Variant("lerp(weight=0.3)", partial(torch.lerp, weight=0.3), "binary", 2)
