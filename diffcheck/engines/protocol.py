"""What an engine is: something that computes the gradient of a problem's loss at a point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from diffcheck.problems import Problem

if TYPE_CHECKING:
    import torch

Tensors = Mapping[str, "torch.Tensor"]
Gradients = dict[str, Any]


class Engine(Protocol):
    """∂L/∂parameter for every parameter, by one method of computing it."""

    @property
    def name(self) -> str:
        """The name that the registry, the command line and the report use."""

    def supports(self, problem: Problem, dtype: str, device: str) -> str | None:
        """Return why the engine cannot compute this here, or None where it can."""

    def gradient(self, problem: Problem, point: Tensors) -> Gradients:
        """Return one array for each parameter, by name; the inputs are left as they are."""
