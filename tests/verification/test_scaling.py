"""A factor in a gradient is seen in narrow formats, and rounding errors alone are never taken for one."""

import numpy as np
import pytest
import torch

import diffcheck as dc
from diffcheck.oracle import FORMATS
from diffcheck.verification import Verdict
from diffcheck.verification.calibration import FAULTS, case, with_fault
from diffcheck.verification.networks import NETWORKS, drawn_network
from diffcheck.verification.scaling import by_mean, by_median
from diffcheck.verification.verdict import Kind

BFLOAT16 = FORMATS["bfloat16"]


@pytest.mark.parametrize("dtype", FAULTS)
@pytest.mark.parametrize("network", NETWORKS)
def test_a_right_network_passes_and_a_small_fault_is_caught(network, dtype):
    found = case(network, dtype, seed=3)
    assert not found.alarm, found.alarm
    assert found.caught


def test_a_right_network_without_a_finite_bound_passes_at_every_slope_of_its_loss():
    found = case("classifier", "bfloat16", seed=68)  # a variance of three numbers, at a slope of 0.3
    assert not found.alarm, found.alarm
    assert found.caught


def test_the_finding_names_the_tensor_and_the_factor():
    drawn = drawn_network("classifier", 1).to(torch.bfloat16)
    findings = with_fault(drawn, "last", 0.05)
    named = {item.place.name: item for item in findings if item.kind is Kind.WRONG_SCALE}
    assert set(named) == {"first_weight", "first_bias", "norm_weight", "norm_bias", "last_weight", "last_bias"}
    assert all(abs(item.got - 1.05) < 0.01 and item.verdict is Verdict.WRONG for item in named.values())
    assert "bfloat16" in named["last_weight"].note


@pytest.mark.parametrize(("scale_of", "count"), [(by_mean, 16), (by_median, 64)])
@pytest.mark.parametrize("draw", ["normal", "standard_cauchy"])
def test_a_right_gradient_with_independent_errors_is_hardly_ever_refused(scale_of, count, draw):
    rng = np.random.default_rng(0)
    errors = getattr(rng, draw)(size=(50_000, count))
    # An error that counts beside what is allowed anyway; one in a million is what the limits are for.
    assert sum(not scale_of([(error, 0.0) for error in row], BFLOAT16).ok for row in errors) <= 1


@pytest.mark.parametrize(("scale_of", "count"), [(by_mean, 16), (by_median, 64)])
def test_a_factor_larger_than_the_errors_is_refused(scale_of, count):
    rng = np.random.default_rng(0)
    assert all(not scale_of([(0.03 + e, 0.0) for e in rng.normal(size=count) * 0.005], BFLOAT16).ok for _ in range(1000))
    assert all(not scale_of([(e - 0.03, 0.0) for e in rng.normal(size=count) * 0.005], BFLOAT16).ok for _ in range(1000))


def test_a_few_huge_errors_do_not_hide_a_factor():
    shares = [(0.02 + 0.0001 * turn, 0.0) for turn in range(54)] + [(900.0 * (-1) ** turn, 0.0) for turn in range(10)]
    assert by_mean(shares, BFLOAT16).ok
    assert not by_median(shares, BFLOAT16).ok
    assert by_median([(alpha - 0.02, beta) for alpha, beta in shares], BFLOAT16).ok


@pytest.mark.parametrize(("scale_of", "count"), [(by_mean, 16), (by_median, 64)])
def test_an_error_that_the_format_makes_everywhere_is_no_fault(scale_of, count):
    lost = [(-0.5, -0.5 + 0.001 * turn) for turn in range(count)]  # half of it underflows, here and there
    assert scale_of(lost, BFLOAT16).ok
    assert not scale_of([(alpha, 0.0) for alpha, _ in lost], BFLOAT16).ok


@pytest.mark.parametrize("scale_of", [by_mean, by_median])
def test_nothing_is_said_of_what_is_not_finite(scale_of):
    assert scale_of([(float("nan"), 0.0)] * 64, BFLOAT16) is None
    assert scale_of([], BFLOAT16) is None


def test_a_function_that_refuses_points_nearby_is_judged_at_its_own():
    def picky(p):
        if not torch.equal(p.sum(), torch.ones(())):
            raise ValueError("the probabilities do not sum to 1")
        return p.square().sum()

    p = torch.tensor([0.25, 0.75], requires_grad=True)
    assert dc.check(picky, p, reference=lambda p: p.square().sum()).ok


def test_a_backward_that_fails_nearby_is_refused():
    class Fragile(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            if ctx.saved_tensors[0][0] != 1:
                raise RuntimeError("only at 1")
            return grad * 2

    findings = dc.check(Fragile.apply, torch.ones(4, requires_grad=True), reference=lambda x: x * 2)
    assert not findings.ok
    assert "nearby" in findings.worst.note


def test_a_gradient_of_zero_and_one_that_cancels_raise_no_alarm():
    x = torch.randn(6, 5, dtype=torch.bfloat16, generator=torch.Generator().manual_seed(0)).requires_grad_()
    assert dc.check(lambda x: x.softmax(1).sum(), x).ok  # the exact gradient is 0, and PyTorch's is rounding errors
    assert dc.check(lambda x: (x - x.mean()).sum(), x).ok
