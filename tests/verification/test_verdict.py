"""The rules of the verdict, one at a time, and over drawn values."""

import math

import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from diffcheck.oracle import FORMATS, round_value, ulp
from diffcheck.verification import Kind, Verdict, judge
from diffcheck.verification.findings import shown

F64, F32 = FORMATS["float64"], FORMATS["float32"]
NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("got", "exact", "bound", "conditioning", "verdict", "kind"),
    [
        (1.0, arb(1), 0.0, 0.0, Verdict.EXACT, Kind.NONE),
        (-0.0, arb(0), 0.0, 0.0, Verdict.EXACT, Kind.NONE),
        (1.0 + 2**-52, arb(1), 0.0, 2**-53, Verdict.ACCURATE, Kind.NONE),
        (1.0 + 2**-48, arb(1), 2**-47, 2**-53, Verdict.LOSSY, Kind.NONE),
        (1.0 + 2**-46, arb(1), 2**-47, 2**-53, Verdict.WRONG, Kind.NONE),
        (0.0, arb(2) ** -60, 2**-53, 2**-112, Verdict.LOSSY, Kind.SPURIOUS_ZERO),
        (0.0, arb(1), 2**-53, 2**-53, Verdict.WRONG, Kind.SPURIOUS_ZERO),
        (NAN, arb(1), INF, INF, Verdict.WRONG, Kind.SPURIOUS_NAN),
        (INF, arb(1), 1e-10, 1e-16, Verdict.WRONG, Kind.SPURIOUS_INFINITY),
        (INF, arb(1), INF, 1e-16, Verdict.WRONG, Kind.OVERFLOW),
        (INF, arb(2) ** 2000, INF, INF, Verdict.EXACT, Kind.NONE),
        (-INF, arb(2) ** 2000, INF, INF, Verdict.WRONG, Kind.OVERFLOW),
        (-1.0, arb(1), 0.1, 1e-16, Verdict.WRONG, Kind.WRONG_SIGN),
        (2.0, arb(1), NAN, NAN, Verdict.WRONG, Kind.NONE),
        (NAN, arb.nan(), 1.0, 1.0, Verdict.UNDEFINED, Kind.NONE),
        (1.0, arb.nan(), 1.0, 1.0, Verdict.UNDECIDED, Kind.MISSING_NAN),
        (1.5, arb(1, 1), 0.6, 0.0, Verdict.UNDECIDED, Kind.NONE),
        (1.0, arb(0.5, 0.5), 0.6, 0.0, Verdict.UNDECIDED, Kind.NONE),
        (1.5, arb(1), INF, 2**-53, Verdict.UNDECIDED, Kind.NONE),
    ],
)
def test_rule(got, exact, bound, conditioning, verdict, kind):
    judged = judge(got, exact, bound, conditioning, F64)
    assert (judged.verdict, judged.kind) == (verdict, kind)


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_the_rounded_value_is_exact_in_every_format(value):
    for form in FORMATS.values():
        assert judge(round_value(value, form), arb(value), 0.0, 0.0, form).verdict is Verdict.EXACT


@given(st.floats(0.5, 1e6, width=32), st.integers(1, 10**6))
def test_a_value_beyond_both_bounds_is_wrong_whatever_its_size(value, steps):
    got = value + steps * ulp(value, F32)
    half = steps * ulp(value, F32) / 2
    judged = judge(got, arb(value), half, half / 16, F32)
    assert judged.verdict is Verdict.WRONG
    assert judged.ulp >= steps / 2


def test_nan_bounds_promise_nothing():
    assert judge(1.0 + 2**-52, arb(1), NAN, NAN, F64).verdict is Verdict.WRONG


def test_a_value_of_any_size_can_be_shown():
    assert shown(arb(1) / 4) == "0.25000000000000000000"
    assert shown(arb(2) ** -(10**30))
    assert shown((-(arb(10) ** 300)).exp())
    assert shown(arb.nan()) == "undefined"
