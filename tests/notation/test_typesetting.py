"""LaTeX and MathML: every name, function and form, brackets where they are needed, and nothing that a page would not take."""

import re
from xml.etree import ElementTree

import pytest
import sympy
from hypothesis import given
from strategies_programs import programs
from sympy import KroneckerDelta, Mul, Rational, Sum, exp, pi, sqrt

from diffcheck.derivation import closed_form, derive
from diffcheck.errors import UnsupportedExpression
from diffcheck.notation import FUNCTIONS, Equation, Index, extent, index_symbol, parse, read
from diffcheck.notation.latex import equation_latex, expression_latex, name_latex, program_latex
from diffcheck.notation.mathml import equation_mathml, expression_mathml, program_mathml
from diffcheck.notation.names import Name, split_name
from diffcheck.report.mathml import checked_mathml

n = extent("n")
i, j, k = map(index_symbol, "ijk")
u, w = read("u"), read("w")
x_i = read("x", [i])
ROWS = list(FUNCTIONS.values())

NAMES = [
    # name, its parts, its LaTeX at [i, j]
    ("w", Name("w"), "w_{ij}"),
    ("x1", Name("x", subscripts=("1",)), "x_{1,ij}"),
    ("W_1", Name("W", subscripts=("1",)), "W_{1,ij}"),
    ("w_init", Name("w", subscripts=("init",)), r"w_{\mathrm{init},ij}"),
    ("loss", Name("loss"), r"\mathit{loss}_{ij}"),
    ("ŷ", Name("ŷ"), r"\hat{y}_{ij}"),
    ("ẍ", Name("ẍ"), r"\ddot{x}_{ij}"),
    ("σ", Name("σ"), r"\sigma_{ij}"),
    ("beta", Name("β"), r"\beta_{ij}"),
    ("lambda_", Name("λ"), r"\lambda_{ij}"),
    ("theta_0", Name("θ", subscripts=("0",)), r"\theta_{0,ij}"),
    ("p_bar", Name("p", 1), r"\bar{p}_{ij}"),
    ("W_bar_2", Name("W", 1, part="2"), r"{\bar{W}^{(2)}_{ij}}"),
    ("W_1_bar", Name("W", 1, ("1",)), r"\bar{W}_{1,ij}"),
    ("ŷ_sum_bar", Name("ŷ", 1, ("sum",)), r"\bar{\hat{y}}_{\mathrm{sum},ij}"),
    ("w_bar_bar", Name("w", 2), r"\overline{\bar{w}}_{ij}"),
    ("loss_bar", Name("loss", 1), r"\overline{\mathit{loss}}_{ij}"),
    ("bar", Name("bar"), r"\mathit{bar}_{ij}"),
    ("_bar", Name("_bar"), r"\mathit{\_bar}_{ij}"),
    ("_t", Name("_t"), r"\mathit{\_t}_{ij}"),
    ("x_", Name("x"), "x_{ij}"),
    ("a__b", Name("a", subscripts=("b",)), r"a_{\mathrm{b},ij}"),
    ("名", Name("名"), "名_{ij}"),
]


@pytest.mark.parametrize(("text", "parts", "latex"), NAMES)
def test_names_are_set_in_parts(text, parts, latex):
    assert split_name(text) == parts
    assert name_latex(text, "ij") == latex
    checked_mathml(f"<math>{expression_mathml(read(text, [i, j]) ** 2)}</math>")


def test_indices_of_several_letters_are_separated():
    assert name_latex("W", ["i", "j_{2}"]) == "W_{i,j_{2}}"
    assert expression_latex(read("W", [i, 0])) == "W_{i0}"


LATEX = [
    (x_i**2, "x_{i}^{2}"),
    (sqrt(w), r"\sqrt{w}"),
    (w ** Rational(-1, 2), r"\frac{1}{\sqrt{w}}"),
    (w**u, "w^{u}"),
    (exp(-w), "e^{- w}"),
    (exp(1) * pi * w, r"e \pi w"),
    (read("ŷ") - read("y"), r"\hat{y} - y"),
    (Mul(2, read("ŷ") - read("y"), 1 / n), r"\frac{2 \left(\hat{y} - y\right)}{n}"),
    (w * read("W_bar_2", [i]) ** 2, r"w {\bar{W}^{(2)}_{i}}^{2}"),
    (FUNCTIONS["tanh"].symbol(w) ** 2, r"\tanh^{2}\left(w\right)"),
    (FUNCTIONS["tanh"].symbol(w) ** -2, r"\frac{1}{\tanh^{2}\left(w\right)}"),
    (FUNCTIONS["sigmoid"].symbol(-w) * u, r"u \sigma\left(- w\right)"),
    (KroneckerDelta(i, j), r"\delta_{i j}"),
    (Sum(x_i, (i, 0, n - 1)) * 2 / n, r"\frac{2}{n} \sum_{i=0}^{n - 1} x_{i}"),
    (Sum(x_i + w, (i, 0, n - 1)), r"\sum_{i=0}^{n - 1} \left(w + x_{i}\right)"),
    (sympy.log(Sum(x_i, (i, 0, n - 1))) * w, r"w \log{\left(\sum_{i=0}^{n - 1} x_{i} \right)}"),
    (
        FUNCTIONS["sech"].symbol(Sum(x_i, (i, 0, n - 1))) ** 2 * x_i,
        r"\operatorname{sech}^{2}\left(\sum_{i=0}^{n - 1} x_{i}\right) x_{i}",
    ),
]


@pytest.mark.parametrize(("body", "latex"), LATEX, ids=[latex for _, latex in LATEX])
def test_formulas_in_latex(body, latex):
    assert expression_latex(body) == latex


EQUATIONS = [
    ("p[i] = w*x[i]", r"p_{i} = w x_{i}", "p i = w × x i"),
    ("L = Σ_i (x[i] - w)", r"L = \sum_{i} \left(x_{i} - w\right)", "L = ∑ i ( x i − w )"),
    ("L = Σ_{i,j} A[i,j]/n", r"L = \sum_{i, j} \frac{A_{ij}}{n}", "L = ∑ i , j A ij / n"),
    ("L = Σ_i -2*x[i]", r"L = - \sum_{i} 2 x_{i}", "L = − ∑ i 2 × x i"),
    ("L = -w**2/2", r"L = - \frac{w^{2}}{2}", "L = − w 2 / 2"),
    ("L = 3*7**w", r"L = 3 \cdot 7^{w}", "L = 3 ⋅ 7 w"),
    ("L = (w + 1)**3*2**w", r"L = 2^{w} \left(w + 1\right)^{3}", "L = 2 w × ( w + 1 ) 3"),
    ("L = -(w + 1)/(w - 1)", r"L = - \frac{w + 1}{w - 1}", "L = − w + 1 / w − 1"),
    ("L = (w/2)**3*(1/2)**w", r"L = \frac{2^{- w} w^{3}}{8}", "L = 2 − w × w 3 / 8"),
    ("L = w**(1/3) + w**(-2/3)", r"L = \sqrt[3]{w} + \frac{1}{w^{\frac{2}{3}}}", "L = √ w 3 + 1 / w 2 / 3"),
    ("L = tanh(w)**2", r"L = \tanh^{2}\left(w\right)", "L = tanh 2 ( w )"),
    ("L = (2*pi)**w + exp(1)", r"L = e + \left(2 \pi\right)^{w}", None),
]


@pytest.mark.parametrize(("text", "latex", "spoken"), EQUATIONS)
def test_equations_in_both_forms(text, latex, spoken):
    equation = parse("parameter w; data x[n]; data A[n,m]\n" + text).equations[-1]
    if spoken is None:
        assert equation_latex(equation)
        checked_mathml(f"<math>{equation_mathml(equation)}</math>")
    else:
        assert equation_latex(equation) == latex
        assert spoken_mathml(equation_mathml(equation)) == spoken


def spoken_mathml(markup):
    """Return the text of *markup* from left to right, fractions with a slash, invisible signs shown or left out."""

    def say(element):
        parts = [say(child) for child in element]
        if element.tag == "mfrac":
            return " / ".join(parts)
        if element.tag in ("msqrt", "mroot"):
            return "√ " + " ".join(parts)
        if not len(element):
            return {"\u2061": "", "\u2062": "×"}.get(element.text, element.text)
        if element.tag in ("msub", "msubsup"):
            parts[1] = "".join(parts[1].split()) if "," not in parts[1] else parts[1]
        return " ".join(part for part in parts if part)

    return say(ElementTree.fromstring(markup))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_function_is_set_with_its_powers(row):
    for body in (row.symbol(w), row.symbol(w) ** 2, row.symbol(w) ** -1, row.symbol(w) ** Rational(1, 3), row.symbol(w) ** u):
        latex, mathml = expression_latex(body), expression_mathml(body)
        assert balanced(latex)
        assert "Slope" not in latex + mathml
        assert row.name in ("exp", "floor") or row.latex in latex
        checked_mathml(f"<math>{mathml}</math>")
    texts = {element.text for element in ElementTree.fromstring(expression_mathml(row.symbol(w))).iter() if element.text}
    assert {"exp": "e", "sigmoid": "σ"}.get(row.name, re.sub(r"\\operatorname|[\\{}]", "", row.latex)) in texts


@given(programs())
def test_every_program_can_be_set(program):
    latex = program_latex(program)
    assert balanced(latex)
    assert latex.count(r" \\") == len(program.equations) - 1
    assert latex.count("&=") == len(program.equations)
    formulas = program_mathml(program)
    assert len(formulas) == len(program.equations)
    for formula in formulas:
        assert formula.startswith('<math display="block">')
        assert checked_mathml(formula) == formula


def balanced(latex):
    """Say whether braces, and the brackets that grow, are closed in order."""
    opened = []
    for token in re.findall(r"\\left|\\right|(?<!\\)[{}]", latex):
        if token in (r"\left", "{"):
            opened.append(token)
        elif not opened or opened.pop() != {r"\right": r"\left", "}": "{"}[token]:
            return False
    return not opened


def test_closed_forms_of_gradients_can_be_set():
    program = parse(
        """
        parameter W[h, d]; parameter b[h]; parameter v[h]; data x[n, d]; target y[n]
        a[i,j] = tanh(Σ_k W[j,k]*x[i,k] + b[j])
        L = Σ_i (Σ_j v[j]*a[i,j] - y[i])**2/n
        """
    )
    gradient = derive(program)
    for name in gradient.wrt:
        assert balanced(gradient.latex(name))
        checked_mathml(f"<math>{expression_mathml(gradient.closed_form(name))}</math>")
    assert gradient.latex("v") == (
        r"\frac{2}{n} \sum_{i=0}^{n - 1} \left("
        r"\sum_{j_{2}=0}^{h - 1} \tanh\left(b_{j_{2}} + \sum_{k=0}^{d - 1} W_{j_{2},k} x_{ik}\right) v_{j_{2}} - y_{i}\right) "
        r"\tanh\left(b_{j} + \sum_{k=0}^{d - 1} W_{jk} x_{ik}\right)"
    )


def test_a_size_in_a_closed_form_can_be_set():
    program = parse("parameter w\nz = w**2\nL = sqrt(z)")
    assert spoken_mathml(expression_mathml(closed_form(program, "L"))) == "| w |"
    assert expression_latex(closed_form(program, "L")) == r"\left|{w}\right|"


def test_text_in_mathml_is_escaped():
    # No name holds such characters today; the printer does not rely on that.
    hostile = sympy.Symbol("a<b>&c", real=True)
    assert "<b>" not in expression_mathml(hostile)
    assert checked_mathml(f"<math>{expression_mathml(hostile)}</math>")


def test_what_is_no_formula_is_refused():
    with pytest.raises(UnsupportedExpression, match="wanted a formula of a program"):
        expression_mathml(sympy.Integral(w, w))
    with pytest.raises(UnsupportedExpression, match="tan"):
        expression_mathml(sympy.tan(w))


def test_a_product_of_sums_is_bracketed():
    total = Sum(x_i, (i, 0, n - 1))
    body = Mul(total, Sum(read("y", [j]), (j, 0, n - 1)), w)
    assert spoken_mathml(expression_mathml(body)).count("(") == 1
    equation = Equation("L", (), (Index("i", n),), x_i - w)
    assert equation_latex(equation).endswith(r"\left(x_{i} - w\right)")
