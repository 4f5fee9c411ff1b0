"""Tensors without elements, which no program has."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch

from diffcheck.errors import CaptureError


def without_elements(nodes: Iterable[Any], line: Callable[[Any], str]) -> CaptureError | None:
    """Return the refusal of the first of *nodes* that gives a tensor without elements, at its *line*; None if there is none."""
    empty = next((node for node in nodes if _is_empty(node.meta.get("val"))), None)
    if empty is None:
        return None
    return CaptureError(
        got=f"a tensor of shape {tuple(empty.meta['val'].shape)}",
        wanted="elements in every tensor that is computed with",
        do="pass inputs at which all have one or more",
        place=line(empty),
    )


def _is_empty(value: Any) -> bool:
    # A symbolic extent is 1 or more, and comparing it would bind it.
    return isinstance(value, torch.Tensor) and any(isinstance(size, int) and size == 0 for size in value.shape)
