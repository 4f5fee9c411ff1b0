"""The laws are shown faults: every fault is caught by some law, and every law catches some fault."""

import pytest
from faults import FAULTS, caught_by

from diffcheck import engines, problems
from diffcheck.verification import LAWS

PROBLEMS = problems.names()


@pytest.fixture(scope="module")
def caught():
    right = engines.engine("autograd")
    found = {}
    for name in PROBLEMS:
        problem = problems.problem(name)
        point = problems.to_torch(problem.point(3, n=9))
        found[name] = {fault: caught_by(fault, problem, right, point) for fault in FAULTS}
    return found


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_caught_on_every_problem(caught, fault):
    assert all(caught[name][fault] for name in PROBLEMS)


@pytest.mark.parametrize("law", LAWS)
def test_every_law_catches_a_fault(caught, law):
    assert any(law in laws for faults in caught.values() for laws in faults.values())


@pytest.mark.parametrize(
    ("fault", "law"),
    [
        ("incoming cotangent ignored", "is_linear_in_the_cotangent"),
        ("batch size remembered", "of_a_batch_is_the_mean_over_its_parts"),
        ("strides ignored", "ignores_the_layout_of_memory"),
        ("input overwritten", "leaves_its_inputs_alone"),
        ("result in a shared buffer", "returns_results_of_its_own"),
        ("last bit unsteady", "is_the_same_when_computed_again"),
        ("empty batch accepted", "refuses_an_empty_batch"),
    ],
)
def test_a_fault_that_only_one_law_is_made_for_passes_the_plain_comparison(caught, fault, law):
    for name in PROBLEMS:
        assert law in caught[name][fault]
        assert "agrees_with_the_exact_gradient" not in caught[name][fault]


def test_the_engine_without_a_fault_breaks_no_law():
    problem = problems.problem("two-layer-network")
    point = problems.to_torch(problem.point(3, n=9))
    for check in LAWS.values():
        assert check(problem, engines.engine("autograd"), point).ok
