"""What was not checked is named: nobody takes a check of one tensor for a check of all."""

import warnings

import pytest
import torch

import diffcheck as dc
from diffcheck.errors import UncheckedTensorWarning, WrongGradient

SCALE = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)


def leaf(*numbers):
    return torch.tensor(numbers, dtype=torch.float64, requires_grad=True)


def test_tensors_of_a_closure_a_global_and_a_module_are_named():
    weight, net = leaf(1.0, 2.0), torch.nn.Linear(2, 1).double()

    def loss(x):
        return (x * weight).sum() * SCALE + net(x).sum()

    with pytest.warns(UncheckedTensorWarning, match=r"net\.weight.*argument of loss"):
        findings = dc.check(loss, leaf(1.0, -1.0))
    assert set(findings.unchecked) == {"weight", "SCALE", "net.weight", "net.bias"}
    assert "not checked: " in str(findings)


def test_a_tensor_that_has_no_name_is_named_by_its_shape():
    held = [leaf(1.0, 2.0)]
    with pytest.warns(UncheckedTensorWarning, match=r"a tensor of shape \(2,\)"):
        dc.check(lambda x: (x * held[0]).sum(), leaf(1.0, -1.0))


def test_whoever_names_what_to_check_is_not_warned():
    weight = leaf(1.0, 2.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        findings = dc.check(lambda x: (x * weight).sum(), leaf(1.0, -1.0), wrt="x")
    assert findings.unchecked == ("weight",)


def test_arguments_left_out_are_named_and_a_module_s_own_parameters_are_checked():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        findings = dc.check(torch.nn.Linear(2, 1), torch.ones(2))
        assert dc.check(lambda x, y: x * y, leaf(1.0), torch.ones(1, dtype=torch.float64)).unchecked == ("y",)
    assert findings.unchecked == ("input",)
    assert {item.place.name for item in findings} == {"weight", "bias"}


def test_where_the_function_has_no_value_nothing_is_right():
    findings = dc.check(torch.log, leaf(-1.0, -2.0))
    assert not findings.ok
    with pytest.raises(WrongGradient, match="no element has a derivative here"):
        findings.raise_if_wrong()
    with pytest.raises(WrongGradient, match="no element has a derivative here"):
        dc.gradcheck(torch.log, (leaf(-1.0, -2.0),))
    assert dc.check(torch.log, leaf(-1.0, 2.0)).ok
