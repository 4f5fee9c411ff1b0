"""x̄ where x alone requires grad: a backward may count on being asked for all of its gradients, and swap or drop some."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import torch

from diffcheck.verification.attempting import attempted
from diffcheck.verification.comparison import Truth, compare
from diffcheck.verification.findings import Finding
from diffcheck.verification.modes import Slopes
from diffcheck.verification.subjects import Subject


def one_at_a_time(
    subject: Subject, compute: Callable[[Subject], Slopes], truth: Truth, known: Slopes | None = None
) -> Iterator[Finding]:
    """Return the findings on x̄ for each x in *wrt* when all others are held constant; none where there are no others.

    *truth* is the exact gradient by all of them: what is held constant changes no other's derivative. Values that are those
    *known* from a judgement on all of them, to the bit, are not judged again.
    """
    for name in subject.wrt if len(subject.wrt) > 1 and not _tied(subject.function) else ():
        single = replace(subject, wrt=(name,), frozen=True)
        label = f"with {name} alone requiring grad"
        got = attempted(f"the backward {label}", (name,), partial(compute, single))
        if isinstance(got, tuple):
            yield from got
            continue
        if known and same(got.get(name), known.get(name)):
            continue
        yield from (labelled(item, label) for item in compare(got, truth) if item.place.name == name)


def labelled(item: Finding, label: str) -> Finding:
    """Return *item* with *label* in its note."""
    return replace(item, note=" ".join(filter(None, (item.note, label))))


def all_same(got: Slopes, known: Slopes) -> bool:
    """Say whether all slopes in *known* are the `same` in *got*."""
    return all(same(got.get(name), value) for name, value in known.items())


def same(got: object, known: object) -> bool:
    """Say whether both are tensors of the same values, dtype, shape and device; NaN is like nothing."""
    return (
        isinstance(got, torch.Tensor)
        and isinstance(known, torch.Tensor)
        and (got.dtype, got.device, got.layout) == (known.dtype, known.device, known.layout)
        and torch.equal(got, known)
    )


def _tied(function: object) -> bool:
    """Say whether a module has one parameter under two names, of which one cannot be held without the other."""
    if not isinstance(function, torch.nn.Module):
        return False
    return len(list(function.parameters())) < len(list(function.named_parameters(remove_duplicate=False)))
