"""x̄(s·ō) = s·x̄(ō) for large and small s: a backward that clips, rounds or swallows its cotangent is right for some alone.

A power of 2 commutes with rounding, so a right backward gives s times the same bits, and nothing is judged anew. What
underflows on its way, or is not the same to the bit in any two runs, is judged by the exact gradient for s·ō.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch

from diffcheck.verification.alone import labelled, same
from diffcheck.verification.attempting import attempted
from diffcheck.verification.findings import Finding
from diffcheck.verification.guarding import guarded
from diffcheck.verification.layouts import drawn
from diffcheck.verification.modes import Slopes
from diffcheck.verification.repeats import Judge, outputs_without_graph
from diffcheck.verification.subjects import Tensors

# Of either sign, rounded to no narrower format, neither cut off nor swallowed.
# The last two might lead float16 out of its range.
_SLOPES = (-2.0, 0.3, 2.0**-10, 2.0**10)
_POWER, _POWER_OF_FLOAT16 = 10, 4


def linearity_findings(judge: Judge, seed: int) -> Iterator[Finding]:
    """Return the findings for cotangents large and small, where the backward is not linear in them to the bit."""
    outputs = outputs_without_graph(judge.subject)
    narrow = any(output.dtype is torch.float16 for output in outputs)
    if not judge.subject.cotangents:
        for slope in _SLOPES[: 2 if narrow else None]:
            yield from judge.findings((torch.full_like(outputs[0], slope),), f"for the cotangent {slope:g}")
        return
    cotangents = drawn(outputs, seed)
    once, power = _slopes(judge, cotangents), _POWER_OF_FLOAT16 if narrow else _POWER
    if not isinstance(once, tuple):  # what fails for all is told already
        yield from _of_power(judge, cotangents, once, power)
        yield from _of_power(judge, cotangents, once, -power)


def _of_power(judge: Judge, cotangents: Tensors, once: Slopes, power: int) -> Iterator[Finding]:
    given = tuple(value * 2.0**power for value in cotangents)
    got, label = _slopes(judge, given), f"for a cotangent 2^{power} times as large"
    if isinstance(got, tuple):
        yield from (labelled(item, label) for item in got)
    elif any(_overflows(got.get(name), value) for name, value in once.items()):
        # What a right backward makes on its way may be too large for the format, where its result is not.
        if abs(power) > 1:
            yield from _of_power(judge, cotangents, once, int(power / 2))
    elif not all(same(got.get(name), None if value is None else value * 2.0**power) for name, value in once.items()):
        yield from (labelled(item, label) for item in judge.judged(got, given))


def _slopes(judge: Judge, cotangents: Tensors) -> Slopes | tuple[Finding, ...]:
    given = tuple(value.clone() for value in cotangents)
    compute = partial(judge.way, judge.subject, given)
    return guarded(judge.subject.handed(given), lambda: attempted("the backward", judge.subject.wrt, compute))[0]


def _overflows(got: torch.Tensor | None, once: torch.Tensor | None) -> bool:
    if got is None or once is None or got.shape != once.shape:
        return False
    return bool((once.isfinite() & ~got.isfinite()).any())
