"""Timing rows gathered into charts and tables, and ratios put into words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite

from diffcheck.report.charts import Axis, Point, Series, line_chart
from diffcheck.report.numerals import count, number, percent, power, seconds
from diffcheck.report.scales import Scale
from diffcheck.report.schema import Timing
from diffcheck.report.strips import ratio_scale, ratio_strip, sample_strip
from diffcheck.report.svg import Drawing


@dataclass(frozen=True)
class Line:
    """One row of a timing table with its two small pictures."""

    timing: Timing
    word: str
    samples: Drawing | None
    ratio: Drawing | None


@dataclass(frozen=True)
class Group:
    """Everything timed for one problem, one task and one dtype, on *several* devices or on one."""

    title: str
    chart: Drawing | None
    lines: tuple[Line, ...]
    several: bool

    @property
    def summary(self) -> str:
        """Return how many times there are, and how many are lacking."""
        measured = sum(line.timing.status == "measured" for line in self.lines)
        lacking = len(self.lines) - measured
        counted = f"{measured} time{'' if measured == 1 else 's'} and ratios" if measured else "No times"
        return f"{counted}, {lacking} not measured" if lacking else counted


def timing_groups(rows: tuple[Timing, ...]) -> tuple[Group, ...]:
    """Return the groups in the order in which the rows name them."""
    keys = dict.fromkeys((row.problem, row.what, row.dtype) for row in rows)
    return tuple(_group(key, [row for row in rows if (row.problem, row.what, row.dtype) == key]) for key in keys)


def ratio_word(row: Timing) -> str:
    """Return "faster" or "slower" where the whole interval lies outside 1 ± noise, and no claim elsewhere."""
    if row.status != "measured" or row.ratio is None or row.ratio_low is None or row.ratio_high is None:
        return ""
    if row.noise is None:
        return "noise not measured"
    if row.ratio_low > 1 + row.noise:
        return "faster"
    if row.ratio_high < 1 - row.noise:
        return "slower"
    return "no difference shown"


def _group(key: tuple[str, str, str], rows: list[Timing]) -> Group:
    problem, what, dtype = key
    devices = dict.fromkeys(row.device for row in rows)
    title = f"{problem}: one {what}, {dtype}" + (f", {rows[0].device}" if len(devices) == 1 else "")
    measured = [row for row in rows if row.status == "measured"]
    line = ratio_scale(value for row in measured for value in (row.ratio, row.ratio_low, row.ratio_high))
    lines = tuple(Line(row, ratio_word(row), _samples(row), _ratio(row, line)) for row in rows)
    drawn = [row for row in measured if row.n is not None]
    return Group(title, _chart(title, drawn) if drawn else None, lines, len(devices) > 1)


def _chart(title: str, rows: list[Timing]) -> Drawing:
    several = len({row.device for row in rows}) > 1
    names = dict.fromkeys(_name(row, several) for row in rows)
    series = [_series(name, [row for row in rows if _name(row, several) == name]) for name in names]
    return line_chart(
        f"{title}: median time against n, both axes logarithmic",
        series,
        Axis("n, the number of samples in the batch", True, power),
        Axis("median time", True, lambda value: seconds(value, 1)),
    )


def _name(row: Timing, several: bool) -> str:
    return f"{row.engine} ({row.device})" if several else row.engine


def _series(name: str, rows: Iterable[Timing]) -> Series:
    points = tuple(_point(row) for row in sorted(rows, key=lambda row: row.n or 0))
    return Series(name, points, points)


def _point(row: Timing) -> Point:
    note = f"{seconds(row.median)} at n = {count(row.n)}, 95 % interval {seconds(row.low)} to {seconds(row.high)}"
    return Point(float(row.n or 0), row.median, row.low, row.high, note)


def _samples(row: Timing) -> Drawing | None:
    if row.status != "measured" or not row.samples or not (isfinite(row.median) and row.median > 0):
        return None
    low, high = seconds(min(row.samples)), seconds(max(row.samples))
    return sample_strip(row.samples, row.median, f"{len(row.samples)} samples from {low} to {high}")


def _ratio(row: Timing, line: Scale) -> Drawing | None:
    if row.status != "measured" or row.ratio is None or row.ratio_low is None or row.ratio_high is None:
        return None
    label = f"ratio {number(row.ratio)}, 95 % interval {number(row.ratio_low)} to {number(row.ratio_high)}"
    noise = row.noise or 0.0
    label += f", noise {percent(row.noise)}" if row.noise is not None else ", noise not measured"
    return ratio_strip(row.ratio, row.ratio_low, row.ratio_high, noise, line, label)
