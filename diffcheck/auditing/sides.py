"""The two sides of an audit as programs over the same inputs: the derived gradient and the handwritten one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import numpy as np
import torch

from diffcheck.auditing.calling import Handwritten, Where, handwritten_of
from diffcheck.auditing.numpy_code import TensorArray, plain, translated, uses_numpy
from diffcheck.capturing import captured
from diffcheck.derivation import Gradient, derive
from diffcheck.errors import CaptureError, DerivationError, ShapeMismatch, UnfaithfulCapture, UnknownName
from diffcheck.notation import Program
from diffcheck.notation.renaming import with_inputs_called
from diffcheck.verification.comparison import compare, truth_of

Sizes = Mapping[str, Sequence[str | None]]


@dataclass(frozen=True)
class Loss:
    """The loss as a function of tensors, in the order of *names*."""

    function: Callable[..., Any]
    names: tuple[str, ...]
    arrays: bool

    @property
    def __signature__(self) -> inspect.Signature:
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        return inspect.Signature([inspect.Parameter(name, kind) for name in self.names])

    def __call__(self, *inputs: Any) -> Any:
        given = [TensorArray(value) for value in inputs] if self.arrays else list(inputs)
        return plain(translated(self.function)(**dict(zip(self.names, given, strict=True))))


@dataclass(frozen=True)
class Sides:
    """The gradient of the loss and the handwritten program; the extents in *sizes* are symbolic in both."""

    gradient: Gradient
    loss: Loss
    program: Program
    handwritten: Handwritten
    inputs: Mapping[str, torch.Tensor]
    held: Mapping[str, torch.Tensor]
    sizes: Sizes

    @property
    def outputs(self) -> dict[str, str]:
        """The output of the handwritten program by the name of the parameter it is for."""
        return dict(zip(self.gradient.wrt, self.program.outputs, strict=True))

    def point(self, program: Program, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of the inputs of *program* among *values*, with what its function holds."""
        known = {**self.held, **values}
        return {tensor.name: known[tensor.name] for tensor in program.inputs}

    def runs_as_stated(self, values: Mapping[str, torch.Tensor]) -> bool:
        """Say whether both functions, run at *values*, compute what their programs say."""
        found = self._results(values)
        return found is not None and self._as_stated(values, *found)

    def differs_nearby(self, values: Mapping[str, torch.Tensor]) -> bool:
        """Say whether a function runs near *values* and is not its program there: one that rounds, where these are round."""
        generator = torch.Generator().manual_seed(0)
        near = {
            name: value * (1 - torch.rand(value.shape, generator=generator, dtype=torch.float64) / 16).to(value.dtype)
            if value.is_floating_point()
            else value
            for name, value in values.items()
        }
        found = self._results(near)
        return found is not None and not self._as_stated(near, *found)

    def _results(self, values: Mapping[str, torch.Tensor]) -> tuple[Any, Any] | None:
        try:
            with torch.no_grad():
                results = self.handwritten(*(values[name].clone() for name in self.handwritten.names))
                return results, self.loss(*(values[name].clone() for name in self.loss.names))
        except Exception:  # noqa: BLE001  # somebody else's function, at other inputs than it was shown
            return None

    def _as_stated(self, values: Mapping[str, torch.Tensor], results: Any, loss: Any) -> bool:
        primal = self.gradient.primal
        stated = dict(zip(self.program.outputs, results, strict=True)), {primal.outputs[0]: loss}
        return all(
            compare(_doubled(got), truth_of(program, self.point(program, values))).ok
            for got, program in zip(stated, (self.program, primal), strict=True)
        )


def _doubled(results: Mapping[str, Any]) -> dict[str, Any]:
    return {name: torch.as_tensor(value).double() for name, value in results.items()}


def sides_of(
    function: Callable[..., Any],
    loss: Callable[..., Any],
    wrt: tuple[str, ...],
    inputs: Mapping[str, torch.Tensor],
    sizes: Sizes | None,
    where: Where,
) -> Sides:
    """Return both functions captured, with as many symbolic extents as they allow; *sizes* states them otherwise."""
    written = handwritten_of(function, wrt, inputs, where)
    if sizes is not None:
        found = _sides(written, loss, wrt, inputs, sizes)
    else:
        *tries, last = _symbolic(inputs)
        for tried in tries:
            try:
                found = _sides(written, loss, wrt, inputs, tried)
                break
            except CaptureError:
                continue  # with fewer symbolic extents, of which the last has none
        else:
            found = _sides(written, loss, wrt, inputs, last)
    if not found.runs_as_stated(inputs) or found.differs_nearby(inputs):
        raise UnfaithfulCapture(
            got="other values from a function than from the program captured from it",
            wanted="a function whose operators all have a faithful row, and no randomness",
            do="report it, or write the function otherwise",
            place=getattr(function, "__name__", "handwritten"),
        )
    return found


def _symbolic(inputs: Mapping[str, torch.Tensor]) -> list[Sizes]:
    """Return sizes that name every length, then the leading ones, then none; equal lengths have one name."""
    names: dict[int, str] = {}
    free = (f"{letter}{turn or ''}" for turn in count() for letter in "ndhkmpq")
    for value in inputs.values():
        for length in value.shape:
            if length > 1 and length not in names:
                names[length] = next(name for name in free if name not in inputs)
    every = {name: tuple(names.get(length) for length in value.shape) for name, value in inputs.items() if value.dim()}
    leading = {name: (axes[0], *[None] * (len(axes) - 1)) for name, axes in every.items()}
    tries = [every, leading, {}]
    return [tried for place, tried in enumerate(tries) if tried not in tries[:place]]


def _sides(
    written: Handwritten, loss: Callable[..., Any], wrt: tuple[str, ...], inputs: Mapping[str, torch.Tensor], sizes: Sizes
) -> Sides:
    called = Loss(loss, tuple(inputs), uses_numpy(loss))
    values = tuple(inputs.values())
    primal = captured(called, values, sizes)
    _check_loss(primal.program)
    other = captured(written, values, sizes)
    other_names, held = _held_together(primal.held, other.held, {*inputs, *primal.program.tensors})
    gradient = derive(primal.program, wrt)
    return Sides(gradient, called, with_inputs_called(other.program, other_names), written, inputs, held, sizes)


def _held_together(
    first: Mapping[str, torch.Tensor], second: Mapping[str, torch.Tensor], taken: set[str]
) -> tuple[dict[str, str], dict[str, torch.Tensor]]:
    """Return how the tensors that the second function holds are called, as those of the first that have their values."""
    names, held = {}, dict(first)
    for name, value in second.items():
        same = next((own for own, kept in first.items() if kept.shape == value.shape and torch.equal(kept, value)), None)
        fresh = (f"{name}_written{turn or ''}" for turn in count())
        names[name] = same or next(other for other in fresh if other not in taken)
        held[names[name]] = value
    return names, {name: value.double() if value.is_floating_point() else value for name, value in held.items()}


def _check_loss(program: Program) -> None:
    if len(program.outputs) != 1 or program.tensors[program.outputs[0]]:
        shapes = ", ".join(str(tuple(map(str, program.tensors[name]))) for name in program.outputs)
        raise ShapeMismatch(got=f"a loss of shape {shapes}", wanted="one number", do="take the mean or the sum", place="loss")


def checked_wrt(wrt: Any, inputs: Mapping[str, torch.Tensor]) -> tuple[str, ...]:
    """Return *wrt* as names of floating-point inputs, each once."""
    names = (wrt,) if isinstance(wrt, str) else tuple(wrt) if isinstance(wrt, (tuple, list)) else (wrt,)
    if not names or len(set(map(str, names))) < len(names):
        raise DerivationError(got=f"wrt={wrt!r}", wanted="one name or more, each once", do="pass wrt=('name', ...)")
    for name in names:
        if name not in inputs:
            raise UnknownName.among("input of the loss", name, inputs)
        if not inputs[name].is_floating_point():
            raise DerivationError(got=f"{name!r}, whole numbers", wanted="real numbers", do="leave it out of wrt")
    return names


def resized(sides: Sides, lengths: Mapping[str, int], draw: Callable[[str, tuple[int, ...]], Any]) -> dict[str, torch.Tensor]:
    """Return inputs whose symbolic extents have *lengths*, drawn by *draw* from a name and a shape."""
    made = {}
    for name, value in sides.inputs.items():
        axes = sides.sizes.get(name, (None,) * value.dim())
        shape = tuple(length if axis is None else lengths[axis] for axis, length in zip(axes, value.shape, strict=True))
        made[name] = torch.from_numpy(np.asarray(draw(name, shape))).to(value.dtype).reshape(shape)
    return made


def lengths_in_words(sides: Sides) -> tuple[str, ...]:
    """Return which axes have one symbolic extent in common, and which have the lengths of the inputs."""
    called: dict[str, list[str]] = {}
    for name, value in sides.inputs.items():
        axes = sides.sizes.get(name, (None,) * value.dim())
        for place, (axis, length) in enumerate(zip(axes, value.shape, strict=True)):
            shown = name if value.dim() == 1 else f"axis {place} of {name}"
            called.setdefault(str(length) if axis is None else axis, []).append(shown)
    return tuple(
        f"{' and '.join(shown)} of {'the same ' if len(shown) > 1 else ''}length {length}"
        for length, shown in called.items()
        if len(shown) > 1 or length.isdigit()
    )


def without(sides: Sides, one: frozenset[str]) -> Sizes:
    """Return the sizes of *sides* with the extents in *one* no longer symbolic."""
    return {name: tuple(None if axis in one else axis for axis in axes) for name, axes in sides.sizes.items()}


def at_sizes(sides: Sides, one: frozenset[str], inputs: Mapping[str, torch.Tensor]) -> Sides:
    """Return the sides captured anew at *inputs*, whose extents in *one* are 1."""
    written = replace(sides.handwritten)
    return _sides(written, sides.loss.function, sides.gradient.wrt, inputs, without(sides, one))
