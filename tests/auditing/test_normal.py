"""Normal forms: equal tensors have the same, and a program that differs by one slip from another has another."""

import numpy as np
import pytest

import diffcheck as dc
from diffcheck.auditing.matching import matched
from diffcheck.auditing.monomials import bounded
from diffcheck.auditing.normal import Normal
from diffcheck.notation import index_symbol
from diffcheck.verification.mutants import mutants

GIVEN = "data x[n]; data y[n]; data A[n,n]; data z[n,c]; parameter w; parameter b;"

EQUAL = [
    ("g = Σ_i 2*(w*x[i]+b-y[i])*x[i]/n", "p[i]=w*x[i]+b; d[i]=2*(p[i]-y[i])/n; g=Σ_j d[j]*x[j]"),
    ("g = Σ_i sigmoid(-x[i])*x[i]", "g = Σ_i x[i]/(1+exp(x[i]))"),
    ("g = Σ_i tanh(x[i])*x[i]", "g = Σ_i x[i]*(exp(x[i])-exp(-x[i]))/(exp(x[i])+exp(-x[i]))"),
    ("g = Σ_i sech(x[i])**2*x[i]", "g = Σ_i x[i]*(1-tanh(x[i])**2)"),
    ("g = Σ_i tanh(x[i])", "g = Σ_i (2*sigmoid(2*x[i])-1)"),
    ("g = Σ_i absolute(x[i])", "g = Σ_i (relu(x[i])+relu(-x[i]))"),
    ("g = Σ_i (softplus(x[i])-softplus(-x[i]))", "g = Σ_i x[i]"),
    ("g = Σ_i logsigmoid(x[i])", "g = Σ_i log(sigmoid(x[i]))"),
    ("g = Σ_i log(1-sigmoid(x[i]))", "g = -Σ_i softplus(x[i])"),
    ("g = Σ_{i,j} x[i]*y[j]", "s=Σ_i x[i]; t=Σ_i y[i]; g=s*t"),
    ("g = Σ_i (x[i] + 1)", "g = n + Σ_i x[i]"),
    ("g = Σ_{i,j,k} A[i,j]*A[j,k]*A[k,i]", "g = Σ_{i,j,k} A[k,j]*A[i,k]*A[j,i]"),
    ("g = Σ_i select(step(x[i]),x[i],0)", "g=Σ_i relu(x[i])"),
    ("g = Σ_i x[i]**2/sqrt(1+x[i]**2)", "g=Σ_i (sqrt(1+x[i]**2)-1/sqrt(1+x[i]**2))"),
    ("g = Σ_i sin(x[i])**2", "g = n - Σ_i cos(x[i])**2"),
    ("g = Σ_i expm1(x[i])", "g = Σ_i (exp(x[i]) - 1)"),
    (
        "s[i]=Σ_j exp(z[i,j]); g[i,j]=exp(z[i,j])/s[i]",
        "m[i]=max_{j} z[i,j]; e[i,j]=exp(z[i,j]-m[i]); s[i]=Σ_j e[i,j]; g[i,j]=e[i,j]/s[i]",
    ),
]
DIFFERENT = [
    ("g = Σ_i x[i]*y[i]", "s=Σ_i x[i]; t=Σ_i y[i]; g=s*t"),
    ("g = Σ_i x[i]", "g = Σ_i x[i]/n"),
    ("g = Σ_{i,j} A[i,j]*x[i]", "g = Σ_{i,j} A[i,j]*x[j]"),
    ("g = Σ_{i,j,k} A[i,j]*A[j,k]*A[k,i]", "g = Σ_{i,j,k} A[i,j]*A[j,k]*A[i,k]"),
    ("g = Σ_i step(x[i])", "g = Σ_i (1 - step(-x[i]))"),
    ("g = Σ_i log(x[i]*y[i])", "g = Σ_i log(x[i]) + Σ_j log(y[j])"),
    ("g = Σ_i 1/(1+exp(x[i]))", "g = Σ_i 1/(1-exp(x[i]))"),
    ("g[i:n] = x[i-1]", "g[i:n] = x[i]"),
]


def normal(text):
    program = dc.parse(GIVEN + text)
    (name,) = program.outputs
    with bounded():
        return Normal(program).of(name, tuple(index_symbol(f"at_{axis}") for axis in range(len(program.tensors[name]))))


@pytest.mark.parametrize(("first", "second"), EQUAL)
def test_what_is_equal_has_one_normal_form(first, second):
    assert normal(first) == normal(second)


@pytest.mark.parametrize(("first", "second"), DIFFERENT)
def test_what_differs_has_two(first, second):
    assert normal(first) != normal(second)


PROGRAMS = [
    "data x[n]; data y[n]; parameter w; parameter b; p[i]=w*x[i]+b; L = Σ_i (p[i]-y[i])**2/n",
    "data X[n,d]; data y[n]; parameter w[d]; z[i]=Σ_j X[i,j]*w[j]; L = Σ_i (softplus(z[i])-y[i]*z[i])/n",
    "data x[n]; parameter w; L = Σ_i relu(w*x[i])**2",
]


def _elements(program, point):
    return [ball for array in dc.exact(program, point).values() for ball in array.flat]


@pytest.mark.parametrize("text", PROGRAMS)
def test_a_mutant_that_has_another_value_somewhere_is_never_matched(text):
    program = dc.parse(text)
    gradient = dc.derive(program)
    generator = np.random.default_rng(0)
    sizes = {"n": 3, "d": 2}
    point = {
        tensor.name: generator.integers(-16, 17, [sizes[str(size)] for size in tensor.extents]) / 8 for tensor in program.inputs
    }
    ours = _elements(gradient.program, point)
    tried = 0
    for mutant in mutants(gradient.program):
        if any(not a.overlaps(b) for a, b in zip(ours, _elements(mutant.program, point), strict=True)):
            assert not matched(gradient, mutant.program).equal, mutant.slip
            tried += 1
    assert tried
