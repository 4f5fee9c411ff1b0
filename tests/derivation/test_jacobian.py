"""∂T[P]/∂x[J] and Hessians: known ones as they are written, drawn ones against central differences."""

import numpy as np
import pytest
from derivation.witnesses import directional_gap
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies_programs import SIZES, losses, points

from diffcheck.derivation import derive, hessian, jacobian
from diffcheck.errors import UnknownName
from diffcheck.notation import Equation, Program, extent, parse
from diffcheck.oracle import exact

n, m = extent("n"), extent("m")
LAYER = parse("parameter W[m,n]; parameter b[m]; data x[k,n]\nz[i,j] = Σ_l W[j,l]*x[i,l]\na[i,j] = tanh(z[i,j] + b[j])")


def last_line(program):
    return str(program).splitlines()[-2]


@pytest.mark.parametrize(
    ("output", "wrt", "line"),
    [
        ("z", "W", "W_bar[i,j:m,j_2:m,l] = delta(j, j_2)*x[i,l]"),
        ("z", "x", "x_bar[i:k,j,i_2:k,l] = delta(i, i_2)*W[j,l]"),
        ("a", "b", "b_bar[i,j:m,j_2] = delta(j, j_2)*sech(b[j_2] + z[i,j_2])**2"),
        ("a", "z", "z_bar[i:k,j:m,i_2,j_2] = delta(i, i_2)*delta(j, j_2)*sech(b[j_2] + z[i_2,j_2])**2"),
        ("a", "W", "W_bar[i,j:m,j_2,l] = delta(j, j_2)*sech(b[j_2] + z[i,j_2])**2*x[i,l]"),
        ("a", "a", "a_bar[i:k,j:m,i_2:k,j_2:m] = delta(i, i_2)*delta(j, j_2)"),
        ("z", "b", "b_bar[i:k,j:m,i_2:m] = 0"),
    ],
)
def test_the_jacobians_of_a_layer(output, wrt, line):
    program = jacobian(LAYER, output, wrt)
    (name,) = program.outputs
    assert program.tensors[name] == LAYER.tensors[output] + LAYER.tensors[wrt]
    assert parse(str(program)) == program
    assert last_line(program) == line


def test_a_jacobian_has_distinct_indices_whatever_the_names():
    program = parse("parameter A[n,n]; parameter i_3[n]\nB[i,i_2] = Σ_k A[i_2,k]*A[k,i]*i_3[i]\nL = Σ_{i,i_2} B[i,i_2]**2")
    for output in ("B", "L"):
        for wrt in ("A", "i_3", "B"):
            found = jacobian(program, output, wrt)
            point = {"A": np.array([[0.5, 2.0], [-1.0, 0.25]]), "i_3": np.array([3.0, -0.5])}
            assert parse(str(found)) == found
            if wrt != "B":
                assert directional_gap(program, found, output, wrt, point, point[wrt] ** 2 - 1, {"n": 2}) < 1e-100


@given(losses(), st.data())
def test_jacobians_agree_with_central_differences(program, data):
    output = data.draw(st.sampled_from([equation.target for equation in program.equations]))
    wrt = data.draw(st.sampled_from([tensor.name for tensor in program.inputs]))
    point, direction = data.draw(points(program)), data.draw(points(program))
    values = exact(Program(program.inputs, program.equations, (output,)), point, dtype="float16")[output]
    assume(all(bool(abs(ball) < 10**30) for ball in np.ravel(values)))
    found = jacobian(program, output, wrt)
    assert directional_gap(program, found, output, wrt, point, direction[wrt], SIZES) < 1e-100


def test_the_witness_refuses_a_wrong_jacobian():
    point = {"W": np.array([[0.5, 2.0]]), "b": np.array([0.5]), "x": np.array([[1.0, -1.0], [0.25, 3.0]])}
    right = jacobian(LAYER, "a", "W")
    sizes = {"n": 2, "m": 1, "k": 2}
    assert directional_gap(LAYER, right, "a", "W", point, point["W"], sizes) < 1e-100
    last = right.equations[-1]
    for body in (last.body * 2, -last.body, last.body.xreplace({read: 1 for read in last.reads if str(read).startswith("x")})):
        wrong = Program(
            right.inputs, (*right.equations[:-1], Equation(last.target, last.indices, last.bound, body)), right.outputs
        )
        assert not directional_gap(LAYER, wrong, "a", "W", point, point["W"], sizes) < 1e-100


def test_the_hessian_is_symmetric():
    program = parse("parameter W[m,n]; parameter v[m]; data x[n]\na[j] = tanh(Σ_k W[j,k]*x[k])\nL = (Σ_j v[j]*a[j])**2")
    blocks = hessian(program, ("W", "v"))
    point = {"W": np.array([[0.5, -0.25], [1.0, 0.75]]), "v": np.array([2.0, -0.5]), "x": np.array([0.5, 1.5])}
    found = {pair: exact(block, point)[block.outputs[0]].astype(float) for pair, block in blocks.items()}
    assert {pair: array.shape for pair, array in found.items()} == {
        ("W", "W"): (2, 2, 2, 2),
        ("W", "v"): (2, 2, 2),
        ("v", "W"): (2, 2, 2),
        ("v", "v"): (2, 2),
    }
    np.testing.assert_allclose(found["W", "W"], found["W", "W"].transpose(2, 3, 0, 1), rtol=1e-14)
    np.testing.assert_allclose(found["W", "v"], found["v", "W"].transpose(1, 2, 0), rtol=1e-14)
    assert np.abs(found["W", "W"]).min() > 0
    # Its product with a direction is what deriving the gradient again gives.
    direction = {"W_bar_bar": np.array([[1.0, -2.0], [0.5, 3.0]]), "v_bar_bar": np.array([-1.0, 4.0])}
    products = exact(derive(derive(program)), point | direction).rounded()
    wanted = np.tensordot(found["W", "W"], direction["W_bar_bar"], 2) + found["W", "v"] @ direction["v_bar_bar"]
    np.testing.assert_allclose(products["W"], wanted, rtol=1e-13)


@pytest.mark.parametrize(("output", "wrt"), [("zz", "W"), ("z", "ww"), ("W", "W")])
def test_unknown_names_are_refused(output, wrt):
    with pytest.raises(UnknownName):
        jacobian(LAYER, output, wrt)


@pytest.mark.parametrize("reduction", ["max", "Π"])
def test_a_jacobian_through_a_scalar_that_has_equations_of_its_own(reduction):
    program = parse(f"parameter x[3]; a = {reduction}_{{i}} x[i]; c[j:3,k:2] = a*x[j] + k; output c")
    found = exact(jacobian(program, "c", "x"), {"x": np.array([1.0, 2.0, 4.0])}).rounded()["x_bar"]
    slope, value = {"max": ([0.0, 0.0, 1.0], 4.0), "Π": ([8.0, 4.0, 2.0], 8.0)}[reduction]
    wanted = np.einsum("j,i->ji", [1.0, 2.0, 4.0], slope) + value * np.eye(3)
    assert found.tolist() == np.repeat(wanted[:, None, :], 2, axis=1).tolist()
