"""A problem: one loss stated twice, in index notation and in PyTorch, with data to evaluate it at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from diffcheck.derivation import Gradient, derive
from diffcheck.errors import UnknownName
from diffcheck.notation import Equation, Program, Role, read
from diffcheck.problems.requests import checked_seed, checked_sizes

if TYPE_CHECKING:
    import torch

Sizes = Mapping[str, int]
Loss = Callable[..., "torch.Tensor"]
Draw = Callable[[np.random.Generator, Sizes], dict[str, np.ndarray]]


@dataclass(frozen=True, eq=False)  # two problems are the same if they are one object: functions have no other equality
class Problem:
    """A loss L(parameters; data, targets) with a batch extent, and its statement in PyTorch.

    *loss* and *handwritten* take the inputs of the program as keywords; *handwritten* returns one gradient a parameter, in the
    order of the program. *draw* makes a random point of the given sizes. *fixed* is a data set of the problem's own, if it has
    one, *start* the parameters that training begins with, and *base* the problem that this one scales.
    """

    name: str
    title: str
    program: Program
    loss: Loss
    handwritten: Callable[..., tuple[torch.Tensor, ...]]
    draw: Draw
    sizes: Sizes
    batch: str = "n"
    fixed: Mapping[str, np.ndarray] = field(default_factory=dict)
    start: Mapping[str, np.ndarray] = field(default_factory=dict)
    base: Problem | None = None

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters."""
        return self.program.named(Role.PARAMETER)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of all inputs, in the order of the program."""
        return tuple(tensor.name for tensor in self.program.inputs)

    @cached_property
    def gradient(self) -> Gradient:
        """The exact gradient with respect to the parameters."""
        return derive(self.program)

    def batched(self) -> dict[str, int]:
        """Return, for every input that has the batch extent, which of its axes that is."""
        axes = {tensor.name: list(map(str, tensor.extents)) for tensor in self.program.inputs}
        return {name: extents.index(self.batch) for name, extents in axes.items() if self.batch in extents}

    def point(self, seed: int = 0, **sizes: int) -> dict[str, np.ndarray]:
        """Return a random point in float64; sizes not named are the problem's own."""
        return self.draw(np.random.default_rng(checked_seed(seed)), resized(self, **sizes).sizes)


def resized(problem: Problem, **sizes: int) -> Problem:
    """Return *problem* with other sizes as its own."""
    for name in sizes:
        if name not in problem.sizes:
            raise UnknownName.among(f"extent of {problem.name}", name, problem.sizes)
    return replace(problem, sizes=checked_sizes(problem.program.inputs, {**problem.sizes, **sizes}))


def scaled(problem: Problem, factor: float) -> Problem:
    """Return *problem* with the loss c·L, so with the cotangent c where L had 1."""
    from sympy import Rational

    loss = problem.program.outputs[0]
    name = f"{loss}_scaled"
    equation = Equation(name, (), (), Rational(factor) * read(loss))
    program = Program(problem.program.inputs, (*problem.program.equations, equation), (name,))

    def scaled_loss(**inputs: torch.Tensor) -> torch.Tensor:
        return factor * problem.loss(**inputs)

    def scaled_gradient(**inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(factor * gradient for gradient in problem.handwritten(**inputs))

    return replace(
        problem,
        name=f"{problem.name} times {factor}",
        program=program,
        loss=scaled_loss,
        handwritten=scaled_gradient,
        base=problem,
    )
