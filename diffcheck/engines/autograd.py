"""PyTorch's own ways: backward, torch.func.grad, and torch.compile of both."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from types import FunctionType
from typing import Any, cast

import torch

from diffcheck.engines.protocol import Gradients, Tensors
from diffcheck.problems import Problem


def _leaves(problem: Problem, point: Tensors) -> dict[str, torch.Tensor]:
    # detach shares memory and strides: the leaf is laid out like the input that the caller passed.
    parameters = set(problem.parameters)
    return {name: value.detach().requires_grad_() if name in parameters else value.detach() for name, value in point.items()}


def _collected(problem: Problem, leaves: dict[str, torch.Tensor], loss: torch.Tensor) -> Gradients:
    # PyTorch leaves None where the loss does not depend on a parameter, and refuses backward() where it depends on none;
    # these gradients are zero.
    if loss.requires_grad:
        loss.backward()
    found = {name: leaves[name].grad for name in problem.parameters}
    return {name: torch.zeros_like(leaves[name]) if grad is None else grad for name, grad in found.items()}


@dataclass(frozen=True)
class Autograd:
    """loss.backward(), and what it leaves in .grad."""

    name: str = "autograd"

    def supports(self, problem: Problem, dtype: str, device: str) -> str | None:
        return None

    def gradient(self, problem: Problem, point: Tensors) -> Gradients:
        leaves = _leaves(problem, point)
        return _collected(problem, leaves, problem.loss(**leaves))


def _functional(problem: Problem) -> Callable[..., dict[str, torch.Tensor]]:
    def loss(parameters: dict[str, torch.Tensor], given: dict[str, torch.Tensor]) -> torch.Tensor:
        return problem.loss(**parameters, **given)

    made: Callable[..., dict[str, torch.Tensor]] = torch.func.grad(loss)
    return made


def _split(problem: Problem, point: Tensors) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    parameters = {name: point[name].detach() for name in problem.parameters}
    return parameters, {name: value.detach() for name, value in point.items() if name not in parameters}


@dataclass(frozen=True)
class Functional:
    """torch.func.grad of the loss as a function of its parameters."""

    name: str = "func"

    def supports(self, problem: Problem, dtype: str, device: str) -> str | None:
        return None

    def gradient(self, problem: Problem, point: Tensors) -> Gradients:
        return dict(_functional(problem)(*_split(problem, point)))


@lru_cache(maxsize=1)
def _no_compiler() -> str | None:
    if any(map(shutil.which, ("g++", "c++", "clang++", "cl"))):
        return None
    return "torch.compile needs a C++ compiler, and none is on the PATH"


@lru_cache(maxsize=256)
def _compiled(make: Callable[[Problem], FunctionType], problem: Problem, dtype: torch.dtype) -> Callable[..., Any]:
    # torch.compile gives up on a code object that it has compiled eight times, and functions made by one def share theirs.
    made = make(problem)
    own = FunctionType(made.__code__.replace(), made.__globals__, made.__name__, made.__defaults__, made.__closure__)
    own.__kwdefaults__ = made.__kwdefaults__
    compiled: Callable[..., Any] = torch.compile(own, dynamic=True)
    return compiled


def _dtype(point: Tensors) -> torch.dtype:
    return next(iter(point.values())).dtype


def _plain_loss(problem: Problem) -> FunctionType:
    def loss(**inputs: torch.Tensor) -> torch.Tensor:
        return problem.loss(**inputs)  # which may be any callable

    return cast(FunctionType, loss)


def _functional_gradient(problem: Problem) -> FunctionType:
    def gradient(parameters: dict[str, torch.Tensor], given: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return _functional(problem)(parameters, given)

    return cast(FunctionType, gradient)


@dataclass(frozen=True)
class CompiledAutograd:
    """torch.compile of the loss, then backward."""

    name: str = "compiled-autograd"
    compiles: bool = True

    def supports(self, problem: Problem, dtype: str, device: str) -> str | None:
        return _no_compiler()

    def gradient(self, problem: Problem, point: Tensors) -> Gradients:
        leaves = _leaves(problem, point)
        return _collected(problem, leaves, _compiled(_plain_loss, problem, _dtype(point))(**leaves))


@dataclass(frozen=True)
class CompiledFunctional:
    """torch.compile of torch.func.grad of the loss."""

    name: str = "compiled-func"
    compiles: bool = True

    def supports(self, problem: Problem, dtype: str, device: str) -> str | None:
        return _no_compiler()

    def gradient(self, problem: Problem, point: Tensors) -> Gradients:
        return dict(_compiled(_functional_gradient, problem, _dtype(point))(*_split(problem, point)))
