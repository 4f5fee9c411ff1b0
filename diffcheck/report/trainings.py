"""Training runs gathered into charts and tables, and divergence put into words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite

from diffcheck.report.charts import Axis, Point, Series, line_chart
from diffcheck.report.numerals import count, number, power
from diffcheck.report.schema import Problem, Training
from diffcheck.report.svg import Drawing
from diffcheck.report.thinning import thin, until_it_leaves

Curve = tuple[tuple[float, float], ...]

MOST_IN_A_CHART = 6
MARKS = 6
ROOM_ABOVE = 1e3


@dataclass(frozen=True)
class Runs:
    """All runs of one problem on the same inputs."""

    title: str
    charts: tuple[Drawing, ...]
    rows: tuple[Training, ...]
    statements: tuple[str, ...]


def training_runs(rows: tuple[Training, ...], problems: tuple[Problem, ...]) -> tuple[Runs, ...]:
    """Return the runs in the order in which the rows name problem and inputs."""
    known = {problem.name: problem for problem in problems}
    keys = dict.fromkeys((row.problem, row.inputs) for row in rows)
    return tuple(_runs(key, [row for row in rows if (row.problem, row.inputs) == key], known) for key in keys)


def _runs(key: tuple[str, str], rows: list[Training], known: Mapping[str, Problem]) -> Runs:
    title = f"{key[0]}, inputs {key[1]}"
    curved = [row for row in rows if row.curve]
    parts = [curved[start : start + MOST_IN_A_CHART] for start in range(0, len(curved), MOST_IN_A_CHART)]
    charts = tuple(_chart(title, part) for part in parts)
    return Runs(title, charts, tuple(rows), tuple(_statements(rows, known.get(key[0]))))


def _statements(rows: Iterable[Training], problem: Problem | None) -> Iterable[str]:
    for row in rows:
        limit = _limit(row, problem)
        if row.diverged_at is not None:
            yield f"{row.loop} with {row.engine}, lr {number(row.lr)}: diverged at epoch {count(row.diverged_at)}{limit}."
        elif not isfinite(row.loss):
            yield f"{row.loop} with {row.engine}, lr {number(row.lr)}: its loss is {number(row.loss)}{limit}."


def _limit(row: Training, problem: Problem | None) -> str:
    """Return how the step compares with 2/λ, where that is known."""
    rates = problem.largest_stable_lr if problem else None
    largest = None if rates is None else rates.raw if row.inputs == "raw" else rates.scaled
    if largest is None or not largest > 0:
        return ""
    return f"; its step is {number(row.lr / largest)} times the largest stable one, {number(largest)}"


def _chart(title: str, rows: list[Training]) -> Drawing:
    ceiling = ROOM_ABOVE * max((row.curve[0][1] for row in rows if isfinite(row.curve[0][1])), default=1.0)
    curves = [until_it_leaves(row.curve, ceiling) for row in rows]
    losses = [loss for curve in curves for _, loss in curve]
    log = min(losses) > 0 and max(losses) > 10 * min(losses)
    names = _names(rows)
    series = [_series(names[i], row.curve, curves[i], i, len(rows)) for i, row in enumerate(rows)]
    return line_chart(
        f"{title}: loss against epoch",
        series,
        Axis("epoch", False, lambda value: count(round(value))),
        Axis("loss", log, power if log else number),
    )


def _names(rows: list[Training]) -> list[str]:
    """Return what each run is called; the step is part of it where the steps differ."""
    varied = len({row.lr for row in rows}) > 1
    return [f"{row.loop}, {row.engine}" + (f", lr {number(row.lr)}" if varied else "") for row in rows]


def _series(name: str, whole: Curve, shown: Curve, order: int, several: int) -> Series:
    """Return the run as a line; the first is the widest, so that equal ones drawn over it leave it in sight."""
    points = tuple(_point(epoch, loss) for epoch, loss in thin(shown))
    if shown != whole:
        name = f"{name} ↑"
    weight = 2.0 + min(2.5, 8.0 / several) * (several - 1 - order)
    return Series(name, points, _marked(points, order, several), weight, dashed=False)


def _point(epoch: float, loss: float) -> Point:
    return Point(epoch, loss, note=f"loss {number(loss, 6)} at epoch {count(round(epoch))}")


def _marked(points: tuple[Point, ...], order: int, several: int) -> tuple[Point, ...]:
    """Return a few points, evenly along the curve, between those that the other series mark."""
    share = (order + 0.5) / several
    places = dict.fromkeys(int((k + share) * len(points) / MARKS) for k in range(MARKS))
    return tuple(points[place] for place in places if place < len(points))
