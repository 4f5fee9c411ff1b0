"""The rules of the verdict, one at a time, and over drawn values."""

import math

import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from diffcheck.oracle import FORMATS, round_value, ulp
from diffcheck.verification import Kind, Verdict, judge
from diffcheck.verification.findings import shown
from diffcheck.verification.judging_arrays import VERDICTS, judged_arrays
from diffcheck.verification.verdict import judged_by_size

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
        (0.0, arb(1), INF, 0.4, Verdict.LOSSY, Kind.SPURIOUS_ZERO),
        (2.0**-1030, arb(2) ** -1025, 0.0, 0.0, Verdict.LOSSY, Kind.NONE),
        (-(2.0**-1030), arb(2) ** -1025, 0.0, 0.0, Verdict.WRONG, Kind.WRONG_SIGN),
        (-0.1, arb(1), INF, 0.4, Verdict.LOSSY, Kind.WRONG_SIGN),
        (0.0, arb(1), INF, 0.6, Verdict.ACCURATE, Kind.SPURIOUS_ZERO),
        (0.1, arb(1), INF, 0.4, Verdict.ACCURATE, Kind.NONE),
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


@pytest.mark.parametrize(("steps", "narrow", "wide"), [(1, "wrong", "lossy"), (8, "wrong", "lossy"), (9, "wrong", "wrong")])
def test_in_wide_formats_a_few_ulp_are_not_wrong_whatever_the_bound(steps, narrow, wide):
    for form in FORMATS.values():
        judged = judge(1 + steps * ulp(1.0, form), arb(1), 0.0, 0.0, form)
        assert judged.verdict.value == (wide if form.precision >= 24 else narrow)


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
def test_what_is_flushed_to_0_is_lossy_and_no_normal_number_is_nor_what_has_grown(form):
    least = 2.0**form.least
    lossy = ((0.75 * least, 0.0), (0.75 * least, 0.25 * least), (0.25 * least, 0.5 * least))
    wrong = ((0.75 * least, 2 * least), (least, 0.0), (0.0, 0.75 * least), (0.25 * least, 0.75 * least))
    for (exact, got), verdict in [*((pair, "lossy") for pair in lossy), *((pair, "wrong") for pair in wrong)]:
        judged = judge(got, arb(exact), 0.0, 0.0, form)
        arrays = judged_arrays(np.array([got]), np.array([arb(exact)]), np.zeros(1), np.zeros(1), form)
        assert judged.verdict.value == VERDICTS[arrays.verdicts[0]].value == verdict


@pytest.mark.parametrize(("off", "verdict"), [(1e-2, "wrong"), (1.1e-3, "wrong"), (9e-4, "lossy"), (1.0, "wrong")])
def test_what_has_no_bound_is_judged_by_its_size(off, verdict):
    unknown = judge(1 + off, arb(1), INF, 2**-53, F64)
    assert unknown.verdict is Verdict.UNDECIDED
    assert judged_by_size(unknown, 1 + off, arb(1), F64).verdict.value == verdict
    for other in (judge(1 + off, arb(1), 0.0, 0.0, F64), judge(1 + off, arb(1, 2), 0.6, 0.0, F64)):
        assert judged_by_size(other, 1 + off, arb(1), F64) == other


@given(st.floats(0.5, 1e6, width=32), st.integers(18, 10**6))
def test_a_value_beyond_both_bounds_is_wrong_whatever_its_size(value, steps):
    got = value + steps * ulp(value, F32)
    half = steps * ulp(value, F32) / 2
    judged = judge(got, arb(value), half, half / 16, F32)
    assert judged.verdict is Verdict.WRONG
    assert judged.ulp >= steps / 2


@pytest.mark.parametrize("form", FORMATS.values(), ids=lambda form: form.name)
def test_infinity_is_as_far_off_as_the_least_number_that_rounds_to_it(form):
    step = ulp(form.largest, form)
    half = form.unit * form.largest
    for sign in (1, -1):
        for steps, wanted in ((1, Verdict.ACCURATE), (3, Verdict.ACCURATE), (40, Verdict.WRONG)):
            exact = sign * (arb(form.largest) - steps * arb(step) + arb(step) / 8)
            judged = judge(sign * INF, exact, 0.0, half, form)
            assert judged.verdict is wanted, (sign, steps)
            assert judged_arrays(np.array([sign * INF]), np.array([exact]), 0.0, half, form).one((0,)) == judged
            assert judge(-sign * INF, exact, 0.0, half, form).verdict is Verdict.WRONG
            assert judge(NAN, exact, 0.0, half, form).kind is Kind.SPURIOUS_NAN


def test_nan_bounds_promise_nothing():
    assert judge(1.0 + 2**-48, arb(1), NAN, NAN, F64).verdict is Verdict.WRONG


def test_a_value_of_any_size_can_be_shown():
    assert shown(arb(1) / 4) == "0.25000000000000000000"
    assert shown(arb(2) ** -(10**30))
    assert shown((-(arb(10) ** 300)).exp())
    assert shown(arb.nan()) == "undefined"
