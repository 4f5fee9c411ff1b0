"""Which line of the user's code calls an operator: the function is run once more, and its calls are watched."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

_OWN = (str(Path(torch.__file__).parent), str(Path(__file__).parent))


class _Watch(TorchDispatchMode):
    """Notes the user's line at the first call of any operator in *wanted*."""

    def __init__(self, wanted: frozenset[str]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch's own
        self.wanted, self.line = wanted, ""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if not self.line and str(func) in self.wanted:
            self.line = user_line(traceback.extract_stack())
        return func(*args, **(kwargs or {}))


def user_line(frames: Sequence[traceback.FrameSummary]) -> str:
    """Return the innermost of *frames* that lies neither in torch nor here."""
    for frame in reversed(frames):
        if not frame.filename.startswith(_OWN):
            return f"{frame.filename}:{frame.lineno}: {frame.line or ''}".rstrip(": ")
    return ""


def line_calling(operators: frozenset[str], fn: Callable[..., Any], inputs: Sequence[torch.Tensor]) -> str:
    """Return the line of *fn* that calls one of *operators* at *inputs*, or nothing where none is seen to."""
    watch = _Watch(operators)
    try:
        with torch.no_grad(), watch:
            fn(*(value.detach().clone() for value in inputs))
    except Exception:  # noqa: BLE001  # whatever the function raises, the line is for another message
        return watch.line
    return watch.line


def line_raising(error: BaseException) -> str:
    """Return the user's line at which *error*, or what caused it, was raised."""
    found = ""
    cause: BaseException | None = error
    while cause is not None:
        found = user_line(traceback.extract_tb(cause.__traceback__)) or found
        cause = cause.__cause__ or cause.__context__
    return found
