"""The text form: what is written is read back, and every form of the notation means what it says."""

import pytest
from hypothesis import given
from strategies_programs import programs
from sympy import Integer, KroneckerDelta, Mul, Rational, exp, pi, sqrt

from diffcheck.notation import Equation, Index, Program, Role, Tensor, extent, index_symbol, parse, read
from diffcheck.notation.text import equation_text, expression_text

n, m = extent("n"), extent("m")
i, j, k = map(index_symbol, "ijk")
DECLARED = "parameter w; parameter b; parameter v[m]; data x[n]; data A[n, m]; target y[n]\n"


def body_of(text):
    return parse(DECLARED + text).equations[-1].body


@given(programs())
def test_what_is_written_is_read_back(program):
    assert parse(str(program)) == program


@given(programs())
def test_writing_is_stable(program):
    assert str(parse(str(program))) == str(program)


def test_a_program_reads_as_its_formulas():
    program = parse(
        """
        # the thermometer
        parameter w; parameter b   # two on a line
        data x[n]
        target y[n]

        p[i] = w*x[i] + b
        L = Σ_i (p[i] - y[i])**2/n
        """
    )
    line, loss = program.equations
    assert [(tensor.name, tensor.extents, tensor.role) for tensor in program.inputs] == [
        ("w", (), Role.PARAMETER),
        ("b", (), Role.PARAMETER),
        ("x", (n,), Role.DATA),
        ("y", (n,), Role.TARGET),
    ]
    assert line == Equation("p", (Index("i", n),), (), read("w") * read("x", [i]) + read("b"))
    assert loss == Equation("L", (), (Index("i", n),), (read("p", [i]) - read("y", [i])) ** 2 / n)
    assert program.outputs == ("L",)


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("L = -w**2", -(read("w") ** 2)),
        ("L = w**-2", read("w") ** -2),
        ("L = w**b**2", read("w") ** (read("b") ** 2)),
        ("L = --w - -b", read("w") + read("b")),
        ("L = w/b/2", read("w") / (2 * read("b"))),
        ("L = w/(2*(b + 1))", read("w") / 2 / (read("b") + 1)),
        ("L = 1/(w/(b + 1))", (read("b") + 1) / read("w")),
        ("L = w - (b - 1)*2/3", read("w") - 2 * (read("b") - 1) / 3),
        ("L = .5*w + 1.*b + 25e-1 + 1E2", read("w") / 2 + read("b") + Rational(205, 2)),
        ("L = 0.1*w", read("w") / 10),
        ("L = sqrt(w)*pi*exp(1) + exp(1/3)", sqrt(read("w")) * pi * exp(1) + exp(Rational(1, 3))),
        ("L = 2**w", 2 ** read("w")),
        ("L = n*x[0] + v[0]", n * read("x", [0]) + read("v", [0])),
        ("L[i,j] = delta(i, j)*A[i,0] + A[0,j]*delta(0, i)", None),
    ],
)
def test_expressions_mean_what_they_say(text, body):
    if body is None:
        body = KroneckerDelta(i, j) * read("A", [i, 0]) + read("A", [0, j]) * KroneckerDelta(0, i)
    assert body_of(text) == body


def test_a_decimal_is_the_exact_rational_number():
    assert body_of("L = w*0.1000000000000000000000000000001").coeff(read("w")) == Rational(10**30 + 1, 10**31)


@pytest.mark.parametrize(
    ("text", "bound", "body"),
    [
        ("L = Σ_i x[i]*w + 0", None, None),  # an inner sum: it reaches as far as its product
        ("L = Σ_i x[i]*w", "i", read("x", [i]) * read("w")),
        ("L = 2*Σ_i x[i]/n", "i", 2 * read("x", [i]) / n),
        ("L = -w*Σ_i x[i]", "i", -read("w") * read("x", [i])),
        ("L = Σ_i (x[i] + w)", "i", read("x", [i]) + read("w")),
        ("L = Σ_{i,j} A[i,j]*v[j]", "ij", read("A", [i, j]) * read("v", [j])),
        ("L = Σ_{i:n, j:2} w", "ij", read("w")),
    ],
)
def test_a_sum_reaches_to_the_end_of_its_product(text, bound, body):
    equation = parse(DECLARED + text).equations[-1]
    if bound is None:
        assert equation == Equation("L", (), (), read("L_sum"))
    else:
        assert ("".join(index.name for index in equation.bound), equation.body) == (bound, body)


def test_inner_sums_get_equations_of_their_own():
    program = parse(DECLARED + "s[i] = exp(Σ_j A[i,j]*v[j]) + n/Σ_i x[i] + Σ_i Σ_j A[i,j]")
    assert [equation_text(equation, program.tensors) for equation in program.equations] == [
        "s_sum[i] = Σ_j A[i,j]*v[j]",
        "s_sum2 = Σ_i x[i]",
        "s_sum3[i] = Σ_j A[i,j]",
        "s_sum4 = Σ_i s_sum3[i]",
        "s[i] = n/s_sum2 + s_sum4 + exp(s_sum[i])",
    ]


@pytest.mark.parametrize("other", ["L_sum = w\nL = w + Σ_i x[i]", "L = w + Σ_i x[i]\nL_sum = w"])
def test_an_inner_sum_takes_no_name_of_the_text(other):
    assert "L_sum2" in parse(DECLARED + other).tensors


def test_words_of_the_notation_can_be_names():
    text = "parameter data; parameter output_size; target target\noutput = data*output_size\nparameters = output - target\n"
    program = parse(text + "output output, parameters")
    assert program.outputs == ("output", "parameters")
    assert [tensor.name for tensor in program.inputs] == ["data", "output_size", "target"]
    assert parse(str(program)) == program


@pytest.mark.parametrize(
    "name", ["ŷ", "σ", "W_1", "E", "I", "S", "N", "beta", "gamma", "exp", "sqrt", "delta", "_t", "x_", "名"]
)
def test_a_name_is_only_a_name(name):
    program = parse(f"parameter {name}; data x[n]\nL = Σ_i x[i]*{name}")
    assert program.equations[0].body == read(name) * read("x", [i])
    assert parse(str(program)) == program


def test_extents_are_told_by_reads_or_stated():
    program = parse("data B[n, n + 1, 2*m]; parameter w\nz[i,j,k:m] = B[i,j,0]*w\nL = Σ_{i,j,k} z[i,j,k]")
    assert program.tensors["z"] == (n, n + 1, m)
    assert program.sizes == (m, n)
    assert "z[i,j,k:m]" in str(program)


def test_without_an_output_line_the_last_equation_is_the_output():
    assert parse(DECLARED + "p = w\nL = p*b").outputs == ("L",)
    assert parse(DECLARED + "p = w\nL = p*b\noutput p, L, w").outputs == ("p", "L", "w")


def test_line_ends_of_all_systems_are_read():
    assert parse("parameter w\r\nL = w\r\n") == parse("parameter w;L = w") == parse("\n\n parameter w # c\n\n  L = w")


def test_a_difference_is_written_with_the_minuend_first():
    assert expression_text(read("ŷ") - read("y")) == "ŷ - y"
    assert expression_text(Mul(2, read("ŷ") - read("y"), 1 / n)) == "2*(ŷ - y)/n"
    assert expression_text(-read("a") - read("b")) == "-a - b"


def test_programs_look_their_names_up():
    program = parse(DECLARED + "p[i] = w*x[i]\nL = Σ_i p[i]")
    assert program.input("x") == Tensor("x", (n,), Role.DATA)
    assert program.equation("p").extents == (n,)
    assert program.equation("p").operands == {"w", "x"}
    assert program.equation("L").axes == (Index("i", n),)
    assert program.named(Role.PARAMETER) == ("w", "b", "v")
    assert list(program.tensors) == ["w", "b", "v", "x", "A", "y", "p", "L"]


def test_constant_places_and_extents_are_exact_integers():
    program = Program((Tensor("x", (Integer(3),)),), (Equation("L", (), (), read("x", [2])),), ("L",))
    assert parse("data x[3]\nL = x[2]") == program
