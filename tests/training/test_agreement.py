"""Runs agree inside a bound that is derived, and a run that went wrong by little leaves it."""

from dataclasses import replace
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
import torch

from diffcheck import engines
from diffcheck.errors import NonFiniteInput, NotComparable
from diffcheck.problems import largest_stable_lr, problem, scaled, to_torch
from diffcheck.training import LOOPS, disagreement, drift_bound, train
from diffcheck.training.loops import manual

EAGER = [name for name in engines.names() if not name.startswith("compiled")]
DTYPES = ["float64", "float32"]


def thermometer_run(**changes):
    return train("thermometer", **{"epochs": 40, "lr": 1e-2, "scale": {"x": 0.1}, **changes})


def exact_path(run):
    """Return the iterates of exact gradient descent on a line, in rational numbers, from the very data of *run*."""
    x, y = ([Fraction(value) for value in run.point[name].double().tolist()] for name in "xy")
    w, b, lr = Fraction(float(run.point["w"])), Fraction(float(run.point["b"])), Fraction(run.lr)
    path = [(w, b)]
    for _ in range(run.epochs):
        errors = [w * a + b - c for a, c in zip(x, y, strict=True)]
        slope = 2 * sum(error * a for error, a in zip(errors, x, strict=True)) / len(x)
        w, b = w - lr * slope, b - lr * 2 * sum(errors) / len(x)
        path.append((w, b))
    return path


def distances(run):
    reached = zip(run.parameters["w"].tolist(), run.parameters["b"].tolist(), strict=True)
    errors = [(Fraction(w) - u, Fraction(b) - v) for (w, b), (u, v) in zip(reached, exact_path(run), strict=True)]
    return np.array([float(dw**2 + db**2) ** 0.5 for dw, db in errors])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("loop", LOOPS)
def test_a_run_stays_within_its_bound_of_exact_gradient_descent(loop, dtype):
    run = thermometer_run(loop=loop, dtype=dtype)
    assert (distances(run) <= drift_bound(run)).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("engine", EAGER)
def test_every_engine_in_the_manual_loop_stays_within_the_bound(engine, dtype):
    run = thermometer_run(engine=engine, dtype=dtype)
    assert (distances(run) <= drift_bound(run)).all()
    assert disagreement(run, thermometer_run(loop="optimizer", dtype=dtype)) <= 1


def test_a_bound_that_is_evaluated_at_few_epochs_is_near_the_one_evaluated_at_all():
    run = thermometer_run(epochs=300)
    every, few = drift_bound(run), drift_bound(run, every=50)
    assert every[0] == few[0] == 0
    assert (every <= few).all()
    assert (few <= 1.5 * every).all()


@pytest.mark.parametrize("name", ["linear-regression", "polynomial-regression"])
def test_the_loops_agree_on_other_quadratic_losses(name):
    runs = [train(name, epochs=20, lr=1e-2, loop=loop) for loop in LOOPS]
    assert all(disagreement(first, second) <= 1 for first, second in combinations(runs, 2))


class TooLarge:
    """autograd's gradient times 1 + 1e-9, which no test by finite differences can see."""

    name = "too large"

    def supports(self, problem, dtype, device):
        return None

    def gradient(self, problem, point):
        right = engines.engine("autograd").gradient(problem, point)
        return {name: value * (1 + 1e-9) for name, value in right.items()}


def test_a_gradient_too_large_by_1e_9_leaves_the_bound():
    right, wrong = thermometer_run(), thermometer_run(engine=TooLarge())
    assert disagreement(right, wrong) > 1000
    assert not (distances(wrong) <= drift_bound(wrong)).all()


def dropping_a_step(problem, engine, point, lr):
    for epoch, parameters in enumerate(manual(problem, engine, point, lr)):
        if epoch != 7:
            yield parameters


def in_float32(problem, engine, point, lr):
    for parameters in manual(problem, engine, point, lr):
        yield {name: value.float().double() for name, value in parameters.items()}


def keeping_momentum(problem, engine, point, lr):
    leaves = {name: point[name].clone().requires_grad_() for name in problem.parameters}
    descent = torch.optim.SGD(list(leaves.values()), lr=lr, momentum=1e-9)
    while True:
        descent.zero_grad()
        problem.loss(**{**point, **leaves}).backward()
        descent.step()
        yield {name: value.detach().clone() for name, value in leaves.items()}


@pytest.mark.parametrize("wrong", [dropping_a_step, in_float32, keeping_momentum])
def test_a_wrong_loop_leaves_the_bound(wrong, monkeypatch):
    monkeypatch.setitem(LOOPS, "wrong", wrong)
    assert disagreement(thermometer_run(), thermometer_run(loop="wrong")) > 100


def test_a_run_with_nan_is_not_in_agreement():
    run = thermometer_run()
    spoilt = replace(run, parameters={**run.parameters, "w": run.parameters["w"] * np.nan})
    with pytest.raises(NonFiniteInput, match="nan at w"):
        disagreement(run, spoilt)


@pytest.mark.parametrize(
    "changes",
    [
        {"lr": 2e-2},
        {"epochs": 41},
        {"scale": {"x": 0.2}},
        {"dtype": "float32"},  # its data are rounded, so its exact iterates are others
        {"problem": "linear-regression", "scale": {}},
    ],
)
def test_runs_that_are_not_alike_are_not_compared(changes):
    other = train(**{"problem": "thermometer", "epochs": 40, "lr": 1e-2, "scale": {"x": 0.1}, **changes})
    with pytest.raises(NotComparable, match=r"one problem, lr, number of epochs, start and data"):
        disagreement(thermometer_run(), other)


def test_runs_above_the_stable_learning_rate_have_no_bound():
    with pytest.raises(NotComparable, match=r"learning rate in \(0, 0.03298\]"):
        drift_bound(thermometer_run(lr=0.033, epochs=10))
    with pytest.raises(NotComparable, match=r"got lr 0\.01"):
        drift_bound(train("thermometer", epochs=200, lr=1e-2))


@pytest.mark.parametrize("name", ["logistic-regression", "two-layer-network"])
def test_losses_that_are_not_quadratic_have_no_bound(name):
    with pytest.raises(NotComparable, match=f"the loss of {name}"):
        drift_bound(train(name, epochs=2, lr=1e-2))


def test_a_loss_that_curves_downward_has_no_bound():
    with pytest.raises(NotComparable, match="curves upward"):
        drift_bound(train(scaled(problem("thermometer"), -1.0), epochs=2, lr=1e-2))


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("scale", [0.1, 1.0])
def test_the_largest_stable_learning_rate_has_convergence_below_and_divergence_above(loop, scale):
    line = problem("thermometer")
    limit = largest_stable_lr(line, to_torch({**line.start, **line.fixed, "x": line.fixed["x"] * scale}))
    below = train(line, epochs=300, lr=limit * 0.99, loop=loop, scale={"x": scale})
    above = train(line, epochs=300, lr=limit * 1.01, loop=loop, scale={"x": scale})
    assert (np.diff(below.losses) < 0).all()
    assert above.losses[-1] > above.losses[0]
    assert (np.diff(above.losses[-100:]) > 0).all()
    assert train(line, epochs=40_000, lr=limit * 1.5, loop=loop, scale={"x": scale}).diverged is not None
