"""PyTorch's modes of differentiation, of first and second order, applied to a subject."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import torch

from diffcheck.verification.subjects import Subject, Tensors

Slopes = Mapping[str, "torch.Tensor | None"]


class _Withheld(torch.autograd.Function):
    """The identity, whose backward hands on no gradient: that of its input stays undefined."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *_: torch.Tensor) -> None:
        return None


def _called(subject: Subject, leaves: dict[str, torch.Tensor], undefined: Collection[int]) -> Tensors:
    """Return the outputs, of which those in the places *undefined* get no gradient."""
    withheld: Callable[[torch.Tensor], torch.Tensor] = _Withheld.apply
    outputs = enumerate(subject.call(leaves))
    return tuple(withheld(value) if place in undefined and value.requires_grad else value for place, value in outputs)


def reverse(subject: Subject, cotangents: Tensors, undefined: Collection[int] = (), *, create_graph: bool = False) -> Slopes:
    """torch.autograd.grad; the gradients of the outputs in the places *undefined* stay undefined."""
    with torch.enable_grad():
        leaves = subject.leaves()
        outputs = _called(subject, leaves, undefined)
        return slopes_of(leaves, outputs, cotangents, retain_graph=create_graph, create_graph=create_graph)


def reverse_again(subject: Subject, cotangents: Tensors) -> Slopes:
    """torch.autograd.grad for the second time through one graph, which the first time must have left as it was."""
    with torch.enable_grad():
        leaves = subject.leaves()
        outputs = subject.call(leaves)
        slopes_of(leaves, outputs, cotangents, retain_graph=True)
        return slopes_of(leaves, outputs, cotangents)


def forward(subject: Subject, tangents: Mapping[str, torch.Tensor]) -> Tensors:
    """torch.func.jvp."""
    return _pushed(subject, _values(subject), tangents)


def _pushed(subject: Subject, leaves: dict[str, torch.Tensor], tangents: Mapping[str, torch.Tensor]) -> Tensors:
    values: Tensors = torch.func.jvp(subject.call, (leaves,), (dict(tangents),))[1]
    return values


def batched(subject: Subject, batch: Sequence[Tensors]) -> list[Slopes]:
    """torch.func.vmap of torch.autograd's backward over a batch of cotangents."""
    with torch.enable_grad():
        leaves = subject.leaves()
        outputs = subject.call(leaves)
        wanted = [place for place, output in enumerate(outputs) if output.requires_grad]
        stacked = [torch.stack([cotangents[place] for cotangents in batch]) for place in wanted]
        made = [outputs[place] for place in wanted]
        inputs = list(leaves.values())
        options: dict[str, Any] = {"allow_unused": True, "is_grads_batched": True, "retain_graph": True}
        # A function that is constant by all of its inputs has no graph to go back through.
        found = torch.autograd.grad(made, inputs, stacked, **options) if made else (None,) * len(inputs)
    whole = {
        name: torch.zeros((len(batch), *leaf.shape), dtype=leaf.dtype, device=leaf.device) if slope is None else slope
        for (name, leaf), slope in zip(leaves.items(), found, strict=True)
    }
    return [{name: slope[place] for name, slope in whole.items()} for place in range(len(batch))]


def batched_inputs(subject: Subject, batch: Sequence[Tensors], axes: Mapping[str, int | None]) -> list[tuple[Tensors, Slopes]]:
    """The outputs and torch.func.vmap of torch.func.vjp over inputs, along their *axes*, and cotangents; for all but the first.

    The first of the inputs is x/2, the others x: a rule that mixes up the batch, or looks for it along another axis, shows. An
    input whose axis is None is one for all of the batch. The outputs are a rule's own, of which the slopes know nothing.
    """

    def both(leaves: dict[str, torch.Tensor], cotangents: Tensors) -> tuple[Tensors, dict[str, torch.Tensor]]:
        found = torch.func.vjp(subject.call, leaves)
        return found[0], found[1](cotangents)[0]

    def several(value: torch.Tensor, axis: int | None) -> torch.Tensor:
        return value if axis is None else torch.stack([value / 2, *[value] * (len(batch) - 1)], axis)

    leaves = {name: several(value, axes[name]) for name, value in _values(subject).items()}
    stacked = tuple(torch.stack(parts) for parts in zip(*batch, strict=True))
    outputs, slopes = torch.func.vmap(both, in_dims=(dict(axes), 0))(leaves, stacked)
    return [
        (tuple(output[place] for output in outputs), {name: slope[place] for name, slope in slopes.items()})
        for place in range(1, len(batch))
    ]


def batched_forward(subject: Subject, batch: Sequence[Mapping[str, torch.Tensor]]) -> list[Tensors]:
    """torch.func.vmap of torch.func.jvp over a batch of tangents."""
    stacked = {name: torch.stack([tangents[name] for tangents in batch]) for name in batch[0]}
    leaves = _values(subject)
    found: Tensors = torch.func.vmap(lambda tangents: _pushed(subject, leaves, tangents))(stacked)
    return [tuple(values[place] for values in found) for place in range(len(batch))]


def reverse_over_reverse(
    subject: Subject, cotangents: Tensors, along: Mapping[str, torch.Tensor], undefined: Collection[int] = ()
) -> Slopes:
    """The gradient of Σ x̄·u by torch.autograd, where x̄ is torch.autograd's too; the u of an x not in *along* are undefined."""
    leaves = subject.leaves()
    return _slopes_of_slopes(subject, leaves, cotangents, along, leaves, undefined)


def reverse_by_both(subject: Subject, cotangents: Tensors, along: Mapping[str, torch.Tensor]) -> tuple[Slopes, Tensors]:
    """The gradient of Σ x̄·u by the inputs and by the cotangents, in which x̄ is linear, by torch.autograd.

    That by the inputs is what `reverse_over_reverse` gives, that by the cotangents what forward mode does.
    """
    leaves = subject.leaves()
    given = {str(place): value.detach().clone().requires_grad_() for place, value in enumerate(cotangents)}
    found = _slopes_of_slopes(subject, leaves, tuple(given.values()), along, leaves | given)
    return {name: found[name] for name in leaves}, tuple(value for name in given if (value := found[name]) is not None)


def _slopes_of_slopes(
    subject: Subject,
    leaves: dict[str, torch.Tensor],
    cotangents: Tensors,
    along: Mapping[str, torch.Tensor],
    by: dict[str, torch.Tensor],
    undefined: Collection[int] = (),
) -> Slopes:
    """Return the gradient of Σ x̄·u with respect to *by*, among the *leaves* or the *cotangents* that x̄ is made of."""
    with torch.enable_grad():
        outputs = _called(subject, leaves, undefined)
        wanted = [place for place, output in enumerate(outputs) if output.requires_grad]
        found = torch.autograd.grad(
            [outputs[place] for place in wanted],
            list(leaves.values()),
            [cotangents[place] for place in wanted],
            create_graph=True,
            allow_unused=True,
        )
        slopes = {name: slope for name, slope in zip(leaves, found, strict=True) if name in along and slope is not None}
        inner = {name: slope for name, slope in slopes.items() if slope.requires_grad}
        if not inner:
            return {name: torch.zeros_like(value) for name, value in by.items()}
        return slopes_of(by, tuple(inner.values()), tuple(along[name] for name in inner))


def forward_over_reverse(subject: Subject, cotangents: Tensors, along: Mapping[str, torch.Tensor]) -> Slopes:
    """torch.func.jvp of torch.func.vjp along u."""

    def gradient(leaves: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        slopes: dict[str, torch.Tensor] = torch.func.vjp(subject.call, leaves)[1](cotangents)[0]
        return slopes

    slopes: Slopes = torch.func.jvp(gradient, (_values(subject),), (dict(along),))[1]
    return slopes


def reverse_over_forward(subject: Subject, cotangents: Tensors, along: Mapping[str, torch.Tensor]) -> Slopes:
    """torch.func.vjp of torch.func.jvp along u."""
    slopes: Slopes = torch.func.vjp(lambda leaves: _pushed(subject, leaves, along), _values(subject))[1](cotangents)[0]
    return slopes


def forward_over_forward(subject: Subject, first: Mapping[str, torch.Tensor], other: Mapping[str, torch.Tensor]) -> Tensors:
    """torch.func.jvp of torch.func.jvp, along u and then ẋ."""
    values: Tensors = torch.func.jvp(lambda leaves: _pushed(subject, leaves, first), (_values(subject),), (dict(other),))[1]
    return values


def _values(subject: Subject) -> dict[str, torch.Tensor]:
    return {name: leaf.detach() for name, leaf in subject.leaves().items()}


def slopes_of(
    leaves: dict[str, torch.Tensor],
    outputs: Tensors,
    cotangents: Tensors,
    *,
    retain_graph: bool = False,
    create_graph: bool = False,
) -> Slopes:
    """Return what torch.autograd.grad gives for each leaf."""
    wanted = [place for place, output in enumerate(outputs) if output.requires_grad]
    if not wanted:
        return {name: torch.zeros_like(leaf) for name, leaf in leaves.items()}
    given = [cotangents[place] if cotangents else None for place in wanted]
    found = torch.autograd.grad(
        [outputs[place] for place in wanted],
        list(leaves.values()),
        given,
        retain_graph=retain_graph,
        create_graph=create_graph,
        allow_unused=True,
    )
    # PyTorch leaves None where an output does not depend on an input: a gradient of zero.
    slopes = dict(zip(leaves, found, strict=True))
    return {name: torch.zeros_like(leaf) if slopes[name] is None else slopes[name] for name, leaf in leaves.items()}
