"""Closed forms: one formula with the same values as the program, in which no index is bound twice by one name."""

import warnings

import pytest
from derivation.witnesses import formula_gap
from hypothesis import assume, given, reject
from hypothesis import strategies as st
from strategies_programs import SIZES, losses, points
from sympy import KroneckerDelta, Sum

from diffcheck.derivation import closed_form, derive
from diffcheck.errors import UnusedParameterWarning
from diffcheck.notation import Program, extent, index_symbol, parse, read
from diffcheck.oracle import exact

n, m = extent("n"), extent("m")
i, j, k = map(index_symbol, "ijk")


@given(losses(), st.data())
def test_a_closed_form_has_the_values_of_the_program(program, data):
    names = tuple(tensor.name for tensor in program.inputs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnusedParameterWarning)
        gradient = derive(program, names)
    name = data.draw(st.sampled_from(names))
    point = data.draw(points(program))
    values = exact(gradient, point, dtype="float16")
    assume(all(bool(abs(ball) < 10**30) for ball in values[name].ravel()))
    adjoint = gradient.program.equation(gradient.adjoints[name])
    only = Program(gradient.program.inputs, gradient.program.equations, (adjoint.target,))
    formula = gradient.closed_form(name)
    assume(formula.count_ops() < 400)
    try:
        gap = formula_gap(only, formula, adjoint.indices, point, SIZES)
    except OverflowError:
        reject()
    assert gap < 1e-50


def test_inner_sums_get_indices_of_their_own():
    program = parse("parameter x[n]\ns = Σ_i x[i]\np[i] = s + x[i]\nL = Σ_i p[i]**2")
    formula = closed_form(program, "L")
    outer = next(found for found in formula.atoms(Sum) if found.has(Sum) and len(found.atoms(Sum)) > 1)
    (inner,) = outer.function.atoms(Sum)
    assert inner.limits[0][0] != outer.limits[0][0]
    assert inner == Sum(read("x", [inner.limits[0][0]]), (inner.limits[0][0], 0, n - 1))


def test_a_read_at_a_constant_is_put_into_the_formula():
    program = parse("parameter A[n,3]\nz[j,i] = A[i,j]**2\nL[k:3] = z[k,0]*z[1,0]")
    assert closed_form(program, "L") == read("A", [0, k]) ** 2 * read("A", [0, 1]) ** 2


def test_deltas_go_only_where_that_is_right():
    program = parse("data x[n]; data y[m]\nz[i,j:m] = delta(i, j)*x[i]\nL[j:m] = Σ_i z[i,j]\nK = Σ_j L[j]")
    assert closed_form(program, "L") == Sum(KroneckerDelta(i, j) * read("x", [i]), (i, 0, n - 1))
    square = parse("data x[n]\nz[i,j:n] = delta(i, j)*x[i]\nL[j:n] = Σ_i z[i,j]")
    assert closed_form(square, "L") == read("x", [j])


def test_a_formula_uses_no_name_of_a_tensor_as_an_index():
    program = parse("parameter i_2; parameter x[n]\nz[i:n] = i_2*Σ_k x[k] + 1\ny[i] = z[i] + Σ_k x[k]\nL = Σ_i y[i]**2*x[i]")
    formula = closed_form(program, "L")
    assert not {str(found.limits[0][0]) for found in formula.atoms(Sum)} & {"i_2", "x"}


def test_an_input_that_is_asked_for_is_refused_by_name():
    with pytest.raises(KeyError):
        closed_form(parse("parameter w\nL = w"), "w")
