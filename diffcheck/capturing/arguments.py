"""The arguments that a function is captured at: their names, and whether they can be."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from diffcheck.capturing.complex_numbers import check_dtype
from diffcheck.errors import CaptureError


def argument_names(fn: Callable[..., Any], inputs: Sequence[Any]) -> tuple[str, ...]:
    """Return the names of the arguments, from the signature of *fn*, after checking that they can be captured."""
    if not callable(fn):
        raise CaptureError(got=f"a {type(fn).__name__} to check", wanted="a function or a module", do="pass what is called")
    if torch.is_inference_mode_enabled():
        raise CaptureError(got="inference mode", wanted="a mode with gradients", do="leave torch.inference_mode() first")
    if torch.empty(0).is_meta:
        raise CaptureError(got="the default device meta", wanted="one with memory", do='leave torch.device("meta") first')
    if not inputs:
        raise CaptureError(got="no inputs", wanted="one tensor or more", do="pass what the function is called with")
    names = _names(signature_of(fn), inputs)
    for name, value in zip(names, inputs, strict=True):
        _check_input(name, value)
    devices = {str(value.device) for value in inputs}
    if any(torch.is_autocast_enabled(value.device.type) for value in inputs):
        wanted, do = "every operation in the dtype of its operands", "leave torch.autocast first, and convert the inputs"
        raise CaptureError(got="torch.autocast", wanted=wanted, do=do)
    if len(devices) > 1:
        raise CaptureError(got=f"tensors on {', '.join(sorted(devices))}", wanted="one device", do="move them to one device")
    return tuple(names)


def check_sizes(sizes: Any) -> None:
    """Refuse what is no mapping from names to sequences; a text is the sequence of its letters."""
    if not isinstance(sizes, Mapping) or not all(isinstance(given, Sequence) for given in sizes.values()):
        wanted = "a name or None for each axis, by argument"
        raise CaptureError(got=f"sizes={sizes!r}", wanted=wanted, do='write it as in sizes={"x": ("n", None)}')


def function_class(fn: Callable[..., Any]) -> type | None:
    """Return the `torch.autograd.Function` whose ``apply`` *fn* is, if it is one."""
    owner = getattr(fn, "__self__", None)
    named = isinstance(owner, type) and issubclass(owner, torch.autograd.Function) and fn == owner.apply
    return owner if named else None


def signature_of(fn: Callable[..., Any]) -> inspect.Signature | None:
    """Return what arguments *fn* takes, if that can be known: a function that is not written in Python may hide it."""
    owner: Any = function_class(fn)
    called = owner.forward if owner else fn.forward if isinstance(fn, torch.nn.Module) else fn
    try:
        signature = inspect.signature(called)
    except ValueError:
        return None
    if owner and owner.setup_context is torch.autograd.Function.setup_context:  # else forward takes no context
        return signature.replace(parameters=list(signature.parameters.values())[1:])
    return signature


def _names(signature: inspect.Signature | None, inputs: Sequence[Any]) -> list[str]:
    if signature is None:
        return ["input", *(f"input_{place}" for place in range(1, len(inputs)))]
    try:
        bound = signature.bind(*inputs)
    except TypeError as error:
        raise CaptureError(got=str(error), wanted="arguments that the function takes", do="call it as it is defined") from None
    names: list[str] = []
    for name, value in bound.arguments.items():
        several = signature.parameters[name].kind is inspect.Parameter.VAR_POSITIONAL
        written = name if name.strip("_") and not name.startswith("__") else f"input{name}"  # as of lambda x, _: x
        names += [f"{written}_{place}" for place in range(len(value))] if several else [written]
    return names


def _check_input(name: str, value: Any) -> None:
    if not isinstance(value, torch.Tensor):
        raise CaptureError(got=f"{name} of type {type(value).__name__}", wanted="tensors", do="bind it with functools.partial")
    if value.is_meta or value.layout is not torch.strided or value.is_nested:
        kind = "on device meta" if value.is_meta else f"of layout {value.layout}"
        raise CaptureError(got=f"{name} {kind}", wanted="a dense tensor in memory", do="make one of it, as by to_dense()")
    if value.is_inference():
        raise CaptureError(got=f"{name}, made in inference mode", wanted="a tensor with gradients", do="clone it outside")
    check_dtype(value.dtype, name)
