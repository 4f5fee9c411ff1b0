"""What is asked of a function's second derivatives, mode by mode, and of the first that they are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import Any

import torch

from diffcheck.verification import modes
from diffcheck.verification.alone import all_same, withholdings, zeroed
from diffcheck.verification.attempting import attempted
from diffcheck.verification.findings import Finding
from diffcheck.verification.modes import Slopes
from diffcheck.verification.questions import Question
from diffcheck.verification.subjects import Tensors


def first(question: Question) -> Iterator[Finding]:
    """Judge the first derivative as the second is made of it: recorded, with cotangents that require grad."""
    cotangents = question.cotangents()
    given = tuple(value.detach().requires_grad_() for value in cotangents)
    compute = partial(modes.reverse, question.subject, given, create_graph=True)
    yield from question.compared("reverse with create_graph=True", question.derived_reverse, compute, cotangents)


def by_inputs(question: Question, label: str, mode: Any, nondet_tol: float) -> Iterator[Finding]:
    """Judge Σ_x' ∂x̄/∂x'·u as *mode* computes it."""
    cotangents, along = question.cotangents(), question.directions(0)
    yield from question.compared(
        label, question.derived_second, lambda: mode(question.subject, cotangents, along), cotangents, (along,), nondet_tol
    )


def by_both(question: Question) -> Iterator[Finding]:
    """Judge the derivative of a backward by its cotangent, which a backward that is differentiated has too.

    A backward's own backward is told that both are asked for, so that by the inputs is judged again, where it is another.
    """
    along, cotangents = question.directions(0), question.cotangents()
    both = cache(lambda: modes.reverse_by_both(question.subject, cotangents, along))
    yield from question.compared(
        "reverse over reverse by the cotangent", question.derived_forward, lambda: question.by_output(both()[1]), None, (along,)
    )
    label = "reverse over reverse, asked for by the cotangent too,"
    alone = partial(modes.reverse_over_reverse, question.subject, cotangents, along)
    yield from _same_or_judged(question, label, lambda: both()[0], alone, cotangents, along)


def of_some(question: Question) -> Iterator[Finding]:
    """Judge reverse over reverse where some outputs, or some x̄, have no gradient: as if it were zero."""
    cotangents, along = question.cotangents(), question.directions(0)
    asked = [(undefined, label, along) for undefined, label in withholdings(len(cotangents))]
    asked += [(frozenset(), f"of the slopes by {name} alone", {name: along[name]}) for name in along if len(along) > 1]
    for undefined, label, moving in asked:
        given = zeroed(cotangents, undefined)
        still = {name: torch.zeros_like(value) for name, value in along.items()} | moving
        yield from _same_or_judged(
            question,
            f"reverse over reverse {label}",
            partial(modes.reverse_over_reverse, question.subject, cotangents, moving, undefined),
            partial(modes.reverse_over_reverse, question.subject, given, still),
            given,
            still,
        )


def _same_or_judged(
    question: Question,
    label: str,
    compute: Callable[[], Slopes],
    known: Callable[[], Slopes],
    cotangents: Tensors,
    along: Mapping[str, torch.Tensor],
) -> Iterator[Finding]:
    """Judge a second derivative, unless it is that which is *known*, to the bit."""
    got, other = attempted(label, question.subject.wrt, compute), attempted(label, question.subject.wrt, known)
    if isinstance(got, tuple) or isinstance(other, tuple) or not all_same(got, other):
        yield from question.compared(label, question.derived_second, compute, cotangents, (along,))


def forward_over_forward(question: Question) -> Iterator[Finding]:
    """Judge the second derivative of the outputs along u and ẋ."""
    first, other = question.directions(0), question.directions(1)
    yield from question.compared(
        "forward over forward",
        question.derived_second_forward,
        lambda: question.by_output(modes.forward_over_forward(question.subject, first, other)),
        None,
        (first, other),
    )
