"""The ways to the first and second derivatives of a pointwise operator at many points: PyTorch's, and generated code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.func import grad, jvp

from diffcheck.atlas.deriving import label_of
from diffcheck.derivation import Gradient
from diffcheck.generation import generate
from diffcheck.notation import Role
from diffcheck.verification.orders import second_gradient

Function = Callable[..., Any]
Way = Callable[[Mapping[str, Tensor], Tensor | None], dict[str, Tensor]]
"""From the values of each argument, and what comes in from a loss, 1 if left out, to the derivatives by their labels."""
Ask = Callable[[Function, Mapping[str, Tensor], Tensor], dict[str, Tensor]]


@dataclass(frozen=True)
class Mode:
    """How a derivative is asked for, and of which order it is: *of* makes the way to it from a function and its gradient."""

    order: int
    of: Callable[[Function, Gradient], Way]


def modes_of(order: int) -> tuple[str, ...]:
    """Return the modes that give derivatives of *order*."""
    return tuple(name for name, mode in MODES.items() if mode.order == order)


def derivatives(function: Function, points: Mapping[str, Tensor], mode: str) -> dict[str, Tensor]:
    """Return the derivatives of *function* in one of PyTorch's modes, by each argument or each ordered pair of them.

    They are called as `deriving.label_of` does, and have a value for each element of *points*.
    """
    return _of_pytorch(_OF_PYTORCH[mode], function)(points, None)


def _leaves(points: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return *points* as leaves of a graph, in their own memory: a copy would not be strided as they are."""
    return {name: value.detach().requires_grad_() for name, value in points.items()}


def _reverse(function: Function, points: Mapping[str, Tensor], slope: Tensor) -> dict[str, Tensor]:
    leaves = _leaves(points)
    output = function(*leaves.values())
    slopes = torch.autograd.grad(output, list(leaves.values()), slope.expand_as(output), materialize_grads=True)
    return dict(zip(points, slopes, strict=True))


def _forward(function: Function, points: Mapping[str, Tensor], slope: Tensor) -> dict[str, Tensor]:
    values = tuple(points.values())
    found = {}
    for place, name in enumerate(points):
        tangents = tuple(slope * float(turn == place) for turn in range(len(values)))
        found[name] = jvp(function, values, tangents)[1]
    return found


def _reverse_over_reverse(function: Function, points: Mapping[str, Tensor], slope: Tensor) -> dict[str, Tensor]:
    leaves = _leaves(points)
    inputs, output = list(leaves.values()), function(*leaves.values())
    slopes = torch.autograd.grad(output, inputs, slope.expand_as(output), create_graph=True, materialize_grads=True)
    found: dict[str, Tensor] = {}
    for by, first in zip(points, slopes, strict=True):
        if first.requires_grad:
            more = torch.autograd.grad(first, inputs, torch.ones_like(first), retain_graph=True, materialize_grads=True)
        else:  # a slope that does not depend on the arguments has no graph
            more = tuple(map(torch.zeros_like, inputs))
        found |= {label_of(tuple(points), by, name): second for name, second in zip(points, more, strict=True)}
    return found


def _forward_over_reverse(function: Function, points: Mapping[str, Tensor], slope: Tensor) -> dict[str, Tensor]:
    values = tuple(points.values())
    slopes = grad(lambda *inputs: (function(*inputs) * slope).sum(), argnums=tuple(range(len(values))))
    found = {}
    for place, name in enumerate(points):
        tangents = tuple(torch.full_like(value, float(turn == place)) for turn, value in enumerate(values))
        for by, second in zip(points, jvp(slopes, values, tangents)[1], strict=True):
            found[label_of(tuple(points), by, name)] = second
    return found


def generated_from(gradient: Gradient, order: int) -> dict[str, Gradient]:
    """Return the gradients of which code is generated for derivatives of *order*: for the second order one for each slope."""
    return {"": gradient} if order == 1 else {name: second_gradient(gradient, (name,)) for name in gradient.wrt}


def _generated(order: int, _: Function, gradient: Gradient) -> Way:
    made = {by: (asked, generate(asked).compile()) for by, asked in generated_from(gradient, order).items()}
    incoming = next(tensor.name for tensor in gradient.program.inputs if tensor.role is Role.COTANGENT)

    def way(points: Mapping[str, Tensor], slope: Tensor | None = None) -> dict[str, Tensor]:
        ones, found = torch.ones_like(next(iter(points.values()))), {}
        coming = {incoming: ones if slope is None else slope}
        for by, (asked, function) in made.items():
            # What is no point is what comes in, or a direction, which is 1.
            known = {**coming, **points}
            values = function(**{tensor.name: known.get(tensor.name, ones) for tensor in asked.program.inputs})
            for name, value in zip(asked.wrt, values, strict=True):
                names = (by, name) if by else (name,)
                found[label_of(gradient.wrt, *names)] = value.broadcast_to(ones.shape)
        return found

    return way


def _of_pytorch(ask: Ask, function: Function, _: Gradient | None = None) -> Way:
    def way(points: Mapping[str, Tensor], slope: Tensor | None = None) -> dict[str, Tensor]:
        return ask(function, points, torch.ones_like(next(iter(points.values()))) if slope is None else slope)

    return way


_OF_PYTORCH: dict[str, Ask] = {
    "reverse": _reverse,
    "forward": _forward,
    "reverse over reverse": _reverse_over_reverse,
    "forward over reverse": _forward_over_reverse,
}
_GENERATED = {"generated": 1, "generated twice": 2}
GENERATED = frozenset(_GENERATED)
MODES = {
    **{name: Mode(1 + name.count("over"), partial(_of_pytorch, ask)) for name, ask in _OF_PYTORCH.items()},
    **{name: Mode(order, partial(_generated, order)) for name, order in _GENERATED.items()},
}
