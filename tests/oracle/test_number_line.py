"""The number line of each format, against PyTorch's conversions, its bit patterns, and exact rational arithmetic."""

from __future__ import annotations

import math
from bisect import bisect_left
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import torch
from flint import arb, ctx
from hypothesis import given
from hypothesis import strategies as st

from diffcheck.oracle import FORMATS, decided, enclosing, error_in_ulp, format_of, ordinal, round_dyadic, round_value, ulp
from diffcheck.oracle.ulp import ends

DTYPES = {"float64": torch.float64, "float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
SHORT = ("float16", "bfloat16")
dyadics = st.tuples(st.integers(-(2**220), 2**220), st.integers(-1400, 1100))


def all_values(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return every 16-bit pattern from 0 to infinity, and what PyTorch reads it as."""
    infinity = int(torch.tensor(math.inf, dtype=DTYPES[name]).view(torch.int16))
    patterns = np.arange(infinity + 1)
    return patterns, torch.from_numpy(patterns.astype(np.int16)).view(DTYPES[name]).double().numpy()


@pytest.mark.parametrize("name", DTYPES)
def test_the_facts_of_a_format_are_those_of_pytorch(name):
    form, facts = FORMATS[name], torch.finfo(DTYPES[name])
    assert (form.unit * 2, form.largest, form.tiny) == (facts.eps, facts.max, facts.tiny * facts.eps)
    assert format_of(DTYPES[name]) is form
    assert format_of(name) is form


@pytest.mark.parametrize("name", SHORT)
def test_ordinal_is_the_bit_pattern(name):
    patterns, values = all_values(name)
    for pattern, value in zip(patterns.tolist(), values.tolist(), strict=True):
        assert ordinal(value, FORMATS[name]) == pattern
        assert ordinal(-value, FORMATS[name]) == -pattern


@pytest.mark.parametrize(("name", "bits", "integer"), [("float32", 32, np.int32), ("float64", 64, np.int64)])
def test_ordinal_is_the_bit_pattern_of_long_formats(name, bits, integer):
    infinity = int(np.array(np.inf, dtype=name).view(integer))
    drawn = np.random.default_rng(3).integers(0, infinity, size=500)
    edges = [0, 1, 2, infinity - 1, infinity, 1 << (FORMATS[name].precision - 1), (1 << (FORMATS[name].precision - 1)) - 1]
    patterns = np.concatenate([drawn, edges]).astype(integer)
    for pattern, value in zip(patterns.tolist(), patterns.view(name).astype(float).tolist(), strict=True):
        assert ordinal(value, FORMATS[name]) == pattern
        assert ordinal(-value, FORMATS[name]) == -pattern


def test_nan_has_no_ordinal():
    with pytest.raises(ValueError, match="NaN"):
        ordinal(math.nan, FORMATS["float32"])


@pytest.mark.parametrize("name", SHORT)
def test_ulp_is_the_distance_of_the_neighbours(name):
    _, values = all_values(name)
    finite = values[:-1].tolist()
    for below, above in pairwise(finite):
        assert ulp(below, FORMATS[name]) == ulp(-below, FORMATS[name]) == above - below
        assert ulp((below + above) / 2, FORMATS[name]) == above - below
    assert ulp(4 * finite[-1], FORMATS[name]) == finite[-1] - finite[-2]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_ulp_of_float64_is_that_of_python(value):
    assert ulp(value, FORMATS["float64"]) == math.ulp(value)


def hostile() -> np.ndarray:
    """Return float32 values: random patterns, every fifth short value and midpoint of two, and what is next to those."""
    drawn = np.random.default_rng(1).integers(0, 2**31 - 2**23, size=3000).astype(np.int32).view(np.float32)
    short = [all_values(name)[1][:-1] for name in SHORT]
    middles = [(values[1:] + values[:-1]) / 2 for values in short]
    exact = np.concatenate([*short, *middles]).astype(np.float32)[::5]
    edges = [np.nextafter(exact, np.float32(end)) for end in (0, np.inf)]
    positive = np.concatenate([drawn, exact, *edges, np.array([0, np.inf], dtype=np.float32)])
    return np.concatenate([positive, -positive])


@pytest.mark.parametrize("name", SHORT)
def test_rounding_to_short_formats_is_that_of_pytorch(name):
    # From float32: from float64 PyTorch rounds twice.
    values = torch.from_numpy(hostile())
    wanted = values.to(DTYPES[name]).double().numpy()
    for value, rounded in zip(values.tolist(), wanted.tolist(), strict=True):
        got = round_value(value, FORMATS[name])
        assert got == rounded
        assert math.copysign(1, got) == math.copysign(1, rounded)


def test_rounding_to_float32_is_that_of_pytorch():
    floats = hostile()
    long = floats[np.isfinite(floats)].astype(np.float64)
    middles = (long + np.nextafter(long.astype(np.float32), np.float32(np.inf)).astype(np.float64)) / 2
    edges = [np.nextafter(middles, end) for end in (np.inf, -np.inf)]
    values = np.concatenate([middles[::3], edges[0][::3], edges[1][::3], [np.inf, -np.inf, 0.0, -0.0]])
    wanted = torch.from_numpy(values).to(torch.float32).double().tolist()
    assert [round_value(value, FORMATS["float32"]) for value in values.tolist()] == wanted


@given(dyadics)
def test_rounding_to_float64_is_that_of_exact_division(number):
    mantissa, exponent = number
    exact = Fraction(mantissa) * Fraction(2) ** exponent
    try:
        wanted = float(exact)  # Python divides integers with one rounding
    except OverflowError:
        wanted = math.copysign(math.inf, mantissa)
    assert round_dyadic(mantissa, exponent, FORMATS["float64"]) == wanted


@pytest.mark.parametrize("name", SHORT)
@given(number=st.tuples(st.integers(-(2**60), 2**60), st.integers(-220, 100)))
def test_rounding_is_to_the_nearest_value_and_to_even(name, number):
    patterns, values = all_values(name)
    size = abs(Fraction(number[0]) * Fraction(2) ** number[1])
    # Rounding treats infinity as the next value of the last binade.
    line = [*values[:-1].tolist(), 2.0 ** (FORMATS[name].greatest + 1)]
    place = min(bisect_left(line, size), len(line) - 1)
    near = min((max(place - 1, 0), place), key=lambda at: (abs(Fraction(line[at]) - size), patterns[at] % 2))
    assert round_dyadic(*number, FORMATS[name]) == math.copysign(line[near] if near < len(line) - 1 else math.inf, number[0])


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
def test_exponents_of_any_size_are_rounded(form):
    enormous = 10**300
    assert round_dyadic(3, -enormous, form) == 0
    assert math.copysign(1, round_dyadic(-3, -enormous, form)) == -1
    assert round_dyadic(-3, enormous, form) == -math.inf
    assert round_dyadic(3 << 5000, -5000, form) == 3


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
def test_overflow_begins_half_a_spacing_above_the_largest_value(form):
    most, exponent = 2 * ((1 << form.precision) - 1) + 1, form.greatest - form.precision  # the middle to the next binade
    assert round_dyadic(most, exponent, form) == math.inf
    assert round_dyadic(-most, exponent, form) == -math.inf
    assert round_dyadic((most << 90) - 1, exponent - 90, form) == form.largest


@given(dyadics)
def test_both_ways_of_rounding_a_ball_to_float64_agree(number):
    mantissa, exponent = number
    before, ctx.prec = ctx.prec, 300
    try:
        ball = arb(mantissa) * arb(2) ** exponent
        assert ends(ball, FORMATS["float64"]) == (round_dyadic(mantissa, exponent, FORMATS["float64"]),) * 2
    finally:
        ctx.prec = before


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
def test_enclosing_does_not_depend_on_the_precision_outside(form):
    third = with_precision(128, lambda: arb(1) / 3)
    assert ctx.prec == 53
    nearest = round_dyadic((1 << 300) // 3, -300, form)
    assert enclosing(third, form) == (nearest, nearest)


def with_precision(bits, make):
    before, ctx.prec = ctx.prec, bits
    try:
        return make()
    finally:
        ctx.prec = before


def test_a_ball_is_decided_where_it_rounds_to_one_value_or_to_neighbours():
    form = FORMATS["bfloat16"]
    assert decided(arb(1), form)
    assert decided(arb(1 + 2**-8, 1e-30), form)  # around a tie
    assert not decided(arb(0).union(arb(1)), form)
    assert not decided(arb.nan(), form)
    assert enclosing(arb.nan(), form) == (-math.inf, math.inf)


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
@given(mantissa=st.integers(-(2**200), 2**200), exponent=st.integers(-420, -190))
def test_a_rounded_value_is_off_by_half_an_ulp_at_most_and_its_neighbours_by_more(form, mantissa, exponent):
    exact = with_precision(300, lambda: arb(mantissa) * arb(2) ** exponent)
    rounded = round_dyadic(mantissa, exponent, form)
    if math.isfinite(rounded):
        assert error_in_ulp(rounded, exact, form) <= 0.5
        assert error_in_ulp(rounded + 1.5 * ulp(rounded, form), exact, form) > 0.5


def test_errors_are_counted_in_the_binade_of_the_exact_value():
    # Just below 1 the spacing is half of that at 1, though float64 rounds the exact value to 1.
    exact = with_precision(300, lambda: 1 - arb(2) ** -200)
    assert error_in_ulp(1 + 2.0**-52, exact, FORMATS["float64"]) == pytest.approx(2.0)


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
def test_what_is_too_large_counts_as_where_the_range_ends(form):
    for exact in (arb(10) ** 600, -(arb(2) ** (form.greatest + 9))):
        sign = 1 if exact > 0 else -1
        assert error_in_ulp(0.0, exact, form) == 2.0**form.precision
        assert error_in_ulp(sign * form.largest, exact, form) == 1.0
        assert error_in_ulp(-sign * form.largest, exact, form) == 2.0 ** (form.precision + 1) - 1


@pytest.mark.parametrize(("got", "exact"), [(math.nan, arb(1)), (math.inf, arb(1)), (1.0, arb.nan()), (1.0, 1 / arb(0))])
def test_an_error_that_is_not_known_is_infinite(got, exact):
    assert error_in_ulp(got, exact, FORMATS["float32"]) == math.inf
