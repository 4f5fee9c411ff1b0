"""The exact values that are kept are those of the numbers asked about, and of nothing that changed since."""

import pytest
import torch

from diffcheck import problems
from diffcheck.verification import truth_of
from diffcheck.verification.truths import known_truth


@pytest.fixture
def asked():
    problem = problems.problem("thermometer")
    return problem.gradient, problems.to_torch(problem.point(5, n=7))


@pytest.mark.parametrize("n", [1, 7])
def test_the_same_numbers_are_computed_once_wherever_they_lie(n):
    problem = problems.problem("thermometer")
    gradient, point = problem.gradient, problems.to_torch(problem.point(5, n=n))
    moved = {name: value.detach().repeat_interleave(2, -1)[..., ::2] if value.dim() else value for name, value in point.items()}
    assert known_truth(gradient, moved) is known_truth(gradient, point)


@pytest.mark.parametrize("change", [torch.neg, lambda value: torch.nextafter(value, value + 1), lambda value: value.float()])
def test_other_numbers_have_values_of_their_own(asked, change):
    gradient, point = asked
    other = {name: change(value.detach()) for name, value in point.items()}
    found, expected = known_truth(gradient, other), truth_of(gradient, other)
    assert found is not known_truth(gradient, point)
    assert found.form == expected.form
    for name, array in expected.limits.rounding.items():
        assert found.limits.rounding[name].tolist() == array.tolist()


def test_a_zero_is_told_from_the_other(asked):
    gradient, point = asked
    zeros, others = ({name: torch.full_like(value, zero) for name, value in point.items()} for zero in (0.0, -0.0))
    assert known_truth(gradient, zeros) is not known_truth(gradient, others)


def test_an_input_that_is_overwritten_later_changes_nothing_kept(asked):
    gradient, point = asked
    known, given = known_truth(gradient, point), {name: value.detach().clone() for name, value in point.items()}
    found = known_truth(gradient, given)
    for value in given.values():
        value.zero_()
    assert found is known
    assert all(torch.equal(torch.as_tensor(value), point[name].detach()) for name, value in found.point.items())


def test_large_points_are_not_kept():
    problem = problems.problem("thermometer")
    point = problems.to_torch(problem.point(5, n=2001))
    assert known_truth(problem.gradient, point) is not known_truth(problem.gradient, point)
