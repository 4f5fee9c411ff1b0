"""`derive`: vectors, matrices and networks, what may be derived by what, several outputs, and what is refused."""

import warnings

import numpy as np
import pytest
from derivation.witnesses import difference_gap

from diffcheck.derivation import Gradient, derive
from diffcheck.errors import DerivationError, UnknownName, UnusedParameterWarning
from diffcheck.notation import FUNCTIONS, Role, Tensor, extent, parse
from diffcheck.oracle import exact

NETWORK = """
parameter W[h, d]; parameter b[h]; parameter v[h]; parameter c; data x[n, d]; target y[n]
z[i,j] = Σ_k W[j,k]*x[i,k]
a[i,j] = tanh(z[i,j] + b[j])
ŷ[i] = Σ_j v[j]*a[i,j] + c
L = Σ_i (ŷ[i] - y[i])**2/n
"""
SIZES = {"n": 3, "d": 2, "h": 4}


def equations(program):
    return str(program).splitlines()[len(program.program.inputs) : -1]


def adjoints(text, wrt=None):
    """Return the adjoint equations of the program *text*, as text."""
    gradient = derive(parse(text), wrt)
    return [line for line in equations(gradient) if "_bar" in line.split(" =")[0]]


def test_a_vector_of_weights():
    text = "parameter w[d]; parameter b; data x[n,d]; target y[n]\nz[i] = Σ_k w[k]*x[i,k]\n"
    assert adjoints(text + "L = Σ_i (softplus(z[i] + b) - y[i]*(z[i] + b))/n") == [
        "z_bar[i] = (sigmoid(b + z[i]) - y[i])/n",
        "w_bar[k] = Σ_i x[i,k]*z_bar[i]",
        "b_bar = Σ_i (sigmoid(b + z[i]) - y[i])/n",
    ]


def test_a_matrix_on_either_side():
    text = "parameter A[n,m]; parameter B[m,k]; data G[n,k]\nC[i,l] = Σ_j A[i,j]*B[j,l]\nL = Σ_{i,l} C[i,l]*G[i,l]"
    assert adjoints(text) == ["A_bar[i,j] = Σ_l B[j,l]*G[i,l]", "B_bar[j,l] = Σ_i A[i,j]*G[i,l]"]


def test_the_two_layer_network():
    assert adjoints(NETWORK) == [
        "ŷ_bar[i] = 2*(ŷ[i] - y[i])/n",
        "a_bar[i,j] = v[j]*ŷ_bar[i]",
        "z_bar[i,j] = sech(b[j] + z[i,j])**2*a_bar[i,j]",
        "W_bar[j,k] = Σ_i x[i,k]*z_bar[i,j]",
        "b_bar[j] = Σ_i sech(b[j] + z[i,j])**2*a_bar[i,j]",
        "v_bar[j] = Σ_i a[i,j]*ŷ_bar[i]",
        "c_bar = Σ_i ŷ_bar[i]",
    ]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("L = Σ_i A[i,i]**2", ["A_bar[i,i_2] = 2*delta(i, i_2)*A[i,i]"]),
        ("L = Σ_{i,j} A[i,j]*A[j,i]", ["A_bar[i,j] = 2*A[j,i]"]),
        ("L = A[0,1]*A[1,0]", None),
        ("L = Σ_i A[i,0]", ["A_bar[i,i_2] = delta(0, i_2)"]),
        ("L = Σ_{i:3,j:3} A[0,0]", ["A_bar[i_2,i_3] = 9*delta(0, i_2)*delta(0, i_3)"]),
        ("u[i] = A[i,0]\nL = Σ_i u[i]**2", None),
        ("d[i] = A[i,i]\nL = Σ_i d[i]**2", None),
        ("B[i,j] = A[j,i]\nL = Σ_{i,j} B[i,j]*B[j,i]", None),
        ("t[i,j,k:3] = A[i,j]\nL = Σ_{i,j,k} t[i,j,k]**3*A[j,k]", None),
    ],
)
def test_reads_of_every_shape(text, lines):
    program = parse("parameter A[3,3]\n" + text)
    gradient = derive(program)
    matrix = np.arange(9.0).reshape(3, 3) - 3.5
    assert difference_gap(program, gradient.program, ("A",), {"A": matrix}, {"A": matrix[::-1] ** 2}, {}) < 1e-100
    if lines:
        assert [line.replace(":3", "") for line in adjoints(str(program))] == lines


def test_a_gradient_names_what_it_was_derived_from_and_by():
    program = parse(NETWORK)
    gradient = derive(program, ("v", "W"))
    assert isinstance(gradient, Gradient)
    assert gradient.primal is program
    assert gradient.wrt == ("v", "W")
    assert gradient.program.outputs == ("v_bar", "W_bar")
    assert gradient.program.inputs == program.inputs
    assert derive(program, "v").wrt == ("v",)
    assert derive(program).wrt == ("W", "b", "v", "c")
    assert derive(program, ["c"]).adjoints == {"c": "c_bar"}
    assert str(gradient) == str(gradient.program)


def test_only_what_is_needed_is_computed():
    names = [equation.target for equation in derive(parse(NETWORK), "c").program.equations]
    assert names == ["z", "a", "ŷ_sum", "ŷ", "ŷ_bar", "c_bar"]


def test_the_loss_and_every_step_before_it_have_adjoints():
    gradient = derive(parse(NETWORK), ("L", "ŷ", "a", "x"))
    assert gradient.program.equation("L_bar").body == 1
    assert gradient.program.outputs == ("L_bar", "ŷ_bar", "a_bar", "x_bar")


def test_an_unused_parameter_has_gradient_zero_and_a_warning():
    with pytest.warns(UnusedParameterWarning, match=r"'u' does not occur in L: its gradient is zero") as caught:
        gradient = derive(parse("parameter w; parameter u[n]\nk[i] = u[i]\nL = w**2"))
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert exact(gradient, {"w": 3.0, "u": np.ones(4)}).rounded()["u"].tolist() == [0.0] * 4
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert gradient.textbook.outputs == ("w_bar", "u_bar")


@pytest.mark.parametrize(
    ("wrt", "kind", "message"),
    [
        ("ww", UnknownName, "got 'ww', wanted the name of a known tensor of the program; did you mean 'w'"),
        (("w", "q"), UnknownName, "got 'q'.*choose one of: L, w, x"),
        ("n", UnknownName, "got 'n'"),
        ((), DerivationError, "nothing to derive by"),
        (("w", "w"), DerivationError, "each name once"),
    ],
)
def test_what_cannot_be_derived_by_is_refused(wrt, kind, message):
    with pytest.raises(kind, match=message):
        derive(parse("parameter w; data x[n]\nL = Σ_i w*x[i]"), wrt)


def test_a_program_without_parameters_needs_to_be_told():
    with pytest.raises(DerivationError, match="pass wrt="):
        derive(parse("data x[n]\nL = Σ_i x[i]"))


def test_a_name_outside_the_gradient_has_no_closed_form():
    with pytest.raises(UnknownName, match="did you mean 'v'"):
        derive(parse(NETWORK), "v").closed_form("vv")


def test_outputs_that_are_no_single_number_get_cotangents():
    text = "parameter w; data x[n]\np[i] = w*x[i]\nL = Σ_i p[i]**2\n"
    n = extent("n")
    gradient = derive(parse(text + "output p"))
    assert gradient.program.inputs[-1] == Tensor("p_bar", (n,), Role.COTANGENT)
    assert equations(gradient) == ["w_bar = Σ_i p_bar[i]*x[i]"]
    both = derive(parse(text + "output L, p"))
    assert both.program.inputs[2:] == (Tensor("L_bar", (), Role.COTANGENT), Tensor("p_bar", (n,), Role.COTANGENT))
    assert equations(both)[1:] == ["p_bar_2[i] = 2*L_bar*p[i] + p_bar[i]", "w_bar = Σ_i p_bar_2[i]*x[i]"]


def test_an_output_may_be_an_input():
    text = "parameter A[n,m]; parameter w\nL = Σ_{j,i} A[i,j]*w\noutput A, L, w"
    gradient = derive(parse(text))
    point = {"A": [[1.0, 2.0]], "w": 5.0, "A_bar": [[10.0, 20.0]], "L_bar": 3.0, "w_bar": 7.0}
    values = exact(gradient, {name: np.array(value) for name, value in point.items()}).rounded()
    assert values["A"].tolist() == [[25.0, 35.0]]
    assert values["w"] == 7.0 + 3.0 * 3.0
    plain = derive(parse("parameter w\noutput w"))
    assert plain.program.equation("w_bar").body == 1


def test_a_function_of_zero_may_be_squared():
    program = parse("parameter w\nz[p:2,q:2] = (expm1(delta(p, q))**2 + 1)**w\nL = z[0,1]")
    assert exact(derive(program), {"w": 3.0}).rounded()["w"] == 0.0


def test_a_loss_may_be_a_constant():
    with pytest.warns(UnusedParameterWarning, match="'w'"):
        assert derive(parse("parameter w\nL = 2")).program.equation("w_bar").body == 0


# Names that new ones must not meet: indices i and i_2, adjoints x_bar and x_bar_2, whoever has them already.
CLASHES = [
    "parameter A[3]; parameter i\nL = A[0]*i",
    "parameter A[3]; data y[i]\nL = Σ_p A[0]**2*y[p]",
    "parameter A[n,n]; parameter i_2\nL = Σ_i A[i,i]*i_2",
    "parameter A[n]; parameter A_bar; parameter A_bar_2\nL = Σ_i A[i]*A_bar*A_bar_2",
    "parameter A[n]; parameter B[n]\nC[A_bar] = A[A_bar]**2\nL = Σ_i C[i]*B[i]",
    "parameter A[A_bar]\nL = Σ_i A[i]**2",
    "parameter A[n]\nz[k] = exp(A[k])\nk_2 = Σ_i z[i]\nL = Σ_k z[k]**2*k_2",
    "parameter A[n,m]\nz[k] = Σ_k_2 A[k,k_2]\ny[k_2] = Σ_k A[k,k_2]\nL = Σ_k z[k]**3 + Σ_k_2 y[k_2]**3",
    "parameter A[n,n]\nB[i,j] = Σ_k A[i,k]*A[k,j]\nC[j,k] = Σ_i B[k,i]*B[i,j]\nL = Σ_{k,i} C[k,i]*A[i,k]",
    "parameter A[n,n]\nB[i,j] = A[j,i]\nC[j,i] = B[i,j]*B[j,i]\nL = Σ_{i,j} C[i,j]*A[i,j]",
    "parameter A[n]\nB = Σ_i A[i]**2\nC[i] = B*A[i]\nL = Σ_i C[i]**2",
]


@pytest.mark.parametrize("text", CLASHES)
def test_new_names_meet_no_other(text):
    program = parse(text)
    wrt = program.named(Role.PARAMETER)
    sizes = {str(size): 2 for size in program.sizes}
    drawn = np.random.default_rng(7)

    def values(names):
        shapes = {name: [sizes.get(str(size), size) for size in program.tensors[name]] for name in names}
        return {name: np.array(drawn.integers(-9, 9, [int(size) for size in shape]) / 8) for name, shape in shapes.items()}

    point = values([tensor.name for tensor in program.inputs])
    gradient = derive(program)
    assert parse(str(gradient)) == gradient.program
    assert difference_gap(program, gradient.program, wrt, point, values(wrt), sizes) < 1e-100
    again = derive(gradient)
    assert parse(str(again)) == again.program


def test_the_textbook_gradient_differs_in_words_only():
    program = parse(NETWORK)
    gradient = derive(program)
    assert "sech" in str(gradient.program)
    assert "sech" not in str(gradient.textbook)
    assert "1 - tanh" in str(gradient.textbook)
    assert gradient.textbook.outputs == gradient.program.outputs


@pytest.mark.parametrize("name", [row.name for row in FUNCTIONS.values() if row.kinks or row.name in ("step", "sign")])
def test_at_a_kink_the_convention_is_taken(name):
    gradient = derive(parse(f"parameter w[n]\nL = Σ_i {name}(w[i])"))
    found = exact(gradient, {"w": np.array([-2.0, 0.0, -0.0, 3.0])}).rounded()["w"].tolist()
    conventions = {kink.at: float(kink.convention) for kink in FUNCTIONS[name].kinks}
    assert found[1] == found[2] == conventions.get(0, 0.0)
    assert (found[0], found[3]) == {"relu": (0.0, 1.0), "absolute": (-1.0, 1.0)}.get(name, (0.0, 0.0))
