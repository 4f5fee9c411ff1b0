"""What is captured computes what PyTorch computes, and its gradient is autograd's, inside the bounds."""

import pytest
import torch
from capturing.functions import ALL, LOSSES

import diffcheck as dc
from diffcheck.derivation import derive
from diffcheck.notation import parse
from diffcheck.verification import Verdict


def given(name):
    function, *inputs = ALL[name]
    first = next((place for place, value in enumerate(inputs) if value.is_floating_point()), None)
    whole = name not in LOSSES  # the targets of a loss may have no derivative
    return function, [
        value.clone().requires_grad_() if value.is_floating_point() and (whole or place == first) else value
        for place, value in enumerate(inputs)
    ]


# PyTorch's own, in 2.13: constants that float64 code holds in float32.
WRONG_IN_PYTORCH = {"hardsigmoid": 1e-7, "celu": 1e-7}


@pytest.mark.parametrize("name", sorted(WRONG_IN_PYTORCH))
def test_gradients_of_pytorch_that_are_wrong_are_found(name):
    function, inputs = given(name)
    wrong = [finding for finding in dc.check(function, *inputs) if finding.verdict is Verdict.WRONG]
    assert wrong
    assert all(abs(finding.got / float(finding.exact) - 1) < WRONG_IN_PYTORCH[name] for finding in wrong)


@pytest.mark.parametrize("name", sorted(set(ALL) - set(WRONG_IN_PYTORCH)))
def test_outputs_and_gradients_agree(name):
    function, inputs = given(name)
    findings = dc.check(function, *inputs)  # which compares the outputs first
    assert findings.ok, findings.table()


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_gradient_wrong_by_1e_minus_9_is_refused(name):
    function, inputs = given(name)

    def slightly_wrong(subject, cotangents):
        right = dc.verification.differentiating.autograd(subject, cotangents)
        return {key: value * (1 + 1e-9) for key, value in right.items()}

    assert not dc.check(function, *inputs, engine=slightly_wrong).ok


@pytest.mark.parametrize("name", ["classifier", "attention", "cross entropy", "sorting", "convolutions"])
def test_a_program_can_be_printed_and_read_again(name):
    function, inputs = given(name)
    program = dc.capture(function, *inputs)
    assert parse(str(program)) == program


@pytest.mark.parametrize("name", ["classifier", "softmax", "pools", "lstm cell", "huber"])
def test_every_element_of_the_program_is_used(name):
    function, inputs = given(name)
    program = dc.capture(function, *inputs)
    read = {operand for equation in program.equations for operand in equation.operands} | set(program.outputs)
    assert {tensor.name for tensor in program.inputs} <= read


def test_named_sizes_stay_symbolic():
    def loss(w, b, x, y):
        return ((w * x + b - y) ** 2).mean()

    x = torch.randn(11, dtype=torch.float64)
    program = dc.capture(loss, torch.ones(()), torch.zeros(()), x, x.sin(), sizes={"x": ("n",), "y": ("n",)})
    assert [str(size) for size in program.sizes] == ["n"]
    formula = derive(program, "w").closed_form("w")
    assert "n" in map(str, formula.free_symbols)
    for n in (1, 2, 7, 37):
        point = {"w": torch.tensor(2.0), "b": torch.tensor(0.5), "x": torch.arange(n) / 7.0, "y": torch.ones(n)}
        point = {name: value.double().requires_grad_() for name, value in point.items()}
        loss(**point).backward()
        exact = dc.exact(derive(program, ("w", "b")), {name: value.detach() for name, value in point.items()}).rounded()
        assert abs(exact["w"] - point["w"].grad.item()) <= 1e-13
        assert abs(exact["b"] - point["b"].grad.item()) <= 1e-13


def test_constants_are_the_floats_that_they_are():
    program = dc.capture(lambda x: 0.1 * x, torch.ones(()))
    assert "3602879701896397*x/36028797018963968" in str(program)


@pytest.mark.parametrize("fn", [lambda x, _: x.sin(), lambda _, __: _.sin(), lambda __x, *_: __x.sin()])
def test_an_argument_without_a_name_has_one_in_the_program(fn):
    x = torch.linspace(-1, 1, 3, dtype=torch.float64).requires_grad_()
    assert dc.check(fn, x, torch.ones(2, dtype=torch.float64)).ok
