"""A value put into a hole does not hide the derivative there, and a jump, a kink or another input's mask is no hole."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F  # noqa: N812  # as everyone calls it

import diffcheck as dc
from diffcheck.verification.holes import Slopes, holes
from diffcheck.verification.verdict import Kind, Verdict

HOLES = {
    "expm1(x)/x": (lambda x: torch.where(x == 0, torch.ones_like(x), torch.expm1(x) / x), 0.5),
    "hardshrink": (lambda x: F.hardshrink(x, 0.0), 1.0),
    "x where x is not 0": (lambda x: torch.where(x == 0, 0.0, x), 1.0),
    "sum of x where x is not 1": (lambda x: torch.where(x == 1, 1.0, x * x).sum(), 0.0),
}
SMOOTH = {
    "a jump": lambda x: torch.where(x == 0, 5.0, x),
    "a mean of what is not 0": lambda x: x.sum() / (x != 0).sum(),
    "relu": torch.relu,
    "abs": torch.abs,
    "sinc": torch.sinc,
    "sign": torch.sign,
    "clamp": lambda x: x.clamp(0, 1),
    "square": torch.square,
}


def at(*numbers):
    return torch.tensor(numbers, dtype=torch.float64, requires_grad=True)


def replaced(function, slope):
    """Return *function* with a slope of its own where x is 0."""

    class Replaced(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return function(x)

        @staticmethod
        def backward(ctx, cotangent):
            (x,) = ctx.saved_tensors
            with torch.enable_grad():
                moved = torch.where(x == 0, 1e-9, x).requires_grad_()
                (slopes,) = torch.autograd.grad(function(moved), moved, cotangent)
            return torch.where(x == 0, cotangent * slope, slopes)

    return Replaced.apply


@pytest.mark.parametrize("name", [name for name in HOLES if "sum" not in name])
def test_only_the_slope_beside_a_hole_is_right(name):
    function, slope = HOLES[name]
    for given in (slope, slope + 1e-9, 0.0, math.nan):
        findings = dc.check(replaced(function, given), at(0.0, 1.0), reference=function)
        assert findings.ok == (given == slope), findings.table()


@pytest.mark.parametrize("name", ["hardshrink", "x where x is not 0"])
def test_what_pytorch_makes_of_a_hole_is_a_spurious_zero(name):
    wrong = [finding for finding in dc.check(HOLES[name][0], at(0.0, 1.0)) if finding.verdict is Verdict.WRONG]
    assert {finding.kind for finding in wrong} == {Kind.SPURIOUS_ZERO}
    assert all(float(finding.exact) != 0 for finding in wrong)


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("number", [0.0, 1.0])
def test_what_has_no_hole_is_judged_as_it_was(name, number):
    x = at(number, 0.5)
    gradient = dc.derive(dc.capture(SMOOTH[name], x))
    cotangents = {tensor.name: np.ones(2) for tensor in gradient.program.inputs if tensor.name.endswith("_bar")}
    point = {gradient.wrt[0]: x.detach().numpy()} | {name: np.ones(2) for name in cotangents}
    assert holes(Slopes.of(gradient), point) == {}
    assert dc.check(SMOOTH[name], x).ok


def test_a_mask_of_another_input_is_no_hole():
    def loss(x, y):
        return ((y != 0) * (x - y) ** 2).sum()

    assert dc.check(loss, at(0.5, 1.5), torch.tensor([0.0, 2.0], dtype=torch.float64)).ok


def test_a_hole_of_the_second_derivative_is_found_in_the_first():
    x = at(0.0, 0.5)
    assert dc.gradcheck(torch.sinc, (x,))
    assert not dc.gradgradcheck(torch.sinc, (x,), raise_exception=False)


def test_a_hole_among_scaled_gradients_has_its_scale():
    function, _ = HOLES["sum of x where x is not 1"]
    findings = dc.check(function, at(1.0, 3.0))
    assert {float(finding.exact) for finding in findings if finding.place.index == (0,)} >= {2.0}
    assert not findings.ok


MASKS = {
    "of what is not 0": (lambda x, m: x * (m != 0), lambda x, m: (m != 0).to(x)),
    "of what is above 0": (lambda x, m: (x * (m > 0)).sum(), lambda x, m: (m > 0).to(x)),
    "of whole numbers": (lambda x, m: x * m.floor(), lambda x, m: m.floor()),
    "of labels": (
        lambda x, m: -torch.where(m == 1, x.log(), (1 - x).log()).sum(),
        lambda x, m: torch.where(m == 1, -1 / x, 1 / (1 - x)),
    ),
}


@pytest.mark.parametrize("name", MASKS)
@pytest.mark.parametrize("ignored", [False, True])
def test_a_mask_that_is_data_has_one_side(name, ignored):
    function, slope = MASKS[name]

    class Masked(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, m):
            ctx.save_for_backward(x, m)
            return function(x, m)

        @staticmethod
        def backward(ctx, cotangent):
            x, m = ctx.saved_tensors
            return cotangent * slope(x, torch.full_like(m, 2.0) if ignored else m), None

    mask = torch.tensor([1.0, 0.0, 1.0], dtype=torch.float64)
    findings = dc.check(Masked.apply, at(0.2, 0.7, 0.4), mask)
    assert findings.ok != ignored
    if ignored:
        assert findings.worst.verdict is Verdict.WRONG
        with pytest.raises(dc.errors.WrongGradient):
            dc.gradcheck(Masked.apply, (at(0.2, 0.7, 0.4), mask))


def test_at_a_zero_of_what_is_masked_by_a_parameter_there_is_no_hole():
    def masked(x, m):
        return x * (m != 0)

    assert dc.check(masked, at(0.0, 1.0, 2.0), at(0.0, 1.0, 0.0)).ok
    assert not dc.check(lambda x, m: x * 1.0 + 0 * m, at(0.0, 1.0), at(0.0, 1.0), reference=masked).ok
