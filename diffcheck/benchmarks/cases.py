"""What is timed: the gradient and one training epoch of a problem, by every engine that can, at a size of batch.

A case is timed only after its value passed the check. To keep that cheap at ten million examples, a batch repeats a block of at
most ten thousand: the exact gradient of a mean is that of the block, and the bound is that of the full length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import torch

from diffcheck.engines import Checked, Gradients, engine, names
from diffcheck.oracle import bounds
from diffcheck.problems import Problem, resized, to_torch
from diffcheck.training import LOOPS
from diffcheck.verification import Findings, compare, truth_of
from diffcheck.verification.batches import changed

BLOCK = 10_000
SIZES = (11, 1_000, 100_000, 10_000_000)


@dataclass(frozen=True)
class Case:
    """One engine at one size: a call to time, or the reason why there is none."""

    engine: str
    call: Callable[[], object] | None
    reason: str = ""


def timed_point(problem: Problem, n: int, dtype: str, device: str) -> dict[str, torch.Tensor]:
    """Return a batch of *n* examples: a drawn block, repeated."""
    resized(problem, **{problem.batch: n})  # refuses what does not fit into the memory
    point = to_torch(problem.point(0, **{problem.batch: min(n, BLOCK)}), dtype, device)
    return changed(problem, point, lambda value, axis: _repeated(value, axis, n))


def _repeated(value: torch.Tensor, axis: int, n: int) -> torch.Tensor:
    times = [1] * value.dim()
    times[axis] = -(-n // value.shape[axis])
    return value.repeat(times).narrow(axis, 0, n).contiguous()


def gradient_cases(problem: Problem, n: int, dtype: str, device: str) -> Iterator[Case]:
    """Return a case for every engine; one whose gradient fails the check is not timed, and says so."""
    point = timed_point(problem, n, dtype, device)
    judge = checker(problem, point, n)
    for name in names():
        chosen = engine(name)
        reason = chosen.supports(problem, dtype, device)
        if reason is None:
            findings = judge(chosen.inner.gradient(problem, point))
            reason = None if findings.ok else f"not timed, its gradient is wrong: {findings.worst}"
        yield Case(name, None if reason else gradient_call(chosen, problem, point), reason or "")


def gradient_call(chosen: Checked, problem: Problem, point: Mapping[str, torch.Tensor]) -> Callable[[], Gradients]:
    """Return a call of the engine without the check of its inputs, which is no part of its work and was made before."""
    return lambda: chosen.inner.gradient(problem, point)


def checker(problem: Problem, point: Mapping[str, torch.Tensor], n: int) -> Callable[[Gradients], Findings]:
    """Return the comparison with the exact gradient of the block, under the bounds of the whole batch."""
    whole = changed(problem, point, lambda value, axis: value.narrow(axis, 0, min(n, BLOCK)))
    if n % min(n, BLOCK):
        whole = dict(point)
    truth = truth_of(problem.gradient, whole)
    limits = bounds(problem.gradient, point, dtype=truth.form.name) if n > BLOCK else truth.limits
    return lambda gradients: compare(gradients, truth.widened(limits))


def epoch_cases(problem: Problem, n: int, dtype: str, device: str) -> Iterator[Case]:
    """Return a case for one training epoch: the autograd and optimizer loops, and the manual loop with every other engine."""
    point = timed_point(problem, n, dtype, device)
    for loop in ("autograd", "optimizer"):
        yield Case(f"{loop} loop", epoch_call(loop, "autograd", problem, point))
    for name in names():
        reason = engine(name).supports(problem, dtype, device)
        yield Case(f"manual loop, {name}", None if reason else epoch_call("manual", name, problem, point), reason or "")


def epoch_call(loop: str, name: str, problem: Problem, point: Mapping[str, torch.Tensor]) -> Callable[[], object]:
    """Return a call that makes one epoch; a learning rate of 0 keeps the parameters where the check was made."""
    steps = LOOPS[loop](problem, engine(name).inner, point, 0.0)
    return lambda: list(islice(steps, 1))
