"""What belongs to the caller of a gradient: its inputs, bit by bit, with their flags, and torch's grad mode.

A value compares equal to another that it is not: −0.0 to 0.0. So bits are compared, and beside them the shape, the dtype,
whether a gradient is asked for, and the gradient that is there already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from diffcheck.verification.comparison import refused
from diffcheck.verification.findings import Finding
from diffcheck.verification.verdict import Kind

GRAD_MODE = "it changes torch's grad mode, which belongs to its caller"


@dataclass(frozen=True)
class State:
    """All of a tensor or an array that its owner would miss."""

    object: Any
    form: tuple[object, ...]
    tracked: bool
    bits: torch.Tensor
    gradient: torch.Tensor | None

    def change(self, other: State) -> str:
        """Return what is different in *other*, or nothing."""
        if self.form != other.form:
            return "its shape, dtype or layout"
        if not _same_bits(self.bits, other.bits):
            return "its values"
        if self.tracked != other.tracked:
            return "requires_grad"
        return "" if _same_bits(self.gradient, other.gradient) else "its gradient"


def state_of(value: Any) -> State:
    """Return the state of *value*, in memory of its own."""
    if not isinstance(value, torch.Tensor):
        array = np.array(value)
        return State(value, (array.shape, array.dtype), False, torch.tensor(np.frombuffer(array.tobytes(), np.uint8)), None)
    gradient = value.grad if value.is_leaf else None  # asking a tensor that is none is a warning
    form = (tuple(value.shape), value.stride(), value.dtype, value.device)
    return State(value, form, value.requires_grad, _bits(value), None if gradient is None else _bits(gradient))


def _bits(values: torch.Tensor) -> torch.Tensor:
    dense = values.detach() if values.layout is torch.strided else values.detach().to_dense()
    return dense.clone(memory_format=torch.contiguous_format).reshape(-1).view(torch.uint8)


def _same_bits(before: torch.Tensor | None, after: torch.Tensor | None) -> bool:
    return before is after is None or (before is not None and after is not None and torch.equal(before, after))


def states_of(point: Mapping[str, Any]) -> dict[str, State]:
    """Return the state of every input of *point*."""
    return {name: state_of(value) for name, value in point.items()}


def harmed(before: Mapping[str, State], point: Mapping[str, Any]) -> dict[str, str]:
    """Return the inputs that are not what they were *before*, by name, each in words that name it and what has changed."""
    changes = {name: _change(before.get(name), point.get(name)) for name in dict.fromkeys((*before, *point))}
    return {name: f"{name}, which belongs to its caller: {what}" for name, what in changes.items() if what}


def _change(before: State | None, value: Any) -> str:
    if before is None or before.object is not value:
        return "its name"  # given to another value, to a new one or to none
    return before.change(state_of(value))


def harm(before: Mapping[str, State], point: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return a wrong finding for each input of *point* that is not what it was *before*."""
    return tuple(refused(str(name), Kind.NONE, f"it changes {what}") for name, what in harmed(before, point).items())


@contextmanager
def grad_mode_kept() -> Iterator[list[str]]:
    """Put torch's grad mode back at the end, and say in the list that is yielded whether it had been changed."""
    found: list[str] = []
    before = torch.is_grad_enabled()
    try:
        yield found
    finally:
        if torch.is_grad_enabled() is not before:
            found.append(GRAD_MODE)
            torch.set_grad_enabled(before)
