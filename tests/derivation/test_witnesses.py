"""The derivation against two witnesses that never saw it, and the witnesses against gradients that are wrong."""

import warnings

import numpy as np
import pytest
from derivation.witnesses import difference_gap, expansion_gap
from hypothesis import assume, given, reject
from hypothesis import strategies as st
from strategies_programs import SIZES, SMOOTH, losses, points
from sympy import Add, Indexed, Mul, Rational

from diffcheck.derivation import derive
from diffcheck.errors import UnusedParameterWarning
from diffcheck.notation import Equation, Program, indices_of, name_of, parse, read
from diffcheck.oracle import exact

SAME_BY_DIFFERENCES = 1e-100
SAME_BY_EXPANSION = 1e-50


def drawn(data, program):
    """Draw a point at which no value is so large that 4000 bits would not do."""
    point = data.draw(points(program))
    targets = tuple(equation.target for equation in program.equations)
    values = exact(Program(program.inputs, program.equations, targets), point, dtype="float16")
    assume(all(bool(abs(ball) < 10**30) for array in values.values() for ball in np.ravel(array)))
    return point


def gradients(program):
    names = tuple(tensor.name for tensor in program.inputs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnusedParameterWarning)
        return names, derive(program, names)


@given(losses(), st.data())
def test_central_differences_agree_to_100_digits(program, data):
    names, gradient = gradients(program)
    point, direction = drawn(data, program), data.draw(points(program))
    assert difference_gap(program, gradient.program, names, point, direction, SIZES) < SAME_BY_DIFFERENCES
    assert difference_gap(program, gradient.textbook, names, point, direction, SIZES) < SAME_BY_DIFFERENCES


@given(losses((*SMOOTH, "relu", "absolute", "step", "sign")), st.data())
def test_the_expanded_loss_has_the_same_derivative_to_50_digits(program, data):
    names, gradient = gradients(program)
    point = drawn(data, program)
    try:
        gap = expansion_gap(program, gradient.program, names, point, SIZES)
    except OverflowError:
        reject()
    assert gap < SAME_BY_EXPANSION


@given(losses(), st.data())
def test_second_derivatives_agree_too(program, data):
    names, gradient = gradients(program)
    weights = data.draw(points(program))
    # The squared length of one adjoint is a loss as well.
    adjoint = gradient.program.equation(gradient.adjoints[data.draw(st.sampled_from(names))])
    value = read(adjoint.target, [index.symbol for index in adjoint.indices])
    loss = Equation("second_", (), adjoint.indices, value**2)
    second = Program(program.inputs, (*gradient.program.equations, loss), ("second_",))
    _, again = gradients(second)
    point = drawn(data, second)
    assert difference_gap(second, again.program, names, point, weights, SIZES) < SAME_BY_DIFFERENCES


NETWORK = parse(
    """
    parameter W[n, n]; parameter b[n]; parameter v[n]; data x[m, n]; target y[m]
    z[i,j] = Σ_k W[j,k]*x[i,k]
    a[i,j] = tanh(z[i,j] + b[j])
    r[i] = Σ_j v[j]*a[i,j] - y[i]
    L = Σ_i r[i]**2/m
    """
)
WRT = ("W", "b", "v")
GRADIENT = derive(NETWORK, WRT).program
POINT = {
    "W": np.array([[0.5, -1.25], [0.75, 0.25]]),
    "b": np.array([0.125, -0.5]),
    "v": np.array([1.5, -0.75]),
    "x": np.array([[1.0, -0.5], [0.25, 2.0], [-1.5, 0.5]]),
    "y": np.array([0.5, -1.0, 0.25]),
}
DIRECTION = {name: np.arange(place, place + POINT[name].size).reshape(POINT[name].shape) for place, name in enumerate(WRT, 1)}


def planted(target, change):
    """Return the network's gradient with *change* made to the equation of *target*."""
    made = [
        Equation(old.target, old.indices, old.bound, change(old)) if old.target == target else old for old in GRADIENT.equations
    ]
    wrong = Program(GRADIENT.inputs, tuple(made), GRADIENT.outputs)
    assert wrong != GRADIENT
    return wrong


def transposed(equation):
    (node,) = (node for node in equation.reads if name_of(node) == "x")
    i, k = indices_of(node)
    (other,) = (place for place in indices_of(equation.reads[1]) if place not in (i, k))
    return equation.body.xreplace({node: read("x", [i, other])})


def without_first_factor(equation):
    return Mul(*equation.body.args[1:])


def first_read(equation, change):
    node = next(node for node in equation.reads if isinstance(node, Indexed))
    return equation.body.xreplace({node: change(node)})


FAULTS = {
    "a factor 2 dropped": ("r_bar", lambda e: e.body / 2),
    "the mean made a sum": ("r_bar", without_first_factor),
    "a factor dropped": ("z_bar", lambda e: Mul(*e.body.args[1:])),
    "a sign turned": ("b_bar", lambda e: -e.body),
    "a transposition dropped": ("W_bar", transposed),
    "a read of something else": ("v_bar", lambda e: first_read(e, lambda node: read("z", indices_of(node)))),
    "a term added": ("b_bar", lambda e: Add(e.body, Rational(1, 10**40))),
    "off by 1e-40": ("W_bar", lambda e: e.body * (1 + Rational(1, 10**40))),
    "off by 1e-40 in one term": ("v_bar", lambda e: first_read(e, lambda node: node * (1 + Rational(1, 10**40)))),
    "zero": ("v_bar", lambda e: e.body * 0),
}


def test_the_witnesses_find_the_network_right():
    assert difference_gap(NETWORK, GRADIENT, WRT, POINT, DIRECTION, SIZES) < SAME_BY_DIFFERENCES
    assert expansion_gap(NETWORK, GRADIENT, WRT, POINT, SIZES) < SAME_BY_EXPANSION


@pytest.mark.parametrize("fault", FAULTS)
def test_both_witnesses_refuse_a_wrong_gradient(fault):
    wrong = planted(*FAULTS[fault])
    assert not difference_gap(NETWORK, wrong, WRT, POINT, DIRECTION, SIZES) < SAME_BY_DIFFERENCES
    assert not expansion_gap(NETWORK, wrong, WRT, POINT, SIZES) < SAME_BY_EXPANSION


def test_both_witnesses_refuse_what_is_not_a_number():
    loss = parse("parameter w\nL = w**2")
    wrong = parse("parameter w\nz = log(w)*w\nw_bar = z - z/2 - log(w)*w/2 + 2*w\noutput w_bar")
    at_zero, one = {"w": np.array(0.0)}, {"w": np.array(1.0)}
    assert difference_gap(loss, wrong, ("w",), at_zero, one, {}) == float("inf")
    assert expansion_gap(loss, wrong, ("w",), at_zero, {}) == float("inf")


def test_outputs_in_another_order_are_refused():
    wrong = Program(GRADIENT.inputs, GRADIENT.equations, ("W_bar", "v_bar", "b_bar"))
    assert not difference_gap(NETWORK, wrong, WRT, POINT, DIRECTION, SIZES) < SAME_BY_DIFFERENCES
    assert not expansion_gap(NETWORK, wrong, WRT, POINT, SIZES) < SAME_BY_EXPANSION
    short = Program(GRADIENT.inputs, GRADIENT.equations, ("W_bar", "b_bar"))
    with pytest.raises(ValueError, match="argument"):
        difference_gap(NETWORK, short, WRT, POINT, DIRECTION, SIZES)
    with pytest.raises(ValueError, match="argument"):
        expansion_gap(NETWORK, short, WRT, POINT, SIZES)
