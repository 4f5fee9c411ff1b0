"""How far two training runs may drift apart through rounding alone, and how far they did.

    1. One step θ' = θ − lr·g commits at most  s = lr·B + 2u·lr·(|g| + B) + u·|θ'|,  B the rounding bound of the gradient, u the
       unit roundoff (the product, and the difference, are rounded once each; lr is rounded to the format once).
    2. For a quadratic loss with Hessian H, exact steps from two points differ by (I − lr·H)(θ₁ − θ₂). Where 0 ≤ lr ≤ 2/λmax
       this is no longer than θ₁ − θ₂, in the Euclidean norm.
    3. So after k steps each run is within Σ ‖s‖₂ of the exact iterates, and two runs within the sum of both.

The gradient's size |g| is taken from the steps themselves, |θ' − θ|/lr.
"""

from __future__ import annotations

import numpy as np

from diffcheck.engines import Tensors
from diffcheck.errors import NotComparable
from diffcheck.oracle import bounds, format_of
from diffcheck.problems import hessian_matrix, is_quadratic, largest_stable_lr
from diffcheck.training.trajectory import Trajectory
from diffcheck.verification import as_floats


def drift_bound(trajectory: Trajectory, *, every: int = 1) -> np.ndarray:
    """Return, after each epoch, how far (in the Euclidean norm) rounding can have moved the run from the exact iterates.

    With *every* > 1 the gradient's bound is evaluated at every so-manieth epoch and the larger neighbour is used between,
    which presumes that it changes little from epoch to epoch.
    """
    _check_stable(trajectory)
    form = format_of(next(iter(trajectory.point.values())).dtype)
    limits = _gradient_bounds(trajectory, every)
    path = _flat(trajectory)
    gradients = np.abs(np.diff(path, axis=0)) / trajectory.lr
    steps = trajectory.lr * limits + 2 * form.unit * trajectory.lr * (gradients + limits) + form.unit * np.abs(path[1:])
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(steps, axis=1))])


def disagreement(first: Trajectory, second: Trajectory, *, every: int = 1) -> float:
    """Return the largest ‖θ₁ − θ₂‖₂ over the drift bound of both, over all epochs; at most 1 where rounding explains it."""
    alike = (first.problem, first.lr, first.epochs) == (second.problem, second.lr, second.epochs)
    if not alike or not _same_point(first.point, second.point):
        raise NotComparable(
            got="two different runs", wanted="one problem, lr, number of epochs, start and data", do="train both alike"
        )
    distance = np.linalg.norm(_flat(first) - _flat(second), axis=1)[1:]
    limit = (drift_bound(first, every=every) + drift_bound(second, every=every))[1:]
    return float(np.max(distance / limit))


def _same_point(first: Tensors, second: Tensors) -> bool:
    return all(np.array_equal(as_floats(first[name]), as_floats(second[name])) for name in first)


def _check_stable(trajectory: Trajectory) -> None:
    problem = trajectory.problem
    if not is_quadratic(problem) or _curves_downward(hessian_matrix(problem, trajectory.point)):
        raise NotComparable(
            got=f"the loss of {problem.name}",
            wanted="a loss that is quadratic in its parameters and curves upward: for any other no bound holds",
            do="compare gradients at single points instead",
        )
    limit = largest_stable_lr(problem, trajectory.point)
    if trajectory.diverged is not None or not 0 < trajectory.lr <= limit:
        raise NotComparable(
            got=f"lr {trajectory.lr:g}", wanted=f"a learning rate in (0, {limit:.4g}]", do="train with a smaller one"
        )


def _curves_downward(matrix: np.ndarray) -> bool:
    values = np.linalg.eigvalsh(matrix)
    return bool(values[0] < -len(values) * 2.0**-52 * np.max(np.abs(values)))  # below the rounding of eigvalsh itself


def _gradient_bounds(trajectory: Trajectory, every: int) -> np.ndarray:
    epochs = [*range(0, trajectory.epochs, every), trajectory.epochs]
    known = []
    for epoch in epochs:
        parameters = {name: values[epoch] for name, values in trajectory.parameters.items()}
        data = {name: value.double().cpu().numpy() for name, value in trajectory.point.items()}
        dtype = next(iter(trajectory.point.values())).dtype
        found = bounds(trajectory.problem.gradient, {**data, **parameters}, dtype=dtype).rounding
        known.append(np.concatenate([np.ravel(found[name]) for name in trajectory.problem.parameters]))
    places = np.searchsorted(epochs, np.arange(1, trajectory.epochs + 1), side="left")
    array = np.array(known)
    result: np.ndarray = np.maximum(array[places - 1], array[places])
    return result


def _flat(trajectory: Trajectory) -> np.ndarray:
    steps = len(trajectory.losses)
    return np.concatenate([values.reshape(steps, -1) for values in trajectory.parameters.values()], axis=1)
