"""The number line of a format: rounding to it, the spacing on it, and errors counted in that spacing.

One unit in the last place, ulp(x), is the distance between the two values of the format that enclose x, so 2^(e−p+1) for
2^e ≤ |x| < 2^(e+1), and never less than the smallest subnormal. The error of a computed value is |computed − exact|/ulp(exact):
a correctly rounded result has at most 1/2. Above the largest finite value the spacing of the last binade goes on.
"""

from __future__ import annotations

import math

from flint import arb

from diffcheck.oracle.formats import Format
from diffcheck.oracle.precision import working_precision


def round_dyadic(mantissa: int, exponent: int, form: Format) -> float:
    """Return mantissa·2^exponent rounded to the nearest value of *form*, ties to even, too large values to infinity."""
    if mantissa == 0:
        return 0.0
    size, sign = abs(mantissa), 1 if mantissa > 0 else -1
    leading = exponent + size.bit_length() - 1
    # Both ends first, where the exponent may have any number of digits: no shift below is longer than the mantissa.
    if leading > form.greatest:
        return math.copysign(math.inf, sign)
    if leading < form.least - form.precision:
        return math.copysign(0.0, sign)
    quantum = _quantum(leading, form)
    shift = quantum - exponent
    if shift <= 0:
        digits = size << -shift
    else:
        digits, rest = size >> shift, size & ((1 << shift) - 1)
        half = 1 << (shift - 1)
        digits += rest > half or (rest == half and digits & 1)
    too_large = digits.bit_length() + quantum - 1 > form.greatest
    return math.copysign(math.inf if too_large else math.ldexp(digits, quantum), sign)


def round_value(value: float, form: Format) -> float:
    """Return the float64 *value* rounded to *form*; NaN and infinities stay."""
    if not math.isfinite(value):
        return value
    numerator, denominator = value.as_integer_ratio()
    rounded = round_dyadic(numerator, 1 - denominator.bit_length(), form)
    return math.copysign(rounded, value)


def is_infinite(ball: arb) -> bool:
    """Say whether *ball* is ∞ or −∞ itself, as log 0 is, rather than any number, or none."""
    return bool(not ball.is_finite() and not ball.is_nan() and ball.rad().is_finite())


def enclosing(ball: arb, form: Format) -> tuple[float, float]:
    """Return both ends of *ball* rounded to *form*; they are equal where the ball rounds uniquely."""
    if is_infinite(ball):
        return float(ball), float(ball)
    if not ball.is_finite():
        return (-math.inf, math.inf)
    # Arb rounds ends outwards to the working precision, which for a caller is python-flint's 53 bits: too few.
    with working_precision(ball.bits() + 64):
        return ends(ball, form)


def decided(ball: arb, form: Format) -> bool:
    """Say whether *ball* rounds to one value of *form*, or to one of two neighbours: an exact tie, as far as is known."""
    low, high = enclosing(ball, form)
    return ball.is_finite() and ordinal(high, form) - ordinal(low, form) <= 1


def ends(ball: arb, form: Format) -> tuple[float, float]:
    """Return both ends of a finite *ball*, outwards at the working precision, rounded to *form*."""
    return _nearest(ball.lower(), form), _nearest(ball.upper(), form)


def _nearest(exact: arb, form: Format) -> float:
    if form.precision == 53:
        return float(exact)  # Arb rounds to nearest, ties to even, subnormals too
    mantissa, exponent = exact.man_exp()
    return round_dyadic(int(mantissa), int(exponent), form)


def ulp(value: float, form: Format) -> float:
    """Return the spacing of *form* at *value*."""
    if not math.isfinite(value):
        return math.nan
    return math.ldexp(1.0, _quantum(math.frexp(value)[1] - 1 if value else form.least, form))


def _quantum(leading: int, form: Format) -> int:
    """Return e − p + 1, the exponent of the spacing where *leading* is that of the value."""
    return min(max(leading, form.least), form.greatest) - form.precision + 1


def ordinal(value: float, form: Format) -> int:
    """Return the place of *value* on the number line: consecutive values have consecutive places, and both zeros have 0."""
    if math.isnan(value):
        raise ValueError("NaN has no place on the number line")
    if math.isinf(value):
        place = (form.greatest - form.least + 2) << (form.precision - 1)
    else:
        quantum = _quantum(math.frexp(value)[1] - 1, form) if value else _quantum(form.least, form)
        binades = quantum - form.least + form.precision - 1
        place = int(math.ldexp(abs(value), -quantum)) + (binades << (form.precision - 1))
    return -place if math.copysign(1.0, value) < 0 else place


def error_in_ulp(got: float, exact: arb, form: Format) -> float:
    """Return |got − exact|/ulp(exact): infinite for a *got* that is not finite, or an *exact* that is not known.

    What is too large for the format counts as the power of 2 at which its range ends: no number is farther off from ∞ than
    from that.
    """
    if not math.isfinite(got) or not exact.is_finite():
        return math.inf
    end = arb(2) ** (form.greatest + 1)
    if abs(exact) > end:
        exact = end if exact > 0 else -end
    with working_precision(exact.bits() + 64):
        mantissa, exponent = exact.mid().man_exp()
        leading = int(exponent) + abs(int(mantissa)).bit_length() - 1 if mantissa != 0 else form.least
        return float(abs(arb(got) - exact).upper() * arb(2) ** -_quantum(leading, form))
