"""Every row of both spelling tables: each function alone and differentiated, at ordinary and hostile points, in silence."""

import numpy as np
import pytest
import torch
from generated_code import TARGETS, as_arrays, as_float64, as_gradient, assert_right, derived

from diffcheck.derivation import derive
from diffcheck.errors import GenerationError, UnsupportedExpression
from diffcheck.generation import generate
from diffcheck.generation.spelling import NUMPY, TORCH
from diffcheck.generation.spelling import TARGETS as SPELLINGS
from diffcheck.notation import FUNCTIONS, parse, read
from diffcheck.notation.special_functions import HIGHEST_ORDER
from diffcheck.oracle import FORMATS, bounds, exact

ORDINARY = [-20.1, -2.5, -1.0, -0.3, -1e-3, 1e-3, 0.3, 1.0, 1.25, 1.5, 2.5, 3.75, 20.1, 60.0]
TINY = [0.0, -0.0, 5e-324, -5e-324, 1e-45, -1e-45, 2e-308, 1e-38, -1e-38]
HUGE = [-40.0, 40.0, -88.9, 88.9, -700.0, 700.0, 1e30, -1e30]
SPELT = [(name, target) for name in FUNCTIONS for target in TARGETS if name in SPELLINGS[target].functions]
REFUSED = [(name, target) for name in FUNCTIONS for target in TARGETS if (name, target) not in SPELT]


INSIDE = {"acosh": [1.7, 1.2]}  # two arguments in the domain


def of(name):
    return parse(f"parameter x[n]\ny[i] = {name}(x[i])\noutput y")


def points(program, dtype, target):
    """Return those points where the output of *program* exists and is finite in *dtype*.

    torch.sigmoid and torch.log1p give 0 where a float32 result is subnormal (2.13, CPU), and so does what is made of them;
    torch.i0 and i1 multiply by exp(|u|), which overflows before they do.
    NumPy warns of what overflows on the way to a finite result, where nothing is promised.
    """
    form = FORMATS[dtype]
    values = np.array(ORDINARY + TINY + HUGE).astype(dtype)
    sizes = np.array([_size(program, value) for value in values])
    promised = np.isfinite(bounds(program, _given(program, values), dtype=dtype).rounding[program.outputs[0]])
    least = 2.0**form.least if target == "torch" and dtype == "float32" else 0.0
    kept = (sizes == 0) | ((sizes >= least) & (sizes <= form.largest))
    kept &= promised | (target == "torch")
    if "bessel" in str(program):
        kept &= np.abs(values) < np.log(form.largest)
    assert kept.sum() >= 6
    return values[kept]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("name", "target"), SPELT)
def test_function(name, target, dtype):
    program = of(name)
    module = generate(as_gradient(program), target).module()
    arrays = as_arrays({"x": points(program, dtype, target)}, target, dtype)
    assert_right(module.grad(**arrays), program, arrays, dtype)


def _given(program, values):
    return {tensor.name: np.ones_like(values) if tensor.name == "y_bar" else values for tensor in program.inputs}


def _size(program, value):
    return abs(exact(program, _given(program, np.array([value]))).rounded()[program.outputs[0]][0])


def has_slope(name):
    """Return whether *name* has a derivative."""
    try:
        FUNCTIONS[name].stable(read("u"))
    except UnsupportedExpression:
        return False
    return True


DERIVED = [(name, target) for name, target in SPELT if has_slope(name)]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("name", "target"), DERIVED)
def test_derivative(name, target, dtype):
    gradient = derived(of(name))
    module = generate(gradient, target).module()
    x = points(gradient.program, dtype, target)
    given = {"x": x, "y_bar": np.ones_like(x)}
    arrays = as_arrays({tensor.name: given[tensor.name] for tensor in gradient.program.inputs}, target, dtype)
    assert_right(module.grad(**arrays), gradient, arrays, dtype)


@pytest.mark.parametrize(("name", "target"), SPELT)
def test_helpers_and_scalars_have_the_same_value_as_arrays(name, target):
    program = parse(f"parameter x[n]\ny[i] = {name}(x[i])\nz = {name}(x[0])\noutput y, z")
    arrays = as_arrays({"x": np.array(INSIDE.get(name, [0.7, 0.2]))}, target)
    whole, single = generate(as_gradient(program), target).compile()(**arrays)
    assert np.isfinite(as_float64(whole)).all()
    np.testing.assert_allclose(as_float64(single), as_float64(whole)[0], rtol=1e-15)


def test_torch_lacks_the_bessel_functions_of_higher_order_alone():
    assert [name for name, target in REFUSED if target == "torch"] == [
        f"bessel_i{order}" for order in range(2, HIGHEST_ORDER + 1)
    ]


def test_numpy_lacks_what_is_made_of_integrals():
    assert set(FUNCTIONS) - set(NUMPY.functions) == {
        name
        for name in FUNCTIONS
        if name.startswith(("erf", "log_ndtr", "inverse_mills", "lgamma", "digamma", "polygamma_", "bessel_i"))
    }


@pytest.mark.parametrize(("name", "target"), REFUSED)
def test_what_a_target_lacks_is_refused(name, target):
    with pytest.raises(GenerationError, match=f"got {name} for the target {target}"):
        generate(as_gradient(of(name)), target)
    scalar = as_gradient(parse(f"parameter x\ny = 1 + {name}(x)\noutput y"))
    with pytest.raises(GenerationError, match="generate for another target"):
        generate(scalar, target)


def test_a_derivative_that_a_target_lacks_is_refused():
    program = parse("parameter x[n]\ny[i] = bessel_i2(x[i])\nz = Σ_i y[i]\noutput z")
    with pytest.raises(GenerationError, match="got bessel_i3 for the target torch"):
        generate(derive(program), "torch")


def test_every_step_of_a_spelling_is_an_operation_or_a_helper():
    for target in (TORCH, NUMPY):
        used = {step for steps in target.functions.values() for step in steps}
        used |= {step for steps in target.before_a_power.values() for step in steps}
        assert used <= set(target.operations) | set(target.helpers)
        helped = {
            name for other, text in target.helpers.items() for name in target.helpers if f" {name}(" in text if name != other
        }
        assert set(target.helpers) <= used | helped


def test_a_function_may_write_over_its_own_argument():
    # x -> f(2x), with 2x in the slot that f writes to.
    for name, target in SPELT:
        program = parse(f"parameter x[n]\ny[i] = {name}(2*x[i])\nz = Σ_i y[i]\noutput z")
        arrays = as_arrays({"x": np.array(INSIDE.get(name, [0.3, 0.1]))}, target)
        module = generate(as_gradient(program), target).module()
        assert_right(module.grad(**arrays, out=module.workspace(**arrays)), program, arrays, "float64")


@pytest.mark.parametrize("order", range(1, HIGHEST_ORDER + 1))
def test_polygamma_below_0_goes_by_reflection(order):
    gradient = derived(of("digamma" if order == 1 else f"polygamma_{order - 1}"))
    x = torch.tensor([-0.5, -1.25, -7.3, -100_000.3, -1e-5, 2.5], dtype=torch.float64)
    point = {tensor.name: x if tensor.name == "x" else torch.ones_like(x) for tensor in gradient.program.inputs}
    made = generate(gradient).compile()
    # At −1/2 the cotangent is not quite 0.
    np.testing.assert_allclose(made(**point)[0], exact(gradient, point).rounded()["x"], rtol=1e-11)
    # PyTorch's zeta, in steps of 1 up to 0, would not come back from here.
    assert not made(**{**point, "x": x - 1e300})[0].isfinite().any()
