"""The thermometer, L = (1/n) Σ (w·x + b − y)²: gradient and Hessian as every textbook has them, for any n."""

import warnings

import pytest
from sympy import Integer, Mul, Sum

from diffcheck.derivation import closed_form, derive, hessian
from diffcheck.notation import extent, index_symbol, parse, read

n, i = extent("n"), index_symbol("i")
w, b, x, y = read("w"), read("b"), read("x", [i]), read("y", [i])
PROGRAM = parse(
    """
    parameter w; parameter b; data x[n]; target y[n]
    p[i] = w*x[i] + b
    L = Σ_i (p[i] - y[i])**2/n
    """
)


def total(body):
    return Sum(body, (i, 0, n - 1))


def test_the_gradient_is_the_textbook_formula():
    gradient = derive(PROGRAM)
    assert gradient.closed_form("w") == 2 / n * total(x * (w * x + b - y))
    assert gradient.closed_form("b") == 2 / n * total(w * x + b - y)


def test_the_gradient_is_this_program():
    assert str(derive(PROGRAM)).splitlines()[4:] == [
        "p[i] = b + w*x[i]",
        "p_bar[i] = 2*(p[i] - y[i])/n",
        "w_bar = Σ_i p_bar[i]*x[i]",
        "b_bar = Σ_i p_bar[i]",
        "output w_bar, b_bar",
    ]


def test_the_hessian_holds_the_moments_of_the_data():
    found = {pair: closed_form(program, program.outputs[0]) for pair, program in hessian(PROGRAM, ("w", "b")).items()}
    assert found == {
        ("w", "w"): 2 / n * total(x**2),
        ("w", "b"): 2 / n * total(x),
        ("b", "w"): 2 / n * total(x),
        ("b", "b"): Integer(2),
    }


def test_deriving_the_gradient_again_gives_hessian_times_vector():
    second = derive(derive(PROGRAM))
    assert [tensor.name for tensor in second.program.inputs[4:]] == ["w_bar_bar", "b_bar_bar"]
    v, u = read("w_bar_bar"), read("b_bar_bar")
    assert second.closed_form("w") == Mul(2 / n, total((u + v * x) * x))
    assert second.closed_form("b") == Mul(2 / n, total(u + v * x))


@pytest.mark.parametrize(
    "text",
    [
        "L = Σ_i (w*x[i] + b - y[i])**2/n",
        "r[i] = y[i] - b - w*x[i]\nL = Σ_i r[i]*r[i]/n",
        "s = Σ_i (w*x[i] + b - y[i])**2\nL = s/n",
        "p[i] = w*x[i]\nq[i] = p[i] + b\nr[i] = q[i] - y[i]\ns[i] = r[i]**2\nL = Σ_i s[i]/n",
        "L = Σ_j (w*x[j] + b - y[j])**2/n",
        "L = (Σ_i (w*x[i] + b - y[i])**2)/n + 0*w",
    ],
)
def test_the_way_in_which_a_loss_is_written_does_not_matter(text):
    gradient = derive(parse("parameter w; parameter b; data x[n]; target y[n]\n" + text))
    residual = w * x + b - y
    for name, slope in (("w", x * residual), ("b", residual)):
        (found,) = gradient.closed_form(name).atoms(Sum)
        index = found.limits[0][0]
        assert found.limits == ((index, 0, n - 1),)
        coefficient = gradient.closed_form(name) / found
        assert (coefficient * found.function.xreplace({index: i}) - 2 * slope / n).expand() == 0


def test_no_parameter_warns_or_is_missing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert derive(PROGRAM).adjoints == {"w": "w_bar", "b": "b_bar"}
        assert derive(PROGRAM, "b").adjoints == {"b": "b_bar"}
        assert derive(PROGRAM, ("y", "x", "p")).adjoints == {"y": "y_bar", "x": "x_bar", "p": "p_bar"}
