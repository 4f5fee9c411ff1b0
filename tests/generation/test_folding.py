"""Sums of products in few passes: what a pass makes of a program, and that its gradient stays right."""

import pytest

from diffcheck.derivation import derive
from diffcheck.generation import generate
from diffcheck.generation.folding import folded, turned
from diffcheck.notation import parse
from diffcheck.notation.text import equation_text

INPUTS = "data x[n]; data y[n]; data A[n, m]; data v[m]; parameter w; parameter b\n"

PASSES = [
    (folded, "p[i] = b + w*x[i]; r[i] = p[i] - y[i]; L = Σ_i r[i]; output L", ["r[i] = b + w*x[i] - y[i]", "L = Σ_i r[i]"]),
    (folded, "p[i] = b + x[i]; r[i] = p[i] - y[i]; L = Σ_i r[i]*p[i]; output L", None),  # read twice
    (folded, "p[i] = b + x[i]; r[i] = p[i] - y[i]; L = Σ_i r[i]; output L, p", None),  # an output
    (folded, "p[i] = b + x[i]; r[i] = p[i]*y[i] - 1; L = Σ_i r[i]; output L", None),  # no term by itself
    (folded, "p[i] = b + x[i]; r = Σ_i p[i]; output r", None),  # a sum over i
    (turned, "r[i] = b + w*x[i] - y[i]; L = Σ_i r[i]*x[i]; output L", ["r[i] = y[i] - b - w*x[i]", "L = Σ_i -r[i]*x[i]"]),
    (turned, "r[i] = b + w*x[i] + y[i]; L = Σ_i r[i]; output L", None),  # begins with an array already
    (turned, "r[i] = b + w*x[i] - y[i]; L = Σ_i r[i]**2; output L", None),  # not linear
    (turned, "r[i] = b + w*x[i] - y[i]; s[i] = 2*r[i]; output s", None),  # no sum to take the sign
]


@pytest.mark.parametrize(("rewrite", "text", "wanted"), PASSES)
def test_what_a_pass_does(rewrite, text, wanted):
    program = parse(INPUTS + text)
    made = rewrite(program)
    lines = [equation_text(equation, made.tensors) for equation in made.equations]
    assert lines == (wanted or [equation_text(equation, program.tensors) for equation in program.equations])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("L = Σ_i (w*x[i] + b - y[i])**2/n", "torch.addcmul(y, x, w, value=-1, out=t0).sub_(b)"),
        ("p[i,j] = A[i,j] + x[i]*v[j]; L = Σ_{i,j} exp(p[i,j])*w", "torch.addcmul(A, v, x[:, None], out=t0)"),
    ],
)
def test_an_array_and_a_product_are_one_operation_of_torch(text, line):
    gradient = derive(parse(INPUTS + text), ("w", "b") if "b" in text else ("w",))
    assert line in str(generate(gradient, "torch"))
    assert "addcmul" not in str(generate(gradient, "numpy"))
