"""What is constant to a derivative while a function is recorded: the results of no_grad, and nothing in a Function's forward.

torch.export records operators alone. Under `torch.no_grad` each result is detached here, as it is to autograd; inside the
forward of a `torch.autograd.Function`, which autograd does not look into, detaching means nothing.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from types import CodeType, FrameType
from typing import Any, cast

import torch
from torch.autograd.function import FunctionCtx
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_map_only

_DETACHING = {torch.Tensor.detach, torch.detach, torch.Tensor.data.__get__}  # type: ignore[attr-defined]


_MARK = "mark_non_differentiable"
_APPLY = torch.autograd.Function.apply.__func__.__code__  # type: ignore[attr-defined]


class GradModes(TorchFunctionMode):
    """Records what autograd takes for constant as detached, and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = True
        """The grad mode that the function itself asks for: a Function's forward runs without one."""
        self.marked: dict[int, torch.Tensor] = {}
        """What a forward called non-differentiable, by its id: constant to all that comes after."""
        self.mark: Callable[..., None] = getattr(FunctionCtx, _MARK)

    def __enter__(self) -> GradModes:
        def marking(ctx: Any, *outputs: torch.Tensor) -> None:
            self.marked |= {id(output): output for output in outputs}
            self.mark(ctx, *outputs)

        setattr(FunctionCtx, _MARK, marking)
        return cast("GradModes", super().__enter__())  # type: ignore[no-untyped-call]

    def __exit__(self, *raised: Any) -> None:
        super().__exit__(*raised)  # type: ignore[no-untyped-call]
        setattr(FunctionCtx, _MARK, self.mark)

    def constant(self, values: Any) -> Any:
        """Return *values* with what was marked in them detached."""
        return tree_map_only(torch.Tensor, lambda value: _detached(value) if id(value) in self.marked else value, values)

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func in _DETACHING and _inside_function():
            return args[0].view_as(args[0])
        if self.marked and func not in _DETACHING and not _inside_function():
            args = self.constant(args)
        if func is torch._C._set_grad_enabled:
            self.asked = args[0]
        result = func(*args, **(kwargs or {}))
        # Of an input that a forward returns, Function.apply itself takes a view, still without a grad mode.
        returned = self.asked and sys._getframe(1).f_code is _APPLY
        if torch.is_grad_enabled() or returned or _inside_function():
            return result
        return tree_map_only(torch.Tensor, _detached, result)


def _inside_function() -> bool:
    """Say whether the forward of an autograd.Function is running."""
    forwards = frozenset(_codes(torch.autograd.Function))
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code in forwards:
            return True
        frame = frame.f_back
    return False


def _detached(value: torch.Tensor) -> torch.Tensor:
    return value.detach() if value.is_floating_point() or value.is_complex() else value


def _codes(owner: type[Any]) -> Iterator[CodeType]:
    """Yield the code of the forward of every class below *owner*, without its decorators, which others may have too."""
    below: type[Any]
    for below in owner.__subclasses__():
        forward: Any = inspect.unwrap(below.forward)
        if hasattr(forward, "__code__"):
            yield forward.__code__
        yield from _codes(below)
