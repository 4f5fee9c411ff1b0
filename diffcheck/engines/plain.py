"""The ways people know: a gradient written by hand, and finite differences."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from diffcheck.engines.protocol import Gradients, Tensors
from diffcheck.problems import Problem


@dataclass(frozen=True)
class Handwritten:
    """The gradient that the problem's author wrote."""

    name: str = "handwritten"

    def supports(self, problem: Problem, dtype: str, device: str) -> str | None:
        return None

    def gradient(self, problem: Problem, point: Tensors) -> Gradients:
        return dict(zip(problem.parameters, problem.handwritten(**point), strict=True))


@dataclass(frozen=True)
class Differences:
    """(L(θ + h) − L(θ − h))/2h, an element at a time, in float64 with h = 1e-6: the oracle of torch.autograd.gradcheck."""

    name: str = "differences"
    step: float = 1e-6

    def supports(self, problem: Problem, dtype: str, device: str) -> str | None:
        return None if dtype == "float64" else "a step of 1e-6 drowns in the rounding of anything but float64"

    def gradient(self, problem: Problem, point: Tensors) -> Gradients:
        return {name: self._partial(problem, dict(point), name) for name in problem.parameters}

    def _partial(self, problem: Problem, point: dict[str, torch.Tensor], name: str) -> torch.Tensor:
        original = point[name].detach()
        result = torch.zeros(original.shape, dtype=original.dtype, device=original.device)
        flat = result.view(-1)
        for place in range(original.numel()):
            losses = []
            for sign in (1, -1):
                moved = original.clone(memory_format=torch.contiguous_format)
                moved.view(-1)[place] += sign * self.step
                losses.append(problem.loss(**{**point, name: moved}))
            flat[place] = (losses[0] - losses[1]) / (2 * self.step)
        return result
