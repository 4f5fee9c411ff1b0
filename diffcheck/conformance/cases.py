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
    def empty(self) -> bool:
        """A tensor has no elements, or none requires a gradient."""
        return any(not value.numel() for value in self.tensors) or not any(value.requires_grad for value in self.tensors)

    def differentiated(self) -> tuple[Callable[..., Any], list[torch.Tensor]]:
        """Return the function with no other outputs than those that PyTorch differentiates, and these.

        PyTorch declares the others to be constants, as it does a saved mean: no backward is asked of them.
        """
        with torch.enable_grad():
            outputs = tree_leaves(self.call(*self.tensors))
        places = [place for place, value in enumerate(outputs) if _differentiated(value)]

        def call(*tensors: torch.Tensor) -> Any:
            result = self.call(*tensors)
            leaves = tree_leaves(result)
            return result if isinstance(result, torch.Tensor) else tuple(leaves[place] for place in places)

        return call, [outputs[place] for place in places]


def case_of(entry: Any, sample: Any) -> Case:
    """Return *sample* of *entry* as a function of its tensors, those in lists and keywords included.

    Its outputs are what ``sample.output_process_fn_grad`` makes of the operator's.
    """
    leaves, shape = tree_flatten((sample.input, tuple(sample.args), dict(sample.kwargs)))
    places = [place for place, leaf in enumerate(leaves) if isinstance(leaf, torch.Tensor)]
    process = sample.output_process_fn_grad

    def call(*tensors: torch.Tensor) -> Any:
        filled = dict(enumerate(leaves)) | dict(zip(places, tensors, strict=True))
        first, args, kwargs = tree_unflatten(list(filled.values()), shape)
        result = entry.op(first, *args, **kwargs)
        return result if process is None else process(result)

    given = (leaves[place] for place in places)
    return Case(call, tuple(value.detach().requires_grad_(value.requires_grad) for value in given))


def _differentiated(value: object) -> bool:
    return isinstance(value, torch.Tensor) and value.requires_grad
