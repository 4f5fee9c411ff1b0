"""The engines of `check`: PyTorch's ways to x̄ = Σ_o ō·∂o/∂x of a function, one row each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch

from diffcheck.engines.compiling import never_eager
from diffcheck.verification.modes import Slopes, reverse, slopes_of
from diffcheck.verification.subjects import Subject, Tensors

Way: TypeAlias = Callable[[Subject, Tensors], Slopes]


def autograd(subject: Subject, cotangents: Tensors) -> Slopes:
    """torch.autograd.grad."""
    return reverse(subject, cotangents)


def compiled(subject: Subject, cotangents: Tensors) -> Slopes:
    """torch.autograd.grad of the function compiled."""
    with torch.enable_grad(), never_eager():
        leaves = subject.leaves()
        return slopes_of(leaves, torch.compile(subject.call, dynamic=False)(leaves), cotangents)


def functional(subject: Subject, cotangents: Tensors) -> Slopes:
    """torch.func.vjp."""
    leaves = {name: leaf.detach() for name, leaf in subject.leaves().items()}
    found = torch.func.vjp(subject.call, leaves)
    slopes: Slopes = found[1](cotangents or tuple(torch.ones_like(output) for output in found[0]))[0]
    return slopes


WAYS: dict[str, Way] = {"autograd": autograd, "func": functional, "compiled": compiled}
