"""Gradients that are hard to judge: where balls grow too wide, where slopes cancel, where constants do."""

import math

import numpy as np
import pytest
import torch

from diffcheck.derivation import derive
from diffcheck.errors import PointError
from diffcheck.notation import parse
from diffcheck.oracle import exact
from diffcheck.verification import compare, truth_of
from diffcheck.verification.verdict import Verdict


def judged(text, function, **values):
    leaves = {name: torch.tensor(value, dtype=torch.float64, requires_grad=True) for name, value in values.items()}
    function(**leaves).backward()
    gradient = derive(parse(text))
    point = {name: leaf.detach() for name, leaf in leaves.items()}
    return compare({name: leaves[name].grad for name in gradient.wrt}, truth_of(gradient, point))


UNRESOLVED = {
    "a difference from 1 below 2**-8192": ("parameter w\nL = log(1 - tanh(w))", {"w": 3000.0}),
    "a cancellation of 8,600 bits": (
        "parameter w; data x; data y\nL = w/(1 + exp(x) - exp(y))",
        {"w": 1.0, "x": 6e3, "y": 6e3},
    ),
    "a root of such a difference": ("parameter w\nL = sqrt(1 - tanh(w))", {"w": 3000.0}),
}


@pytest.mark.parametrize("name", UNRESOLVED)
def test_a_value_that_was_not_found_is_not_one_that_does_not_exist(name):
    text, values = UNRESOLVED[name]
    gradient = derive(parse(text))
    point = {key: np.array(value) for key, value in values.items()}
    findings = compare({"w": np.array(np.nan)}, truth_of(gradient, point))
    assert findings.worst.verdict is Verdict.UNDECIDED
    assert not findings.ok


@pytest.mark.parametrize("text", ["parameter w\nL = w*log(w)", "parameter w\nL = sqrt(w)", "parameter w\nL = w/(w - w**2)"])
def test_a_value_that_does_not_exist_is_undefined(text):
    gradient = derive(parse(text))
    findings = compare({"w": np.array(np.nan)}, truth_of(gradient, {"w": np.array(-1.0 if "w**2" not in text else 0.0)}))
    assert findings.worst.verdict is Verdict.UNDEFINED


CANCELLING = {
    "parameter w\nL = tanh(w) - w": (lambda w: torch.tanh(w) - w, 1e-5),
    "parameter w\nL = expm1(w) - w": (lambda w: torch.expm1(w) - w, 1e-10),
    "parameter w\nL = logsigmoid(w) - w": (lambda w: torch.nn.functional.logsigmoid(w) - w, -30.0),
}


@pytest.mark.parametrize("text", CANCELLING)
def test_slopes_that_cancel_are_lossy_by_the_documented_rule(text):
    function, value = CANCELLING[text]
    findings = judged(text, function, w=value)
    assert findings.worst.verdict is Verdict.LOSSY, findings.table()


def test_a_constant_is_computed_as_its_operations_are():
    assert judged("parameter w\nL = cos(0.001)**w", lambda w: math.cos(0.001) ** w, w=1.0).ok


def test_sums_beyond_memory_are_refused():
    program = parse("parameter w\nL = Σ_{i:1000000000000} w")
    with pytest.raises(PointError, match="elements"):
        exact(program, {"w": np.array(1.0)})
