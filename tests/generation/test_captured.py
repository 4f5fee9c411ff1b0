"""The gradient of whatever is captured, as source for either target: it runs, and agrees with the oracle inside its bounds."""

import subprocess
import sys
import warnings
from functools import cache

import numpy as np
import pytest
import torch
from capturing.functions import ALL
from generated_code import MYPY_CACHE, TARGETS, as_arrays, as_gradient, assert_right, assert_sound

import diffcheck as dc
from diffcheck.errors import GenerationError, UnusedParameterWarning
from diffcheck.generation import generate
from diffcheck.notation import Role

NARROW = ["classifier", "convolutions", "attention", "lstm cell", "cross entropy", "maxima", "transformer"]
POSITIVE = {"bce", "powers"}  # log(x) and |x|**x


@cache
def gradient_of(name):
    """Return the gradient of what is captured from *name*, with respect to all inputs of real numbers."""
    function, *inputs = ALL[name]
    program = dc.capture(function, *inputs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnusedParameterWarning)
        return dc.derive(program, [tensor.name for tensor in program.inputs if tensor.role is not Role.INTEGER])


def arrays_of(name, program, target, dtype="float64"):
    """Return drawn arrays for the inputs of *program*; whole numbers are classes."""
    draw = np.random.default_rng(0)
    arrays = {}
    for tensor in program.inputs:
        shape = tuple(map(int, tensor.extents))
        if tensor.role is Role.INTEGER:
            whole = draw.integers(0, 3, size=shape)
            arrays[tensor.name] = torch.tensor(whole) if target == "torch" else whole
        else:
            value = draw.normal(size=shape)
            arrays |= as_arrays({tensor.name: np.abs(value) if name in POSITIVE else value}, target, dtype)
    return arrays


def written(gradient, target):
    try:
        return generate(gradient, target).module()
    except GenerationError as refusal:
        if target == "torch" or "for the target numpy" not in str(refusal):
            raise
        pytest.skip(str(refusal))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", ALL)
def test_gradient(name, target):
    gradient = gradient_of(name)
    module = written(gradient, target)
    with np.errstate(all="ignore"):
        assert_sound(module, gradient, arrays_of(name, gradient.program, target), "float64")


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", NARROW)
def test_gradient_in_float32(name, target):
    gradient = gradient_of(name)
    module = written(gradient, target)
    assert_sound(module, gradient, arrays_of(name, gradient.program, target, "float32"), "float32")


@pytest.mark.parametrize("name", ["views", "convolutions", "sorting", "attention"])
def test_what_is_captured_is_written_too(name):
    program = gradient_of(name).primal
    arrays = arrays_of(name, program, "torch")
    assert_right(generate(as_gradient(program)).compile()(**arrays), program, arrays, "float64")


@pytest.mark.parametrize("name", ["convolutions", "lstm cell"])
def test_a_gradient_wrong_by_1e_minus_9_is_refused(name):
    gradient = gradient_of(name)
    arrays = arrays_of(name, gradient.program, "torch")
    results = generate(gradient).compile()(**arrays)
    with pytest.raises(AssertionError):
        assert_right([result * (1 + 1e-9) for result in results], gradient, arrays, "float64")


FORMATTED = ["classifier", "convolutions", "attention", "lstm cell", "cross entropy", "sorting", "clamps", "views"]


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("captured")
    for name in FORMATTED:
        for target in TARGETS:
            try:
                text = generate(gradient_of(name), target).text
            except GenerationError:
                continue
            (folder / f"{name.replace(' ', '_')}_{target}.py").write_text(text, encoding="utf-8")
    return folder


def test_text_is_formatted_and_free_of_lint(texts):
    pytest.importorskip("ruff", reason="ruff is not installed")
    for command in (["check", "--select", "E,F,W,I,B,UP,SIM,C4"], ["format", "--check", "--diff"]):
        call = [sys.executable, "-m", "ruff", *command, "--isolated", "--line-length", "128", str(texts)]
        run = subprocess.run(call, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.slow
def test_text_is_strictly_typed(texts):
    pytest.importorskip("mypy", reason="mypy is not installed")
    call = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(MYPY_CACHE), "--config-file", "", str(texts)]
    run = subprocess.run(call, cwd=texts, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
