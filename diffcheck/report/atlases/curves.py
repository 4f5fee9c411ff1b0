"""The largest error in each half of a binade, drawn along the number line: one line for each mode of derivative."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf, isfinite, isnan

from diffcheck.report.atlases.schema import Row
from diffcheck.report.charts import Axis, Point, Series, line_chart
from diffcheck.report.numerals import number, power
from diffcheck.report.svg import Drawing

_LEAST, _FIRST = -48, 2  # the half binade at 2^-24 is in bin 2; all below are in bin 1, all from 2^10.5 on in 71
_FLOOR = 0.5  # every right rounding is within half a ULP: less is not told apart
_LOSES_ALL = {"float64": 2.0**53, "float32": 2.0**24, "float16": 2.0**11, "bfloat16": 2.0**8}
_ABOVE = 8.0
_TICKS = (-70.0, -50.0, -30.0, 0.0, 30.0, 50.0, 70.0)  # ±2^10, ±1, ±2^-10: more would run into one another


def chart(rows: Iterable[Row]) -> Drawing | None:
    """Return the chart of *rows*, of one operator, dtype and order; None where the errors were not kept along a line.

    What is not finite, and beyond what loses all digits, is drawn on one line above that.
    """
    shown = [row for row in rows if row.done and row.along]
    if not shown:
        return None
    series = [_series(name, row) for name, row in _distinct(shown).items()]
    first, ends = shown[0], [at for row in shown for at, _ in row.along]
    ticks = tuple(at for at in _TICKS if min(ends) <= at <= max(ends))
    title = f"Largest error of the derivative of order {first.order} of {first.variant} in {first.dtype}, along its argument"
    across = Axis("argument; all beyond ±2¹⁰ in one, and all nearer to 0 than 2⁻²⁴", log=False, text=_argument, marked=ticks)
    return line_chart(title, series, across, Axis("largest error, ULP", log=True, text=power))


def _distinct(rows: list[Row]) -> dict[str, Row]:
    """Return one of those of PyTorch's *rows* whose lines are the same, by all their modes; the generated is last, on top."""
    found: dict[tuple[object, ...], list[Row]] = {}
    for row in sorted(rows, key=lambda row: row.generated):
        line = [(at, None if isnan(ulp) else ulp) for at, ulp in row.along]
        found.setdefault((row.generated, *line), []).append(row)
    modes = {row.mode for row in rows if not row.generated}
    return {_told([row.mode for row in same], modes): same[0] for same in found.values()}


def _told(own: list[str], modes: set[str]) -> str:
    """Return what the line of the modes *own* is called, of all *modes* that PyTorch has."""
    return "PyTorch" if set(own) == modes and len(own) > 1 else ", ".join(own)


def _series(name: str, row: Row) -> Series:
    top = _LOSES_ALL.get(row.dtype, 2.0**53) * _ABOVE
    measured = dict(row.along)
    points = [_point(at, measured.get(at, 0.0), top) for at in range(min(measured), max(measured) + 1)]
    peak = max(points, key=lambda point: point.y)
    return Series(name, tuple(_corners(points)), (peak,), dashed=not row.generated)


def _point(at: int, ulp: float, top: float) -> Point:
    error = inf if isnan(ulp) else ulp
    told = f"{number(error)} ULP" if isfinite(error) else "no finite number"
    return Point(float(at), min(max(error, _FLOOR), top), note=f"{told} near {_argument(float(at))}")


def _corners(points: list[Point]) -> list[Point]:
    """Return *points* without those between two of the same height."""
    inner = zip(points, points[1:], points[2:], strict=False)
    return [points[0], *(b for a, b, c in inner if not a.y == b.y == c.y), *points[1:][-1:]]


def _argument(at: float) -> str:
    """Return the argument at the lower end of a bin.

    >>> _argument(0), _argument(50), _argument(-30), _argument(70)
    ('0', '1', '−2⁻¹⁰', '2¹⁰')
    """
    if at == 0:
        return "0"
    exponent = (abs(at) - _FIRST + _LEAST) / 2
    return f"{'−' if at < 0 else ''}{'1' if exponent == 0 else f'2{_raised(exponent)}'}"


def _raised(exponent: float) -> str:
    return f"{exponent:g}".translate(str.maketrans("-0123456789.", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹·"))
