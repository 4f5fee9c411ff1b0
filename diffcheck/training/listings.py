"""The article's code, judged: functions of our own with the defects that its listings contain.

Each is what a reader who copied the listing would have. Nothing here is right on purpose.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from diffcheck.derivation import needed
from diffcheck.notation import Program, Role, Tensor
from diffcheck.problems import Problem, problem
from diffcheck.training.loop_judging import judge_loop
from diffcheck.verification.judging import Judged, judge_function

# ruff: noqa: F821  # that a listing reads names which nobody defined is one of the defects


def model_multiplying_by_b(x: torch.Tensor, w: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Multiply w by b instead of x."""
    return w * b + b


def right_dloss(prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return the loss's derivative by the prediction, correctly."""
    return 2 * (prediction - target) / prediction.shape[0]


def mean_squared_error(prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return the loss."""
    return ((prediction - target) ** 2).mean()


def gradient_calling_the_loss(x: torch.Tensor, y: torch.Tensor, p: torch.Tensor) -> torch.Tensor:
    """Call the loss where its derivative is needed."""
    outer = mean_squared_error(p, y)
    return torch.stack([(outer * x).sum(), (outer * torch.ones_like(x)).sum()])


def gradient_with_swapped_arguments(x: torch.Tensor, y: torch.Tensor, p: torch.Tensor) -> torch.Tensor:
    """Call the derivative with prediction and target in the opposite order."""
    outer = right_dloss(y, p)
    return torch.stack([(outer * x).sum(), outer.sum()])


def gradient_without_w(x: torch.Tensor, y: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Take b but not w, on which the prediction depends."""
    outer = right_dloss(w * x + b, y)  # type: ignore[name-defined]
    return torch.stack([(outer * x).sum(), outer.sum()])


def loop_rebinding_its_parameters(
    epochs: int, lr: float, params: torch.Tensor, x: torch.Tensor, y: torch.Tensor
) -> torch.Tensor:
    """Rebind the parameters inside no_grad, which loses requires_grad at the second epoch."""
    for _ in range(epochs):
        if params.grad is not None:
            params.grad.zero_()
        mean_squared_error(params[0] * x + params[1], y).backward()
        with torch.no_grad():
            params = params - lr * params.grad  # type: ignore[operator]  # the defect, seen from another side
    return params


def loop_reading_globals(epochs: int, lr: float, params: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> None:
    """Return nothing, and read the data from names outside."""
    for _ in range(epochs):
        w, b = params
        outer = right_dloss(w * t_u + b, t_c)  # type: ignore[name-defined]
        params = params - lr * torch.stack([(outer * t_u).sum(), outer.sum()])  # type: ignore[name-defined]


def loop_returning_nothing(epochs: int, lr: float, params: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> None:
    """Train, and drop the result."""
    for _ in range(epochs):
        w, b = params
        outer = right_dloss(w * x + b, y)
        params = params - lr * torch.stack([(outer * x).sum(), outer.sum()])


def loop_with_a_step_too_many(epochs: int, lr: float, params: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Count from 0 to the number of epochs, both included."""
    params = params.detach()
    for _ in range(epochs + 1):
        w, b = params
        outer = right_dloss(w * x + b, y)
        params = params - lr * torch.stack([(outer * x).sum(), outer.sum()])
    return params


@dataclass(frozen=True)
class Listing:
    """A defect of the article, the function that has it, and how it is judged."""

    defect: str
    function: Callable[..., Any]
    judge: Callable[[Callable[..., Any]], Judged]


def listings() -> tuple[Listing, ...]:
    """Return every defective function with its judge."""
    line = problem("thermometer")
    functions = [
        ("the model multiplies w by b instead of x", model_multiplying_by_b, _model_program(line), ("x", "w", "b")),
        ("the gradient calls the loss, not its derivative", gradient_calling_the_loss, _chain_program(line), ("x", "y", "p")),
        (
            "the derivative's arguments are in the opposite order",
            gradient_with_swapped_arguments,
            _chain_program(line),
            ("x", "y", "p"),
        ),
        ("the gradient lacks the parameter w", gradient_without_w, line.gradient.program, ("x", "y", "b")),
    ]
    loops = [
        ("the loop rebinds its parameters inside no_grad", loop_rebinding_its_parameters),
        ("the loop returns nothing and reads globals", loop_reading_globals),
        ("the loop returns nothing", loop_returning_nothing),
        ("the loop takes one step more than it was asked for", loop_with_a_step_too_many),
    ]
    return (
        *(Listing(defect, made, _function_judge(program, names)) for defect, made, program, names in functions),
        *(Listing(defect, made, lambda loop: judge_loop(loop, line)) for defect, made in loops),
    )


def _function_judge(program: Program, arguments: tuple[str, ...]) -> Callable[[Callable[..., Any]], Judged]:
    return lambda function: judge_function(function, program, arguments)


def _model_program(line: Problem) -> Program:
    inputs = tuple(tensor for tensor in line.program.inputs if tensor.role is not Role.TARGET)
    return Program(inputs, needed(line.program.equations, ("p",)), ("p",))


def _chain_program(line: Problem) -> Program:
    """Return ∂L/∂w and ∂L/∂b as a program in x, y and the prediction p, with the loss L beside, which a slip may read."""
    program = line.gradient.program
    predicted = Tensor("p", line.program.equation("p").extents)
    loss = tuple(equation for equation in line.program.equations if equation.target == line.program.outputs[0])
    adjoints = tuple(equation for equation in program.equations if equation.target != "p")
    inputs = tuple(tensor for tensor in program.inputs if tensor.role is not Role.PARAMETER)
    return Program((*inputs, predicted), (*loss, *adjoints), program.outputs)
