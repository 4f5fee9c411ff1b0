"""The article's loops on the thermometer: where they arrive, when they diverge, and what they refuse."""

import math
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
import torch

from diffcheck import engines
from diffcheck.errors import DtypeMismatch, NonFiniteInput, ShapeMismatch, TrainingError, UnknownName, UnsupportedEngine
from diffcheck.problems import problem
from diffcheck.training import LOOPS, disagreement, drift_bound, train

ARTICLE = {"epochs": 5000, "lr": 1e-2, "scale": {"x": 0.1}}


@pytest.fixture(scope="module", params=["float64", "float32"])
def runs(request):
    return {loop: train("thermometer", loop=loop, dtype=request.param, **ARTICLE) for loop in LOOPS}


@pytest.mark.parametrize("loop", LOOPS)
def test_the_book_s_parameters_are_reached(runs, loop):
    run = runs[loop]
    assert (run.loop, run.epochs, run.diverged) == (loop, 5000, None)
    assert (run.parameters["w"][0], run.parameters["b"][0]) == (1.0, 0.0)
    assert round(float(run.final["w"]), 4) == 5.3671
    assert round(float(run.final["b"]), 4) == -17.3012
    assert round(run.loss, 4) == 2.9276
    assert len(run.losses) == len(run.parameters["w"]) == 5001
    assert "w = 5.3671, b = -17.3012, loss = 2.9276" in str(run)


def test_all_pairs_of_loops_agree_at_every_epoch(runs):
    for first, second in combinations(runs.values(), 2):
        assert disagreement(first, second, every=100) <= 1


def test_the_distance_to_the_exact_optimum_shrinks_as_the_curvature_says(runs):
    # ‖θ_k − θ*‖ ≤ ρ^k·‖θ_0 − θ*‖ + rounding, with ρ = max |1 − lr·λ| over the eigenvalues λ of the Hessian.
    run = runs["autograd"]
    x = run.point["x"].double().numpy()
    curvature = 2 / len(x) * np.array([[np.sum(x**2), np.sum(x)], [np.sum(x), len(x)]])
    shrinking = np.max(np.abs(1 - run.lr * np.linalg.eigvalsh(curvature)))
    path = np.stack([run.parameters["w"], run.parameters["b"]], axis=1)
    distance = np.linalg.norm(path - optimum(run.point), axis=1)
    assert (distance <= shrinking ** np.arange(5001) * distance[0] + drift_bound(run, every=100)).all()


def optimum(point):
    """Solve the normal equations for the line through *point*, in rational numbers."""
    x, y = ([Fraction(value) for value in point[name].double().tolist()] for name in "xy")
    n, sx, sy = len(x), sum(x), sum(y)
    w = (n * sum(a * b for a, b in zip(x, y, strict=True)) - sx * sy) / (n * sum(a * a for a in x) - sx * sx)
    return np.array([float(w), float((sy - w * sx) / n)])


def test_the_optimum_is_the_rational_one_that_the_decimal_data_have():
    x = [Fraction(str(value)) / 10 for value in problem("thermometer").fixed["x"]]
    y = [Fraction(str(value)) for value in problem("thermometer").fixed["y"]]
    w, b = Fraction(760375, 141657), Fraction(-2451344, 141657)
    errors = [w * a + b - c for a, c in zip(x, y, strict=True)]
    assert sum(errors) == sum(error * a for error, a in zip(errors, x, strict=True)) == 0
    assert (round(float(w), 4), round(float(b), 4)) == (5.3677, -17.3048)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("loop", LOOPS)
def test_raw_inputs_diverge_and_the_run_says_when(loop, dtype):
    run = train("thermometer", epochs=5000, lr=1e-2, loop=loop, dtype=dtype)
    assert run.diverged is not None
    assert 1 < run.diverged.epoch == run.epochs < 200
    assert str(run.diverged) in str(run)
    assert f"diverged at epoch {run.epochs}" in str(run)
    assert np.isfinite(run.losses[:-1]).all()
    assert not np.isfinite(run.losses[-1])
    assert all(np.isfinite(values[:-1]).all() for values in run.parameters.values())


@pytest.mark.parametrize("engine", [name for name in engines.names() if not name.startswith("compiled")])
def test_every_engine_diverges_without_a_warning(engine):
    assert train("thermometer", engine, epochs=200, lr=1e-2).diverged is not None


def test_a_start_of_infinite_loss_takes_no_step():
    run = train("thermometer", epochs=3, lr=1e-2, scale={"x": 1e200})
    assert run.diverged is not None
    assert (run.diverged.epoch, run.epochs) == (0, 0)
    assert "diverged at epoch 0: the loss is no longer finite" in str(run)


def test_random_problems_are_drawn_from_the_seed():
    first, again, other = (train("two-layer-network", epochs=3, lr=1e-2, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first.losses, again.losses)
    assert not np.array_equal(first.losses, other.losses)
    assert first.losses[-1] < first.losses[0]
    assert first.parameters["W"].shape == (4, 16, 8)


def test_progress_is_told_every_epoch():
    seen = []
    train("thermometer", epochs=4, lr=1e-2, scale={"x": 0.1}, progress=seen.append)
    assert seen == [1, 2, 3, 4]


def test_an_engine_of_one_s_own_can_train():
    run = train("thermometer", engines.engine("handwritten").inner, epochs=2, lr=1e-2)
    assert run.engine == "handwritten"


def test_the_engine_named_is_the_one_that_computes():
    assert train("thermometer", "numpy", epochs=1, lr=1e-2).engine == "numpy"
    assert train("thermometer", "numpy", epochs=1, lr=1e-2, loop="optimizer").engine == "autograd"


def test_training_leaves_the_problem_s_data_alone():
    line = problem("thermometer")
    before = {name: value.copy() for name, value in {**line.fixed, **line.start}.items()}
    run = train(line, epochs=2, lr=1e-2)
    for value in run.point.values():
        value.mul_(0)
    assert all(np.array_equal(value, before[name]) for name, value in {**line.fixed, **line.start}.items())


@pytest.mark.parametrize(
    ("arguments", "wrong", "says"),
    [
        ({"problem": "thermometre"}, UnknownName, "did you mean 'thermometer'"),
        ({"engine": "autogrd"}, UnknownName, "did you mean 'autograd'"),
        ({"loop": "optimiser"}, UnknownName, "did you mean 'optimizer'"),
        ({"dtype": "float46"}, UnknownName, "'float64'"),
        ({"scale": {"X": 0.1}}, UnknownName, "got 'X', wanted the name of a known input to scale; choose one of: b, w, x, y"),
        ({"epochs": 0}, TrainingError, "epochs=0"),
        ({"epochs": -3}, TrainingError, "epochs=-3"),
        ({"epochs": 2.5}, TrainingError, "a whole number of epochs"),
        ({"lr": math.nan}, TrainingError, "lr=nan"),
        ({"lr": math.inf}, TrainingError, "lr=inf"),
        ({"lr": 0.0}, TrainingError, "a finite learning rate above 0"),
        ({"lr": -1e-2}, TrainingError, "lr=-0.01"),
        ({"scale": {"x": math.nan}}, NonFiniteInput, "x[0]"),
        ({"scale": {"x": 1e5}, "dtype": "float16"}, NonFiniteInput, "inf at x"),
    ],
)
@pytest.mark.parametrize("loop", LOOPS)
def test_bad_settings_are_refused(loop, arguments, wrong, says):
    given = {"problem": "thermometer", "loop": loop, "epochs": 2, "lr": 1e-2, **arguments}
    with pytest.raises(wrong) as caught:
        train(**given)
    assert says in str(caught.value)
    assert all(word in str(caught.value) for word in ("got ", "wanted ", "; "))


def test_an_engine_that_cannot_compute_this_is_refused_by_the_loop_that_asks_it():
    with pytest.raises(UnsupportedEngine, match=r"'numpy' for thermometer in bfloat16 on cpu.*NumPy has no bfloat16"):
        train("thermometer", "numpy", epochs=2, lr=1e-2, dtype="bfloat16")


class Spoiling:
    """An engine that returns what *spoil* makes of each gradient."""

    def __init__(self, spoil):
        self.name, self.spoil = "spoiling", spoil

    def supports(self, problem, dtype, device):
        return None

    def gradient(self, problem, point):
        right = engines.engine("autograd").gradient(problem, point)
        return {name: self.spoil(value) for name, value in right.items()}


def test_an_engine_that_returns_nan_is_a_divergence():
    run = train("thermometer", Spoiling(lambda value: value * math.nan), epochs=3, lr=1e-2)
    assert str(run.diverged) == "diverged at epoch 1: parameter w is no longer finite"


@pytest.mark.parametrize(
    ("spoil", "wrong"),
    [(lambda value: value[None], ShapeMismatch), (lambda value: value.to(torch.complex128), DtypeMismatch)],
    ids=["another shape", "another dtype"],
)
def test_an_engine_that_returns_another_kind_of_tensor_is_refused_at_the_next_step(spoil, wrong):
    checked = engines.Checked(Spoiling(spoil))
    with pytest.raises(wrong):
        train("thermometer", checked, epochs=3, lr=1e-2)
