"""Every row of both spelling tables: each function alone and differentiated, at ordinary and hostile points, in silence."""

import numpy as np
import pytest
from generated_code import TARGETS, as_arrays, as_float64, as_gradient, assert_right, derived

from diffcheck.errors import GenerationError
from diffcheck.generation import generate
from diffcheck.generation.spelling import NUMPY, TORCH
from diffcheck.notation import FUNCTIONS, parse
from diffcheck.oracle import FORMATS, exact

ORDINARY = [-20.1, -2.5, -1.0, -0.3, -1e-3, 1e-3, 0.3, 1.0, 2.5, 20.1]
TINY = [0.0, -0.0, 5e-324, -5e-324, 1e-45, -1e-45, 2e-308, 1e-38, -1e-38]
HUGE = [-40.0, 40.0, -88.9, 88.9, -700.0, 700.0, 1e30, -1e30]
SPELT = [(name, target) for name in FUNCTIONS for target in TARGETS if (name, target) != ("erf", "numpy")]


def of(name):
    return parse(f"parameter x[n]\ny[i] = {name}(x[i])\noutput y")


def points(program, dtype, target):
    """Return those points where the output of *program* exists and is finite in *dtype*.

    torch.sigmoid and torch.log1p give 0 where a float32 result is subnormal (2.13, CPU), and so does what is made of them.
    """
    form = FORMATS[dtype]
    values = np.array(ORDINARY + TINY + HUGE).astype(dtype)
    sizes = [_size(program, value) for value in values]
    least = 2.0**form.least if target == "torch" and dtype == "float32" else 0.0
    kept = [value for value, size in zip(values, sizes, strict=True) if size == 0 or least <= size <= form.largest]
    assert len(kept) >= 10
    return np.array(kept)


def _size(program, value):
    point = {tensor.name: np.array([1.0 if tensor.name == "y_bar" else value], dtype=value.dtype) for tensor in program.inputs}
    return abs(exact(program, point).rounded()[program.outputs[0]][0])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("name", "target"), SPELT)
def test_function(name, target, dtype):
    program = of(name)
    module = generate(as_gradient(program), target).module()
    arrays = as_arrays({"x": points(program, dtype, target)}, target, dtype)
    assert_right(module.grad(**arrays), program, arrays, dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("name", "target"), SPELT)
def test_derivative(name, target, dtype):
    gradient = derived(of(name))
    module = generate(gradient, target).module()
    x = points(gradient.program, dtype, target)
    given = {"x": x, "y_bar": np.ones_like(x)}
    arrays = as_arrays({tensor.name: given[tensor.name] for tensor in gradient.program.inputs}, target, dtype)
    assert_right(module.grad(**arrays), gradient, arrays, dtype)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_helpers_and_scalars_have_the_same_value_as_arrays(name):
    program = parse(f"parameter x[n]\ny[i] = {name}(x[i])\nz = {name}(x[0])\noutput y, z")
    for target in TARGETS:
        if (name, target) in SPELT:
            arrays = as_arrays({"x": np.array([0.7, 0.2])}, target)
            whole, single = generate(as_gradient(program), target).compile()(**arrays)
            np.testing.assert_allclose(as_float64(single), as_float64(whole)[0], rtol=1e-15)


def test_every_function_has_a_spelling_in_torch():
    assert set(TORCH.functions) == set(FUNCTIONS)


def test_numpy_lacks_erf_and_says_so():
    assert set(FUNCTIONS) - set(NUMPY.functions) == {"erf"}
    gradient = as_gradient(of("erf"))
    with pytest.raises(GenerationError, match="got erf for the target numpy"):
        generate(gradient, "numpy")
    scalar = as_gradient(parse("parameter x\ny = 1 + erf(x)\noutput y"))
    with pytest.raises(GenerationError, match="generate for another target"):
        generate(scalar, "numpy")


def test_every_step_of_a_spelling_is_an_operation_or_a_helper():
    for target in (TORCH, NUMPY):
        used = {step for steps in target.functions.values() for step in steps}
        used |= {step for steps in target.before_a_power.values() for step in steps}
        assert used <= set(target.operations) | set(target.helpers)
        assert set(target.helpers) <= used


def test_a_function_may_write_over_its_own_argument():
    # x -> f(2x), with 2x in the slot that f writes to.
    for name, target in SPELT:
        program = parse(f"parameter x[n]\ny[i] = {name}(2*x[i])\nz = Σ_i y[i]\noutput z")
        arrays = as_arrays({"x": np.array([0.3, 0.1])}, target)
        module = generate(as_gradient(program), target).module()
        assert_right(module.grad(**arrays, out=module.workspace(**arrays)), program, arrays, "float64")
