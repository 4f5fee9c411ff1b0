"""Every pass leaves a program equal: its exact values agree. A pass that does not is seen by the oracle."""

from dataclasses import replace

import numpy as np
import pytest
from generated_code import as_arrays, as_gradient, assert_right, derived
from hypothesis import given
from hypothesis import strategies as st
from strategies_programs import losses, points
from sympy import Rational

from diffcheck.generation import generate
from diffcheck.generation.names import with_tensor
from diffcheck.generation.normalizing import gathered, normalized, parted, plain
from diffcheck.generation.rewriting import outputs_early, rewritten, scaled_late, shared
from diffcheck.notation import Equation, indices_of, name_of, parse, read
from diffcheck.notation.functions import sech, tanh
from diffcheck.notation.symbols import substitute
from diffcheck.notation.text import equation_text
from diffcheck.oracle import exact
from diffcheck.problems import names, problem

PASSES = (plain, gathered, parted, normalized, shared, scaled_late, outputs_early, rewritten)


def assert_equal(one, other, point):
    """Compare the exact values of the outputs of two programs, in order."""
    assert [one.tensors[name] for name in one.outputs] == [other.tensors[name] for name in other.outputs]
    first, second = exact(one, point), exact(other, point)
    for name, same in zip(one.outputs, other.outputs, strict=True):
        for ball, twin in zip(first[name].ravel(), second[same].ravel(), strict=True):
            assert ball.overlaps(twin) or not ball.is_finite()


@pytest.mark.parametrize("rewrite", PASSES, ids=lambda rewrite: rewrite.__name__)
@given(data=st.data())
def test_pass_leaves_a_gradient_equal(rewrite, data):
    program = data.draw(losses())
    gradient = derived(program, [tensor.name for tensor in program.inputs]).program
    assert_equal(gradient, rewrite(gradient), data.draw(points(gradient)))


@pytest.mark.parametrize("rewrite", PASSES, ids=lambda rewrite: rewrite.__name__)
@pytest.mark.parametrize("name", names())
def test_pass_leaves_the_problems_equal(rewrite, name):
    gradient = problem(name).gradient.program
    assert_equal(gradient, rewrite(gradient), problem(name).point(3, n=5))


INPUTS = "data x[n]; data y[n]; data v[m]; data w; data Q[n, n]; data N[n, m]"


def equations_after(rewrite, text):
    program = rewrite(parse(f"{INPUTS}; {text}"))
    return [equation_text(equation, program.tensors) for equation in program.equations]


@pytest.mark.parametrize(
    ("rewrite", "text", "after"),
    [
        (plain, "A[i,j] = Q[j,i]; L = Σ_{i,j} A[i,j]*x[i]; output L", ["L = Σ_{i,j} Q[j,i]*x[i]"]),
        (plain, "A[i,j:m] = exp(x[i]); L = Σ_{i,j} A[i,j]; output L", ["A[i] = exp(x[i])", "L = Σ_i m*A[i]"]),
        (plain, "a[i] = x[i]*y[i]; c[k] = x[k]*y[k]; L = Σ_i a[i]*c[i]; output L", ["a[i] = x[i]*y[i]", "L = Σ_i a[i]**2"]),
        (plain, "a[i] = exp(x[i]); c[i] = a[i]; L = Σ_i a[i]; output c, L", ["c[i] = exp(x[i])", "L = Σ_i c[i]"]),
        (plain, "a = x[0]; c = x[0]; L = a*w; output c, L", ["c = x[0]", "L = w*x[0]"]),
        (plain, "c[i] = x[i]; d[i] = x[i]; output c, d", ["c[i] = x[i]", "d[i] = x[i]"]),
        (
            gathered,
            "c[k:3] = Σ_i (delta(0, k)*x[i] + delta(2, k)*y[i]); output c",
            ["c_0 = Σ_i x[i]", "c_2 = Σ_i y[i]", "c[k:3] = c_0*delta(0, k) + c_2*delta(2, k)"],
        ),
        (gathered, "c[k:3] = Σ_i (delta(0, k)*x[i] + y[i]); output c", ["c[k:3] = Σ_i (delta(0, k)*x[i] + y[i])"]),
        (
            parted,
            "D[i,j] = Σ_p (Q[i,p]*N[p,j] + Q[p,i]*N[p,j]); output D",
            ["D_1[i,j] = Σ_p N[p,j]*Q[i,p]", "D_2[i,j] = Σ_p N[p,j]*Q[p,i]", "D[i,j] = D_1[i,j] + D_2[i,j]"],
        ),
        (parted, "L = Σ_i (x[i] + y[i]); output L", ["L = Σ_i (x[i] + y[i])"]),
        (
            shared,
            "a[i] = exp(x[i])*y[i]; c[i] = exp(x[i]) + w; output a, c",
            ["s[i] = exp(x[i])", "a[i] = s[i]*y[i]", "c[i] = w + s[i]"],
        ),
        (shared, "a[i] = x[i]*y[i]; c[i] = x[i]*y[i]*w; output a, c", ["a[i] = x[i]*y[i]", "c[i] = w*a[i]"]),
        (
            shared,  # a product that is summed may be larger than its factors
            "A[i,j] = Σ_p Q[i,p]*N[p,j]; L = Σ_{i,j,p} Q[i,p]*N[p,j]*x[i]; output A, L",
            ["A[i,j] = Σ_p N[p,j]*Q[i,p]", "L = Σ_{i,j,p} N[p,j]*Q[i,p]*x[i]"],
        ),
        (
            scaled_late,
            "a[i] = 2*x[i]/n; L = Σ_i a[i]*y[i]; output L",
            ["a_unscaled[i] = x[i]", "L = Σ_i 2*a_unscaled[i]*y[i]/n"],
        ),
        (scaled_late, "a[i] = 2*x[i]/n; L = Σ_i a[i]**2; output L", ["a[i] = 2*x[i]/n", "L = Σ_i a[i]**2"]),
        (
            scaled_late,  # a delta has no read, and is no constant
            "a[i] = 2*delta(i, 0)*x[i]; L = Σ_i a[i]; output L",
            ["a_unscaled[i] = delta(0, i)*x[i]", "L = Σ_i 2*a_unscaled[i]"],
        ),
        (
            outputs_early,
            "a[i] = exp(x[i]); c[i] = a[i]*w; L = Σ_i c[i]; K = Σ_i a[i]; output K, L",
            ["a[i] = exp(x[i])", "K = Σ_i a[i]", "c[i] = w*a[i]", "L = Σ_i c[i]"],
        ),
    ],
)
def test_what_a_pass_does(rewrite, text, after):
    assert equations_after(rewrite, text) == after


# -- faults planted in passes --------------------------------------------------------------------------------------------------

SQUARE = """
parameter W[n, n]; parameter b[n]; data x[n, n]; target y[n]
z[i,j] = Σ_k W[j,k]*x[i,k]
p[i] = Σ_j tanh(z[i,j] + b[j])
L = Σ_i (p[i] - y[i])**2/n
"""


def changed(program, name, change):
    """Return *program* with *change* made to the body of the equation *name*."""
    old = program.equation(name)
    made = Equation(old.target, old.indices, old.bound, change(old.body))
    return replace(program, equations=tuple(made if equation is old else equation for equation in program.equations))


def turned(program, name):
    """Return *program* with every read of *name* at its indices in reverse."""
    return replace(program, equations=tuple(_turned(equation, name) for equation in program.equations))


def _turned(equation, name):
    reads = {node: read(name, indices_of(node)[::-1]) for node in equation.reads if name_of(node) == name}
    return Equation(equation.target, equation.indices, equation.bound, substitute(equation.body, reads))


FAULTS = {
    "a size forgotten": lambda program: changed(program, "p_bar", lambda body: body / program.sizes[0]),
    "a constant applied twice": lambda program: changed(program, "p_bar", lambda body: 2 * body),
    "a constant off by 1e-12": lambda program: changed(program, "b_bar", lambda body: body * (1 + Rational(1, 10**12))),
    "a copy turned": lambda program: turned(program, "z"),
    "an adjoint turned": lambda program: turned(program, "z_bar"),
    "the wrong thing shared": lambda program: changed(program, "p", lambda body: body.replace(tanh, lambda u: sech(u) ** 2)),
    "outputs exchanged": lambda program: replace(program, equations=with_tensor(program.equations, "b", "y")),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_planted_in_a_pass_is_seen(fault):
    gradient = derived(parse(SQUARE))
    draw = np.random.default_rng(1)
    arrays = as_arrays({name: draw.normal(size=[4] * rank) for name, rank in {"W": 2, "b": 1, "x": 2, "y": 1}.items()})
    right = rewritten(gradient.program)
    assert_right(generate(as_gradient(right)).compile()(**arrays), gradient, arrays, "float64")
    wrong = FAULTS[fault](gradient.program)
    assert wrong != gradient.program
    with pytest.raises(AssertionError):
        assert_right(generate(as_gradient(wrong)).compile()(**arrays), gradient, arrays, "float64")
