"""A SymPy expression as the reference: right functions pass, wrong ones do not, and what is not pointwise is refused."""

import pytest
import sympy
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import (
    And,
    Function,
    Heaviside,
    I,
    Integral,
    Lambda,
    Max,
    Min,
    Ne,
    Not,
    Or,
    Piecewise,
    Rational,
    Sum,
    exp,
    sqrt,
    tanh,
)
from sympy.codegen.cfunctions import expm1, log1p
from torch.nn.functional import silu, softplus

import diffcheck as dc
from diffcheck.errors import CaptureError, UnknownName, UnsupportedExpression

x, y, n = sympy.symbols("x y n")
A = torch.tensor([[-1.5], [0.3], [2.0]], dtype=torch.float64, requires_grad=True)
B = torch.tensor([-0.7, 0.3, 2.0, 1.1], dtype=torch.float64, requires_grad=True)


def unary(function):
    """Return *function* with its argument called x, which is not what it is called in all of PyTorch's own."""

    def called(x):
        return function(x)

    return called


def binary(function):
    """Return *function* with its arguments called x and y."""

    def called(x, y):
        return function(x, y)

    return called


OF_ONE = [
    (tanh(x) ** 2, lambda x: torch.tanh(x) ** 2),
    (1 / (1 + exp(-x)), torch.sigmoid),
    (1 / (1 + exp(-x)) ** 3, lambda x: torch.sigmoid(x) ** 3),
    (Function("softplus")(x), softplus),
    (Function("silu")(x), silu),
    (expm1(x) + log1p(x**2), lambda x: torch.expm1(x) + torch.log1p(x**2)),
    (sympy.erf(x) + sympy.erfc(2 * x), lambda x: torch.erf(x) + torch.erfc(2 * x)),
    (sympy.tan(x) + sympy.sin(x) * sympy.cosh(x), lambda x: torch.tan(x) + torch.sin(x) * torch.cosh(x)),
    (sympy.coth(x) + sympy.csch(x), lambda x: 1 / torch.tanh(x) + 1 / torch.sinh(x)),
    (sympy.sec(x) - sympy.cot(x), lambda x: 1 / torch.cos(x) - torch.cos(x) / torch.sin(x)),
    (abs(x) * sympy.sign(x - 1), lambda x: x.abs() * (x - 1).sign()),
    (sqrt(tanh(x) ** 2), lambda x: torch.tanh(x).abs()),
    (Max(x, 0), torch.relu),
    (Max(Min(x, 1.25), Rational(1, 2)), lambda x: x.clamp(0.5, 1.25)),
    (x * Heaviside(x) + Heaviside(x, 0), lambda x: x * (x > 0) + (x > 0)),
    (
        Piecewise((x**2, x > 1), (2 * x, x <= -1), (0.5, True)),
        lambda x: torch.where(x > 1, x**2, torch.where(x <= -1, 2 * x, 0.5)),
    ),
    (sympy.E**x * sympy.pi, lambda x: torch.exp(x) * torch.pi),
]


@pytest.mark.parametrize(("formula", "function"), OF_ONE, ids=[str(formula) for formula, _ in OF_ONE])
def test_a_formula_judges_a_function_of_one_argument(formula, function):
    findings = dc.check(unary(function), A, reference=formula)
    assert findings.ok, findings.worst
    assert not dc.check(lambda x: function(x) + 1e-6 * x**2, A, reference=formula).ok


OF_TWO = [
    (tanh(x) * y, lambda x, y: torch.tanh(x) * y),
    (Max(x, y), torch.maximum),
    (Min(x, y), torch.minimum),
    (Piecewise((x, And(x > 0, Ne(y, 1))), (y, True)), lambda x, y: torch.where((x > 0) & (y != 1), x, y)),
    (Piecewise((x, Or(x > 0, y < 1)), (x * y, True)), lambda x, y: torch.where((x > 0) | (y < 1), x, x * y)),
    (Piecewise((x, Not(sympy.Eq(x, y))), (x * y, True)), lambda x, y: torch.where(x != y, x, x * y)),
    (Lambda((y, x), y - 2 * x), lambda x, y: x - 2 * y),
]


@pytest.mark.parametrize(("formula", "function"), OF_TWO, ids=[str(formula) for formula, _ in OF_TWO])
def test_a_formula_of_two_arguments_is_broadcast_and_ties_are_as_in_torch(formula, function):
    findings = dc.check(binary(function), A, B, reference=formula)
    assert findings.ok, findings.worst
    assert dc.gradcheck(binary(function), (A, B), reference=formula)
    assert not dc.check(lambda x, y: function(x, y) + 1e-6 * x * y, A, B, reference=formula).ok


def test_an_argument_that_the_formula_does_not_read_has_the_gradient_zero():
    assert dc.check(lambda x, y: x**2 + 0 * y[0], A, B, reference=x**2).ok
    assert not dc.check(lambda x, y: x**2 + (y - y.detach())[0], A, B, reference=x**2).ok


def test_whole_numbers_are_arguments_too():
    mask = torch.tensor([[1], [0], [1]])
    assert dc.check(lambda x, y: x**2 * y, A, mask, reference=x**2 * y).ok


@pytest.mark.parametrize("shape", [(), (3,), (2, 1, 3)])
def test_any_shape(shape):
    value = torch.randn(shape, dtype=torch.float32, generator=torch.Generator().manual_seed(0)).requires_grad_()
    assert dc.check(lambda x: x.sin() ** 2, value, reference=sympy.sin(x) ** 2).ok


@pytest.mark.parametrize(
    ("formula", "kind", "says"),
    [
        (x + sympy.Symbol("alpha"), UnknownName, "alpha"),
        (sympy.gamma(x), UnknownName, "gamma"),
        (Function("softplsu")(x), UnknownName, "did you mean 'softplus'"),
        (Function("tanh")(x, y), UnsupportedExpression, "one argument"),
        (Sum(x, (n, 1, 3)), UnsupportedExpression, "each element"),
        (Integral(x, (x, 0, y)), UnsupportedExpression, "each element"),
        (I * x, UnsupportedExpression, "real"),
        (sympy.oo * x, UnsupportedExpression, "real"),
        (x > 0, UnsupportedExpression, "each element"),
        (Piecewise((x, x > 0)), UnsupportedExpression, "gaps"),
        (sympy.IndexedBase("x")[0], UnsupportedExpression, "each element"),
        (sympy.Matrix([x, y]), UnsupportedExpression, "each element"),
        (Lambda(x, x), CaptureError, "2: x, y"),
    ],
    ids=str,
)
def test_what_is_no_pointwise_formula_is_refused(formula, kind, says):
    with pytest.raises(kind, match=says):
        dc.check(lambda x, y: x * y, A, B, reference=formula)


def test_a_formula_of_another_shape_is_refused():
    findings = dc.check(lambda x: x.sum(), A, reference=x)
    assert not findings.ok
    assert "shape" in str(findings.worst)


LEAVES = st.sampled_from([x, y, sympy.Integer(2), Rational(1, 3)])
FORMULAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda a, b: a + b, inner, inner),
        st.builds(lambda a, b: a * b, inner, inner),
        st.builds(tanh, inner),
        st.builds(abs, inner),
        st.builds(lambda a, b: Piecewise((a, x > y), (b, True)), inner, inner),
        st.builds(Max, inner, inner),
    ),
    max_leaves=5,
)


@settings(max_examples=25, deadline=None)
@given(formula=FORMULAS, values=st.tuples(*[st.sampled_from([-1.5, 0.25, 0.75, 2.5])] * 2))
def test_a_drawn_formula_has_the_value_that_sympy_gives_it(formula, values):
    from diffcheck.verification.formulas import program_of

    given_ = [torch.tensor(value, dtype=torch.float64) for value in values]
    program = program_of(formula, ("x", "y"), given_).program
    value = dc.exact(program, dict(zip(("x", "y"), given_, strict=True))).rounded("float64")["output"]
    wanted = sympy.sympify(formula).subs({x: Rational(values[0]), y: Rational(values[1])}).evalf(30)
    assert abs(float(value) - float(wanted)) <= 1e-15 * abs(float(wanted))
