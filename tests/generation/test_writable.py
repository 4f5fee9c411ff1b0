"""What was once refused is written, rightly; what tells no dtype is refused by name."""

import numpy as np
import pytest
import torch
from generated_code import as_arrays, as_gradient, assert_sound, derived

from diffcheck.errors import GenerationError
from diffcheck.generation import generate
from diffcheck.notation import parse

WRITTEN = {
    "moved": "parameter x[n]; L = Σ_{i:n} x[i-1]**2",
    "sliced": "parameter x[3]; L = Σ_{i:2} x[i]**2",
    "repeated": "parameter x[n]; data y[m]; p[i:m] = x[i//2]; L = Σ_i p[i]**2",
    "strided": "parameter x[5]; p[i:2] = x[2*i+1]; L = Σ_i p[i]**2",
    "turned": "parameter x[n]; p[i:n] = x[n-1-i]; L = Σ_i p[i]**2*x[i]",
    "product": "parameter x[n]; L = Π_i x[i]",
    "product of a matrix": "parameter X[n,m]; L = Π_{i,j} X[i,j]",
    "products over two axes": "parameter X[n,m,2]; p[j] = Π_{i,k} X[i,j,k]; L = Σ_j p[j]",
    "largest": "parameter X[n,m]; p[j] = max_{i} X[i,j]**2; L = Σ_j p[j]",
    "place of the largest": "parameter x[n]; a = argmax_{i} x[i]; L = x[a]**2",
    "place in two axes": "parameter X[2,3]; a = argmax_{i,j} X[i,j]; L = X[a//3,a%3]**2",
    "branch": "parameter x[n]; L = Σ_i select(x[i], x[i], 0)",
    "branch of numbers": "parameter x[n]; L = Σ_i x[i]*select(x[i], 0.1, 2.5)",
    "branch without a value": "parameter x[n]; L = Σ_i select(x[i], log(x[i]), 0)",
    "position": "parameter x[n]; L = Σ_i i*x[i]**2",
    "position of digits": "parameter x[6]; L = Σ_i (i//2 + i%3)*x[i]**2",
    "held": "parameter x[n]; L = Σ_i held(x[i] + 1)*detach(x[i])",
    "split": "parameter X[2*n]; p[i:2,j:n] = X[n*i+j]; L = Σ_{i,j} p[i,j]**2*j",
    "merged": "parameter X[2,n]; p[i:2*n] = X[i//n,i%n]; L = Σ_i p[i]**2*i",
    "convolution": "parameter w[3]; parameter x[n]; p[i:n] = Σ_k x[i+k-1]*w[k]; L = Σ_i p[i]**2",
    "strided convolution": "parameter w[3]; parameter x[8]; p[i:3] = Σ_k x[2*i+2*k-1]*w[k]; L = Σ_i p[i]**2",
    "table": "parameter E[k,d]; integer t[n]; p[i,j] = E[t[i],j]; L = Σ_{i,j} p[i,j]**2",
    "histogram": "parameter w[3]; integer t[n]; data x[n]; h[j:3] = Σ_i delta(j, t[i])*x[i]; L = Σ_j h[j]*w[j]",
}
EXTENTS = {"n": 4, "m": 3, "k": 5, "d": 2}


def program_of(text):
    lines = sorted(text.split("; "), key=lambda line: "=" in line)
    return parse("\n".join(lines) + "\noutput L")


def point_of(program):
    draw = np.random.default_rng(3)
    point = {}
    for tensor in program.inputs:
        shape = tuple(int(size.subs({symbol: EXTENTS[str(symbol)] for symbol in size.free_symbols})) for size in tensor.extents)
        point[tensor.name] = np.round(draw.normal(size=shape) * 8) / 8 + 1 / 16
    return point


def arrays_of(program, target, dtype):
    point = point_of(program)
    whole = {name: np.array([1, 4, -1, 2]) for name in point if name == "t"}  # one of them outside of every axis
    arrays = as_arrays({name: value for name, value in point.items() if name not in whole}, target, dtype)
    return arrays | {name: torch.tensor(value) if target == "torch" else value for name, value in whole.items()}


@pytest.mark.parametrize("target", ["torch", "numpy"])
@pytest.mark.parametrize("name", WRITTEN)
def test_what_reads_at_computed_places_or_branches_is_written(name, target):
    program = program_of(WRITTEN[name])
    for wanted in (derived(program), as_gradient(program)):
        module = generate(wanted, target).module()
        for dtype in ("float64", "float32"):
            with np.errstate(invalid="ignore"):  # NumPy tells of the branch that is not taken
                assert_sound(module, wanted.program, arrays_of(program, target, dtype), dtype)


SPELT = {
    "sliced": "x[:2]",
    "strided": "x[1:4:2]",
    "moved": "torch.nn.functional.pad(x, (1, 0))[:n]",
    "turned": "x.flip(0)",
    "split": "X.reshape(2, n)",
    "merged": "X.reshape(2 * n)",
    "strided convolution": ".unfold(0, 5, 2)[:, ::2]",
    "largest": ".amax(1)",
    "branch": "torch.where(x > 0, x, 0)",
}


@pytest.mark.parametrize("name", SPELT)
def test_forms_that_a_library_has_words_for_are_written_with_them(name):
    program = program_of(WRITTEN[name])
    assert SPELT[name] in generate(as_gradient(program)).text


def test_whole_numbers_alone_tell_no_dtype():
    with pytest.raises(GenerationError, match=r"got whole numbers alone.*an input that tells the dtype"):
        generate(as_gradient(parse("integer t[n]; L = Σ_i t[i]")))


def test_a_wrong_place_is_seen():
    program = program_of(WRITTEN["moved"])
    gradient = derived(program)
    source = generate(gradient)
    arrays = arrays_of(program, "torch", "float64")
    namespace = {}
    exec(source.text.replace("(1, 0)", "(0, 1)"), namespace)  # the padding at the wrong end
    wrong = type("Module", (), {"grad": staticmethod(namespace["grad"])})
    with pytest.raises(AssertionError):
        assert_sound(wrong, gradient.program, arrays, "float64")
