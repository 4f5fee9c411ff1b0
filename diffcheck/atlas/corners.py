"""Functions with kinks that are no variants of the atlas: norms, extremes and deviations of a pair, tensors as bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from math import inf
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from diffcheck.atlas.variants import Variant

_OF_PAIRS: dict[str, Callable[[Tensor], Any]] = {
    "linalg.vector_norm([x, y], ord=1)": lambda pair: torch.linalg.vector_norm(pair, 1, dim=-1),
    "linalg.vector_norm([x, y], ord=2)": lambda pair: torch.linalg.vector_norm(pair, 2, dim=-1),
    "linalg.vector_norm([x, y], ord=3)": lambda pair: torch.linalg.vector_norm(pair, 3, dim=-1),
    "linalg.vector_norm([x, y], ord=inf)": lambda pair: torch.linalg.vector_norm(pair, inf, dim=-1),
    "amax([x, y])": lambda pair: pair.amax(-1),
    "amin([x, y])": lambda pair: pair.amin(-1),
    "max([x, y], dim)": lambda pair: pair.max(-1).values,
    "min([x, y], dim)": lambda pair: pair.min(-1).values,
    "std([x, y])": lambda pair: pair.std(-1),
}


def corners() -> Iterator[Variant]:
    """Yield the functions, each of one or two arguments like the operators of the atlas."""
    for name, function in _OF_PAIRS.items():
        yield Variant(name, partial(_of_pair, function), "corner", 2)
    yield Variant("clamp(x, min=y)", _clamped_below, "corner", 2)
    yield Variant("clamp(x, max=y)", _clamped_above, "corner", 2)
    yield Variant("margin_ranking_loss(x, y, target=1)", _ranked, "corner", 2)
    yield Variant("angle", torch.angle, "corner")
    yield Variant("div(x, 2, rounding_mode='floor')", partial(_quotient, "floor"), "corner", edges=(-2.0, 0.0, 2.0))
    yield Variant("div(x, 2, rounding_mode='trunc')", partial(_quotient, "trunc"), "corner", edges=(-2.0, 0.0, 2.0))


def _of_pair(function: Callable[[Tensor], Any], x: Tensor, y: Tensor) -> Any:
    return function(torch.stack((x, y), -1))


def _clamped_below(x: Tensor, y: Tensor) -> Tensor:
    return torch.clamp(x, min=y)


def _clamped_above(x: Tensor, y: Tensor) -> Tensor:
    return torch.clamp(x, max=y)


def _ranked(x: Tensor, y: Tensor) -> Tensor:
    return functional.margin_ranking_loss(x, y, torch.ones_like(x), reduction="none")


def _quotient(mode: str, x: Tensor) -> Tensor:
    return torch.div(x, 2.0, rounding_mode=mode)
