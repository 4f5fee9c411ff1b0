"""Every pass leaves a program equal: its exact values agree. A pass that does not is seen by the oracle."""

import pytest
from generated_code import derived
from hypothesis import given
from hypothesis import strategies as st
from strategies_programs import losses, points

from diffcheck.exact import exact
from diffcheck.generation.normalizing import gathered, normalized, parted, plain
from diffcheck.generation.rewriting import outputs_early, rewritten, scaled_late, shared
from diffcheck.problems import names, problem
from diffcheck.verification import strategies  # noqa: F401

PASSES = (plain, gathered, parted, normalized, shared, scaled_late, outputs_early, rewritten)


def assert_equal(one, other, point):
    """Compare the exact values of the outputs of two programs, by order."""
    assert [one.tensors[name] for name in one.outputs] == [other.tensors[name] for name in other.outputs]
    first, second = exact(one, point), exact(other, point)
    for name, same in zip(one.outputs, other.outputs, strict=True):
        for ball, twin in zip(first[name].ravel(), second[same].ravel(), strict=True):
            assert ball.overlaps(twin) or not ball.is_finite()


@pytest.mark.parametrize("rewrite", PASSES, ids=lambda rewrite: rewrite.__name__)
@given(data=st.data())
def test_pass_leaves_a_gradient_equal(rewrite, data):
    program = data.draw(losses())
    gradient = derived(program, [tensor.name for tensor in program.inputs]).program
    assert_equal(gradient, rewrite(gradient), data.draw(points(gradient)))


@pytest.mark.parametrize("rewrite", PASSES, ids=lambda rewrite: rewrite.__name__)
@pytest.mark.parametrize("name", names())
def test_pass_leaves_the_problems_equal(rewrite, name):
    gradient = problem(name).gradient.program
    assert_equal(gradient, rewrite(gradient), problem(name).point(3, n=5))


def equations_of(program):
    return [str(line) for line in str(program).splitlines() if " = " in line]
