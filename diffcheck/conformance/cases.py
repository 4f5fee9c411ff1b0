"""A sample of an operator as a function of its tensors, which is what can be captured and differentiated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils._pytree import tree_flatten, tree_leaves, tree_unflatten


@dataclass(frozen=True)
class Case:
    """A function of the tensors among an operator's arguments, all else bound, and these tensors as leaves."""

    call: Callable[..., Any]
    tensors: tuple[torch.Tensor, ...]

    @property
    def has_inputs(self) -> bool:
        """Every tensor has elements, and one of them requires a gradient."""
        return all(value.numel() for value in self.tensors) and any(value.requires_grad for value in self.tensors)

    def has_outputs(self) -> bool:
        """Return whether every output has elements, and there is one that can have a gradient."""
        with torch.no_grad():
            outputs = tree_leaves(self.call(*self.tensors))
        return bool(outputs) and all(_differentiable(value) and value.numel() for value in outputs)


def case_of(entry: Any, sample: Any) -> Case:
    """Return *sample* of *entry* as a function of its tensors, those in lists and keywords included.

    Its outputs are what ``sample.output_process_fn_grad`` makes of the operator's, less what is neither real nor complex.
    """
    leaves, shape = tree_flatten((sample.input, tuple(sample.args), dict(sample.kwargs)))
    places = [place for place, leaf in enumerate(leaves) if isinstance(leaf, torch.Tensor)]
    process = sample.output_process_fn_grad

    def call(*tensors: torch.Tensor) -> Any:
        filled = dict(enumerate(leaves)) | dict(zip(places, tensors, strict=True))
        first, args, kwargs = tree_unflatten(list(filled.values()), shape)
        result = entry.op(first, *args, **kwargs)
        result = result if process is None else process(result)
        return result if isinstance(result, torch.Tensor) else tuple(filter(_differentiable, tree_leaves(result)))

    given = (leaves[place] for place in places)
    return Case(call, tuple(value.detach().requires_grad_(value.requires_grad) for value in given))


def _differentiable(value: object) -> bool:
    return isinstance(value, torch.Tensor) and (value.is_floating_point() or value.is_complex())
