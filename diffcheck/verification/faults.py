"""Planted faults: engines that are wrong in one known way, to show that the laws see it.

Each is a right engine with one thing spoilt. A catalogue that a user can run (`diffcheck run` does) says more of a checker than
any claim: every fault must be caught by some law, and every law must catch some fault.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch

from diffcheck.engines import Engine, Gradients, Tensors
from diffcheck.problems import Problem
from diffcheck.verification.batches import changed, rows, size_of
from diffcheck.verification.laws import LAWS, Law

Spoil = Callable[["Faulty", Problem, Tensors], Gradients]


@dataclass
class Faulty:
    """*inner* with one fault, which *memory* may keep state for."""

    fault: str
    inner: Engine
    spoil: Spoil
    memory: dict[str, object] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.inner.name}, {self.fault}"

    def supports(self, problem: Problem, dtype: str, device: str) -> str | None:
        return self.inner.supports(problem, dtype, device)

    def gradient(self, problem: Problem, point: Tensors) -> Gradients:
        return self.spoil(self, problem, point)

    def right(self, problem: Problem, point: Tensors) -> Gradients:
        """Return the gradient without the fault, in memory of its own."""
        gradients = self.inner.gradient(problem, point)
        return {name: value.clone(memory_format=torch.contiguous_format) for name, value in gradients.items()}


FAULTS: dict[str, Spoil] = {}


def fault(function: Spoil) -> Spoil:
    """Add *function* to the planted faults, under its name."""
    FAULTS[function.__name__.replace("_", " ")] = function
    return function


def planted(name: str, inner: Engine) -> Faulty:
    """Return *inner* with the fault *name*."""
    return Faulty(name, inner, FAULTS[name])


def _each(gradients: Gradients, change: Callable[[torch.Tensor], torch.Tensor]) -> Gradients:
    return {name: change(value) for name, value in gradients.items()}


def _first(gradients: Gradients, change: Callable[[torch.Tensor], torch.Tensor]) -> Gradients:
    name = next(iter(gradients))
    return {**gradients, name: change(gradients[name])}


@fault
def sign_flipped(faulty: Faulty, problem: Problem, point: Tensors) -> Gradients:
    """−g: the arguments of a difference in the wrong order."""
    return _each(faulty.right(problem, point), torch.neg)


@fault
def factor_two_missing(faulty: Faulty, problem: Problem, point: Tensors) -> Gradients:
    """g/2: the square's derivative without its 2."""
    return _each(faulty.right(problem, point), lambda value: value / 2)


@fault
def mean_taken_for_a_sum(faulty: Faulty, problem: Problem, point: Tensors) -> Gradients:
    """n·g: the 1/n forgotten."""
    n = size_of(problem, point) or 1
    return _each(faulty.right(problem, point), lambda value: value * n if n > 1 else value * 2)


@fault
def relative_error_of_1e_9(faulty: Faulty, problem: Problem, point: Tensors) -> Gradients:
    """g·(1 + 1e-9), which no test by finite differences can see."""
    return _each(faulty.right(problem, point), lambda value: value * (1 + 1e-9))


@fault
def transposed(faulty: Faulty, problem: Problem, point: Tensors) -> Gradients:
    """gᵀ for matrices (in the shape of g), and the elements of vectors in the opposite order; −g for numbers."""
    return _each(faulty.right(problem, point), lambda value: _transposed(value) if value.dim() else -value)


def _transposed(value: torch.Tensor) -> torch.Tensor:
    return value.mT.reshape(value.shape) if value.dim() > 1 else value.flip(0)


@fault
def one_element_stale(faulty: Faulty, problem: Problem, point: Tensors) -> Gradients:
    """One element left at what a buffer held before: 0."""

    def stale(value: torch.Tensor) -> torch.Tensor:
        value.view(-1)[-1] = 0
        return value

    return _first(faulty.right(problem, point), stale)


@fault
def last_example_dropped(faulty: Faulty, problem: Problem, point: Tensors) -> Gradients:
    """A loop that stops one short: the mean over all but the last example, at n = 1 twice the gradient."""
    n = size_of(problem, point)
    if n < 2:
        return _each(faulty.right(problem, point), lambda value: value * 2)
    return _each(faulty.right(problem, rows(problem, point, 0, n - 1)), lambda value: value * (n - 1) / n)


@fault
def arguments_swapped(faulty: Faulty, problem: Problem, point: Tensors) -> Gradients:
    """The gradient at negated targets: the loss was given prediction and target the wrong way round."""
    targets = {name: -value - 1 for name, value in point.items() if name == "y"}
    return faulty.right(problem, {**point, **targets})


@fault
def not_a_number(faulty: Faulty, problem: Problem, point: Tensors) -> Gradients:
    """One element NaN, which compares false with everything."""

    def spoilt(value: torch.Tensor) -> torch.Tensor:
        value.view(-1)[0] = torch.nan
        return value

    return _first(faulty.right(problem, point), spoilt)


@fault
def wrong_dtype(faulty: Faulty, problem: Problem, point: Tensors) -> Gradients:
    """The right values in another dtype."""
    return _first(
        faulty.right(problem, point), lambda value: value.to(torch.float32 if value.dtype != torch.float32 else torch.float64)
    )


@fault
def wrong_shape(faulty: Faulty, problem: Problem, point: Tensors) -> Gradients:
    """The right values with an axis too many."""
    return _first(faulty.right(problem, point), lambda value: value.unsqueeze(0))


@fault
def one_parameter_missing(faulty: Faulty, problem: Problem, point: Tensors) -> Gradients:
    """No gradient for the last parameter."""
    gradients = faulty.right(problem, point)
    gradients.popitem()
    return gradients


@fault
def incoming_cotangent_ignored(faulty: Faulty, problem: Problem, point: Tensors) -> Gradients:
    """∂L/∂θ where ∂(c·L)/∂θ was asked for."""
    return faulty.right(problem.base or problem, point)


@fault
def batch_size_remembered(faulty: Faulty, problem: Problem, point: Tensors) -> Gradients:
    """The sum over the batch divided by the size of the first batch seen."""
    n = size_of(problem, point)
    first = faulty.memory.setdefault("n", n)
    assert isinstance(first, int)
    return _each(faulty.right(problem, point), lambda value: value * (n / first))


@fault
def first_example_counted_twice(faulty: Faulty, problem: Problem, point: Tensors) -> Gradients:
    """A gradient that depends on the order of the batch."""
    n = size_of(problem, point)
    whole, extra = faulty.right(problem, point), faulty.right(problem, rows(problem, point, 0, 1))
    return {name: value + extra[name] / n for name, value in whole.items()}


@fault
def strides_ignored(faulty: Faulty, problem: Problem, point: Tensors) -> Gradients:
    """A kernel that takes every input for contiguous and reads its memory from the start."""

    def raw(value: torch.Tensor) -> torch.Tensor:
        memory = value.as_strided((value.untyped_storage().nbytes() // value.element_size(),), (1,), 0)
        flat = memory.repeat(-(-value.numel() // memory.numel()))[: value.numel()]
        return flat.reshape(value.shape).nan_to_num()

    return faulty.right(problem, {name: raw(value) for name, value in point.items()})


@fault
def input_overwritten(faulty: Faulty, problem: Problem, point: Tensors) -> Gradients:
    """The right gradient, computed with an input as scratch memory."""
    gradients = faulty.right(problem, point)
    changed(problem, point, lambda value, axis: value.neg_() if not value.requires_grad and value.stride(axis) else value)
    return gradients


@fault
def result_in_a_shared_buffer(faulty: Faulty, problem: Problem, point: Tensors) -> Gradients:
    """The right gradient, in memory that the next call writes to."""
    gradients = faulty.right(problem, point)
    kept = faulty.memory.setdefault("buffers", gradients)
    assert isinstance(kept, dict)
    for name, value in gradients.items():
        if kept[name].shape == value.shape and kept[name].dtype == value.dtype:
            kept[name].copy_(value)
    return dict(kept)


@fault
def last_bit_unsteady(faulty: Faulty, problem: Problem, point: Tensors) -> Gradients:
    """Inside the bound, but another last bit in every other call."""
    faulty.memory["calls"] = calls = int(str(faulty.memory.get("calls", 0))) + 1
    gradients = faulty.right(problem, point)
    if calls % 2:
        return gradients
    return _each(gradients, lambda value: torch.nextafter(value, torch.full_like(value, torch.inf)))


@fault
def empty_batch_accepted(faulty: Faulty, problem: Problem, point: Tensors) -> Gradients:
    """NaN for a mean over nothing, without a word."""
    if size_of(problem, point):
        return faulty.right(problem, point)
    return {name: torch.full_like(point[name], torch.nan) for name in problem.parameters}


def caught_by(name: str, problem: Problem, inner: Engine, point: Tensors) -> tuple[str, ...]:
    """Return the names of the laws that the fault *name* breaks on *problem* at *point*; each law meets it afresh."""
    return tuple(law for law, check in LAWS.items() if _broken(check, name, problem, inner, point))


def _broken(check: Law, name: str, problem: Problem, inner: Engine, point: Tensors) -> bool:
    given = {key: value.clone() for key, value in point.items()}
    return not check(problem, planted(name, inner), given).ok
