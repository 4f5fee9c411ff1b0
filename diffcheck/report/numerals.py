"""Numbers as a reader wants them: few digits, units, and powers of ten."""

from __future__ import annotations

from math import isfinite, isnan

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


def number(value: float | None, digits: int = 3) -> str:
    """Return *value* with so many digits: 5.37, 1.5·10⁻⁴, or a dash for no value.

    >>> number(0.000152), number(-17.3, 6), number(float("inf")), number(None)
    ('1.52·10⁻⁴', '−17.3', '∞', '–')
    """
    if value is None:
        return "–"
    if not isfinite(value):
        return "NaN" if isnan(value) else "∞" if value > 0 else "−∞"
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    if value == 0 or -3 <= int(exponent) <= max(digits - 1, 3):
        return _signed(_short(f"{float(f'{value:.{digits}g}'):.{max(digits - 1 - int(exponent), 0)}f}"))
    return _power(_short(mantissa), int(exponent))


def seconds(value: float | None, digits: int = 3) -> str:
    """Return a duration in the unit that keeps it between 1 and 1000.

    >>> seconds(1.234e-5), seconds(0.25), seconds(3e-10)
    ('12.3 µs', '250 ms', '0.3 ns')
    """
    if value is None or not isfinite(value):
        return number(value)
    size, unit = next((pair for pair in _UNITS if abs(value) >= pair[0]), _UNITS[-1])
    return f"{number(value / size, digits)} {unit}"


def power(value: float) -> str:
    """Return a tick of a logarithmic axis.

    >>> power(100.0), power(1e6), power(2e-7)
    ('100', '10⁶', '2·10⁻⁷')
    """
    if 1e-3 <= value < 1e4:
        return f"{value:g}"
    mantissa, _, exponent = f"{value:.2e}".partition("e")
    return _power(_short(mantissa), int(exponent))


def percent(value: float | None) -> str:
    """Return a share as a percentage.

    >>> percent(0.0234)
    '2.3 %'
    """
    return number(value) if value is None or not isfinite(value) else f"{number(100 * value, 2)} %"


def count(value: int | None) -> str:
    """Return a whole number in groups of three.

    >>> count(1000000)
    '1\u202f000\u202f000'
    """
    return "–" if value is None else f"{value:,}".replace(",", "\u202f")


def _signed(text: str) -> str:
    return text.replace("-", "−")


def _short(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _power(mantissa: str, exponent: int) -> str:
    """Return mantissa·10^exponent; a mantissa of 1 goes without saying."""
    lead = {"1": "", "-1": "−"}.get(mantissa, f"{_signed(mantissa)}·")
    return f"{lead}10{str(exponent).translate(_RAISED)}"
