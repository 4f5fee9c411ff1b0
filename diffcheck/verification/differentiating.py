"""PyTorch's ways to x̄ = Σ_o ō·∂o/∂x of a function, one row each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import torch

from diffcheck.engines.compiling import never_eager
from diffcheck.verification.subjects import Subject, Tensors

Way: TypeAlias = Callable[[Subject, Tensors], Mapping[str, torch.Tensor | None]]


def autograd(subject: Subject, cotangents: Tensors) -> Mapping[str, torch.Tensor | None]:
    """torch.autograd.grad."""
    with torch.enable_grad():
        leaves = subject.leaves()
        return _backward(leaves, subject.call(leaves), cotangents)


def compiled(subject: Subject, cotangents: Tensors) -> Mapping[str, torch.Tensor | None]:
    """torch.autograd.grad of the function compiled."""
    with torch.enable_grad(), never_eager():
        leaves = subject.leaves()
        outputs = torch.compile(subject.call, dynamic=False)(leaves)
        return _backward(leaves, outputs, cotangents)


def functional(subject: Subject, cotangents: Tensors) -> Mapping[str, torch.Tensor | None]:
    """torch.func.vjp."""
    leaves = {name: leaf.detach() for name, leaf in subject.leaves().items()}
    found = torch.func.vjp(subject.call, leaves)
    outputs, back = found[0], found[1]
    made: Mapping[str, torch.Tensor] = back(cotangents or tuple(torch.ones_like(output) for output in outputs))[0]
    return made


def _backward(leaves: dict[str, torch.Tensor], outputs: Tensors, cotangents: Tensors) -> Mapping[str, torch.Tensor | None]:
    wanted = [place for place, output in enumerate(outputs) if output.requires_grad]
    if not wanted:
        return {name: torch.zeros_like(leaf) for name, leaf in leaves.items()}
    given = [cotangents[place] if cotangents else None for place in wanted]
    found = torch.autograd.grad([outputs[place] for place in wanted], list(leaves.values()), given, allow_unused=True)
    # PyTorch leaves None where an output does not depend on an input: a gradient of zero.
    slopes = dict(zip(leaves, found, strict=True))
    return {name: torch.zeros_like(leaf) if slopes[name] is None else slopes[name] for name, leaf in leaves.items()}


WAYS: dict[str, Way] = {"autograd": autograd, "func": functional, "compiled": compiled}
