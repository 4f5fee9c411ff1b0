"""The three training loops of the article: the gradient by hand, by autograd, and with an optimizer.

Each is an iterator over epochs that yields the parameters after the step θ ← θ − lr·∂L/∂θ. They differ only in who computes the
gradient and who takes the step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch

from diffcheck.engines import Engine, Tensors
from diffcheck.errors import UnknownName
from diffcheck.problems import Problem

Parameters = dict[str, torch.Tensor]
Loop = Callable[[Problem, Engine, Tensors, float], Iterator[Parameters]]


def manual(problem: Problem, engine: Engine, point: Tensors, lr: float) -> Iterator[Parameters]:
    """Step with the gradient that *engine* computes, outside of autograd."""
    current = dict(point)
    while True:
        gradients = engine.gradient(problem, current)
        for name in problem.parameters:
            current[name] = current[name] - lr * torch.as_tensor(gradients[name], device=current[name].device)
        yield {name: current[name] for name in problem.parameters}


def _leaves(problem: Problem, point: Tensors) -> Parameters:
    return {name: point[name].detach().clone().requires_grad_() for name in problem.parameters}


def _kept(parameters: Parameters) -> Parameters:
    return {name: value.detach().clone() for name, value in parameters.items()}


def autograd(problem: Problem, engine: Engine, point: Tensors, lr: float) -> Iterator[Parameters]:
    """Step in place under no_grad, so that the parameters stay the leaves that backward() fills; *engine* is not asked."""
    parameters = _leaves(problem, point)
    while True:
        for value in parameters.values():
            value.grad = None
        problem.loss(**{**point, **parameters}).backward()
        with torch.no_grad():
            for value in parameters.values():
                if value.grad is not None:
                    value -= lr * value.grad
        yield _kept(parameters)


def optimizer(problem: Problem, engine: Engine, point: Tensors, lr: float) -> Iterator[Parameters]:
    """Let torch.optim.SGD take the step; *engine* is not asked."""
    parameters = _leaves(problem, point)
    descent = torch.optim.SGD(list(parameters.values()), lr=lr)
    while True:
        descent.zero_grad()
        problem.loss(**{**point, **parameters}).backward()
        descent.step()
        yield _kept(parameters)


LOOPS: dict[str, Loop] = {"manual": manual, "autograd": autograd, "optimizer": optimizer}


def loop(name: str) -> Loop:
    """Return the loop called *name*, or refuse it with near matches."""
    if not isinstance(name, str) or name not in LOOPS:
        raise UnknownName.among("training loop", str(name), LOOPS)
    return LOOPS[name]
