"""A factor in a gradient is seen in narrow formats, and rounding errors alone are never taken for one."""

import numpy as np
import pytest
import torch

import diffcheck as dc
from diffcheck.oracle import FORMATS
from diffcheck.verification import Verdict
from diffcheck.verification.calibration import FAULTS, case, with_fault
from diffcheck.verification.networks import NETWORKS, drawn_network
from diffcheck.verification.scaling import STAGES, scale_of
from diffcheck.verification.verdict import Kind

BFLOAT16 = FORMATS["bfloat16"]


@pytest.mark.parametrize("dtype", FAULTS)
@pytest.mark.parametrize("network", NETWORKS)
def test_a_right_network_passes_and_a_small_fault_is_caught(network, dtype):
    found = case(network, dtype, seed=3)
    assert not found.alarm, found.alarm
    assert found.caught


def test_the_finding_names_the_tensor_and_the_factor():
    drawn = drawn_network("classifier", 1).to(torch.bfloat16)
    findings = with_fault(drawn, "last", 0.05)
    named = {item.place.name: item for item in findings if item.kind is Kind.WRONG_SCALE}
    assert set(named) == {"first_weight", "first_bias", "norm_weight", "norm_bias", "last_weight", "last_bias"}
    assert all(abs(item.got - 1.05) < 0.01 and item.verdict is Verdict.WRONG for item in named.values())
    assert "bfloat16" in named["last_weight"].note


@pytest.mark.parametrize(("count", "quantile"), STAGES)
def test_a_right_gradient_with_independent_errors_is_refused_as_rarely_as_stated(count, quantile):
    rng = np.random.default_rng(0)
    errors = rng.normal(size=(200_000, count))
    t = np.abs(errors.mean(1)) / errors.std(1, ddof=1) * count**0.5
    assert (t > quantile).mean() < 5e-5  # one in a million is what the quantile is for


def test_an_error_that_the_format_makes_everywhere_is_no_fault():
    lost = [(-0.5, -0.5 + 0.001 * turn) for turn in range(16)]  # half of it underflows, here and there
    assert scale_of(lost, 7.9, BFLOAT16).ok
    assert not scale_of([(alpha, 0.0) for alpha, _ in lost], 7.9, BFLOAT16).ok


def test_nothing_is_said_of_what_is_not_finite():
    assert scale_of([(float("nan"), 0.0)] * 16, 7.9, BFLOAT16) is None
    assert scale_of([], 7.9, BFLOAT16) is None


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
