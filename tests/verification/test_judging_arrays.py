"""Arrays of elements get the verdicts that each gets by itself."""

import math

import numpy as np
import pytest
from flint import arb, ctx
from hypothesis import given
from hypothesis import strategies as st

from diffcheck.oracle import FORMATS, round_value, working_precision
from diffcheck.verification.judging_arrays import judged_arrays
from diffcheck.verification.verdict import Kind, Verdict, judge

WIDTHS = (0, 2.0**-120, 2.0**-70, 2.0**-40, 0.25)
FACTORS = (1.0, -1.0, 1 + 2.0**-52, 1 + 2.0**-23, 1 + 2.0**-10, 1.01, 2.0, 1e3)

SPECIAL = {"nan": arb.nan(), "inf": arb("inf"), "-inf": arb("-inf"), "0": arb(0), "1": arb(1), "huge": -(arb(2) ** 5000)}
SPECIAL |= {
    "tiny": arb(2) ** -5000,
    "large": arb(2) ** 1024 + arb(0, 1e308),
    "anything": arb(1, 1e308),
    "least": arb(2) ** -1076,
}


def a_ball(value, nudge, width, special):
    if special:
        return SPECIAL[special]
    with working_precision(300):
        ball = arb(value) * (1 + arb(nudge) * arb(2) ** -80)
        return ball + arb(0, abs(float(value)) * width)


@st.composite
def elements(draw, form):
    value = draw(st.floats(allow_nan=False, allow_infinity=False, min_value=-form.largest, max_value=form.largest))
    if draw(st.booleans()):
        value = round_value(value, form)
        if math.isinf(value):
            value = form.largest
    special = draw(st.sampled_from([""] * 12 + [*SPECIAL]))
    ball = a_ball(value, draw(st.integers(-3, 3)), draw(st.sampled_from(WIDTHS)), special)
    got = round_value(
        draw(st.sampled_from([value * factor for factor in FACTORS] + [0.0, -0.0, 1.0, math.inf, -math.inf, math.nan])), form
    )
    size = abs(value) * draw(st.sampled_from([0.0, 1e-16, 1e-7, 1e-3, 1.0, math.inf]))
    return got, ball, size, abs(value) * draw(st.sampled_from([0.0, 2.0**-54, 2.0**-12, math.inf]))


@pytest.mark.parametrize("form", FORMATS.values(), ids=lambda form: form.name)
@given(data=st.data())
def test_arrays_are_judged_as_their_elements_are(form, data):
    drawn = data.draw(st.lists(elements(form), min_size=1, max_size=6))
    got, sizes, conditionings = (np.array([row[place] for row in drawn]) for place in (0, 2, 3))
    balls = np.empty(len(drawn), dtype=object)
    balls[:] = [row[1] for row in drawn]
    found = judged_arrays(got, balls, sizes, conditionings, form)
    for place, (one, ball, bound, conditioning) in enumerate(drawn):
        wanted = judge(one, ball, bound, conditioning, form)
        judged = found.one((place,))
        assert (judged.verdict, judged.kind) == (wanted.verdict, wanted.kind)
        assert judged.ulp == pytest.approx(wanted.ulp, rel=1e-6, abs=1e-7, nan_ok=True)
        assert judged.bound == pytest.approx(wanted.bound, rel=1e-6, nan_ok=True)


@pytest.mark.parametrize("form", FORMATS.values(), ids=lambda form: form.name)
@given(data=st.data())
def test_values_beside_a_power_of_two_are_judged_as_their_elements_are(form, data):
    power = 2.0 ** data.draw(st.integers(form.least, form.greatest))
    apart = data.draw(st.sampled_from([2.0**-k for k in (8, 9, 11, 12, 24, 25, 53, 54, 55, 60, 90)]))
    ball = np.empty(1, dtype=object)
    with working_precision(300):
        ball[0] = power * (1 + data.draw(st.sampled_from([-1, 1])) * arb(apart))
    got = np.array([round_value(power * data.draw(st.sampled_from(FACTORS)), form)])
    bound = power * data.draw(st.sampled_from([0.0, 2.0**-53, 2.0**-9, 1.0]))
    judged = judged_arrays(got, ball, np.array([bound]), np.array([bound / 4]), form).one((0,))
    wanted = judge(float(got[0]), ball[0], bound, bound / 4, form)
    assert (judged.verdict, judged.kind) == (wanted.verdict, wanted.kind)
    assert judged.ulp == pytest.approx(wanted.ulp, rel=1e-6, abs=1e-7)
    assert judged.bound == pytest.approx(wanted.bound, rel=1e-6)


def test_shapes_and_counts_are_kept():
    balls = np.empty((2, 2), dtype=object)
    balls[...] = [[arb(1), arb(3)], [arb(0.25), arb(5)]]
    got = np.array([[1.0, 3.5], [0.25, 0.0]])
    found = judged_arrays(got, balls, np.full((2, 2), 0.1), np.zeros((2, 2)), FORMATS["float64"])
    assert found.verdicts.shape == (2, 2)
    assert (found.count(Verdict.EXACT), found.count(Verdict.WRONG)) == (2, 2)
    assert found.count_kind(Kind.SPURIOUS_ZERO) == 1
    assert ctx.prec == 53
