"""Where a training run went: the parameters and the loss of every epoch, and whether it diverged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch

from diffcheck.engines import Engine, Tensors, find_engine
from diffcheck.errors import UnknownName
from diffcheck.oracle import prepare
from diffcheck.problems import Problem, find_problem, to_torch
from diffcheck.problems.requests import checked_seed
from diffcheck.training.loops import loop as loop_called
from diffcheck.training.settings import checked_epochs, checked_lr, checked_scale


@dataclass(frozen=True)
class Diverged:
    """The first epoch after which a parameter or the loss was not finite, and which."""

    epoch: int
    what: str

    def __str__(self) -> str:
        return f"diverged at epoch {self.epoch}: {self.what}"


@dataclass(frozen=True)
class Trajectory:
    """The parameters after 0, 1, 2, … epochs (one array each, epochs first), the losses there, and how it ended."""

    problem: Problem
    loop: str
    engine: str
    lr: float
    point: Tensors
    parameters: Mapping[str, np.ndarray]
    losses: np.ndarray
    diverged: Diverged | None

    @property
    def epochs(self) -> int:
        """The number of steps taken."""
        return len(self.losses) - 1

    @property
    def final(self) -> dict[str, np.ndarray]:
        """The last parameters that were reached."""
        return {name: values[-1] for name, values in self.parameters.items()}

    @property
    def loss(self) -> float:
        """The loss at the last parameters."""
        return float(self.losses[-1])

    def __str__(self) -> str:
        reached = ", ".join(f"{name} = {np.array2string(value, precision=4)}" for name, value in self.final.items())
        end = str(self.diverged) if self.diverged is not None else f"{reached}, loss = {self.loss:.4f}"
        return f"{self.loop} loop with {self.engine}, lr {self.lr:g}, {self.epochs} epochs: {end}"


def train(  # noqa: PLR0913  # every setting of a run, by keyword
    problem: Problem | str,
    engine: Engine | str = "generated",
    *,
    epochs: int,
    lr: float,
    loop: str = "manual",
    scale: Mapping[str, float] | None = None,
    dtype: str = "float64",
    device: str = "cpu",
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> Trajectory:
    """Return the path of θ ← θ − lr·∂L/∂θ over *epochs* steps on all of the problem's data.

    The data are the problem's own where it has some, else a point drawn from *seed*; *scale* multiplies inputs by name, as in
    ``scale={"x": 0.1}``. *problem* and *engine* are named, or are such objects themselves. *loop* is "manual" (the gradient
    of the engine), "autograd" or "optimizer". A run that leaves the finite numbers stops there, and says so in
    `Trajectory.diverged`. *progress* is called with each epoch's number.
    """
    epochs, lr, seed = checked_epochs(epochs), checked_lr(lr), checked_seed(seed)
    problem, engine, take = find_problem(problem), find_engine(engine), loop_called(loop)
    point = starting_point(problem, checked_scale(scale), dtype, device, seed)
    steps = take(problem, engine, point, lr)
    path = [{name: point[name] for name in problem.parameters}]
    losses = [_loss(problem, point, path[0])]
    diverged = _not_finite(0, path[0], losses[0])
    for epoch, parameters in enumerate(islice(steps, 0 if diverged else epochs), start=1):
        path.append(parameters)
        losses.append(_loss(problem, point, parameters))
        diverged = _not_finite(epoch, parameters, losses[-1])
        if progress is not None:
            progress(epoch)
        if diverged is not None:
            break
    arrays = {name: np.array([step[name].double().cpu().numpy() for step in path]) for name in problem.parameters}
    asked = engine.name if loop == "manual" else "autograd"
    return Trajectory(problem, loop, asked, lr, point, arrays, np.array(losses), diverged)


def starting_point(problem: Problem, scale: Mapping[str, float], dtype: str, device: str, seed: int) -> dict[str, torch.Tensor]:
    """Return the data with the parameters that training starts from; refuse what is not finite in *dtype*."""
    drawn = problem.point(seed) if not problem.fixed else {}
    values = {**drawn, **problem.fixed, **problem.start}
    for name in scale:
        if name not in values:
            raise UnknownName.among("input to scale", str(name), values)
    point = to_torch({name: values[name] * scale.get(name, 1.0) for name in problem.inputs}, dtype, device)
    prepare(problem.program, point)
    return point


def _loss(problem: Problem, point: Tensors, parameters: Mapping[str, torch.Tensor]) -> float:
    with torch.no_grad():
        return float(problem.loss(**{**point, **parameters}))


def _not_finite(epoch: int, parameters: Mapping[str, torch.Tensor], loss: float) -> Diverged | None:
    for name, value in parameters.items():
        if not bool(torch.isfinite(value).all()):
            return Diverged(epoch, f"parameter {name} is no longer finite")
    return None if np.isfinite(loss) else Diverged(epoch, "the loss is no longer finite")
