"""Numbers of a format: whole ones first, then those at which formulas break, then any."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, sqrt
from typing import Literal

import numpy as np
from hypothesis import strategies as st

from diffcheck.errors import StrategyError
from diffcheck.oracle import Format, format_of

# Where piecewise functions bend or jump (relu, clamp, hardtanh, hardswish, relu6, round), and where exp, tanh, sigmoid,
# softplus and erf stop changing, or overflow, in one format or another.
_KINKS = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 6.0)
_SATURATED = (4.0, 5.9, 9.0, 11.0, 17.0, 19.1, 20.0, 27.3, 37.0, 87.0, 89.0, 104.0, 709.0, 710.0, 745.5)
_POWERS = (-20, -1, 0, 1, 4, 10)
_WIDTHS: dict[str, Literal[16, 32, 64]] = {"float64": 64, "float32": 32, "float16": 16, "bfloat16": 32}


def elements(dtype: object = "float64", *, most: float | None = None, hostile: bool = True) -> st.SearchStrategy[float]:
    """Return a strategy for finite numbers m·2^e of the format of *dtype*, of magnitude at most *most*, as Python floats.

    Small whole numbers come first, so that failures shrink to them; where *hostile*, also ±0, subnormals, the largest numbers,
    powers of two with their neighbours, kinks and points of saturation. Raises `StrategyError` for a *most* that is no
    positive number and `UnknownName` for an unknown format.

    >>> from hypothesis import find
    >>> find(elements("float16"), lambda value: value > 2)
    3.0
    """
    form = format_of(dtype)
    bound = form.largest if most is None else _checked(most, form)
    whole = st.integers(-min(3, int(bound)), min(3, int(bound))).map(float)
    ordinary = st.floats(-bound, bound, width=_WIDTHS[form.name]).map(lambda value: _cut(value, form))
    if not hostile:
        return whole | ordinary
    return whole | _signed(_edges(form, bound)) | _signed(remarkable(form, bound)) | ordinary


def hostile_values(dtype: object) -> st.SearchStrategy[float]:
    """Return a strategy for `elements` small enough for the squared error of a small model not to overflow the format."""
    return elements(dtype, most=2.0 if format_of(dtype).name == "float16" else 30.0)


def _signed(values: Sequence[float]) -> st.SearchStrategy[float]:
    return st.sampled_from([sign * value for value in values for sign in (1.0, -1.0)])


def _edges(form: Format, bound: float) -> list[float]:
    """Return the few numbers up to *bound* that are worth the most: the ends of the format, and 1 with its neighbour."""
    values = (0.0, 1.0, form.tiny, 2.0**form.least, 1.0 + 2.0 ** (1 - form.precision), bound)
    return [value for value in values if value <= bound]


def remarkable(form: Format, bound: float) -> list[float]:
    """Return the positive numbers up to *bound*, and 0, at which formulas break in the format *form*."""
    ulp = 2.0 ** (1 - form.precision)
    normal = 2.0**form.least
    edges = [form.tiny, normal, normal - form.tiny, bound, form.largest, sqrt(form.largest), sqrt(normal)]
    powers = [2.0**power * beside for power in _POWERS for beside in (1.0, 1.0 + ulp, 1.0 - ulp / 2)]
    found = {_cut(value, form) for value in (*edges, *powers, *_KINKS, *_SATURATED) if value <= bound}
    return sorted(found, key=lambda value: (value != int(value), value))


def _checked(most: float, form: Format) -> float:
    if not isinstance(most, (int, float)) or isinstance(most, bool) or not isfinite(most) or not most > 0:
        raise StrategyError(got=f"most={most!r}", wanted="a positive finite number", do="leave it out for any magnitude")
    return _cut(min(float(most), form.largest), form)


def _cut(value: float, form: Format) -> float:
    """Return *value* rounded towards zero to the format *form*."""
    if form.name == "bfloat16":
        return float((_towards_zero(value, np.float32).view(np.uint32) & np.uint32(0xFFFF0000)).view(np.float32))
    return value if form.name == "float64" else float(_towards_zero(value, np.dtype(form.name).type))


def _towards_zero(value: float, kind: type[np.floating]) -> np.floating:
    rounded = kind(value)
    return np.nextafter(rounded, kind(0)) if abs(float(rounded)) > abs(value) else rounded
