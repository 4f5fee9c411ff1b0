"""Real inputs that no gradient was asked of: arguments left out, and tensors that a function finds elsewhere."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import torch

from diffcheck.errors import UncheckedTensorWarning
from diffcheck.verification.guarding import guarded
from diffcheck.verification.subjects import Subject


def unchecked(subject: Subject, *, warn: bool) -> tuple[str, ...]:
    """Return the names of the real arguments that are not checked, and of tensors that require grad and are no arguments.

    With *warn*, where all that requires grad was to be checked, one warning names the latter: a closure or a global variable.
    """
    inputs = ((name, subject.inputs[place]) for name, place in subject.captured.given.items())
    left = [name for name, value in inputs if name not in subject.wrt and (value.is_floating_point() or value.is_complex())]
    found = list(dict.fromkeys(_elsewhere(subject)))
    if found and warn:
        message = f"not checked: {', '.join(found)}; to check it, make it an argument of {subject.name}, or check a module"
        warnings.warn(message, UncheckedTensorWarning, stacklevel=3)
    return (*left, *found)


def _elsewhere(subject: Subject) -> Iterator[str]:
    """Return the names of the leaves of the graph that are neither arguments nor the module's own."""
    leaves = subject.leaves()
    with torch.enable_grad():
        outputs, _ = guarded(subject.point(), lambda: subject.call(leaves))
    own = subject.function.parameters() if isinstance(subject.function, torch.nn.Module) else ()
    known = {id(value) for value in chain(leaves.values(), own)}
    names: dict[int, str] | None = None
    for leaf in _leaves_of(outputs):
        if id(leaf) not in known:
            names = _names(subject.function) if names is None else names
            yield names.get(id(leaf), f"a tensor of shape {tuple(leaf.shape)}")


def _leaves_of(outputs: tuple[torch.Tensor, ...]) -> Iterator[torch.Tensor]:
    waiting = [output.grad_fn for output in outputs]
    seen = set()
    while waiting:
        node: Any = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            yield node.variable
        waiting += [before for before, _ in node.next_functions]


def _names(function: Callable[..., Any]) -> dict[int, str]:
    """Return what the tensors and modules that *function* uses are called there."""
    try:
        used = inspect.getclosurevars(inspect.unwrap(function))
    except TypeError:  # not written in Python
        return {}
    found: dict[int, str] = {}
    for name, value in chain(used.nonlocals.items(), used.globals.items()):
        if isinstance(value, torch.Tensor):
            found[id(value)] = name
        elif isinstance(value, torch.nn.Module):
            found |= {id(parameter): f"{name}.{inner}" for inner, parameter in value.named_parameters()}
    return found
