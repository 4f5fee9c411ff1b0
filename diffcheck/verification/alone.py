"""x̄ where some x alone require grad: a backward may count on being asked for all of its gradients, and swap or drop some."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from functools import partial

import torch

from diffcheck.verification.attempting import attempted
from diffcheck.verification.comparison import Truth, compare
from diffcheck.verification.findings import Finding
from diffcheck.verification.modes import Slopes
from diffcheck.verification.subjects import Subject, Tensors


def some_at_a_time(
    subject: Subject, compute: Callable[[Subject], Slopes], truth: Truth, known: Slopes | None = None
) -> Iterator[Finding]:
    """Return the findings on x̄ for each x in *wrt* alone, and for all but each, when the others are held constant.

    *truth* is the exact gradient by all of them: what is held constant changes no other's derivative. Values that are those
    *known* from a judgement on all of them, to the bit, are not judged again. There are none where there are no others.
    """
    for names, label in choices(subject):
        chosen = holding(subject, names)
        got = attempted(f"the backward {label}", names, partial(compute, chosen))
        if isinstance(got, tuple):
            yield from got
        elif not known or not all(same(got.get(name), known.get(name)) for name in names):
            yield from (labelled(item, label) for item in compare(got, truth) if item.place.name in names)


def choices(subject: Subject) -> Iterator[tuple[tuple[str, ...], str]]:
    """Return each x in *wrt* alone, and all but each, in words too; nothing where they are not held apart."""
    several = subject.wrt if len(subject.wrt) > 1 and not _tied(subject.function) else ()
    yield from (((name,), f"with {name} alone requiring grad") for name in several)
    for name in several if len(several) > 2 else ():
        yield tuple(other for other in several if other != name), f"with all but {name} requiring grad"


def holding(subject: Subject, names: tuple[str, ...]) -> Subject:
    """Return *subject* with all but *names* constant."""
    return replace(subject, wrt=names, frozen=True)


def withholdings(count: int) -> Iterator[tuple[frozenset[int], str]]:
    """Return which of *count* outputs may have no gradient, all but one or one alone, and in words; nothing for one output."""
    places = range(count) if count > 1 else ()
    yield from ((frozenset(places) - {place}, f"from output {place} alone") for place in places)
    yield from ((frozenset({place}), f"without output {place}") for place in places if count > 2)


def zeroed(cotangents: Tensors, undefined: Collection[int]) -> Tensors:
    """Return *cotangents* with zeros for the outputs in the places *undefined*: what no gradient means."""
    return tuple(torch.zeros_like(value) if place in undefined else value for place, value in enumerate(cotangents))


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
