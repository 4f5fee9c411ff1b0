"""Rows of verdicts gathered into one table a problem: engines down, dtypes and devices across."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isnan

from diffcheck.report.numerals import count, number
from diffcheck.report.schema import Verdict
from diffcheck.report.verdicts import NOT_MEASURED, Judgement, judge


@dataclass(frozen=True)
class Cell:
    """The worst verdict of one engine under one column, and what more to say of it."""

    judgement: Judgement
    worst_ulp: float | None
    worst_over_bound: float | None
    note: str

    @property
    def text(self) -> str:
        """Return the worst error and how much of its bound that is, where one was measured."""
        if self.judgement is NOT_MEASURED:
            return ""
        error = f"{number(self.worst_ulp)} ULP"
        return error if self.worst_over_bound is None else f"{error}, {number(self.worst_over_bound, 2)} × bound"


@dataclass(frozen=True)
class Matrix:
    """Engines down, (dtype, device) across, each cell over all *sizes*."""

    problem: str
    sizes: tuple[int, ...]
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]

    @property
    def title(self) -> str:
        """Return the problem with its size, or with the sizes of which the worst is shown."""
        listed = ", ".join(map(count, self.sizes))
        if len(self.sizes) > 1:
            return f"{self.problem}: worst over the sizes n = {listed}"
        return f"{self.problem}, n = {listed}" if listed else self.problem


def matrices(rows: tuple[Verdict, ...]) -> tuple[Matrix, ...]:
    """Return one matrix a problem, in the order in which the rows name them."""
    return tuple(
        _matrix(problem, tuple(row for row in rows if row.problem == problem))
        for problem in _distinct(row.problem for row in rows)
    )


def _matrix(problem: str, rows: tuple[Verdict, ...]) -> Matrix:
    columns = tuple(dict.fromkeys((row.dtype, row.device) for row in rows))
    sizes = tuple(dict.fromkeys(row.n for row in rows if row.n is not None))
    lines = []
    for engine in _distinct(row.engine for row in rows):
        own = [row for row in rows if row.engine == engine]
        lines.append((engine, tuple(_cell([r for r in own if (r.dtype, r.device) == column]) for column in columns)))
    return Matrix(problem, sizes, columns, tuple(lines))


def _cell(rows: list[Verdict]) -> Cell:
    """Return the worst of *rows*, which differ in size alone."""
    measured = [row for row in rows if row.status == "measured"]
    if not measured:
        reasons = _distinct(row.reason or "no reason stored" for row in rows)
        return Cell(NOT_MEASURED, None, None, "; ".join(reasons) or "not in these results")
    worst = max((judge(row) for row in measured), key=lambda judgement: judgement.severity)
    part = f"{len(measured)} of {len(rows)} sizes" if len(measured) < len(rows) else ""
    return Cell(worst, _worst(row.worst_ulp for row in measured), _worst(row.worst_over_bound for row in measured), part)


def _worst(values: Iterable[float | None]) -> float | None:
    """Return the largest of *values*, and NaN before all others."""
    return max((value for value in values if value is not None), key=_badness, default=None)


def _badness(value: float) -> float:
    return float("inf") if isnan(value) else value


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
