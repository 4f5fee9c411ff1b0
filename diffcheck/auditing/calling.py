"""Calling the two functions of an audit: arguments by name, and one array for each parameter however they are returned."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from diffcheck.auditing.numpy_code import TensorArray, plain, translated, uses_numpy
from diffcheck.errors import CaptureError, MissingInput, ShapeMismatch, UnknownName, UnsupportedDtype
from diffcheck.notation.symbols import check_name

Where = Mapping[str, Callable[..., Any]]


def parameters_of(function: Any, what: str) -> list[inspect.Parameter]:
    """Return the parameters of *function*; refuse what cannot be called by name."""
    if not callable(function):
        raise CaptureError(got=f"{what} of type {type(function).__name__}", wanted="a function", do="pass the function itself")
    called = function.forward if isinstance(function, torch.nn.Module) else function
    try:
        found = list(inspect.signature(called).parameters.values())
    except (TypeError, ValueError):
        raise CaptureError(got=f"{what} without a signature", wanted="named arguments", do="wrap it in a def") from None
    for parameter in found:
        if parameter.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD):
            raise CaptureError(
                got=f"{what} with the argument {parameter}",
                wanted="arguments that have names",
                do="wrap it in a def that names them",
            )
    return found


def inputs_by_name(at: Any, loss: Callable[..., Any]) -> dict[str, torch.Tensor]:
    """Return the inputs *at*, a mapping or a sequence in the order of the arguments of *loss*, as tensors by name."""
    parameters = parameters_of(loss, "loss")
    names = [parameter.name for parameter in parameters]
    needed = [parameter.name for parameter in parameters if parameter.default is inspect.Parameter.empty]
    if isinstance(at, Mapping):
        given = dict(at)
    elif isinstance(at, Sequence) and not isinstance(at, str):
        if len(at) > len(names):
            raise CaptureError(got=f"{len(at)} inputs", wanted=f"those of loss({', '.join(names)})", do="leave the others out")
        given = dict(zip(names, at, strict=False))
    else:
        raise CaptureError(
            got=f"at of type {type(at).__name__}", wanted="a sequence or a mapping of inputs", do="pass at=(x, y, w)"
        )
    for name in given:
        if name not in names:
            raise UnknownName.among("argument of the loss", name, names)
    for name in needed:
        if name not in given:
            raise MissingInput(got=f"inputs for {', '.join(given) or 'nothing'}", wanted=f"{name!r} too", do=f"pass {name!r}")
    return {check_name(name): _tensor(name, given[name]) for name in names if name in given}


def _tensor(name: str, value: Any) -> torch.Tensor:
    if isinstance(value, torch.Tensor):
        found = value.detach()
    elif isinstance(value, np.ndarray):
        found = torch.from_numpy(np.array(value))
    elif isinstance(value, (int, float, list, tuple)) and not isinstance(value, bool):
        found = torch.tensor(value, dtype=torch.float64)
    else:
        raise UnsupportedDtype(
            got=f"{name} of type {type(value).__name__}", wanted="a tensor, an array or a number", do="convert it"
        )
    if found.is_complex():
        raise UnsupportedDtype(got=f"{name} of dtype {found.dtype}", wanted="real numbers", do="pass real and imaginary parts")
    return found.double() if found.is_floating_point() else found


@dataclass(frozen=True)
class Handwritten:
    """The function under audit as a function of the loss's arguments that returns a tuple of tensors, one for each of *wrt*."""

    function: Callable[..., Any]
    names: tuple[str, ...]
    wrt: tuple[str, ...]
    where: Where
    arrays: bool
    form: str = ""

    @property
    def __signature__(self) -> inspect.Signature:
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        return inspect.Signature([inspect.Parameter(name, kind) for name in self.names])

    def __call__(self, *inputs: Any) -> tuple[torch.Tensor, ...]:
        return self.results(self.returned(*inputs))

    def returned(self, *inputs: Any) -> Any:
        """Return what the function returns, with tensors for arrays."""
        arrays = dict(zip(self.names, inputs, strict=True))
        for name, function in self.where.items():
            arrays[name] = self._value(function, arrays)
        value = self._value(self.function, arrays)
        return {name: plain(part) for name, part in value.items()} if isinstance(value, Mapping) else value

    def _value(self, function: Callable[..., Any], arrays: Mapping[str, Any]) -> Any:
        names = [p.name for p in parameters_of(function, "handwritten") if p.name in arrays]
        given = {name: TensorArray(arrays[name]) if self.arrays else arrays[name] for name in names}
        return plain(translated(function)(**given))

    def results(self, value: Any) -> tuple[torch.Tensor, ...]:
        """Return the arrays in *value*, which has the form that `form_of` found."""
        if self.form == "mapping":
            parts = [value[name] for name in self.wrt]
        elif self.form == "one":
            parts = [value]
        else:
            parts = [value[place] for place in range(len(self.wrt))]
        return tuple(
            part if isinstance(part, torch.Tensor) else torch.full((), float(part), dtype=torch.float64) for part in parts
        )


def handwritten_of(
    function: Callable[..., Any], wrt: tuple[str, ...], inputs: Mapping[str, torch.Tensor], where: Where
) -> Handwritten:
    """Return *function* ready to be called with *inputs*, after it was called once: what it returns must fit *wrt*."""
    known = {*inputs, *where}
    for parameter in parameters_of(function, "handwritten"):
        if parameter.name not in known and parameter.default is inspect.Parameter.empty:
            raise UnknownName.among("argument of the loss, or of where=,", parameter.name, known).at("handwritten")
    for name, part in where.items():
        for parameter in parameters_of(part, name):
            if parameter.name not in known and parameter.default is inspect.Parameter.empty:
                raise UnknownName.among("argument of the loss", parameter.name, known).at(f"where / {name}")
    arrays = uses_numpy(function) or any(map(uses_numpy, where.values()))
    made = Handwritten(function, tuple(inputs), wrt, where, arrays)
    try:
        value = _tried(made, inputs)
    except CaptureError:
        if arrays:
            raise
        value = _tried(made := Handwritten(function, tuple(inputs), wrt, where, True), inputs)
    return Handwritten(function, made.names, wrt, where, made.arrays, form_of(value, wrt, inputs))


def _tried(made: Handwritten, inputs: Mapping[str, torch.Tensor]) -> Any:
    try:
        return made.returned(*(value.clone() for value in inputs.values()))
    except Exception as error:  # the function is somebody else's, and raises what it likes
        first = (str(error).splitlines() or [""])[0]
        raise CaptureError(
            got=f"{type(error).__name__}: {first}"[:200],
            wanted="a function that runs at the inputs",
            do="mend it, or pass other inputs",
            place=getattr(made.function, "__name__", "handwritten"),
        ) from error


def form_of(value: Any, wrt: tuple[str, ...], inputs: Mapping[str, torch.Tensor]) -> str:
    """Return how *value* holds one array for each of *wrt*: as one, several, a mapping or a stack; refuse what does not."""
    shapes = [tuple(inputs[name].shape) for name in wrt]
    listed = ", ".join(f"{name} {shape}" for name, shape in zip(wrt, shapes, strict=True))
    refusal = {"wanted": f"one array for each of wrt: {listed}", "do": "return them in this order", "place": "handwritten"}
    if isinstance(value, Mapping):
        if set(value) != set(wrt):
            raise ShapeMismatch(got=f"results for {', '.join(map(str, value)) or 'nothing'}", **refusal)
        form, parts = "mapping", [value[name] for name in wrt]
    elif isinstance(value, (tuple, list)):
        form, parts = "several", list(value)
    elif isinstance(value, torch.Tensor) and not (len(wrt) == 1 and tuple(value.shape) == shapes[0]):
        stacked = value.dim() > 0 and [tuple(value.shape[1:])] * len(value) == shapes
        form, parts = "stack", list(value) if stacked else [value]
    else:
        form, parts = "one", [value]
    got = [_shape(part) for part in parts]
    if got != shapes:
        raise ShapeMismatch(got=" and ".join(map(str, got)) or "nothing", **refusal)
    return form


def _shape(value: Any) -> object:
    if isinstance(value, torch.Tensor):
        return tuple(value.shape)
    return () if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value).__name__
