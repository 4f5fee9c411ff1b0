"""A function called for its outputs alone, and the refusal of one that cannot be."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

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
