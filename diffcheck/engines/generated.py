"""The code that diffcheck generates: fused, with a workspace, by the article's manual functions, and in NumPy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from threading import local
from types import ModuleType

import numpy as np

from diffcheck.engines.protocol import Gradients, Tensors
from diffcheck.generation import generate
from diffcheck.notation import Role
from diffcheck.problems import Problem


@lru_cache(maxsize=128)
def module_of(problem: Problem, target: str) -> ModuleType:
    """Return the module generated for *problem*, made once."""
    return generate(problem.gradient, target).module()


def _named(problem: Problem, results: tuple[object, ...]) -> Gradients:
    return dict(zip(problem.parameters, results, strict=True))


@dataclass(frozen=True)
class Generated:
    """The fused function ``grad``."""

    name: str = "generated"

    def supports(self, problem: Problem, dtype: str, device: str) -> str | None:
        return None

    def gradient(self, problem: Problem, point: Tensors) -> Gradients:
        return _named(problem, module_of(problem, "torch").grad(**point))


@dataclass(frozen=True)
class GeneratedWithWorkspace:
    """``grad`` with memory for its temporaries that is allocated once for each shape, and used again."""

    name: str = "generated-out"

    def supports(self, problem: Problem, dtype: str, device: str) -> str | None:
        return None if hasattr(module_of(problem, "torch"), "workspace") else "this gradient needs no temporaries"

    def gradient(self, problem: Problem, point: Tensors) -> Gradients:
        module = module_of(problem, "torch")
        return _named(problem, module.grad(**point, out=self._workspace(problem, module, point)))

    def _workspace(self, problem: Problem, module: ModuleType, point: Tensors) -> object:
        given = [point[name] for name in problem.inputs]
        key = (problem, *((tuple(value.shape), value.dtype, value.device) for value in given))
        if getattr(_MEMORY, "key", None) != key:
            # One at a time: it can be as large as the data.
            _MEMORY.key, _MEMORY.workspace = key, module.workspace(**point)
        return _MEMORY.workspace


_MEMORY = local()  # each thread writes to a workspace of its own


@dataclass(frozen=True)
class Manual:
    """The article's way: model, then grad_fn, which multiplies dloss_fn by each dmodel_d…."""

    name: str = "manual"

    def supports(self, problem: Problem, dtype: str, device: str) -> str | None:
        return None if hasattr(module_of(problem, "torch"), "grad_fn") else "this loss does not split into a model and a loss"

    def gradient(self, problem: Problem, point: Tensors) -> Gradients:
        module = module_of(problem, "torch")
        roles = {tensor.name: tensor.role for tensor in problem.program.inputs}
        data = [point[name] for name in problem.inputs if roles[name] is Role.DATA]
        targets = [point[name] for name in problem.inputs if roles[name] is Role.TARGET]
        parameters = [point[name] for name in problem.parameters]
        prediction = module.model(*data, *parameters)
        return _named(problem, module.grad_fn(*data, *targets, prediction, *parameters))


@dataclass(frozen=True)
class GeneratedNumpy:
    """The fused function in NumPy; results are NumPy arrays."""

    name: str = "numpy"

    def supports(self, problem: Problem, dtype: str, device: str) -> str | None:
        if device != "cpu":
            return "NumPy computes on the CPU alone"
        return "NumPy has no bfloat16" if dtype == "bfloat16" else None

    def gradient(self, problem: Problem, point: Tensors) -> Gradients:
        arrays = {name: value.detach().numpy() for name, value in point.items()}
        with np.errstate(all="ignore"):  # like PyTorch, infinities without a word
            return _named(problem, module_of(problem, "numpy").grad(**arrays))
