"""What a check costs: diffcheck's verdict on every element of a gradient beside torch.autograd.gradcheck on the same loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import torch

from diffcheck.benchmarks.cases import Case
from diffcheck.engines import engine
from diffcheck.problems import Problem, to_torch
from diffcheck.verification import verify


def check_cases(problem: Problem, n: int, dtype: str, device: str) -> Iterator[Case]:
    """Return gradcheck, its fast mode, and diffcheck: all judge autograd's gradient at one point.

    gradcheck takes differences and so works in float64, whatever *dtype* diffcheck is asked to judge. Its fast mode compares
    one random projection; every other case compares each element.
    """
    drawn = problem.point(0, **{problem.batch: n})
    for name, fast in (("gradcheck", False), ("gradcheck, fast mode", True)):
        yield Case(name, _gradcheck(problem, to_torch(drawn, "float64", device), fast=fast))
    yield Case(f"diffcheck of {dtype}", _diffcheck(problem, to_torch(drawn, dtype, device)))


def _gradcheck(problem: Problem, point: Mapping[str, torch.Tensor], *, fast: bool) -> Callable[[], object]:
    leaves = [point[name].clone().requires_grad_() for name in problem.parameters]

    def loss(*values: torch.Tensor) -> torch.Tensor:
        return problem.loss(**{**point, **dict(zip(problem.parameters, values, strict=True))})

    return lambda: torch.autograd.gradcheck(loss, leaves, fast_mode=fast)


def _diffcheck(problem: Problem, point: Mapping[str, torch.Tensor]) -> Callable[[], object]:
    return lambda: verify(problem, engine("autograd"), point).raise_if_wrong()
