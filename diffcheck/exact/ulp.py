"""The number line of a format: rounding to it, the spacing on it, and errors counted in that spacing.

One unit in the last place, ulp(x), is the distance between the two values of the format that enclose x, so 2^(e−p+1) for
2^e ≤ |x| < 2^(e+1), and never less than the smallest subnormal. The error of a computed value is |computed − exact|/ulp(exact): a
correctly rounded result has at most 1/2. Above the largest finite value the spacing of the last binade goes on.
"""

from __future__ import annotations

import math
import struct

from flint import arb

from diffcheck.exact.formats import Format


def round_dyadic(mantissa: int, exponent: int, form: Format) -> float:
    """Return mantissa·2^exponent rounded to the nearest value of *form*, ties to even, too large values to infinity."""
    if mantissa == 0:
        return 0.0
    size = abs(mantissa)
    leading = exponent + size.bit_length() - 1
    quantum = max(leading, form.least) - form.precision + 1
    shift = quantum - exponent
    if shift <= 0:
        digits = size << -shift
    else:
        digits, rest = size >> shift, size & ((1 << shift) - 1)
        half = 1 << (shift - 1)
        digits += rest > half or (rest == half and digits & 1)
    too_large = digits.bit_length() + quantum - 1 > form.greatest
    return math.copysign(math.inf if too_large else math.ldexp(digits, quantum), 1 if mantissa > 0 else -1)


def round_value(value: float, form: Format) -> float:
    """Return the float64 *value* rounded to *form*; NaN and infinities stay."""
    if not math.isfinite(value):
        return value
    numerator, denominator = value.as_integer_ratio()
    rounded = round_dyadic(numerator, 1 - denominator.bit_length(), form)
    return math.copysign(rounded, value)


def enclosing(ball: arb, form: Format) -> tuple[float, float]:
    """Return both ends of *ball* rounded to *form*; they are equal where the ball rounds uniquely."""
    if not ball.is_finite():
        return (-math.inf, math.inf)
    low, high = _rounded(ball.lower(), form), _rounded(ball.upper(), form)
    return low, high


def _rounded(end: arb, form: Format) -> float:
    mantissa, exponent = end.man_exp()
    return round_dyadic(int(mantissa), int(exponent), form)


def ulp(value: float, form: Format) -> float:
    """Return the spacing of *form* at *value*."""
    if not math.isfinite(value) or value == 0:
        return form.tiny if value == 0 else math.nan
    leading = math.frexp(value)[1] - 1
    return math.ldexp(1.0, min(max(leading, form.least), form.greatest) - form.precision + 1)


def ordinal(value: float, form: Format) -> int:
    """Return the place of *value* on the number line: consecutive values have consecutive places, and both zeros have 0."""
    pattern: int = struct.unpack("<q", struct.pack("<d", abs(value)))[0]
    if form.precision < 53 and value != 0 and math.isfinite(value):
        leading = math.frexp(value)[1] - 1
        quantum = max(leading, form.least) - form.precision + 1
        digits = int(math.ldexp(abs(value), -quantum))
        pattern = digits + ((leading - form.least) << (form.precision - 1)) if leading >= form.least else digits
    elif form.precision < 53 and math.isinf(value):
        pattern = (form.greatest - form.least + 2) << (form.precision - 1)
    return -pattern if math.copysign(1.0, value) < 0 else pattern


def error_in_ulp(got: float, exact: arb, form: Format) -> float:
    """Return |got − exact|/ulp(exact): infinite for a *got* that is not finite, or an *exact* that is not known."""
    if not math.isfinite(got) or not exact.is_finite():
        return math.inf
    spacing = ulp(float(exact.mid()), form)
    return float((abs(arb(got) - exact) / arb(spacing)).upper()) if math.isfinite(spacing) else math.inf
