"""A function called for its outputs alone, and the refusal of one that cannot be."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import torch

from diffcheck.errors import CaptureError, DiffcheckError

Outputs = TypeVar("Outputs")

_HINTS = {
    "does not require grad": "leave backward() to the caller, or take the inner gradient by torch.func.grad",
    "stateless API": "check the module that it wraps, as model.module",
}


def called_without_graph(call: Callable[[], Outputs], name: str) -> Outputs:
    """Return what *call* of the function *name* gives under torch.no_grad(); refuse a function that raises there."""
    try:
        return call()
    except DiffcheckError:
        raise
    except Exception as error:  # another's function raises what it likes
        text = (str(error).splitlines() or [""])[0]
        raise CaptureError(
            got=f"{type(error).__name__}: {text}",
            wanted="a function that returns its outputs where no graph is recorded",
            do=next((hint for sign, hint in _HINTS.items() if sign in text), "call it so by itself, under torch.no_grad()"),
            place=name,
        ) from error


def calls_a_function(outputs: Iterable[torch.Tensor]) -> bool:
    """Say whether a torch.autograd.Function is among what made *outputs*, as far as their graph was recorded."""
    pending: list[Any] = [output.grad_fn for output in outputs]
    seen: set[Any] = set()
    while pending:
        node = pending.pop()
        if node is None or node in seen:
            continue
        if isinstance(node, torch.autograd.function.BackwardCFunction):
            return True
        seen.add(node)
        pending += [other for other, _ in node.next_functions]
    return False
