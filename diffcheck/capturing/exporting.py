"""A PyTorch function or module -> the graph that torch.export records of it."""

from __future__ import annotations

import io
import logging
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, redirect_stderr
from functools import cache
from operator import getitem
from typing import Any

import torch
from torch.export import ExportedProgram

from diffcheck.capturing.grad_modes import GradModes
from diffcheck.capturing.locating import line_calling, line_raising
from diffcheck.capturing.rows import REFUSED, ROWS
from diffcheck.errors import CaptureError

_HINTS = {
    "data-dependent": "branch on shapes alone, or write the branch with torch.where",
    "Could not guard on data-dependent": "branch on shapes alone, or write the branch with torch.where",
    "does not require grad": "leave backward() to the caller, or take the inner gradient by torch.func.grad",
    "There was no fake impl registered": "state to check with reference= what is computed; or give it register_fake and a row "
    "of its own with @operator",
    "Cannot access data pointer": "a kernel cannot be recorded: state to check with reference= what it computes",
    "Could not extract specialized integer": "branch on shapes alone, or write the branch with torch.where",
}


class _Function(torch.nn.Module):
    """A function of tensors, or a module, as a module, which is what torch.export takes."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Any) -> Any:
        # Entering a mode that holds already is recorded too, and costs PyTorch a pass over the graph to take out again.
        with nullcontext() if torch.is_grad_enabled() else torch.enable_grad(), GradModes() as modes:
            return modes.constant(self.function(*inputs))


def exported(
    function: Callable[..., Any], inputs: Sequence[Any], shapes: Mapping[int, Mapping[int, Any]] | None = None
) -> ExportedProgram:
    """Return the graph of *function* at *inputs*, in operators that have rows as far as PyTorch can take them apart.

    *shapes* gives, for an input by its number, the axes whose extents stay symbolic.
    """
    module = _Function(function)
    # One tensor passed twice would become one input, so each gets memory of its own.
    given = tuple(value.detach().clone() for value in inputs)
    dynamic: Any = [dict((shapes or {}).get(place, {})) or None for place in range(len(given))]
    with warnings.catch_warnings(), _quietly(), _listed_once(), torch.enable_grad():
        warnings.simplefilter("ignore")
        try:
            found = torch.export.export(module, given, dynamic_shapes=(tuple(dynamic),) if shapes else None, strict=False)
            # Taking apart costs more than recording, and most functions call nothing that it would change.
            taken_apart: ExportedProgram = found if _in_rows(found) else found.run_decompositions(_table())
        except Exception as error:  # torch.export raises errors of many kinds for code that it cannot record
            raise _refusal(error) from error
    return taken_apart


@contextmanager
def _quietly() -> Iterator[None]:
    """Hold back what torch.export prints and logs of a function that it cannot record: the refusal says it in one line."""
    log, traces, printed = logging.getLogger("torch"), logging.getLogger("torch.__trace"), io.StringIO()
    level, propagate = log.level, traces.propagate
    log.setLevel(logging.ERROR)
    traces.propagate = False  # hundreds of lines in whatever listens to all loggers, as pytest does
    try:
        with redirect_stderr(printed):
            yield
        sys.stderr.write(printed.getvalue())
    finally:
        log.setLevel(level)
        traces.propagate = propagate


@contextmanager
def _listed_once() -> Iterator[None]:
    """Let PyTorch look up its composite operators once, which it does for each of thirty namespaces each time it needs them.

    That took three times as long as recording a small function. A release without this step of the look-up is left as it is.
    """
    name, module = "_materialize_cpp_cia_ops", sys.modules.get("torch._export.utils")
    look_up: Any = getattr(module, name, None)
    if look_up is not None:
        setattr(module, name, cache(look_up))
    try:
        yield
    finally:
        if look_up is not None:
            setattr(module, name, look_up)


def overwriting(name: str, fn: Callable[..., Any], inputs: Sequence[Any]) -> CaptureError:
    """Return the refusal of the operator *name*, which overwrites an argument, at the line of *fn* that calls it."""
    return CaptureError(
        got=f"the operator {name}, which overwrites an argument",
        wanted="operators that leave their arguments alone",
        do="let it return a new tensor, which register_autograd needs too",
        place=line_calling(frozenset({name}), fn, inputs),
    )


def _in_rows(found: ExportedProgram) -> bool:
    """Say whether all that *found* calls has a row that takes it; one that only refuses waits for what PyTorch makes of it."""
    called = [str(node.target) for node in found.graph.nodes if node.op == "call_function" and node.target is not getitem]
    return all(name in ROWS and ROWS[name] not in REFUSED for name in called)


def _table() -> dict[Any, Callable[..., Any]]:
    """Return PyTorch's own decompositions of all operators that have no row."""
    table: dict[Any, Callable[..., Any]] = dict(torch.export.default_decompositions())
    return {operation: rule for operation, rule in table.items() if str(operation) not in ROWS}


def _refusal(error: Exception) -> CaptureError:
    text = str(error)
    first = next((line for line in text.splitlines() if line.strip()), type(error).__name__)
    hint = next((hint for sign, hint in _HINTS.items() if sign in text), "see the error above for what torch.export says")
    return CaptureError(
        got=f"{type(error).__name__}: {first.strip()[:200]}",
        wanted="a function that torch.export can record",
        do=hint,
        place=line_raising(error),
    )
