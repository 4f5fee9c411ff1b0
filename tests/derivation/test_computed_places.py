"""Programs that read at computed places, drawn at random: each has a gradient, which is a program and is right."""

import warnings

import numpy as np
import pytest
from derivation.witnesses import difference_gap
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies_places import SIZES, moving_programs

from diffcheck.derivation import Gradient, derive
from diffcheck.errors import UnusedParameterWarning
from diffcheck.notation import Equation, Index, Program, Role, Tensor, parse, read
from diffcheck.notation.selection import detach, held
from diffcheck.oracle import exact
from diffcheck.oracle.extents import extent_value
from diffcheck.oracle.points import prepare

SAME = 1e-100


def loss_of(program):
    """Return L = Σ weight·c² for the output c, with nothing detached: a detached term has another derivative by definition."""
    made = [Equation(e.target, e.indices, e.bound, e.body.replace(detach, held), e.reduction) for e in program.equations]
    axes = tuple(Index(name, index.extent) for name, index in zip("fgh", made[-1].indices, strict=False))
    at = [index.symbol for index in axes]
    loss = Equation("Loss", (), axes, read("weight", at) * read(made[-1].target, at) ** 2)
    return Program((*program.inputs, Tensor("weight", made[-1].extents)), (*made, loss), ("Loss",))


def derived(program):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnusedParameterWarning)
        return derive(program)


def drawn_point(program, seed):
    """Return values without ties but those of the program's own making, and whole numbers inside and outside of the axes."""
    rng, point = np.random.default_rng(seed), {}
    for tensor in program.inputs:
        shape = tuple(extent_value(size, SIZES) for size in tensor.extents)
        point[tensor.name] = rng.integers(-2, 6, shape) if tensor.role is Role.INTEGER else rng.normal(size=shape)
    return point


def gap(loss, gradient, seed):
    """Return how far *gradient* is from central differences; a point is refused where it reads at a number outside an axis."""
    point = drawn_point(loss, seed)
    prepare(gradient, point)
    direction = {name: np.random.default_rng(seed + 1).normal(size=point[name].shape) for name in loss.named(Role.PARAMETER)}
    return difference_gap(loss, gradient, loss.named(Role.PARAMETER), point, direction, SIZES)


def assert_right(program, seed):
    loss = loss_of(program)
    gradient = derived(loss)
    assert parse(str(gradient.program)) == gradient.program
    assert gap(loss, gradient.program, seed) < SAME
    assert gap(loss, gradient.textbook, seed) < SAME


@settings(max_examples=100)
@given(moving_programs(), st.integers(0, 10**6))
def test_a_drawn_program_has_the_gradient_that_differences_tell(program, seed):
    assert_right(program, seed)


UNREADABLE = {
    "never inside": "parameter x[1]; data z[n,m]; a[i:m,j:4] = Σ_{k:4} select(x[k-i+2] - 1/4, x[i], x[k-i+2]**2)",
    "a number that may lie outside": "parameter x[n]; data z[n,m]; a[i:n,j:6] = x[i]*z[i,5-j]; b = a[0,0]; output b",
    "a number in place of an index": "parameter x[n]; data z[n,m]; a[j:3,l:2] = x[j+l-3]*z[j+l-3,5-j]; b = a[2,1]; output b",
    "an index of another extent": "parameter x[3]; data z[n,m]; a[l:2,j:3] = Σ_{k:6} x[5-k]*z[5-k,j-l]",
    "a delta at a negative number": (
        "parameter x[n]; integer t[n]; data z[n,m]; a[i:2] = Σ_j delta(t[j], i-1)*x[j]; b = a[0]; output b"
    ),
    "a quotient that the index itself tells": (
        "parameter x[1]; data z[n,m]; a[i:m*n] = delta(i//(m*n), i%3)*x[i%(m*n)]; output a"
    ),
    "a diagonal read backwards": "parameter x[3,2,m]; data z[n,m]; a = Σ_{i:2,j:2} x[i,1-i,1-i]",
    "a place after a diagonal": "parameter x[n,2]; data z[n,m]; a[i,j:4] = x[-i,i]; b = a[0,0]; output b",
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_no_program_may_read_is_not_made(name):
    for seed in range(3):
        assert_right(parse(UNREADABLE[name]), seed)


def test_a_gradient_of_a_gradient_keeps_to_the_axes_too():
    for text in UNREADABLE.values():
        again = derived(derived(loss_of(parse(text))).program)
        assert isinstance(again, Gradient)
        assert parse(str(again.program)) == again.program
        prepare(again.program, drawn_point(again.program, 1))


def test_the_differences_refuse_a_gradient_that_misses_a_place():
    loss = loss_of(parse(UNREADABLE["a diagonal read backwards"]))
    wrong = derived(loss_of(parse("parameter x[3,2,m]; data z[n,m]; a = Σ_{i:2,j:2} x[i,1-i,0]")))
    assert not gap(loss, wrong.program, 1) < SAME


def test_a_diagonal_read_backwards_counts_each_place_once():
    program = parse("parameter x[3,2,m]; a = Σ_{i:2,j:2} x[i,1-i,1-i]; output a")
    wanted = np.zeros((3, 2, 4))
    wanted[0, 1, 1] = wanted[1, 0, 0] = 2
    assert exact(derive(program), {"x": np.ones((3, 2, 4))}).rounded()["x"].tolist() == wanted.tolist()
