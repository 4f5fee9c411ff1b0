"""What is constant to a derivative while a function is recorded: the results of no_grad, and nothing in a Function's forward.

torch.export records operators alone. Under `torch.no_grad` each result is detached here, as it is to autograd; inside the
forward of a `torch.autograd.Function`, which autograd does not look into, detaching means nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_map_only

_DETACHING = {torch.Tensor.detach, torch.detach, torch.Tensor.data.__get__}  # type: ignore[attr-defined]
_APPLY = torch.autograd.Function.apply.__code__


class GradModes(TorchFunctionMode):
    """Records what autograd takes for constant as detached, and nothing else."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        inside = _inside_function()
        if inside and func in _DETACHING:
            return args[0].view_as(args[0])
        result = func(*args, **(kwargs or {}))
        if inside or torch.is_grad_enabled():
            return result
        return tree_map_only(torch.Tensor, _detached, result)


def _detached(value: torch.Tensor) -> torch.Tensor:
    return value.detach() if value.is_floating_point() or value.is_complex() else value


def _inside_function() -> bool:
    """Say whether the forward of an autograd.Function is running."""
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code is _APPLY:
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False
