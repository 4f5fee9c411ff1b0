"""Points cut, joined and reordered along the batch."""

from __future__ import annotations

from collections.abc import Callable

import torch

from diffcheck.engines import Tensors
from diffcheck.problems import Problem

Change = Callable[[torch.Tensor, int], torch.Tensor]


def size_of(problem: Problem, point: Tensors) -> int:
    """Return how many examples *point* holds."""
    name, axis = next(iter(problem.batched().items()))
    return int(point[name].shape[axis])


def changed(problem: Problem, point: Tensors, change: Change) -> dict[str, torch.Tensor]:
    """Return *point* with *change* made to every input that has the batch, along that axis."""
    axes = problem.batched()
    return {name: change(value, axes[name]) if name in axes else value for name, value in point.items()}


def rows(problem: Problem, point: Tensors, start: int, stop: int) -> dict[str, torch.Tensor]:
    """Return the examples start … stop − 1 of *point*."""
    return changed(problem, point, lambda value, axis: value.narrow(axis, start, stop - start))


def doubled(problem: Problem, point: Tensors) -> dict[str, torch.Tensor]:
    """Return *point* with every example twice."""
    return changed(problem, point, lambda value, axis: torch.cat([value, value], axis))


def reversed_order(problem: Problem, point: Tensors) -> dict[str, torch.Tensor]:
    """Return *point* with the examples in the opposite order."""
    return changed(problem, point, lambda value, axis: value.flip(axis))
