"""Whether a function of the user's own is pointwise: one element comes out for each that goes in, made of that one alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from diffcheck.atlas.measuring import Task
from diffcheck.errors import NotPointwise

_LENGTHS = (4, 7)  # below 8, from which on kernels treat the body of a tensor by other code than its end
_ROUNDINGS = 16  # by which the codes for the body and for the end of a tensor may differ, in epsilons of a value


def check_pointwise(function: Callable[..., Any], arity: int, task: Task) -> None:
    """Refuse a *function* of *arity* tensors that is not pointwise, by `NotPointwise`; what it raises, measuring tells."""
    for length in _LENGTHS:
        inputs = [_points(length, turn, task) for turn in range(arity)]
        try:
            output = _called(function, inputs)
        except Exception as error:  # noqa: BLE001  # whatever the user's function may raise
            if length == _LENGTHS[0]:
                return
            raise _refusal(f"{type(error).__name__} for {length} elements, and none for {_LENGTHS[0]}") from None
        _check_kind(output, inputs[0])
        if not _same(output, _called(function, inputs)):
            raise _refusal("another output for the same input")
        turned = _called(function, [value.roll(1) for value in inputs])
        if not _same(turned, output.roll(1)):
            raise _refusal("an output that depends on the places of elements, or on others than its own")
        for place in range(length):
            changed = [value.index_fill(0, torch.tensor([place], device=value.device), 2.5) for value in inputs]
            others = torch.arange(length, device=output.device) != place
            if not _same(_called(function, changed)[others], output[others]):
                raise _refusal(f"an output of which other elements than {place} change where element {place} does")


def _points(length: int, turn: int, task: Task) -> Tensor:
    spread = torch.linspace(-1.75 + 0.25 * turn, 1.5, length, dtype=torch.float64)
    return spread.to(device=task.device, dtype=getattr(torch, task.dtype))


def _called(function: Callable[..., Any], inputs: list[Tensor]) -> Any:
    return function(*(value.clone() for value in inputs))  # one that works in place changes no input of the next call


def _check_kind(output: object, like: Tensor) -> None:
    if not isinstance(output, Tensor):
        raise _refusal(f"an output of type {type(output).__name__}")
    for what in ("shape", "dtype", "device"):
        if (got := getattr(output, what)) != getattr(like, what):
            raise _refusal(f"an output of {what} {tuple(got) if what == 'shape' else got}")


def _same(one: Tensor, other: Tensor) -> bool:
    apart = (one.double() - other.double()).abs()
    size = torch.maximum(one.double().abs(), other.double().abs())
    near = apart <= _ROUNDINGS * torch.finfo(one.dtype).eps * size
    return bool((near | (one == other) | (one.isnan() & other.isnan())).all())


def _refusal(got: str) -> NotPointwise:
    wanted = "a pointwise function: one element for each of the input's, in its dtype, made of that one alone"
    return NotPointwise(got=got, wanted=wanted, do="check a function that is not pointwise by `diffcheck.check`")
