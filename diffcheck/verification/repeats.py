"""The judge of one gradient at one point, asked about it again and again: what was found right once is not judged twice."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import torch

from diffcheck.verification.alone import all_same, labelled, some_at_a_time, withholdings, zeroed
from diffcheck.verification.attempting import attempted
from diffcheck.verification.comparison import Truth, compare, truth_of
from diffcheck.verification.differentiating import Way
from diffcheck.verification.findings import Finding
from diffcheck.verification.guarding import guarded, overwritten
from diffcheck.verification.layouts import drawn
from diffcheck.verification.modes import Slopes, reverse, reverse_again
from diffcheck.verification.subjects import Subject, Tensors


@dataclass
class Judge:
    """The judge of one subject: the exact gradient by cotangent, and what was judged to be right of each."""

    subject: Subject
    way: Way
    truths: dict[Tensors, Truth] = field(default_factory=dict)
    known: dict[Tensors, Slopes] = field(default_factory=dict)

    def findings(self, cotangents: Tensors, label: str) -> list[Finding]:
        """Return the findings for *cotangents*; values that were judged before, to the bit, are not judged again."""
        key = self._key(cotangents)

        def compute() -> Slopes:
            return asked_per_unit(self.subject, self.way, cotangents)

        got, changes = guarded(self.subject.handed(cotangents), lambda: attempted("the backward", self.subject.wrt, compute))
        if isinstance(got, tuple):
            found: Sequence[Finding] = got
        elif key in self.known and all_same(got, self.known[key]):
            found = ()
        else:
            found = self.judged(got, key)
            self.known.setdefault(key, got)
        return [labelled(item, label) for item in (*found, *overwritten(changes))]

    def alone(self, seed: int) -> Iterator[Finding]:
        """Return the findings where of several names one alone requires grad, or all but one."""
        if len(self.subject.wrt) < 2:
            return
        key = next(iter(self.known), None)
        cotangents = key if key is not None else self._key(drawn(outputs_without_graph(self.subject), seed))
        truth = self.truth(cotangents, self._point(cotangents))
        known = self.known.get(cotangents, {})
        yield from some_at_a_time(self.subject, lambda single: self.way(single, cotangents), truth, known)

    def undefined(self, seed: int) -> Iterator[Finding]:
        """Return the findings where some of several outputs have no gradient, and this is not taken for one of zero."""
        cotangents = drawn(outputs_without_graph(self.subject), seed)
        for places, label in withholdings(len(cotangents)):
            given = zeroed(cotangents, places)
            zeros = attempted("the backward", self.subject.wrt, partial(reverse, self.subject, given))
            got = attempted("the backward", self.subject.wrt, partial(reverse, self.subject, cotangents, places))
            if isinstance(got, tuple):
                yield from (labelled(item, label) for item in got)
            elif isinstance(zeros, tuple) or not all_same(got, zeros):
                yield from (labelled(item, label) for item in self.judged(got, given))

    def recorded(self, seed: int) -> Iterator[Finding]:
        """Return the findings where the backward is recorded for a second derivative, and gives other values for that.

        What raises there is no fault of a first derivative.
        """
        cotangents = drawn(outputs_without_graph(self.subject), seed) if self.subject.cotangents else ()
        once, got = (
            attempted("the backward", self.subject.wrt, partial(reverse, self.subject, cotangents, create_graph=recorded))
            for recorded in (False, True)
        )
        if not isinstance(once, tuple) and not isinstance(got, tuple) and not all_same(got, once):
            yield from (labelled(item, "with create_graph=True") for item in self.judged(got, cotangents))

    def again(self, seed: int) -> Iterator[Finding]:
        """Return the findings on the second pass through one graph, where it gives other values than a first."""
        # 0 and 1 show no factor that is multiplied in twice.
        telling = (key for key in self.known if key and not all(bool(((part == 0) | (part == 1)).all()) for part in key))
        outputs = outputs_without_graph(self.subject)
        given = drawn(outputs, seed) if self.subject.cotangents else tuple(torch.full_like(output, -2.0) for output in outputs)
        cotangents = next(telling, given)
        key = self._key(cotangents)

        def compute() -> Slopes:
            return asked_per_unit(self.subject, reverse_again, cotangents)

        got, _ = guarded(self.subject.handed(cotangents), lambda: attempted("the backward again", self.subject.wrt, compute))
        if isinstance(got, tuple):
            yield from got
        elif key not in self.known or not all_same(got, self.known[key]):
            note = "the second time through the same graph"
            yield from (labelled(item, note) for item in self.judged(got, key))

    def judged(self, got: Slopes, cotangents: Tensors) -> tuple[Finding, ...]:
        """Return the findings on *got* as the gradient for *cotangents*; per unit for none."""
        return compare(got, self.truth(cotangents, self._point(cotangents))).items

    def truth(self, key: Tensors, point: Mapping[str, torch.Tensor]) -> Truth:
        """Return the exact gradient for the cotangents *key* at *point*."""
        if key not in self.truths:
            by_slope = bool(key) and not self.subject.cotangents
            known = self.truth((), point).scaled(float(key[0])) if by_slope else truth_of(self.subject.gradient, point)
            self.truths[key] = known
        return self.truths[key]

    def _key(self, cotangents: Tensors) -> Tensors:
        return cotangents if self.subject.cotangents or not _is_power_of_2(cotangents) else ()  # judged per unit

    def _point(self, cotangents: Tensors) -> dict[str, torch.Tensor]:
        return self.subject.point() | dict(zip(self.subject.cotangents, cotangents, strict=bool(self.subject.cotangents)))


def outputs_without_graph(subject: Subject) -> tuple[torch.Tensor, ...]:
    """Return the outputs of *subject*, without any graph."""
    with torch.no_grad():
        return subject.call({})


def _is_power_of_2(cotangents: Tensors) -> bool:
    """Say whether a scalar's cotangent, if there is one, divides without rounding."""
    return all(value.numel() == 1 and abs(math.frexp(float(value))[0]) == 0.5 for value in cotangents)


def asked_per_unit(subject: Subject, way: Way, cotangents: Tensors) -> Slopes:
    """Return what *way* gives for *cotangents*, `per_unit`."""
    # Of what the cotangent was: a backward that changes it would else be divided by its own change.
    before = tuple(value.clone() for value in cotangents)
    return per_unit(subject, way(subject, cotangents), before)


def per_unit(subject: Subject, slopes: Slopes, cotangents: tuple[torch.Tensor, ...]) -> Slopes:
    """Return the *slopes* of a single scalar output divided by its cotangent, a power of 2, so that nothing is rounded."""
    if subject.cotangents or not cotangents or not _is_power_of_2(cotangents):
        return slopes
    return {name: None if value is None else value / cotangents[0] for name, value in slopes.items()}
