"""PyTorch's ways to the first and second derivatives of a pointwise operator, at all points at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.func import grad, jvp

Function = Callable[..., Any]


@dataclass(frozen=True)
class Mode:
    """How a derivative is asked for, and of which order it is."""

    order: int
    ask: Callable[[Function, Mapping[str, Tensor]], dict[str, Tensor]]


def derivatives(function: Function, points: Mapping[str, Tensor], mode: str) -> dict[str, Tensor]:
    """Return the derivatives of *function* in *mode* by each of its arguments, in their order, at every element of *points*.

    A second derivative by x is that of the slope by x, and of the slopes by the others, along x: Σ_x' ∂²o/∂x∂x'.
    """
    return MODES[mode].ask(function, points)


def _reverse(function: Function, points: Mapping[str, Tensor]) -> dict[str, Tensor]:
    leaves = {name: value.detach().clone().requires_grad_() for name, value in points.items()}
    output = function(*leaves.values())
    slopes = torch.autograd.grad(output, list(leaves.values()), torch.ones_like(output), materialize_grads=True)
    return dict(zip(points, slopes, strict=True))


def _forward(function: Function, points: Mapping[str, Tensor]) -> dict[str, Tensor]:
    values = tuple(points.values())
    found = {}
    for place, name in enumerate(points):
        tangents = tuple(torch.full_like(value, float(turn == place)) for turn, value in enumerate(values))
        found[name] = jvp(function, values, tangents)[1]
    return found


def _reverse_over_reverse(function: Function, points: Mapping[str, Tensor]) -> dict[str, Tensor]:
    leaves = {name: value.detach().clone().requires_grad_() for name, value in points.items()}
    output = function(*leaves.values())
    slopes = torch.autograd.grad(
        output, list(leaves.values()), torch.ones_like(output), create_graph=True, materialize_grads=True
    )
    # Slope by slope: where one does not depend on the arguments, it has no graph.
    total = [torch.zeros_like(value) for value in leaves.values()]
    for slope in slopes:
        if slope.requires_grad:
            more = torch.autograd.grad(
                slope, list(leaves.values()), torch.ones_like(slope), retain_graph=True, materialize_grads=True
            )
            total = [before + part for before, part in zip(total, more, strict=True)]
    return dict(zip(points, total, strict=True))


def _forward_over_reverse(function: Function, points: Mapping[str, Tensor]) -> dict[str, Tensor]:
    values = tuple(points.values())
    slopes = grad(lambda *inputs: function(*inputs).sum(), argnums=tuple(range(len(values))))
    # By symmetry the derivative of all slopes along all arguments at once is the sum that the other modes give.
    found = jvp(slopes, values, tuple(torch.ones_like(value) for value in values))[1]
    return dict(zip(points, found, strict=True))


MODES = {
    "reverse": Mode(1, _reverse),
    "forward": Mode(1, _forward),
    "reverse over reverse": Mode(2, _reverse_over_reverse),
    "forward over reverse": Mode(2, _forward_over_reverse),
}
