"""Whatever program is drawn: the code generated for its gradient is right, and keeps its hands off what is not its own."""

import re

import numpy as np
from generated_code import as_arrays, as_gradient, assert_sound, derived
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies_programs import SMOOTH, losses, points, programs

from diffcheck.derivation import jacobian
from diffcheck.errors import GenerationError
from diffcheck.generation import generate

# NumPy has no erf, and constants such as exp(-exp(9)) are no floats.
REFUSED = re.compile("got erf for the target numpy|wanted a number within the range of a float")
SPELT_BY_BOTH = tuple(name for name in SMOOTH if name != "erf")


def assert_generated_well(gradient, judged, data):
    point = data.draw(points(gradient.program))
    for target in ("torch", "numpy"):
        try:
            module = generate(gradient, target).module()
        except GenerationError as refusal:
            if not REFUSED.search(str(refusal)):
                raise
            continue
        for dtype in ("float64", "float32"):
            with np.errstate(all="ignore"):  # a drawn program may overflow; then nothing is promised
                assert_sound(module, judged, as_arrays(point, target, dtype), dtype)


@given(data=st.data())
def test_gradient(data):
    program = data.draw(losses(SPELT_BY_BOTH))
    gradient = derived(program, [tensor.name for tensor in program.inputs])
    assert_generated_well(gradient, gradient, data)


@given(data=st.data())
def test_gradient_with_respect_to_anything_of_a_program_with_kinks_and_several_outputs(data):
    program = data.draw(programs())
    gradient = derived(program, list(program.tensors))
    assert_generated_well(gradient, gradient, data)


@settings(max_examples=5)
@given(data=st.data())
def test_gradient_of_a_gradient_with_cotangents(data):
    program = data.draw(losses(("tanh", "sigmoid", "exp")))
    first = derived(program, [tensor.name for tensor in program.inputs])
    second = derived(first, [tensor.name for tensor in first.program.inputs])
    assert_generated_well(second, second, data)


@given(data=st.data())
def test_jacobian(data):
    program = data.draw(losses(SPELT_BY_BOTH))
    output = data.draw(st.sampled_from([equation.target for equation in program.equations]))
    made = jacobian(program, output, data.draw(st.sampled_from([tensor.name for tensor in program.inputs])))
    assert_generated_well(as_gradient(made), made, data)
