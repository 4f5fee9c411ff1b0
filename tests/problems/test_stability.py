"""The Hessian and the largest stable learning rate, beside an independent computation."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from diffcheck import problems
from diffcheck.errors import PointError
from diffcheck.notation import parse
from diffcheck.problems import Problem, hessian_matrix, is_quadratic, largest_stable_lr, problem, scaled, to_torch

_values = st.lists(st.integers(-50, 50).map(lambda number: number / 8), min_size=2, max_size=20)


def at(x):
    return {"w": 1.0, "b": 0.0, "x": np.asarray(x, dtype=np.float64), "y": np.zeros(len(x))}


@given(_values)
def test_the_thermometer_s_hessian_is_that_of_the_normal_equations(x):
    # ∂²L/∂(w, b)² = (2/n)·[[Σx², Σx], [Σx, n]], in rational numbers, rounded once.
    exact = [Fraction(value) for value in x]
    n = len(exact)
    cells = [[sum(value * value for value in exact), sum(exact)], [sum(exact), n]]
    wanted = [[float(2 * Fraction(cell) / n) for cell in row] for row in cells]
    assert hessian_matrix(problem("thermometer"), at(x)).tolist() == wanted


@given(_values)
def test_the_thermometer_s_largest_stable_lr_is_two_over_the_largest_eigenvalue(x):
    # λ² − (a + d)·λ + (a·d − c²) = 0 for the matrix [[a, c], [c, d]]; its larger root lies between these two fractions.
    limit = Fraction(largest_stable_lr(problem("thermometer"), at(x)))
    exact = [Fraction(value) for value in x]
    n = len(exact)
    a, c, d = 2 * sum(value * value for value in exact) / n, 2 * sum(exact) / n, Fraction(2)

    def characteristic(value):
        return value * value - (a + d) * value + a * d - c * c

    close = Fraction(1, 2**45)
    assert characteristic(2 / limit * (1 + close)) > 0
    assert characteristic(2 / limit * (1 - close)) < 0 or a == d


def test_the_article_s_learning_rate_is_stable_for_scaled_inputs_only():
    line = problem("thermometer")
    raw = {**line.fixed, **line.start}
    assert largest_stable_lr(line, raw) < 1e-2 < largest_stable_lr(line, {**raw, "x": raw["x"] * 0.1})
    assert round(largest_stable_lr(line, {**raw, "x": raw["x"] * 0.1}), 5) == 0.03298


@pytest.mark.parametrize("name", problems.names())
def test_the_hessian_is_the_one_that_autograd_finds(name):
    chosen = problem(name)
    point = to_torch(chosen.point(0, n=4))
    shapes = [point[key].shape for key in chosen.parameters]
    sizes = [shape.numel() for shape in shapes]

    def loss(flat):
        parts = [part.reshape(shape) for part, shape in zip(flat.split(sizes), shapes, strict=True)]
        return chosen.loss(**{**point, **dict(zip(chosen.parameters, parts, strict=True))})

    start = torch.cat([point[key].reshape(-1) for key in chosen.parameters])
    wanted = torch.autograd.functional.hessian(loss, start).numpy()
    got = hessian_matrix(chosen, point)
    assert got.shape == wanted.shape
    # Both are rounded: a thousandth part of an element's own digits is a gross error, and none is near it.
    assert np.max(np.abs(got - wanted)) <= 1e-12 * np.max(np.abs(wanted))


@pytest.mark.parametrize("name", problems.names())
def test_a_loss_is_quadratic_where_its_hessian_is_the_same_everywhere(name):
    chosen = problem(name)
    first, second = to_torch(chosen.point(0, n=4)), to_torch(chosen.point(1, n=4))
    moved = {**first, **{key: second[key] for key in chosen.parameters}}
    same = np.array_equal(hessian_matrix(chosen, first), hessian_matrix(chosen, moved))
    assert is_quadratic(chosen) == same == (name in ("thermometer", "linear-regression", "polynomial-regression"))


def test_where_nothing_curves_upward_any_step_is_stable():
    assert largest_stable_lr(scaled(problem("thermometer"), -1.0), at([1.0, 2.0])) == np.inf


def test_a_hessian_without_value_has_no_stable_learning_rate():
    program = parse("parameter w; data x[n]; target y[n]; L = Σ_i x[i]*w**(5/2)*y[i]")
    problem = Problem("root", "", program, lambda **_: None, lambda **_: (), lambda *_: {}, {"n": 2})
    point = {"w": -1.0, "x": np.ones(2), "y": np.ones(2)}
    with pytest.raises(PointError, match="elements that have no value"):
        largest_stable_lr(problem, point)
