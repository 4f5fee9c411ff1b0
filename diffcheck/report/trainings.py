"""Training runs gathered into charts and tables, and divergence put into words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite

from diffcheck.report.charts import Axis, Point, Series, line_chart
from diffcheck.report.numerals import count, number, power
from diffcheck.report.schema import Problem, Training
from diffcheck.report.svg import Drawing
from diffcheck.report.thinning import thin

Curve = tuple[tuple[float, float], ...]

MOST_IN_A_CHART = 6
MARKS = 6
ROOM_ABOVE = 1e3
CLOSE = 1e-2  # of a loss: about the width of a line


@dataclass(frozen=True)
class Chart:
    """The curves of some runs, and how close they are, where they overlap."""

    drawing: Drawing
    closeness: str


@dataclass(frozen=True)
class Runs:
    """All runs of one problem on the same inputs."""

    title: str
    charts: tuple[Chart, ...]
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
    charts = tuple(Chart(_chart(title, part), _closeness(part)) for part in _parts(curved))
    return Runs(title, charts, tuple(rows), tuple(_statements(rows, known.get(key[0]))))


def _parts(rows: list[Training]) -> Iterator[list[Training]]:
    """Yield the runs that share a chart: those that climb stay apart, since beside 10³⁰⁰ all else is one flat line."""
    for climbs in (False, True):
        kind = [row for row in rows if _climbs(row) == climbs]
        yield from (kind[start : start + MOST_IN_A_CHART] for start in range(0, len(kind), MOST_IN_A_CHART))


def _climbs(row: Training) -> bool:
    return not all(loss <= ROOM_ABOVE * row.curve[0][1] for _, loss in row.curve)


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


def _closeness(rows: list[Training]) -> str:
    """Return max |a − b|/max(|a|, |b|) over the runs' losses in words, where the lines can hardly be told apart."""
    first, *others = (_finite(row.curve) for row in rows)
    gap = max((_gap(first, other) for other in others), default=1.0)
    if not gap <= CLOSE:
        return ""
    how = f"differ by at most {number(gap, 1)} of their size" if gap else "are equal"
    return f"The {len(rows)} runs overlap: at every epoch stored, their losses {how}."


def _gap(first: Curve, other: Curve) -> float:
    if [epoch for epoch, _ in first] != [epoch for epoch, _ in other]:
        return 1.0
    pairs = [(a, b) for (_, a), (_, b) in zip(first, other, strict=True) if a != b]
    return max((abs(a - b) / max(abs(a), abs(b)) for a, b in pairs), default=0.0)


def _finite(curve: Curve) -> Curve:
    return tuple(point for point in curve if isfinite(point[1]))


def _chart(title: str, rows: list[Training]) -> Drawing:
    curves = [_finite(row.curve) for row in rows]
    losses = [loss for curve in curves for _, loss in curve] or [0.0]
    log = min(losses) > 0 and max(losses) > 10 * min(losses)
    series = [_series(name, curves[i], i, len(rows)) for i, name in enumerate(_names(rows))]
    return line_chart(
        f"{title}: loss against epoch",
        series,
        Axis("epoch", False, lambda value: count(round(value)), whole=True),
        Axis("loss", log, power if log else lambda value: number(value, 6)),
    )


def _names(rows: list[Training]) -> list[str]:
    """Return what each run is called; the step is part of it where the steps differ."""
    varied = len({row.lr for row in rows}) > 1
    return [f"{row.loop}, {row.engine}" + (f", lr {number(row.lr)}" if varied else "") for row in rows]


def _series(name: str, curve: Curve, order: int, several: int) -> Series:
    """Return the run as a line; each is narrower than those before it, so that all show where they overlap."""
    points = tuple(_point(epoch, loss) for epoch, loss in thin(curve)) if curve else ()
    weight = 2.0 + min(6.0, 18.0 / several) * (several - 1 - order)
    return Series(name, points, _marked(points, order, several), weight, dashed=False)


def _point(epoch: float, loss: float) -> Point:
    return Point(epoch, loss, note=f"loss {number(loss, 6)} at epoch {count(round(epoch))}")


def _marked(points: tuple[Point, ...], order: int, several: int) -> tuple[Point, ...]:
    """Return a few points, evenly along the curve, between those that the other series mark."""
    share = (order + 0.5) / several
    places = dict.fromkeys(int((k + share) * len(points) / MARKS) for k in range(MARKS))
    return tuple(points[place] for place in places if place < len(points))
