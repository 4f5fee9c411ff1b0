"""Numbers read back as what they were, to the digits shown."""

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffcheck.report.numerals import count, number, percent, power, seconds

NORMAL = str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789")


def value_of(text):
    """Return the number that a text shows."""
    lead, _, exponent = (
        text.rpartition("10") if "10⁻" in text or any(raised in text for raised in "⁰¹²³⁴⁵⁶⁷⁸⁹") else (text, "", "0")
    )
    mantissa = {"": "1", "−": "-1"}.get(lead, lead.rstrip("·"))
    return float(f"{mantissa.translate(NORMAL)}e{exponent.translate(NORMAL)}")


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(1, 8))
def test_a_number_is_shown_to_its_digits(value, digits):
    assert value_of(number(value, digits)) == float(f"{value:.{digits - 1}e}")


@given(st.floats(min_value=1e-300, max_value=1e300))
def test_a_tick_is_shown_to_three_digits(value):
    assert value_of(power(value)) == pytest.approx(value, rel=5e-3)


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.0, 3, "0"),
        (-17.3, 6, "−17.3"),
        (999.9, 3, "1000"),
        (820_000.0, 3, "8.2·10⁵"),
        (1e-4, 3, "10⁻⁴"),
        (-1e-4, 3, "−10⁻⁴"),
        (500.0, 1, "500"),
        (nan, 3, "NaN"),
        (-inf, 3, "−∞"),
        (None, 3, "–"),
    ],
)
def test_numbers_read_well(value, digits, text):
    assert number(value, digits) == text


def test_durations_shares_and_counts_read_well():
    assert [seconds(value) for value in (2.5, 1.234e-5, 9.996e-4, 0.0, nan, None)] == [
        "2.5 s", "12.3 µs", "1000 µs", "0 ns", "NaN", "–",
    ]  # fmt: skip
    assert (percent(0.0234), percent(None), count(None), count(-1234)) == ("2.3 %", "–", "–", "-1\u202f234")
