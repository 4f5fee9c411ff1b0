"""Does this training loop take the steps of gradient descent? If not: at which epoch it goes wrong, and why.

The loop is called as ``loop(epochs, lr, params, x, y)`` with the parameters in one tensor, as in the article: first with one
that requires grad, and where that fails with one that does not. It may return the parameters as a tensor, an array, a tuple
or a list (what follows them there is left unread) or a mapping, or train the tensor in place. A loop that reads its data or
its learning rate from outside is found out by handing it others. Like a function, it is judged in float64.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from diffcheck.notation import Role
from diffcheck.problems import Problem
from diffcheck.training.agreement import drift_bound
from diffcheck.training.loop_text import cause_of, globals_read
from diffcheck.training.trajectory import Trajectory, train
from diffcheck.verification import as_floats
from diffcheck.verification.calling import Unusable, array_of, quietly
from diffcheck.verification.judging import Judged

_EPOCHS = 3


@dataclass(frozen=True)
class _Case:
    """A number of epochs on some data, the path that our own loop takes there, and how far rounding may lead away from it."""

    epochs: int
    data: str
    path: Trajectory
    limits: np.ndarray

    def given(self, *, tracked: bool) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """Return the parameters in one tensor, and the data, in memory of their own."""
        problem, point = self.path.problem, self.path.point
        params = torch.cat([point[name].reshape(-1) for name in problem.parameters]).requires_grad_(tracked)
        names = (*problem.program.named(Role.DATA), *problem.program.named(Role.TARGET))
        return params, [point[name].clone() for name in names]

    def reached(self, values: np.ndarray, steps: int) -> bool:
        """Say whether *values* are the parameters after so many *steps*, inside the rounding of both runs."""
        exact = np.concatenate([self.path.parameters[name][steps].reshape(-1) for name in self.path.problem.parameters])
        distance = float(np.linalg.norm(values - exact))
        # Our own sums are pairwise; a sum in any other order may be off by its length instead.
        length = max(value.numel() for value in self.path.point.values())
        return distance <= (1 + length) * float(self.limits[steps])


def judge_loop(loop: Callable[..., Any], problem: Problem, *, lr: float = 1e-2, scale: float = 0.1) -> Judged:
    """Return whether *loop* reaches, after 1, 2 and 3 epochs, the parameters that gradient descent reaches on *problem*.

    The data are the problem's own, multiplied by *scale*, with the learning rate *lr*, then drawn ones with lr/2. *problem* is
    one whose loss is quadratic in its parameters: for others no bound on the rounding of a run is known.
    """
    subject = getattr(loop, "__name__", repr(loop))
    foreign = globals_read(loop)
    reads = f"it reads the globals {', '.join(foreign)}, so its result depends on what they happen to hold" if foreign else ""
    cases = list(_cases(problem, lr, scale))
    failures = [_first_failure(loop, cases, tracked=tracked) for tracked in (True, False)]
    if None in failures:
        return Judged(subject, True)
    # A loop made for tensors that do not require grad raises at others: then the failure at its own kind tells more.
    case, message, raised = min((failure for failure in failures if failure is not None), key=lambda failure: failure[2])
    message += cause_of(loop, message) if raised else ""
    return Judged(subject, False, "; ".join(filter(None, (message, reads))), {"epochs": case.epochs, "lr": case.path.lr})


def _cases(problem: Problem, lr: float, scale: float) -> Iterator[_Case]:
    factors = dict.fromkeys(problem.program.named(Role.DATA), scale)
    own = train(problem, "autograd", epochs=_EPOCHS + 1, lr=lr, scale=factors)
    other = train(replace(problem, fixed={}, start={}), "autograd", epochs=_EPOCHS + 1, lr=lr / 2, seed=1)
    for path, data in ((own, ""), (other, ", given other data and another learning rate,")):
        limits = drift_bound(path)
        for epochs in range(1, _EPOCHS + 1):
            yield _Case(epochs, data, path, limits)


def _first_failure(loop: Callable[..., Any], cases: list[_Case], *, tracked: bool) -> tuple[_Case, str, bool] | None:
    """Return the first case at which *loop* goes wrong, what goes wrong, and whether it raised."""
    for case in cases:
        params, data = case.given(tracked=tracked)
        before = [params.detach().clone(), *(value.clone() for value in data)]
        try:
            result = quietly(loop, case.epochs, case.path.lr, params, *data)
        except Unusable as reason:
            return case, f"at epoch {case.epochs} {reason}", True
        if any(not torch.equal(now, then) for now, then in zip(data, before[1:], strict=True)):
            return case, "it changes the data, which belong to its caller", False
        message = _wrong(result, params.detach(), before[0], case)
        if message:
            return case, message, False
    return None


def _wrong(result: Any, params: torch.Tensor, start: torch.Tensor, case: _Case) -> str:
    try:
        candidates = [values for values in _returned(result, case.path.problem) if values.size == start.numel()]
    except Unusable as reason:
        return str(reason)
    if not candidates and torch.equal(params, start):
        what = "nothing" if result is None else f"a {type(result).__name__} that does not hold the parameters"
        return f"it returns {what}, so the trained parameters are lost when it ends"
    losses = isinstance(result, list) and all(isinstance(value, float) for value in result)
    if not candidates or losses:
        candidates.append(as_floats(params))  # they were trained in place
    for steps in (case.epochs, *range(_EPOCHS + 2)):
        if any(case.reached(values, steps) for values in candidates):
            miscounted = f"asked for {_counted(case.epochs, 'epoch')}, it takes {_counted(steps, 'step')}"
            return "" if steps == case.epochs else miscounted
    return f"after {_counted(case.epochs, 'epoch')}{case.data} its parameters are not those of gradient descent"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _returned(result: Any, problem: Problem) -> Iterator[np.ndarray]:
    """Return what may be the parameters in *result*, flattened: all of it, or what a tuple or list begins with."""
    if isinstance(result, Mapping):
        result = [result[name] for name in problem.parameters if name in result]
    if isinstance(result, (torch.Tensor, np.ndarray)):
        result = [result]
    if not isinstance(result, (list, tuple)):
        return
    flat = np.zeros(0)
    for part in result:
        try:
            flat = np.concatenate([flat, array_of(part).reshape(-1)])
        except Unusable:
            if not flat.size:
                raise
            return
        yield flat
