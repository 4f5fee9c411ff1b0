"""The same values in other memory: strided, offset, column-major, expanded. A gradient must not depend on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from diffcheck.capturing.complex_numbers import as_pair

Layout = Callable[[torch.Tensor], torch.Tensor]


def strided(values: torch.Tensor) -> torch.Tensor:
    """Return *values* as every second element of memory; the elements between are NaN."""
    if values.dim() == 0:
        return offset(values)
    memory = torch.full((*values.shape[:-1], 2 * values.shape[-1]), torch.nan, dtype=values.dtype, device=values.device)
    memory[..., ::2] = values
    return memory[..., ::2]


def offset(values: torch.Tensor) -> torch.Tensor:
    """Return *values* beginning one element after the start of their memory, which is NaN."""
    memory = torch.full((values.numel() + 1,), torch.nan, dtype=values.dtype, device=values.device)
    memory[1:] = values.reshape(-1)
    return memory[1:].view(values.shape)


def column_major(values: torch.Tensor) -> torch.Tensor:
    """Return *values* with the first axis contiguous in memory."""
    if values.dim() < 2:
        return offset(values)
    return values.transpose(0, -1).clone(memory_format=torch.contiguous_format).transpose(0, -1)


def expanded(values: torch.Tensor, axis: int) -> torch.Tensor:
    """Return the first slice of *values* along *axis*, repeated there without memory of its own: other values, stride 0."""
    return values.narrow(axis, 0, 1).expand(values.shape)


LAYOUTS: dict[str, Layout] = {"strided": strided, "offset": offset, "column-major": column_major}


def real(value: Any) -> Any:
    """Return complex tensors as pairs of real numbers, without any graph, and all else as it is."""
    return as_pair(value.detach()) if isinstance(value, torch.Tensor) else value


def drawn(like: Sequence[torch.Tensor], seed: int) -> tuple[torch.Tensor, ...]:
    """Return normal numbers of the shapes, dtypes and devices of *like*."""
    generator = torch.Generator().manual_seed(seed)
    made = (torch.randn(value.shape, generator=generator, dtype=torch.float64) for value in like)
    return tuple(number.to(dtype=value.dtype, device=value.device) for number, value in zip(made, like, strict=True))
