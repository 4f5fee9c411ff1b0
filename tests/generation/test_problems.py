"""Every function generated for every problem, against the oracle: in both targets, at several sizes."""

import numpy as np
import pytest
from generated_code import TARGETS, as_arrays, assert_right, assert_sound, derived

from diffcheck.derivation import jacobian, needed
from diffcheck.generation import generate
from diffcheck.notation import Program, Role, Tensor
from diffcheck.problems import names, problem

LENGTHS = (1, 2, 7, 37)


def split(name):
    """Return the model and the loss of the problem *name* as programs, and the name of the prediction."""
    program = problem(name).program
    prediction = "z" if name == "logistic-regression" else "p"
    targets = tuple(tensor for tensor in program.inputs if tensor.role is Role.TARGET)
    others = tuple(tensor for tensor in program.inputs if tensor.role is not Role.TARGET)
    model = Program(others, needed(program.equations, (prediction,)), (prediction,))
    predicted = Tensor(prediction, program.equation(prediction).extents)
    loss = Program((predicted, *targets), (program.equation("L"),), ("L",))
    return model, loss, prediction


def taken(module, function, arrays):
    """Return those of *arrays* that *function* of *module* takes."""
    code = getattr(module, function).__code__
    return {name: arrays[name] for name in code.co_varnames[: code.co_argcount]}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", names())
def test_functions_of_the_article(name, target, dtype):
    chosen, (model, loss, prediction) = problem(name), split(name)
    module = generate(chosen.gradient, target).module()
    for n in LENGTHS:
        arrays = as_arrays(chosen.point(n, n=n), target, dtype)
        given = taken(module, "model", arrays)
        predicted = module.model(**given)
        assert_right([predicted], model, given, dtype)
        for parameter in chosen.parameters:
            slope = getattr(module, f"dmodel_d{parameter}")(**given)
            assert_right([slope], jacobian(model, prediction, parameter), given, dtype)
        arrays[prediction] = predicted
        given = taken(module, "loss_fn", arrays)
        assert_right([module.loss_fn(**given)], loss, given, dtype)
        assert_right([module.dloss_fn(**given)], derived(loss, prediction), given, dtype)
        results = module.grad_fn(**taken(module, "grad_fn", arrays))
        del arrays[prediction]
        assert_right(results, chosen.gradient, arrays, dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16", "float16"])
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", names())
def test_fused_gradient(name, target, dtype):
    if target == "numpy" and dtype in ("bfloat16", "float16"):
        pytest.skip("NumPy has no bfloat16, and no fast float16")
    chosen = problem(name)
    module = generate(chosen.gradient, target).module()
    for n in LENGTHS:
        assert_sound(module, chosen.gradient, as_arrays(chosen.point(n, n=n), target, dtype), dtype)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", names())
def test_inputs_may_lie_in_memory_in_any_way(name, target):
    chosen = problem(name)
    module = generate(chosen.gradient, target).module()
    point = {key: strided(value) for key, value in chosen.point(7, n=7).items()}
    arrays = as_arrays(point, target)
    assert_right(module.grad(**arrays), chosen.gradient, arrays, "float64")
    assert_right(module.grad(**arrays, out=module.workspace(**arrays)), chosen.gradient, arrays, "float64")


def strided(value):
    """Return *value* with its axes reversed in memory, every other element apart."""
    if value.ndim == 0:
        return value
    held = np.zeros([2 * size for size in value.shape[::-1]]).T
    view = held[tuple(slice(None, None, 2) for _ in value.shape)]
    view[...] = value
    return view
