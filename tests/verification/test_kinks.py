"""Any subgradient is right at a kink and nothing else; what one point says does not hide the derivative around it."""

import math

import pytest
import torch
from flint import arb

import diffcheck as dc
from diffcheck.oracle import FORMATS
from diffcheck.verification.kinks import judged_by_sides
from diffcheck.verification.verdict import Judgement, Kind, Verdict, judge

FLOAT32 = FORMATS["float32"]
INF, NAN = math.inf, math.nan


def verdict(got, exact, low, high, otherwise=Verdict.UNDECIDED):
    before = judge(got, arb(exact), 1e-6, 1e-8, FLOAT32)
    found = judged_by_sides(before, got, arb(exact), arb(low), arb(high), FLOAT32, otherwise=otherwise)
    return found.verdict, found.kind


@pytest.mark.parametrize(
    ("got", "wanted"),
    [
        (0.0, (Verdict.EXACT, Kind.NONE)),
        (1.0, (Verdict.UNDEFINED, Kind.SUBGRADIENT)),
        (0.5, (Verdict.UNDEFINED, Kind.SUBGRADIENT)),
        (1.0 + 2.0**-22, (Verdict.UNDEFINED, Kind.SUBGRADIENT)),
        (1.01, (Verdict.WRONG, Kind.NO_SUBGRADIENT)),
        (-0.01, (Verdict.WRONG, Kind.NO_SUBGRADIENT)),
        (INF, (Verdict.WRONG, Kind.SPURIOUS_INFINITY)),
        (NAN, (Verdict.WRONG, Kind.SPURIOUS_NAN)),
    ],
)
def test_at_the_kink_of_relu(got, wanted):
    assert verdict(got, 0.0, 0.0, 1.0) == wanted


def test_what_a_branch_says_for_one_point_is_no_derivative():
    assert verdict(0.0, 0.0, 0.5, 0.5) == (Verdict.WRONG, Kind.SPURIOUS_ZERO)
    assert verdict(0.5, 0.0, 0.5, 0.5) == (Verdict.EXACT, Kind.NONE)
    assert verdict(NAN, NAN, 0.5, 0.5) == (Verdict.WRONG, Kind.SPURIOUS_NAN)
    assert verdict(0.5, NAN, 0.5, 0.5) == (Verdict.EXACT, Kind.NONE)


def test_where_the_derivative_is_infinite_so_may_be_the_result_or_there_is_none():
    assert verdict(INF, NAN, INF, INF) == (Verdict.UNDEFINED, Kind.INFINITE)
    assert verdict(NAN, NAN, INF, INF) == (Verdict.UNDEFINED, Kind.NONE)
    assert verdict(-INF, NAN, INF, INF, Verdict.WRONG) == (Verdict.WRONG, Kind.WRONG_SIGN)
    assert verdict(0.0, NAN, INF, INF, Verdict.WRONG) == (Verdict.WRONG, Kind.MISSING_INFINITY)
    assert verdict(-INF, NAN, INF, INF, Verdict.UNDEFINED) == (Verdict.UNDEFINED, Kind.NONE)
    assert verdict(0.0, NAN, INF, INF, Verdict.UNDEFINED)[0] is Verdict.UNDECIDED
    assert verdict(-INF, NAN, INF, INF)[0] is Verdict.UNDECIDED
    assert verdict(0.0, NAN, -INF, -INF)[0] is Verdict.UNDECIDED  # x^(1e-16)·log x looks as if it had no end, and tends to 0


@pytest.mark.parametrize("got", [0.25, 0.3, NAN, INF])
def test_at_a_smooth_point_and_where_no_side_has_a_value_nothing_changes(got):
    before = judge(got, arb(0.25), 1e-6, 1e-8, FLOAT32)
    assert judged_by_sides(before, got, arb(0.25), arb(0.25), arb(0.25), FLOAT32) == before
    assert judged_by_sides(before, got, arb(0.25), arb.nan(), arb.nan(), FLOAT32) == before
    assert isinstance(before, Judgement)


@pytest.mark.parametrize("name", ["log", "log2", "rsqrt", "reciprocal"])
def test_a_pole_of_a_function_is_no_fault_of_the_program(name):
    x = torch.tensor([0.0], dtype=torch.float64, requires_grad=True)
    findings = dc.check(getattr(torch, name), x)
    assert {finding.kind for finding in findings} <= {Kind.SUBGRADIENT, Kind.INFINITE}
    assert findings.ok


@pytest.mark.parametrize("value", [math.inf, 3.0])
def test_another_value_at_a_pole_is_a_fault(value):
    x = torch.tensor([0.0], dtype=torch.float64, requires_grad=True)
    findings = dc.check(lambda x: torch.where(x == 0, value, x.log()), x, reference=torch.log)
    assert next(finding for finding in findings if finding.place.name == "output").verdict is Verdict.UNDECIDED


def test_of_two_without_a_derivative_the_one_without_a_number_is_worse():
    x = torch.tensor([0.0, 1.0], dtype=torch.float64, requires_grad=True)
    findings = dc.check(torch.log, x)
    assert not findings.ok
    assert math.isnan(findings.worst.got)
