"""Calls of the operators that have rows: how a call is written down, and how its arguments are drawn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch

GENERATOR = torch.Generator().manual_seed(20)
F64 = torch.float64


@dataclass(frozen=True)
class Call:
    """An operator called with *args* and *named*, whose tensors are the inputs; *take* says which of its outputs have a row.

    *through* calls the operator in another way, as *through*(operator, *args). *kink* says that differences have no limit here:
    at a tie, an edge, or where the outputs are truth values.
    """

    args: tuple[Any, ...]
    named: dict[str, Any] = field(default_factory=dict)
    take: tuple[int, ...] | None = None
    through: Callable[..., Any] | None = None
    kink: bool = False


def call(*args: Any, take: Sequence[int] | None = None, through: Callable[..., Any] | None = None, **named: Any) -> Call:
    """Return a call with these arguments."""
    return Call(args, named, None if take is None else tuple(take), through)


def kink(*args: Any, **named: Any) -> Call:
    """Return a call with these arguments where differences have no limit."""
    return replace(call(*args, **named), kink=True)


def x(*shape: int) -> torch.Tensor:
    """Return normal numbers, none of them near 0."""
    drawn = torch.randn(shape, generator=GENERATOR, dtype=F64)
    return (drawn + drawn.sign() / 8).requires_grad_()


def positive(*shape: int) -> torch.Tensor:
    """Return numbers between 0.2 and 1.2."""
    return (torch.rand(shape, generator=GENERATOR, dtype=F64) + 0.2).requires_grad_()


def unit(*shape: int) -> torch.Tensor:
    """Return numbers between -0.9 and 0.9."""
    return (torch.rand(shape, generator=GENERATOR, dtype=F64) * 1.8 - 0.9).requires_grad_()


def z(*shape: int) -> torch.Tensor:
    """Return complex normal numbers."""
    return torch.randn(shape, generator=GENERATOR, dtype=torch.complex128).requires_grad_()


def spd(*shape: int) -> torch.Tensor:
    """Return symmetric positive definite matrices."""
    half = torch.randn(shape, generator=GENERATOR, dtype=F64)
    return (half @ half.mT + torch.eye(shape[-1], dtype=F64)).requires_grad_()


def at(*values: float) -> torch.Tensor:
    """Return the vector of *values*."""
    return torch.tensor(values, dtype=F64).requires_grad_()


def whole(*values: Any) -> torch.Tensor:
    """Return an array of whole numbers or truth values."""
    return torch.tensor(values)
